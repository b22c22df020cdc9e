//! From words to verdicts: what stands together in a sentence, and what a stretch of text adds up to.

use std::ops::Range;

use caponier_sdk::normalise::{Fold, Trie, TrieError, sentence_end};

use crate::lexicon::{
    ABOUT, HARM, LEXICON, MODEL, NO_REFUSAL, PERSONA, POLICY, ROLE, SYSTEM_PROMPT, TEMPLATE,
    TOKENS, TURNED, UNBOUND,
};
use crate::patterns::{PATTERNS, Pattern, Where};

/// Words that need no end of word behind them.
const OPEN: u64 = 1 << 63;
/// The most words of one sentence that are judged together.
const SENTENCE: usize = 256;
/// The stretch of text that a persona is judged over.
const STRETCH: usize = 4096;

/// A word of the lexicon in the text.
#[derive(Clone, Copy, Debug)]
struct Word {
    classes: u64,
    start: usize,
    end: usize,
}

/// What a text was found to be, in bytes of that text.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Verdict {
    pub(crate) rule: &'static str,
    pub(crate) span: Range<usize>,
    pub(crate) confidence: f64,
}

/// The tables, built once.
pub(crate) struct Engine {
    plain: Trie,
    other: Trie,
    starts: [bool; 256],
}

/// How a text is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reading {
    /// It is data: nobody has the right to give orders in it.
    pub(crate) data: bool,
    /// Letters were drawn together, so words may have lost their ends.
    pub(crate) joined: bool,
}

impl Engine {
    pub(crate) fn new() -> Result<Self, TrieError> {
        let words = LEXICON.iter().flat_map(|(class, words)| {
            words
                .split('|')
                .filter(|word| !word.is_empty())
                .map(move |word| match word.strip_suffix('*') {
                    Some(stem) => (stem, class | OPEN),
                    None => (word, *class),
                })
        });
        // Template tokens contain the separator of the list.
        let tokens = TOKENS.iter().map(|token| (*token, TEMPLATE | OPEN));
        let all: Vec<(&str, u64)> = words.chain(tokens).collect();
        let is_plain = |(word, _): &&(&str, u64)| word.is_ascii();
        let plain = Trie::build(Fold::Prose, all.iter().filter(is_plain).copied())?;
        let other = Trie::build(
            Fold::Prose,
            all.iter().filter(|word| !is_plain(word)).copied(),
        )?;
        let mut starts = [false; 256];
        for (byte, start) in (0..=u8::MAX).zip(starts.iter_mut()) {
            *start = plain.starts_with(byte) || other.starts_with(byte);
        }
        Ok(Self {
            plain,
            other,
            starts,
        })
    }

    /// Everything that the text is found to be.
    pub(crate) fn judge(&self, text: &str, reading: Reading) -> Vec<Verdict> {
        let bytes = text.as_bytes();
        let mut judge = Judge::new(text, reading);
        let mut inside = false;
        for (at, byte) in bytes.iter().enumerate() {
            let letter = byte.is_ascii_alphanumeric();
            let begins = if letter {
                !inside || reading.joined
            } else {
                *byte >= 0xc0 || *byte < 0x80
            };
            inside = letter;
            if begins
                && self
                    .starts
                    .get(usize::from(*byte))
                    .copied()
                    .unwrap_or(false)
            {
                self.word(bytes, at, reading.joined, &mut judge);
            }
        }
        judge.finish()
    }

    fn word(&self, bytes: &[u8], at: usize, joined: bool, judge: &mut Judge<'_>) {
        let plain = bytes.get(at).is_some_and(u8::is_ascii);
        let trie = if plain { &self.plain } else { &self.other };
        let mut word = Word {
            classes: 0,
            start: at,
            end: at,
        };
        trie.walk(bytes, at, |classes, end| {
            let lettered = end
                .checked_sub(1)
                .and_then(|last| bytes.get(last))
                .is_some_and(u8::is_ascii_alphanumeric);
            let goes_on = bytes
                .get(end)
                .is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
            let long = end - at >= 6;
            if !lettered || !goes_on || classes & OPEN != 0 || (joined && long) {
                word.classes |= classes & !OPEN;
                word.end = end;
            }
        });
        if word.classes != 0 {
            judge.word(word);
        }
    }
}

/// Words of the running sentence, and what the running stretches add up to.
struct Judge<'a> {
    text: &'a str,
    reading: Reading,
    sentence: Vec<Word>,
    stretches: [Stretch; 2],
    verdicts: Vec<Verdict>,
}

impl<'a> Judge<'a> {
    fn new(text: &'a str, reading: Reading) -> Self {
        let second = Stretch {
            from: STRETCH / 2,
            ..Stretch::default()
        };
        Self {
            text,
            reading,
            sentence: Vec::new(),
            stretches: [Stretch::default(), second],
            verdicts: Vec::new(),
        }
    }

    fn word(&mut self, word: Word) {
        if let Some(last) = self.sentence.last() {
            let ended = last.end < word.start
                && sentence_end(self.text, last.end.max(last.start), word.start).is_some();
            if ended || self.sentence.len() >= SENTENCE {
                self.end_sentence();
            }
        }
        for stretch in &mut self.stretches {
            while word.start >= stretch.from + STRETCH {
                self.verdicts.extend(stretch.verdict());
                let next = stretch.from + STRETCH * ((word.start - stretch.from) / STRETCH);
                *stretch = Stretch {
                    from: next,
                    ..Stretch::default()
                };
            }
            if word.start >= stretch.from {
                stretch.add(word);
            }
        }
        self.sentence.push(word);
    }

