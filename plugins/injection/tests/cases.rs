//! The cases, talk about attacks, and text of any sort.

use std::cell::RefCell;

use caponier_plugin_injection::Injection;
use caponier_sdk::Stage;
use caponier_sdk::testing::{Harness, Input, run_cases};

#[test]
fn cases_hold() {
    let count = run_cases::<Injection>(concat!(env!("CARGO_MANIFEST_DIR"), "/cases")).unwrap();
    assert!(count > 30, "{count}");
}

#[test]
fn talk_about_an_attack_is_less_than_one() {
    let mut harness = Harness::<Injection>::new("{}").unwrap();
    for text in [
        "Researchers describe prompt injection: text such as \"ignore all previous instructions\" changes the task.",
        "Explain how an attack with the phrase ignore previous instructions works.",
    ] {
        let outcome = harness.prompt(text).unwrap();
        assert!(
            outcome
                .findings
                .iter()
                .all(|finding| finding.confidence < 0.9),
            "{:?}",
            outcome.findings
        );
    }
}

#[test]
fn an_empty_list_of_roles_is_refused() {
    assert!(Harness::<Injection>::new(r#"{"roles":[]}"#).is_err());
}

#[expect(
    clippy::unwrap_used,
    reason = "settings of a test that are known to be good"
)]
fn harness() -> RefCell<Harness<Injection>> {
    RefCell::new(Harness::new("{}").unwrap())
}

thread_local! {
    /// Building the lexicon takes longer than any text.
    static HARNESS: RefCell<Harness<Injection>> = harness();
}

proptest::proptest! {
    #[test]
    fn any_text_is_survived(text in "\\PC{0,80}|(ignore|all|previous|instructions|<\\|im_start\\|>|%41|&lt;|і|\u{200b}|ß|。| |i g n o r e|erongi|DAN){0,60}") {
        for stage in [Stage::Prompt, Stage::Retrieval] {
            let input = [Input::user(text.clone())];
            let outcome = HARNESS.with_borrow_mut(|harness| harness.inspect(stage, &input)).unwrap();
            for finding in outcome.findings {
                proptest::prop_assert!(text.get(finding.span.unwrap()).is_some());
            }
        }
    }
}
