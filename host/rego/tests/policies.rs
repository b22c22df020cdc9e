//! Runs the policies' own tests: every rule `test_…` in `policies/*_test.rego` must be true.

#[cfg(test)]
mod common;

use caponier_core::{Action, GapKind, Kind, Role, Severity, Skipped, Stage};
use caponier_rego::{Actions, Bundle, MAX_FINDINGS, Phase, Source, View};
use common::Exchange;

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
fn routes_that_tools_are_pinned_for_are_known() {
    let routes = |rego: &str| {
        let sources = vec![Source::new("pins.rego", rego)];
        let bundle = Bundle::with_default(sources, Actions::shipped(), serde_json::json!({}));
        bundle.unwrap().pinned_routes().unwrap()
    };
    assert_eq!(routes("package caponier\nx := 1"), Vec::<String>::new());
    let two = "package caponier\n\
        pinned_tools[\"/mcp\"] := {\"echo\": \"sha256:00\"}\n\
        pinned_tools[\"/other/*\"] := {\"a b\": \"sha256:01\"}";
    assert_eq!(routes(two), ["/mcp", "/other/*"]);
    let elsewhere = two.replace("package caponier", "package mine");
    assert_eq!(routes(&elsewhere), Vec::<String>::new());
}

#[test]
fn pins_that_take_for_ever_to_find_are_an_error() {
    let rego = "package caponier\n\
        pinned_tools[\"/mcp\"] := {\"echo\": n} if {\n\
            n := count([1 | some a in numbers.range(1, 90000); some b in numbers.range(1, 90000); a == b * b])\n\
        }";
    let sources = vec![Source::new("pins.rego", rego)];
    let bundle = Bundle::with_default(sources, Actions::shipped(), serde_json::json!({})).unwrap();
    let begun = std::time::Instant::now();
    let error = bundle.pinned_routes().unwrap_err().to_string();
    assert!(error.contains("time"), "{error}");
    assert!(begun.elapsed() < std::time::Duration::from_secs(60));
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

/// The common answers of the default policy are known without asking it. They must be its own: the
/// same policy beside a file that adds nothing is asked every time.
#[test]
fn what_is_known_without_asking_is_what_the_default_policy_says() {
    let bundle =
        |sources| Bundle::with_default(sources, Actions::shipped(), serde_json::json!({})).unwrap();
    let shipped = bundle(vec![]);
    let mut asked = bundle(vec![Source::new("empty.rego", "package caponier\n")])
        .evaluator()
        .unwrap();
    let rules = [
        "pii/email",
        "pii/ip",
        "secrets/jwt",
        "injection/override",
        "other/x",
        "quota/requests",
        "quota/tokens",
    ];
    let (mut known, mut told_to_wait, mut floods, mut seed) = (0, 0, 0, 1_u64);
    let mut random = |bound: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (seed >> 33) % bound
    };
    for round in 0..600 {
        let stage = Stage::ALL[random(3) as usize];
        let kind = [Kind::Text, Kind::ToolResult][random(2) as usize];
        let mut exchange = Exchange::new(stage).segment(Role::Tool, kind, "text");
        // Now and then more than a policy is shown.
        let is_flood = random(20) == 0;
        let count = match is_flood {
            true => 900 + random(1800),
            false => random(4),
        };
        let among = 1 + random(rules.len() as u64);
        for _ in 0..count {
            let rule = rules[rules.len() - 1 - random(among) as usize];
            exchange = exchange.finding(rule, [0.1, 0.6, 0.99, 1.0][random(4) as usize]);
            let finding = exchange.findings.last_mut().unwrap();
            finding.severity = [Severity::Low, Severity::High][random(2) as usize];
            finding.monitor = random(5) == 0;
        }
        match random(8) {
            0 => {
                let earlier = Exchange::new(Stage::Prompt).finding("injection/x", 0.99);
                exchange.prior = earlier.findings;
            }
            1 => _ = exchange.labels.insert("deny".into(), "yes".into()),
            2 => exchange.coverage.unscanned.push(0),
            3 => exchange.coverage.skipped.push(Skipped {
                plugin: "pii".into(),
                segment: 0,
            }),
            4 => {
                exchange.request.logprobs = true;
                exchange.context.principal = None;
                exchange.usage.prompt_tokens = 1 << 40;
            }
            _ => {}
        }
        for phase in [Phase::Begin, Phase::Findings, Phase::End] {
            for view in [View::Applied, View::Would] {
                exchange.view = view;
                let input = exchange.input(phase);
                if let Some(decision) = shipped.without_asking(&input) {
                    known += usize::from(decision.action != Action::Allow);
                    told_to_wait += usize::from(decision.status == Some(429));
                    floods += usize::from(exchange.findings.len() > MAX_FINDINGS);
                    assert_eq!(Ok(decision), asked.decide(&input), "{stage} {round}");
                }
            }
        }
    }
    assert!(
        known > 200 && told_to_wait > 20 && floods > 20,
        "{known} {told_to_wait} {floods}"
    );
}

/// What it cannot know it does not answer.
#[test]
fn faults_gaps_and_documents_are_asked_about() {
    let shipped = Bundle::with_default(vec![], Actions::shipped(), serde_json::json!({})).unwrap();
    let begun = |stage| Exchange::new(stage).segment(Role::Tool, Kind::ToolResult, "text");
    assert!(
        shipped
            .without_asking(&begun(Stage::Prompt).input(Phase::End))
            .is_some()
    );
    for exchange in [
        begun(Stage::Prompt).fault(false, false),
        begun(Stage::Prompt).gap(GapKind::Unrecognized),
        begun(Stage::Retrieval).finding("injection/override", 0.9),
    ] {
        assert!(
            shipped
                .without_asking(&exchange.input(Phase::End))
                .is_none()
        );
    }
    let own = Source::new("own.rego", "package caponier\n");
    let own = Bundle::with_default(vec![own], Actions::shipped(), serde_json::json!({})).unwrap();
    assert!(
        own.without_asking(&begun(Stage::Prompt).input(Phase::End))
            .is_none()
    );
}
