//! Logistic regression over sentences and stretches, where only texts have labels.
//!
//! A text is an attack if one of its sentences, or one of its stretches, is. So the most suspicious
//! of each kind is what is learned from, in attacks and in honest texts alike (multiple-instance
//! learning, as in Andrews et al., "Support Vector Machines for Multiple-Instance Learning", 2002).

use std::path::Path;

use anyhow::{Context, Result};
use caponier_plugin_injection::training::{DAMPING, FEATURES, KNOTS, Reader, stretches};
use serde_json::Value;

use super::grammar::Dice;
use super::measure::{Curves, Point};
use super::rows::Row;

/// What is set by hand: `plugins/injection/training/fit.json`.
pub(super) struct Settings(Value);

impl Settings {
    pub(super) fn read(path: &Path) -> Result<Self> {
        let text =
            std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
        let value = serde_json::from_str(&text);
        Ok(Self(
            value.with_context(|| format!("in {}", path.display()))?,
        ))
    }

    /// The number at a path like `/alarms/half`; 1 where there is none.
    fn number(&self, path: &str) -> f32 {
        self.0.pointer(path).and_then(Value::as_f64).unwrap_or(1.0) as f32
    }

    /// How much a row of this source counts.
    pub(super) fn weight(&self, source: &str) -> f32 {
        self.number(&format!("/weights/{source}"))
    }

    /// How scores become confidence.
    pub(super) fn point(&self) -> Point {
        Point {
            honest: f64::from(self.number("/honest")),
            highest: self.number("/highest"),
            alarms: ["/alarms/half", "/alarms/high"].map(|path| f64::from(self.number(path))),
        }
    }
}

/// A text as features.
pub(super) struct Example {
    /// Of all sentences, one after the other.
    features: Vec<u16>,
    /// Where the features of each sentence end.
    ends: Vec<usize>,
    /// From which sentence to which.
    stretches: Vec<std::ops::Range<usize>>,
    attack: bool,
    weight: f32,
    /// What the structure rules say.
    pub(super) structure: f64,
}

impl Example {
    pub(super) fn of(reader: &Reader, row: &Row) -> Self {
        let (sentences, structure) = reader.read(&row.text, false);
        let mut example = Self {
            features: Vec::new(),
            ends: Vec::new(),
            stretches: stretches(&sentences),
            attack: row.attack,
            weight: row.weight,
            structure,
        };
        for sentence in sentences {
            example.features.extend(&sentence.tally);
            example.ends.push(example.features.len());
        }
        example
    }

    /// Where the features of some sentences lie.
    fn range(&self, sentences: std::ops::Range<usize>) -> std::ops::Range<usize> {
        let start = match sentences.start {
            0 => 0,
            start => self.ends[start - 1],
        };
        start..self.ends[sentences.end - 1]
    }
}

/// The highest score of a sentence and of a stretch; none where there is none.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Scores {
    pub(super) sentence: Option<f32>,
    pub(super) stretch: Option<f32>,
}

/// Weights, and what is added for a sentence and for a stretch.
pub(super) struct Model {
    weights: Vec<f32>,
    bias: [f32; 2],
}

impl Model {
    /// Fits those examples for which `used` holds.
    pub(super) fn fit(
        settings: &Settings,
        examples: &[Example],
        used: impl Fn(usize) -> bool,
    ) -> Self {
        let (fastest, slower) = (settings.number("/rate"), settings.number("/slower"));
        let (decay, epochs) = (
            settings.number("/decay"),
            settings.number("/epochs") as usize,
        );
        let mut model = Self {
            weights: vec![0.0; FEATURES],
            bias: [0.0; 2],
        };
        let mut slopes = Slopes {
            weights: vec![1e-3; FEATURES],
            bias: [1e-3; 2],
        };
        let mut order: Vec<usize> = (0..examples.len()).filter(|at| used(*at)).collect();
        let mut dice = Dice(7);
        for epoch in 0..epochs {
            for at in (1..order.len()).rev() {
                order.swap(at, dice.below(at + 1));
            }
            let rate = fastest / (1.0 + slower * epoch as f32);
            for at in &order {
                let example = &examples[*at];
                let sums = model.sums(example);
                if let Some((best, score)) = highest(model.stretches(example, &sums)) {
                    let range = example.range(example.stretches[best].clone());
                    model.learn(&mut slopes, example, range, 1, score, (rate, decay));
                }
                // As long as nothing is known, any sentence of an attack may be the one.
                if epoch == 0 && example.attack && example.ends.len() > 1 {
                    continue;
                }
                if let Some((best, score)) = highest(model.sentences(example, &sums)) {
                    let range = example.range(best..best + 1);
                    model.learn(&mut slopes, example, range, 0, score, (rate, decay));
                }
            }
        }
        model
    }

    /// Sums of weights up to the end of each sentence.
    fn sums(&self, example: &Example) -> Vec<f32> {
        let mut sums = Vec::with_capacity(example.ends.len() + 1);
        sums.push(0.0);
        let (mut sum, mut start) = (0.0, 0);
        for end in &example.ends {
            for feature in &example.features[start..*end] {
                sum += self.weights[usize::from(*feature)];
            }
            sums.push(sum);
            start = *end;
        }
        sums
    }

