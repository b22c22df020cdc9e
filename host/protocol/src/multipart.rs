//! Forms (`multipart/form-data`), in the one way in which all readers take them alike.
//!
//! What one reader could cut in another place, or take for another field, is refused: text before
//! the first part or behind the last, a boundary that is no line of its own, headers that are folded
//! or given twice, parameters in another spelling than browsers and clients write.

use caponier_core::Span;
use memchr::memmem;

use crate::{Malformed, Problem};

/// The most parts that a form may have.
const PARTS: usize = 32;

/// The most bytes of a part's headers.
const HEADERS: usize = 4096;

/// One part of a form.
pub(crate) struct Field<'b> {
    /// What it is called.
    pub(crate) name: &'b str,
    /// Where the name of its file stands.
    pub(crate) filename: Option<Span>,
    /// What it is said to be.
    pub(crate) content_type: Option<&'b str>,
    /// Where what it says stands.
    pub(crate) content: Span,
}

/// What a form has to stay while it is edited: the same parts, in the same order.
pub(crate) struct Form {
    boundary: String,
    names: Vec<String>,
}

impl Form {
    pub(crate) fn new(boundary: &str, fields: &[Field<'_>]) -> Self {
        let names = fields.iter().map(|field| field.name.to_owned());
        Self {
            boundary: boundary.to_owned(),
            names: names.collect(),
        }
    }

    /// Whether a body is the same form.
    pub(crate) fn holds(&self, body: &[u8]) -> bool {
        fields(body, &self.boundary).is_ok_and(|fields| {
            let names = fields.iter().map(|field| field.name);
            names.eq(self.names.iter().map(String::as_str))
        })
    }
}

/// The boundary that a content type names, if it is that of a form and says nothing else.
pub(crate) fn boundary(content_type: &str) -> Option<&str> {
    let (kind, parameter) = content_type.split_once(';')?;
    if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let (name, value) = parameter.split_once('=')?;
    let value = value.trim_end();
    let bare = value.strip_prefix('"').map(|rest| rest.strip_suffix('"'));
    let value = bare.unwrap_or(Some(value))?;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.'+".contains(&byte);
    let is_named = name.trim_start().eq_ignore_ascii_case("boundary");
    let fits = (1..=70).contains(&value.len()) && value.bytes().all(is_plain);
    (is_named && fits).then_some(value)
}

/// The parts of a form.
pub(crate) fn fields<'b>(body: &'b [u8], boundary: &str) -> Result<Vec<Field<'b>>, Malformed> {
    let mark = format!("--{boundary}");
    let finder = memmem::Finder::new(&mark);
    let rest = |at: usize| body.get(at..).unwrap_or_default();
    if !body.starts_with(mark.as_bytes()) {
        return Err(wrong(0, "a form begins with its boundary"));
    }
    let mut at = mark.len();
    let mut fields: Vec<Field<'b>> = Vec::new();
    loop {
        if rest(at).starts_with(b"--") {
            return match rest(at + 2) {
                _ if fields.is_empty() => Err(wrong(at, "a form has a part")),
                b"" | b"\r\n" => Ok(fields),
                _ => Err(wrong(at + 2, "a form ends with its boundary")),
            };
        }
        if !rest(at).starts_with(b"\r\n") {
            return Err(wrong(at, "a boundary is a line of its own"));
        }
        let begin = at + 2;
        let Some(found) = finder.find(rest(begin)) else {
            return Err(wrong(body.len(), "a form ends with its boundary"));
        };
        let next = begin + found;
        let end = next.saturating_sub(2);
        if end < begin || !rest(end).starts_with(b"\r\n") {
            return Err(wrong(next, "a boundary is a line of its own"));
        }
        let field = field(body, Span::new(begin, end))?;
        if fields.iter().any(|other| other.name == field.name) {
            return Err(wrong(begin, "each part of a form has a name of its own"));
        }
        if fields.len() >= PARTS {
            return Err(wrong(begin, "a form has fewer parts"));
        }
        fields.push(field);
        at = next + mark.len();
    }
}

