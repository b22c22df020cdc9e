//! Whole responses.

use caponier_core::{GapKind, Stage};

use super::message::{message, pictures, said, thinking};
use super::{RESPONSE, VOCABULARY};
use crate::fields::Fields;
use crate::json::{Document, Type, Value};
use crate::openai_chat::{says_more, text_or_null};
use crate::openai_embeddings::vector;
use crate::parts::Parts;
use crate::place::Place;
use crate::{Limits, Malformed, Response, Tokens};

/// Keys of a response whose values are read, or are looked at.
pub(super) const READ: &[&str] = &[
    "context",
    "created_at",
    "embedding",
    "embeddings",
    "error",
    "image",
    "logprobs",
    "message",
    "response",
    "thinking",
];

pub(crate) fn response(body: String, first: u32, limits: &Limits) -> Result<Response, Malformed> {
    let document = Document::parse(&body, limits, VOCABULARY)?;
    let root = document.root().object(&Place::ROOT, RESPONSE)?;
    let mut parts = Parts::new(first, limits.segments);
    // Without any of these it is no answer but an error, of whatever shape: all of it is looked
    // into.
    let is_answer = ["message", "response", "embeddings", "embedding"]
        .iter()
        .any(|key| root.get(key).is_some());
    let mut tokens = None;
    if is_answer {
        answer(&mut parts, root)?;
        tokens = usage(root);
    } else {
        parts.error(root)?;
    }
    drop(document);
    Ok(Response::new(body, parts.checked()?, tokens))
}

fn answer(parts: &mut Parts, root: Value<'_>) -> Result<(), Malformed> {
    let first = parts.next();
    for (key, value) in root.members() {
        let Some(key) = key.string() else { continue };
        let here = Place::of(&key);
        match &*key {
            "error" => parts.error(value)?,
            "message" if value.is_null() => {}
            "message" => message(parts, value, &here, &said(), Stage::Output, |_, _| {})?,
            "response" => text_or_null(parts, value, &here, &said())?,
            "thinking" => text_or_null(parts, value, &here, &thinking(Stage::Output))?,
            "image" => pictures(parts, value, &here),
            "embedding" | "embeddings" => vector(parts, value, &here),
            "created_at" => moment(parts, value, &here),
            _ => {}
        }
    }
    let segments = first..parts.next();
    for (key, says_more) in repeats(root, !segments.is_empty(), !segments.is_empty()) {
        if let Some(value) = root.get(key) {
            parts.shadow(segments.clone(), value, "null");
        }
        if says_more {
            parts.gap(GapKind::Unrecognized, key);
        }
    }
    parts.rest(root, &Place::ROOT, READ);
    Ok(())
}

/// What repeats an answer's text, and whether it says more than that: probabilities repeat the text
/// beside them, a context repeats all of it. They go with the text; without any, nobody has looked
/// at what they say.
pub(super) fn repeats(
    root: Value<'_>,
    is_text_here: bool,
    is_text: bool,
) -> [(&'static str, bool); 2] {
    let logprobs = root.get("logprobs");
    let context = root.get("context").filter(|context| !context.is_null());
    let is_more = |context: Value<'_>| {
        let mut tokens = context.items();
        let is_tokens = context.kind() == Type::Array && !context.any_string(|_| true);
        !is_tokens || (!is_text && tokens.next().is_some())
    };
    [
        (
            "logprobs",
            logprobs.is_some_and(|logprobs| says_more(logprobs, is_text_here)),
        ),
        ("context", context.is_some_and(is_more)),
    ]
}

/// A time, in one of the forms that clocks have.
pub(super) fn moment(fields: &mut impl Fields, value: Value<'_>, place: &Place<'_>) {
    let is_digit = |byte: u8| byte.is_ascii_digit() || b"+-.:TZ".contains(&byte);
    let is_time = match value.kind() {
        Type::String => value
            .string()
            .is_some_and(|text| text.len() <= 40 && text.bytes().all(is_digit)),
        _ => !value.any_string(|_| true),
    };
    if !is_time {
        fields.note(GapKind::Unrecognized, place);
    }
}

/// What the upstream says it has used.
pub(super) fn usage(root: Value<'_>) -> Option<Tokens> {
    let count = |key| root.get(key).and_then(Value::unsigned);
    let (prompt, completion) = (count("prompt_eval_count"), count("eval_count"));
    (prompt.is_some() || completion.is_some()).then(|| Tokens {
        prompt: prompt.unwrap_or(0),
        completion: completion.unwrap_or(0),
    })
}
