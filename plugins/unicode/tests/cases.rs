//! The cases, honest text, streams cut at every byte, and text of any sort.

#![expect(clippy::unwrap_used, reason = "a test that cannot read should fail")]

use caponier_plugin_unicode::Unicode;
use caponier_sdk::Stage;
use caponier_sdk::testing::{Harness, Input, check_splits, parse_cases, run_cases};

const CASES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/cases");
const HONEST: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../tests/eval/honest-text.jsonl"
);

fn plugin() -> Result<Harness<Unicode>, caponier_sdk::Error> {
    Harness::new("")
}

#[derive(serde::Deserialize)]
struct Row {
    id: String,
    text: String,
}

fn honest() -> Vec<Row> {
    let lines = std::fs::read_to_string(HONEST).unwrap();
    let rows: Vec<Row> = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert!(rows.len() >= 300, "{}", rows.len());
    rows
}

#[test]
fn cases_hold() {
    let count = run_cases::<Unicode>(CASES).unwrap();
    assert!(count > 80, "{count}");
}

#[test]
fn honest_text_is_left_alone() {
    let mut plugin = plugin().unwrap();
    let mut found = Vec::new();
    for row in honest() {
        let outcome = plugin
            .inspect(Stage::Retrieval, &[Input::document(&row.text)])
            .unwrap();
        for finding in outcome.findings {
            found.push(format!("{} {} {:?}", row.id, finding.rule, finding.span));
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn honest_text_streams_as_it_came() {
    for row in honest() {
        let mut plugin = plugin().unwrap();
        let pieces: Vec<&str> = row.text.split_inclusive(|_| true).collect();
        let streamed = plugin.stream(&Input::assistant(""), &pieces).unwrap();
        assert!(streamed.findings.is_empty(), "{}", row.id);
        assert_eq!(streamed.released, row.text);
    }
}

#[test]
fn a_stream_cut_anywhere_comes_to_the_same() {
    for file in ["found", "passed", "doubtful"] {
        let yaml = std::fs::read_to_string(format!("{CASES}/{file}.yaml")).unwrap();
        for case in parse_cases(&yaml).unwrap() {
            let text = case.text.unwrap();
            for text in [
                format!("Here: {text} - that is all, good luck.\nBye."),
                text,
            ] {
                check_splits(plugin, &Input::assistant(""), &text)
                    .unwrap_or_else(|error| panic!("{}: {error}", case.name));
            }
        }
    }
}

/// What repeats itself is looked at once; what stands before it and behind it is found.
#[test]
fn a_flood_that_repeats_itself_hides_nothing() {
    const HIDDEN: &str = " p\u{200b}assword, \u{440}\u{430}ypal ";
    let found = |text: &str| plugin().unwrap().prompt(text).unwrap().findings.len();
    for piece in [
        "a\u{301}",
        "\u{ff41} ",
        "\u{1f468}\u{200d}\u{1f469} ",
        "na\u{ef}ve ",
        "\u{434}\u{43e}\u{43c} ",
    ] {
        let flood = piece.repeat((20 << 10) / piece.len());
        assert_eq!(found(&flood), 0, "{piece}");
        let text = format!("{HIDDEN}{flood}{HIDDEN}{flood}{HIDDEN}");
        assert_eq!(found(&text), 3 * found(HIDDEN), "{piece}");
    }
    assert_eq!(found(&HIDDEN.repeat(100)), 100 * found(HIDDEN));
}

/// Where hits of several kinds are joined, each kind is told of, so that no rule is hidden by another.
#[test]
fn a_flood_of_several_kinds_tells_of_each() {
    let piece = "p\u{430}ypal a\u{200b}b \u{fdd0} ";
    let seen = |text: &str| -> Vec<(String, usize)> {
        let outcome = plugin().unwrap().prompt(text).unwrap();
        let until = |rule: &str| {
            let own = outcome
                .findings
                .iter()
                .filter(|finding| finding.rule == rule);
            own.filter_map(|finding| finding.span.as_ref().map(|span| span.end))
                .max()
        };
        let rules: std::collections::BTreeSet<_> = outcome
            .findings
            .iter()
            .map(|finding| finding.rule.to_string())
            .collect();
        rules
            .into_iter()
            .filter_map(|rule| until(&rule).map(|end| (rule, end)))
            .collect()
    };
    let few = seen(piece);
    assert_eq!(few.len(), 3, "{few:?}");
    // By period, and by their number alone: with other words between, nothing repeats itself.
    let flood = piece.repeat(30_000 / piece.len());
    let words = (0..3000_u32).map(|number| format!("{piece}{} ", number * number));
    for text in [flood, words.collect()] {
        let all = seen(&text);
        assert_eq!(all.len(), 3, "{all:?}");
        let late = all.iter().filter(|(_, end)| *end + 100 > text.len());
        assert_eq!(late.count(), 3, "{all:?} of {}", text.len());
    }
}

/// What is found over and over is one finding, and what is left is what a look at each would leave.
#[test]
fn a_flood_of_hits_is_replaced_as_each_of_them() {
    let outcome = |text: &str| plugin().unwrap().prompt(text).unwrap();
    for piece in [
        "\u{202e}",
        "\u{202e}a",
        "\u{202e}abc\u{202c} d",
        "\u{2066}",
        "a\u{2067}b\u{2069} ",
        "\u{202e}\u{5d0}",
        "\u{200f}x",
        "a\u{200b}b ",
        "a\u{e0041}\u{e0042}\u{e0043} ",
        "p\u{430}ypal ",
        "a\u{ad}b\u{ad}\u{ad}c ",
        "\u{fdd0}-",
        "a\u{202c}\n",
    ] {
        // Few enough that each is looked at, and many more.
        let small = piece.repeat(3000 / piece.len());
        let large = piece.repeat(30_000 / piece.len());
        let (few, many) = (outcome(&small), outcome(&large));
        assert!(many.findings.len() <= 256, "{piece:?}");
        assert_eq!(
            few.findings.is_empty(),
            many.findings.is_empty(),
            "{piece:?}"
        );
        let per = |text: &str, count: usize| text.chars().count() as f64 / count as f64;
        let left = per(&few.applied(0, &small), 3000 / piece.len());
        let kept = per(&many.applied(0, &large), 30_000 / piece.len());
        assert!((left - kept).abs() < 0.05, "{piece:?}: {left} {kept}");
        let sure = |all: &[caponier_sdk::testing::Found]| {
            all.iter()
                .fold(0.0, |sure, finding| f64::max(sure, finding.confidence))
        };
        assert_eq!(sure(&few.findings), sure(&many.findings), "{piece:?}");
    }
}

proptest::proptest! {
    #[test]
    fn any_text_is_survived(text in "\\PC{0,80}|[a-zа-яα-ω \u{ad}\u{200b}-\u{200f}\u{202a}-\u{202e}\u{2066}-\u{2069}\u{fe0f}\u{e0100}\u{e0041}\u{e007f}\u{1f3f4}\u{300}\u{34f}\n.א]{0,80}") {
        let outcome = plugin().unwrap().prompt(&text).unwrap();
        for finding in &outcome.findings {
            proptest::prop_assert!(text.get(finding.span.clone().unwrap()).is_some());
        }
        let stripped = outcome.applied(0, &text);
        if outcome.findings.iter().all(|finding| finding.replacement.is_some()) {
            proptest::prop_assert!(stripped.chars().count() <= text.chars().count());
        }
    }

    #[test]
    fn any_stream_comes_to_the_same(text in "[a-cа-вαο \u{ad}\u{200b}-\u{200f}\u{202a}-\u{202e}\u{2066}-\u{2069}\u{fe0f}\u{e0100}\u{e0041}\u{300}\n.א]{0,24}") {
        if let Err(error) = check_splits(plugin, &Input::assistant(""), &text) {
            proptest::prop_assert!(false, "{:?}: {}", text, error);
        }
    }
}
