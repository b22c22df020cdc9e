//! One pass over a text: tokens where words begin, and marks that payloads are made of.

use std::ops::Range;
use std::sync::OnceLock;

use caponier_sdk::normalise::{Fold, Trie, TrieError};

use crate::checks;
use crate::fence::{ANY, Fences, inline, is_prose};
use crate::flow;
use crate::markup;
use crate::shell;
use crate::site::{Site, Sources};
use crate::sql;
use crate::text::{Text, is_word};
use crate::tokens::{ROWS, Row};

/// The longest end of a text that may be the beginning of a token, a run of white space counted as
/// one byte; and how long it may be with all its blanks.
const LONGEST_TOKEN: usize = 48;
const WIDEST_TOKEN: usize = 512;

/// The most findings of one look: who wants to be seen that often has been.
const MOST: usize = 128;

/// Something found, before it is reported.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Hit {
    pub(crate) rule: &'static str,
    pub(crate) span: Range<usize>,
    pub(crate) confidence: f64,
}

/// What a look at a text came to.
pub(crate) struct Found {
    pub(crate) hits: Vec<Hit>,
    /// From where on something may still become a finding, where the text is open.
    pub(crate) hold: Option<usize>,
    /// Not all of the text was judged: looking at it would have cost too much.
    pub(crate) spent: bool,
}

/// What a byte may begin.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Nothing,
    /// A letter or digit with which a token can begin.
    Word,
    /// Another byte with which a token can begin, and no more.
    Token,
    Line,
    Tag,
    Quote,
    Separator,
    Dollar,
    Encoded,
    Dots,
    Bracket,
    Close,
}

/// The tables of the pass, built once.
pub(crate) struct Scanner {
    trie: Trie,
    sources: Sources,
    classes: [Class; 256],
    /// The rows in the order of their tokens, and which of them share one.
    order: Vec<u16>,
    groups: Vec<Range<u16>>,
}

/// What the text is part of.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    pub(crate) tool: bool,
    pub(crate) offset: u64,
    pub(crate) open: bool,
}

impl Scanner {
    /// The one of this process: its tables follow from the source alone.
    pub(crate) fn shared() -> Result<&'static Self, TrieError> {
        static SHARED: OnceLock<Result<Scanner, TrieError>> = OnceLock::new();
        SHARED.get_or_init(Self::new).as_ref().map_err(Clone::clone)
    }

    fn new() -> Result<Self, TrieError> {
        let mut order: Vec<u16> = (0u16..).zip(ROWS).map(|(place, _)| place).collect();
        let token = |place: &u16| {
            let row = ROWS.get(usize::from(*place));
            row.map_or(String::new(), |row| row.token.to_ascii_lowercase())
        };
        order.sort_by_key(token);
        let mut groups: Vec<Range<u16>> = Vec::new();
        let mut tokens: Vec<&str> = Vec::new();
        for (at, place) in (0u16..).zip(&order) {
            let own = ROWS.get(usize::from(*place)).map_or("", |row| row.token);
            match (groups.last_mut(), tokens.last()) {
                (Some(group), Some(last)) if last.eq_ignore_ascii_case(own) => group.end = at + 1,
                _ => {
                    groups.push(at..at + 1);
                    tokens.push(own);
                }
            }
        }
        // A call may have a blank before its parenthesis: `gets (line)`.
        let spaced = |token: &&str| token.strip_suffix('(').map(|name| format!("{name} ("));
        let spaced: Vec<Option<String>> = tokens.iter().map(spaced).collect();
        let values = (1u64..).zip(tokens.iter().zip(&spaced));
        let values = values.flat_map(|(value, (token, spaced))| {
            let both = std::iter::once(*token).chain(spaced.as_deref());
            both.map(move |token| (token, value))
        });
        let trie = Trie::build(Fold::Prose, values)?;
        let mut classes = [Class::Nothing; 256];
        for (byte, class) in (0u8..=u8::MAX).zip(classes.iter_mut()) {
            *class = match byte {
                b'\n' => Class::Line,
                b'<' => Class::Tag,
                b'\'' | b'"' => Class::Quote,
                b';' | b'|' | b'&' => Class::Separator,
                b'$' | b'`' => Class::Dollar,
                b'%' | b'\\' => Class::Encoded,
                b'.' => Class::Dots,
                b'{' => Class::Bracket,
                b')' => Class::Close,
                byte if is_word(byte) && trie.starts_with(byte) => Class::Word,
                byte if trie.starts_with(byte) => Class::Token,
                _ => Class::Nothing,
            };
        }
        Ok(Self {
            trie,
            sources: Sources::new()?,
            classes,
            order,
            groups,
        })
    }

    /// Everything found in `text` from `from` on.
    pub(crate) fn scan(
        &self,
        text: &Text<'_>,
        from: usize,
        fences: &mut Fences,
        place: Place,
    ) -> Found {
        let mut pass = Pass {
            scanner: self,
            text,
            place,
            languages: ANY,
            fenced: false,
            hits: Vec::new(),
            hold: None,
        };
        pass.enter(fences);
        let bytes = text.bytes();
        let mut last = text.before(from);
        let mut at = from;
        while let Some(byte) = bytes.get(at).copied() {
            let class = self.classes.get(usize::from(byte)).copied();
            match class.unwrap_or(Class::Nothing) {
                Class::Nothing => {}
                Class::Line => {
                    fences.line(text, at + 1);
                    pass.enter(fences);
                }
                Class::Word => {
                    if !is_word(last) || is_escape(bytes, at) {
                        pass.tokens(at, false);
                    } else if last == b'_'
                        || (byte.is_ascii_uppercase() && last.is_ascii_lowercase())
                    {
                        pass.tokens(at, true);
                    }
                }
                class => pass.mark(class, at),
            }
            last = byte;
            at += 1;
            if pass.hits.len() >= MOST || text.is_spent() {
                break;
            }
        }
        let spent = text.is_spent() || at < bytes.len();
        if place.open {
            pass.tail();
            if let Some(line) = fences.unsure {
                pass.hold_from(line.max(from));
            }
        }
        Found {
            hits: merged(pass.hits),
            hold: pass.hold,
            spent,
        }
    }
}

