//! Many words at once: a trie that is walked from where a word begins.

/// How text is folded on its way through a [`Trie`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fold {
    /// Bytes count as they are.
    Exact,
    /// ASCII letters lose their case; a run of white space counts as one space.
    Prose,
}

/// Why a [`Trie`] cannot be built.
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
                "the patterns use more than 128 different bytes; hint: build two tries"
            }
            Self::TooManyNodes => "the patterns need more than 65535 nodes; hint: build two tries",
        })
    }
}

impl std::error::Error for TrieError {}

const NONE: u8 = 0xff;

#[derive(Clone, Copy, Default)]
struct Node {
    /// Which classes have a child.
    children: u128,
    /// What a pattern that ends here means; 0 where none does.
    value: u64,
    /// Index of the first child; the others follow in the order of their classes.
    first: u16,
}

/// A set of byte patterns with a value for each, found from a given start in time that depends on
/// the longest pattern alone.
///
/// It has no failure links: the caller says where a pattern may begin, most often at the start of a
/// word. That keeps the tables small enough to live in a snapshot, and the walk ends at the first
/// byte or two of most words.
#[derive(Clone)]
pub struct Trie {
    classes: [u8; 256],
    space: u8,
    nodes: Vec<Node>,
}

impl std::fmt::Debug for Trie {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Trie")
            .field("nodes", &self.nodes.len())
            .finish_non_exhaustive()
    }
}

impl Trie {
    /// Builds the trie. The values of a pattern that is given more than once are or-ed together.
    ///
    /// # Errors
    /// An empty pattern, or more patterns than the tables have room for.
    pub fn build<'a>(
        fold: Fold,
        patterns: impl IntoIterator<Item = (&'a str, u64)>,
    ) -> Result<Self, TrieError> {
        let mut sorted: Vec<(Vec<u8>, u64)> = Vec::new();
        for (pattern, value) in patterns {
            if pattern.is_empty() {
                return Err(TrieError::Empty);
            }
            sorted.push((
                pattern.bytes().map(|byte| folded(fold, byte)).collect(),
                value,
            ));
        }
        let mut used = [false; 256];
        for byte in sorted.iter().flat_map(|(bytes, _)| bytes) {
            if let Some(slot) = used.get_mut(usize::from(*byte)) {
                *slot = true;
            }
        }
        let mut classes = [NONE; 256];
        let used = classes.iter_mut().zip(used).filter(|(_, used)| *used);
        for (next, (class, _)) in (0u8..).zip(used) {
            if next >= 128 {
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
        sorted.dedup_by(|later, earlier| {
            let same = later.0 == earlier.0;
            if same {
                earlier.1 |= later.1;
            }
            same
        });
        let mut trie = Self {
            classes,
            space,
            nodes: vec![Node::default()],
        };
        trie.fill(&sorted)?;
        Ok(trie)
    }

    /// Lays the nodes breadth first, so that the children of a node stand side by side.
    fn fill(&mut self, sorted: &[(Vec<u8>, u64)]) -> Result<(), TrieError> {
        // Node, the patterns below it, and how deep it lies.
        let mut queue = std::collections::VecDeque::from([(0usize, 0..sorted.len(), 0usize)]);
        while let Some((node, range, depth)) = queue.pop_front() {
            let below = sorted.get(range.clone()).unwrap_or_default();
            let first = u16::try_from(self.nodes.len()).map_err(|_| TrieError::TooManyNodes)?;
            let mut made = Node {
                first,
                ..Node::default()
            };
            let mut at = range.start;
            for group in below.chunk_by(|a, b| a.0.get(depth) == b.0.get(depth)) {
                let end = at + group.len();
                match group.first().and_then(|(bytes, _)| bytes.get(depth)) {
                    None => made.value = group.iter().fold(0, |all, (_, value)| all | value),
                    Some(byte) => {
                        let class = self
                            .classes
                            .get(usize::from(*byte))
                            .copied()
                            .unwrap_or(NONE);
                        made.children |= 1u128 << (class & 127);
                        queue.push_back((self.nodes.len(), at..end, depth + 1));
                        self.nodes.push(Node::default());
                    }
                }
                at = end;
            }
            if let Some(slot) = self.nodes.get_mut(node) {
                *slot = made;
            }
        }
        Ok(())
    }

    /// Whether a pattern can begin with this byte.
    #[inline]
    pub fn starts_with(&self, byte: u8) -> bool {
        self.class(byte).is_some_and(|class| {
            self.nodes
                .first()
                .is_some_and(|root| root.children >> class & 1 == 1)
        })
    }

    /// Tells of every pattern that begins at `start`, shortest first: its value and where it ends.
    #[inline]
    pub fn walk(&self, bytes: &[u8], start: usize, mut found: impl FnMut(u64, usize)) {
        let Some(mut node) = self.nodes.first().copied() else {
            return;
        };
        let mut at = start;
        while let Some(class) = bytes.get(at).and_then(|byte| self.class(*byte)) {
            let bit = 1u128 << class;
            if node.children & bit == 0 {
                return;
            }
            let child = usize::from(node.first) + (node.children & (bit - 1)).count_ones() as usize;
            let Some(next) = self.nodes.get(child) else {
                return;
            };
            node = *next;
            at += 1;
            if class == self.space {
                while bytes
                    .get(at)
                    .is_some_and(|byte| self.class(*byte) == Some(self.space))
                {
                    at += 1;
                }
            }
            if node.value != 0 {
                found(node.value, at);
            }
        }
    }

    /// The value and the end of the longest pattern that begins at `start`.
    #[inline]
    pub fn longest(&self, bytes: &[u8], start: usize) -> Option<(u64, usize)> {
        let mut best = None;
        self.walk(bytes, start, |value, end| best = Some((value, end)));
        best
    }

    #[inline]
    fn class(&self, byte: u8) -> Option<u8> {
        self.classes
            .get(usize::from(byte))
            .copied()
            .filter(|class| *class != NONE)
    }
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
    }

    #[test]
    fn what_cannot_be_built_is_said() {
        assert_eq!(
            Trie::build(Fold::Exact, [("", 1)]).unwrap_err(),
            TrieError::Empty
        );
        assert!(all(&Trie::build(Fold::Exact, []).unwrap(), "abc", 0).is_empty());
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
