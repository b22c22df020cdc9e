//! Letters and digits in chunks: what an identifier may be.

use super::classes::Classes;
use super::text::at;

/// The most letters and digits of an identifier.
pub(super) const MAX: usize = 22;

/// The most chunks of one.
pub(super) const MAX_CHUNKS: usize = 8;

/// The most bytes of one, with the widest separators, and two bytes that follow it.
pub(super) const MAX_BYTES: usize = MAX + 3 * MAX_CHUNKS + 8;

/// The most letters of a chunk that has no digit and is not the first: what is longer is a word.
const MAX_WORD: usize = 4;

/// The most chunks of one letter or digit.
const MAX_SINGLE: usize = 2;

/// The most letters of a chunk that stands before the first with a digit.
pub(super) const MAX_LEAD: usize = 3;

/// A run of letters and digits, and what follows it.
struct Run {
    /// How many there are; of more than an identifier has, one more than it has.
    length: usize,
    /// A bit for each that is a letter, and for each that is a small one; the lowest for the first.
    letters: u32,
    small: u32,
    /// The separator behind it, where another run follows: how wide it is, and what it counts as.
    separator: Option<(usize, u8)>,
}

impl Run {
    #[inline]
    fn read(bytes: &[u8], start: usize, classes: &mut Classes<'_>) -> Self {
        let view = classes.from(start);
        let (letters, small) = (view.letters(), view.small());
        let length = (view.digits() | letters).trailing_ones() as usize;
        let length = length.min(MAX + 1);
        let within = (1 << length) - 1;
        Self {
            length,
            letters: (letters & within) as u32,
            small: (small & within) as u32,
            separator: separator_at(bytes, start + length).filter(|_| length <= MAX),
        }
    }

    /// Whether no digit is in it.
    fn is_word(&self) -> bool {
        self.letters.count_ones() as usize == self.length
    }
}

/// One chunk of a chain.
#[derive(Clone, Copy, Default)]
struct Chunk {
    /// The byte after its last.
    end: usize,
    /// How many letters and digits there are up to its end.
    total: u8,
    /// What stands before it; 0 for nothing.
    separator: u8,
}

/// A first chunk and those that follow it, each after one separator.
pub(super) struct Chain {
    chunks: [Chunk; MAX_CHUNKS],
    count: usize,
    letters: u32,
    small: u32,
}

/// Where the letters of a chain's first chunks stand.
#[derive(Clone, Copy)]
pub(super) struct Outline {
    /// How many chunks they are.
    pub(super) chunks: usize,
    /// How many letters and digits they have.
    pub(super) total: usize,
    /// A bit for each that is a letter, the lowest for the first.
    pub(super) letters: u32,
    /// The byte after their last.
    pub(super) end: usize,
    capitals: bool,
}

/// What the chunks of a chain say.
pub(super) struct Content {
    characters: [u8; MAX],
    separators: [u8; MAX],
    breaks: u32,
}

/// What the first chunks of a chain come to.
#[derive(Clone, Copy)]
pub(super) struct Value<'a> {
    /// Letters, in capitals, and digits.
    pub(super) characters: &'a [u8],
    /// What stands before each; 0 for nothing.
    pub(super) separators: &'a [u8],
    /// A bit for each that is a letter, the lowest for the first.
    pub(super) letters: u32,
    /// A bit for each before which a separator stands.
    pub(super) breaks: u32,
    /// Whether all letters are capitals.
    pub(super) capitals: bool,
    /// The first byte, and the one after the last.
    pub(super) span: (usize, usize),
}

impl<'a> Value<'a> {
    /// Digits in one piece.
    pub(super) fn of_digits(digits: &'a [u8], span: (usize, usize)) -> Self {
        Self {
            characters: digits,
            separators: [0; MAX].get(..digits.len()).unwrap_or_default(),
            letters: 0,
            breaks: 0,
            capitals: true,
            span,
        }
    }
}

impl Chain {
    /// Reads the chunks that follow one another from a first letter or digit on. `may_have`: whether a
    /// chunk of this length may be next; else it is left out, and what follows it.
    #[inline]
    pub(super) fn read(
        bytes: &[u8],
        start: usize,
        classes: &mut Classes<'_>,
        mut may_have: impl FnMut(usize) -> bool,
    ) -> Self {
        let mut chain = Self {
            chunks: [Chunk::default(); MAX_CHUNKS],
            count: 0,
            letters: 0,
            small: 0,
        };
        let (mut place, mut total, mut separator) = (start, 0, 0);
        let (mut has_digit, mut was_word, mut single) = (false, false, 0);
        for chunk in &mut chain.chunks {
            let run = Run::read(bytes, place, classes);
            if run.length == 0 || total + run.length > MAX {
                break;
            }
            single += usize::from(run.length == 1);
            let is_word = run.is_word();
            // A word, or two words after a number, are no part of it.
            let is_other =
                is_word && ((total > 0 && run.length > MAX_WORD) || (has_digit && was_word));
            if single > MAX_SINGLE || is_other || !may_have(run.length) {
                break;
            }
            (has_digit, was_word) = (has_digit || !is_word, is_word);
            chain.letters |= run.letters << total;
            chain.small |= run.small << total;
            total += run.length;
            let end = place + run.length;
            *chunk = Chunk {
                end,
                total: total as u8,
                separator,
            };
            chain.count += 1;
            let Some((width, class)) = run.separator else {
                break;
            };
            (place, separator) = (end + width, class);
        }
        chain
    }

