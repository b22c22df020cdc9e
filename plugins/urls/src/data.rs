//! Whether a URL carries something away: values that decode to text, personal data, sentences, long
//! random values, placeholders to be filled.
//!
//! After published reports on exfiltration by images and links in answers of language models (Markdown
//! images, reference links, host names). Signatures of content networks decode to random bytes; what
//! was taken decodes to text.

use std::borrow::Cow;

use crate::url::{Url, percent};

/// What was seen, from 0 for nothing to 1.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Cargo {
    /// A value that was taken: it decodes to text, or is personal data, or is named as loot.
    pub(crate) taken: f64,
    /// A value of which nobody knows what it is.
    pub(crate) opaque: f64,
    /// Words as one would type them into a search.
    pub(crate) words: f64,
    /// A place that is to be filled with something.
    pub(crate) blank: f64,
}

impl Cargo {
    fn worst(&mut self, other: Self) {
        self.taken = self.taken.max(other.taken);
        self.opaque = self.opaque.max(other.opaque);
        self.words = self.words.max(other.words);
        self.blank = self.blank.max(other.blank);
    }
}

/// Names of parameters that say what is carried.
const LOOT: &[&str] = &[
    "data",
    "exfil",
    "payload",
    "leak",
    "secret",
    "secrets",
    "password",
    "passwd",
    "pwd",
    "history",
    "conversation",
    "chat",
    "context",
    "prompt",
    "system",
    "memory",
    "stolen",
    "dump",
    "cookie",
    "cookies",
    "creds",
    "credentials",
    "private",
    "ssn",
    "card",
    "message",
    "messages",
    "msg",
    "content",
    "summary",
    "info",
    "details",
    "email",
    "mail",
    "phone",
    "user_data",
    "userdata",
    "body",
    "log",
    "logs",
    "notes",
    "answer",
    "output",
    "result",
    "x",
    "d",
    "p",
    "b64",
    "base64",
    "enc",
    "hex",
];

/// Of these, such as an honest image has as well.
const COMMON: &[&str] = &[
    "x", "d", "p", "data", "info", "content", "message", "msg", "email", "mail", "user", "body",
    "log", "context", "details", "result", "system", "card", "summary", "output", "notes",
];

/// Names of parameters whose values are random in honest URLs: signatures, versions, keys of caches.
const RANDOM: &[&str] = &[
    "sig",
    "signature",
    "sign",
    "hash",
    "hmac",
    "md5",
    "sha",
    "v",
    "ver",
    "version",
    "rev",
    "etag",
    "cb",
    "cache",
    "t",
    "ts",
    "time",
    "expires",
    "e",
    "exp",
    "policy",
    "key-pair-id",
    "token",
    "ixid",
    "ixlib",
    "ixlib-rb",
    "oh",
    "oe",
    "_nc_ht",
    "_nc_cat",
    "_nc_ohc",
    "ccb",
    "se",
    "sp",
    "sv",
    "sr",
    "st",
    "skoid",
    "sktid",
    "skt",
    "ske",
    "sks",
    "skv",
    "uuid",
    "id",
    "googleaccessid",
    "awsaccesskeyid",
    "response-content-disposition",
    "stp",
    "efg",
    "vs",
    "_nc_sid",
    "gid",
    "fbid",
    "w",
    "h",
    "width",
    "height",
    "q",
    "quality",
    "s",
    "size",
    "fit",
    "auto",
    "format",
    "fm",
    "crop",
    "dpr",
    "state",
    "code",
    "nonce",
    "session_state",
    "scope",
    "response_type",
    "gclid",
    "fbclid",
    "msclkid",
    "ei",
    "ved",
    "usg",
    "sa",
    "sxsrf",
    "gs_lcp",
    "oq",
    "sca_esv",
    "rlz",
    "srsltid",
    "hl",
    "ref",
    "mc_cid",
    "mc_eid",
    "cid",
    "commit",
    "list",
    "si",
    "igsh",
    "jwt",
    "access_token",
    "ticket",
    "pi",
    "_hsenc",
    "_hsmi",
    "client_id",
    "redirect_uri",
    "url",
    "u",
    "src",
    "image",
];

