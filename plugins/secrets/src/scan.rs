//! One pass over a text: shapes where a word begins, assignments where a separator stands.

use std::ops::Range;

use caponier_sdk::Severity;
use caponier_sdk::normalise::{Fold, Trie, TrieError};
use caponier_sdk::scan::repeats;

use crate::assignment;
use crate::commands::{self, Tool};
use crate::context::{Providers, Seen};
use crate::filter::Filter;
use crate::judge;
use crate::known;
use crate::kubernetes::Object;
use crate::marks;
use crate::names::{Folded, Name, Names};
use crate::providers::SHAPES;
use crate::shape::{CLASSES, Class, Shape};
use crate::structured::{self, PEM_WINDOW};
use crate::value::Value;

/// How much released text before the window can decide a match: a name, or context words.
pub(crate) const LOOK_BEHIND: usize = 768;
/// Stretches that repeat themselves for so long are looked at once, and where they end.
const REPEATED: usize = 2 * PEM_WINDOW;

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
pub(crate) enum Start {
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
pub(crate) const STARTS: &[(&str, Start)] = &[
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
        let mut at = from;
        for repeat in repeats(bytes, from, REPEATED) {
            let known = repeat.known(LOOK_BEHIND, PEM_WINDOW);
            self.part(&mut pass, at..known.start);
            // What is found once is found each time.
            at = if pass.has_found(known.start - repeat.period) {
                known.start
            } else {
                known.end
            };
        }
        self.part(&mut pass, at..bytes.len());
        pass.finish()
    }

    fn part(&self, pass: &mut Pass<'_>, range: Range<usize>) {
        let bytes = pass.bytes;
        self.filter.each(bytes, range, |at| {
            let byte = bytes.get(at).copied().unwrap_or(0);
            // The middle of a word: most places that the filter lets pass in a long one.
            if is_word(byte) && byte != b'_' && !word_begins(bytes, at) {
                return;
            }
            self.place(pass, byte, at);
        });
    }

    /// Looks at what begins, or stands around, the byte at `at`.
    #[inline(never)]
    fn place(&self, pass: &mut Pass<'_>, byte: u8, at: usize) {
        match byte {
            b':' | b'=' | b'>' | b'~' | b'|' => assignment::at_separator(pass, at),
            b'"' | b'\'' => assignment::at_comma(pass, at),
            _ if word_begins(pass.bytes, at) => self.start(pass, at),
            b'-' | b'_' => marks::inside(pass, at),
            _ => {}
        }
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

/// What a byte is to the word that it may belong to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Outside,
    Inside,
    /// It may be the last of an escape: the `n` of a line break, and the digits of `%3D`.
    Escape,
}

const fn part(byte: u8) -> Part {
    match byte {
        b'n' | b't' | b'r' | b'D' | b'd' | b'0' | b'A' | b'2' => Part::Escape,
        b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'_' => Part::Inside,
        _ => Part::Outside,
    }
}

fn is_word(byte: u8) -> bool {
    part(byte) != Part::Outside
}

/// Whether a word can begin at `at`: behind no letter, or behind an escape that ends with one.
#[inline]
fn word_begins(bytes: &[u8], at: usize) -> bool {
    let Some(last) = at.checked_sub(1).and_then(|last| bytes.get(last)) else {
        return true;
    };
    match part(*last) {
        Part::Outside => true,
        Part::Inside => false,
        Part::Escape => ends_escape(bytes, at),
    }
}

fn ends_escape(bytes: &[u8], at: usize) -> bool {
    let before = bytes.get(at.saturating_sub(3)..at).unwrap_or_default();
    matches!(
        before,
        [.., b'\\', b'n' | b't' | b'r'] | [b'%', _, b'D' | b'd' | b'0' | b'A' | b'2']
    )
}

/// The state of one pass. What it remembers keeps its cost linear: no run is measured twice, and
/// what commands and keys stood before is known without looking back.
pub(crate) struct Pass<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) names: &'a Names,
    pub(crate) providers: &'a Providers,
    pub(crate) seen: Seen,
    hits: Vec<Hit>,
    runs: [(usize, usize); CLASSES],
    /// Where each tool was last named.
    tools: [Option<usize>; Tool::COUNT],
    /// The value last measured.
    pub(crate) value: Value,
    /// The name last judged, as it is written and as it is compared, and how strong it is.
    pub(crate) name: (&'a [u8], Folded, Option<Name>),
    /// The password last judged, and how sure it is to be one.
    pub(crate) password: (&'a [u8], Option<f64>),
    /// The Kubernetes object that is being read.
    pub(crate) object: Object,
}

impl<'a> Pass<'a> {
    fn new(bytes: &'a [u8], names: &'a Names, providers: &'a Providers) -> Self {
        Self {
            bytes,
            names,
            providers,
            seen: Seen::default(),
            hits: Vec::new(),
            runs: [(0, 0); CLASSES],
            tools: [None; Tool::COUNT],
            value: Value::default(),
            name: (&[], Folded::of(&[]), None),
            password: (&[], None),
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

    /// Whether something was found that ends behind `at`.
    fn has_found(&self, at: usize) -> bool {
        self.hits.iter().any(|hit| hit.span.end > at)
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
        if length < 8 {
            return;
        }
        if let Some(last) = self.hits.last_mut()
            && last.span == span
            && last.rule == "generic-secret"
            && shape.is_telling()
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
