//! Requests.

use caponier_core::{Kind, RequestFacts, Role, Stage};

use super::{TOP, VOCABULARY};
use crate::draft::{Draft, Names};
use crate::fields::Fields as _;
use crate::json::Value;
use crate::parts::{Label, Parts};
use crate::place::Place;
use crate::{Limits, Malformed, Request};

const NAMES: Names = Names {
    top: TOP,
    required: Some("input"),
    vocabulary: VOCABULARY,
    settable: &["model", "user"],
    streams: false,
};

pub(crate) fn request(body: String, limits: &Limits) -> Result<Request, Malformed> {
    Draft::read(body, limits, &NAMES, field)
}

/// Reads a request that is a value of another body.
pub(crate) fn row(parts: Parts, value: Value<'_>) -> Result<(Parts, RequestFacts), Malformed> {
    Draft::row(parts, value, &NAMES, field)
}

fn field(draft: &mut Draft, name: &str, value: Value<'_>) -> Result<(), Malformed> {
    let here = Place::of(name);
    match name {
        "input" => {
            let label = Label::new(Stage::Prompt, Role::User, Kind::Text);
            draft.input(value, &here, &label);
        }
        "user" => {
            let label = Label::new(Stage::Prompt, Role::Other, Kind::Other).with("field", name);
            draft.parts.strings(value, &here, &label)?;
        }
        "model" => draft.model(value)?,
        _ => draft.unread(name, value),
    }
    Ok(())
}
