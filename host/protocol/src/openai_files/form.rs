//! Requests: the form that a file comes in.

use caponier_core::{GapKind, Kind, RequestFacts, Role, Span, Stage};

use super::{VOCABULARY, examples, requests, text_or_gap};
use crate::fields::Fields as _;
use crate::json::{Document, looks_like};
use crate::multipart::{Field, Form, boundary, fields};
use crate::parts::{Label, Parts};
use crate::place::Place;
use crate::words::{is_token, is_word, shown};
use crate::{Limits, Malformed, Problem, Request, rows};

/// The parts that a form is known to have.
const KNOWN: &[&str] = &[
    "_charset_",
    "expires_after[anchor]",
    "expires_after[seconds]",
    "file",
    "purpose",
];

pub(crate) fn request(
    content_type: &str,
    body: Vec<u8>,
    limits: &Limits,
) -> Result<Request, Malformed> {
    let kind = content_type.split(';').next().unwrap_or_default().trim();
    if kind.eq_ignore_ascii_case("application/json") {
        return added(crate::format::text(body)?, limits);
    }
    let boundary = boundary(content_type).ok_or_else(|| {
        let what = "a content type of multipart/form-data with nothing but a plain boundary";
        refused("", Problem::Expected(what))
    })?;
    let fields = fields(&body, boundary)?;
    let form = Form::new(boundary, &fields);
    let mut parts = Parts::new(0, limits.segments);
    let facts = read(&body, &fields, &mut parts, limits)?;
    drop(fields);
    let request = Request::new(body, parts.checked()?, facts, Vec::new(), &[]);
    Ok(request.in_form(form))
}

/// A file that is there already, added to a store.
fn added(body: String, limits: &Limits) -> Result<Request, Malformed> {
    let document = Document::parse(&body, limits, VOCABULARY)?;
    let root = document.root().object(&Place::ROOT, &[])?;
    let mut parts = Parts::new(0, limits.segments);
    let label = Label::new(Stage::Prompt, Role::Other, Kind::Other).with("field", "form");
    parts.texts(root, &Place::ROOT, &label)?;
    drop(document);
    let facts = RequestFacts::default();
    Ok(Request::new(body, parts.checked()?, facts, Vec::new(), &[]))
}

fn read(
    body: &[u8],
    fields: &[Field<'_>],
    parts: &mut Parts,
    limits: &Limits,
) -> Result<RequestFacts, Malformed> {
    let mut purpose = "";
    let mut file = None;
    for field in fields {
        if let Some(like) = looks_like(field.name, KNOWN) {
            return Err(refused("form", Problem::AmbiguousKey(like)));
        }
        match (field.name, field.filename) {
            ("file", Some(_)) => file = Some(field),
            ("purpose", None) => purpose = word(body, field)?,
            ("file" | "purpose" | "_charset_", _) => {
                let what = "a file under the name of `file`, and a `purpose` that is none";
                return Err(refused("form", Problem::Expected(what)));
            }
            _ => other(body, field, parts),
        }
    }
    let Some(file) = file else {
        return Err(refused("form", Problem::Missing("file")));
    };
    let name = filename(body, file, parts);
    let text = || {
        std::str::from_utf8(body).map_err(|error| Malformed {
            place: "file".to_owned(),
            at: error.valid_up_to(),
            problem: Problem::NotUtf8,
        })
    };
    let content = file.content;
    match purpose {
        "batch" => requests::read(text()?, content, parts, limits),
        "fine-tune" => examples::read(text()?, content, parts, limits),
        "evals" => {
            let label = Label::new(Stage::Prompt, Role::User, Kind::Text);
            let strings = |parts: &mut Parts, _, row: crate::json::Value<'_>| {
                parts.texts(row, &Place::ROOT, &label)
            };
            rows::each(parts, text()?, content, limits, VOCABULARY, strings)?;
            Ok(RequestFacts::default())
        }
        _ => {
            let label = Label::new(Stage::Prompt, Role::Document, Kind::Document);
            let label = label.named(name.as_deref());
            text_or_gap(parts, body, content, file.content_type, &label);
            Ok(RequestFacts::default())
        }
    }
}

/// What a part says that is one word.
fn word<'b>(body: &'b [u8], field: &Field<'_>) -> Result<&'b str, Malformed> {
    let bytes = body.get(field.content.start..field.content.end);
    let text = std::str::from_utf8(bytes.unwrap_or_default()).unwrap_or_default();
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte == b'-' || byte == b'_';
    match is_word(text) && !text.is_empty() && text.bytes().all(is_plain) {
        true => Ok(text),
        false => Err(Malformed {
            place: "purpose".to_owned(),
            at: field.content.start,
            problem: Problem::Type("a word in lower case"),
        }),
    }
}

/// A part beside the file: a token, or a text of which nobody knows what it is for.
fn other(body: &[u8], field: &Field<'_>, parts: &mut Parts) {
    let is_known = KNOWN.contains(&field.name) && field.filename.is_none();
    let Span { start, end } = field.content;
    let text = std::str::from_utf8(body.get(start..end).unwrap_or_default());
    if is_known && text.is_ok_and(is_token) {
        return;
    }
    parts.gap(GapKind::Unrecognized, shown(field.name));
    filename(body, field, parts);
    let label = Label::new(Stage::Prompt, Role::Other, Kind::Other).with("field", "form");
    text_or_gap(parts, body, field.content, field.content_type, &label);
}

/// The name of a file, if it is a token. If it is a text, it is a segment.
fn filename(body: &[u8], field: &Field<'_>, parts: &mut Parts) -> Option<String> {
    let span = field.filename?;
    let bytes = body.get(span.start..span.end).unwrap_or_default();
    let name = std::str::from_utf8(bytes).unwrap_or_default();
    if is_token(name) {
        return Some(name.to_owned());
    }
    let label = Label::new(Stage::Prompt, Role::Document, Kind::Other).with("field", "filename");
    parts.verbatim(name, span, true, &label);
    None
}

fn refused(place: &str, problem: Problem) -> Malformed {
    Malformed {
        place: place.to_owned(),
        at: 0,
        problem,
    }
}
