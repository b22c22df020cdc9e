//! What a message and an answer have in common.

use caponier_core::{GapKind, Kind, Role, Stage};

use super::{CALL, FILE, FUNCTION, MESSAGE, PART};
use crate::fields::Fields;
use crate::json::{Type, Value};
use crate::parts::{Label, Parts};
use crate::place::Place;
use crate::{Malformed, Problem};

/// Reads a message's content: a string, an array of parts, or nothing.
pub(super) fn content(
    parts: &mut Parts,
    value: Value<'_>,
    place: &Place<'_>,
    label: &Label<'_>,
) -> Result<(), Malformed> {
    match value.kind() {
        Type::String => parts.string(value, label),
        Type::Null => {}
        Type::Array => {
            for (index, item) in value.items().enumerate() {
                part(parts, item, &place.item(index), label)?;
            }
        }
        _ => return Err(value.refuse(place, Problem::Type("a string, an array of parts, or null"))),
    }
    Ok(())
}

fn part(
    parts: &mut Parts,
    value: Value<'_>,
    place: &Place<'_>,
    label: &Label<'_>,
) -> Result<(), Malformed> {
    match value.kind() {
        Type::String => {
            parts.string(value, label);
            return Ok(());
        }
        Type::Object => value.guard(place, PART)?,
        _ => return Err(value.refuse(place, Problem::Type("a content part"))),
    }
    let kind = match value.get("type") {
        Some(kind) => kind
            .string()
            .ok_or_else(|| kind.refuse(&place.key("type"), Problem::Type("a string")))?,
        None => "text".into(),
    };
    let read = match &*kind {
        "text" => {
            parts.required(value, "text", place, label)?;
            "text"
        }
        "refusal" => {
            let label = Label {
                kind: Kind::Refusal,
                ..label.clone()
            };
            parts.required(value, "refusal", place, &label)?;
            "refusal"
        }
        "image_url" => {
            parts.gap(GapKind::Image, place);
            "image_url"
        }
        "input_audio" => {
            parts.gap(GapKind::Audio, place);
            "input_audio"
        }
        "file" => {
            attached(parts, value.get("file"), place, label.stage)?;
            "file"
        }
        _ => {
            parts.gap(GapKind::Unrecognized, place);
            return Ok(());
        }
    };
    parts.rest(value, place, &["type", read]);
    Ok(())
}

/// A file: its text is found in it, and not said.
fn attached(
    parts: &mut Parts,
    file: Option<Value<'_>>,
    place: &Place<'_>,
    stage: Stage,
) -> Result<(), Malformed> {
    let Some(file) = file.filter(|file| file.kind() == Type::Object) else {
        parts.gap(GapKind::File, place);
        return Ok(());
    };
    let inside = place.key("file");
    file.guard(&inside, FILE)?;
    let stage = match stage {
        Stage::Prompt => Stage::Retrieval,
        other => other,
    };
    parts.file(file, place, stage)?;
    parts.rest(file, &inside, FILE);
    Ok(())
}

/// Reads what only the model writes: refusal, reasoning, tool calls, annotations. Tells of each
/// tool call its id and name.
pub(super) fn assistant(
    parts: &mut Parts,
    message: Value<'_>,
    place: &Place<'_>,
    stage: Stage,
    mut called: impl FnMut(&str, &str),
) -> Result<(), Malformed> {
    let label = |kind| Label::new(stage, Role::Assistant, kind);
    for (key, value) in message.members() {
        if value.is_null() {
            continue;
        }
        let Some(key) = key.string() else { continue };
        let here = place.key(&key);
        match &*key {
            "refusal" => text_or_null(parts, value, &here, &label(Kind::Refusal))?,
            "reasoning_content" | "reasoning" => {
                text_or_null(parts, value, &here, &label(Kind::Reasoning))?
            }
            "annotations" => parts.texts(value, &here, &label(Kind::Citation))?,
            "audio" => {
                parts.gap(GapKind::Audio, &here);
                if let Some(transcript) = value.get("transcript") {
                    text_or_null(parts, transcript, &here, &label(Kind::Text))?;
                }
            }
            "tool_calls" => {
                value.array(&here)?;
                for (index, call) in value.items().enumerate() {
                    tool_call(parts, call, &here.item(index), stage, &mut called)?;
                }
            }
            "function_call" => {
                function(parts, value, &here, stage, None)?;
            }
            _ => {}
        }
    }
    parts.rest(message, place, MESSAGE);
    Ok(())
}

/// Reads a text that may be missing.
pub(crate) fn text_or_null(
    parts: &mut Parts,
    value: Value<'_>,
    place: &Place<'_>,
    label: &Label<'_>,
) -> Result<(), Malformed> {
    if !matches!(value.kind(), Type::String | Type::Null) {
        return Err(value.refuse(place, Problem::Type("a string or null")));
    }
    parts.string(value, label);
    Ok(())
}

/// Reads a tool call. Tells its id and name.
pub(crate) fn tool_call(
    parts: &mut Parts,
    call: Value<'_>,
    place: &Place<'_>,
    stage: Stage,
    called: &mut impl FnMut(&str, &str),
) -> Result<(), Malformed> {
    if call.kind() != Type::Object {
        return Err(call.refuse(place, Problem::Type("a tool call")));
    }
    call.guard(place, CALL)?;
    let id = parts.token(call.get("id"), &place.key("id"))?;
    let mut name = None;
    if let Some(value) = call.get("function").filter(|value| !value.is_null()) {
        name = function(parts, value, &place.key("function"), stage, id.clone())?;
    }
    if let Some(value) = call.get("custom").filter(|value| !value.is_null()) {
        name = function(parts, value, &place.key("custom"), stage, id.clone())?;
    }
    if let (Some(id), Some(name)) = (&id, &name) {
        called(id, name);
    }
    parts.rest(call, place, &["custom", "function", "id"]);
    Ok(())
}

/// Reads a called function, or a called custom tool; returns its name.
fn function(
    parts: &mut Parts,
    value: Value<'_>,
    place: &Place<'_>,
    stage: Stage,
    id: Option<String>,
) -> Result<Option<String>, Malformed> {
    value.object(place, FUNCTION)?;
    let name = parts.token(value.get("name"), &place.key("name"))?;
    let label = Label::new(stage, Role::Assistant, Kind::ToolCall).named(name.as_deref());
    if let Some(arguments) = value.get("arguments") {
        parts.arguments(arguments, &label, id);
    } else if let Some(input) = value.get("input") {
        parts.string(input, &label);
    }
    parts.rest(value, place, &["arguments", "input", "name"]);
    Ok(name)
}
