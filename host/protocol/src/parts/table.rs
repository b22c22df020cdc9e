//! Records that stand in arrays, alone or side by side, and the numbers that count them.

use std::ops::Range;

use caponier_core::Span;

use crate::body::Body;
use crate::splice::{Splice, removals};

/// Records, each of which is the same item of every array.
pub(crate) struct Table {
    /// Where the items of each array stand.
    columns: Vec<Vec<Span>>,
    /// The segments of each record.
    records: Vec<Range<u32>>,
    /// Where the score of each record stands.
    scores: Vec<Option<Span>>,
    /// Which of the body's counts are theirs.
    counts: usize,
}

/// Numbers that are about the records of tables.
pub(crate) struct Counts {
    /// How many there are.
    pub(crate) totals: Vec<(Span, u64)>,
    /// The best score of them.
    pub(crate) best: Option<Span>,
}

impl Table {
    pub(crate) fn of(counts: usize, columns: usize) -> Self {
        Self {
            columns: vec![Vec::new(); columns],
            records: Vec::new(),
            scores: Vec::new(),
            counts,
        }
    }

    /// The next record: its place in each array, its segments and its score.
    pub(crate) fn push(
        &mut self,
        places: impl IntoIterator<Item = Span>,
        segments: Range<u32>,
        score: Option<Span>,
    ) {
        for (column, place) in self.columns.iter_mut().zip(places) {
            column.push(place);
        }
        self.records.push(segments);
        self.scores.push(score);
    }

    /// Which records go: those of which a segment is dropped.
    fn goes(&self, dropped: &[u32]) -> Vec<bool> {
        let goes = |range: &Range<u32>| {
            let at = dropped.partition_point(|segment| *segment < range.start);
            dropped.get(at).is_some_and(|segment| *segment < range.end)
        };
        self.records.iter().map(goes).collect()
    }
}

/// The records that go with a dropped segment, as splices and as the ids of their segments. What is
/// dropped is in order.
pub(super) fn gone(
    tables: &[Table],
    counts: &[Counts],
    dropped: &[u32],
    body: &Body,
) -> (Vec<Splice>, Vec<u32>) {
    let (mut splices, mut segments) = (Vec::new(), Vec::new());
    let mut numbers: Vec<Numbers> = counts.iter().map(|_| Numbers::default()).collect();
    for table in tables {
        let goes = table.goes(dropped);
        for column in &table.columns {
            let removed = removals(column, |index| goes.get(index) == Some(&true));
            splices.extend(removed.into_iter().map(|span| Splice::new(span, "")));
        }
        let Some(numbers) = numbers.get_mut(table.counts) else {
            continue;
        };
        for ((record, score), goes) in table.records.iter().zip(&table.scores).zip(&goes) {
            if *goes {
                segments.extend(record.clone());
                numbers.gone += 1;
            } else if let Some(score) = score {
                numbers.stays(body.text(*score));
            }
        }
    }
    for (counts, numbers) in counts.iter().zip(numbers) {
        let follow = numbers.splices(counts);
        // A number within what goes went with it.
        let stays = |splice: &Splice| !splices.iter().any(|gone| gone.span.overlaps(splice.span));
        let follow: Vec<Splice> = follow.into_iter().filter(stays).collect();
        splices.extend(follow);
    }
    (splices, segments)
}

/// What there is to say of the records that share their counts.
#[derive(Default)]
struct Numbers<'b> {
    gone: u64,
    best: Option<(f64, &'b str)>,
}

impl<'b> Numbers<'b> {
    fn stays(&mut self, score: &'b str) {
        let Ok(value) = score.parse::<f64>() else {
            return;
        };
        if self.best.is_none_or(|(best, _)| value > best) {
            self.best = Some((value, score));
        }
    }

    fn splices(&self, counts: &Counts) -> Vec<Splice> {
        if self.gone == 0 {
            return Vec::new();
        }
        let less = |(span, total): &(Span, u64)| {
            Splice::new(*span, total.saturating_sub(self.gone).to_string())
        };
        let best = self.best.map_or("null", |(_, score)| score);
        let best = counts.best.map(|span| Splice::new(span, best));
        counts.totals.iter().map(less).chain(best).collect()
    }
}
