//! One pass over a text.
//!
//! Bytes of ASCII, of Latin letters with marks and of ideographs are passed over; what is left is
//! sorted by its character, and judged in runs and words. Each judgement depends on the run or word
//! and a bounded stretch around it, so that a stream comes to the same as the whole.

use std::ops::Range;

use caponier_sdk::scan::{bytes, repeats};

use crate::again::Again;
use crate::bidi::Bidi;
use crate::characters::{Class, Family, class};
use crate::hidden::{self, Run};
use crate::rules::{Kind, LOOK_BEHIND};
use crate::smuggled;
use crate::words::{self, Word};

/// The most marks that any language stacks on one letter.
const MARKS: usize = 4;

/// Stretches that repeat themselves for so long are looked at once, and where they end.
const REPEATED: usize = 8 * LOOK_BEHIND;

/// Something found.
#[derive(Debug, PartialEq)]
pub(crate) struct Hit {
    pub(crate) kind: Kind,
    pub(crate) span: Range<usize>,
    pub(crate) confidence: f64,
    /// What the characters spell.
    pub(crate) decoded: Option<String>,
    /// A host's name is written with it.
    pub(crate) in_host: bool,
    /// It stands for many that are the same.
    pub(crate) again: Option<Again>,
}

/// What came of a text.
#[derive(Default)]
pub(crate) struct Scanned {
    /// In the order in which they stand.
    pub(crate) hits: Vec<Hit>,
    /// What may still become a hit, or change one, begins here.
    pub(crate) hold: Option<usize>,
}

struct Scan<'a> {
    text: &'a str,
    is_open: bool,
    /// Whether the text's first byte is the segment's.
    is_start: bool,
    from: usize,
    /// The end of the word that was last judged.
    word_end: usize,
    bidi: Option<Bidi<'a>>,
    found: Scanned,
}

/// Looks at `text` from the byte `from` on. `is_open`: more may follow.
pub(crate) fn scan(text: &str, from: usize, is_start: bool, is_open: bool) -> Scanned {
    if bytes::find(text.as_bytes(), from, |byte| byte >= 0x80).is_none() {
        let mut plain = Scanned::default();
        if is_open {
            plain.hold = last_word(text);
        }
        return plain;
    }
    let mut scan = Scan {
        text,
        is_open,
        is_start,
        from,
        word_end: 0,
        bidi: None,
        found: Scanned::default(),
    };
    scan.pass(from);
    scan.finish()
}

/// Where the word begins that the text ends in: its next letter may be one of another script.
fn last_word(text: &str) -> Option<usize> {
    words::start_of(text, text.len()).filter(|start| *start < text.len())
}

