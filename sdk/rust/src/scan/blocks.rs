//! Sixty-four bytes of a text at a time as sets of bits, so that nothing is decided byte by byte.

use std::ops::RangeInclusive;

/// How many bytes are judged in one step.
///
/// See the [example](Bits).
pub const BLOCK: usize = 64;

pub(crate) const EACH: u64 = u64::MAX / 0xff;
pub(crate) const HIGH: u64 = EACH << 7;

/// A bit for each byte of a block: where words stand, and where nothing does.
///
/// ```
/// use caponier_sdk::scan::blocks::{BLOCK, Bits};
///
/// /// How many words a text has: each begins where letters or digits do.
/// fn words(text: &str) -> u32 {
///     let (mut count, mut at, mut before) = (0, 0, 0);
///     while let Some(bits) = Bits::at(text.as_bytes(), at) {
///         let inside = bits.alphanumeric | bits.high;
///         assert_eq!(inside & bits.blank, 0);
///         count += (inside & !(inside << 1 | before)).count_ones();
///         before = inside >> (BLOCK - 1);
///         at += BLOCK;
///     }
///     count
/// }
///
/// assert_eq!(words("five words: café, no. 2"), 5);
/// assert_eq!(words(&"and so on ".repeat(50)), 150);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bits {
    /// Letters and digits of ASCII.
    pub alphanumeric: u64,
    /// Bytes of characters beyond ASCII.
    pub high: u64,
    /// Those of them that are not a character's first.
    pub inner: u64,
    /// Spaces, and control characters but line feeds.
    pub blank: u64,
    /// What ends sentences and lines: `.`, `!`, `?` and line feeds.
    pub ends: u64,
}

impl Bits {
    /// Of the block at `at`, with spaces behind the end of the text. None beyond it.
    ///
    /// See the [example](Bits).
    #[inline(always)]
    pub fn at(bytes: &[u8], at: usize) -> Option<Self> {
        with_block(bytes, at, Self::of)
    }

    /// Of sixteen bytes at a time.
    #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
    #[inline(always)]
    fn of(block: &[u8; BLOCK]) -> Self {
        use std::arch::wasm32::{
            i8x16_bitmask, i8x16_lt, i8x16_splat, u8x16_eq, u8x16_le, u8x16_lt, u8x16_splat,
            u8x16_sub, u64x2, v128_andnot, v128_or,
        };
        let mut bits = Self::default();
        for (index, sixteen) in block.as_chunks::<16>().0.iter().enumerate() {
            let [low, high] = sixteen.as_chunks::<8>().0 else {
                continue;
            };
            let bytes = u64x2(u64::from_le_bytes(*low), u64::from_le_bytes(*high));
            let mask = |lanes| u64::from(i8x16_bitmask(lanes)) << (16 * index);
            let within = |bytes, first: u8, count: u8| {
                u8x16_lt(u8x16_sub(bytes, u8x16_splat(first)), u8x16_splat(count))
            };
            let letters = within(v128_or(bytes, u8x16_splat(0x20)), b'a', 26);
            let control = u8x16_le(bytes, u8x16_splat(b' '));
            bits.alphanumeric |= mask(v128_or(letters, within(bytes, b'0', 10)));
            bits.high |= mask(bytes);
            bits.inner |= mask(i8x16_lt(bytes, i8x16_splat(-0x40)));
            let line = u8x16_eq(bytes, u8x16_splat(b'\n'));
            bits.blank |= mask(v128_andnot(control, line));
            let is = |sign: u8| u8x16_eq(bytes, u8x16_splat(sign));
            let marks = v128_or(v128_or(is(b'.'), is(b'!')), is(b'?'));
            bits.ends |= mask(v128_or(marks, line));
        }
        bits
    }

    /// Of eight bytes at a time.
    #[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
    #[inline(always)]
    fn of(block: &[u8; BLOCK]) -> Self {
        let mut bits = Self::default();
        for (index, eight) in block.as_chunks::<8>().0.iter().enumerate() {
            let eight = u64::from_le_bytes(*eight);
            let (low, ascii) = (eight & !HIGH, !eight);
            let lower = low | EACH << 5;
            let letters = at_least(lower, b'a') & !at_least(lower, b'z' + 1);
            let digits = at_least(low, b'0') & !at_least(low, b'9' + 1);
            let line = is(low, b'\n');
            let marks = is(low, b'.') | is(low, b'!') | is(low, b'?');
            let control = !at_least(low, b'!');
            let at = 8 * index;
            bits.alphanumeric |= gathered((letters | digits) & ascii) << at;
            bits.high |= gathered(eight) << at;
            bits.inner |= gathered(eight & !(eight << 1)) << at;
            bits.blank |= gathered(control & !line & ascii) << at;
            bits.ends |= gathered((marks | line) & ascii) << at;
        }
        bits
    }
}

