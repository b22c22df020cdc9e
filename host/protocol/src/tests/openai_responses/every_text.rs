//! No text gets past unseen, in whichever field it stands.

use serde_json::Value;

use super::{REQUEST, RESPONSE, STREAM, event, events};
use crate::Format;
use crate::tests::skipping::{in_event, in_request, in_response, in_stream};

/// The value without `logprobs`, which go with the text that they repeat.
fn silent(mut value: Value) -> Value {
    match &mut value {
        Value::Object(members) => {
            for (key, member) in members {
                *member = match key.as_str() {
                    "logprobs" => Value::Null,
                    _ => silent(member.take()),
                };
            }
        }
        Value::Array(items) => items
            .iter_mut()
            .for_each(|item| *item = silent(item.take())),
        _ => {}
    }
    value
}

fn body(golden: &str) -> String {
    silent(serde_json::from_str(golden).unwrap()).to_string()
}

#[test]
fn no_text_of_a_body_gets_past_unseen() {
    in_request(Format::OpenAiResponses, &body(REQUEST));
    in_response(Format::OpenAiResponses, &body(RESPONSE));
}

#[test]
fn no_text_of_an_event_gets_past_unseen() {
    let events: Vec<Value> = events(STREAM).into_iter().map(silent).collect();
    for one in &events {
        let framed = |data: String| event(&serde_json::from_str(&data).unwrap());
        in_event(Format::OpenAiResponses, &one.to_string(), framed);
    }
    in_stream(Format::OpenAiResponses, &events, event);
}
