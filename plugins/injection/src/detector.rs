//! Structure rules and the model together, on one text.

use std::ops::Range;

use caponier_sdk::Error;

use crate::engine::{Engine, Judged, Reading, Verdict};
use crate::features::{Classes, Sentence, Sum, sentences};
use crate::model::{LEAST, Model};
use crate::patterns::{EXTRACTION_RULE, OVERRIDE_RULE};
use crate::{request, suffix};

/// How much of a structure rule's confidence goes where the model sees nothing wrong, and how sure
/// it must be for nothing to go: honest text has the words of attacks too. Last, what a sentence is
/// worth at least that begins by setting instructions aside, in words that leave no doubt and nobody
/// is quoted with: who tells of an attack says so first.
const PROMPT: (f64, f64, f64) = (0.5, 0.25, 0.91);
/// The same in documents, which a false alarm takes away unseen: many of them tell of attacks.
const DATA: (f64, f64, f64) = (0.3, 0.9, 0.72);
/// What a confidence is worth in data for all other rules: documents tell of attacks without doing
/// any, and only the plainest are taken for more than talk. Points of a curve.
const TALK: [(f64, f64); 3] = [(0.92, 0.69), (0.96, 0.9), (1.0, 0.97)];
/// Rules of orders that are none where a user gives them. The model learned from users: it says
/// nothing against them, and adds so much where it is sure.
const AGREED: f64 = 0.1;
const OF_DATA: &[&str] = &["exfiltration", "instruction-in-data", "tool-smuggling"];
/// How sure the rule for instructions set aside must be where its words leave no doubt.
const PLAIN: f64 = 0.96;
/// What remains where a user asks for the instructions of a manual.
const OF_A_MANUAL: f64 = 0.5;
/// What follows where instructions are not set aside but kept from being followed: "ignore any
/// instructions in the page" is how a tool defends itself.
const INSIDE: &[&str] = &[
    "in ",
    "inside",
    "within",
    "contained",
    "found in",
    "embedded",
    "from ",
];
/// How far the model alone is believed in data: never so far that a document is dropped.
const STRANGE: f64 = 0.7;

/// What the model alone thinks of a prompt is told from here on: people ask odd things every day.
const WORTH_TELLING: f64 = 0.2;
/// Where a structure rule is so sure, the model has nothing to add.
const ENOUGH: f64 = 0.9;

/// The tables, built once.
pub(crate) struct Detector {
    engine: Engine,
    model: Model,
}

impl Detector {
    pub(crate) fn new() -> Result<Self, Error> {
        let engine = Engine::new().map_err(|error| Error::new(format!("the lexicon: {error}")))?;
        let model = Model::new().ok_or_else(|| {
            Error::new("the model has another size than the code; hint: cargo xtask train")
        })?;
        Ok(Self { engine, model })
    }

    /// The part of a span from the first of its words that the lexicon has to the last; all of it
    /// where it has none.
    pub(crate) fn told(&self, text: &str, span: &Range<usize>) -> Range<usize> {
        let part = text.get(span.clone()).unwrap_or_default();
        let told = self.engine.told(part).unwrap_or(0..part.len());
        span.start + told.start..span.start + told.end
    }

