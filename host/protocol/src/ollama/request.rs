//! Requests.

use caponier_core::{GapKind, Kind, Role, Stage};

use super::message::{message, pictures};
use super::{Endpoint, OPTIONS, TOP, VOCABULARY};
use crate::draft::{Draft, Names};
use crate::fields::{Fields, flag, offered};
use crate::json::{Type, Value};
use crate::openai_chat::tools;
use crate::parts::Label;
use crate::place::Place;
use crate::{Limits, Malformed, Problem, Request};

const NAMES: Names = Names {
    top: TOP,
    // Without anything to say a model is loaded.
    required: Some("model"),
    vocabulary: VOCABULARY,
    settable: &[
        "format",
        "keep_alive",
        "logprobs",
        "model",
        "options",
        "think",
        "top_logprobs",
        "truncate",
    ],
    streams: true,
};

pub(crate) fn request(
    endpoint: Endpoint,
    body: String,
    limits: &Limits,
) -> Result<Request, Malformed> {
    let streams = endpoint != Endpoint::Embed;
    Draft::read(body, limits, &Names { streams, ..NAMES }, field)
}

fn field(draft: &mut Draft, name: &str, value: Value<'_>) -> Result<(), Malformed> {
    let here = Place::of(name);
    if value.is_null() {
        return Ok(());
    }
    match name {
        "messages" => {
            for (index, message) in value.array(&here)?.items().enumerate() {
                said(draft, message, &here.item(index))?;
            }
        }
        "prompt" | "input" => {
            let label = Label::new(Stage::Prompt, Role::User, Kind::Text);
            draft.input(value, &here, &label);
        }
        "suffix" => {
            let label = Label::new(Stage::Prompt, Role::User, Kind::Other).with("field", name);
            draft.input(value, &here, &label);
        }
        "system" => {
            let label = Label::new(Stage::Prompt, Role::System, Kind::Text);
            draft.input(value, &here, &label);
        }
        "template" => {
            let label = Label::new(Stage::Prompt, Role::System, Kind::Other).with("field", name);
            draft.input(value, &here, &label);
        }
        // A conversation as tokens.
        "context" => {
            if value.kind() != Type::Array || value.items().next().is_some() {
                draft.parts.gap(GapKind::Unrecognized, &here);
            }
        }
        "images" => pictures(&mut draft.parts, value, &here),
        "tools" => tools(draft, value, &here)?,
        "format" => format(draft, value, &here)?,
        "options" => options(draft, value, &here)?,
        "model" => draft.model(value)?,
        "stream" => draft.facts.stream = flag(value, &here)?,
        "logprobs" => draft.facts.logprobs = flag(value, &here)?,
        "top_logprobs" => draft.facts.top_logprobs = draft.count(name, value),
        _ => draft.unread(name, value),
    }
    Ok(())
}

fn said(draft: &mut Draft, value: Value<'_>, place: &Place<'_>) -> Result<(), Malformed> {
    let role = match value.get("role") {
        Some(role) => role
            .string()
            .ok_or_else(|| role.refuse(&place.key("role"), Problem::Type("a string")))?,
        None => return Err(value.refuse(place, Problem::Missing("role"))),
    };
    let word = |key| value.get(key).and_then(Value::string);
    let tool = match (word("tool_name"), word("tool_call_id")) {
        (Some(name), _) => Some(name.into_owned()),
        (None, id) => id.and_then(|id| draft.history.tool(&id)),
    };
    let label = match &*role {
        "system" => Label::new(Stage::Prompt, Role::System, Kind::Text),
        "user" => Label::new(Stage::Prompt, Role::User, Kind::Text),
        "assistant" => Label::new(Stage::Prompt, Role::Assistant, Kind::Text),
        "tool" => Label::new(Stage::Retrieval, Role::Tool, Kind::ToolResult).named(tool.as_deref()),
        _ => {
            draft.parts.gap(GapKind::Unrecognized, &place.key("role"));
            Label::new(Stage::Prompt, Role::Other, Kind::Text)
        }
    };
    let first = draft.parts.segments.len();
    let Draft { parts, history, .. } = draft;
    message(parts, value, place, &label, Stage::Prompt, |id, name| {
        history.called(id, name);
    })?;
    if &*role == "user" {
        history.asked(parts, first);
    }
    Ok(())
}

/// `json`, or a schema.
fn format(draft: &mut Draft, value: Value<'_>, place: &Place<'_>) -> Result<(), Malformed> {
    let format = match value.kind() {
        Type::String => value.string().filter(|word| !word.is_empty()),
        _ => Some("json_schema".into()),
    };
    draft.facts.response_format = format.map(|word| match &*word {
        "json" => "json_object".to_owned(),
        _ => word.into_owned(),
    });
    draft.parts.schema(value, place, &offered(None))
}

fn options(draft: &mut Draft, value: Value<'_>, place: &Place<'_>) -> Result<(), Malformed> {
    value.object(place, OPTIONS)?;
    for (key, value) in value.members() {
        let Some(key) = key.string() else { continue };
        let facts = &mut draft.facts;
        match &*key {
            "num_predict" => facts.max_tokens = value.unsigned(),
            "temperature" => facts.temperature = value.number(),
            "top_p" => facts.top_p = value.number(),
            "stop" => {
                let label =
                    Label::new(Stage::Prompt, Role::Other, Kind::Other).with("field", "stop");
                draft.parts.strings(value, &place.key("stop"), &label)?;
            }
            _ => {}
        }
    }
    draft.parts.rest(value, place, &["stop"]);
    Ok(())
}
