//! What a message and an answer have in common: content blocks.

use caponier_core::{GapKind, Kind, Role, Stage};

use super::BLOCK;
use crate::fields::Fields;
use crate::history::History;
use crate::json::{Type, Value};
use crate::parts::{Goes, Item, Label, Parts};
use crate::place::Place;
use crate::words::{is_token, shown};
use crate::{Malformed, Problem};

/// Fields that hold a name, an id or an enum, wherever they stand in a result.
const NAMES: &[&str] = &[
    "encoding",
    "error_code",
    "file_id",
    "file_type",
    "id",
    "media_type",
    "stop_reason",
    "tool_name",
    "tool_use_id",
    "type",
];

/// Fields that only the provider can read.
const OPAQUE: &[&str] = &[
    "data",
    "encrypted_content",
    "encrypted_index",
    "encrypted_stdout",
];

/// Whose content is read.
#[derive(Clone, Copy)]
pub(super) struct Speaker {
    /// The stage of what it says.
    pub(super) stage: Stage,
    pub(super) role: Role,
}

impl Speaker {
    /// The stage of what it hands on: results and documents.
    fn beyond(self) -> Stage {
        match self.stage {
            Stage::Output => Stage::Output,
            Stage::Prompt | Stage::Retrieval => Stage::Retrieval,
        }
    }

    fn text(self) -> Label<'static> {
        Label::new(self.stage, self.role, Kind::Text)
    }
}

/// Reads content: a string, or an array of blocks.
pub(super) fn content(
    parts: &mut Parts,
    value: Value<'_>,
    place: &Place<'_>,
    speaker: Speaker,
    history: &mut History,
) -> Result<(), Malformed> {
    match value.kind() {
        Type::String => parts.string(value, &speaker.text()),
        Type::Array => {
            let mut items = Vec::new();
            for (index, item) in value.items().enumerate() {
                let first = parts.next();
                let kind = block(parts, item, &place.item(index), speaker, history)?;
                items.push(Item {
                    span: item.span(),
                    segments: first..parts.next(),
                    goes: match &*kind {
                        "document" | "search_result" => Goes::Dropped,
                        "thinking" if speaker.stage == Stage::Prompt => Goes::Changed,
                        _ => Goes::Never,
                    },
                });
            }
            parts.list(items);
        }
        _ => return Err(value.refuse(place, Problem::Type("a string or an array of blocks"))),
    }
    Ok(())
}

/// Reads one block; gives its type.
fn block(
    parts: &mut Parts,
    value: Value<'_>,
    place: &Place<'_>,
    speaker: Speaker,
    history: &mut History,
) -> Result<String, Malformed> {
    let kind = kind_of(value, place)?;
    let assistant = |kind| Label::new(speaker.stage, Role::Assistant, kind);
    match &*kind {
        "text" => text(parts, value, place, &speaker.text())?,
        "thinking" => {
            let first = parts.next();
            parts.required(value, "thinking", place, &assistant(Kind::Reasoning))?;
            sealed(parts, first, value, place);
            parts.rest(value, place, &["signature", "thinking", "type"]);
        }
        "compaction" => {
            let first = parts.next();
            if let Some(summary) = value.get("content").filter(|summary| !summary.is_null()) {
                prose(
                    parts,
                    summary,
                    &place.key("content"),
                    &assistant(Kind::Text),
                )?;
            }
            sealed(parts, first, value, place);
            if let Some(changes) = value.get("tool_changes") {
                parts.texts(
                    changes,
                    &place.key("tool_changes"),
                    &description(speaker.stage, None),
                )?;
            }
            let read = &["content", "signature", "tool_changes", "type"];
            parts.rest(value, place, read);
        }
        "tool_use" | "server_tool_use" | "mcp_tool_use" => {
            let (id, name) = call(parts, value, place)?;
            if let (Some(id), Some(name)) = (&id, &name) {
                history.called(id, name);
            }
            if let Some(input) = value.get("input") {
                let label = assistant(Kind::ToolCall);
                parts.arguments(input, &label.named(name.as_deref()), id);
            }
        }
        _ => other(parts, value, place, &kind, speaker, |id| history.tool(id))?,
    }
    Ok(kind)
}

