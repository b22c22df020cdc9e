//! The cases, streams cut at every byte, and text of any sort.

#![expect(clippy::unwrap_used, reason = "a test's helpers fail the test")]

use caponier_plugin_secrets::Secrets;
use caponier_sdk::testing::{Harness, Input, check_splits, parse_cases, run_cases};

const CASES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/cases");

#[test]
fn cases_hold() {
    let count = run_cases::<Secrets>(CASES).unwrap();
    assert!(count > 400, "{count}");
}

#[test]
fn a_stream_cut_where_it_hurts_releases_no_credential_of_the_tables() {
    let yaml = std::fs::read_to_string(format!("{CASES}/providers.yaml")).unwrap();
    for case in parse_cases(&yaml).unwrap() {
        let text = case.text.unwrap();
        let whole = stream(&[&text]);
        assert!(!whole.findings.is_empty(), "{}", case.name);
        let third = text.len() / 3;
        for cut in [1, 4, third, 2 * third, text.len() - 12, text.len() - 1] {
            let (head, tail) = text.split_at(cut);
            assert_eq!(
                stream(&[head, tail]).released,
                whole.released,
                "{}: {cut}",
                case.name
            );
        }
    }
}

fn stream(pieces: &[&str]) -> caponier_sdk::testing::Streamed {
    let mut exchange = Harness::<Secrets>::new("{}").unwrap();
    exchange.stream(&Input::assistant(""), pieces).unwrap()
}

#[test]
fn a_stream_cut_anywhere_releases_no_secret() {
    let yaml = std::fs::read_to_string(format!("{CASES}/found.yaml")).unwrap();
    for case in parse_cases(&yaml).unwrap() {
        let text = case.text.unwrap();
        let text = format!("Here you are. {text}\nThat is all, good luck.");
        check_splits(
            || Harness::<Secrets>::new("{}"),
            &Input::assistant(""),
            &text,
        )
        .unwrap_or_else(|error| panic!("{}: {error}", case.name));
    }
}

/// What repeats itself is looked at once; what stands in it, before it and behind it is found.
#[test]
fn a_flood_that_repeats_itself_hides_no_secret() {
    const SECRET: &str = "github_token = \"ghp_wJ4fQ7pLz2XvB9tRk6YsN3hDc8MaEu5KGo1V\"\n";
    let found = |text: &str| {
        Harness::<Secrets>::new("{}")
            .unwrap()
            .prompt(text)
            .unwrap()
            .findings
    };
    for piece in ["api_key = ", "sk-", "=\"", "-----BEGIN ", "curl ", "0"] {
        let flood = piece.repeat((40 << 10) / piece.len());
        let text = format!("{SECRET}{flood} {SECRET}{flood} {SECRET}");
        let whole = found(&text);
        let spans: Vec<_> = whole
            .iter()
            .map(|finding| finding.span.clone().unwrap())
            .collect();
        let places = text.match_indices("ghp_").map(|(at, _)| at);
        assert!(
            places.clone().count() == 3 && whole.len() == 3,
            "{piece}: {spans:?}"
        );
        assert!(spans.iter().map(|span| span.start).eq(places), "{piece}");
    }
    assert_eq!(found(&SECRET.repeat(600)).len(), 600);
}

#[test]
fn an_unknown_rule_in_the_settings_is_refused() {
    assert!(Harness::<Secrets>::new(r#"{"disable":["no-such-rule"]}"#).is_err());
}

proptest::proptest! {
    #[test]
    fn any_text_is_survived(text in "\\PC{0,80}|(password|=|:|\"|sk-|eyJ|\\.|-----BEGIN|://|@|AKIA|é| |~|\\||curl -u|kind: Secret|data|\",|-us1|_mmk|密码|value|sig=|%|\n){0,60}") {
        let outcome = Harness::<Secrets>::new("{}").unwrap().prompt(&text).unwrap();
        for finding in outcome.findings {
            let span = finding.span.unwrap();
            proptest::prop_assert!(text.get(span).is_some());
        }
    }

    /// Names, separators, what may stand before values, and values: nothing is found where a host
    /// would not have called.
    #[test]
    fn nothing_is_found_without_a_trigger(
        pieces in proptest::collection::vec((
            "pwd|password|api key|auth_token|x|密码|secret|login a password|curl -u|mysql -p|the key is|--token|kind: Secret data: a",
            "[ \"'`\\\\\\]]{0,2}(=|:|>|=>|:=|\",|',| |://|\\|)[ \"'`\\\\\n\\[]{0,3}",
            "(Bearer |basic |Token |token=|SSWS ){0,2}",
            "[a-zA-Z0-9]{3,18}|[a-z]{2,4}[.:/_@-][a-z]{2,4}|[A-Z]{6,8}|[0-9]{6,16}|[a-zA-Z0-9+.!?,;(){}<>&|*-]{4,12}|[a-z]{8}|AKIA[A-Z2-7]{16}",
            "[\"'`\\\\ \n.,()]{0,3}",
        ), 1..4),
    ) {
        let text: String = pieces.iter().map(|(a, b, c, d, e)| format!("{a}{b}{c}{d}{e}")).collect();
        // The harness refuses what is found without a trigger.
        Harness::<Secrets>::new("{}").unwrap().prompt(&text).unwrap();
    }
}
