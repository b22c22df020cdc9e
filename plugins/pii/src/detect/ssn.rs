//! United States social security numbers.

use super::number::{Groups, Separator};
use super::text::{begins_freely, ends_freely};
use super::{Match, context};
use crate::Entity;

/// Numbers that were printed in advertisements, and so belong to nobody.
const PRINTED: &[&[u8]] = &[b"078051120", b"219099999", b"457555462"];

pub(super) fn at_groups(text: &str, groups: &Groups) -> Option<Match> {
    let separated = groups.lengths(3).eq([3, 2, 4]);
    let first = groups.all().first()?;
    let (separator, end) = if separated {
        (Some(groups.uniform(3)?), groups.all().get(2)?.end)
    } else if first.length == 9 {
        (None, first.end)
    } else {
        return None;
    };
    let digits = groups.digits(9);
    if !could_be_issued(digits) || !begins_freely(text, groups.start) || !ends_freely(text, end) {
        return None;
    }
    let said = context::near(text, groups.start, &context::SSN);
    let confidence = match (separator, said) {
        (Some(Separator::Dash), true) => 0.98,
        (Some(_), true) => 0.9,
        (Some(Separator::Dash), false) => 0.75,
        (Some(Separator::Space), false) => 0.4,
        (Some(_), false) => 0.3,
        (None, true) => 0.85,
        (None, false) => return None,
    };
    Some(Match {
        entity: Entity::Ssn,
        start: groups.start,
        end,
        confidence,
    })
}

fn could_be_issued(digits: &[u8]) -> bool {
    let (Some(area), Some(group), Some(serial)) =
        (digits.get(..3), digits.get(3..5), digits.get(5..9))
    else {
        return false;
    };
    area != b"000"
        && area != b"666"
        && area.first() != Some(&b'9')
        && group != b"00"
        && serial != b"0000"
        && !PRINTED.contains(&digits)
        && digits.iter().any(|digit| Some(digit) != digits.first())
}
