//! Letters and digits in chunks: what an identifier may be.

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

/// The end of one chunk.
#[derive(Clone, Copy, Default)]
struct Chunk {
    /// How many letters and digits there are up to its end.
    total: usize,
    /// The byte after its last.
    end: usize,
}

/// A first chunk and those that follow it, each after one separator.
pub(super) struct Chain {
    /// The first byte.
    pub(super) start: usize,
    /// Letters, in capitals, and digits.
    characters: [u8; MAX],
    /// By character: what stands before it; 0 for nothing.
    separators: [u8; MAX],
    chunks: [Chunk; MAX_CHUNKS],
    count: usize,
    letters: u32,
    small: u32,
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

impl Chain {
    /// Reads the chunks that follow one another from a first letter or digit on, and no more than
    /// `most` of them.
    pub(super) fn read(bytes: &[u8], start: usize, most: usize) -> Self {
        let mut chain = Self {
            start,
            characters: [0; MAX],
            separators: [0; MAX],
            chunks: [Chunk::default(); MAX_CHUNKS],
            count: 0,
            letters: 0,
            small: 0,
            breaks: 0,
        };
        let (mut place, mut total, mut separator) = (start, 0, 0);
        let (mut has_digit, mut is_word, mut single) = (false, false, 0);
        while chain.count < most.min(MAX_CHUNKS) {
            let Some((end, digits)) = chain.chunk(bytes, place, total, separator) else {
                break;
            };
            let length = end - place;
            single += usize::from(length == 1);
            if single > MAX_SINGLE {
                break;
            }
            // A word, or two words after a number, are no part of it.
            if digits == 0 && ((chain.count > 0 && length > MAX_WORD) || (has_digit && is_word)) {
                break;
            }
            (has_digit, is_word) = (has_digit || digits > 0, digits == 0);
            total += length;
            if let Some(chunk) = chain.chunks.get_mut(chain.count) {
                *chunk = Chunk { total, end };
            }
            chain.count += 1;
            let Some((width, class)) = separator_at(bytes, end) else {
                break;
            };
            (place, separator) = (end + width, class);
        }
        chain
    }

    /// Reads one chunk: the byte after it, and how many digits it has. `None` where it is empty or
    /// too long.
    fn chunk(
        &mut self,
        bytes: &[u8],
        start: usize,
        total: usize,
        separator: u8,
    ) -> Option<(usize, usize)> {
        let (mut place, mut digits) = (start, 0);
        loop {
            let byte = at(bytes, place);
            if !byte.is_ascii_alphanumeric() {
                break;
            }
            let index = total + place - start;
            *self.characters.get_mut(index)? = byte.to_ascii_uppercase();
            let bit = 1_u32 << index;
            if byte.is_ascii_digit() {
                digits += 1;
            } else {
                self.letters |= bit;
                self.small |= u32::from(byte.is_ascii_lowercase()) << index;
            }
            place += 1;
        }
        if place == start {
            return None;
        }
        if total > 0 {
            *self.separators.get_mut(total)? = separator;
            self.breaks |= 1 << total;
        }
        Some((place, digits))
    }

    /// The values of the first chunks, the longest first.
    pub(super) fn values(&self) -> impl Iterator<Item = Value<'_>> {
        self.chunks
            .iter()
            .take(self.count)
            .rev()
            .filter_map(move |chunk| {
                let mask = (1_u32 << chunk.total) - 1;
                Some(Value {
                    characters: self.characters.get(..chunk.total)?,
                    separators: self.separators.get(..chunk.total)?,
                    letters: self.letters & mask,
                    breaks: self.breaks & mask,
                    capitals: self.small & mask == 0,
                    span: (self.start, chunk.end),
                })
            })
    }
}

/// The separator at a place, where a letter or digit follows it: its width and what it counts as.
pub(super) fn separator_at(bytes: &[u8], place: usize) -> Option<(usize, u8)> {
    let (width, class) = class_at(bytes, place)?;
    at(bytes, place + width)
        .is_ascii_alphanumeric()
        .then_some((width, class))
}

/// The separator at a place, whatever follows.
fn class_at(bytes: &[u8], place: usize) -> Option<(usize, u8)> {
    match at(bytes, place) {
        mark @ (b' ' | b'-' | b'.' | b'/' | b'+') => Some((1, mark)),
        0xc2 if at(bytes, place + 1) == 0xa0 => Some((2, b' ')),
        0xe2 if at(bytes, place + 1) == 0x80 => match at(bytes, place + 2) {
            0xaf => Some((3, b' ')),
            0x90..=0x93 => Some((3, b'-')),
            _ => None,
        },
        _ => None,
    }
}

/// Where the chunk begins that ends before `place`, if a separator and nothing else lies between,
/// and it is short and all capitals.
pub(super) fn lead_before(bytes: &[u8], place: usize) -> Option<usize> {
    let end = match (at(bytes, place.wrapping_sub(1)), place) {
        (_, 0) => return None,
        (b' ' | b'-', _) => place - 1,
        _ => return None,
    };
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
        let chain = Chain::read(b"AA 12-34.56 b, and more", 0, MAX_CHUNKS);
        let values: Vec<_> = chain.values().collect();
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
            Chain::read(text.as_bytes(), 0, MAX_CHUNKS)
                .values()
                .map(|value| String::from_utf8(value.characters.to_vec()).unwrap())
                .collect::<Vec<_>>()
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
