//! Reading.

use std::borrow::Cow;

use caponier_sdk::scan::bytes;

use super::{Broken, Document, Item, Kind, Node, Odd};

/// Values of one text.
const NODES: usize = 1 << 20;
/// Odd things that are told of one text.
const ODD: usize = 16;
/// The most digits of a number: what CPython takes for an integer (CVE-2020-10735).
const DIGITS: usize = 4300;

/// How much is read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Objects and arrays in one another.
    pub(crate) depth: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { depth: 64 }
    }
}

/// Reads a text.
pub(crate) fn parse(text: &str, limits: Limits) -> Result<Document, Broken> {
    let mut parser = Parser {
        text,
        bytes: text.as_bytes(),
        at: 0,
        nodes: Vec::with_capacity((text.len() / 8).clamp(4, 8192)),
        open: Vec::new(),
        odd: Vec::new(),
        limits,
    };
    parser.document()?;
    Ok(Document {
        nodes: parser.nodes,
        odd: parser.odd,
    })
}

/// What is due.
enum Due {
    Value,
    Key,
    /// A comma, a bracket, or the end.
    More,
}

struct Parser<'t> {
    text: &'t str,
    bytes: &'t [u8],
    at: usize,
    nodes: Vec<Node>,
    /// The objects and arrays that are open.
    open: Vec<u32>,
    odd: Vec<Odd>,
    limits: Limits,
}

