//! What is known of files, and what is read from them.

use crate::tests::skipping::in_response;
use crate::tests::{gaps, lines};
use crate::{Format, Limits, Malformed, Response};

fn content(body: &[u8]) -> Result<Response, Malformed> {
    Format::FileContent.response(body.to_vec(), 0, &Limits::default())
}

fn redacted(body: &str, from: &str) -> String {
    let parsed = content(body.as_bytes()).unwrap();
    let edits = crate::tests::redact(parsed.segments(), from, "[e]");
    String::from_utf8(parsed.edited(&edits, &[]).unwrap()).unwrap()
}

const RESULTS: &str = r#"{"id": "r1", "custom_id": "one", "response": {"status_code": 200, "request_id": "q", "body": {"id": "c", "object": "chat.completion", "choices": [{"index": 0, "message": {"role": "assistant", "content": "Mail a@b.c"}}], "usage": {"prompt_tokens": 1, "completion_tokens": 2}}}, "error": null}
{"id": "r2", "custom_id": "two", "response": {"status_code": 200, "body": {"id": "r", "object": "response", "output": [{"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "a@b.c", "annotations": []}]}]}}, "error": null}
{"id": "r3", "custom_id": "three", "response": {"status_code": 400, "body": {"error": {"message": "no a@b.c"}}}, "error": null}
{"id": "r4", "custom_id": "four", "response": null, "error": {"code": "batch_expired", "message": "too late"}}
{"id": "r5", "custom_id": "five", "response": {"status_code": 200, "body": {"object": "list", "data": [{"object": "embedding", "index": 0, "embedding": [0.1]}]}}}
{"custom_id": "six", "result": {"type": "succeeded", "message": {"id": "m", "type": "message", "role": "assistant", "content": [{"type": "text", "text": "a@b.c"}], "stop_reason": "end_turn"}}}
{"custom_id": "half", "response": {"body": {"id": "modr-1", "model": "m", "results": [{"flagged": true, "categories": {"self-harm/intent": true}}]}}}
{"custom_id": "seven", "result": {"type": "errored", "error": {"type": "error", "error": {"type": "x", "message": "it broke"}}}}
"#;

#[test]
fn every_answer_among_results_is_read() {
    let parsed = content(RESULTS.as_bytes()).unwrap();
    let found = lines(parsed.segments());
    for expected in [
        r#"output assistant text row=0: "Mail a@b.c""#,
        r#"output assistant text row=1: "a@b.c""#,
        r#"output other other field=error row=2: "no a@b.c""#,
        r#"output other other field=error row=3: "too late""#,
        r#"output assistant text row=5: "a@b.c""#,
        r#"output other other field=error row=7: "it broke""#,
    ] {
        assert!(
            found.iter().any(|line| line.ends_with(expected)),
            "{expected} {found:#?}"
        );
    }
    assert!(parsed.gaps().is_empty(), "{:?}", parsed.gaps());
    assert_eq!(redacted(RESULTS, "a@b.c"), RESULTS.replace("a@b.c", "[e]"));
    assert_eq!(
        content(RESULTS.as_bytes())
            .unwrap()
            .edited(&[], &[])
            .unwrap(),
        RESULTS.as_bytes()
    );
}

#[test]
fn a_broken_result_is_no_answer() {
    for (row, message) in [
        ("nothing", "row[8]: expected a value"),
        (
            r#"{"custom_id":"a","custom_id":"b"}"#,
            "row[8]: duplicate key",
        ),
        (
            r#"{"custom_id":"a","response":{"body":{"choices":7}}}"#,
            "row[8].response.body.choices: must be",
        ),
        (
            r#"{"custom_id":"a","response":{"body":{"choices":[]},"Body":{}}}"#,
            "row[8].response: ambiguous",
        ),
    ] {
        let error = content(format!("{RESULTS}{row}").as_bytes())
            .unwrap_err()
            .to_string();
        assert!(error.starts_with(message), "{error}");
    }
    let odd = format!(
        "{RESULTS}{}",
        r#"{"custom_id":"a","response":{"body":{"choices":[],"more":"a b"},"more":"a b"},"more":"a b"}"#
    );
    let parsed = content(odd.as_bytes()).unwrap();
    let missed = ["unrecognized row[8].response.body.more"];
    assert_eq!(gaps(parsed.gaps()), missed);
    let found = lines(parsed.segments());
    for place in ["response.more", "more"] {
        let said = format!(r#"output document document field={place} row=8: "a b""#);
        assert!(found.iter().any(|line| line.ends_with(&said)), "{found:?}");
    }
}

#[test]
fn what_looks_like_a_result_and_is_none_is_read() {
    let file = r#"{"custom_id": "1", "text": "to a@b.c", "deep": {"er": ["123-45-6789"]}}
{"custom_id": "to a@b.c", "response": null, "note": "short"}
"#;
    let parsed = content(file.as_bytes()).unwrap();
    assert_eq!(
        lines(parsed.segments()),
        [
            r#"0 output document document field=text row=0: "to a@b.c""#,
            r#"1 output document document field=deep row=0: "123-45-6789""#,
            r#"2 output document document field=custom_id row=1: "to a@b.c""#,
            r#"3 output document document field=note row=1: "short""#,
        ]
    );
    assert!(parsed.gaps().is_empty(), "{:?}", parsed.gaps());
    assert_eq!(redacted(file, "a@b.c"), file.replace("a@b.c", "[e]"));
    let named = content(br#"{"custom_id":"1","words in a key":"x"}"#).unwrap();
    assert_eq!(gaps(named.gaps()), ["unrecognized row[0].*"]);
}

#[test]
fn no_text_of_a_result_gets_by() {
    for row in RESULTS.lines().take(4) {
        in_response(Format::FileContent, row);
    }
}

#[test]
fn any_other_file_is_a_document_or_a_gap() {
    let parsed = content("step,loss\r\n1,a@b.c\n".as_bytes()).unwrap();
    let said = [r#"0 output document document: "step,loss\r\n1,a@b.c\n""#];
    assert_eq!(lines(parsed.segments()), said);
    assert_eq!(redacted("a@b.c", "a@b.c"), "[e]");
    let parsed = content(b"\x89PNG\r\n\x1a\n\xFF").unwrap();
    assert_eq!(gaps(parsed.gaps()), ["file file"]);
    assert_eq!(parsed.edited(&[], &[]).unwrap(), b"\x89PNG\r\n\x1a\n\xFF");
    let error = content(br#"{"error": {"message": "no such file"}}"#).unwrap();
    let said = [r#"0 output other other field=error: "no such file""#];
    assert_eq!(lines(error.segments()), said);
    assert!(content(b"").unwrap().segments().is_empty());
}

#[test]
fn who_reads_says_nothing() {
    let read = |body: &[u8]| Format::FileContent.request(body.to_vec(), &Limits::default());
    assert!(read(b"").unwrap().segments().is_empty());
    assert!(read(b"{}").is_err());
}

#[test]
fn what_is_known_of_a_file_is_its_name() {
    let known = r#"{"id":"file-1","object":"file","bytes":9,"created_at":1,"filename":"to a@b.c.txt","purpose":"batch","status":"processed","status_details":null}"#;
    let parsed = Format::OpenAiFiles.response(known.as_bytes().to_vec(), 0, &Limits::default());
    let said = [r#"0 output other other field=filename: "to a@b.c.txt""#];
    assert_eq!(lines(parsed.unwrap().segments()), said);
    in_response(Format::OpenAiFiles, known);
}
