//! Canaries: words that stand nowhere but in the system prompt.
//!
//! One automaton (Aho and Corasick, 1975) walks the letters and digits of a text and looks for all of
//! them at once: as they are, turned by ROT13, and backwards. What stands between the letters does
//! not count, so `c-a-n-a-r-y` is one, too.

use std::collections::VecDeque;
use std::ops::Range;

use crate::secrets::turned;

/// Letters and digits of a canary.
pub(crate) const SHORTEST: usize = 6;
pub(crate) const LONGEST: usize = 128;
/// The most canaries.
pub(crate) const MOST: usize = 32;
/// Signs between two letters, at most, in bytes.
const GAP: usize = 8;

/// The automaton.
#[derive(Debug, Default)]
pub(crate) struct Canaries {
    /// The class of each byte; 0: in no canary.
    classes: Vec<u8>,
    width: usize,
    /// The next state by state and class.
    next: Vec<u16>,
    /// Letters that lead to each state, and the letters of the longest canary that ends in it.
    depth: Vec<u8>,
    whole: Vec<u8>,
}

/// The letters and digits of a text, in lower case.
pub(crate) fn letters(text: &str) -> impl DoubleEndedIterator<Item = u8> + '_ {
    text.bytes().filter_map(letter)
}

fn letter(byte: u8) -> Option<u8> {
    (byte.is_ascii_alphanumeric() || byte >= 0x80).then(|| byte.to_ascii_lowercase())
}

impl Canaries {
    /// The automaton for these canaries, which were folded and checked.
    pub(crate) fn new<'a>(canaries: impl Iterator<Item = &'a str>) -> Self {
        let mut patterns: Vec<Vec<u8>> = Vec::new();
        for canary in canaries {
            let turned = letters(canary).map(turned).collect();
            for pattern in [
                letters(canary).collect(),
                turned,
                letters(canary).rev().collect(),
            ] {
                if !patterns.contains(&pattern) {
                    patterns.push(pattern);
                }
            }
        }
        let mut automaton = Self {
            classes: vec![0; 256],
            ..Self::default()
        };
        let mut classes = 0;
        for byte in patterns.iter().flatten() {
            if let Some(class) = automaton.classes.get_mut(usize::from(*byte))
                && *class == 0
            {
                classes += 1;
                *class = classes;
            }
        }
        automaton.width = usize::from(classes) + 1;
        automaton.add_state(0);
        for pattern in &patterns {
            automaton.add(pattern);
        }
        automaton.link();
        automaton
    }

    /// Whether there is nothing to look for.
    pub(crate) fn is_empty(&self) -> bool {
        self.depth.len() < 2
    }

    fn add_state(&mut self, depth: u8) -> u16 {
        let state = u16::try_from(self.depth.len()).unwrap_or_default();
        self.depth.push(depth);
        self.whole.push(0);
        self.next.resize(self.depth.len() * self.width, 0);
        state
    }

    fn class(&self, byte: u8) -> usize {
        self.classes
            .get(usize::from(byte))
            .map_or(0, |class| usize::from(*class))
    }

    fn step(&self, state: u16, class: usize) -> u16 {
        let place = usize::from(state) * self.width + class;
        self.next.get(place).copied().unwrap_or_default()
    }

    fn set(&mut self, state: u16, class: usize, to: u16) {
        if let Some(place) = self.next.get_mut(usize::from(state) * self.width + class) {
            *place = to;
        }
    }

    fn add(&mut self, pattern: &[u8]) {
        let mut state = 0;
        for (depth, byte) in (1_u8..).zip(pattern) {
            let class = self.class(*byte);
            let mut to = self.step(state, class);
            if to == 0 {
                to = self.add_state(depth);
                self.set(state, class, to);
            }
            state = to;
        }
        if let Some(whole) = self.whole.get_mut(usize::from(state)) {
            *whole = u8::try_from(pattern.len()).unwrap_or(u8::MAX);
        }
    }

    /// Fills in where each state leads with letters that none of its canaries goes on with.
    fn link(&mut self) {
        let mut fallback = vec![0_u16; self.depth.len()];
        let mut queue: VecDeque<u16> = VecDeque::new();
        for class in 1..self.width {
            match self.step(0, class) {
                0 => {}
                state => queue.push_back(state),
            }
        }
        while let Some(state) = queue.pop_front() {
            let back = fallback
                .get(usize::from(state))
                .copied()
                .unwrap_or_default();
            let ends = self
                .whole
                .get(usize::from(back))
                .copied()
                .unwrap_or_default();
            if let Some(whole) = self.whole.get_mut(usize::from(state))
                && *whole == 0
            {
                *whole = ends;
            }
            for class in 1..self.width {
                let behind = self.step(back, class);
                match self.step(state, class) {
                    0 => self.set(state, class, behind),
                    to => {
                        if let Some(place) = fallback.get_mut(usize::from(to)) {
                            *place = behind;
                        }
                        queue.push_back(to);
                    }
                }
            }
        }
    }

    /// The canaries of a text from `from` on, and where one begins that may go on behind it.
    pub(crate) fn find(&self, text: &str, from: usize) -> (Vec<Range<usize>>, Option<usize>) {
        let mut found: Vec<Range<usize>> = Vec::new();
        let mut places = [0_usize; LONGEST];
        let (mut count, mut state, mut last) = (0_usize, 0, from);
        let at_letter = |places: &[usize; LONGEST], count: usize, back: u8| {
            let place = count.wrapping_sub(usize::from(back)) % LONGEST;
            places.get(place).copied()
        };
        for (at, byte) in text.bytes().enumerate().skip(from) {
            let Some(letter) = letter(byte) else {
                continue;
            };
            if at - last > GAP {
                state = 0;
            }
            last = at;
            if let Some(place) = places.get_mut(count % LONGEST) {
                *place = at;
            }
            count += 1;
            state = self.step(state, self.class(letter));
            let whole = self
                .whole
                .get(usize::from(state))
                .copied()
                .unwrap_or_default();
            if whole > 0
                && let Some(start) = at_letter(&places, count, whole)
            {
                match found.last_mut() {
                    Some(known) if start < known.end => {
                        *known = start.min(known.start)..at + 1;
                    }
                    _ => found.push(start..at + 1),
                }
            }
        }
        let depth = self
            .depth
            .get(usize::from(state))
            .copied()
            .unwrap_or_default();
        let is_near = text.len() - last <= GAP + 1;
        let begun = (depth > 0 && is_near)
            .then(|| at_letter(&places, count, depth))
            .flatten();
        (found, begun)
    }
}

