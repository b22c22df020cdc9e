//! Sixty-four bytes of a text at a time as sets of bits, so that nothing is decided byte by byte.

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

    proptest::proptest! {
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
