//! What a message and an answer have in common.

use caponier_core::{GapKind, Kind, Role, Stage};

use super::MESSAGE;
use crate::Malformed;
use crate::fields::Fields;
use crate::json::{Type, Value};
use crate::openai_chat::{text_or_null, tool_call};
use crate::parts::{Label, Parts};
use crate::place::Place;

/// Reads a message whose content is labelled so. Tells of each tool call its id and name.
pub(super) fn message(
    parts: &mut Parts,
    value: Value<'_>,
    place: &Place<'_>,
    label: &Label<'_>,
    stage: Stage,
    mut called: impl FnMut(&str, &str),
) -> Result<(), Malformed> {
    value.object(place, MESSAGE)?;
    for (key, value) in value.members() {
        if value.is_null() {
            continue;
        }
        let Some(key) = key.string() else { continue };
        let here = place.key(&key);
        match &*key {
            "content" => text_or_null(parts, value, &here, label)?,
            "thinking" => text_or_null(parts, value, &here, &thinking(stage))?,
            "images" => pictures(parts, value, &here),
            "tool_calls" => {
                for (index, call) in value.array(&here)?.items().enumerate() {
                    tool_call(parts, call, &here.item(index), stage, &mut called)?;
                }
            }
            "role" | "tool_call_id" | "tool_name" => {
                parts.token(Some(value), &here)?;
            }
            _ => {}
        }
    }
    parts.rest(value, place, MESSAGE);
    Ok(())
}

/// How what the model says is labelled.
pub(super) fn said() -> Label<'static> {
    Label::new(Stage::Output, Role::Assistant, Kind::Text)
}

/// How what the model thinks is labelled.
pub(super) fn thinking(stage: Stage) -> Label<'static> {
    Label::new(stage, Role::Assistant, Kind::Reasoning)
}

/// Images, or one.
pub(super) fn pictures(fields: &mut impl Fields, value: Value<'_>, place: &Place<'_>) {
    let is_nothing = match value.kind() {
        Type::Null => true,
        Type::Array => value.items().next().is_none(),
        Type::String => value.inner().is_empty(),
        _ => false,
    };
    if !is_nothing {
        fields.note(GapKind::Image, place);
    }
}
