//! Characters written as numbers.

use std::ops::Range;

use crate::normalise::{View, ViewBuilder, runs, sorts};

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
    let mut rows = Rows {
        text,
        least,
        builder: ViewBuilder::with_capacity(text.len()),
        copied: 0,
        row: Vec::new(),
        ways: u8::MAX,
    };
    runs::each::<1>(bytes, sorts::ALPHANUMERIC, |run| {
        rows.number(Number::of(bytes, run));
    });
    rows.end();
    let mut builder = rows.builder;
    (rows.copied > 0).then(|| {
        builder.copy(rows.copied, text.get(rows.copied..).unwrap_or_default());
        builder.finish()
    })
}

/// Numbers in a row, and what was made of those before.
struct Rows<'a> {
    text: &'a str,
    least: usize,
    builder: ViewBuilder,
    copied: usize,
    row: Vec<Number>,
    /// The ways in which all numbers of the row can be read.
    ways: u8,
}

impl Rows<'_> {
    fn number(&mut self, number: Number) {
        if number.ways & self.ways == 0 || !self.goes_on(&number) {
            self.end();
        }
        if number.ways != 0 {
            self.ways &= number.ways;
            self.row.push(number);
        }
    }

    /// Whether there is nothing but separators before a number, or no number before it.
    fn goes_on(&self, number: &Number) -> bool {
        let last = self.row.last();
        last.is_none_or(|last| only_separators(self.text.as_bytes(), last.end..number.start))
    }

    fn end(&mut self) {
        let bytes = self.text.as_bytes();
        if self.row.len() >= self.least
            && let Some(characters) = said(bytes, &self.row, self.ways)
            && let (Some(first), Some(last)) = (self.row.first(), self.row.last())
        {
            let between = self.text.get(self.copied..first.start);
            self.builder.copy(self.copied, between.unwrap_or_default());
            for (character, span) in characters {
                self.builder.replace_char(span, character);
            }
            self.copied = last.end;
        }
        self.row.clear();
        self.ways = u8::MAX;
    }
}

impl Number {
    /// A run of letters and digits, and the ways in which it can be read as a number.
    fn of(bytes: &[u8], run: Range<usize>) -> Self {
        let (start, end) = (run.start, run.end);
        let run = bytes.get(run).unwrap_or_default();
        let (prefix, may) = match run {
            [b'0', b'x' | b'X', ..] => (2, PAIR),
            [b'0', b'b' | b'B', ..] => (2, BITS),
            [b'x', _, _] => (1, PAIR),
            _ => (0, u8::MAX),
        };
        let digits = run.get(usize::from(prefix)..).unwrap_or_default();
        let ways = match digits.len() {
            2..=8 => ways(digits),
            _ => 0,
        };
        Self {
            start,
            end,
            prefix,
            ways: ways & may,
        }
    }
}

/// The ways in which so few digits can be read.
fn ways(digits: &[u8]) -> u8 {
    let all = digits
        .iter()
        .fold(u16::MAX, |all, byte| all & sorts::of(*byte));
    let is = |sort: u16, way: u8| if all & sort == 0 { 0 } else { way };
    let decimal = is(sorts::DIGIT, DECIMAL);
    match digits.len() {
        2 => is(sorts::HEXADECIMAL, PAIR) | decimal,
        3 => is(sorts::OCTAL, OCTAL) | decimal,
        4..=5 => decimal,
        7..=8 => is(sorts::BINARY, BITS),
        _ => 0,
    }
}

fn only_separators(bytes: &[u8], gap: Range<usize>) -> bool {
    let gap = bytes.get(gap).unwrap_or_default();
    (1..=3).contains(&gap.len()) && sorts::run(gap, sorts::BETWEEN) == gap.len()
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
