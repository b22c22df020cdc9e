//! One pass over a text for everything by which a disguise shows.

use std::ops::Range;

use super::blocks::{Bits, high_from};
use super::features::{Features, Signs};
use super::runs::Runs;
use super::sorts;
use crate::scan::blocks::{BLOCK, with_block};

/// Signs are counted over so many bytes, and looked for so far around.
pub(super) const STRETCH: usize = 2 * BLOCK;
/// The fewest characters of base64 or hexadecimal digits in a row.
const RUN: usize = 20;
/// Behind the end of its block a word is followed so far.
const LONGEST: usize = 64;

/// Letters in a row, and what is beyond ASCII.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Letters {
    pub(super) start: usize,
    pub(super) end: usize,
    /// The byte with which the next ones begin, no more than three bytes behind; or 0.
    pub(super) next: u8,
}

impl Letters {
    /// The most bytes that may stand between pieces of a word.
    pub(super) const GAP: u32 = 3;
}

/// What one pass finds.
#[derive(Default)]
pub(super) struct Scanned {
    pub(super) signs: Signs,
    /// Characters of base64 or hexadecimal digits, many in a row.
    pub(super) runs: Vec<Range<usize>>,
}

/// Looks for signs, runs and words. Tells of every place where a letter follows something else, and
/// of every character of scripts that write no spaces: with where the letters end.
pub(super) fn scan(text: &str, mut word: impl FnMut(Letters)) -> Scanned {
    let mut pass = Pass {
        text,
        scanned: Scanned::default(),
        before: Before::default(),
        found: Features::default(),
        written: 0,
    };
    let mut at = 0;
    while with_block(text.as_bytes(), at, |block| {
        pass.block(block, at, &mut word)
    })
    .is_some()
    {
        at += BLOCK;
        if at.is_multiple_of(STRETCH) {
            pass.end_stretch(at - STRETCH);
        }
    }
    if !at.is_multiple_of(STRETCH) {
        pass.end_stretch(at - BLOCK);
    }
    let found = &mut pass.scanned.runs;
    pass.before.encoded.end(text.len(), |run| found.push(run));
    pass.scanned
}

/// Calls `word` as [`scan`] does.
pub(super) fn each_word(bytes: &[u8], mut word: impl FnMut(Letters)) {
    let (mut at, mut lettered) = (0, 0);
    let mut step = |block: &[u8; BLOCK], at: usize| {
        let bits = Bits::of(block);
        words(bytes, block, at, &bits, lettered, &mut word);
        lettered = bits.lettered();
    };
    while with_block(bytes, at, |block| step(block, at)).is_some() {
        at += BLOCK;
    }
}

fn words(
    bytes: &[u8],
    block: &[u8; BLOCK],
    at: usize,
    bits: &Bits,
    before: u64,
    word: &mut impl FnMut(Letters),
) {
    let lettered = bits.lettered();
    let mut starts = lettered & !moved(lettered, before, 1);
    if bits.high != 0 {
        // From U+3000 on, of what is in common use, each character may begin a word.
        starts |= high_from(block, 0xe3);
    }
    // What lies behind the block, for all letters that reach its end.
    let mut behind_block = None;
    while starts != 0 {
        let start = starts.trailing_zeros();
        starts &= starts - 1;
        let length = (!(lettered >> start)).trailing_zeros();
        let behind = lettered.checked_shr(start + length).unwrap_or(0);
        let gap = behind.trailing_zeros();
        let start = at + start as usize;
        let end = start + length as usize;
        let (end, next) = if gap <= Letters::GAP {
            let next = bytes.get(end + gap as usize).copied();
            (end, next.unwrap_or(0))
        } else if end == at + BLOCK {
            *behind_block.get_or_insert_with(|| beyond(bytes, end, LONGEST))
        } else if end + (Letters::GAP as usize) < at + BLOCK {
            (end, 0)
        } else {
            beyond(bytes, end, 0)
        };
        word(Letters { start, end, next });
    }
}

/// Where letters end, no more than so many bytes on, and with which byte the next ones begin.
#[inline(never)]
fn beyond(bytes: &[u8], from: usize, most: usize) -> (usize, u8) {
    let rest = bytes.get(from..).unwrap_or_default();
    let further = rest.iter().take(most);
    let length = further.take_while(|byte| is_lettered(**byte)).count();
    let behind = rest.get(length..).unwrap_or_default().iter();
    let mut near = behind.take(Letters::GAP as usize + 1);
    let next = near.find(|byte| is_lettered(**byte));
    (from + length, next.copied().unwrap_or(0))
}

const fn is_lettered(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte >= 0x80
}

