//! A strict JSON reader that keeps the place of everything it reads.
//!
//! A text is parsed once into a flat list of nodes, 16 bytes each, that point into it; nothing is
//! copied or unescaped until someone asks for it. What two parsers could read differently is
//! refused here: duplicate keys, lone surrogates, anything outside of the grammar.

mod canonical;
mod fold;
mod leaves;
mod number;
mod parse;
mod string;

use std::borrow::Cow;

use caponier_core::Span;

pub(crate) use canonical::canonical;
pub(crate) use fold::looks_like;
pub(crate) use leaves::{Form, LeafEvent, Leaves};
pub(crate) use string::{Cursor, escape_into, escaped, unescape};

use crate::place::Place;
use crate::{Limits, Malformed, Problem};

/// What sort of value a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Type {
    Object,
    Array,
    String,
    Number,
    True,
    False,
    Null,
}

/// A value or a key. The nodes of a container's children follow it; `next` is behind them.
#[derive(Clone, Copy)]
struct Node {
    start: u32,
    end: u32,
    next: u32,
    kind: Type,
    escaped: bool,
}

/// A parsed text.
pub(crate) struct Document<'a> {
    text: &'a str,
    nodes: Vec<Node>,
}

impl<'a> Document<'a> {
    /// Parses the whole of `text`. `vocabulary` has the words that an error may name.
    pub(crate) fn parse(
        text: &'a str,
        limits: &Limits,
        vocabulary: &'static [&'static str],
    ) -> Result<Self, Malformed> {
        let whole = Span::new(0, text.len());
        Self::parse_within(text, whole, limits, vocabulary)
    }

    /// Parses a part of a text; places are those of the whole.
    pub(crate) fn parse_within(
        text: &'a str,
        part: Span,
        limits: &Limits,
        vocabulary: &'static [&'static str],
    ) -> Result<Self, Malformed> {
        Ok(Self {
            text,
            nodes: parse::nodes(text, part, limits, vocabulary)?,
        })
    }

    /// The outermost value.
    pub(crate) fn root(&self) -> Value<'_> {
        Value {
            text: self.text,
            nodes: &self.nodes,
            index: 0,
        }
    }
}

/// One value of a document.
#[derive(Clone, Copy)]
pub(crate) struct Value<'d> {
    text: &'d str,
    nodes: &'d [Node],
    index: usize,
}

impl<'d> Value<'d> {
    fn node(self) -> Node {
        const NOTHING: Node = Node {
            start: 0,
            end: 0,
            next: u32::MAX,
            kind: Type::Null,
            escaped: false,
        };
        self.nodes.get(self.index).copied().unwrap_or(NOTHING)
    }

    pub(crate) fn kind(self) -> Type {
        self.node().kind
    }

    /// Where the value stands, quotes and brackets included.
    pub(crate) fn span(self) -> Span {
        let node = self.node();
        Span::new(node.start as usize, node.end as usize)
    }

    /// Where a string's raw text stands, without its quotes.
    pub(crate) fn inner(self) -> Span {
        let span = self.span();
        Span::new(span.start + 1, span.end.saturating_sub(1))
    }