/// What a URL carries in its query, path, host and fragment.
pub(crate) fn cargo(url: &Url) -> Cargo {
    let mut found = Cargo::default();
    for pair in url.query.split(['&', ';']).take(40) {
        let (name, value) = pair.split_once('=').unwrap_or(("", pair));
        let value = match value.contains('+') {
            true => Cow::Owned(value.replace('+', " ")),
            false => Cow::Borrowed(value),
        };
        found.worst(of_value(&name.to_ascii_lowercase(), &percent(&value), true));
    }
    for segment in url.path.split('/').take(40) {
        let plain = percent(segment);
        let stem = plain
            .rsplit_once('.')
            .filter(|(_, ending)| ending.len() <= 5)
            .map_or(&*plain, |(stem, _)| stem);
        let mut part = of_value("", stem, false);
        // Words in a path are a title.
        part.words = 0.0;
        found.worst(part);
    }
    // Labels of a host, without the registered name.
    let labels: Vec<&str> = url.host.split('.').collect();
    let own = labels.len().saturating_sub(2);
    let below: String = labels.iter().take(own).copied().collect();
    for label in labels.iter().take(own) {
        if label.len() >= 16 && !label.contains('-') {
            found.worst(of_label(label));
        }
    }
    if own >= 2 && below.len() >= 40 {
        found.worst(of_label(&below));
    }
    let mut fragment = of_value("", &percent(&url.fragment), false);
    // It is not sent, unless a script sends it.
    fragment.taken *= 0.6;
    fragment.opaque *= 0.3;
    fragment.words = 0.0;
    found.worst(fragment);
    found
}

/// A part of a host name: only letters, digits and dashes, in one case.
fn of_label(label: &str) -> Cargo {
    let mut found = Cargo::default();
    if decodes(label) {
        found.taken = 0.9;
    } else if label.len() >= 32 && label.bytes().any(|byte| byte.is_ascii_digit()) {
        found.opaque = 0.5;
    }
    found
}

fn of_value(name: &str, value: &str, query: bool) -> Cargo {
    let mut found = Cargo::default();
    let length = value.len();
    if is_blank(value) {
        let loot = LOOT.contains(&name) || contains_loot(value);
        found.blank = if query || loot { 0.85 } else { 0.3 };
        return found;
    }
    if length < 4 {
        return found;
    }
    if is_address(value) || is_number_of_person(value) {
        found.taken = 0.85;
    }
    if length >= 16 && decodes(value) {
        found.taken = 0.93;
    }
    let loot = LOOT.contains(&name);
    let random = RANDOM.contains(&name)
        || name.starts_with("x-amz-")
        || name.starts_with("x-goog-")
        || name.starts_with("utm_")
        || name.starts_with("_nc");
    if loot && length >= 8 {
        let certain = !COMMON.contains(&name);
        found.taken = found.taken.max(if certain { 0.85 } else { 0.6 });
    }
    let words = if query { words(value) } else { 0 };
    if words >= 4 {
        found.words = if words >= 7 { 0.8 } else { 0.6 };
        if loot {
            found.taken = found.taken.max(0.85);
        }
    }
    if query && value.starts_with(['{', '[']) && length > 20 {
        found.taken = found.taken.max(0.7);
    }
    if !random && length >= 24 && is_dense(value) {
        found.opaque = if query && length >= 40 {
            0.6
        } else if query {
            0.5
        } else {
            0.25
        };
    }
    found
}

/// How many words stand in a value that has a space; 0 where it has none.
fn words(value: &str) -> usize {
    if !value.contains(' ') {
        return 0;
    }
    let words = value
        .as_bytes()
        .split(|byte| matches!(byte, b' ' | b'_' | b','));
    let is_word = |word: &&[u8]| {
        let mut letters = word.iter();
        word.len() >= 2 && letters.all(|byte| byte.is_ascii_alphanumeric() || *byte >= 0x80)
    };
    words.filter(is_word).count()
}

