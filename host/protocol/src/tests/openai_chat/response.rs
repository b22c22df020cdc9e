//! Whole responses.

use super::response;
use crate::tests::skipping::in_response;
use crate::tests::{gaps, lines, redact};
use crate::{Format, Tokens};

const ANSWER: &str = r#"{"id":"x","choices":[
 {"index":0,"message":{"role":"assistant","content":"Hi a@b.c","refusal":null,"reasoning":"thinking",
   "annotations":[{"type":"url_citation","url_citation":{"url":"https://x.y/?q=a b","title":"A title"}}]},
  "logprobs":{"content":[{"token":"Hi"}]},"finish_reason":"stop"},
 {"index":1,"message":{"role":"assistant","content":"other","tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}}]},
  "logprobs":{"content":[]},"finish_reason":"tool_calls"}],
 "usage":{"prompt_tokens":3,"completion_tokens":4},"x_text":"some text"}"#;

#[test]
fn every_text_is_a_segment() {
    let parsed = response(ANSWER);
    assert_eq!(
        lines(parsed.segments()),
        [
            r#"10 output assistant text: "Hi a@b.c""#,
            r#"11 output assistant reasoning: "thinking""#,
            r#"12 output assistant citation: "https://x.y/?q=a b""#,
            r#"13 output assistant citation: "A title""#,
            r#"14 output assistant text: "other""#,
            r#"15 output assistant tool-call <f> path= part=key: "a""#,
            r#"16 output assistant tool-call <f> path=a: "1""#,
            r#"17 output assistant structured <f>: "{\"a\":1}""#,
        ]
    );
    assert_eq!(
        parsed.usage(),
        Some(Tokens {
            prompt: 3,
            completion: 4
        })
    );
    assert_eq!(parsed.gaps().len(), 1);
    assert_eq!(parsed.gaps()[0].place, "x_text");
    assert_eq!(parsed.edited(&[], &[]).unwrap(), ANSWER.as_bytes());
}

#[test]
fn an_edited_choice_loses_the_logprobs_that_repeat_it() {
    let parsed = response(ANSWER);
    let edits = redact(parsed.segments(), "a@b.c", "[e]");
    let out = String::from_utf8(parsed.edited(&edits, &[]).unwrap()).unwrap();
    assert_eq!(
        out,
        ANSWER
            .replace("a@b.c", "[e]")
            .replace(r#"{"content":[{"token":"Hi"}]}"#, "null")
    );
}

#[test]
fn an_upstreams_error_is_looked_into() {
    let parsed = response(r#"{"error":{"message":"bad key sk-1","type":"t","code":401}}"#);
    assert_eq!(
        lines(parsed.segments()),
        [
            r#"10 output other other field=error: "bad key sk-1""#,
            r#"11 output other other field=error: "t""#
        ]
    );
    assert_eq!(
        gaps(response(r#"{"bad key sk-1":"no"}"#).gaps()),
        ["unrecognized error.*"]
    );
    for format in [Format::OpenAiChat, Format::OpenAiCompletions] {
        in_response(
            format,
            r#"{"error":{"message":"m","code":1},"detail":["d"],"n":1}"#,
        );
    }
}

#[test]
fn text_in_the_place_of_a_name_is_a_gap() {
    let parsed = response(
        r#"{"choices":[{"index":0,"delta":{"content":"a b"},"finish_reason":"c d",
            "message":{"role":"e f","name":"g h","content":null},"logprobs":{"content":[{"token":"i"}]}},
            {"index":1,"message":{"role":"assistant","content":null},"logprobs":{"content":[]},"finish_reason":"stop"}],
            "usage":{"prompt_tokens":1,"note":"j k"},"l m":1}"#,
    );
    let places: Vec<&str> = parsed.gaps().iter().map(|gap| gap.place.as_str()).collect();
    assert_eq!(
        places,
        [
            "choices[0].message.role",
            "choices[0].message.name",
            "choices[0].logprobs",
            "choices[0].delta",
            "choices[0].finish_reason",
            "usage",
            "*",
        ]
    );
}

#[test]
fn an_error_of_another_shape_is_looked_into() {
    let parsed = response(r#"{"detail":[{"msg":"bad key sk-1","loc":["body",0]}],"status":401}"#);
    assert_eq!(
        lines(parsed.segments()),
        [
            r#"10 output other other field=error: "bad key sk-1""#,
            r#"11 output other other field=error: "body""#
        ]
    );
    assert!(parsed.gaps().is_empty());
}
