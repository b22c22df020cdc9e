//! The built-in model, as OpenAI Responses.

use std::collections::VecDeque;

use bytes::Bytes;
use http::Response;
use serde_json::{Value, json};

use super::{AnswerBody, MODEL, last_user_text, response, tokens, with};

/// Answers a request for a response.
pub(super) fn answer(exchange: &str, body: &[u8]) -> Response<AnswerBody> {
    let mut request: Value = serde_json::from_slice(body).unwrap_or_default();
    let model = request
        .get("model")
        .and_then(Value::as_str)
        .unwrap_or(MODEL)
        .to_owned();
    let told = match request.get_mut("input").map(Value::take) {
        Some(Value::String(text)) => text,
        Some(items) => last_user_text(&json!({"messages": items})),
        None => String::new(),
    };
    let said = format!("You said: {told}");
    let (input, output) = (body.len().div_ceil(4), said.len().div_ceil(4));
    let id = format!("msg_{exchange}");
    let part = |text: &str| json!({"type": "output_text", "text": text, "annotations": []});
    let item = |status: &str, content: Value| json!({"id": id, "type": "message", "role": "assistant", "status": status, "content": content});
    let whole = |status: &str, output: Value, usage: Value| {
        json!({
            "id": format!("resp_{exchange}"),
            "object": "response",
            "created_at": crate::clock::unix_seconds(),
            "status": status,
            "error": null,
            "incomplete_details": null,
            "instructions": null,
            "metadata": {},
            "model": model,
            "output": output,
            "parallel_tool_calls": true,
            "temperature": null,
            "tool_choice": "auto",
            "tools": [],
            "top_p": null,
            "usage": usage,
        })
    };
    let done = item("completed", json!([part(&said)]));
    let usage = json!({
        "input_tokens": input,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": output,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": input + output,
    });
    let completed = whole("completed", json!([done]), usage);
    if request.get("stream") != Some(&Value::Bool(true)) {
        let pieces = VecDeque::from([completed.to_string().into()]);
        return response("application/json", pieces);
    }
    let begun = whole("in_progress", json!([]), Value::Null);
    let place = json!({"item_id": id, "output_index": 0, "content_index": 0});
    let mut events = vec![
        ("response.created", json!({"response": begun})),
        (
            "response.output_item.added",
            json!({"output_index": 0, "item": item("in_progress", json!([]))}),
        ),
        (
            "response.content_part.added",
            with(&place, json!({"part": part("")})),
        ),
    ];
    events.extend(tokens(&said).map(|token| {
        let delta = json!({"delta": token, "logprobs": []});
        ("response.output_text.delta", with(&place, delta))
    }));
    events.extend([
        (
            "response.output_text.done",
            with(&place, json!({"text": said, "logprobs": []})),
        ),
        (
            "response.content_part.done",
            with(&place, json!({"part": part(&said)})),
        ),
        (
            "response.output_item.done",
            json!({"output_index": 0, "item": done}),
        ),
        ("response.completed", json!({"response": completed})),
    ]);
    let events = events.into_iter().enumerate();
    let events = events.map(|(number, (name, data))| event(number, name, &data));
    response("text/event-stream", events.collect())
}

fn event(number: usize, name: &str, data: &Value) -> Bytes {
    let head = json!({"type": name, "sequence_number": number});
    format!("event: {name}\ndata: {}\n\n", with(&head, data.clone())).into()
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
        let items = json!([{"role": "user", "content": [{"type": "input_text", "text": "hi  there"}]},
            {"type": "function_call_output", "call_id": "c", "output": "t"}]);
        for input in [json!("hi  there"), items] {
            let whole = pieces(&json!({"model": "m", "input": input}));
            let answer: Value = serde_json::from_str(&whole[0]).unwrap();
            let text = "You said: hi  there";
            assert_eq!(answer["output"][0]["content"][0]["text"], text);
            assert_eq!(answer["model"], "m");
            let streamed = pieces(&json!({"input": input, "stream": true}));
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
            for (number, event) in events.iter().enumerate() {
                assert_eq!(event["sequence_number"], number);
            }
            let said: String = events
                .iter()
                .filter_map(|event| event.get("delta")?.as_str())
                .collect();
            assert_eq!(said, text);
            let last = events.last().unwrap();
            assert_eq!(last["type"], "response.completed");
            assert_eq!(last["response"]["output"][0]["content"][0]["text"], text);
        }
    }
}
