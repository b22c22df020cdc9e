//! A set of hashes in few bits (Bloom, 1970), those of an entry within one word (Putze, Sanders and
//! Singler, 2007): what is in it is found, and of what is not in it one in fifty is taken for a
//! member. No run of words is judged by one answer of it.

/// Bits for each entry. Three of them are set, in eight bytes that are told by the entry.
const BITS: usize = 12;
const WORD: usize = 8;

/// What an entry stands for; sets of several sorts share their bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub(crate) enum Sort {
    /// One word.
    Word = 0x9e37_79b9_7f4a_7c15,
    /// Two words next to each other.
    Pair = 0xbf58_476d_1ce4_e5b9,
    /// Four words.
    Gram = 0x94d0_49bb_1331_11eb,
    /// Four words of an instruction.
    Order = 0xd6e8_feb8_6659_fd93,
    /// Two words of content near each other in an instruction.
    Content = 0xa076_1d64_78bd_642f,
    /// The same once more: one such pair alone begins a run, so less of it may be wrong.
    ContentToo = 0x8ebc_6af0_9c88_c6e3,
    /// Twelve letters from the start of a word on.
    Letters = 0xe703_7ed1_a0b4_28db,
}

/// The set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Filter {
    bits: Vec<u8>,
}

impl Filter {
    /// An empty set with room for so many entries.
    pub(crate) fn with_room(entries: usize) -> Self {
        let words = (entries * BITS).div_ceil(8 * WORD).max(1);
        Self {
            bits: vec![0; words * WORD],
        }
    }

    pub(crate) const fn from_bytes(bits: Vec<u8>) -> Self {
        Self { bits }
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.bits
    }

    /// Answers whether it is new: no bit was missing of what is in the set already.
    #[inline]
    pub(crate) fn insert(&mut self, sort: Sort, value: u64) -> bool {
        let (words, _) = self.bits.as_chunks_mut::<WORD>();
        let (at, bits) = place(words.len(), sort, value);
        let Some(word) = words.get_mut(at) else {
            return false;
        };
        let known = u64::from_le_bytes(*word);
        *word = (known | bits).to_le_bytes();
        bits & !known != 0
    }

    #[inline]
    pub(crate) fn has(&self, sort: Sort, value: u64) -> bool {
        let (words, _) = self.bits.as_chunks::<WORD>();
        let (at, bits) = place(words.len(), sort, value);
        let word = words.get(at).copied().map(u64::from_le_bytes);
        word.is_some_and(|known| bits & !known == 0)
    }
}

/// The word that a value is told by, and its bits there.
#[inline]
const fn place(words: usize, sort: Sort, value: u64) -> (usize, u64) {
    let mixed = (value ^ (value >> 31)).wrapping_mul(sort as u64);
    let mixed = (mixed ^ (mixed >> 29)).wrapping_mul(0x2545_f491_4f6c_dd1d);
    // The upper half chooses the word, what is below three of its bits.
    let word = ((mixed >> 32) * words as u64) >> 32;
    let bits = 1 << (mixed >> 26 & 63) | 1 << (mixed >> 20 & 63) | 1 << (mixed >> 14 & 63);
    (word as usize, bits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_found_and_few_others() {
        let mut filter = Filter::with_room(1000);
        for value in 0..1000_u64 {
            filter.insert(Sort::Gram, value * 7919);
        }
        assert!((0..1000_u64).all(|value| filter.has(Sort::Gram, value * 7919)));
        let wrong = (0..10_000_u64).filter(|value| filter.has(Sort::Gram, 1 << 40 | value));
        assert!(wrong.count() < 250);
        let other = (0..1000_u64).filter(|value| filter.has(Sort::Pair, value * 7919));
        assert!(other.count() < 50);
    }

    #[test]
    fn an_empty_set_has_nothing() {
        assert!(!Filter::default().has(Sort::Word, 1));
    }
}