impl Parser<'_> {
    fn document(&mut self) -> Result<(), Broken> {
        let mut due = Due::Value;
        loop {
            let byte = self.peek();
            due = match due {
                Due::Value => self.value(byte)?,
                Due::Key => {
                    if byte != Some(b'"') {
                        return Err(self.broken("a key was due"));
                    }
                    self.string()?;
                    if self.peek() != Some(b':') {
                        return Err(self.broken("a colon was due"));
                    }
                    self.at += 1;
                    Due::Value
                }
                Due::More => match (self.open.last().copied(), byte) {
                    (None, None) => return Ok(()),
                    (None, Some(_)) => return Err(self.broken("something follows the value")),
                    (Some(open), byte) => self.more(open, byte)?,
                },
            };
        }
    }

    fn broken(&self, why: &'static str) -> Broken {
        Broken::Invalid(self.at, why)
    }

    /// The next byte that is no white space.
    fn peek(&mut self) -> Option<u8> {
        loop {
            match self.bytes.get(self.at) {
                Some(b' ' | b'\t' | b'\n' | b'\r') => self.at += 1,
                byte => return byte.copied(),
            }
        }
    }

    fn value(&mut self, byte: Option<u8>) -> Result<Due, Broken> {
        match byte {
            Some(b'"') => self.string()?,
            Some(b'{') => return self.begin(Kind::Object, b'}', Due::Key),
            Some(b'[') => return self.begin(Kind::Array, b']', Due::Value),
            Some(b'-' | b'0'..=b'9') => self.number()?,
            Some(b't') => self.word("true", Kind::True)?,
            Some(b'f') => self.word("false", Kind::False)?,
            Some(b'n') => self.word("null", Kind::Null)?,
            Some(b'N' | b'I') => return Err(self.broken("NaN and Infinity are no numbers")),
            Some(_) => return Err(self.broken("a value was due")),
            None => return Err(self.broken("it ends too early")),
        }
        Ok(Due::More)
    }

    fn push(&mut self, kind: Kind, start: usize, end: usize) -> Result<u32, Broken> {
        let index = self.nodes.len();
        if index >= NODES {
            return Err(Broken::Large);
        }
        self.nodes.push(Node {
            kind,
            start: start as u32,
            end: end as u32,
            next: index as u32 + 1,
            size: 0,
        });
        Ok(index as u32)
    }

    fn begin(&mut self, kind: Kind, closing: u8, due: Due) -> Result<Due, Broken> {
        if self.open.len() >= self.limits.depth {
            return Err(Broken::Deep(self.at));
        }
        let index = self.push(kind, self.at, self.at + 1)?;
        self.at += 1;
        if self.peek() == Some(closing) {
            self.at += 1;
            if let Some(node) = self.nodes.get_mut(index as usize) {
                node.end = self.at as u32;
            }
            return Ok(Due::More);
        }
        self.open.push(index);
        Ok(due)
    }

    /// After a value in an object or array.
    fn more(&mut self, open: u32, byte: Option<u8>) -> Result<Due, Broken> {
        let next = self.nodes.len() as u32;
        let broken = self.broken("a comma or a bracket was due");
        let Some(node) = self.nodes.get_mut(open as usize) else {
            return Err(broken);
        };
        node.size += 1;
        let is_object = node.kind == Kind::Object;
        match (byte, is_object) {
            (Some(b','), _) => {
                self.at += 1;
                Ok(if is_object { Due::Key } else { Due::Value })
            }
            (Some(b'}'), true) | (Some(b']'), false) => {
                self.at += 1;
                node.end = self.at as u32;
                node.next = next;
                self.open.pop();
                if is_object {
                    self.duplicates(open);
                }
                Ok(Due::More)
            }
            _ => Err(broken),
        }
    }

    fn word(&mut self, word: &str, kind: Kind) -> Result<(), Broken> {
        let end = self.at + word.len();
        if self.bytes.get(self.at..end) != Some(word.as_bytes()) {
            return Err(self.broken("a value was due"));
        }
        self.push(kind, self.at, end)?;
        self.at = end;
        Ok(())
    }

    fn string(&mut self) -> Result<(), Broken> {
        let start = self.at;
        let mut kind = Kind::String;
        let mut at = start + 1;
        loop {
            let special = |byte: u8| byte == b'"' || byte == b'\\' || byte < 0x20;
            let Some(found) = bytes::find(self.bytes, at, special) else {
                self.at = self.bytes.len();
                return Err(self.broken("a string has no end"));
            };
            self.at = found;
            match self.bytes.get(found) {
                Some(b'"') => break,
                Some(b'\\') => {
                    kind = Kind::Escaped;
                    at = found + self.escape(found)?;
                }
                _ => return Err(self.broken("a control character in a string")),
            }
        }
        self.at += 1;
        self.push(kind, start, self.at)?;
        Ok(())
    }

    /// How many bytes the escape takes.
    fn escape(&self, at: usize) -> Result<usize, Broken> {
        match self.bytes.get(at + 1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Ok(2),
            Some(b'u') => {
                let digits = self.bytes.get(at + 2..at + 6).unwrap_or_default();
                if digits.len() == 4 && digits.iter().all(u8::is_ascii_hexdigit) {
                    Ok(6)
                } else {
                    Err(self.broken("an escape that there is not"))
                }
            }
            _ => Err(self.broken("an escape that there is not")),
        }
    }

    fn digits(&mut self) -> usize {
        let start = self.at;
        self.at = bytes::run_end(self.bytes, start, |byte| byte.is_ascii_digit());
        self.at - start
    }

    fn number(&mut self) -> Result<(), Broken> {
        let start = self.at;
        if self.bytes.get(start) == Some(&b'-') {
            self.at += 1;
        }
        let leading = self.bytes.get(self.at).copied();
        let whole = self.digits();
        if whole == 0 {
            let why = match leading {
                Some(b'I' | b'N') => "NaN and Infinity are no numbers",
                _ => "a digit was due",
            };
            return Err(self.broken(why));
        }
        if whole > 1 && leading == Some(b'0') {
            return Err(self.broken("a number begins with 0"));
        }
        let mut fraction = 0;
        if self.bytes.get(self.at) == Some(&b'.') {
            self.at += 1;
            fraction = self.digits();
            if fraction == 0 {
                return Err(self.broken("a digit was due"));
            }
        }
        let mut exponent = 0_i64;
        if let Some(b'e' | b'E') = self.bytes.get(self.at) {
            self.at += 1;
            let sign = self.bytes.get(self.at).copied();
            if let Some(b'+' | b'-') = sign {
                self.at += 1;
            }
            let from = self.at;
            if self.digits() == 0 {
                return Err(self.broken("a digit was due"));
            }
            let digits = self.bytes.get(from..self.at).unwrap_or_default();
            exponent = digits.iter().fold(0_i64, |sum, digit| {
                (sum * 10 + i64::from(digit - b'0')).min(1_000_000)
            });
            if sign == Some(b'-') {
                exponent = -exponent;
            }
        }
        self.push(Kind::Number, start, self.at)?;
        // Doubles end a little below 1.8e308.
        let written = || self.text.get(start..self.at).unwrap_or_default();
        let is_beyond =
            whole as i64 + exponent > 308 && written().parse::<f64>().is_ok_and(f64::is_infinite);
        if (is_beyond || whole + fraction > DIGITS) && self.odd.len() < ODD {
            self.odd.push(Odd::Huge(start..self.at));
        }
        Ok(())
    }

    /// Notes the keys that an object has twice.
    fn duplicates(&mut self, object: u32) {
        let item = Item::new(self.text, &self.nodes, object);
        let size = item.size();
        if size < 2 {
            return;
        }
        let mut found = Vec::new();
        if size <= 8 {
            for (place, (key, _)) in item.members().enumerate() {
                if item
                    .members()
                    .take(place)
                    .any(|(other, _)| same(other, key))
                {
                    found.push(key.span());
                }
            }
        } else {
            let mut keys: Vec<(Cow<'_, str>, u32)> = item
                .members()
                .map(|(key, _)| (key.string().unwrap_or_default(), key.index))
                .collect();
            keys.sort_unstable();
            for pair in keys.windows(2) {
                if let [(first, _), (second, index)] = pair
                    && first == second
                {
                    found.push(item.at(*index).span());
                }
            }
            found.sort_unstable_by_key(|span| span.start);
        }
        let room = ODD.saturating_sub(self.odd.len());
        self.odd
            .extend(found.into_iter().take(room).map(Odd::Duplicate));
    }
}

