//! Attacks that are written in an encoding: undone around its signs, and judged there once more.

use std::ops::Range;

use caponier_sdk::normalise::{Signs, View, around, decode, fold, signs};

use crate::engine::{Engine, Judged, Reading, Verdict};

/// How far around a word that is turned round others are looked for.
const REACH: usize = 256;
/// The fewest characters of base64 or hexadecimal digits in a row.
const RUN: usize = 20;
/// The fewest single letters in a row.
const LETTERS: usize = 5;
/// The longest word that is looked up once its digits are letters.
const WORD: usize = 32;

/// Everything that decoding finds, in bytes of the text.
pub(crate) fn find(
    engine: &Engine,
    text: &str,
    folded: &View<'_>,
    judged: &Judged,
    data: bool,
) -> Vec<Verdict> {
    let mut search = Search {
        engine,
        data,
        found: Vec::new(),
    };
    let shown = signs(text);
    search.turned(folded, judged);
    if shown.features.escapes >= 3 {
        search.escapes(text, &shown);
    }
    if shown.features.leet >= 2 {
        search.leet(text, &shown);
    }
    if shown.features.spaced >= 8 {
        // Characters nobody sees may stand between the letters.
        if folded.is_identity() {
            search.spaced(folded, &shown);
        } else {
            search.spaced(folded, &signs(folded.text()));
        }
    }
    for run in decode::encoded_runs(text, RUN) {
        let view = decode::hex(text, run.clone()).or_else(|| decode::base64(text, run));
        if let Some(view) = view {
            search.view(&view, 0);
        }
    }
    search.found
}

struct Search<'a> {
    engine: &'a Engine,
    data: bool,
    found: Vec<Verdict>,
}

impl Search<'_> {
    /// ROT13 and text that runs backwards, in what was written: an encoding inside of another is
    /// not followed.
    fn turned(&mut self, folded: &View<'_>, judged: &Judged) {
        let text = folded.text();
        for stretch in around(text, &judged.turned, REACH) {
            self.through(folded, &decode::rot13(text, stretch));
        }
        for stretch in around(text, &judged.backwards, REACH) {
            self.through(folded, &decode::reversed(text, stretch));
        }
    }

    fn escapes(&mut self, text: &str, signs: &Signs) {
        for stretch in &signs.escapes {
            let part = text.get(stretch.clone()).unwrap_or_default();
            if let Some(view) = decode::escapes(part) {
                self.view(&view, stretch.start);
            }
        }
    }

    fn leet(&mut self, text: &str, signs: &Signs) {
        for stretch in &signs.leet {
            let part = text.get(stretch.clone()).unwrap_or_default();
            if self.spells_a_word(part) {
                self.view(&decode::leet(part), stretch.start);
            }
        }
    }

    /// Whether a word with digits between its letters is one of the lexicon's without them.
    fn spells_a_word(&self, part: &str) -> bool {
        let in_word =
            |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'@' | b'$' | b'!' | b'|');
        part.as_bytes()
            .split(|byte| !in_word(byte))
            .filter(|word| {
                word.array_windows().any(|[before, byte, after]| {
                    before.is_ascii_alphabetic()
                        && !byte.is_ascii_alphabetic()
                        && after.is_ascii_alphabetic()
                })
            })
            .any(|word| {
                let mut letters = [0; WORD];
                let length = word.len().min(WORD);
                for (slot, byte) in letters.iter_mut().zip(word) {
                    *slot = decode::letter_of(*byte);
                }
                self.engine.knows(letters.get(..length).unwrap_or_default())
            })
    }

    fn spaced(&mut self, folded: &View<'_>, signs: &Signs) {
        let joined = Reading {
            data: self.data,
            joined: true,
        };
        for stretch in &signs.spaced {
            let part = folded.text().get(stretch.clone()).unwrap_or_default();
            if let Some(view) = decode::spaced(part, LETTERS) {
                let verdicts = self.engine.judge(view.text(), joined).verdicts;
                self.keep(verdicts, |span| {
                    folded.source(shifted(view.source(span), stretch.start))
                });
            }
        }
    }

    /// A view of a view: `inner` was made of what `outer` says.
    fn through(&mut self, outer: &View<'_>, inner: &View<'_>) {
        let verdicts = self.engine.judge(inner.text(), self.reading()).verdicts;
        self.keep(verdicts, |span| outer.source(inner.source(span)));
    }

    /// A view of the text's stretch that begins at `start`.
    fn view(&mut self, view: &View<'_>, start: usize) {
        let folded = fold(view.text());
        let verdicts = self.engine.judge(folded.text(), self.reading()).verdicts;
        self.keep(verdicts, |span| {
            shifted(view.source(folded.source(span)), start)
        });
    }

    const fn reading(&self) -> Reading {
        Reading {
            data: self.data,
            joined: false,
        }
    }

    fn keep(&mut self, verdicts: Vec<Verdict>, source: impl Fn(Range<usize>) -> Range<usize>) {
        self.found.extend(verdicts.into_iter().map(|verdict| {
            let span = source(verdict.span.clone());
            encoded(Verdict { span, ..verdict })
        }));
    }
}

fn shifted(span: Range<usize>, by: usize) -> Range<usize> {
    span.start + by..span.end + by
}

/// Hiding it makes it worse: nobody encodes an honest request for an override.
fn encoded(verdict: Verdict) -> Verdict {
    let hidden = verdict.confidence >= 0.5 && verdict.rule != "jailbreak-persona";
    if !hidden {
        return verdict;
    }
    Verdict {
        rule: "encoded-payload",
        confidence: verdict.confidence.max(0.92),
        ..verdict
    }
}
