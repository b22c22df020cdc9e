//! A linear model in whole numbers: what a sentence, and a stretch of them, looks like.
//!
//! `cargo xtask train` writes `model.bin`; MODEL.md says what it was made of and how good it is. It
//! holds a weight of eight bits for each feature, and two curves that turn scores of sentences and
//! of stretches into confidence, as [`KNOTS`] pairs of `f32`.

use std::ops::Range;

use crate::engine::Verdict;
use crate::features::{FEATURES, Sentence, Sum, Weights};

static BYTES: &[u8] = include_bytes!("../model.bin");

/// Points of a curve.
pub const KNOTS: usize = 12;
/// Bytes of one curve.
const CURVE: usize = KNOTS * 8;
/// Bytes of the whole file.
const SIZE: usize = FEATURES + 2 * CURVE;
/// Few features say little: as if so many more had said nothing.
pub const DAMPING: u32 = 8;
/// Two neighbouring blocks of about this many bytes are a stretch.
pub const BLOCK: usize = 512;
/// What the model's findings are called.
pub(crate) const RULE: &str = "learned-pattern";
/// Less is not reported.
pub(crate) const LEAST: f64 = 0.05;
/// How many sentences back a repetition is looked for.
const NEAR: usize = 8;
/// From here on every place is reported; below, the most suspicious one alone.
const LIKELY: f64 = 0.5;

/// From scores to confidence: points in order, straight lines between them.
#[derive(Clone, Debug, PartialEq)]
struct Curve([(f32, f32); KNOTS]);

impl Curve {
    fn read(bytes: &[u8]) -> Option<Self> {
        let (pairs, []) = bytes.as_chunks::<8>() else {
            return None;
        };
        let mut points = [(0.0, 0.0); KNOTS];
        for (point, pair) in points.iter_mut().zip(pairs) {
            let score = f32::from_le_bytes(*pair.first_chunk()?);
            let confidence = f32::from_le_bytes(*pair.last_chunk()?);
            *point = (score, confidence);
        }
        (pairs.len() == KNOTS).then_some(Self(points))
    }

    fn at(&self, score: f32) -> f64 {
        let mut before = None;
        for (right, high) in self.0 {
            if score < right {
                let Some((left, low)) = before else {
                    return f64::from(high);
                };
                let share = (score - left) / (right - left);
                return f64::from(low + (high - low) * share);
            }
            before = Some((right, high));
        }
        before.map_or(0.0, |(_, last)| f64::from(last))
    }
}

/// The model.
pub(crate) struct Model {
    weights: &'static Weights,
    sentence: Curve,
    stretch: Curve,
}

impl Model {
    /// None where the file is not what this code was built for.
    pub(crate) fn new() -> Option<Self> {
        let file: &'static [u8; SIZE] = BYTES.try_into().ok()?;
        let (weights, curves) = file.split_first_chunk::<FEATURES>()?;
        let (sentence, stretch) = curves.split_at_checked(CURVE)?;
        Some(Self {
            weights,
            sentence: Curve::read(sentence)?,
            stretch: Curve::read(stretch)?,
        })
    }

    pub(crate) const fn weights(&self) -> &'static Weights {
        self.weights
    }

    /// What the sentences, and stretches of them, look like; and how sure it is of each sentence.
    pub(crate) fn judge(&self, sentences: &[Sentence<Sum>]) -> (Vec<Verdict>, Vec<f64>) {
        let mut found = Places::default();
        let mut alone = Vec::with_capacity(sentences.len());
        for sentence in sentences {
            let confidence = self.sentence.at(score(sentence.tally));
            found.add(sentence.start..sentence.end, confidence);
            alone.push(confidence);
        }
        let stretches = stretches(sentences);
        let mut likely = 0;
        for stretch in &stretches {
            let inside = sentences.get(stretch.clone()).unwrap_or_default();
            let (Some(first), Some(last)) = (inside.first(), inside.last()) else {
                continue;
            };
            let confidence = self.stretch.at(score(total(inside)));
            // It says something of its own where it is surer than each of its sentences.
            let known = alone.get(stretch.clone()).unwrap_or_default();
            let surest = known.iter().copied().fold(0.0, f64::max);
            if surest < confidence {
                found.add(first.start..last.end, confidence);
            }
            likely += usize::from(surest.max(confidence) >= LIKELY);
        }
        let mut found = found.finish();
        for verdict in &mut found {
            verdict.confidence = among(verdict.confidence, stretches.len(), likely);
        }
        found.retain(|verdict| verdict.confidence >= LEAST);
        (found, alone)
    }
}

/// What a confidence is worth in a text of so many stretches, so many of them likely: a long honest
/// text has as many chances to look odd somewhere, and an attack is seldom odd in one place alone.
/// Squared, since stretches overlap: one odd place makes two of them likely.
fn among(confidence: f64, stretches: usize, likely: usize) -> f64 {
    let chances = stretches.max(1) as f64 / likely.max(1) as f64;
    confidence / (confidence + (1.0 - confidence) * chances * chances)
}

fn score(sum: Sum) -> f32 {
    sum.weight as f32 / ((sum.count + DAMPING) as f32).sqrt()
}

