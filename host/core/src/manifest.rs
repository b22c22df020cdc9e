//! What a plugin says of itself.

use std::sync::Arc;

use crate::segment::words;
use crate::{Kind, Stage, triggers};

words! {
    /// How bad a finding is.
    Severity {
        /// Worth a note.
        Info = "info",
        /// Minor.
        Low = "low",
        /// Noticeable.
        Medium = "medium",
        /// Serious.
        High = "high",
        /// As bad as it gets.
        Critical = "critical",
    }
}

words! {
    /// What a plugin's findings in a segment depend on.
    Scope {
        /// On that segment alone: what was found may be kept and reused.
        Segment = "segment",
        /// On other segments, the context or `state` too.
        Stage = "stage",
    }
}

/// One thing a plugin can find.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The id within the plugin: `email`.
    pub id: Arc<str>,
    /// The full name, `plugin/rule`: `pii/email`.
    pub name: Arc<str>,
    /// For people.
    pub title: String,
    /// What its findings usually are.
    pub severity: Severity,
    /// Entry of the OWASP Top 10 for LLM Applications: `LLM01:2025`.
    pub category: Option<Arc<str>>,
    /// The most bytes of text that decide a match. `None`: the whole segment.
    pub window: Option<u32>,
}

/// What a plugin says of itself, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// The plugin's name, kebab-case.
    pub name: Arc<str>,
    /// Its version.
    pub version: String,
    /// For people.
    pub description: String,
    /// Where it can work. None: with its settings there is nothing that it looks for, and it is not
    /// called.
    pub stages: Vec<Stage>,
    /// What it wants to see.
    pub kinds: Vec<Kind>,
    /// What its findings depend on.
    pub scope: Scope,
    /// What it can find.
    pub rules: Vec<Rule>,
    /// JSON Schema of its settings.
    pub settings_schema: String,
    /// Anything else. Those whose names begin with `trigger` say when the plugin need not be called.
    pub attributes: Vec<(String, String)>,
}

/// Why a manifest cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ManifestError {
    /// A name that is empty, too long or not kebab-case.
    Name(String),
    /// Two rules of one id.
    DuplicateRule(String),
    /// No kind: the plugin would never be shown anything.
    NoKind,
    /// More rules than a host accepts.
    TooManyRules(usize),
    /// More triggers than a host looks for.
    TooManyTriggers(usize),
    /// A trigger of more bytes than a host looks for.
    LongTrigger(usize),
}

impl std::fmt::Display for ManifestError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Name(name) => write!(
                f,
                "`{name}` is not a usable name: lower-case letters, digits and single hyphens, at most 64 bytes"
            ),
            Self::DuplicateRule(id) => write!(f, "rule `{id}` is declared twice"),
            Self::NoKind => f.write_str("it names no kind of segment"),
            Self::TooManyRules(count) => {
                write!(f, "it declares {count} rules; at most 1024 are accepted")
            }
            Self::TooManyTriggers(count) => write!(
                f,
                "it declares {count} triggers; at most {} are looked for; hint: a part that several of them have in common is a trigger too",
                triggers::MOST
            ),
            Self::LongTrigger(bytes) => write!(
                f,
                "it declares a trigger of {bytes} bytes; at most {} are looked for; hint: a part of it is a trigger too",
                triggers::LONGEST
            ),
        }
    }
}

impl std::error::Error for ManifestError {}

impl Manifest {
    /// Gives the plugin and its rules the name that the operator chose, and checks the whole.
    ///
    /// # Errors
    /// The first thing that makes the manifest unusable.
    pub fn checked(mut self, name: Option<&str>) -> Result<Self, ManifestError> {
        if let Some(name) = name {
            self.name = name.into();
        }
        check_name(&self.name)?;
        if self.kinds.is_empty() {
            return Err(ManifestError::NoKind);
        }
        if self.rules.len() > 1024 {
            return Err(ManifestError::TooManyRules(self.rules.len()));
        }
        self.check_triggers()?;
        let mut seen = std::collections::BTreeSet::new();
        for rule in &mut self.rules {
            check_name(&rule.id)?;
            if !seen.insert(rule.id.clone()) {
                return Err(ManifestError::DuplicateRule(rule.id.to_string()));
            }
            rule.name = format!("{}/{}", self.name, rule.id).into();
        }
        Ok(self)
    }

