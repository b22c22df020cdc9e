//! Secrets with a structure of their own: PEM blocks, web tokens, user and password pairs.

use crate::base64;
use crate::commands;
use crate::judge;
use crate::scan::Pass;
use crate::shape::Class;

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
        // An encrypted token has two parts more.
        for _ in 0..2 {
            let next = pass.run_end(Class::Url, end + 1);
            if pass.bytes.get(end) == Some(&b'.') && next > end + 10 {
                end = next;
            }
        }
    }
    if end - start <= TOKEN_WINDOW {
        pass.hit("jwt", start..end, confidence);
    }
}

/// The most bytes of one word that decide a match.
pub(crate) const TOKEN_WINDOW: usize = 4 << 10;

/// A header is a JSON object, whole, that names an algorithm, a type or a key.
fn header_names_algorithm(header: &[u8]) -> bool {
    let decoded = base64::decode(header);
    decoded.starts_with(b"{")
        && decoded.ends_with(b"}")
        && [b"\"alg\"".as_slice(), b"\"typ\"", b"\"kid\"", b"\"enc\""]
            .iter()
            .any(|name| judge::contains(&decoded, name))
}

/// A whole web token in base64 once more.
pub(crate) fn encoded_token(pass: &mut Pass<'_>, start: usize) {
    let end = pass.run_end(Class::Base64, start);
    if !(60..=TOKEN_WINDOW).contains(&(end - start)) {
        return;
    }
    let decoded = base64::decode(pass.slice(start..end.min(start + 1024)));
    let header = decoded
        .split(|byte| *byte == b'.')
        .next()
        .unwrap_or_default();
    if header.starts_with(b"eyJ") && header_names_algorithm(header) {
        pass.hit("jwt", start..end, 0.93);
    }
}

/// A private key's PEM text in base64 once more: how Kubernetes writes it.
pub(crate) fn encoded_key(pass: &mut Pass<'_>, start: usize) {
    let end = pass.run_end(Class::Base64, start);
    let label = base64::decode(pass.slice(start..end.min(start + 72)));
    if end - start >= 120 && judge::contains(&label, b"private key") {
        pass.hit("private-key", start..end, 0.97);
    }
}

/// The 40 characters of a secret key that stand, by themselves, right behind an access key id.
pub(crate) fn aws_secret_behind(pass: &mut Pass<'_>, from: usize) {
    const NEAR: usize = 128;
    const SECRET: usize = 40;
    let rest = pass.slice(from..(from + NEAR + SECRET).min(pass.bytes.len()));
    let mut at = 0;
    for run in rest.split(|byte| !Class::Base64.has(*byte)) {
        // Its last character may be the text's, but not where the look ends.
        let whole = at + SECRET < rest.len() || from + at + SECRET == pass.bytes.len();
        let secret = run.len() == SECRET && at < NEAR && whole;
        if secret {
            let made = judge::Makeup::of(run);
            if made.lower > 4
                && made.upper > 4
                && made.digits > 0
                && judge::entropy(run) > 4.2
                && !judge::filled_in(run)
            {
                let start = from + at;
                pass.hit("aws-secret-key", start..start + SECRET, 0.9);
                return;
            }
        }
        at += run.len() + 1;
    }
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
    let (name, password) = (start..start + colon, start + colon + 1..start + end);
    let confidence = commands::pair(pass.slice(password.clone()), pass.slice(name), 0.92);
    commands::report(pass, "url-password", password, confidence);
}
