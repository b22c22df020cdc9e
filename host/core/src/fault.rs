//! How a plugin can fail.

use std::sync::Arc;

use crate::segment::words;

words! {
    /// What went wrong in a plugin. The same in every host.
    FaultKind {
        /// It trapped: `unreachable`, a bad access, a stack overflow, a division by zero.
        Trap = "trap",
        /// It used up its time.
        Timeout = "timeout",
        /// It asked for more memory than it may have.
        Memory = "memory",
        /// What it handed back breaks the contract, or is too large.
        Output = "output",
        /// It returned an error, or asked for what it was not granted.
        Refused = "refused",
    }
}

/// One failure of one call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What went wrong.
    pub kind: FaultKind,
    /// More of it, in the host's own words: never text that a plugin was free to word.
    pub detail: String,
}

impl Fault {
    /// A fault with the host's explanation.
    pub fn new(kind: FaultKind, detail: impl Into<String>) -> Self {
        Self {
            kind,
            detail: detail.into(),
        }
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.kind, self.detail)
    }
}

impl std::error::Error for Fault {}

/// A fault as decisions, coverage and audit know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaultRecord {
    /// The plugin that failed.
    pub plugin: Arc<str>,
    /// How.
    pub fault: Fault,
    /// Whether the operator lets this plugin's faults pass (`on_error: allow`).
    pub tolerated: bool,
    /// Whether the plugin only monitors, so that its faults never act.
    pub monitor: bool,
}
