//! A URL in its parts, as a browser reads it.
//!
//! Where RFC 3986 and the WHATWG URL standard differ, the latter counts: it is what renders answers.
//! Tabs and line breaks vanish, backslashes are slashes, hosts are percent-decoded and mapped.

use std::borrow::Cow;

use caponier_sdk::normalise::fold;
use caponier_sdk::scan::bytes;

/// Schemes whose URLs have a host, and in which a backslash is a slash.
const SPECIAL: &[&str] = &["http", "https", "ws", "wss", "ftp"];

/// A URL in its parts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Url {
    /// In lower case; empty where the URL is relative to a scheme: `//host/path`.
    pub(crate) scheme: String,
    pub(crate) user: Option<String>,
    /// As it is connected to: decoded, mapped, in lower case. Empty where there is none.
    pub(crate) host: String,
    /// The same with look-alikes replaced by what they look like.
    pub(crate) skeleton: String,
    pub(crate) port: Option<u32>,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) fragment: String,
    /// The host is written so that a reader takes it for another, or a filter for none.
    pub(crate) disguised: bool,
}

impl Url {
    /// Reads a URL with a scheme, or one that begins with two slashes. `None` for what is relative.
    pub(crate) fn read(raw: &str) -> Option<Self> {
        let decoded = entities(raw);
        let trimmed = decoded.trim_matches(|character: char| character <= ' ');
        let vanishes = |byte: u8| matches!(byte, b'\t' | b'\n' | b'\r');
        let removed = bytes::find(trimmed.as_bytes(), 0, vanishes).is_some();
        let clean = match removed {
            true => Cow::Owned(trimmed.replace(['\t', '\n', '\r'], "")),
            false => Cow::Borrowed(trimmed),
        };
        let (scheme, rest) = match clean.find(':') {
            Some(colon) if is_scheme(clean.get(..colon)?) => (
                clean.get(..colon)?.to_ascii_lowercase(),
                clean.get(colon + 1..)?,
            ),
            _ => (String::new(), &*clean),
        };
        let special = SPECIAL.contains(&scheme.as_str());
        let backslashes = special || scheme.is_empty();
        let slash = move |character: char| character == '/' || (character == '\\' && backslashes);
        let slashes = rest
            .chars()
            .take_while(|character| slash(*character))
            .count();
        if scheme.is_empty() && slashes < 2 {
            return None;
        }
        let mut url = Self {
            scheme,
            ..Self::default()
        };
        let odd_slashes = special && slashes != 2
            || rest
                .get(..slashes)
                .is_some_and(|slashes| slashes.contains('\\'));
        if !special && !url.scheme.is_empty() && slashes != 2 {
            // `javascript:…`, `data:…`, `file:///…`: the rest is the content.
            url.path = rest.to_owned();
            return Some(url);
        }
        let rest = rest.get(slashes..)?;
        let end = rest
            .find(|character: char| slash(character) || matches!(character, '?' | '#'))
            .unwrap_or(rest.len());
        let (authority, tail) = (rest.get(..end)?, rest.get(end..)?);
        let (user, address) = match authority.rfind('@') {
            Some(at) => (
                Some(authority.get(..at)?.to_owned()),
                authority.get(at + 1..)?,
            ),
            None => (None, authority),
        };
        url.user = user;
        let (host, port) = split_port(address);
        url.port = port;
        let mapped = mapped(host);
        url.disguised =
            odd_slashes || removed || mapped.odd || (tail.starts_with('\\') && tail.contains('@'));
        url.skeleton = mapped.skeleton;
        url.host = mapped.host;
        let (tail, fragment) = tail.split_once('#').unwrap_or((tail, ""));
        let (path, query) = tail.split_once('?').unwrap_or((tail, ""));
        url.path = path.to_owned();
        url.query = query.to_owned();
        url.fragment = fragment.to_owned();
        Some(url)
    }
}

/// Whether these characters can be a scheme (RFC 3986, section 3.1).
pub(crate) fn is_scheme(text: &str) -> bool {
    text.len() <= 24
        && text.starts_with(|character: char| character.is_ascii_alphabetic())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
}

