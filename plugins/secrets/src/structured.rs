//! Secrets with a structure of their own: PEM blocks, web tokens, user and password pairs.

use std::ops::Range;

use crate::judge;
use crate::scan::Pass;
use crate::shapes::Class;

/// The most bytes a private key's block has.
pub(crate) const PEM_WINDOW: usize = 8 << 10;
const BEGIN: &[u8] = b"-----BEGIN";
const END: &[u8] = b"-----END";
const LABEL: usize = 48;

/// `-----BEGIN … PRIVATE KEY-----` to its end, line breaks real or escaped.
pub(crate) fn private_key(pass: &mut Pass<'_>, start: usize) {
    let Some(body) = header_end(pass.bytes, start) else {
        return;
    };
    let limit = (start + PEM_WINDOW).min(pass.bytes.len());
    // A key's text has no five dashes in it, so each stretch is looked at once.
    let rest = pass.slice(body..limit);
    let dashes = rest
        .windows(5)
        .position(|window| window == b"-----")
        .unwrap_or(rest.len());
    let (content_end, end, sure) = if rest
        .get(dashes..)
        .is_some_and(|footer| footer.starts_with(END))
    {
        let footer = pass.slice(
            body + dashes + END.len()
                ..(body + dashes + END.len() + LABEL + 16).min(pass.bytes.len()),
        );
        let closing = footer
            .windows(5)
            .position(|window| window == b"-----")
            .map_or(0, |at| at + 5);
        (body + dashes, body + dashes + END.len() + closing, 0.98)
    } else {
        // Cut short, or without an end: what follows and belongs to a key.
        let key = |byte: u8| {
            byte.is_ascii_alphanumeric()
                || matches!(byte, b'+' | b'/' | b'=' | b'\n' | b'\r' | b'\\')
        };
        let length = rest
            .get(..dashes)
            .unwrap_or_default()
            .iter()
            .take_while(|byte| key(**byte))
            .count();
        (body + length, body + length, 0.85)
    };
    let content = pass.slice(body..content_end);
    let letters = content
        .iter()
        .filter(|byte| Class::Base64.has(**byte))
        .count();
    if letters < 40 {
        return;
    }
    let confidence = if judge::filled_in(content.get(..content.len().min(512)).unwrap_or_default())
    {
        0.3
    } else {
        sure
    };
    pass.hit("private-key", start..end, confidence);
}

/// Where the text behind `-----BEGIN … PRIVATE KEY … -----` begins.
fn header_end(bytes: &[u8], start: usize) -> Option<usize> {
    let label = start + BEGIN.len();
    let rest = bytes.get(label..bytes.len().min(label + LABEL + 5))?;
    let length = rest.windows(5).position(|window| window == b"-----")?;
    judge::contains(rest.get(..length)?, b"private key").then_some(label + length + 5)
}

/// Where an open text must be held for a key's block that is still coming.
pub(crate) fn open_block(text: &str, from: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let tail = bytes.len().saturating_sub(PEM_WINDOW).max(from);
    let mut at = bytes.len();
    while let Some(found) = bytes
        .get(tail..at)?
        .windows(BEGIN.len())
        .rposition(|window| window == BEGIN)
    {
        let start = tail + found;
        let rest = bytes.get(start + BEGIN.len()..)?;
        let label = rest
            .windows(5)
            .take(LABEL + 1)
            .position(|window| window == b"-----");
        let open = match label {
            // The header itself is not whole yet.
            None => {
                rest.len() < LABEL + 5
                    && rest
                        .iter()
                        .all(|byte| matches!(byte, b'A'..=b'Z' | b'0'..=b'9' | b' ' | b'-'))
            }
            Some(_) => header_end(bytes, start)
                .is_some_and(|body| !closed(bytes.get(body..).unwrap_or_default())),
        };
        if open {
            return Some(start);
        }
        at = start;
    }
    None
}

fn closed(rest: &[u8]) -> bool {
    rest.windows(END.len())
        .position(|window| window == END)
        .is_some_and(|at| {
            rest.get(at + END.len()..)
                .unwrap_or_default()
                .windows(5)
                .any(|window| window == b"-----")
        })
}

/// Three parts of base64, the first of which is JSON that names an algorithm.
pub(crate) fn web_token(pass: &mut Pass<'_>, start: usize) {
    let header_end = pass.run_end(Class::Url, start);
    let length = header_end - start;
    if !(15..=2048).contains(&length) || pass.bytes.get(header_end) != Some(&b'.') {
        return;
    }
    let payload = header_end + 1;
    let payload_end = pass.run_end(Class::Url, payload);
    if payload_end - payload < 10 || !header_names_algorithm(pass.slice(start..header_end)) {
        return;
    }
    let (mut end, mut confidence) = (payload_end, 0.75);
    if pass.bytes.get(payload_end) == Some(&b'.') {
        let signature_end = pass.run_end(Class::Url, payload_end + 1);
        if signature_end - payload_end > 20 {
            (end, confidence) = (signature_end, 0.95);
        }
    }
    if end - start <= TOKEN_WINDOW {
        pass.hit("jwt", start..end, confidence);
    }
}

