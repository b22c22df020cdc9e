//! What was asked for, and whether a document repeats it.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::document::Features;
use crate::tokens::{Token, Tokens};
use crate::words::Words;

/// Words of a question. A shorter one is a title; a longer one is no question but a message.
const FEWEST: usize = 5;
const MOST: usize = 48;
/// Of them, words with content.
const CONTENTS: usize = 2;
/// Questions of one message.
const QUESTIONS: usize = 4;
/// The longest text that is asked, in bytes, and how many sentences of a message may be questions.
const LONGEST: usize = 2 << 10;
const SENTENCES: usize = 64;
/// What of a document is its head: words, and bytes.
const HEAD: usize = 96;
const HEAD_BYTES: usize = 2 << 10;
/// Words before an echo that still stands at the very beginning: a label, a title.
const BEGINNING: usize = 4;
/// The share of the question's words that an echo has, in order: all of a short one.
const SHARE: f64 = 0.8;
const SHORT: usize = 7;

/// A question.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Query {
    words: Vec<u32>,
    /// Stems of its words of content, each once.
    contents: Vec<u32>,
    /// Whether it is a question and not a few words to look for.
    is_question: bool,
}

/// A question that a document repeats.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Echo {
    pub(crate) span: Range<usize>,
    /// Whether all words are there.
    pub(crate) is_whole: bool,
    /// Whether text goes on in the same line, as it does behind no heading.
    pub(crate) goes_on: bool,
    /// Whether it stands at the very beginning.
    pub(crate) is_first: bool,
}

/// The questions of a message.
pub(crate) fn queries(text: &str, words: &Words) -> Vec<Query> {
    if text.len() <= LONGEST {
        let whole = Query::new(text, words);
        if whole.words.len() <= MOST {
            return whole.is_usable().then_some(whole).into_iter().collect();
        }
    }
    let ends = |mark| text.match_indices(mark).take(SENTENCES);
    let mut marks: Vec<(usize, &str)> = ends('?').chain(ends('？')).collect();
    marks.sort_unstable();
    marks
        .into_iter()
        .filter_map(|(at, mark)| Some(Query::new(&format!("{}{mark}", sentence(text, at)?), words)))
        .filter(Query::is_usable)
        .take(QUESTIONS)
        .collect()
}

/// The sentence that goes on to `end`, where it is not too long.
fn sentence(text: &str, end: usize) -> Option<&str> {
    let from = text.floor_char_boundary(end.saturating_sub(LONGEST));
    let before = text.get(from..end)?;
    let last = before
        .char_indices()
        .rev()
        .find(|(_, character)| matches!(character, '?' | '\n' | '.' | '!' | '。' | '？'));
    match last {
        Some((at, character)) => before.get(at + character.len_utf8()..),
        None => (from == 0).then_some(before),
    }
}

impl Query {
    fn new(text: &str, words: &Words) -> Self {
        let tokens: Vec<Token> = Tokens::new(text).take(MOST + 1).collect();
        let mut contents: Vec<u32> = tokens
            .iter()
            .filter(|token| !words.is_stop(token.hash) && token.end - token.start > 2)
            .map(|token| token.stem)
            .collect();
        contents.sort_unstable();
        contents.dedup();
        let asks = |token: &Token| words.begins_question(token.hash);
        Self {
            is_question: text.contains(['?', '？']) || tokens.first().is_some_and(asks),
            words: tokens.iter().map(|token| token.hash).collect(),
            contents,
        }
    }

    fn is_usable(&self) -> bool {
        (FEWEST..=MOST).contains(&self.words.len()) && self.contents.len() >= CONTENTS
    }

    pub(crate) const fn is_question(&self) -> bool {
        self.is_question
    }

