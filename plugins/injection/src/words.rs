//! Words of a text as numbers: where each begins and ends, and a hash of it.
//!
//! Sixty-four bytes at a time become a set of bits, so that nothing is decided byte by byte; a word
//! is hashed by its first sixteen bytes, which is a whole word in Latin letters and a stem in
//! scripts of two or three bytes a letter.

use caponier_sdk::scan::blocks::{BLOCK, Bits};
use caponier_sdk::scan::bytes;

/// A word and its hashes. Words in scripts without spaces are single characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Hashed {
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// Of the first sixteen bytes, ASCII letters in lower case.
    pub(crate) word: u32,
    /// Of how the word begins; 0 where it is short.
    pub(crate) stem: u32,
}

pub(crate) const EACH: u64 = u64::MAX / 0xff;
pub(crate) const HIGH: u64 = EACH << 7;
/// ASCII words longer than this have a stem, of so many bytes.
const STEM: (usize, usize) = (6, 5);
/// The same for words in other scripts.
const STEM_BEYOND_ASCII: (usize, usize) = (10, 8);

/// A word that reaches out of its block.
#[derive(Clone, Copy)]
struct Open {
    start: usize,
    /// Whether all of it is known to be ASCII.
    is_ascii: bool,
}

/// Calls `found` with every word, in order.
#[inline(always)]
pub(crate) fn each(bytes: &[u8], mut found: impl FnMut(Hashed)) {
    let mut open: Option<Open> = None;
    let mut at = 0;
    while let Some(bits) = Bits::at(bytes, at) {
        let mut inside = bits.alphanumeric | bits.high;
        let is_ascii = bits.high == 0;
        while inside != 0 || open.is_some() {
            // A word from the block before begins, for this one, with its first byte.
            let first = if open.is_some() {
                0
            } else {
                inside.trailing_zeros()
            };
            let past = first + (inside >> first).trailing_ones();
            let begun = open.take().unwrap_or(Open {
                start: at + first as usize,
                is_ascii: true,
            });
            let is_ascii = begun.is_ascii & is_ascii;
            if past == u64::BITS {
                open = Some(Open { is_ascii, ..begun });
                break;
            }
            inside &= u64::MAX << past;
            word(bytes, begun.start, at + past as usize, is_ascii, &mut found);
        }
        at += BLOCK;
    }
    if let Some(Open { start, is_ascii }) = open {
        word(bytes, start, bytes.len(), is_ascii, &mut found);
    }
}

#[inline(always)]
fn word(bytes: &[u8], start: usize, end: usize, is_ascii: bool, found: &mut impl FnMut(Hashed)) {
    if is_ascii {
        let length = end - start;
        let head = lower(bytes, start) & first(length);
        let tail = lower(bytes, start + 8) & behind(length);
        found(Hashed {
            start,
            end,
            word: mixed(head, tail),
            stem: stem(head, length, STEM),
        });
    } else {
        beyond_ascii(bytes, start, end, found);
    }
}

/// Eight bytes from `at` on, ASCII letters in lower case.
#[inline(always)]
fn lower(bytes: &[u8], at: usize) -> u64 {
    bytes::head(bytes.get(at..).unwrap_or_default()) | EACH << 5
}

/// A word that may have letters beyond ASCII.
#[inline(never)]
fn beyond_ascii(bytes: &[u8], start: usize, end: usize, found: &mut impl FnMut(Hashed)) {
    let text = bytes.get(start..end).unwrap_or_default();
    let mut at = start;
    while at < end {
        let rest = text.get(at - start..).unwrap_or_default();
        // Kana, ideographs and Hangul: three bytes, each a word.
        let length = match rest.first() {
            Some(byte) if is_wide(*byte) => 3.min(rest.len()),
            _ => rest
                .iter()
                .position(|byte| is_wide(*byte))
                .unwrap_or(rest.len()),
        };
        let head = eight(bytes, at, length);
        let tail = eight(bytes, at + 8, length.saturating_sub(8));
        let sizes = if head & HIGH == 0 {
            STEM
        } else {
            STEM_BEYOND_ASCII
        };
        found(Hashed {
            start: at,
            end: at + length,
            word: mixed(head, tail),
            stem: stem(head, length, sizes),
        });
        at += length.max(1);
    }
}

