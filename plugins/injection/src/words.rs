//! Words of a text as numbers: where each begins and ends, and a hash of it.
//!
//! Sixty-four bytes at a time become a set of bits, so that nothing is decided byte by byte; a word
//! is hashed by its first sixteen bytes, which is a whole word in Latin letters and a stem in
//! scripts of two or three bytes a letter.

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

const BLOCK: usize = 64;
const EACH: u64 = u64::MAX / 0xff;
const HIGH: u64 = EACH << 7;
/// ASCII words longer than this have a stem, of so many bytes.
const STEM: (usize, usize) = (6, 5);
/// The same for words in other scripts.
const STEM_BEYOND_ASCII: (usize, usize) = (10, 8);

/// Calls `found` with every word, in order.
pub(crate) fn each(bytes: &[u8], mut found: impl FnMut(Hashed)) {
    let mut open: Option<usize> = None;
    let mut at = 0;
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        let inside = match rest.first_chunk::<BLOCK>() {
            Some(block) => word_bits(block),
            None => {
                let mut block = [b' '; BLOCK];
                for (slot, byte) in block.iter_mut().zip(rest) {
                    *slot = *byte;
                }
                word_bits(&block)
            }
        };
        // A bit for each place where being inside of a word begins or ends.
        let mut edges = inside ^ (inside << 1 | u64::from(open.is_some()));
        while edges != 0 {
            let edge = at + edges.trailing_zeros() as usize;
            edges &= edges - 1;
            match open.take() {
                None => open = Some(edge),
                Some(start) => word(bytes, start, edge.min(bytes.len()), &mut found),
            }
        }
        at += BLOCK;
    }
    if let Some(start) = open {
        word(bytes, start, bytes.len(), &mut found);
    }
}

/// Which bytes of a block are letters, digits, or beyond ASCII, a bit each.
fn word_bits(block: &[u8; BLOCK]) -> u64 {
    let mut bits = 0;
    for (index, eight) in block.as_chunks::<8>().0.iter().enumerate() {
        let eight = u64::from_le_bytes(*eight);
        let low = eight & !HIGH;
        let lower = low | EACH << 5;
        let letter = at_least(lower, b'a') & !at_least(lower, b'z' + 1);
        let digit = at_least(low, b'0') & !at_least(low, b'9' + 1);
        let inside = (letter | digit | eight) & HIGH;
        // Gathers the highest bits of eight bytes in one.
        let gathered = inside.wrapping_mul(0x0002_0408_1020_4081) >> 56;
        bits |= gathered << (8 * index);
    }
    bits
}

/// The highest bit of each byte, none of which is above 127, that is no less than `least`.
const fn at_least(eight: u64, least: u8) -> u64 {
    eight + EACH * (0x80 - least as u64)
}

fn word(bytes: &[u8], start: usize, end: usize, found: &mut impl FnMut(Hashed)) {
    let head = eight(bytes, start, end - start);
    if head & HIGH == 0 && end - start <= 8 {
        let stem = stem(head, end - start, STEM);
        found(Hashed {
            start,
            end,
            word: mixed(head, 0),
            stem,
        });
        return;
    }
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
    let rest = bytes.get(at..).unwrap_or_default();
    let raw = match rest.first_chunk() {
        Some(chunk) => u64::from_le_bytes(*chunk),
        None => rest
            .iter()
            .rev()
            .fold(0, |all, byte| all << 8 | u64::from(*byte)),
    };
    let kept = raw & mask(length);
    // Letters of ASCII lose their case; digits have this bit, and what is beyond ASCII keeps its own.
    let lower = EACH << 5 & !((kept & HIGH) >> 2) & mask(length);
    kept | lower
}

const fn mask(length: usize) -> u64 {
    match length {
        0 => 0,
        1..8 => (1 << (8 * length)) - 1,
        _ => u64::MAX,
    }
}

fn stem(head: u64, length: usize, (longer, kept): (usize, usize)) -> u32 {
    if length > longer {
        mixed(head & mask(kept), 0x5354_454d) | 1
    } else {
        0
    }
}

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