fn same(one: Item<'_>, other: Item<'_>) -> bool {
    match (one.kind(), other.kind()) {
        (Kind::String, Kind::String) => one.raw() == other.raw(),
        _ => one.string() == other.string(),
    }
}

#[cfg(test)]
#[expect(
    clippy::string_slice,
    reason = "a test cuts where it knows that characters begin"
)]
mod tests {
    use super::*;

    fn broken(text: &str) -> Broken {
        parse(text, Limits { depth: 4 }).unwrap_err()
    }

    fn odd(text: &str) -> Vec<&str> {
        let document = parse(text, Limits::default()).unwrap();
        let spans = document.odd.into_iter().map(|odd| match odd {
            Odd::Duplicate(span) | Odd::Huge(span) => span,
        });
        spans.map(|span| &text[span]).collect()
    }

    #[test]
    fn what_is_no_json_is_refused_where_it_goes_wrong() {
        for (text, at) in [
            ("", 0),
            ("  ", 2),
            ("{", 1),
            ("[1,]", 3),
            ("{\"a\":1,}", 7),
            ("{'a':1}", 1),
            ("{\"a\" 1}", 5),
            ("[1 2]", 3),
            ("01", 2),
            ("-", 1),
            ("1.", 2),
            ("1e", 2),
            ("+1", 0),
            ("NaN", 0),
            ("-Infinity", 1),
            ("tru", 0),
            ("\"a", 2),
            ("\"\t\"", 1),
            (r#""\x""#, 1),
            (r#""\u12g4""#, 1),
            ("1 1", 2),
            ("\u{feff}1", 0),
            ("[1}", 2),
            ("// a\n1", 0),
        ] {
            assert!(
                matches!(broken(text), Broken::Invalid(place, _) if place == at),
                "{text:?}: {:?}",
                broken(text)
            );
        }
    }

    #[test]
    fn depth_is_limited() {
        assert!(parse("[[[[]]]]", Limits { depth: 4 }).is_ok());
        assert_eq!(broken("[[[[[]]]]]"), Broken::Deep(4));
        assert_eq!(broken(&"[".repeat(1 << 20)), Broken::Deep(4));
    }

    #[test]
    fn keys_that_come_twice_are_noted_however_they_are_spelt() {
        assert_eq!(odd(r#"{"a":1,"b":2,"a":3}"#), [r#""a""#]);
        assert_eq!(odd(r#"{"a":1,"\u0061":2}"#), [r#""\u0061""#]);
        assert_eq!(odd(r#"{"a":{"a":1},"b":{"a":1}}"#), Vec::<&str>::new());
        let many: Vec<String> = (0..50).map(|key| format!("\"k{key}\":0")).collect();
        let text = format!("{{{},\"k\\u0037\":1}}", many.join(","));
        assert_eq!(odd(&text), [r#""k\u0037""#]);
    }

    #[test]
    fn numbers_that_no_double_holds_are_noted() {
        assert_eq!(
            odd("[1e308,1.8e308,-1E+400,0e999,0.0e999,1e-999,0.001e310]"),
            ["1.8e308", "-1E+400"]
        );
        let long = "9".repeat(400);
        assert_eq!(odd(&long), [long.as_str()]);
        let fraction = format!("0.{}", "1".repeat(5000));
        assert_eq!(odd(&fraction), [fraction.as_str()]);
    }
}
