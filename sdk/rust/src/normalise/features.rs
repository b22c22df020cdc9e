//! Signs, cheap to look for, that a text may hold more than is written.

/// What a text has that calls for a second look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Features {
    /// Bytes that are not ASCII.
    pub non_ascii: usize,
    /// `%`, `&` and `\`: where URL, HTML and source escapes begin.
    pub escapes: usize,
    /// Digits and signs that stand for letters, between two letters: `1gn0re`.
    pub leet: usize,
    /// Single letters between separators: `i g n o r e`.
    pub spaced: usize,
}

/// Counts them in one pass that the compiler turns into vector code.
pub fn features(text: &str) -> Features {
    let bytes = text.as_bytes();
    let mut found = Features::default();
    // Counted in bytes of a lane, added up per block, so that no lane overflows.
    for block in bytes.chunks(128) {
        let (mut high, mut escapes) = (0u8, 0u8);
        for byte in block {
            high += byte >> 7;
            escapes += u8::from(*byte == b'%') | u8::from(*byte == b'&') | u8::from(*byte == b'\\');
        }
        found.non_ascii += usize::from(high);
        found.escapes += usize::from(escapes);
    }
    let (second, third) = (
        bytes.get(1..).unwrap_or_default(),
        bytes.get(2..).unwrap_or_default(),
    );
    for ((a, b), c) in bytes
        .chunks(128)
        .zip(second.chunks(128))
        .zip(third.chunks(128))
    {
        let (mut leet, mut spaced) = (0u8, 0u8);
        for ((a, b), c) in a.iter().zip(b).zip(c) {
            let around = letter(*a) & letter(*c);
            leet += around & stands_for_letter(*b);
            spaced += (1 - word(*a)) & letter(*b) & (1 - word(*c));
        }
        found.leet += usize::from(leet);
        found.spaced += usize::from(spaced);
    }
    found
}

const fn letter(byte: u8) -> u8 {
    ((byte | 0x20).wrapping_sub(b'a') < 26) as u8
}

/// Letters, digits, the apostrophe and everything that is not ASCII.
const fn word(byte: u8) -> u8 {
    letter(byte) | (byte.wrapping_sub(b'0') < 10) as u8 | (byte == b'\'') as u8 | (byte >> 7)
}

const fn stands_for_letter(byte: u8) -> u8 {
    (byte.wrapping_sub(b'0') < 10) as u8
        | (byte == b'@') as u8
        | (byte == b'$') as u8
        | (byte == b'!') as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_are_counted() {
        let found = features("1gn0r3 y0ur pr0mpt %41 &lt; é");
        assert_eq!((found.leet, found.escapes, found.non_ascii), (3, 2, 2));
        assert!(features("x i g n o r e").spaced >= 5);
        assert_eq!(
            features("An ordinary sentence, with a comma and I in it.").leet,
            0
        );
        assert_eq!(features(&"%".repeat(1000)).escapes, 1000);
    }
}
