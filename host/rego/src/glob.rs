//! Globs over rule names: `*` is any run of characters, `?` is any one.

/// A pattern over rule names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Glob {
    text: String,
    literal: usize,
}

impl Glob {
    /// Reads a pattern. Every text is one.
    pub(crate) fn new(text: &str) -> Self {
        let literal = text.bytes().position(is_wildcard).unwrap_or(text.len());
        Self {
            text: text.to_owned(),
            literal,
        }
    }

    /// The pattern as it was written.
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it names exactly one rule.
    pub(crate) fn is_exact(&self) -> bool {
        self.literal == self.text.len()
    }

    /// Bytes before the first wildcard.
    pub(crate) fn literal_prefix(&self) -> usize {
        self.literal
    }

    /// Whether the pattern covers the name.
    pub(crate) fn matches(&self, name: &str) -> bool {
        if self.is_exact() {
            return self.text == name;
        }
        // The usual two pointers: on a mismatch, the last star takes one more byte.
        let (pattern, name) = (self.text.as_bytes(), name.as_bytes());
        let (mut p, mut n) = (0, 0);
        let mut star: Option<(usize, usize)> = None;
        while let Some(&byte) = name.get(n) {
            match pattern.get(p) {
                Some(b'*') => {
                    star = Some((p, n));
                    p += 1;
                }
                Some(&want) if want == b'?' || want == byte => {
                    p += 1;
                    n += 1;
                }
                _ => match star {
                    Some((at, taken)) => {
                        star = Some((at, taken + 1));
                        p = at + 1;
                        n = taken + 1;
                    }
                    None => return false,
                },
            }
        }
        pattern
            .get(p..)
            .is_some_and(|rest| rest.iter().all(|&byte| byte == b'*'))
    }

    /// Whether some name is covered by both.
    pub(crate) fn intersects(&self, other: &Self) -> bool {
        let (a, b) = (self.text.as_bytes(), other.text.as_bytes());
        // row[j]: can what is left of `a` and `b[j..]` cover a common name? From the end backwards.
        let mut below: Vec<bool> = vec![false; b.len() + 1];
        for i in (0..=a.len()).rev() {
            let mut row = vec![false; b.len() + 1];
            for j in (0..=b.len()).rev() {
                let at = |row: &[bool], j: usize| row.get(j).copied().unwrap_or(false);
                let value = match (a.get(i), b.get(j)) {
                    (None, None) => true,
                    (Some(b'*'), None) => at(&below, j),
                    (None, Some(b'*')) => at(&row, j + 1),
                    (None, _) | (_, None) => false,
                    (Some(b'*'), Some(_)) | (Some(_), Some(b'*')) => {
                        at(&below, j) || at(&row, j + 1)
                    }
                    (Some(&x), Some(&y)) => (x == y || x == b'?' || y == b'?') && at(&below, j + 1),
                };
                if let Some(slot) = row.get_mut(j) {
                    *slot = value;
                }
            }
            below = row;
        }
        below.first().copied().unwrap_or(false)
    }
}

fn is_wildcard(byte: u8) -> bool {
    byte == b'*' || byte == b'?'
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Glob;

    #[test]
    fn patterns_cover_what_they_say() {
        let cases = [
            ("pii/email", "pii/email", true),
            ("pii/email", "pii/emails", false),
            ("pii/*", "pii/email", true),
            ("pii/*", "pii/", true),
            ("pii/*", "secrets/pii/", false),
            ("*", "anything/at-all", true),
            ("*/email", "pii/email", true),
            ("*/email", "pii/email-address", false),
            ("*a*b", "xxaxxaxb", true),
            ("*a*b", "xxaxxaxc", false),
            ("pii/?mail", "pii/email", true),
            ("pii/?mail", "pii/mail", false),
            ("", "", true),
            ("", "x", false),
        ];
        for (pattern, name, covered) in cases {
            assert_eq!(
                Glob::new(pattern).matches(name),
                covered,
                "{pattern} over {name}"
            );
        }
    }

    #[test]
    fn an_overlap_is_seen_and_only_an_overlap() {
        let cases = [
            ("pii/*-a", "pii/*-b", false),
            ("pii/*-a", "pii/b-*", true),
            ("pii/*", "secrets/*", false),
            ("*", "x", true),
            ("a?c", "ab?", true),
            ("a?c", "a?d", false),
            ("", "*", true),
            ("", "?", false),
        ];
        for (a, b, overlap) in cases {
            assert_eq!(
                Glob::new(a).intersects(&Glob::new(b)),
                overlap,
                "{a} and {b}"
            );
            assert_eq!(
                Glob::new(b).intersects(&Glob::new(a)),
                overlap,
                "{b} and {a}"
            );
        }
    }

    proptest! {
        #[test]
        fn two_that_cover_one_name_intersect(a in "[ab*?]{0,6}", b in "[ab*?]{0,6}", name in "[ab]{0,6}") {
            let (a, b) = (Glob::new(&a), Glob::new(&b));
            prop_assert!(!(a.matches(&name) && b.matches(&name)) || a.intersects(&b));
        }
    }
}
