//! What a client says: requests, notifications, and answers to a server's requests.

use caponier_core::{GapKind, Kind, RequestFacts, Role, Stage, ToolCall};

use super::message::{At, Shape, beside_text, free, media, shape, told};
use super::{Asked, HELD, VOCABULARY};
use crate::fields::Fields as _;
use crate::json::{Document, Type, Value};
use crate::parts::{Label, Parts};
use crate::place::Place;
use crate::words::{is_token, shown};
use crate::{Format, Limits, Malformed, Request};

/// Methods of a client that have no text of their own.
const PLAIN: &[&str] = &[
    "initialize",
    "logging/setLevel",
    "notifications/cancelled",
    "notifications/initialized",
    "notifications/progress",
    "notifications/roots/list_changed",
    "ping",
    "prompts/list",
    "resources/list",
    "resources/templates/list",
    "server/discover",
    "subscriptions/listen",
    "tools/list",
];

/// Reads a body. One that is empty, as those of `GET` and `DELETE` are, says nothing.
pub(crate) fn request(body: String, limits: &Limits) -> Result<Request, Malformed> {
    let mut parts = Parts::new(0, limits.segments);
    let mut asked = Asked::default();
    if !body.is_empty() {
        let document = Document::parse(&body, limits, VOCABULARY)?;
        asked = message(&mut parts, document.root())?;
        drop(document);
    }
    let facts = RequestFacts::default();
    let request = Request::new(body, parts.checked()?, facts, Vec::new(), &[]);
    Ok(request.answered_in(Format::Mcp(asked)))
}

fn message(parts: &mut Parts, root: Value<'_>) -> Result<Asked, Malformed> {
    let beside = Label::new(Stage::Prompt, Role::Other, Kind::Other);
    let mut asked = Asked::default();
    match shape(parts, root, &beside)? {
        Shape::Answer { result } => {
            asked.is_told = true;
            if let Some(result) = result {
                answered(parts, result, &Place::of("result"))?;
            }
        }
        Shape::Method { name, params, id } => {
            asked.is_told = id.is_none();
            asked.id = id.map(|id| id.raw().to_owned());
            asked.is_called = matches!(&*name, "tools/call" | "prompts/get");
            if let Some(params) = params {
                asked.name = asks(parts, &name, params, id, &beside)?;
            }
            if !is_known(&name) {
                parts.note(GapKind::Unrecognized, &Place::of("method"));
            }
        }
    }
    Ok(asked)
}

/// What a client answers: a model's words, a user's input, or roots. Of a model's, images and audio
/// are gaps.
fn answered(parts: &mut Parts, result: Value<'_>, place: &Place<'_>) -> Result<(), Malformed> {
    let label = Label::new(Stage::Prompt, Role::Other, Kind::Text);
    if result.kind() != Type::Object {
        return free(parts, result, &label);
    }
    result.guard(place, HELD)?;
    let is_input = result.get("action").is_some();
    for (key, value) in result.members() {
        let Some(key) = key.string() else { continue };
        let here = place.key(shown(&key));
        if !is_token(&key) {
            parts.note(GapKind::Unrecognized, &here);
        }
        match value.kind() {
            Type::Array if key == "content" && !is_input => {
                for (index, item) in value.items().enumerate() {
                    content(parts, item, &here.item(index), &label)?;
                }
            }
            _ if key == "content" && !is_input => content(parts, value, &here, &label)?,
            _ => free(parts, value, &label)?,
        }
    }
    Ok(())
}

fn content(
    parts: &mut Parts,
    item: Value<'_>,
    place: &Place<'_>,
    label: &Label<'_>,
) -> Result<(), Malformed> {
    match media(item) {
        Some(_) => told(parts, item, At::Content, place, label),
        None => free(parts, item, label),
    }
}

fn is_known(method: &str) -> bool {
    matches!(
        method,
        "tools/call"
            | "prompts/get"
            | "completion/complete"
            | "resources/read"
            | "resources/subscribe"
            | "resources/unsubscribe"
    ) || PLAIN.contains(&method)
}

/// What a request asks. Gives the name of what it asks for.
fn asks(
    parts: &mut Parts,
    method: &str,
    params: Value<'_>,
    id: Option<Value<'_>>,
    beside: &Label<'_>,
) -> Result<Option<String>, Malformed> {
    let place = Place::of("params");
    params.object(&place, HELD)?;
    let name = params.get("name").or_else(|| params.get("uri"));
    let name = name.and_then(Value::string).map(|name| name.into_owned());
    for (key, value) in params.members() {
        let Some(key) = key.string() else { continue };
        let here = place.key(&key);
        match (method, &*key) {
            ("tools/call" | "prompts/get", "name") => {
                parts.token(Some(value), &here)?;
            }
            ("tools/call", "arguments") => {
                let label = Label::new(Stage::Prompt, Role::Assistant, Kind::ToolCall);
                let id = id.map(|id| id.raw().trim_matches('"').to_owned());
                parts.arguments(value, &label.named(name.as_deref()), id);
            }
            ("prompts/get", "arguments") | ("completion/complete", "argument" | "context") => {
                let label = Label::new(Stage::Prompt, Role::User, Kind::Text);
                parts.leaves(value, &label.named(name.as_deref()));
            }
            (_, "uri") => {
                let label = Label::new(Stage::Prompt, Role::Assistant, Kind::ToolCall);
                free(parts, value, &label.with("field", "uri"))?;
            }
            ("tools/call" | "prompts/get", "inputResponses") => {
                if value.kind() != Type::Object {
                    free(parts, value, beside)?;
                }
                for (key, value) in value.members() {
                    let Some(key) = key.string() else { continue };
                    let here = here.key(shown(&key));
                    if !is_token(&key) {
                        parts.note(GapKind::Unrecognized, &here);
                    }
                    answered(parts, value, &here)?;
                }
            }
            (method, key) if is_known(method) => beside_text(parts, key, value, &place, beside)?,
            (_, key) => {
                if !is_token(key) {
                    parts.note(GapKind::Unrecognized, &here);
                }
                free(parts, value, beside)?;
            }
        }
    }
    // A call without arguments is one that rules are asked of.
    if method == "tools/call" && params.get("arguments").is_none() {
        parts.calls.push(ToolCall {
            id: id.map(|id| id.raw().trim_matches('"').to_owned()),
            name: name.clone().unwrap_or_default(),
            arguments: String::new(),
        });
    }
    Ok(name.filter(|name| method == "resources/read" || is_token(name)))
}
