//! IP addresses.

use std::net::Ipv6Addr;

use caponier_sdk::scan::bytes;

use super::number::{Groups, Separator};
use super::text::{after, at, before, joins};
use super::{Match, context};
use crate::Entity;

/// The most bytes of a version 6 address: with a version 4 address at its end.
pub(super) const MAX_BYTES: usize = 45;

pub(super) fn version_4(text: &str, groups: &Groups) -> Option<Match> {
    let second = groups.all().get(1)?;
    if second.separator != Some(Separator::Dot)
        || groups.uniform(4).is_none()
        || !groups.lengths(4).all(|length| length <= 3)
    {
        return None;
    }
    let end = groups.all().get(3)?.end;
    let start = groups.start;
    let mut parts = text.get(start..end)?.split('.').map(|part| {
        let padded = part.len() > 1 && part.starts_with('0');
        if padded {
            None
        } else {
            part.parse::<u8>().ok()
        }
    });
    let parts = [
        parts.next()??,
        parts.next()??,
        parts.next()??,
        parts.next()??,
    ];
    if !stands_alone(text, start, end) || in_version(text, start) {
        return None;
    }
    let said = context::near(text, start, &context::IP);
    let confidence = match parts {
        [0 | 127 | 255, ..] | [224..=255, ..] => 0.2,
        [10, ..] | [192, 168, ..] | [172, 16..=31, ..] | [169, 254, ..] => 0.5,
        // Small numbers all through are more often the number of a section.
        parts if parts.iter().all(|part| *part < 20) => 0.3,
        _ => 0.8,
    };
    let confidence = if said {
        f64::min(confidence + 0.3, 0.95)
    } else {
        confidence
    };
    Some(Match {
        entity: Entity::Ip,
        start,
        end,
        confidence,
    })
}

fn stands_alone(text: &str, start: usize, end: usize) -> bool {
    let bytes = text.as_bytes();
    let before = match before(text, start) {
        None => true,
        Some('.' | '-') => !at(bytes, start.wrapping_sub(2)).is_ascii_alphanumeric(),
        Some(last) => !joins(last),
    };
    let after = match after(text, end) {
        None => true,
        Some('.' | '-') => !at(bytes, end + 1).is_ascii_alphanumeric(),
        Some(first) => !joins(first),
    };
    before && after
}

/// Whether the words or marks before say that this is a version: `version 1.2.3.4`, `Chrome/91.0.4472.124`.
fn in_version(text: &str, start: usize) -> bool {
    let bytes = text.as_bytes();
    let slash =
        start >= 2 && at(bytes, start - 1) == b'/' && at(bytes, start - 2).is_ascii_alphanumeric();
    slash || context::next_to(text, start, &context::VERSION)
}

/// The unspecified address: code is full of its two colons, so a word or a prefix's length must
/// say that it is one.
fn unspecified(text: &str, start: usize) -> Option<Match> {
    let (bytes, end) = (text.as_bytes(), start + 2);
    let has_length = at(bytes, end) == b'/' && at(bytes, end + 1).is_ascii_digit();
    if before(text, start).is_some_and(joins) || after(text, end).is_some_and(joins) {
        return None;
    }
    (has_length || context::near(text, start, &context::IP)).then_some(Match {
        entity: Entity::Ip,
        start,
        end,
        confidence: 0.2,
    })
}

/// The version 6 address around a colon. Where there is none around any colon of its run, `none_to` is
/// moved to the run's end.
pub(super) fn version_6(text: &str, colon: usize, none_to: &mut usize) -> Option<Match> {
    let bytes = text.as_bytes();
    let inside = |byte: u8| byte.is_ascii_hexdigit() || byte == b':' || byte == b'.';
    let reach = MAX_BYTES + 1;
    let start = bytes::run_start(bytes, colon, reach, inside);
    let mut end = bytes::run_end(
        bytes.get(..(colon + reach + 1).min(bytes.len()))?,
        colon,
        inside,
    );
    // Whatever colon of it one begins with, the run is the same, or longer than any address.
    let is_whole = end <= colon + reach;
    if is_whole || at(bytes, end - 1).is_ascii_hexdigit() {
        *none_to = end;
    }
    // What follows a sentence's end or a colon of its own is not part of it.
    while end > colon
        && (at(bytes, end - 1) == b'.'
            || (at(bytes, end - 1) == b':' && at(bytes, end.wrapping_sub(2)) != b':'))
    {
        end -= 1;
    }
    // `src=:` and `ip:` may stand before it without a space.
    let start = if at(bytes, start) == b':' && at(bytes, start + 1) != b':' {
        start + 1
    } else {
        start
    };
    let address = text.get(start..end)?;
    if address == "::" {
        return unspecified(text, start);
    }
    if address.len() > MAX_BYTES
        || address.len() < 3
        || address.bytes().filter(|byte| *byte == b':').count() < 2
    {
        return None;
    }
    if before(text, start).is_some_and(joins) || after(text, end).is_some_and(joins) {
        return None;
    }
    let parsed: Ipv6Addr = address.parse().ok()?;
    let groups = address.split(':').filter(|group| !group.is_empty()).count();
    let digits = address.bytes().any(|byte| byte.is_ascii_digit());
    let said = context::near(text, start, &context::IP);
    let confidence = match (groups, digits) {
        (3.., true) => 0.9,
        (2, true) => 0.6,
        (_, true) => 0.2,
        (4.., false) => 0.5,
        _ => return None,
    };
    let confidence = if parsed.is_loopback() || parsed.is_unspecified() {
        f64::min(confidence, 0.2)
    } else {
        confidence
    };
    let confidence = if said {
        f64::min(confidence + 0.3, 0.97)
    } else {
        confidence
    };
    Some(Match {
        entity: Entity::Ip,
        start,
        end,
        confidence,
    })
}
