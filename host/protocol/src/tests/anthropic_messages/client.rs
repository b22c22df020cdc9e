//! A client that puts a stream together as the official ones do, and is stricter.

use serde_json::{Value, json};

/// One event as it is sent.
pub(super) fn event(data: &Value) -> String {
    let name = data["type"].as_str().unwrap();
    format!("event: {name}\ndata: {data}\n\n")
}

/// The start of a message.
pub(super) fn start() -> String {
    event(&json!({"type": "message_start", "message": {
        "id": "msg_1", "type": "message", "role": "assistant", "model": "claude-sonnet-5", "content": [],
        "stop_reason": null, "stop_sequence": null,
        "usage": {"input_tokens": 5, "cache_read_input_tokens": 2, "output_tokens": 1},
    }}))
}

/// A block that comes as these deltas.
pub(super) fn block(index: u64, block: &Value, deltas: &[Value]) -> String {
    let mut stream =
        event(&json!({"type": "content_block_start", "index": index, "content_block": block}));
    for delta in deltas {
        stream += &event(&json!({"type": "content_block_delta", "index": index, "delta": delta}));
    }
    stream + &event(&json!({"type": "content_block_stop", "index": index}))
}

/// A text that comes in pieces.
pub(super) fn text(index: u64, pieces: &[&str]) -> String {
    let delta = |piece: &&str| json!({"type": "text_delta", "text": piece});
    let deltas: Vec<Value> = pieces.iter().map(delta).collect();
    block(index, &json!({"type": "text", "text": ""}), &deltas)
}

/// A tool call whose input comes in pieces.
pub(super) fn tool_use(index: u64, pieces: &[&str]) -> String {
    let delta = |piece: &&str| json!({"type": "input_json_delta", "partial_json": piece});
    let deltas: Vec<Value> = pieces.iter().map(delta).collect();
    let start = json!({"type": "tool_use", "id": "toolu_1", "name": "mail", "input": {}});
    block(index, &start, &deltas)
}

/// The end of a message.
pub(super) fn end() -> String {
    event(&json!({
        "type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence": null},
        "usage": {"output_tokens": 9},
    })) + &event(&json!({"type": "message_stop"}))
}

/// The type and the data of each event.
pub(super) fn events(stream: &str) -> Vec<(String, Value)> {
    stream
        .split("\n\n")
        .filter(|event| !event.is_empty() && !event.starts_with(':'))
        .map(|event| {
            let (name, data) = event.split_once('\n').unwrap();
            let name = name.strip_prefix("event: ").unwrap().to_owned();
            let data: Value = serde_json::from_str(data.strip_prefix("data: ").unwrap()).unwrap();
            assert_eq!(data["type"], name);
            (name, data)
        })
        .collect()
}

/// Puts a whole stream together. Inputs of tools are left as text, under `json`.
pub(super) fn message(stream: &str) -> Value {
    let mut message = Value::Null;
    let mut open: Vec<bool> = Vec::new();
    let mut stopped = false;
    for (name, data) in events(stream) {
        assert!(!stopped, "{name} after the end");
        let index = data["index"].as_u64().unwrap_or(0) as usize;
        match &*name {
            "ping" => {}
            "message_start" => {
                assert!(message.is_null());
                message = data["message"].clone();
            }
            "content_block_start" => {
                assert_eq!(index, open.len());
                open.push(true);
                let content = message["content"].as_array_mut().unwrap();
                content.push(data["content_block"].clone());
            }
            "content_block_delta" => {
                assert!(open[index]);
                let block = &mut message["content"][index];
                let delta = &data["delta"];
                let (from, to) = match delta["type"].as_str().unwrap() {
                    "text_delta" => ("text", "text"),
                    "thinking_delta" => ("thinking", "thinking"),
                    "signature_delta" => ("signature", "signature"),
                    "input_json_delta" => ("partial_json", "json"),
                    _ => continue,
                };
                let before = block[to].as_str().unwrap_or_default().to_owned();
                block[to] = (before + delta[from].as_str().unwrap()).into();
            }
            "content_block_stop" => {
                assert!(std::mem::replace(&mut open[index], false));
            }
            "message_delta" => {
                assert!(message["stop_reason"].is_null());
                message["stop_reason"] = data["delta"]["stop_reason"].clone();
                message["usage"]["output_tokens"] = data["usage"]["output_tokens"].clone();
            }
            "message_stop" => {
                assert!(message.is_object() && message["stop_reason"].is_string());
                stopped = true;
            }
            _ => panic!("{name}"),
        }
    }
    assert!(stopped && !open.contains(&true));
    message
}
