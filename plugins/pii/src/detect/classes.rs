//! Which bytes are digits and letters, around the place that a scan has come to: each block of the text
//! is judged once, and where a run ends is read from it without a look at each of its bytes.

use caponier_sdk::scan::blocks::{BLOCK, in_ranges};

/// How many blocks are remembered: those that the numbers of one place may lie in.
const REMEMBERED: usize = 4;

/// A bit for each byte of a block.
#[derive(Clone, Copy)]
struct Block {
    start: usize,
    sets: Sets,
}

/// A bit for each of 64 bytes, the lowest for the first.
#[derive(Clone, Copy, Default)]
pub(super) struct Sets {
    pub(super) digits: u64,
    /// Letters of ASCII, and those of them that are small.
    pub(super) letters: u64,
    pub(super) small: u64,
}

impl Sets {
    #[inline]
    fn read(bytes: &[u8], start: usize) -> Self {
        let [digits, capitals, small] = [b'0'..=b'9', b'A'..=b'Z', b'a'..=b'z']
            .map(|range| in_ranges(bytes, start, [range]).unwrap_or(0));
        Self {
            digits,
            letters: capitals | small,
            small,
        }
    }

    /// How many letters and digits it begins with.
    #[inline]
    pub(super) fn run(&self) -> usize {
        (self.digits | self.letters).trailing_ones() as usize
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
            sets: Sets::default(),
        };
        Self {
            bytes,
            blocks: [none; REMEMBERED],
        }
    }

    #[inline(always)]
    fn block(&mut self, start: usize) -> Sets {
        let slot = start / BLOCK % REMEMBERED;
        match self.blocks.get(slot) {
            Some(known) if known.start == start => known.sets,
            _ => self.read(start),
        }
    }

    #[cold]
    #[inline(never)]
    fn read(&mut self, start: usize) -> Sets {
        let sets = Sets::read(self.bytes, start);
        if let Some(known) = self.blocks.get_mut(start / BLOCK % REMEMBERED) {
            *known = Block { start, sets };
        }
        sets
    }

    /// The 64 bytes from a place on. None are of any class behind the text.
    #[inline]
    pub(super) fn from(&mut self, place: usize) -> Sets {
        let inside = place % BLOCK;
        let low = self.block(place - inside);
        if inside == 0 {
            return low;
        }
        let high = self.block(place - inside + BLOCK);
        let both = |low: u64, high: u64| low >> inside | high << (BLOCK - inside);
        Sets {
            digits: both(low.digits, high.digits),
            letters: both(low.letters, high.letters),
            small: both(low.small, high.small),
        }
    }

    /// Where the digits end that stand from a place on.
    #[inline]
    pub(super) fn digits_end(&mut self, place: usize) -> usize {
        self.end(place, |sets| sets.digits)
    }

    /// Where the letters and digits end that stand from a place on.
    #[inline]
    pub(super) fn run_end(&mut self, place: usize) -> usize {
        self.end(place, |sets| sets.digits | sets.letters)
    }

    #[inline]
    fn end(&mut self, mut place: usize, of: impl Fn(Sets) -> u64) -> usize {
        loop {
            let inside = place % BLOCK;
            let run = (of(self.block(place - inside)) >> inside).trailing_ones() as usize;
            place += run;
            if run == 0 || !place.is_multiple_of(BLOCK) {
                return place;
            }
        }
    }
}
