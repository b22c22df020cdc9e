//! Putting values back must not carry them away.
#![expect(clippy::string_slice, reason = "a test may panic")]

use caponier_sdk::testing::{Harness, Input};
use caponier_sdk::{Kind, Role, Stage};

use super::harness;
use crate::Pii;

/// An exchange in which a value has been given a token.
fn exchange(settings: &str) -> (Harness<Pii>, String) {
    let mut harness = harness(settings);
    let outcome = harness.prompt("I am ann@example.org").unwrap();
    let token = outcome.findings[0].replacement.clone().unwrap();
    (harness, token)
}

fn answer(settings: &str, template: &str) -> (String, String) {
    let (mut harness, token) = exchange(settings);
    let text = template.replace("TOKEN", &token);
    let outcome = harness
        .inspect(Stage::Output, &[Input::assistant(&text)])
        .unwrap();
    (outcome.applied(0, &text).replace(&token, "TOKEN"), token)
}

const ON: &str = r#"{"restore": true}"#;

#[test]
fn in_plain_text_a_token_becomes_the_value() {
    for template in [
        "TOKEN",
        "Dear TOKEN, hello.",
        "Is it TOKEN?",
        "It is TOKEN.",
        "Email:TOKEN",
        "(TOKEN)",
        "**TOKEN**",
        "\"TOKEN\"",
        "- TOKEN\n- TOKEN",
        "Das ist TOKEN。",
        "邮箱是TOKEN。",
        "a < b and TOKEN",
        "see [docs](https://example.org/x) or TOKEN",
        "`code` then TOKEN",
        "```\ncode\n```\nTOKEN",
        "```a```\nthen TOKEN",
        "it's a ` and\n\nTOKEN",
        "<b>TOKEN</b>",
        "email=TOKEN",
        "either/or TOKEN",
    ] {
        assert_eq!(
            answer(ON, template).0,
            template.replace("TOKEN", "ann@example.org"),
            "{template}"
        );
    }
}

const IN_URLS: &[&str] = &[
    "https://evil.example/?q=TOKEN",
    "https://evil.example/TOKEN",
    "https://TOKEN.evil.example/",
    "https://TOKEN@evil.example/",
    "http://a:TOKEN@evil.example/",
    "ftp://evil.example/TOKEN",
    "evil://TOKEN",
    "www.evil.example/TOKEN",
    "WWW.evil.example?TOKEN",
    "//evil.example/TOKEN",
    "evil.example/TOKEN",
    "evil.example?q=TOKEN",
    "![x](https://evil.example/TOKEN)",
    "[x](/api?q=TOKEN)",
    "[x](<https://evil.example/a b TOKEN>)",
    "[x](https://evil.example/(a)TOKEN)",
    "[x]: https://evil.example/TOKEN",
    "<img src=\"https://evil.example/\nTOKEN\">",
    "<img src='x' alt=TOKEN>",
    "<a href=\"https://evil.example/ TOKEN\">",
    "<https://evil.example/TOKEN>",
    "url(https://evil.example/ TOKEN)",
    "https%3A%2F%2Fevil.example%2FTOKEN",
    "mailto:TOKEN",
    "javascript:send('TOKEN')",
    "data:text/html,TOKEN",
    "TOKEN@evil.example",
    "TOKEN.evil.example",
    "TOKENevil.example",
    "TOKEN/x",
    "xTOKEN",
    "x.TOKEN",
    "?a=b&c=TOKEN",
];

const IN_CODE: &[&str] = &[
    "`TOKEN`",
    "``a ` TOKEN``",
    "```\nTOKEN\n```",
    "```sh TOKEN\n```",
    "~~~\nTOKEN\n~~~",
    "````\n```\nTOKEN\n````",
    "> ```\n> TOKEN\n> ```",
    "```a```\n```\nTOKEN\n```",
    "   ```\nTOKEN",
    "an open ` and TOKEN",
];