    fn end_sentence(&mut self) {
        let all = self.sentence.iter().fold(0, |all, word| all | word.classes);
        let mut best: Option<Verdict> = None;
        for pattern in PATTERNS {
            let applies = match pattern.place {
                Where::Anywhere => true,
                Where::Data => self.reading.data,
                Where::Prompt => !self.reading.data,
            };
            let present = pattern
                .with
                .iter()
                .chain(pattern.order)
                .all(|classes| all & classes != 0);
            if !applies || !present {
                continue;
            }
            let Some(span) = in_order(&self.sentence, pattern) else {
                continue;
            };
            let mut confidence = pattern.confidence;
            if all & ABOUT != 0 && !self.reading.data {
                confidence *= 0.75;
            }
            if self.quoted(&span) {
                confidence *= 0.8;
            }
            if best
                .as_ref()
                .is_none_or(|best| confidence > best.confidence)
            {
                best = Some(Verdict {
                    rule: pattern.rule,
                    span,
                    confidence,
                });
            }
        }
        if let Some(verdict) = best {
            for stretch in &mut self.stretches {
                stretch.score += verdict.confidence;
            }
            self.verdicts.push(verdict);
        }
        self.sentence.clear();
    }

    /// Whether it stands in quotes: reported, not said.
    fn quoted(&self, span: &Range<usize>) -> bool {
        let before = span
            .start
            .checked_sub(1)
            .and_then(|at| self.text.as_bytes().get(at));
        span.start > 1 && matches!(before, Some(b'"' | b'\'' | b'`'))
    }

    fn finish(mut self) -> Vec<Verdict> {
        self.end_sentence();
        for stretch in &mut self.stretches {
            self.verdicts.extend(stretch.verdict());
        }
        self.verdicts
    }
}

/// The first place where the pattern's classes follow one another closely enough.
fn in_order(words: &[Word], pattern: &Pattern) -> Option<Range<usize>> {
    // For each step reached: where the match began and where its last word began and ended.
    let mut reached: [Option<Word>; 4] = [None; 4];
    let last = pattern.order.len().checked_sub(1)?;
    for word in words {
        for (step, classes) in pattern.order.iter().enumerate().rev() {
            if word.classes & classes == 0 {
                continue;
            }
            let start = if step == 0 {
                Some(word.start)
            } else {
                let before = reached.get(step - 1).copied().flatten();
                before
                    .filter(|before| {
                        word.start.saturating_sub(before.end) <= pattern.gap
                            && usize::try_from(before.classes) != Ok(word.start)
                    })
                    .map(|before| before.start)
            };
            let Some(start) = start else { continue };
            if step == last {
                return Some(start..word.end);
            }
            if let Some(slot) = reached.get_mut(step) {
                // The class field keeps where the word began: one word is not two steps.
                *slot = Some(Word {
                    classes: word.start as u64,
                    start,
                    end: word.end,
                });
            }
        }
    }
    None
}

/// What a stretch of text says about who the model is to be, and which rules it is to break.
#[derive(Clone, Copy, Debug, Default)]
struct Stretch {
    from: usize,
    first: Option<usize>,
    end: usize,
    counts: [u8; 8],
    score: f64,
}

/// What a word of a class adds, and how many are counted.
const WEIGHTS: [(u64, f64, u8); 8] = [
    (PERSONA, 1.1, 3),
    (UNBOUND, 0.9, 4),
    (NO_REFUSAL, 0.7, 4),
    (POLICY, 0.35, 3),
    (MODEL, 0.35, 3),
    (ROLE, 0.5, 2),
    (HARM, 0.25, 2),
    (SYSTEM_PROMPT, 0.3, 1),
];

impl Stretch {
    fn add(&mut self, word: Word) {
        for ((classes, weight, most), count) in WEIGHTS.iter().zip(self.counts.iter_mut()) {
            if word.classes & classes != 0 && *count < *most {
                *count += 1;
                self.score += weight;
                if word.classes & (PERSONA | UNBOUND | NO_REFUSAL) != 0 {
                    self.first.get_or_insert(word.start);
                    self.end = word.end;
                }
            }
        }
    }

    /// A persona is one where freedom from rules is spoken of more than once, beside other signs.
    fn verdict(&self) -> Option<Verdict> {
        let start = self.first?;
        let [persona, unbound, no_refusal, ..] = self.counts;
        let signs =
            usize::from(persona > 0) + usize::from(unbound > 0) + usize::from(no_refusal > 0);
        if signs < 2 && self.score < 3.5 || self.score < 1.5 {
            return None;
        }
        let confidence = 1.0 / (1.0 + (-(self.score - 2.4) * 1.7).exp());
        (confidence >= 0.05).then_some(Verdict {
            rule: "jailbreak-persona",
            span: start..self.end.max(start),
            confidence,
        })
    }
}

impl Engine {
    /// Whether a word of ROT13, or one that runs backwards, is in the text.
    pub(crate) fn is_turned(&self, text: &str) -> bool {
        let bytes = text.as_bytes();
        let mut inside = false;
        bytes.iter().enumerate().any(|(at, byte)| {
            let begins = byte.is_ascii_alphabetic() && !inside;
            inside = byte.is_ascii_alphanumeric();
            let mut turned = false;
            if begins
                && matches!(
                    byte | 0x20,
                    b'v' | b'q' | b's' | b'b' | b'c' | b'e' | b'f' | b't' | b'd' | b'l' | b'm'
                )
            {
                self.plain
                    .walk(bytes, at, |classes, _| turned |= classes & TURNED != 0);
            }
            turned
        })
    }
}
