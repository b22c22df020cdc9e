//! What is put in a value's place.

use caponier_sdk::Stage;
use caponier_sdk::testing::Input;

use super::harness;

fn applied(settings: &str, text: &str) -> String {
    harness(settings).prompt(text).unwrap().applied(0, text)
}

#[test]
fn each_operator() {
    assert_eq!(applied("", "to ann@example.org"), "to [email]");
    let mask = r#"{"operators": {"credit-card": {"mask": {"keep_last": 4}}, "email": {"mask": {"keep_last": 0, "char": "x"}}}}"#;
    assert_eq!(
        applied(mask, "pay 4111 1111 1111 1111"),
        "pay **** **** **** 1111"
    );
    assert_eq!(applied(mask, "to ann@example.org"), "to xxx@xxxxxxx.xxx");
    let hash = applied(
        r#"{"operator": "hash"}"#,
        "to ann@example.org and ann@example.org",
    );
    let (head, tail) = hash.split_once(" and ").unwrap();
    assert_eq!(head.strip_prefix("to "), Some(tail));
    assert!(tail.starts_with("[EMAIL_") && tail.len() == 20, "{tail}");
}

#[test]
fn a_mask_covers_at_least_half() {
    let mask = r#"{"operator": {"mask": {"keep_last": 99}}}"#;
    assert_eq!(applied(mask, "to ab@cd.ef"), "to **@*d.ef");
}

#[test]
fn a_hash_needs_a_key_to_outlive_the_exchange() {
    let one = |settings: &str, seed: u64| {
        let mut harness = harness(settings);
        harness.context.seed = seed;
        harness.prompt("ann@example.org").unwrap().findings[0]
            .replacement
            .clone()
            .unwrap()
    };
    let keyed = r#"{"operator": "hash", "hash_key": "0123456789abcdef"}"#;
    assert_eq!(one(keyed, 1), one(keyed, 2));
    assert_ne!(
        one(r#"{"operator": "hash"}"#, 1),
        one(r#"{"operator": "hash"}"#, 2)
    );
    assert_ne!(
        one(keyed, 1),
        one(r#"{"operator": "hash", "hash_key": "0123456789abcdeg"}"#, 1)
    );
}

#[test]
fn tokens_are_stable_within_an_exchange_and_numbered_by_entity() {
    let mut harness = harness(r#"{"restore": true}"#);
    let first = harness
        .prompt("ann@example.org bob@example.org 125-17-4954")
        .unwrap();
    let tokens: Vec<&str> = first
        .findings
        .iter()
        .map(|found| found.replacement.as_deref().unwrap())
        .collect();
    assert!(
        tokens[0].starts_with("[EMAIL_1_")
            && tokens[1].starts_with("[EMAIL_2_")
            && tokens[2].starts_with("[SSN_1_")
    );
    let second = harness
        .inspect(
            Stage::Retrieval,
            &[Input::document("bob@example.org and cy@example.org")],
        )
        .unwrap();
    assert_eq!(second.findings[0].replacement.as_deref(), Some(tokens[1]));
    assert!(
        second.findings[1]
            .replacement
            .as_deref()
            .unwrap()
            .starts_with("[EMAIL_3_")
    );
    harness.forget();
    harness.context.seed = 7;
    let other = harness.prompt("ann@example.org").unwrap();
    assert!(
        other.findings[0]
            .replacement
            .as_deref()
            .unwrap()
            .starts_with("[EMAIL_1_")
    );
    assert_ne!(other.findings[0].replacement.as_deref(), Some(tokens[0]));
}

#[test]
fn a_full_table_falls_back_to_redaction() {
    let mut harness = harness(r#"{"restore": true}"#);
    let text: String = (0..12_000)
        .map(|number| format!("user{number}.with-a-long-name@mail.example.org "))
        .collect();
    let outcome = harness.prompt(&text).unwrap();
    assert_eq!(outcome.findings.len(), 12_000);
    let tokens = outcome
        .findings
        .iter()
        .filter(|found| found.replacement.is_some())
        .count();
    assert!((2_000..11_000).contains(&tokens), "{tokens}");
    assert!(harness.state_bytes() <= 256 << 10);
}

#[test]
fn what_is_allowed_is_not_found() {
    let mut harness = harness(r#"{"allow": ["Info@Example.org", "*@corp.example", "10.0.0.1"]}"#);
    let outcome = harness
        .prompt("info@example.org ann@corp.example 10.0.0.1 10.0.0.2")
        .unwrap();
    assert_eq!(outcome.findings.len(), 1);
    assert_eq!(outcome.findings[0].rule, "ip");
}
