//! Letters set apart.

use std::ops::Range;

use crate::normalise::{View, ViewBuilder};

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
    let mut builder = ViewBuilder::with_capacity(text.len());
    let (mut any, mut copied, mut at) = (false, 0, 0);
    let bytes = text.as_bytes();
    let mut row: Vec<Range<usize>> = Vec::new();
    while at < bytes.len() {
        find_row(bytes, at, &mut row);
        let Some(end) = row.last().map(|last| last.end) else {
            at += 1;
            continue;
        };
        if row.len() >= least {
            any = true;
            builder.copy(copied, text.get(copied..at).unwrap_or_default());
            let separator = usual_separator(bytes, &row);
            for (index, letter) in row.iter().enumerate() {
                builder.copy(letter.start, text.get(letter.clone()).unwrap_or_default());
                if let Some(next) = row.get(index + 1) {
                    let gap = letter.end..next.start;
                    if gap.len() > 1 || bytes.get(gap.start).copied() != separator {
                        builder.replace(gap, " ");
                    }
                }
            }
            copied = end;
        }
        at = end;
    }
    any.then(|| {
        builder.copy(copied, text.get(copied..).unwrap_or_default());
        builder.finish()
    })
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
    let count = rest
        .iter()
        .take(5)
        .take_while(|byte| {
            matches!(
                byte,
                b' ' | b'-'
                    | b'_'
                    | b'.'
                    | b','
                    | b'*'
                    | b'|'
                    | b'/'
                    | b'\n'
                    | b'\t'
                    | b'~'
                    | b'+'
                    | b'`'
            )
        })
        .count();
    if count > 4 { 0 } else { count }
}

const fn continues(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte >= 0x80 || byte == b'\''
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