    fn sentences(&self, example: &Example, sums: &[f32]) -> Vec<f32> {
        (0..example.ends.len())
            .map(|at| self.score(example, sums, at..at + 1, 0))
            .collect()
    }

    fn stretches(&self, example: &Example, sums: &[f32]) -> Vec<f32> {
        let stretches = example.stretches.iter();
        stretches
            .map(|stretch| self.score(example, sums, stretch.clone(), 1))
            .collect()
    }

    fn score(
        &self,
        example: &Example,
        sums: &[f32],
        sentences: std::ops::Range<usize>,
        kind: usize,
    ) -> f32 {
        let sum = sums[sentences.end] - sums[sentences.start];
        let count = example.range(sentences).len();
        sum / damped(count) + self.bias[kind]
    }

    fn learn(
        &mut self,
        slopes: &mut Slopes,
        example: &Example,
        range: std::ops::Range<usize>,
        kind: usize,
        score: f32,
        (rate, decay): (f32, f32),
    ) {
        let wanted = if example.attack { 1.0 } else { 0.0 };
        let error = (logistic(score) - wanted) * example.weight;
        if error.abs() < 1e-3 {
            return;
        }
        let each = error / damped(range.len());
        for feature in &example.features[range] {
            let at = usize::from(*feature);
            let slope = each + decay * self.weights[at];
            slopes.weights[at] += slope * slope;
            self.weights[at] -= rate * slope / slopes.weights[at].sqrt();
        }
        slopes.bias[kind] += error * error;
        self.bias[kind] -= rate * error / slopes.bias[kind].sqrt();
    }

    pub(super) fn scores(&self, example: &Example) -> Scores {
        let sums = self.sums(example);
        Scores {
            sentence: highest(self.sentences(example, &sums)).map(|(_, score)| score),
            stretch: highest(self.stretches(example, &sums)).map(|(_, score)| score),
        }
    }

    /// The weights in eight bits, and the curves in their measure.
    pub(super) fn quantised(&self, curves: &Curves) -> Vec<u8> {
        let mut sizes: Vec<f32> = self.weights.iter().map(|weight| weight.abs()).collect();
        sizes.sort_by(f32::total_cmp);
        // The few largest are cut, so that the many keep their differences.
        let largest = sizes[FEATURES - FEATURES / 500].max(1e-6);
        let scale = 127.0 / largest;
        let mut bytes: Vec<u8> = self
            .weights
            .iter()
            .map(|weight| ((weight * scale).round().clamp(-127.0, 127.0) as i8).cast_unsigned())
            .collect();
        for (curve, bias) in curves.iter().zip(self.bias) {
            assert_eq!(curve.len(), KNOTS);
            for (score, confidence) in curve {
                bytes.extend(((score - bias) * scale).to_le_bytes());
                bytes.extend(confidence.to_le_bytes());
            }
        }
        bytes
    }
}

/// How much was learned from each feature (Duchi et al., "Adaptive Subgradient Methods", 2011).
struct Slopes {
    weights: Vec<f32>,
    bias: [f32; 2],
}

fn highest(scores: Vec<f32>) -> Option<(usize, f32)> {
    scores
        .into_iter()
        .enumerate()
        .max_by(|a, b| a.1.total_cmp(&b.1))
}

fn damped(count: usize) -> f32 {
    ((count as u32 + DAMPING) as f32).sqrt()
}

/// `1 / (1 + e^-x)`, with a power in place of what libraries compute differently.
fn logistic(score: f32) -> f32 {
    let mut power = 1.0 - f64::from(score.clamp(-20.0, 20.0)) / 1024.0;
    for _ in 0..10 {
        power *= power;
    }
    (1.0 / (1.0 + power)) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_logistic_curve_is_one() {
        for (score, wanted) in [(0.0, 0.5), (2.0, 0.881), (-2.0, 0.119), (50.0, 1.0)] {
            assert!((logistic(score) - wanted).abs() < 2e-3, "{score}");
        }
    }

    #[test]
    fn the_sentence_that_differs_is_found() {
        let example = |features: &[u16], ends: &[usize], attack| Example {
            features: features.to_vec(),
            ends: ends.to_vec(),
            stretches: Vec::new(),
            attack,
            weight: 1.0,
            structure: 0.0,
        };
        let examples: Vec<Example> = (0..60)
            .map(|at| match at % 3 {
                0 => example(&[1, 2, 9, 9], &[2, 4], true),
                1 => example(&[1, 2, 3], &[2, 3], false),
                _ => example(&[9, 9], &[2], true),
            })
            .collect();
        let model = Model::fit(
            &Settings(serde_json::json!({"epochs": 10, "rate": 0.25, "decay": 0.0})),
            &examples,
            |_| true,
        );
        assert!(
            model.weights[9] > model.weights[1] + 0.2,
            "{:?}",
            &model.weights[..10]
        );
    }
}
