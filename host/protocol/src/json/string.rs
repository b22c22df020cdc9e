//! Strings of JSON: what they say, and where in the raw bytes they say it.

use std::fmt::Write as _;

use memchr::memchr;

/// One escape at the start of `raw`: the character, and how many raw bytes it takes.
///
/// `None` where it is malformed or incomplete.
pub(crate) fn escape_at(raw: &str) -> Option<(char, usize)> {
    let bytes = raw.as_bytes();
    match bytes.get(1)? {
        b'u' => {
            let first = hex(bytes.get(2..6)?)?;
            if !(0xD800..0xE000).contains(&first) {
                return Some((char::from_u32(first)?, 6));
            }
            if first >= 0xDC00 || bytes.get(6..8)? != b"\\u" {
                return None;
            }
            let second = hex(bytes.get(8..12)?)?;
            if !(0xDC00..0xE000).contains(&second) {
                return None;
            }
            let code = 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
            Some((char::from_u32(code)?, 12))
        }
        letter => plain(*letter).map(|character| (character, 2)),
    }
}

/// What a backslash and this byte stand for, if that is one of the escapes of two bytes.
pub(super) fn plain(letter: u8) -> Option<char> {
    Some(match letter {
        b'"' => '"',
        b'\\' => '\\',
        b'/' => '/',
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        _ => return None,
    })
}

/// Four hexadecimal digits.
pub(crate) fn hex(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |sum, digit| {
        Some(sum << 4 | char::from(*digit).to_digit(16)?)
    })
}

/// What a string says. `raw` lies between the quotes and has been checked by the parser.
pub(crate) fn unescape(raw: &str) -> String {
    let mut text = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(run) = next_escape(rest) {
        let (before, escape) = rest.split_at(run);
        text.push_str(before);
        let Some((character, length)) = escape_at(escape) else {
            break;
        };
        text.push(character);
        rest = escape.get(length..).unwrap_or_default();
    }
    text.push_str(rest);
    text
}

/// Where the next escape is. Escapes like to follow one another.
fn next_escape(raw: &str) -> Option<usize> {
    match raw.starts_with('\\') {
        true => Some(0),
        false => memchr(b'\\', raw.as_bytes()),
    }
}

/// Writes `text` as it stands between the quotes of a JSON string.
pub(crate) fn escape_into(out: &mut String, text: &str) {
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            control if control < ' ' => {
                let _ = write!(out, "\\u{:04x}", u32::from(control));
            }
            other => out.push(other),
        }
    }
}

/// `text` as it stands between the quotes of a JSON string.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    escape_into(&mut out, text);
    out
}

/// Walks along a raw string and says where in it a byte of its text stands.
///
/// Questions must be asked in rising order, so that many edits of one long text cost one walk.
pub(crate) struct Cursor<'a> {
    raw: &'a str,
    raw_at: usize,
    text_at: usize,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(raw: &'a str) -> Self {
        Self {
            raw,
            raw_at: 0,
            text_at: 0,
        }
    }

    /// The raw offset of a text offset. `None` beyond the end, inside a character, or backwards.
    pub(crate) fn seek(&mut self, text: usize) -> Option<usize> {
        loop {
            let ahead = text.checked_sub(self.text_at)?;
            let rest = self.raw.get(self.raw_at..)?;
            let run = memchr(
                b'\\',
                rest.as_bytes().get(..ahead).unwrap_or(rest.as_bytes()),
            );
            match run {
                None if ahead <= rest.len() => {
                    let found = self.raw_at + ahead;
                    if !self.raw.is_char_boundary(found) {
                        return None;
                    }
                    self.raw_at = found;
                    self.text_at = text;
                    return Some(found);
                }
                None => return None,
                Some(run) => {
                    let (character, length) = escape_at(rest.get(run..)?)?;
                    self.raw_at += run + length;
                    self.text_at += run + character.len_utf8();
                }
            }
        }
    }
}

#[cfg(test)]
#[expect(clippy::string_slice, reason = "a test that cuts wrongly should fail")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_cursor_stops_at_escapes_and_refuses_their_inside() {
        let raw = r"a\nb\ud83d\ude00c";
        assert_eq!(unescape(raw), "a\nb😀c");
        for (text, expected) in [(0, 0), (1, 1), (2, 3), (3, 4), (7, 16), (8, 17)] {
            assert_eq!(Cursor::new(raw).seek(text), Some(expected), "{text}");
        }
        for inside in [4, 5, 6, 9] {
            assert_eq!(Cursor::new(raw).seek(inside), None, "{inside}");
        }
    }

    fn any_escape(text: &str, how: &[u8]) -> String {
        let mut raw = String::new();
        for (index, character) in text.chars().enumerate() {
            match how.get(index % how.len().max(1)).copied().unwrap_or(0) % 3 {
                0 => escape_into(&mut raw, character.encode_utf8(&mut [0; 4])),
                1 => {
                    for unit in character.encode_utf16(&mut [0; 2]) {
                        let _ = write!(raw, "\\u{unit:04x}");
                    }
                }
                _ if character == '/' => raw.push_str("\\/"),
                _ => escape_into(&mut raw, character.encode_utf8(&mut [0; 4])),
            }
        }
        raw
    }

    proptest! {
        #[test]
        fn every_character_maps_to_its_own_escape(text in "\\PC{0,40}|[\"\\\\\n/a😀é]{0,40}", how in proptest::collection::vec(any::<u8>(), 1..8)) {
            let raw = any_escape(&text, &how);
            prop_assert_eq!(&unescape(&raw), &text);
            let mut cursor = Cursor::new(&raw);
            let mut previous = 0;
            for (index, _) in text.char_indices().chain([(text.len(), ' ')]) {
                let at = cursor.seek(index);
                prop_assert!(at.is_some());
                let at = at.unwrap();
                prop_assert_eq!(&unescape(&raw[..at]), &text[..index]);
                prop_assert!(at >= previous);
                previous = at;
            }
        }
    }
}
