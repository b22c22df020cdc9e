//! Which rows may have the groups of a chain, and letters where it has them: most chains are told
//! apart from all of them without a look at what they say.

use super::Entry;
use crate::detect::LEAST_WITHIN;
use crate::detect::token::{MAX, Outline};

/// The ways in which rows are set apart in groups, as a tree: each node stands for the groups that lead
/// to it.
#[derive(Clone, Debug)]
pub(super) struct Layouts {
    nodes: Vec<Node>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Node {
    /// A bit for each row of that length that has these groups and no others.
    rows: u128,
    /// A bit for each length that the next group may have.
    lengths: u32,
    /// The node for the first of them; the others follow.
    next: u16,
}

impl Layouts {
    pub(super) fn of(entries: &[(usize, Entry)]) -> Self {
        let mut layouts: Vec<(u32, usize, u128)> = Vec::new();
        let mut last = (usize::MAX, 0);
        for (length, entry) in entries {
            last = (*length, if last.0 == *length { last.1 + 1 } else { 0 });
            let row = 1_u128.checked_shl(last.1).unwrap_or(0);
            let breaks = entry.breaks & ((1 << length) - 1);
            layouts.push((breaks, *length, row));
            if !entry.apart && breaks != 0 {
                layouts.push((0, *length, row));
            }
        }
        let mut nodes = vec![Node::default()];
        // What leads to each node: how many characters, and where groups begin among them.
        let mut known = vec![(0, 0)];
        let mut place = 0;
        while let Some((from, begun)) = known.get(place).copied() {
            let next = nodes.len() as u16;
            let mut lengths = 0_u32;
            for (breaks, length, rows) in &layouts {
                let mask = (1_u32 << from) - 1;
                if *length < from || breaks & mask != begun & mask {
                    continue;
                }
                if *length == from {
                    if let Some(node) = nodes.get_mut(place).filter(|_| *breaks == begun & mask) {
                        node.rows |= rows;
                    }
                } else if from == 0 || breaks >> from & 1 != 0 {
                    let behind = breaks.checked_shr(from as u32 + 1).unwrap_or(0);
                    let end = match behind {
                        0 => *length,
                        behind => from + 1 + behind.trailing_zeros() as usize,
                    };
                    lengths |= 1 << (end - from);
                }
            }
            for length in (1..=MAX).filter(|length| lengths >> length & 1 != 0) {
                nodes.push(Node::default());
                let here = u32::from(from > 0) << from;
                known.push((from + length, begun | here));
            }
            if let Some(node) = nodes.get_mut(place) {
                (node.lengths, node.next) = (lengths, next);
            }
            place += 1;
        }
        Self { nodes }
    }

    /// The node after another and one more group of this length.
    #[inline]
    pub(super) fn next(&self, node: u16, length: usize) -> Option<u16> {
        let node = self.nodes.get(usize::from(node))?;
        let bit = 1_u32 << (length & 31);
        let before = (node.lengths & (bit - 1)).count_ones();
        (node.lengths & bit != 0).then_some(node.next + before as u16)
    }

    /// The rows that have the groups of a node.
    #[inline]
    pub(super) fn rows(&self, node: u16) -> u128 {
        self.nodes
            .get(usize::from(node))
            .map_or(0, |node| node.rows)
    }
}

/// Which rows of a length may have a letter in a place, and which a digit, in the places that tell
/// most.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sieve {
    first: [u128; 2],
    second: [u128; 2],
    last: [u128; 2],
    /// The rows that may be meant without a word somewhere near.
    pub(super) open: u128,
    /// Those of them that digits in one piece can be, within a text.
    pub(super) alone: u128,
}

impl Sieve {
    pub(super) fn add(&mut self, entry: &Entry, length: usize, place: usize) {
        let row = 1_u128.checked_shl(place as u32).unwrap_or(0);
        let places = [
            (&mut self.first, 0),
            (&mut self.second, 1),
            (&mut self.last, length.saturating_sub(1)),
        ];
        for ([digit, letter], place) in places {
            if entry.letters >> place & 1 == 0 {
                *digit |= row;
            }
            if entry.digits >> place & 1 == 0 {
                *letter |= row;
            }
        }
        if !entry.needs_word || entry.close {
            self.open |= row;
        }
        if entry.letters == 0 && !entry.apart && !entry.close && entry.row.bare >= LEAST_WITHIN {
            self.alone |= row;
        }
    }

    /// The rows that may have letters where a chain has them.
    #[inline]
    pub(super) fn rows(&self, outline: &Outline) -> u128 {
        let of = |[digit, letter]: [u128; 2], place: usize| match outline.letters >> place & 1 {
            0 => digit,
            _ => letter,
        };
        of(self.first, 0) & of(self.second, 1) & of(self.last, outline.total.saturating_sub(1))
    }
}