    /// Everything that the text is found to be.
    pub(crate) fn judge(&self, text: &str, reading: Reading) -> Judged {
        let weights = self.model.weights();
        let mut sentences = sentences::<Sum>(text, weights);
        let mut classes = Classes::new(&mut sentences, weights);
        let mut judged = self.engine.judge(text, reading, |word| classes.word(word));
        let (mut learned, sure) = self.model.judge(&sentences);
        let (discount, even, order) = if reading.data { DATA } else { PROMPT };
        let verdicts = &mut judged.verdicts;
        for verdict in verdicts.iter_mut() {
            let belief = belief(&sentences, &sure, &verdict.span);
            if reading.data && OF_DATA.contains(&verdict.rule) {
                verdict.confidence = agreed(verdict.confidence, belief);
                continue;
            }
            let is_order = is_order(text, &sentences, verdict);
            verdict.confidence *= 1.0 - discount * (1.0 - (belief / even).min(1.0));
            if is_of_a_manual(text, verdict) {
                verdict.confidence *= OF_A_MANUAL;
            }
            if reading.data {
                verdict.confidence = in_data(verdict.confidence);
            }
            if is_order {
                verdict.confidence = verdict.confidence.max(order);
            }
        }
        if reading.data {
            for verdict in &mut learned {
                verdict.confidence *= STRANGE;
            }
        }
        let least = if reading.data { LEAST } else { WORTH_TELLING };
        learned.retain(|verdict| verdict.confidence >= least);
        verdicts.extend(unexplained(learned, verdicts));
        if !reading.data {
            verdicts.extend(suffix::find(text));
        } else if !reading.joined {
            verdicts.extend(request::find(text));
        }
        judged
    }
}

fn in_data(confidence: f64) -> f64 {
    let (mut left, mut low) = (0.0, 0.0);
    for (right, high) in TALK {
        if confidence <= right {
            return low + (high - low) * (confidence - left) / (right - left);
        }
        (left, low) = (right, high);
    }
    low
}

/// Whether what is asked for are instructions for doing something, as a manual has them: "your
/// instructions for assembling the wardrobe".
fn is_of_a_manual(text: &str, verdict: &Verdict) -> bool {
    let asked = text.get(verdict.span.clone()).unwrap_or_default();
    let behind = text.get(verdict.span.end..).unwrap_or_default();
    let mut words = behind.split_ascii_whitespace();
    verdict.rule == EXTRACTION_RULE
        && asked.ends_with("instructions")
        && words.next() == Some("for")
        && words.next().is_some_and(|word| word.ends_with("ing"))
}

/// Whether a sentence begins by setting aside what came before.
fn is_order(text: &str, sentences: &[Sentence<Sum>], verdict: &Verdict) -> bool {
    if verdict.rule != OVERRIDE_RULE || verdict.confidence < PLAIN {
        return false;
    }
    let first = sentences.partition_point(|sentence| sentence.end <= verdict.span.start);
    let sentence = sentences.get(first);
    let begins = sentence.is_some_and(|sentence| sentence.start == verdict.span.start);
    let behind = text.get(verdict.span.end..).unwrap_or_default();
    let behind = behind.trim_start();
    begins && !INSIDE.iter().any(|inside| behind.starts_with(inside))
}

/// Two say so who do not know of one another.
fn agreed(confidence: f64, belief: f64) -> f64 {
    let added = AGREED * ((belief - 0.5) / 0.5).max(0.0);
    confidence.max((confidence + added).min(ENOUGH))
}

/// The most that the model believes of the sentences which a verdict lies in.
fn belief(sentences: &[Sentence<Sum>], sure: &[f64], span: &Range<usize>) -> f64 {
    let first = sentences.partition_point(|sentence| sentence.end <= span.start);
    let inside = sentences.iter().zip(sure).skip(first);
    inside
        .take_while(|(sentence, _)| sentence.start < span.end)
        .map(|(_, sure)| *sure)
        .fold(0.0, f64::max)
}

/// What the model found where no structure rule is as sure: one finding a place is enough.
fn unexplained(learned: Vec<Verdict>, rules: &[Verdict]) -> Vec<Verdict> {
    let mut sure: Vec<(usize, usize, f64)> = rules
        .iter()
        .map(|rule| (rule.span.start, rule.span.end, rule.confidence))
        .collect();
    sure.sort_by_key(|(start, ..)| *start);
    let mut learned = learned;
    learned.retain(|verdict| {
        let before = sure.partition_point(|(start, ..)| *start < verdict.span.end);
        let near = sure.get(before.saturating_sub(4)..before);
        !near.unwrap_or_default().iter().any(|(_, end, confidence)| {
            *end > verdict.span.start && *confidence >= verdict.confidence.min(ENOUGH)
        })
    });
    learned
}
