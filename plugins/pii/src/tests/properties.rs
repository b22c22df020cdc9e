//! What holds for any text.

use caponier_sdk::testing::{Harness, Input, check_splits};
use caponier_sdk::{Plugin as _, Stage};
use proptest::prelude::*;

use crate::{Detector, Pii, Settings, restore};

/// Bits of things that are found, between anything.
fn pieces() -> impl Strategy<Value = String> {
    let bits = prop::sample::select(vec![
        "ann@example.org",
        "@",
        ".",
        "+1 415 555 0132",
        "4111 1111 1111 1111",
        "4111",
        " ",
        "-",
        "125-17-4954",
        "(",
        ")",
        "GB82 WEST 1234 5698 7654 32",
        "GB82",
        "2001:db8::1",
        "::",
        "10.0.0.1",
        "é",
        "联",
        "\u{200d}",
        "x",
        "ext. 5",
        "/",
        "\n",
        "[EMAIL_1_",
        "]",
        "`",
        "```\n",
        "](",
        "<a ",
        "https://",
        "12",
        "555",
        "0132",
        ",",
        "AA 12 34 56 B",
        "AB51 ",
        "Mr. ",
        "my name is ",
        "Name: ",
        "Ann",
        " Lee",
        "born on ",
        "12 March ",
        "March ",
        "1980",
        " Street",
        "Lindenstraße ",
        "rue de la ",
        "passport ",
        "X1234567",
        "0x",
        "00:1A:2B:",
        "Regards,\n",
        "PO Box ",
        "P.O. ",
        "Postfach ",
        "calle de ",
    ]);
    prop::collection::vec(
        prop_oneof![4 => bits.prop_map(str::to_owned), 1 => ".{0,4}"],
        0..24,
    )
    .prop_map(|bits| bits.concat())
}

/// Text without any digit, of what values without one are made of.
fn without_digits() -> impl Strategy<Value = String> {
    let bits = prop::sample::select(vec![
        "a",
        "F",
        "be",
        "cafe",
        ":",
        ":",
        "::",
        "-",
        ".",
        " ",
        "@",
        "[",
        "[EMAIL_",
        "]",
        "_",
        "é",
        "ip ",
        "aa:bb:cc:dd:ee:ff",
        "AB-CD-EF-AB-CD-EF",
        "abcd.abcd.abcd",
        "fe:",
        "Lindenstraße",
        "passport ",
        "Mr. Ann",
        "ann",
        "example.org",
    ]);
    prop::collection::vec(bits, 0..20).prop_map(|bits| bits.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn nothing_is_done_where_no_trigger_occurs(odd in pieces(), bare in without_digits()) {
        for json in ["{}", r#"{"restore": true}"#, r#"{"entities": ["email"]}"#, r#"{"entities": ["ip"], "restore": true}"#] {
            let settings: Settings = serde_json::from_str(json).unwrap();
            let manifest = Pii::manifest(&settings);
            let detector = Detector::new(&settings.entities, &settings.countries);
            for text in [&odd, &bare] {
                if !manifest.may_concern(text) {
                    prop_assert_eq!(detector.scan(text, 0), vec![], "{}", text);
                    prop_assert!(!settings.restore.enabled || !restore::may_hold_token(text), "{}", text);
                }
            }
        }
    }
}

#[test]
fn a_value_that_words_announce_needs_no_trigger() {
    let settings: Settings = serde_json::from_str(r#"{"entities": ["all"]}"#).unwrap();
    assert!(Pii::manifest(&settings).may_concern("my name is Ann Lee"));
    assert!(!Pii::manifest(&Settings::default()).may_concern("my name is Ann Lee"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn spans_fall_on_boundaries_and_edits_leave_text(text in "\\PC{0,200}", odd in pieces()) {
        for text in [text, odd] {
            // The harness refuses spans that are no part of the text.
            let mut harness = Harness::<Pii>::new(r#"{"restore": true, "entities": ["all"]}"#).unwrap();
            let outcome = harness.prompt(&text).unwrap();
            let applied = outcome.applied(0, &text);
            for pair in outcome.findings.windows(2) {
                prop_assert!(pair[0].span.clone().unwrap().end <= pair[1].span.clone().unwrap().start);
            }
            if !outcome.findings.is_empty() {
                prop_assert_ne!(&applied, &text);
            }
            harness.inspect(Stage::Output, &[Input::assistant(applied)]).unwrap();
        }
    }

    #[test]
    fn a_stream_comes_to_the_same_however_it_is_cut(text in pieces()) {
        for settings in ["", r#"{"restore": true, "entities": ["all"]}"#] {
            let make = || {
                let mut harness = Harness::<Pii>::new(settings)?;
                harness.prompt("ann@example.org")?;
                Ok(harness)
            };
            if let Err(error) = check_splits(make, &Input::assistant(""), &text) {
                prop_assert!(false, "{text:?}: {error}");
            }
        }
    }
}
