//! Responses.

use caponier_core::GapKind;

use super::{ITEM, RESPONSE, VOCABULARY};
use crate::fields::Fields as _;
use crate::json::{Document, Type, Value};
use crate::openai_chat::usage;
use crate::parts::Parts;
use crate::place::Place;
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
    // Without vectors it is no answer but an error, of whatever shape: all of it is looked into.
    if root.get("data").is_none() {
        parts.error(root)?;
        return Ok(None);
    }
    for (key, value) in root.members() {
        match key.string().as_deref() {
            Some("data") => vectors(parts, value)?,
            Some("error") => parts.error(value)?,
            Some("usage") => tokens = usage(value),
            _ => {}
        }
    }
    parts.rest(root, &Place::ROOT, &["data", "error"]);
    Ok(tokens)
}

fn vectors(parts: &mut Parts, value: Value<'_>) -> Result<(), Malformed> {
    let place = Place::of("data");
    for (index, item) in value.array(&place)?.items().enumerate() {
        let place = place.item(index);
        item.object(&place, ITEM)?;
        if let Some(value) = item.get("embedding") {
            vector(parts, value, &place.key("embedding"));
        }
        parts.rest(item, &place, &["embedding"]);
    }
    Ok(())
}

/// A vector says nothing that could be read; what only stands in the place of one may.
pub(crate) fn vector(parts: &mut Parts, value: Value<'_>, place: &Place<'_>) {
    let is_base64 = |text: &str| {
        let is_digit = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte);
        text.bytes().all(is_digit)
    };
    let is_vector = match value.kind() {
        Type::String => value.string().is_some_and(|text| is_base64(&text)),
        _ => !value.any_string(|_| true),
    };
    if !is_vector {
        parts.gap(GapKind::Unrecognized, place);
    }
}
