//! Which bytes are digits and letters, around the place that a scan has come to: each block of the text
//! is judged once, and where a run ends is read from it without a look at each of its bytes.

use caponier_sdk::scan::blocks::{BLOCK, in_ranges};

/// How many blocks are remembered: those that the numbers of one place may lie in.
const REMEMBERED: usize = 4;

/// A bit for each byte of a block, the lowest for the first.
#[derive(Clone, Copy)]
struct Block {
    start: usize,
    digits: u64,
    /// Letters of ASCII, and those of them that are small.
    letters: u64,
    small: u64,
}

/// The 64 bytes from a place on, as sets of bits. None are of any class behind the text.
pub(super) struct View<'a> {
    low: &'a Block,
    high: &'a Block,
    inside: usize,
}

impl View<'_> {
    /// Those that are digits.
    #[inline]
    pub(super) fn digits(&self) -> u64 {
        self.bits(|block| block.digits)
    }

    /// Those that are letters of ASCII.
    #[inline]
    pub(super) fn letters(&self) -> u64 {
        self.bits(|block| block.letters)
    }

    /// Those of them that are small.
    #[inline]
    pub(super) fn small(&self) -> u64 {
        self.bits(|block| block.small)
    }

    #[inline(always)]
    fn bits(&self, of: impl Fn(&Block) -> u64) -> u64 {
        of(self.low) >> self.inside | of(self.high) << 1 << (BLOCK - 1 - self.inside)
    }
}

/// The blocks of a text that were looked at last.
pub(super) struct Classes<'a> {
    bytes: &'a [u8],
    blocks: [Block; REMEMBERED],
}

impl<'a> Classes<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        let none = Block {
            start: usize::MAX,
            digits: 0,
            letters: 0,
            small: 0,
        };
        Self {
            bytes,
            blocks: [none; REMEMBERED],
        }
    }

    /// Sees to it that the block at a place is known.
    #[inline(always)]
    fn know(&mut self, start: usize) {
        if self.block(start).start != start {
            self.read(start);
        }
    }

    #[cold]
    #[inline(never)]
    fn read(&mut self, start: usize) {
        let of = |range| in_ranges(self.bytes, start, [range]).unwrap_or(0);
        let [digits, capitals, small] = [b'0'..=b'9', b'A'..=b'Z', b'a'..=b'z'].map(of);
        if let Some(known) = self.blocks.get_mut(start / BLOCK % REMEMBERED) {
            *known = Block {
                start,
                digits,
                letters: capitals | small,
                small,
            };
        }
    }

    /// The block that is known in the place of the one that begins at `start`.
    #[inline(always)]
    fn block(&self, start: usize) -> &Block {
        let [first, ..] = &self.blocks;
        self.blocks.get(start / BLOCK % REMEMBERED).unwrap_or(first)
    }

    /// The 64 bytes from a place on.
    #[inline]
    pub(super) fn from(&mut self, place: usize) -> View<'_> {
        let inside = place % BLOCK;
        let [low, high] = [place - inside, place - inside + BLOCK];
        self.know(low);
        self.know(high);
        View {
            low: self.block(low),
            high: self.block(high),
            inside,
        }
    }

    /// Where the digits end that stand from a place on.
    #[inline]
    pub(super) fn digits_end(&mut self, place: usize) -> usize {
        self.end(place, |block| block.digits)
    }

    /// Where the letters and digits end that stand from a place on.
    #[inline]
    pub(super) fn run_end(&mut self, place: usize) -> usize {
        self.end(place, |block| block.digits | block.letters)
    }

    #[inline]
    fn end(&mut self, mut place: usize, of: impl Fn(&Block) -> u64) -> usize {
        loop {
            let inside = place % BLOCK;
            self.know(place - inside);
            let run = (of(self.block(place - inside)) >> inside).trailing_ones() as usize;
            place += run;
            if run == 0 || !place.is_multiple_of(BLOCK) {
                return place;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Wherever a scan looks, forwards or back, and behind the text.
        #[test]
        fn runs_end_where_their_bytes_do(
            bytes in vec(prop::sample::select(b"0123aaabZZ -\xc3".to_vec()), 0..400),
            places in vec(0_usize..420, 1..20),
        ) {
            let mut classes = Classes::new(&bytes);
            let end = |place: usize, inside: fn(&u8) -> bool| {
                let rest = bytes.get(place..).unwrap_or_default();
                place + rest.iter().take_while(|byte| inside(byte)).count()
            };
            for place in places {
                prop_assert_eq!(classes.digits_end(place), end(place, u8::is_ascii_digit));
                prop_assert_eq!(classes.run_end(place), end(place, u8::is_ascii_alphanumeric));
                let view = classes.from(place);
                for behind in 0..BLOCK {
                    let byte = bytes.get(place + behind).copied().unwrap_or(0);
                    let is = |bits: u64| bits >> behind & 1 == 1;
                    prop_assert_eq!(is(view.digits()), byte.is_ascii_digit());
                    prop_assert_eq!(is(view.letters()), byte.is_ascii_alphabetic());
                    prop_assert_eq!(is(view.small()), byte.is_ascii_lowercase());
                }
            }
        }
    }

    #[test]
    fn long_runs_end_too() {
        for length in [63, 64, 65, 127, 128, 129, 1000] {
            let text = "7".repeat(length) + "x";
            let mut classes = Classes::new(text.as_bytes());
            assert_eq!(classes.digits_end(0), length);
            assert_eq!(classes.run_end(3), length + 1);
        }
    }
}
