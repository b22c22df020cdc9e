//! What happens to findings, by globs over rule names.

use crate::words::{Action, Mode, Role, Severity, Stage, words};

/// A pattern over rule names: `*` is any run of characters, `?` is any one.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Deserialize, serde::Serialize,
)]
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
        !self.0.contains(['*', '?'])
    }

    /// The text before the first wildcard.
    pub fn literal_prefix(&self) -> &str {
        self.0.split(['*', '?']).next().unwrap_or_default()
    }

    /// Whether neither glob is more specific, though a rule may match both.
    pub fn ties_with(&self, other: &Self) -> bool {
        self.is_exact() == other.is_exact()
            && self.literal_prefix().len() == other.literal_prefix().len()
            && meet(self.0.as_bytes(), other.0.as_bytes())
    }
}

/// Whether some name is covered by both patterns.
fn meet(a: &[u8], b: &[u8]) -> bool {
    // `reach[j]`: what is left of `a` and of `b` from `j` on can cover a common name.
    let mut reach: Vec<bool> = Vec::new();
    for i in (0..=a.len()).rev() {
        let at = |row: &[bool], j: usize| row.get(j).copied().unwrap_or(false);
        let mut row = vec![false; b.len() + 1];
        for j in (0..=b.len()).rev() {
            let met = match (a.get(i), b.get(j)) {
                (None, None) => true,
                (Some(b'*'), None) => at(&reach, j),
                (None, Some(b'*')) => at(&row, j + 1),
                (None, _) | (_, None) => false,
                (Some(b'*'), _) | (_, Some(b'*')) => at(&reach, j) || at(&row, j + 1),
                (Some(x), Some(y)) => (x == y || *x == b'?' || *y == b'?') && at(&reach, j + 1),
            };
            if let Some(slot) = row.get_mut(j) {
                *slot = met;
            }
        }
        reach = row;
    }
    reach.first().copied().unwrap_or(false)
}

impl std::fmt::Display for Glob {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// What happens to findings of the rules that a glob names.
#[derive(Clone, Debug, PartialEq, serde::Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields)]
pub struct ActionRule {
    /// The rules.
    pub glob: Glob,
    /// What happens.
    pub action: Action,
    /// Findings with less confidence are allowed.
    pub min_confidence: f64,
    /// Of these, findings from this confidence on are flagged. `None`: none are.
    pub flag_confidence: Option<f64>,
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
