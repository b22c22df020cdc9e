//! Stretches of a text that say the same over and over.

use std::ops::Range;

/// The longest period that is looked for.
const PERIOD: usize = 64;
/// So many bytes have to come again before the rest is compared.
const PROBE: usize = 16;
/// Bytes compared in one step.
const STEP: usize = 64;

/// A stretch of a text in which every byte is the one a period before.
///
/// See the [example](repeats).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repeat {
    /// How many bytes come again and again.
    pub period: usize,
    /// The stretch, its first period included.
    pub range: Range<usize>,
}

impl Repeat {
    /// The places in the stretch that need no look of their own, where each look reaches no more
    /// than so many bytes back and ahead: what it would see has been seen a period before.
    ///
    /// See the [example](repeats).
    #[must_use]
    pub fn known(&self, back: usize, ahead: usize) -> Range<usize> {
        let start = self.range.start + self.period + back;
        start..self.range.end.saturating_sub(ahead).max(start)
    }
}

/// The stretches of at least `least` bytes, from `from` on, that repeat up to 64 bytes over and over.
///
/// Such text is in no honest message of any length, but it is what makes a scanner look most often: a
/// plugin that looks once at what is repeated takes no longer for it than for others.
///
/// ```
/// use caponier_sdk::scan::{Repeat, repeats};
///
/// let text = format!("A flood: {}and its end.", "key = ".repeat(1000));
/// let found: Vec<Repeat> = repeats(text.as_bytes(), 0, 512).collect();
/// assert_eq!(found, [Repeat { period: 6, range: 8..6009 }]);
/// // A check that reads up to 40 bytes before a place and 20 behind it says nothing new here.
/// assert_eq!(found[0].known(40, 20), 54..5989);
/// assert_eq!(repeats(b"An ordinary sentence, and another one.", 0, 16).count(), 0);
/// ```
pub fn repeats(bytes: &[u8], from: usize, least: usize) -> impl Iterator<Item = Repeat> + '_ {
    let least = least.max(2 * (PERIOD + PROBE));
    let mut after = from;
    let mut at = from;
    std::iter::from_fn(move || {
        // A stretch that is long enough has one of these places in its first half.
        while at + least / 2 <= bytes.len() {
            if let Some(period) = period(bytes, at) {
                let repeat = whole(bytes, at, period, after);
                if repeat.range.len() >= least {
                    after = repeat.range.end;
                    at = after;
                    return Some(repeat);
                }
            }
            at += least / 2;
        }
        None
    })
}

/// After how many bytes what stands at `at` comes again.
fn period(bytes: &[u8], at: usize) -> Option<usize> {
    let (probe, first) = (bytes.get(at..at + PROBE)?, *bytes.get(at)?);
    let next = bytes.get(at + 1..at + 1 + PERIOD)?;
    let candidates = next.iter().enumerate().filter(|(_, byte)| **byte == first);
    let mut periods = candidates.map(|(offset, _)| offset + 1);
    periods.find(|period| bytes.get(at + period..at + period + PROBE) == Some(probe))
}

/// All of the stretch around `at`, from `after` on.
fn whole(bytes: &[u8], at: usize, period: usize, after: usize) -> Repeat {
    let before = bytes.get(after..at).unwrap_or_default();
    let shifted = bytes.get(after + period..at + period).unwrap_or_default();
    let back = before.iter().rev().zip(shifted.iter().rev());
    let start = at - back.take_while(|(one, other)| one == other).count();
    let rest = bytes.get(at..).unwrap_or_default();
    let shifted = bytes.get(at + period..).unwrap_or_default();
    Repeat {
        period,
        range: start..at + period + common(rest, shifted),
    }
}

/// How many bytes two slices begin with in common.
fn common<'a>(one: &'a [u8], other: &'a [u8]) -> usize {
    let steps = one.chunks_exact(STEP).zip(other.chunks_exact(STEP));
    let differ = |(one, other): &(&[u8], &[u8])| {
        one.iter()
            .zip(*other)
            .fold(0, |differ, (one, other)| differ | (one ^ other))
            != 0
    };
    let same = steps.take_while(|step| !differ(step)).count() * STEP;
    let rest = |all: &'a [u8]| all.get(same..).unwrap_or_default().iter();
    same + rest(one)
        .zip(rest(other))
        .take_while(|(one, other)| one == other)
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_period_is_found_wherever_it_begins() {
        for period in [1, 2, 3, 10, 17, 63, 64] {
            let piece: Vec<u8> = (0..period as u8).map(|byte| byte * 3 + 1).collect();
            for before in [0, 1, 100, 255, 256, 300] {
                let mut bytes: Vec<u8> =
                    (0..before).map(|at| b'A' + (at * at % 23) as u8).collect();
                bytes.push(0xff);
                let start = bytes.len();
                bytes.extend(piece.iter().cycle().take(600));
                bytes.push(0xfe);
                bytes.extend(b"the end of it");
                let found: Vec<Repeat> = repeats(&bytes, 0, 512).collect();
                let wanted = Repeat {
                    period,
                    range: start..start + 600,
                };
                assert_eq!(found, [wanted], "{period} {before}");
            }
        }
    }

    proptest::proptest! {
        #[test]
        fn what_is_called_a_repeat_is_one(text in "((ab|a|b){0,3}|(abcab){40,90}|a{200,300}|é){0,8}", from in 0usize..40) {
            let bytes = text.as_bytes();
            let mut last = from;
            for Repeat { period, range } in repeats(bytes, from, 160) {
                proptest::prop_assert!(range.start >= last && range.len() >= 160 && range.end <= bytes.len());
                for at in range.start + period..range.end {
                    proptest::prop_assert_eq!(bytes[at], bytes[at - period]);
                }
                last = range.end;
            }
        }
    }
}
