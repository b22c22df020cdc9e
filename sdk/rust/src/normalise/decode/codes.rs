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
    start: usize,
    end: usize,
    /// How long the prefix is.
    prefix: u8,
    ways: u8,
}

impl Number {
    fn digits(&self) -> Range<usize> {
        self.start + usize::from(self.prefix)..self.end
    }
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
            let before = row.last().map_or(0, |last| last.end);
            ways & number.ways != 0 && only_separators(bytes, before..number.start)
        });
        if !joins {
            if row.len() >= least
                && let Some(characters) = said(bytes, &row, ways)
                && let (Some(first), Some(last)) = (row.first(), row.last())
            {
                builder.copy(copied, text.get(copied..first.start).unwrap_or_default());
                for (character, span) in characters {
                    builder.replace_char(span, character);
                }
                copied = last.end;
            }
            row.clear();
            ways = u8::MAX;
        }
        let Some(number) = number else { break };
        at = number.end;
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
    let digits = run.get(usize::from(skip)..)?;
    let below = |most: u8| digits.iter().all(|byte| (b'0'..=most).contains(byte));
    let ways = match digits.len() {
        2 if digits.iter().all(u8::is_ascii_hexdigit) => {
            PAIR | if below(b'9') { DECIMAL } else { 0 }
        }
        3 if below(b'7') => DECIMAL | OCTAL,
        3..=5 if below(b'9') => DECIMAL,
        7..=8 if below(b'1') => BITS,
        _ => 0,
    };
    Some(Number {
        start,
        end: start + run.len(),
        prefix: skip,
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

/// So many numbers show whether a way of reading a long row is worth following.
const SAMPLE: usize = 32;

/// A character, and the span that it was read from.
type Read = (char, Range<usize>);

/// What the numbers say, read in the first way in which they say text.
fn said(bytes: &[u8], row: &[Number], ways: u8) -> Option<Vec<Read>> {
    [(BITS, 2), (PAIR, 16), (DECIMAL, 10), (OCTAL, 8)]
        .into_iter()
        .filter(|(way, _)| ways & way != 0)
        .find_map(|(way, radix)| {
            let read = |row: &[Number]| {
                let wide = || {
                    (way == DECIMAL)
                        .then(|| as_points(bytes, row, radix))
                        .flatten()
                };
                as_bytes(bytes, row, radix).or_else(wide)
            };
            // A sample may end inside of a character.
            let sample = row.get(..SAMPLE).filter(|_| row.len() > 2 * SAMPLE);
            let hopeless = |sample: &[Number]| read(sample).is_some_and(|read| !is_prose(&read, 2));
            if sample.is_some_and(hopeless) {
                return None;
            }
            read(row).filter(|read| is_prose(read, 3))
        })
}

fn value(bytes: &[u8], number: &Number, radix: u32) -> Option<u32> {
    let digits = bytes.get(number.digits())?;
    digits.iter().try_fold(0u32, |sum, byte| {
        sum.checked_mul(radix)?
            .checked_add(char::from(*byte).to_digit(radix)?)
    })
}

/// The values as the numbers of characters.
fn as_points(bytes: &[u8], row: &[Number], radix: u32) -> Option<Vec<Read>> {
    let mut characters = Vec::with_capacity(row.len());
    for number in row {
        let character = char::from_u32(value(bytes, number, radix)?)?;
        characters.push((character, number.start..number.end));
    }
    Some(characters)
}

/// The values as bytes of UTF-8, each character with the span of all of its bytes.
fn as_bytes(bytes: &[u8], row: &[Number], radix: u32) -> Option<Vec<Read>> {
    let mut characters = Vec::with_capacity(row.len());
    let mut rest = row;
    while let Some(first) = rest.first() {
        let length = match value(bytes, first, radix)? {
            0..0x80 => 1,
            0xc0..0xe0 => 2,
            0xe0..0xf0 => 3,
            0xf0..0xf8 => 4,
            _ => return None,
        };
        let (own, after) = rest.split_at_checked(length)?;
        let mut buffer = [0; 4];
        for (slot, number) in buffer.iter_mut().zip(own) {
            *slot = u8::try_from(value(bytes, number, radix)?).ok()?;
        }
        let encoded = std::str::from_utf8(buffer.get(..length)?).ok()?;
        let end = own.last().map_or(first.end, |last| last.end);
        characters.push((encoded.chars().next()?, first.start..end));
        rest = after;
    }
    Some(characters)
}

/// A letter or a space. The tables of Unicode would take longer than all the rest: beyond ASCII,
/// blocks are told apart, not characters.
const fn is_letter(character: char) -> bool {
    matches!(
        character,
        ' ' | 'a'..='z' | 'A'..='Z' | '\u{c0}'..='\u{1fff}' | '\u{2c00}'..='\u{2dff}'
            | '\u{3005}'..='\u{d7ff}' | '\u{f900}'..='\u{fdff}' | '\u{fe70}'..='\u{ffdc}'
            | '\u{10000}'..='\u{1bfff}' | '\u{20000}'..='\u{3ffff}'
    )
}

/// Letters and spaces, so many quarters of it, and nothing that does not print.
fn is_prose(characters: &[Read], quarters: usize) -> bool {
    let mut letters = 0;
    for (character, _) in characters {
        if character.is_control() && !matches!(character, '\n' | '\r' | '\t') {
            return false;
        }
        letters += usize::from(is_letter(*character));
    }
    letters * 4 >= characters.len() * quarters
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
