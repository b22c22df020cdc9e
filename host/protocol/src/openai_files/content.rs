//! Files that are read: results of a batch, or whatever else is in one.

use caponier_core::{GapKind, Kind, RequestFacts, Role, Span, Stage};

use super::{RESULT, VOCABULARY};
use crate::data_url::is_text;
use crate::fields::Fields as _;
use crate::json::{Document, Value};
use crate::parts::{Label, Parts};
use crate::place::Place;
use crate::words::{is_token, shown};
use crate::{
    Limits, Malformed, Problem, Request, Response, anthropic_messages, openai_chat,
    openai_embeddings, openai_moderations, openai_responses, rows,
};

/// Keys of a result whose values are tokens.
const TOKENS: &[&str] = &["custom_id", "id", "object", "request_id", "type"];

/// Who asks to read a file says nothing more.
pub(crate) fn unasked(body: &[u8]) -> Result<Request, Malformed> {
    if !body.is_empty() {
        return Err(Malformed {
            place: String::new(),
            at: 0,
            problem: Problem::Expected("no body"),
        });
    }
    let (parts, facts) = (Parts::default(), RequestFacts::default());
    Ok(Request::new(Vec::new(), parts, facts, Vec::new(), &[]))
}

pub(crate) fn response(body: Vec<u8>, first: u32, limits: &Limits) -> Result<Response, Malformed> {
    let mut parts = Parts::new(first, limits.segments);
    let whole = Span::new(0, body.len());
    match std::str::from_utf8(&body) {
        Ok(text) if is_error(text, limits) => {
            let document = Document::parse(text, limits, VOCABULARY)?;
            parts.error(document.root())?;
        }
        Ok(text) if is_results(text, limits) => {
            let read = |parts: &mut Parts, number, row: Value<'_>| result(parts, number, row);
            rows::each(&mut parts, text, whole, limits, VOCABULARY, read)?;
        }
        _ => {
            let label = Label::new(Stage::Output, Role::Document, Kind::Document);
            text_or_gap(&mut parts, &body, whole, None, &label);
        }
    }
    Ok(Response::new(body, parts.checked()?, None))
}

/// Whether all of a body is one object that tells of an error.
fn is_error(text: &str, limits: &Limits) -> bool {
    let document = Document::parse(text, limits, VOCABULARY);
    document.is_ok_and(|document| {
        let root = document.root();
        root.get("error").is_some() && !is_result(root)
    })
}

/// Whether a file's first row is a result. Then all of them have to be rows.
fn is_results(text: &str, limits: &Limits) -> bool {
    let first = text.lines().find(|line| !line.trim().is_empty());
    first.is_some_and(|line| {
        Document::parse(line, limits, VOCABULARY).is_ok_and(|document| is_result(document.root()))
    })
}

fn is_result(value: Value<'_>) -> bool {
    value.get("custom_id").is_some()
}

/// Reads a result, of whichever API.
fn result(parts: &mut Parts, number: usize, row: Value<'_>) -> Result<(), Malformed> {
    row.object(&Place::ROOT, RESULT)?;
    if let Some(error) = row.get("error") {
        parts.error(error)?;
    }
    for (outer, inner) in [("response", "body"), ("result", "message")] {
        let Some(value) = row.get(outer).filter(|value| !value.is_null()) else {
            continue;
        };
        let place = Place::of(outer);
        value.object(&place, &["body", "error", "message"])?;
        others(parts, value, &place, &[inner, "error"])?;
        if let Some(error) = value.get("error") {
            parts.error(error)?;
        }
        if let Some(body) = value.get(inner).filter(|body| !body.is_null()) {
            let place = format!("{outer}.{inner}");
            parts.enter(number, &format!("{}.{place}", rows::place(number)));
            answer(parts, body).map_err(|malformed| rows::within(&place, malformed))?;
            parts.enter(number, &rows::place(number));
        }
    }
    others(parts, row, &Place::ROOT, &["error", "response", "result"])
}

/// Whatever else is in a row, which is a result by its looks only. What should be a token and is one
/// is no text.
fn others(
    parts: &mut Parts,
    value: Value<'_>,
    place: &Place<'_>,
    read: &[&str],
) -> Result<(), Malformed> {
    for (key, member) in value.members() {
        let Some(key) = key.string() else { continue };
        if read.contains(&&*key) {
            continue;
        }
        let place = place.key(shown(&key));
        if !is_token(&key) {
            parts.note(GapKind::Unrecognized, &place);
        }
        let is_named = TOKENS.contains(&&*key);
        if is_named && member.string().is_some_and(|text| is_token(&text)) {
            continue;
        }
        let label = Label::new(Stage::Output, Role::Document, Kind::Document);
        parts.strings(member, &place, &label.with("field", &place))?;
    }
    Ok(())
}

/// Reads an answer as what it looks like.
fn answer(parts: &mut Parts, value: Value<'_>) -> Result<(), Malformed> {
    let has = |key| value.get(key).is_some();
    let tokens = if has("choices") {
        openai_chat::answer(parts, value)
    } else if has("output") {
        openai_responses::answer(parts, value)
    } else if has("data") {
        openai_embeddings::answer(parts, value)
    } else if has("content") {
        anthropic_messages::answer(parts, value)
    } else if has("results") {
        return openai_moderations::answer(parts, value);
    } else {
        return parts.error(value);
    };
    tokens.map(|_| ())
}

/// A file as one document, and a gap where it is no text or says that it is none.
pub(crate) fn text_or_gap(
    parts: &mut Parts,
    body: &[u8],
    file: Span,
    content_type: Option<&str>,
    label: &Label<'_>,
) {
    let bytes = body.get(file.start..file.end).unwrap_or_default();
    let text = std::str::from_utf8(bytes).ok();
    if let Some(text) = text {
        parts.verbatim(text, file, false, label);
    }
    let is_readable = |text: &str| {
        let is_other = |c: char| c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{c}');
        !text.contains(is_other) && !text.starts_with("%PDF-") && !text.starts_with("{\\rtf")
    };
    if !text.is_some_and(is_readable) || !content_type.is_none_or(says_text) {
        parts.gap(GapKind::File, "file");
    }
}

/// Whether a content type is that of a text, or says nothing.
fn says_text(content_type: &str) -> bool {
    let mut words = content_type.split(';');
    let kind = words.next().unwrap_or_default().trim();
    let is_utf8 = |word: &str| {
        let (name, value) = word.split_once('=').unwrap_or((word, ""));
        let value = value.trim().trim_matches('"').to_ascii_lowercase();
        let is_charset = name.to_ascii_lowercase().contains("charset");
        !is_charset || matches!(value.as_str(), "utf-8" | "utf8" | "us-ascii")
    };
    let is_unsaid = kind.eq_ignore_ascii_case("application/octet-stream");
    (is_unsaid || is_text(kind)) && words.all(is_utf8)
}
