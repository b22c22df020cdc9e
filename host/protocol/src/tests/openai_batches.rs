//! Batches as a whole: the making of one.

use super::lines;
use super::skipping::{in_request, in_response};
use crate::{Format, Limits, Request, Response};

fn request(format: Format, body: &str) -> Request {
    let body = body.as_bytes().to_vec();
    format.request(body, &Limits::default()).unwrap()
}

fn response(format: Format, body: &str) -> Response {
    let body = body.as_bytes().to_vec();
    format.response(body, 3, &Limits::default()).unwrap()
}

const BATCH: &str = r#"{"input_file_id": "file-1", "endpoint": "/v1/chat/completions", "completion_window": "24h", "metadata": {"who": "a b"}}"#;

#[test]
fn a_batch_is_made_of_a_file_and_words() {
    let parsed = request(Format::OpenAiBatches, BATCH);
    let said = [r#"0 prompt other other field=metadata: "a b""#];
    assert_eq!(lines(parsed.segments()), said);
    assert!(parsed.gaps().is_empty());
    in_request(Format::OpenAiBatches, BATCH);
    for body in [
        r#"{"endpoint":"/v1/embeddings"}"#,
        r#"{"input_file_id":"a","Input_File_Id":"b"}"#,
    ] {
        let body = body.as_bytes().to_vec();
        let result = Format::OpenAiBatches.request(body, &Limits::default());
        assert!(result.is_err());
    }
}

#[test]
fn what_is_known_of_a_batch_is_words_and_errors() {
    let known = r#"{"id":"batch_1","object":"batch","endpoint":"/v1/responses","errors":{"data":[{"code":"x","message":"row 3 is bad"}]},
        "status":"failed","metadata":{"who":"a b"},"request_counts":{"total":2}}"#;
    let parsed = response(Format::OpenAiBatches, known);
    assert_eq!(
        lines(parsed.segments()),
        [
            r#"3 output other other field=errors: "row 3 is bad""#,
            r#"4 output other other field=metadata: "a b""#,
        ]
    );
    in_response(Format::OpenAiBatches, known);
}
