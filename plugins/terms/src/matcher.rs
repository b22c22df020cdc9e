//! Many terms at once: an automaton after Aho and Corasick, walked by hand so that case and white
//! space are folded on the way, and so that a stream knows where a term may have begun.

use std::ops::Range;

use aho_corasick::automaton::Automaton;
use aho_corasick::{Anchored, BuildError, PatternID, dfa, nfa};

/// Terms of so many bytes together become an automaton with one step a byte; more than that become
/// one that is a tenth of the size and takes a few.
const SMALL: usize = 4 << 10;

enum Tables {
    Small(dfa::DFA),
    Large(nfa::contiguous::NFA),
}

/// The terms of all lists that are compared in one way.
pub(crate) struct Matcher {
    tables: Tables,
    /// What each byte counts as.
    map: [u8; 256],
    /// The longest term, in bytes.
    longest: usize,
}

/// A term's occurrence: its number, and where.
pub(crate) struct Occurrence {
    pub(crate) term: usize,
    pub(crate) span: Range<usize>,
}

impl Matcher {
    /// Terms as [`normal`] makes them.
    pub(crate) fn build(terms: &[String], folds_case: bool) -> Result<Self, BuildError> {
        let bytes: usize = terms.iter().map(String::len).sum();
        let tables = if bytes <= SMALL {
            Tables::Small(dfa::Builder::new().prefilter(false).build(terms)?)
        } else {
            Tables::Large(
                nfa::contiguous::Builder::new()
                    .prefilter(false)
                    .build(terms)?,
            )
        };
        let mut map = [0; 256];
        for (byte, slot) in (0..=u8::MAX).zip(&mut map) {
            *slot = match byte {
                b'\t' | b'\n' | b'\r' | 0x0b | 0x0c => b' ',
                _ if folds_case => byte.to_ascii_lowercase(),
                _ => byte,
            };
        }
        Ok(Self {
            tables,
            map,
            longest: terms.iter().map(String::len).max().unwrap_or(0),
        })
    }

    /// Tells of every occurrence, in the order of their ends. Answers where a term may have begun
    /// that the text ends in.
    pub(crate) fn walk(&self, text: &str, found: impl FnMut(Occurrence)) -> Option<usize> {
        match &self.tables {
            Tables::Small(automaton) => self.walk_with(automaton, text.as_bytes(), found),
            Tables::Large(automaton) => self.walk_with(automaton, text.as_bytes(), found),
        }
    }

    fn walk_with(
        &self,
        automaton: &impl Automaton,
        bytes: &[u8],
        mut found: impl FnMut(Occurrence),
    ) -> Option<usize> {
        let start = automaton.start_state(Anchored::No).ok()?;
        let mut state = start;
        // Where the automaton was last in no term.
        let mut begun = 0;
        let mut after_space = false;
        for (at, byte) in bytes.iter().enumerate() {
            let byte = self.map.get(usize::from(*byte)).copied().unwrap_or(*byte);
            let is_space = byte == b' ';
            if is_space && after_space {
                continue;
            }
            after_space = is_space;
            state = automaton.next_state(Anchored::No, state, byte);
            if state == start {
                begun = at + 1;
            } else if automaton.is_match(state) {
                for index in 0..automaton.match_len(state) {
                    let term: PatternID = automaton.match_pattern(state, index);
                    let length = automaton.pattern_len(term);
                    found(Occurrence {
                        term: term.as_usize(),
                        span: back(bytes, at + 1, length)..at + 1,
                    });
                }
            }
        }
        let reach = back(bytes, bytes.len(), self.longest);
        Some(begun.max(reach)).filter(|begun| *begun < bytes.len())
    }
}

/// Where the stretch begins that ends at `end` and has `left` bytes, where white space counts once.
fn back(bytes: &[u8], end: usize, mut left: usize) -> usize {
    let is_space = |at: usize| {
        bytes
            .get(at)
            .is_some_and(|byte| matches!(byte, b'\t'..=b'\r' | b' '))
    };
    let mut at = end;
    while left > 0 && at > 0 {
        at -= 1;
        if is_space(at) {
            while at > 0 && is_space(at - 1) {
                at -= 1;
            }
        }
        left -= 1;
    }
    at
}

/// A term as the automaton knows it: white space counts once and none stands at an end; ASCII
/// letters are small where case does not count.
pub(crate) fn normal(term: &str, folds_case: bool) -> String {
    let mut normal = term.split_ascii_whitespace().collect::<Vec<_>>().join(" ");
    if folds_case {
        normal.make_ascii_lowercase();
    }
    normal
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matcher(terms: &[&str]) -> Matcher {
        let terms: Vec<String> = terms.iter().map(|term| normal(term, true)).collect();
        Matcher::build(&terms, true).unwrap()
    }

    fn all(matcher: &Matcher, text: &str) -> Vec<(usize, Range<usize>)> {
        let mut found = Vec::new();
        matcher.walk(text, |one| found.push((one.term, one.span)));
        found
    }

    #[test]
    fn case_and_white_space_are_folded() {
        let matcher = matcher(&["open  sesame", "same"]);
        assert_eq!(all(&matcher, "OPEN \n\t Sesame"), [(0, 0..14), (1, 10..14)]);
    }

    #[test]
    fn what_may_have_begun_is_told() {
        let matcher = matcher(&["open sesame"]);
        let begun = |text| matcher.walk(text, |_| ());
        assert_eq!(begun("well, open se"), Some(6));
        assert_eq!(begun("well, opes"), None);
        assert_eq!(begun("well, o"), Some(6));
        assert_eq!(begun("open sesame"), Some(0));
        assert_eq!(begun("open sesame "), None);
    }

    proptest::proptest! {
        #[test]
        fn both_tables_find_what_a_plain_search_finds(
            terms in proptest::collection::btree_set("[a-c]{1,4}( [a-c]{1,2})?", 1..8),
            text in "[a-dA-D ]{0,40}",
        ) {
            let terms: Vec<String> = terms.into_iter().collect();
            let small = Matcher::build(&terms, true).unwrap();
            let large = Matcher {
                tables: Tables::Large(nfa::contiguous::Builder::new().build(&terms).unwrap()),
                map: small.map,
                longest: small.longest,
            };
            let mut one = all(&small, &text);
            let mut two = all(&large, &text);
            one.sort_by_key(|(term, span)| (*term, span.start));
            two.sort_by_key(|(term, span)| (*term, span.start));
            proptest::prop_assert_eq!(&one, &two);
            for (term, span) in one {
                proptest::prop_assert_eq!(&normal(text.get(span).unwrap(), true), &terms[term]);
            }
            let plain = normal(&text, true);
            for (index, term) in terms.iter().enumerate() {
                let count = all(&small, &text).iter().filter(|(found, _)| *found == index).count();
                let expected = (0..plain.len()).filter(|at| plain.get(*at..).unwrap().starts_with(term.as_str())).count();
                proptest::prop_assert_eq!(count, expected, "{}", term);
            }
        }
    }
}
