//! Many words at once: a trie that is walked from where a word begins.

use std::collections::VecDeque;

use super::sorts;

/// How text is folded on its way through a [`Trie`].
///
/// ```
/// use caponier_sdk::normalise::{Fold, Trie};
///
/// let prose = Trie::build(Fold::Prose, [("open sesame", 1)]).unwrap();
/// assert_eq!(prose.longest(b"OPEN\n  Sesame", 0), Some((1, 13)));
/// // A key's prefix is written in one way.
/// let exact = Trie::build(Fold::Exact, [("AKIA", 1)]).unwrap();
/// assert_eq!(exact.longest(b"akia", 0), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fold {
    /// Bytes count as they are.
    Exact,
    /// ASCII letters lose their case; a run of white space counts as one space.
    Prose,
}

/// Why a [`Trie`] cannot be built.
///
/// ```
/// use caponier_sdk::Error;
/// use caponier_sdk::normalise::{Fold, Trie, TrieError};
///
/// /// Words from settings: what is wrong with them is the operator's to mend.
/// fn words(words: &[String]) -> Result<Trie, Error> {
///     Trie::build(Fold::Prose, words.iter().map(|word| (word.as_str(), 1)))
///         .map_err(|error| Error::new(format!("settings.words: {error}")))
/// }
///
/// let error = words(&[String::new()]).unwrap_err();
/// assert_eq!(error.message(), format!("settings.words: {}", TrieError::Empty));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TrieError {
    /// A pattern without a byte would be found everywhere.
    Empty,
    /// More different bytes than a node has room for.
    TooManyBytes,
    /// More nodes than an index can name.
    TooManyNodes,
}

impl std::fmt::Display for TrieError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Empty => "a pattern is empty; hint: leave it out",
            Self::TooManyBytes => {
                "the patterns use more than 250 different bytes; hint: build two tries"
            }
            Self::TooManyNodes => "the patterns need more than 65 000 nodes; hint: build two tries",
        })
    }
}

impl std::error::Error for TrieError {}

/// The class of a byte that is in no pattern: no slot is ever taken by it.
const NONE: u8 = 0xff;
/// The parent of a slot that is free.
const FREE: u16 = u16::MAX;

/// A node in the place that its parent's base and its own class give it.
#[derive(Clone, Copy)]
struct Slot {
    /// What the class of the next byte is added to.
    base: u16,
    /// The slot of the node that this one follows: another's child is told from one's own by it.
    parent: u16,
    /// Which value a pattern that ends here has; 0 where none does.
    value: u16,
}

const EMPTY: Slot = Slot {
    base: 0,
    parent: FREE,
    value: 0,
};

/// Slots that stay free, beside an eighth: a few nodes have many children.
const SPARE: usize = 256;

/// Patterns in the making of a trie, one behind the other: what they take is freed again, but a
/// plugin's memory, which every call starts from, stays as large as it ever was.
#[derive(Default)]
struct Patterns {
    bytes: Vec<u8>,
    patterns: Vec<Pattern>,
}

/// Where a pattern lies, and its value.
#[derive(Clone, Copy)]
struct Pattern {
    start: u32,
    end: u32,
    value: u64,
}

/// A node whose children have no place yet.
struct Pending {
    node: u16,
    /// How many bytes lie before it.
    depth: u32,
    /// The patterns that go through it.
    below: (u32, u32),
}

impl Patterns {
    fn add(&mut self, bytes: impl Iterator<Item = u8>, value: u64) -> Result<(), TrieError> {
        let end = |bytes: &[u8]| u32::try_from(bytes.len()).map_err(|_| TrieError::TooManyNodes);
        let start = end(&self.bytes)?;
        self.bytes.extend(bytes);
        let end = end(&self.bytes)?;
        self.patterns.push(Pattern { start, end, value });
        Ok(())
    }

    /// In order, each once with all of its values.
    fn sort(&mut self) {
        let Self { bytes, patterns } = self;
        let of = |pattern: &Pattern| bytes.get(pattern.start as usize..pattern.end as usize);
        patterns.sort_unstable_by(|a, b| of(a).cmp(&of(b)));
        patterns.dedup_by(|later, earlier| {
            let same = of(later) == of(earlier);
            if same {
                earlier.value |= later.value;
            }
            same
        });
    }

