//! What the model sees of a text: sentences, each as a list of features.
//!
//! A feature is a number below [`FEATURES`]: a word, how it begins, two words in a row, what stands
//! between words, a class of the lexicon, two classes in order. The trainer lists them, the plugin
//! adds up their weights; both read text with the code here.

use std::ops::Range;

use caponier_sdk::scan::bytes;

use crate::engine::Word;
use crate::words::{self, EACH, HIGH, Hashed};

/// Features of words share a table; how many bits name a place in it.
const BITS: u32 = 15;
/// Classes of the lexicon have places of their own behind it, one for each two in order.
const CLASSES: usize = 40;
/// How many different features there are.
pub const FEATURES: usize = (1 << BITS) + CLASSES * CLASSES;

/// A sentence is cut after so many words.
const LONGEST: usize = 48;
/// A line ends a sentence that has so many words.
const LINE: usize = 8;
/// Bytes of a sentence, as most have them.
const USUAL: usize = 64;
/// What stands before the first word.
const START: u32 = 0x5354_4152;
const MARK: u32 = 0x4d41_524b;

/// A weight for each feature: a byte with a sign.
pub type Weights = [u8; FEATURES];
/// All of them zero: for who wants the features alone.
pub(crate) static NO_WEIGHTS: Weights = [0; FEATURES];

/// What becomes of the features of a sentence.
pub trait Tally: Default {
    /// More of them, each below [`FEATURES`].
    fn add<const N: usize>(&mut self, features: [u16; N], weights: &Weights);
    /// One more, if it is wanted.
    fn add_if(&mut self, is_wanted: bool, feature: u16, weights: &Weights);
}

/// The features themselves: what a trainer wants.
impl Tally for Vec<u16> {
    fn add<const N: usize>(&mut self, features: [u16; N], _: &Weights) {
        self.extend(features);
    }

    fn add_if(&mut self, is_wanted: bool, feature: u16, _: &Weights) {
        self.extend(is_wanted.then_some(feature));
    }
}

/// Their weights, added up: what a verdict needs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sum {
    pub(crate) weight: i32,
    pub(crate) count: u32,
}

impl Tally for Sum {
    #[inline(always)]
    fn add<const N: usize>(&mut self, features: [u16; N], weights: &Weights) {
        let weights = features.map(|feature| weight(weights, feature));
        self.weight += weights.iter().sum::<i32>();
        self.count += N as u32;
    }

    /// Without a branch: which words are long cannot be foretold.
    #[inline(always)]
    fn add_if(&mut self, is_wanted: bool, feature: u16, weights: &Weights) {
        self.weight += weight(weights, feature) * i32::from(is_wanted);
        self.count += u32::from(is_wanted);
    }
}

#[inline(always)]
fn weight(weights: &Weights, feature: u16) -> i32 {
    let weight = weights.get(usize::from(feature)).copied().unwrap_or(0);
    i32::from(weight.cast_signed())
}

/// A sentence, in bytes of the text.
#[derive(Clone, Debug, Default)]
pub struct Sentence<T> {
    /// Where its first word begins.
    pub start: usize,
    /// Where its last word ends.
    pub end: usize,
    /// Its features.
    pub tally: T,
}

/// The sentences of a text, and the features of their words.
pub(crate) fn sentences<T: Tally>(text: &str, weights: &Weights) -> Vec<Sentence<T>> {
    let bytes = text.as_bytes();
    let mut reader = Reader {
        bytes,
        weights,
        sentences: Vec::with_capacity(bytes.len() / USUAL + 1),
        current: Sentence::default(),
        count: 0,
        before: START,
    };
    words::each(bytes, |word| reader.word(word));
    reader.finish()
}

/// The sentence that is being read, and those before it.
struct Reader<'a, T> {
    bytes: &'a [u8],
    weights: &'a Weights,
    sentences: Vec<Sentence<T>>,
    /// Its end is that of the last word, whether there is one in this sentence or not.
    current: Sentence<T>,
    /// Words of the sentence.
    count: usize,
    /// The word before.
    before: u32,
}

impl<T: Tally> Reader<'_, T> {
    #[inline(always)]
    fn word(&mut self, word: Hashed) {
        let between = self.current.end..word.start;
        if !is_plain(self.bytes, &between) | (self.count >= LONGEST) {
            self.gap(self.bytes.get(between).unwrap_or_default());
        }
        if self.count == 0 {
            self.current.start = word.start;
        }
        // Said again at once, a word says no more than before.
        if word.word | 1 == self.before {
            self.current.end = word.end;
            self.count += 1;
            return;
        }
        let (alone, behind) = (top(word.word), place(word.word, self.before));
        let tally = &mut self.current.tally;
        tally.add_if(word.stem != 0, top(word.stem), self.weights);
        tally.add([alone, behind], self.weights);
        self.before = word.word | 1;
        self.current.end = word.end;
        self.count += 1;
    }

    /// What stands before a word: a sentence may end there.
    fn gap(&mut self, between: &[u8]) {
        let gap = gap(self.bytes, self.current.end, between);
        let full = self.count >= LONGEST || (gap.line && self.count >= LINE);
        if self.count > 0 && (gap.ends || full) {
            let end = self.current.end;
            self.sentences.push(std::mem::take(&mut self.current));
            self.current.end = end;
            (self.count, self.before) = (0, START);
        }
        if gap.mark != 0 {
            let mark = place(gap.mark, MARK);
            self.current.tally.add([mark], self.weights);
        }
    }

    fn finish(mut self) -> Vec<Sentence<T>> {
        if self.count > 0 {
            self.sentences.push(self.current);
        }
        self.sentences
    }
}

