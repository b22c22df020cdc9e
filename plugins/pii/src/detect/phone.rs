//! Telephone numbers.

use std::cell::LazyCell;

use super::number::{self, Group, Groups};
use super::shapes::{self, calling_code, is_north_american};
use super::text::{at, begins_freely, ends_freely};
use super::{LEAST as LEAST_SURE, LEAST_WITHIN, Match, context};
use crate::Entity;

/// The fewest digits of a number.
pub(super) const LEAST: u8 = 7;

/// The most groups that a national number is written in.
const MOST_GROUPS: usize = 6;

/// A number after a `+`.
pub(super) fn international(text: &str, groups: &Groups) -> Option<Match> {
    let bytes = text.as_bytes();
    let plus = groups.start.checked_sub(1)?;
    let start = if groups.closes && plus > 0 && at(bytes, plus - 1) == b'(' {
        plus - 1
    } else {
        plus
    };
    if !begins_freely(text, start) {
        return None;
    }
    longest(text, groups, |count, last| {
        let digits = groups.digits(last.total);
        let code = calling_code(digits)?;
        let national = digits.get(code..)?;
        let (plausible, sure) = match digits.first()? {
            // People make up exchanges; nobody has an area that begins with 0 or 1.
            b'1' => (
                national.len() == 10 && national.first() >= Some(&b'2'),
                is_north_american(national),
            ),
            _ => (
                (7..=13).contains(&national.len()) && digits.len() <= 16,
                true,
            ),
        };
        let (start, said) = (start, context::near(text, start, &context::PHONE));
        let confidence = if !sure {
            0.6
        } else if said || count > 1 {
            0.97
        } else {
            0.9
        };
        plausible.then_some((start, confidence))
    })
}

/// A number without a `+`. `is_bare`: no word is near that could say what it is.
pub(super) fn national(
    text: &str,
    groups: &Groups,
    is_bare: bool,
    shapes: &shapes::Table,
    north_america: bool,
) -> Option<Match> {
    let bytes = text.as_bytes();
    let first = groups.all().first()?;
    let total = groups.all().last()?.total;
    if total < LEAST || (first.length > 15) {
        return None;
    }
    let bracket = groups.closes && groups.start > 0 && at(bytes, groups.start - 1) == b'(';
    let start = if bracket {
        groups.start - 1
    } else {
        groups.start
    };
    let may_have_shape = may_have_shape(groups, shapes, north_america);
    if (is_bare && !may_have_shape) || !begins_freely(text, start) || looks_like_date(groups) {
        return None;
    }
    // Most numbers are told without a look at the words before them.
    let said = LazyCell::new(|| !is_bare && context::near(text, start, &context::PHONE));
    if number::is_in_code(bytes, start) && !*said {
        return None;
    }
    let row = continues_row(bytes, start);
    let is_spaced = groups.is_spaced(groups.all().len());
    let is_row = row && !bracket && first.total < LEAST && is_spaced;
    if is_row && !*said {
        return None;
    }
    longest(text, groups, |count, last| {
        let digits = groups.digits(last.total);
        let style = Style::of(groups, count, bracket);
        let known = match may_have_shape {
            true => known_shape(digits, groups, count, style, shapes, north_america),
            false => 0.0,
        };
        // Numbers in a row with spaces between them are more often a table.
        let continues = style == Style::Spaced && (row || row_continues(bytes, last.end));
        if (known <= 0.0 || continues) && !*said {
            return None;
        }
        let confidence = match known {
            0.0 if generic(digits, groups, count) && *said => 0.6,
            0.0 => 0.0,
            known if *said => f64::min(known + 0.3, 0.97),
            known => known,
        };
        // Half of all numbers of ten digits are so little.
        let is_within = style == Style::Joined && (start, last.end) != (0, text.len());
        let least = if is_within { LEAST_WITHIN } else { LEAST_SURE };
        (confidence >= least).then_some((start, confidence))
    })
}

/// How the groups are set apart.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    Joined,
    Spaced,
    Marked,
    Bracketed,
}

impl Style {
    fn of(groups: &Groups, count: usize, bracket: bool) -> Self {
        if bracket {
            Self::Bracketed
        } else if count == 1 {
            Self::Joined
        } else if groups.is_spaced(count) {
            Self::Spaced
        } else {
            Self::Marked
        }
    }
}

/// Whether the first of the groups, however many, may have a shape that is known: a look at their
/// lengths and at the first two digits.
fn may_have_shape(groups: &Groups, shapes: &shapes::Table, north_america: bool) -> bool {
    let digits = groups.digits(2);
    let lengths = shapes.lengths(digits);
    // A zero that is dialled first may stand alone.
    let singles = groups.singles(MOST_GROUPS) & if digits.starts_with(b"0") { !1 } else { !0 };
    let wide = singles.trailing_zeros() as usize;
    let plain = groups.all().iter().take(wide.min(MOST_GROUPS));
    plain.fold(false, |may, group| may | (lengths >> group.total & 1 != 0))
        || digits == b"00"
        || (north_america && may_be_north_american(groups))
}

/// Whether there are groups of three, three and four digits, perhaps with one before them, or so many
/// digits in one piece.
fn may_be_north_american(groups: &Groups) -> bool {
    let mut lengths = groups.lengths(4);
    matches!(
        [(); 4].map(|()| lengths.next().unwrap_or(0)),
        [10 | 11 | 13, ..] | [3, 3, 4, _] | [_, 3, 3, 4]
    )
}