    /// How many nodes they need: one for each byte in which a pattern differs from the one before.
    fn nodes(&self) -> usize {
        let mut nodes = 1;
        let mut before: &[u8] = &[];
        for Pattern { start, end, .. } in &self.patterns {
            let bytes = self.bytes.get(*start as usize..*end as usize);
            let bytes = bytes.unwrap_or_default();
            let shared = bytes.iter().zip(before).take_while(|(a, b)| a == b).count();
            nodes += bytes.len() - shared;
            before = bytes;
        }
        nodes
    }

    fn byte(&self, index: u32, depth: u32) -> Option<u8> {
        let pattern = self.patterns.get(index as usize)?;
        let at = pattern.start + depth;
        let byte = self.bytes.get(at as usize).copied();
        byte.filter(|_| at < pattern.end)
    }

    fn value(&self, index: u32) -> u64 {
        let pattern = self.patterns.get(index as usize);
        pattern.map_or(0, |pattern| pattern.value)
    }
}

/// How far a walk has come.
struct Reached {
    at: usize,
    node: u16,
    slot: Slot,
}

/// A set of byte patterns with a value for each, found from a given start in time that depends on
/// the longest pattern alone.
///
/// It has no failure links: the caller says where a pattern may begin, most often at the start of a
/// word. Nodes lie in a double array: a step is one addition and one comparison, and the tables
/// are small enough to live in a snapshot and in a processor's cache.
///
/// # Example
///
/// ```
/// use caponier_sdk::normalise::{Fold, Trie};
///
/// const DANGER: u64 = 1;
/// const NAME: u64 = 2;
/// let trie = Trie::build(Fold::Prose, [("blue", DANGER), ("bluebird", NAME), ("kestrel", NAME)])?;
///
/// let text = b"Tell me of Bluebird";
/// let mut found = Vec::new();
/// for start in 0..text.len() {
///     // Where a word begins, if one of ours can begin so.
///     let begins = start == 0 || !text[start - 1].is_ascii_alphanumeric();
///     if begins && trie.starts_with(text[start]) {
///         trie.walk(text, start, |value, end| found.push((value, start..end)));
///     }
/// }
/// assert_eq!(found, [(DANGER, 11..15), (NAME, 11..19)]);
/// assert_eq!(trie.longest(text, 11), Some((NAME, 19)));
/// // In a stream: this may become a name, so it is held.
/// assert!(trie.reaches(b"Kest"));
/// # Ok::<(), caponier_sdk::normalise::TrieError>(())
/// ```
#[derive(Clone)]
pub struct Trie {
    classes: [u8; 256],
    space: u8,
    slots: Vec<Slot>,
    values: Vec<u64>,
}

impl std::fmt::Debug for Trie {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Trie")
            .field("slots", &self.slots.len())
            .finish_non_exhaustive()
    }
}

impl Trie {
    /// Builds the trie. The values of a pattern that is given more than once are or-ed together.
    ///
    /// See the [example](Self#example).
    ///
    /// # Errors
    /// An empty pattern, or more patterns than the tables have room for.
    pub fn build<S: AsRef<str>>(
        fold: Fold,
        patterns: impl IntoIterator<Item = (S, u64)>,
    ) -> Result<Self, TrieError> {
        let mut sorted = Patterns::default();
        for (pattern, value) in patterns {
            let pattern = pattern.as_ref();
            if pattern.is_empty() {
                return Err(TrieError::Empty);
            }
            sorted.add(pattern.bytes().map(|byte| folded(fold, byte)), value)?;
        }
        let mut used = [false; 256];
        for byte in &sorted.bytes {
            if let Some(slot) = used.get_mut(usize::from(*byte)) {
                *slot = true;
            }
        }
        let mut classes = [NONE; 256];
        let used = classes.iter_mut().zip(used).filter(|(_, used)| *used);
        for (next, (class, _)) in (0u8..).zip(used) {
            if next >= 250 {
                return Err(TrieError::TooManyBytes);
            }
            *class = next;
        }
        let space = match fold {
            Fold::Exact => NONE,
            Fold::Prose => classes.get(usize::from(b' ')).copied().unwrap_or(NONE),
        };
        // Letters of either case, and every sort of white space, are of the class of what they fold to.
        let of_folded = classes;
        for (byte, class) in (0..=u8::MAX).zip(classes.iter_mut()) {
            *class = of_folded
                .get(usize::from(folded(fold, byte)))
                .copied()
                .unwrap_or(NONE);
        }
        sorted.sort();
        let mut trie = Self {
            classes,
            space,
            slots: Vec::with_capacity(sorted.nodes() / 8 * 9 + SPARE),
            values: vec![0],
        };
        trie.slots.push(Slot { parent: 0, ..EMPTY });
        trie.fill(&sorted)?;
        Ok(trie)
    }

