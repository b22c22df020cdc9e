//! One piece of text under inspection.

use std::ops::Range;

use crate::bindings::caponier::policy::types as wit;
use crate::{Kind, Role};

/// One piece of text under inspection, with what is known of it.
pub struct Segment(pub(crate) wit::Segment);

impl Segment {
    /// Stable through all stages and windows of the exchange.
    pub fn id(&self) -> u32 {
        self.0.id
    }

    /// Who it speaks for.
    pub fn role(&self) -> Role {
        self.0.role.into()
    }

    /// What sort of text it is.
    pub fn kind(&self) -> Kind {
        self.0.kind.into()
    }

    /// The tool's name, or the document's id or URI.
    pub fn name(&self) -> Option<&str> {
        self.0.name.as_deref()
    }

    /// The text, or the window of it that is shown now.
    pub fn text(&self) -> &str {
        &self.0.text
    }

    /// Where [`text`](Self::text) begins in the whole segment: more than 0 only in a stream.
    pub fn offset(&self) -> u64 {
        self.0.offset
    }

    /// Bytes at the start of [`text`](Self::text) that are out of reach for edits.
    pub fn settled(&self) -> usize {
        floor_boundary(&self.0.text, self.0.settled as usize)
    }

    /// Whether more text may follow.
    pub fn is_open(&self) -> bool {
        self.0.open
    }

    /// The text after what is settled: what findings should lie in.
    pub fn reachable(&self) -> &str {
        self.0.text.get(self.settled()..).unwrap_or("")
    }

    /// The value of an attribute: `source`, `trust`, `path`…
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.0
            .attributes
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// All attributes.
    pub fn attributes(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .attributes
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// What this plugin noted of this very segment before; see [`Report::note`](crate::Report::note).
    pub fn note<T: serde::de::DeserializeOwned>(&self) -> Option<T> {
        if self.0.note.is_empty() {
            return None;
        }
        postcard::from_bytes(&self.0.note).ok()
    }

    /// The range that `part`, a slice of [`text`](Self::text), covers in it. `None` where it is
    /// no slice of it.
    pub fn range_of(&self, part: &str) -> Option<Range<usize>> {
        let start = (part.as_ptr() as usize).checked_sub(self.0.text.as_ptr() as usize)?;
        let end = start.checked_add(part.len())?;
        (end <= self.0.text.len()).then_some(start..end)
    }
}

/// Shows everything but the text, which must not reach a log.
impl std::fmt::Debug for Segment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Segment")
            .field("id", &self.0.id)
            .field("role", &self.role())
            .field("kind", &self.kind())
            .field("bytes", &self.0.text.len())
            .field("offset", &self.0.offset)
            .field("settled", &self.0.settled)
            .field("open", &self.0.open)
            .finish_non_exhaustive()
    }
}

/// The last character boundary at or before `at`.
pub(crate) fn floor_boundary(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// The first character boundary at or after `at`.
pub(crate) fn ceil_boundary(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at += 1;
    }
    at
}
