//! Sixty-four bytes of a text as sets of bits: what sort of byte stands where.

#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
use crate::scan::blocks::EACH;
use crate::scan::blocks::{BLOCK, HIGH, at_least, gathered};

/// A bit for each byte of a block.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Bits {
    /// ASCII letters.
    pub(super) letters: u64,
    /// ASCII digits.
    pub(super) digits: u64,
    /// `y`, in either case.
    pub(super) y: u64,
    /// From `'` to `.`: what stands between the words of prose, beside space.
    pub(super) marks: u64,
    /// The other signs of ASCII.
    pub(super) rare: u64,
    /// Bytes of characters beyond ASCII.
    pub(super) high: u64,
}

impl Bits {
    /// Letters, and what is beyond ASCII.
    pub(super) const fn lettered(&self) -> u64 {
        self.letters | self.high
    }

    /// Of sixteen bytes at a time.
    #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
    #[inline]
    pub(super) fn of(block: &[u8; BLOCK]) -> Self {
        use std::arch::wasm32::{
            i8x16_bitmask, u8x16_le, u8x16_lt, u8x16_splat, u8x16_sub, u64x2, v128_or,
        };
        let mut bits = Self::default();
        let mut spaces = 0;
        for (index, sixteen) in block.as_chunks::<16>().0.iter().enumerate() {
            let [low, high] = sixteen.as_chunks::<8>().0 else {
                continue;
            };
            let bytes = u64x2(u64::from_le_bytes(*low), u64::from_le_bytes(*high));
            let mask = |lanes| u64::from(i8x16_bitmask(lanes)) << (16 * index);
            let below = |bytes, first: u8, count: u8| {
                mask(u8x16_lt(
                    u8x16_sub(bytes, u8x16_splat(first)),
                    u8x16_splat(count),
                ))
            };
            let lower = v128_or(bytes, u8x16_splat(0x20));
            let space = mask(u8x16_le(bytes, u8x16_splat(b' ')));
            let letters = below(lower, b'a', 26);
            let digits = below(bytes, b'0', 10);
            let marks = below(bytes, b'\'', 8);
            bits.letters |= letters;
            bits.digits |= digits;
            bits.y |= below(lower, b'y', 1);
            bits.marks |= marks;
            bits.high |= mask(bytes);
            spaces |= space;
        }
        bits.rare = !(spaces | bits.letters | bits.digits | bits.marks | bits.high);
        bits
    }

    /// Of eight bytes at a time.
    #[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
    pub(super) fn of(block: &[u8; BLOCK]) -> Self {
        let mut bits = Self::default();
        for (index, eight) in block.as_chunks::<8>().0.iter().enumerate() {
            let eight = u64::from_le_bytes(*eight);
            let (low, ascii) = (eight & !HIGH, !eight);
            let lower = low | EACH << 5;
            let letters = at_least(lower, b'a') & !at_least(lower, b'z' + 1) & ascii;
            let digits = at_least(low, b'0') & !at_least(low, b'9' + 1) & ascii;
            let y = at_least(lower, b'y') & !at_least(lower, b'z') & ascii;
            let beyond_marks = at_least(low, b'/');
            let marks = at_least(low, b'\'') & !beyond_marks & ascii;
            let signs = at_least(low, b'!') & ascii;
            let rare = signs & !(letters | digits | marks);
            let at = 8 * index;
            bits.letters |= gathered(letters) << at;
            bits.digits |= gathered(digits) << at;
            bits.y |= gathered(y) << at;
            bits.marks |= gathered(marks) << at;
            bits.rare |= gathered(rare) << at;
            bits.high |= gathered(eight) << at;
        }
        bits
    }
}

/// The bytes of a block from `least` on, among those beyond ASCII.
pub(super) fn high_from(block: &[u8; BLOCK], least: u8) -> u64 {
    let mut bits = 0;
    for (index, eight) in block.as_chunks::<8>().0.iter().enumerate() {
        let eight = u64::from_le_bytes(*eight);
        let from = eight & at_least(eight & !HIGH, least & 0x7f);
        bits |= gathered(from) << (8 * index);
    }
    bits
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn each_byte_is_of_its_sort(bytes in proptest::collection::vec(0u8.., BLOCK)) {
            let block = bytes.first_chunk().unwrap();
            let bits = Bits::of(block);
            let wide = high_from(block, 0xe3);
            for (at, byte) in bytes.iter().enumerate() {
                let is = |bits: u64| bits >> at & 1 == 1;
                proptest::prop_assert_eq!(is(bits.letters), byte.is_ascii_alphabetic());
                proptest::prop_assert_eq!(is(bits.digits), byte.is_ascii_digit());
                proptest::prop_assert_eq!(is(bits.y), byte.eq_ignore_ascii_case(&b'y'));
                proptest::prop_assert_eq!(is(bits.marks), (b'\''..b'/').contains(byte));
                proptest::prop_assert_eq!(is(bits.high), *byte >= 0x80);
                proptest::prop_assert_eq!(is(wide), *byte >= 0xe3);
                let other = (b'!'..0x80).contains(byte) && !byte.is_ascii_alphanumeric();
                proptest::prop_assert_eq!(is(bits.rare), other && !is(bits.marks));
            }
        }
    }
}
