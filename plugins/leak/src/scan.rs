//! Looks through an answer for what a fingerprint holds.
//!
//! Two runs go on side by side: one of words that stand in the prompt in the same order, with small
//! gaps, and one of words that stand near each other in one of its instructions. A run ends where
//! no such word has come for a while, and is judged then. Until then it must be held.

use std::ops::Range;

use crate::filter::Sort;
use crate::fingerprint::Fingerprint;
use crate::lexicon::{Lexicon, Use};
use crate::prompt::{GRAM, Joined, NEAR, Spelled, either, gram, has_content, pair};
use crate::runs::{Reworded, Verbatim};
use crate::tokens::{Spelling, Token, Tokens};

/// Words without a match after which a run is over.
const GAP: u32 = 7;
const REWORDED_GAP: u32 = 10;
/// A run that goes on for longer is judged so far: bytes of a verbatim one, words of a reworded one.
const LONGEST: usize = 16 << 10;
const REWORDED_LONGEST: u32 = 60;
/// How far from each other words of content may stand to be near, in words.
const REACH: u32 = 12;
/// How long a word like "my instructions" counts, in words.
const CUE: u32 = 40;
/// A word of so many letters may be several that were written as one.
const LONG_WORD: usize = 24;
/// Letters of spelled-out text that are judged at a time.
const SPELLED: usize = 600;
/// How many runs of letters have to be in the prompt, and how many letters may stand for each: one begins
/// with every word there, and of others one in fifty is taken for one.
const SPELLED_LEAST: u32 = 3;
const SPELLED_APART: usize = 16;

/// What was found, in bytes of the scanned text.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Hit {
    pub(crate) rule: &'static str,
    pub(crate) span: Range<usize>,
    pub(crate) confidence: f64,
}

/// What is to be looked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Look {
    /// Words of a run, at least.
    pub(crate) least: u32,
    /// Whether other words for the same count.
    pub(crate) paraphrase: bool,
}

/// Words that were spelled out letter by letter.
#[derive(Clone, Copy, Debug, Default)]
struct Letters {
    spelled: Spelled,
    spelling: Spelling,
    start: usize,
    end: usize,
    hits: u32,
}

/// The state of a scan.
pub(crate) struct Scan<'a> {
    print: &'a Fingerprint,
    lexicon: &'a Lexicon,
    look: Look,
    text: &'a str,
    /// Nothing that begins before is found: it has gone out.
    from: usize,
    last: [Token; GRAM],
    index: u32,
    /// How many words up to here follow one another in the prompt as they do here, two by two.
    chain: usize,
    verbatim: Option<Verbatim>,
    reworded: Option<Reworded>,
    contents: [(u32, u32); NEAR],
    /// When "my", and when "my instructions", was said last.
    own: Option<u32>,
    cue: Option<u32>,
    joined: Joined,
    letters: Letters,
    hits: Vec<Hit>,
    /// Runs that are over.
    ended: Vec<Range<usize>>,
}

impl<'a> Scan<'a> {
    pub(crate) fn new(
        print: &'a Fingerprint,
        lexicon: &'a Lexicon,
        look: Look,
        text: &'a str,
        from: usize,
    ) -> Self {
        Self {
            print,
            lexicon,
            look,
            text,
            from,
            last: [Token::default(); GRAM],
            index: 0,
            chain: 0,
            verbatim: None,
            reworded: None,
            contents: [(0, 0); NEAR],
            own: None,
            cue: None,
            joined: Joined::default(),
            letters: Letters::default(),
            hits: Vec::new(),
            ended: Vec::new(),
        }
    }