    /// The rule with this id.
    pub fn rule(&self, id: &str) -> Option<&Rule> {
        self.rules.iter().find(|rule| &*rule.id == id)
    }

    /// The attributes that say when it need not be called.
    pub fn triggers(&self) -> impl Iterator<Item = &(String, String)> {
        let attributes = self.attributes.iter();
        attributes.filter(|(name, _)| triggers::is_trigger(name))
    }

    fn check_triggers(&self) -> Result<(), ManifestError> {
        let count = self.triggers().count();
        if count > triggers::MOST {
            return Err(ManifestError::TooManyTriggers(count));
        }
        let longest = self.triggers().map(|(_, value)| value.len()).max();
        match longest {
            Some(longest) if longest > triggers::LONGEST => {
                Err(ManifestError::LongTrigger(longest))
            }
            _ => Ok(()),
        }
    }

    /// The largest window that any rule declares, in bytes.
    pub fn largest_window(&self) -> usize {
        self.rules
            .iter()
            .filter_map(|rule| rule.window)
            .max()
            .unwrap_or(0) as usize
    }
}

fn check_name(name: &str) -> Result<(), ManifestError> {
    let well_formed = !name.is_empty()
        && name.len() <= 64
        && name.split('-').all(|part| {
            !part.is_empty()
                && part
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        });
    if well_formed {
        Ok(())
    } else {
        // The name is the plugin's to word: shown as it is, it could begin a new line of a log.
        let shown = name.chars().take(64).flat_map(char::escape_debug);
        Err(ManifestError::Name(shown.collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest() -> Manifest {
        let rule = |id: &str| Rule {
            id: id.into(),
            name: id.into(),
            title: String::new(),
            severity: Severity::High,
            category: None,
            window: Some(64),
        };
        Manifest {
            name: "pii".into(),
            version: "1.0.0".into(),
            description: String::new(),
            stages: vec![Stage::Prompt],
            kinds: vec![Kind::Text],
            scope: Scope::Segment,
            rules: vec![rule("email"), rule("phone")],
            settings_schema: "{}".into(),
            attributes: vec![],
        }
    }

    #[test]
    fn rules_take_the_operators_name() {
        let checked = manifest().checked(Some("my-pii")).unwrap();
        assert_eq!(&*checked.rules[0].name, "my-pii/email");
    }

    #[test]
    fn what_cannot_be_used_is_refused() {
        let mut twice = manifest();
        twice.rules[1].id = "email".into();
        assert_eq!(
            twice.checked(None),
            Err(ManifestError::DuplicateRule("email".into()))
        );
        let mut nothing = manifest();
        nothing.kinds.clear();
        assert_eq!(nothing.checked(None), Err(ManifestError::NoKind));
        let triggers = |count: usize, bytes: usize| Manifest {
            attributes: vec![("trigger".to_owned(), "x".repeat(bytes)); count],
            ..manifest()
        };
        assert_eq!(
            triggers(129, 1).checked(None),
            Err(ManifestError::TooManyTriggers(129))
        );
        assert_eq!(
            triggers(1, 129).checked(None),
            Err(ManifestError::LongTrigger(129))
        );
        triggers(128, 128).checked(None).unwrap();
        for bad in ["", "Pii", "a--b", "-a", "a b", "a/b"] {
            assert!(
                matches!(manifest().checked(Some(bad)), Err(ManifestError::Name(_))),
                "{bad}"
            );
        }
    }
}