impl Scan<'_> {
    fn pass(&mut self, from: usize) {
        let text = self.text;
        let mut at = from;
        for repeat in repeats(text.as_bytes(), from, REPEATED) {
            let known = repeat.known(LOOK_BEHIND, LOOK_BEHIND);
            at = self.stretch(at, known.start);
            if at < known.end && self.has_passed(known.start - repeat.period) {
                at = words::floor(text, known.end);
            }
            // Before that place everything is decided, and comes again.
            let known = repeat.known(4 * LOOK_BEHIND, LOOK_BEHIND);
            at = self.stretch(at, known.start);
            if at < known.end {
                at = self.come_again(at, repeat.period, known.end);
            }
        }
        self.stretch(at, text.len());
    }

    /// Whether nothing was found behind `at`, and nothing is open: what repeats itself from there on
    /// holds nothing either.
    fn has_passed(&self, at: usize) -> bool {
        self.bidi.is_none() && self.found.hits.iter().all(|hit| hit.span.end <= at)
    }

    /// Goes on where the scan stands as it does at `at`, at most at `end`, since what is between comes
    /// again with each period. Answers where that is.
    fn come_again(&mut self, at: usize, period: usize, end: usize) -> usize {
        let rounds = (end - at) / period;
        let from = at - LOOK_BEHIND.next_multiple_of(period);
        let parts = self.parts(from - period..from);
        let before = self.parts(from - 2 * period..from - period);
        let same = parts.len() == before.len()
            && parts
                .iter()
                .zip(&before)
                .all(|((kind, span), (other, was))| {
                    kind == other
                        && span.start == was.start + period
                        && span.end == was.end + period
                });
        let overlap = parts.windows(2).any(|pair| match pair {
            [(_, one), (_, other)] => one.end > other.start,
            _ => false,
        });
        let ends = parts.first().zip(parts.last());
        let overlap =
            overlap || ends.is_some_and(|((_, one), (_, other))| other.end > one.start + period);
        if rounds == 0 || !same || overlap {
            return at;
        }
        let by = rounds * period;
        let hits = &mut self.found.hits;
        let last = from - period..from;
        let like = || hits.iter().filter(|hit| last.contains(&hit.span.start));
        let decoded = like().find_map(|hit| hit.decoded.clone());
        let in_host = like().any(|hit| hit.in_host);
        for hit in hits.iter_mut().filter(|hit| hit.span.start >= from) {
            hit.span = hit.span.start + by..hit.span.end + by;
        }
        let sure = hits.iter().filter(|hit| hit.span.start >= from - period);
        let mut confidence = sure.fold(0.0, |sure, hit| f64::max(sure, hit.confidence));
        if let Some(bidi) = &mut self.bidi {
            confidence = f64::max(confidence, bidi.come_again(from, by));
        }
        if (from..end).contains(&self.word_end) {
            self.word_end += by;
        }
        let first = parts.first().map(|(kind, _)| *kind);
        let again = Again {
            parts,
            period,
            rounds,
        };
        if let Some(kind) = first {
            let mut hit = hit(kind, again.span(), confidence);
            (hit.decoded, hit.in_host, hit.again) = (decoded, in_host, Some(again));
            self.found.hits.push(hit);
        }
        at + by
    }

    /// What was found that begins in a range, in order.
    fn parts(&self, range: Range<usize>) -> Vec<(Kind, Range<usize>)> {
        let recent = self.found.hits.iter().rev();
        let hits = recent
            .filter(|hit| range.contains(&hit.span.start))
            .map(|hit| (hit.kind, hit.span.clone()));
        let marks = self.bidi.iter().flat_map(|bidi| &bidi.marks.judged);
        let marks = marks.filter(|mark| range.contains(&mark.at)).map(|mark| {
            let length = char_at(self.text, mark.at).map_or(0, char::len_utf8);
            (mark.kind, mark.at..mark.at + length)
        });
        let mut parts: Vec<_> = hits.chain(marks).collect();
        parts.sort_by_key(|(_, span)| span.start);
        parts
    }

    /// Looks at what begins before `until`. Answers where to go on.
    fn stretch(&mut self, from: usize, until: usize) -> usize {
        let bytes = self.text.as_bytes();
        let mut at = from;
        while let Some(lead) = bytes.get(at).filter(|_| at < until) {
            at = match lead {
                0..=0x7f => next_beyond_ascii(bytes, at),
                // Latin letters with marks and phonetic ones; Hebrew, Arabic but for its letter mark.
                0xc3..=0xcb | 0xd7 | 0xd9..=0xdf => at + 2,
                0xd8 if bytes.get(at + 1) != Some(&0x9c) => at + 2,
                // India, kana but for the filler among them, ideographs, Yi, Hangul, emoji.
                0xe0 | 0xe4..=0xe9 | 0xeb..=0xed => at + 3,
                0xe3 if bytes.get(at + 1) != Some(&0x85) => at + 3,
                0xf0 if bytes.get(at + 1) == Some(&0x9f) && bytes.get(at + 2) != Some(&0xbf) => {
                    at + 4
                }
                _ => self.character(at),
            };
        }
        at
    }

    fn finish(mut self) -> Scanned {
        if let Some(bidi) = self.bidi.take() {
            let marks = bidi.finish();
            self.hold(marks.undecided);
            let text = self.text;
            self.found.hits.extend(marks.judged.into_iter().map(|mark| {
                let length = char_at(text, mark.at).map_or(0, char::len_utf8);
                hit(mark.kind, mark.at..mark.at + length, mark.confidence)
            }));
        }
        // A word is judged where its first strange letter stands, and a pair where it closes.
        self.found.hits.sort_by_key(|hit| hit.span.start);
        if self.is_open {
            self.hold(last_word(self.text));
        }
        self.found
    }

    /// Looks at one character, and what belongs to it. Answers where to go on.
    fn character(&mut self, at: usize) -> usize {
        let Some(character) = char_at(self.text, at) else {
            return self.text.len();
        };
        let end = at + character.len_utf8();
        match class(character) {
            Class::Plain => end,
            Class::Letter => self.letter(at, end),
            Class::Mark => self.marks(at),
            Class::Hidden(Family::Bidi) => {
                self.bidi().control(at, character);
                end
            }
            Class::Hidden(family) => self.hidden(at, family),
            Class::Noncharacter => {
                self.found.hits.push(hit(Kind::Noncharacter, at..end, 0.9));
                end
            }
            Class::Private => self.private(at),
        }
    }

    fn letter(&mut self, at: usize, end: usize) -> usize {
        if at < self.word_end {
            return end;
        }
        let word = Word::around(self.text, at);
        self.word_end = word.span.end;
        // A word that may still grow is held as the last one.
        let may_grow = self.is_open && word.span.end == self.text.len();
        if word.is_short && !may_grow {
            match words::judge(self.text, word.span.clone(), self.is_open) {
                Ok(None) => {}
                Err(()) => self.hold(Some(word.span.start)),
                Ok(Some(verdict)) => {
                    let kind = if verdict.look_alike {
                        Kind::LookAlike
                    } else {
                        Kind::MixedScript
                    };
                    let mut hit = hit(kind, word.span, verdict.confidence);
                    hit.in_host = verdict.in_host;
                    self.found.hits.push(hit);
                }
            }
        }
        word.plain_to.max(end)
    }

    /// Marks on one letter, grapheme joiners between them included.
    fn marks(&mut self, at: usize) -> usize {
        let run = self.run(at, |c| class(c) == Class::Mark || c == '\u{34f}');
        if self.is_open && run.end == self.text.len() {
            self.hold(Some(at));
            return run.end;
        }
        let count = self
            .text
            .get(run.clone())
            .unwrap_or_default()
            .chars()
            .count();
        if count > MARKS {
            let confidence = if count > 2 * MARKS { 0.95 } else { 0.75 };
            self.found
                .hits
                .push(hit(Kind::StackedMarks, run.clone(), confidence));
        }
        run.end
    }

    fn private(&mut self, at: usize) -> usize {
        let run = self.run(at, |c| class(c) == Class::Private);
        if self.is_open && run.end == self.text.len() {
            self.hold(Some(at));
            return run.end;
        }
        // Symbol fonts in documents leave single ones behind; a text of them is a code.
        let is_plane = self
            .text
            .as_bytes()
            .get(at)
            .is_some_and(|lead| *lead >= 0xf0);
        let count = self
            .text
            .get(run.clone())
            .unwrap_or_default()
            .chars()
            .count();
        let confidence = match (is_plane, count) {
            (true, 8..) => 0.8,
            (true, _) => 0.5,
            (false, 8..) => 0.5,
            (false, _) => 0.15,
        };
        self.found
            .hits
            .push(hit(Kind::PrivateUse, run.clone(), confidence));
        run.end
    }

    fn hidden(&mut self, at: usize, family: Family) -> usize {
        let run = self.run(at, |c| class(c) == Class::Hidden(family));
        if self.is_open && run.end == self.text.len() {
            self.hold(Some(at));
            return run.end;
        }
        let written = self.text.get(run.clone()).unwrap_or_default();
        let shown = Run {
            text: written,
            before: self
                .text
                .get(..at)
                .and_then(|before| before.chars().next_back()),
            after: char_at(self.text, run.end),
            is_first: at == 0 && self.is_start,
        };
        let verdict = match (family, shown.judge(family)) {
            (Family::Soft, None) => match hidden::spells(self.text, at, self.is_open) {
                None => {
                    self.hold(Some(at));
                    None
                }
                Some(spells) => spells.then_some((Kind::SoftHyphen, 0.9)),
            },
            (_, verdict) => verdict,
        };
        match verdict {
            Some((kind, confidence)) => {
                let mut hit = hit(kind, run.clone(), confidence);
                hit.decoded = match kind {
                    Kind::Tags => smuggled::tags(written),
                    Kind::VariationSelectors => smuggled::selectors(written),
                    Kind::ZeroWidthBits => smuggled::bits(written),
                    _ => None,
                };
                self.found.hits.push(hit);
            }
            None if family == Family::Zero => self.direction_marks(at, written),
            None => {}
        }
        run.end
    }

    /// Marks of direction among characters without a width.
    fn direction_marks(&mut self, at: usize, run: &str) {
        for (offset, character) in run.char_indices() {
            if matches!(character, '\u{200e}' | '\u{200f}' | '\u{61c}') {
                self.bidi().mark(at + offset, character);
            }
        }
    }

    /// The characters from `at` on that `belongs` takes. One that is like the last is not asked for.
    fn run(&self, at: usize, belongs: impl Fn(char) -> bool) -> Range<usize> {
        let rest = self.text.get(at..).unwrap_or_default();
        let mut last = None;
        let ends = |character| {
            if last == Some(character) {
                return false;
            }
            last = Some(character);
            !belongs(character)
        };
        at..at + rest.find(ends).unwrap_or(rest.len())
    }

    fn hold(&mut self, from: Option<usize>) {
        self.found.hold = self.found.hold.into_iter().chain(from).min();
    }
}

impl<'a> Scan<'a> {
    fn bidi(&mut self) -> &mut Bidi<'a> {
        let (text, from, is_open) = (self.text, self.from, self.is_open);
        self.bidi
            .get_or_insert_with(|| Bidi::new(text, from, is_open))
    }
}

/// Where the next character beyond ASCII stands. It is often near; where it is not, many bytes are
/// looked at in one step.
fn next_beyond_ascii(bytes: &[u8], at: usize) -> usize {
    const NEAR: usize = 16;
    let near = bytes.get(at..).unwrap_or_default().iter().take(NEAR);
    match near.enumerate().find(|(_, byte)| **byte >= 0x80) {
        Some((offset, _)) => at + offset,
        None => bytes::find(bytes, at + NEAR, |byte| byte >= 0x80).unwrap_or(bytes.len()),
    }
}

fn char_at(text: &str, at: usize) -> Option<char> {
    text.get(at..)?.chars().next()
}

const fn hit(kind: Kind, span: Range<usize>, confidence: f64) -> Hit {
    Hit {
        kind,
        span,
        confidence,
        decoded: None,
        in_host: false,
        again: None,
    }
}
