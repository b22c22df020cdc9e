//! What happens to findings, by globs over rule names.

use crate::words::{Action, Mode, Role, Severity, Stage, words};

/// A rule name with at most `*` as a wildcard: `pii/email`, `pii/*`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Glob(String);

impl Glob {
    pub(crate) fn new(text: String) -> Self {
        Self(text)
    }

    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it holds no wildcard.
    pub fn is_exact(&self) -> bool {
        !self.0.contains('*')
    }

    /// The text before the first wildcard.
    pub fn literal_prefix(&self) -> &str {
        self.0.split('*').next().unwrap_or_default()
    }
}

impl std::fmt::Display for Glob {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// What happens to findings of the rules that a glob names.
#[derive(Clone, Debug, PartialEq)]
pub struct ActionRule {
    /// The rules.
    pub glob: Glob,
    /// What happens.
    pub action: Action,
    /// Findings with less confidence are allowed.
    pub min_confidence: f64,
    /// Findings of a lower severity are allowed.
    pub min_severity: Severity,
    /// Only in these stages. `None`: in all.
    pub stages: Option<Vec<Stage>>,
    /// Only in segments of these roles. `None`: of all.
    pub roles: Option<Vec<Role>>,
    /// Only in segments of this trust. `None`: of any.
    pub trust: Option<Vec<Trust>>,
    /// Whether these rules act.
    pub mode: Mode,
    /// Where it stands in the file, for messages: line and column.
    pub place: (u64, u64),
}

words! {
    /// How far the origin of a text is trusted: the segment attribute `trust`.
    Trust {
        /// The application vouches for it.
        Trusted = "trusted",
        /// It comes from elsewhere. What no one vouches for is untrusted.
        Untrusted = "untrusted",
    }
}
