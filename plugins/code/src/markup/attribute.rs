//! What stands in a tag: attributes that run something, and addresses that do.

use crate::text::{Text, contains_any, is_word};

use super::{ATTACKS, MOST_TAG};

/// What a tag's attributes say.
pub(super) struct Attributes {
    pub(super) worst: f64,
    pub(super) end: usize,
}

/// Reads from behind a tag's name to where the tag ends.
pub(super) fn attributes(text: &Text<'_>, from: usize) -> Attributes {
    let mut found = Attributes {
        worst: 0.0,
        end: from,
    };
    let mut at = from;
    while at < from + MOST_TAG {
        let Some(byte) = text.byte(at) else { break };
        match byte {
            b'>' => {
                at += 1;
                break;
            }
            // A tag that is not closed, and another.
            b'<' => break,
            b'%' if text
                .byte(at + 1)
                .is_some_and(|byte| byte.is_ascii_hexdigit())
                && text
                    .byte(at + 2)
                    .is_some_and(|byte| byte.is_ascii_hexdigit()) =>
            {
                if text.starts(at + 1, b"3e") {
                    at += 3;
                    break;
                }
                at += 3;
            }
            b'&' => {
                let end = entity(text, at);
                at = end.unwrap_or(at + 1);
            }
            byte if byte.is_ascii_alphabetic() => {
                let start = at;
                while at < start + 40
                    && text
                        .byte(at)
                        .is_some_and(|byte| is_word(byte) || matches!(byte, b'-' | b':'))
                {
                    at += 1;
                }
                let name = text.slice(start, at).to_ascii_lowercase();
                // A name's last letters may be written as an entity.
                let mut behind = at;
                if text.byte(behind) == Some(b'&')
                    && !text.starts(behind, b"&equals;")
                    && !text.starts(behind, b"&#61")
                {
                    behind = entity(text, behind).unwrap_or(behind);
                    behind = text.word_end(behind);
                }
                let value = assigned(text, behind);
                if let Some(value) = value {
                    let (end, worst) = judge_value(text, &name, value);
                    found.worst = found.worst.max(worst);
                    at = end;
                } else {
                    at = at.max(behind);
                }
            }
            _ => at += 1,
        }
    }
    found.end = at.min(text.bytes().len());
    found
}

/// Where the value of an attribute begins, if there is one.
fn assigned(text: &Text<'_>, from: usize) -> Option<usize> {
    let at = text.skip_space(from);
    let at = match text.byte(at)? {
        b'=' => at + 1,
        b'&' if text.starts(at, b"&equals;") => at + 8,
        b'%' if text.starts(at, b"%3d") => at + 3,
        _ => return None,
    };
    Some(text.skip_space(at))
}

/// Where a character reference that begins at `&` ends.
fn entity(text: &Text<'_>, from: usize) -> Option<usize> {
    let mut at = from + 1;
    while at < from + 14
        && text
            .byte(at)
            .is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'#')
    {
        at += 1;
    }
    (at > from + 1).then(|| at + usize::from(text.byte(at) == Some(b';')))
}

/// Where a value ends, and how bad it is.
fn judge_value(text: &Text<'_>, name: &[u8], from: usize) -> (usize, f64) {
    let quote = text
        .byte(from)
        .filter(|byte| matches!(byte, b'"' | b'\'' | b'`'));
    let start = from + usize::from(quote.is_some());
    let mut end = start;
    while end < start + MOST_TAG {
        match (text.byte(end), quote) {
            (None, _) => break,
            (Some(byte), Some(quote)) if byte == quote => break,
            (Some(b'>' | b' ' | b'\n' | b'\t' | b'\r'), None) => break,
            _ => end += 1,
        }
    }
    let value = text.slice(start, end.min(text.bytes().len()));
    let after = end + usize::from(quote.is_some() && text.byte(end).is_some());
    let handler =
        name.len() > 4 && name.starts_with(b"on") && name.iter().all(u8::is_ascii_alphabetic);
    if handler {
        return (after, if ATTACKS.is_in(value) { 0.96 } else { 0.8 });
    }
    let worst = match name {
        b"srcdoc" => 0.85,
        b"style" => {
            let folded = plain(value);
            if contains_any(
                &folded,
                &[
                    "expression(",
                    "-moz-binding",
                    "behavior:",
                    "javascript:",
                    "vbscript:",
                ],
            ) {
                0.85
            } else {
                0.0
            }
        }
        b"content" | b"values" | b"from" | b"to"
            if contains_any(value, &["url=", "javascript:", "data:text"]) =>
        {
            let folded = plain(value);
            if contains_any(
                &folded,
                &["javascript:", "vbscript:", "data:text", "data:image/svg"],
            ) {
                0.93
            } else {
                0.6
            }
        }
        b"http-equiv" if contains_any(value, &["refresh", "set-cookie"]) => 0.55,
        _ => address(value),
    };
    (after, worst)
}

