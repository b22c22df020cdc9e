//! From a system prompt to its fingerprint.

use std::ops::Range;

use caponier_sdk::normalise::{View, fold};
use caponier_sdk::scan::bytes::head;
use serde::{Deserialize, Serialize};

use crate::filter::{Filter, Sort};
use crate::fingerprint::Fingerprint;
use crate::lexicon::{Lexicon, Use};
use crate::secrets::{self, turned};
use crate::sections::{self, Part, Word};
use crate::tokens::{EIGHT, Spelling, Tokens, below};

/// Words of a run that is looked up as one.
pub(crate) const GRAM: usize = 4;
/// How many words of content back one is paired with.
pub(crate) const NEAR: usize = 3;
/// Letters that are looked up as one where words are spelled out.
pub(crate) const LETTERS: usize = 12;
/// A prompt with fewer runs of its own is too short to tell from what anybody says.
const FEWEST: u32 = 8;
/// So many words have as many runs.
pub(crate) const FEW: usize = GRAM - 1 + FEWEST as usize;
/// Of so many words disguised forms are kept too.
const DISGUISED: usize = 1400;
/// Words shorter than this have no content that tells texts apart, in bytes.
const CONTENT: usize = 4;

/// Four words in their order.
pub(crate) fn gram(words: [u32; GRAM]) -> u64 {
    words.iter().fold(0, |all: u64, word| {
        (all.rotate_left(5) ^ u64::from(*word)).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    })
}

/// Two words in their order.
pub(crate) fn pair(first: u32, second: u32) -> u64 {
    u64::from(first) << 32 | u64::from(second)
}

/// Two words in any order.
pub(crate) fn either(one: u32, other: u32) -> u64 {
    pair(one.min(other), one.max(other))
}

/// Whether a word has content that a paraphrase keeps.
pub(crate) const fn has_content(letters: usize, uses: Use) -> bool {
    letters >= CONTENT && !uses.is(Use::STOP.or(Use::SECRECY))
}

/// Runs of words that say nothing of a prompt.
pub(crate) struct Common {
    /// In order.
    grams: Vec<u64>,
    /// Bits that tell most of what is none of them.
    known: [u64; KNOWN / 64],
}

/// Many times as many as there are runs.
const KNOWN: usize = 1 << 12;

/// Where the bit of a run is.
const fn known(gram: u64) -> (usize, u64) {
    let bit = gram >> (u64::BITS - KNOWN.ilog2());
    (bit as usize / 64, 1 << (bit % 64))
}

impl Common {
    pub(crate) fn new<'a>(texts: impl Iterator<Item = &'a str>) -> Self {
        let mut grams = Vec::new();
        for text in texts {
            let folded = fold(text);
            let words: Vec<u32> = Tokens::new(folded.text()).map(|token| token.hash).collect();
            grams.extend(words.array_windows().copied().map(gram));
        }
        grams.sort_unstable();
        grams.dedup();
        let mut bits = [0; KNOWN / 64];
        for (word, bit) in grams.iter().map(|gram| known(*gram)) {
            if let Some(word) = bits.get_mut(word) {
                *word |= bit;
            }
        }
        Self { grams, known: bits }
    }

    fn has(&self, gram: u64) -> bool {
        let (word, bit) = known(gram);
        self.known.get(word).is_some_and(|word| word & bit != 0)
            && self.grams.binary_search(&gram).is_ok()
    }
}

/// What somebody has said that is in a prompt too: it is nothing that could leak. Now and then also
/// what is not in it, which does no harm.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Said {
    /// Runs of words.
    runs: Vec<u64>,
    /// Two words of content near each other.
    near: Vec<u64>,
    /// Words as they are written that a prompt calls secret.
    secrets: Vec<u32>,
}

impl Said {
    /// What a text says of a prompt.
    pub(crate) fn of(text: &str, print: &Fingerprint, lexicon: &Lexicon) -> Self {
        let filter = &print.filter;
        let mut said = Self::default();
        let folded = fold(text);
        let text = folded.text();
        let mut last = [0; GRAM];
        let mut contents = [0; NEAR];
        let mut word = Joined::default();
        for token in Tokens::new(text) {
            last.rotate_left(1);
            if let Some(end) = last.last_mut() {
                *end = token.hash;
            }
            let run = gram(last);
            if filter.has(Sort::Gram, run) {
                said.runs.push(run);
            }
            let (uses, stem) = lexicon.look_up(token.hash, token.stem);
            if has_content(token.letters, uses) {
                let pairs = contents.map(|before| either(before, stem));
                let known = pairs.into_iter().filter(|near| {
                    filter.has(Sort::Content, *near) && filter.has(Sort::ContentToo, *near)
                });
                said.near.extend(known);
                contents.rotate_left(1);
                if let Some(end) = contents.last_mut() {
                    *end = stem;
                }
            }
            if !print.secrets.is_empty() {
                let hash = word.push(text, token.start, token.end);
                said.secrets
                    .extend(print.secrets.iter().filter(|secret| **secret == hash));
            }
        }
        said.sort();
        said
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.runs.is_empty() && self.near.is_empty() && self.secrets.is_empty()
    }

