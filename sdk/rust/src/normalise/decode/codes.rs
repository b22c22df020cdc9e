//! Characters written as numbers.

use std::ops::Range;

use crate::normalise::{View, ViewBuilder};

/// Ways to write a character as a number, a bit each.
const PAIR: u8 = 1;
const DECIMAL: u8 = 2;
const BITS: u8 = 4;
const OCTAL: u8 = 8;

/// A number between what is neither letter nor digit, without the prefix that says how to read it.
struct Number {
    span: Range<usize>,
    digits: Range<usize>,
    ways: u8,
}

/// Rows of at least `least` numbers, each of which stands for a character or for a byte of UTF-8:
/// pairs of hexadecimal digits, decimal codes, bits in eights, three octal digits; with `0x`, `0b`
/// or without, and with up to three separators between. None where no row says text.
///
/// ```
/// use caponier_sdk::normalise::decode;
///
/// let view = decode::codes("say 69 67 6e 6f 72 65, please", 4).unwrap();
/// assert_eq!((view.text(), view.source(4..10)), ("say ignore, please", 4..21));
/// let view = decode::codes("105, 103, 110, 111, 114, 101", 4).unwrap();
/// assert_eq!(view.text(), "ignore");
/// assert!(decode::codes("at 10:45, rooms 12 13 14", 4).is_none());
/// ```
pub fn codes(text: &str, least: usize) -> Option<View<'static>> {
    let bytes = text.as_bytes();
    let mut builder = ViewBuilder::with_capacity(text.len());
    let mut copied = 0;
    let mut row: Vec<Number> = Vec::new();
    let mut ways = 0;
    let mut at = 0;
    loop {
        let number = next_number(bytes, at);
        let joins = number.as_ref().is_some_and(|number| {
            let before = row.last().map_or(0, |last| last.span.end);
            ways & number.ways != 0 && only_separators(bytes, before..number.span.start)
        });
        if !joins {
            if row.len() >= least
                && let Some(characters) = said(bytes, &row, ways)
                && let (Some(first), Some(last)) = (row.first(), row.last())
            {
                builder.copy(
                    copied,
                    text.get(copied..first.span.start).unwrap_or_default(),
                );
                for (character, span) in characters {
                    builder.replace_char(span, character);
                }
                copied = last.span.end;
            }
            row.clear();
            ways = u8::MAX;
        }
        let Some(number) = number else { break };
        at = number.span.end;
        if number.ways == 0 {
            row.clear();
            ways = u8::MAX;
        } else {
            ways &= number.ways;
            row.push(number);
        }
    }
    (copied > 0).then(|| {
        builder.copy(copied, text.get(copied..).unwrap_or_default());
        builder.finish()
    })
}

/// The next run of letters and digits, and the ways in which it can be read as a number.
fn next_number(bytes: &[u8], from: usize) -> Option<Number> {
    let rest = bytes.get(from..)?;
    let start = from + rest.iter().position(u8::is_ascii_alphanumeric)?;
    let run = bytes.get(start..)?;
    let length = run.iter().position(|byte| !byte.is_ascii_alphanumeric());
    let run = run.get(..length.unwrap_or(run.len()))?;
    let (skip, may) = match run {
        [b'0', b'x' | b'X', ..] => (2, PAIR),
        [b'0', b'b' | b'B', ..] => (2, BITS),
        [b'x', _, _] => (1, PAIR),
        _ => (0, u8::MAX),
    };
    let digits = run.get(skip..)?;
    let all = |radix: u32| digits.iter().all(|byte| char::from(*byte).is_digit(radix));
    let mut ways = 0;
    if digits.len() == 2 && all(16) {
        ways |= PAIR;
    }
    if (2..=5).contains(&digits.len()) && all(10) {
        ways |= DECIMAL;
    }
    if (7..=8).contains(&digits.len()) && all(2) {
        ways |= BITS;
    }
    if digits.len() == 3 && all(8) {
        ways |= OCTAL;
    }
    Some(Number {
        span: start..start + run.len(),
        digits: start + skip..start + run.len(),
        ways: ways & may,
    })
}

