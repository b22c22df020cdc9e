//! What the terms of a topic count together in a segment.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::search::Match;

/// The terms of topics that open segments have had so far, and what they count: by the segment's id
/// and the list.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Scores {
    open: BTreeMap<(u32, u32), Score>,
}

/// What one topic counts in one segment.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Score {
    terms: BTreeMap<u32, u32>,
}

/// So many terms of one topic are told apart in a segment: whoever has said them has said enough.
const MOST: usize = 1000;

impl Score {
    fn add(&mut self, one: &Match) {
        if self.terms.len() < MOST {
            self.terms.insert(one.term, one.weight);
        }
    }

    /// What the terms count, each once.
    pub(crate) fn sum(&self) -> u32 {
        self.terms
            .values()
            .fold(0, |sum, weight| sum.saturating_add(*weight))
    }

    /// How many terms there are.
    pub(crate) fn count(&self) -> usize {
        self.terms.len()
    }
}

impl Scores {
    /// Counts a term that was found in a segment.
    pub(crate) fn add(&mut self, segment: u32, one: &Match) {
        self.open
            .entry(key(segment, one.list))
            .or_default()
            .add(one);
    }

    /// The score of a list in a segment so far.
    pub(crate) fn of(&self, segment: u32, list: usize) -> Option<&Score> {
        self.open.get(&key(segment, list))
    }

    /// Forgets a segment that is closed.
    pub(crate) fn close(&mut self, segment: u32) {
        self.open.retain(|(known, _), _| *known != segment);
    }
}

fn key(segment: u32, list: usize) -> (u32, u32) {
    (segment, u32::try_from(list).unwrap_or(u32::MAX))
}
