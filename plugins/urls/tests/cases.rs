//! The cases, streams cut at every byte, and text of any sort.

use caponier_plugin_urls::Urls;
use caponier_sdk::Stage;
use caponier_sdk::testing::{Harness, Input, check_splits, parse_cases, run_cases};

const CASES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/cases");

#[test]
fn cases_hold() {
    let count = run_cases::<Urls>(CASES).unwrap();
    assert!(count > 45, "{count}");
}

#[test]
fn a_stream_cut_anywhere_says_the_same() {
    let mut streamed = 0;
    for file in ["found", "passed", "doubtful"] {
        let yaml = std::fs::read_to_string(format!("{CASES}/{file}.yaml")).unwrap();
        for case in parse_cases(&yaml).unwrap() {
            let Some(segment) = case.segments.first() else {
                continue;
            };
            let settings = case.settings.clone().unwrap_or_default().to_string();
            let text = format!(
                "Here you are, as asked. {}\nThat is all, good luck.",
                segment.text
            );
            let found = check_splits(
                || Harness::<Urls>::new(&settings),
                &Input::assistant(""),
                &text,
            )
            .unwrap_or_else(|error| panic!("{}: {error}", case.name));
            streamed += usize::from(!found.findings.is_empty());
        }
    }
    assert!(streamed > 12, "{streamed}");
}

#[test]
fn a_url_that_comes_again_is_found_again() {
    let harness = || Harness::<Urls>::new("{}").unwrap();
    let rules = |text: &str| -> Vec<(String, f64)> {
        let input = [Input::assistant(text)];
        let findings = harness().inspect(Stage::Output, &input).unwrap().findings;
        let rules = findings.into_iter();
        rules.map(|found| (found.rule, found.confidence)).collect()
    };
    // More of them than are remembered, and each as an image and as a link.
    let pieces: Vec<String> = (0..24)
        .map(|place| {
            let image = ["!", ""][place / 3 % 2];
            let host = ["127.0.0.1", "a.example", "paypa1.com"][place % 3];
            format!(
                "{image}[a](http://{host}/{}?conversation=she%20said) ",
                place % 11
            )
        })
        .collect();
    let one_by_one: Vec<_> = pieces
        .iter()
        .chain(&pieces)
        .flat_map(|text| rules(text))
        .collect();
    assert_eq!(rules(&pieces.concat().repeat(2)), one_by_one);
    assert!(one_by_one.len() > 48, "{}", one_by_one.len());
}

#[test]
fn prose_does_not_call_it() {
    let manifest = Harness::<Urls>::new("{}").unwrap().manifest();
    for text in [
        "Here is what to expect: three files (see below), at 10:30.",
        "Put it into the file:",
        "if x == y and f(x)[0] > 3: return {'a': 1}",
    ] {
        assert!(!manifest.may_concern(text), "{text}");
        let outcome = Harness::<Urls>::new("{}").unwrap().prompt(text).unwrap();
        assert!(outcome.findings.is_empty(), "{text}");
    }
    for text in ["see HTTPS://a.example", "JavaScript:a", "[a](b)", "URL(x)"] {
        assert!(manifest.may_concern(text), "{text}");
    }
}

#[test]
fn settings_that_make_no_sense_are_refused() {
    for (settings, told) in [
        (r#"{"allow":["https://a.example/"]}"#, "settings.allow[0]"),
        (r#"{"deny":["a b"]}"#, "settings.deny[0]"),
        (r#"{"images":"allowed-only"}"#, "settings.images"),
        (r#"{"schemes":["https://"]}"#, "settings.schemes[0]"),
        (r#"{"allowed":[]}"#, "settings.allowed"),
    ] {
        let error = Harness::<Urls>::new(settings).err().unwrap();
        assert!(error.message().contains(told), "{error}");
    }
}

#[test]
fn long_runs_cost_no_more_than_their_length() {
    let mut harness = Harness::<Urls>::new("{}").unwrap();
    for piece in [
        "](", "![", "http://", "a:", "[x]:", "src=", "<a href=", "url(", "((((", "%41", "&#58;",
    ] {
        let text = piece.repeat(200_000 / piece.len());
        let start = std::time::Instant::now();
        harness
            .inspect(Stage::Output, &[Input::assistant(text)])
            .unwrap();
        assert!(start.elapsed().as_secs() < 20, "{piece}");
    }
}

proptest::proptest! {
    #[test]
    fn any_text_is_survived(text in "\\PC{0,80}|(https?:|//|\\\\|@|!?\\[a\\]\\(|\\)|\\[1\\]: |src=|<a href=|\"|'|%2e|&#x3a;|é|。|xn--|\\.|0x7f|:80|\\?q=|\\{\\{x\\}\\}| |\n){0,40}") {
        let mut harness = Harness::<Urls>::new("{}").unwrap();
        for stage in [Stage::Prompt, Stage::Output] {
            let outcome = harness.inspect(stage, &[Input::assistant(text.clone())]).unwrap();
            for finding in &outcome.findings {
                proptest::prop_assert!(text.get(finding.span.clone().unwrap()).is_some());
            }
            let applied = outcome.applied(0, &text);
            proptest::prop_assert!(outcome.findings.is_empty() || applied != text);
        }
    }

    /// The harness refuses what is found where no trigger occurs.
    #[test]
    fn nothing_is_found_without_a_trigger(text in "([a-z]{1,6}|file|php|expect|gopher|javascript|data|url|src|href|[:=()/\\\\!.\\[\\]\"'@?%]|\n> \\[a\\]:|//a\\.b/c|&#58;|169.254.169.254|é| |\n){0,24}") {
        for settings in ["{}", r#"{"schemes":["https"],"images":"none","links":"none"}"#] {
            let mut harness = Harness::<Urls>::new(settings).unwrap();
            for stage in [Stage::Prompt, Stage::Output] {
                let outcome = harness.inspect(stage, &[Input::assistant(text.clone())]).unwrap();
                let may = harness.manifest().may_concern(&text);
                proptest::prop_assert!(may || outcome.findings.is_empty());
            }
        }
    }

    #[test]
    fn any_stream_is_the_same_however_it_is_cut(text in "(https?:|//|@|!?\\[a\\]\\(|\\)|\\[1\\]: |<a href=|\"|é|evil|\\.example|\\?q=|VGhlIHBhc3N3b3JkIGlz| |\n){0,16}") {
        check_splits(|| Harness::<Urls>::new("{}"), &Input::assistant(""), &text).unwrap();
    }
}

/// What is not looked at any more is told.
#[test]
fn a_flood_of_findings_shows_in_the_coverage() {
    let text = "see javascript:alert(1) and ".repeat(400);
    let outcome = Harness::<Urls>::new("{}").unwrap().prompt(&text).unwrap();
    assert_eq!((outcome.findings.len(), outcome.skipped), (256, vec![0]));
    let outcome = Harness::<Urls>::new("{}")
        .unwrap()
        .prompt(text.get(..2800).unwrap())
        .unwrap();
    assert!(outcome.findings.len() == 100 && outcome.skipped.is_empty());
}
