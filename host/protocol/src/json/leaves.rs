//! Strings, numbers and keys of a JSON text that arrives in pieces.
//!
//! A tool call's arguments are JSON inside a JSON string, and in a stream they come cut anywhere.
//! This lexer turns them into leaves as far as they can be read, and says for each piece of leaf
//! text which bytes of the arguments spell it. The whole text of a closed body goes through the
//! same lexer in one piece, so a stream and a body cannot disagree.

use memchr::memchr2;

use super::number::is_number;
use super::string::{escape_at, hex};

/// How a leaf is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// A string value, in quotes.
    String,
    /// A key, in quotes.
    Key,
    /// A number.
    Number,
    /// Text that is not JSON.
    Raw,
}

/// What the lexer has read. Offsets are bytes of the arguments' text.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum LeafEvent {
    /// A leaf begins; its text is spelled from `at` on.
    Open { path: String, form: Form, at: usize },
    /// More text of the open leaf, spelled by `length` bytes from `at` on: verbatim, unless it is
    /// one escape.
    Text {
        text: String,
        at: usize,
        length: usize,
    },
    /// The open leaf ends before `at`.
    Close { at: usize },
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Value,
    ValueOrEnd,
    Key,
    KeyOrEnd,
    Colon,
    CommaOrEnd,
    InString { key: bool },
    InNumber,
    InLiteral,
    Done,
    Raw,
}

struct Frame {
    object: bool,
    index: usize,
    /// How long the path is without this frame's own element.
    base: usize,
}

const DEPTH: usize = 128;
const PATH: usize = 256;
const NAME: usize = 64;

/// The lexer.
pub(crate) struct Leaves {
    state: State,
    frames: Vec<Frame>,
    path: String,
    key: String,
    /// The offset of the next byte.
    at: usize,
    /// An escape, number or literal that is not complete yet: the last bytes before `at`.
    pending: String,
}

impl Leaves {
    pub(crate) fn new() -> Self {
        Self {
            state: State::Value,
            frames: Vec::new(),
            path: String::new(),
            key: String::new(),
            at: 0,
            pending: String::new(),
        }
    }

    /// Up to where everything has been told.
    pub(crate) fn told(&self) -> usize {
        self.at - self.pending.len()
    }

    /// Whether the text is one complete JSON value so far.
    pub(crate) fn is_complete(&self) -> bool {
        self.state == State::Done
    }

    /// Reads on.
    pub(crate) fn feed(&mut self, text: &str, out: &mut Vec<LeafEvent>) {
        let mut rest = text;
        while !rest.is_empty() {
            let taken = match self.state {
                State::Raw => {
                    self.text(rest, rest.len(), out);
                    rest.len()
                }
                State::InString { key } => self.string(rest, key, out),
                State::InNumber | State::InLiteral => self.word(rest, out),
                _ => self.structure(rest, out),
            };
            rest = rest.get(taken..).unwrap_or_default();
        }
    }

    /// The text has ended. Whether it was one complete JSON value.
    pub(crate) fn finish(&mut self, out: &mut Vec<LeafEvent>) -> bool {
        if matches!(self.state, State::InNumber | State::InLiteral) {
            self.end_word(out);
        }
        let complete = self.state == State::Done;
        if !complete {
            if !self.pending.is_empty() {
                self.give_up(out);
            }
            if matches!(self.state, State::InString { .. } | State::Raw) {
                out.push(LeafEvent::Close { at: self.at });
            }
        }
        complete
    }

    fn text(&mut self, text: &str, length: usize, out: &mut Vec<LeafEvent>) {
        if !text.is_empty() {
            out.push(LeafEvent::Text {
                text: text.to_owned(),
                at: self.at,
                length,
            });
            self.at += length;
        }
    }