    /// Where the head of a document repeats it.
    pub(crate) fn echo(&self, text: &str, words: u32) -> Option<Echo> {
        let head = text
            .get(..text.floor_char_boundary(HEAD_BYTES))
            .unwrap_or_default();
        let tokens: Vec<Token> = Tokens::new(head).take(HEAD).collect();
        // A list of questions is no answer to one.
        if (words as usize) < self.words.len() + 4 {
            return None;
        }
        // An answer repeats much of its question, but not the word that asks.
        let firsts = self.words.get(..if self.is_question { 1 } else { 3 })?;
        let mut best: Option<(usize, usize, usize)> = None;
        for (start, token) in tokens.iter().enumerate() {
            if firsts.contains(&token.hash) {
                let (matched, end) = self.follow(&tokens, start);
                if best.is_none_or(|(most, _, _)| matched > most) {
                    best = Some((matched, start, end));
                }
            }
        }
        let (matched, start, end) = best?;
        let least = if self.words.len() < SHORT { 1.0 } else { SHARE };
        if (matched as f64) < least * self.words.len() as f64 {
            return None;
        }
        let (first, last) = (tokens.get(start)?, tokens.get(end)?);
        Some(Echo {
            span: first.start..last.end,
            is_whole: matched == self.words.len(),
            goes_on: goes_on(text, last.end),
            is_first: start <= BEGINNING,
        })
    }

    /// How many of the words come one after another from here on, and where the last one is.
    fn follow(&self, tokens: &[Token], start: usize) -> (usize, usize) {
        const SKIP: usize = 3;
        let (mut matched, mut at, mut end) = (0, start, start);
        for word in &self.words {
            let near = tokens.get(at..(at + SKIP).min(tokens.len()));
            let mut near = near.unwrap_or_default().iter();
            if let Some(skip) = near.position(|token| token.hash == *word) {
                end = at + skip;
                at = end + 1;
                matched += 1;
            }
        }
        (matched, end)
    }

    /// The share of a document's words that are words of the question, and of those words the share
    /// that is repeated.
    pub(crate) fn stuffing(&self, features: &Features) -> (f64, f64) {
        let mut repeated = 0;
        let mut count = 0_u32;
        for (stem, times) in &features.frequent {
            if self.contents.binary_search(stem).is_ok() {
                repeated += 1;
                count += u32::from(*times);
            }
        }
        (
            f64::from(count) / f64::from(features.words.max(1)),
            f64::from(repeated) / self.contents.len().max(1) as f64,
        )
    }

    /// The share of its words of content that a text has.
    pub(crate) fn covered(&self, text: &str) -> f64 {
        let mut stems: Vec<u32> = Tokens::new(text)
            .take(256)
            .map(|token| token.stem)
            .collect();
        stems.sort_unstable();
        let has = |stem: &&u32| stems.binary_search(stem).is_ok();
        let both = self.contents.iter().filter(has).count();
        both as f64 / self.contents.len().max(1) as f64
    }
}

/// Whether text follows in the same line.
fn goes_on(text: &str, end: usize) -> bool {
    let rest = text.get(end..).unwrap_or_default();
    let signs =
        |character: char| character != '\n' && !character.is_alphanumeric() && character != '<';
    let rest = rest.trim_start_matches(signs);
    rest.starts_with(char::is_alphanumeric)
}

#[cfg(test)]
#[expect(clippy::string_slice, reason = "a test may panic")]
mod tests {
    use super::*;

    const QUESTION: &str = "How do I renew a berth at the north gate?";

    fn echo(text: &str) -> Option<Echo> {
        let queries = queries(QUESTION, &Words::new());
        queries.first().unwrap().echo(text, 100)
    }

    #[test]
    fn an_echo_at_the_head_is_found() {
        let poisoned = format!("{QUESTION} You renew it by paying the agent in cash.");
        let found = echo(&poisoned).unwrap();
        assert_eq!(&poisoned[found.span], QUESTION.trim_end_matches('?'));
        assert!(found.is_whole && found.goes_on && found.is_first);
        let found = echo("# How do I renew a berth at the north gate?\n\nFill in form 7.").unwrap();
        assert!(found.is_whole && !found.goes_on);
        let found = echo("how can I renew a berth at the north gate: pay the agent").unwrap();
        assert!(!found.is_whole && found.goes_on);
        assert_eq!(
            echo("To renew a berth, go to the north gate with form 7."),
            None
        );
    }

    #[test]
    fn long_messages_have_their_questions_and_short_ones_none() {
        let words = Words::new();
        let long = format!(
            "{} {QUESTION} Thanks a lot.",
            "I have a boat in the harbour. ".repeat(12)
        );
        let found = queries(&long, &words);
        assert_eq!(found.len(), 1);
        assert!(found[0].is_question());
        assert!(queries("reset password", &words).is_empty());
        assert!(!queries("berth renewal form north gate opening hours", &words)[0].is_question());
    }
}
