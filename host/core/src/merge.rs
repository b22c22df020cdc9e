//! From a decision to edits that do not overlap.

use crate::Span;

/// One replacement in one segment, in bytes of the whole segment.
#[derive(Clone, PartialEq, Eq)]
pub struct SegmentEdit {
    /// The segment's id.
    pub segment: u32,
    /// What is replaced.
    pub span: Span,
    /// By what.
    pub replacement: String,
}

impl std::fmt::Debug for SegmentEdit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "@{}[{:?}]", self.segment, self.span)
    }
}
