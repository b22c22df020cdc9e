//! Spans of which no two overlap.

use std::collections::BTreeMap;

use crate::Span;

/// Spans that were taken, by segment. Whether another fits among them is found in logarithmic time:
/// there may be as many as a text has room for, and who sends the text chooses.
#[derive(Debug, Default)]
pub(crate) struct Apart(BTreeMap<(u32, usize), usize>);

impl Apart {
    /// Takes a span of a segment; false where it overlaps one that was taken.
    pub(crate) fn take(&mut self, segment: u32, span: Span) -> bool {
        // The taken ones end in the order they begin in, so the last before its end tells.
        let before = self.0.range(..(segment, span.end)).next_back();
        let free = before.is_none_or(|((other, _), end)| *other != segment || *end <= span.start);
        if free {
            self.0.insert((segment, span.start), span.end);
        }
        free
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_takes_what_overlaps_nothing_that_was_taken() {
        let mut state = 0x2545_f491_4f6c_dd1d_u64;
        let mut below = |bound: usize| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state as usize % bound
        };
        for _ in 0..200 {
            let mut apart = Apart::default();
            let mut taken: Vec<(u32, Span)> = Vec::new();
            for _ in 0..40 {
                let (segment, start) = (below(2) as u32, below(60));
                let span = Span::new(start, start + 1 + below(8));
                let free = taken
                    .iter()
                    .all(|(other, known)| *other != segment || !known.overlaps(span));
                assert_eq!(apart.take(segment, span), free, "{span:?} among {taken:?}");
                if free {
                    taken.push((segment, span));
                }
            }
        }
    }
}
