//! What a case is: a request, and what the model says to it.

use serde_json::{Value, json};

use crate::json::{Style, write};
use crate::random::Random;

/// One exchange.
#[derive(Clone, Debug)]
pub struct Case {
    /// Where it comes from and what it is.
    pub name: String,
    /// The request's path; it chooses the route.
    pub path: String,
    /// Headers beside those of every case.
    pub headers: Vec<(&'static str, String)>,
    /// The request's body.
    pub body: Vec<u8>,
    /// Bytes in each chunk of it; `None`: whole, with its length.
    pub upload: Option<usize>,
    /// What the model says.
    pub answer: Answer,
    /// Why the hosts differ here, as the book's page on Envoy says.
    pub by_design: Option<&'static str>,
}

/// What the model says.
#[derive(Clone, Debug)]
pub enum Answer {
    /// What it was told, whole or streamed.
    Echo(Option<Manner>),
    /// A status and a body.
    Whole(u16, Vec<u8>),
    /// Events, and the bytes in each piece that is sent; `None`: one event each.
    Stream(Vec<Vec<u8>>, Option<usize>),
}

/// How a text is streamed.
#[derive(Clone, Copy, Debug)]
pub struct Manner {
    /// Characters in each event.
    pub characters: usize,
    /// Bytes in each piece that is sent; `None`: one event each.
    pub cut: Option<usize>,
}

impl Case {
    /// A case on the usual route.
    pub fn new(name: impl Into<String>, body: &Value, answer: Answer) -> Self {
        Self {
            name: name.into(),
            path: "/v1/chat/completions".to_owned(),
            headers: Vec::new(),
            body: write(body, Style::Plain, &mut Random::new(0)),
            upload: None,
            answer,
            by_design: None,
        }
    }

    /// Whether its route lets nothing of a stream out before all of it is there.
    pub fn is_held_whole(&self) -> bool {
        self.path.starts_with("/buffer/")
    }

    /// Whether reads are chance: pieces of events, or events that nobody waits for.
    pub fn is_cut_by_chance(&self) -> bool {
        let cut = match &self.answer {
            Answer::Stream(_, cut) => *cut,
            Answer::Echo(Some(manner)) => manner.cut,
            Answer::Echo(None) | Answer::Whole(..) => None,
        };
        cut.is_some() || self.is_held_whole()
    }

    /// The same on another route.
    #[must_use]
    pub fn on(mut self, route: &str) -> Self {
        self.path = format!("/{route}/chat/completions");
        self
    }
}

/// A request of one user's text.
pub fn asked(text: &str, is_streamed: bool) -> Value {
    let messages = json!([{"role": "user", "content": text}]);
    json!({"model": "m", "messages": messages, "stream": is_streamed})
}

/// A request with a tool's result in it.
pub fn retrieved(texts: &[&str]) -> Value {
    let mut messages = vec![json!({"role": "user", "content": "What does it say?"})];
    for (index, text) in texts.iter().enumerate() {
        let id = format!("call_{index}");
        let call = json!({"id": id, "type": "function", "function": {"name": "search", "arguments": "{}"}});
        messages.push(json!({"role": "assistant", "content": null, "tool_calls": [call]}));
        messages.push(json!({"role": "tool", "tool_call_id": id, "content": text}));
    }
    json!({"model": "m", "messages": messages})
}

/// A whole answer of one message with these fields.
pub fn whole(fields: &[(&str, &str)]) -> Vec<u8> {
    let mut message = json!({"role": "assistant"});
    for (name, text) in fields {
        if let Some(members) = message.as_object_mut() {
            members.insert((*name).to_owned(), json!(text));
        }
    }
    answer_of(&[message]).to_string().into_bytes()
}

/// A whole answer with a choice for each message.
pub fn answer_of(messages: &[Value]) -> Value {
    let choices: Vec<Value> = messages
        .iter()
        .enumerate()
        .map(|(index, message)| {
            json!({"index": index, "message": message, "finish_reason": "stop", "logprobs": null})
        })
        .collect();
    json!({
        "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "m",
        "choices": choices,
        "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
    })
}

/// An answer with a text in one choice, in events.
pub fn events(text: &str, manner: Manner) -> Vec<Vec<u8>> {
    let deltas = pieces(text, manner.characters)
        .into_iter()
        .map(|piece| (0, json!({"content": piece})))
        .collect();
    stream_of(deltas, Style::Plain, &mut Random::new(0))
}

/// Events of these deltas of choices, with a beginning and an end.
pub fn stream_of(deltas: Vec<(usize, Value)>, style: Style, random: &mut Random) -> Vec<Vec<u8>> {
    let last = deltas.iter().map(|(index, _)| *index).max().unwrap_or(0);
    let chunk = |index: usize, delta: Value, finish: Value| {
        json!({
            "id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "m",
            "choices": [{"index": index, "delta": delta, "finish_reason": finish}],
        })
    };
    let begin = (0..=last).map(|index| {
        chunk(
            index,
            json!({"role": "assistant", "content": ""}),
            Value::Null,
        )
    });
    let middle = deltas
        .into_iter()
        .map(|(index, delta)| chunk(index, delta, Value::Null));
    let end = (0..=last).map(|index| chunk(index, json!({}), json!("stop")));
    let all: Vec<Value> = begin.chain(middle).chain(end).collect();
    let mut events: Vec<Vec<u8>> = all
        .iter()
        .map(|event| {
            let mut data = write(event, style, random);
            // A line's end would end the event's line.
            data.retain(|byte| !matches!(byte, b'\r' | b'\n'));
            [b"data: ", data.as_slice(), b"\n\n"].concat()
        })
        .collect();
    events.push(b"data: [DONE]\n\n".to_vec());
    events
}

/// A text in pieces of so many characters.
pub fn pieces(text: &str, characters: usize) -> Vec<String> {
    let all: Vec<char> = text.chars().collect();
    all.chunks(characters.max(1))
        .map(|piece| piece.iter().collect())
        .collect()
}

/// What the last message of a request says.
pub fn said(body: &[u8]) -> String {
    let request: Value = serde_json::from_slice(body).unwrap_or_default();
    let messages = request.get("messages").and_then(Value::as_array);
    let last = messages.and_then(|messages| messages.last()?.get("content"));
    match last {
        Some(Value::String(text)) => format!("You said: {text}"),
        Some(Value::Array(parts)) => {
            let texts = parts
                .iter()
                .filter_map(|part| part.get("text").and_then(Value::as_str));
            texts.collect::<Vec<_>>().join("")
        }
        _ => "Nothing.".to_owned(),
    }
}