/// Reads a block that is there as a whole even in a stream; text of it is of no channel.
pub(super) fn other<F: Fields>(
    fields: &mut F,
    value: Value<'_>,
    place: &Place<'_>,
    kind: &str,
    speaker: Speaker,
    tool: impl Fn(&str) -> Option<String>,
) -> Result<(), Malformed> {
    let beyond = speaker.beyond();
    match kind {
        "document" => document(fields, value, place, beyond)?,
        "search_result" => search_result(fields, value, place, beyond)?,
        "image" => fields.note(GapKind::Image, place),
        "container_upload" => fields.note(GapKind::File, place),
        "redacted_thinking" => fields.note(GapKind::Unrecognized, place),
        "tool_result"
        | "mcp_tool_result"
        | "web_search_tool_result"
        | "web_fetch_tool_result"
        | "code_execution_tool_result"
        | "bash_code_execution_tool_result"
        | "text_editor_code_execution_tool_result"
        | "tool_search_tool_result"
        | "advisor_tool_result" => {
            let id = fields.token(value.get("tool_use_id"), &place.key("tool_use_id"))?;
            let name = id.and_then(|id| tool(&id));
            let label = Label::new(beyond, Role::Tool, Kind::ToolResult).named(name.as_deref());
            if let Some(content) = value.get("content") {
                prose(fields, content, &place.key("content"), &label)?;
            }
            fields.rest(value, place, &["content", "tool_use_id", "type"]);
        }
        "mcp_tool_listing" | "tool_addition" => {
            for key in ["tool", "tools"] {
                if let Some(tools) = value.get(key) {
                    let label = description(speaker.stage, None);
                    prose(fields, tools, &place.key(key), &label)?;
                }
            }
            fields.rest(value, place, &["tool", "tools", "type"]);
        }
        "tool_removal" | "fallback" => fields.rest(value, place, &["type"]),
        _ => fields.note(GapKind::Unrecognized, place),
    }
    Ok(())
}

/// The type of a block. One without may be anything.
pub(super) fn kind_of(value: Value<'_>, place: &Place<'_>) -> Result<String, Malformed> {
    let kind = value.object(place, BLOCK)?.get("type");
    let kind = kind.ok_or_else(|| value.refuse(place, Problem::Missing("type")))?;
    let text = kind
        .string()
        .ok_or_else(|| kind.refuse(&place.key("type"), Problem::Type("a string")))?;
    Ok(text.into_owned())
}

/// The id and the name of a tool call, and whatever it has beside its input.
pub(super) fn call<F: Fields>(
    fields: &mut F,
    value: Value<'_>,
    place: &Place<'_>,
) -> Result<(Option<String>, Option<String>), Malformed> {
    let id = fields.token(value.get("id"), &place.key("id"))?;
    let name = fields.token(value.get("name"), &place.key("name"))?;
    if let Some(input) = value.get("input")
        && !matches!(input.kind(), Type::Object | Type::Null)
    {
        return Err(input.refuse(&place.key("input"), Problem::Type("an object")));
    }
    fields.rest(value, place, &["id", "input", "name", "type"]);
    Ok((id, name))
}

/// The signature of the segments from `first` on goes when they are edited.
fn sealed(parts: &mut Parts, first: u32, value: Value<'_>, place: &Place<'_>) {
    if let Some(signature) = value.get("signature").filter(|value| !value.is_null()) {
        check_seal(parts, signature, &place.key("signature"));
        parts.shadow(first..parts.next(), signature, "\"\"");
    }
}

/// Notes a signature that does not read as one.
pub(super) fn check_seal<F: Fields>(fields: &mut F, value: Value<'_>, place: &Place<'_>) {
    let is_base64 = |text: &str| {
        text.bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"+/=-_".contains(&byte))
    };
    if !value.string().is_some_and(|text| is_base64(&text)) {
        fields.note(GapKind::Unrecognized, place);
    }
}

fn text<F: Fields>(
    fields: &mut F,
    value: Value<'_>,
    place: &Place<'_>,
    label: &Label<'_>,
) -> Result<(), Malformed> {
    fields.required(value, "text", place, label)?;
    if let Some(list) = value.get("citations") {
        let stage = label.stage;
        let citation = Label::new(stage, Role::Assistant, Kind::Citation);
        prose(fields, list, &place.key("citations"), &citation)?;
    }
    fields.rest(value, place, &["citations", "text", "type"]);
    Ok(())
}

