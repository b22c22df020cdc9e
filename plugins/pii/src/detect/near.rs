//! What a scan knows of the place it has come to.

use super::classes::Classes;
use super::lexicon::Words;
use super::number;

/// How far before and behind a number its words may stand, in bytes: behind an identifier in its
/// widest writing.
const BEFORE: usize = 80;
const BEHIND: usize = 128;

/// The most bytes that are searched at once for the next letter.
const STEP: usize = 512;

/// What a scan knows of the place it has come to.
pub(super) struct Near<'a> {
    pub(super) words: Words<'a>,
    pub(super) classes: Classes<'a>,
    /// The end of the last run of letters and digits that was looked at as a whole.
    pub(super) run_end: usize,
    /// The end of the last run of hexadecimal digits, dots and colons that is no address.
    pub(super) no_address: usize,
    /// Where something begins that text which has not come yet could change.
    pub(super) unsure: Option<usize>,
    /// A stretch in which no letter stands.
    bare: (usize, usize),
}

impl<'a> Near<'a> {
    pub(super) fn new(bytes: &'a [u8], words: Words<'a>) -> Self {
        Self {
            words,
            classes: Classes::new(bytes),
            run_end: 0,
            no_address: 0,
            unsure: None,
            bare: (0, 0),
        }
    }

    /// Whether no letter stands so near a number that it could be part of it or of a word beside it,
    /// wherever the text ends.
    pub(super) fn is_bare(&mut self, bytes: &[u8], (start, end): (usize, usize)) -> bool {
        let from = start.saturating_sub(BEFORE);
        let to = end + BEHIND;
        let is_letter = |byte: &u8| *byte >= b'A';
        if to > bytes.len() {
            return false;
        }
        if !(self.bare.0..=self.bare.1).contains(&start) {
            let before = bytes.get(from..start).unwrap_or_default();
            let letter = before.iter().rposition(is_letter);
            self.bare = (letter.map_or(from, |letter| from + letter + 1), start);
        }
        if self.bare.0 > from {
            return false;
        }
        if self.bare.1 < to {
            let rest = bytes.get(self.bare.1..(to + STEP).min(bytes.len()));
            let rest = rest.unwrap_or_default();
            let clear = rest.iter().position(is_letter).unwrap_or(rest.len());
            self.bare.1 += clear;
        }
        self.bare.1 >= to
    }

    /// Whether a number is one of many in a row, and nothing but numbers stands near.
    #[inline]
    pub(super) fn is_cell(&mut self, bytes: &[u8], span: (usize, usize)) -> bool {
        number::is_in_row(bytes, span) && self.is_bare(bytes, span)
    }
}
