//! Requests.

use caponier_core::{GapKind, Kind, RequestFacts, Role, Stage};

use super::message::{assistant, content};
use super::{FUNCTION, MESSAGE, TOP, VOCABULARY};
use crate::fields::{Fields, flag};
use crate::history::History;
use crate::json::{Document, Value};
use crate::parts::{Label, Parts};
use crate::place::Place;
use crate::words::{is_token, shown};
use crate::{Limits, Malformed, Problem, Request};

/// The fields that a decision may set or take out.
const SETTABLE: &[&str] = &[
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
];

pub(crate) fn request(body: String, limits: &Limits) -> Result<Request, Malformed> {
    let document = Document::parse(&body, limits, VOCABULARY)?;
    let root = document.root();
    root.object(&Place::ROOT, TOP)?;
    let mut walk = Walk {
        parts: Parts::new(0, limits.segments),
        facts: RequestFacts::default(),
        history: History::default(),
    };
    let mut members = Vec::new();
    for (key, value) in root.members() {
        let Some(name) = key.string() else { continue };
        members.push((name.clone().into_owned(), key.span(), value.span()));
        walk.field(&name, value)?;
    }
    if root.get("messages").is_none() {
        return Err(root.refuse(&Place::ROOT, Problem::Missing("messages")));
    }
    let Walk {
        mut parts,
        facts,
        history,
    } = walk;
    history.add_query(&mut parts);
    drop(document);
    Ok(Request::new(
        body,
        parts.checked()?,
        facts,
        members,
        SETTABLE,
    ))
}

struct Walk {
    parts: Parts,
    facts: RequestFacts,
    history: History,
}

impl Walk {
    fn field(&mut self, name: &str, value: Value<'_>) -> Result<(), Malformed> {
        let other = || Label::new(Stage::Prompt, Role::Other, Kind::Other).with("field", name);
        let here = Place::of(name);
        match name {
            "messages" => self.messages(value)?,
            "tools" | "functions" => self.tools(value, &here)?,
            "response_format" => {
                self.facts.response_format = value
                    .get("type")
                    .and_then(|kind| kind.string())
                    .map(Into::into);
                self.parts.schema(value, &here, None);
            }
            "prediction" => {
                if let Some(predicted) = value.get("content") {
                    let label =
                        Label::new(Stage::Prompt, Role::User, Kind::Other).with("field", name);
                    content(&mut self.parts, predicted, &here.key("content"), &label)?;
                }
                self.parts.rest(value, &here, &["content"]);
            }
            "user" | "safety_identifier" | "prompt_cache_key" | "stop" | "metadata" => {
                self.parts.strings(value, &here, &other());
            }
            "model" => self.facts.model = self.parts.token(Some(value), &here)?,
            "stream" => self.facts.stream = flag(value, &here)?,
            "logprobs" => self.facts.logprobs = flag(value, &here)?,
            "n" => self.facts.n = value.unsigned(),
            "max_tokens" | "max_completion_tokens" => {
                self.facts.max_tokens = self.facts.max_tokens.max(value.unsigned());
            }
            "top_logprobs" => self.facts.top_logprobs = value.unsigned(),
            "temperature" => self.facts.temperature = value.number(),
            "top_p" => self.facts.top_p = value.number(),
            known if TOP.contains(&known) => {
                if value.any_string(|text| !is_token(text)) {
                    self.parts.gap(GapKind::Unrecognized, name);
                }
            }
            _ => {
                if !is_token(name) || value.any_string(|text| !text.is_empty()) {
                    self.parts.gap(GapKind::Unrecognized, shown(name));
                }
            }
        }
        Ok(())
    }

    fn messages(&mut self, value: Value<'_>) -> Result<(), Malformed> {
        value.array(&Place::of("messages"))?;
        let place = Place::of("messages");
        for (index, message) in value.items().enumerate() {
            let place = place.item(index);
            message.object(&place, MESSAGE)?;
            self.message(message, &place)?;
        }
        Ok(())
    }

    fn message(&mut self, message: Value<'_>, place: &Place<'_>) -> Result<(), Malformed> {
        let role = match message.get("role") {
            Some(role) => role
                .string()
                .ok_or_else(|| role.refuse(&place.key("role"), Problem::Type("a string")))?,
            None => return Err(message.refuse(place, Problem::Missing("role"))),
        };
        let id = self
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
                    .and_then(|id| self.history.tool(id))
                    .or_else(|| name.as_ref().map(|name| name.to_string()));
                Label::new(Stage::Retrieval, Role::Tool, Kind::ToolResult).named(tool.as_deref())
            }
            _ => {
                self.parts.gap(GapKind::Unrecognized, &place.key("role"));
                Label::new(Stage::Prompt, Role::Other, Kind::Text)
            }
        };
        let first = self.parts.segments.len();
        if let Some(value) = message.get("content") {
            content(&mut self.parts, value, &place.key("content"), &label)?;
        }
        if &*role == "user" {
            self.history.asked(&self.parts, first);
        }
        if let Some(value) = named {
            let label = Label::new(Stage::Prompt, Role::Other, Kind::Other).with("field", "name");
            self.parts.string(value, &label);
        }
        let history = &mut self.history;
        assistant(
            &mut self.parts,
            message,
            place,
            Stage::Prompt,
            |id, name| {
                history.called(id, name);
            },
        )
    }

    fn tools(&mut self, value: Value<'_>, place: &Place<'_>) -> Result<(), Malformed> {
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
            let name = self.parts.token(inner.get("name"), &place)?;
            self.parts.schema(tool, &place, name.as_deref());
            self.facts.tools.extend(name);
        }
        Ok(())
    }
}
