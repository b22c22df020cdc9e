//! What a text repeats over and over: found in one period, and as often as it comes again.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::rules::Kind;

/// The hits of one period, of which a stretch holds so many.
#[derive(Debug, PartialEq)]
pub(crate) struct Again {
    /// What was found in the period before the stretch, in order and without overlaps.
    pub(crate) parts: Vec<(Kind, Range<usize>)>,
    pub(crate) period: usize,
    pub(crate) rounds: usize,
}

impl Again {
    /// From the first hit to the last.
    pub(crate) fn span(&self) -> Range<usize> {
        let start = self.parts.first().map_or(0, |(_, span)| span.start);
        let end = self.parts.last().map_or(0, |(_, span)| span.end);
        start + self.period..end + self.rounds * self.period
    }

    /// Of what kinds the hits are.
    pub(crate) fn kinds(&self) -> BTreeSet<Kind> {
        self.parts.iter().map(|(kind, _)| *kind).collect()
    }

    /// What is left of the span with each hit replaced; `None` where one is not to be.
    pub(crate) fn replaced(
        &self,
        text: &str,
        replacement: impl Fn(Kind, Range<usize>) -> Option<String>,
    ) -> Option<String> {
        let mut round = String::new();
        let first = self.parts.first()?.1.start;
        let mut at = first;
        for (kind, span) in &self.parts {
            round.push_str(text.get(at..span.start)?);
            round.push_str(&replacement(*kind, span.clone())?);
            at = span.end;
        }
        let between = text.get(at..first + self.period)?;
        let mut all = [&round, between]
            .concat()
            .repeat(self.rounds.saturating_sub(1));
        all.push_str(&round);
        Some(all)
    }
}