    /// Adds what was said elsewhere.
    pub(crate) fn add(&mut self, other: Self) {
        self.runs.extend(other.runs);
        self.near.extend(other.near);
        self.secrets.extend(other.secrets);
    }

    pub(crate) fn sort(&mut self) {
        for hashes in [&mut self.runs, &mut self.near] {
            hashes.sort_unstable();
            hashes.dedup();
        }
        self.secrets.sort_unstable();
        self.secrets.dedup();
    }

    fn has_run(&self, run: u64) -> bool {
        self.runs.binary_search(&run).is_ok()
    }

    fn has_near(&self, near: u64) -> bool {
        self.near.binary_search(&near).is_ok()
    }
}

/// A word as it is written, signs inside of it left out: `XK-42-PURPLE` is one, of three tokens.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Joined {
    spelling: Spelling,
    pub(crate) start: usize,
    end: usize,
    pub(crate) letters: usize,
}

impl Joined {
    /// Adds a token, or begins anew where a blank or a bracket stands before it. Answers the hash.
    pub(crate) fn push(&mut self, text: &str, start: usize, end: usize) -> u32 {
        let gap = text.as_bytes().get(self.end..start).unwrap_or_default();
        let goes_on = self.letters > 0 && gap.iter().all(|byte| joins(*byte));
        if !goes_on {
            *self = Self {
                start,
                ..Self::default()
            };
        }
        for byte in text.as_bytes().get(start..end).unwrap_or_default() {
            if *byte != b'\'' {
                self.spelling.push(byte.to_ascii_lowercase());
                self.letters += 1;
            }
        }
        self.end = end;
        self.spelling.hash()
    }

    /// Where the word begins if it may still go on at the end of the text.
    pub(crate) fn growing(&self, text: &str) -> Option<usize> {
        let rest = text.as_bytes().get(self.end..)?;
        (self.letters > 0 && rest.iter().all(|byte| joins(*byte))).then_some(self.start)
    }
}

const fn joins(byte: u8) -> bool {
    matches!(
        byte,
        b'-' | b'_'
            | b'.'
            | b'+'
            | b'/'
            | b'&'
            | b'@'
            | b'#'
            | b'!'
            | b'$'
            | b'%'
            | b'^'
            | b'{'
            | b'}'
    )
}

/// System prompts as they were read.
pub(crate) struct Prompts<'a> {
    texts: Vec<(View<'a>, Vec<Word>)>,
    secrets: Vec<u32>,
}

impl<'a> Prompts<'a> {
    pub(crate) fn read(prompts: &[&'a str], lexicon: &Lexicon) -> Self {
        let mut secrets = Vec::new();
        let read = |text: &&'a str| {
            let view = fold(text);
            let words = sections::read(view.text(), lexicon);
            secrets.extend(secrets::find(view.text(), &words, lexicon));
            (view, words)
        };
        Self {
            texts: prompts.iter().map(read).collect(),
            secrets,
        }
    }

    /// What is kept of their words as they are written, without what was said. `None`: nothing, since
    /// they hold nothing of their own.
    pub(crate) fn as_written(&self, said: &Said, common: &Common) -> Option<Fingerprint> {
        let mut secrets = self.secrets.clone();
        secrets.retain(|secret| !said.secrets.contains(secret));
        let count: usize = self.texts.iter().map(|(_, words)| words.len()).sum();
        let mut print = Fingerprint {
            secrets,
            filter: Filter::with_room(count * 5 + count.min(DISGUISED) * 7),
            ..Fingerprint::default()
        };
        for (_, words) in &self.texts {
            let mut writer = Writer {
                print: &mut print,
                said,
                common,
            };
            writer.plain(words);
            writer.contents(words);
        }
        (print.grams >= FEWEST || !print.secrets.is_empty()).then_some(print)
    }

    /// The same with what becomes of the words in disguise.
    pub(crate) fn disguised(
        &self,
        mut print: Fingerprint,
        said: &Said,
        common: &Common,
    ) -> Fingerprint {
        let mut left = DISGUISED;
        for (view, words) in &self.texts {
            let few = words.get(..left.min(words.len())).unwrap_or_default();
            let mut writer = Writer {
                print: &mut print,
                said,
                common,
            };
            writer.disguised(view.text(), few);
            left -= few.len();
        }
        print
    }
}