    /// The outlines of the first chunks, the longest first.
    #[inline]
    pub(super) fn outlines(&self) -> impl Iterator<Item = Outline> {
        let chunks = self.chunks.iter().take(self.count).enumerate();
        chunks.rev().map(|(before, chunk)| {
            let mask = (1_u32 << chunk.total) - 1;
            Outline {
                chunks: before + 1,
                total: usize::from(chunk.total),
                letters: self.letters & mask,
                end: chunk.end,
                capitals: self.small & mask == 0,
            }
        })
    }

    /// What all its chunks say.
    pub(super) fn content(&self, bytes: &[u8]) -> Content {
        let mut content = Content {
            characters: [0; MAX],
            separators: [0; MAX],
            breaks: 0,
        };
        let mut from = 0;
        for chunk in self.chunks.iter().take(self.count) {
            let total = usize::from(chunk.total);
            let slots = content.characters.get_mut(from..total);
            let given = bytes.get(chunk.end - (total - from)..chunk.end);
            for (slot, byte) in slots.into_iter().flatten().zip(given.into_iter().flatten()) {
                *slot = byte.to_ascii_uppercase();
            }
            if from > 0 {
                content.breaks |= 1 << from;
                if let Some(slot) = content.separators.get_mut(from) {
                    *slot = chunk.separator;
                }
            }
            from = total;
        }
        content
    }
}

impl Content {
    /// What the first chunks of the chain come to that begins at `start`.
    pub(super) fn value(&self, start: usize, outline: &Outline) -> Value<'_> {
        Value {
            characters: self.characters.get(..outline.total).unwrap_or_default(),
            separators: self.separators.get(..outline.total).unwrap_or_default(),
            letters: outline.letters,
            breaks: self.breaks & ((1 << outline.total) - 1),
            capitals: outline.capitals,
            span: (start, outline.end),
        }
    }
}

/// The separator at a place, where a letter or digit follows it: its width and what it counts as.
pub(super) fn separator_at(bytes: &[u8], place: usize) -> Option<(usize, u8)> {
    let (width, class) = class_at(bytes, place)?;
    at(bytes, place + width)
        .is_ascii_alphanumeric()
        .then_some((width, class))
}

/// By byte: what it counts as between two chunks. `MORE` for the first byte of a character that may
/// count as something, 0 for nothing.
#[expect(clippy::indexing_slicing, reason = "each byte has its place")]
const MARKS: [u8; 256] = {
    let mut marks = [0; 256];
    let mut rest: &[u8] = b" -./+";
    while let [mark, others @ ..] = rest {
        marks[*mark as usize] = *mark;
        rest = others;
    }
    marks[0xc2] = MORE;
    marks[0xe2] = MORE;
    marks
};
const MORE: u8 = 1;

/// The separator at a place, whatever follows.
#[inline]
fn class_at(bytes: &[u8], place: usize) -> Option<(usize, u8)> {
    let mark = MARKS.get(usize::from(at(bytes, place))).copied()?;
    // One question settles nearly all places; a jump by three cases would be guessed wrong more often.
    if mark > MORE {
        return Some((1, mark));
    }
    (mark == MORE).then(|| wide_at(bytes, place)).flatten()
}

/// The same of characters beyond ASCII.
fn wide_at(bytes: &[u8], place: usize) -> Option<(usize, u8)> {
    match [0, 1, 2].map(|behind| at(bytes, place + behind)) {
        [0xc2, 0xa0, _] => Some((2, b' ')),
        [0xe2, 0x80, 0xaf] => Some((3, b' ')),
        [0xe2, 0x80, 0x90..=0x93] => Some((3, b'-')),
        _ => None,
    }
}

/// Where the chunk begins that ends before `place`, if a separator and nothing else lies between,
/// and it is short and all capitals.
#[inline]
pub(super) fn lead_before(bytes: &[u8], place: usize) -> Option<usize> {
    let end = place.checked_sub(1)?;
    matches!(at(bytes, end), b' ' | b'-').then(|| lead_to(bytes, end))?
}

