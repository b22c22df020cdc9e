//! Payment card numbers.

use caponier_sdk::scan::checksum;

use super::number::{Groups, is_in_code};
use super::text::{begins_freely, ends_freely};
use super::{Match, context};
use crate::Entity;

/// How a number is grouped on cards, beside not at all.
const LAYOUTS: &[&[u8]] = &[
    &[4, 4, 4, 4, 3],
    &[4, 4, 4, 4],
    &[4, 4, 4, 3],
    &[4, 4, 4, 2],
    &[4, 4, 4, 1],
    &[4, 6, 5],
    &[4, 6, 4],
    &[8, 8],
];

/// A bit for each length that the first group of one may have.
const FIRSTS: u32 = {
    let (mut firsts, mut rest) = (0, LAYOUTS);
    while let [[first, ..], tail @ ..] = rest {
        firsts |= 1 << *first;
        rest = tail;
    }
    firsts
};

/// Whether so many digits may be the first group of a number. `ends`: whether a group that comes next
/// and has so many ends there.
pub(super) fn may_begin(digits: usize, ends: impl Fn(usize) -> bool) -> bool {
    let fits = |layout: &&[u8]| {
        let mut lengths = layout.iter().copied().map(usize::from);
        lengths.next() == Some(digits) && lengths.next().is_some_and(&ends)
    };
    FIRSTS >> digits.min(31) & 1 != 0 && LAYOUTS.iter().any(fits)
}

pub(super) fn at_groups(text: &str, groups: &Groups) -> Option<Match> {
    let first = groups.all().first()?;
    let (grouped, total, end) = if (12..=19).contains(&first.length) {
        (false, first.total, first.end)
    } else if FIRSTS >> first.length & 1 == 0 {
        return None;
    } else {
        let layout = LAYOUTS.iter().find(|layout| {
            groups.lengths(layout.len()).eq(layout.iter().copied())
                && groups.uniform(layout.len()).is_some()
        })?;
        let last = groups.all().get(layout.len() - 1)?;
        (true, last.total, last.end)
    };
    let digits = groups.digits(total);
    let issuer = issuer(digits)?;
    if !begins_freely(text, groups.start) || !ends_freely(text, end) || !checksum::luhn(digits) {
        return None;
    }
    let said = context::near(text, groups.start, &context::CARD);
    if !said && is_in_code(text.as_bytes(), groups.start) {
        return None;
    }
    let confidence = match (said, grouped, issuer) {
        (true, _, Issuer::Major) => 0.99,
        (true, ..) => 0.9,
        (false, true, Issuer::Major) => 0.95,
        (false, false, Issuer::Major) => 0.85,
        (false, true, Issuer::Minor) => 0.8,
        (false, false, Issuer::Minor) => 0.3,
        // Twelve digits in a row are too often something else.
        (false, _, Issuer::Short) => return None,
    };
    Some(Match {
        entity: Entity::CreditCard,
        start: groups.start,
        end,
        confidence,
    })
}

#[derive(Clone, Copy)]
enum Issuer {
    /// A range and a length that few other numbers share.
    Major,
    /// A range or a length that other numbers share.
    Minor,
    /// Twelve digits.
    Short,
}

fn issuer(digits: &[u8]) -> Option<Issuer> {
    let number = |count: usize| {
        digits.iter().take(count).fold(0_u32, |number, digit| {
            number * 10 + u32::from(digit.wrapping_sub(b'0'))
        })
    };
    let (two, three, four, length) = (number(2), number(3), number(4), digits.len());
    match (number(1), length) {
        (4, 16) => Some(Issuer::Major),
        (4, 13 | 18 | 19) => Some(Issuer::Minor),
        _ if matches!(two, 34 | 37) && length == 15 => Some(Issuer::Major),
        _ if (51..=55).contains(&two) && length == 16 => Some(Issuer::Major),
        _ if (2221..=2720).contains(&four) && length == 16 => Some(Issuer::Major),
        _ if (four == 6011 || (644..=649).contains(&three) || two == 65)
            && (16..=19).contains(&length) =>
        {
            Some(Issuer::Major)
        }
        _ if (3528..=3589).contains(&four) && (16..=19).contains(&length) => Some(Issuer::Major),
        _ if ((300..=305).contains(&three) || three == 309 || matches!(two, 36 | 38 | 39))
            && (14..=19).contains(&length) =>
        {
            Some(if length == 14 {
                Issuer::Major
            } else {
                Issuer::Minor
            })
        }
        _ if two == 62 && (16..=19).contains(&length) => Some(Issuer::Major),
        _ if (2200..=2204).contains(&four) && (16..=19).contains(&length) => Some(Issuer::Minor),
        _ if (matches!(two, 50 | 56..=58) || (60..=69).contains(&two))
            && (13..=19).contains(&length) =>
        {
            Some(Issuer::Minor)
        }
        _ if (matches!(two, 50 | 56..=58) || (60..=69).contains(&two)) && length == 12 => {
            Some(Issuer::Short)
        }
        _ if two == 35 && length == 16 => Some(Issuer::Minor),
        _ if matches!(four, 1800 | 2131) && length == 15 => Some(Issuer::Minor),
        (1, 15) => Some(Issuer::Minor),
        (8 | 9, 16) if matches!(two, 81 | 82) || four == 9792 => Some(Issuer::Minor),
        _ => None,
    }
}