    /// Looks through the text. Answers what was found, and from where on it must be held, where
    /// `is_open` says that it may go on. `is_cut` says that it begins inside of a longer one.
    pub(crate) fn run(mut self, is_cut: bool, is_open: bool) -> (Vec<Hit>, Option<usize>) {
        let mut tokens = Tokens::new(self.text);
        if is_cut {
            tokens.skip_rest_of_word();
        }
        let mut growing = None;
        for token in tokens {
            if is_open && self.may_grow(&token) {
                growing = Some(token.start);
                break;
            }
            self.token(&token);
        }
        if is_open {
            let hold = self.hold(growing);
            (self.hits, hold)
        } else {
            self.finish();
            (self.hits, None)
        }
    }

    /// Whether what comes next may belong to the word.
    fn may_grow(&self, token: &Token) -> bool {
        let rest = self.text.get(token.end..).unwrap_or_default();
        rest.is_empty() || rest == "'"
    }

    fn token(&mut self, token: &Token) {
        self.index += 1;
        let known = self.follows(token);
        self.last.rotate_left(1);
        if let Some(end) = self.last.last_mut() {
            *end = *token;
        }
        let is_verbatim = known && self.verbatim(token);
        self.end_verbatim();
        if self.look.paraphrase {
            let (uses, stem) = self.lexicon.look_up(token.hash, token.stem);
            self.note_cue(uses);
            if has_content(token.letters, uses) {
                self.content(token, stem, is_verbatim);
            }
            self.end_reworded();
        }
        if !self.print.secrets.is_empty() {
            self.secret(token);
        }
        self.spell(token);
    }

    /// Whether so many words as make a run follow one another as they do in the prompt.
    fn follows(&mut self, token: &Token) -> bool {
        let before = self.last.last().map_or(0, |last| last.hash);
        let filter = &self.print.filter;
        if self.index > 1 && filter.has(Sort::Pair, pair(before, token.hash)) {
            self.chain += 1;
        } else {
            self.chain = 0;
        }
        self.chain >= GRAM - 1
    }

    fn verbatim(&mut self, token: &Token) -> bool {
        let Some(first) = self.last.first() else {
            return false;
        };
        let run = gram(self.last.map(|token| token.hash));
        if !self.print.filter.has(Sort::Gram, run) {
            return false;
        }
        if first.start < self.from {
            return true;
        }
        let is_order = self.print.filter.has(Sort::Order, run);
        let verbatim = self
            .verbatim
            .get_or_insert_with(|| Verbatim::begin(first.start, self.index));
        verbatim.add(self.index, token.end, &self.last, is_order);
        true
    }

    fn end_verbatim(&mut self) {
        if let Some(run) = &self.verbatim
            && (self.index - run.last > GAP || run.end - run.start > LONGEST)
        {
            self.hits.extend(run.judge(self.print, self.look.least));
            self.ended.push(run.start..run.end);
            self.verbatim = None;
        }
    }

    fn note_cue(&mut self, uses: Use) {
        let is_near = self.own.is_some_and(|own| self.index - own <= 3);
        if uses.is(Use::CUE_ORDERS) && is_near {
            self.cue = Some(self.index);
        }
        if uses.is(Use::CUE_OWN) {
            self.own = Some(self.index);
        }
    }

    fn content(&mut self, token: &Token, stem: u32, is_verbatim: bool) {
        let filter = &self.print.filter;
        let index = self.index;
        let is_near = |(before, at): &(u32, u32)| {
            *before != 0
                && *before != stem
                && index - at <= REACH
                && filter.has(Sort::Content, either(*before, stem))
                && filter.has(Sort::ContentToo, either(*before, stem))
        };
        let is_hit = !is_verbatim && token.start >= self.from && self.contents.iter().any(is_near);
        self.contents.rotate_left(1);
        if let Some(end) = self.contents.last_mut() {
            *end = (stem, index);
        }
        if is_hit {
            let run = self
                .reworded
                .get_or_insert_with(|| Reworded::begin(token.start, index));
            run.add(index, token.end, stem);
        } else if let Some(run) = &mut self.reworded {
            run.pass();
        }
    }

