//! Whole responses.

use caponier_core::{GapKind, Kind, Role, Stage};

use super::message::{assistant, content, text_or_null};
use super::{CHOICE, MESSAGE, RESPONSE, VOCABULARY};
use crate::fields::Fields;
use crate::json::{Document, Type, Value};
use crate::parts::{Label, Parts};
use crate::place::Place;
use crate::words::is_token;
use crate::{Limits, Malformed, Response, Tokens};

pub(crate) fn response(body: String, first: u32, limits: &Limits) -> Result<Response, Malformed> {
    let document = Document::parse(&body, limits, VOCABULARY)?;
    let mut parts = Parts::new(first, limits.segments);
    let tokens = answer(&mut parts, document.root())?;
    drop(document);
    Ok(Response::new(body, parts.checked()?, tokens))
}

/// Reads an answer; gives what the upstream says it has used.
pub(crate) fn answer(parts: &mut Parts, root: Value<'_>) -> Result<Option<Tokens>, Malformed> {
    root.object(&Place::ROOT, RESPONSE)?;
    let mut tokens = None;
    // Without choices it is no answer but an error, of whatever shape: all of it is looked into.
    if root.get("choices").is_none() {
        parts.error(root)?;
        return Ok(None);
    }
    for (key, value) in root.members() {
        match key.string().as_deref() {
            Some("choices") => choices(parts, value)?,
            Some("error") => parts.error(value)?,
            Some("usage") => tokens = usage(value),
            Some("citations") => parts.texts(
                value,
                &Place::of("citations"),
                &Label::new(Stage::Output, Role::Assistant, Kind::Citation),
            )?,
            _ => {}
        }
    }
    let read = &["choices", "error", "citations"];
    parts.rest(root, &Place::ROOT, read);
    Ok(tokens)
}

fn choices(parts: &mut Parts, value: Value<'_>) -> Result<(), Malformed> {
    value.array(&Place::of("choices"))?;
    let place = Place::of("choices");
    for (index, choice) in value.items().enumerate() {
        let place = place.item(index);
        choice.object(&place, CHOICE)?;
        let first = parts.next();
        let said = Label::new(Stage::Output, Role::Assistant, Kind::Text);
        if let Some(text) = choice.get("text") {
            text_or_null(parts, text, &place.key("text"), &said)?;
        }
        if let Some(message) = choice.get("message").filter(|message| !message.is_null()) {
            let place = place.key("message");
            message.object(&place, MESSAGE)?;
            if let Some(value) = message.get("content") {
                content(parts, value, &place.key("content"), &said)?;
            }
            assistant(parts, message, &place, Stage::Output, |_, _| {})?;
            // Names, in a request. Nobody asks a model for them, so nobody reads them as text.
            for key in ["role", "name", "tool_call_id"] {
                parts.token(message.get(key), &place.key(key))?;
            }
        }
        if let Some(logprobs) = choice
            .get("logprobs")
            .filter(|logprobs| !logprobs.is_null())
        {
            let segments = first..parts.next();
            // They go with the text that they repeat. Without it, nobody has looked at what they say.
            if says_more(logprobs, !segments.is_empty()) {
                parts.gap(GapKind::Unrecognized, &place.key("logprobs"));
            }
            parts.shadow(segments, logprobs, "null");
        }
        parts.rest(choice, &place, &["logprobs", "message", "text"]);
    }
    Ok(())
}

/// Whether `logprobs` lists tokens where there is no text that they could repeat, or is no list.
pub(crate) fn says_more(logprobs: Value<'_>, repeats: bool) -> bool {
    let says = |value: Value<'_>| value.any_string(|text| !text.is_empty());
    match logprobs.kind() {
        Type::Object | Type::Array if repeats => false,
        Type::Object => logprobs
            .members()
            .any(|(key, list)| key.string().is_none_or(|key| !is_token(&key)) || says(list)),
        _ => says(logprobs),
    }
}

/// What the upstream says it has used.
pub(crate) fn usage(value: Value<'_>) -> Option<Tokens> {
    let count = |key| value.get(key).and_then(Value::unsigned);
    let (prompt, completion) = (count("prompt_tokens"), count("completion_tokens"));
    (prompt.is_some() || completion.is_some()).then(|| Tokens {
        prompt: prompt.unwrap_or(0),
        completion: completion.unwrap_or(0),
    })
}