    /// From here on the text is not JSON, and is one raw leaf.
    fn give_up(&mut self, out: &mut Vec<LeafEvent>) {
        if matches!(self.state, State::InString { .. }) {
            out.push(LeafEvent::Close { at: self.told() });
        }
        self.state = State::Raw;
        let pending = std::mem::take(&mut self.pending);
        self.at -= pending.len();
        out.push(LeafEvent::Open {
            path: String::new(),
            form: Form::Raw,
            at: self.at,
        });
        self.text(&pending, pending.len(), out);
    }

    fn structure(&mut self, rest: &str, out: &mut Vec<LeafEvent>) -> usize {
        let Some(byte) = rest.bytes().next() else {
            return 0;
        };
        if matches!(byte, b' ' | b'\n' | b'\r' | b'\t') {
            self.at += 1;
            return 1;
        }
        let value = matches!(self.state, State::Value | State::ValueOrEnd);
        let key = matches!(self.state, State::Key | State::KeyOrEnd);
        let object = self.frames.last().map(|frame| frame.object);
        match byte {
            b'{' | b'[' if value && self.frames.len() < DEPTH => {
                let object = byte == b'{';
                self.frames.push(Frame {
                    object,
                    index: 0,
                    base: self.path.len(),
                });
                if object {
                    self.state = State::KeyOrEnd;
                } else {
                    self.state = State::ValueOrEnd;
                    self.element();
                }
                self.at += 1;
            }
            b'"' if value || key => {
                self.at += 1;
                self.state = State::InString { key };
                if key {
                    self.key.clear();
                    if let Some(frame) = self.frames.last() {
                        self.path.truncate(frame.base);
                    }
                }
                let form = if key { Form::Key } else { Form::String };
                out.push(LeafEvent::Open {
                    path: self.path.clone(),
                    form,
                    at: self.at,
                });
            }
            b'-' | b'0'..=b'9' if value => self.state = State::InNumber,
            b't' | b'f' | b'n' if value => self.state = State::InLiteral,
            b':' if self.state == State::Colon => {
                self.at += 1;
                self.state = State::Value;
            }
            b',' if self.state == State::CommaOrEnd => {
                self.at += 1;
                if object == Some(true) {
                    self.state = State::Key;
                } else {
                    self.state = State::Value;
                    if let Some(frame) = self.frames.last_mut() {
                        frame.index += 1;
                    }
                    self.element();
                }
                return 1;
            }
            b'}' if object == Some(true)
                && matches!(self.state, State::KeyOrEnd | State::CommaOrEnd) =>
            {
                self.close()
            }
            b']' if object == Some(false)
                && matches!(self.state, State::ValueOrEnd | State::CommaOrEnd) =>
            {
                self.close()
            }
            _ => {
                self.give_up(out);
                return 0;
            }
        }
        usize::from(!matches!(self.state, State::InNumber | State::InLiteral))
    }

    fn close(&mut self) {
        self.at += 1;
        if let Some(frame) = self.frames.pop() {
            self.path.truncate(frame.base);
        }
        self.ended();
    }

    fn ended(&mut self) {
        self.state = if self.frames.is_empty() {
            State::Done
        } else {
            State::CommaOrEnd
        };
    }

    /// Puts the innermost frame's element at the end of the path.
    fn element(&mut self) {
        let Some(frame) = self.frames.last() else {
            return;
        };
        self.path.truncate(frame.base);
        if self.path.len() >= PATH {
            return;
        }
        if frame.object {
            if !self.path.is_empty() {
                self.path.push('.');
            }
            self.path.push_str(&self.key);
        } else {
            self.path.push_str(&format!("[{}]", frame.index));
        }
    }

