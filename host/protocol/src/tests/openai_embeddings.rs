//! Embeddings as a whole.

use super::skipping::{in_request, in_response};
use super::{gaps, lines, redact};
use crate::{Format, Limits, Request, Response, Tokens};

fn request(body: &str) -> Request {
    Format::OpenAiEmbeddings
        .request(body.as_bytes().to_vec(), &Limits::default())
        .unwrap()
}

fn response(body: &str) -> Response {
    Format::OpenAiEmbeddings
        .response(body.as_bytes().to_vec(), 10, &Limits::default())
        .unwrap()
}

const ASKED: &str = r#"{"model": "text-embedding-3-small", "input": ["One a@b.c", "Two"], "dimensions": 3,
 "encoding_format": "base64", "user": "u@x.y"}"#;

#[test]
fn every_text_of_a_request_is_a_segment() {
    let parsed = request(ASKED);
    assert_eq!(
        lines(parsed.segments()),
        [
            r#"0 prompt user text: "One a@b.c""#,
            r#"1 prompt user text: "Two""#,
            r#"2 prompt other other field=user: "u@x.y""#,
        ]
    );
    assert!(parsed.gaps().is_empty());
    let model = parsed.facts().model.as_deref();
    assert_eq!(model, Some("text-embedding-3-small"));
    let edits = redact(parsed.segments(), "a@b.c", "[e]");
    let unset = ["user".to_owned()];
    let out = String::from_utf8(parsed.edited(&edits, &[], &[], &unset).unwrap()).unwrap();
    let expected = ASKED
        .replace("a@b.c", "[e]")
        .replace(", \"user\": \"u@x.y\"", "");
    assert_eq!(out, expected);
    let same = request(ASKED).edited(&[], &[], &[], &[]);
    assert_eq!(same.unwrap(), ASKED.as_bytes());
}

#[test]
fn what_cannot_be_read_is_a_gap() {
    for (body, missed) in [
        (r#"{"input": [1, 2]}"#, vec!["unrecognized input"]),
        (
            r#"{"input": [[1], [2]]}"#,
            vec!["unrecognized input[0]", "unrecognized input[1]"],
        ),
        (
            r#"{"input": [], "input_type": "search query", "messages": [{"content": "x y"}]}"#,
            vec!["unrecognized input_type", "unrecognized messages"],
        ),
        (r#"{"input": "", "dimensions": 5}"#, vec![]),
    ] {
        assert_eq!(gaps(request(body).gaps()), missed, "{body}");
    }
}

const ANSWER: &str = r#"{"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.1,-2e-3]},
 {"object":"embedding","index":1,"embedding":"zczMPQAAgD8="}],"model":"m","usage":{"prompt_tokens":3,"total_tokens":3}}"#;

#[test]
fn an_answer_of_vectors_has_nothing_to_inspect() {
    let parsed = response(ANSWER);
    assert!(parsed.segments().is_empty() && parsed.gaps().is_empty());
    let (prompt, completion) = (3, 0);
    assert_eq!(parsed.usage(), Some(Tokens { prompt, completion }));
    assert_eq!(parsed.edited(&[], &[]).unwrap(), ANSWER.as_bytes());
}

#[test]
fn text_in_the_place_of_a_vector_is_a_gap() {
    for vector in [
        r#""not base64!""#,
        r#"["a"]"#,
        r#"[[0.1,"a"]]"#,
        r#"{"a":1}"#,
    ] {
        let parsed = response(&format!(r#"{{"data":[{{"embedding":{vector}}}]}}"#));
        let missed = gaps(parsed.gaps());
        assert_eq!(missed, ["unrecognized data[0].embedding"], "{vector}");
    }
}

#[test]
fn an_upstreams_error_is_looked_into() {
    for body in [
        r#"{"error":{"message":"bad key sk-1","code":1}}"#,
        r#"{"detail":"bad key sk-1"}"#,
    ] {
        assert_eq!(
            lines(response(body).segments()),
            [r#"10 output other other field=error: "bad key sk-1""#]
        );
    }
    assert_eq!(
        gaps(response(r#"{"bad key sk-1":"no"}"#).gaps()),
        ["unrecognized error.*"]
    );
    in_response(
        Format::OpenAiEmbeddings,
        r#"{"error":{"message":"m","code":1},"detail":["d"],"n":1}"#,
    );
}

#[test]
fn no_text_gets_by() {
    in_request(Format::OpenAiEmbeddings, ASKED);
    in_response(Format::OpenAiEmbeddings, ANSWER);
}

#[test]
fn what_two_parsers_could_read_differently_is_refused() {
    for (body, message) in [
        (r#"{"input":"a","input":"b"}"#, "duplicate key \"input\""),
        (
            r#"{"input":"a","INPUT":"b"}"#,
            "ambiguous key, it reads as \"input\"",
        ),
        (r#"{"model":"a"}"#, "missing field \"input\""),
        (r#"{"input":"a","model":7}"#, "model: must be a string"),
    ] {
        let body = body.as_bytes().to_vec();
        let error = Format::OpenAiEmbeddings.request(body, &Limits::default());
        let error = error.unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
    }
    for body in [
        r#"{"data":{"embedding":"a b"}}"#,
        r#"{"data":["a b"]}"#,
        r#"{"data":[{"embedding":[],"Embedding":"a b"}]}"#,
    ] {
        let body = body.as_bytes().to_vec();
        let result = Format::OpenAiEmbeddings.response(body, 0, &Limits::default());
        assert!(result.is_err());
    }
}
