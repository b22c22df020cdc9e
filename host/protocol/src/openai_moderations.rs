//! Moderations, where they are rows of a file. Alone they pass: what is there to judge unwanted text
//! has to get it.

use caponier_core::{GapKind, Kind, RequestFacts, Role, Stage};

use crate::Malformed;
use crate::draft::{Draft, Names};
use crate::fields::Fields as _;
use crate::json::{Type, Value};
use crate::parts::{Label, Parts};
use crate::place::Place;

/// Keys of a part of the input.
const PART: &[&str] = &["image_url", "text", "type"];

/// Keys of a response.
const RESPONSE: &[&str] = &["error", "id", "model", "results"];

const NAMES: Names = Names {
    top: &["input", "model"],
    required: Some("input"),
    vocabulary: &[],
    settable: &[],
    streams: false,
};

/// Reads a request that is a value of another body.
pub(crate) fn row(parts: Parts, value: Value<'_>) -> Result<(Parts, RequestFacts), Malformed> {
    Draft::row(parts, value, &NAMES, |draft, name, value| {
        match name {
            "input" => input(draft, value, &Place::of(name))?,
            "model" => draft.model(value)?,
            _ => draft.unread(name, value),
        }
        Ok(())
    })
}

/// What is moderated is a text that nobody obeys.
fn input(draft: &mut Draft, value: Value<'_>, place: &Place<'_>) -> Result<(), Malformed> {
    let label = Label::new(Stage::Prompt, Role::Other, Kind::Text).with("field", "input");
    match value.kind() {
        Type::Array => {
            for (index, item) in value.items().enumerate() {
                input(draft, item, &place.item(index))?;
            }
        }
        Type::Object => {
            value.object(place, PART)?;
            if let Some(text) = value.get("text") {
                draft.input(text, &place.key("text"), &label);
            }
            if value.get("image_url").is_some() {
                draft.parts.gap(GapKind::Image, place);
            }
            draft.parts.rest(value, place, &["image_url", "text"]);
        }
        _ => draft.input(value, place, &label),
    }
    Ok(())
}

/// Reads an answer: numbers and words.
pub(crate) fn answer(parts: &mut Parts, root: Value<'_>) -> Result<(), Malformed> {
    root.object(&Place::ROOT, RESPONSE)?;
    if let Some(error) = root.get("error") {
        parts.error(error)?;
    }
    parts.rest(root, &Place::ROOT, &["error"]);
    Ok(())
}
