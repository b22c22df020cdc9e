//! One piece of text under inspection.

use std::ops::Range;

use crate::bindings::caponier::policy::types as wit;
use crate::{Kind, Role};

/// One piece of text under inspection, with what is known of it.
///
/// # Example
///
/// ```
/// # use caponier_sdk::testing::{Harness, Input};
/// # use caponier_sdk::{Call, Data, Error, Kind, Manifest, Plugin, Report, Role, Rule, Stage, hold, log};
/// # struct Mine;
/// # impl Plugin for Mine {
/// #     type Settings = ();
/// #     fn manifest((): &()) -> Manifest {
/// #         Manifest::new("mine", "1.0.0", "Mine.").rule(Rule::new("badge", "Badge").window(14))
/// #     }
/// #     fn configure((): (), _: &Data) -> Result<Self, Error> {
/// #         Ok(Self)
/// #     }
///     fn inspect(&self, call: &Call<'_>, report: &mut Report<'_>) -> Result<(), Error> {
///         for segment in call.segments {
///             // The directory of the house may name badges, in what it answers.
///             let of_tool = segment.role() == Role::Tool && segment.kind() == Kind::ToolResult;
///             if of_tool && segment.name() == Some("directory") {
///                 continue;
///             }
///             if segment.attribute("trust") == Some("high") {
///                 continue;
///             }
///             // Text before that has gone out already: only what is in reach can be changed.
///             for word in segment.reachable().split_whitespace() {
///                 if word.starts_with("BADGE-")
///                     && let Some(range) = segment.range_of(word)
///                 {
///                     report.finding("badge", segment).at(range);
///                 }
///             }
///             // In a stream the last word may go on.
///             let open = hold::from_tail(segment.text(), segment.is_open(), 14, |byte| byte > b' ');
///             if let Some(start) = open {
///                 report.hold(segment, start);
///             }
///             log::debug(&format!(
///                 "segment {}: {} attributes, {} bytes in reach from {} on",
///                 segment.id(),
///                 segment.attributes().count(),
///                 segment.reachable().len(),
///                 segment.offset() + segment.settled() as u64,
///             ));
///         }
///         Ok(())
///     }
/// # }
/// let mut plugin = Harness::<Mine>::new("")?;
/// let answer = Input::new(Role::Tool, Kind::ToolResult, "Ann has BADGE-123456");
/// assert_eq!(plugin.inspect(Stage::Retrieval, &[answer.clone()])?.findings.len(), 1);
/// let known = answer.clone().name("directory");
/// assert!(plugin.inspect(Stage::Retrieval, &[known])?.findings.is_empty());
/// let trusted = answer.attribute("trust", "high");
/// assert!(plugin.inspect(Stage::Retrieval, &[trusted])?.findings.is_empty());
/// let streamed = plugin.stream(&Input::assistant(""), &["Ann has BADGE-12", "3456 now"])?;
/// assert_eq!(streamed.released, "Ann has [badge] now");
/// # Ok::<(), Error>(())
/// ```
pub struct Segment(pub(crate) wit::Segment);

impl Segment {
    /// Stable through all stages and windows of the exchange.
    ///
    /// See the [example](Self#example).
    pub fn id(&self) -> u32 {
        self.0.id
    }

    /// Who it speaks for.
    ///
    /// See the [example](Self#example).
    pub fn role(&self) -> Role {
        self.0.role.into()
    }

    /// What sort of text it is.
    ///
    /// See the [example](Self#example).
    pub fn kind(&self) -> Kind {
        self.0.kind.into()
    }

    /// The tool's name, or the document's id or URI.
    ///
    /// See the [example](Self#example).
    pub fn name(&self) -> Option<&str> {
        self.0.name.as_deref()
    }

    /// The text, or the window of it that is shown now.
    ///
    /// See the [example](Self#example).
    pub fn text(&self) -> &str {
        &self.0.text
    }

    /// Where [`text`](Self::text) begins in the whole segment: more than 0 only in a stream.
    ///
    /// See the [example](Self#example).
    pub fn offset(&self) -> u64 {
        self.0.offset
    }

    /// Bytes at the start of [`text`](Self::text) that are out of reach for edits.
    ///
    /// See the [example](Self#example).
    pub fn settled(&self) -> usize {
        floor_boundary(&self.0.text, self.0.settled as usize)
    }

    /// Whether more text may follow.
    ///
    /// See the [example](Self#example).
    pub fn is_open(&self) -> bool {
        self.0.open
    }

    /// The text after what is settled: what findings should lie in.
    ///
    /// See the [example](Self#example).
    pub fn reachable(&self) -> &str {
        self.0.text.get(self.settled()..).unwrap_or("")
    }

    /// The value of an attribute: `source`, `trust`, `path`…
    ///
    /// See the [example](Self#example).
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.0
            .attributes
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// All attributes.
    ///
    /// See the [example](Self#example).
    pub fn attributes(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .attributes
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// What this plugin noted of this very segment before.
    ///
    /// See the [example](crate::Report::note).
    pub fn note<T: serde::de::DeserializeOwned>(&self) -> Option<T> {
        if self.0.note.is_empty() {
            return None;
        }
        postcard::from_bytes(&self.0.note).ok()
    }

    /// The range that `part`, a slice of [`text`](Self::text), covers in it. `None` where it is
    /// no slice of it.
    ///
    /// See the [example](Self#example).
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
