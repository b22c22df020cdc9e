//! One pass over a text: shapes where a word begins, assignments where a separator stands.

use std::ops::Range;

use caponier_sdk::normalise::{Fold, Trie, TrieError};

use crate::assignment;
use crate::filter::Filter;
use crate::judge;
use crate::names::Names;
use crate::shapes::{CLASSES, Class, SHAPES, Shape};
use crate::structured;

/// How far back context words are looked for.
const CONTEXT: usize = 96;

/// Something found, before it is reported.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Hit {
    pub(crate) rule: &'static str,
    pub(crate) span: Range<usize>,
    pub(crate) confidence: f64,
    pub(crate) severity: Option<caponier_sdk::Severity>,
}

/// Values in the trie above the shapes' own.
const PEM: u64 = 1 << 32;
const JWT: u64 = 2 << 32;
const CURL_USER: u64 = 3 << 32;

/// The tables of the pass, built once.
pub(crate) struct Scanner {
    trie: Trie,
    filter: Filter,
    names: Names,
}

impl Scanner {
    pub(crate) fn new() -> Result<Self, TrieError> {
        let others = [
            ("-----BEGIN", PEM),
            ("eyJ", JWT),
            ("-u", CURL_USER),
            ("--user", CURL_USER),
            ("ZXlK", JWT),
        ];
        let shapes = (1u64..).zip(SHAPES).flat_map(|(value, shape)| {
            // A body shorter than what the filter looks at says nothing of the bytes behind it.
            let class = (shape.length.0 >= 4).then_some(shape.class);
            let prefixes = shape.prefixes.iter();
            prefixes.map(move |prefix| (*prefix, value, class))
        });
        let others = others
            .into_iter()
            .map(|(prefix, value)| (prefix, value, None));
        let patterns: Vec<(&str, u64, Option<Class>)> = shapes.chain(others).collect();
        let prefixes = patterns.iter().map(|(prefix, _, class)| (*prefix, *class));
        let filter = Filter::new(b":=>~|", prefixes);
        let values = patterns.iter().map(|(prefix, value, _)| (*prefix, *value));
        let trie = Trie::build(Fold::Exact, values)?;
        let names = Names::new();
        Ok(Self {
            trie,
            filter,
            names,
        })
    }

    /// Everything found in `text` from `from` on.
    pub(crate) fn scan(&self, text: &str, from: usize) -> Vec<Hit> {
        let bytes = text.as_bytes();
        let mut pass = Pass::new(bytes, &self.names);
        self.filter.each(bytes, from, |at| {
            // What an assignment is made with, and marks inside of tokens that have no prefix.
            if matches!(bytes.get(at), Some(b':' | b'=' | b'>' | b'~' | b'|')) {
                assignment::at_separator(&mut pass, at);
            } else if word_begins(bytes, at) {
                self.start(&mut pass, at);
            }
        });
        pass.finish()
    }

    fn start(&self, pass: &mut Pass<'_>, at: usize) {
        self.trie.walk(pass.bytes, at, |value, end| match value {
            PEM => structured::private_key(pass, at),
            JWT => structured::web_token(pass, at),
            CURL_USER => structured::curl_user(pass, at, end),
            _ => {
                if let Some(shape) = usize::try_from(value - 1)
                    .ok()
                    .and_then(|index| SHAPES.get(index))
                {
                    pass.shape(shape, at, end);
                }
            }
        });
    }
}

/// Whether a word can begin at `at`: behind no letter, or behind an escape that ends with one.
fn word_begins(bytes: &[u8], at: usize) -> bool {
    let before = |back: usize| at.checked_sub(back).and_then(|at| bytes.get(at));
    match before(1) {
        // The `n` of an escaped line break, and the digits of `%3D`.
        Some(b'n' | b't' | b'r') if before(2) == Some(&b'\\') => true,
        Some(b'D' | b'd' | b'0' | b'A' | b'2') if before(3) == Some(&b'%') => true,
        Some(byte) => !byte.is_ascii_alphanumeric() && *byte != b'_',
        None => true,
    }
}

/// The run of bytes that a value was measured to be, and how often it was looked at since.
#[derive(Clone, Copy, Default)]
pub(crate) struct Value {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) looks: u8,
}

