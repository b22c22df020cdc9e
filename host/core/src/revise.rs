//! Edited text for the second look, with the way back to the original.

use crate::apart::Apart;
use crate::{AppliedEdit, Segment, Span};

/// A segment as it would read with the plugins' edits applied.
#[derive(Debug)]
pub(crate) struct Revised {
    /// The edited segment.
    pub(crate) segment: Segment,
    /// The plugins whose edits it carries; they are not asked again.
    pub(crate) editors: Vec<usize>,
    /// For each edit, in order: where it is in the edited text, and what it replaced (both in the
    /// window).
    edits: Vec<(Span, Span)>,
}

impl Revised {
    /// Applies `edits` to `segment`. Of two that overlap, the earlier plugin's stands.
    pub(crate) fn new(segment: &Segment, mut edits: Vec<&AppliedEdit>) -> Self {
        edits.sort_by_key(|edit| (edit.order, edit.span.start));
        let offset = usize::try_from(segment.offset).unwrap_or(usize::MAX);
        let mut chosen: Vec<(Span, &AppliedEdit)> = Vec::with_capacity(edits.len());
        let mut apart = Apart::default();
        for edit in edits {
            let span = Span::new(
                edit.span.start.saturating_sub(offset),
                edit.span.end.saturating_sub(offset),
            );
            if apart.take(segment.id, span) {
                chosen.push((span, edit));
            }
        }
        chosen.sort_by_key(|(span, _)| span.start);
        let mut text = String::with_capacity(segment.text.len());
        let mut places = Vec::with_capacity(chosen.len());
        let mut editors = Vec::new();
        let mut at = 0;
        for (span, edit) in chosen {
            text.push_str(segment.text.get(at..span.start).unwrap_or_default());
            let start = text.len();
            text.push_str(&edit.replacement);
            places.push((Span::new(start, text.len()), span));
            editors.push(edit.order);
            at = span.end;
        }
        text.push_str(segment.text.get(at..).unwrap_or_default());
        let revised = Segment {
            text,
            ..segment.clone()
        };
        Self {
            segment: revised,
            editors,
            edits: places,
        }
    }

    /// The original text that a span of the edited text stands for. A span that touches an edit
    /// takes in all that the edit replaced.
    pub(crate) fn original(&self, span: Span) -> Span {
        Span::new(
            self.position(span.start, true),
            self.position(span.end, false),
        )
    }

    fn position(&self, at: usize, is_start: bool) -> usize {
        // The first edit that does not end before this place: only it can have the place inside.
        let reaching = self
            .edits
            .partition_point(|(edited, _)| edited.end < at || (is_start && edited.end == at));
        if let Some((edited, original)) = self.edits.get(reaching) {
            if is_start && at >= edited.start {
                return original.start;
            }
            if !is_start && at > edited.start {
                return original.end;
            }
        }
        let passed = self.edits.partition_point(|(edited, _)| edited.end <= at);
        let last = passed.checked_sub(1).and_then(|last| self.edits.get(last));
        last.map_or(at, |(edited, original)| at - edited.end + original.end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Kind, Role};

    #[test]
    fn spans_find_their_way_back() {
        let segment = Segment::new(1, Role::Assistant, Kind::Text, "to [T1], or [T2].");
        let edit = |start, end, text: &str| AppliedEdit {
            plugin: "pii".into(),
            order: 0,
            segment: 1,
            span: Span::new(start, end),
            replacement: text.into(),
        };
        let (first, second) = (edit(3, 7, "a@example.org"), edit(12, 16, "b"));
        let revised = Revised::new(&segment, vec![&first, &second]);
        assert_eq!(revised.segment.text, "to a@example.org, or b.");
        assert_eq!(revised.original(Span::new(0, 2)), Span::new(0, 2));
        assert_eq!(
            revised.original(Span::new(5, 8)),
            Span::new(3, 7),
            "inside an edit: all of it"
        );
        assert_eq!(revised.original(Span::new(0, 8)), Span::new(0, 7));
        assert_eq!(
            revised.original(Span::new(18, 20)),
            Span::new(9, 11),
            "between edits: shifted"
        );
        assert_eq!(revised.original(Span::new(21, 23)), Span::new(12, 17));
        assert_eq!(revised.original(Span::new(22, 23)), Span::new(16, 17));
    }

    /// The same, edit by edit.
    fn position_by_walking(edits: &[(Span, Span)], at: usize, is_start: bool) -> usize {
        let mut shift = 0_isize;
        for (edited, original) in edits {
            if is_start && at >= edited.start && at < edited.end {
                return original.start;
            }
            if !is_start && at > edited.start && at <= edited.end {
                return original.end;
            }
            if at >= edited.end {
                shift = original.end as isize - edited.end as isize;
            }
        }
        at.saturating_add_signed(shift)
    }

    #[test]
    fn the_way_back_is_found_without_walking() {
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let mut below = |bound: usize| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state as usize % bound
        };
        for _ in 0..300 {
            let segment = Segment::new(1, Role::User, Kind::Text, "x".repeat(60));
            let edits: Vec<AppliedEdit> = (0..below(12))
                .map(|_| {
                    let start = below(55);
                    AppliedEdit {
                        plugin: "p".into(),
                        order: below(3),
                        segment: 1,
                        span: Span::new(start, start + 1 + below(5)),
                        replacement: "r".repeat(below(4)),
                    }
                })
                .collect();
            let revised = Revised::new(&segment, edits.iter().collect());
            for at in 0..=revised.segment.text.len() {
                for is_start in [true, false] {
                    assert_eq!(
                        revised.position(at, is_start),
                        position_by_walking(&revised.edits, at, is_start),
                        "{at} in {:?}",
                        revised.edits
                    );
                }
            }
        }
    }
}