fn only_separators(bytes: &[u8], gap: Range<usize>) -> bool {
    let gap = bytes.get(gap).unwrap_or_default();
    (1..=3).contains(&gap.len())
        && gap.iter().all(|byte| {
            matches!(
                byte,
                b' ' | b','
                    | b';'
                    | b':'
                    | b'-'
                    | b'\t'
                    | b'\r'
                    | b'\n'
                    | b'_'
                    | b'/'
                    | b'|'
                    | b'\\'
            )
        })
}

/// What the numbers say, read in the first way in which they say text.
fn said(bytes: &[u8], row: &[Number], ways: u8) -> Option<Vec<(char, Range<usize>)>> {
    [(BITS, 2), (PAIR, 16), (DECIMAL, 10), (OCTAL, 8)]
        .into_iter()
        .filter(|(way, _)| ways & way != 0)
        .find_map(|(way, radix)| {
            let values: Option<Vec<(u32, Range<usize>)>> = row
                .iter()
                .map(|number| Some((value(bytes, number, radix)?, number.span.clone())))
                .collect();
            let values = values?;
            let points = |(point, span): &(u32, Range<usize>)| {
                char::from_u32(*point).map(|character| (character, span.clone()))
            };
            let characters = as_bytes(&values).or_else(|| {
                (way == DECIMAL)
                    .then(|| values.iter().map(points).collect::<Option<Vec<_>>>())
                    .flatten()
            })?;
            is_prose(&characters).then_some(characters)
        })
}

fn value(bytes: &[u8], number: &Number, radix: u32) -> Option<u32> {
    bytes
        .get(number.digits.clone())?
        .iter()
        .try_fold(0u32, |sum, byte| {
            sum.checked_mul(radix)?
                .checked_add(char::from(*byte).to_digit(radix)?)
        })
}

/// The values as bytes of UTF-8, each character with the span of all of its bytes.
fn as_bytes(values: &[(u32, Range<usize>)]) -> Option<Vec<(char, Range<usize>)>> {
    let mut characters = Vec::with_capacity(values.len());
    let mut rest = values;
    while let Some((first, span)) = rest.first() {
        let length = match first {
            0..0x80 => 1,
            0xc0..0xe0 => 2,
            0xe0..0xf0 => 3,
            0xf0..0xf8 => 4,
            _ => return None,
        };
        let (own, after) = rest.split_at_checked(length)?;
        let bytes: Option<Vec<u8>> = own.iter().map(|(v, _)| u8::try_from(*v).ok()).collect();
        let character = std::str::from_utf8(&bytes?).ok()?.chars().next()?;
        let end = own.last().map_or(span.end, |(_, last)| last.end);
        characters.push((character, span.start..end));
        rest = after;
    }
    Some(characters)
}

/// Mostly letters and spaces, and nothing that does not print.
fn is_prose(characters: &[(char, Range<usize>)]) -> bool {
    let mut letters = 0;
    for (character, _) in characters {
        if character.is_control() && !matches!(character, '\n' | '\r' | '\t') {
            return false;
        }
        letters += usize::from(character.is_alphabetic() || *character == ' ');
    }
    letters * 4 >= characters.len() * 3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_become_what_they_say() {
        for (text, said) in [
            ("69 67 6e 6f 72 65", "ignore"),
            ("69:67:6E:6F:72:65", "ignore"),
            ("0x69, 0x67, 0x6e, 0x6f, 0x72, 0x65.", "ignore."),
            ("x69 x67 x6e x6f", "igno"),
            ("105 103 110 111 114 101", "ignore"),
            ("1079 1072 1073 1091 1076 1100", "забудь"),
            ("208 183 208 176 208 177", "заб"),
            ("01101001 01100111 01101110 01101111", "igno"),
            ("151 147 156 157 162 145", "ignore"),
            ("run (105 103 110 111) at 12", "run (igno) at 12"),
        ] {
            assert_eq!(
                codes(text, 4).map(|v| v.text().to_owned()).as_deref(),
                Some(said),
                "{text}"
            );
        }
    }

    #[test]
    fn what_says_nothing_is_left() {
        for text in [
            "12 15 18 21 24 27",
            "2024-11-02 10:15:33",
            "de ad be ef ca fe",
            "7 8 9 10 11",
            "ab cd",
            "",
        ] {
            assert!(codes(text, 4).is_none(), "{text}");
        }
    }
}
