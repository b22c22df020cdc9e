//! What was scanned, what was skipped and why, and what was not recognised.
//!
//! Success where nothing was scanned is the worst answer a guard can give, so coverage is part of
//! every outcome.

use std::sync::Arc;

use crate::segment::words;

words! {
    /// Why a part of the exchange was not inspected as text.
    GapKind {
        /// A part, field, role or event whose meaning the protocol does not know.
        Unrecognized = "unrecognized",
        /// An image.
        Image = "image",
        /// Audio.
        Audio = "audio",
        /// A file.
        File = "file",
        /// More text than `limits.text` or a larger body than `limits.body`.
        OverLimit = "over-limit",
        /// An endpoint under a guarded prefix that no protocol covers.
        Endpoint = "endpoint",
        /// Text that was held when the upstream broke off, and was discarded.
        Discarded = "discarded",
    }
}

/// A part of the exchange that no plugin could look into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// Why.
    pub kind: GapKind,
    /// Where: a path such as `messages[2].content[0]`, of the host's own words and indices only.
    pub place: String,
}

/// A segment that one plugin did not inspect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// The plugin.
    pub plugin: Arc<str>,
    /// The segment's id.
    pub segment: u32,
}

/// What was looked at in one stage.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Segments that at least one plugin inspected.
    pub scanned: u64,
    /// Bytes of those segments.
    pub bytes: u64,
    /// Segments that no plugin of the chain asked for.
    pub unscanned: Vec<u32>,
    /// Segments a plugin declared it did not inspect.
    pub skipped: Vec<Skipped>,
    /// Parts that are not text, or were not recognised.
    pub gaps: Vec<Gap>,
}

impl Coverage {
    /// Whether anything was left out.
    pub fn is_complete(&self) -> bool {
        self.unscanned.is_empty() && self.skipped.is_empty() && self.gaps.is_empty()
    }

    /// Adds what another round covered.
    pub fn absorb(&mut self, other: Self) {
        self.scanned += other.scanned;
        self.bytes += other.bytes;
        for id in other.unscanned {
            if !self.unscanned.contains(&id) {
                self.unscanned.push(id);
            }
        }
        for skip in other.skipped {
            if !self.skipped.contains(&skip) {
                self.skipped.push(skip);
            }
        }
        self.gaps.extend(other.gaps);
    }
}
