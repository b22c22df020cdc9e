//! What each entity is, and what it is not. In a text, the part between `«` and `»` is what must
//! be found; a text without them must give nothing of that entity.
#![expect(clippy::string_slice, reason = "a test may panic")]

use proptest::prelude::*;

use super::lexicon::Words;
use super::near::Near;
use super::number::{Groups, MAX_GROUPS};
use super::{Detector, surer};
use crate::Entity;

fn check(entity: Entity, table: &[&str]) {
    let detector = Detector::new(
        &[entity],
        &Detector::countries()
            .into_iter()
            .map(str::to_owned)
            .collect::<Vec<_>>(),
    );
    for row in table {
        let text: String = row
            .chars()
            .filter(|character| !matches!(character, '«' | '»'))
            .collect();
        let wanted: Vec<&str> = row
            .split('«')
            .skip(1)
            .map(|part| part.split('»').next().unwrap())
            .collect();
        let found: Vec<&str> = detector
            .scan(&text, 0)
            .iter()
            .map(|found| &text[found.start..found.end])
            .collect();
        assert_eq!(found, wanted, "in {row}");
    }
}

#[test]
fn emails() {
    check(
        Entity::Email,
        &[
            "write to «ann@example.org»",
            "write to «ann@example.org».",
            "«ann.o'neil+tag@mail.example.co.uk», please",
            "<«ann@example.org»>",
            "mailto:«ann@example.org»?subject=hi",
            "«a@b.io»",
            "\"«ann@example.org»\"",
            "email=«ann@example.org»&x",
            "联系«bob@example.com»谢谢 x",
            "«éric@example.fr»",
            "«ann@müller.de»",
            "«user@xn--80ak6aa92e.com»",
            "«a@xn--d1acufc.xn--p1ai»",
            "«ann@sub.example.museum»",
            "...«ann@example.org»...",
            "«ann@example.org»/«bob@example.org»",
            "this is not one: ann@example",
            "ann@example.",
            "@example.org",
            "ann@",
            "ann@@example.org",
            "ann.@example.org",
            "pkg@1.2.3",
            "a @ b.org",
            "ann@-",
            "ann@.org",
        ],
    );
}

#[test]
fn phones() {
    check(
        Entity::Phone,
        &[
            "call «+1 415 555 0132» now",
            "call «+14155550132» now",
            "«+44 20 7946 0958»",
            "«(+44) 20 7946 0958»",
            "«+41 (0)71 526 99 04»",
            "«+49-30-901820»",
            "«+86 138 1234 5678».",
            "US: «415-555-0132»",
            "«(415) 555-0132»",
            "«(415)555-0132»",
            "«415.555.0132»",
            "«1-415-555-0132»",
            "«415-555-0132 ext. 22»",
            "«415-555-0132x769»",
            "phone: «4155550132»",
            "ring «020 7946 0958»",
            "«07911 123456»",
            "«01 42 68 53 00»",
            "«090-1234-5678»",
            "My CN number is «13812345678»",
            "phone: «467 3395»",
            "Tel.«415-555-0132»",
            "tel:«+1-415-555-0132»",
            "电话«13812345678»。",
            "on 2024-01-15 at noon",
            "15.01.2024",
            "order 1234567",
            "UUID 550e8400-e29b-41d4-a716-446655440000",
            "1,234,567,890",
            "192.168.100.200",
            "4155550132555555",
            "$415-555-0132",
            "x = 200 300 4000 500",
            "111-111-1111",
            "+999 12345678",
            "+1 115 555 0132",
            "3.14159265358979",
            "1700000000000",
            "ISBN 978-3-16-148410-0",
            "since 1914-1918 and so on",
            "sha 0123456789abcdef",
        ],
    );
}

