//! What a plugin hands back, before anything of it is believed.

use crate::{Severity, Span};

/// A finding in the plugin's own terms: the rule's short id, offsets into the text it was shown.
#[derive(Clone, PartialEq)]
pub struct RawFinding {
    /// The rule's id as the manifest lists it.
    pub rule: String,
    /// How bad it is.
    pub severity: Severity,
    /// 0.0 to 1.0.
    pub confidence: f64,
    /// The segment's id.
    pub segment: u32,
    /// Offsets into the text shown.
    pub span: Option<Span>,
    /// Why, in the plugin's words.
    pub message: String,
    /// What to put in its place.
    pub replacement: Option<String>,
    /// In the plugin's words.
    pub attributes: Vec<(String, String)>,
}

/// A change that is not tied to a finding.
#[derive(Clone, PartialEq, Eq)]
pub struct Edit {
    /// The segment's id.
    pub segment: u32,
    /// Offsets into the text shown.
    pub span: Span,
    /// What to put there.
    pub replacement: String,
}

/// Text of an open segment that must not be released yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hold {
    /// The segment's id.
    pub segment: u32,
    /// Offset into the text shown of the first byte to hold.
    pub start: usize,
    /// No call is needed before this many more bytes have come.
    pub wake: Option<u32>,
}

/// A segment that the plugin did not inspect.
#[derive(Clone, PartialEq, Eq)]
pub struct Skip {
    /// The segment's id.
    pub segment: u32,
    /// Why, in the plugin's words.
    pub reason: String,
}

/// What a plugin noted of a segment. An empty note: it need not be shown again.
#[derive(Clone, PartialEq, Eq)]
pub struct Note {
    /// The segment's id.
    pub segment: u32,
    /// In the plugin's own terms.
    pub content: Vec<u8>,
}

impl Note {
    /// The most bytes of one.
    pub const MAX_BYTES: usize = 4096;
}

/// What one call handed back.
#[derive(Clone, Default, PartialEq)]
pub struct Report {
    /// What it saw.
    pub findings: Vec<RawFinding>,
    /// What it wants changed.
    pub edits: Vec<Edit>,
    /// What it wants held.
    pub holds: Vec<Hold>,
    /// What it did not look at.
    pub skipped: Vec<Skip>,
    /// What spares it a second look at a segment.
    pub notes: Vec<Note>,
    /// What it wants back at its next call. `None`: unchanged.
    pub state: Option<Vec<u8>>,
}

/// How much a plugin may hand back from one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReportLimits {
    /// Findings, edits, holds and skips together.
    pub items: usize,
    /// Bytes of everything it words: messages, replacements, attributes, reasons.
    pub bytes: usize,
    /// Bytes of `state`.
    pub state: usize,
}

impl Default for ReportLimits {
    fn default() -> Self {
        Self {
            items: 10_000,
            bytes: 8 << 20,
            state: 256 << 10,
        }
    }
}