fn field(body: &[u8], part: Span) -> Result<Field<'_>, Malformed> {
    let bytes = body.get(part.start..part.end).unwrap_or_default();
    let head = bytes.get(..bytes.len().min(HEADERS)).unwrap_or_default();
    let length = memmem::find(head, b"\r\n\r\n")
        .ok_or_else(|| wrong(part.start, "a part of a form has headers and an empty line"))?;
    let head = std::str::from_utf8(head.get(..length).unwrap_or_default())
        .map_err(|_| wrong(part.start, "the headers of a part are UTF-8"))?;
    let content = Span::new(part.start + length + 4, part.end);
    let (mut disposition, mut content_type) = (None, None);
    let mut seen: Vec<String> = Vec::new();
    let mut at = part.start;
    for line in head.split("\r\n") {
        let odd = || wrong(at, "a header of a part is one line of plain text");
        let (name, value) = line.split_once(':').ok_or_else(odd)?;
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        if name.is_empty() || !name.bytes().all(is_name) || value.chars().any(char::is_control) {
            return Err(odd());
        }
        let name = name.to_ascii_lowercase();
        let trimmed = value.trim_matches(' ');
        if seen.contains(&name) {
            return Err(wrong(at, "each header of a part stands once"));
        }
        match &*name {
            "content-disposition" => disposition = Some(parameters(body, at, line)?),
            "content-type" => content_type = Some(trimmed),
            "content-length" if trimmed.parse() == Ok(content.len()) => {}
            "content-transfer-encoding" if is_as_it_is(trimmed) => {}
            _ => return Err(wrong(at, "the headers of a part are those of a form")),
        }
        seen.push(name);
        at += line.len() + 2;
    }
    let none = || wrong(part.start, "a part of a form says what it is called");
    let (name, filename) = disposition.ok_or_else(none)?;
    Ok(Field {
        name,
        filename,
        content_type,
        content,
    })
}

fn is_as_it_is(encoding: &str) -> bool {
    ["7bit", "8bit", "binary"]
        .iter()
        .any(|known| encoding.eq_ignore_ascii_case(known))
}

/// The name of a part, and where that of its file stands. `line` begins at `start`.
fn parameters<'b>(
    body: &'b [u8],
    start: usize,
    line: &str,
) -> Result<(&'b str, Option<Span>), Malformed> {
    let odd = || wrong(start, "what a part is called stands in quotes, once");
    let text = |span: Span| {
        let bytes = body.get(span.start..span.end).unwrap_or_default();
        std::str::from_utf8(bytes).unwrap_or_default()
    };
    let (_, value) = line.split_once(':').ok_or_else(odd)?;
    let trimmed = value.trim_start_matches(' ');
    let kind = "form-data";
    let is_form = |value: &str| {
        let head = value.get(..kind.len());
        head.is_some_and(|head| head.eq_ignore_ascii_case(kind))
    };
    if !is_form(trimmed) {
        return Err(wrong(start, "a part of a form is form data"));
    }
    let mut rest = trimmed.get(kind.len()..).unwrap_or_default();
    let (mut name, mut filename) = (None, None);
    while !rest.is_empty() {
        let after = rest.strip_prefix(';').ok_or_else(odd)?;
        let after = after.trim_start_matches(' ');
        let (key, quoted) = after.split_once("=\"").ok_or_else(odd)?;
        let (said, behind) = quoted.split_once('"').ok_or_else(odd)?;
        if said.contains('\\') {
            return Err(odd());
        }
        let at = start + line.len() - quoted.len();
        let span = Span::new(at, at + said.len());
        let slot = match key {
            "name" => &mut name,
            "filename" => &mut filename,
            _ => return Err(odd()),
        };
        if slot.replace(span).is_some() {
            return Err(odd());
        }
        rest = behind;
    }
    let name = name.map(text).filter(|name| !name.is_empty());
    if filename.is_some_and(|span| text(span).contains('/')) {
        return Err(wrong(start, "the name of a file has no path"));
    }
    Ok((name.ok_or_else(odd)?, filename))
}

fn wrong(at: usize, what: &'static str) -> Malformed {
    Malformed {
        place: "form".to_owned(),
        at,
        problem: Problem::Form(what),
    }
}
