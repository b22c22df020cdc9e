//! Where in a text a word of the lexicon may begin or a sentence may end, told from three bytes.

/// Positions judged in one step, a bit each.
const STEP: usize = 64;
/// How many bits the class of a byte takes.
const BITS: u32 = 6;
const CLASSES: u8 = 1 << BITS;

/// Classes of bytes. Letters are 1 to 26, in either case; what is not ASCII lies above 31.
const SPACE: u8 = 0;
const DIGIT: u8 = 27;
const STOP: u8 = 28;
const LINE: u8 = 29;
const SIGN: u8 = 30;
const UNDERLINE: u8 = 31;

const fn class(byte: u8) -> u8 {
    match byte {
        b' ' | b'\t' | b'\r' | 0x0b | 0x0c => SPACE,
        b'a'..=b'z' => byte - b'a' + 1,
        b'A'..=b'Z' => byte - b'A' + 1,
        b'0'..=b'9' => DIGIT,
        b'.' | b'!' | b'?' => STOP,
        b'\n' => LINE,
        b'_' => UNDERLINE,
        0x80.. => 32 + (byte & 31),
        _ => SIGN,
    }
}

/// A set of three classes in a row: most places of a text are not in it, and go no further.
pub(crate) struct Places {
    classes: [u8; 256],
    fits: Box<[u64; 1 << (3 * BITS - 6)]>,
}

impl Places {
    /// For words, each with whether it needs no end behind it.
    pub(crate) fn new<'a>(words: impl Iterator<Item = (&'a str, bool)>) -> Self {
        let mut places = Self {
            classes: [0; 256],
            fits: Box::new([0; 1 << (3 * BITS - 6)]),
        };
        for (byte, slot) in (0..=u8::MAX).zip(places.classes.iter_mut()) {
            *slot = class(byte);
        }
        for (word, open) in words {
            let sets = [0, 1, 2].map(|at| set_at(word.as_bytes(), at, open));
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
            }
        }
    }

    /// Calls `found` with every place where a word may begin, or a sentence end. Words begin where
    /// letters do, unless they are `joined`.
    pub(crate) fn each(&self, bytes: &[u8], joined: bool, mut found: impl FnMut(usize)) {
        let mut lettered = 0;
        let mut at = 0;
        while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
            let (mut fits, letters) = match rest.first_chunk::<{ STEP + 2 }>() {
                Some(block) => self.step(block),
                None => {
                    // What is left, with blanks behind it.
                    let mut block = [b' '; STEP + 2];
                    for (slot, byte) in block.iter_mut().zip(rest) {
                        *slot = *byte;
                    }
                    self.step(&block)
                }
            };
            if !joined {
                fits &= !(letters & (letters << 1 | lettered));
            }
            lettered = letters >> (STEP - 1);
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

    /// Which places fit, and at which there is a letter or a digit.
    #[inline]
    fn step(&self, block: &[u8; STEP + 2]) -> (u64, u64) {
        let classes =
            block.map(|byte| self.classes.get(usize::from(byte)).copied().unwrap_or(SIGN));
        let (mut fits, mut letters) = (0u64, 0u64);
        for (place, window) in classes.array_windows::<3>().enumerate() {
            let [first, second, third] = *window;
            let row =
                usize::from(first & (CLASSES - 1)) << BITS | usize::from(second & (CLASSES - 1));
            let thirds = self.fits.get(row).copied().unwrap_or(0);
            fits |= (thirds >> (third & (CLASSES - 1)) & 1) << place;
            letters |= u64::from(first.wrapping_sub(1) < DIGIT) << place;
        }
        (fits, letters)
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
        None => !(((1 << (DIGIT + 1)) - 2) | (1 << UNDERLINE)),
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
