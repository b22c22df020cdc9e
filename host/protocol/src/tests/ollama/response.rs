//! Whole responses.

use super::response;
use crate::tests::skipping::in_response;
use crate::tests::{gaps, lines, redact};
use crate::{Format, Limits, Tokens};

const CHAT: &str = r#"{"model":"m","created_at":"2025-08-15T22:55:08.508208329+02:00","message":{"role":"assistant","content":"Hi a@b.c",
 "thinking":"let me","tool_calls":[{"id":"c1","function":{"name":"f","arguments":{"a":"x y"}}}]},
 "logprobs":[{"token":"Hi","logprob":-0.1,"top_logprobs":[]}],"done":true,"done_reason":"stop",
 "total_duration":5,"prompt_eval_count":3,"eval_count":4}"#;

const GENERATE: &str = r#"{"model":"m","created_at":"2025-08-15T22:55:08Z","response":"Hi a@b.c","thinking":"let me",
 "done":true,"done_reason":"stop","context":[1,2,3]}"#;

#[test]
fn every_text_is_a_segment() {
    let chat = response(CHAT);
    assert_eq!(
        lines(chat.segments()),
        [
            r#"10 output assistant text: "Hi a@b.c""#,
            r#"11 output assistant reasoning: "let me""#,
            r#"12 output assistant tool-call <f> path= part=key: "a""#,
            r#"13 output assistant tool-call <f> path=a: "x y""#,
            r#"14 output assistant structured <f>: "{\"a\":\"x y\"}""#,
        ]
    );
    assert!(chat.gaps().is_empty());
    assert_eq!(chat.tool_calls()[0].id.as_deref(), Some("c1"));
    let (prompt, completion) = (3, 4);
    assert_eq!(chat.usage(), Some(Tokens { prompt, completion }));
    let generate = response(GENERATE);
    assert_eq!(
        lines(generate.segments()),
        [
            r#"10 output assistant text: "Hi a@b.c""#,
            r#"11 output assistant reasoning: "let me""#,
        ]
    );
    assert!(generate.gaps().is_empty());
    for body in [CHAT, GENERATE] {
        assert_eq!(response(body).edited(&[], &[]).unwrap(), body.as_bytes());
    }
}

#[test]
fn what_repeats_an_edited_text_goes_with_it() {
    for (body, repeat) in [
        (CHAT, r#"[{"token":"Hi","logprob":-0.1,"top_logprobs":[]}]"#),
        (GENERATE, "[1,2,3]"),
    ] {
        let parsed = response(body);
        let edits = redact(parsed.segments(), "a@b.c", "[e]");
        let out = String::from_utf8(parsed.edited(&edits, &[]).unwrap()).unwrap();
        assert_eq!(out, body.replace("a@b.c", "[e]").replace(repeat, "null"));
    }
}

#[test]
fn what_cannot_be_read_is_a_gap() {
    for (body, missed) in [
        (
            r#"{"response":"","context":[1]}"#,
            vec!["unrecognized context"],
        ),
        (
            r#"{"response":"a","context":["b c"]}"#,
            vec!["unrecognized context"],
        ),
        (r#"{"response":"a","context":[]}"#, vec![]),
        (
            r#"{"response":"","logprobs":[{"token":"attack"}]}"#,
            vec!["unrecognized logprobs"],
        ),
        (r#"{"response":"","image":"aGk="}"#, vec!["image image"]),
        (
            r#"{"message":{"role":"assistant","images":["aGk="]}}"#,
            vec!["image message.images"],
        ),
        (r#"{"embeddings":[[0.1,2],[3]],"model":"m"}"#, vec![]),
        (r#"{"embedding":[0.1]}"#, vec![]),
        (
            r#"{"embeddings":[["a b"]]}"#,
            vec!["unrecognized embeddings"],
        ),
        (
            r#"{"response":"","created_at":"some day","done_reason":"the end"}"#,
            vec!["unrecognized created_at", "unrecognized done_reason"],
        ),
    ] {
        assert_eq!(gaps(response(body).gaps()), missed, "{body}");
    }
}

#[test]
fn an_upstreams_error_is_looked_into() {
    for body in [
        r#"{"error":"no model sk-1"}"#,
        r#"{"detail":["no model sk-1"]}"#,
    ] {
        assert_eq!(
            lines(response(body).segments()),
            [r#"10 output other other field=error: "no model sk-1""#]
        );
    }
    assert_eq!(
        gaps(response(r#"{"no model sk-1":"no"}"#).gaps()),
        ["unrecognized error.*"]
    );
    for format in [
        Format::OllamaChat,
        Format::OllamaGenerate,
        Format::OllamaEmbed,
    ] {
        in_response(
            format,
            r#"{"error":{"message":"m","code":1},"detail":["d"],"n":1}"#,
        );
    }
}

#[test]
fn no_text_gets_by() {
    let chat = CHAT.replace(
        r#"[{"token":"Hi","logprob":-0.1,"top_logprobs":[]}]"#,
        "null",
    );
    in_response(Format::OllamaChat, &chat);
    in_response(Format::OllamaGenerate, GENERATE);
    in_response(
        Format::OllamaEmbed,
        r#"{"model":"m","embeddings":[[0.1,2],[3]],"total_duration":1,"prompt_eval_count":8}"#,
    );
}

#[test]
fn what_two_parsers_could_read_differently_is_refused() {
    for (body, message) in [
        (r#"{"response":"a","Response":"b"}"#, "ambiguous key"),
        (
            r#"{"message":{"content":"a","Content":"b"}}"#,
            "message: ambiguous key",
        ),
        (r#"{"message":"a b"}"#, "message: must be an object"),
        (
            r#"{"response":["a b"]}"#,
            "response: must be a string or null",
        ),
        (
            "{\"response\":\"a\"}\n{\"response\":\"b\"}\n",
            "trailing data",
        ),
    ] {
        let body = body.as_bytes().to_vec();
        let error = Format::OllamaChat.response(body, 0, &Limits::default());
        let error = error.unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
    }
}
