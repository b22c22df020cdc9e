//! From scores of what was not learned from to confidence, and how good that is.

use std::collections::BTreeMap;

use caponier_plugin_injection::training::KNOTS;
use serde_json::{Value, json};

use super::fit::{Example, Scores};
use super::rows::{GENERATED, Row};
use crate::steps::line;

/// Confidences that a curve has a point for.
const LEVELS: [f32; KNOTS] = [
    0.0, 0.05, 0.1, 0.2, 0.35, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.97,
];
/// Where a prompt is denied.
const THRESHOLD: f32 = 0.9;
/// Where it is flagged.
const FLAGGED: f32 = 0.8;

/// Score and confidence, in order: of sentences, and of stretches.
pub(super) type Curves = [Vec<(f32, f32)>; 2];

/// Isotonic regression (pool adjacent violators), drawn with few points.
///
/// Honest texts are rarer among the rows than in life: each counts for `honest`.
pub(super) fn curves(rows: &[Row], unseen: &[Scores], point: &Point) -> Curves {
    [
        curve(rows, unseen, point, |scores| scores.sentence),
        curve(rows, unseen, point, |scores| scores.stretch),
    ]
}

/// Where on its curve the model works.
#[derive(Clone, Copy, Debug)]
pub(super) struct Point {
    /// How much an honest row counts.
    pub(super) honest: f64,
    /// The highest confidence.
    pub(super) highest: f32,
    /// The share of honest texts of the sets that may reach a confidence of 0.5, and of 0.9.
    pub(super) alarms: [f64; 2],
}

/// The least scores that so few honest texts of the sets reach.
fn floors(
    rows: &[Row],
    unseen: &[Scores],
    alarms: [f64; 2],
    of: impl Fn(&Scores) -> Option<f32>,
) -> [f32; 2] {
    // Rows that were made alike count once.
    let mut groups: BTreeMap<u64, f32> = BTreeMap::new();
    for (row, scores) in rows.iter().zip(unseen) {
        if !row.attack && row.source != GENERATED {
            let highest = groups.entry(row.group).or_insert(f32::MIN);
            *highest = highest.max(of(scores).unwrap_or(f32::MIN));
        }
    }
    let mut honest: Vec<f32> = groups.into_values().collect();
    honest.sort_by(|a, b| b.total_cmp(a));
    alarms.map(|share| {
        let rank = (share * honest.len() as f64) as usize;
        // It lies above all that share this score.
        honest.get(rank).map_or(f32::MIN, |score| score + 1e-3)
    })
}

struct Pool {
    least: f32,
    attacks: f64,
    all: f64,
}

fn curve(
    rows: &[Row],
    unseen: &[Scores],
    point: &Point,
    of: impl Fn(&Scores) -> Option<f32> + Copy,
) -> Vec<(f32, f32)> {
    let mut points: Vec<(f32, bool, f64)> = rows
        .iter()
        .zip(unseen)
        .filter_map(|(row, scores)| {
            let weight = f64::from(row.weight) * if row.attack { 1.0 } else { point.honest };
            Some((of(scores)?, row.attack, weight))
        })
        .collect();
    points.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let mut pools: Vec<Pool> = Vec::new();
    for (score, attack, weight) in points {
        let attacks = if attack { weight } else { 0.0 };
        pools.push(Pool {
            least: score,
            attacks,
            all: weight,
        });
        while let [.., before, last] = pools.as_slice()
            && before.attacks * last.all >= last.attacks * before.all
        {
            let (attacks, all) = (last.attacks, last.all);
            pools.pop();
            if let Some(before) = pools.last_mut() {
                before.attacks += attacks;
                before.all += all;
            }
        }
    }
    let [half, high] = floors(rows, unseen, point.alarms, of);
    let mut least = f32::MIN;
    let mut points: Vec<(f32, f32)> = Vec::new();
    for level in LEVELS.into_iter().skip(1) {
        // A pool of few rows is not as sure as it looks.
        let reached = pools
            .iter()
            .find(|pool| (pool.attacks + 0.2) / (pool.all + 0.4) >= f64::from(level));
        let highest = pools.last().map_or(0.0, |pool| pool.least);
        let score = reached.map_or(highest + 1.0, |pool| pool.least);
        let floor = match level {
            0.9.. => high,
            0.5.. => half,
            _ => f32::MIN,
        };
        least = score.max(floor).max(least + 1e-3);
        points.push((least, level * point.highest / 0.97));
    }
    let first = points.first().map_or(0.0, |point| point.0);
    points.insert(0, (first - 1.0, 0.0));
    points
}

