//! Bytes of a sort in a row, found block by block in sets of bits.

use std::ops::Range;

use super::sorts;
use crate::scan::blocks::{BLOCK, with_block};

/// Finds runs of no fewer than `LEAST` bytes.
#[derive(Default)]
pub(super) struct Runs<const LEAST: usize> {
    /// How long the run is that reaches out of the block before.
    open: usize,
}

impl<const LEAST: usize> Runs<LEAST> {
    /// Calls `found` with those that end in the block at `at`, of which these bits are set.
    #[inline(always)]
    pub(super) fn block(&mut self, bits: u64, at: usize, mut found: impl FnMut(Range<usize>)) {
        let mut left = bits;
        if self.open > 0 {
            let head = bits.trailing_ones() as usize;
            self.open += head;
            if head == BLOCK {
                return;
            }
            self.end(at + head, &mut found);
            left &= u64::MAX << head;
        }
        let tail = left.leading_ones();
        self.open = tail as usize;
        left &= u64::MAX.checked_shr(tail).unwrap_or(0);
        loop {
            let starts = narrowed::<LEAST>(left);
            if starts == 0 {
                return;
            }
            let start = starts.trailing_zeros();
            let end = start + (left >> start).trailing_ones();
            found(at + start as usize..at + end as usize);
            left &= u64::MAX << end;
        }
    }

    /// Calls `found` with the run that ends before `end`, if there is one.
    #[inline(always)]
    pub(super) fn end(&mut self, end: usize, mut found: impl FnMut(Range<usize>)) {
        let length = std::mem::take(&mut self.open);
        if length >= LEAST {
            found(end - length..end);
        }
    }
}

/// Where no fewer than `LEAST` bits in a row begin.
#[inline(always)]
const fn narrowed<const LEAST: usize>(bits: u64) -> u64 {
    let (mut bits, mut sure) = (bits, 1);
    while sure < LEAST {
        let more = if sure < LEAST - sure {
            sure
        } else {
            LEAST - sure
        };
        bits &= bits >> more;
        sure += more;
    }
    bits
}

/// Calls `found` with every run of no fewer than `LEAST` bytes that are of one of `wanted`. It looks
/// at a table for each byte, but takes a branch only for each run.
#[inline(always)]
pub(super) fn each<const LEAST: usize>(
    bytes: &[u8],
    wanted: u16,
    mut found: impl FnMut(Range<usize>),
) {
    let mut runs = Runs::<LEAST>::default();
    let mut at = 0;
    while let Some(bits) = with_block(bytes, at, |block| bits(block, wanted)) {
        runs.block(bits, at, &mut found);
        at += BLOCK;
    }
    runs.end(bytes.len(), &mut found);
}

/// A bit for each byte that is of one of `wanted`.
#[inline]
fn bits(block: &[u8; BLOCK], wanted: u16) -> u64 {
    let bits = block.iter().rev();
    bits.fold(0, |bits, byte| {
        bits << 1 | u64::from(sorts::is(*byte, wanted))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plainly(text: &str, least: usize) -> Vec<Range<usize>> {
        let mut runs = Vec::new();
        let mut start = 0;
        for part in text.split_inclusive(|c: char| !c.is_ascii_alphanumeric()) {
            let run = part.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
            if run.len() >= least {
                runs.push(start..start + run.len());
            }
            start += part.len();
        }
        runs
    }

    proptest::proptest! {
        #[test]
        fn runs_are_those_of_a_plain_search(text in "([a-z0-9]{1,24}|[ .é]{1,3}){0,20}|[a]{60,140}|([a ]{1,9}[a]{50,70}){0,4}") {
            let mut found = Vec::new();
            each::<1>(text.as_bytes(), sorts::ALPHANUMERIC, |run| found.push(run));
            proptest::prop_assert_eq!(found, plainly(&text, 1));
            let mut found = Vec::new();
            each::<5>(text.as_bytes(), sorts::ALPHANUMERIC, |run| found.push(run));
            proptest::prop_assert_eq!(found, plainly(&text, 5));
            let mut found = Vec::new();
            each::<20>(text.as_bytes(), sorts::ALPHANUMERIC, |run| found.push(run));
            proptest::prop_assert_eq!(found, plainly(&text, 20));
        }
    }
}
