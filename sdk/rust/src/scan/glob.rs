//! Names, and patterns of them as operators write them.

/// A name in which `*` stands for any characters, none included.
///
/// It is matched in time linear in the name.
///
/// # Example
///
/// ```
/// use caponier_sdk::scan::glob::Glob;
///
/// let glob = Glob::new("file_*");
/// assert!(glob.matches("file_read"));
/// assert!(!glob.matches("profile_read"));
/// // Of several that match, the closest: a whole name, then the one that names most characters.
/// let mut globs = ["*", "file_*", "file_read"].map(Glob::new);
/// globs.sort_by_key(|glob| std::cmp::Reverse(glob.closeness()));
/// assert!(globs.iter().find(|glob| glob.matches("file_read")).unwrap().is_exact());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Glob {
    /// What stands between the stars.
    parts: Vec<String>,
}

impl Glob {
    /// The pattern that is written so.
    ///
    /// See the [example](Self#example).
    pub fn new(glob: &str) -> Self {
        Self {
            parts: glob.split('*').map(str::to_owned).collect(),
        }
    }

    /// Whether it has no star.
    ///
    /// See the [example](Self#example).
    pub fn is_exact(&self) -> bool {
        self.parts.len() == 1
    }

    /// How close it is to the names that it matches: greater is closer.
    ///
    /// See the [example](Self#example).
    pub fn closeness(&self) -> (bool, usize) {
        (self.is_exact(), self.parts.iter().map(String::len).sum())
    }

    /// Whether it stands for the name, as a whole and in the same case.
    ///
    /// See the [example](Self#example).
    pub fn matches(&self, name: &str) -> bool {
        let [first, middle @ .., last] = self.parts.as_slice() else {
            return self.parts.first().is_some_and(|whole| whole == name);
        };
        let Some(mut rest) = name.strip_prefix(first.as_str()) else {
            return false;
        };
        for part in middle {
            match rest.split_once(part.as_str()) {
                Some((_, after)) => rest = after,
                None => return false,
            }
        }
        rest.ends_with(last.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stand_for_any_characters() {
        for (glob, name, is) in [
            ("search", "search", true),
            ("search", "searches", false),
            ("*", "", true),
            ("", "", true),
            ("", "a", false),
            ("file_*", "file_read", true),
            ("file_*", "profile_read", false),
            ("*_read", "file_read", true),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-c-b", false),
            ("ab*ba", "aba", false),
            ("é*", "été", true),
        ] {
            assert_eq!(Glob::new(glob).matches(name), is, "{glob} {name}");
        }
    }
}
