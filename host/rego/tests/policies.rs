//! Runs the policies' own tests: every rule `test_…` in `policies/*_test.rego` must be true.

#[cfg(test)]
mod common;

use caponier_rego::{Actions, Bundle, Source};

#[cfg(test)]
fn policies() -> Vec<Source> {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/../../policies");
    let mut sources: Vec<Source> = std::fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "rego")
        })
        .map(|path| {
            Source::new(
                path.file_name().unwrap().to_str().unwrap(),
                std::fs::read_to_string(&path).unwrap(),
            )
        })
        .collect();
    sources.sort_by(|a, b| a.name.cmp(&b.name));
    sources
}

#[test]
fn every_rego_test_holds() {
    let sources = policies();
    let bundle = Bundle::with_default(sources, Actions::shipped(), serde_json::json!({})).unwrap();
    let results = bundle.run_tests().unwrap();
    assert!(
        results.len() >= 19,
        "only {} tests were found",
        results.len()
    );
    let failed: Vec<_> = results
        .iter()
        .filter(|result| result.failure.is_some())
        .collect();
    assert!(failed.is_empty(), "{failed:#?}");
    println!("{} rego tests", results.len());
}

#[test]
fn a_rego_test_that_does_not_hold_is_told() {
    let rego = "package mine\ntest_good if true\ntest_bad if 1 == 2\ntest_false := false\ntest_broken if { x := numbers.range(1, \"a\"); x }\nother if false";
    let sources = vec![Source::new("mine_test.rego", rego)];
    let bundle = Bundle::with_default(sources, Actions::shipped(), serde_json::json!({})).unwrap();
    let results = bundle.run_tests().unwrap();
    let told: Vec<_> = results
        .iter()
        .map(|result| (result.name.as_str(), result.failure.is_some()))
        .collect();
    assert_eq!(
        told,
        [
            ("data.mine.test_bad", true),
            ("data.mine.test_broken", true),
            ("data.mine.test_false", true),
            ("data.mine.test_good", false)
        ]
    );
}

/// Where nothing was found the default policy is not asked, so it must have nothing to say: the
/// same policy beside a file that adds nothing is asked every time.
#[test]
fn the_default_policy_is_silent_where_nothing_was_found() {
    use caponier_core::{Kind, Role, Skipped, Stage};
    use caponier_rego::Phase;
    use common::Exchange;

    let bundle = |sources| {
        Bundle::with_default(sources, Actions::shipped(), serde_json::json!({}))
            .unwrap()
            .evaluator()
            .unwrap()
    };
    let mut shipped = bundle(vec![]);
    let mut asked = bundle(vec![Source::new("empty.rego", "package caponier\n")]);
    for stage in Stage::ALL {
        for phase in [Phase::Begin, Phase::Findings, Phase::End] {
            for number in 0..6 {
                let mut exchange = Exchange::new(*stage).segment(Role::User, Kind::Text, "text");
                match number {
                    1 => {
                        let earlier = Exchange::new(Stage::Prompt).finding("injection/x", 0.99);
                        exchange.prior = earlier.findings;
                    }
                    2 => _ = exchange.labels.insert("deny".into(), "yes".into()),
                    3 => exchange.coverage.unscanned.push(0),
                    4 => exchange.coverage.skipped.push(Skipped {
                        plugin: "pii".into(),
                        segment: 0,
                    }),
                    5 => {
                        exchange.request.logprobs = true;
                        exchange.context.principal = None;
                        exchange.usage.prompt_tokens = 1 << 40;
                    }
                    _ => {}
                }
                let input = exchange.input(phase);
                assert_eq!(
                    shipped.decide(&input),
                    asked.decide(&input),
                    "{stage} {number}"
                );
            }
        }
    }
}