#[test]
fn cards() {
    check(
        Entity::CreditCard,
        &[
            "«4111 1111 1111 1111»",
            "«4111-1111-1111-1111» is mine",
            "«4111111111111111»",
            "«4111\u{a0}1111\u{a0}1111\u{a0}1111»",
            "amex «3714 496353 98431»",
            "«371449635398431»",
            "«30569309025904»",
            "«5555555555554444», exp 12/30",
            "«2223003122003222»",
            "«6011000400000000»",
            "«3528000700000000»",
            "«6759649826438453»",
            "card «122000000000003»",
            "card number «630427373398» is lost",
            "«4111 1111 1111 1111» 2027",
            "4111 1111 1111 1112",
            "4111-1111 1111-1111",
            "14111111111111111",
            "41111111111111111111",
            "a4111111111111111",
            "4111111111111111a",
            "0000 0000 0000 0000",
            "630427373398",
            "id-4111111111111111-x",
            "1748503543012",
        ],
    );
}

#[test]
fn ibans() {
    check(
        Entity::Iban,
        &[
            "«GB82 WEST 1234 5698 7654 32»",
            "«GB82WEST12345698765432»",
            "IBAN:«DE89370400440532013000»",
            "«DE89 3704 0044 0532 0130 00», please",
            "«gb42nawi04454264788619»",
            "«NO93 8601 1117 947»",
            "«NO9 38601 1117 947»",
            "«FR14 2004 1010 0505 0001 3M02 606»",
            "«MT84MALT011000012345MTLCAST001S»",
            "«DE89-3704-0044-0532-0130-00»",
            "GB82 WEST 1234 5698 7654 33",
            "GB82 WEST 1234 5698 7654 3",
            "GB82WEST123456987654321",
            "XX82WEST12345698765432",
            "AGB82WEST12345698765432",
            "DE 89370400440532013000",
        ],
    );
}

#[test]
fn social_security_numbers() {
    check(
        Entity::Ssn,
        &[
            "«125-17-4954»",
            "ssn «125 17 4954».",
            "SSN: «125174954»",
            "«853-37-1694»",
            "«078.05.1123»",
            "000-17-4954",
            "666-17-4954",
            "912-17-4954",
            "125-00-4954",
            "125-17-0000",
            "078-05-1120",
            "125-17.4954",
            "125174954",
            "1125-17-4954",
            "125-17-49541",
            "A125-17-4954",
            "125-17-4954-1",
        ],
    );
}

#[test]
fn addresses() {
    check(
        Entity::Ip,
        &[
            "from «41.173.96.26»",
            "http://«10.0.0.1»:8080/",
            "«192.168.0.0»/16",
            "it is «41.173.96.26».",
            "«2001:db8::8a2e:370:7334»",
            "[«2001:db8::1»]:443",
            "«684D:1111:222:3333:4444:5555:6:77»",
            "connecting from «::1»",
            "«fe80::1»",
            "«::ffff:192.168.1.1»",
            "at «2400:c401::5054:ff:fe1b:b031».",
            "ip:«2001:db8::1»",
            "192.168.0",
            "256.1.1.1",
            "1.2.3.4.5",
            "01.2.3.4",
            "version 1.2.3.4",
            "Chrome/91.0.4472.124",
            "v1.2.3.4",
            "aa:bb:cc:dd:ee:ff",
            "12:34:56",
            "std::vec::Vec",
            "a::b",
            "use face::cafe;",
            "684D:1111:222:3333:4444:5555:77",
            "2001:db8::256.1.1.1",
        ],
    );
}

#[test]
fn words_nearby_raise_confidence() {
    let detector = Detector::new(&Entity::ALL, &["US".into()]);
    let confidence = |text: &str| {
        detector
            .scan(text, 0)
            .first()
            .map_or(0.0, |found| found.confidence)
    };
    for (plain, said) in [
        ("x 4111111111111111", "card 4111111111111111"),
        ("x 125-17-4954", "ssn 125-17-4954"),
        ("x 415-555-0132", "phone 415-555-0132"),
        ("x 4155550132", "call 4155550132"),
        ("x 10.0.0.1", "host 10.0.0.1"),
    ] {
        assert!(
            confidence(plain) < confidence(said),
            "{plain}: {} {}",
            confidence(plain),
            confidence(said)
        );
    }
}

