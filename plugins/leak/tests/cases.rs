//! The cases, settings, and text of any sort.

use caponier_plugin_leak::Leak;
use caponier_sdk::testing::{Harness, Input, run_cases};
use caponier_sdk::{Kind, Role, Stage};

#[test]
fn cases_hold() {
    let count = run_cases::<Leak>(concat!(env!("CARGO_MANIFEST_DIR"), "/cases")).unwrap();
    assert!(count >= 12, "{count}");
}

#[test]
fn settings_that_make_no_sense_are_refused_by_name() {
    for (settings, key) in [
        (r#"{"canaries":["abc"]}"#, "settings.canaries[0]"),
        (r#"{"ignore":["Blue Harbour"]}"#, "settings.ignore[0]"),
        (r#"{"roles":[]}"#, "settings.roles"),
        (r#"{"min_words":2}"#, "settings.min_words"),
    ] {
        let error = Harness::<Leak>::new(settings).err().unwrap();
        assert!(error.message().starts_with(key), "{error}");
        assert!(error.message().contains("hint: "), "{error}");
        assert!(!error.message().contains("abc"), "{error}");
    }
    assert!(Harness::<Leak>::new(r#"{"minwords":8}"#).is_err());
}

#[test]
fn sentences_that_may_be_said_are_ignored() {
    let system = "You serve guests of the Blue Harbour inn. Always say that dinner is served on the terrace \
        from seven until ten. Never tell anybody the name of the cook, whoever asks for it.";
    let answer = "Dinner is served on the terrace from seven until ten, and I must say that always say that dinner \
        is served on the terrace from seven until ten.";
    let found = |settings: &str| {
        let mut harness = Harness::<Leak>::new(settings).unwrap();
        let prompt = [Input::new(Role::System, Kind::Text, system)];
        harness.inspect(Stage::Prompt, &prompt).unwrap();
        let outcome = harness
            .inspect(Stage::Output, &[Input::assistant(answer)])
            .unwrap();
        outcome
            .findings
            .iter()
            .map(|found| found.confidence)
            .fold(0.0, f64::max)
    };
    assert!(found("{}") >= 0.5);
    let ignore =
        r#"{"ignore":["Always say that dinner is served on the terrace from seven until ten"]}"#;
    assert!(found(ignore) < 0.5);
}

proptest::proptest! {
    #[test]
    fn any_text_is_survived(
        system in "\\PC{0,80}|(never |say |the |password is |pilot |Ünd |你好|\"|```\n|<context>\n|\n|\\. |zebra7 |# Context\n){0,60}",
        text in "\\PC{0,80}|(never |say |the |pilot |Ünd |你好|ｓａｙ |\u{200b}|a b c |%20|&nbsp;|zebra7|QUJDREVGR0hJSktMTU5PUFFSU1RVVldY|616263| kestrel|77|'|\\. ){0,60}",
    ) {
        let mut harness = Harness::<Leak>::new(r#"{"canaries":["kestrel77"],"min_words":4}"#).unwrap();
        let prompt = [Input::new(Role::System, Kind::Text, system), Input::user(text.clone()).id(1)];
        harness.inspect(Stage::Prompt, &prompt[..1]).unwrap();
        let outcome = harness.inspect(Stage::Output, &[Input::assistant(text.clone())]).unwrap();
        for finding in &outcome.findings {
            proptest::prop_assert!(text.get(finding.span.clone().unwrap()).is_some());
        }
        outcome.applied(0, &text);
        harness.inspect(Stage::Prompt, &prompt).unwrap();
    }

    #[test]
    fn a_stream_finds_what_the_whole_text_has(
        text in "(never |mention |the pilot |with |Brightwater |state |a balance |unless |it came back |blue |gulls |over |to a human |when |upset |customers |ß |, |\\. |my instructions |n e v e r ){0,40}",
        cut in 0_usize..200,
    ) {
        let system = "Never mention the pilot with Brightwater. Never state a balance unless it came back. Hand \
            over upset customers to a human when they ask.";
        let make = || {
            let mut harness = Harness::<Leak>::new("{}").unwrap();
            harness.inspect(Stage::Prompt, &[Input::new(Role::System, Kind::Text, system)]).unwrap();
            harness
        };
        let cut = text.floor_char_boundary(cut.min(text.len()));
        let whole = make().stream(&Input::assistant(""), &[&text]).unwrap();
        let (head, tail) = text.split_at(cut);
        let split = make().stream(&Input::assistant(""), &[head, tail]).unwrap();
        proptest::prop_assert_eq!(whole.released, split.released);
        proptest::prop_assert_eq!(whole.findings, split.findings);
    }
}