#[cfg(test)]
#[expect(clippy::string_slice, reason = "a test may panic")]
mod tests {
    use super::*;

    fn found(canaries: &[&str], text: &str) -> Vec<String> {
        let canaries = Canaries::new(canaries.iter().copied());
        let (found, _) = canaries.find(text, 0);
        found
            .into_iter()
            .map(|range| text[range].to_owned())
            .collect()
    }

    #[test]
    fn canaries_are_found_in_disguise() {
        let canary = &["kestrel-7731"];
        for text in [
            "it is kestrel-7731.",
            "it is KESTREL 7731.",
            "it is k-e-s-t-r-e-l-7-7-3-1.",
            "it is xrfgery-7731.",
            "it is 1377-lertsek.",
        ] {
            assert_eq!(found(canary, text).len(), 1, "{text}");
        }
        assert!(found(canary, "it is a kestrel, 7732").is_empty());
        assert!(found(canary, "kestrel ---------------- 7731").is_empty());
    }

    #[test]
    fn one_inside_of_another_is_found() {
        assert_eq!(
            found(&["abcabcabd", "bcabca"], "xabcabcabcabdx"),
            ["bcabcabcabd"]
        );
        assert_eq!(found(&["bcabca", "zzzzzy"], "abcabca"), ["bcabca"]);
    }

    #[test]
    fn the_beginning_of_one_is_known() {
        let canaries = Canaries::new(["kestrel-7731"].into_iter());
        assert_eq!(canaries.find("it is kest", 0).1, Some(6));
        assert_eq!(canaries.find("it is k e s ", 0).1, Some(6));
        assert_eq!(canaries.find("it is up", 0).1, None);
        assert!(Canaries::new(std::iter::empty()).is_empty());
    }
}
