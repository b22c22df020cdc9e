//! Values given to a name that says what they are: `password = …`, `"api_key": "…"`, `Authorization: Bearer …`.

use std::ops::Range;

use crate::judge::{self, Makeup};
use crate::names::{Folded, Name};
use crate::scan::{Pass, Value};
use crate::shapes::Class;
use crate::structured;

/// The longest value.
const VALUE: usize = 512;
/// How often one run of bytes is looked at as a value.
pub(crate) const LOOKS: u8 = 3;

/// Words before a value that say how it is used.
const SCHEMES: &[&[u8]] = &[
    b"Bearer ",
    b"bearer ",
    b"Basic ",
    b"basic ",
    b"Token ",
    b"token ",
    b"ApiKey ",
    b"Api-Token ",
    b"GenieKey ",
    b"token=",
    b"Splunk ",
    b"SSWS ",
];

/// Looks at what stands around `=`, `:` or `>` at `at`.
pub(crate) fn at_separator(pass: &mut Pass<'_>, at: usize) {
    let next = pass.bytes.get(at + 1).copied().unwrap_or(0);
    match pass.bytes.get(at) {
        Some(b':') if next == b'/' && pass.bytes.get(at + 2) == Some(&b'/') => {
            return structured::url_password(pass, at);
        }
        // The same assignment's first character: the last one counts.
        Some(b':' | b'=') if matches!(next, b'=' | b'>' | b':') => return,
        Some(b':') if next == b'A' => telegram(pass, at),
        Some(b'~') => return azure_secret(pass, at),
        Some(b'|') => return facebook(pass, at),
        _ => {}
    }
    if pass.value.is_spent(at + 1, VALUE) {
        return;
    }
    let Some((name, strength)) = pass.names.before(pass, at) else {
        return;
    };
    let Some(value) = value_after(pass, at + 1) else {
        return;
    };
    let bytes = pass.slice(value.clone());
    let made = Makeup::of(bytes);
    // Most values end here: words and numbers.
    if bytes.len() < 6
        || (made.sorts() < 2 && bytes.len() < 16)
        || made.letters() == bytes.len() && made.upper <= 1
    {
        return;
    }
    let Some((rule, confidence)) = judge_value(pass, &name, strength, bytes, made, at) else {
        return;
    };
    pass.hit(rule, value, confidence);
}

/// The value behind a separator, without quotes and scheme words.
fn value_after(pass: &mut Pass<'_>, from: usize) -> Option<Range<usize>> {
    let bytes = pass.bytes;
    let mut at = from;
    let mut quoted = None;
    for _ in 0..3 {
        while matches!(bytes.get(at), Some(b' ' | b'\t')) && at < from + 16 {
            at += 1;
        }
        while let Some(quote @ (b'"' | b'\'' | b'`' | b'\\')) = bytes.get(at) {
            if *quote != b'\\' {
                quoted = Some(*quote);
            }
            at += 1;
            if at > from + 20 {
                return None;
            }
        }
        let rest = bytes.get(at..).unwrap_or_default();
        let scheme = SCHEMES.iter().find(|scheme| rest.starts_with(scheme));
        match scheme {
            Some(scheme) => at += scheme.len(),
            None => break,
        }
    }
    // What is in a value is measured once, however many separators are in it, and looked at a few
    // times at most, so that a text of nothing but assignments costs no more than others.
    let known = pass.value;
    let end = if known.start <= at && at < known.end {
        pass.value.looks += 1;
        known.end
    } else {
        let rest = bytes.get(at..).unwrap_or_default();
        let end = at
            + rest
                .iter()
                .take_while(|byte| in_value(**byte, quoted))
                .count();
        pass.value = Value {
            start: at,
            end,
            looks: 0,
        };
        end
    };
    if end - at > VALUE || pass.value.looks > LOOKS || bytes.get(end) == Some(&b'(') {
        return None;
    }
    let value = bytes.get(at..end)?;
    let kept = value.len()
        - value
            .iter()
            .rev()
            .take_while(|byte| {
                matches!(byte, b'.' | b'\\' | b'!' | b'?' | b':') && quoted.is_none()
            })
            .count();
    // An ellipsis: the value is not all there.
    (kept > 0 && kept + 1 >= value.len()).then_some(at..at + kept)
}

const fn in_value(byte: u8, quoted: Option<u8>) -> bool {
    match byte {
        b'"' | b'\'' | b'`' | b'<' | b'>' | b' ' | b'\t' | b'\n' | b'\r' => false,
        b'(' | b')' | b',' | b';' | b'[' | b']' | b'{' | b'}' | b'&' | b'|' => quoted.is_some(),
        _ => byte > 0x20 && byte < 0x7f,
    }
}

fn judge_value(
    pass: &Pass<'_>,
    name: &Folded,
    strength: Name,
    value: &[u8],
    made: Makeup,
    at: usize,
) -> Option<(&'static str, f64)> {
    if judge::template(value)
        || value.starts_with(b"/")
        || value.starts_with(b"http")
        || value.starts_with(b"arn:")
        || value.starts_with(b"./")
    {
        return None;
    }
    if value.len() == 40
        && name.has("secret")
        && (name.has("aws")
            || name.has("accesskey")
            || pass.near(at, 256, &["akia", "asia", "aws"]))
        && judge::entropy(value) > 3.8
        && !judge::filled_in(value)
    {
        return Some(("aws-secret-key", 0.97));
    }
    let stand_in = judge::stands_in(value);
    let entropy = judge::entropy(value);
    if strength == Name::Password {
        return password(value, made, entropy, stand_in).map(|confidence| ("password", confidence));
    }
    if is_code(value, made) {
        return None;
    }
    let confidence = token(name, strength, value, made, entropy)?;
    Some((
        "generic-secret",
        if stand_in {
            confidence * 0.3
        } else {
            confidence
        },
    ))
}

