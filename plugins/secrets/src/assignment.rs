//! Values given to a name that says what they are: `password = …`, `"api_key": "…"`, `Authorization: Bearer …`.

use std::cell::LazyCell;
use std::ops::Range;

use crate::checks;
use crate::commands;
use crate::judge::{self, Makeup};
use crate::known;
use crate::kubernetes;
use crate::marks;
use crate::names::{Before, Folded, Name};
use crate::scan::Pass;
use crate::shape::Class;
use crate::structured;
use crate::value::{may_be_value, value_after};

/// The shortest value that a provider's name alone makes a secret of.
const UNNAMED: usize = 14;

/// The shortest token that its name alone makes one of.
const TOKEN: usize = 10;
/// The shortest user and password in base64.
const PAIR: usize = 8;

/// Looks at what stands around `=`, `:`, `>`, `~` or `|` at `at`.
pub(crate) fn at_separator(pass: &mut Pass<'_>, at: usize) {
    let next = pass.bytes.get(at + 1).copied().unwrap_or(0);
    match pass.bytes.get(at) {
        Some(b':') if next == b'/' && pass.bytes.get(at + 2) == Some(&b'/') => {
            return structured::url_password(pass, at);
        }
        // The same assignment's first character: the last one counts.
        Some(b':' | b'=') if matches!(next, b'=' | b'>' | b':') => return,
        Some(b':') if next == b'A' => {
            marks::telegram(pass, at);
            if pass.slice(at + 1..at + 7) == b"APA91b" {
                marks::firebase(pass, at);
            }
        }
        Some(b'~') => return marks::azure_secret(pass, at),
        Some(b'|') => return marks::facebook(pass, at),
        _ => {}
    }
    let element = pass.bytes.get(at) == Some(&b'>');
    if pass.value.is_spent(at + 1)
        || !(may_be_value(pass, at + 1, element) || pass.object.is_open(at))
    {
        return;
    }
    let Some(before) = pass.names.before(pass, at) else {
        return;
    };
    if pass.bytes.get(at) == Some(&b':') && kubernetes::entry(pass, &before.name, at) {
        return;
    }
    if before.strength.is_none() && !could_be_secret(pass, at + 1) {
        return;
    }
    if let Some(value) = value_after(pass, at + 1, element) {
        judge_assignment(pass, &before, value, at);
    }
}

/// Looks at what stands behind `",` at `at`: `setProperty("api_key", "…")`.
pub(crate) fn at_comma(pass: &mut Pass<'_>, at: usize) {
    let quote = pass.bytes.get(at).copied();
    let mut from = at + 2;
    while pass.bytes.get(from) == Some(&b' ') && from < at + 4 {
        from += 1;
    }
    if !matches!(pass.bytes.get(from), Some(b'"' | b'\'')) || quote.is_none() {
        return;
    }
    if pass.bytes.get(at + 1) != Some(&b',') || pass.value.is_spent(at + 2) {
        return;
    }
    let Some(before) = pass.names.before(pass, at) else {
        return;
    };
    if before.strength.is_some()
        && let Some(value) = value_after(pass, from, false)
    {
        judge_assignment(pass, &before, value, at);
    }
}

/// Looks at a value that words of this sort announce. `said`: in a sentence, where anything may
/// follow.
pub(crate) fn behind(pass: &mut Pass<'_>, from: usize, name: Name, said: bool) {
    if pass.value.is_spent(from) {
        return;
    }
    let before = Before {
        name: Folded::of(if name == Name::Password {
            b"password".as_slice()
        } else {
            b"token"
        }),
        strength: Some(name),
        start: from,
    };
    let Some(value) = value_after(pass, from, false) else {
        return;
    };
    let bytes = pass.slice(value.clone());
    if said && (judge::says_format(bytes) || Makeup::of(bytes).turns < 2) {
        return;
    }
    judge_assignment(pass, &before, value, from);
}

/// Whether what follows is long enough for a value that only a provider's name speaks for, and
/// has a digit.
fn could_be_secret(pass: &Pass<'_>, from: usize) -> bool {
    let rest = pass.slice(from..from + UNNAMED + 6);
    let skipped = rest
        .iter()
        .take(6)
        .take_while(|byte| matches!(byte, b' ' | b'"' | b'\'' | b'\\' | b'\n' | b'\t'))
        .count();
    let value = rest.get(skipped..skipped + UNNAMED).unwrap_or_default();
    value.len() == UNNAMED && Class::Base64.all(value)
}

fn judge_assignment(pass: &mut Pass<'_>, before: &Before, value: Range<usize>, at: usize) {
    let bytes = pass.slice(value.clone());
    let made = Makeup::of(bytes);
    // Most values end here: words and numbers.
    if bytes.len() < 6
        || (made.sorts() < 2 && bytes.len() < 16)
        || made.letters() == bytes.len() && made.upper <= 1
        || bytes.len() < TOKEN
            && before.strength != Some(Name::Password)
            && (bytes.len() != PAIR || !is_basic(pass, at))
    {
        return;
    }
    if let Some((rule, confidence)) = judge_value(pass, before, bytes, made, at)
        && !known::is_published(bytes)
    {
        pass.hit(rule, value, confidence);
    }
}

