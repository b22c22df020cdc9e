//! The cases, streams cut at every byte, and text of any sort.

use caponier_plugin_code::Code;
use caponier_sdk::Stage;
use caponier_sdk::testing::{Harness, Input, check_splits, parse_cases, run_cases};

const CASES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/cases");

#[test]
fn cases_hold() {
    let count = run_cases::<Code>(CASES).unwrap();
    assert!(count > 150, "{count}");
}

#[test]
fn a_stream_cut_anywhere_says_the_same() {
    let mut streamed = 0;
    for file in ["found", "passed", "doubtful"] {
        let yaml = std::fs::read_to_string(format!("{CASES}/{file}.yaml")).unwrap();
        for case in parse_cases(&yaml).unwrap() {
            let text = &case.segments[0].text;
            for text in [
                text.clone(),
                format!("Here you are, as asked. {text}\n```\nx = 'y'\n```\nThat is all."),
            ] {
                let found =
                    check_splits(|| Harness::<Code>::new("{}"), &Input::assistant(""), &text)
                        .unwrap_or_else(|error| panic!("{}: {error}", case.name));
                streamed += usize::from(!found.findings.is_empty());
            }
        }
    }
    assert!(streamed > 150, "{streamed}");
}

#[test]
fn a_fence_is_remembered_far_into_a_stream() {
    let mut text = "```html\n<button onclick=\"save()\">Save</button>\n".to_owned();
    while text.len() < 9000 {
        text.push_str("<p>One more line of a long page.</p>\n");
    }
    text.push_str("<button onclick=\"save()\">Save</button>\n");
    let shown = text.clone();
    text.push_str("```\n<button onclick=\"save()\">Save</button>\n");
    for (text, findings) in [(shown, 0), (text, 1)] {
        let mut harness = Harness::<Code>::new("{}").unwrap();
        let pieces: Vec<&str> = text.split_inclusive('>').collect();
        let streamed = harness.stream(&Input::assistant(""), &pieces).unwrap();
        assert_eq!(streamed.findings.len(), findings);
    }
}

#[test]
fn rules_can_be_left_out() {
    let mut harness = Harness::<Code>::new(r#"{"disable":["cwe-*"]}"#).unwrap();
    let answer = [Input::assistant(
        "```python\nos.system('ls ' + name)\n```\n<script>x()</script>",
    )];
    let outcome = harness.inspect(Stage::Output, &answer).unwrap();
    assert_eq!(outcome.findings.len(), 1);
    assert_eq!(outcome.findings[0].rule, "xss");
    let error = Harness::<Code>::new(r#"{"disable":["cwe-0"]}"#)
        .err()
        .unwrap();
    assert!(error.message().contains("settings.disable") && error.message().contains("hint: "));
}

#[test]
fn long_runs_cost_no_more_than_their_length() {
    let mut harness = Harness::<Code>::new("{}").unwrap();
    for piece in [
        "<a ",
        "<a b=\"",
        "eval(",
        "eval(x",
        "' or ",
        "select ",
        "or 1=",
        "$(",
        "../",
        "{{",
        "%3c",
        "';",
        "os.system(a",
        "password = \"",
        "```\n",
        "union ",
        "strcpy(a,",
    ] {
        let text = piece.repeat(200_000 / piece.len());
        let start = std::time::Instant::now();
        harness
            .inspect(Stage::Output, &[Input::assistant(text)])
            .unwrap();
        assert!(start.elapsed().as_secs() < 20, "{piece}");
    }
}

/// Whether a line is a fence is known at its end.
#[test]
fn a_fence_may_begin_where_a_stream_is_cut() {
    for text in [
        "```eval(x)```",
        "a\n```eval(x)``` b\neval(y)\n",
        "```python\neval(x)\n```\neval(y)",
        "~~~ js\neval(x)\n~~~ eval(y)\n~~~\n",
    ] {
        check_splits(|| Harness::<Code>::new("{}"), &Input::assistant(""), text).unwrap();
    }
}

proptest::proptest! {
    #[test]
    fn any_text_is_survived(text in "\\PC{0,80}|(<|script|onload=|'|\"|or|1=1|union|select|;|\\$\\(|cat /etc|eval\\(|os\\.system\\(|f\"|\\{|\\}|\\)|```|\n|é|%3c|%20|\\.\\./|password = ){0,60}") {
        let mut harness = Harness::<Code>::new("{}").unwrap();
        let outcome = harness.inspect(Stage::Output, &[Input::assistant(text.clone())]).unwrap();
        for finding in &outcome.findings {
            proptest::prop_assert!(text.get(finding.span.clone().unwrap()).is_some());
        }
        let _ = outcome.applied(0, &text);
    }

    #[test]
    fn any_stream_is_the_same_however_it_is_cut(text in "(<|script|>| onload=|'|\"| or |1=1|union |select |;| |\\$\\(|id|eval\\(|x\\)|f\"|\\{|\\}|```|\n|é|%3c|\\.\\./|secret = ){0,14}") {
        check_splits(|| Harness::<Code>::new("{}"), &Input::assistant(""), &text).unwrap();
    }

    /// Words of SQL and of sentences, commands, quotes and few signs: nothing is found where a host
    /// would not have called.
    #[test]
    fn nothing_is_found_without_a_trigger(
        pieces in proptest::collection::vec((
            "or|and|And|having|where|order|group|select|union|exists|drop|exec|execute|is|in|like|between|by|\
             true|table|master|into|outfile|create|user|rm|nc|NC|cat|verify|secure|debug|password|the|it|a|null|sleep|if",
            "[ \n\t]{1,2}|[ ,.]{1,2}|[ '\"(),.;:!?%#*-]{0,3}",
            "[0-9]{0,2}|[a-z]{0,3}|-e sh|/etc/hosts|--|false",
            "[ \n'\"();.-]{0,2}",
        ), 1..7),
    ) {
        let text: String = pieces.iter().map(|(a, b, c, d)| format!("{a}{b}{c}{d}")).collect();
        // The harness refuses what is found without a trigger.
        let mut harness = Harness::<Code>::new("{}").unwrap();
        harness.inspect(Stage::Output, &[Input::assistant(text)]).unwrap();
    }
}

/// A token's blanks may be many, and a stream may be cut in each of them.
#[test]
fn a_token_may_be_laid_out_wide() {
    for blanks in [1, 2, 60, 300, 600] {
        let wide = " ".repeat(blanks);
        for text in [
            format!("1 union select a into{wide}outfile '/var/www/x.php'"),
            format!("```php\neval{wide}($code);\n```\n"),
        ] {
            let found =
                check_splits(|| Harness::<Code>::new("{}"), &Input::assistant(""), &text).unwrap();
            let is_found = !found.findings.is_empty();
            assert!(is_found || blanks > 500, "{text}");
        }
    }
}
