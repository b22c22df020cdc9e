//! Completions as a whole.

mod stream;

use crate::tests::skipping::{in_request, in_response};
use crate::tests::{gaps, lines, redact};
use crate::{Format, Limits, Request, Response, Tokens};

fn request(body: &str) -> Request {
    Format::OpenAiCompletions
        .request(body.as_bytes().to_vec(), &Limits::default())
        .unwrap()
}

fn response(body: &str) -> Response {
    Format::OpenAiCompletions
        .response(body.as_bytes().to_vec(), 10, &Limits::default())
        .unwrap()
}

const ASKED: &str = r#"{"model": "gpt-3.5-turbo-instruct", "prompt": ["One a@b.c", "Two"], "suffix": "after it",
 "max_tokens": 9, "temperature": 0.5, "top_p": 0.9, "n": 2, "best_of": 3, "stream": true, "logprobs": 0, "echo": true,
 "stop": ["END"], "user": "u@x.y", "seed": 1, "logit_bias": {"50256": -100}, "stream_options": {"include_usage": true},
 "presence_penalty": 0, "frequency_penalty": 0}"#;

#[test]
fn every_text_of_a_request_is_a_segment() {
    let parsed = request(ASKED);
    assert_eq!(
        lines(parsed.segments()),
        [
            r#"0 prompt user text: "One a@b.c""#,
            r#"1 prompt user text: "Two""#,
            r#"2 prompt user other field=suffix: "after it""#,
            r#"3 prompt other other field=stop: "END""#,
            r#"4 prompt other other field=user: "u@x.y""#,
        ]
    );
    assert!(parsed.gaps().is_empty());
    let facts = parsed.facts();
    assert_eq!(facts.model.as_deref(), Some("gpt-3.5-turbo-instruct"));
    assert!(facts.stream && facts.logprobs);
    assert_eq!(
        (facts.n, facts.max_tokens, facts.top_logprobs),
        (Some(2), Some(9), Some(0))
    );
    assert_eq!((facts.temperature, facts.top_p), (Some(0.5), Some(0.9)));
    let edits = redact(parsed.segments(), "a@b.c", "[\"e\"]");
    let set = [("best_of".to_owned(), "1".to_owned())];
    let out = String::from_utf8(parsed.edited(&edits, &[1], &set, &[]).unwrap()).unwrap();
    let expected = ASKED
        .replace("a@b.c", "[\\\"e\\\"]")
        .replace("\"Two\"", "\"[removed by policy]\"")
        .replace("\"best_of\": 3", "\"best_of\": 1");
    assert_eq!(out, expected);
    let same = request(ASKED).edited(&[], &[], &[], &[]);
    assert_eq!(same.unwrap(), ASKED.as_bytes());
}