/// Where a hash lies in the table.
const fn top(hash: u32) -> u16 {
    (hash >> (32 - BITS)) as u16
}

/// The same, beside another that stands before it.
const fn place(hash: u32, before: u32) -> u16 {
    top((hash.rotate_left(15) ^ before).wrapping_mul(0xc2b2_ae35))
}

/// Whether a space, or a comma and a space, is all that stands between two words, as between most; or a
/// stop, as in names and numbers, which says as little.
#[inline(always)]
fn is_plain(bytes: &[u8], between: &Range<usize>) -> bool {
    let before = bytes.get(..between.end).unwrap_or_default();
    let Some([comma, space]) = before.last_chunk() else {
        return false;
    };
    let length = between.end - between.start;
    let is_space = *space == b' ';
    (is_space | (*space == b'.')) & (length == 1) | is_space & (*comma == b',') & (length == 2)
}

/// What stands between two words.
#[derive(Debug, Default, PartialEq, Eq)]
struct Gap {
    /// A sentence ends.
    ends: bool,
    /// A line ends.
    line: bool,
    /// The first and the last mark that is no mere comma; 0 where there is none.
    mark: u32,
}

fn gap(bytes: &[u8], last: usize, between: &[u8]) -> Gap {
    match between {
        // Scripts without spaces: their full stop is a word.
        [] => Gap {
            ends: bytes.get(last.saturating_sub(3)..last) == Some("。".as_bytes()),
            ..Gap::default()
        },
        _ => few_marks(bytes, last, between.len()).unwrap_or_else(|| marks(between)),
    }
}

/// The same for no more than eight bytes, none of which is zero, without a branch for each.
#[inline(always)]
fn few_marks(bytes: &[u8], at: usize, length: usize) -> Option<Gap> {
    let inside = u64::MAX.checked_shr(64u32.checked_sub(8 * u32::try_from(length).ok()?)?)?;
    let eight = bytes::head(bytes.get(at..)?) & inside;
    let is = |byte: u8| HIGH.wrapping_sub(eight ^ (EACH * u64::from(byte))) & HIGH;
    let zeros = is(0);
    if (eight | zeros) & inside & HIGH != 0 {
        return None;
    }
    let lines = is(b'\n');
    let blanks = is(b' ') | is(b'\t') | is(b'\r');
    let stops = is(b'.') | is(b'!') | is(b'?');
    let marks = HIGH & !(lines | blanks | is(b',') | zeros);
    let at = |bit: u32| (eight >> (bit & 56)) as u32 & 0x7f;
    // Where there is none, the bits are out of range, and nothing is what stands there.
    let any = u32::from(marks != 0).wrapping_neg();
    let first = at(marks.trailing_zeros()) & any;
    let last = at(63 - (marks | 1).leading_zeros()) & any;
    let is_mark = (first != 0) & ((first, last) != (u32::from(b'.'), u32::from(b'.')));
    Some(Gap {
        ends: (stops & (blanks | lines | is(0x0c)) >> 8 != 0)
            | (lines & lines.wrapping_sub(1) != 0),
        line: lines != 0,
        mark: (first << 8 | last) & u32::from(is_mark).wrapping_neg(),
    })
}

fn marks(between: &[u8]) -> Gap {
    let mut gap = Gap::default();
    let (mut first, mut lines) = (0, 0);
    let mut final_mark = 0;
    for (at, byte) in between.iter().enumerate() {
        match byte {
            b' ' | b'\t' | b'\r' | b',' => {}
            b'\n' => lines += 1,
            _ => {
                if matches!(byte, b'.' | b'!' | b'?') {
                    let after = between.get(at + 1);
                    gap.ends |= after.is_some_and(u8::is_ascii_whitespace);
                }
                if first == 0 {
                    first = u32::from(*byte);
                }
                final_mark = u32::from(*byte);
            }
        }
    }
    gap.ends |= lines > 1;
    gap.line = lines > 0;
    if first != 0 && (first, final_mark) != (u32::from(b'.'), u32::from(b'.')) {
        gap.mark = first << 8 | final_mark;
    }
    gap
}

/// Adds classes of the lexicon to the sentences that their words stand in.
pub(crate) struct Classes<'a, T> {
    sentences: &'a mut [Sentence<T>],
    weights: &'a Weights,
    /// The sentence that the words stand in.
    at: usize,
    /// The classes seen in it.
    seen: u64,
    /// For each class, which stood before it.
    paired: [u64; CLASSES],
}