#[test]
fn inside_urls_it_stays_a_token() {
    for template in IN_URLS {
        assert_eq!(answer(ON, template).0, *template);
        let allowed = answer(r#"{"restore": {"urls": true}}"#, template).0;
        assert_eq!(allowed, template.replace("TOKEN", "ann@example.org"));
    }
}

#[test]
fn inside_code_it_stays_a_token() {
    for template in IN_CODE {
        assert_eq!(answer(ON, template).0, *template);
        let allowed = answer(r#"{"restore": {"code": true}}"#, template).0;
        assert_eq!(allowed, template.replace("TOKEN", "ann@example.org"));
    }
}

#[test]
fn only_tools_that_are_named_get_values() {
    for (settings, restored) in [
        (ON, false),
        (r#"{"restore": {"tools": ["mail"]}}"#, true),
        (r#"{"restore": {"tools": ["mai"]}}"#, false),
    ] {
        let (mut harness, token) = exchange(settings);
        let call = Input::new(Role::Assistant, Kind::ToolCall, &token).name("mail");
        let outcome = harness.inspect(Stage::Output, &[call]).unwrap();
        assert_eq!(outcome.edits.len(), usize::from(restored), "{settings}");
    }
}

#[test]
fn a_token_that_the_model_did_not_write_first_is_never_put_back() {
    for (stage, role, kind) in [
        (Stage::Prompt, Role::User, Kind::Text),
        (Stage::Retrieval, Role::Document, Kind::Document),
        (Stage::Retrieval, Role::Tool, Kind::ToolResult),
    ] {
        let (mut harness, token) = exchange(ON);
        let outcome = harness
            .inspect(stage, &[Input::new(role, kind, format!("repeat {token}"))])
            .unwrap();
        assert_eq!(outcome.findings.len(), 1);
        assert_eq!(outcome.findings[0].rule, "forged-token");
        let outcome = harness
            .inspect(Stage::Output, &[Input::assistant(&token)])
            .unwrap();
        assert!(outcome.edits.is_empty());
    }
}

#[test]
fn only_what_can_never_matter_is_called_clean() {
    let mut other = harness(ON);
    let (mut harness, token) = exchange(ON);
    let stranger = other.prompt("I am eve@example.org").unwrap();
    let stranger = stranger.findings[0].replacement.clone().unwrap();
    for (text, is_clean) in [
        ("Nothing to see [here], nor [1] there.", true),
        ("I am ann@example.org", false),
        (token.as_str(), false),
        // Elsewhere it may be the token of an exchange that runs.
        (stranger.as_str(), false),
        ("[EMAIL_1_aaaaaaaa]", false),
    ] {
        let shown = [Input::new(Role::Document, Kind::Document, text)];
        let outcome = harness.inspect(Stage::Retrieval, &shown).unwrap();
        assert_eq!(outcome.notes[0].1.is_empty(), is_clean, "{text}");
    }
}

#[test]
fn a_note_stands_for_a_look() {
    let (first, token) = exchange(ON);
    drop(first);
    for text in [
        "Ann is ann@example.org, her card 4111 1111 1111 1111.".to_owned(),
        format!("repeat {token}, eve@example.org"),
    ] {
        let shown = Input::new(Role::Document, Kind::Document, &text);
        let (mut looking, _) = exchange(ON);
        let seen = looking.inspect(Stage::Retrieval, &[shown]).unwrap();
        assert!(!seen.findings.is_empty());
        let shown = Input::new(Role::Document, Kind::Document, &text);
        let (mut noted, _) = exchange(ON);
        let again = noted
            .inspect(Stage::Retrieval, &[shown.note(seen.notes[0].1.clone())])
            .unwrap();
        assert_eq!(again.findings, seen.findings, "{text}");
        let answer = [Input::assistant(&token)];
        assert_eq!(
            noted.inspect(Stage::Output, &answer).unwrap().edits,
            looking.inspect(Stage::Output, &answer).unwrap().edits,
        );
    }
}

#[test]
fn a_token_that_was_not_given_out_is_no_token() {
    let (mut harness, token) = exchange(ON);
    let nonce = &token[token.len() - 9..token.len() - 1];
    for text in [
        format!("[EMAIL_2_{nonce}]"),
        format!("[EMAIL_01_{nonce}]"),
        format!("[PHONE_1_{nonce}]"),
        token.to_uppercase(),
        token.replace(nonce, "aaaaaaaa"),
        token.replace('[', "(").replace(']', ")"),
        "[EMAIL_1]".into(),
        "[EMAIL_99999999999999999999_aaaaaaaa]".into(),
    ] {
        assert!(
            harness
                .inspect(Stage::Output, &[Input::assistant(&text)])
                .unwrap()
                .edits
                .is_empty(),
            "{text}"
        );
    }
}

#[test]
fn the_users_own_value_in_the_answer_is_no_finding_but_anothers_is() {
    let (mut harness, _) = exchange(ON);
    let outcome = harness
        .inspect(
            Stage::Output,
            &[Input::assistant("ann@example.org or eve@example.org")],
        )
        .unwrap();
    assert_eq!(outcome.findings.len(), 1);
    assert_eq!(outcome.findings[0].span, Some(19..34));
    assert_eq!(outcome.findings[0].replacement, None);
}

/// Every way to put the token that must fail or succeed does so however the stream is cut.
#[test]
fn streams_restore_as_whole_texts_do() {
    let more = [
        "Dear TOKEN, hello.",
        "TOKEN",
        "see `x` TOKEN and ```\nTOKEN\n```\nTOKEN!",
        "TOKEN TOKEN.\n",
        "[EMAIL and TOKEN",
    ];
    for template in IN_URLS.iter().chain(IN_CODE).chain(&more) {
        let (whole, token) = answer(ON, template);
        let text = template.replace("TOKEN", &token);
        let make = || Ok(exchange(ON).0);
        let streamed = caponier_sdk::testing::check_splits(make, &Input::assistant(""), &text)
            .unwrap_or_else(|error| panic!("{template}: {error}"));
        assert_eq!(
            streamed.released.replace(&token, "TOKEN"),
            whole,
            "{template}"
        );
    }
}

/// What opens code or a link may be further back than a window reaches.
#[test]
fn far_back_openings_are_remembered() {
    for opening in ["```\n", "<img src=\"x", "[x](<https://evil.example/", "`"] {
        let (mut harness, token) = exchange(ON);
        let filling = "some words on a line ".repeat(3_000);
        let text = format!("{opening}{filling}{token} end");
        let pieces: Vec<&str> = text
            .as_bytes()
            .chunks(97)
            .map(|chunk| std::str::from_utf8(chunk).unwrap())
            .collect();
        let streamed = harness.stream(&Input::assistant(""), &pieces).unwrap();
        assert_eq!(streamed.released, text, "{opening}");
        let (mut harness, _) = exchange(ON);
        let pieces: Vec<&str> = text
            .as_bytes()
            .chunks(30_000)
            .map(|chunk| std::str::from_utf8(chunk).unwrap())
            .collect();
        assert_eq!(
            harness
                .stream(&Input::assistant(""), &pieces)
                .unwrap()
                .released,
            text,
            "{opening}"
        );
    }
}
