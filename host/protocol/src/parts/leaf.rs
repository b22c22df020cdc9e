//! The leaves of whole arguments, and edits of them.

use caponier_core::Span;

use crate::json::{Cursor, Form, LeafEvent, Leaves, escaped};
use crate::splice::{Splice, apply_into};

/// The attributes that tell a leaf's place in its arguments.
pub(crate) fn leaf_attributes(path: String, form: Form) -> Vec<(String, String)> {
    let mut attributes = vec![("path".to_owned(), path)];
    match form {
        Form::Key => attributes.push(("part".to_owned(), "key".to_owned())),
        Form::Raw => attributes.push(("part".to_owned(), "raw".to_owned())),
        Form::String | Form::Number => {}
    }
    attributes
}

/// The edits of one leaf, as splices of its spelling within the arguments.
pub(crate) fn leaf_splices(
    spelling: &str,
    form: Form,
    edits: &[(u32, Span, &str)],
) -> Option<Vec<Splice>> {
    let is_string = matches!(form, Form::String | Form::Key);
    let mut place = Placer::new(spelling, is_string);
    let mut splices = Vec::with_capacity(edits.len());
    for (_, span, with) in edits {
        let with = if is_string {
            escaped(with)
        } else {
            (*with).to_owned()
        };
        splices.push(Splice::new(place.place(*span)?, with));
    }
    // What stands for a number need not be one: it becomes a string.
    if form == Form::Number {
        let mut edited = Vec::new();
        apply_into(&mut edited, spelling.as_bytes(), &splices);
        let edited = String::from_utf8(edited).ok()?;
        let with = format!("\"{}\"", escaped(&edited));
        return Some(vec![Splice::new(Span::new(0, spelling.len()), with)]);
    }
    Some(splices)
}

/// Finds spans of a text in its raw spelling, in rising order. `None` for what is no piece of it.
pub(super) enum Placer<'a> {
    Verbatim(&'a str),
    Escaped(Cursor<'a>),
}

impl<'a> Placer<'a> {
    pub(super) fn new(raw: &'a str, escaped: bool) -> Self {
        match escaped {
            true => Self::Escaped(Cursor::new(raw)),
            false => Self::Verbatim(raw),
        }
    }

    pub(super) fn place(&mut self, span: Span) -> Option<Span> {
        match self {
            Self::Verbatim(raw) => raw.get(span.start..span.end).map(|_| span),
            Self::Escaped(cursor) => {
                Some(Span::new(cursor.seek(span.start)?, cursor.seek(span.end)?))
            }
        }
    }
}

pub(super) fn shifted(span: Span, by: usize) -> Span {
    Span::new(span.start + by, span.end + by)
}

/// One leaf of whole arguments.
pub(super) struct Leaf {
    pub(super) path: String,
    pub(super) form: Form,
    pub(super) text: String,
    pub(super) span: Span,
}

/// Every leaf that has text, if there are no more than `limit`. Arguments that are not JSON are one
/// raw leaf.
pub(super) fn leaves(text: &str, limit: usize) -> Option<Vec<Leaf>> {
    let mut lexer = Leaves::new();
    let mut events = Vec::new();
    let mut leaves: Vec<Leaf> = Vec::new();
    for piece in pieces(text) {
        lexer.feed(piece, &mut events);
        collect(&mut events, &mut leaves);
        if leaves.len() > limit {
            return None;
        }
    }
    if !lexer.finish(&mut events) {
        let span = Span::new(0, text.len());
        return Some(vec![Leaf {
            path: String::new(),
            form: Form::Raw,
            text: text.to_owned(),
            span,
        }]);
    }
    collect(&mut events, &mut leaves);
    leaves.retain(|leaf| !leaf.text.is_empty());
    Some(leaves)
}

/// A text in pieces of some kilobytes, so that what is read of one takes little memory.
pub(crate) fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let at = (16_384..rest.len())
            .find(|at| rest.is_char_boundary(*at))
            .unwrap_or(rest.len());
        let (piece, after) = rest.split_at(at);
        rest = after;
        (!piece.is_empty()).then_some(piece)
    })
}

fn collect(events: &mut Vec<LeafEvent>, leaves: &mut Vec<Leaf>) {
    for event in events.drain(..) {
        match event {
            LeafEvent::Open { path, form, at } => {
                leaves.push(Leaf {
                    path,
                    form,
                    text: String::new(),
                    span: Span::new(at, at),
                });
            }
            LeafEvent::Text { text, at, length } => {
                if let Some(leaf) = leaves.last_mut() {
                    leaf.span.end = at + length;
                    match leaf.text.is_empty() {
                        true => leaf.text = text,
                        false => leaf.text.push_str(&text),
                    }
                }
            }
            LeafEvent::Close { .. } => {}
        }
    }
}
