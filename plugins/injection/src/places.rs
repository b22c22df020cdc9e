//! Where in a text a word of the lexicon may begin or a sentence may end, told from three bytes.

/// Positions judged in one step, a bit each.
const STEP: usize = 64;
/// How many bits the class of a byte takes.
const BITS: u32 = 6;
const CLASSES: u8 = 1 << BITS;

/// Classes of bytes: odd ones are letters, in either case, and digits.
const SPACE: u8 = 0;
const LINE: u8 = 2;
const STOP: u8 = 4;
const UNDERLINE: u8 = 6;
const SIGN: u8 = 8;
const BEYOND_ASCII: u8 = 10;
const DIGIT: u8 = 1;
const LETTER: u8 = 3;
/// All letters and digits, a bit each.
const ALNUM: u64 = 0xaaaa_aaaa_aaaa_aaaa;

const fn class(byte: u8) -> u8 {
    match byte {
        b' ' | b'\t' | b'\r' | 0x0b | 0x0c => SPACE,
        b'a'..=b'z' => LETTER + 2 * (byte - b'a'),
        b'A'..=b'Z' => LETTER + 2 * (byte - b'A'),
        b'0'..=b'9' => DIGIT,
        b'.' | b'!' | b'?' => STOP,
        b'\n' => LINE,
        b'_' => UNDERLINE,
        0x80.. => BEYOND_ASCII + 2 * (byte & 15),
        _ => SIGN,
    }
}

/// A row for two classes, and for whether a letter or digit stands before them.
const ROWS: usize = 1 << (2 * BITS + 1);

/// A set of three classes in a row: most places of a text are not in it, and go no further.
pub(crate) struct Places {
    classes: [u8; 256],
    /// Which third classes fit behind two. The lowest bit of the class before them, which says
    /// whether it is a letter or digit, is the highest of a row's number.
    fits: Box<[u64; ROWS]>,
}

impl Places {
    /// For words, each with whether it needs no end behind it.
    pub(crate) fn new(words: impl Iterator<Item = (impl AsRef<str>, bool)>) -> Self {
        let mut places = Self {
            classes: [0; 256],
            fits: Box::new([0; ROWS]),
        };
        for (byte, slot) in (0..=u8::MAX).zip(&mut places.classes) {
            *slot = class(byte);
        }
        for (word, open) in words {
            let sets = [0, 1, 2].map(|at| set_at(word.as_ref().as_bytes(), at, open));
            places.add(sets);
        }
        let (blank, any) = (1 << SPACE | 1 << LINE, u64::MAX);
        places.add([1 << STOP, blank, any]);
        places.add([1 << LINE, blank, any]);
        // 。 ！ ？ in UTF-8.
        for stop in ["。", "！", "？"] {
            let bytes = stop.as_bytes();
            places.add([0, 1, 2].map(|at| set_at(bytes, at, true)));
        }
        places
    }

    fn add(&mut self, [first, second, third]: [u64; 3]) {
        for one in (0..CLASSES).filter(|class| first >> class & 1 == 1) {
            for two in (0..CLASSES).filter(|class| second >> class & 1 == 1) {
                let row = usize::from(one) << BITS | usize::from(two);
                if let Some(slot) = self.fits.get_mut(row) {
                    *slot |= third;
                }
                // Behind a letter no word begins with one.
                if one & 1 == 0
                    && let Some(slot) = self.fits.get_mut(row | ROWS >> 1)
                {
                    *slot |= third;
                }
            }
        }
    }

    /// Calls `found` with every place where a word may begin, or a sentence end. Words begin where
    /// letters do, unless they are `joined`.
    pub(crate) fn each(&self, bytes: &[u8], joined: bool, mut found: impl FnMut(usize)) {
        let rows = if joined { ROWS / 2 - 1 } else { ROWS - 1 };
        // The class of the byte before, and of the first of the block.
        let mut before = usize::from(bytes.first().map_or(SPACE, |byte| class(*byte)));
        let mut at = 0;
        while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
            let mut fits = match rest.first_chunk::<{ STEP + 2 }>() {
                Some(block) => self.step(block, &mut before, rows),
                None => {
                    // What is left, with blanks behind it.
                    let mut block = [b' '; STEP + 2];
                    for (slot, byte) in block.iter_mut().zip(rest) {
                        *slot = *byte;
                    }
                    self.step(&block, &mut before, rows)
                }
            };
            while fits != 0 {
                let place = at + fits.trailing_zeros() as usize;
                if place < bytes.len() {
                    found(place);
                }
                fits &= fits - 1;
            }
            at += STEP;
        }
    }

    /// Which places of a block fit. A function of its own, and eight places at a time: its few
    /// variables stay in registers, and the sandbox looks at its clock once for all eight.
    #[inline(never)]
    fn step(&self, block: &[u8; STEP + 2], before: &mut usize, rows: usize) -> u64 {
        let [_, second, thirds @ ..] = block;
        let mut row = *before;
        let mut class = self.class(*second);
        let mut fits = 0u64;
        for bytes in thirds.as_chunks::<8>().0 {
            let mut eight = 0;
            for (bit, third) in bytes.iter().enumerate() {
                row = row << BITS | usize::from(class);
                class = self.class(*third);
                let thirds = self.fits.get(row & rows & (ROWS - 1)).copied().unwrap_or(0);
                eight |= (thirds >> (class % CLASSES) & 1) << bit;
            }
            fits = fits >> 8 | eight << 56;
        }
        *before = row & (ROWS - 1);
        fits
    }

    #[inline(always)]
    fn class(&self, byte: u8) -> u8 {
        self.classes.get(usize::from(byte)).copied().unwrap_or(SIGN)
    }
}

/// The classes that a text may have in the place `at` of a word, a bit each.
fn set_at(word: &[u8], at: usize, open: bool) -> u64 {
    let blank = 1 << SPACE | 1 << LINE;
    // A space stands for any number of them.
    let more = match at.checked_sub(1).and_then(|before| word.get(before)) {
        Some(b' ') => blank,
        _ => 0,
    };
    let whole = open || word.last().is_none_or(|last| !last.is_ascii_alphanumeric());
    let own = match word.get(at) {
        Some(b' ') => blank,
        Some(byte) => 1 << class(*byte),
        None if whole || at > word.len() => u64::MAX,
        None => !(ALNUM | 1 << UNDERLINE),
    };
    own | more
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn no_place_is_lost(text in "[ab .\n_1é]{0,140}", joined: bool) {
            let words = [("ab", false), ("1", false), ("a b", false), ("b", true), (".a", false), ("é", false)];
            let places = Places::new(words.into_iter());
            let bytes = text.as_bytes();
            let mut found = Vec::new();
            places.each(bytes, joined, |at| found.push(at));
            for at in 0..bytes.len() {
                let inside = at > 0 && bytes[at - 1].is_ascii_alphanumeric() && bytes[at].is_ascii_alphanumeric();
                let wanted = words.iter().any(|(word, open)| {
                    let rest = &bytes[at..];
                    let goes_on = rest.get(word.len()).is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
                    rest.starts_with(word.as_bytes()) && (*open || !goes_on)
                });
                let ends = bytes[at] == b'.' && bytes.get(at + 1).is_none_or(u8::is_ascii_whitespace);
                proptest::prop_assert!(!(wanted && (joined || !inside) || ends) || found.contains(&at), "{at}");
            }
        }
    }
}
