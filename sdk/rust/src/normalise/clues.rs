//! Which words of a text may be turned round or cut in pieces: most are not, and cost no more than
//! a look at one bit.

use super::scan::Letters;
use crate::scan::bytes;

/// By so many bytes, which every word has, turned ones are told.
pub(super) const WORD: usize = 5;
const BITS: u32 = 15;
const SLOTS: usize = (1 << BITS) / 64;
const EACH: u64 = u64::MAX / 0xff;

/// A set of how turned words begin, and of the first pieces of words with the letter behind the cut.
#[derive(Clone)]
pub(super) struct Clues(Box<[u64; SLOTS]>);

impl Default for Clues {
    fn default() -> Self {
        Self(Box::new([0; SLOTS]))
    }
}

/// What a word of the text may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Clue {
    pub(super) is_turned: bool,
    pub(super) is_cut: bool,
}

impl Clues {
    /// A word as it is written when turned.
    pub(super) fn add_turned(&mut self, word: &[u8]) {
        if word.len() >= WORD {
            self.set(turned(head(word)));
        }
    }

    /// A word, with a cut behind any of its bytes.
    pub(super) fn add_pieces(&mut self, word: &[u8]) {
        for (cut, next) in word.iter().enumerate().skip(1) {
            self.set(piece(head(word), cut, *next));
        }
    }

    /// What the word of these letters may be.
    #[inline]
    pub(super) fn of(&self, bytes: &[u8], letters: Letters) -> Clue {
        let head = head(bytes.get(letters.start..).unwrap_or_default());
        let cut = piece(head, letters.end - letters.start, letters.next);
        Clue {
            is_turned: self.has(turned(head)),
            is_cut: letters.next != 0 && self.has(cut),
        }
    }

    fn set(&mut self, key: usize) {
        if let Some(slot) = self.0.get_mut(key / 64) {
            *slot |= 1 << (key % 64);
        }
    }

    #[inline]
    fn has(&self, key: usize) -> bool {
        let slot = self.0.get(key / 64).copied().unwrap_or(0);
        slot >> (key % 64) & 1 == 1
    }
}

/// The first eight bytes. Letters lose their case; other bytes become what they become in the other
/// text, too.
#[inline]
fn head(bytes: &[u8]) -> u64 {
    bytes::head(bytes) | (EACH * 0x20)
}

/// So many bytes of it, no fewer than one.
#[inline]
const fn first(head: u64, length: usize) -> u64 {
    let length = if length < 8 { length } else { 8 };
    head & u64::MAX >> (64 - 8 * length)
}

#[inline]
const fn turned(head: u64) -> usize {
    key(first(head, WORD), 0)
}

/// Of a piece of so many bytes, with the byte behind the cut.
#[inline]
const fn piece(head: u64, length: usize, next: u8) -> usize {
    let tail = (length as u64) << 8 | (next | 0x20) as u64;
    key(first(head, length), tail.rotate_right(24))
}

#[inline]
const fn key(head: u64, tail: u64) -> usize {
    ((head ^ tail).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - BITS)) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::normalise::scan::each_word;

    fn clues() -> Clues {
        let mut clues = Clues::default();
        clues.add_pieces(b"instructions");
        clues.add_turned(b"erongi");
        clues
    }

    fn all(text: &str) -> Vec<Clue> {
        let mut all = Vec::new();
        each_word(text.as_bytes(), |letters| {
            all.push(clues().of(text.as_bytes(), letters));
        });
        all
    }

    #[test]
    fn what_was_added_is_there_wherever_it_stands() {
        for text in [
            "in structions",
            "I_ns",
            "INSTRUCTION - s",
            "instruct-_\nions",
        ] {
            for tail in ["", " and so on"] {
                assert!(
                    all(&format!("{text}{tail}")).iter().any(|clue| clue.is_cut),
                    "{text}"
                );
            }
        }
        assert!(all("so ERONGI").iter().any(|clue| clue.is_turned));
        assert!(all("erong").iter().any(|clue| clue.is_turned));
    }

    #[test]
    fn most_words_are_not_there() {
        let text = "the inside of a stone, and what else is to be seen: read on in peace; eron";
        for clue in all(text) {
            assert!(!clue.is_cut && !clue.is_turned);
        }
    }
}
