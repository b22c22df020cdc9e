//! Names of plugins, and how languages spell them.

use crate::{Error, Language};

/// The longest name that a host accepts.
const MAX: usize = 64;

/// Words of the language, crates that a project depends on, and types that it imports.
const TAKEN: &[&str] = &[
    "abstract",
    "alloc",
    "as",
    "async",
    "await",
    "become",
    "box",
    "break",
    "call",
    "caponier-sdk",
    "const",
    "continue",
    "core",
    "crate",
    "data",
    "do",
    "dyn",
    "else",
    "enum",
    "error",
    "extern",
    "false",
    "final",
    "fn",
    "for",
    "gen",
    "hold",
    "if",
    "impl",
    "in",
    "let",
    "loop",
    "macro",
    "manifest",
    "match",
    "mod",
    "move",
    "mut",
    "override",
    "plugin",
    "priv",
    "pub",
    "ref",
    "report",
    "return",
    "rule",
    "schemars",
    "self",
    "serde",
    "settings",
    "severity",
    "static",
    "std",
    "struct",
    "super",
    "test",
    "trait",
    "true",
    "try",
    "type",
    "typeof",
    "unsafe",
    "unsized",
    "use",
    "virtual",
    "where",
    "while",
    "yield",
];

/// A plugin's name: `ticket-numbers`.
pub(crate) struct Name(String);

impl Name {
    pub(crate) fn new(name: &str) -> Result<Self, Error> {
        if is_kebab(name) {
            return Ok(Self(name.to_owned()));
        }
        let suggestion = suggestion(name);
        Err(Error::Name {
            name: name
                .chars()
                .take(MAX)
                .filter(|letter| !letter.is_control())
                .collect(),
            suggestion: Some(suggestion).filter(|name| is_kebab(name)),
        })
    }

    /// Whether a project may have this name: some words mean something else in it.
    pub(crate) fn check_free(&self, language: Language) -> Result<(), Error> {
        let is_taken = TAKEN.contains(&self.0.as_str());
        if language == Language::Rust && is_taken {
            return Err(Error::Name {
                name: self.0.clone(),
                suggestion: Some(format!("{}-finder", self.0)),
            });
        }
        Ok(())
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// `ticket_numbers`
    pub(crate) fn snake(&self) -> String {
        self.0.replace('-', "_")
    }

    /// `TicketNumbers`
    pub(crate) fn pascal(&self) -> String {
        let word = |word: &str| {
            let mut letters = word.chars();
            let first = letters.next().map(|letter| letter.to_ascii_uppercase());
            first.into_iter().chain(letters).collect::<String>()
        };
        self.0.split('-').map(word).collect()
    }
}

fn is_kebab(name: &str) -> bool {
    let is_word = |word: &str| {
        !word.is_empty()
            && word
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    };
    name.len() <= MAX
        && name.starts_with(|letter: char| letter.is_ascii_lowercase())
        && name.split('-').all(is_word)
}

fn suggestion(name: &str) -> String {
    let mut made = String::new();
    let mut was_lower = false;
    for letter in name.chars() {
        if letter.is_ascii_alphanumeric() {
            if letter.is_ascii_uppercase() && was_lower {
                made.push('-');
            }
            made.push(letter.to_ascii_lowercase());
        } else if !made.is_empty() && !made.ends_with('-') {
            made.push('-');
        }
        was_lower = letter.is_ascii_lowercase() || letter.is_ascii_digit();
    }
    made.truncate(MAX);
    made.trim_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_kebab_case() {
        for good in ["a", "ticket-numbers", "icd10", "a-1"] {
            assert_eq!(Name::new(good).unwrap().as_str(), good);
        }
        for (bad, like) in [
            ("TicketNumbers", Some("ticket-numbers")),
            ("ticket_numbers", Some("ticket-numbers")),
            ("ticket--numbers", Some("ticket-numbers")),
            ("-a", Some("a")),
            ("../etc", Some("etc")),
            ("", None),
            ("1st", None),
            ("ключ", None),
        ] {
            let Err(Error::Name { suggestion, .. }) = Name::new(bad) else {
                panic!("{bad}");
            };
            assert_eq!(suggestion.as_deref(), like, "{bad}");
        }
        assert!(Name::new(&"a".repeat(65)).is_err());
    }

    #[test]
    fn words_of_the_language_are_no_names() {
        for word in ["self", "fn", "error", "caponier-sdk"] {
            let name = Name::new(word).unwrap();
            assert!(name.check_free(Language::Rust).is_err(), "{word}");
            assert!(name.check_free(Language::Js).is_ok(), "{word}");
        }
    }

    #[test]
    fn spellings() {
        let name = Name::new("ticket-numbers-2").unwrap();
        assert_eq!(name.snake(), "ticket_numbers_2");
        assert_eq!(name.pascal(), "TicketNumbers2");
    }
}
