//! What an event gives to carriers, and what it tells its client.

use caponier_core::Span;

use crate::json::{Cursor, escaped};
use crate::splice::Splice;

/// What an event tells its client of the answer's course: whoever ends a stream must not tell it
/// again, and must not leave open what the client has seen begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    /// The answer has begun.
    Start,
    /// A part of it, by its number, has begun.
    Begin(u64),
    /// A part of it has ended.
    End(u64),
    /// Why the answer ends.
    Finish,
    /// Nothing more comes.
    Stop,
    /// The event's own number.
    Number(u64),
}

/// How a carrier's text is written in an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Written {
    /// In a JSON string.
    String,
    /// As it is: JSON in JSON.
    Json,
    /// It is not: what stands there vouches for the text before it.
    Seal,
}

/// What repeats a text, and goes where that is edited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Shadow {
    pub(crate) span: Span,
    /// What then stands in its place.
    pub(crate) with: &'static str,
}

/// A place in an event that belongs to a carrier.
pub(crate) struct Part {
    pub(crate) carrier: u32,
    /// Where it stands in the event's bytes, without quotes.
    pub(crate) raw: Span,
    pub(crate) written: Written,
    /// It repeats what other events have said.
    pub(crate) again: bool,
    /// What it says, as a range of the carrier.
    pub(crate) text: Span,
    /// What repeats it in the same event.
    pub(crate) shadow: Option<Shadow>,
}

/// A change of a carrier's text.
#[derive(Clone)]
pub(super) struct CarrierEdit {
    pub(super) span: Span,
    pub(super) with: String,
    pub(super) written: bool,
}

impl Part {
    /// The edits of the carrier that touch this part. A replacement goes where its span begins; what
    /// the span covers of later events is only taken out.
    pub(super) fn splice(
        &self,
        bytes: &[u8],
        edits: &mut [CarrierEdit],
        splices: &mut Vec<Splice>,
    ) {
        if self.written == Written::Seal {
            return;
        }
        let raw = bytes
            .get(self.raw.start..self.raw.end)
            .and_then(|raw| std::str::from_utf8(raw).ok())
            .unwrap_or_default();
        let (mut starts, mut ends) = (Cursor::new(raw), Cursor::new(raw));
        let mut done = 0;
        for edit in edits {
            let inserts = edit.span.is_empty() && !edit.written;
            let touches = if inserts {
                self.text.start <= edit.span.start && edit.span.start <= self.text.end
            } else {
                edit.span.overlaps(self.text)
            };
            if !touches {
                continue;
            }
            let local = |at: usize| at.clamp(self.text.start, self.text.end) - self.text.start;
            let (from, to) = (local(edit.span.start), local(edit.span.end));
            let is_string = self.written == Written::String;
            let (start, end) = if is_string {
                let before = |at| (0..=at).rev().find_map(|at| Cursor::new(raw).seek(at));
                let start = starts.seek(from).or_else(|| before(from)).unwrap_or(0);
                let end = (to..=self.text.len()).find_map(|at| ends.seek(at));
                (start, end.unwrap_or(raw.len()))
            } else {
                (from, to)
            };
            let with = if edit.written {
                String::new()
            } else if is_string {
                escaped(&edit.with)
            } else {
                edit.with.clone()
            };
            edit.written = true;
            let span = Span::new(
                start.max(done) + self.raw.start,
                end.max(done) + self.raw.start,
            );
            done = end;
            splices.push(Splice::new(span, with));
        }
    }
}
