//! Which provider is spoken of before a value.

use std::ops::Range;

use caponier_sdk::normalise::{Fold, Trie, TrieError};

use crate::providers::NAMED;
use crate::shape::Named;

/// How far before a value its provider is looked for.
const REACH: usize = 80;
/// A name of fewer letters is no part of a longer word.
const LONG: usize = 6;

/// The names of providers, spelled as code and prose spell them.
pub(crate) struct Providers {
    trie: Trie,
}

impl Providers {
    pub(crate) fn new() -> Result<Self, TrieError> {
        let mut spelled: Vec<(String, u64)> = Vec::new();
        for (value, row) in (1u64..).zip(NAMED) {
            for name in row.names {
                spelled.push(((*name).to_owned(), value));
                if !name.bytes().any(|byte| byte.is_ascii_uppercase()) {
                    let mut title = (*name).to_owned();
                    if let Some(first) = title.get_mut(..1) {
                        first.make_ascii_uppercase();
                    }
                    spelled.push((title, value));
                    spelled.push((name.to_ascii_uppercase(), value));
                }
            }
        }
        let patterns = spelled.iter().map(|(name, value)| (name.as_str(), *value));
        let trie = Trie::build(Fold::Exact, patterns)?;
        Ok(Self { trie })
    }

    /// The provider named shortly before `at`: one whose credentials look like the value if there
    /// is one, else the last one. `across` says that the name may stand in a line before.
    pub(crate) fn before(
        &self,
        seen: &mut Seen,
        bytes: &[u8],
        at: usize,
        value: &[u8],
        across: bool,
    ) -> Option<&'static Named> {
        let mut from = at.saturating_sub(REACH);
        let near = bytes.get(from..at)?;
        self.look(seen, bytes, from..at);
        if !across && let Some(line) = near.iter().rposition(|byte| *byte == b'\n') {
            from += line + 1;
        }
        let names = seen.names.iter();
        let names = names.filter(|name| from <= name.start && name.end <= at);
        let (mut last, mut fitting) = (None, None);
        for name in names {
            last = Some(name.row);
            fitting = last.filter(|row| row.fits(value)).or(fitting);
        }
        fitting.or(last)
    }

    /// Sees to it that the names are known that begin in a range.
    fn look(&self, seen: &mut Seen, bytes: &[u8], range: Range<usize>) {
        if range.start < seen.from || seen.upto < range.start {
            *seen = Seen {
                from: range.start,
                upto: range.start,
                names: Vec::new(),
            };
        }
        seen.from = range.start;
        seen.names.retain(|name| range.start <= name.start);
        for start in seen.upto..range.end {
            if !bytes
                .get(start)
                .is_some_and(|byte| self.trie.starts_with(*byte))
            {
                continue;
            }
            self.trie.walk(bytes, start, |index, end| {
                let row = usize::try_from(index - 1).ok();
                let row = row.and_then(|row| NAMED.get(row));
                if let Some(row) = row.filter(|_| is_name(bytes, start, end)) {
                    seen.names.push(Seat { start, end, row });
                }
            });
        }
        seen.upto = seen.upto.max(range.end);
    }
}

/// The names around the place that a pass has come to: each byte is looked at once, however many values
/// stand behind it.
#[derive(Default)]
pub(crate) struct Seen {
    /// What begins in this range is known.
    from: usize,
    upto: usize,
    names: Vec<Seat>,
}

/// Where a provider's name stands.
struct Seat {
    start: usize,
    end: usize,
    row: &'static Named,
}

/// Whether what stands from `start` to `end` is a word, or one of those that a name is made of.
fn is_name(bytes: &[u8], start: usize, end: usize) -> bool {
    let byte = |at: Option<usize>| at.and_then(|at| bytes.get(at)).copied().unwrap_or(b' ');
    let (first, second) = (byte(Some(start)), byte(Some(start + 1)));
    let before = byte(start.checked_sub(1));
    let begins = if first.is_ascii_uppercase() && !second.is_ascii_uppercase() {
        !before.is_ascii_uppercase()
    } else {
        !before.is_ascii_alphabetic()
    };
    let after = byte(Some(end));
    let ends = end - start >= LONG
        || if second.is_ascii_uppercase() {
            !after.is_ascii_uppercase()
        } else {
            !after.is_ascii_lowercase()
        };
    begins && ends
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(text: &str, value: &str) -> Option<&'static str> {
        let providers = Providers::new().unwrap();
        let bytes = text.as_bytes();
        let seen = &mut Seen::default();
        let row = providers.before(seen, bytes, bytes.len(), value.as_bytes(), false)?;
        // The same where names before and behind were looked for already.
        for at in [bytes.len() / 2, bytes.len(), bytes.len() / 3, bytes.len()] {
            let again = providers.before(seen, bytes, at, value.as_bytes(), false);
            assert!(at < bytes.len() || again.map(|row| row.rule) == Some(row.rule));
        }
        Some(row.rule)
    }

    #[test]
    fn names_are_words_or_parts_of_names() {
        assert_eq!(rule("MERAKI_KEY", ""), Some("cisco-meraki-key"));
        assert_eq!(rule("the Datadog API key", ""), Some("datadog-key"));
        assert_eq!(
            rule("const MessageBirdClientID", ""),
            Some("messagebird-key")
        );
        assert_eq!(rule("rookTable", ""), None);
        assert_eq!(rule("ReactNativeCameraKit", ""), None);
        assert_eq!(rule("globalToken", ""), None);
        assert_eq!(rule("lobToken", ""), Some("lob-key"));
        assert_eq!(rule("Datadog\ntoken", ""), None);
    }

    #[test]
    fn the_one_that_fits_is_taken() {
        let uuid = "743b294a-cd03-11ec-9d64-0242ac120002";
        assert_eq!(rule("snyk in github", uuid), Some("snyk-token"));
    }
}
