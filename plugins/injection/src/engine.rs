//! From words to verdicts: what stands together in a sentence, and what a stretch of text adds up to.

use std::borrow::Cow;
use std::ops::Range;

use caponier_sdk::normalise::{Fold, Trie, TrieError, fold};

use crate::heads::{Heads, JOINED};
use crate::languages::LANGUAGES;
use crate::lexicon::{
    ABOUT, BACKWARDS, HARM, LEXICON, MODEL, NO_REFUSAL, PERSONA, POLICY, ROLE, SYSTEM_PROMPT,
    TEMPLATE, TOKENS, TURNED, UNBOUND,
};
use crate::patterns::{OVERRIDE_RULE, PATTERNS, Pattern, Where};

/// How far around a finding its quotes may stand.
const QUOTE: usize = 200;
/// Words that need no end of word behind them.
const OPEN: u64 = 1 << 63;
/// The most words of one sentence that are judged together.
const SENTENCE: usize = 256;
/// The stretch of text that a persona is judged over.
const STRETCH: usize = 4096;

/// A word of the lexicon in the text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Word {
    pub(crate) classes: u64,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// What a text was found to be, in bytes of that text.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Verdict {
    pub(crate) rule: &'static str,
    pub(crate) span: Range<usize>,
    pub(crate) confidence: f64,
}

/// What a text was found to be, and where words in it are turned round.
#[derive(Debug, Default)]
pub(crate) struct Judged {
    pub(crate) verdicts: Vec<Verdict>,
    /// Where words of ROT13 begin.
    pub(crate) turned: Vec<usize>,
    /// Where words that run backwards begin.
    pub(crate) backwards: Vec<usize>,
}

/// A pattern, and what has to be in a sentence for it to be looked for.
struct Wanted {
    needs: [u64; 4],
    pattern: &'static Pattern,
}

/// The patterns that count for one sort of text.
struct Patterns {
    all: Vec<Wanted>,
    /// The classes that mean something alone.
    alone: u64,
}

impl Patterns {
    fn of(elsewhere: Where) -> Self {
        let applies = |pattern: &&Pattern| pattern.place != elsewhere;
        let wanted = |pattern: &'static Pattern| {
            let mut needs = [u64::MAX; 4];
            let classes = pattern.order.iter().chain(pattern.with);
            for (need, classes) in needs.iter_mut().zip(classes) {
                *need = *classes;
            }
            Wanted { needs, pattern }
        };
        let alone = |all, pattern: &Pattern| match pattern.order {
            [classes] => all | classes,
            _ => all,
        };
        Self {
            all: PATTERNS.iter().filter(applies).map(wanted).collect(),
            alone: PATTERNS.iter().filter(applies).fold(0, alone),
        }
    }
}

/// The tables, built once.
pub(crate) struct Engine {
    lexicon: Trie,
    heads: Heads,
    prompt: Patterns,
    data: Patterns,
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
        Ok(Self {
            heads: Heads::new(words().map(|(word, classes)| (word, classes & OPEN != 0))),
            lexicon: Trie::build(Fold::Prose, words())?,
            prompt: Patterns::of(Where::Data),
            data: Patterns::of(Where::Prompt),
        })
    }

    /// Everything that the text is found to be. Tells of every word of the lexicon, in order.
    pub(crate) fn judge(
        &self,
        text: &str,
        reading: Reading,
        mut each: impl FnMut(&Word),
    ) -> Judged {
        let bytes = text.as_bytes();
        let patterns = if reading.data {
            &self.data
        } else {
            &self.prompt
        };
        let mut judge = Judge::new(bytes, reading, patterns);
        self.heads.each(bytes, reading.joined, |place| {
            if place.ends {
                judge.stop(place.at);
            }
            if place.begins
                && let Some(word) = self.word(bytes, place.at, reading.joined)
            {
                each(&word);
                judge.word(word);
            }
        });
        judge.finish()
    }

    /// From the first word of the lexicon that is no short one to the last.
    pub(crate) fn told(&self, text: &str) -> Option<Range<usize>> {
        const SHORT: usize = 3;
        let mut told: Option<Range<usize>> = None;
        let bytes = text.as_bytes();
        self.heads.each(bytes, false, |place| {
            let may = place.begins;
            let word = may.then(|| self.word(bytes, place.at, false)).flatten();
            if let Some(word) = word.filter(|word| word.end - word.start > SHORT) {
                let start = told.as_ref().map_or(word.start, |told| told.start);
                told = Some(start..word.end);
            }
        });
        told
    }

    #[inline(never)]
    fn word(&self, bytes: &[u8], at: usize, joined: bool) -> Option<Word> {
        let mut word = Word {
            classes: 0,
            start: at,
            end: at,
        };
        self.lexicon.walk(bytes, at, |classes, end| {
            let lettered = end
                .checked_sub(1)
                .and_then(|last| bytes.get(last))
                .is_some_and(u8::is_ascii_alphanumeric);
            let goes_on = bytes
                .get(end)
                .is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
            let long = end - at >= JOINED;
            if !lettered || !goes_on || classes & OPEN != 0 || (joined && long) {
                word.classes |= classes & !OPEN;
                word.end = end;
            }
        });
        (word.classes != 0).then_some(word)
    }
}

