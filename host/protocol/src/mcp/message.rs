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
                told(parts, value, At::Other, &Place::of("error"), &label)?;
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

/// What an object of the protocol's own stands for: what may be binary, and is not read, stands in
/// few places.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum At {
    /// Anything else.
    Other,
    /// What a server asks a model for.
    Sampling,
    /// A message of a prompt, or of what a model is asked.
    Message,
    /// An item of content.
    Content,
    /// What a resource holds.
    Resource,
}

/// Every text of the protocol's own objects. Images, audio and what is binary are gaps, and so are
/// keys that are not names.
pub(super) fn told(
    parts: &mut Parts,
    value: Value<'_>,
    at: At,
    place: &Place<'_>,
    label: &Label<'_>,
) -> Result<(), Malformed> {
    match value.kind() {
        Type::String => return parts.whole(value, label),
        Type::Array => {
            for (index, item) in value.items().enumerate() {
                told(parts, item, at, &place.item(index), label)?;
            }
            return Ok(());
        }
        Type::Object => value.guard(place, HELD)?,
        _ => return Ok(()),
    }
    let opaque = media(value).filter(|_| at == At::Content);
    for (key, member) in value.members() {
        let Some(key) = key.string() else { continue };
        let here = place.key(shown(&key));
        if !is_token(&key) {
            parts.note(GapKind::Unrecognized, &here);
        }
        let is_list = member.kind() == Type::Array;
        match (&*key, at, opaque) {
            ("data", _, Some(kind)) => parts.note(kind, &here),
            ("blob", At::Resource, _) if is_base64(member) => parts.note(GapKind::File, &here),
            ("_meta" | "annotations" | "mimeType" | "role" | "type", ..) => {
                parts.texts(member, &here, label)?;
            }
            ("messages", At::Sampling, _) => told(parts, member, At::Message, &here, label)?,
            ("content", At::Message | At::Content, _) => {
                told(parts, member, At::Content, &here, label)?;
            }
            ("resource", At::Content, _) => told(parts, member, At::Resource, &here, label)?,
            ("arguments" | "icons" | "tools", ..) if is_list => {
                told(parts, member, At::Other, &here, label)?;
            }
            ("inputSchema" | "outputSchema" | "requestedSchema", ..) => {
                schema(parts, member, &here, label)?;
            }
            ("data", ..) if member.kind() == Type::Number => parts.leaves(member, label),
            _ if member.string().is_some_and(|text| is_word(&text)) && is_name(&key) => {}
            _ => free(parts, member, label)?,
        }
    }
    Ok(())
}

/// What servers, tools and users shape as they like: every string, number and key.
pub(super) fn free(
    parts: &mut Parts,
    value: Value<'_>,
    label: &Label<'_>,
) -> Result<(), Malformed> {
    match value.kind() {
        Type::String => return parts.whole(value, label),
        Type::Array | Type::Object => parts.leaves(value, label),
        _ => {}
    }
    Ok(())
}

/// Every string of a schema but the names of its types. Keys that are not names are gaps.
fn schema(
    parts: &mut Parts,
    value: Value<'_>,
    place: &Place<'_>,
    label: &Label<'_>,
) -> Result<(), Malformed> {
    match value.kind() {
        Type::String => return parts.whole(value, label),
        Type::Array => {
            for (index, item) in value.items().enumerate() {
                schema(parts, item, &place.item(index), label)?;
            }
        }
        Type::Object => {
            for (key, member) in value.members() {
                let Some(key) = key.string() else { continue };
                let here = place.key(shown(&key));
                if !is_token(&key) {
                    parts.note(GapKind::Unrecognized, &here);
                }
                let is_type = |text: &str| TYPES.contains(&text);
                match &*key {
                    "type" if member.string().is_some_and(|text| is_type(&text)) => {}
                    "type" if member.kind() == Type::Array => {
                        parts.each(member, &here, label, |text| !TYPES.contains(&text))?;
                    }
                    _ => schema(parts, member, &here, label)?,
                }
            }
        }
        _ => {}
    }
    Ok(())
}

/// What schemas call the types of values.
const TYPES: &[&str] = &[
    "array", "boolean", "integer", "null", "number", "object", "string",
];

/// An image or audio, as items of content have it: by its type alone anything could be called so.
pub(super) fn media(item: Value<'_>) -> Option<GapKind> {
    let kind = match &*item.get("type")?.string()? {
        "image" => GapKind::Image,
        "audio" => GapKind::Audio,
        _ => return None,
    };
    let of = item.get("mimeType")?.string()?;
    let is_media = of.starts_with("image/") || of.starts_with("audio/");
    (is_media && is_base64(item.get("data")?)).then_some(kind)
}

/// Whether it is a string in the letters of base64.
fn is_base64(value: Value<'_>) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
    value
        .string()
        .is_some_and(|text| text.bytes().all(is_letter))
}

/// Fields of names, of which a word needs no look.
fn is_name(key: &str) -> bool {
    matches!(key, "name" | "id" | "toolUseId")
}
