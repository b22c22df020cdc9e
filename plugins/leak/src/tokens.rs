//! Words, as they count: without case, marks, punctuation and Markdown.
//!
//! A word is a run of letters and digits. Scripts that write without spaces give one for each
//! character. What stands for a blank in URLs, HTML and source code parts words as a blank does.

use caponier_sdk::normalise::decode;

/// Letters that tell one word from another where endings do not matter.
const STEM: usize = 6;
/// What a word weighs, in halves: characters of scripts without spaces are half a word.
pub(crate) const WORD: u32 = 2;
const CHARACTER: u32 = 1;

/// A word of a text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Token {
    /// Where it stands, in bytes of the text.
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// What all of it says.
    pub(crate) hash: u32,
    /// What its first letters say.
    pub(crate) stem: u32,
    /// Letters and digits, in bytes.
    pub(crate) letters: usize,
    /// In halves of a word.
    pub(crate) weight: u32,
}

/// The hash of a word, letter by letter (FNV-1a).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Spelling(u32);

impl Default for Spelling {
    fn default() -> Self {
        Self(0x811c_9dc5)
    }
}

impl Spelling {
    pub(crate) fn push(&mut self, byte: u8) {
        self.0 = (self.0 ^ u32::from(byte)).wrapping_mul(0x0100_0193);
    }

    /// The hash of what was spelled so far, spread evenly.
    pub(crate) const fn hash(self) -> u32 {
        let mixed = (self.0 ^ (self.0 >> 15)).wrapping_mul(0x85eb_ca6b);
        mixed ^ (mixed >> 13)
    }

    pub(crate) fn of(letters: impl Iterator<Item = u8>) -> u32 {
        let mut spelling = Self::default();
        letters.for_each(|letter| spelling.push(letter));
        spelling.hash()
    }
}

/// The words of a text that was folded, in order.
pub(crate) struct Tokens<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Tokens<'a> {
    pub(crate) const fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// Leaves out the rest of a word that began before the text.
    pub(crate) fn skip_rest_of_word(&mut self) {
        self.at = self
            .text
            .char_indices()
            .find(|(_, character)| !character.is_alphanumeric())
            .map_or(self.text.len(), |(at, _)| at);
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
        // To the first letter.
        loop {
            let byte = *bytes.get(at)?;
            if byte.is_ascii_alphanumeric() {
                break;
            }
            if byte == b' ' {
                at += 1;
                continue;
            }
            if byte < 0x80 {
                at += blank(bytes.get(at..).unwrap_or_default());
                continue;
            }
            let character = self.character(at)?;
            if character.is_alphanumeric() {
                if stands_alone(character) {
                    let end = at + character.len_utf8();
                    let letters = bytes.get(at..end).unwrap_or_default();
                    let hash = Spelling::of(letters.iter().copied());
                    self.at = end;
                    return Some(Token {
                        start: at,
                        end,
                        hash,
                        stem: hash,
                        letters: letters.len(),
                        weight: CHARACTER,
                    });
                }
                break;
            }
            at += character.len_utf8();
        }
        let start = at;
        let ascii = Ascii::read(bytes.get(start..).unwrap_or_default());
        let (mut spelling, mut stem) = (ascii.spelling, ascii.stem);
        let (mut letters, mut digits, mut characters) =
            (ascii.letters, ascii.digits, ascii.letters);
        at += letters;
        while let Some(byte) = bytes.get(at) {
            if byte.is_ascii_alphanumeric() {
                spelling.push(byte.to_ascii_lowercase());
                digits += usize::from(byte.is_ascii_digit());
                letters += 1;
                at += 1;
            } else if *byte == b'\'' && bytes.get(at + 1).is_some_and(u8::is_ascii_alphabetic) {
                at += 1;
                continue;
            } else if *byte >= 0x80
                && let Some(character) = self.character(at)
                && character.is_alphanumeric()
                && !stands_alone(character)
            {
                for byte in bytes.get(at..at + character.len_utf8()).unwrap_or_default() {
                    spelling.push(*byte);
                }
                letters += character.len_utf8();
                at += character.len_utf8();
            } else {
                break;
            }
            characters += 1;
            if characters <= STEM {
                stem = spelling;
            }
        }
        if digits > 0 && digits < letters {
            // Digits that stand for letters: 1gn0re.
            let word = bytes.get(start..at).unwrap_or_default();
            let plain = word.iter().filter(|byte| **byte != b'\'');
            spelling = Spelling::default();
            plain.for_each(|byte| spelling.push(decode::letter_of(byte.to_ascii_lowercase())));
        }
        self.at = at;
        Some(Token {
            start,
            end: at,
            hash: spelling.hash(),
            stem: stem.hash(),
            letters,
            weight: WORD,
        })
    }
}