fn document<F: Fields>(
    fields: &mut F,
    value: Value<'_>,
    place: &Place<'_>,
    stage: Stage,
) -> Result<(), Malformed> {
    let label = Label::new(stage, Role::Document, Kind::Document);
    beside(fields, value, place, &label, &["title", "context"])?;
    let here = place.key("source");
    let source = value
        .get("source")
        .ok_or_else(|| value.refuse(place, Problem::Missing("source")))?;
    let read = match &*kind_of(source, &here)? {
        "text" => {
            fields.required(source, "data", &here, &label)?;
            "data"
        }
        "content" => {
            let content = source
                .get("content")
                .ok_or_else(|| source.refuse(&here, Problem::Missing("content")))?;
            prose(fields, content, &here.key("content"), &label)?;
            "content"
        }
        "base64" => {
            fields.note(GapKind::File, &here);
            "data"
        }
        "url" => {
            fields.note(GapKind::File, &here);
            "url"
        }
        "file" => {
            fields.note(GapKind::File, &here);
            "file_id"
        }
        _ => {
            fields.note(GapKind::Unrecognized, &here);
            return Ok(());
        }
    };
    fields.rest(source, &here, &[read, "type"]);
    fields.rest(value, place, &["context", "source", "title", "type"]);
    Ok(())
}

/// The fields that a document has beside its text.
fn beside<F: Fields>(
    fields: &mut F,
    value: Value<'_>,
    place: &Place<'_>,
    label: &Label<'_>,
    keys: &[&'static str],
) -> Result<(), Malformed> {
    for key in keys {
        if let Some(field) = value.get(key) {
            let label = label.clone().with("field", *key);
            prose(fields, field, &place.key(key), &label)?;
        }
    }
    Ok(())
}

fn search_result<F: Fields>(
    fields: &mut F,
    value: Value<'_>,
    place: &Place<'_>,
    stage: Stage,
) -> Result<(), Malformed> {
    let label = Label::new(stage, Role::Document, Kind::Document);
    beside(fields, value, place, &label, &["title", "source"])?;
    if let Some(content) = value.get("content") {
        prose(fields, content, &place.key("content"), &label)?;
    }
    fields.rest(value, place, &["content", "source", "title", "type"]);
    Ok(())
}

/// Every string of a result, a document or a citation, whatever its shape. What is not text in it,
/// and keys that are not names, are gaps.
pub(super) fn prose<F: Fields>(
    fields: &mut F,
    value: Value<'_>,
    place: &Place<'_>,
    label: &Label<'_>,
) -> Result<(), Malformed> {
    match value.kind() {
        Type::String => return fields.whole(value, label),
        Type::Array => {
            for (index, item) in value.items().enumerate() {
                prose(fields, item, &place.item(index), label)?;
            }
            return Ok(());
        }
        Type::Object => {
            value.guard(place, BLOCK)?;
        }
        _ => return Ok(()),
    }
    match value.get("type").and_then(Value::string).as_deref() {
        Some("text") => return text(fields, value, place, label),
        Some("document") => return document(fields, value, place, label.stage),
        Some("search_result") => return search_result(fields, value, place, label.stage),
        Some("image") => {
            fields.note(GapKind::Image, place);
            return Ok(());
        }
        _ => {}
    }
    for (key, member) in value.members() {
        let Some(key) = key.string() else { continue };
        let here = place.key(shown(&key));
        if !is_token(&key) {
            fields.note(GapKind::Unrecognized, &here);
        }
        if member.kind() != Type::String {
            prose(fields, member, &here, label)?;
        } else if OPAQUE.contains(&&*key) {
            fields.note(GapKind::Unrecognized, &here);
        } else if NAMES.contains(&&*key) {
            fields.token(Some(member), &here)?;
        } else {
            fields.whole(member, label)?;
        }
    }
    Ok(())
}

fn description(stage: Stage, name: Option<&str>) -> Label<'_> {
    Label::new(stage, Role::System, Kind::ToolDescription).named(name)
}