/// How bad an address is: whether its scheme runs something.
fn address(value: &[u8]) -> f64 {
    // Most addresses have a path, and few of these letters.
    let head = value.get(..value.len().min(160)).unwrap_or_default();
    let folded = plain(head);
    let starts = |word: &str| folded.starts_with(word.as_bytes());
    let later = |word: &str| contains_any(&folded, &[word]);
    if starts("javascript:void(0)") || starts("javascript:;") || folded == b"javascript:" {
        return 0.3;
    }
    if starts("javascript:")
        || starts("vbscript:")
        || starts("livescript:")
        || starts("mocha:")
        || starts("jar:javascript")
    {
        return 0.95;
    }
    if starts("data:")
        && [
            "text/html",
            "text/xml",
            "image/svg",
            "application/x",
            "application/javascript",
            "text/javascript",
            "text/vbscript",
            "text/xsl",
            "application/xml",
        ]
        .iter()
        .any(|kind| later(kind))
    {
        return 0.85;
    }
    if starts("data:,") || starts("data:;") {
        return 0.6;
    }
    if later("javascript:") || later("feed:javascript") {
        return 0.7;
    }
    0.0
}

/// A value as a browser reads it: references decoded, blanks and control characters left out, in lower
/// case.
fn plain(value: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(value.len().min(256));
    let mut at = 0;
    while let Some(byte) = value.get(at).copied() {
        if out.len() >= 256 {
            break;
        }
        if byte == b'&'
            && let Some((decoded, length)) = reference(value.get(at..).unwrap_or_default())
        {
            if decoded > b' ' {
                out.push(decoded.to_ascii_lowercase());
            }
            at += length;
            continue;
        }
        if byte == b'%'
            && let Some(decoded) = value.get(at + 1..at + 3).and_then(hex)
        {
            if decoded > b' ' {
                out.push(decoded.to_ascii_lowercase());
            }
            at += 3;
            continue;
        }
        // Comments of style sheets part words too.
        if byte == b'/' && value.get(at + 1) == Some(&b'*') {
            let rest = value.get(at + 2..).unwrap_or_default();
            if let Some(end) = rest.windows(2).position(|pair| pair == b"*/") {
                at += end + 4;
                continue;
            }
        }
        if byte > b' ' && byte != b'\\' {
            out.push(byte.to_ascii_lowercase());
        }
        at += 1;
    }
    out
}

fn hex(digits: &[u8]) -> Option<u8> {
    let text = std::str::from_utf8(digits).ok()?;
    u8::from_str_radix(text, 16).ok()
}

/// A character reference of one byte, and its length.
fn reference(bytes: &[u8]) -> Option<(u8, usize)> {
    const NAMED: &[(&[u8], u8)] = &[
        (b"&colon;", b':'),
        (b"&tab;", b'\t'),
        (b"&newline;", b'\n'),
        (b"&lpar;", b'('),
        (b"&rpar;", b')'),
        (b"&sol;", b'/'),
        (b"&quot;", b'"'),
        (b"&apos;", b'\''),
        (b"&lt;", b'<'),
        (b"&gt;", b'>'),
        (b"&amp;", b'&'),
    ];
    for (name, byte) in NAMED {
        if bytes
            .get(..name.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(name))
        {
            return Some((*byte, name.len()));
        }
    }
    let digits = bytes.strip_prefix(b"&#")?;
    let (radix, skip) = match digits.first()? {
        b'x' | b'X' => (16, 1),
        _ => (10, 0),
    };
    let digits = digits.get(skip..)?;
    let length = digits
        .iter()
        .take(10)
        .take_while(|byte| char::from(**byte).is_digit(radix))
        .count();
    let value =
        u32::from_str_radix(std::str::from_utf8(digits.get(..length)?).ok()?, radix).ok()?;
    let semicolon = usize::from(digits.get(length) == Some(&b';'));
    let value = u8::try_from(value).unwrap_or(b'?');
    Some((value, 2 + skip + length + semicolon))
}
