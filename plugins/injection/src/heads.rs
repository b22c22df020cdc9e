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

/// A place where a word may begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    at: usize,
    /// How many letters and digits of ASCII stand there in a row, [`MANY`] at most.
    letters: usize,
}

/// A place in a text that is worth a closer look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) at: usize,
    /// A word of the lexicon may begin here.
    pub(crate) begins: bool,
    /// A sentence may end here.
    pub(crate) ends: bool,
}

/// The places of one block of a text.
struct Places {
    at: usize,
    bits: Bits,
    /// Letters and digits of the next block.
    next: u64,
    /// Where a word may begin: where letters or digits of ASCII do, or at each of them where they
    /// are joined, and at characters that are neither those nor a space.
    begins: u64,
}

/// Calls `judge` with the places of every block.
#[inline(always)]
fn blocks(bytes: &[u8], joined: bool, mut judge: impl FnMut(Places)) {
    let (mut at, mut before) = (0, 0);
    let mut block = Bits::at(bytes, 0);
    while let Some(bits) = block {
        block = Bits::at(bytes, at + BLOCK);
        let letters = bits.alphanumeric;
        let inside = if joined { 0 } else { letters << 1 | before };
        judge(Places {
            at,
            bits,
            next: block.map_or(0, |block| block.alphanumeric),
            begins: !(inside & letters | bits.blank | bits.inner),
        });
        before = letters >> (BLOCK - 1);
        at += BLOCK;
    }
}

impl Places {
    /// Those for which `wanted` holds, a bit each. It is asked without a branch: which of the words
    /// is one of few cannot be foretold.
    #[inline(always)]
    fn which(&self, mut wanted: impl FnMut(Place) -> bool) -> u64 {
        let (mut left, mut which) = (self.begins, 0);
        while left != 0 {
            let bit = left.trailing_zeros();
            left &= left - 1;
            let behind = self.next << 1 << (BLOCK as u32 - 1 - bit);
            let row = self.bits.alphanumeric >> bit | behind;
            let place = Place {
                at: self.at + bit as usize,
                letters: (row.trailing_ones() as usize).min(MANY),
            };
            which |= u64::from(wanted(place)) << bit;
        }
        which
    }

    /// Where a sentence may end: at marks of ASCII, and where those of other scripts may begin.
    #[inline(always)]
    fn ends(&self, bytes: &[u8]) -> u64 {
        let mut left = self.bits.high & !self.bits.inner;
        let mut ends = self.bits.ends;
        while left != 0 {
            let bit = left.trailing_zeros();
            left &= left - 1;
            let byte = bytes.get(self.at + bit as usize);
            let may = byte.is_some_and(|byte| (*byte == 0xe3) | (*byte == 0xef));
            ends |= u64::from(may) << bit;
        }
        ends
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
    fn may(&self, bytes: &[u8], place: Place, joined: bool) -> bool {
        let head = lowered(bytes.get(place.at..).unwrap_or_default());
        let sort = SORTS.get(place.letters).copied().unwrap_or_default();
        let is_whole = self.has(sort.key(head));
        is_whole | ((place.letters >= LONG) & self.has(begun(head, joined)))
    }

    /// Calls `found` with every place, in order, where a word may begin or a sentence end.
    #[inline(always)]
    pub(crate) fn each(&self, bytes: &[u8], joined: bool, mut found: impl FnMut(Found)) {
        blocks(bytes, joined, |places| {
            let begins = places.which(|place| self.may(bytes, place, joined));
            let ends = places.ends(bytes);
            let mut left = begins | ends;
            while left != 0 {
                let bit = left.trailing_zeros();
                left &= left - 1;
                found(Found {
                    at: places.at + bit as usize,
                    begins: begins >> bit & 1 == 1,
                    ends: ends >> bit & 1 == 1,
                });
            }
        });
    }
}

#[inline(always)]
fn lowered(bytes: &[u8]) -> u64 {
    bytes::head(bytes) | LOWER
}

/// What is looked at of a beginning, and how it is told from others.
#[derive(Clone, Copy, Default)]
struct Sort {
    mask: u64,
    mark: u64,
}

impl Sort {
    /// Of the first bytes, one to eight of them.
    const fn new(length: usize, sort: u64) -> Self {
        let length = if length < 8 { length } else { 8 };
        Self {
            mask: u64::MAX >> (64 - 8 * length),
            mark: sort << 60 ^ sort >> 1,
        }
    }

    /// A place in the set.
    #[inline(always)]
    const fn key(self, head: u64) -> usize {
        let hash = (head & self.mask ^ self.mark).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (hash >> (64 - BITS)) as usize
    }
}

/// Of so many letters in a row; of what begins with none.
static SORTS: [Sort; MANY + 1] = {
    let mut sorts = [Sort::new(SHORT, NO_LETTER); MANY + 1];
    let mut letters = 0;
    let mut left: &mut [Sort] = &mut sorts;
    while let Some((sort, rest)) = left.split_first_mut() {
        if letters > 0 {
            *sort = Sort::new(letters, letters as u64);
        }
        left = rest;
        letters += 1;
    }
    sorts
};

/// Of so many letters in a row, [`MANY`] at most.
const fn in_a_row(head: u64, letters: usize) -> usize {
    Sort::new(letters, letters as u64).key(head)
}

/// Of a word that goes on, perhaps only where letters were drawn together.
#[inline(always)]
const fn begun(head: u64, joined: bool) -> usize {
    Sort::new(LONG, if joined { GOES_ON_JOINED } else { GOES_ON }).key(head)
}

/// Of what begins with no letter.
const fn sign(head: u64) -> usize {
    Sort::new(SHORT, NO_LETTER).key(head)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn may(heads: &Heads, text: &str, at: usize, joined: bool) -> bool {
        let mut may = false;
        heads.each(text.as_bytes(), joined, |place| {
            may |= place.at == at && place.begins;
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
            blocks(bytes, joined, |places| {
                places.which(|place| {
                    found.push(place);
                    false
                });
            });
            let mut wanted = Vec::new();
            for (at, byte) in bytes.iter().enumerate() {
                let letters = bytes::run_end(bytes, at, |byte| byte.is_ascii_alphanumeric()) - at;
                let inside = at > 0 && bytes[at - 1].is_ascii_alphanumeric();
                let is_first = text.is_char_boundary(at);
                if *byte != b' ' && is_first && (letters == 0 || joined || !inside) {
                    wanted.push(Place { at, letters: letters.min(MANY) });
                }
            }
            proptest::prop_assert_eq!(found, wanted);
        }

        #[test]
        fn every_mark_that_ends_sentences_is_a_place(text in "[ab .!?\n。！é忽]{0,140}") {
            let heads = Heads::new(std::iter::once(("zz", false)));
            let mut found = Vec::new();
            heads.each(text.as_bytes(), false, |place| {
                if place.ends {
                    found.push(place.at);
                }
            });
            for (at, _) in text.match_indices(['.', '!', '?', '\n', '。', '！']) {
                proptest::prop_assert!(found.contains(&at), "{at}");
            }
            let is_mark = |at: &usize| matches!(text.as_bytes()[*at], b'.' | b'!' | b'?' | b'\n' | 0xe3 | 0xef);
            proptest::prop_assert!(found.iter().all(is_mark));
        }
    }
}
