//! JSON as a flat list of nodes, read once and strictly by RFC 8259.
//!
//! Nothing is copied: a node says where in the text it stands. What RFC 8259 leaves open, and what
//! parsers therefore read in different ways, is noted: keys that come twice (section 4) and numbers
//! that no double can hold (section 6).

mod parse;

use std::borrow::Cow;
use std::ops::Range;

pub(crate) use parse::{Limits, parse};

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Null,
    False,
    True,
    Number,
    /// Without an escape: what stands between the quotes is the string.
    String,
    /// With an escape at least.
    Escaped,
    Array,
    Object,
}

/// One value, or one key.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Node {
    pub(crate) kind: Kind,
    /// Where it begins in the text, with its quote or bracket.
    pub(crate) start: u32,
    pub(crate) end: u32,
    /// The node behind this one and all that is in it.
    pub(crate) next: u32,
    /// Items, or members.
    pub(crate) size: u32,
}

/// What is no fault of form and still wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Odd {
    /// A key that its object has already.
    Duplicate(Range<usize>),
    /// A number that no double can hold, or that takes programs long to read.
    Huge(Range<usize>),
}

/// Why a text is not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Broken {
    /// It is not JSON: where, and why.
    Invalid(usize, &'static str),
    /// It nests deeper than allowed: where.
    Deep(usize),
    /// It has more values than are looked at.
    Large,
}

/// A text that was read.
#[derive(Debug)]
pub(crate) struct Document {
    pub(crate) nodes: Vec<Node>,
    pub(crate) odd: Vec<Odd>,
}

impl Document {
    /// The outermost value. `text` is what was read.
    pub(crate) fn root<'a>(&'a self, text: &'a str) -> Item<'a> {
        Item::new(text, &self.nodes, 0)
    }
}

/// A value in its text.
#[derive(Clone, Copy)]
pub(crate) struct Item<'a> {
    text: &'a str,
    nodes: &'a [Node],
    pub(crate) index: u32,
}

const NOTHING: Node = Node {
    kind: Kind::Null,
    start: 0,
    end: 0,
    next: u32::MAX,
    size: 0,
};

impl<'a> Item<'a> {
    pub(crate) fn new(text: &'a str, nodes: &'a [Node], index: u32) -> Self {
        Self { text, nodes, index }
    }

    pub(crate) fn node(self) -> Node {
        let node = self.nodes.get(self.index as usize);
        node.copied().unwrap_or(NOTHING)
    }

    pub(crate) fn at(self, index: u32) -> Self {
        Self { index, ..self }
    }

    pub(crate) fn kind(self) -> Kind {
        self.node().kind
    }

    /// Where it stands.
    pub(crate) fn span(self) -> Range<usize> {
        let node = self.node();
        node.start as usize..node.end as usize
    }

    /// As it is written.
    pub(crate) fn raw(self) -> &'a str {
        self.text.get(self.span()).unwrap_or_default()
    }

    /// Items, or members.
    pub(crate) fn size(self) -> usize {
        self.node().size as usize
    }

    /// What a string says; `None` for other values.
    pub(crate) fn string(self) -> Option<Cow<'a, str>> {
        let inner = |raw: &'a str| raw.get(1..raw.len().saturating_sub(1)).unwrap_or_default();
        match self.kind() {
            Kind::String => Some(Cow::Borrowed(inner(self.raw()))),
            Kind::Escaped => Some(Cow::Owned(unescaped(inner(self.raw())))),
            _ => None,
        }
    }

    /// The items of an array.
    pub(crate) fn items(self) -> impl Iterator<Item = Self> {
        let mut index = self.index + 1;
        let count = if self.kind() == Kind::Array {
            self.size()
        } else {
            0
        };
        (0..count).map(move |_| {
            let item = self.at(index);
            index = item.node().next;
            item
        })
    }

    /// The members of an object: keys and values.
    pub(crate) fn members(self) -> impl Iterator<Item = (Self, Self)> {
        let mut index = self.index + 1;
        let count = if self.kind() == Kind::Object {
            self.size()
        } else {
            0
        };
        (0..count).map(move |_| {
            let (key, value) = (self.at(index), self.at(index + 1));
            index = value.node().next;
            (key, value)
        })
    }

    /// The value of a key; of several the last, as most parsers have it.
    pub(crate) fn get(self, name: &str) -> Option<Self> {
        self.members()
            .filter(|(key, _)| key.string().as_deref() == Some(name))
            .map(|(_, value)| value)
            .last()
    }
}

/// A string without its escapes. Half a surrogate pair becomes U+FFFD.
fn unescaped(inner: &str) -> String {
    let mut out = String::with_capacity(inner.len());
    let mut rest = inner;
    while let Some((before, after)) = rest.split_once('\\') {
        out.push_str(before);
        let mut characters = after.chars();
        match characters.next() {
            Some('b') => out.push('\u{8}'),
            Some('f') => out.push('\u{c}'),
            Some('n') => out.push('\n'),
            Some('r') => out.push('\r'),
            Some('t') => out.push('\t'),
            Some('u') => {
                let (character, length) = surrogates(after);
                out.push(character);
                characters = after.get(length..).unwrap_or_default().chars();
            }
            Some(other) => out.push(other),
            None => {}
        }
        rest = characters.as_str();
    }
    out.push_str(rest);
    out
}

/// The character of `uXXXX`, or of `uXXXX\uXXXX`, and how many bytes that takes.
fn surrogates(text: &str) -> (char, usize) {
    let unit = |at: usize| {
        let digits = text.get(at..at + 4)?;
        u32::from_str_radix(digits, 16).ok()
    };
    let first = unit(1).unwrap_or(0xfffd);
    if (0xd800..0xdc00).contains(&first)
        && text.get(5..7) == Some("\\u")
        && let Some(second) = unit(7)
        && (0xdc00..0xe000).contains(&second)
    {
        let both = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
        return (char::from_u32(both).unwrap_or('\u{fffd}'), 11);
    }
    (char::from_u32(first).unwrap_or('\u{fffd}'), 5)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root(text: &str) -> String {
        let document = parse(text, Limits::default()).unwrap();
        document.root(text).string().unwrap().into_owned()
    }

    #[test]
    fn escapes_are_undone() {
        assert_eq!(root(r#""a\"b\\c\/d\n""#), "a\"b\\c/d\n");
        assert_eq!(root(r#""\u00e9\ud83d\ude00!""#), "é😀!");
        assert_eq!(root(r#""\ud83d\u0041 \ud83d""#), "\u{fffd}A \u{fffd}");
    }

    #[test]
    fn members_and_items_are_found() {
        let text = r#"{"a":[1,{"b":2},[]],"c":"d"}"#;
        let document = parse(text, Limits::default()).unwrap();
        let root = document.root(text);
        let list = root.get("a").unwrap();
        assert_eq!(
            list.items().map(Item::raw).collect::<Vec<_>>(),
            ["1", r#"{"b":2}"#, "[]"]
        );
        assert_eq!(root.get("c").unwrap().string().unwrap(), "d");
        assert!(root.get("b").is_none());
    }
}
