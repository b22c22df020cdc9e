//! One text against all lists.

use std::ops::Range;

use caponier_sdk::normalise::{View, decode, fold};
use caponier_sdk::scan::bytes;

use crate::lists::{Group, Lists, Owner, by_word};
use crate::settings::List;

/// The longest word at a text's end that is held because a letter to come may change how it is read.
const WORD: usize = 256;

/// A term that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Match {
    pub(crate) list: usize,
    pub(crate) term: u32,
    pub(crate) weight: u32,
    pub(crate) span: Range<usize>,
}

/// What came of a text.
#[derive(Default)]
pub(crate) struct Found {
    /// In the order in which they begin; of a list, none lies inside of another.
    pub(crate) matches: Vec<Match>,
    /// Where something may have begun that more of the text decides.
    pub(crate) hold: Option<usize>,
}

/// A text under search.
pub(crate) struct Search<'a> {
    lists: &'a Lists,
    settings: &'a [List],
    text: &'a str,
    /// What lies before has gone out.
    settled: usize,
    is_open: bool,
    matches: Vec<Match>,
    allowed: Vec<Range<usize>>,
    hold: Option<usize>,
}

impl<'a> Search<'a> {
    pub(crate) const fn new(
        lists: &'a Lists,
        settings: &'a [List],
        text: &'a str,
        settled: usize,
        is_open: bool,
    ) -> Self {
        Self {
            lists,
            settings,
            text,
            settled,
            is_open,
            matches: Vec::new(),
            allowed: Vec::new(),
            hold: None,
        }
    }

    pub(crate) fn run(mut self) -> Found {
        let lists = self.lists;
        let view = fold(self.text);
        if let Some(group) = &lists.folded {
            self.group(group, &view, false);
            if self.settings.iter().any(|list| list.leet) && has_leet(view.text()) {
                let letters = decode::leet(view.text());
                self.leet(group, &view, letters.text());
            }
        }
        if let Some(group) = &lists.exact {
            self.group(group, &View::identity(self.text), false);
        }
        for (owner, expression) in &lists.expressions {
            let from = self.settled;
            let mut spans = Vec::new();
            let hold = expression.walk(self.text, from, self.is_open, |span| spans.push(span));
            self.wait(hold);
            for span in spans {
                self.take(*owner, self.text, span.clone(), span);
            }
        }
        if self.is_open {
            self.hold_last_word(!view.is_identity());
        }
        self.finish()
    }

    fn group(&mut self, group: &Group, view: &View<'_>, leet: bool) {
        self.walk(group, view, view.text(), leet);
    }

    fn leet(&mut self, group: &Group, view: &View<'_>, letters: &str) {
        // Byte for byte as long as what it was made from.
        if letters.len() == view.text().len() {
            self.walk(group, view, letters, true);
        }
    }

    fn walk(&mut self, group: &Group, view: &View<'_>, text: &str, leet: bool) {
        let begun = group.matcher.walk(text, |one| {
            for owner in group.owners.get(one.term).into_iter().flatten() {
                let wants = owner.list.and_then(|list| self.settings.get(list));
                if !leet || wants.is_some_and(|list| list.leet) {
                    let mut source = view.source(one.span.clone());
                    if !view.is_identity() {
                        source.end += marks(self.text, source.end);
                    }
                    self.take(*owner, text, one.span.clone(), source);
                }
            }
        });
        if self.is_open {
            let hold = begun.map(|begun| view.source(begun..begun + 1).start);
            self.wait(hold);
        }
    }

    /// Keeps a match of `text` at `span`, which is `source` in the text as it came.
    fn take(&mut self, owner: Owner, text: &str, span: Range<usize>, source: Range<usize>) {
        if source.end <= self.settled || source.is_empty() {
            return;
        }
        let list = owner.list.and_then(|list| self.settings.get(list));
        if list.is_none_or(by_word) && !is_whole(text, &span) {
            return;
        }
        match owner.list {
            None => self.allowed.push(source),
            Some(list) => self.matches.push(Match {
                list,
                term: owner.term,
                weight: owner.weight,
                span: source,
            }),
        }
    }

