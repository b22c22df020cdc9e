//! Which provider is spoken of before a value.

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
        bytes: &[u8],
        at: usize,
        value: &[u8],
        across: bool,
    ) -> Option<&'static Named> {
        let mut from = at.saturating_sub(REACH);
        let near = bytes.get(from..at)?;
        if !across && let Some(line) = near.iter().rposition(|byte| *byte == b'\n') {
            from += line + 1;
        }
        let mut last = None;
        let mut fitting = None;
        for start in from..at {
            if !bytes
                .get(start)
                .is_some_and(|byte| self.trie.starts_with(*byte))
            {
                continue;
            }
            self.trie.walk(bytes, start, |index, end| {
                if end <= at && is_name(bytes, start, end) {
                    let row = usize::try_from(index - 1).ok();
                    last = row.and_then(|row| NAMED.get(row)).or(last);
                    fitting = last.filter(|row| row.fits(value)).or(fitting);
                }
            });
        }
        fitting.or(last)
    }
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
        let row = providers.before(text.as_bytes(), text.len(), value.as_bytes(), false)?;
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
