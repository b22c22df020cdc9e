//! Where in a text a word of the lexicon may begin, or a sentence end.
//!
//! Words begin where letters and digits do. How one goes on is told from one bit of a table: most
//! of the lexicon's words are told by all of their first letters in a row, and how many these are,
//! so that few others pass.

use caponier_sdk::scan::blocks::{BLOCK, Bits};
use caponier_sdk::scan::bytes;

/// Letters that are looked at of a word that may go on, and of one that begins with none.
const LONG: usize = 5;
const SHORT: usize = 3;
/// A word of so many letters may go on where letters were drawn together.
pub(crate) const JOINED: usize = 6;
/// More letters in a row than are looked at.
const MANY: usize = 9;
/// Bits of the set.
const BITS: u32 = 16;
const SLOTS: usize = 1 << (BITS - 6);
/// White space, of which a word's space stands for any number.
const BLANK: &[u8] = b" \t\n\r\x0b\x0c";
/// Letters of ASCII lose their case; what else becomes the same is told apart later.
const LOWER: u64 = u64::MAX / 0xff * 0x20;

/// A sort of beginnings: so many letters in a row are 0 to [`MANY`].
const GOES_ON: u64 = 10;
const GOES_ON_JOINED: u64 = 11;
const NO_LETTER: u64 = 12;

/// The beginnings of words, a bit for each.
pub(crate) struct Heads(Box<[u64; SLOTS]>);

/// A place in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) at: usize,
    /// How many letters and digits of ASCII stand there in a row, [`MANY`] at most.
    letters: usize,
}

impl Place {
    /// Whether it is a sign or a line's end.
    pub(crate) const fn is_sign(self) -> bool {
        self.letters == 0
    }
}

/// Calls `found` with every place where a word may begin or a sentence end: where letters or digits
/// of ASCII begin, or at each of them where they are `joined`, and at what is neither those nor a
/// space.
#[inline(always)]
pub(crate) fn places(bytes: &[u8], joined: bool, mut found: impl FnMut(Place)) {
    let (mut at, mut before) = (0, 0);
    let Some(mut next) = Bits::at(bytes, 0) else {
        return;
    };
    loop {
        let bits = next;
        let behind = Bits::at(bytes, at + BLOCK);
        next = behind.unwrap_or_default();
        let letters = bits.alphanumeric;
        let inside = if joined { 0 } else { letters << 1 | before };
        let mut left = !(inside & letters | bits.blank);
        while left != 0 {
            let bit = left.trailing_zeros();
            left &= left - 1;
            let row = letters >> bit | next.alphanumeric << 1 << (BLOCK as u32 - 1 - bit);
            found(Place {
                at: at + bit as usize,
                letters: (row.trailing_ones() as usize).min(MANY),
            });
        }
        before = letters >> (BLOCK - 1);
        at += BLOCK;
        if behind.is_none() {
            return;
        }
    }
}

impl Heads {
    /// Of words, each with whether it needs no end behind it.
    pub(crate) fn new(words: impl Iterator<Item = (impl AsRef<str>, bool)>) -> Self {
        let mut heads = Self(Box::new([0; SLOTS]));
        for (word, open) in words {
            heads.add(word.as_ref().as_bytes(), open);
        }
        heads
    }

    fn add(&mut self, word: &[u8], open: bool) {
        let letters = bytes::run_end(word, 0, |byte| byte.is_ascii_alphanumeric());
        if letters == 0 {
            self.add_ways(&[], word);
            return;
        }
        self.set(in_a_row(lowered(word), letters.min(MANY)));
        if letters == word.len() && (open || letters >= JOINED) {
            self.add_begun(word, open);
        }
    }

    /// All words that begin like this one, which is nothing but letters.
    fn add_begun(&mut self, word: &[u8], open: bool) {
        if word.len() >= LONG {
            self.set(begun(lowered(word), true));
            if open {
                self.set(begun(lowered(word), false));
            }
            return;
        }
        for letter in (b'a'..=b'z').chain(b'0'..=b'9') {
            let longer = [word, &[letter]].concat();
            self.set(in_a_row(lowered(&longer), longer.len()));
            self.add_begun(&longer, open);
        }
    }

    /// Every way in which what begins like `start` and goes on like `word` may be written.
    fn add_ways(&mut self, start: &[u8], word: &[u8]) {
        if start.len() == SHORT {
            self.set(sign(lowered(start)));
            return;
        }
        let mut add = |byte: u8, word: &[u8]| self.add_ways(&[start, &[byte]].concat(), word);
        let (first, rest) = match word.split_first() {
            // Behind the word may stand anything.
            None => return (0..=u8::MAX).for_each(|byte| add(byte, &[])),
            Some((first, rest)) => (*first, rest),
        };
        if first == b' ' {
            BLANK.iter().for_each(|blank| add(*blank, rest));
        } else {
            add(first, rest);
        }
        if start.last().is_some_and(|last| BLANK.contains(last)) {
            BLANK.iter().for_each(|blank| add(*blank, word));
        }
    }

    fn set(&mut self, key: usize) {
        if let Some(slot) = self.0.get_mut(key / 64) {
            *slot |= 1 << (key % 64);
        }
    }

