//! Every entity is found where it stands, and only what its issuer would take.
#![expect(clippy::string_slice, reason = "a test may panic")]

use super::samples;
use crate::{Detector, Entity, Match};

fn detector(entities: &[Entity]) -> Detector {
    let countries = Detector::countries()
        .into_iter()
        .map(str::to_owned)
        .collect::<Vec<_>>();
    Detector::new(entities, &countries)
}

#[test]
fn every_entity_is_found_among_all_others() {
    let detector = detector(&Entity::ALL);
    for (entity, sample) in samples::ALL {
        let (text, value) = samples::split(sample);
        let found = detector.scan(&text, 0);
        let right = found.iter().any(|found| {
            found.entity == *entity
                && &text[found.start..found.end] == value
                && found.confidence >= 0.5
        });
        let seen: Vec<_> = found
            .iter()
            .map(|found| {
                (
                    found.entity,
                    &text[found.start..found.end],
                    found.confidence,
                )
            })
            .collect();
        assert!(right, "{sample}: {seen:?}");
    }
    for entity in Entity::ALL {
        assert!(
            samples::ALL.iter().any(|(known, _)| *known == entity),
            "no sample of {entity}"
        );
    }
}

#[test]
fn a_wrong_check_digit_is_noticed() {
    let checked = "ar-cuit au-abn au-acn au-tfn be-national-number br-cnpj br-cpf ca-sin ch-ahv \
                   cl-rut cn-resident-id cz-birth-number de-health-insurance de-social-security \
                   es-nie es-nif fi-hetu fr-nir hr-oib ie-pps il-id in-aadhaar it-fiscal-code \
                   jp-my-number kr-brn mx-curp mx-rfc nl-bsn no-fnr pl-pesel pt-nif ro-cnp \
                   se-organisation se-personnummer sg-nric th-tnin tr-tckn tw-id uk-nhs us-dea us-npi us-routing za-id";
    let checked: Vec<Entity> = checked
        .split_whitespace()
        .map(|id| Entity::from_id(id).unwrap())
        .collect();
    for (entity, sample) in samples::ALL
        .iter()
        .filter(|(entity, _)| checked.contains(entity))
    {
        let (text, value) = samples::split(sample);
        let at = text.find(value).unwrap() + value.len() - 1;
        let last = text.as_bytes()[at];
        let others = if last.is_ascii_digit() {
            b'0'..=b'9'
        } else {
            b'A'..=b'Z'
        };
        for other in others.filter(|other| *other != last) {
            let mut wrong = text.clone();
            wrong.replace_range(at..=at, &char::from(other).to_string());
            let found = detector(&[*entity]).scan(&wrong, 0);
            assert_eq!(found, [], "{wrong}");
        }
    }
}

#[test]
fn what_no_issuer_would_take() {
    let all = detector(&Entity::ALL);
    for (entity, text) in [
        (Entity::UsItin, "ITIN 912-49-1234"),
        (Entity::UsMbi, "MBI 1SG4-TE5-MK73"),
        (Entity::UkNino, "NINO BG 12 34 56 A"),
        (Entity::UkNino, "NINO AA 12 34 56 E"),
        (Entity::CaSin, "SIN 046 454 286"),
        (Entity::CaSin, "SIN 130-692 544"),
        (Entity::Plate, "plate AB35 KTY"),
        (Entity::Postcode, "postcode QA1 1AA"),
        (Entity::FiHetu, "hetu 311190-1111"),
        (Entity::CnId, "身份证11010519491331002X"),
        (Entity::Mac, "Broadcast: FF:FF:FF:FF:FF:FF"),
        (Entity::Mac, "aa:bb:cc:dd:ee:ff:00:11"),
        (Entity::Crypto, "16Yeky6GMjeNkAiNcBY7ZhrLoMSgg1BoyZ2"),
        (
            Entity::BirthDate,
            "She was founded in 1980-03-12 for them all and more of that",
        ),
        (Entity::BirthDate, "born on 1980-13-12"),
        (
            Entity::PersonName,
            "the file name is Report and project name: Atlas Two",
        ),
        (
            Entity::PersonName,
            "Dr. who said that the MR. was fine; mr smith",
        ),
        (
            Entity::Address,
            "We sold 12 New Cars on Main Street and 400 Other Things",
        ),
        (
            Entity::DriverLicence,
            "nvidia driver 5351040512 was installed, no more than that",
        ),
        (
            Entity::Passport,
            "the part X1234567 is on the shelf with all the others of it",
        ),
    ] {
        let found: Vec<Match> = all
            .scan(text, 0)
            .into_iter()
            .filter(|found| found.entity == entity)
            .collect();
        assert_eq!(found, [], "{text}");
    }
}

#[test]
fn the_nearest_word_says_what_a_number_is() {
    let all = detector(&Entity::ALL);
    for (text, entity) in [
        ("routing number 021000021", Entity::UsRouting),
        ("passport 021000021", Entity::Passport),
        (
            "my passport is lost; the routing number is 021000021",
            Entity::UsRouting,
        ),
        ("account 021000021", Entity::BankAccount),
    ] {
        let found = all.scan(text, 0);
        assert_eq!(
            found.iter().map(|found| found.entity).collect::<Vec<_>>(),
            [entity],
            "{text}"
        );
    }
}

#[test]
fn a_country_that_is_not_looked_for() {
    let text = "NINO AA 12 34 56 B and DNI 49786153P";
    let only = |country: &str| {
        Detector::new(&Entity::ALL, &[country.to_owned()])
            .scan(text, 0)
            .iter()
            .map(|found| found.entity)
            .collect::<Vec<_>>()
    };
    assert_eq!(only("GB"), [Entity::UkNino]);
    assert_eq!(only("ES"), [Entity::EsNif]);
    assert_eq!(only("FR"), []);
}
