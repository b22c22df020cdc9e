//! What a server says: answers, requests of its own, and notifications.

use std::fmt::Write as _;

use caponier_core::{GapKind, Kind, Role, Stage};
use sha2::{Digest as _, Sha256};

use super::message::{At, Shape, beside_text, free, shape, told};
use super::{Asked, HELD, VOCABULARY};
use crate::fields::Fields as _;
use crate::json::{Document, Type, Value, canonical, unescape};
use crate::parts::{Goes, Item, Label, Parts};
use crate::place::Place;
use crate::words::is_token;
use crate::{Limits, Malformed, Problem, Response};

/// Methods of a server.
const METHODS: &[&str] = &[
    "elicitation/create",
    "notifications/cancelled",
    "notifications/elicitation/complete",
    "notifications/message",
    "notifications/progress",
    "notifications/prompts/list_changed",
    "notifications/resources/list_changed",
    "notifications/resources/updated",
    "notifications/subscriptions/acknowledged",
    "notifications/tools/list_changed",
    "ping",
    "roots/list",
    "sampling/createMessage",
];

/// Reads a body. One that is empty, as answers to what wants none are, says nothing.
pub(crate) fn response(
    asked: &Asked,
    body: String,
    first: u32,
    limits: &Limits,
) -> Result<Response, Malformed> {
    match body.is_empty() {
        true => Ok(Response::new(
            body,
            Parts::new(first, limits.segments),
            None,
        )),
        false => Ok(read(asked, body, first, limits)?.0),
    }
}

/// Reads a message. With it comes the id of one that answers, as it was written.
pub(super) fn read(
    asked: &Asked,
    body: String,
    first: u32,
    limits: &Limits,
) -> Result<(Response, Option<String>), Malformed> {
    let mut parts = Parts::new(first, limits.segments);
    let document = Document::parse(&body, limits, VOCABULARY)?;
    let root = document.root();
    message(&mut parts, asked, root)?;
    let id = root.get("id").filter(|_| root.get("method").is_none());
    let id = id.map(|id| id.raw().to_owned());
    drop(document);
    Ok((Response::new(body, parts.checked()?, None), id))
}

fn said(kind: Kind) -> Label<'static> {
    Label::new(Stage::Retrieval, Role::Tool, kind)
}

fn message(parts: &mut Parts, asked: &Asked, root: Value<'_>) -> Result<(), Malformed> {
    let beside = said(Kind::Other);
    match shape(parts, root, &beside)? {
        Shape::Answer { result } => match result {
            Some(value) if value.kind() == Type::Object => {
                let is_asked = asked.id.as_deref().zip(root.get("id"));
                let is_asked = is_asked.is_some_and(|(asked, id)| is_same(asked, id.raw()));
                let name = asked.name.as_deref().filter(|_| is_asked);
                result_of(parts, name, value, &beside)
            }
            Some(value) => Err(value.refuse(&Place::of("result"), Problem::Type("an object"))),
            None => Ok(()),
        },
        Shape::Method { name, params, .. } => {
            if !METHODS.contains(&&*name) {
                parts.note(GapKind::Unrecognized, &Place::of("method"));
            }
            let Some(params) = params else { return Ok(()) };
            let label = match &*name {
                "sampling/createMessage" | "elicitation/create" => said(Kind::Text),
                "notifications/message" => beside.with("field", "log"),
                "notifications/progress" => beside.with("field", "progress"),
                _ => beside,
            };
            let at = match &*name {
                "sampling/createMessage" => At::Sampling,
                _ => At::Other,
            };
            told(parts, params, at, &Place::of("params"), &label)
        }
    }
}

/// Whether two ids, as they are written, are the same to a client that is lenient: to some, `"7"`
/// and `7.0` are 7. Whoever answers could rid its answer of its name, if they were not.
fn is_same(asked: &str, id: &str) -> bool {
    let [asked, id] = [asked, id].map(|id| unescape(id.trim_matches('"')));
    let number = |id: &str| id.trim().replace('_', "").parse::<f64>().ok();
    asked == id || number(&asked).is_some_and(|asked| number(&id) == Some(asked))
}

/// What a result says, by its fields: which request it answers is for the server to say, and a
/// client may take it for another.
fn result_of(
    parts: &mut Parts,
    name: Option<&str>,
    result: Value<'_>,
    beside: &Label<'_>,
) -> Result<(), Malformed> {
    let place = Place::of("result");
    result.object(&place, HELD)?;
    for (key, value) in result.members() {
        let Some(key) = key.string() else { continue };
        let here = place.key(&key);
        match &*key {
            "content" => told(
                parts,
                value,
                At::Content,
                &here,
                &said(Kind::ToolResult).named(name),
            )?,
            "structuredContent" => parts.leaves(value, &said(Kind::ToolResult).named(name)),
            "tools" | "prompts" | "resources" | "resourceTemplates" => {
                list(parts, &key, value, &here)?;
            }
            "contents" => contents(parts, value, &here, name)?,
            "messages" => {
                let label = Label::new(Stage::Retrieval, Role::Document, Kind::Document);
                told(parts, value, At::Message, &here, &label.named(name))?;
            }
            "instructions" | "serverInfo" => {
                let label = said(Kind::ToolDescription).with("field", &*key);
                told(parts, value, At::Other, &here, &label)?;
            }
            "description" | "completion" | "inputRequests" => {
                free(parts, value, &beside.clone().with("field", &*key))?;
            }
            _ => beside_text(parts, &key, value, &place, beside)?,
        }
    }
    Ok(())
}

/// What a server offers. What it describes with a text that is dropped leaves the list. Each text
/// tells the digest of the whole, so that rules can see that it is not what it was.
fn list(
    parts: &mut Parts,
    key: &str,
    value: Value<'_>,
    place: &Place<'_>,
) -> Result<(), Malformed> {
    let mut items = Vec::new();
    for (index, item) in value.array(place)?.items().enumerate() {
        let here = place.item(index);
        let first = parts.next();
        let name = item.get("name").and_then(Value::string);
        let is_name = |name: &&str| !name.is_empty() && is_token(name);
        let name = name.as_deref().filter(is_name);
        let label = said(Kind::ToolDescription)
            .named(name)
            .with("list", key)
            .with("digest", digest(item));
        told(parts, item, At::Other, &here, &label)?;
        if parts.next() == first {
            // What has no text can be dropped, too.
            parts.read_only(name.unwrap_or("{}").to_owned(), &label);
        }
        items.push(Item {
            span: item.span(),
            segments: first..parts.next(),
            goes: Goes::Dropped,
        });
    }
    parts.shelf(items);
    Ok(())
}

/// The digest of all that is said of something, however it is spelled.
fn digest(item: Value<'_>) -> String {
    let mut text = String::from("sha256:");
    for byte in Sha256::digest(canonical(item)) {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// What a resource holds.
fn contents(
    parts: &mut Parts,
    value: Value<'_>,
    place: &Place<'_>,
    asked: Option<&str>,
) -> Result<(), Malformed> {
    for (index, item) in value.array(place)?.items().enumerate() {
        let uri = item.get("uri").and_then(Value::string);
        let label = Label::new(Stage::Retrieval, Role::Document, Kind::Document);
        let label = label.named(uri.as_deref().or(asked));
        told(parts, item, At::Resource, &place.item(index), &label)?;
    }
    Ok(())
}