/// A bit for each byte of the block at `at` that is in one of the ranges. None beyond the end of the
/// text. Ranges of constants cost two instructions each for sixteen bytes in WebAssembly.
///
/// ```
/// use caponier_sdk::scan::blocks::in_ranges;
///
/// let text = b"at 12:30, they say";
/// let digits = in_ranges(text, 0, [b'0'..=b'9', b':'..=b':']);
/// assert_eq!(digits, Some(0b1111_1000));
/// assert_eq!(in_ranges(text, text.len(), [b'0'..=b'9']), None);
/// ```
#[inline(always)]
pub fn in_ranges<const RANGES: usize>(
    bytes: &[u8],
    at: usize,
    ranges: [RangeInclusive<u8>; RANGES],
) -> Option<u64> {
    let rest = bytes.get(at..).filter(|rest| !rest.is_empty())?;
    Some(match rest.first_chunk() {
        Some(block) => block_in_ranges(block, &ranges),
        // What is filled up with spaces ends before them.
        None => block_in_ranges(&padded(rest), &ranges) & ((1 << rest.len()) - 1),
    })
}

/// The places of a text that are worth a look, in order. Each block is judged once, however close the
/// places are: what is full of them costs no search for each.
///
/// ```
/// use caponier_sdk::scan::blocks::Places;
///
/// let mut brackets = Places::new(b"[1] and [note]", [b'['..=b'[']);
/// assert_eq!(brackets.next(0), Some(0));
/// assert_eq!(brackets.next(1), Some(8));
/// assert_eq!(brackets.next(9), None);
/// ```
#[derive(Clone, Debug)]
pub struct Places<'a, const RANGES: usize> {
    bytes: &'a [u8],
    ranges: [RangeInclusive<u8>; RANGES],
    /// Where the block ends that was judged last.
    end: usize,
    /// A bit for each of its bytes that is a place.
    found: u64,
}

impl<'a, const RANGES: usize> Places<'a, RANGES> {
    /// Those whose byte is in one of the ranges.
    ///
    /// See the [example](Places).
    #[inline]
    pub const fn new(bytes: &'a [u8], ranges: [RangeInclusive<u8>; RANGES]) -> Self {
        Self {
            bytes,
            ranges,
            end: 0,
            found: 0,
        }
    }

    /// The first at or after `from`, which is no less than it was before: what was passed is not found
    /// again.
    ///
    /// See the [example](Places).
    #[inline]
    pub fn next(&mut self, from: usize) -> Option<usize> {
        loop {
            let mut next = from - from % BLOCK;
            if from < self.end {
                let begin = self.end - BLOCK;
                let left = self.found & u64::MAX << from.saturating_sub(begin);
                if left != 0 {
                    return Some(begin + left.trailing_zeros() as usize);
                }
                next = self.end;
            }
            self.found = in_ranges(self.bytes, next, self.ranges.clone())?;
            self.end = next + BLOCK;
        }
    }
}

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
#[inline(always)]
fn block_in_ranges(block: &[u8; BLOCK], ranges: &[RangeInclusive<u8>]) -> u64 {
    use std::arch::wasm32::{
        i8x16_bitmask, u8x16_le, u8x16_splat, u8x16_sub, u64x2, u64x2_splat, v128_or,
    };
    let mut bits = 0;
    for (index, sixteen) in block.as_chunks::<16>().0.iter().enumerate() {
        let [low, high] = sixteen.as_chunks::<8>().0 else {
            continue;
        };
        let bytes = u64x2(u64::from_le_bytes(*low), u64::from_le_bytes(*high));
        let mut lanes = u64x2_splat(0);
        for range in ranges.iter().filter(|range| !range.is_empty()) {
            let (first, last) = (*range.start(), *range.end());
            let above = u8x16_sub(bytes, u8x16_splat(first));
            let within = u8x16_le(above, u8x16_splat(last.wrapping_sub(first)));
            lanes = v128_or(lanes, within);
        }
        bits |= u64::from(i8x16_bitmask(lanes)) << (16 * index);
    }
    bits
}