    fn string(&mut self, rest: &str, key: bool, out: &mut Vec<LeafEvent>) -> usize {
        if !self.pending.is_empty() {
            return self.escape(rest, key, out);
        }
        let run = memchr2(b'"', b'\\', rest.as_bytes());
        let body = rest.get(..run.unwrap_or(rest.len())).unwrap_or_default();
        if let Some(control) = body.bytes().position(|byte| byte < b' ') {
            let before = body.get(..control).unwrap_or_default();
            self.leaf_text(before, before.len(), key, out);
            self.give_up(out);
            return control;
        }
        self.leaf_text(body, body.len(), key, out);
        match rest.as_bytes().get(body.len()) {
            Some(b'"') => {
                out.push(LeafEvent::Close { at: self.at });
                self.at += 1;
                if key {
                    self.state = State::Colon;
                    self.element();
                } else {
                    self.ended();
                }
                body.len() + 1
            }
            Some(_) => {
                self.pending.push('\\');
                self.at += 1;
                body.len() + 1
            }
            None => body.len(),
        }
    }

    fn leaf_text(&mut self, text: &str, length: usize, key: bool, out: &mut Vec<LeafEvent>) {
        if key && self.key.len() < NAME {
            let room = NAME - self.key.len();
            self.key.extend(text.chars().take(room));
        }
        self.text(text, length, out);
    }

    /// Takes one more character of an escape.
    fn escape(&mut self, rest: &str, key: bool, out: &mut Vec<LeafEvent>) -> usize {
        let Some(next) = rest.chars().next() else {
            return 0;
        };
        if !next.is_ascii() {
            self.give_up(out);
            return 0;
        }
        self.pending.push(next);
        self.at += 1;
        if let Some((character, length)) = escape_at(&self.pending) {
            self.pending.clear();
            self.at -= length;
            let mut buffer = [0; 4];
            let text: &str = character.encode_utf8(&mut buffer);
            self.leaf_text(text, length, key, out);
        } else if !may_become_escape(self.pending.as_bytes()) {
            self.give_up(out);
        }
        1
    }

    /// Takes the bytes of a number or literal.
    fn word(&mut self, rest: &str, out: &mut Vec<LeafEvent>) -> usize {
        let number = self.state == State::InNumber;
        let length = rest
            .bytes()
            .position(|byte| match byte {
                b'0'..=b'9' | b'-' | b'+' | b'.' | b'E' => !number,
                b'e' => false,
                b'a'..=b'z' => number,
                _ => true,
            })
            .unwrap_or(rest.len());
        self.pending
            .push_str(rest.get(..length).unwrap_or_default());
        self.at += length;
        if length < rest.len() {
            self.end_word(out);
        } else if self.pending.len() > 4096 {
            self.give_up(out);
        }
        length
    }

    fn end_word(&mut self, out: &mut Vec<LeafEvent>) {
        let number = self.state == State::InNumber;
        if number && is_number(self.pending.as_bytes()) {
            let text = std::mem::take(&mut self.pending);
            self.at -= text.len();
            out.push(LeafEvent::Open {
                path: self.path.clone(),
                form: Form::Number,
                at: self.at,
            });
            self.text(&text, text.len(), out);
            out.push(LeafEvent::Close { at: self.at });
            self.ended();
        } else if !number && matches!(self.pending.as_str(), "true" | "false" | "null") {
            self.pending.clear();
            self.ended();
        } else {
            self.give_up(out);
        }
    }
}

/// Whether more characters could complete this escape.
fn may_become_escape(pending: &[u8]) -> bool {
    let digits = |from: usize, to: usize| {
        pending
            .get(from..pending.len().min(to))
            .unwrap_or_default()
            .iter()
            .all(u8::is_ascii_hexdigit)
    };
    match pending.get(1) {
        None => true,
        Some(b'u') if pending.len() < 6 => digits(2, 6),
        Some(b'u') => {
            let high = pending
                .get(2..6)
                .and_then(hex)
                .is_some_and(|first| (0xD800..0xDC00).contains(&first));
            let second = match pending.get(6..) {
                Some([] | [b'\\'] | [b'\\', b'u', ..]) => digits(8, 12),
                _ => false,
            };
            high && second && pending.len() < 12
        }
        Some(_) => false,
    }
}