    /// The value as it was written.
    pub(crate) fn raw(self) -> &'d str {
        cut(self.text, self.span())
    }

    /// Whether a string was written with escapes.
    pub(crate) fn is_escaped(self) -> bool {
        self.node().escaped
    }

    /// What a string says.
    pub(crate) fn string(self) -> Option<Cow<'d, str>> {
        let node = self.node();
        if node.kind != Type::String {
            return None;
        }
        let raw = cut(self.text, self.inner());
        Some(if node.escaped {
            Cow::Owned(unescape(raw))
        } else {
            Cow::Borrowed(raw)
        })
    }

    pub(crate) fn is_null(self) -> bool {
        self.kind() == Type::Null
    }

    pub(crate) fn number(self) -> Option<f64> {
        if self.kind() == Type::Number {
            self.raw().parse().ok()
        } else {
            None
        }
    }

    pub(crate) fn unsigned(self) -> Option<u64> {
        if self.kind() == Type::Number {
            self.raw().parse().ok()
        } else {
            None
        }
    }

    /// Keys and values of an object; nothing for any other value.
    pub(crate) fn members(self) -> impl Iterator<Item = (Value<'d>, Value<'d>)> {
        let mut children = self.children(Type::Object);
        std::iter::from_fn(move || Some((children.next()?, children.next()?)))
    }

    /// Values of an array; nothing for any other value.
    pub(crate) fn items(self) -> impl Iterator<Item = Value<'d>> {
        self.children(Type::Array)
    }

    /// The value of a key of an object.
    pub(crate) fn get(self, key: &str) -> Option<Value<'d>> {
        self.members()
            .find(|(name, _)| name.string().as_deref() == Some(key))
            .map(|(_, value)| value)
    }

    fn children(self, kind: Type) -> impl Iterator<Item = Value<'d>> {
        let node = self.node();
        let end = if node.kind == kind {
            node.next as usize
        } else {
            0
        };
        let mut index = self.index + 1;
        std::iter::from_fn(move || {
            if index >= end {
                return None;
            }
            let value = Value { index, ..self };
            index = value.node().next as usize;
            Some(value)
        })
    }

    /// Every string in it that is a value, in order.
    pub(crate) fn strings(self) -> impl Iterator<Item = Value<'d>> {
        let mut waiting = vec![self];
        std::iter::from_fn(move || {
            loop {
                let value = waiting.pop()?;
                let from = waiting.len();
                match value.kind() {
                    Type::String => return Some(value),
                    Type::Array => waiting.extend(value.items()),
                    Type::Object => waiting.extend(value.members().map(|(_, member)| member)),
                    _ => {}
                }
                waiting.get_mut(from..).unwrap_or_default().reverse();
            }
        })
    }

    /// Whether a string that `counts` is anywhere in it, keys among them.
    pub(crate) fn any_string(self, counts: impl Fn(&str) -> bool) -> bool {
        let end = self.node().next as usize;
        (self.index..end.min(self.nodes.len())).any(|index| {
            Value { index, ..self }
                .string()
                .is_some_and(|text| counts(&text))
        })
    }

    /// Itself, if it is an object without a key that lenient parsers would take for one of `known`.
    pub(crate) fn object(
        self,
        place: &Place<'_>,
        known: &'static [&'static str],
    ) -> Result<Self, Malformed> {
        if self.kind() != Type::Object {
            return Err(self.refuse(place, Problem::Type("an object")));
        }
        self.guard(place, known)?;
        Ok(self)
    }

    /// Itself, if it is an array.
    pub(crate) fn array(self, place: &Place<'_>) -> Result<Self, Malformed> {
        if self.kind() != Type::Array {
            return Err(self.refuse(place, Problem::Type("an array")));
        }
        Ok(self)
    }

    /// Refuses a key that lenient parsers would take for one of `known`.
    pub(crate) fn guard(
        self,
        place: &Place<'_>,
        known: &'static [&'static str],
    ) -> Result<(), Malformed> {
        for (key, _) in self.members() {
            if let Some(like) = key.string().and_then(|key| looks_like(&key, known)) {
                return Err(Malformed {
                    place: place.to_string(),
                    at: key.span().start,
                    problem: Problem::AmbiguousKey(like),
                });
            }
        }
        Ok(())
    }

    /// An error at this value.
    pub(crate) fn refuse(self, place: &Place<'_>, problem: Problem) -> Malformed {
        Malformed {
            place: place.to_string(),
            at: self.span().start,
            problem,
        }
    }
}

/// A part of a text; nothing if the span is not one of its parts.
pub(crate) fn cut(text: &str, span: Span) -> &str {
    text.get(span.start..span.end).unwrap_or_default()
}
