//! Requests.

use caponier_core::{GapKind, Kind, RequestFacts, Role, Stage};

use super::message::{Speaker, content};
use super::{MESSAGE, TOOL, TOP, VOCABULARY};
use crate::fields::{Fields, flag, offered};
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
    let root = document.root();
    let mut parts = Parts::new(0, limits.segments);
    let mut facts = RequestFacts::default();
    params(root, &Place::ROOT, &mut parts, &mut facts)?;
    let mut members = Vec::new();
    for (key, value) in root.members() {
        let Some(name) = key.string() else { continue };
        members.push((name.into_owned(), key.span(), value.span()));
    }
    drop(document);
    Ok(Request::new(
        body,
        parts.checked()?,
        facts,
        members,
        SETTABLE,
    ))
}

/// Reads what is asked of the model: a body, or a part of a batch.
pub(crate) fn params(
    value: Value<'_>,
    place: &Place<'_>,
    parts: &mut Parts,
    facts: &mut RequestFacts,
) -> Result<(), Malformed> {
    value.object(place, TOP)?;
    let first = parts.segments.len();
    let mut walk = Walk {
        parts,
        facts,
        history: History::default(),
    };
    for (key, member) in value.members() {
        let Some(name) = key.string() else { continue };
        walk.field(&name, member, place)?;
    }
    if value.get("messages").is_none() {
        return Err(value.refuse(place, Problem::Missing("messages")));
    }
    let Walk { parts, history, .. } = walk;
    history.add_query(parts, first);
    Ok(())
}

struct Walk<'a> {
    parts: &'a mut Parts,
    facts: &'a mut RequestFacts,
    history: History,
}

impl Walk<'_> {
    fn field(&mut self, name: &str, value: Value<'_>, place: &Place<'_>) -> Result<(), Malformed> {
        let here = place.key(name);
        match name {
            "messages" => self.messages(value, &here)?,
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
                self.parts.schema(value, &here, &offered(None))?;
            }
            "metadata" | "stop_sequences" | "context_management" | "compaction" => {
                let other = Label::new(Stage::Prompt, Role::Other, Kind::Other);
                self.parts
                    .strings(value, &here, &other.with("field", name))?;
            }
            "model" => self.facts.model = self.parts.token(Some(value), &here)?,
            "stream" => self.facts.stream |= flag(value, &here)?,
            known if TOP.contains(&known) => {
                match known {
                    "max_tokens" => {
                        self.facts.max_tokens = self.facts.max_tokens.max(value.unsigned());
                    }
                    "temperature" => most(&mut self.facts.temperature, value),
                    "top_p" => most(&mut self.facts.top_p, value),
                    _ => {}
                }
                if value.any_string(|text| !is_token(text)) {
                    self.parts.gap(GapKind::Unrecognized, &here);
                }
            }
            _ => {
                if !is_token(name) || value.any_string(|text| !text.is_empty()) {
                    let here = place.key(shown(name));
                    self.parts.gap(GapKind::Unrecognized, &here);
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
        content(self.parts, value, place, speaker, &mut self.history)
    }

    fn messages(&mut self, value: Value<'_>, place: &Place<'_>) -> Result<(), Malformed> {
        for (index, message) in value.array(place)?.items().enumerate() {
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
            self.history.asked(self.parts, first);
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
            self.parts.schema(tool, &place, &offered(name.as_deref()))?;
            self.facts.tools.extend(name);
        }
        Ok(())
    }
}

/// The larger of two numbers: a batch is as much as the most of its parts.
fn most(known: &mut Option<f64>, value: Value<'_>) {
    let number = value.number();
    if known.is_none() || number > *known {
        *known = number;
    }
}
