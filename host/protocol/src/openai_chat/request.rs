//! Requests.

use caponier_core::{GapKind, Kind, RequestFacts, Role, Stage};

use super::message::{assistant, content};
use super::{FUNCTION, MESSAGE, TOP, VOCABULARY};
use crate::draft::{Draft, Names};
use crate::fields::{Fields, flag, offered};
use crate::json::Value;
use crate::parts::{Label, Parts};
use crate::place::Place;
use crate::{Limits, Malformed, Problem, Request};

const NAMES: Names = Names {
    top: TOP,
    required: Some("messages"),
    vocabulary: VOCABULARY,
    settable: &[
        "frequency_penalty",
        "logprobs",
        "max_completion_tokens",
        "max_tokens",
        "metadata",
        "model",
        "n",
        "parallel_tool_calls",
        "presence_penalty",
        "reasoning_effort",
        "response_format",
        "safety_identifier",
        "seed",
        "service_tier",
        "stop",
        "store",
        "stream_options",
        "temperature",
        "tool_choice",
        "top_logprobs",
        "top_p",
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

/// Reads one of the request's own fields.
pub(crate) fn field(draft: &mut Draft, name: &str, value: Value<'_>) -> Result<(), Malformed> {
    let other = || Label::new(Stage::Prompt, Role::Other, Kind::Other).with("field", name);
    let here = Place::of(name);
    match name {
        "messages" => messages(draft, value, &here)?,
        "prompt" => {
            let label = Label::new(Stage::Prompt, Role::User, Kind::Text);
            draft.input(value, &here, &label);
        }
        "suffix" => {
            let label = Label::new(Stage::Prompt, Role::User, Kind::Other).with("field", name);
            draft.input(value, &here, &label);
        }
        "tools" | "functions" => tools(draft, value, &here)?,
        "response_format" => {
            draft.facts.response_format = value
                .get("type")
                .and_then(|kind| kind.string())
                .map(Into::into);
            draft.parts.schema(value, &here, &offered(None))?;
        }
        "prediction" => {
            if let Some(predicted) = value.get("content") {
                let label = Label::new(Stage::Prompt, Role::User, Kind::Other).with("field", name);
                content(&mut draft.parts, predicted, &here.key("content"), &label)?;
            }
            draft.parts.rest(value, &here, &["content"]);
        }
        "user" | "safety_identifier" | "prompt_cache_key" | "stop" | "metadata" => {
            draft.parts.strings(value, &here, &other())?;
        }
        "model" => draft.model(value)?,
        "stream" => draft.facts.stream = flag(value, &here)?,
        "logprobs" => draft.facts.logprobs = flag(value, &here)?,
        "n" => draft.facts.n = draft.count(name, value),
        "max_tokens" | "max_completion_tokens" => {
            draft.facts.max_tokens = draft.facts.max_tokens.max(draft.count(name, value));
        }
        "top_logprobs" => draft.facts.top_logprobs = draft.count(name, value),
        "temperature" => draft.facts.temperature = draft.number(name, value),
        "top_p" => draft.facts.top_p = draft.number(name, value),
        _ => draft.unread(name, value),
    }
    Ok(())
}

/// Reads messages, from the first to the last.
pub(crate) fn messages(
    draft: &mut Draft,
    value: Value<'_>,
    place: &Place<'_>,
) -> Result<(), Malformed> {
    for (index, message) in value.array(place)?.items().enumerate() {
        let place = place.item(index);
        message.object(&place, MESSAGE)?;
        self::message(draft, message, &place)?;
    }
    Ok(())
}

fn message(draft: &mut Draft, message: Value<'_>, place: &Place<'_>) -> Result<(), Malformed> {
    let role = match message.get("role") {
        Some(role) => role
            .string()
            .ok_or_else(|| role.refuse(&place.key("role"), Problem::Type("a string")))?,
        None => return Err(message.refuse(place, Problem::Missing("role"))),
    };
    let id = draft
        .parts
        .token(message.get("tool_call_id"), &place.key("tool_call_id"))?;
    let named = message.get("name").filter(|name| !name.is_null());
    let name = match named {
        Some(name) => Some(
            name.string()
                .ok_or_else(|| name.refuse(&place.key("name"), Problem::Type("a string")))?,
        ),
        None => None,
    };
    let tool;
    let label = match &*role {
        "system" => Label::new(Stage::Prompt, Role::System, Kind::Text),
        "developer" => Label::new(Stage::Prompt, Role::Developer, Kind::Text),
        "user" => Label::new(Stage::Prompt, Role::User, Kind::Text),
        "assistant" => Label::new(Stage::Prompt, Role::Assistant, Kind::Text),
        "tool" | "function" => {
            tool = id
                .as_ref()
                .and_then(|id| draft.history.tool(id))
                .or_else(|| name.as_ref().map(|name| name.to_string()));
            Label::new(Stage::Retrieval, Role::Tool, Kind::ToolResult).named(tool.as_deref())
        }
        _ => {
            draft.parts.gap(GapKind::Unrecognized, &place.key("role"));
            Label::new(Stage::Prompt, Role::Other, Kind::Text)
        }
    };
    let first = draft.parts.segments.len();
    if let Some(value) = message.get("content") {
        content(&mut draft.parts, value, &place.key("content"), &label)?;
    }
    if &*role == "user" {
        draft.history.asked(&draft.parts, first);
    }
    if let Some(value) = named {
        let label = Label::new(Stage::Prompt, Role::Other, Kind::Other).with("field", "name");
        draft.parts.string(value, &label);
    }
    let history = &mut draft.history;
    assistant(
        &mut draft.parts,
        message,
        place,
        Stage::Prompt,
        |id, name| {
            history.called(id, name);
        },
    )
}

/// Reads the tools that are offered.
pub(crate) fn tools(
    draft: &mut Draft,
    value: Value<'_>,
    place: &Place<'_>,
) -> Result<(), Malformed> {
    if value.is_null() {
        return Ok(());
    }
    value.array(place)?;
    for (index, tool) in value.items().enumerate() {
        let place = place.item(index);
        tool.guard(&place, super::CALL)?;
        let inner = tool
            .get("function")
            .or_else(|| tool.get("custom"))
            .unwrap_or(tool);
        inner.guard(&place, FUNCTION)?;
        let name = draft.parts.token(inner.get("name"), &place)?;
        draft
            .parts
            .schema(tool, &place, &offered(name.as_deref()))?;
        draft.facts.tools.extend(name);
    }
    Ok(())
}