/// The most bytes of one word that decide a match.
pub(crate) const TOKEN_WINDOW: usize = 4 << 10;

fn header_names_algorithm(header: &[u8]) -> bool {
    let mut decoded = Vec::with_capacity(header.len());
    for group in header.chunks(4) {
        let mut bits = 0u32;
        for byte in group {
            let value = match byte {
                b'A'..=b'Z' => byte - b'A',
                b'a'..=b'z' => byte - b'a' + 26,
                b'0'..=b'9' => byte - b'0' + 52,
                b'-' => 62,
                _ => 63,
            };
            bits = bits << 6 | u32::from(value);
        }
        let [_, first, second, third] = (bits << (6 * (4 - group.len()))).to_be_bytes();
        decoded.extend([first, second, third].iter().take(group.len() * 3 / 4));
    }
    decoded.starts_with(b"{")
        && [b"\"alg\"".as_slice(), b"\"typ\"", b"\"kid\""]
            .iter()
            .any(|name| judge::contains(&decoded, name))
}

/// `scheme://user:password@host`; `at` is where `://` begins.
pub(crate) fn url_password(pass: &mut Pass<'_>, at: usize) {
    let scheme = pass.slice(at.saturating_sub(16)..at);
    if !scheme.last().is_some_and(u8::is_ascii_alphanumeric) {
        return;
    }
    let start = at + 3;
    let rest = pass.slice(start..(start + 512).min(pass.bytes.len()));
    let length = rest
        .iter()
        .take_while(|byte| {
            !matches!(
                byte,
                b'/' | b'?'
                    | b'#'
                    | b'"'
                    | b'\''
                    | b'<'
                    | b'>'
                    | b'`'
                    | b'\\'
                    | b' '
                    | b'\t'
                    | b'\n'
                    | b'\r'
            ) && byte.is_ascii()
        })
        .count();
    let authority = rest.get(..length).unwrap_or_default();
    let Some(end) = authority.iter().rposition(|byte| *byte == b'@') else {
        return;
    };
    let Some(colon) = authority
        .get(..end)
        .and_then(|pair| pair.iter().position(|byte| *byte == b':'))
    else {
        return;
    };
    pair(
        pass,
        start + colon + 1..start + end,
        start..start + colon,
        "url-password",
        0.92,
    );
}

/// `curl -u user:password`; `end` is the end of the option.
pub(crate) fn curl_user(pass: &mut Pass<'_>, start: usize, end: usize) {
    let spaced = start == 0
        || pass
            .bytes
            .get(start - 1)
            .is_some_and(u8::is_ascii_whitespace);
    if !spaced || !pass.near(start, 256, &["curl"]) {
        return;
    }
    let mut from = end;
    while matches!(pass.bytes.get(from), Some(b' ' | b'=' | b'\t')) {
        from += 1;
    }
    let quote = pass
        .bytes
        .get(from)
        .copied()
        .filter(|byte| matches!(byte, b'"' | b'\''));
    from += usize::from(quote.is_some());
    let rest = pass.slice(from..(from + 256).min(pass.bytes.len()));
    let length = rest
        .iter()
        .take_while(|byte| {
            quote.map_or_else(
                || !byte.is_ascii_whitespace() && !matches!(byte, b'"' | b'\''),
                |quote| **byte != quote && **byte != b'\n' && **byte != b' ',
            )
        })
        .count();
    let Some(colon) = rest
        .get(..length)
        .and_then(|pair| pair.iter().position(|byte| *byte == b':'))
    else {
        return;
    };
    // The name may be left out: then the key stands before the colon.
    if colon + 1 == length
        && colon >= 10
        && judge::Makeup::of(rest.get(..colon).unwrap_or_default()).sorts() >= 3
        && !judge::stands_in(rest.get(..colon).unwrap_or_default())
    {
        pass.hit("curl-password", from..from + colon, 0.85);
        return;
    }
    pair(
        pass,
        from + colon + 1..from + length,
        from..from + colon,
        "curl-password",
        0.85,
    );
}

/// Judges a user and a password.
fn pair(
    pass: &mut Pass<'_>,
    password: Range<usize>,
    user: Range<usize>,
    rule: &'static str,
    sure: f64,
) {
    let (value, name) = (pass.slice(password.clone()), pass.slice(user));
    if value.len() < 3
        || judge::template(value)
        || judge::template(name)
        || value
            .iter()
            .any(|byte| matches!(byte, b'{' | b'}' | b'<' | b'>'))
    {
        return;
    }
    let plain = [
        b"pass".as_slice(),
        b"password",
        b"passwd",
        b"pwd",
        b"secret",
        b"test",
        b"token",
        b"pw",
        b"xxx",
        b"user",
        b"mypassword",
        b"yourpassword",
    ];
    let stand_in = value == name
        || judge::repeats(value)
        || plain.iter().any(|word| value.eq_ignore_ascii_case(word))
        || (judge::stands_in(value)
            && value.iter().filter(|byte| byte.is_ascii_digit()).count() < 2);
    pass.hit(rule, password, if stand_in { 0.4 } else { sure });
}
