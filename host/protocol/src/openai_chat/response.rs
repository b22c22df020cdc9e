//! Whole responses.

use caponier_core::{GapKind, Kind, Role, Stage};

use super::message::{assistant, content, rest, texts, token};
use super::{CHOICE, MESSAGE, RESPONSE, VOCABULARY};
use crate::json::{Document, Type, Value};
use crate::parts::{Label, Parts};
use crate::place::Place;
use crate::{Limits, Malformed, Problem, Response, Tokens};

pub(crate) fn response(body: String, first: u32, limits: &Limits) -> Result<Response, Malformed> {
    let document = Document::parse(&body, limits, VOCABULARY)?;
    let root = document.root();
    if root.kind() != Type::Object {
        return Err(root.refuse(&Place::ROOT, Problem::Type("an object")));
    }
    root.guard(&Place::ROOT, RESPONSE)?;
    let mut parts = Parts::new(first, limits.segments);
    let mut tokens = None;
    // Without choices it is no answer but an error, of whatever shape: all of it is looked into.
    let is_answer = root.get("choices").is_some();
    for (key, value) in root.members() {
        match key.string().as_deref() {
            Some("choices") => choices(&mut parts, value)?,
            Some("error") => error(value, &mut |text, label| parts.string(text, label)),
            _ if !is_answer => error(value, &mut |text, label| parts.string(text, label)),
            Some("usage") => tokens = usage(value),
            Some("citations") => texts(
                &mut parts,
                value,
                &Label::new(Stage::Output, Role::Assistant, Kind::Citation),
            ),
            _ => {}
        }
    }
    if is_answer {
        let read = &["choices", "error", "citations"];
        rest(&mut parts, root, &Place::ROOT, read);
    }
    drop(document);
    Ok(Response::new(body, parts.checked()?, tokens))
}

fn choices(parts: &mut Parts, value: Value<'_>) -> Result<(), Malformed> {
    if value.kind() != Type::Array {
        return Err(value.refuse(&Place::of("choices"), Problem::Type("an array")));
    }
    let place = Place::of("choices");
    for (index, choice) in value.items().enumerate() {
        let place = place.item(index);
        choice.guard(&place, CHOICE)?;
        let first = parts.next();
        if let Some(message) = choice.get("message").filter(|message| !message.is_null()) {
            let place = place.key("message");
            if message.kind() != Type::Object {
                return Err(message.refuse(&place, Problem::Type("an object")));
            }
            message.guard(&place, MESSAGE)?;
            if let Some(value) = message.get("content") {
                let label = Label::new(Stage::Output, Role::Assistant, Kind::Text);
                content(parts, value, &place.key("content"), &label)?;
            }
            assistant(parts, message, &place, Stage::Output, |_, _| {})?;
            // Names, in a request. Nobody asks a model for them, so nobody reads them as text.
            for key in ["role", "name", "tool_call_id"] {
                token(parts, message.get(key), &place.key(key))?;
            }
        }
        if let Some(logprobs) = choice
            .get("logprobs")
            .filter(|logprobs| !logprobs.is_null())
        {
            let segments = first..parts.next();
            // They go with the text that they repeat. Without it, nobody has looked at what they say.
            if segments.is_empty() && says_tokens(logprobs) {
                parts.gap(GapKind::Unrecognized, &place.key("logprobs"));
            }
            parts.shadow(segments, logprobs);
        }
        rest(parts, choice, &place, &["index", "logprobs", "message"]);
    }
    Ok(())
}

/// Whether `logprobs` lists any token.
pub(super) fn says_tokens(logprobs: Value<'_>) -> bool {
    logprobs
        .members()
        .any(|(_, list)| list.any_string(|text| !text.is_empty()))
}

/// What the upstream says it has used.
pub(super) fn usage(value: Value<'_>) -> Option<Tokens> {
    let count = |key| value.get(key).and_then(Value::unsigned);
    let (prompt, completion) = (count("prompt_tokens"), count("completion_tokens"));
    (prompt.is_some() || completion.is_some()).then(|| Tokens {
        prompt: prompt.unwrap_or(0),
        completion: completion.unwrap_or(0),
    })
}

/// Every text of an upstream's error.
pub(super) fn error(value: Value<'_>, tell: &mut dyn FnMut(Value<'_>, &Label<'_>)) {
    let label = Label::new(Stage::Output, Role::Other, Kind::Other).with("field", "error");
    match value.kind() {
        Type::String => tell(value, &label),
        Type::Array => value.items().for_each(|item| error(item, tell)),
        Type::Object => value.members().for_each(|(_, member)| error(member, tell)),
        _ => {}
    }
}