    /// Gives every node the first place where all of its children fit.
    fn fill(&mut self, sorted: &Patterns) -> Result<(), TrieError> {
        let mut queue = VecDeque::from([Pending {
            node: 0,
            depth: 0,
            below: (0, sorted.patterns.len() as u32),
        }]);
        let mut low = 1;
        while let Some(Pending { node, depth, below }) = queue.pop_front() {
            let mut children: Vec<(usize, (u32, u32))> = Vec::new();
            let mut value = 0;
            let mut at = below.0;
            while at < below.1 {
                let byte = sorted.byte(at, depth);
                let same = (at..below.1).take_while(|other| sorted.byte(*other, depth) == byte);
                let end = at + same.count() as u32;
                match byte {
                    None => value = sorted.value(at),
                    Some(byte) => children.push((usize::from(self.class(byte)), (at, end))),
                }
                at = end;
            }
            while self.slots.get(low).is_some_and(|slot| slot.parent != FREE) {
                low += 1;
            }
            let base = self.place(&children, low);
            let made = u16::try_from(base).map_err(|_| TrieError::TooManyNodes)?;
            for (class, below) in children {
                let child = base + class;
                if child >= self.slots.len() {
                    self.slots.resize(child + 1, EMPTY);
                }
                if let Some(slot) = self.slots.get_mut(child) {
                    slot.parent = node;
                }
                let node = u16::try_from(child)
                    .ok()
                    .filter(|child| *child < FREE)
                    .ok_or(TrieError::TooManyNodes)?;
                let depth = depth + 1;
                queue.push_back(Pending { node, depth, below });
            }
            let value = self.named(value)?;
            if let Some(slot) = self.slots.get_mut(usize::from(node)) {
                slot.base = made;
                slot.value = value;
            }
        }
        Ok(())
    }

    /// The lowest base from which on all children fall on free slots.
    fn place(&self, children: &[(usize, (u32, u32))], low: usize) -> usize {
        let Some((first, _)) = children.first() else {
            return 0;
        };
        let free = |at: usize| self.slots.get(at).is_none_or(|slot| slot.parent == FREE);
        let mut base = low.saturating_sub(*first);
        while !children
            .iter()
            .all(|(class, _)| base + class > 0 && free(base + class))
        {
            base += 1;
        }
        base
    }

    /// Where the value stands in the list of values.
    fn named(&mut self, value: u64) -> Result<u16, TrieError> {
        let known = self.values.iter().position(|known| *known == value);
        let index = known.unwrap_or_else(|| {
            self.values.push(value);
            self.values.len() - 1
        });
        u16::try_from(index).map_err(|_| TrieError::TooManyNodes)
    }

    /// Whether a pattern can begin with this byte.
    ///
    /// See the [example](Self#example).
    #[inline]
    pub fn starts_with(&self, byte: u8) -> bool {
        let root = self.slots.first().map_or(0, |root| root.base);
        self.child(0, root, self.class(byte)).is_some()
    }

    /// Tells of every pattern that begins at `start`, shortest first: its value and where it ends.
    ///
    /// See the [example](Self#example).
    #[inline]
    pub fn walk(&self, bytes: &[u8], start: usize, mut found: impl FnMut(u64, usize)) {
        let Some(slot) = self.slots.first().copied() else {
            return;
        };
        let mut reached = Reached {
            at: start,
            node: 0,
            slot,
        };
        while self.advance(bytes, &mut reached) {
            if let Some(value) = self.values.get(usize::from(reached.slot.value)) {
                found(*value, reached.at);
            }
        }
    }

