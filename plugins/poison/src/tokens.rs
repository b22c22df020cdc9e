//! Words of a document.

use caponier_sdk::scan::words::is_alphanumeric;

/// Letters that tell one word from another where endings do not matter.
const STEM: usize = 6;

/// A word of a text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Token {
    /// Where it stands, in bytes of the text.
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// What it says, and what its first letters say.
    pub(crate) hash: u32,
    pub(crate) stem: u32,
    /// Whether it has a digit.
    pub(crate) digits: bool,
    /// Whether it is a single character of a script without spaces.
    pub(crate) alone: bool,
}

/// The words of a text, in order: runs of letters and digits, and each character of scripts that
/// are written without spaces. ASCII letters count the same in either case.
pub(crate) struct Tokens<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Tokens<'a> {
    pub(crate) const fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    fn character(&self, at: usize) -> Option<char> {
        self.text.get(at..).and_then(|rest| rest.chars().next())
    }
}

impl Iterator for Tokens<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        let bytes = self.text.as_bytes();
        let mut at = self.at;
        let (mut start, mut characters) = (at, 0);
        let (mut hash, mut stem) = (FIRST, FIRST);
        let (mut digits, mut alone) = (false, false);
        while let Some(byte) = bytes.get(at) {
            let length = if byte.is_ascii_alphanumeric() {
                1
            } else if *byte < 0x80 {
                0
            } else {
                match self.character(at) {
                    Some(character) if stands_alone(character) && characters > 0 => break,
                    Some(character) if is_alphanumeric(character) => character.len_utf8(),
                    Some(character) if characters == 0 => {
                        at += character.len_utf8();
                        continue;
                    }
                    _ => break,
                }
            };
            if length == 0 {
                if characters > 0 {
                    break;
                }
                at += 1;
                continue;
            }
            if characters == 0 {
                start = at;
            }
            alone = length > 2 && self.character(at).is_some_and(stands_alone);
            for byte in bytes.get(at..at + length).unwrap_or_default() {
                hash = step(hash, byte.to_ascii_lowercase());
            }
            digits |= byte.is_ascii_digit();
            characters += 1;
            if characters <= STEM {
                stem = hash;
            }
            at += length;
            if alone {
                break;
            }
        }
        self.at = at;
        (characters > 0).then_some(Token {
            start,
            end: at,
            hash: mixed(hash),
            stem: mixed(stem),
            digits,
            alone,
        })
    }
}

/// FNV-1a.
const FIRST: u32 = 0x811c_9dc5;

const fn step(hash: u32, byte: u8) -> u32 {
    (hash ^ byte as u32).wrapping_mul(0x0100_0193)
}

/// Spreads a hash evenly.
pub(crate) const fn mixed(hash: u32) -> u32 {
    let mixed = (hash ^ (hash >> 15)).wrapping_mul(0x85eb_ca6b);
    mixed ^ (mixed >> 13)
}

/// The hash of a word.
#[cfg(test)]
pub(crate) fn hash_of(word: &str) -> u32 {
    Tokens::new(word).next().map_or(0, |token| token.hash)
}

const fn stands_alone(character: char) -> bool {
    matches!(
        character,
        '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}'
            | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}'
            | '\u{20000}'..='\u{3ffff}'
    )
}

#[cfg(test)]
#[expect(clippy::string_slice, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn words_are_split() {
        let text = "How do I reset-it? Größe 你好";
        let words: Vec<&str> = Tokens::new(text)
            .map(|token| &text[token.start..token.end])
            .collect();
        assert_eq!(
            words,
            ["How", "do", "I", "reset", "it", "Größe", "你", "好"]
        );
    }

    #[test]
    fn case_and_endings_do_not_matter() {
        let token = |word| Tokens::new(word).next().unwrap();
        assert_eq!(token("RESET").hash, token("reset").hash);
        assert_eq!(token("resetting").stem, token("resettable").stem);
        assert!(Tokens::new("—… !").next().is_none());
    }
}