/// Whether an escape such as `%20` ends before `at`.
fn is_escape(bytes: &[u8], at: usize) -> bool {
    let before = at.checked_sub(3).and_then(|start| bytes.get(start..at));
    before.is_some_and(|before| {
        matches!(before, [b'%' | b'x', high, low] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit())
    })
}

/// One pass.
struct Pass<'a, 't> {
    scanner: &'t Scanner,
    text: &'t Text<'a>,
    place: Place,
    languages: u16,
    fenced: bool,
    hits: Vec<Hit>,
    hold: Option<usize>,
}

impl<'a, 't> Pass<'a, 't> {
    fn enter(&mut self, fences: &Fences) {
        let shown = fences.now.shown();
        self.fenced = shown.is_some();
        self.languages = shown.unwrap_or(ANY);
    }

    fn site(&self, start: usize, end: usize) -> Site<'a, 't> {
        Site {
            text: self.text,
            sources: &self.scanner.sources,
            start,
            end,
            languages: self.languages,
            fenced: self.fenced,
            tool: self.place.tool,
            offset: self.place.offset,
        }
    }

    /// All tokens that begin at `at`; only those that may end a name where `inside` one.
    fn tokens(&mut self, at: usize, inside: bool) {
        let scanner = self.scanner;
        let text = self.text;
        scanner.trie.walk(text.bytes(), at, |value, end| {
            if end - at > WIDEST_TOKEN && text.slice(at, end).trim_ascii_end().len() > WIDEST_TOKEN
            {
                return;
            }
            let group = usize::try_from(value - 1)
                .ok()
                .and_then(|group| scanner.groups.get(group));
            let rows = group.and_then(|group| {
                scanner
                    .order
                    .get(usize::from(group.start)..usize::from(group.end))
            });
            for place in rows.unwrap_or_default() {
                if let Some(row) = ROWS.get(usize::from(*place)) {
                    self.row(row, at, end, inside);
                }
            }
        });
    }

    fn row(&mut self, row: &'static Row, start: usize, end: usize, inside: bool) {
        if (inside && !row.tail) || row.languages & self.languages == 0 {
            return;
        }
        let text = self.text;
        let name = row.token.strip_suffix('(').unwrap_or(row.token);
        if row.exact && !text.slice(start, end).starts_with(name.as_bytes()) {
            return;
        }
        // In a sentence a blank begins a remark: "the system (which one?)".
        if text.before(end) == b'('
            && text.before(end - 1).is_ascii_whitespace()
            && !self.fenced
            && !self.place.tool
        {
            return;
        }
        // A payload's word is a whole one.
        if row.rule == "sql-injection"
            && is_word(text.before(end))
            && text.byte(end).is_some_and(is_word)
            && !matches!(row.token, "@@" | "0x")
        {
            return;
        }
        let verdict = row.check.judge(&self.site(start, end), row.confidence);
        self.take(row.rule, row.payload, start, verdict);
    }

    /// A byte that is no letter.
    fn mark(&mut self, class: Class, at: usize) {
        let text = self.text;
        let byte = text.bytes().get(at).copied().unwrap_or(0);
        let site = self.site(at, at + 1);
        match class {
            Class::Tag => {
                let verdict = markup::tag(&site);
                // In a string of code it is about to become part of a page.
                let quoted = matches!(text.before(at), b'"' | b'\'' | b'`' | b'\n' | b' ');
                let flow = if quoted { flow::markup(&site) } else { None };
                self.take("xss", true, at, verdict);
                self.take("cwe-79", false, at, flow);
            }
            Class::Quote => {
                let verdict = sql::quote(&site);
                self.take("sql-injection", true, at, verdict);
            }
            Class::Separator => {
                let verdict = shell::separator(&site);
                self.take("shell-injection", true, at, verdict);
            }
            Class::Dollar => {
                let verdict = shell::substitution(&site);
                self.take("shell-injection", true, at, verdict);
            }
            Class::Encoded => {
                let verdict = markup::encoded(&site);
                let path = if byte == b'%' {
                    shell::traversal(&site)
                } else {
                    None
                };
                self.take("xss", true, at, verdict);
                self.take("path-traversal", true, at, path);
            }
            Class::Dots if text.byte(at + 1) == Some(b'.') => {
                let verdict = shell::traversal(&site);
                self.take("path-traversal", true, at, verdict);
            }
            Class::Dots => self.take("path-traversal", true, at, None),
            Class::Bracket => {
                let verdict = markup::template(&site);
                self.take("template-injection", true, at, verdict);
            }
            Class::Close if matches!(text.before(at), b'+' | b'*') => {
                let verdict = checks::nested_repeat(&site);
                self.take("cwe-1333", false, at, verdict);
            }
            _ => {}
        }
        if self.scanner.trie.starts_with(byte) {
            self.tokens(at, false);
        }
    }

