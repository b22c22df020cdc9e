//! Requests.

use caponier_core::{GapKind, Kind, RequestFacts, Role, Stage};

use super::message::{Speaker, content};
use super::{MESSAGE, TOOL, TOP, VOCABULARY};
use crate::fields::{Fields, flag};
use crate::history::History;
use crate::json::{Document, Value};
use crate::parts::{Label, Parts};
use crate::place::Place;
use crate::words::{is_token, shown};
use crate::{Limits, Malformed, Problem, Request};

/// The fields that a decision may set or take out.
const SETTABLE: &[&str] = &[
    "cache_control",
    "inference_geo",
    "max_tokens",
    "metadata",
    "model",
    "output_config",
    "service_tier",
    "speed",
    "stop_sequences",
    "temperature",
    "thinking",
    "tool_choice",
    "top_k",
    "top_p",
];

pub(crate) fn request(body: String, limits: &Limits) -> Result<Request, Malformed> {
    let document = Document::parse(&body, limits, VOCABULARY)?;
    let root = document.root().object(&Place::ROOT, TOP)?;
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
        let here = Place::of(name);
        match name {
            "messages" => self.messages(value)?,
            "system" if value.is_null() => {}
            "system" => self.said(value, &here, Role::System)?,
            "tools" => self.tools(value, &here)?,
            "output_config" | "output_format" => {
                let format = match name {
                    "output_config" => value.get("format"),
                    _ => Some(value),
                };
                if let Some(kind) = format.and_then(|format| format.get("type")?.string()) {
                    self.facts.response_format = Some(kind.into_owned());
                }
                self.parts.schema(value, &here, None);
            }
            "metadata" | "stop_sequences" | "context_management" | "compaction" => {
                let other = Label::new(Stage::Prompt, Role::Other, Kind::Other);
                self.parts.strings(value, &here, &other.with("field", name));
            }
            "model" => self.facts.model = self.parts.token(Some(value), &here)?,
            "stream" => self.facts.stream = flag(value, &here)?,
            "max_tokens" => self.facts.max_tokens = value.unsigned(),
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

    fn said(&mut self, value: Value<'_>, place: &Place<'_>, role: Role) -> Result<(), Malformed> {
        let speaker = Speaker {
            stage: Stage::Prompt,
            role,
        };
        content(&mut self.parts, value, place, speaker, &mut self.history)
    }

    fn messages(&mut self, value: Value<'_>) -> Result<(), Malformed> {
        let place = Place::of("messages");
        for (index, message) in value.array(&place)?.items().enumerate() {
            let place = place.item(index);
            self.message(message.object(&place, MESSAGE)?, &place)?;
        }
        Ok(())
    }

    fn message(&mut self, message: Value<'_>, place: &Place<'_>) -> Result<(), Malformed> {
        let role = message
            .get("role")
            .ok_or_else(|| message.refuse(place, Problem::Missing("role")))?;
        let role = match role.string().as_deref() {
            Some("user") => Role::User,
            Some("assistant") => Role::Assistant,
            Some("system") => Role::System,
            Some(_) => {
                self.parts.gap(GapKind::Unrecognized, &place.key("role"));
                Role::Other
            }
            None => return Err(role.refuse(&place.key("role"), Problem::Type("a string"))),
        };
        let first = self.parts.segments.len();
        if let Some(value) = message.get("content") {
            self.said(value, &place.key("content"), role)?;
        }
        if role == Role::User {
            self.history.asked(&self.parts, first);
        }
        self.parts.rest(message, place, MESSAGE);
        Ok(())
    }

    fn tools(&mut self, value: Value<'_>, place: &Place<'_>) -> Result<(), Malformed> {
        if value.is_null() {
            return Ok(());
        }
        for (index, tool) in value.array(place)?.items().enumerate() {
            let place = place.item(index);
            tool.object(&place, TOOL)?;
            let name = self.parts.token(tool.get("name"), &place.key("name"))?;
            self.parts.schema(tool, &place, name.as_deref());
            self.facts.tools.extend(name);
        }
        Ok(())
    }
}