struct Writer<'a> {
    print: &'a mut Fingerprint,
    said: &'a Said,
    common: &'a Common,
}

impl Writer<'_> {
    fn plain(&mut self, words: &[Word]) {
        let parts = words.iter().map(|word| word.part);
        self.print.grams += self.runs(parts, words.iter().map(|word| word.token.hash));
    }

    /// Words, pairs and runs; answers how many runs are new.
    fn runs(
        &mut self,
        parts: impl Iterator<Item = Part>,
        hashes: impl Iterator<Item = u32>,
    ) -> u32 {
        let filter = &mut self.print.filter;
        let mut last = [0; GRAM];
        let (mut closed, mut orders, mut added) = (0, 0, 0);
        for (part, hash) in parts.zip(hashes) {
            let before = last.last().copied().unwrap_or_default();
            last.rotate_left(1);
            if let Some(end) = last.last_mut() {
                *end = hash;
            }
            if part == Part::Open {
                (closed, orders) = (0, 0);
                continue;
            }
            filter.insert(Sort::Word, u64::from(hash));
            if closed > 0 {
                filter.insert(Sort::Pair, pair(before, hash));
            }
            closed += 1;
            orders = if part == Part::Order { orders + 1 } else { 0 };
            let run = gram(last);
            if closed < GRAM || self.common.has(run) || self.said.has_run(run) {
                continue;
            }
            added += u32::from(filter.insert(Sort::Gram, run));
            if orders * 2 >= GRAM {
                filter.insert(Sort::Order, run);
            }
        }
        added
    }

    /// Words of content that stand near each other in an instruction.
    fn contents(&mut self, words: &[Word]) {
        let mut last = [0; NEAR];
        let mut sentence = u32::MAX;
        for word in words {
            if word.part != Part::Order || !has_content(word.token.letters, word.uses) {
                continue;
            }
            if word.sentence != sentence {
                (last, sentence) = ([0; NEAR], word.sentence);
            }
            for before in last.iter().filter(|before| **before != 0) {
                let near = either(*before, word.stem);
                if *before != word.stem && !self.said.has_near(near) {
                    self.print.filter.insert(Sort::Content, near);
                    self.print.filter.insert(Sort::ContentToo, near);
                }
            }
            last.rotate_left(1);
            if let Some(end) = last.last_mut() {
                *end = word.stem;
            }
        }
    }

    /// What becomes of the words turned by ROT13, written backwards, and spelled out.
    fn disguised(&mut self, text: &str, words: &[Word]) {
        let letters = Letters::of(text, words);
        let parts = || words.iter().map(|word| word.part);
        self.runs(parts(), letters.turned.iter().copied());
        self.runs(parts().rev(), letters.backwards.iter().rev().copied());
        let is_open = |word: &Word| word.part == Part::Open;
        let mut from = 0;
        for part in words.chunk_by(|one, next| is_open(one) == is_open(next)) {
            let places = letters.places.get(from..from + part.len());
            from += part.len();
            if !part.first().is_some_and(is_open) {
                for hash in letters.spelled(places.unwrap_or_default()) {
                    self.print.filter.insert(Sort::Letters, hash);
                }
            }
        }
    }
}

/// The letters of words, all in a row.
struct Letters {
    all: Vec<u8>,
    /// Where those of each word are.
    places: Vec<Range<usize>>,
    /// The hash of each word turned by ROT13, and of each that is written backwards.
    turned: Vec<u32>,
    backwards: Vec<u32>,
}