/// What repeats itself is looked at once, and found as often as it stands there.
#[test]
fn a_flood_comes_to_the_same_as_a_look_at_all_of_it() {
    let entities: Vec<Entity> = Entity::ALL
        .into_iter()
        .filter(|entity| *entity != Entity::PersonName)
        .collect();
    let countries: Vec<String> = Detector::countries()
        .into_iter()
        .map(str::to_owned)
        .collect();
    let detector = Detector::new(&entities, &countries);
    let none = || super::Floods::new(std::iter::empty());
    for piece in [
        "1",
        "1 ",
        "123 ",
        "A1",
        "A12 ",
        "1a2",
        "1-",
        "1.2.3.4 ",
        "1.2.3.",
        "4111 1111 1111 1111 ",
        "a@b.co ",
        "a@",
        "a@b.",
        ":",
        "2001:db8::1 ",
        "00:1A:2B:3C:4D:5E ",
        "DE89 3704 0044 0532 0130 00 ",
        "DE89370400440532013000",
        "1é",
        "联1",
        "passport X1234567 ",
        "12 Main Street ",
        "March 12, 1980 born ",
        "415-555-0132 ",
        "9434765919 ",
        "1\u{202f}2 ",
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed ",
        "plz 12345 ",
        "123456789, born 1.2.1980, ann@example.org, ",
    ] {
        for (before, after) in [
            ("", ""),
            ("card ", "9"),
            ("x 4111 ", " 1111 is it"),
            ("zip: ", "@example.org"),
        ] {
            let text = format!("{before}{}{after}", piece.repeat(3000 / piece.len()));
            let from = before.len() / 2;
            let (mut jumped, mut looked) = (Vec::new(), Vec::new());
            let unsure = detector.scan_all(&text, from, &mut jumped);
            assert_eq!(
                detector.scan_beside(none(), &text, from, &mut looked),
                unsure,
                "{piece}"
            );
            assert_eq!(jumped, looked, "{before}{piece}{after}");
        }
    }
}

proptest::proptest! {
    /// A number in a row of others is judged in a shorter way, and comes to the same.
    #[test]
    fn cells_are_what_their_digits_and_groups_are(numbers in rows()) {
        let countries: Vec<String> = Detector::countries().into_iter().map(str::to_owned).collect();
        let detector = Detector::new(&Entity::ALL, &countries);
        // Long enough around it that no word is near.
        let text = format!("{0}{1} {0}", "12 ".repeat(60), numbers.join(" "));
        let mut near = Near::new(text.as_bytes(), Words::new(&detector.lexicon));
        let mut hit = 180;
        for number in &numbers {
            let span = (hit, hit + number.len());
            if near.is_cell(text.as_bytes(), span) {
                let cell = detector.cell(&text, span, &mut near.classes);
                let run = detector.run(&text, span, b' ', &mut near);
                let all = Groups::read(text.as_bytes(), hit, MAX_GROUPS, &mut near.classes);
                let groups = detector.grouped(&text, &all, b' ', false);
                proptest::prop_assert_eq!(cell, surer(groups, run));
            } else {
                proptest::prop_assert!(number.len() > 11);
            }
            hit = span.1 + 1;
        }
    }
}

/// Numbers of any length, and those that cards and identifiers are written in.
fn rows() -> impl Strategy<Value = Vec<String>> {
    let known = [
        "125 17 4954",
        "4111 1111 1111 1111",
        "3782 822463 10005",
        "41111111 11111111",
        "943 476 5919",
        "046454286",
        "9434765919",
        "12345678",
        "111444777",
    ];
    let some = prop_oneof![
        "[0-9]{1,12}",
        prop::sample::select(known.to_vec()).prop_map(str::to_owned)
    ];
    prop::collection::vec(some, 1..20).prop_map(|all| {
        all.iter()
            .flat_map(|some| some.split(' '))
            .map(str::to_owned)
            .collect()
    })
}
