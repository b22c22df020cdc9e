//! The built-in model, as Anthropic Messages.

use std::collections::VecDeque;

use bytes::Bytes;
use http::Response;
use serde_json::{Value, json};

use super::{AnswerBody, MODEL, last_user_text, response, tokens};

/// Answers a request for a message, or for the number of its tokens: that has no `max_tokens`,
/// which the other must have.
pub(super) fn answer(exchange: &str, body: &[u8]) -> Response<AnswerBody> {
    let request: Value = serde_json::from_slice(body).unwrap_or_default();
    let input = body.len().div_ceil(4);
    if request.get("max_tokens").is_none() {
        return whole(&json!({"input_tokens": input}));
    }
    let model = request
        .get("model")
        .and_then(Value::as_str)
        .unwrap_or(MODEL);
    let said = format!("You said: {}", last_user_text(&request));
    let output = said.len().div_ceil(4);
    let message = |content: Value, reason: Value, output: usize| {
        json!({
            "id": format!("msg_{exchange}"),
            "type": "message",
            "role": "assistant",
            "model": model,
            "content": content,
            "stop_reason": reason,
            "stop_sequence": null,
            "usage": {"input_tokens": input, "output_tokens": output},
        })
    };
    if request.get("stream") != Some(&Value::Bool(true)) {
        let content = json!([{"type": "text", "text": said}]);
        return whole(&message(content, "end_turn".into(), output));
    }
    let mut events = VecDeque::from([
        event(
            "message_start",
            json!({"message": message(json!([]), Value::Null, 1)}),
        ),
        event(
            "content_block_start",
            json!({"index": 0, "content_block": {"type": "text", "text": ""}}),
        ),
    ]);
    events.extend(tokens(&said).map(|token| {
        let delta = json!({"type": "text_delta", "text": token});
        event("content_block_delta", json!({"index": 0, "delta": delta}))
    }));
    events.push_back(event("content_block_stop", json!({"index": 0})));
    events.push_back(event(
        "message_delta",
        json!({
            "delta": {"stop_reason": "end_turn", "stop_sequence": null},
            "usage": {"output_tokens": output},
        }),
    ));
    events.push_back(event("message_stop", json!({})));
    response("text/event-stream", events)
}

fn whole(body: &Value) -> Response<AnswerBody> {
    let pieces = VecDeque::from([body.to_string().into()]);
    response("application/json", pieces)
}

fn event(name: &str, mut data: Value) -> Bytes {
    if let Value::Object(members) = &mut data {
        members.insert("type".to_owned(), name.into());
    }
    format!("event: {name}\ndata: {data}\n\n").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(body: &Value) -> Vec<String> {
        let response = answer("x", body.to_string().as_bytes());
        let AnswerBody::Echo(pieces) = response.into_body() else {
            panic!()
        };
        pieces
            .iter()
            .map(|piece| String::from_utf8(piece.to_vec()).unwrap())
            .collect()
    }

    #[test]
    fn it_says_what_it_was_told() {
        let messages =
            json!([{"role": "user", "content": [{"type": "text", "text": "hi  there"}]}]);
        let whole = pieces(&json!({"model": "m", "max_tokens": 9, "messages": messages}));
        let answer: Value = serde_json::from_str(&whole[0]).unwrap();
        assert_eq!(answer["content"][0]["text"], "You said: hi  there");
        assert_eq!(answer["model"], "m");
        assert_eq!(answer["stop_reason"], "end_turn");
        let streamed = pieces(&json!({"max_tokens": 9, "messages": messages, "stream": true}));
        let events: Vec<Value> = streamed
            .iter()
            .map(|event| {
                let (name, data) = event.split_once('\n').unwrap();
                let data: Value =
                    serde_json::from_str(data.strip_prefix("data: ").unwrap()).unwrap();
                assert_eq!(name, format!("event: {}", data["type"].as_str().unwrap()));
                data
            })
            .collect();
        let text: String = events
            .iter()
            .filter_map(|event| event.pointer("/delta/text")?.as_str())
            .collect();
        assert_eq!(text, "You said: hi  there");
        assert_eq!(events[0]["type"], "message_start");
        assert_eq!(events.last().unwrap()["type"], "message_stop");
    }

    #[test]
    fn it_counts_tokens_where_it_is_not_asked_to_speak() {
        let counted = pieces(&json!({"model": "m", "messages": []}));
        let counted: Value = serde_json::from_str(&counted[0]).unwrap();
        assert!(counted["input_tokens"].is_u64());
    }
}
