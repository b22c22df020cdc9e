//! Items and the parts of their content, which requests and answers have in common.

use caponier_core::{GapKind, Kind, Role, Span, Stage, ToolCall};

use super::items::{self, Way};
use super::{ITEM, PART, TOOL};
use crate::fields::Fields;
use crate::files::filename;
use crate::history::History;
use crate::json::{Type, Value};
use crate::openai_chat::says_more;
use crate::parts::{Goes, Item, Label, Parts};
use crate::place::Place;
use crate::words::{is_token, shown};
use crate::{Malformed, Problem};

/// Takes what is read of items.
pub(super) trait Sink: Fields {
    /// A text, and the `logprobs` that repeat it.
    fn logged(
        &mut self,
        text: Value<'_>,
        logprobs: Value<'_>,
        label: &Label<'_>,
    ) -> Result<(), Malformed>;

    /// A called tool's arguments: JSON, or a string of it.
    fn arguments(
        &mut self,
        value: Value<'_>,
        label: &Label<'_>,
        id: Option<String>,
    ) -> Result<(), Malformed>;

    /// What a called tool is given as one text.
    fn input(
        &mut self,
        value: Value<'_>,
        label: &Label<'_>,
        id: Option<String>,
    ) -> Result<(), Malformed>;

    /// An attached file.
    fn file(&mut self, file: Value<'_>, place: &Place<'_>, stage: Stage) -> Result<(), Malformed>;

    /// What was found, of which any may be dropped: where each stands, and its first segment.
    fn found(&mut self, items: &[(Span, u32)]);

    /// The id of the segment that comes next.
    fn next(&self) -> u32;
}

impl Sink for Parts {
    fn logged(
        &mut self,
        text: Value<'_>,
        logprobs: Value<'_>,
        label: &Label<'_>,
    ) -> Result<(), Malformed> {
        let first = self.next();
        self.string(text, label);
        self.shadow(first..self.next(), logprobs, "[]");
        Ok(())
    }

    fn arguments(
        &mut self,
        value: Value<'_>,
        label: &Label<'_>,
        id: Option<String>,
    ) -> Result<(), Malformed> {
        self.arguments(value, label, id);
        Ok(())
    }

    fn input(
        &mut self,
        value: Value<'_>,
        label: &Label<'_>,
        id: Option<String>,
    ) -> Result<(), Malformed> {
        self.string(value, label);
        self.calls.push(ToolCall {
            id,
            name: label.name.unwrap_or_default().to_owned(),
            arguments: value.string().unwrap_or_default().into_owned(),
        });
        Ok(())
    }

    fn file(&mut self, file: Value<'_>, place: &Place<'_>, stage: Stage) -> Result<(), Malformed> {
        self.file(file, place, stage)
    }

    fn found(&mut self, items: &[(Span, u32)]) {
        let ends = items.iter().skip(1).map(|(_, first)| *first);
        let ends: Vec<u32> = ends.chain([self.next()]).collect();
        let items = items.iter().zip(ends);
        let items = items.map(|((span, first), end)| Item {
            span: *span,
            segments: *first..end,
            goes: Goes::Dropped,
        });
        self.list(items.collect());
    }

    fn next(&self) -> u32 {
        self.next()
    }
}

/// Whose items they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// The client's.
    Request,
    /// The model's.
    Answer,
}

impl Side {
    /// The stage of what is said.
    fn said(self) -> Stage {
        match self {
            Self::Request => Stage::Prompt,
            Self::Answer => Stage::Output,
        }
    }

    /// The stage of what tools and searches found.
    fn found(self) -> Stage {
        match self {
            Self::Request => Stage::Retrieval,
            Self::Answer => Stage::Output,
        }
    }
}

/// Reads items.
pub(super) struct Walk<'a, S> {
    pub(super) sink: &'a mut S,
    pub(super) side: Side,
    pub(super) history: &'a mut History,
}

/// The tool that an item is about.
struct Tool {
    name: Option<String>,
    id: Option<String>,
}