/// Each bit so many places further on, with those of the block before moved in.
const fn moved(bits: u64, before: u64, places: u32) -> u64 {
    bits << places | before >> (u64::BITS - places)
}

/// What of the block before counts in the next one.
struct Before {
    bits: Bits,
    /// Letters, digits and what is beyond ASCII. Nothing stands before the text: as behind a word,
    /// its first letter does not stand alone.
    inside: u64,
    /// Digits and signs that stand for letters.
    stand_ins: u64,
    /// Where characters of two and of three bytes begin.
    leads: [u64; 2],
    /// Bytes of an encoding.
    encoded: Runs<RUN>,
}

impl Default for Before {
    fn default() -> Self {
        Self {
            bits: Bits::default(),
            inside: u64::MAX,
            stand_ins: 0,
            leads: [0; 2],
            encoded: Runs::default(),
        }
    }
}

struct Pass<'a> {
    text: &'a str,
    scanned: Scanned,
    before: Before,
    /// What the running stretch has.
    found: Features,
    /// How many of its escapes are written as such.
    written: usize,
}

impl Pass<'_> {
    fn end_stretch(&mut self, at: usize) {
        let (found, written) = (std::mem::take(&mut self.found), self.written);
        self.written = 0;
        self.scanned.signs.add(self.text, at, &found, written);
    }

    fn block(&mut self, block: &[u8; BLOCK], at: usize, word: &mut impl FnMut(Letters)) {
        let bits = Bits::of(block);
        words(
            self.text.as_bytes(),
            block,
            at,
            &bits,
            self.before.bits.lettered(),
            word,
        );
        let left = self.text.len() - at;
        let valid = if left < BLOCK {
            (1 << left) - 1
        } else {
            u64::MAX
        };
        let (rare, joints) = self.rare(&bits, at);
        let stand_ins = rare | bits.digits;
        let encoded = bits.letters | bits.digits | joints | self.marks(block, &bits);
        self.letters(&bits, valid, stand_ins, at);
        self.apart(block, &bits, valid, at);
        let found = &mut self.scanned.runs;
        self.before
            .encoded
            .block(encoded, at, |run| found.push(run));
        self.before.bits = bits;
        self.before.stand_ins = stand_ins;
    }

    fn byte(&self, at: usize) -> u8 {
        self.text.as_bytes().get(at).copied().unwrap_or(b' ')
    }

    /// Counts digits and dashes. Gives the marks that encodings have.
    fn marks(&mut self, block: &[u8; BLOCK], bits: &Bits) -> u64 {
        self.found.digits += bits.digits.count_ones() as usize;
        let mut joints = 0;
        for bit in each(bits.marks) {
            let mark = block.get(bit).copied().unwrap_or(b' ');
            self.found.dashes += usize::from(matches!(mark, b'.' | b'-'));
            joints |= u64::from(sorts::is(mark, sorts::ENCODED)) << bit;
        }
        joints
    }

    /// Signs that prose has few of. Gives those that stand for letters, and those that encodings
    /// have.
    fn rare(&mut self, bits: &Bits, at: usize) -> (u64, u64) {
        let (mut stand_ins, mut joints) = (0, 0);
        for bit in each(bits.rare) {
            let sign = self.byte(at + bit);
            let sort = sorts::of(sign);
            stand_ins |= u64::from(sort & sorts::STAND_IN != 0 && sign != b'|') << bit;
            joints |= u64::from(sort & sorts::ENCODED != 0) << bit;
            if sort & (sorts::ESCAPE | sorts::COMMENT) != 0 {
                let is_escape = sort & sorts::ESCAPE != 0;
                self.found.escapes += usize::from(is_escape);
                self.written += usize::from(is_escape && self.is_escape(at + bit));
                let next = self.byte(at + bit + 1);
                let begun = matches!((sign, next), (b'<', b'!') | (b'/', b'*') | (b'{', b'#'));
                self.found.comments += usize::from(begun);
            }
        }
        (stand_ins, joints)
    }

    fn is_escape(&self, at: usize) -> bool {
        let next = self.byte(at + 1);
        match self.byte(at) {
            b'%' => next.is_ascii_hexdigit() && self.byte(at + 2).is_ascii_hexdigit(),
            b'&' => next == b'#' || next.is_ascii_alphabetic(),
            _ => matches!(next, b'x' | b'u'),
        }
    }

    /// Digits between letters, and words in `ay`.
    fn letters(&mut self, bits: &Bits, valid: u64, stand_ins: u64, at: usize) {
        let before = &self.before;
        let leet = bits.letters
            & moved(stand_ins, before.stand_ins, 1)
            & moved(bits.letters, before.bits.letters, 2);
        self.found.leet += leet.count_ones() as usize;
        let behind_y = moved(bits.y, before.bits.y, 1) & !bits.letters & valid;
        if behind_y != 0 {
            let is_ay = |bit: &usize| {
                let a = (at + bit).checked_sub(2).map(|at| self.byte(at));
                a.is_some_and(|a| a.eq_ignore_ascii_case(&b'a'))
            };
            self.found.ay += each(behind_y).filter(is_ay).count();
        }
    }

    /// Letters that stand alone.
    fn apart(&mut self, block: &[u8; BLOCK], bits: &Bits, valid: u64, at: usize) {
        let inside = bits.lettered() | bits.digits;
        let before = &self.before;
        let behind = |bits: u64, before_bits: u64, length: u32| {
            moved(bits, before_bits, length)
                & !inside
                & !moved(inside, before.inside, length + 1)
                & valid
        };
        let one = behind(bits.letters, before.bits.letters, 1);
        self.found.spaced += self.alone(one, at, 1);
        let mut leads = [0; 2];
        if bits.high | before.bits.high != 0 {
            self.found.non_ascii += bits.high.count_ones() as usize;
            let [two, three, four] = [0xc0, 0xe0, 0xf0].map(|least| high_from(block, least));
            leads = [two & !three, three & !four];
            for (length, (lead, before_lead)) in (2..).zip(leads.iter().zip(before.leads)) {
                let character = behind(*lead, before_lead, length);
                self.found.spaced += self.alone(character, at, length as usize);
            }
        }
        self.before.inside = inside;
        self.before.leads = leads;
    }

    /// How many of the characters of so many bytes, behind which these places are, have no
    /// apostrophe beside them.
    fn alone(&self, behind: u64, at: usize, length: usize) -> usize {
        let is_alone = |bit: &usize| {
            let start = (at + bit).saturating_sub(length + 1);
            self.byte(at + bit) != b'\'' && self.byte(start) != b'\''
        };
        each(behind).filter(is_alone).count()
    }
}

