//! The plugin as a whole, through the SDK's harness.

mod entities;
mod operators;
mod properties;
mod published;
mod restoring;
mod samples;
mod streams;

use caponier_sdk::testing::{Harness, run_cases};

use crate::Pii;

fn harness(settings: &str) -> Harness<Pii> {
    Harness::new(settings).unwrap()
}

#[test]
fn cases() {
    assert!(run_cases::<Pii>(concat!(env!("CARGO_MANIFEST_DIR"), "/cases")).unwrap() > 20);
}

#[test]
fn settings_that_make_no_sense_are_refused_by_name() {
    for (settings, named) in [
        (r#"{"entitys": []}"#, "entitys"),
        (r#"{"entities": []}"#, "entities"),
        (r#"{"entities": ["mail"]}"#, "entities"),
        (r#"{"entities": ["zz"]}"#, "entities"),
        (r#"{"operators": {"email": {"mask": {"keep": 1}}}}"#, "keep"),
        (r#"{"operator": "encrypt"}"#, "operator"),
        (r#"{"restore": 3}"#, "restore"),
        (r#"{"restore": {"tool": []}}"#, "tool"),
        (r#"{"countries": ["ZZ"]}"#, "countries"),
        (
            r#"{"entities": ["email"], "operators": {"ip": "hash"}}"#,
            "operators.ip",
        ),
        (r#"{"allow": ["*"]}"#, "allow"),
        (r#"{"hash_key": "short"}"#, "hash_key"),
    ] {
        let error = Harness::<Pii>::new(settings)
            .err()
            .expect(settings)
            .to_string();
        assert!(error.contains(named), "{settings}: {error}");
    }
}

#[test]
fn a_country_stands_for_what_is_its_alone() {
    let text = "ann@example.org, 125-17-4954, NINO AA 12 34 56 B";
    for (settings, rules) in [
        (r#"{"entities": ["us"]}"#, &["ssn"][..]),
        (r#"{"entities": ["uk", "email"]}"#, &["email", "uk-nino"]),
        (r#"{"entities": ["gb"]}"#, &["uk-nino"]),
    ] {
        let outcome = harness(settings).prompt(text).unwrap();
        let found: Vec<&str> = outcome.findings.iter().map(|found| &*found.rule).collect();
        assert_eq!(found, rules, "{settings}");
    }
}
