//! Stores of documents: what is read, and what is left when some of it goes.

mod chroma;
mod json;
mod opensearch;
mod opensearch_parts;
mod postgrest;
mod qdrant;
mod tables;

use caponier_core::SegmentEdit;
use serde_json::Value;

use super::{gaps, lines, redact};
use crate::{ErrorKind, ErrorShape, Format, Limits, Request, Response, Store};

fn format(store: Store, method: &str, path: &str) -> Format {
    store.format(method, path).unwrap()
}

fn request(format: &Format, body: &str) -> Request {
    let body = body.as_bytes().to_vec();
    format.request(body, &Limits::default()).unwrap()
}

fn response(format: &Format, body: &str) -> Response {
    let body = body.as_bytes().to_vec();
    format.response(body, 10, &Limits::default()).unwrap()
}

/// What is left of an answer once the segments with this text are dropped.
fn without(format: &Format, body: &str, text: &str) -> String {
    let response = response(format, body);
    let placed = response.segments().iter();
    let dropped = placed.filter(|placed| placed.segment.text.contains(text));
    let dropped: Vec<u32> = dropped.map(|placed| placed.segment.id).collect();
    assert!(!dropped.is_empty() && !response.keeps(&dropped), "{text}");
    String::from_utf8(response.edited(&[], &dropped).unwrap()).unwrap()
}

/// Bodies of which nothing is edited stay as they are, and edits are made where the text is.
fn check_edits(format: &Format, body: &str, from: &str) {
    let same = response(format, body).edited(&[], &[]).unwrap();
    assert_eq!(same, body.as_bytes());
    let edits: Vec<SegmentEdit> = redact(response(format, body).segments(), from, "[x]");
    let edited = response(format, body).edited(&edits, &[]).unwrap();
    assert_eq!(
        String::from_utf8(edited).unwrap(),
        body.replace(from, "[x]")
    );
}

fn parsed(body: &str) -> Value {
    serde_json::from_str(body).unwrap()
}

/// An error of each kind, as JSON.
fn errors(format: &Format) -> Vec<Value> {
    let error = |kind| format.error(&ErrorShape::new(kind, "so \"it\" is"));
    let kinds = ErrorKind::ALL.iter();
    let errors = kinds.map(|kind| serde_json::from_slice(&error(*kind)).unwrap());
    errors.collect()
}
