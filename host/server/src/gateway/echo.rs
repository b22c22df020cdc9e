//! The built-in model: it says back what it was told, so that everything around it can be seen at
//! work without a model.

mod anthropic_messages;
mod ollama;
mod openai_completions;
mod openai_responses;

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use caponier_protocol::{ErrorKind, ErrorShape, Format};
use http::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use http::{Response, StatusCode};
use http_body::{Body, Frame, SizeHint};
use serde_json::{Value, json};

use crate::upstream::UpstreamBody;

/// The name of the built-in model.
const MODEL: &str = "echo";

/// The body of an answer that is to be inspected.
pub(crate) enum AnswerBody {
    Upstream(UpstreamBody),
    Echo(VecDeque<Bytes>),
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        match &mut *self {
            Self::Upstream(body) => Pin::new(body).poll_frame(cx),
            Self::Echo(pieces) => {
                Poll::Ready(pieces.pop_front().map(|bytes| Ok(Frame::data(bytes))))
            }
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Upstream(body) => body.size_hint(),
            Self::Echo(_) => SizeHint::default(),
        }
    }
}

/// Answers a request that the policy has let through.
pub(crate) fn answer(format: &Format, exchange: &str, body: &[u8]) -> Response<AnswerBody> {
    match format {
        Format::OpenAiChat => chat(exchange, body),
        Format::AnthropicMessages => anthropic_messages::answer(exchange, body),
        Format::OpenAiResponses => openai_responses::answer(exchange, body),
        Format::OpenAiCompletions => openai_completions::answer(exchange, body),
        Format::OllamaChat | Format::OllamaGenerate => ollama::answer(format, exchange, body),
        Format::AnthropicBatches
        | Format::OpenAiEmbeddings
        | Format::OllamaEmbed
        | Format::OpenAiBatches
        | Format::OpenAiFiles
        | Format::FileContent
        | Format::Mcp(_)
        | Format::Store(_) => nowhere(format),
    }
}

/// Where there is nothing to say back: it makes no vectors, and keeps no files, batches and documents.
fn nowhere(format: &Format) -> Response<AnswerBody> {
    let error = ErrorShape::new(ErrorKind::NotFound, "the echo model has no such endpoint");
    let pieces = VecDeque::from([format.error(&error).into()]);
    let mut response = response("application/json", pieces);
    *response.status_mut() = StatusCode::NOT_FOUND;
    response
}

/// The list of models, which is one.
pub(crate) fn models() -> Vec<u8> {
    json!({"object": "list", "data": [{"id": MODEL, "object": "model", "created": 0, "owned_by": "caponier"}]})
        .to_string()
        .into_bytes()
}

fn chat(exchange: &str, body: &[u8]) -> Response<AnswerBody> {
    let request: Value = serde_json::from_slice(body).unwrap_or_default();
    let model = request
        .get("model")
        .and_then(Value::as_str)
        .unwrap_or(MODEL);
    let said = format!("You said: {}", last_user_text(&request));
    let usage = json!({
        "prompt_tokens": body.len().div_ceil(4),
        "completion_tokens": said.len().div_ceil(4),
        "total_tokens": body.len().div_ceil(4) + said.len().div_ceil(4),
    });
    let head = json!({"id": format!("chatcmpl-{exchange}"), "created": crate::clock::unix_seconds(), "model": model});
    if request.get("stream") != Some(&Value::Bool(true)) {
        let whole = with(
            &head,
            json!({
                "object": "chat.completion",
                "choices": [{
                    "index": 0,
                    "message": {"role": "assistant", "content": said, "refusal": null},
                    "logprobs": null,
                    "finish_reason": "stop",
                }],
                "usage": usage,
            }),
        );
        return response(
            "application/json",
            VecDeque::from([whole.to_string().into()]),
        );
    }
    let chunk = |choices: Value, usage: Option<&Value>| {
        let mut fields = json!({"object": "chat.completion.chunk", "choices": choices});
        if let (Some(usage), Value::Object(fields)) = (usage, &mut fields) {
            fields.insert("usage".to_owned(), usage.clone());
        }
        Bytes::from(format!("data: {}\n\n", with(&head, fields)))
    };
    let delta = |delta: Value, finish: Value| {
        chunk(
            json!([{"index": 0, "delta": delta, "logprobs": null, "finish_reason": finish}]),
            None,
        )
    };
    let mut events = VecDeque::from([delta(
        json!({"role": "assistant", "content": ""}),
        Value::Null,
    )]);
    events.extend(tokens(&said).map(|token| delta(json!({"content": token}), Value::Null)));
    events.push_back(delta(json!({}), "stop".into()));
    if request.pointer("/stream_options/include_usage") == Some(&Value::Bool(true)) {
        events.push_back(chunk(json!([]), Some(&usage)));
    }
    events.push_back(Bytes::from_static(b"data: [DONE]\n\n"));
    response("text/event-stream", events)
}