#[cfg(test)]
#[expect(clippy::string_slice, reason = "a test that cuts wrongly should fail")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Path, form and text of a leaf, and the bytes that spell it.
    type Found = (String, Form, String, usize, usize);

    fn leaves(pieces: &[&str]) -> (Vec<Found>, bool) {
        let mut lexer = Leaves::new();
        let mut events = Vec::new();
        for piece in pieces {
            lexer.feed(piece, &mut events);
        }
        let complete = lexer.finish(&mut events);
        let mut found: Vec<Found> = Vec::new();
        for event in events {
            match event {
                LeafEvent::Open { path, form, at } => {
                    found.push((path, form, String::new(), at, at))
                }
                LeafEvent::Text { text, at, length } => {
                    let last = found.last_mut().unwrap();
                    assert_eq!(last.4, at);
                    last.2.push_str(&text);
                    last.4 = at + length;
                }
                LeafEvent::Close { at } => assert_eq!(found.last().unwrap().4, at),
            }
        }
        (found, complete)
    }

    #[test]
    fn every_string_number_and_key_is_a_leaf_with_its_path() {
        let text = r#"{"to":[{"email":"a\u0040b"}],"n":-1.5, "ok":true,"x":{}}"#;
        let (found, complete) = leaves(&[text]);
        assert!(complete);
        let short: Vec<_> = found
            .iter()
            .map(|leaf| format!("{}={}", leaf.0, leaf.2))
            .collect();
        assert_eq!(
            short,
            [
                "=to",
                "to[0]=email",
                "to[0].email=a@b",
                "=n",
                "n=-1.5",
                "=ok",
                "=x"
            ]
        );
    }

    #[test]
    fn what_is_not_json_ends_in_one_raw_leaf() {
        for (text, raw) in [
            ("plain words", "plain words"),
            (r#"{"a":"b"} trailing"#, "trailing"),
            (r#"{"a":"b\x"}"#, r#"\x"}"#),
            (r#"{"a":01}"#, "01}"),
            (r#"["\ud800"]"#, r#"\ud800"]"#),
            (r#"["\ud800\n"]"#, r#"\ud800\n"]"#),
            ("[\"a\nb\"]", "\nb\"]"),
            (r#"{"a":tru"#, "tru"),
            (r#"["\u00"#, r"\u00"),
        ] {
            let (found, complete) = leaves(&[text]);
            assert!(!complete, "{text}");
            let last = found.last().unwrap();
            assert_eq!((last.1, last.2.as_str()), (Form::Raw, raw), "{text}");
        }
    }

    proptest! {
        #[test]
        fn cut_anywhere_the_leaves_are_the_same(
            text in r#"\{"k":\["[aé😀]{0,3}\\(n|"|u00e9|ud83d\\ude00)x",-?[1-9]\.5e3,(true|null)\],"z":\{"q":"w"\}\}"#,
            cuts in proptest::collection::vec(any::<prop::sample::Index>(), 0..6),
        ) {
            let mut at: Vec<usize> = cuts.iter().map(|cut| cut.index(text.len())).filter(|at| text.is_char_boundary(*at)).collect();
            at.extend([0, text.len()]);
            at.sort_unstable();
            let pieces: Vec<&str> = at.windows(2).map(|pair| &text[pair[0]..pair[1]]).collect();
            let whole = leaves(&[&text]);
            prop_assert!(whole.1);
            prop_assert_eq!(whole, leaves(&pieces));
        }

        #[test]
        fn complete_exactly_where_a_parser_says_so(text in r#"[\[\]{}:,"\\a01.eu\- ]{0,12}"#) {
            let theirs = serde_json::from_str::<serde_json::Value>(&text).is_ok()
                // A number too large for the other parser is a number still.
                || serde_json::from_str::<Box<serde_json::value::RawValue>>(&text).is_ok();
            prop_assert_eq!(leaves(&[&text]).1, theirs);
        }
    }
}