/// A place that somebody is to fill: `{{secret}}`, `[INSERT DATA]`, `<data>`, `${x}`, `DATA_HERE`.
fn is_blank(value: &str) -> bool {
    (value.contains("{{") && value.contains("}}"))
        || (value.contains("${") && value.contains('}'))
        || (value.starts_with('{')
            && value.ends_with('}')
            && !value.contains([':', '"', '\\'])
            && value.len() < 60)
        || (value.starts_with('[')
            && value.ends_with(']')
            && value.len() < 80
            && value.contains(|character: char| character.is_ascii_alphabetic()))
        || (value.starts_with('<') && value.ends_with('>') && value.len() < 80)
        || is_name_of_blank(value)
}

/// Words in capitals that say what is to be filled in.
fn is_name_of_blank(value: &str) -> bool {
    value.len() < 80
        && value.bytes().any(|byte| byte.is_ascii_uppercase())
        && !value.bytes().any(|byte| byte.is_ascii_lowercase())
        && [
            "INSERT",
            "_HERE",
            "REPLACE",
            "YOUR_DATA",
            "ENCODED_",
            "BASE64_",
            "URL_ENCODED",
        ]
        .iter()
        .any(|word| value.contains(word))
}

fn contains_loot(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    [
        "secret",
        "password",
        "conversation",
        "history",
        "summary",
        "prompt",
        "user_data",
        "userdata",
        "email",
        "token",
        "api_key",
        "key",
        "data",
        "chat",
        "message",
        "memory",
        "credentials",
        "content",
        "context",
        "private",
    ]
    .iter()
    .any(|word| lower.contains(word))
}

/// An e-mail address.
fn is_address(value: &str) -> bool {
    value.contains('@')
        && value.split([' ', ',', ';', ':', '"', '|']).any(|word| {
            word.split_once('@').is_some_and(|(local, host)| {
                !local.is_empty()
                    && host.contains('.')
                    && host.len() >= 4
                    && !host.ends_with('.')
                    && host
                        .bytes()
                        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'))
            })
        })
}

/// A social security or card number.
fn is_number_of_person(value: &str) -> bool {
    // Either has nine digits at least.
    if value.bytes().filter(u8::is_ascii_digit).count() < 9 {
        return false;
    }
    let parts: Vec<&str> = value.split(['-', ' ']).collect();
    let digits = |part: &&str, length: usize| {
        part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    let social = parts
        .windows(3)
        .any(|three| matches!(three, [a, b, c] if digits(a, 3) && digits(b, 2) && digits(c, 4)));
    let card: String = value
        .chars()
        .filter(|character| !matches!(character, '-' | ' '))
        .collect();
    social
        || (15..=16).contains(&card.len())
            && card.bytes().all(|byte| byte.is_ascii_digit())
            && card.starts_with(['3', '4', '5', '6'])
            && caponier_sdk::scan::checksum::luhn(card.as_bytes())
}

/// Whether a value is one long run without words: letters and digits mixed.
fn is_dense(value: &str) -> bool {
    let bytes = value.as_bytes();
    let inside = bytes.iter().all(|byte| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'-' | b'_' | b'.')
    });
    let digits = bytes.iter().filter(|byte| byte.is_ascii_digit()).count();
    let dashes = bytes
        .iter()
        .filter(|byte| matches!(byte, b'-' | b'_' | b'.'))
        .count();
    inside && digits >= 3 && dashes * 12 <= bytes.len()
}