fn split_port(address: &str) -> (&str, Option<u32>) {
    let from = address.rfind(']').unwrap_or(0);
    let colon = address
        .get(from..)
        .and_then(|rest| rest.rfind(':'))
        .map(|at| at + from);
    match colon {
        Some(colon) => {
            let port = address.get(colon + 1..).unwrap_or("");
            (address.get(..colon).unwrap_or(""), port.parse().ok())
        }
        None => (address, None),
    }
}

struct Mapped {
    host: String,
    skeleton: String,
    odd: bool,
}

/// A host as it is connected to.
fn mapped(raw: &str) -> Mapped {
    let decoded = percent(raw);
    let mut odd = decoded != raw;
    let mut host = String::with_capacity(decoded.len());
    for character in decoded.chars() {
        match character {
            '\u{3002}' | '\u{ff0e}' | '\u{ff61}' => {
                odd = true;
                host.push('.');
            }
            // Full-width forms and circled letters are mapped to plain ones.
            '\u{ff01}'..='\u{ff5e}' => {
                odd = true;
                host.extend(
                    char::from_u32(u32::from(character) - 0xfee0)
                        .map(|plain| plain.to_ascii_lowercase()),
                );
            }
            '\u{2460}'..='\u{24ff}' | '\u{1d400}'..='\u{1d7ff}' => {
                odd = true;
                host.push_str(
                    &fold(character.encode_utf8(&mut [0; 4]))
                        .text()
                        .to_lowercase(),
                );
            }
            '\u{ad}' | '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}' => odd = true,
            _ => host.extend(character.to_lowercase()),
        }
    }
    let host = host.trim_end_matches('.').to_owned();
    let shown: Vec<String> = host
        .split('.')
        .map(|label| match label.strip_prefix("xn--") {
            Some(code) => punycode(code).unwrap_or_else(|| label.to_owned()),
            None => label.to_owned(),
        })
        .collect();
    let shown = shown.join(".");
    let skeleton = if shown.is_ascii() {
        shown
    } else {
        fold(&shown.replace(['ӏ', 'Ӏ'], "l")).text().to_lowercase()
    };
    Mapped {
        host,
        skeleton,
        odd,
    }
}

