//! Hardware addresses of 48 bits (IEEE 802, EUI-48).

use super::text::{at, begins_freely, ends_freely};
use super::{Match, context};
use crate::Entity;

const WORDS: context::List = context::List::of(&[
    "mac",
    "hardware",
    "ethernet",
    "physical",
    "bssid",
    "wifi",
    "bluetooth",
    "adapter",
    "address",
]);

/// Whether the run of letters and digits may be a part of an address: two between two marks, or four
/// beside a dot.
#[inline]
pub(super) fn may_have(bytes: &[u8], (start, end): (usize, usize)) -> bool {
    let [before, behind] = [at(bytes, start.wrapping_sub(1)), at(bytes, end)];
    let either = |mark: u8| (before == mark) | (behind == mark);
    let length = end - start;
    (length == 2) & (either(b':') | either(b'-')) | (length == 4) & either(b'.')
}

/// The address of which the run of letters and digits at `start` is a part.
pub(super) fn around(text: &str, start: usize) -> Option<Match> {
    let bytes = text.as_bytes();
    let mut start = start;
    // Pairs and groups without a digit stand before the first with one.
    for _ in 0..5 {
        let step = match start.checked_sub(1).map(|last| at(bytes, last)) {
            Some(b':' | b'-') => 3,
            Some(b'.') => 5,
            _ => break,
        };
        let before = start
            .checked_sub(step)
            .and_then(|first| bytes.get(first..start - 1));
        if !before.is_some_and(|group| group.iter().all(u8::is_ascii_hexdigit)) {
            break;
        }
        start -= step;
    }
    at_start(text, start)
}

/// The address whose first digit is here: six pairs with one sort of mark between them, or three
/// groups of four with dots.
pub(super) fn at_start(text: &str, start: usize) -> Option<Match> {
    let bytes = text.as_bytes();
    let (step, end) = match (at(bytes, start + 2), at(bytes, start + 4)) {
        (b':' | b'-', _) => (3, start + 17),
        (_, b'.') => (5, start + 14),
        _ => return None,
    };
    let address = bytes.get(start..end)?;
    let mark = *address.get(step - 1)?;
    let (mut ones, mut zeros, mut digits) = (true, true, 0);
    for (place, byte) in address.iter().enumerate() {
        if place % step == step - 1 {
            if *byte != mark {
                return None;
            }
            continue;
        }
        if !byte.is_ascii_hexdigit() {
            return None;
        }
        digits += 1;
        ones &= byte.eq_ignore_ascii_case(&b'f');
        zeros &= *byte == b'0';
    }
    // All ones is the broadcast address, all zeros none.
    if digits != 12 || ones || zeros || !begins_freely(text, start) || !ends_freely(text, end) {
        return None;
    }
    // One that goes on is something else: a fingerprint, an address of version 6.
    if at(bytes, end) == mark || (start > 0 && at(bytes, start - 1) == mark) {
        return None;
    }
    let said = context::near(text, start, &WORDS);
    let confidence = match (mark, said) {
        (_, true) => 0.98,
        (b':', _) => 0.9,
        (b'-', _) => 0.8,
        _ => 0.5,
    };
    Some(Match {
        entity: Entity::Mac,
        start,
        end,
        confidence,
    })
}
