//! No text gets past unseen, in whichever field it stands: each string of the goldens in turn is
//! replaced by a text, and each object gets a member that nobody knows.

use serde_json::Value;

use super::{REQUEST, RESPONSE, STREAM, event, events};
use crate::tests::inspector::Inspector;
use crate::{Format, Limits, Update};

const MARK: &str = "a mark — nobody has seen it";

/// Every place of a value, with its path as gaps have it and as JSON pointers have it.
fn places(value: &Value, path: &str, pointer: &str, out: &mut Vec<(String, String)>) {
    out.push((path.to_owned(), pointer.to_owned()));
    match value {
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                places(
                    item,
                    &format!("{path}[{index}]"),
                    &format!("{pointer}/{index}"),
                    out,
                );
            }
        }
        Value::Object(members) => {
            for (key, member) in members {
                let path = if path.is_empty() {
                    key.clone()
                } else {
                    format!("{path}.{key}")
                };
                let escaped = key.replace('~', "~0").replace('/', "~1");
                places(member, &path, &format!("{pointer}/{escaped}"), out);
            }
        }
        _ => {}
    }
}

/// The value with a mark in each of its places in turn.
fn marked(value: &Value) -> Vec<(String, Value)> {
    let mut out = Vec::new();
    places(value, "", "", &mut out);
    out.into_iter()
        // They go when the text is edited that they repeat.
        .filter(|(path, _)| !path.contains("logprobs"))
        .filter_map(|(path, pointer)| {
            let mut copy = value.clone();
            match copy.pointer_mut(&pointer)? {
                text @ Value::String(_) => *text = MARK.into(),
                Value::Object(members) => {
                    members.insert("unheard_of".into(), MARK.into());
                }
                _ => return None,
            }
            Some((path, copy))
        })
        .collect()
}

/// Whether a gap names this place, or what it is in.
fn covers(gap: &str, path: &str) -> bool {
    let names = |gap: &str| {
        path.strip_prefix(gap)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    };
    // A member that is not known is told by its own name, or by that of what is around it.
    names(gap)
        || gap == format!("{path}.unheard_of").trim_start_matches('.')
        || gap.strip_suffix(".*").is_some_and(names)
        || (gap == "*" && !path.contains('.'))
}

#[test]
fn no_text_of_a_request_gets_past_unseen() {
    let value: Value = serde_json::from_str(REQUEST).unwrap();
    let cases = marked(&value);
    assert!(cases.len() > 250, "{}", cases.len());
    for (path, body) in cases {
        let body = body.to_string().into_bytes();
        let Ok(parsed) = Format::OpenAiResponses.request(body, &Limits::default()) else {
            continue;
        };
        let mut segments = parsed.segments().iter();
        let is_seen = segments.any(|placed| placed.segment.text.contains(MARK))
            || parsed.gaps().iter().any(|gap| covers(&gap.place, &path));
        assert!(is_seen, "{path}");
    }
}

#[test]
fn no_text_of_a_response_gets_past_unseen() {
    let value: Value = serde_json::from_str(RESPONSE).unwrap();
    let cases = marked(&value);
    assert!(cases.len() > 150, "{}", cases.len());
    for (path, body) in cases {
        let body = body.to_string().into_bytes();
        let Ok(parsed) = Format::OpenAiResponses.response(body, 0, &Limits::default()) else {
            continue;
        };
        let mut segments = parsed.segments().iter();
        let is_seen = segments.any(|placed| placed.segment.text.contains(MARK))
            || parsed.gaps().iter().any(|gap| covers(&gap.place, &path));
        assert!(is_seen, "{path}");
    }
}

#[test]
fn no_text_of_a_stream_gets_past_unseen() {
    let all = events(STREAM);
    let mut count = 0;
    for (at, one) in all.iter().enumerate() {
        for (path, other) in marked(one) {
            count += 1;
            let stream: String = all
                .iter()
                .enumerate()
                .map(|(index, one)| event(if index == at { &other } else { one }))
                .collect();
            let mut codec = Format::OpenAiResponses.stream(0, &Default::default());
            if codec.feed(stream.as_bytes()).is_err() {
                continue;
            }
            let mut inspector =
                Inspector::new(Format::OpenAiResponses.stream(0, &Default::default()), "");
            inspector.feed(stream.as_bytes());
            let is_gap = |update: &Update| match update {
                Update::Gap(gap) => covers(&gap.place, &path),
                _ => false,
            };
            let is_seen = inspector
                .closed()
                .iter()
                .any(|placed| placed.segment.text.contains(MARK))
                || inspector.updates.iter().any(is_gap);
            assert!(is_seen, "{at} {path}");
        }
    }
    assert!(count > 500, "{count}");
}
