//! One pass over a text: shapes where a word begins, assignments where a separator stands.

use std::ops::Range;

use caponier_sdk::Severity;
use caponier_sdk::normalise::{Fold, Trie, TrieError};

use crate::assignment;
use crate::commands::{self, Tool};
use crate::context::Providers;
use crate::filter::Filter;
use crate::judge;
use crate::known;
use crate::kubernetes::Object;
use crate::marks;
use crate::names::{Name, Names};
use crate::providers::SHAPES;
use crate::shape::{CLASSES, Class, Shape};
use crate::structured;
use crate::value::Value;

/// How far back context words are looked for.
const CONTEXT: usize = 96;

/// Something found, before it is reported.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Hit {
    pub(crate) rule: &'static str,
    pub(crate) span: Range<usize>,
    pub(crate) confidence: f64,
    pub(crate) severity: Option<Severity>,
}

/// What a pattern of the trie stands for.
#[derive(Clone, Copy)]
enum Start {
    Shape(&'static Shape),
    Pem,
    EncodedPem,
    WebToken,
    EncodedWebToken,
    /// A command whose options are looked at.
    Tool(Tool),
    /// An option that names a user and a password.
    User,
    /// An option that a password follows, maybe at once.
    Pass,
    /// Words that a value of this sort follows.
    Before(Name),
    /// The same in a sentence.
    Said(Name),
    /// `password ` behind `login …`.
    Netrc,
}

#[rustfmt::skip]
const STARTS: &[(&str, Start)] = &[
    ("-----BEGIN", Start::Pem), ("LS0tLS1CRUdJTi", Start::EncodedPem),
    ("eyJ", Start::WebToken), ("ZXlK", Start::EncodedWebToken),
    ("curl", Start::Tool(Tool::Curl)), ("mysql", Start::Tool(Tool::Mysql)), ("mariadb", Start::Tool(Tool::Mysql)),
    ("sshpass", Start::Tool(Tool::Login)), ("docker login", Start::Tool(Tool::Login)), ("login ", Start::Tool(Tool::Netrc)),
    ("-u", Start::User), ("--user", Start::User), ("-p", Start::Pass),
    ("password ", Start::Netrc),
    ("--password ", Start::Before(Name::Password)), ("--passwd ", Start::Before(Name::Password)),
    ("--pass ", Start::Before(Name::Password)), ("-Password ", Start::Before(Name::Password)),
    ("IDENTIFIED BY ", Start::Before(Name::Password)), ("identified by ", Start::Before(Name::Password)),
    ("PASSWORD '", Start::Before(Name::Password)), ("password '", Start::Before(Name::Password)),
    ("--token ", Start::Before(Name::Token)), ("--api-key ", Start::Before(Name::Token)), ("--apikey ", Start::Before(Name::Token)),
    ("--api-token ", Start::Before(Name::Token)), ("--secret ", Start::Before(Name::Token)), ("--secret-key ", Start::Before(Name::Token)),
    ("--client-secret ", Start::Before(Name::Token)), ("--access-token ", Start::Before(Name::Token)),
    ("--auth-token ", Start::Before(Name::Token)), ("--access-key ", Start::Before(Name::Token)), ("-ClientSecret ", Start::Before(Name::Token)),
    ("password is ", Start::Said(Name::Password)), ("Password is ", Start::Said(Name::Password)), ("passwd is ", Start::Said(Name::Password)),
    ("passphrase is ", Start::Said(Name::Password)), ("passcode is ", Start::Said(Name::Password)), ("Passwort ist ", Start::Said(Name::Password)),
    ("token is ", Start::Said(Name::Token)), ("key is ", Start::Said(Name::Token)), ("secret is ", Start::Said(Name::Token)),
];

/// What stands behind a secret's beginning, looked for in the middle of words too.
#[rustfmt::skip]
const INNER: &[(&str, Option<Class>)] = &[("-us", Some(Class::Digits)), ("_mmk", None), ("\",", None), ("',", None)];

/// The tables of the pass, built once.
pub(crate) struct Scanner {
    trie: Trie,
    starts: Vec<Start>,
    filter: Filter,
    names: Names,
    providers: Providers,
}

impl Scanner {
    pub(crate) fn new() -> Result<Self, TrieError> {
        let shapes = SHAPES.iter().copied().flatten().flat_map(|shape| {
            // A body shorter than what the filter looks at says nothing of the bytes behind it.
            let class = (shape.length.0 >= 4).then_some(shape.class);
            let prefixes = shape.prefixes.iter();
            prefixes.map(move |prefix| (*prefix, Start::Shape(shape), class))
        });
        let others = STARTS.iter().map(|(prefix, start)| (*prefix, *start, None));
        let patterns: Vec<(&str, Start, Option<Class>)> = shapes.chain(others).collect();
        let filtered = patterns.iter().map(|(prefix, _, class)| (*prefix, *class));
        let filter = Filter::new(b":=>~|", filtered.chain(INNER.iter().copied()));
        let values = (1u64..).zip(&patterns);
        let trie = Trie::build(
            Fold::Exact,
            values.map(|(value, (prefix, ..))| (*prefix, value)),
        )?;
        Ok(Self {
            trie,
            starts: patterns.iter().map(|(_, start, _)| *start).collect(),
            filter,
            names: Names::new(),
            providers: Providers::new()?,
        })
    }

