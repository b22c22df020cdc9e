//! Finding the few bytes worth a closer look, many at a time.

/// Bytes looked at in one step: wide enough to fill vector registers.
const STEP: usize = 64;

/// Bytes of a part of it: where in a step something is shows part by part.
const PART: usize = 16;

/// The first eight bytes as a number, the first of them lowest; where there are fewer, with zeros
/// behind them.
///
/// ```
/// use caponier_sdk::scan::bytes;
///
/// // A word is compared, and hashed, in one step.
/// let text = b"badge no. 7";
/// let head = bytes::head(text) & 0xff_ffff_ffff;
/// assert_eq!(head, bytes::head(b"badge"));
/// assert_ne!(head, bytes::head(text));
/// ```
#[inline]
pub fn head(bytes: &[u8]) -> u64 {
    match bytes.first_chunk() {
        Some(eight) => u64::from_le_bytes(*eight),
        None => short_head(bytes),
    }
}

#[inline(never)]
fn short_head(bytes: &[u8]) -> u64 {
    let back = bytes.iter().rev();
    back.fold(0, |all, byte| all << 8 | u64::from(*byte))
}

/// The first byte at or after `from` for which `wanted` holds.
///
/// Whole steps are judged without branches, so that a predicate made of comparisons becomes
/// vector code.
///
/// ```
/// use caponier_sdk::scan::bytes;
///
/// assert_eq!(bytes::find(b"room 12", 0, |byte| byte.is_ascii_digit()), Some(5));
/// assert_eq!(bytes::find(b"room 12", 7, |byte| byte.is_ascii_digit()), None);
/// ```
#[inline]
pub fn find(bytes: &[u8], from: usize, wanted: impl Fn(u8) -> bool) -> Option<usize> {
    let rest = bytes.get(from..)?;
    let mut at = from;
    let mut steps = rest.chunks_exact(STEP);
    for step in steps.by_ref() {
        if holds(step, &wanted) {
            let (skipped, part) = step
                .chunks_exact(PART)
                .enumerate()
                .find(|(_, part)| holds(part, &wanted))?;
            return part
                .iter()
                .position(|byte| wanted(*byte))
                .map(|inside| at + skipped * PART + inside);
        }
        at += STEP;
    }
    steps
        .remainder()
        .iter()
        .position(|byte| wanted(*byte))
        .map(|inside| at + inside)
}

/// Whether one of the bytes is wanted. Without branches: it becomes vector code.
#[inline]
fn holds(bytes: &[u8], wanted: &impl Fn(u8) -> bool) -> bool {
    bytes.iter().fold(false, |any, byte| any | wanted(*byte))
}

/// The first ASCII digit at or after `from`.
///
/// ```
/// use caponier_sdk::scan::bytes;
///
/// // Only where there is a digit can a badge number be: most texts are passed over at once.
/// let text = b"the badge of Ann is BADGE-123456";
/// let first = bytes::find_digit(text, 0).unwrap();
/// assert_eq!(&text[first..], b"123456");
/// assert_eq!(bytes::find_digit(b"no badge here", 0), None);
/// ```
#[inline]
pub fn find_digit(bytes: &[u8], from: usize) -> Option<usize> {
    find(bytes, from, |byte| byte.wrapping_sub(b'0') < 10)
}

/// Where the run of bytes for which `inside` holds, and which begins at `from`, ends.
///
/// ```
/// use caponier_sdk::scan::bytes;
///
/// let text = b"badge 123456, please";
/// let start = bytes::find_digit(text, 0).unwrap();
/// let end = bytes::run_end(text, start, |byte| byte.is_ascii_digit());
/// assert_eq!(&text[start..end], b"123456");
/// ```
#[inline]
pub fn run_end(bytes: &[u8], from: usize, inside: impl Fn(u8) -> bool) -> usize {
    let rest = bytes.get(from..).unwrap_or_default();
    from + rest.iter().take_while(|byte| inside(**byte)).count()
}

/// Where the run of bytes for which `inside` holds, and which ends before `end`, begins; at most
/// `reach` bytes back.
///
/// ```
/// use caponier_sdk::scan::bytes;
///
/// // From the `@` back to where an address begins, and never further than one may be long.
/// let text = b"write to ann.lee@example.org";
/// let at = bytes::find(text, 0, |byte| byte == b'@').unwrap();
/// let local = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'.';
/// assert_eq!(&text[bytes::run_start(text, at, 64, local)..at], b"ann.lee");
/// assert_eq!(&text[bytes::run_start(text, at, 3, local)..at], b"lee");
/// ```
#[inline]
pub fn run_start(bytes: &[u8], end: usize, reach: usize, inside: impl Fn(u8) -> bool) -> usize {
    let before = bytes.get(..end).unwrap_or_default();
    before.len()
        - before
            .iter()
            .rev()
            .take(reach)
            .take_while(|byte| inside(**byte))
            .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_and_remainder_agree() {
        for length in [0, 1, 63, 64, 65, 127, 128, 200] {
            for at in 0..length {
                let mut bytes = vec![b'x'; length];
                bytes[at] = b'7';
                assert_eq!(find_digit(&bytes, 0), Some(at));
                assert_eq!(find_digit(&bytes, at), Some(at));
                assert_eq!(find_digit(&bytes, at + 1), None);
            }
        }
    }

    #[test]
    fn a_short_head_has_zeros_behind_it() {
        assert_eq!(
            head(b"\x01\x02\x03\x04\x05\x06\x07\x08\x09"),
            0x0807_0605_0403_0201
        );
        assert_eq!(head(b"\x01\x02\xff"), 0xff_0201);
        assert_eq!(head(b""), 0);
    }

    #[test]
    fn runs_stop_where_the_class_ends() {
        assert_eq!(run_end(b"ab12cd", 2, |byte| byte.is_ascii_digit()), 4);
        assert_eq!(run_start(b"ab12cd", 4, 9, |byte| byte.is_ascii_digit()), 2);
        assert_eq!(run_start(b"ab12cd", 4, 1, |byte| byte.is_ascii_digit()), 3);
        assert_eq!(run_start(b"ab", 9, 9, |_| true), 0);
    }
}
