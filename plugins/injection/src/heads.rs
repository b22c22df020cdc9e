//! Whether a word of the lexicon may begin at a place, told from five bytes by one bit.
//!
//! Two thirds of all words begin with three letters that some word of the lexicon begins with, too;
//! one in six does with five. Walking the lexicon for the others took a quarter of the time.

/// Bytes of a word that are looked at, and of a shorter one.
const LONG: usize = 5;
const SHORT: usize = 3;
/// Bits of the set.
const BITS: u32 = 16;
const SLOTS: usize = 1 << (BITS - 6);
/// White space, of which a word's space stands for any number.
const BLANK: &[u8] = b" \t\n\r\x0b\x0c";
/// Letters of ASCII lose their case; what else becomes the same is told apart later.
const LOWER: u64 = u64::MAX / 0xff * 0x20;

/// The beginnings of words, a bit for each.
pub(crate) struct Heads(Box<[u64; SLOTS]>);

impl Heads {
    pub(crate) fn new(words: impl Iterator<Item = impl AsRef<str>>) -> Self {
        let mut heads = Self(Box::new([0; SLOTS]));
        for word in words {
            heads.add(word.as_ref().as_bytes());
        }
        heads
    }

    fn add(&mut self, word: &[u8]) {
        let solid = word.iter().take_while(|byte| **byte != b' ').count();
        if solid >= LONG {
            self.set(head(word, LONG));
        } else {
            self.add_ways(&[], word);
        }
    }

    /// Every way in which what begins like `start` and goes on like `word` may be written.
    fn add_ways(&mut self, start: &[u8], word: &[u8]) {
        if start.len() == SHORT {
            self.set(head(start, SHORT));
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

    fn set(&mut self, head: u64) {
        let (slot, bit) = place(head);
        if let Some(slot) = self.0.get_mut(slot) {
            *slot |= bit;
        }
    }

    /// Whether a word may begin at `at`. What is no word passes now and then.
    #[inline]
    pub(crate) fn may(&self, bytes: &[u8], at: usize) -> bool {
        let rest = bytes.get(at..).unwrap_or_default();
        self.has(head(rest, LONG)) || self.has(head(rest, SHORT))
    }

    #[inline]
    fn has(&self, head: u64) -> bool {
        let (slot, bit) = place(head);
        self.0.get(slot).is_some_and(|slot| slot & bit != 0)
    }
}

/// The first bytes, in lower case, and how many they are.
#[inline]
fn head(bytes: &[u8], length: usize) -> u64 {
    let raw = match bytes.first_chunk() {
        Some(eight) => u64::from_le_bytes(*eight),
        None => bytes
            .iter()
            .rev()
            .fold(0, |all, byte| all << 8 | u64::from(*byte)),
    };
    (raw | LOWER) << (64 - 8 * length) | length as u64
}

const fn place(head: u64) -> (usize, u64) {
    let hash = head.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - BITS);
    (hash as usize >> 6, 1 << (hash & 63))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_may_begin_and_most_others_may_not() {
        let words = ["ignore", "dan", "do not", "system  prompt", "忽略", "a b"];
        let heads = Heads::new(words.iter());
        for text in [
            "ignore",
            "IGNORE this",
            "ignores",
            "DAN",
            "dan.",
            "do\nnot",
            "Do  not",
            "system\tprompt",
            "忽略",
            "a b",
            "A\n\nb",
        ] {
            assert!(heads.may(text.as_bytes(), 0), "{text}");
            let later = format!("x {text}");
            assert!(heads.may(later.as_bytes(), 2), "{text}");
        }
        let others = (0..10_000).filter(|number| heads.may(format!("zz{number}yy").as_bytes(), 0));
        assert!(others.count() < 200);
        assert!(!heads.may(b"igno", 0) && !heads.may(b"", 0) && !heads.may(b"ignore", 9));
    }

    proptest::proptest! {
        #[test]
        fn no_word_is_lost(word in "[a-zA-Z0-9 _é忽]{1,9}", behind in "[a-z .\n]{0,9}") {
            let word = word.trim_start();
            if !word.is_empty() {
                let heads = Heads::new(std::iter::once(word));
                let written = format!("{}{behind}", word.to_ascii_uppercase().replace(' ', "\n "));
                proptest::prop_assert!(heads.may(written.as_bytes(), 0));
            }
        }
    }
}
