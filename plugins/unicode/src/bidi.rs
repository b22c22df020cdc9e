//! Marks of direction: what opens, what closes, and whether anything nearby runs from right to left.
//!
//! Trojan Source (CVE-2021-42574) hides code by overrides and by embeddings and isolates that a line
//! leaves open. The bidirectional algorithm (UAX #9) ends them with the paragraph.

use std::collections::VecDeque;
use std::ops::Range;

use crate::characters::is_rtl;
use crate::rules::Kind;
use crate::words::floor;

/// The longest pair that is looked for, in bytes.
const PAIR: usize = 256;
/// How far around a mark letters that run from right to left are looked for, in bytes.
const BEFORE: usize = 256;
const BEHIND: usize = 128;

/// A judged mark.
#[derive(Debug, PartialEq)]
pub(crate) struct Judged {
    pub(crate) kind: Kind,
    pub(crate) at: usize,
    pub(crate) confidence: f64,
}

/// What came of the marks so far.
#[derive(Default)]
pub(crate) struct Marks {
    pub(crate) judged: Vec<Judged>,
    /// The first mark that cannot be judged before more of the text has come.
    pub(crate) undecided: Option<usize>,
}

#[derive(Clone, Copy)]
struct Opener {
    at: usize,
    character: char,
}

impl Opener {
    const fn is_isolate(self) -> bool {
        matches!(self.character, '\u{2066}'..='\u{2068}')
    }

    const fn is_override(self) -> bool {
        matches!(self.character, '\u{202d}' | '\u{202e}')
    }

    /// From right to left, whatever stands in it.
    const fn turns(self) -> bool {
        matches!(self.character, '\u{202b}' | '\u{2067}')
    }
}

/// The marks of one text, in order.
pub(crate) struct Bidi<'a> {
    text: &'a str,
    is_open: bool,
    openers: VecDeque<Opener>,
    /// Up to where line ends have been looked for.
    lines_to: usize,
    rtl: Rtl<'a>,
    pub(crate) marks: Marks,
}

impl<'a> Bidi<'a> {
    pub(crate) const fn new(text: &'a str, from: usize, is_open: bool) -> Self {
        Self {
            text,
            is_open,
            openers: VecDeque::new(),
            lines_to: from,
            rtl: Rtl {
                text,
                scanned: from,
                runs: Vec::new(),
            },
            marks: Marks {
                judged: Vec::new(),
                undecided: None,
            },
        }
    }

    /// An embedding, an override, an isolate, or what ends one.
    pub(crate) fn control(&mut self, at: usize, character: char) {
        self.close_lines(at);
        match character {
            '\u{202c}' => match self.openers.pop_back() {
                Some(opener) if !opener.is_isolate() => self.pair(opener, at),
                other => {
                    self.openers.extend(other);
                    self.stray(at);
                }
            },
            '\u{2069}' => {
                if !self.openers.iter().any(|opener| opener.is_isolate()) {
                    return self.stray(at);
                }
                while let Some(opener) = self.openers.pop_back() {
                    if opener.is_isolate() {
                        return self.pair(opener, at);
                    }
                    self.unclosed(opener, at);
                }
            }
            _ => self.openers.push_back(Opener { at, character }),
        }
    }

    /// A mark that only says of itself which way it runs: U+200E, U+200F, U+061C.
    pub(crate) fn mark(&mut self, at: usize, character: char) {
        let confidence = if character == '\u{200e}' { 0.25 } else { 0.5 };
        self.unless_rtl(at..at, &[at], confidence);
    }

    /// What stands from `from` on stands so many bytes further on, since the text repeats itself.
    /// Answers how sure the surest mark there is.
    pub(crate) fn come_again(&mut self, from: usize, by: usize) -> f64 {
        let judged = self.marks.judged.iter_mut();
        let mut confidence = 0.0;
        for mark in judged.filter(|mark| mark.at >= from) {
            mark.at += by;
            confidence = f64::max(confidence, mark.confidence);
        }
        for opener in &mut self.openers {
            opener.at += by;
        }
        self.lines_to += by;
        self.rtl.scanned += by;
        for run in &mut self.rtl.runs {
            *run = run.start + by..run.end + by;
        }
        confidence
    }

    /// The text has come to its end.
    pub(crate) fn finish(mut self) -> Marks {
        self.close_lines(self.text.len());
        for opener in std::mem::take(&mut self.openers) {
            if self.is_open {
                self.wait(opener.at);
            } else {
                self.unclosed(opener, self.text.len());
            }
        }
        self.marks
    }

