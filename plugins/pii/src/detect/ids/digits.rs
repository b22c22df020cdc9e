//! Reading digits, and the dates of birth that many identifiers hold.

/// A digit's or letter's value: `0` is 0, `A` is 10, `Z` is 35.
pub(super) fn value(byte: u8) -> u32 {
    match byte {
        b'0'..=b'9' => u32::from(byte - b'0'),
        b'A'..=b'Z' => u32::from(byte - b'A') + 10,
        _ => 0,
    }
}

/// The number that the digits from one place up to another make.
pub(super) fn number(digits: &[u8], from: usize, to: usize) -> u32 {
    digits
        .get(from..to)
        .unwrap_or_default()
        .iter()
        .fold(0_u32, |number, byte| {
            number.wrapping_mul(10).wrapping_add(value(*byte))
        })
}

/// The character at a place; 0 outside.
pub(super) fn at(characters: &[u8], place: usize) -> u8 {
    characters.get(place).copied().unwrap_or(0)
}

/// The last character's value.
pub(super) fn last(characters: &[u8]) -> u32 {
    characters.last().copied().map_or(99, value)
}

/// Whether all characters are one and the same.
pub(super) fn uniform(characters: &[u8]) -> bool {
    characters
        .iter()
        .all(|byte| Some(byte) == characters.first())
}

/// The sum of digits (or letters), each times its weight, and of the products' digits where
/// `crosswise`.
pub(super) fn sum(characters: &[u8], weights: &[u32], crosswise: bool) -> u32 {
    characters
        .iter()
        .zip(weights)
        .map(|(byte, weight)| value(*byte) * weight)
        .map(|product| {
            if crosswise {
                product / 10 + product % 10
            } else {
                product
            }
        })
        .sum()
}

/// Whether there is such a day. A year of two digits is one of the last hundred or so.
pub(in crate::detect) fn is_day(year: u32, month: u32, day: u32) -> bool {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        2 => 28 + u32::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return false,
    };
    (1..=days).contains(&day)
}

/// Whether six digits are a year, a month and a day of the last century or of this one so far.
pub(super) fn is_yymmdd(digits: &[u8]) -> bool {
    let (year, month, day) = (
        number(digits, 0, 2),
        number(digits, 2, 4),
        number(digits, 4, 6),
    );
    is_day(1900 + year, month, day) || (year < 30 && is_day(2000 + year, month, day))
}

/// Whether six digits are a day, a month and a year.
pub(super) fn is_ddmmyy(digits: &[u8]) -> bool {
    let (day, month, year) = (
        number(digits, 0, 2),
        number(digits, 2, 4),
        number(digits, 4, 6),
    );
    is_day(1900 + year, month, day) || (year < 30 && is_day(2000 + year, month, day))
}
