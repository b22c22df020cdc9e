//! Passwords on command lines and in `.netrc`.

use std::ops::Range;

use crate::assignment;
use crate::judge::{self, Makeup};
use crate::names::Name;
use crate::scan::Pass;

/// Programs whose options may hold a password.
#[derive(Clone, Copy, Debug)]
#[repr(u8)]
pub(crate) enum Tool {
    Curl = 0,
    /// `-p` and the password in one word.
    Mysql = 1,
    /// `-p` and the password as the next one.
    Login = 2,
    /// `login name password …`.
    Netrc = 3,
}

impl Tool {
    pub(crate) const COUNT: usize = 4;
}

/// How far behind its program an option may stand.
pub(crate) const REACH: usize = 512;
/// The longest pair of a user and a password.
const PAIR: usize = 256;

/// `-u name:password` of curl; `end` is the end of the option.
pub(crate) fn user(pass: &mut Pass<'_>, start: usize, end: usize) {
    if !stands_alone(pass, start) || !pass.has_seen(Tool::Curl, start, REACH) {
        return;
    }
    let mut from = end;
    while matches!(pass.bytes.get(from), Some(b' ' | b'=' | b'\t')) {
        from += 1;
    }
    let (characters, places) = word(pass, from);
    let Some(colon) = characters.iter().position(|byte| *byte == b':') else {
        return;
    };
    let place = |at: usize| places.get(at).copied().unwrap_or(from);
    let (name, password) = characters.split_at(colon);
    let password = password.get(1..).unwrap_or_default();
    // Braces around both are left over from a template that was filled in.
    let filled = password
        .strip_prefix(b"{")
        .and_then(|rest| rest.strip_suffix(b"}"))
        .filter(|inner| is_random(inner));
    if let Some(inner) = filled {
        let first = place(colon + 2);
        pass.hit("curl-password", first..first + inner.len(), 0.85);
        return;
    }
    // The password may be left out: then the key stands before the colon.
    if password.is_empty() {
        if name.len() >= 10 && Makeup::of(name).sorts() >= 3 && !judge::stands_in(name) {
            pass.hit("curl-password", place(0)..place(colon), 0.85);
        }
        return;
    }
    let span = place(colon + 1)..place(characters.len() - 1) + 1;
    let confidence = pair(password, name, 0.85);
    report(pass, "curl-password", span, confidence);
}

/// `mysql -ppassword`, `sshpass -p password`.
pub(crate) fn password(pass: &mut Pass<'_>, start: usize, end: usize) {
    if !stands_alone(pass, start) {
        return;
    }
    let apart = matches!(pass.bytes.get(end), Some(b' ' | b'=' | b'\'' | b'"'));
    let known = pass.has_seen(Tool::Login, start, PAIR)
        || (!apart && pass.has_seen(Tool::Mysql, start, PAIR));
    if known {
        assignment::behind(pass, end, Name::Password, !apart);
    }
}

/// `login name password value`.
pub(crate) fn netrc(pass: &mut Pass<'_>, start: usize, end: usize) {
    if pass.has_seen(Tool::Netrc, start, PAIR / 2) {
        assignment::behind(pass, end, Name::Password, false);
    }
}

/// How sure it is that a password and the user before it are a pair of real ones.
pub(crate) fn pair(value: &[u8], name: &[u8], sure: f64) -> Option<f64> {
    if value.len() < 3
        || judge::template(value)
        || judge::template(name)
        || value
            .iter()
            .any(|byte| matches!(byte, b'{' | b'}' | b'<' | b'>'))
    {
        return None;
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
        b"yyy",
        b"user",
        b"mypassword",
        b"yourpassword",
        b"passw0rd",
        b"guest",
        b"changeme",
        b"port",
        b"anonymous",
        b"pserver:anoncvs",
    ];
    let stand_in = value == name
        || judge::repeats(value)
        || plain.iter().any(|word| value.eq_ignore_ascii_case(word))
        || (judge::stands_in(value)
            && value.iter().filter(|byte| byte.is_ascii_digit()).count() < 2);
    Some(if stand_in { 0.4 } else { sure })
}

pub(crate) fn report(
    pass: &mut Pass<'_>,
    rule: &'static str,
    span: Range<usize>,
    confidence: Option<f64>,
) {
    if let Some(confidence) = confidence {
        pass.hit(rule, span, confidence);
    }
}

/// A word as a shell reads it: what its quotes hold, with the place of each byte.
fn word(pass: &Pass<'_>, from: usize) -> (Vec<u8>, Vec<usize>) {
    let (mut characters, mut places) = (Vec::new(), Vec::new());
    let mut quoted = None;
    for (at, byte) in (from..).zip(pass.slice(from..(from + PAIR).min(pass.bytes.len()))) {
        match (byte, quoted) {
            (b'\n' | b'\r', _) | (b' ' | b'\t', None) => break,
            (b' ', Some(_)) => return (Vec::new(), Vec::new()),
            (quote @ (b'"' | b'\''), None) => quoted = Some(*quote),
            (quote, Some(own)) if *quote == own => quoted = None,
            _ => {
                characters.push(*byte);
                places.push(at);
            }
        }
    }
    (characters, places)
}

fn is_random(value: &[u8]) -> bool {
    let made = Makeup::of(value);
    value.len() >= 8 && made.digits > 0 && made.lower > 0 && made.upper > 0
}

fn stands_alone(pass: &Pass<'_>, start: usize) -> bool {
    let before = start.checked_sub(1).and_then(|at| pass.bytes.get(at));
    before.is_none_or(u8::is_ascii_whitespace)
}