fn confidence(curves: &Curves, scores: &Scores) -> f32 {
    let [sentence, stretch] = curves;
    let at = |curve: &[(f32, f32)], score: Option<f32>| {
        score.map_or(0.0, |score| {
            let above = curve.iter().position(|point| score < point.0);
            match above.map(|above| (above, curve[above])) {
                None => curve.last().map_or(0.0, |last| last.1),
                Some((0, first)) => first.1,
                Some((above, (right, high))) => {
                    let (left, low) = curve[above - 1];
                    low + (high - low) * (score - left) / (right - left)
                }
            }
        })
    };
    at(sentence, scores.sentence).max(at(stretch, scores.stretch))
}

#[derive(Default)]
struct Counts {
    rows: usize,
    seen: usize,
    half: usize,
    near: usize,
    model: usize,
    structure: usize,
    both: usize,
}

impl Counts {
    fn add(&mut self, confidence: f32, structure: f64, threshold: f32) {
        let (model, rules) = (confidence >= threshold, structure >= f64::from(threshold));
        self.rows += 1;
        self.seen += usize::from(confidence >= 0.05);
        self.half += usize::from(confidence >= 0.5);
        self.near += usize::from(confidence >= 0.8);
        self.model += usize::from(model);
        self.structure += usize::from(rules);
        self.both += usize::from(model || rules);
    }

    fn say(&self, name: &str) {
        let share = |part: usize| part as f64 / self.rows.max(1) as f64;
        line(&format!(
            "          {name:<38} {:>6}  model {:.3} (0.8: {:.3}, 0.5: {:.3}, 0.05: {:.3})  rules {:.3}  both {:.3}",
            self.rows,
            share(self.model),
            share(self.near),
            share(self.half),
            share(self.seen),
            share(self.structure),
            share(self.both),
        ));
    }
}

/// How many of each source are found, by whom.
pub(super) fn report(
    title: &str,
    rows: &[Row],
    examples: &[Example],
    unseen: &[Scores],
    curves: &Curves,
) {
    line(&format!(
        "          {title}: share with confidence of {THRESHOLD} and more"
    ));
    let mut counts: BTreeMap<(bool, &str), Counts> = BTreeMap::new();
    for ((row, example), scores) in rows.iter().zip(examples).zip(unseen) {
        let confidence = confidence(curves, scores);
        counts.entry((row.attack, row.source)).or_default().add(
            confidence,
            example.structure,
            THRESHOLD,
        );
    }
    for ((attack, source), counts) in counts {
        if attack && rows.iter().any(|row| row.source == source && !row.attack) {
            let of_source = rows
                .iter()
                .zip(unseen)
                .filter(|(row, _)| row.source == source);
            let scored: Vec<(f32, bool)> = of_source
                .map(|(row, scores)| (confidence(curves, scores), row.attack))
                .collect();
            line(&format!(
                "          {source}: AUC of the model {:.3}",
                area(scored)
            ));
        }
        counts.say(&format!(
            "{source} {}",
            if attack { "attacks" } else { "honest" }
        ));
    }
}

/// The share of pairs of an attack and an honest text in which the attack scores higher.
fn area(mut scored: Vec<(f32, bool)>) -> f64 {
    scored.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut honest, mut pairs, mut higher) = (0.0, 0.0, 0.0);
    for equal in scored.chunk_by(|a, b| a.0 == b.0) {
        let attacks = equal.iter().filter(|(_, attack)| *attack).count() as f64;
        let others = equal.len() as f64 - attacks;
        higher += attacks * (honest + others / 2.0);
        pairs += attacks;
        honest += others;
    }
    higher / (pairs * honest)
}

/// What is found of a source that was not learned from, and of the honest texts of the sets.
pub(super) fn left_out(
    source: &str,
    rows: &[Row],
    examples: &[Example],
    scores: &[Scores],
    curves: &Curves,
) -> Value {
    let (mut found, mut wrong) = (Counts::default(), Counts::default());
    for ((row, example), scores) in rows.iter().zip(examples).zip(scores) {
        let counts = match (row.source == source, row.attack) {
            (true, true) => &mut found,
            (_, false) if row.source != GENERATED => &mut wrong,
            _ => continue,
        };
        counts.add(confidence(curves, scores), example.structure, FLAGGED);
    }
    found.say(&format!("without {source}: attacks"));
    wrong.say(&format!("without {source}: honest"));
    let share = |counts: &Counts| rounded(counts.both as f64 / counts.rows.max(1) as f64);
    json!({
        "rows": found.rows,
        "recall": share(&found),
        "false_positives": share(&wrong),
        "threshold": rounded(f64::from(FLAGGED)),
    })
}

/// With four digits.
fn rounded(share: f64) -> f64 {
    (share * 1e4).round() / 1e4
}