    /// Takes what a check said, unless more text could make it say something else.
    fn take(&mut self, rule: &'static str, payload: bool, start: usize, verdict: checks::Verdict) {
        if self.text.take_starved() && self.place.open {
            self.hold_from(start);
            return;
        }
        let Some((confidence, end)) = verdict else {
            return;
        };
        let confidence = confidence * self.scale(rule, payload, start);
        if self.text.take_starved() && self.place.open {
            self.hold_from(start);
            return;
        }
        if confidence >= 0.05 {
            let end = end.clamp(start + 1, self.text.bytes().len().max(start + 1));
            self.hits.push(Hit {
                rule,
                span: start..end,
                confidence,
            });
        }
    }

    /// How much a finding counts where it stands.
    fn scale(&self, rule: &str, payload: bool, start: usize) -> f64 {
        let text = self.text;
        if !payload {
            return match () {
                () if is_prose(text, start) => 0.4,
                () if !self.fenced && inline(text, start) => 0.5,
                () => 1.0,
            };
        }
        match () {
            // A page or a program that a tool is to write.
            () if self.place.tool => {
                if rule == "xss" {
                    0.6
                } else {
                    1.0
                }
            }
            // Those that know of fences have counted them.
            () if self.fenced => {
                if matches!(rule, "sql-injection") {
                    0.35
                } else {
                    1.0
                }
            }
            () if inline(text, start) => 0.5,
            () if is_prose(text, start) && start > 24 => 0.6,
            () => 1.0,
        }
    }

    fn hold_from(&mut self, start: usize) {
        self.hold = Some(self.hold.map_or(start, |hold| hold.min(start)));
    }

    /// What the end of an open text may be the beginning of.
    fn tail(&mut self) {
        let bytes = self.text.bytes();
        if self.place.offset == 0 && crate::fence::may_become_page(bytes) {
            self.hold_from(0);
        }
        let first = first_of_tail(bytes);
        let partial = (first..bytes.len()).find(|start| {
            let byte = bytes.get(*start).copied().unwrap_or(0);
            let rest = bytes.get(*start..).unwrap_or_default();
            self.scanner.trie.starts_with(byte) && self.scanner.trie.reaches(rest)
        });
        if let Some(start) = partial {
            self.hold_from(start);
        }
        // What was begun as an escape.
        let tail = bytes
            .get(bytes.len().saturating_sub(6)..)
            .unwrap_or_default();
        if let Some(place) = tail
            .iter()
            .rposition(|byte| matches!(byte, b'%' | b'\\' | b'&'))
        {
            self.hold_from(bytes.len() - tail.len() + place);
        }
    }
}

/// From where on the end of a text may be a token that is not whole.
fn first_of_tail(bytes: &[u8]) -> usize {
    let widest = bytes.len().saturating_sub(WIDEST_TOKEN);
    let mut first = bytes.len();
    let mut folded = 0;
    let mut was_blank = false;
    while first > widest && folded < LONGEST_TOKEN {
        first -= 1;
        let is_blank = bytes.get(first).is_some_and(u8::is_ascii_whitespace);
        folded += usize::from(!(was_blank && is_blank));
        was_blank = is_blank;
    }
    first
}

/// One finding a place: those of one rule that overlap are one, as sure as the surest.
fn merged(mut hits: Vec<Hit>) -> Vec<Hit> {
    hits.sort_by_key(|hit| hit.span.start);
    let mut kept: Vec<Hit> = Vec::with_capacity(hits.len());
    for hit in hits {
        let known = kept
            .iter_mut()
            .rev()
            .take(8)
            .find(|known| known.rule == hit.rule && hit.span.start < known.span.end);
        match known {
            Some(known) => {
                known.span.end = known.span.end.max(hit.span.end);
                known.confidence = known.confidence.max(hit.confidence);
            }
            None => kept.push(hit),
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlapping_findings_of_one_rule_are_one() {
        let hit = |rule, span, confidence| Hit {
            rule,
            span,
            confidence,
        };
        assert_eq!(
            merged(vec![
                hit("a", 5..9, 0.5),
                hit("a", 1..6, 0.3),
                hit("b", 2..4, 0.9)
            ]),
            [hit("a", 1..9, 0.5), hit("b", 2..4, 0.9)]
        );
    }
}