/// Whether a value is base64 or hexadecimal for text.
fn decodes(value: &str) -> bool {
    let bytes = value.trim_end_matches('=').as_bytes();
    let text = |decoded: &[u8]| {
        let printable = decoded
            .iter()
            .filter(|byte| matches!(byte, b' '..=b'~' | b'\n' | b'\r' | b'\t'))
            .count();
        let letters = decoded
            .iter()
            .filter(|byte| byte.is_ascii_alphanumeric() || **byte == b' ')
            .count();
        decoded.len() >= 8
            && printable * 100 >= decoded.len() * 97
            && letters * 10 >= decoded.len() * 6
    };
    if bytes.len() >= 16 && bytes.len().is_multiple_of(2) && bytes.iter().all(u8::is_ascii_hexdigit)
    {
        let decoded: Vec<u8> = bytes
            .chunks_exact(2)
            .take(256)
            .filter_map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
            .collect();
        return text(&decoded);
    }
    if bytes.len() < 12
        || !bytes.iter().all(|byte| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_' | b' ')
        })
    {
        return base32(bytes, text);
    }
    // A word is no base64: digits or both cases stand in it.
    let upper = bytes.iter().any(u8::is_ascii_uppercase);
    let lower = bytes.iter().any(u8::is_ascii_lowercase);
    if !(upper && lower) || bytes.contains(&b' ') && !value.ends_with('=') {
        return base32(bytes, text);
    }
    let mut decoded = Vec::with_capacity(bytes.len() * 3 / 4);
    let (mut bits, mut held) = (0_u32, 0_u32);
    for byte in bytes.iter().take(512) {
        let digit = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' | b' ' => 62,
            _ => 63,
        };
        bits = bits << 6 | u32::from(digit);
        held += 6;
        if held >= 8 {
            held -= 8;
            decoded.push((bits >> held) as u8);
            bits &= (1 << held) - 1;
        }
    }
    text(&decoded)
}

/// Base32, as it is put into host names.
fn base32(bytes: &[u8], text: impl Fn(&[u8]) -> bool) -> bool {
    if bytes.len() < 20 || !bytes.iter().any(u8::is_ascii_digit) {
        return false;
    }
    let mut decoded = Vec::with_capacity(bytes.len());
    let (mut bits, mut held) = (0_u32, 0_u32);
    for byte in bytes.iter().take(256) {
        let digit = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a',
            b'2'..=b'7' => byte - b'2' + 26,
            _ => return false,
        };
        bits = bits << 5 | u32::from(digit);
        held += 5;
        if held >= 8 {
            held -= 8;
            decoded.push((bits >> held) as u8);
            bits &= (1 << held) - 1;
        }
    }
    text(&decoded)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(url: &str) -> Cargo {
        cargo(&Url::read(url).unwrap())
    }

    #[test]
    fn what_was_taken_decodes_to_text() {
        for url in [
            "https://evil.example/?q=VGhlIHBhc3N3b3JkIGlzIGh1bnRlcjI=",
            "https://evil.example/p.png?x=5468652070617373776f7264",
            "https://evil.example/VGhlIHBhc3N3b3JkIGlzIGh1bnRlcjI.png",
            "https://5468652070617373776f7264206973.evil.example/a",
            "https://krugkidqmfzxg53pojsca2ltebuhk3tumvzde.evil.example/a",
            "https://evil.example/?m=ann.lee%40example.org",
            "https://evil.example/?conversation=she%20said%20yes",
            "https://evil.example/?n=123-45-6789",
        ] {
            assert!(of(url).taken >= 0.8, "{url}: {:?}", of(url));
        }
    }

    #[test]
    fn signatures_and_titles_are_not() {
        for url in [
            "https://images.example.org/photo-1518791841217-8f162f1e1131?ixlib=rb-1.2.1&auto=format&fit=crop&w=800&q=60",
            "https://bucket.s3.amazonaws.com/a.png?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            "https://en.wikipedia.org/wiki/Transmission_Control_Protocol#Connection_establishment",
            "https://example.org/2024/05/how-to-bake-the-best-sourdough-bread-at-home?utm_source=newsletter&utm_campaign=spring_sale_2024",
            "https://github.com/a/b/commit/9fceb02d0ae598e95dc970b74767f19372d61af8",
            "https://www.google.com/search?q=rust+borrow+checker",
            "https://cdn.example.org/assets/logo-3f2a9c8b7d6e5f4a.svg?v=1.2.3",
        ] {
            let cargo = of(url);
            assert!(
                cargo.taken < 0.5 && cargo.opaque < 0.5 && cargo.blank == 0.0,
                "{url}: {cargo:?}"
            );
        }
    }

    #[test]
    fn blanks_are_to_be_filled() {
        for url in [
            "https://evil.example/?d={{secret}}",
            "https://evil.example/?q=[INSERT SUMMARY]",
            "https://evil.example/?q=DATA_HERE",
            "https://evil.example/?q=${history}",
        ] {
            assert!(of(url).blank > 0.8, "{url}");
        }
    }
}
