//! Runs of words, and what they come to.

use crate::fingerprint::Fingerprint;
use crate::prompt::GRAM;
use crate::scan::Hit;
use crate::tokens::Token;

/// Words that stand in the prompt in the same order.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Verbatim {
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// The words with which it began, and with which the last match ended.
    first: u32,
    pub(crate) last: u32,
    /// Words of the prompt, in halves.
    weight: u32,
    /// Matches, and those in instructions.
    matches: u32,
    orders: u32,
}

impl Verbatim {
    /// One whose first match ends with word `index`.
    pub(crate) const fn begin(start: usize, index: u32) -> Self {
        Self {
            start,
            end: start,
            first: index - GRAM as u32 + 1,
            last: index - GRAM as u32,
            weight: 0,
            matches: 0,
            orders: 0,
        }
    }

    /// One more match, of the last words.
    pub(crate) fn add(&mut self, index: u32, end: usize, words: &[Token; GRAM], is_order: bool) {
        let new = (index - self.last) as usize;
        self.weight += words
            .iter()
            .rev()
            .take(new)
            .map(|word| word.weight)
            .sum::<u32>();
        self.matches += 1;
        self.orders += u32::from(is_order);
        self.last = index;
        self.end = end;
    }

    /// How sure it is that this is the prompt.
    ///
    /// Eight words in the same order are rare by chance; twelve are no chance (measured: see the
    /// README). What is no instruction may be a fact that the answer is there to tell, so a long
    /// piece of it is needed.
    pub(crate) fn judge(&self, print: &Fingerprint, least: u32) -> Option<Hit> {
        let words = self.weight / 2;
        if words < least {
            return None;
        }
        let mut confidence: f64 = match words {
            ..6 => 0.15,
            6..8 => 0.3,
            8..12 => 0.65,
            12..20 => 0.9,
            20..40 => 0.95,
            40.. => 0.98,
        };
        if self.orders * 4 < self.matches {
            confidence = match words {
                ..12 => 0.1,
                12..20 => 0.3,
                20..40 => 0.45,
                40..100 => 0.65,
                100.. => 0.85,
            };
        }
        // Most of a short prompt.
        if words >= 8 && self.matches * 2 >= print.grams && self.orders > 0 {
            confidence = confidence.max(0.85);
        }
        let length = self.last + 1 - self.first;
        if self.weight * 5 < length * 6 {
            confidence *= 0.8;
        }
        Some(Hit {
            rule: "system-prompt",
            span: self.start..self.end,
            confidence,
        })
    }
}

/// How many words of a run are remembered, so that one said again counts once.
const KNOWN: usize = 24;

/// Words that stand near each other in an instruction.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reworded {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) first: u32,
    pub(crate) last: u32,
    /// Words of content that match, each once.
    known: [u32; KNOWN],
    matches: usize,
    /// Words of content up to the last match, and since.
    contents: u32,
    since: u32,
}

impl Reworded {
    pub(crate) const fn begin(start: usize, index: u32) -> Self {
        Self {
            start,
            end: start,
            first: index,
            last: index,
            known: [0; KNOWN],
            matches: 0,
            contents: 0,
            since: 0,
        }
    }

    /// One more word that matches.
    pub(crate) fn add(&mut self, index: u32, end: usize, stem: u32) {
        if !self.known.contains(&stem)
            && let Some(free) = self.known.get_mut(self.matches)
        {
            *free = stem;
            self.matches += 1;
        }
        self.contents += self.since + 1;
        self.since = 0;
        self.last = index;
        self.end = end;
    }

    /// One more word of content that does not.
    pub(crate) const fn pass(&mut self) {
        self.since += 1;
    }

    /// How sure it is that this tells what the prompt says. An answer on the prompt's topic shares
    /// words with it too: what counts is how many of its words stand together there, and whether it
    /// speaks of instructions.
    pub(crate) fn judge(&self, cue: bool) -> Option<Hit> {
        let share = self.matches * 100 / (self.contents.max(1) as usize);
        let confidence = match (cue, self.matches, share) {
            (true, 8.., 45..) => 0.85,
            (true, 5.., 40..) => 0.7,
            (true, 3.., 35..) => 0.45,
            (false, 14.., 55..) => 0.7,
            (false, 10.., 55..) => 0.55,
            (false, 7.., 55..) => 0.3,
            (false, 5.., 50..) => 0.1,
            _ => return None,
        };
        Some(Hit {
            rule: "paraphrase",
            span: self.start..self.end,
            confidence,
        })
    }
}
