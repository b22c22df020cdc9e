//! Letters set apart.

use std::ops::Range;

use crate::normalise::blocks::Bits;
use crate::normalise::{View, ViewBuilder, sorts};
use crate::scan::blocks::{BLOCK, with_block};

/// Single letters of any script set apart by separators, drawn together: `i g n o r e` becomes
/// `ignore`. A wider gap, or a change of separator, stays a space. None where there are fewer than
/// `least` in a row.
///
/// ```
/// let view = caponier_sdk::normalise::decode::spaced("now i g n o r e it", 5).unwrap();
/// assert_eq!(view.text(), "now ignore it");
/// assert_eq!(view.source(4..10), 4..15);
/// ```
pub fn spaced(text: &str, least: usize) -> Option<View<'static>> {
    let bytes = text.as_bytes();
    let mut rows = Rows {
        text,
        least,
        builder: ViewBuilder::with_capacity(text.len()),
        any: false,
        copied: 0,
        row: Vec::new(),
    };
    let (mut at, mut end, mut before) = (0, 0, 0);
    while let Some((mut alone, inside)) = with_block(bytes, at, |block| alone(block, before)) {
        before = inside;
        while alone != 0 {
            let start = at + alone.trailing_zeros() as usize;
            alone &= alone - 1;
            if start >= end {
                end = rows.row_at(start);
            }
        }
        at += BLOCK;
    }
    rows.finish()
}

/// Where in a block single characters may begin, and what continues words in it: the first is not
/// told exactly.
#[inline(always)]
fn alone(block: &[u8; BLOCK], before: u64) -> (u64, u64) {
    let bits = Bits::of(block);
    let short = bits.letters | bits.digits;
    let inside = short | bits.high;
    let begins = inside & !(inside << 1 | before >> (BLOCK - 1));
    // A letter of one byte goes on where the next one continues it.
    (begins & !(short & inside >> 1), inside)
}

/// Letters in a row, and what was made of those before.
struct Rows<'a> {
    text: &'a str,
    least: usize,
    builder: ViewBuilder,
    any: bool,
    copied: usize,
    row: Vec<Range<usize>>,
}

impl Rows<'_> {
    /// Draws the letters together that stand in a row from `start` on. Gives where they end.
    fn row_at(&mut self, start: usize) -> usize {
        let bytes = self.text.as_bytes();
        find_row(bytes, start, &mut self.row);
        let Some(end) = self.row.last().map(|last| last.end) else {
            return start;
        };
        if self.row.len() >= self.least {
            self.any = true;
            let between = self.text.get(self.copied..start);
            self.builder.copy(self.copied, between.unwrap_or_default());
            self.draw_together(usual_separator(bytes, &self.row));
            self.copied = end;
        }
        end
    }

    fn draw_together(&mut self, separator: Option<u8>) {
        let mut next = self.row.iter().skip(1);
        for letter in &self.row {
            let text = self.text.get(letter.clone());
            self.builder.copy(letter.start, text.unwrap_or_default());
            if let Some(next) = next.next() {
                let gap = letter.end..next.start;
                if gap.len() > 1 || self.text.as_bytes().get(gap.start).copied() != separator {
                    self.builder.replace(gap, " ");
                }
            }
        }
    }

    fn finish(mut self) -> Option<View<'static>> {
        self.any.then(|| {
            let rest = self.text.get(self.copied..);
            self.builder.copy(self.copied, rest.unwrap_or_default());
            self.builder.finish()
        })
    }
}

/// What stands between most letters, if it is one byte (Boyer and Moore's vote).
fn usual_separator(bytes: &[u8], row: &[Range<usize>]) -> Option<u8> {
    let (mut separator, mut votes) = (None, 0);
    for pair in row.windows(2) {
        if let [letter, next] = pair
            && next.start - letter.end == 1
        {
            let byte = bytes.get(letter.end).copied();
            if votes == 0 {
                separator = byte;
            }
            votes = if byte == separator {
                votes + 1
            } else {
                votes - 1
            };
        }
    }
    separator
}

/// Where single letters in a row stand, the first of them at `start`, if a word begins there.
fn find_row(bytes: &[u8], start: usize, row: &mut Vec<Range<usize>>) {
    row.clear();
    let inside = start.checked_sub(1).and_then(|at| bytes.get(at));
    if inside.is_some_and(|byte| continues(*byte)) {
        return;
    }
    let mut at = start;
    while let Some(end) = single(bytes, at) {
        row.push(at..end);
        let gap = separators(bytes, end);
        if gap == 0 {
            return;
        }
        at = end + gap;
    }
}

/// Where the letter or digit at `at` ends, if it stands alone.
fn single(bytes: &[u8], at: usize) -> Option<usize> {
    let length = match bytes.get(at)? {
        byte if byte.is_ascii_alphanumeric() => 1,
        0xc2..=0xdf => 2,
        // What is not punctuation or space of these blocks.
        0xe0 | 0xe1 | 0xe4..=0xee => 3,
        0xe3 if bytes.get(at + 1) != Some(&0x80) => 3,
        _ => return None,
    };
    let end = at + length;
    let goes_on = bytes.get(end).is_some_and(|byte| continues(*byte));
    (!goes_on && end <= bytes.len()).then_some(end)
}

/// How many separators, four at most, stand at `at`.
fn separators(bytes: &[u8], at: usize) -> usize {
    let rest = bytes.get(at..).unwrap_or_default();
    let few = rest.get(..5).unwrap_or(rest);
    let count = sorts::run(few, sorts::APART);
    if count > 4 { 0 } else { count }
}

fn continues(byte: u8) -> bool {
    sorts::is(byte, sorts::ALPHANUMERIC | sorts::HIGH | sorts::APOSTROPHE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_drawn_together() {
        let said = |text| spaced(text, 4).map(|view| view.text().to_owned());
        for (text, plain) in [
            ("so: i g n o r e  a l l, ok then", "so: ignore all, ok then"),
            ("i-g-n-o-r-e a-l-l", "ignore all"),
            ("i*g*n*o*r*e", "ignore"),
            ("a. i g n o r e", "a ignore"),
            ("з а б у д ь", "забудь"),
            ("忽 略 之 前", "忽略之前"),
        ] {
            assert_eq!(said(text).as_deref(), Some(plain), "{text}");
        }
        for text in ["I am a person", "a b c", "é. è? à", "好，好，好，好"] {
            assert_eq!(said(text), None, "{text}");
        }
    }
}