/// Every word with its classes; made anew for each who asks, since a plugin keeps all memory that it
/// ever took.
fn words() -> impl Iterator<Item = (Cow<'static, str>, u64)> {
    let entries = LEXICON.iter().chain(LANGUAGES);
    let words = entries.flat_map(|(class, words)| {
        words
            .split('|')
            .filter(|word| !word.is_empty())
            .map(move |word| match word.strip_suffix('*') {
                Some(stem) => (as_folded(stem), class | OPEN),
                None => (as_folded(word), *class),
            })
    });
    // Template tokens contain the separator of the list.
    let tokens = TOKENS
        .iter()
        .map(|token| (Cow::Borrowed(*token), TEMPLATE | OPEN));
    words.chain(tokens)
}

/// A word as folded text has it: letters of any script lose their marks there, and their case.
fn as_folded(word: &'static str) -> Cow<'static, str> {
    if word.is_ascii() {
        Cow::Borrowed(word)
    } else {
        Cow::Owned(fold(word).text().to_lowercase())
    }
}

/// Words of the running sentence, and what the running stretches add up to.
struct Judge<'a> {
    bytes: &'a [u8],
    reading: Reading,
    patterns: &'a Patterns,
    sentence: Vec<Word>,
    /// The classes of all words of the sentence.
    all: u64,
    stretches: [Stretch; 2],
    judged: Judged,
}

impl<'a> Judge<'a> {
    fn new(bytes: &'a [u8], reading: Reading, patterns: &'a Patterns) -> Self {
        let second = Stretch {
            from: STRETCH / 2,
            ..Stretch::default()
        };
        Self {
            bytes,
            reading,
            patterns,
            sentence: Vec::new(),
            all: 0,
            stretches: [Stretch::default(), second],
            judged: Judged::default(),
        }
    }

    /// A sentence may end at `at`.
    fn stop(&mut self, at: usize) {
        let behind = self.sentence.last().is_some_and(|last| at >= last.end);
        if behind && ends_at(self.bytes, at) {
            self.end_sentence();
        }
    }

    fn word(&mut self, word: Word) {
        if word.classes & TURNED != 0 {
            self.judged.turned.push(word.start);
        }
        if word.classes & BACKWARDS != 0 {
            self.judged.backwards.push(word.start);
        }
        if self.sentence.len() >= SENTENCE {
            self.end_sentence();
        }
        for stretch in &mut self.stretches {
            while word.start >= stretch.from + STRETCH {
                self.judged
                    .verdicts
                    .extend(stretch.verdict(self.reading.data));
                let next = stretch.from + STRETCH * ((word.start - stretch.from) / STRETCH);
                *stretch = Stretch {
                    from: next,
                    ..Stretch::default()
                };
            }
            if word.start >= stretch.from && word.classes & WEIGHED != 0 {
                stretch.add(word);
            }
        }
        self.all |= word.classes;
        self.sentence.push(word);
    }

    fn end_sentence(&mut self) {
        let all = std::mem::take(&mut self.all);
        // One word is never two steps of a pattern.
        if self.sentence.len() > 1 || all & self.patterns.alone != 0 {
            self.judge_sentence(all);
        }
        self.sentence.clear();
    }

