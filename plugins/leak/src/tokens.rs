//! Words, as they count: without case, marks, punctuation and Markdown.
//!
//! A word is a run of letters and digits. Scripts that write without spaces give one for each
//! character. What stands for a blank in URLs, HTML and source code parts words as a blank does.

use caponier_sdk::normalise::decode;
use caponier_sdk::scan::bytes::head;
use caponier_sdk::scan::words::is_alphanumeric;

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

/// The hash of a word, eight letters at a time: most words are no longer, and take one step. No letter
/// is zero, so what is filled up with zeros is told from what is longer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Spelling {
    /// What was spelled before the last letters, mixed.
    before: u64,
    /// The last letters, the first of them lowest.
    last: u64,
    count: usize,
}

impl Spelling {
    /// Of no more letters than a step takes, the first of them lowest.
    #[inline]
    pub(crate) const fn of_head(letters: u64) -> u32 {
        spread(letters)
    }

    #[inline]
    pub(crate) fn push(&mut self, byte: u8) {
        if self.count == EIGHT {
            self.step();
        }
        self.last |= u64::from(byte) << (8 * self.count);
        self.count += 1;
    }

    /// Goes on behind eight letters.
    #[inline]
    const fn step(&mut self) {
        let mixed = (self.before ^ self.last).wrapping_mul(0xff51_afd7_ed55_8ccd);
        *self = Self {
            before: mixed ^ (mixed >> 32),
            last: 0,
            count: 0,
        };
    }

    /// Of the letters of this step no more than so many.
    #[inline]
    const fn cut(self, count: usize) -> Self {
        if count >= self.count {
            return self;
        }
        Self {
            last: self.last & below(count),
            count,
            ..self
        }
    }

    /// The hash of what was spelled so far, spread evenly.
    #[inline]
    pub(crate) const fn hash(self) -> u32 {
        spread(self.before ^ self.last)
    }

    pub(crate) fn of(letters: impl Iterator<Item = u8>) -> u32 {
        let mut spelling = Self::default();
        letters.for_each(|letter| spelling.push(letter));
        spelling.hash()
    }
}

/// Multiplied and shifted, as MurmurHash3 (Appleby, 2011) ends.
#[inline]
const fn spread(letters: u64) -> u32 {
    let mixed = letters.wrapping_mul(0x2127_599b_f432_5c37);
    let mixed = (mixed ^ (mixed >> 32)).wrapping_mul(0x8803_55f2_1e6d_1965);
    (mixed >> 32) as u32
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
            .find(|(_, character)| !is_alphanumeric(*character))
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
            if is_alphanumeric(character) {
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
                && is_alphanumeric(character)
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
struct Ascii {
    spelling: Spelling,
    stem: Spelling,
    letters: usize,
    digits: usize,
}

impl Ascii {
    #[inline]
    fn read(bytes: &[u8]) -> Self {
        let (first, mut digits) = letters_at(bytes);
        let (mut spelling, mut letters) = (first, first.count);
        while spelling.count == EIGHT {
            let (next, more) = letters_at(bytes.get(letters..).unwrap_or_default());
            if next.count == 0 {
                break;
            }
            spelling.step();
            (spelling.last, spelling.count) = (next.last, next.count);
            letters += next.count;
            digits += more;
        }
        Self {
            spelling,
            stem: first.cut(STEM),
            letters,
            digits,
        }
    }
}

/// The next letters and digits, in small letters and as many as a step takes; and how many digits are
/// among them.
#[inline(always)]
fn letters_at(bytes: &[u8]) -> (Spelling, usize) {
    let eight = head(bytes);
    // Makes a capital small, and leaves a digit what it is.
    let lower = eight | EACH << 5;
    let within = |eight: u64, first: u8, last: u8| {
        let low = eight & !HIGH;
        (low + EACH * u64::from(0x80 - first)) & !(low + EACH * u64::from(0x7f - last))
    };
    let digits = within(eight, b'0', b'9');
    let inside = (digits | within(lower, b'a', b'z')) & !eight & HIGH;
    let count = ((!inside & HIGH).trailing_zeros() / 8) as usize;
    let read = Spelling {
        before: 0,
        last: lower,
        count: EIGHT,
    };
    let digits = digits & inside & below(count);
    (read.cut(count), digits.count_ones() as usize)
}

/// Letters of a step.
pub(crate) const EIGHT: usize = 8;
const EACH: u64 = u64::MAX / 0xff;
const HIGH: u64 = EACH << 7;

/// The lowest bytes of eight.
#[inline]
pub(crate) const fn below(count: usize) -> u64 {
    match count {
        0..EIGHT => (1 << (8 * count)) - 1,
        _ => u64::MAX,
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

    proptest::proptest! {
        /// However many steps it takes, whatever is behind it, and wherever ASCII ends.
        #[test]
        fn words_are_spelled_letter_by_letter(
            word in "([a-zA-Zé]{1,20}|[0-9]{1,20})('[a-z]{1,9})?",
            behind in "([ .,/\\[@`{:]|…)[a-z0-9 ]{0,12}|",
        ) {
            let text = format!("{word}{behind}");
            let token = Tokens::new(&text).next().unwrap();
            let small = word.to_ascii_lowercase().replace('\'', "");
            proptest::prop_assert_eq!((token.start, token.end), (0, word.len()));
            proptest::prop_assert_eq!(token.letters, small.len());
            if !word.starts_with(|first: char| first.is_ascii_digit()) || !word.contains('\'') {
                proptest::prop_assert_eq!(token.hash, Spelling::of(small.bytes()));
            }
            let stem: String = small.chars().take(STEM).collect();
            proptest::prop_assert_eq!(token.stem, Spelling::of(stem.bytes()));
            if small.len() <= EIGHT {
                let letters = head(small.as_bytes()) & below(small.len());
                proptest::prop_assert_eq!(Spelling::of(small.bytes()), Spelling::of_head(letters));
            }
        }
    }
}