/// Text with `%41` and its like decoded; bytes that are no text are left as they are.
pub(crate) fn percent(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return Cow::Borrowed(text);
    }
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at).copied() {
        let digits = bytes
            .get(at + 1..at + 3)
            .and_then(|digits| std::str::from_utf8(digits).ok());
        let value = digits
            .filter(|_| byte == b'%')
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match value {
            Some(value) => {
                out.push(value);
                at += 3;
            }
            None => {
                out.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8(out).map_or(Cow::Borrowed(text), Cow::Owned)
}

/// Text with the character references decoded that matter in a URL.
fn entities(text: &str) -> Cow<'_, str> {
    if !text.contains('&') {
        return Cow::Borrowed(text);
    }
    const NAMED: &[(&str, char)] = &[
        ("&amp;", '&'),
        ("&colon;", ':'),
        ("&Tab;", '\t'),
        ("&NewLine;", '\n'),
        ("&sol;", '/'),
        ("&period;", '.'),
        ("&quest;", '?'),
        ("&equals;", '='),
        ("&commat;", '@'),
        ("&num;", '#'),
    ];
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        let (before, reference) = rest.split_at(at);
        out.push_str(before);
        let named = NAMED
            .iter()
            .find(|(name, _)| reference.starts_with(name))
            .map(|(name, character)| (*character, name.len()));
        let (character, length) = named.or_else(|| numbered(reference)).unwrap_or(('&', 1));
        out.push(character);
        rest = reference.get(length..).unwrap_or("");
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// `&#58;` or `&#x3a;`, and its length.
fn numbered(reference: &str) -> Option<(char, usize)> {
    let digits = reference.strip_prefix("&#")?;
    let (digits, radix, skip) = match digits.strip_prefix(['x', 'X']) {
        Some(digits) => (digits, 16, 3),
        None => (digits, 10, 2),
    };
    let length = digits
        .bytes()
        .take(8)
        .take_while(|byte| char::from(*byte).is_digit(radix))
        .count();
    let value = u32::from_str_radix(digits.get(..length)?, radix).ok()?;
    let semicolon = usize::from(digits.as_bytes().get(length) == Some(&b';'));
    Some((char::from_u32(value)?, skip + length + semicolon))
}

/// RFC 3492: the characters of a label behind `xn--`.
fn punycode(code: &str) -> Option<String> {
    const BASE: u32 = 36;
    let (plain, code) = code.rsplit_once('-').unwrap_or(("", code));
    let mut out: Vec<char> = plain.chars().collect();
    let (mut n, mut i, mut bias) = (128_u32, 0_u32, 72_u32);
    let mut digits = code.bytes();
    while digits.len() > 0 && out.len() < 64 {
        let (old, mut weight, mut k) = (i, 1_u32, BASE);
        loop {
            let digit = match digits.next()? {
                byte @ b'a'..=b'z' => u32::from(byte - b'a'),
                byte @ b'A'..=b'Z' => u32::from(byte - b'A'),
                byte @ b'0'..=b'9' => u32::from(byte - b'0') + 26,
                _ => return None,
            };
            i = i.checked_add(digit.checked_mul(weight)?)?;
            let least = k.saturating_sub(bias).clamp(1, 26);
            if digit < least {
                break;
            }
            weight = weight.checked_mul(BASE - least)?;
            k += BASE;
        }
        let length = u32::try_from(out.len()).ok()? + 1;
        let mut delta = if old == 0 { i / 700 } else { (i - old) / 2 };
        delta += delta / length;
        k = 0;
        while delta > 455 {
            delta /= 35;
            k += BASE;
        }
        bias = k + 36 * delta / (delta + 38);
        n = n.checked_add(i / length)?;
        i %= length;
        out.insert(usize::try_from(i).ok()?, char::from_u32(n)?);
        i += 1;
    }
    Some(out.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(raw: &str) -> (String, bool) {
        let url = Url::read(raw).unwrap();
        (url.host, url.disguised)
    }

    #[test]
    fn parts_are_those_of_a_browser() {
        let url = Url::read("HTTPS://user:pw@Example.ORG:8443/a/b?c=d#e").unwrap();
        assert_eq!(url.scheme, "https");
        assert_eq!(url.user.as_deref(), Some("user:pw"));
        assert_eq!((url.host.as_str(), url.port), ("example.org", Some(8443)));
        assert_eq!(
            (url.path.as_str(), url.query.as_str(), url.fragment.as_str()),
            ("/a/b", "c=d", "e")
        );
        assert!(!url.disguised);
        assert_eq!(Url::read("/relative"), None);
        assert_eq!(Url::read("page.html"), None);
        assert_eq!(Url::read("javascript:alert(1)").unwrap().path, "alert(1)");
        assert_eq!(host("//evil.example/x").0, "evil.example");
    }

    #[test]
    fn what_a_browser_forgives_is_a_disguise() {
        for raw in [
            "https:\\\\evil.example/",
            "https:/\\evil.example/",
            "https:/evil.example",
            "https://ev\til.example/",
            "https://%65vil.example/",
            "https://ｅvil.example/",
            "https://evil。example/",
            "https://evil.example\\@good.example/",
        ] {
            let (host, disguised) = host(raw);
            assert_eq!(host, "evil.example", "{raw}");
            assert!(disguised, "{raw}");
        }
        assert_eq!(host("https&colon;//evil.example/").0, "evil.example");
        assert_eq!(
            Url::read("https://good.example@evil.example/")
                .unwrap()
                .host,
            "evil.example"
        );
    }

    #[test]
    fn names_beyond_ascii_are_shown_as_they_look() {
        assert_eq!(punycode("mnchen-3ya").as_deref(), Some("münchen"));
        assert_eq!(punycode("80ak6aa92e").as_deref(), Some("аррӏе"));
        assert_eq!(
            Url::read("https://xn--80ak6aa92e.com/").unwrap().skeleton,
            "apple.com"
        );
        assert_eq!(
            Url::read("https://pаypal.com/").unwrap().skeleton,
            "paypal.com"
        );
    }
}