#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
#[inline(always)]
fn block_in_ranges(block: &[u8; BLOCK], ranges: &[RangeInclusive<u8>]) -> u64 {
    // Without branches, and for the whole block: it becomes vector code.
    let within = block.map(|byte| {
        let is_in = |range: &RangeInclusive<u8>| {
            let within = range.end().wrapping_sub(*range.start());
            !range.is_empty() & (byte.wrapping_sub(*range.start()) <= within)
        };
        let any = ranges.iter().fold(false, |any, range| any | is_in(range));
        u8::from(any) << 7
    });
    let eights = within.as_chunks::<8>().0.iter().enumerate();
    eights.fold(0, |bits, (index, eight)| {
        bits | gathered(u64::from_le_bytes(*eight)) << (8 * index)
    })
}

/// The highest bit of each byte, none of which is above 127, that is no less than `least`.
pub(crate) const fn at_least(eight: u64, least: u8) -> u64 {
    eight + EACH * (0x80 - least as u64)
}

/// The highest bit of each byte, none of which is above 127, that is this one.
#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
const fn is(eight: u64, byte: u8) -> u64 {
    HIGH - (eight ^ (EACH * byte as u64))
}

/// The highest bits of eight bytes in one.
pub(crate) const fn gathered(eight: u64) -> u64 {
    (eight & HIGH).wrapping_mul(0x0002_0408_1020_4081) >> 56
}

/// The block at `at`, with spaces behind the end of the text.
#[inline(always)]
pub(crate) fn with_block<T>(
    bytes: &[u8],
    at: usize,
    judge: impl FnOnce(&[u8; BLOCK]) -> T,
) -> Option<T> {
    let rest = bytes.get(at..).filter(|rest| !rest.is_empty())?;
    let last;
    let block = match rest.first_chunk() {
        Some(block) => block,
        None => {
            last = padded(rest);
            &last
        }
    };
    Some(judge(block))
}

/// With spaces behind it.
#[inline(never)]
fn padded(rest: &[u8]) -> [u8; BLOCK] {
    let mut block = [b' '; BLOCK];
    for (slot, byte) in block.iter_mut().zip(rest) {
        *slot = *byte;
    }
    block
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_place_is_left_out_wherever_it_stands() {
        let signs = || [b'@'..=b'@'];
        for length in [1, 7, 8, 9, 63, 64, 65, 200, 300] {
            for at in 0..length {
                let mut text = vec![b'x'; length];
                text[at] = b'@';
                assert_eq!(Places::new(&text, signs()).next(0), Some(at), "{length}");
                assert_eq!(Places::new(&text, signs()).next(at), Some(at), "{length}");
                assert_eq!(Places::new(&text, signs()).next(at + 1), None, "{length}");
            }
            let all = vec![b'@'; length];
            let mut places = Places::new(&all, signs());
            assert!((0..length).all(|at| places.next(at) == Some(at)));
            assert_eq!(places.next(length), None);
            // And not again.
            assert_eq!(places.next(length), None);
        }
    }

    proptest::proptest! {
        #[test]
        fn each_byte_in_a_range_has_its_bit(
            bytes in proptest::collection::vec(0u8.., 1..=3 * BLOCK),
            ranges in proptest::array::uniform3((0u8.., 0u8..)),
        ) {
            let ranges = ranges.map(|(first, last)| first..=last);
            let mut found = Vec::new();
            let mut at = 0;
            while let Some(bits) = in_ranges(&bytes, at, ranges.clone()) {
                found.extend((0..BLOCK).filter(|bit| bits >> bit & 1 == 1).map(|bit| at + bit));
                at += BLOCK;
            }
            let is_in = |at: &usize| ranges.iter().any(|range| range.contains(&bytes[*at]));
            let wanted: Vec<usize> = (0..bytes.len()).filter(is_in).collect();
            proptest::prop_assert_eq!(found, wanted);
        }

        #[test]
        fn each_byte_is_of_its_sort(bytes in proptest::collection::vec(0u8.., 1..=BLOCK)) {
            let bits = Bits::at(&bytes, 0).unwrap();
            for at in 0..BLOCK {
                let byte = bytes.get(at).copied().unwrap_or(b' ');
                let is = |bits: u64| bits >> at & 1 == 1;
                proptest::prop_assert_eq!(is(bits.alphanumeric), byte.is_ascii_alphanumeric());
                proptest::prop_assert_eq!(is(bits.high), byte >= 0x80);
                proptest::prop_assert_eq!(is(bits.inner), (0x80..0xc0).contains(&byte));
                proptest::prop_assert_eq!(is(bits.blank), byte <= b' ' && byte != b'\n');
                let ends = matches!(byte, b'.' | b'!' | b'?' | b'\n');
                proptest::prop_assert_eq!(is(bits.ends), ends);
            }
            proptest::prop_assert_eq!(Bits::at(&bytes, bytes.len()), None);
        }
    }
}