    /// Everything found in `text` from `from` on.
    pub(crate) fn scan(&self, text: &str, from: usize) -> Vec<Hit> {
        let bytes = text.as_bytes();
        let mut pass = Pass::new(bytes, &self.names, &self.providers);
        self.filter.each(bytes, from, |at| match bytes.get(at) {
            Some(b':' | b'=' | b'>' | b'~' | b'|') => assignment::at_separator(&mut pass, at),
            Some(b'"' | b'\'') => assignment::at_comma(&mut pass, at),
            _ if word_begins(bytes, at) => self.start(&mut pass, at),
            Some(b'-' | b'_') => marks::inside(&mut pass, at),
            _ => {}
        });
        pass.finish()
    }

    fn start(&self, pass: &mut Pass<'_>, at: usize) {
        self.trie.walk(pass.bytes, at, |value, end| {
            let start = usize::try_from(value - 1).ok();
            match start.and_then(|index| self.starts.get(index)) {
                Some(Start::Shape(shape)) => pass.shape(shape, at, end),
                Some(Start::Pem) => structured::private_key(pass, at),
                Some(Start::EncodedPem) => structured::encoded_key(pass, at),
                Some(Start::WebToken) => structured::web_token(pass, at),
                Some(Start::EncodedWebToken) => structured::encoded_token(pass, at),
                Some(Start::Tool(tool)) => pass.saw(*tool, at),
                Some(Start::User) => commands::user(pass, at, end),
                Some(Start::Pass) => commands::password(pass, at, end),
                Some(Start::Before(name)) => assignment::behind(pass, end, *name, false),
                Some(Start::Said(name)) => assignment::behind(pass, end, *name, true),
                Some(Start::Netrc) => commands::netrc(pass, at, end),
                None => {}
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

/// The state of one pass. What it remembers keeps its cost linear: no run is measured twice, and
/// what commands and keys stood before is known without looking back.
pub(crate) struct Pass<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) names: &'a Names,
    pub(crate) providers: &'a Providers,
    hits: Vec<Hit>,
    runs: [(usize, usize); CLASSES],
    /// Where each tool was last named.
    tools: [Option<usize>; Tool::COUNT],
    /// The value last measured.
    pub(crate) value: Value,
    /// The Kubernetes object that is being read.
    pub(crate) object: Object,
}

impl<'a> Pass<'a> {
    fn new(bytes: &'a [u8], names: &'a Names, providers: &'a Providers) -> Self {
        Self {
            bytes,
            names,
            providers,
            hits: Vec::new(),
            runs: [(0, 0); CLASSES],
            tools: [None; Tool::COUNT],
            value: Value::default(),
            object: Object::default(),
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

    /// The bytes of a range, as far as there are any.
    pub(crate) fn slice(&self, range: Range<usize>) -> &'a [u8] {
        let end = range.end.min(self.bytes.len());
        self.bytes.get(range.start..end).unwrap_or_default()
    }

    /// Whether one of the words stands within `reach` bytes before `at`: `word`, `Word` or `WORD`.
    pub(crate) fn near(&self, at: usize, reach: usize, words: &[&str]) -> bool {
        let before = self.slice(at.saturating_sub(reach)..at);
        words
            .iter()
            .any(|word| judge::stands_in_text(before, word.as_bytes()))
    }

    pub(crate) fn saw(&mut self, tool: Tool, at: usize) {
        if let Some(slot) = self.tools.get_mut(tool as usize) {
            *slot = Some(at);
        }
    }

    /// Whether the tool was named within `reach` bytes before `at`.
    pub(crate) fn has_seen(&self, tool: Tool, at: usize, reach: usize) -> bool {
        let seen = self.tools.get(tool as usize).copied().flatten();
        seen.is_some_and(|seen| seen <= at && at - seen <= reach)
    }

    pub(crate) fn hit(&mut self, rule: &'static str, span: Range<usize>, confidence: f64) {
        self.hits.push(Hit {
            rule,
            span,
            confidence,
            severity: None,
        });
    }

    fn shape(&mut self, shape: &'static Shape, start: usize, body: usize) {
        let mut end = self.run_end(shape.class, body);
        // A full stop or a dash at the end belongs to the sentence.
        while end > body
            && shape.class.has_stops()
            && matches!(self.bytes.get(end - 1), Some(b'.' | b'-' | b':' | b'@'))
        {
            end -= 1;
        }
        let (least, most) = shape.length;
        let length = end - body;
        if length < usize::from(least) || length > usize::from(most) {
            return self.reject(shape, start..end, length);
        }
        let found = self.slice(body..end);
        let mut confidence = shape.confidence;
        if let Some(check) = shape.check {
            match check(found) {
                // A row that says less of itself than others do is not made surer.
                Some(own) if confidence < 0.9 => confidence = confidence.min(own),
                Some(own) => confidence = own,
                None => return self.reject(shape, start..end, length),
            }
        }
        if !shape.context.is_empty() && !self.near(start, CONTEXT, shape.context) {
            return;
        }
        if judge::filled_in(found) || (found.len() >= 16 && judge::entropy(found) < 2.4) {
            confidence *= 0.2;
        } else if known::is_published(self.slice(start..end)) {
            confidence = 0.1;
        }
        self.hits.push(Hit {
            rule: shape.rule,
            span: start..end,
            confidence,
            severity: Some(shape.severity),
        });
        if shape.rule == "aws-access-key" && confidence > 0.5 {
            structured::aws_secret_behind(self, end);
        }
    }

    /// A prefix that nothing else begins with, and no such token behind it: what an assignment
    /// took for a secret here is most often cut short or made up.
    fn reject(&mut self, shape: &Shape, span: Range<usize>, length: usize) {
        let telling = shape.context.is_empty()
            && shape.length.0 >= 16
            && shape.prefixes.iter().all(|prefix| prefix.len() >= 4);
        if let Some(last) = self.hits.last_mut()
            && telling
            && length >= 8
            && last.rule == "generic-secret"
            && last.span == span
        {
            last.confidence *= 0.7;
        }
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

    #[test]
    fn a_token_of_the_wrong_length_is_doubted() {
        let scanner = Scanner::new().unwrap();
        let confidence = |text: &str| scanner.scan(text, 0)[0].confidence;
        let named = confidence("token = \"4fNP0UcnZwJUVFk6LO0pINUx\"");
        assert!(confidence("token = \"ghp_4fNP0UcnZwJUVFk6LO0pINUx\"") < named);
    }
}
