//! The audit log.

use crate::secret::Secret;
use crate::words::words;

/// Where audit records go. Without this section none are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audit {
    /// Path of the file, one JSON object a line.
    pub path: String,
    /// What happens when records come faster than they can be written.
    pub on_full: OnFull,
    /// Records that may wait to be written.
    pub queue: usize,
    /// When a new file is begun. `None`: never.
    pub rotate: Option<Rotation>,
    /// The key of the digests in the records. `None`: a new one at each start.
    pub key: Option<Secret>,
}

/// When a new audit file is begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rotation {
    /// Bytes after which the file is renamed to `<path>.1` and a new one is begun.
    pub size: u64,
    /// How many renamed files are kept.
    pub keep: usize,
}

words! {
    /// What happens when audit records come faster than they can be written. No request ever waits.
    OnFull {
        /// The record is dropped, and counted.
        Drop = "drop",
        /// The request is refused.
        Deny = "deny",
    }
}
