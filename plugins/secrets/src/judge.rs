//! Whether a value looks like a secret, or like something that only stands in for one.

use caponier_sdk::scan::words::AnyOf;

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
static STAND_INS: AnyOf = AnyOf::new(&[
    "example",
    "sample",
    "dummy",
    "placeholder",
    "changeme",
    "change_me",
    "change-me",
    "replace",
    "redacted",
    "your",
    "insert",
    "todo",
    "fixme",
    "foobar",
    "some_",
    "my_",
    "here",
    "secret",
    "password",
    "token",
    "apikey",
    "api_key",
    "api-key",
    "not_",
    "none",
    "null",
    "undefined",
    "enter",
    "xxxx",
    "abcdefgh",
    "0000000",
    "****",
    "....",
    "----",
    "____",
    "-key",
    "_key",
    "-string",
    "random",
]);

/// Whether the value stands in for a secret: it says so, repeats itself, or is a template.
pub(crate) fn stands_in(value: &[u8]) -> bool {
    template(value) || repeats(value) || names_itself(value)
}

/// Whether it contains one of the words that only a stand-in has.
pub(crate) fn names_itself(value: &[u8]) -> bool {
    STAND_INS.is_in(value)
}

/// Whether the value changes between cases and digits as often as random text does.
pub(crate) fn is_random(value: &[u8]) -> bool {
    let kind = |byte: u8| match byte {
        b'0'..=b'9' => 0,
        b'a'..=b'z' => 1,
        b'A'..=b'Z' => 2,
        _ => 3,
    };
    let changes = value
        .array_windows::<2>()
        .filter(|[a, b]| kind(*a) != kind(*b))
        .count();
    changes * 3 >= value.len()
}

/// Whether a word in a sentence says how something is written, and is not the thing.
pub(crate) fn says_format(value: &[u8]) -> bool {
    static FORMATS: AnyOf = AnyOf::new(&[
        "sha-", "sha256", "sha512", "md5", "base64", "utf-", "utf8", "hashed", "encrypt", "bcrypt",
        "argon2", "rot13",
    ]);
    FORMATS.is_in(value)
}

/// Whether a prefix shape's body is filled in by hand: a word of documentation, or little variety.
pub(crate) fn filled_in(body: &[u8]) -> bool {
    static WORDS: AnyOf = AnyOf::new(&[
        "example",
        "xxxx",
        "your",
        "_here",
        "placeholder",
        "redacted",
        "token_",
        "randomstring",
        "abcdefghijkl",
    ]);
    repeats(body) || counts_up(body) || WORDS.is_in(body)
}

/// `${X}`, `{{x}}`, `<x>`, `$(x)`, `%x%`, `$X`.
pub(crate) fn template(value: &[u8]) -> bool {
    matches!(
        value,
        [b'$' | b'<' | b'{' | b'%' | b'[' | b'(' | b'@' | b'*', ..]
    ) || value.array_windows::<2>().enumerate().any(|(at, pair)| {
        let inside = value.get(at + 2..).unwrap_or_default();
        match pair {
            b"$(" | b"<%" => true,
            // What is filled in is a name, so that a password may hold these signs.
            b"${" => is_filled_in(inside, b"}"),
            b"{{" => is_filled_in(inside, b"}}"),
            _ => false,
        }
    })
}

/// Whether a name stands before the closing bracket, or there is none because the text was cut.
fn is_filled_in(inside: &[u8], closing: &[u8]) -> bool {
    let length = inside
        .iter()
        .take_while(|byte| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-' | b':' | b'$' | b'?')
        })
        .count();
    let rest = inside.get(length..).unwrap_or_default();
    rest.is_empty() || rest.starts_with(closing) || rest.starts_with(b"(")
}

/// Names of algorithms: their digits are no sign of randomness.
static ALGORITHMS: AnyOf = AnyOf::new(&[
    "ed25519",
    "x25519",
    "curve25519",
    "chacha20",
    "poly1305",
    "sha256",
    "sha512",
    "sha384",
    "sha1",
    "md5",
    "pkcs8",
    "pkcs1",
    "pkcs12",
    "tls13",
    "tls12",
    "aes256",
    "aes128",
    "p256",
    "p384",
    "secp256",
    "base64",
    "base32",
    "utf8",
    "x509",
    "oauth2",
    "http2",
    "socks5",
    "blake2",
    "rsa2048",
    "rsa4096",
    "hs256",
    "rs256",
    "es256",
    "xxh3",
    "sha3",
    "v1",
    "v2",
]);

/// Whether every digit is one of an algorithm's name: `ed25519.Ed25519PrivateKey`.
pub(crate) fn names_algorithm(value: &[u8]) -> bool {
    let (mut at, mut named) = (0, 0);
    while let Some(rest) = value.get(at..).filter(|rest| !rest.is_empty()) {
        if let Some(name) = ALGORITHMS.at(rest) {
            named += 1;
            at += name.len();
        } else if rest.first().is_some_and(u8::is_ascii_digit) {
            return false;
        } else {
            at += 1;
        }
    }
    named > 0
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

/// Whether a dozen characters or more, a third of all, count up: `abcdefghijkl`.
fn counts_up(value: &[u8]) -> bool {
    let mut run = 1;
    value.array_windows::<2>().any(|[a, b]| {
        run = if a.checked_add(1) == Some(*b) {
            run + 1
        } else {
            1
        };
        run >= 12 && run * 3 >= value.len()
    })
}

/// Whether `word` is in `text` as it is, in capitals, or with a capital first.
pub(crate) fn stands_in_text(text: &[u8], word: &[u8]) -> bool {
    let (Some(first), Some(rest)) = (word.first(), word.get(1..)) else {
        return true;
    };
    text.len() >= word.len()
        && text.windows(word.len()).any(|window| {
            let (Some(head), Some(tail)) = (window.first(), window.get(1..)) else {
                return false;
            };
            head.eq_ignore_ascii_case(first)
                && (tail == rest
                    || (head.is_ascii_uppercase()
                        && tail.eq_ignore_ascii_case(rest)
                        && !tail.iter().any(u8::is_ascii_lowercase)))
        })
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