    fn judge_sentence(&mut self, all: u64) {
        let mut best: Option<Verdict> = None;
        for Wanted { needs, pattern } in &self.patterns.all {
            let present = needs
                .iter()
                .fold(true, |present, need| present & (all & need != 0));
            if !present {
                continue;
            }
            let Some(span) = in_order(&self.sentence, pattern) else {
                continue;
            };
            let mut confidence = pattern.confidence;
            if all & ABOUT != 0 && !self.reading.data {
                confidence *= 0.75;
            }
            // Quotes only lower it, and looking for them costs.
            if best
                .as_ref()
                .is_some_and(|best| confidence <= best.confidence)
            {
                continue;
            }
            if self.quoted(&span, pattern.rule == OVERRIDE_RULE) {
                confidence *= if self.reading.data { 0.65 } else { 0.8 };
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
            self.judged.verdicts.push(verdict);
        }
    }

    /// Whether it stands in quotes: reported, not said. They must close, and on its own line. Those of
    /// a value in JSON are no quotes, but what describes a tool says there what it must not do: only
    /// what is an `order` anywhere is one there.
    fn quoted(&self, span: &Range<usize>, order: bool) -> bool {
        let line = |byte: &&u8| **byte != b'\n';
        let before = self.bytes.get(..span.start).unwrap_or_default();
        let after = self.bytes.get(span.end..).unwrap_or_default();
        [b'"', b'`'].into_iter().any(|mark| {
            let near = before.iter().rev().take(QUOTE).take_while(line);
            let mut marks = near.enumerate().filter(|(_, byte)| **byte == mark);
            let opens = marks.next().map(|(back, _)| before.len() - back - 1);
            let mut closes = after.iter().take(QUOTE).take_while(line);
            opens.is_some_and(|at| !(order && is_value(before.get(..at).unwrap_or_default())))
                && marks.count().is_multiple_of(2)
                && closes.any(|byte| *byte == mark)
        })
    }

    fn finish(mut self) -> Judged {
        self.end_sentence();
        for stretch in &mut self.stretches {
            self.judged
                .verdicts
                .extend(stretch.verdict(self.reading.data));
        }
        self.judged
    }
}

/// Whether a mark behind `before` opens the value of a member in JSON: it quotes nobody.
fn is_value(before: &[u8]) -> bool {
    /// White space about the colon, and the colon.
    const MOST: usize = 16;
    let near = before.get(before.len().saturating_sub(MOST)..);
    let name = near.unwrap_or_default().trim_ascii_end();
    let name = name.strip_suffix(b":").unwrap_or_default();
    name.trim_ascii_end().ends_with(b"\"")
}

/// Whether the mark at `at` ends a sentence: before white space, as an empty line, or in a script
/// without spaces.
fn ends_at(bytes: &[u8], at: usize) -> bool {
    let rest = bytes.get(at..).unwrap_or_default();
    match rest {
        [b'.' | b'!' | b'?', after @ ..] => after.first().is_none_or(u8::is_ascii_whitespace),
        [b'\n', after @ ..] => after
            .iter()
            .find(|byte| !matches!(byte, b' ' | b'\t' | b'\r'))
            .is_some_and(|byte| *byte == b'\n'),
        [0xe3, 0x80, 0x82, ..] | [0xef, 0xbc, 0x81 | 0x9f, ..] => true,
        _ => false,
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

/// All of their classes.
const WEIGHED: u64 = PERSONA | UNBOUND | NO_REFUSAL | POLICY | MODEL | ROLE | HARM | SYSTEM_PROMPT;

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
    fn verdict(&self, data: bool) -> Option<Verdict> {
        let start = self.first?;
        let [persona, unbound, no_refusal, ..] = self.counts;
        let signs =
            usize::from(persona > 0) + usize::from(unbound > 0) + usize::from(no_refusal > 0);
        if signs < 2 && self.score < 3.5 || self.score < 1.5 {
            return None;
        }
        // Documents describe agents, and what these may not do: it takes more of them.
        let even = if data { 5.9 } else { 2.4 };
        let confidence = 1.0 / (1.0 + (-(self.score - even) * 1.7).exp());
        (confidence >= 0.05).then_some(Verdict {
            rule: "jailbreak-persona",
            span: start..self.end.max(start),
            confidence,
        })
    }
}