const fn is_wide(byte: u8) -> bool {
    matches!(byte, 0xe3..=0xed)
}

/// At most eight bytes from `at` on, in lower case, with zeros behind them.
fn eight(bytes: &[u8], at: usize, length: usize) -> u64 {
    if length == 0 {
        return 0;
    }
    let kept = bytes::head(bytes.get(at..).unwrap_or_default()) & first(length);
    // Letters of ASCII lose their case; digits have this bit, and what is beyond ASCII keeps its own.
    let lower = EACH << 5 & !((kept & HIGH) >> 2) & first(length);
    kept | lower
}

/// So many bytes, no fewer than one; eight where they are more.
#[inline(always)]
const fn first(length: usize) -> u64 {
    let length = if length < 8 { length } else { 8 };
    u64::MAX >> (64 - 8 * length)
}

/// What of the next eight bytes is of a word of so many, at most sixteen. How long words are cannot
/// be foretold: no branch is taken for it.
#[inline(always)]
const fn behind(length: usize) -> u64 {
    let length = if length < 16 { length } else { 16 };
    let beyond = length.saturating_sub(8);
    // Shifted twice: by all 64 bits at once would be by none.
    !(u64::MAX << (4 * beyond) << (4 * beyond))
}

#[inline(always)]
const fn stem(head: u64, length: usize, (longer, kept): (usize, usize)) -> u32 {
    let stem = mixed(head & first(kept), 0x5354_454d) | 1;
    stem & 0u32.wrapping_sub((length > longer) as u32)
}

#[inline(always)]
const fn mixed(head: u64, tail: u64) -> u32 {
    let both = head ^ tail.rotate_left(29);
    (both.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<&str> {
        let mut found = Vec::new();
        each(text.as_bytes(), |word| {
            found.push(text.get(word.start..word.end).unwrap());
        });
        found
    }

    fn hash(text: &str) -> (u32, u32) {
        let mut found = Vec::new();
        each(text.as_bytes(), |word| found.push((word.word, word.stem)));
        *found.first().unwrap()
    }

    #[test]
    fn words_are_letters_and_digits() {
        assert_eq!(
            words("Ignore, all_of 3 rules!"),
            ["Ignore", "all", "of", "3", "rules"]
        );
        assert_eq!(words("für dich"), ["für", "dich"]);
        assert_eq!(words("忽略DAN所有"), ["忽", "略", "DAN", "所", "有"]);
        assert!(words(" ...").is_empty());
        assert_eq!(words(&"x".repeat(200)), ["x".repeat(200)]);
    }

    #[test]
    fn case_does_not_count_and_letters_do() {
        assert_eq!(hash("IGNORE"), hash("ignore"));
        assert_ne!(hash("ignore").0, hash("ignora").0);
        assert_eq!(hash("instructions").1, hash("Instructing").1);
        assert_ne!(hash("instructions").0, hash("instructing").0);
        assert_eq!(hash("rule").1, 0);
        // What stands behind a word is not in its hash.
        assert_eq!(hash("rule"), hash("rule of thumb, and more"));
    }

    proptest::proptest! {
        #[test]
        fn every_letter_is_in_one_word(text in "[ab1 .,é忽]{0,150}") {
            let mut last = 0;
            let mut seen = 0;
            each(text.as_bytes(), |word| {
                assert!(last <= word.start && word.start < word.end);
                last = word.end;
                seen += text.get(word.start..word.end).unwrap().len();
            });
            let wanted: usize = text.chars().filter(|c| c.is_alphanumeric()).map(char::len_utf8).sum();
            proptest::prop_assert_eq!(seen, wanted);
        }
    }
}
