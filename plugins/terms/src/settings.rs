//! What the operator may set.

use std::collections::BTreeMap;

use caponier_sdk::Severity;
use schemars::JsonSchema;
use serde::Deserialize;

/// What the operator may set.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The lists. Each is a rule of its name.
    pub lists: Vec<List>,
    /// Longer words and phrases in which nothing is found: `Essex`. In any case, as whole words.
    pub allow: Vec<String>,
}

/// One list of terms.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct List {
    /// The rule's id: lower-case letters, digits and single hyphens.
    pub name: String,
    /// The rule's title, for people.
    pub title: Option<String>,
    /// Words and phrases.
    pub terms: Vec<String>,
    /// Words and phrases of a topic, each with what it counts; those of `terms` count 1.
    pub weighted: BTreeMap<String, u32>,
    /// Granted files with more of them: text with one to a line, or JSON.
    pub files: Vec<String>,
    /// Regular expressions, in the syntax of Rust's `regex`. They count 1 in a topic.
    pub regex: Vec<String>,
    /// The most bytes that a match of `regex` has. A longer one can be missed in a stream.
    pub window: Option<u32>,
    /// Whether a match must begin and end where words do.
    #[serde(rename = "match")]
    pub matching: Matching,
    /// Whether upper and lower case are one.
    pub case: Case,
    /// Whether digits and signs that stand for letters count as those: `b0mb`.
    pub leet: bool,
    /// Makes the list a topic: how much its terms must count together in a segment, each counted
    /// once. The segment is then found as a whole.
    pub threshold: Option<u32>,
    /// How bad a finding is.
    pub severity: Level,
    /// How sure a finding is, from 0.05 to 1.
    pub confidence: f64,
    /// What takes a match's place where the decision is to redact.
    pub replacement: Option<String>,
    /// An entry of the OWASP Top 10 for LLM Applications: `LLM02:2025`.
    pub category: Option<String>,
}

impl Default for List {
    fn default() -> Self {
        Self {
            name: String::new(),
            title: None,
            terms: Vec::new(),
            weighted: BTreeMap::new(),
            files: Vec::new(),
            regex: Vec::new(),
            window: None,
            matching: Matching::Word,
            case: Case::Ignore,
            leet: false,
            threshold: None,
            severity: Level::Medium,
            confidence: 0.9,
            replacement: None,
            category: None,
        }
    }
}

/// Where a match may begin and end.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Matching {
    /// Where words do.
    Word,
    /// Anywhere.
    Substring,
}

/// How letters are compared.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Case {
    /// In any case, with or without accents, in any of Unicode's ways to write them.
    Ignore,
    /// As they are written.
    Exact,
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// Worth a note.
    Info,
    /// Minor.
    Low,
    /// Noticeable.
    Medium,
    /// Serious.
    High,
    /// As bad as it gets.
    Critical,
}

impl From<Level> for Severity {
    fn from(level: Level) -> Self {
        match level {
            Level::Info => Self::Info,
            Level::Low => Self::Low,
            Level::Medium => Self::Medium,
            Level::High => Self::High,
            Level::Critical => Self::Critical,
        }
    }
}