    /// Goes on to the next end of a pattern, if there is one. A function of its own: most walks end
    /// in it after a few steps, and its few variables stay in registers.
    #[inline(always)]
    fn advance(&self, bytes: &[u8], reached: &mut Reached) -> bool {
        let Reached {
            mut at,
            mut node,
            mut slot,
        } = *reached;
        while let Some(byte) = bytes.get(at) {
            let class = self.class(*byte);
            let Some((index, next)) = self.child(node, slot.base, class) else {
                return false;
            };
            (node, slot) = (index, next);
            at += 1;
            if class == self.space {
                while bytes
                    .get(at)
                    .is_some_and(|byte| self.class(*byte) == self.space)
                {
                    at += 1;
                }
            }
            if slot.value != 0 {
                *reached = Reached { at, node, slot };
                return true;
            }
        }
        false
    }

    /// The value and the end of the longest pattern that begins at `start`.
    ///
    /// See the [example](Self#example).
    #[inline]
    pub fn longest(&self, bytes: &[u8], start: usize) -> Option<(u64, usize)> {
        let mut best = None;
        self.walk(bytes, start, |value, end| best = Some((value, end)));
        best
    }

    /// Where the longest pattern that begins at `start` ends, if it is a word that is written in
    /// pieces, with up to three separators between letters, and no word goes on behind it. What is
    /// a whole word before a separator is none in pieces.
    pub(super) fn in_pieces(&self, bytes: &[u8], start: usize) -> Option<usize> {
        // Scripts that write no spaces: a word may end anywhere.
        let wide = bytes.get(start).is_some_and(|byte| *byte >= 0xe3);
        let mut slot = self.slots.first().copied()?;
        let (mut at, mut node, mut pieces, mut best) = (start, 0, 1, None);
        while let Some(byte) = bytes.get(at) {
            if let Some((index, next)) = self.child(node, slot.base, self.class(*byte)) {
                (node, slot) = (index, next);
                at += 1;
                let goes_on = bytes
                    .get(at)
                    .is_some_and(|byte| sorts::is(*byte, sorts::ALPHANUMERIC | sorts::HIGH));
                if slot.value != 0 && pieces > 1 && (wide || !goes_on) {
                    best = Some(at);
                }
                continue;
            }
            let rest = bytes.get(at..).unwrap_or_default();
            let gap = sorts::run(rest, sorts::CUT);
            let gap_bytes = rest.get(..gap).unwrap_or_default();
            // Behind a whole word only marks cut on what was cut before.
            let ends =
                slot.value != 0 && (pieces == 1 || gap_bytes.iter().any(u8::is_ascii_whitespace));
            if ends || !(1..=3).contains(&gap) || at == start {
                break;
            }
            at += gap;
            pieces += 1;
        }
        best
    }

    /// Whether some pattern begins with all of `bytes`.
    ///
    /// See the [example](Self#example).
    pub fn reaches(&self, bytes: &[u8]) -> bool {
        let Some(root) = self.slots.first().copied() else {
            return false;
        };
        let mut was_space = false;
        let end = bytes.iter().try_fold((0, root), |(node, slot), byte| {
            let class = self.class(*byte);
            let is_space = class == self.space && class != NONE;
            // A run of white space is one step.
            let is_more = std::mem::replace(&mut was_space, is_space) && is_space;
            if is_more {
                return Some((node, slot));
            }
            self.child(node, slot.base, class)
        });
        end.is_some()
    }

    #[inline]
    fn child(&self, node: u16, base: u16, class: u8) -> Option<(u16, Slot)> {
        let index = usize::from(base) + usize::from(class);
        let slot = self.slots.get(index).copied()?;
        // No index of a slot is beyond the 16 bits: `fill` saw to it.
        (slot.parent == node && index != 0).then_some((index as u16, slot))
    }

    #[inline]
    fn class(&self, byte: u8) -> u8 {
        self.classes.get(usize::from(byte)).copied().unwrap_or(NONE)
    }
}

/// What a word is cut with.
pub(super) fn is_separator(byte: u8) -> bool {
    sorts::is(byte, sorts::CUT)
}

