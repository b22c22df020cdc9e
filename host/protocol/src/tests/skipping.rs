//! No text gets by: put anywhere, it is a segment, in a gap, or refused.

use caponier_core::Gap;
use serde_json::{Value, json};

use super::inspector::Inspector;
use crate::{Format, Limits, Malformed, Placed, StreamLimits, Update};

const TEXT: &str = "some words";

/// The body with a text in each place in turn: for each value, in each object, in each array.
fn variants(body: &Value) -> Vec<(String, Value)> {
    let mut out = Vec::new();
    walk(body, String::new(), &mut |pointer, change| {
        let mut variant = body.clone();
        let place = variant.pointer_mut(&pointer).unwrap();
        let name = match (change, &mut *place) {
            (Change::Value, place) => {
                *place = json!(TEXT);
                pointer
            }
            (Change::Key, Value::Object(fields)) => {
                fields.insert(TEXT.to_owned(), json!(1));
                format!("{pointer}/key")
            }
            (Change::More, Value::Object(fields)) => {
                fields.insert("x_unheard".to_owned(), json!({"deep": [TEXT]}));
                format!("{pointer}/+")
            }
            (Change::More, Value::Array(items)) => {
                items.push(json!(TEXT));
                format!("{pointer}/+")
            }
            (Change::Key | Change::More, _) => return,
        };
        out.push((name, variant));
    });
    out
}

#[derive(Clone, Copy)]
enum Change {
    Value,
    Key,
    More,
}

fn walk(value: &Value, pointer: String, each: &mut impl FnMut(String, Change)) {
    if !pointer.is_empty() {
        each(pointer.clone(), Change::Value);
    }
    each(pointer.clone(), Change::Key);
    each(pointer.clone(), Change::More);
    match value {
        Value::Object(fields) => {
            for (key, field) in fields {
                walk(field, format!("{pointer}/{key}"), each);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                walk(item, format!("{pointer}/{index}"), each);
            }
        }
        _ => {}
    }
}

type Seen = Result<(Vec<Placed>, Vec<Gap>), Malformed>;

fn check(body: &str, read: impl Fn(String) -> Seen) {
    let body: Value = serde_json::from_str(body).unwrap();
    check_value(&body, |value| read(value.to_string()));
}

fn check_value(body: &Value, read: impl Fn(&Value) -> Seen) {
    let (_, before) = read(body).unwrap();
    let variants = variants(body);
    assert!(variants.len() > 5);
    let mut unseen = Vec::new();
    for (place, variant) in variants {
        let Ok((segments, gaps)) = read(&variant) else {
            continue;
        };
        let is_segment = segments.iter().any(|placed| {
            let read_only = placed.segment.is_read_only();
            !read_only && placed.segment.text.contains(TEXT)
        });
        let path = path(&place);
        let is_gap = |gap: &Gap| !before.contains(gap) || covers(&gap.place, &path);
        let is_gap = gaps.len() > before.len() || gaps.iter().any(is_gap);
        if !is_segment && !is_gap {
            unseen.push(place);
        }
    }
    assert!(unseen.is_empty(), "{unseen:?}");
}

/// A JSON pointer as gaps have it.
fn path(pointer: &str) -> String {
    let mut path = String::new();
    for step in pointer.split('/').skip(1) {
        match step.bytes().all(|byte| byte.is_ascii_digit()) {
            true => path.push_str(&format!("[{step}]")),
            false if path.is_empty() => path.push_str(step),
            false => path.push_str(&format!(".{step}")),
        }
    }
    path
}

/// Whether a gap names what this place is in. A field that has no name to tell is `*`.
fn covers(gap: &str, path: &str) -> bool {
    if gap == "*" {
        return !path.contains(['.', '[']);
    }
    let rest = path.strip_prefix(gap);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

/// Checks a request that is whole in itself and holds none of its texts twice.
pub(in crate::tests) fn in_request(format: Format, body: &str) {
    check(body, |body| {
        let request = format.request(body.into_bytes(), &Limits::default())?;
        Ok((request.segments().to_vec(), request.gaps().to_vec()))
    });
}

/// Checks a response.
pub(in crate::tests) fn in_response(format: Format, body: &str) {
    check(body, |body| {
        let response = format.response(body.into_bytes(), 0, &Limits::default())?;
        Ok((response.segments().to_vec(), response.gaps().to_vec()))
    });
}

/// Checks an event of a stream that has none before; `framed` makes one of its JSON.
pub(in crate::tests) fn in_event(format: Format, event: &str, framed: fn(String) -> String) {
    check(event, |event| feed(&format, &framed(event)));
}

/// Checks each event of a stream, with those before and behind it.
pub(in crate::tests) fn in_stream(format: Format, events: &[Value], framed: fn(&Value) -> String) {
    for (at, event) in events.iter().enumerate() {
        let (before, behind) = (&events[..at], &events[at + 1..]);
        check_value(event, |event| {
            let events = before.iter().chain([event]).chain(behind);
            feed(&format, &events.map(framed).collect::<String>())
        });
    }
}

fn feed(format: &Format, stream: &str) -> Seen {
    let codec = format.stream(0, &StreamLimits::default());
    let mut inspector = Inspector::new(codec, "");
    inspector.try_feed(stream.as_bytes())?;
    let gaps = inspector.updates.iter().filter_map(|update| match update {
        Update::Gap(gap) => Some(gap.clone()),
        _ => None,
    });
    Ok((inspector.opened(), gaps.collect()))
}