impl<S: Sink> Walk<'_, S> {
    /// Reads an item; gives the role of the message that it is.
    pub(super) fn item(
        &mut self,
        item: Value<'_>,
        place: &Place<'_>,
    ) -> Result<Option<Role>, Malformed> {
        item.object(place, ITEM)?;
        let kind = word(item, "type", place)?;
        let is_message = kind.is_none() && item.get("role").is_some();
        let kind = kind.as_deref().or(is_message.then_some("message"));
        // An item with nothing but an id is one that the provider keeps.
        let Some(known) = kind.and_then(items::of) else {
            self.sink.note(GapKind::Unrecognized, place);
            return Ok(None);
        };
        let id = ["call_id", "id"]
            .into_iter()
            .find_map(|key| item.get(key)?.string())
            .map(|id| id.into_owned());
        let named = item.get("name").and_then(Value::string);
        let name = named
            .map(|name| name.into_owned())
            .or_else(|| self.history.tool(id.as_deref()?))
            .or_else(|| known.tool.map(str::to_owned));
        if let (true, Some(id), Some(name)) = (known.calls(), &id, &name) {
            self.history.called(id, name);
        }
        let tool = Tool { name, id };
        let role = match known.kind {
            "message" => Some(self.role(item, place)?),
            _ => None,
        };
        let mut read = vec![];
        for (key, value) in item.members() {
            let Some(key) = key.string() else { continue };
            let Some((field, way)) = known.fields.iter().find(|(field, _)| *field == key) else {
                continue;
            };
            read.push(*field);
            if !value.is_null() {
                let role = role.unwrap_or(Role::Other);
                self.field(*way, value, &place.key(field), &tool, role)?;
            }
        }
        if role.is_some() {
            read.push("role");
        }
        self.sink.rest(item, place, &read);
        Ok(role)
    }

    fn role(&mut self, item: Value<'_>, place: &Place<'_>) -> Result<Role, Malformed> {
        let role = word(item, "role", place)?;
        Ok(match (self.side, role.as_deref()) {
            (Side::Answer, Some("assistant") | None) => Role::Assistant,
            (Side::Request, Some("system")) => Role::System,
            (Side::Request, Some("developer")) => Role::Developer,
            (Side::Request, Some("user")) => Role::User,
            (Side::Request, Some("assistant")) => Role::Assistant,
            (Side::Request, None) => return Err(item.refuse(place, Problem::Missing("role"))),
            _ => {
                self.sink.note(GapKind::Unrecognized, &place.key("role"));
                Role::Other
            }
        })
    }

    fn field(
        &mut self,
        way: Way,
        value: Value<'_>,
        place: &Place<'_>,
        tool: &Tool,
        role: Role,
    ) -> Result<(), Malformed> {
        let name = tool.name.as_deref();
        let said = |role, kind| Label::new(self.side.said(), role, kind);
        let call = said(Role::Assistant, Kind::ToolCall).named(name);
        match way {
            Way::Content => self.content(value, place, &said(role, Kind::Text))?,
            Way::Reasoning => {
                self.content(value, place, &said(Role::Assistant, Kind::Reasoning))?
            }
            Way::Arguments => self.sink.arguments(value, &call, tool.id.clone())?,
            Way::Input => {
                if value.kind() != Type::String {
                    return Err(value.refuse(place, Problem::Type("a string or null")));
                }
                self.sink.input(value, &call, tool.id.clone())?;
            }
            Way::Result => self.result(value, place, name)?,
            Way::Documents => self.documents(value, place)?,
            Way::Tools => drop(self.tools(value, place)?),
            Way::Schema => {
                let label = said(Role::System, Kind::ToolDescription).named(name);
                self.sink.schema(value, place, &label)?;
            }
            Way::Reply => {
                let label = said(Role::User, Kind::Text);
                self.sink.strings(value, place, &label)?;
            }
            Way::Opaque(kind) => self.sink.note(kind, place),
        }
        Ok(())
    }

    /// A message's content: a string, or parts.
    pub(super) fn content(
        &mut self,
        value: Value<'_>,
        place: &Place<'_>,
        label: &Label<'_>,
    ) -> Result<(), Malformed> {
        match value.kind() {
            Type::String => self.sink.whole(value, label)?,
            Type::Array => {
                for (index, part) in value.items().enumerate() {
                    self.part(part, &place.item(index), label)?;
                }
            }
            Type::Null => {}
            _ => {
                let problem = Problem::Type("a string, an array of parts, or null");
                return Err(value.refuse(place, problem));
            }
        }
        Ok(())
    }

    /// One part of some content.
    pub(super) fn part(
        &mut self,
        part: Value<'_>,
        place: &Place<'_>,
        label: &Label<'_>,
    ) -> Result<(), Malformed> {
        if part.kind() == Type::String {
            return self.sink.whole(part, label);
        }
        part.object(place, PART)?;
        let kind = word(part, "type", place)?;
        let read: &[&str] = match kind.as_deref() {
            Some("input_text" | "output_text" | "text" | "summary_text" | "reasoning_text") => {
                self.text(part, "text", place, label)?;
                if let Some(annotations) = part.get("annotations") {
                    let label = Label::new(label.stage, label.role, Kind::Citation);
                    self.sink
                        .texts(annotations, &place.key("annotations"), &label)?;
                }
                &["type", "text", "annotations", "logprobs"]
            }
            Some("refusal") => {
                let label = Label::new(label.stage, label.role, Kind::Refusal);
                self.text(part, "refusal", place, &label)?;
                &["type", "refusal"]
            }
            Some("logs") => {
                self.text(part, "logs", place, label)?;
                &["type", "logs"]
            }
            Some("input_file") => {
                self.sink.file(part, place, self.side.found())?;
                &["type", "file_data", "file_id", "file_url", "filename"]
            }
            Some("input_image" | "computer_screenshot" | "image") => {
                self.sink.note(GapKind::Image, place);
                &["type", "file_id", "image_url", "url"]
            }
            Some("input_audio") => {
                self.sink.note(GapKind::Audio, place);
                &["type", "input_audio"]
            }
            _ => {
                self.sink.note(GapKind::Unrecognized, place);
                return Ok(());
            }
        };
        self.sink.rest(part, place, read);
        Ok(())
    }

    /// The text of a part, and the `logprobs` beside it.
    fn text(
        &mut self,
        part: Value<'_>,
        key: &'static str,
        place: &Place<'_>,
        label: &Label<'_>,
    ) -> Result<(), Malformed> {
        let Some(text) = part.get(key) else {
            return Err(part.refuse(place, Problem::Missing(key)));
        };
        if text.kind() != Type::String {
            return Err(text.refuse(&place.key(key), Problem::Type("a string")));
        }
        self.logged(text, part.get("logprobs"), place, label)
    }

    /// A text. Its `logprobs` go with it; without it, nobody has looked at what they say.
    pub(super) fn logged(
        &mut self,
        text: Value<'_>,
        logprobs: Option<Value<'_>>,
        place: &Place<'_>,
        label: &Label<'_>,
    ) -> Result<(), Malformed> {
        let Some(logprobs) = logprobs.filter(|logprobs| !logprobs.is_null()) else {
            return self.sink.whole(text, label);
        };
        let repeats = text.string().is_some_and(|text| !text.is_empty());
        if says_more(logprobs, repeats) {
            self.sink
                .note(GapKind::Unrecognized, &place.key("logprobs"));
        }
        match repeats {
            true => self.sink.logged(text, logprobs, label),
            false => Ok(()),
        }
    }

    /// What a tool said: a string, parts, or objects with strings.
    pub(super) fn result(
        &mut self,
        value: Value<'_>,
        place: &Place<'_>,
        name: Option<&str>,
    ) -> Result<(), Malformed> {
        const SAID: &[&str] = &["stdout", "stderr", "message", "content"];
        let label = Label::new(self.side.found(), Role::Tool, Kind::ToolResult).named(name);
        match value.kind() {
            Type::Array => {
                for (index, item) in value.items().enumerate() {
                    self.result(item, &place.item(index), name)?;
                }
            }
            Type::Object if SAID.iter().any(|key| value.get(key).is_some()) => {
                value.guard(place, PART)?;
                for key in SAID {
                    if let Some(said) = value.get(key) {
                        self.sink.strings(said, &place.key(key), &label)?;
                    }
                }
                self.sink.rest(value, place, SAID);
            }
            Type::Object => self.part(value, place, &label)?,
            _ => self.content(value, place, &label)?,
        }
        Ok(())
    }

    /// What a search found.
    fn documents(&mut self, value: Value<'_>, place: &Place<'_>) -> Result<(), Malformed> {
        let stage = self.side.found();
        let mut items = Vec::new();
        for (index, found) in value.array(place)?.items().enumerate() {
            let place = place.item(index);
            found.object(&place, PART)?;
            items.push((found.span(), self.sink.next()));
            let name = filename(self.sink, found, &place, stage)?;
            let label = Label::new(stage, Role::Document, Kind::Document).named(name.as_deref());
            if let Some(text) = found.get("text").filter(|text| !text.is_null()) {
                self.content(text, &place.key("text"), &label)?;
            }
            if let Some(attributes) = found.get("attributes") {
                let place = place.key("attributes");
                let label = Label::new(stage, Role::Document, Kind::Other);
                self.sink
                    .strings(attributes, &place, &label.with("field", "attributes"))?;
            }
            self.sink
                .rest(found, &place, &["attributes", "filename", "text"]);
        }
        self.sink.found(&items);
        Ok(())
    }

    /// Tools that are offered; gives their names.
    pub(super) fn tools(
        &mut self,
        value: Value<'_>,
        place: &Place<'_>,
    ) -> Result<Vec<String>, Malformed> {
        let mut names = Vec::new();
        if value.is_null() {
            return Ok(names);
        }
        for (index, tool) in value.array(place)?.items().enumerate() {
            self.tool(tool, &place.item(index), &mut names)?;
        }
        Ok(names)
    }

    fn tool(
        &mut self,
        tool: Value<'_>,
        place: &Place<'_>,
        names: &mut Vec<String>,
    ) -> Result<(), Malformed> {
        tool.object(place, TOOL)?;
        let name = self.sink.token(tool.get("name"), place)?;
        let kind = self.sink.token(tool.get("type"), place)?;
        let label = Label::new(self.side.said(), Role::System, Kind::ToolDescription);
        let label = label.named(name.as_deref());
        for (key, value) in tool.members() {
            let Some(key) = key.string().filter(|_| !value.is_null()) else {
                continue;
            };
            let place = place.key(shown(&key));
            match &*key {
                "name" | "type" => {}
                "tools" => names.append(&mut self.tools(value, &place)?),
                // Credentials for a server of the client's choice, which the model does not see.
                "authorization" | "headers" => self.sink.note(GapKind::Unrecognized, &place),
                "input_image_mask" => self.sink.note(GapKind::Image, &place),
                "environment" => self.environment(value, &place, &label)?,
                _ if is_token(&key) => self.sink.schema(value, &place, &label)?,
                _ => self.sink.note(GapKind::Unrecognized, &place),
            }
        }
        names.extend(name.or(kind));
        Ok(())
    }

    /// Where a shell runs, and the skills in it: what is in their archives is not read.
    fn environment(
        &mut self,
        value: Value<'_>,
        place: &Place<'_>,
        label: &Label<'_>,
    ) -> Result<(), Malformed> {
        value.object(place, TOOL)?;
        for (key, member) in value.members() {
            let Some(key) = key.string() else { continue };
            let place = place.key(shown(&key));
            match &*key {
                "skills" if member.is_null() => {}
                "skills" => {
                    for (index, skill) in member.array(&place)?.items().enumerate() {
                        self.skill(skill, &place.item(index), label)?;
                    }
                }
                _ if is_token(&key) => self.sink.schema(member, &place, label)?,
                _ => self.sink.note(GapKind::Unrecognized, &place),
            }
        }
        Ok(())
    }

    fn skill(
        &mut self,
        skill: Value<'_>,
        place: &Place<'_>,
        label: &Label<'_>,
    ) -> Result<(), Malformed> {
        for (key, member) in skill.object(place, TOOL)?.members() {
            let Some(key) = key.string() else { continue };
            let place = place.key(shown(&key));
            match &*key {
                "source" => self.sink.note(GapKind::File, &place),
                _ if is_token(&key) => self.sink.schema(member, &place, label)?,
                _ => self.sink.note(GapKind::Unrecognized, &place),
            }
        }
        Ok(())
    }
}

/// A string that tells how an object is read.
pub(super) fn word<'d>(
    value: Value<'d>,
    key: &str,
    place: &Place<'_>,
) -> Result<Option<std::borrow::Cow<'d, str>>, Malformed> {
    match value.get(key).filter(|word| !word.is_null()) {
        Some(word) => match word.string() {
            Some(text) => Ok(Some(text)),
            None => Err(word.refuse(&place.key(key), Problem::Type("a string"))),
        },
        None => Ok(None),
    }
}
