//! A value split at any byte over any number of events is caught as if it had come whole.

use caponier_sdk::testing::{Harness, Input, check_splits};

use super::samples;
use crate::Pii;

const TEXTS: &[&str] = &[
    "write to ann@example.org today",
    "write to ann@example.org.au.",
    "is it éric+x@mail.example.co.uk? or a.b@c.io, or git@host.org",
    "联系bob@example.com谢谢",
    "call +1 (415) 555-0132 ext. 22 or +44 20 7946 0958.",
    "call 415-555-0132, (415)555-0132x769 or 020 7946 0958; phone: 467 3395!",
    "tel 4155550132 and 13812345678。",
    "pay 4111 1111 1111 1111 or 4111-1111-1111-1111 or 371449635398431 12/30",
    "card 4111\u{a0}1111\u{a0}1111\u{a0}1111 and 30569309025904",
    "GB82 WEST 1234 5698 7654 32 and DE89370400440532013000, NO93 8601 1117 947 x",
    "ssn 125-17-4954, 853-37-1694 and not 125-17-49541",
    "from 41.173.96.26 and 2001:db8::8a2e:370:7334, [::1]:80, 1.2.3.4.5, std::vec v1.2.3.4",
    "listen on ::/0, not on ::/ or std::/x or fe80::1/64",
    "rows 200 300 4000 500 600 7000 4111 1111 1111 1111 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23",
    "4155550132@x.com 125-17-4954@x.com",
    "no data here at all, only words - and (brackets) + signs: 1, 2, 3.",
];

#[test]
fn every_entity_split_at_every_byte() {
    for text in TEXTS {
        for settings in [
            "",
            r#"{"entities": ["phone"]}"#,
            r#"{"entities": ["ssn", "ip"]}"#,
            r#"{"restore": true}"#,
        ] {
            let make = || Harness::<Pii>::new(settings);
            let streamed = check_splits(make, &Input::assistant(""), text)
                .unwrap_or_else(|error| panic!("{text}: {error}"));
            let mut whole = make().unwrap();
            let outcome = whole
                .inspect(caponier_sdk::Stage::Output, &[Input::assistant(*text)])
                .unwrap();
            assert_eq!(streamed.released, outcome.applied(0, text), "{text}");
            assert_eq!(streamed.findings, outcome.findings, "{text}");
        }
    }
}

/// Streets, whole and cut where a part of one is still none.
const STREETS: &[&str] = &[
    "Ann联Lindenstraße 20 and Donaudampfschifffahrtsgasse 5",
    "to PO Box 123, P.O. Box 45 or Postfach 67",
    "calle de Alcalá 5, Lindenstraße, 7 or Lindenstraße   9",
    "at 12 rue de la Paix, 75002 Paris, or 5 Main Street, Suite 4",
    "5 Street 12 Street, 7 12 Street, 7 12 th",
];

#[test]
fn a_street_split_at_every_byte() {
    for text in STREETS {
        for settings in [
            r#"{"entities": ["postal-address"]}"#,
            r#"{"entities": ["all"]}"#,
        ] {
            let make = || Harness::<Pii>::new(settings);
            check_splits(make, &Input::assistant(""), text)
                .unwrap_or_else(|error| panic!("{text}: {error}"));
        }
    }
}

#[test]
fn prose_goes_out_word_by_word() {
    let text = "The quick brown fox jumps over the lazy dog. ".repeat(4);
    let pieces: Vec<&str> = text.split_inclusive(' ').collect();
    let streamed = Harness::<Pii>::new("")
        .unwrap()
        .stream(&Input::assistant(""), &pieces)
        .unwrap();
    let mut come = 0;
    for (piece, released) in pieces.iter().zip(&streamed.released_upto) {
        come += piece.len();
        assert!(come - released <= 1, "{released} of {come}");
    }
}

#[test]
fn one_value_of_every_entity_split_at_every_byte() {
    for (_, sample) in samples::ALL {
        let (text, _) = samples::split(sample);
        let make = || Harness::<Pii>::new(r#"{"entities": ["all"]}"#);
        let streamed = check_splits(make, &Input::assistant(""), &text)
            .unwrap_or_else(|error| panic!("{text}: {error}"));
        let outcome = make()
            .unwrap()
            .inspect(caponier_sdk::Stage::Output, &[Input::assistant(&text)])
            .unwrap();
        assert_eq!(streamed.released, outcome.applied(0, &text), "{text}");
        assert_eq!(streamed.findings, outcome.findings, "{text}");
    }
}
