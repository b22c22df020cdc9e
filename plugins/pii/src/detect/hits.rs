//! Where digits, colons and `@` are: all that a value can be told by.

use caponier_sdk::scan::blocks::{BLOCK, in_ranges};

/// Walks over the places of a text, in order. Each block is judged once, however close the places are.
pub(super) struct Hits<'a> {
    bytes: &'a [u8],
    /// Where the block begins that is being looked at.
    block: usize,
    /// A bit for each of its bytes that is a place, and has not been passed.
    places: u64,
}

impl<'a> Hits<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            block: 0,
            places: places(bytes, 0).unwrap_or(0),
        }
    }

    /// The first place at or after `from`, which never goes back.
    #[inline]
    pub(super) fn next(&mut self, from: usize) -> Option<usize> {
        if from >= self.block + BLOCK {
            self.block = from - from % BLOCK;
            self.places = places(self.bytes, self.block)?;
        }
        self.places &= u64::MAX << from.saturating_sub(self.block);
        while self.places == 0 {
            self.block += BLOCK;
            self.places = places(self.bytes, self.block)?;
        }
        Some(self.block + self.places.trailing_zeros() as usize)
    }
}

/// A bit for each byte of a block that is a digit, a colon or `@`. None beyond the end of the text.
#[inline]
fn places(bytes: &[u8], block: usize) -> Option<u64> {
    in_ranges(bytes, block, [b'0'..=b':', b'@'..=b'@'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn none_is_left_out_wherever_it_stands() {
        for length in [1, 7, 8, 9, 63, 64, 65, 200, 300] {
            for at in 0..length {
                let mut text = vec![b'x'; length];
                text[at] = b'7';
                assert_eq!(Hits::new(&text).next(0), Some(at), "{length}");
                assert_eq!(Hits::new(&text).next(at), Some(at), "{length}");
                assert_eq!(Hits::new(&text).next(at + 1), None, "{length}");
            }
            let all = vec![b'@'; length];
            let mut hits = Hits::new(&all);
            assert!((0..length).all(|at| hits.next(at) == Some(at)));
            assert_eq!(hits.next(length), None);
        }
    }
}
