//! Where the blocks of a call lie, one behind the other.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// A larger block is not taken in: a few of them would leave no place for all others.
const LARGEST: usize = 16 << 10;

/// Addresses that are handed out one behind the other. Only the last block's are used again before all
/// blocks are given back; then all are. (A module has one thread.)
#[derive(Debug)]
pub(super) struct Room {
    start: AtomicUsize,
    end: AtomicUsize,
    /// Where the next block lies, and what has been handed out at most since all were given back.
    top: AtomicUsize,
    highest: AtomicUsize,
    /// Blocks that are somebody's.
    live: AtomicUsize,
}

impl Room {
    /// A room that has no addresses.
    pub(super) const fn closed() -> Self {
        Self {
            start: AtomicUsize::new(0),
            end: AtomicUsize::new(0),
            top: AtomicUsize::new(0),
            highest: AtomicUsize::new(0),
            live: AtomicUsize::new(0),
        }
    }

    /// Gives a closed room its addresses.
    pub(super) fn open(&self, start: usize, len: usize) {
        let end = start.checked_add(len).filter(|_| start > 0);
        if let Some(end) = end.filter(|_| !self.is_open()) {
            self.start.store(start, Relaxed);
            self.end.store(end, Relaxed);
            self.top.store(start, Relaxed);
            self.highest.store(start, Relaxed);
        }
    }

    /// Whether it has addresses.
    #[inline]
    pub(super) fn is_open(&self) -> bool {
        self.start.load(Relaxed) != 0
    }

    /// Whether a block lies here.
    #[inline]
    pub(super) fn has(&self, block: usize) -> bool {
        (self.start.load(Relaxed)..self.end.load(Relaxed)).contains(&block)
    }

    /// The address of a new block, if there is place for it.
    #[inline]
    pub(super) fn take(&self, size: usize, align: usize) -> Option<usize> {
        let at = self.top.load(Relaxed).checked_next_multiple_of(align)?;
        let top = at.checked_add(size)?;
        if size > LARGEST || top > self.end.load(Relaxed) {
            return None;
        }
        self.rise(top);
        self.live.fetch_add(1, Relaxed);
        Some(at)
    }

    /// Makes a block longer or shorter where it lies, if that can be.
    #[inline]
    pub(super) fn resize(&self, block: usize, size: usize, wanted: usize) -> bool {
        let is_last = block.checked_add(size) == Some(self.top.load(Relaxed));
        if !is_last {
            return wanted <= size;
        }
        match block.checked_add(wanted) {
            Some(top) if wanted <= LARGEST && top <= self.end.load(Relaxed) => {
                self.rise(top);
                true
            }
            _ => false,
        }
    }

    /// Takes a block back. Where it was the last that was somebody's: what is to be wiped, its first
    /// address and how many there are.
    #[inline]
    pub(super) fn give_back(&self, block: usize, size: usize) -> Option<(usize, usize)> {
        if block.checked_add(size) == Some(self.top.load(Relaxed)) {
            self.top.store(block, Relaxed);
        }
        if self.live.fetch_sub(1, Relaxed) > 1 {
            return None;
        }
        let start = self.start.load(Relaxed);
        let used = self.highest.load(Relaxed).saturating_sub(start);
        self.top.store(start, Relaxed);
        self.highest.store(start, Relaxed);
        Some((start, used))
    }

    fn rise(&self, top: usize) {
        self.top.store(top, Relaxed);
        self.highest.fetch_max(top, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const START: usize = 1 << 16;
    const LEN: usize = 1 << 16;

    #[test]
    fn a_closed_room_has_nothing() {
        let room = Room::closed();
        assert!(!room.has(0) && !room.has(START));
        assert_eq!(room.take(1, 1), None);
    }

    #[test]
    fn the_last_block_grows_where_it_lies_and_others_do_not() {
        let room = Room::closed();
        room.open(START, LEN);
        let first = room.take(10, 1).unwrap();
        let second = room.take(10, 8).unwrap();
        assert_eq!((first, second), (START, START + 16));
        assert!(room.resize(second, 10, 5000) && room.resize(second, 5000, 20));
        assert!(!room.resize(first, 10, 11) && room.resize(first, 10, 9));
        assert!(!room.resize(second, 20, LARGEST + 1));
        assert_eq!(room.take(LARGEST + 1, 1), None);
        assert_eq!(room.give_back(second, 20), None);
        assert_eq!(room.take(1, 1), Some(START + 16));
        assert_eq!(room.give_back(START + 16, 1), None);
        assert_eq!(room.give_back(first, 9), Some((START, 16 + 5000)));
        assert_eq!(room.take(1, 1), Some(START));
    }

    #[derive(Clone, Debug)]
    enum Step {
        Take(usize, u32),
        Resize(usize, usize),
        GiveBack(usize),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            (1..LARGEST + 9, 0..5_u32).prop_map(|(size, align)| Step::Take(size, align)),
            (1..300_usize, 0..5_u32).prop_map(|(size, align)| Step::Take(size, align)),
            (any::<usize>(), 1..LARGEST + 9).prop_map(|(which, size)| Step::Resize(which, size)),
            any::<usize>().prop_map(Step::GiveBack),
            any::<usize>().prop_map(Step::GiveBack),
        ]
    }

    proptest! {
        /// Blocks lie inside and apart, and what was ever somebody's is wiped once nothing is.
        #[test]
        fn nobody_gets_what_somebody_has(steps in prop::collection::vec(step(), 1..200)) {
            let room = Room::closed();
            room.open(START, LEN);
            let mut blocks: Vec<(usize, usize)> = Vec::new();
            let mut highest = START;
            for step in steps {
                match step {
                    Step::Take(size, align) => {
                        let align = 1 << align;
                        if let Some(at) = room.take(size, align) {
                            prop_assert!(at.is_multiple_of(align) && room.has(at));
                            blocks.push((at, size));
                        }
                    }
                    Step::Resize(which, wanted) if !blocks.is_empty() => {
                        let which = which % blocks.len();
                        let (at, size) = blocks[which];
                        if room.resize(at, size, wanted) {
                            blocks[which].1 = wanted;
                        }
                    }
                    Step::GiveBack(which) if !blocks.is_empty() => {
                        let (at, size) = blocks.swap_remove(which % blocks.len());
                        let wiped = room.give_back(at, size);
                        prop_assert_eq!(wiped.is_some(), blocks.is_empty());
                        if let Some(wiped) = wiped {
                            prop_assert_eq!(wiped, (START, highest - START));
                            highest = START;
                        }
                    }
                    _ => {}
                }
                let mut sorted = blocks.clone();
                sorted.sort_unstable();
                prop_assert!(sorted.windows(2).all(|pair| pair[0].0 + pair[0].1 <= pair[1].0));
                if let Some((at, size)) = sorted.last() {
                    prop_assert!(at + size <= START + LEN);
                    highest = highest.max(at + size);
                }
            }
        }
    }
}
