//! Anthropic Message Batches as a whole.

use crate::tests::{lines, redact};
use crate::{EditError, Filtered, Format, Limits, Malformed, Request};

const BATCH: &str = r#"{"requests": [
 {"custom_id": "one", "params": {"model": "m", "max_tokens": 5, "temperature": 0.9, "system": "Be kind.",
   "tools": [{"name": "f", "description": "It mails."}], "messages": [{"role": "user", "content": "to a@b.c"}]}},
 {"custom_id": "two", "params": {"model": "m", "max_tokens": 3, "temperature": 0.1, "messages": [
   {"role": "user", "content": [{"type": "document", "source": {"type": "text", "data": "a@b.c says"}}, {"type": "text", "text": "Why?"}]}]}}]}"#;

fn read(body: &str) -> Result<Request, Malformed> {
    Format::AnthropicBatches.request(body.as_bytes().to_vec(), &Limits::default())
}

#[test]
fn every_text_of_every_request_is_a_segment() {
    let parsed = read(BATCH).unwrap();
    assert_eq!(
        lines(parsed.segments()),
        [
            r#"0 prompt system text: "Be kind.""#,
            r#"1 prompt system tool-description <f>: "It mails.""#,
            r#"2 prompt user text: "to a@b.c""#,
            r#"3 retrieval document document: "a@b.c says""#,
            r#"4 prompt user text: "Why?""#,
            r#"5 retrieval user query: "Why?""#,
        ]
    );
    let facts = parsed.facts();
    assert_eq!(facts.model.as_deref(), Some("m"));
    assert_eq!((facts.max_tokens, facts.temperature), (Some(5), Some(0.9)));
    assert_eq!(facts.tools, ["f"]);
    assert!(parsed.gaps().is_empty());
    let edits = redact(parsed.segments(), "a@b.c", "[e]");
    let out = parsed.edited(&edits, &[], &[], &[]).unwrap();
    assert_eq!(out, BATCH.replace("a@b.c", "[e]").into_bytes());
    let out = read(BATCH).unwrap().edited(&[], &[], &[], &[]).unwrap();
    assert_eq!(out, BATCH.as_bytes());
    let dropped = read(BATCH).unwrap().edited(&[], &[3], &[], &[]).unwrap();
    let dropped: serde_json::Value = serde_json::from_slice(&dropped).unwrap();
    let left = &dropped["requests"][1]["params"]["messages"][0]["content"];
    assert_eq!(*left, serde_json::json!([{"type": "text", "text": "Why?"}]));
}

#[test]
fn what_rules_could_not_see_is_refused_or_noted() {
    for (body, message) in [
        (
            BATCH.replacen("\"m\"", "\"n\"", 1),
            "requests[1].params.model: must be the model of the other requests",
        ),
        (
            BATCH.replacen(
                "\"model\": \"m\", \"max_tokens\": 3",
                "\"max_tokens\": 3",
                1,
            ),
            "requests[1].params.model: must be",
        ),
        (
            BATCH.replacen(
                "\"model\": \"m\", \"max_tokens\": 5",
                "\"max_tokens\": 5",
                1,
            ),
            "requests[1].params.model: must be",
        ),
        (
            r#"{"requests":[{"params":{"messages":[{"role":"user","content":7}]}}]}"#.to_owned(),
            "requests[0].params.messages[0].content: must be",
        ),
        (
            r#"{"requests":[{"params":{"messages":[],"System":"x"}}]}"#.to_owned(),
            "requests[0].params: ambiguous key, it reads as \"system\"",
        ),
        (
            r#"{"requests":[{"params":{"messages":[]},"Params":{}}]}"#.to_owned(),
            "requests[0]: ambiguous key, it reads as \"params\"",
        ),
        (
            r#"{"requests":[{"custom_id":"a"}]}"#.to_owned(),
            "requests[0]: missing field \"params\"",
        ),
        (
            r#"{"requests":[{"params":{}}]}"#.to_owned(),
            "requests[0].params: missing field \"messages\"",
        ),
        (
            r#"{"requests":[],"requests":[]}"#.to_owned(),
            "duplicate key \"requests\"",
        ),
        (
            r#"{"messages":[]}"#.to_owned(),
            "missing field \"requests\"",
        ),
    ] {
        let error = read(&body).unwrap_err().to_string();
        assert!(error.starts_with(message), "{error}");
    }
    for (body, place) in [
        (
            r#"{"requests":[{"custom_id":"two words","params":{"messages":[]}}]}"#,
            "requests[0].custom_id",
        ),
        (
            r#"{"requests":[{"more":"two words","params":{"messages":[]}}]}"#,
            "requests[0].more",
        ),
        (
            r#"{"requests":[{"params":{"messages":[],"more":"two words"}}]}"#,
            "requests[0].params.more",
        ),
        (r#"{"requests":[],"more":"two words"}"#, "more"),
    ] {
        assert_eq!(read(body).unwrap().gaps()[0].place, place);
    }
}

#[test]
fn a_decision_sets_no_field_of_a_batch() {
    let set = [("max_tokens".to_owned(), "5".to_owned())];
    let refused = read(BATCH).unwrap().edited(&[], &[], &set, &[]);
    assert_eq!(refused, Err(EditError::Field("max_tokens".to_owned())));
}

#[test]
fn what_is_known_of_a_batch_is_no_text() {
    let read = |body: &str| {
        Format::AnthropicBatches
            .response(body.as_bytes().to_vec(), 0, &Limits::default())
            .unwrap()
    };
    let known = r#"{"id":"msgbatch_1","type":"message_batch","processing_status":"in_progress","request_counts":{"processing":2},
        "created_at":"2026-08-20T18:37:24.100435Z","results_url":null}"#;
    let known = read(known);
    assert!(known.segments().is_empty() && known.gaps().is_empty());
    let odd = read(r#"{"id":"msgbatch_1","note":"two words"}"#);
    assert_eq!(odd.gaps()[0].place, "note");
    let error = read(r#"{"type":"error","error":{"type":"api_error","message":"it broke"}}"#);
    assert_eq!(error.segments()[2].segment.text, "it broke");
    let filtered = Filtered {
        model: "m",
        exchange: "x",
        seconds: 0,
    };
    assert_eq!(Format::AnthropicBatches.filtered(&filtered), None);
}