fn judge_value<'a>(
    pass: &mut Pass<'a>,
    before: &Before,
    value: &'a [u8],
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
    let name = &before.name;
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
    // The credentials of Sidekiq's package server: two numbers of four bytes.
    if name.has("contribsyscom") && value.len() == 17 && value.get(8) == Some(&b':') {
        return Some(("sidekiq-secret", 0.93));
    }
    let entropy = LazyCell::new(|| judge::entropy(value));
    let varied = made.digits > 0 || (made.upper > 1 && judge::is_random(value));
    let long = value.len() >= UNNAMED && varied && *entropy > 2.8;
    let provider = (long && before.strength != Some(Name::Password))
        .then(|| {
            let across = before.strength == Some(Name::Token);
            pass.providers
                .before(&mut pass.seen, pass.bytes, at, value, across)
        })
        .flatten();
    let fitting = provider.filter(|row| row.fits(value) && !judge::filled_in(value));
    if let Some(row) = fitting {
        let id = name.as_slice().ends_with(b"id");
        // Digests and identifiers look like this as well.
        let common = judge::is_uuid(value) || (made.hex == value.len() && made.upper == 0);
        let confidence = match before.strength {
            Some(_) => 0.88,
            None if row.ids && id => 0.7,
            None if id || common => 0.45,
            None if judge::is_random(value) => 0.75,
            None => 0.5,
        };
        let doubt = if judge::names_itself(value) { 0.3 } else { 1.0 };
        return Some((row.rule, confidence * doubt));
    }
    let strength = before.strength?;
    if strength == Name::Password {
        // A text that repeats itself gives the same value each time.
        if pass.password.0 != value {
            pass.password = (value, password(value, made, *entropy));
        }
        return pass.password.1.map(|confidence| ("password", confidence));
    }
    if is_basic(pass, at)
        && let Some((user, secret)) = checks::basic_pair(value)
    {
        let confidence = if secret.is_empty() {
            Some(0.7)
        } else {
            commands::pair(&secret, &user, 0.92)
        };
        return confidence.map(|confidence| ("basic-auth", confidence));
    }
    if is_code(value, made) {
        return None;
    }
    let mut confidence = token(
        name,
        strength,
        value,
        made,
        *entropy,
        is_header(pass, before.start),
    )?;
    if provider.is_some_and(|row| row.only) {
        confidence *= 0.7;
    }
    Some((
        "generic-secret",
        if judge::stands_in(value) {
            confidence * 0.3
        } else {
            confidence
        },
    ))
}

/// Whether `Basic` or a name that ends in `auth` stands before the value.
fn is_basic(pass: &Pass<'_>, at: usize) -> bool {
    let behind = pass.slice(at..(at + 12).min(pass.bytes.len()));
    let before = pass.slice(at.saturating_sub(8)..at);
    judge::contains(behind, b"basic ") || judge::contains(before, b"auth")
}

/// Whether the name is that of a header on a command line: `-H "X-Key: …"`.
fn is_header(pass: &Pass<'_>, start: usize) -> bool {
    let before = pass.slice(start.saturating_sub(10)..start);
    let before = before.strip_suffix(b"\"").or(before.strip_suffix(b"'"));
    before.is_some_and(|before| {
        let before = before.trim_ascii_end();
        before.ends_with(b"-H") || before.ends_with(b"--header")
    })
}

fn password(value: &[u8], made: Makeup, entropy: f64) -> Option<f64> {
    if made.signs > 0 && is_code(value, made) {
        return None;
    }
    let base = match made.sorts() {
        4 => 0.9,
        3 => 0.85,
        2 if made.digits > 0 && made.letters() > 0 => 0.8,
        2 => 0.45,
        _ => 0.3,
    };
    let base = if judge::says_format(value) {
        base * 0.4
    } else {
        base
    };
    let short = value.len() < 8 || entropy < 2.3;
    Some(if judge::stands_in(value) {
        base * 0.3
    } else if short {
        base * 0.75
    } else {
        base
    })
}

fn token(
    name: &Folded,
    strength: Name,
    value: &[u8],
    made: Makeup,
    entropy: f64,
    header: bool,
) -> Option<f64> {
    if judge::is_uuid(value) {
        return match strength {
            Name::Token => Some(0.75),
            Name::Weak if name.length > 3 => Some(0.7),
            _ => Some(0.3),
        };
    }
    let length = value.len();
    if length < TOKEN || made.digits == 0 && (made.sorts() < 3 || entropy < 4.0) {
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
        (_, ..14) if !header => 0.6,
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
        let counted = digits == 1
            && word.last().is_some_and(u8::is_ascii_digit)
            && !word.iter().any(u8::is_ascii_lowercase);
        plain += usize::from(digits == 0 || counted || (word.len() < 4 && digits <= 2));
    }
    let call = value
        .iter()
        .any(|byte| matches!(byte, b'(' | b')' | b'{' | b'}' | b';' | b'|'));
    call && made.signs > 1
        || (parts >= 2 && plain == parts && !(made.upper > 1 && made.lower > 1 && made.digits > 2))
        || made.digits > 0 && judge::names_algorithm(value)
}