/// The places of the bits that are set.
fn each(bits: u64) -> impl Iterator<Item = usize> {
    let mut left = bits;
    std::iter::from_fn(move || {
        let bit = (left != 0).then(|| left.trailing_zeros() as usize);
        left &= left.wrapping_sub(1);
        bit
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::normalise::decode;

    /// The same, character by character.
    fn plainly(text: &str) -> Vec<Letters> {
        let letter = |c: char| c.is_ascii_alphabetic() || !c.is_ascii();
        let mut before = ' ';
        let mut words = Vec::new();
        for (at, c) in text.char_indices() {
            if letter(c) && (!letter(before) || ('\u{3000}'..'\u{10000}').contains(&c)) {
                let rest = text.get(at..).unwrap();
                let length = rest.find(|c| !letter(c)).unwrap_or(rest.len());
                let behind = rest.as_bytes().get(length..).unwrap();
                let near = behind.iter().take(4);
                let next = near.copied().find(|byte| is_lettered(*byte));
                words.push(Letters {
                    start: at,
                    end: at + length,
                    next: next.unwrap_or(0),
                });
            }
            before = c;
        }
        words
    }

    proptest::proptest! {
        #[test]
        fn words_are_those_of_a_plain_search(text in "[a-zA-Z@\\[`{ .é忽0]{0,100}|([a-zé]{1,9}[ ,-]){0,40}") {
            let mut found = Vec::new();
            scan(&text, |word| found.push(word));
            let mut again = Vec::new();
            each_word(text.as_bytes(), |word| again.push(word));
            let short = |word: &Letters| word.end - word.start <= LONGEST;
            let expected: Vec<_> = plainly(&text).into_iter().filter(short).collect();
            proptest::prop_assert_eq!(&found, &again);
            found.retain(short);
            proptest::prop_assert_eq!(found, expected);
        }

        #[test]
        fn runs_are_those_of_a_plain_search(text in "([a-zA-Z0-9+/_-]{1,45}|[ .,é'()!]){0,30}|[a-zA-Z0-9+/_-]{0,300}") {
            let found = scan(&text, |_| ()).runs;
            let mut expected = Vec::new();
            let mut at = 0;
            for part in text.split(|c| !u8::try_from(c).is_ok_and(decode::in_alphabet)) {
                if part.len() >= RUN {
                    expected.push(at..at + part.len());
                }
                let end = at + part.len();
                at = end + text.get(end..).unwrap().chars().next().map_or(0, char::len_utf8);
            }
            proptest::prop_assert_eq!(found, expected);
        }
    }
}
