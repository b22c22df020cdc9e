//! Requests.

use caponier_core::{GapKind, Kind, RequestFacts, Role, Stage};

use super::message::{Side, Walk, word};
use super::{PROMPT, TOP, VOCABULARY};
use crate::draft::{Draft, Names};
use crate::fields::{Fields, flag, offered};
use crate::json::{Type, Value};
use crate::parts::{Label, Parts};
use crate::place::Place;
use crate::words::{is_token, shown};
use crate::{Limits, Malformed, Problem, Request};

const NAMES: Names = Names {
    top: TOP,
    // A kept prompt or what was said before may be all that is asked.
    required: None,
    vocabulary: VOCABULARY,
    settable: &[
        "background",
        "include",
        "max_output_tokens",
        "max_tool_calls",
        "metadata",
        "model",
        "parallel_tool_calls",
        "prompt_cache_key",
        "reasoning",
        "safety_identifier",
        "service_tier",
        "store",
        "stream_options",
        "temperature",
        "text",
        "tool_choice",
        "top_logprobs",
        "top_p",
        "truncation",
        "user",
    ],
    streams: false,
};

pub(crate) fn request(body: String, limits: &Limits) -> Result<Request, Malformed> {
    Draft::read(body, limits, &NAMES, field)
}

/// Reads a request that is a value of another body.
pub(crate) fn row(parts: Parts, value: Value<'_>) -> Result<(Parts, RequestFacts), Malformed> {
    Draft::row(parts, value, &NAMES, field)
}

fn walk(draft: &mut Draft) -> Walk<'_, Parts> {
    Walk {
        sink: &mut draft.parts,
        side: Side::Request,
        history: &mut draft.history,
    }
}

fn field(draft: &mut Draft, name: &str, value: Value<'_>) -> Result<(), Malformed> {
    let here = Place::of(name);
    let other = || Label::new(Stage::Prompt, Role::Other, Kind::Other).with("field", name);
    match name {
        _ if value.is_null() => draft.unread(name, value),
        "input" => input(draft, value, &here)?,
        "instructions" => {
            let label = Label::new(Stage::Prompt, Role::System, Kind::Text);
            walk(draft).content(value, &here, &label)?;
        }
        "tools" => {
            let names = walk(draft).tools(value, &here)?;
            draft.facts.tools.extend(names);
        }
        "text" => {
            let format = value.get("format").and_then(|format| format.get("type"));
            let format = format.and_then(Value::string);
            draft.facts.response_format = format.map(Into::into);
            draft.parts.schema(value, &here, &offered(None))?;
        }
        "prompt" => prompt(draft, value, &here)?,
        // What was said before is kept by the provider, and was not in what came.
        "previous_response_id" | "conversation" => {
            draft.parts.gap(GapKind::Unrecognized, &here);
        }
        "user" | "safety_identifier" | "prompt_cache_key" | "metadata" => {
            draft.parts.strings(value, &here, &other())?;
        }
        "include" => {
            draft.facts.logprobs |= value.any_string(|text| text.ends_with(".logprobs"));
            draft.unread(name, value);
        }
        "model" => draft.model(value)?,
        "stream" => draft.facts.stream = flag(value, &here)?,
        "max_output_tokens" => draft.facts.max_tokens = draft.count(name, value),
        "top_logprobs" => {
            draft.facts.top_logprobs = draft.count(name, value);
            draft.facts.logprobs |= draft.facts.top_logprobs > Some(0);
        }
        "temperature" => draft.facts.temperature = draft.number(name, value),
        "top_p" => draft.facts.top_p = draft.number(name, value),
        _ => draft.unread(name, value),
    }
    Ok(())
}

fn input(draft: &mut Draft, value: Value<'_>, place: &Place<'_>) -> Result<(), Malformed> {
    match value.kind() {
        Type::String => {
            let label = Label::new(Stage::Prompt, Role::User, Kind::Text);
            let first = draft.parts.segments.len();
            draft.parts.string(value, &label);
            draft.history.asked(&draft.parts, first);
        }
        Type::Array => {
            for (index, item) in value.items().enumerate() {
                let first = draft.parts.segments.len();
                let role = walk(draft).item(item, &place.item(index))?;
                if role == Some(Role::User) {
                    draft.history.asked(&draft.parts, first);
                }
            }
        }
        _ => return Err(value.refuse(place, Problem::Type("a string or an array of items"))),
    }
    Ok(())
}

/// A prompt that the provider keeps, and what is put into it.
fn prompt(draft: &mut Draft, value: Value<'_>, place: &Place<'_>) -> Result<(), Malformed> {
    value.object(place, PROMPT)?;
    word(value, "id", place)?;
    draft.parts.gap(GapKind::Unrecognized, place);
    let label = Label::new(Stage::Prompt, Role::User, Kind::Text).with("field", "prompt");
    if let Some(variables) = value.get("variables").filter(|value| !value.is_null()) {
        let place = place.key("variables");
        for (key, variable) in variables.object(&place, &[])?.members() {
            let Some(key) = key.string() else { continue };
            let place = place.key(shown(&key));
            if !is_token(&key) {
                draft.parts.gap(GapKind::Unrecognized, &place);
            }
            walk(draft).part(variable, &place, &label)?;
        }
    }
    draft.parts.rest(value, place, &["variables"]);
    Ok(())
}
