//! What messages of both sides hold.

use caponier_core::GapKind;

use super::{HELD, MESSAGE};
use crate::fields::Fields as _;
use crate::json::{Type, Value};
use crate::parts::{Label, Parts};
use crate::place::Place;
use crate::words::{is_token, is_word, shown};
use crate::{Malformed, Problem};

/// A message by its shape.
pub(super) enum Shape<'d> {
    /// It asks for something, or tells of it.
    Method {
        name: String,
        params: Option<Value<'d>>,
        /// `None`: it wants no answer.
        id: Option<Value<'d>>,
    },
    /// It answers.
    Answer { result: Option<Value<'d>> },
}

/// What shape a message has. Whatever it has beside that is looked into, too.
pub(super) fn shape<'d>(
    parts: &mut Parts,
    root: Value<'d>,
    beside: &Label<'_>,
) -> Result<Shape<'d>, Malformed> {
    root.object(&Place::ROOT, MESSAGE)?;
    let there = |key| root.get(key).filter(|value: &Value<'_>| !value.is_null());
    let id = there("id");
    if let Some(id) = id
        && !matches!(id.kind(), Type::String | Type::Number)
    {
        return Err(id.refuse(&Place::of("id"), Problem::Type("a string or a number")));
    }
    let method = parts.token(root.get("method"), &Place::of("method"))?;
    let (result, error) = (root.get("result"), there("error"));
    let shape = match method {
        Some(_) if result.is_some() || error.is_some() => {
            return Err(root.refuse(&Place::ROOT, Problem::Type("a request or an answer")));
        }
        Some(name) => Shape::Method {
            name,
            params: there("params"),
            id,
        },
        None if result.is_some() && error.is_some() => {
            return Err(root.refuse(&Place::ROOT, Problem::Type("a result or an error")));
        }
        None if result.is_some() || error.is_some() => Shape::Answer { result },
        None => return Err(root.refuse(&Place::ROOT, Problem::Missing("method"))),
    };
    let is_method = matches!(shape, Shape::Method { .. });
    for (key, value) in root.members() {
        let Some(key) = key.string() else { continue };
        match &*key {
            "method" | "result" => {}
            "params" if is_method => {}
            "error" => {
                let label = beside.clone().with("field", "error");
                told(parts, value, &Place::of("error"), &label)?;
            }
            _ => beside_text(parts, &key, value, &Place::ROOT, beside)?,
        }
    }
    Ok(shape)
}

/// A field that holds words rather than text: what is longer than a word is a segment.
pub(super) fn beside_text(
    parts: &mut Parts,
    key: &str,
    value: Value<'_>,
    place: &Place<'_>,
    label: &Label<'_>,
) -> Result<(), Malformed> {
    let here = place.key(shown(key));
    if !is_token(key) {
        parts.note(GapKind::Unrecognized, &here);
    }
    let known = HELD.iter().chain(MESSAGE).find(|known| **known == key);
    let label = match known {
        Some(key) => label.clone().with("field", *key),
        None => label.clone(),
    };
    parts.texts(value, &here, &label)
}

/// Every text of a value, whatever its shape. Images, audio and what is binary are gaps, and so are
/// keys that are not names.
pub(super) fn told(
    parts: &mut Parts,
    value: Value<'_>,
    place: &Place<'_>,
    label: &Label<'_>,
) -> Result<(), Malformed> {
    match value.kind() {
        Type::String => return parts.whole(value, label),
        Type::Array => {
            for (index, item) in value.items().enumerate() {
                told(parts, item, &place.item(index), label)?;
            }
            return Ok(());
        }
        Type::Object => value.guard(place, HELD)?,
        _ => return Ok(()),
    }
    let kind = value.get("type").and_then(Value::string);
    let opaque = match kind.as_deref() {
        Some("image") => Some(GapKind::Image),
        Some("audio") => Some(GapKind::Audio),
        _ => None,
    };
    for (key, member) in value.members() {
        let Some(key) = key.string() else { continue };
        let here = place.key(shown(&key));
        if !is_token(&key) {
            parts.note(GapKind::Unrecognized, &here);
        }
        match (&*key, opaque) {
            ("data", Some(kind)) => parts.note(kind, &here),
            ("blob", _) if member.kind() == Type::String => parts.note(GapKind::File, &here),
            ("_meta" | "annotations" | "mimeType" | "role" | "type", _) => {
                parts.texts(member, &here, label)?;
            }
            _ if member.string().is_some_and(|text| is_word(&text)) && is_name(&key) => {}
            _ => told(parts, member, &here, label)?,
        }
    }
    Ok(())
}

/// Fields of names, of which a word needs no look.
fn is_name(key: &str) -> bool {
    matches!(key, "name" | "id" | "toolUseId")
}
