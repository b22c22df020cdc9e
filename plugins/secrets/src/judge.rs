//! Whether a value looks like a secret, or like something that only stands in for one.

/// Shannon entropy in bits a byte.
pub(crate) fn entropy(bytes: &[u8]) -> f64 {
    let mut counts = [0u16; 256];
    let bytes = bytes.get(..bytes.len().min(1024)).unwrap_or_default();
    for byte in bytes {
        if let Some(count) = counts.get_mut(usize::from(*byte)) {
            *count += 1;
        }
    }
    let total = bytes.len() as f64;
    bytes
        .iter()
        .filter_map(|byte| counts.get_mut(usize::from(*byte)).map(std::mem::take))
        .filter(|count| *count > 0)
        .map(|count| f64::from(count) / total)
        .map(|share| -share * share.log2())
        .sum()
}

/// How a value is made up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Makeup {
    pub(crate) lower: usize,
    pub(crate) upper: usize,
    pub(crate) digits: usize,
    pub(crate) hex: usize,
    pub(crate) signs: usize,
    /// Changes between letters and digits.
    pub(crate) turns: usize,
}

impl Makeup {
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let mut made = Self::default();
        let mut last = None;
        for byte in bytes {
            match byte {
                b'a'..=b'z' => made.lower += 1,
                b'A'..=b'Z' => made.upper += 1,
                b'0'..=b'9' => made.digits += 1,
                _ => made.signs += 1,
            }
            made.hex += usize::from(byte.is_ascii_hexdigit());
            let digit = byte.is_ascii_digit();
            if byte.is_ascii_alphanumeric() {
                made.turns += usize::from(last.is_some_and(|last: bool| last != digit));
                last = Some(digit);
            }
        }
        made
    }

    pub(crate) const fn letters(self) -> usize {
        self.lower + self.upper
    }

    /// How many sorts of characters there are.
    pub(crate) const fn sorts(self) -> usize {
        (self.lower > 0) as usize
            + (self.upper > 0) as usize
            + (self.digits > 0) as usize
            + (self.signs > 0) as usize
    }
}

/// Words that say that a value is not the real one.
const STAND_INS: &[&[u8]] = &[
    b"example",
    b"sample",
    b"dummy",
    b"placeholder",
    b"changeme",
    b"change_me",
    b"change-me",
    b"replace",
    b"redacted",
    b"your",
    b"insert",
    b"todo",
    b"fixme",
    b"foobar",
    b"some_",
    b"my_",
    b"here",
    b"secret",
    b"password",
    b"token",
    b"apikey",
    b"api_key",
    b"api-key",
    b"not_",
    b"none",
    b"null",
    b"undefined",
    b"enter",
    b"xxxx",
    b"abcdefgh",
    b"0000000",
    b"****",
    b"....",
    b"----",
    b"____",
    b"-key",
    b"_key",
    b"-string",
    b"random",
];

/// Whether the value stands in for a secret: it says so, repeats itself, or is a template.
pub(crate) fn stands_in(value: &[u8]) -> bool {
    template(value) || repeats(value) || names_itself(value)
}

/// Whether it contains one of the words that only a stand-in has.
fn names_itself(value: &[u8]) -> bool {
    STAND_INS.iter().any(|word| contains(value, word))
}

/// Whether a prefix shape's body is filled in by hand: a word of documentation, or little variety.
pub(crate) fn filled_in(body: &[u8]) -> bool {
    repeats(body)
        || [
            b"example".as_slice(),
            b"xxxx",
            b"your",
            b"_here",
            b"placeholder",
            b"redacted",
            b"token_",
            b"randomstring",
            b"abcdefghijkl",
        ]
        .iter()
        .any(|word| contains(body, word))
}

/// `${X}`, `{{x}}`, `<x>`, `$(x)`, `%x%`, `$X`.
pub(crate) fn template(value: &[u8]) -> bool {
    matches!(
        value,
        [b'$' | b'<' | b'{' | b'%' | b'[' | b'(' | b'@' | b'*', ..]
    ) || value
        .windows(2)
        .any(|pair| matches!(pair, b"${" | b"{{" | b"$(" | b"<%"))
}

/// Few different characters for its length.
pub(crate) fn repeats(value: &[u8]) -> bool {
    let mut seen = [0u64; 4];
    for byte in value {
        if let Some(word) = seen.get_mut(usize::from(byte >> 6)) {
            *word |= 1 << (byte & 63);
        }
    }
    let different: u32 = seen.iter().map(|word| word.count_ones()).sum();
    let longest = value
        .chunk_by(|a, b| a == b)
        .map(<[u8]>::len)
        .max()
        .unwrap_or(0);
    (different as usize) < (value.len() / 4).clamp(3, 9) || longest * 3 >= value.len()
}

/// Whether `word`, in lower case, is in `text` in any case.
pub(crate) fn contains(text: &[u8], word: &[u8]) -> bool {
    let Some(first) = word.first() else {
        return true;
    };
    text.len() >= word.len()
        && text.windows(word.len()).any(|window| {
            window
                .first()
                .is_some_and(|byte| byte.to_ascii_lowercase() == *first)
                && window.eq_ignore_ascii_case(word)
        })
}

/// 8-4-4-4-12 hexadecimal digits.
pub(crate) fn is_uuid(value: &[u8]) -> bool {
    value.len() == 36
        && value.iter().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// The checksum at the end of GitHub's and npm's tokens: CRC-32 of what stands before it, in base 62.
pub(crate) fn crc_base62(body: &[u8]) -> bool {
    let Some((payload, given)) = body
        .len()
        .checked_sub(6)
        .and_then(|at| body.split_at_checked(at))
    else {
        return false;
    };
    let mut rest = crc32(payload);
    given.iter().rev().all(|byte| {
        let digit = rest % 62;
        rest /= 62;
        const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        DIGITS.get(digit as usize) == Some(byte)
    })
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            crc >> 1 ^ (0xedb8_8320 & (crc & 1).wrapping_neg())
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crc_is_the_usual_one() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
    }

    #[test]
    fn stand_ins_are_told_from_secrets() {
        for value in [
            "xxxxxxxxxxxx",
            "your-api-key",
            "changeme",
            "${TOKEN}",
            "<token>",
            "0000000000",
            "aaaa1111bbbb",
            "EXAMPLEKEY",
        ] {
            assert!(stands_in(value.as_bytes()), "{value}");
        }
        for value in [
            "hunter2!Zk",
            "9f8Kd02mQpL1xT7v",
            "743b294a-cd03-11ec-9d64-0242ac120002",
        ] {
            assert!(!stands_in(value.as_bytes()), "{value}");
        }
    }

    #[test]
    fn entropy_grows_with_variety() {
        assert!(entropy(b"aaaaaaaa") < 0.1);
        assert!((entropy(b"abcdefgh") - 3.0).abs() < 1e-9);
    }
}
