//! Shares with their intervals, and the area under a curve.

use std::fmt;

/// So many of so many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Share {
    pub(super) hits: usize,
    pub(super) of: usize,
}

impl Share {
    pub(super) fn add(&mut self, hit: bool) {
        self.hits += usize::from(hit);
        self.of += 1;
    }

    pub(super) fn value(self) -> f64 {
        ratio(self.hits, self.of)
    }

    /// The Wilson score interval at 95 % (Wilson 1927).
    pub(super) fn interval(self) -> (f64, f64) {
        const Z: f64 = 1.959_964;
        if self.of == 0 {
            return (0.0, 1.0);
        }
        let (n, p) = (self.of as f64, self.value());
        let middle = p + Z * Z / (2.0 * n);
        let reach = Z * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
        let scale = 1.0 + Z * Z / n;
        (
            ((middle - reach) / scale).max(0.0),
            ((middle + reach) / scale).min(1.0),
        )
    }
}

impl FromIterator<bool> for Share {
    fn from_iter<I: IntoIterator<Item = bool>>(hits: I) -> Self {
        let mut share = Self::default();
        for hit in hits {
            share.add(hit);
        }
        share
    }
}

/// `0.934 (0.91 to 0.95)`.
impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.of == 0 {
            return f.write_str("–");
        }
        let (low, high) = self.interval();
        write!(f, "{:.3} ({low:.3} to {high:.3})", self.value())
    }
}

pub(super) fn ratio(hits: usize, of: usize) -> f64 {
    if of == 0 {
        0.0
    } else {
        hits as f64 / of as f64
    }
}

/// The chance that a row with the label 1 scores higher than one with 0; half where they score the
/// same (Mann and Whitney). `None` where one of both is missing.
pub(super) fn auc(positive: &[f64], negative: &[f64]) -> Option<f64> {
    if positive.is_empty() || negative.is_empty() {
        return None;
    }
    let mut sorted = negative.to_vec();
    sorted.sort_by(f64::total_cmp);
    let wins: f64 = positive
        .iter()
        .map(|score| {
            let below = sorted.partition_point(|other| other < score);
            let upto = sorted.partition_point(|other| other <= score);
            (below + upto) as f64 / 2.0
        })
        .sum();
    Some(wins / (positive.len() as f64 * negative.len() as f64))
}

/// The share of each at or above every score that occurs: false positives, recall. In order.
pub(super) fn curve(positive: &[f64], negative: &[f64]) -> Vec<(f64, f64)> {
    let mut scores: Vec<f64> = positive.iter().chain(negative).copied().collect();
    scores.retain(|score| *score > 0.0);
    scores.sort_by(|a, b| b.total_cmp(a));
    scores.dedup();
    let at = |rows: &[f64], least: f64| {
        ratio(
            rows.iter().filter(|score| **score >= least).count(),
            rows.len(),
        )
    };
    let points = scores
        .iter()
        .map(|score| (at(negative, *score), at(positive, *score)));
    std::iter::once((0.0, 0.0)).chain(points).collect()
}

/// Precision and recall in one number.
pub(super) fn f1(found: usize, missed: usize, wrong: usize) -> f64 {
    ratio(2 * found, 2 * found + missed + wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_wilsons() {
        let share: Share = (0..100).map(|index| index < 95).collect();
        let (low, high) = share.interval();
        assert!(
            (low - 0.8882).abs() < 1e-3 && (high - 0.9785).abs() < 1e-3,
            "{low} {high}"
        );
        let (low, high) = Share { hits: 0, of: 20 }.interval();
        assert!(low == 0.0 && (high - 0.1611).abs() < 1e-3);
    }

    #[test]
    fn the_area_counts_ties_half() {
        assert_eq!(auc(&[0.9, 0.5], &[0.1, 0.5]), Some(0.875));
        assert_eq!(auc(&[0.0], &[0.0]), Some(0.5));
        assert_eq!(auc(&[], &[0.0]), None);
        assert_eq!(
            curve(&[0.9, 0.5], &[0.5, 0.0]),
            [(0.0, 0.0), (0.0, 0.5), (0.5, 1.0)]
        );
        assert!((f1(8, 2, 2) - 0.8).abs() < 1e-9);
    }
}
