//! The built-in model, as OpenAI Completions.

use std::collections::VecDeque;

use bytes::Bytes;
use http::Response;
use serde_json::{Value, json};

use super::{AnswerBody, MODEL, prompted, response, tokens, with};

/// Answers a request for a completion.
pub(super) fn answer(exchange: &str, body: &[u8]) -> Response<AnswerBody> {
    let request: Value = serde_json::from_slice(body).unwrap_or_default();
    let model = request
        .get("model")
        .and_then(Value::as_str)
        .unwrap_or(MODEL);
    let said = format!("You said: {}", prompted(&request));
    let (input, output) = (body.len().div_ceil(4), said.len().div_ceil(4));
    let usage = json!({
        "prompt_tokens": input,
        "completion_tokens": output,
        "total_tokens": input + output,
    });
    let head = json!({
        "id": format!("cmpl-{exchange}"),
        "object": "text_completion",
        "created": crate::clock::unix_seconds(),
        "model": model,
    });
    let choice = |text: &str, finish: Value| json!([{"text": text, "index": 0, "logprobs": null, "finish_reason": finish}]);
    if request.get("stream") != Some(&Value::Bool(true)) {
        let choices = choice(&said, "stop".into());
        let whole = with(&head, json!({"choices": choices, "usage": usage}));
        let pieces = VecDeque::from([whole.to_string().into()]);
        return response("application/json", pieces);
    }
    let event = |fields: Value| Bytes::from(format!("data: {}\n\n", with(&head, fields)));
    let mut events: VecDeque<Bytes> = tokens(&said)
        .map(|token| event(json!({"choices": choice(token, Value::Null)})))
        .collect();
    events.push_back(event(json!({"choices": choice("", "stop".into())})));
    if request.pointer("/stream_options/include_usage") == Some(&Value::Bool(true)) {
        events.push_back(event(json!({"choices": [], "usage": usage})));
    }
    events.push_back(Bytes::from_static(b"data: [DONE]\n\n"));
    response("text/event-stream", events)
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
        let whole = pieces(&json!({"model": "m", "prompt": ["hi", "there"]}));
        let answer: Value = serde_json::from_str(&whole[0]).unwrap();
        assert_eq!(answer["choices"][0]["text"], "You said: hi\nthere");
        assert_eq!(answer["model"], "m");
        let options = json!({"include_usage": true});
        let streamed =
            pieces(&json!({"prompt": "hi  there", "stream": true, "stream_options": options}));
        let events = streamed
            .iter()
            .filter_map(|event| serde_json::from_str::<Value>(event.strip_prefix("data: ")?).ok());
        let events: Vec<Value> = events.collect();
        let texts = events
            .iter()
            .filter_map(|event| event.pointer("/choices/0/text")?.as_str());
        assert_eq!(texts.collect::<String>(), "You said: hi  there");
        assert!(events[events.len() - 1]["usage"].is_object());
        assert_eq!(streamed.last().unwrap(), "data: [DONE]\n\n");
    }
}
