//! Requests.

use std::collections::HashMap;

use caponier_core::{GapKind, Kind, RequestFacts, Role, Stage};

use super::message::{assistant, content, rest, texts, token};
use super::{FUNCTION, MESSAGE, TOP, VOCABULARY, is_token, shown};
use crate::json::{Document, Type, Value};
use crate::parts::{Label, Parts};
use crate::place::Place;
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
    if root.kind() != Type::Object {
        return Err(root.refuse(&Place::ROOT, Problem::Type("an object")));
    }
    root.guard(&Place::ROOT, TOP)?;
    let mut walk = Walk {
        parts: Parts::new(0, limits.segments),
        facts: RequestFacts::default(),
        names: HashMap::new(),
        query: None,
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
    walk.add_query();
    let Walk { parts, facts, .. } = walk;
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
    /// Names of called tools by the id of the call.
    names: HashMap<String, String>,
    /// What the last user message says.
    query: Option<String>,
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
                self.schema(value, &here, None);
            }
            "prediction" => {
                if let Some(predicted) = value.get("content") {
                    let label =
                        Label::new(Stage::Prompt, Role::User, Kind::Other).with("field", name);
                    content(&mut self.parts, predicted, &here.key("content"), &label)?;
                }
                rest(&mut self.parts, value, &here, &["content"]);
            }
            "user" | "safety_identifier" | "prompt_cache_key" | "stop" | "metadata" => {
                self.strings(value, &here, &other());
            }
            "model" => self.facts.model = token(&mut self.parts, Some(value), &here)?,
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

    /// Every string of a value, keys that are not tokens as a gap.
    fn strings(&mut self, value: Value<'_>, place: &Place<'_>, label: &Label<'_>) {
        match value.kind() {
            Type::String => self.parts.string(value, label),
            Type::Array => value
                .items()
                .for_each(|item| self.strings(item, place, label)),
            Type::Object => {
                for (key, member) in value.members() {
                    if key.string().is_some_and(|key| !is_token(&key)) {
                        self.parts.gap(GapKind::Unrecognized, &place.key("*"));
                    }
                    self.strings(member, place, label);
                }
            }
            _ => {}
        }
    }

    fn messages(&mut self, value: Value<'_>) -> Result<(), Malformed> {
        if value.kind() != Type::Array {
            return Err(value.refuse(&Place::of("messages"), Problem::Type("an array")));
        }
        let place = Place::of("messages");
        for (index, message) in value.items().enumerate() {
            let place = place.item(index);
            if message.kind() != Type::Object {
                return Err(message.refuse(&place, Problem::Type("an object")));
            }
            message.guard(&place, MESSAGE)?;
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
        let id = token(
            &mut self.parts,
            message.get("tool_call_id"),
            &place.key("tool_call_id"),
        )?;
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
                    .and_then(|id| self.names.get(id).cloned())
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
            let said: Vec<&str> = self
                .parts
                .segments
                .get(first..)
                .unwrap_or_default()
                .iter()
                .map(|placed| placed.segment.text.as_str())
                .collect();
            if !said.is_empty() {
                self.query = Some(said.join("\n"));
            }
        }
        if let Some(value) = named {
            let label = Label::new(Stage::Prompt, Role::Other, Kind::Other).with("field", "name");
            self.parts.string(value, &label);
        }
        let names = &mut self.names;
        assistant(
            &mut self.parts,
            message,
            place,
            Stage::Prompt,
            |id, name| {
                names.insert(id.to_owned(), name.to_owned());
            },
        )
    }

    /// Tool results are judged beside what the user asked for.
    fn add_query(&mut self) {
        let retrieved = self
            .parts
            .segments
            .iter()
            .any(|placed| placed.stage == Stage::Retrieval);
        if let (true, Some(query)) = (retrieved, self.query.take()) {
            self.parts.read_only(
                query,
                &Label::new(Stage::Retrieval, Role::User, Kind::Query),
            );
        }
    }

    fn tools(&mut self, value: Value<'_>, place: &Place<'_>) -> Result<(), Malformed> {
        if value.is_null() {
            return Ok(());
        }
        if value.kind() != Type::Array {
            return Err(value.refuse(place, Problem::Type("an array")));
        }
        for (index, tool) in value.items().enumerate() {
            let place = place.item(index);
            tool.guard(&place, super::CALL)?;
            let inner = tool
                .get("function")
                .or_else(|| tool.get("custom"))
                .unwrap_or(tool);
            inner.guard(&place, FUNCTION)?;
            let name = token(&mut self.parts, inner.get("name"), &place)?;
            self.schema(tool, &place, name.as_deref());
            self.facts.tools.extend(name);
        }
        Ok(())
    }

    /// Descriptions, and whatever else in a schema is text. Names of properties reach the model
    /// too: those that are not tokens are a gap.
    fn schema(&mut self, value: Value<'_>, place: &Place<'_>, name: Option<&str>) {
        match value.kind() {
            Type::Array => value
                .items()
                .for_each(|item| self.schema(item, place, name)),
            Type::Object => {
                for (key, member) in value.members() {
                    let Some(key) = key.string() else { continue };
                    if !is_token(&key) {
                        self.parts.gap(GapKind::Unrecognized, &place.key("*"));
                    }
                    let described = &*key == "description" && member.kind() == Type::String;
                    if described {
                        self.parts.string(member, &description(name));
                    } else {
                        self.schema(member, place, name);
                    }
                }
            }
            _ => texts(&mut self.parts, value, &description(name)),
        }
    }
}

fn description(name: Option<&str>) -> Label<'_> {
    Label::new(Stage::Prompt, Role::System, Kind::ToolDescription).named(name)
}

fn flag(value: Value<'_>, place: &Place<'_>) -> Result<bool, Malformed> {
    match value.kind() {
        Type::True => Ok(true),
        Type::False | Type::Null => Ok(false),
        _ => Err(value.refuse(place, Problem::Type("true or false"))),
    }
}