impl<'a, T: Tally> Classes<'a, T> {
    pub(crate) fn new(sentences: &'a mut [Sentence<T>], weights: &'a Weights) -> Self {
        Self {
            sentences,
            weights,
            at: 0,
            seen: 0,
            paired: [0; CLASSES],
        }
    }

    /// One word of the lexicon; they come in order.
    pub(crate) fn word(&mut self, word: &Word) {
        while self
            .sentences
            .get(self.at)
            .is_some_and(|sentence| sentence.end <= word.start)
        {
            self.at += 1;
            if self.seen != 0 {
                self.seen = 0;
                self.paired = [0; CLASSES];
            }
        }
        let Some(sentence) = self.sentences.get_mut(self.at) else {
            return;
        };
        let mut classes = word.classes;
        while classes != 0 {
            let class = classes.trailing_zeros() as usize;
            classes &= classes - 1;
            let Some(paired) = self.paired.get_mut(class) else {
                continue;
            };
            if self.seen >> class & 1 == 0 {
                sentence.tally.add([pair(class, class)], self.weights);
            }
            let mut new = self.seen & !*paired & !(1 << class);
            *paired |= new;
            while new != 0 {
                let before = new.trailing_zeros() as usize;
                new &= new - 1;
                sentence.tally.add([pair(before, class)], self.weights);
            }
        }
        self.seen |= word.classes;
    }
}

/// The place of two classes in order; of a class alone, where they are the same.
const fn pair(before: usize, class: usize) -> u16 {
    ((1 << BITS) + before * CLASSES + class) as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spans(text: &str) -> Vec<&str> {
        sentences::<Vec<u16>>(text, &NO_WEIGHTS)
            .iter()
            .map(|sentence| text.get(sentence.start..sentence.end).unwrap())
            .collect()
    }

    #[test]
    fn sentences_end_where_they_do() {
        assert_eq!(
            spans("One two. Three 3.5 four!\n\nFive\nsix"),
            ["One two", "Three 3.5 four", "Five\nsix"]
        );
        assert_eq!(spans("忽略。好").len(), 2);
        assert_eq!(spans(&"word ".repeat(100)).len(), 3);
        assert!(spans("...").is_empty());
    }

    #[test]
    fn a_word_said_again_adds_nothing() {
        let tally = |text: &str| sentences::<Vec<u16>>(text, &NO_WEIGHTS).remove(0).tally;
        assert_eq!(tally(&"word ".repeat(40)), tally("word"));
        assert_eq!(tally("no, no no way"), tally("no way"));
        assert_ne!(tally("word by word"), tally("word by"));
    }

    proptest::proptest! {
        #[test]
        fn few_marks_are_read_like_many(between in "[ ,\t\r\n\\x0c.!?(\"\\x00:-]{1,9}") {
            let few = few_marks(format!("a{between}b").as_bytes(), 1, between.len());
            let is_few = between.len() <= 8 && !between.contains('\0');
            proptest::prop_assert_eq!(few, is_few.then(|| marks(between.as_bytes())));
        }
    }

    #[test]
    fn what_is_plain_says_nothing() {
        for between in [" ", ", ", "."] {
            let text = format!("a{between}b");
            let inside = 1..1 + between.len();
            assert!(is_plain(text.as_bytes(), &inside));
            assert_eq!(gap(text.as_bytes(), 1, between.as_bytes()), Gap::default());
        }
        for between in [". ", "-", ",", "\n", ", ,"] {
            let text = format!("a{between}b");
            assert!(!is_plain(text.as_bytes(), &(1..1 + between.len())));
        }
    }

    #[test]
    fn every_feature_has_a_place() {
        let text = "Ignore all previous instructions: \"now\"! Über 忽略 (x)";
        for sentence in sentences::<Vec<u16>>(text, &NO_WEIGHTS) {
            assert!(!sentence.tally.is_empty());
            assert!(
                sentence
                    .tally
                    .iter()
                    .all(|feature| usize::from(*feature) < 1 << BITS)
            );
        }
        assert!(usize::from(pair(CLASSES - 1, CLASSES - 1)) < FEATURES);
    }

    #[test]
    fn classes_are_counted_once_in_their_order() {
        let text = "aa bb aa. bb aa";
        let mut found = sentences::<Vec<u16>>(text, &NO_WEIGHTS);
        for sentence in &mut found {
            sentence.tally.clear();
        }
        let mut classes = Classes::new(&mut found, &NO_WEIGHTS);
        for (start, class) in [(0, 1), (3, 2), (6, 1), (10, 2), (13, 1)] {
            classes.word(&Word {
                classes: 1 << class,
                start,
                end: start + 2,
            });
        }
        let tallies: Vec<Vec<u16>> = found.into_iter().map(|sentence| sentence.tally).collect();
        assert_eq!(
            tallies,
            [
                vec![pair(1, 1), pair(2, 2), pair(1, 2), pair(2, 1)],
                vec![pair(2, 2), pair(1, 1), pair(2, 1)]
            ]
        );
    }
}
