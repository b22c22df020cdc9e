//! The cases, settings, and text of any sort.

use caponier_plugin_poison::Poison;
use caponier_sdk::testing::{Harness, Input, run_cases};
use caponier_sdk::{Kind, Role, Stage};

#[test]
fn cases_hold() {
    let count = run_cases::<Poison>(concat!(env!("CARGO_MANIFEST_DIR"), "/cases")).unwrap();
    assert!(count >= 15, "{count}");
}

#[test]
fn settings_that_make_no_sense_are_refused_by_name() {
    for (settings, key) in [
        (r#"{"disable":["echo"]}"#, "settings.disable[0]"),
        (r#"{"min_documents":1}"#, "settings.min_documents"),
        (r#"{"source_attribute":""}"#, "settings.source_attribute"),
    ] {
        let error = Harness::<Poison>::new(settings).err().unwrap();
        assert!(error.message().starts_with(key), "{error}");
        assert!(error.message().contains("hint: "), "{error}");
    }
    assert!(Harness::<Poison>::new(r#"{"trusted":[]}"#).is_err());
}

#[test]
fn an_exchange_without_documents_leaves_nothing() {
    let mut harness = Harness::<Poison>::new("{}").unwrap();
    let query = Input::new(
        Role::User,
        Kind::Query,
        "Who may open the safe of the branch?",
    );
    let outcome = harness.inspect(Stage::Retrieval, &[query]).unwrap();
    assert_eq!(outcome, caponier_sdk::testing::Outcome::default());
    assert_eq!(harness.state_bytes(), 0);
}

proptest::proptest! {
    #[test]
    fn any_text_is_survived(
        query in "\\PC{0,60}|(who |opens |the |safe |in |Thorle |é|你好|\\? ){0,20}",
        texts in proptest::collection::vec(
            "\\PC{0,120}|(who |opens |the |safe |in |Thorle |é|你好|\\? |<!--|-->|<p hidden>|</p>|<img alt=\"|\"|>|assistant |always |!\\[|\\]\\(|\\[//\\]: # \\(|\n|\u{e0041}|\u{200b}|\\\\phantom\\{|\\}|##x ){0,60}",
            0..6,
        ),
    ) {
        let mut inputs: Vec<Input> = (0..)
            .zip(&texts)
            .map(|(id, text)| Input::document(text).id(id).attribute("document", format!("{}", id / 2)))
            .collect();
        inputs.push(Input::new(Role::User, Kind::Query, query).id(99));
        let mut harness = Harness::<Poison>::new("{}").unwrap();
        for _ in 0..2 {
            let outcome = harness.inspect(Stage::Retrieval, &inputs).unwrap();
            for (id, text) in (0..).zip(&texts) {
                outcome.applied(id, text);
            }
            for finding in &outcome.findings {
                let text = &texts[finding.segment as usize];
                if let Some(span) = &finding.span {
                    proptest::prop_assert!(text.get(span.clone()).is_some());
                }
            }
            for (id, note) in outcome.notes {
                inputs[id as usize].note = note;
            }
        }
    }
}