    #[inline(always)]
    fn has(&self, key: usize) -> bool {
        let slot = self.0.get(key / 64).copied().unwrap_or(0);
        slot >> (key % 64) & 1 == 1
    }

    /// Whether a word may begin at a place. What is no word passes now and then.
    #[inline(always)]
    pub(crate) fn may(&self, bytes: &[u8], place: Place, joined: bool) -> bool {
        let head = lowered(bytes.get(place.at..).unwrap_or_default());
        if place.is_sign() {
            return self.has(sign(head));
        }
        self.has(in_a_row(head, place.letters))
            || (place.letters >= LONG && self.has(begun(head, joined)))
    }
}

#[inline(always)]
fn lowered(bytes: &[u8]) -> u64 {
    bytes::head(bytes) | LOWER
}

/// Of so many letters in a row, [`MANY`] at most.
#[inline(always)]
const fn in_a_row(head: u64, letters: usize) -> usize {
    key(head, letters, letters as u64)
}

/// Of a word that goes on, perhaps only where letters were drawn together.
#[inline(always)]
const fn begun(head: u64, joined: bool) -> usize {
    key(head, LONG, if joined { GOES_ON_JOINED } else { GOES_ON })
}

/// Of what begins with no letter.
#[inline(always)]
const fn sign(head: u64) -> usize {
    key(head, SHORT, NO_LETTER)
}

/// A place in the set for the first bytes, one to eight of them, and a sort.
#[inline(always)]
const fn key(head: u64, length: usize, sort: u64) -> usize {
    let length = if length < 8 { length } else { 8 };
    let first = head & u64::MAX >> (64 - 8 * length);
    let hash = (first ^ sort << 60 ^ sort >> 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (hash >> (64 - BITS)) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn may(heads: &Heads, text: &str, at: usize, joined: bool) -> bool {
        let mut may = false;
        places(text.as_bytes(), joined, |place| {
            may |= place.at == at && heads.may(text.as_bytes(), place, joined);
        });
        may
    }

    #[test]
    fn every_word_may_begin_and_most_others_may_not() {
        let words = [
            "ignore", "dan", "do not", "### x", "忽略", "a b", "![", "ok",
        ];
        let heads = Heads::new(words.iter().map(|word| (word, false)));
        for text in [
            "ignore",
            "IGNORE this",
            "DAN",
            "dan.",
            "do\nnot",
            "Do  not",
            "### x",
            "忽略",
            "a b",
            "A\n\nb",
            "![a",
            "![",
            "OK",
        ] {
            assert!(may(&heads, text, 0, false), "{text}");
            let later = format!("x {text}");
            assert!(may(&heads, &later, 2, false), "{text}");
        }
        let others = (0..10_000).filter(|number| may(&heads, &format!("zz{number}yy"), 0, false));
        assert!(others.count() < 200);
        for other in ["igno", "ignores", "dance", "", "doe not", "aa b", "#1"] {
            assert!(!may(&heads, other, 0, false), "{other}");
        }
        // Letters that were drawn together.
        assert!(may(&heads, "sayignoreit", 3, true) && !may(&heads, "sayignoreit", 3, false));
    }

    proptest::proptest! {
        #[test]
        fn no_word_is_lost(
            word in "[a-zA-Z0-9 _é忽.]{1,9}",
            before in "([a-z .]{0,9}|[ab .]{50,80})",
            behind in "[a-z0-9 .\n]{0,20}",
            open: bool,
            joined: bool,
        ) {
            let word = word.trim_start();
            if !word.is_empty() {
                let heads = Heads::new(std::iter::once((word.to_ascii_lowercase(), open)));
                let written = word.to_ascii_uppercase().replace(' ', "\n ");
                let goes_on = |text: &str| text.starts_with(|c: char| c.is_ascii_alphanumeric());
                let ends = !word.ends_with(|c: char| c.is_ascii_alphanumeric());
                let whole = open || ends || joined && word.len() >= JOINED || !goes_on(&behind);
                let follows = before.ends_with(|c: char| c.is_ascii_alphanumeric());
                if whole && (joined || !follows || !goes_on(word)) {
                    let text = format!("{before}{written}{behind}");
                    proptest::prop_assert!(may(&heads, &text, before.len(), joined), "{text:?}");
                }
            }
        }

        #[test]
        fn every_beginning_and_every_mark_is_a_place(text in "[ab .\n_1é]{0,140}", joined: bool) {
            let bytes = text.as_bytes();
            let mut found = Vec::new();
            places(bytes, joined, |place| found.push(place));
            let mut wanted = Vec::new();
            for (at, byte) in bytes.iter().enumerate() {
                let letters = bytes::run_end(bytes, at, |byte| byte.is_ascii_alphanumeric()) - at;
                let inside = at > 0 && bytes[at - 1].is_ascii_alphanumeric();
                if *byte != b' ' && (letters == 0 || joined || !inside) {
                    wanted.push(Place { at, letters: letters.min(MANY) });
                }
            }
            proptest::prop_assert_eq!(found, wanted);
        }
    }
}