/// The letters and digits of ASCII that a word begins with: most words are no more.
#[derive(Default)]
struct Ascii {
    spelling: Spelling,
    stem: Spelling,
    letters: usize,
    digits: usize,
}

impl Ascii {
    #[inline]
    fn read(bytes: &[u8]) -> Self {
        let mut word = Self::default();
        match bytes.split_first_chunk::<STEM>() {
            // So many that the loop over them is none.
            Some((first, rest)) => {
                word.spell(first);
                word.stem = word.spelling;
                if word.letters == STEM {
                    word.spell(rest);
                }
            }
            None => {
                word.spell(bytes);
                word.stem = word.spelling;
            }
        }
        word
    }

    #[inline(always)]
    fn spell(&mut self, bytes: &[u8]) {
        for byte in bytes {
            if !byte.is_ascii_alphanumeric() {
                break;
            }
            // Makes a capital small, and leaves a digit what it is.
            self.spelling.push(byte | 0x20);
            self.digits += usize::from(*byte <= b'9');
            self.letters += 1;
        }
    }
}

/// How many bytes part words here: one, or a whole escape that stands for a blank or a sign.
fn blank(bytes: &[u8]) -> usize {
    match bytes {
        [b'%', high, low, ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => 3,
        [b'\\', b'n' | b't' | b'r', ..] => 2,
        [b'&', rest @ ..] => {
            let name = rest.iter().take(8);
            let name = name.take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'#');
            let length = name.count();
            match rest.get(length) {
                Some(b';') if length > 1 => length + 2,
                _ => 1,
            }
        }
        _ => 1,
    }
}

/// Whether the character belongs to a script that is written without spaces.
const fn stands_alone(character: char) -> bool {
    matches!(
        character,
        '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}'
            | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}'
            | '\u{20000}'..='\u{3ffff}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hashes(text: &str) -> Vec<u32> {
        Tokens::new(text).map(|token| token.hash).collect()
    }

    #[test]
    fn words_are_the_same_however_they_are_dressed() {
        let plain = hashes("never reveal the plan");
        for dressed in [
            "Never REVEAL the plan!",
            "**never** _reveal_ `the` plan",
            "- never\n- reveal\n- the\n- plan",
            "never%20reveal%20the%20plan",
            "never+reveal+the+plan",
            "never\\nreveal\\tthe plan",
            "never&nbsp;reveal&#32;the plan",
            "n3ver r3veal the p1an",
        ] {
            let dressed_hashes = hashes(dressed);
            let same = plain.iter().zip(&dressed_hashes).filter(|(a, b)| a == b);
            assert!(same.count() >= 3 && dressed_hashes.len() == 4, "{dressed}");
        }
        assert_eq!(hashes("don't"), hashes("dont"));
        assert_ne!(hashes("reveal"), hashes("revile"));
    }

    #[test]
    fn characters_without_spaces_are_half_words() {
        let tokens: Vec<Token> = Tokens::new("你是 bot").collect();
        let weights: Vec<u32> = tokens.iter().map(|token| token.weight).collect();
        assert_eq!(weights, [1, 1, 2]);
    }

    #[test]
    fn stems_are_the_first_letters() {
        let stem = |word| Tokens::new(word).next().map(|token| token.stem);
        assert_eq!(stem("instructed"), stem("instruction"));
        assert_ne!(stem("instructed"), stem("insert"));
    }
}
