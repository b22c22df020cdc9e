//! Requests.

use caponier_core::{Kind, Role, Stage};

use super::{TOP, VOCABULARY};
use crate::draft::{Draft, Names};
use crate::fields::Fields as _;
use crate::json::Value;
use crate::parts::Label;
use crate::place::Place;
use crate::{Limits, Malformed, Request};

const NAMES: Names = Names {
    top: TOP,
    required: Some("input_file_id"),
    vocabulary: VOCABULARY,
    settable: &["metadata"],
    streams: false,
};

pub(crate) fn request(body: String, limits: &Limits) -> Result<Request, Malformed> {
    Draft::read(body, limits, &NAMES, field)
}

fn field(draft: &mut Draft, name: &str, value: Value<'_>) -> Result<(), Malformed> {
    match name {
        "metadata" => {
            let label = Label::new(Stage::Prompt, Role::Other, Kind::Other).with("field", name);
            draft.parts.strings(value, &Place::of(name), &label)?;
        }
        _ => draft.unread(name, value),
    }
    Ok(())
}