fn folded(fold: Fold, byte: u8) -> u8 {
    match (fold, byte) {
        (Fold::Exact, _) => byte,
        (Fold::Prose, b'\t' | b'\n' | b'\r' | 0x0b | 0x0c) => b' ',
        (Fold::Prose, _) => byte.to_ascii_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(trie: &Trie, text: &str, start: usize) -> Vec<(u64, usize)> {
        let mut found = Vec::new();
        trie.walk(text.as_bytes(), start, |value, end| {
            found.push((value, end))
        });
        found
    }

    #[test]
    fn every_pattern_from_a_start_is_found() {
        let trie = Trie::build(Fold::Exact, [("sk-", 1), ("sk-ant-", 2), ("ghp_", 4)]).unwrap();
        assert_eq!(all(&trie, "sk-ant-x", 0), [(1, 3), (2, 7)]);
        assert_eq!(all(&trie, "xghp_", 1), [(4, 5)]);
        assert_eq!(all(&trie, "SK-", 0), []);
        assert_eq!(trie.longest(b"sk-ant-x", 0), Some((2, 7)));
        assert!(trie.starts_with(b's') && !trie.starts_with(b'k'));
        assert!(trie.reaches(b"sk-an") && !trie.reaches(b"sk-x") && !trie.reaches(b"ghp_x"));
    }

    #[test]
    fn prose_folds_case_and_white_space() {
        let trie = Trie::build(
            Fold::Prose,
            [("from now on", 1), ("für", 2), ("now", 4), ("now", 8)],
        )
        .unwrap();
        assert_eq!(all(&trie, "From \n\t NOW  on!", 0), [(1, 15)]);
        assert_eq!(all(&trie, "für", 0), [(2, 4)]);
        assert_eq!(all(&trie, "now", 0), [(12, 3)]);
        assert!(trie.reaches(b"From \n\t NOW  ") && trie.reaches(b"from  "));
        assert!(!trie.reaches(b" from") && !trie.reaches(b"from  on"));
    }

    #[test]
    fn a_word_in_pieces_is_found_and_a_whole_one_is_not() {
        let trie = Trie::build(
            Fold::Prose,
            [
                ("ignore", 1),
                ("system", 1),
                ("systems", 1),
                ("забудь", 1),
                ("忽略", 1),
            ],
        )
        .unwrap();
        for (text, end) in [
            ("Ig nore", Some(7)),
            ("i-g-n-o-r-e!", Some(11)),
            ("ig**no\n_re x", Some(10)),
            ("sys tem setup", Some(7)),
            ("за будь", Some(13)),
            ("sys_tem_s x", Some(9)),
            ("sys tem s x", Some(7)),
            ("忽_略之", Some(7)),
            ("ignore", None),
            ("system s", None),
            ("ig nored", None),
            ("ig    nore", None),
            (" ignore", None),
        ] {
            assert_eq!(trie.in_pieces(text.as_bytes(), 0), end, "{text}");
        }
    }

    #[test]
    fn what_cannot_be_built_is_said() {
        assert_eq!(
            Trie::build(Fold::Exact, [("", 1)]).unwrap_err(),
            TrieError::Empty
        );
        let none: [(&str, u64); 0] = [];
        assert!(all(&Trie::build(Fold::Exact, none).unwrap(), "abc", 0).is_empty());
    }

    proptest::proptest! {
        #[test]
        fn it_finds_what_a_plain_search_finds(
            patterns in proptest::collection::vec("[a-c]{1,4}", 1..12),
            text in "[a-d]{0,24}",
        ) {
            let trie = Trie::build(Fold::Exact, patterns.iter().map(|pattern| (pattern.as_str(), 1))).unwrap();
            for start in 0..=text.len() {
                let mut expected: Vec<usize> = patterns
                    .iter()
                    .filter(|pattern| text.as_bytes()[start..].starts_with(pattern.as_bytes()))
                    .map(|pattern| start + pattern.len())
                    .collect();
                expected.sort_unstable();
                expected.dedup();
                let found: Vec<usize> = all(&trie, &text, start).into_iter().map(|(_, end)| end).collect();
                proptest::prop_assert_eq!(found, expected);
            }
        }
    }
}