fn lead_to(bytes: &[u8], end: usize) -> Option<usize> {
    let length = (1..=MAX_LEAD + 1)
        .take_while(|back| {
            end.checked_sub(*back)
                .is_some_and(|place| at(bytes, place).is_ascii_uppercase())
        })
        .count();
    let start = end.checked_sub(length)?;
    let free = start == 0 || !at(bytes, start - 1).is_ascii_alphanumeric();
    ((1..=MAX_LEAD).contains(&length) && free).then_some(start)
}

/// Where an identifier at the text's end could have begun that is still growing.
pub(super) fn tail(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut place = super::text::floor(text, bytes.len().saturating_sub(MAX_BYTES));
    // A chunk that is cut here began too far back for the identifier to be growing.
    while place > 0
        && at(bytes, place - 1).is_ascii_alphanumeric()
        && at(bytes, place).is_ascii_alphanumeric()
    {
        place += 1;
    }
    // Where the chain began, whether it has a digit, and its leading chunks.
    let mut chain: Option<usize> = None;
    let mut leads: [Option<usize>; 2] = [None; 2];
    while place < bytes.len() {
        if !at(bytes, place).is_ascii_alphanumeric() {
            let width = class_at(bytes, place).map_or(1, |(width, _)| width);
            let after = place + width;
            let ends = bytes.len().saturating_sub(after) == 0;
            if separator_at(bytes, place).is_none() && !(ends && class_at(bytes, place).is_some()) {
                // What ended just before the end still waits for its second neighbour.
                if after + 1 < bytes.len() {
                    chain = None;
                }
                leads = [None; 2];
            }
            place = after;
            continue;
        }
        let start = place;
        let mut digits = 0;
        let mut capitals = true;
        while at(bytes, place).is_ascii_alphanumeric() {
            digits += usize::from(at(bytes, place).is_ascii_digit());
            capitals &= at(bytes, place).is_ascii_uppercase();
            place += 1;
        }
        let ends = place == bytes.len();
        if digits > 0 || ends {
            if chain.is_none() {
                chain = Some(leads.iter().flatten().copied().min().unwrap_or(start));
            }
        } else if chain.is_some() && place - start > MAX_WORD && place + 2 < bytes.len() {
            chain = None;
        }
        leads = if digits == 0 && capitals && place - start <= MAX_LEAD {
            [leads.get(1).copied().flatten(), Some(start)]
        } else {
            [None; 2]
        };
    }
    chain.or_else(|| leads.iter().flatten().copied().min())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_follow_one_another() {
        let text = b"AA 12-34.56 b, and more";
        let chain = Chain::read(text, 0, &mut Classes::new(text), |_| true);
        let content = chain.content(text);
        let values: Vec<_> = chain
            .outlines()
            .map(|outline| content.value(0, &outline))
            .collect();
        assert_eq!(values.len(), 5);
        let longest = values.first().unwrap();
        assert_eq!(longest.characters, b"AA123456B");
        assert_eq!(longest.letters, 0b1_0000_0011);
        assert_eq!(longest.breaks, 0b1_0101_0100);
        assert_eq!(longest.separators, b"\0\0 \0-\0.\0 ");
        assert_eq!(longest.span, (0, 13));
        assert!(!longest.capitals);
        assert_eq!(values.last().unwrap().characters, b"AA");
    }

    #[test]
    fn a_word_ends_the_chain() {
        let texts = |text: &str| {
            let text = text.as_bytes();
            let chain = Chain::read(text, 0, &mut Classes::new(text), |_| true);
            let content = chain.content(text);
            let values = chain.outlines().map(|outline| {
                let value = content.value(0, &outline);
                String::from_utf8(value.characters.to_vec()).unwrap()
            });
            values.collect::<Vec<_>>()
        };
        assert_eq!(texts("12 words"), ["12"]);
        assert_eq!(texts("12 of 13"), ["12OF13", "12OF", "12"]);
        assert_eq!(texts("12  13"), ["12"]);
        assert_eq!(texts("12345678901234567890123"), [""; 0]);
        assert_eq!(texts("1234 1234567890123456789"), ["1234"]);
    }

    #[test]
    fn what_may_still_grow() {
        for (text, start) in [
            ("it is AA 12 34", Some(6)),
            ("it is B-AB ", Some(6)),
            ("the quick ", None),
            ("the 12 of", Some(4)),
            ("the 12 words of", Some(13)),
            ("the 12 words of ", None),
            ("id 12.", Some(3)),
            ("id 12. A", Some(7)),
            ("id 12. Ax y", Some(10)),
        ] {
            assert_eq!(tail(text), start, "{text}");
        }
    }
}