fn known_shape(
    digits: &[u8],
    groups: &Groups,
    count: usize,
    style: Style,
    shapes: &shapes::Table,
    north_america: bool,
) -> f64 {
    // Three, two and four is how social security numbers are written.
    if digits.len() == 9 && groups.lengths(count).eq([3, 2, 4]) {
        return 0.0;
    }
    let mut best: f64 = 0.0;
    if north_america && matches!(digits.len(), 10 | 11 | 13) {
        best = north_american(digits, groups, count, style);
    }
    if let Some(rest) = digits.strip_prefix(b"00")
        && calling_code(rest).is_some()
        && (9..=15).contains(&rest.len())
        && count > 1
    {
        best = best.max(0.7);
    }
    let shapes = shapes.for_digits(digits);
    // A national number is written in few groups, none of them single digits.
    // But for the zero that is dialled first.
    let trunk = digits.first() == Some(&b'0') && count > 3;
    let singles = groups.singles(count) & if trunk { !1 } else { !0 };
    if shapes.is_empty() || singles != 0 || count > MOST_GROUPS || all_same(digits) {
        return best;
    }
    for shape in shapes {
        let fits = shape.may_lead(digits)
            && shape
                .leads
                .iter()
                .any(|lead| digits.starts_with(lead.as_bytes()));
        if fits
            && groups
                .lengths(1)
                .all(|first| count == 1 || first <= shape.first_group)
        {
            let confidence = match style {
                Style::Joined => shape.joined,
                Style::Spaced => shape.grouped,
                Style::Marked => shape.grouped,
                Style::Bracketed => f64::max(shape.grouped, 0.6),
            };
            best = best.max(confidence);
        }
    }
    best
}

fn north_american(digits: &[u8], groups: &Groups, count: usize, style: Style) -> f64 {
    let (national, prefix) = match digits
        .strip_prefix(b"001")
        .or_else(|| digits.strip_prefix(b"1"))
    {
        Some(rest) if rest.len() == 10 => (rest, 1),
        _ => (digits, 0),
    };
    if !is_north_american(national) {
        return 0.0;
    }
    let lengths = groups
        .lengths(count)
        .skip(prefix.min(count.saturating_sub(3)));
    match style {
        // Ten digits in a row may be anything: only a word beside them tells.
        Style::Joined => 0.06,
        _ if !lengths.eq([3, 3, 4]) => 0.0,
        Style::Bracketed => 0.9,
        Style::Marked => 0.8,
        Style::Spaced => 0.5,
    }
}

/// Any number that a person would take for a telephone number beside a word that says so.
fn generic(digits: &[u8], groups: &Groups, count: usize) -> bool {
    (7..=15).contains(&digits.len())
        && count <= MOST_GROUPS
        && groups.singles(count) == 0
        && !(count == 1 && digits.len() > 12)
        && !all_same(digits)
}

fn all_same(digits: &[u8]) -> bool {
    digits.iter().all(|digit| Some(digit) == digits.first())
}

/// The longest beginning of the groups that `judge` takes and that ends where a number may.
fn longest(
    text: &str,
    groups: &Groups,
    judge: impl Fn(usize, &Group) -> Option<(usize, f64)>,
) -> Option<Match> {
    for count in (1..=groups.all().len()).rev() {
        let last = groups.all().get(count - 1)?;
        if last.total < LEAST {
            return None;
        }
        let end = extension_end(text.as_bytes(), last.end);
        if !ends_freely(text, end) {
            continue;
        }
        if let Some((start, confidence)) = judge(count, last) {
            return Some(Match {
                entity: Entity::Phone,
                start,
                end,
                confidence,
            });
        }
    }
    None
}

/// The end of an extension such as `x123` or ` ext. 123`; without one, `end` itself.
fn extension_end(bytes: &[u8], end: usize) -> usize {
    let next = match at(bytes, end) {
        b' ' => at(bytes, end + 1),
        next => next,
    };
    if !matches!(next, b'x' | b'e') {
        return end;
    }
    let rest = bytes.get(end..).unwrap_or_default();
    let word = [&b"x"[..], b" x", b" ext. ", b" ext ", b" ext.", b"ext"]
        .into_iter()
        .find(|word| rest.starts_with(word));
    let Some(word) = word else { return end };
    let digits = rest
        .iter()
        .skip(word.len())
        .take(7)
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    if (1..=6).contains(&digits) {
        end + word.len() + digits
    } else {
        end
    }
}

/// Whether the first groups are a year, a month and a day, either way round.
fn looks_like_date(groups: &Groups) -> bool {
    let number = |from: u8, to: u8| {
        let digits = groups
            .digits(to)
            .get(usize::from(from)..)
            .unwrap_or_default();
        digits
            .iter()
            .fold(0_u32, |number, digit| number * 10 + u32::from(digit - b'0'))
    };
    let mut lengths = groups.lengths(3);
    match (lengths.next(), lengths.next(), lengths.next()) {
        (Some(4), Some(2), Some(2)) => {
            (1800..2200).contains(&number(0, 4)) && number(4, 6) <= 12 && number(6, 8) <= 31
        }
        (Some(one @ 1..=2), Some(two @ 1..=2), Some(4)) => {
            number(0, one) <= 31
                && number(one, one + two) <= 31
                && (1800..2200).contains(&number(one + two, one + two + 4))
        }
        (Some(4), Some(4), None) => {
            (1800..2200).contains(&number(0, 4)) && (1800..2200).contains(&number(4, 8))
        }
        _ => false,
    }
}

fn continues_row(bytes: &[u8], start: usize) -> bool {
    start >= 2 && at(bytes, start - 1) == b' ' && at(bytes, start - 2).is_ascii_digit()
}

fn row_continues(bytes: &[u8], end: usize) -> bool {
    at(bytes, end) == b' ' && at(bytes, end + 1).is_ascii_digit()
}