impl Value {
    /// Whether what begins at `from` lies in a run that is too long or was looked at often enough.
    pub(crate) const fn is_spent(self, from: usize, longest: usize) -> bool {
        // Quotes and words such as `Bearer` may stand before the value itself.
        const MARGIN: usize = 64;
        self.start <= from
            && from + MARGIN < self.end
            && (self.looks >= assignment::LOOKS || self.end - from > longest + MARGIN)
    }
}

/// The state of one pass. What it remembers keeps its cost linear: no run is measured twice.
pub(crate) struct Pass<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) names: &'a Names,
    hits: Vec<Hit>,
    runs: [(usize, usize); CLASSES],
    /// The value last measured.
    pub(crate) value: Value,
}

impl<'a> Pass<'a> {
    fn new(bytes: &'a [u8], names: &'a Names) -> Self {
        Self {
            bytes,
            names,
            hits: Vec::new(),
            runs: [(0, 0); CLASSES],
            value: Value::default(),
        }
    }

    /// Where the run of this class that covers `from` ends.
    pub(crate) fn run_end(&mut self, class: Class, from: usize) -> usize {
        let known = self.runs.get(class as usize).copied().unwrap_or_default();
        if known.0 <= from && from < known.1 {
            return known.1;
        }
        let end = from
            + self
                .bytes
                .get(from..)
                .unwrap_or_default()
                .iter()
                .take_while(|byte| class.has(**byte))
                .count();
        if let Some(slot) = self.runs.get_mut(class as usize) {
            *slot = (from, end);
        }
        end
    }

    pub(crate) fn slice(&self, range: Range<usize>) -> &'a [u8] {
        self.bytes.get(range).unwrap_or_default()
    }

    /// Whether one of the words stands within `reach` bytes before `at`, in any case.
    pub(crate) fn near(&self, at: usize, reach: usize, words: &[&str]) -> bool {
        let before = self.slice(at.saturating_sub(reach)..at);
        words
            .iter()
            .any(|word| judge::contains(before, word.as_bytes()))
    }

    pub(crate) fn hit(&mut self, rule: &'static str, span: Range<usize>, confidence: f64) {
        self.hits.push(Hit {
            rule,
            span,
            confidence,
            severity: None,
        });
    }

    fn shape(&mut self, shape: &Shape, start: usize, body: usize) {
        let mut end = self.run_end(shape.class, body);
        // A full stop or a dash at the end belongs to the sentence.
        while end > body
            && matches!(self.bytes.get(end - 1), Some(b'.' | b'-'))
            && shape.class as u8 >= Class::Dotted as u8
        {
            end -= 1;
        }
        let (least, most) = shape.length;
        let length = end - body;
        if length < least || length > most {
            return;
        }
        let found = self.slice(body..end);
        let mut confidence = shape.confidence;
        if let Some(check) = shape.check {
            match check(found) {
                Some(own) => confidence = own,
                None => return,
            }
        }
        if !shape.context.is_empty() && !self.near(start, CONTEXT, shape.context) {
            return;
        }
        if judge::filled_in(found) || (found.len() >= 16 && judge::entropy(found) < 2.4) {
            confidence *= 0.2;
        }
        if shape.rule == "grafana-token" && shape.class == Class::Alnum {
            end = self.run_end(Class::Url, body);
        }
        self.hits.push(Hit {
            rule: shape.rule,
            span: start..end,
            confidence,
            severity: Some(shape.severity),
        });
    }

    /// Keeps the surest of those that overlap.
    fn finish(mut self) -> Vec<Hit> {
        self.hits.sort_by(|a, b| {
            a.span
                .start
                .cmp(&b.span.start)
                .then(b.span.end.cmp(&a.span.end))
        });
        let mut kept: Vec<Hit> = Vec::with_capacity(self.hits.len());
        for hit in self.hits {
            match kept.last_mut() {
                Some(last) if hit.span.start < last.span.end => {
                    let whole = last.span.start..last.span.end.max(hit.span.end);
                    if hit.confidence > last.confidence {
                        *last = hit;
                    }
                    // Whichever names it, all of it goes.
                    last.span = whole;
                }
                _ => kept.push(hit),
            }
        }
        kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_surest_of_overlapping_hits_is_kept() {
        let scanner = Scanner::new().unwrap();
        let hits = scanner.scan("token = \"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\"", 0);
        assert_eq!(hits.len(), 1);
        assert_eq!(
            (hits[0].rule, hits[0].span.clone()),
            ("github-token", 9..49)
        );
    }
}