fn password(value: &[u8], made: Makeup, entropy: f64, stand_in: bool) -> Option<f64> {
    if is_code(value, made) && made.signs > 0 {
        return None;
    }
    let base = match made.sorts() {
        4 => 0.9,
        3 => 0.85,
        2 if made.digits > 0 && made.letters() > 0 => 0.8,
        2 => 0.45,
        _ => 0.3,
    };
    let short = value.len() < 8 || entropy < 2.3;
    Some(if stand_in {
        base * 0.3
    } else if short {
        base * 0.75
    } else {
        base
    })
}

fn token(name: &Folded, strength: Name, value: &[u8], made: Makeup, entropy: f64) -> Option<f64> {
    if judge::is_uuid(value) {
        return match strength {
            Name::Token => Some(0.75),
            Name::Weak if name.length > 3 => Some(0.7),
            _ => Some(0.3),
        };
    }
    let length = value.len();
    if length < 10 || made.digits == 0 && (made.sorts() < 3 || entropy < 4.0) {
        return None;
    }
    let hex = made.hex == length;
    // Numbers with punctuation are dates, versions and sizes.
    if made.letters() < 3 || (made.turns < 3 && entropy < 3.9) {
        return None;
    }
    let base = match (strength, length) {
        (Name::Weak, ..16) => 0.4,
        (Name::Weak, 16..20) => 0.6,
        (Name::Weak, _) if hex && length != 32 => 0.6,
        (Name::Weak, _) => 0.75,
        (_, ..14) => 0.6,
        (_, 14..20) => 0.75,
        _ => 0.88,
    };
    Some(if entropy < if hex { 2.9 } else { 3.2 } {
        base * 0.6
    } else {
        base
    })
}

/// Paths, calls, identifiers joined by dots: code that fetches the secret, not the secret.
fn is_code(value: &[u8], made: Makeup) -> bool {
    let words = value.split(|byte| matches!(byte, b'.' | b'_' | b'-' | b'/' | b':' | b'[' | b']'));
    let (mut parts, mut plain) = (0, 0);
    for word in words {
        parts += 1;
        let digits = word.iter().filter(|byte| byte.is_ascii_digit()).count();
        plain += usize::from(digits == 0 || (word.len() < 4 && digits <= 2));
    }
    let call = value
        .iter()
        .any(|byte| matches!(byte, b'(' | b')' | b'{' | b'}' | b';' | b'|'));
    call && made.signs > 1
        || (parts >= 2 && plain == parts && !(made.upper > 1 && made.lower > 1 && made.digits > 2))
}

/// `abc8Q~…`: an application secret of Microsoft Entra has `Q~` behind three characters and a digit.
fn azure_secret(pass: &mut Pass<'_>, at: usize) {
    let has = |byte: &u8| Class::Dotted.has(*byte) || *byte == b'~';
    let Some(start) = at.checked_sub(5) else {
        return;
    };
    let [_, _, _, b'0'..=b'9', b'Q'] = pass.slice(start..at) else {
        return;
    };
    let outside = start
        .checked_sub(1)
        .and_then(|at| pass.bytes.get(at))
        .is_none_or(|byte| !has(byte));
    let tail = pass
        .bytes
        .get(at + 1..)
        .unwrap_or_default()
        .iter()
        .take(36)
        .take_while(|byte| has(byte))
        .count();
    let tail = tail - usize::from(pass.bytes.get(at + tail) == Some(&b'.') && tail > 34);
    if outside
        && (31..=34).contains(&tail)
        && pass.slice(start..start + 3).iter().all(has)
        && judge::entropy(pass.slice(start..at + 1 + tail)) > 3.3
    {
        pass.hit("azure-ad-secret", start..at + 1 + tail, 0.93);
    }
}

/// `123456789012345|…`: the number of the application, then its token.
fn facebook(pass: &mut Pass<'_>, at: usize) {
    let digits = pass
        .slice(at.saturating_sub(17)..at)
        .iter()
        .rev()
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    let end = pass.run_end(Class::Url, at + 1);
    if (15..=16).contains(&digits)
        && end - at == 28
        && judge::entropy(pass.slice(at + 1..end)) > 3.3
    {
        pass.hit("facebook-token", at - digits..end, 0.93);
    }
}

/// `123456789:AA…`: the number of the bot, then 35 characters.
fn telegram(pass: &mut Pass<'_>, at: usize) {
    let digits = pass
        .slice(at.saturating_sub(11)..at)
        .iter()
        .rev()
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    let start = at - digits;
    let end = pass.run_end(Class::Url, at + 1);
    let outside = start
        .checked_sub(1)
        .and_then(|at| pass.bytes.get(at))
        .is_none_or(|byte| !byte.is_ascii_alphanumeric() || *byte == b't');
    if (8..=10).contains(&digits)
        && outside
        && end - at == 36
        && !judge::filled_in(pass.slice(at + 1..end))
    {
        pass.hit("telegram-bot-token", start..end, 0.93);
    }
}
