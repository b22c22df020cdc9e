//! International bank account numbers.

use caponier_sdk::scan::checksum;

use super::Match;
use super::text::{after, at, before, ends_freely, joins};
use crate::Entity;

/// Length by country, from the registry of ISO 13616.
const LENGTHS: &[(&[u8; 2], usize)] = &[
    (b"AD", 24),
    (b"AE", 23),
    (b"AL", 28),
    (b"AT", 20),
    (b"AZ", 28),
    (b"BA", 20),
    (b"BE", 16),
    (b"BG", 22),
    (b"BH", 22),
    (b"BI", 27),
    (b"BR", 29),
    (b"BY", 28),
    (b"CH", 21),
    (b"CR", 22),
    (b"CY", 28),
    (b"CZ", 24),
    (b"DE", 22),
    (b"DJ", 27),
    (b"DK", 18),
    (b"DO", 28),
    (b"EE", 20),
    (b"EG", 29),
    (b"ES", 24),
    (b"FI", 18),
    (b"FK", 18),
    (b"FO", 18),
    (b"FR", 27),
    (b"GB", 22),
    (b"GE", 22),
    (b"GI", 23),
    (b"GL", 18),
    (b"GR", 27),
    (b"GT", 28),
    (b"HN", 28),
    (b"HR", 21),
    (b"HU", 28),
    (b"IE", 22),
    (b"IL", 23),
    (b"IQ", 23),
    (b"IS", 26),
    (b"IT", 27),
    (b"JO", 30),
    (b"KW", 30),
    (b"KZ", 20),
    (b"LB", 28),
    (b"LC", 32),
    (b"LI", 21),
    (b"LT", 20),
    (b"LU", 20),
    (b"LV", 21),
    (b"LY", 25),
    (b"MC", 27),
    (b"MD", 24),
    (b"ME", 22),
    (b"MK", 19),
    (b"MN", 20),
    (b"MR", 27),
    (b"MT", 31),
    (b"MU", 30),
    (b"NI", 28),
    (b"NL", 18),
    (b"NO", 15),
    (b"OM", 23),
    (b"PK", 24),
    (b"PL", 28),
    (b"PS", 29),
    (b"PT", 25),
    (b"QA", 29),
    (b"RO", 24),
    (b"RS", 22),
    (b"RU", 33),
    (b"SA", 24),
    (b"SC", 31),
    (b"SD", 18),
    (b"SE", 24),
    (b"SI", 19),
    (b"SK", 24),
    (b"SM", 27),
    (b"SO", 23),
    (b"ST", 25),
    (b"SV", 28),
    (b"TL", 23),
    (b"TN", 24),
    (b"TR", 26),
    (b"UA", 29),
    (b"VA", 22),
    (b"VG", 24),
    (b"XK", 20),
    (b"YE", 30),
];

/// The most bytes of one, with the widest separators between its groups.
pub(super) const MAX_BYTES: usize = 64;

/// How far a reading has come.
pub(super) enum Reading {
    /// It is whole: the byte after its last.
    Whole(usize),
    /// The text ended before it did.
    Unfinished,
    /// It is none.
    None,
}

/// The number whose first check digit is here.
pub(super) fn at_check_digits(text: &str, place: usize) -> Option<Match> {
    let (bytes, start) = (text.as_bytes(), place.checked_sub(2)?);
    if !at(bytes, start).is_ascii_alphabetic()
        || at(bytes, place + 1).is_ascii_alphabetic()
        || before(text, start).is_some_and(joins)
    {
        return None;
    }
    let Reading::Whole(end) = read(text, start) else {
        return None;
    };
    let number = bytes
        .get(start..end)?
        .iter()
        .copied()
        .filter(u8::is_ascii_alphanumeric);
    let rotated = number.clone().skip(4).chain(number.take(4));
    if checksum::mod97(rotated) != 1 || !ends_freely(text, end) {
        return None;
    }
    Some(Match {
        entity: Entity::Iban,
        start,
        end,
        confidence: 0.98,
    })
}

/// Reads letters and digits in groups from a country code on.
pub(super) fn read(text: &str, start: usize) -> Reading {
    let bytes = text.as_bytes();
    let Some(length) = length(bytes, start) else {
        let unfinished = bytes.len() == start + 1
            && LENGTHS
                .iter()
                .any(|(code, _)| code.first() == Some(&at(bytes, start).to_ascii_uppercase()));
        return if unfinished {
            Reading::Unfinished
        } else {
            Reading::None
        };
    };
    let (mut place, mut read, mut since) = (start, 0, 0);
    while read < length {
        let Some(byte) = bytes.get(place) else {
            return Reading::Unfinished;
        };
        if byte.is_ascii_alphanumeric() {
            if matches!(read, 2 | 3) && !byte.is_ascii_digit() {
                return Reading::None;
            }
            read += 1;
            since += 1;
            place += 1;
            continue;
        }
        // A separator comes after four, or after a group that was printed shorter.
        let Some(separator) = after(text, place) else {
            return Reading::None;
        };
        if !matches!(separator, ' ' | '-' | '\u{a0}' | '\u{202f}' | '.')
            || !(2..=8).contains(&since)
        {
            return Reading::None;
        }
        since = 0;
        place += separator.len_utf8();
        if place - start > MAX_BYTES {
            return Reading::None;
        }
    }
    Reading::Whole(place)
}

fn length(bytes: &[u8], start: usize) -> Option<usize> {
    let code = [
        at(bytes, start).to_ascii_uppercase(),
        at(bytes, start + 1).to_ascii_uppercase(),
    ];
    LENGTHS
        .iter()
        .find(|(known, _)| **known == code)
        .map(|(_, length)| *length)
}
