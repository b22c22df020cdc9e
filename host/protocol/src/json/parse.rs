//! The grammar, without recursion.

use std::borrow::Cow;

use caponier_core::Span;
use memchr::memchr2;

use super::number::is_number;
use super::string::{escape_at, hex, plain, unescape};
use super::{Node, Type, cut};
use crate::{Limits, Malformed, Problem};

pub(super) fn nodes(
    text: &str,
    part: Span,
    limits: &Limits,
    vocabulary: &'static [&'static str],
) -> Result<Vec<Node>, Malformed> {
    let text = text.get(..part.end).unwrap_or_default();
    let mut parser = Parser {
        text,
        bytes: text.as_bytes(),
        at: part.start,
        // About as many as there are in the bodies of model APIs.
        nodes: Vec::with_capacity((part.len() / 24).clamp(16, 1024)),
        open: Vec::new(),
        has_control: has_control(cut(text, part).as_bytes()),
        limits,
        vocabulary,
    };
    match parser.run() {
        Ok(()) => Ok(parser.nodes),
        Err((at, problem)) => Err(Malformed {
            place: parser.place(),
            at,
            problem,
        }),
    }
}

/// A problem, and the byte at which it was seen.
type Step<T> = Result<T, (usize, Problem)>;

struct Parser<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    nodes: Vec<Node>,
    /// The containers that are still open, by the index of their nodes.
    open: Vec<u32>,
    /// Whether there is a control character anywhere; a body without indentation has none.
    has_control: bool,
    limits: &'a Limits,
    vocabulary: &'static [&'static str],
}

