//! Settings that make no sense, files, long lists, long texts, and topics in streams.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use caponier_sdk::testing::{Harness, Input};
use caponier_sdk::{Data, Error, Stage};

use crate::Terms;

fn with(lists: &str) -> Result<Harness<Terms>, Error> {
    Harness::new(&format!(r#"{{"lists":{lists}}}"#))
}

fn data(files: &[(&str, &[u8])]) -> Data {
    Data::from_files(
        files
            .iter()
            .map(|(name, bytes)| ((*name).to_owned(), bytes.to_vec())),
    )
}

#[test]
fn what_is_wrong_is_said_with_its_place_and_what_to_do() {
    for (lists, place, what) in [
        (
            r#"[{"name":"a","terms":["x"]},{"name":"a","terms":["y"]}]"#,
            "lists[1].name",
            "lists[0] too",
        ),
        (r#"[{"terms":["x"]}]"#, "lists[0].name", "no name of a rule"),
        (
            r#"[{"name":"Big_One","terms":["x"]}]"#,
            "lists[0].name",
            "no name of a rule",
        ),
        (r#"[{"name":"a"}]"#, "lists[0]", "has no terms"),
        (
            r#"[{"name":"a","terms":["x"," "]}]"#,
            "lists[0].terms[1] of `a`",
            "empty",
        ),
        (
            r#"[{"name":"a","terms":["\u200b\u0301"]}]"#,
            "lists[0].terms[0] of `a`",
            "nothing of the term",
        ),
        (
            r#"[{"name":"a","regex":["a","(b"]}]"#,
            "lists[0].regex[1] of `a`",
            "unclosed group",
        ),
        (
            r#"[{"name":"a","regex":["x*"]}]"#,
            "lists[0].regex[0] of `a`",
            "matches where there is nothing",
        ),
        (
            r#"[{"name":"a","regex":["(a)\\1"]}]"#,
            "lists[0].regex[0] of `a`",
            "hint: ",
        ),
        (
            r#"[{"name":"a","regex":["\\bx\\b"]}]"#,
            "lists[0].regex[0] of `a`",
            "(?-u:\\b)",
        ),
        (
            r#"[{"name":"a","regex":["(ab|b.){1,60}c.{60}d"]}]"#,
            "lists[0].regex[0] of `a`",
            "hint: ",
        ),
        (
            r#"[{"name":"a","regex":["x"],"window":5}]"#,
            "lists[0].window",
            "between 16 and 2048",
        ),
        (
            r#"[{"name":"a","terms":["x"],"window":50}]"#,
            "lists[0].window",
            "has no `regex`",
        ),
        (
            r#"[{"name":"a","terms":["x"],"confidence":0}]"#,
            "lists[0].confidence",
            "between 0.05 and 1",
        ),
        (
            r#"[{"name":"a","terms":["x"],"threshold":0}]"#,
            "lists[0].threshold",
            "every text",
        ),
        (
            r#"[{"name":"a","weighted":{"x":2}}]"#,
            "lists[0].weighted",
            "no topic",
        ),
        (
            r#"[{"name":"a","terms":["x"],"threshold":1,"replacement":"y"}]"#,
            "lists[0].replacement",
            "whole segment",
        ),
        (
            r#"[{"name":"a","terms":["x"],"case":"exact","leet":true}]"#,
            "lists[0].leet",
            "as it is written",
        ),
        (
            r#"[{"name":"a","files":["x.txt"]}]"#,
            "lists[0].files[0] of `a`",
            "cannot be read",
        ),
        (
            r#"[{"name":"a","terms":["x"],"mode":"word"}]"#,
            "lists[0].mode",
            "unknown",
        ),
        (
            r#"[{"name":"a","terms":["x"],"match":"words"}]"#,
            "lists[0].match",
            "expected",
        ),
    ] {
        let error = with(lists)
            .err()
            .unwrap_or_else(|| panic!("{lists} was taken"));
        let said = error.message();
        assert!(
            said.contains(place) && said.contains(what),
            "{lists}: {said}"
        );
        assert!(
            said.contains("hint: ") || said.contains("expected"),
            "{said}"
        );
    }
    let long = format!(r#"[{{"name":"a","terms":["{}"]}}]"#, "x".repeat(300));
    assert!(
        with(&long)
            .err()
            .unwrap()
            .message()
            .contains("more than 256 bytes")
    );
    let error = Harness::<Terms>::new(r#"{"allow":["x"]}"#).err().unwrap();
    assert!(error.message().contains("settings.allow"), "{error}");
}

#[test]
fn without_a_list_there_is_nothing_to_do() {
    let mut plugin = Harness::<Terms>::new("").unwrap();
    assert!(plugin.prompt("anything").unwrap().findings.is_empty());
    // Nobody takes that for a look.
    assert_eq!(plugin.prompt("anything").unwrap().skipped, [0]);
}

#[test]
fn files_hold_terms() {
    let files = data(&[
        (
            "names.txt",
            "\u{feff}# projects\nBluebird\n\n  Night Jar \r\n\\#tag\n".as_bytes(),
        ),
        ("more.json", br#"["Kestrel", "Red Kite"]"#),
        ("topic.txt", b"ballot\t2\nelection\n"),
        ("topic.json", br#"{"turnout": 3}"#),
    ]);
    let settings = r#"{"lists":[{"name":"names","files":["names.txt","more.json"]},
        {"name":"politics","files":["topic.txt","topic.json"],"threshold":5}]}"#;
    let mut plugin = Harness::<Terms>::with_data(settings, &files).unwrap();
    let text = "bluebird, night  jar, red kite, a #tag. projects";
    let found = plugin.prompt(text).unwrap().findings;
    let found: Vec<&str> = found
        .iter()
        .map(|one| text.get(one.span.clone().unwrap()).unwrap())
        .collect();
    assert_eq!(found, ["bluebird", "night  jar", "red kite", "#tag"]);
    assert!(
        plugin
            .prompt("The ballot of the election.")
            .unwrap()
            .findings
            .is_empty()
    );
    let found = plugin.prompt("Turnout by ballot").unwrap().findings;
    assert_eq!(
        (found[0].rule.as_str(), found[0].span.clone()),
        ("politics", None)
    );
}

#[test]
fn files_that_cannot_be_used_are_named_with_the_line() {
    for (file, bytes, what) in [
        (
            "a.txt",
            &b"one\ntwo\n\xff\n"[..],
            "`a.txt`, line 3: it is not UTF-8",
        ),
        (
            "a.txt",
            b"one\ntwo\tmany\n",
            "`a.txt`, line 2: behind the tab",
        ),
        ("a.txt", b"# none\n", "`a.txt` has no terms"),
        (
            "a.txt",
            "one\n\u{200b}\n".as_bytes(),
            "`a.txt`, line 2: nothing of the term",
        ),
        ("a.json", b"{\"a\":", "`a.json`: it is neither"),
        ("b.txt", b"one", "granted are b.txt"),
    ] {
        let asked = if file == "b.txt" { "a.txt" } else { file };
        let settings = format!(r#"{{"lists":[{{"name":"a","files":["{asked}"]}}]}}"#);
        let error = Harness::<Terms>::with_data(&settings, &data(&[(file, bytes)]))
            .err()
            .unwrap();
        assert!(error.message().contains(what), "{error}");
        assert!(
            error.message().contains("lists[0].files[0] of `a`"),
            "{error}"
        );
    }
}

#[test]
fn a_topic_is_one_finding_and_counts_each_term_once() {
    let mut plugin =
        with(r#"[{"name":"t","terms":["ballot","vote","poll"],"threshold":2}]"#).unwrap();
    assert!(plugin.prompt("vote vote vote").unwrap().findings.is_empty());
    assert_eq!(
        plugin
            .prompt("vote by ballot in the poll")
            .unwrap()
            .findings
            .len(),
        1
    );
    // What has nothing need not be shown again.
    assert_eq!(plugin.prompt("hello").unwrap().notes, [(0, Vec::new())]);
}

#[test]
fn a_topic_adds_up_over_a_stream() {
    let make = || with(r#"[{"name":"t","terms":["ballot","vote"],"threshold":2}]"#).unwrap();
    let far = "and so on ".repeat(100);
    let text = format!("First a vote, {far} then a ballot, {far} and an end.");
    for size in [7, 64, 5000] {
        let pieces: Vec<&str> = text
            .as_bytes()
            .chunks(size)
            .map(|piece| std::str::from_utf8(piece).unwrap())
            .collect();
        let streamed = make().stream(&Input::assistant(""), &pieces).unwrap();
        assert_eq!(streamed.findings.len(), 1, "{size}");
    }
    let mut plugin = make();
    plugin
        .stream(&Input::assistant("").id(1), &["one vote. "])
        .unwrap();
    let other = plugin
        .stream(&Input::assistant("").id(2), &["one ballot. "])
        .unwrap();
    assert!(other.findings.is_empty(), "two segments are not one");
}

#[test]
fn no_text_has_more_findings_than_a_report_may() {
    let mut plugin =
        with(r#"[{"name":"a","terms":["x"],"replacement":"-"},{"name":"b","regex":["\\d"]}]"#)
            .unwrap();
    let outcome = plugin.prompt(&"x 1 ".repeat(50_000)).unwrap();
    assert!(outcome.findings.len() <= 502);
    assert!(
        !outcome
            .applied(0, &"x 1 ".repeat(50_000))
            .contains(['x', '1'])
    );
}

fn many(count: usize) -> String {
    let terms: Vec<String> = (0..count)
        .map(|number| format!("\"term {number} of {}\"", number * 7919 % 10_007))
        .collect();
    format!(r#"[{{"name":"a","terms":[{}]}}]"#, terms.join(","))
}

#[test]
fn ten_thousand_terms_are_found() {
    let mut plugin = with(&many(10_000)).unwrap();
    let text = "about Term 4711 of 9140, and no other term 4711 of 914";
    let expected = format!("term 4711 of {}", 4711 * 7919 % 10_007);
    let text = text.replace("Term 4711 of 9140", &expected);
    assert_eq!(plugin.prompt(&text).unwrap().findings.len(), 1);
    assert!(
        with(&many(20_001))
            .err()
            .unwrap()
            .message()
            .contains("more than 20000 terms")
    );
}

/// Eight times the text takes eight times as long, whatever it is made of.
#[test]
fn long_texts_are_passed_in_time() {
    let lists = r#"[{"name":"a","terms":["aaaaaaaaaaaaaaaaaaaaab","a b","vote","жук"],"leet":true},
        {"name":"b","match":"substring","terms":["ab","bc"]},
        {"name":"c","regex":["a[^b]*b","(a|aa)+c","[a-z]{3,9}@x"]},
        {"name":"t","terms":["one","two"],"threshold":2}]"#;
    let mut plugin = with(lists).unwrap();
    let parts = BTreeMap::from([
        ("letters", "a"),
        ("spaces", "a    "),
        ("found", "ab "),
        ("leet", "v0te "),
        ("marks", "a\u{301}"),
        ("other", "жук "),
    ]);
    for (name, part) in parts {
        let mut took = |count: usize| {
            let text = part.repeat(count);
            let start = Instant::now();
            plugin.inspect(Stage::Prompt, &[Input::user(text)]).unwrap();
            start.elapsed()
        };
        took(1000);
        // On a busy machine one measurement says little.
        let in_time = (0..5).any(|_| {
            let short = took(20_000);
            took(160_000) < short * 24 + Duration::from_millis(50)
        });
        assert!(in_time, "{name}");
    }
}
