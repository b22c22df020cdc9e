//! Arrays of which items may go as a whole.

use std::ops::Range;

use caponier_core::Span;

use crate::splice::{Splice, removals};

/// An item of an array.
pub(crate) struct Item {
    /// Where it stands.
    pub(crate) span: Span,
    /// The segments in it.
    pub(crate) segments: Range<u32>,
    /// When all of it goes.
    pub(crate) goes: Goes,
}

/// The items of an array.
pub(super) struct List {
    pub(super) items: Vec<Item>,
    /// All of them may go.
    pub(super) may_be_empty: bool,
}

/// When an item leaves its array.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Goes {
    /// Never: what is dropped of it is replaced.
    Never,
    /// With one of its segments that is dropped.
    Dropped,
    /// With one of its segments that is edited, or dropped: it is of no use but as it was.
    Changed,
}

/// The items that go with their segments, as splices and as ids; the ids that are given, and those
/// that come back, are in order. Where an array may not be left empty and all of it would go, its
/// texts are replaced instead.
pub(super) fn gone(lists: &[List], edited: &[u32], dropped: &[u32]) -> (Vec<Splice>, Vec<u32>) {
    let (mut splices, mut segments) = (Vec::new(), Vec::new());
    let is_in = |list: &[u32], range: &Range<u32>| {
        let at = list.partition_point(|segment| *segment < range.start);
        list.get(at).is_some_and(|segment| *segment < range.end)
    };
    for list in lists {
        let goes: Vec<bool> = list
            .items
            .iter()
            .map(|item| match item.goes {
                Goes::Never => false,
                Goes::Dropped => is_in(dropped, &item.segments),
                Goes::Changed => is_in(dropped, &item.segments) || is_in(edited, &item.segments),
            })
            .collect();
        if !goes.contains(&true) || !(list.may_be_empty || goes.contains(&false)) {
            continue;
        }
        let spans: Vec<Span> = list.items.iter().map(|item| item.span).collect();
        let removed = removals(&spans, |index| goes.get(index) == Some(&true));
        splices.extend(removed.into_iter().map(|span| Splice::new(span, "")));
        let items = list.items.iter().zip(&goes).filter(|(_, goes)| **goes);
        segments.extend(items.flat_map(|(item, _)| item.segments.clone()));
    }
    segments.sort_unstable();
    (splices, segments)
}
