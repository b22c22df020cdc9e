//! The built-in model, as Ollama.

use std::collections::VecDeque;

use bytes::Bytes;
use caponier_protocol::{Filtered, Format};
use http::Response;
use serde_json::{Value, json};

use super::{AnswerBody, MODEL, prompted, response, tokens, with};

/// Answers a chat or a prompt, in lines unless the request says otherwise.
pub(super) fn answer(format: &Format, exchange: &str, body: &[u8]) -> Response<AnswerBody> {
    let request: Value = serde_json::from_slice(body).unwrap_or_default();
    let model = request
        .get("model")
        .and_then(Value::as_str)
        .unwrap_or(MODEL);
    let said = format!("You said: {}", prompted(&request));
    // An answer of the format that says nothing.
    let head = format.filtered(&Filtered {
        model,
        exchange,
        seconds: crate::clock::unix_seconds(),
    });
    let head: Value = serde_json::from_slice(&head.unwrap_or_default()).unwrap_or_default();
    let end = json!({
        "done": true,
        "done_reason": "stop",
        "prompt_eval_count": body.len().div_ceil(4),
        "eval_count": said.len().div_ceil(4),
    });
    let line = |text: &str, end: Value| {
        let mut line = with(&head, end);
        for place in ["/message/content", "/response"] {
            if let Some(place) = line.pointer_mut(place) {
                *place = text.into();
            }
        }
        Bytes::from(format!("{line}\n"))
    };
    if request.get("stream") == Some(&Value::Bool(false)) {
        return response("application/json", VecDeque::from([line(&said, end)]));
    }
    let mut lines: VecDeque<Bytes> = tokens(&said)
        .map(|token| line(token, json!({"done": false, "done_reason": null})))
        .collect();
    lines.push_back(line("", end));
    response("application/x-ndjson", lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(format: &Format, body: &Value) -> Vec<Value> {
        let response = answer(format, "x", body.to_string().as_bytes());
        let kind = response.headers()["content-type"].to_str().unwrap();
        let streams = body["stream"] != Value::Bool(false);
        assert_eq!(format.is_stream(kind), streams);
        let AnswerBody::Echo(pieces) = response.into_body() else {
            panic!()
        };
        pieces
            .iter()
            .map(|piece| serde_json::from_slice(piece).unwrap())
            .collect()
    }

    #[test]
    fn it_says_what_it_was_told() {
        let messages = json!([{"role": "user", "content": "hi  there"}]);
        for (format, field, text) in [
            (
                Format::OllamaChat,
                json!({"messages": messages}),
                "/message/content",
            ),
            (
                Format::OllamaGenerate,
                json!({"prompt": "hi  there"}),
                "/response",
            ),
        ] {
            let said = |lines: &[Value]| -> String {
                let texts = lines.iter().map(|line| line.pointer(text).unwrap());
                texts.map(|text| text.as_str().unwrap()).collect()
            };
            let request = with(&json!({"model": "m"}), field);
            let streamed = lines(&format, &request);
            assert_eq!(said(&streamed), "You said: hi  there");
            let (last, before) = streamed.split_last().unwrap();
            assert!(before.iter().all(|line| line["done"] == false));
            assert_eq!(
                (&last["done"], &last["done_reason"]),
                (&json!(true), &json!("stop"))
            );
            let whole = lines(&format, &with(&request, json!({"stream": false})));
            assert_eq!(said(&whole), "You said: hi  there");
            assert_eq!(whole[0]["model"], "m");
            assert!(whole[0]["eval_count"].is_u64() && whole[0]["created_at"].is_string());
        }
    }
}
