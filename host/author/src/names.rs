//! Names of plugins, and how languages spell them.

use crate::Error;

/// The longest name that a host accepts.
const MAX: usize = 64;

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
    fn spellings() {
        let name = Name::new("ticket-numbers-2").unwrap();
        assert_eq!(name.snake(), "ticket_numbers_2");
        assert_eq!(name.pascal(), "TicketNumbers2");
    }
}
