//! Where digits, colons and `@` are: all that a value can be told by.

/// Bytes that are looked at as one number, and bytes that are passed over at once.
const WORD: usize = 8;
const BLOCK: usize = 32;

/// A byte in each place of a word.
const ONES: u64 = 0x0101_0101_0101_0101;

/// Walks over the places of a text, in order. Each eight bytes are judged once, however close the
/// places are.
pub(super) struct Hits<'a> {
    bytes: &'a [u8],
    /// Where the word begins that is being looked at.
    word: usize,
    /// The highest bit of each of its bytes that is a place, and has not been passed.
    places: u64,
}

impl<'a> Hits<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            word: 0,
            places: places(load(bytes, 0)),
        }
    }

    /// The first place at or after `from`, which never goes back.
    #[inline]
    pub(super) fn next(&mut self, from: usize) -> Option<usize> {
        if from >= self.word + WORD {
            self.word = from - from % WORD;
            self.places = places(load(self.bytes, self.word));
        }
        self.places &= u64::MAX << (8 * from.saturating_sub(self.word));
        while self.places == 0 {
            self.word += WORD;
            if self.word.is_multiple_of(BLOCK) {
                self.pass_blocks();
            }
            if self.word >= self.bytes.len() {
                return None;
            }
            self.places = places(load(self.bytes, self.word));
        }
        Some(self.word + self.places.trailing_zeros() as usize / 8)
    }

    /// Passes over whole blocks that hold no place.
    fn pass_blocks(&mut self) {
        let mut rest = self.bytes.get(self.word..).unwrap_or_default();
        while let Some((block, after)) = rest.split_first_chunk::<BLOCK>() {
            // Without branches: it becomes vector code.
            let is_place = |byte: u8| (byte.wrapping_sub(b'0') <= 10) | (byte == b'@');
            if block.iter().fold(false, |any, byte| any | is_place(*byte)) {
                return;
            }
            self.word += BLOCK;
            rest = after;
        }
    }
}

/// Eight bytes from a place on; zeros where the text has ended.
#[inline]
fn load(bytes: &[u8], place: usize) -> u64 {
    let rest = bytes.get(place..).unwrap_or_default();
    match rest.first_chunk::<WORD>() {
        Some(word) => u64::from_le_bytes(*word),
        None => {
            let fold = |word, byte: &u8| word << 8 | u64::from(*byte);
            rest.iter().rev().fold(0, fold)
        }
    }
}

/// The highest bit of each byte that is a digit, a colon or `@`.
#[inline]
fn places(word: u64) -> u64 {
    // Digits and the colon are 0 to 10 once 0x30 is taken away bit by bit.
    let digits = word ^ (ONES * 0x30);
    let above = (digits & (ONES * 0x7f)) + ONES * (0x7f - 10);
    let sign = word ^ (ONES * 0x40);
    let other = (sign & (ONES * 0x7f)) + ONES * 0x7f;
    (!(above | digits) | !(other | sign)) & (ONES * 0x80)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_is_judged_as_it_is_by_itself() {
        for byte in 0..=255_u8 {
            let wanted = byte.is_ascii_digit() || byte == b':' || byte == b'@';
            for at in 0..WORD {
                for filler in [0, b' ', 0x7f, 0x80, 0xff] {
                    let mut word = [filler; WORD];
                    word[at] = byte;
                    let bit = places(u64::from_le_bytes(word)) >> (8 * at + 7);
                    assert_eq!(bit == 1, wanted, "{byte} {at} {filler}");
                }
            }
        }
    }

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