fn with(head: &Value, more: Value) -> Value {
    let mut all = head.clone();
    if let (Value::Object(all), Value::Object(more)) = (&mut all, more) {
        all.extend(more);
    }
    all
}

fn response(kind: &'static str, pieces: VecDeque<Bytes>) -> Response<AnswerBody> {
    let mut response = Response::new(AnswerBody::Echo(pieces));
    *response.status_mut() = StatusCode::OK;
    let mut headers = HeaderMap::with_capacity(1);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    *response.headers_mut() = headers;
    response
}

fn last_user_text(request: &Value) -> String {
    let messages = request.get("messages").and_then(Value::as_array);
    let last = messages
        .into_iter()
        .flatten()
        .rev()
        .find(|message| message.get("role").and_then(Value::as_str) == Some("user"));
    match last.and_then(|message| message.get("content")) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(parts)) => parts
            .iter()
            .filter_map(|part| part.get("text").and_then(Value::as_str))
            .collect::<Vec<_>>()
            .join("\n"),
        _ => String::new(),
    }
}

/// The prompt, or what the user said last.
fn prompted(request: &Value) -> String {
    match request.get("prompt") {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(texts)) => texts
            .iter()
            .filter_map(Value::as_str)
            .collect::<Vec<_>>()
            .join("\n"),
        _ => last_user_text(request),
    }
}

/// Words with the space before them: about what a model's tokens are.
fn tokens(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let skip = rest.len() - rest.trim_start_matches(' ').len();
        let end = rest
            .get(skip..)
            .and_then(|after| after.find(' '))
            .map_or(rest.len(), |found| skip + found);
        let (token, after) = rest.split_at_checked(end)?;
        rest = after;
        (!token.is_empty()).then_some(token)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(body: &Value) -> Vec<String> {
        let response = answer(&Format::OpenAiChat, "x", body.to_string().as_bytes());
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
        let messages = json!([{"role": "user", "content": "first"}, {"role": "user", "content": [{"type": "text", "text": "hi  there"}]}, {"role": "tool", "content": "t"}]);
        let whole = pieces(&json!({"model": "m", "messages": messages}));
        let answer: Value = serde_json::from_str(&whole[0]).unwrap();
        assert_eq!(
            answer["choices"][0]["message"]["content"],
            "You said: hi  there"
        );
        assert_eq!(answer["model"], "m");
        let streamed = pieces(
            &json!({"messages": messages, "stream": true, "stream_options": {"include_usage": true}}),
        );
        assert_eq!(streamed.last().unwrap(), "data: [DONE]\n\n");
        let text: String = streamed
            .iter()
            .filter_map(|event| serde_json::from_str::<Value>(event.strip_prefix("data: ")?).ok())
            .filter_map(|event| {
                event
                    .pointer("/choices/0/delta/content")?
                    .as_str()
                    .map(str::to_owned)
            })
            .collect();
        assert_eq!(text, "You said: hi  there");
        assert!(streamed[streamed.len() - 2].contains("\"usage\""));
    }

    #[test]
    fn what_it_does_not_do_it_says() {
        let response = answer(&Format::AnthropicBatches, "x", b"{}");
        assert_eq!(response.status(), StatusCode::NOT_FOUND);
    }

    #[test]
    fn tokens_are_the_text() {
        for text in ["", " ", "a", " a  b ", "äö ü  "] {
            assert_eq!(tokens(text).collect::<String>(), text);
        }
    }
}