    fn end_reworded(&mut self) {
        if let Some(run) = &self.reworded
            && (self.index - run.last > REWORDED_GAP || self.index - run.first > REWORDED_LONGEST)
        {
            let cue = self.cue.is_some_and(|cue| cue + CUE > run.first);
            self.hits.extend(run.judge(cue));
            self.ended.push(run.start..run.end);
            self.reworded = None;
        }
    }

    fn secret(&mut self, token: &Token) {
        let hash = self.joined.push(self.text, token.start, token.end);
        if self.print.secrets.contains(&hash) && self.joined.start >= self.from {
            self.hits.push(Hit {
                rule: "planted-secret",
                span: self.joined.start..token.end,
                confidence: 0.9,
            });
        }
    }

    /// Letters that stand alone, and words that are too long to be one.
    fn spell(&mut self, token: &Token) {
        if token.start < self.from {
            return;
        }
        let written = self.text.get(token.start..token.end).unwrap_or_default();
        let long = token.letters >= LONG_WORD && written.chars().count() >= LONG_WORD;
        if !(token.letters == 1 || long) {
            if self.letters.spelled.letters() > 0 {
                self.end_spelled();
            }
            return;
        }
        if self.letters.spelled.letters() == 0 {
            self.letters.start = token.start;
        }
        for byte in written.bytes() {
            let letter = byte.to_ascii_lowercase();
            self.letters.spelling.push(letter);
            if let Some(hash) = self.letters.spelled.push(letter) {
                self.letters.hits += u32::from(self.print.filter.has(Sort::Letters, hash));
            }
        }
        self.letters.end = token.end;
        if self.letters.spelled.letters() >= SPELLED {
            self.end_spelled();
        }
    }

    fn end_spelled(&mut self) {
        let letters = std::mem::take(&mut self.letters);
        let hit = |rule, confidence| Hit {
            rule,
            span: letters.start..letters.end,
            confidence,
        };
        let is_dense = letters.hits as usize * SPELLED_APART >= letters.spelled.letters();
        if letters.hits >= SPELLED_LEAST && is_dense {
            let confidence = if letters.hits > SPELLED_LEAST {
                0.9
            } else {
                0.6
            };
            self.hits.push(hit("system-prompt", confidence));
        }
        if letters.spelled.letters() < LONG_WORD
            && self.print.secrets.contains(&letters.spelling.hash())
        {
            self.hits.push(hit("planted-secret", 0.9));
        }
    }

    fn finish(&mut self) {
        if let Some(run) = self.verbatim.take() {
            self.hits.extend(run.judge(self.print, self.look.least));
        }
        if let Some(run) = self.reworded.take() {
            let cue = self.cue.is_some_and(|cue| cue + CUE > run.first);
            self.hits.extend(run.judge(cue));
        }
        if self.letters.spelled.letters() > 0 {
            self.end_spelled();
        }
    }

    /// From where on the text may still become part of what is found.
    fn hold(&self, growing: Option<usize>) -> Option<usize> {
        let runs = [
            self.verbatim.as_ref().map(|run| run.start),
            self.reworded.as_ref().map(|run| run.start),
            (self.letters.spelled.letters() > 0).then_some(self.letters.start),
            (!self.print.secrets.is_empty())
                .then(|| self.joined.growing(self.text))
                .flatten(),
            growing,
            self.tail(),
        ];
        let mut hold = runs.into_iter().flatten().min()?;
        // What is over but not out yet must look the same with the next look: all of it or nothing.
        for run in self.ended.iter().rev() {
            if run.start < hold && hold < run.end {
                hold = run.start;
            }
        }
        Some(hold)
    }

    /// Where the last words begin that may be the first ones of a run.
    fn tail(&self) -> Option<usize> {
        let last = self.last.last()?;
        if self.index == 0 || !self.print.filter.has(Sort::Word, u64::from(last.hash)) {
            return None;
        }
        let words = (1 + self.chain).min(GRAM - 1).min(self.index as usize);
        let first = self.last.get(GRAM - words)?;
        Some(first.start)
    }
}