    fn wait(&mut self, from: Option<usize>) {
        self.hold = self.hold.into_iter().chain(from).min();
    }

    /// The next letter may be one of another script, or a digit among letters: then the word that the
    /// text ends in reads differently.
    fn hold_last_word(&mut self, is_folded: bool) {
        let leet = self.settings.iter().any(|list| list.leet);
        let word = bytes::run_start(self.text.as_bytes(), self.text.len(), WORD, |byte| {
            byte >= 0x80
                || if leet {
                    byte > b' '
                } else {
                    byte.is_ascii_alphanumeric()
                }
        });
        let mut start = word;
        while !self.text.is_char_boundary(start) {
            start += 1;
        }
        let last = self.text.get(start..).unwrap_or_default();
        if !last.is_empty() && (leet || (is_folded && !last.is_ascii())) {
            self.wait(Some(start));
        }
    }

    /// Leaves out what is allowed, and of what overlaps within a list all but the longest.
    fn finish(self) -> Found {
        let Self {
            mut matches,
            mut allowed,
            hold,
            ..
        } = self;
        if !allowed.is_empty() {
            allowed.sort_by_key(|phrase| phrase.start);
            // The furthest end up to each, so that a look at one place tells.
            let mut ends: Vec<(usize, usize)> = Vec::with_capacity(allowed.len());
            for phrase in &allowed {
                let end = ends
                    .last()
                    .map_or(phrase.end, |(_, end)| phrase.end.max(*end));
                ends.push((phrase.start, end));
            }
            matches.retain(|one| {
                let before = ends.partition_point(|(start, _)| *start <= one.span.start);
                let last = before.checked_sub(1).and_then(|last| ends.get(last));
                last.is_none_or(|(_, end)| *end < one.span.end)
            });
        }
        matches.sort_by(|a, b| {
            let key = |one: &Match| (one.list, one.span.start, std::cmp::Reverse(one.span.end));
            key(a).cmp(&key(b))
        });
        matches.dedup_by(|later, earlier| {
            later.list == earlier.list && later.span.end <= earlier.span.end
        });
        matches.sort_by_key(|one| (one.span.start, one.list));
        Found { matches, hold }
    }
}

/// How many bytes of marks stand on the letter before `at`: folding drops them, and without their
/// letter they would stand on what takes its place.
fn marks(text: &str, at: usize) -> usize {
    let is_mark = |character: &char| {
        matches!(
            *character,
            '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{1ab0}'..='\u{1aff}'
                | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}' | '\u{fe20}'..='\u{fe2f}'
        )
    };
    let after = text.get(at..).unwrap_or_default().chars();
    after.take_while(is_mark).map(char::len_utf8).sum()
}

fn has_leet(text: &str) -> bool {
    let sign = |byte: u8| matches!(byte, b'0'..=b'9' | b'@' | b'$' | b'!' | b'|');
    bytes::find(text.as_bytes(), 0, sign).is_some()
}

/// Whether the span begins and ends where words do. A sign at its end needs no boundary there:
/// `C++`; nor do letters of scripts that are written without spaces.
fn is_whole(text: &str, span: &Range<usize>) -> bool {
    let within = text.get(span.clone()).unwrap_or_default();
    let before = text
        .get(..span.start)
        .and_then(|before| before.chars().next_back());
    let after = text.get(span.end..).and_then(|after| after.chars().next());
    let joins = |outside: Option<char>, inside: Option<char>| {
        outside.is_some_and(in_word) && inside.is_some_and(in_word)
    };
    !joins(before, within.chars().next()) && !joins(after, within.chars().next_back())
}

fn in_word(character: char) -> bool {
    (character == '_' || character.is_alphanumeric()) && !is_spaceless(character)
}

/// Thai, Lao, Myanmar, Khmer, kana, ideographs: words are not set apart.
const fn is_spaceless(character: char) -> bool {
    matches!(
        character as u32,
        0xe00..=0xeff | 0x1000..=0x109f | 0x1780..=0x17ff | 0x3005..=0x30ff | 0x3400..=0x9fff
            | 0xf900..=0xfaff | 0x2_0000..=0x3_ffff
    )
}