    /// Ends what a line end, or too long a way, has left open before `at`.
    fn close_lines(&mut self, at: usize) {
        let passed = std::mem::replace(&mut self.lines_to, at);
        if self.openers.is_empty() {
            return;
        }
        let line = self.text.get(passed..at).unwrap_or_default();
        let line_end = line.find(['\n', '\r', '\u{85}', '\u{2029}']);
        let ended = match line_end {
            Some(_) => self.openers.len(),
            None => self.openers.partition_point(|opener| opener.at + PAIR < at),
        };
        for _ in 0..ended {
            if let Some(opener) = self.openers.pop_front() {
                self.unclosed(opener, line_end.map_or(at, |end| passed + end));
            }
        }
    }

    fn pair(&mut self, opener: Opener, close: usize) {
        let places = [opener.at, close];
        if opener.is_override() {
            let confidence = match self.rtl.is_near(opener.at..close, self.is_open) {
                None => return self.wait(opener.at),
                Some(true) => 0.5,
                Some(false) => 0.97,
            };
            return self.judge(Kind::BidiOverride, &places, confidence);
        }
        if !opener.turns() {
            return;
        }
        let turned = self.text.get(opener.at + 3..close).unwrap_or_default();
        let confidence = if turned.chars().any(char::is_alphabetic) {
            0.8
        } else {
            0.4
        };
        self.unless_rtl(opener.at..close, &places, confidence);
    }

    fn unclosed(&mut self, opener: Opener, end: usize) {
        let end = end.min(floor(self.text, opener.at + PAIR));
        let Some(rtl) = self.rtl.is_near(opener.at..end, self.is_open) else {
            return self.wait(opener.at);
        };
        let (kind, confidence) = match (opener.is_override(), opener.turns(), rtl) {
            (true, _, true) => (Kind::BidiOverride, 0.8),
            (true, _, false) => (Kind::BidiOverride, 0.97),
            (false, true, false) => (Kind::BidiControl, 0.85),
            (false, false, false) => (Kind::BidiControl, 0.4),
            (false, _, true) => (Kind::BidiControl, 0.3),
        };
        self.judge(kind, &[opener.at], confidence);
    }

    fn stray(&mut self, at: usize) {
        self.unless_rtl(at..at, &[at], 0.2);
    }

    fn unless_rtl(&mut self, around: Range<usize>, places: &[usize], confidence: f64) {
        match self.rtl.is_near(around.clone(), self.is_open) {
            None => self.wait(around.start),
            Some(true) => {}
            Some(false) => self.judge(Kind::BidiControl, places, confidence),
        }
    }

    fn judge(&mut self, kind: Kind, places: &[usize], confidence: f64) {
        self.marks.judged.extend(places.iter().map(|at| Judged {
            kind,
            at: *at,
            confidence,
        }));
    }

    fn wait(&mut self, at: usize) {
        self.marks.undecided = Some(self.marks.undecided.map_or(at, |first| first.min(at)));
    }
}

/// Where letters run from right to left: found as far as somebody asks, and each stretch once.
struct Rtl<'a> {
    text: &'a str,
    scanned: usize,
    runs: Vec<Range<usize>>,
}

impl Rtl<'_> {
    /// Whether such a letter stands around the range; `None` where it may still come.
    fn is_near(&mut self, around: Range<usize>, is_open: bool) -> Option<bool> {
        let from = around.start.saturating_sub(BEFORE);
        let until = around.end + BEHIND;
        // A character that begins before the end is looked at whole.
        let whole = until + 3;
        self.scan(whole);
        let after = self.runs.partition_point(|run| run.end <= from);
        if self.runs.get(after).is_some_and(|run| run.start < until) {
            return Some(true);
        }
        (!is_open || whole <= self.text.len()).then_some(false)
    }

    fn scan(&mut self, until: usize) {
        let until = floor(self.text, until.max(self.scanned));
        let fresh = self.text.get(self.scanned..until).unwrap_or_default();
        for (offset, character) in fresh.char_indices() {
            if !is_rtl(character) {
                continue;
            }
            let start = self.scanned + offset;
            let end = start + character.len_utf8();
            match self.runs.last_mut() {
                Some(last) if last.end == start => last.end = end,
                _ => self.runs.push(start..end),
            }
        }
        self.scanned = until;
    }
}