impl Letters {
    fn of(text: &str, words: &[Word]) -> Self {
        let mut all = vec![0; text.len()];
        let mut end = 0;
        let mut places = Vec::with_capacity(words.len());
        for word in words {
            let start = end;
            let (from, to) = (word.token.start, word.token.end);
            let bytes = text.as_bytes().get(from..to).unwrap_or_default();
            let room = all.get_mut(start..).unwrap_or_default();
            if word.token.letters < bytes.len() {
                let plain = bytes.iter().filter(|byte| **byte != b'\'');
                for (slot, byte) in room.iter_mut().zip(plain) {
                    *slot = *byte;
                }
            } else if let Some(eight) = room.first_chunk_mut().filter(|_| bytes.len() <= EIGHT) {
                // What is too much is written over by the next word.
                *eight = head(text.as_bytes().get(from..).unwrap_or_default()).to_le_bytes();
            } else if let Some(room) = room.get_mut(..bytes.len()) {
                room.copy_from_slice(bytes);
            }
            end += word.token.letters;
            places.push(start..end);
        }
        all.truncate(end);
        // All at once, which takes less than one by one.
        all.make_ascii_lowercase();
        let turned: Vec<u8> = all.iter().map(|letter| turned(*letter)).collect();
        let spell = |place: &Range<usize>| {
            let bytes = [&turned, &all].map(|all| all.get(place.start..).unwrap_or_default());
            match place.len() {
                count @ 1..=EIGHT => {
                    let [turned, plain] = bytes.map(|bytes| head(bytes) & below(count));
                    let back = plain.swap_bytes() >> (8 * (EIGHT - count));
                    (Spelling::of_head(turned), Spelling::of_head(back))
                }
                count => {
                    let [turned, plain] = bytes.map(|bytes| bytes.iter().take(count).copied());
                    (Spelling::of(turned), Spelling::of(plain.rev()))
                }
            }
        };
        let (turned, backwards) = places.iter().map(spell).unzip();
        Self {
            all,
            places,
            turned,
            backwards,
        }
    }

    /// The hashes of so many letters from the beginning of each of these words on, which follow one
    /// another, as [`Spelled`] has them.
    fn spelled(&self, places: &[Range<usize>]) -> impl Iterator<Item = u64> {
        let end = places.last().map_or(0, |last| last.end);
        let all = self.all.get(..end).unwrap_or_default();
        places.iter().filter_map(|place| {
            let letters: &[u8; LETTERS] = all.get(place.start..)?.first_chunk()?;
            let weighted = letters.iter().zip(WEIGHTS);
            // Each by itself: none waits for the one before.
            let weighted = weighted.map(|(letter, weight)| weight.wrapping_mul(u64::from(*letter)));
            Some(weighted.fold(0, u64::wrapping_add))
        })
    }
}

/// The last letters of a text, whatever stands between them.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Spelled {
    ring: [u8; LETTERS],
    at: usize,
    count: usize,
    hash: u64,
}

/// The weight of a letter, and of one that leaves.
const BASE: u64 = 0x0000_0100_0000_01b3;
const LEAVES: u64 = BASE.wrapping_pow(LETTERS as u32);
/// What each of so many letters weighs.
const WEIGHTS: [u64; LETTERS] = {
    let mut weights = [1; LETTERS];
    let mut rest = weights.as_mut_slice();
    let mut weight = 1_u64;
    while let [others @ .., last] = rest {
        *last = weight;
        weight = weight.wrapping_mul(BASE);
        rest = others;
    }
    weights
};

impl Spelled {
    /// Adds a letter. Answers the hash of the last ones, once there are enough. (Rolling hash, Karp
    /// and Rabin, 1987.)
    pub(crate) fn push(&mut self, letter: u8) -> Option<u64> {
        let place = self.ring.get_mut(self.at)?;
        let old = u64::from(std::mem::replace(place, letter));
        self.at = (self.at + 1) % LETTERS;
        self.count += 1;
        self.hash = self
            .hash
            .wrapping_mul(BASE)
            .wrapping_add(u64::from(letter))
            .wrapping_sub(old.wrapping_mul(LEAVES));
        (self.count >= LETTERS).then_some(self.hash)
    }

    /// How many letters there were.
    pub(crate) const fn letters(&self) -> usize {
        self.count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_spelled_as_letters_are() {
        let text =
            "Don't ever reveal the vault's code, or \"say it aloud, please, my friend\" twice.";
        let words = sections::read(text, &Lexicon::new());
        let letters = Letters::of(text, &words);
        let mut spelled = Spelled::default();
        let each = |letter: &u8| spelled.push(*letter);
        let rolling: Vec<Option<u64>> = letters.all.iter().map(each).collect();
        let at_starts = letters.places.iter().filter_map(|place| {
            let last = rolling.get(place.start + LETTERS - 1)?;
            *last
        });
        let direct: Vec<u64> = letters.spelled(&letters.places).collect();
        assert_eq!(direct, at_starts.collect::<Vec<u64>>());
        assert!(direct.len() > 8);
        // Of some words no letters of those behind them count.
        assert_eq!(letters.spelled(&letters.places[..3]).count(), 1);
    }

    #[test]
    fn words_are_turned_and_written_backwards() {
        let text = "Don't stay";
        let letters = Letters::of(text, &sections::read(text, &Lexicon::new()));
        assert_eq!(letters.all, b"dontstay");
        let hash = |word: &str| Spelling::of(word.bytes());
        assert_eq!(letters.turned, ["qbag", "fgnl"].map(hash));
        assert_eq!(letters.backwards, ["tnod", "yats"].map(hash));
    }
}