#[test]
fn prompts_come_in_several_shapes() {
    let none: &[&str] = &[];
    let cases: &[(&str, &[&str], &[&str])] = &[
        (r#""a b""#, &[r#"0 prompt user text: "a b""#], none),
        ("null", none, none),
        ("[]", none, none),
        ("[1, 2]", none, &["unrecognized prompt"]),
        (
            "[[1, 2], [3]]",
            none,
            &["unrecognized prompt[0]", "unrecognized prompt[1]"],
        ),
        (
            r#"["a b", [3], 4, {"text": "c d"}]"#,
            &[r#"0 prompt user text: "a b""#],
            &[
                "unrecognized prompt[1]",
                "unrecognized prompt[2]",
                "unrecognized prompt[3]",
            ],
        ),
        (r#"[["a b"]]"#, &[r#"0 prompt user text: "a b""#], none),
        ("7", none, &["unrecognized prompt"]),
        (r#"{"a": "b c"}"#, none, &["unrecognized prompt"]),
    ];
    for (prompt, segments, missed) in cases {
        let parsed = request(&format!(r#"{{"prompt": {prompt}}}"#));
        assert_eq!(lines(parsed.segments()), *segments, "{prompt}");
        assert_eq!(gaps(parsed.gaps()), *missed, "{prompt}");
    }
    assert!(request("{}").segments().is_empty());
}

#[test]
fn messages_are_read_here_too() {
    let parsed = request(r#"{"messages": [{"role": "user", "content": "hi"}], "logprobs": true}"#);
    assert_eq!(lines(parsed.segments()), [r#"0 prompt user text: "hi""#]);
    assert!(parsed.facts().logprobs);
    let said = response(r#"{"choices":[{"message":{"role":"assistant","content":"hi"}}]}"#);
    assert_eq!(
        lines(said.segments()),
        [r#"10 output assistant text: "hi""#]
    );
}

const ANSWER: &str = r#"{"id":"cmpl-1","object":"text_completion","created":7,"model":"m","choices":[
 {"text":"Hi a@b.c","index":0,"logprobs":{"tokens":["Hi"," a"],"token_logprobs":[-0.1,-0.2],"top_logprobs":[{"Hi":-0.1}],"text_offset":[0,2]},"finish_reason":"stop"},
 {"text":"other","index":1,"logprobs":{"tokens":["other"]},"finish_reason":"length"}],
 "usage":{"prompt_tokens":3,"completion_tokens":4,"total_tokens":7}}"#;

#[test]
fn every_text_of_a_response_is_a_segment() {
    let parsed = response(ANSWER);
    assert_eq!(
        lines(parsed.segments()),
        [
            r#"10 output assistant text: "Hi a@b.c""#,
            r#"11 output assistant text: "other""#,
        ]
    );
    assert!(parsed.gaps().is_empty());
    let (prompt, completion) = (3, 4);
    assert_eq!(parsed.usage(), Some(Tokens { prompt, completion }));
    assert_eq!(parsed.edited(&[], &[]).unwrap(), ANSWER.as_bytes());
}

#[test]
fn logprobs_go_with_the_text_that_they_repeat() {
    let parsed = response(ANSWER);
    let edits = redact(parsed.segments(), "a@b.c", "[e]");
    let out = String::from_utf8(parsed.edited(&edits, &[]).unwrap()).unwrap();
    let (start, end) = (
        ANSWER.find(r#"{"tokens":["Hi""#).unwrap(),
        ANSWER.find(r#","finish_reason":"stop""#).unwrap(),
    );
    let expected = format!("{}null{}", &ANSWER[..start], &ANSWER[end..]);
    assert_eq!(out, expected.replace("a@b.c", "[e]"));
    let alone = response(
        r#"{"choices":[{"text":"","logprobs":{"tokens":[],"top_logprobs":[{"attack here":-1}]}}]}"#,
    );
    assert_eq!(gaps(alone.gaps()), ["unrecognized choices[0].logprobs"]);
}

#[test]
fn no_text_gets_by() {
    in_request(Format::OpenAiCompletions, ASKED);
    in_response(
        Format::OpenAiCompletions,
        r#"{"id":"cmpl-1","object":"text_completion","created":7,"model":"m","system_fingerprint":"f",
            "choices":[{"text":"Hi","index":0,"logprobs":null,"finish_reason":"stop"}],
            "usage":{"prompt_tokens":3,"completion_tokens":4,"total_tokens":7}}"#,
    );
}

#[test]
fn what_two_parsers_could_read_differently_is_refused() {
    for (body, message) in [
        (r#"{"prompt":"a","prompt":"b"}"#, "duplicate key \"prompt\""),
        (
            r#"{"prompt":"a","Prompt":"b"}"#,
            "ambiguous key, it reads as \"prompt\"",
        ),
        (
            r#"{"prompt":"a","ſuffix":"b"}"#,
            "ambiguous key, it reads as \"suffix\"",
        ),
        (r#"{"prompt":"\ud800"}"#, "prompt: lone surrogate"),
        (r#"{"prompt":"a"}{}"#, "trailing data"),
        ("\"a\"", "must be an object"),
    ] {
        let body = body.as_bytes().to_vec();
        let error = Format::OpenAiCompletions.request(body, &Limits::default());
        let error = error.unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
    }
    for (body, message) in [
        (r#"{"choices":[{"text":"a","Text":"b"}]}"#, "ambiguous key"),
        (
            r#"{"choices":[{"text":["a"]}]}"#,
            "choices[0].text: must be a string or null",
        ),
    ] {
        let body = body.as_bytes().to_vec();
        let error = Format::OpenAiCompletions.response(body, 0, &Limits::default());
        let error = error.unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
    }
}