/// What says the same as one shortly before says nothing more, or whatever is repeated often enough
/// would read like an attack.
fn total(sentences: &[Sentence<Sum>]) -> Sum {
    let mut sum = Sum::default();
    for (at, Sentence { tally, .. }) in sentences.iter().enumerate() {
        let before = sentences.get(at.saturating_sub(NEAR)..at);
        let is_said = |other: &Sentence<Sum>| other.tally == *tally;
        if !before.unwrap_or_default().iter().any(is_said) {
            sum.weight += tally.weight;
            sum.count += tally.count;
        }
    }
    sum
}

/// Stretches of a text, as ranges of its sentences: each two neighbouring blocks. None where the
/// text is a single sentence.
pub fn stretches<T>(sentences: &[Sentence<T>]) -> Vec<Range<usize>> {
    if sentences.len() < 2 {
        return Vec::new();
    }
    let mut starts = vec![0];
    let mut begun = sentences.first().map_or(0, |first| first.start);
    for (at, sentence) in sentences.iter().enumerate() {
        if sentence.start >= begun + BLOCK {
            starts.push(at);
            begun = sentence.start;
        }
    }
    starts.push(sentences.len());
    match starts.as_slice() {
        [start, end] => std::iter::once(*start..*end).collect(),
        _ => starts
            .array_windows()
            .map(|[start, _, end]| *start..*end)
            .collect(),
    }
}

/// Findings in the making: neighbours that are likely are one, and of the unlikely the best is kept.
#[derive(Default)]
struct Places {
    likely: Vec<Verdict>,
    best: Option<Verdict>,
    /// The last one was likely, and nothing came since.
    runs: bool,
}

impl Places {
    fn add(&mut self, span: Range<usize>, confidence: f64) {
        let likely = confidence >= LIKELY;
        let runs = std::mem::replace(&mut self.runs, likely);
        if confidence < LEAST {
            return;
        }
        if likely {
            match self.likely.last_mut() {
                Some(last) if runs && last.span.start <= span.start => {
                    last.span.end = last.span.end.max(span.end);
                    last.confidence = last.confidence.max(confidence);
                }
                _ => self.likely.push(verdict(span, confidence)),
            }
        } else if self
            .best
            .as_ref()
            .is_none_or(|best| best.confidence < confidence)
        {
            self.best = Some(verdict(span, confidence));
        }
    }

    fn finish(self) -> Vec<Verdict> {
        if self.likely.is_empty() {
            self.best.into_iter().collect()
        } else {
            self.likely
        }
    }
}

const fn verdict(span: Range<usize>, confidence: f64) -> Verdict {
    Verdict {
        rule: RULE,
        span,
        confidence,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sentence(start: usize, end: usize) -> Sentence<()> {
        Sentence {
            start,
            end,
            tally: (),
        }
    }

    #[test]
    fn the_model_fits_the_code() {
        assert!(Model::new().is_some());
        assert!(BYTES.len() <= 128 * 1024, "{}", BYTES.len());
    }

    #[test]
    fn confidence_grows_with_the_score() {
        let model = Model::new().unwrap();
        for curve in [&model.sentence, &model.stretch] {
            let confidences: Vec<f64> = (-4000..4000).map(|s| curve.at(s as f32)).collect();
            assert!(confidences.is_sorted());
            assert!(confidences.iter().all(|c| (0.0..=1.0).contains(c)));
            assert!(confidences.last().is_some_and(|most| *most > 0.9));
        }
    }

    #[test]
    fn one_odd_place_in_a_long_text_is_chance() {
        for stretches in [0, 1] {
            assert_eq!(among(0.9, stretches, 0), 0.9);
        }
        assert_eq!(among(0.9, 12, 12), 0.9);
        assert!((among(0.9, 3, 1) - 0.5).abs() < 1e-9);
        assert!(among(0.97, 12, 2) < 0.5 && among(0.97, 12, 9) > 0.9);
    }

    #[test]
    fn what_is_repeated_says_no_more() {
        let tally = |weight| Sum { weight, count: 9 };
        let said = |weights: &[i32]| {
            let sentence = |weight: &i32| Sentence {
                start: 0,
                end: 1,
                tally: tally(*weight),
            };
            total(&weights.iter().map(sentence).collect::<Vec<_>>())
        };
        assert_eq!(said(&[5, 7, 5, 7, 5]), said(&[5, 7]));
        assert_eq!(said(&[5, 7]).weight, 12);
        assert_eq!(said(&[]), Sum::default());
    }

    #[test]
    fn stretches_cover_all_sentences() {
        let few = [sentence(0, 20), sentence(21, 40)];
        assert!(matches!(stretches(&few).as_slice(), [whole] if *whole == (0..2)));
        assert!(stretches(&few[..1]).is_empty());
        let many: Vec<_> = (0..40).map(|i| sentence(i * 100, i * 100 + 99)).collect();
        let found = stretches(&many);
        assert_eq!(found.first(), Some(&(0..12)));
        assert_eq!(found.last().map(|last| last.end), Some(40));
        assert!(found.array_windows().all(|[a, b]| b.start < a.end));
    }

    #[test]
    fn neighbours_are_one_finding() {
        let mut places = Places::default();
        for (at, confidence) in [0.9, 0.6, 0.01, 0.2, 0.7].into_iter().enumerate() {
            places.add(at * 10..at * 10 + 9, confidence);
        }
        let found: Vec<_> = places
            .finish()
            .into_iter()
            .map(|v| (v.span, v.confidence))
            .collect();
        assert_eq!(found, [(0..19, 0.9), (40..49, 0.7)]);
    }
}
