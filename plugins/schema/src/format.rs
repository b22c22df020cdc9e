//! The formats that are checked. Others are annotations.

use std::net::{Ipv4Addr, Ipv6Addr};

/// A format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// RFC 3339, `date-time`.
    DateTime,
    /// RFC 3339, `full-date`.
    Date,
    /// RFC 3339, `full-time`.
    Time,
    /// RFC 5321, 4.1.2, without quoted names and address literals.
    Email,
    /// RFC 1123, 2.1.
    Hostname,
    /// RFC 2673, 3.2.
    Ipv4,
    /// RFC 4291, 2.2.
    Ipv6,
    /// RFC 3986: a scheme, and the characters that may follow.
    Uri,
    /// RFC 9562, 4.
    Uuid,
}

impl Format {
    /// The format of a name; `None` for one that is not checked.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "date-time" => Self::DateTime,
            "date" => Self::Date,
            "time" => Self::Time,
            "email" => Self::Email,
            "hostname" => Self::Hostname,
            "ipv4" => Self::Ipv4,
            "ipv6" => Self::Ipv6,
            "uri" => Self::Uri,
            "uuid" => Self::Uuid,
            _ => return None,
        })
    }

    pub(crate) fn holds(self, text: &str) -> bool {
        match self {
            Self::DateTime => text
                .split_once(['T', 't'])
                .is_some_and(|(day, hour)| date(day) && time(hour)),
            Self::Date => date(text),
            Self::Time => time(text),
            Self::Email => email(text),
            Self::Hostname => hostname(text),
            Self::Ipv4 => text.parse::<Ipv4Addr>().is_ok(),
            Self::Ipv6 => text.parse::<Ipv6Addr>().is_ok(),
            Self::Uri => uri(text),
            Self::Uuid => uuid(text),
        }
    }
}

/// A number of just so many digits.
fn digits(text: &str, count: usize) -> Option<u32> {
    (text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit()))
        .then(|| text.parse().ok())
        .flatten()
}

fn date(text: &str) -> bool {
    let mut parts = text.split('-');
    let (Some(year), Some(month), Some(day), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return false;
    };
    let (Some(year), Some(month), Some(day)) = (digits(year, 4), digits(month, 2), digits(day, 2))
    else {
        return false;
    };
    let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let last = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 => 28 + u32::from(is_leap),
        _ => 0,
    };
    (1..=last).contains(&day)
}

/// `hh:mm`
fn clock(text: &str) -> Option<(u32, u32)> {
    let (hour, minute) = text.split_once(':')?;
    let (hour, minute) = (digits(hour, 2)?, digits(minute, 2)?);
    (hour < 24 && minute < 60).then_some((hour, minute))
}

fn time(text: &str) -> bool {
    let Some(at) = text.find(['Z', 'z', '+', '-']) else {
        return false;
    };
    let (local, zone) = text.split_at_checked(at).unwrap_or_default();
    let shift = match zone.strip_prefix(['+', '-']) {
        Some(zone) => match clock(zone) {
            Some((hour, minute)) => (hour * 60 + minute) as i32,
            None => return false,
        },
        None if zone.eq_ignore_ascii_case("z") => 0,
        None => return false,
    };
    let shift = if zone.starts_with('+') { -shift } else { shift };
    let Some((Some((hour, minute)), second)) = local
        .rsplit_once(':')
        .map(|(start, end)| (clock(start), end))
    else {
        return false;
    };
    let (second, fraction) = second.split_once('.').unwrap_or((second, "0"));
    let is_fraction = !fraction.is_empty() && fraction.bytes().all(|byte| byte.is_ascii_digit());
    let Some(second) = digits(second, 2) else {
        return false;
    };
    // A leap second comes at the end of a day of UTC.
    let utc = ((hour * 60 + minute) as i32 + shift).rem_euclid(24 * 60);
    is_fraction && (second < 60 || (second == 60 && utc == 24 * 60 - 1))
}

fn email(text: &str) -> bool {
    let Some((name, domain)) = text.rsplit_once('@') else {
        return false;
    };
    let is_atom = |atom: &str| {
        !atom.is_empty()
            && atom
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte))
    };
    name.len() <= 64 && name.split('.').all(is_atom) && hostname(domain)
}

fn hostname(text: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    text.len() <= 253 && text.split('.').all(is_label)
}

fn uri(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else {
        return false;
    };
    let is_scheme = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    let (authority, path) = match rest.strip_prefix("//") {
        Some(rest) => rest
            .split_at_checked(rest.find(['/', '?', '#']).unwrap_or(rest.len()))
            .unwrap_or_default(),
        None => ("", rest),
    };
    is_scheme
        && is_spelt(authority, b"-._~:[]@!$&'()*+,;=")
        && is_spelt(path, b"-._~:/?#@!$&'()*+,;=")
        && path.matches('#').count() < 2
        && is_authority(authority)
}

/// Whether a text has letters, digits, these marks and escapes only.
fn is_spelt(text: &str, marks: &[u8]) -> bool {
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let mut is_hex = || bytes.next().is_some_and(|byte| byte.is_ascii_hexdigit());
        let holds = match byte {
            b'%' => is_hex() && is_hex(),
            _ => byte.is_ascii_alphanumeric() || marks.contains(&byte),
        };
        if !holds {
            return false;
        }
    }
    true
}

/// What follows `//`: brackets stand around an address only, and a port is a number.
fn is_authority(authority: &str) -> bool {
    let (user, host) = authority.rsplit_once('@').unwrap_or(("", authority));
    let (host, port) = match host.strip_prefix('[') {
        Some(address) => match address.split_once(']') {
            Some((address, port)) => {
                let is_future = address.starts_with(['v', 'V']);
                if !is_future && address.parse::<Ipv6Addr>().is_err() {
                    return false;
                }
                ("", port)
            }
            None => return false,
        },
        None => host
            .split_at_checked(host.find(':').unwrap_or(host.len()))
            .unwrap_or_default(),
    };
    let is_port = port.strip_prefix(':').map_or(port.is_empty(), |port| {
        port.bytes().all(|byte| byte.is_ascii_digit())
    });
    is_port
        && ![user, host]
            .iter()
            .any(|part| part.contains(['[', ']', '@']))
}

fn uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}
