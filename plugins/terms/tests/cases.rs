//! The cases, streams cut at every byte, and text of any sort.

use caponier_plugin_terms::Terms;
use caponier_sdk::testing::{Harness, Input, check_splits, parse_cases, run_cases};

const CASES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/cases");
const LISTS: &str = r#"{"lists": [
    {"name": "names", "terms": ["ab", "abc d", "ca", "жа", "C++"], "leet": true},
    {"name": "parts", "terms": ["bd", "é"], "match": "substring"},
    {"name": "exact", "terms": ["AB", "d  a"], "case": "exact"},
    {"name": "shapes", "regex": ["a[bc]{1,3}d?", "(?-u:\\b)d+(?-u:\\b)"], "window": 16}
], "allow": ["xab", "abc d d"]}"#;

#[test]
fn cases_hold() {
    let count = run_cases::<Terms>(CASES).unwrap();
    assert!(count > 40, "{count}");
}

#[test]
fn a_stream_cut_anywhere_comes_to_the_same() {
    for file in ["found", "passed"] {
        let yaml = std::fs::read_to_string(format!("{CASES}/{file}.yaml")).unwrap();
        for case in parse_cases(&yaml).unwrap() {
            let settings = case.settings.unwrap_or_default().to_string();
            if settings.contains("threshold") {
                continue; // Found as a whole: what has gone out by then depends on the cut.
            }
            let Some(text) = case.text else {
                continue;
            };
            for text in [format!("Here: {text} - that is all.\nBye."), text] {
                check_splits(
                    || Harness::<Terms>::new(&settings),
                    &Input::assistant(""),
                    &text,
                )
                .unwrap_or_else(|error| panic!("{}: {error}", case.name));
            }
        }
    }
}

proptest::proptest! {
    #[test]
    fn any_text_is_survived(text in "\\PC{0,80}|[abcdжéABC+4 \u{200b}\u{301}]{0,80}") {
        let outcome = Harness::<Terms>::new(LISTS).unwrap().prompt(&text).unwrap();
        for finding in &outcome.findings {
            proptest::prop_assert!(text.get(finding.span.clone().unwrap()).is_some());
        }
        outcome.applied(0, &text);
    }

}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]

    #[test]
    fn any_stream_comes_to_the_same(text in "[abcdxжéAB+4 \u{200b}\u{301}]{0,16}") {
        if let Err(error) = check_splits(|| Harness::<Terms>::new(LISTS), &Input::assistant(""), &text) {
            proptest::prop_assert!(false, "{:?}: {}", text, error);
        }
    }
}