impl Parser<'_> {
    fn run(&mut self) -> Step<()> {
        if u32::try_from(self.bytes.len()).is_err() {
            return Err((0, Problem::TooLong(u32::MAX as usize)));
        }
        let rest = self.text.get(self.at..).unwrap_or_default();
        if rest.starts_with('\u{FEFF}') {
            return Err((self.at, Problem::ByteOrderMark));
        }
        loop {
            self.value()?;
            // A container was opened, and its first value is next.
            if self.descends()? {
                continue;
            }
            // A value has ended. Close what ends with it, then go on behind the comma.
            loop {
                self.space();
                let Some(&container) = self.open.last() else {
                    return if self.at == self.bytes.len() {
                        Ok(())
                    } else {
                        Err((self.at, Problem::TrailingData))
                    };
                };
                let object = self
                    .nodes
                    .get(container as usize)
                    .is_some_and(|node| node.kind == Type::Object);
                match self.peek() {
                    Some(b',') => {
                        self.at += 1;
                        if object {
                            self.key()?;
                        }
                        break;
                    }
                    Some(b'}') if object => self.close()?,
                    Some(b']') if !object => self.close()?,
                    None => return Err((self.at, Problem::UnexpectedEnd)),
                    Some(_) => {
                        return Err((
                            self.at,
                            Problem::Expected(if object { "`,` or `}`" } else { "`,` or `]`" }),
                        ));
                    }
                }
            }
        }
    }

    /// Reads a scalar, or the opening of a container.
    fn value(&mut self) -> Step<()> {
        self.space();
        match self.peek() {
            Some(b'{') => self.open(Type::Object),
            Some(b'[') => self.open(Type::Array),
            Some(b'"') => self.string(),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.literal("true", Type::True),
            Some(b'f') => self.literal("false", Type::False),
            Some(b'n') => self.literal("null", Type::Null),
            Some(_) => Err((self.at, Problem::Expected("a value"))),
            None => Err((self.at, Problem::UnexpectedEnd)),
        }
    }

    /// Whether the value just read is a container with something in it.
    fn descends(&mut self) -> Step<bool> {
        let Some(last) = self.nodes.last() else {
            return Ok(false);
        };
        let end = match last.kind {
            Type::Object => b'}',
            Type::Array => b']',
            _ => return Ok(false),
        };
        // A container that has been closed is no longer the innermost open one.
        if self.open.last().copied() != u32::try_from(self.nodes.len() - 1).ok() {
            return Ok(false);
        }
        self.space();
        if self.peek() == Some(end) {
            self.close()?;
            return Ok(false);
        }
        if end == b'}' {
            self.key()?;
        }
        Ok(true)
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn space(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.peek() {
            self.at += 1;
        }
    }

    fn push(&mut self, start: usize, kind: Type, escaped: bool) -> Step<()> {
        if self.nodes.len() >= self.limits.values {
            return Err((start, Problem::TooManyValues(self.limits.values)));
        }
        let next = self.nodes.len() + 1;
        self.nodes.push(Node {
            start: narrow(start),
            end: narrow(self.at),
            next: narrow(next),
            kind,
            escaped,
        });
        Ok(())
    }

    fn open(&mut self, kind: Type) -> Step<()> {
        if self.open.len() >= self.limits.depth {
            return Err((self.at, Problem::TooDeep(self.limits.depth)));
        }
        self.open.push(narrow(self.nodes.len()));
        self.at += 1;
        self.push(self.at - 1, kind, false)
    }

    fn close(&mut self) -> Step<()> {
        self.at += 1;
        let Some(&container) = self.open.last() else {
            return Ok(());
        };
        let next = narrow(self.nodes.len());
        let end = narrow(self.at);
        if let Some(node) = self.nodes.get_mut(container as usize) {
            node.end = end;
            node.next = next;
            if node.kind == Type::Object {
                self.unique(container as usize)?;
            }
        }
        self.open.pop();
        Ok(())
    }

    fn key(&mut self) -> Step<()> {
        self.space();
        match self.peek() {
            Some(b'"') => self.string()?,
            Some(_) => return Err((self.at, Problem::Expected("a key in quotes"))),
            None => return Err((self.at, Problem::UnexpectedEnd)),
        }
        self.space();
        match self.peek() {
            Some(b':') => self.at += 1,
            Some(_) => return Err((self.at, Problem::Expected("`:`"))),
            None => return Err((self.at, Problem::UnexpectedEnd)),
        }
        Ok(())
    }

    fn string(&mut self) -> Step<()> {
        let start = self.at;
        let mut escaped = false;
        self.at += 1;
        loop {
            let rest = self.bytes.get(self.at..).unwrap_or_default();
            // Escapes like to follow one another.
            let run = match rest.first() {
                Some(b'"' | b'\\') => Some(0),
                _ => memchr2(b'"', b'\\', rest),
            };
            let body = rest.get(..run.unwrap_or(rest.len())).unwrap_or_default();
            if self.has_control && has_control(body) {
                let control = body.iter().position(|byte| *byte < b' ').unwrap_or(0);
                return Err((self.at + control, Problem::ControlCharacter));
            }
            let Some(run) = run else {
                return Err((self.bytes.len(), Problem::UnexpectedEnd));
            };
            self.at += run;
            if self.peek() == Some(b'"') {
                self.at += 1;
                return self.push(start, Type::String, escaped);
            }
            escaped = true;
            // Most escapes are of two bytes, and prose is full of them.
            if self
                .bytes
                .get(self.at + 1)
                .copied()
                .and_then(plain)
                .is_some()
            {
                self.at += 2;
                continue;
            }
            let escape = self.text.get(self.at..).unwrap_or_default();
            match escape_at(escape) {
                Some((_, length)) => self.at += length,
                None => return Err((self.at, broken_escape(escape.as_bytes()))),
            }
        }
    }

    fn number(&mut self) -> Step<()> {
        let start = self.at;
        let rest = self.bytes.get(start..).unwrap_or_default();
        let length = rest
            .iter()
            .position(|byte| !matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E'))
            .unwrap_or(rest.len());
        self.at += length;
        if !is_number(rest.get(..length).unwrap_or_default()) {
            return Err((start, Problem::Number));
        }
        self.push(start, Type::Number, false)
    }

    fn literal(&mut self, word: &'static str, kind: Type) -> Step<()> {
        let start = self.at;
        if !self
            .bytes
            .get(start..)
            .unwrap_or_default()
            .starts_with(word.as_bytes())
        {
            return Err((start, Problem::Expected("a value")));
        }
        self.at += word.len();
        self.push(start, kind, false)
    }

    fn text_of(&self, index: usize) -> (Cow<'_, str>, usize) {
        let Some(node) = self.nodes.get(index) else {
            return (Cow::Borrowed(""), 0);
        };
        let raw = self
            .text
            .get(node.start as usize + 1..(node.end as usize).saturating_sub(1))
            .unwrap_or_default();
        let text = if node.escaped {
            Cow::Owned(unescape(raw))
        } else {
            Cow::Borrowed(raw)
        };
        (text, node.start as usize)
    }

    /// Refuses an object in which a key stands twice, however it is spelled.
    fn unique(&self, object: usize) -> Step<()> {
        if self.is_plainly_unique(object) {
            return Ok(());
        }
        let mut keys: Vec<(Cow<'_, str>, usize)> = Vec::with_capacity(8);
        let mut index = object + 1;
        while index < self.nodes.len() {
            keys.push(self.text_of(index));
            // The key's value is one node behind it.
            index = self
                .nodes
                .get(index + 1)
                .map_or(usize::MAX, |value| value.next as usize);
        }
        let duplicate = if keys.len() <= 12 {
            keys.iter()
                .enumerate()
                .find(|(index, key)| keys.iter().take(*index).any(|other| other.0 == key.0))
                .map(|(_, key)| key)
        } else {
            keys.sort_unstable();
            keys.windows(2).find_map(|pair| match pair {
                [first, second] if first.0 == second.0 => Some(second),
                _ => None,
            })
        };
        match duplicate {
            Some((key, at)) => {
                let known = self
                    .vocabulary
                    .iter()
                    .copied()
                    .find(|word| *word == key.as_ref());
                Err((*at, Problem::DuplicateKey(known)))
            }
            None => Ok(()),
        }
    }

    /// Whether no two keys have the same length, first and last byte, as is so of most objects of
    /// model APIs. It may be wrong to say no, never to say yes.
    fn is_plainly_unique(&self, object: usize) -> bool {
        let mut seen = 0_u64;
        let mut index = object + 1;
        while let Some(key) = self.nodes.get(index) {
            let byte = |at: u32| self.bytes.get(at as usize).copied().map_or(0, u32::from);
            let (start, end) = (key.start, key.end.saturating_sub(2));
            let length = end.saturating_sub(start);
            let mark = length
                .wrapping_mul(7)
                .wrapping_add(byte(start + 1) + byte(end) * 3);
            let bit = 1 << (mark % 64);
            if key.escaped || seen & bit != 0 {
                return false;
            }
            seen |= bit;
            index = self
                .nodes
                .get(index + 1)
                .map_or(usize::MAX, |value| value.next as usize);
        }
        true
    }

    /// The path to where the parser stopped, in words of the vocabulary and indices.
    fn place(&self) -> String {
        let mut place = String::new();
        for (level, &container) in self.open.iter().enumerate() {
            let below = self.open.get(level + 1).map(|below| *below as usize);
            let Some(node) = self.nodes.get(container as usize) else {
                break;
            };
            let mut index = container as usize + 1;
            let mut count = 0;
            let mut last_key = None;
            while index < self.nodes.len() && below.is_none_or(|below| index < below) {
                if node.kind == Type::Object && count % 2 == 0 {
                    last_key = Some(index);
                }
                count += 1;
                index = self
                    .nodes
                    .get(index)
                    .map_or(usize::MAX, |child| child.next as usize);
            }
            // The innermost container is the place itself, unless a key waits for its value.
            if below.is_none() && (node.kind == Type::Array || count % 2 == 0) {
                break;
            }
            if node.kind == Type::Array {
                place.push_str(&format!("[{count}]"));
            } else if let Some(key) = last_key {
                let (key, _) = self.text_of(key);
                let word = self
                    .vocabulary
                    .iter()
                    .find(|word| **word == key.as_ref())
                    .copied()
                    .unwrap_or("*");
                if !place.is_empty() {
                    place.push('.');
                }
                place.push_str(word);
            }
        }
        place
    }
}

/// Without a branch, so that it looks at many bytes at a time.
fn has_control(bytes: &[u8]) -> bool {
    bytes.iter().fold(false, |seen, byte| seen | (*byte < b' '))
}

/// Offsets fit: longer texts were refused before.
fn narrow(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

fn broken_escape(escape: &[u8]) -> Problem {
    match escape.get(2..6).map(hex) {
        Some(Some(0xD800..0xE000)) if escape.get(1) == Some(&b'u') => Problem::LoneSurrogate,
        _ if escape.len() < 2 => Problem::UnexpectedEnd,
        _ => Problem::Escape,
    }
}

#[cfg(test)]
mod tests {
    use super::super::Document;
    use crate::Limits;

    fn parse(text: &str) -> Result<(), String> {
        const WORDS: &[&str] = &["messages", "content", "role", "model"];
        Document::parse(text, &Limits::default(), WORDS)
            .map(drop)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn what_json_allows_is_read() {
        for text in [
            "{}",
            "[]",
            " [ ] ",
            "0",
            "-0.5e+10",
            "\"\"",
            "null",
            r#"{"a":[1,{"b":[]}],"c":"\u0000"}"#,
            "[1 , 2\n,3]",
            r#"{"a":{},"b":{"a":1}}"#,
            r#""\ud83d\ude00""#,
            "[[],[]]",
            "[{},{}]",
        ] {
            assert_eq!(parse(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn what_json_forbids_is_refused_with_its_place() {
        for (text, message) in [
            ("", "unexpected end of the JSON at byte 0"),
            ("{", "unexpected end of the JSON at byte 1"),
            ("[1,]", "expected a value at byte 3"),
            ("[,1]", "expected a value at byte 1"),
            ("{\"a\":1,}", "expected a key in quotes at byte 7"),
            ("{\"a\" 1}", "*: expected `:` at byte 5"),
            ("{a:1}", "expected a key in quotes at byte 1"),
            ("[1 2]", "expected `,` or `]` at byte 3"),
            ("{\"a\":1]", "expected `,` or `}` at byte 6"),
            ("1 2", "trailing data after the JSON at byte 2"),
            ("{}{}", "trailing data after the JSON at byte 2"),
            (
                "\u{FEFF}{}",
                "byte order mark before the JSON at byte 0; hint: send the JSON without it",
            ),
            ("01", "invalid number at byte 0"),
            ("[-]", "invalid number at byte 1"),
            ("1.", "invalid number at byte 0"),
            ("1e", "invalid number at byte 0"),
            ("NaN", "expected a value at byte 0"),
            ("tru", "expected a value at byte 0"),
            ("\"\\x\"", "invalid escape at byte 1"),
            ("\"\\u12\"", "invalid escape at byte 1"),
            ("\"a\nb\"", "control character in a string at byte 2"),
            ("\"a\u{0}b\"", "control character in a string at byte 2"),
            ("\"abc", "unexpected end of the JSON at byte 4"),
            ("// x\n1", "expected a value at byte 0"),
        ] {
            assert_eq!(parse(text), Err(message.to_owned()), "{text}");
        }
        for lone in [
            r#""\ud800""#,
            r#""\ud800a""#,
            r#""\udc00""#,
            r#""\ud800\ud800""#,
            r#""\ud800\n""#,
        ] {
            assert!(
                parse(lone)
                    .unwrap_err()
                    .starts_with("lone surrogate at byte 1"),
                "{lone}"
            );
        }
        assert_eq!(
            parse(r#"{"messages":[{},{"content":"a","cont\u0065nt":"b"}]}"#).unwrap_err(),
            "messages[1]: duplicate key \"content\" at byte 31; hint: give each key once"
        );
        assert_eq!(
            parse(r#"{"messages":[{"secret":1,"secret":2}]}"#).unwrap_err(),
            "messages[0]: duplicate key at byte 25; hint: give each key once"
        );
        let many: String = (0..40).map(|key| format!("\"k{key}\":1,")).collect();
        assert!(
            parse(&format!("{{{many}\"k7\":2}}"))
                .unwrap_err()
                .starts_with("duplicate key")
        );
    }

    #[test]
    fn nesting_ends_in_an_error_and_not_in_a_crash() {
        assert_eq!(
            parse(&format!("{}{}", "[".repeat(128), "]".repeat(128))),
            Ok(())
        );
        assert!(
            parse(&"[".repeat(10_000))
                .unwrap_err()
                .contains("nested deeper than 128")
        );
        assert!(
            parse(&"{\"a\":".repeat(100_000))
                .unwrap_err()
                .contains("nested deeper than 128")
        );
    }

    proptest::proptest! {
        #[test]
        fn it_agrees_with_serde_json(text in r#"[\[\]{}:,"\\a01.eu\- ]{0,12}"#) {
            let ours = parse(&text);
            let theirs = serde_json::from_str::<serde_json::Value>(&text);
            if ours.is_ok() {
                proptest::prop_assert!(theirs.is_ok());
            } else if theirs.is_ok() {
                let known = ours.unwrap_err();
                proptest::prop_assert!(known.contains("duplicate key"), "{}", known);
            }
        }

        #[test]
        fn a_key_stands_once_however_it_is_spelled(
            keys in proptest::collection::vec(r#"[a-c]{0,3}|\\u0061[ab]?|x[ -!#-Z]{0,9}"#, 0..16),
        ) {
            let members: Vec<String> = keys.iter().map(|key| format!("\"{key}\":0")).collect();
            let read: std::collections::HashSet<String> = keys
                .iter()
                .map(|key| serde_json::from_str(&format!("\"{key}\"")).unwrap())
                .collect();
            let object = format!("{{{}}}", members.join(","));
            proptest::prop_assert_eq!(parse(&object).is_ok(), read.len() == keys.len(), "{}", object);
        }
    }
}
