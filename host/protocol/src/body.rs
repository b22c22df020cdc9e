//! Whole bodies: what the application sends, and what the model answers.

use caponier_core::{Gap, RequestFacts, Segment, SegmentEdit, Span, Stage, ToolCall};

use crate::json::Document;
use crate::multipart::Form;
use crate::parts::{Parts, Placed};
use crate::splice::{Splice, apply_into, removals};
use crate::{EditError, Format, Limits};

/// Tokens as the upstream reported them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tokens {
    /// Of the prompt.
    pub prompt: u64,
    /// Of the answer.
    pub completion: u64,
}

/// Name, place of the key and place of the value of a top-level field.
pub(crate) type Member = (String, Span, Span);

/// The bytes of a body. Of what is text as a whole no piece need be judged again.
pub(crate) enum Body {
    Text(String),
    Bytes(Vec<u8>),
}

impl Body {
    /// A piece of it that is text; empty where it is none.
    pub(crate) fn text(&self, span: Span) -> &str {
        match self {
            Self::Text(text) => text.get(span.start..span.end),
            Self::Bytes(bytes) => {
                let piece = bytes.get(span.start..span.end).unwrap_or_default();
                std::str::from_utf8(piece).ok()
            }
        }
        .unwrap_or_default()
    }

    fn bytes(&self) -> &[u8] {
        match self {
            Self::Text(text) => text.as_bytes(),
            Self::Bytes(bytes) => bytes,
        }
    }

    fn with(self, splices: &[Splice]) -> Vec<u8> {
        if splices.is_empty() {
            return match self {
                Self::Text(text) => text.into_bytes(),
                Self::Bytes(bytes) => bytes,
            };
        }
        let body = self.bytes();
        let mut out = Vec::with_capacity(body.len() + 64);
        apply_into(&mut out, body, splices);
        out
    }
}

impl From<String> for Body {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Vec<u8>> for Body {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(bytes)
    }
}

/// A parsed request. It owns the bytes it came from.
pub struct Request {
    body: Body,
    parts: Parts,
    facts: RequestFacts,
    members: Vec<Member>,
    settable: &'static [&'static str],
    answer: Option<Format>,
    /// A header repeats a part of the body.
    is_repeated: bool,
    /// What the body is to stay where it is no JSON.
    form: Option<Form>,
}

impl Request {
    pub(crate) fn new(
        body: impl Into<Body>,
        parts: Parts,
        facts: RequestFacts,
        members: Vec<Member>,
        settable: &'static [&'static str],
    ) -> Self {
        Self {
            body: body.into(),
            parts,
            facts,
            members,
            settable,
            answer: None,
            is_repeated: false,
            form: None,
        }
    }

    /// Says that what it asks is part of its answer's format.
    pub(crate) fn answered_in(mut self, format: Format) -> Self {
        self.answer = Some(format);
        self
    }

    /// The format of its answer, where that is not the format of the request as it was known before.
    pub fn answer_format(&self) -> Option<&Format> {
        self.answer.as_ref()
    }

    /// The same, sent with these headers: what one of them repeats stays, whatever becomes of the
    /// body.
    #[must_use]
    pub fn beside<'h>(mut self, mut headers: impl Iterator<Item = &'h str>) -> Self {
        let format = self.answer.as_ref();
        self.is_repeated =
            format.is_some_and(|format| headers.any(|name| format.is_repeated_by(name)));
        self
    }

    /// Whether a header repeats a part of the body: an edit or a drop is a denial then.
    pub fn is_repeated(&self) -> bool {
        self.is_repeated
    }

    /// The same, in the parts of a form.
    pub(crate) fn in_form(mut self, form: Form) -> Self {
        self.form = Some(form);
        self
    }

    /// Everything in it that is text. Ids count from 0.
    pub fn segments(&self) -> &[Placed] {
        &self.parts.segments
    }

    /// Takes the segments of a stage out: texts may be long, and are needed but once. Edits are
    /// still told by their ids.
    pub fn take(&mut self, stage: Stage) -> Vec<Segment> {
        self.parts.take(stage)
    }

    /// What it asks of the model.
    pub fn facts(&self) -> &RequestFacts {
        &self.facts
    }

    /// The tool calls in its history.
    pub fn tool_calls(&self) -> &[ToolCall] {
        &self.parts.calls
    }

    /// What in it is not text, or is not known.
    pub fn gaps(&self) -> &[Gap] {
        &self.parts.gaps
    }

    /// The first id that is free.
    pub fn next_segment(&self) -> u32 {
        self.parts.next()
    }

    /// Whether one of these segments cannot be dropped but with everything: a drop is a denial then.
    pub fn keeps(&self, drop: &[u32]) -> bool {
        self.parts.keeps(drop)
    }

    /// Whether one of these edits is of a text that cannot be changed: it is a denial then.
    pub fn fixes(&self, edits: &[SegmentEdit]) -> bool {
        self.parts.fixes(edits)
    }

    /// The fields that [`edited`](Self::edited) may set or take out.
    pub fn settable(&self) -> &'static [&'static str] {
        self.settable
    }

    /// The body with the edits applied, segments dropped, and top-level fields set (to JSON text)
    /// and taken out. Without any, it is the very same bytes.
    ///
    /// # Errors
    /// The first edit that cannot be applied; nothing of the body is to be sent then.
    pub fn edited(
        self,
        edits: &[SegmentEdit],
        drop: &[u32],
        set: &[(String, String)],
        unset: &[String],
    ) -> Result<Vec<u8>, EditError> {
        let mut splices = self.parts.splices(&self.body, edits, drop)?;
        self.fields(set, unset, &mut splices)?;
        let out = self.body.with(&splices);
        match self.form {
            Some(form) if !splices.is_empty() && !form.holds(&out) => Err(EditError::Form),
            _ => Ok(out),
        }
    }

    fn fields(
        &self,
        set: &[(String, String)],
        unset: &[String],
        splices: &mut Vec<Splice>,
    ) -> Result<(), EditError> {
        if set.is_empty() && unset.is_empty() {
            return Ok(());
        }
        for name in set.iter().map(|(name, _)| name).chain(unset) {
            if !self.settable.contains(&name.as_str()) {
                return Err(EditError::Field(name.clone()));
            }
        }
        let is_set = |name: &str| set.iter().any(|(other, _)| other == name);
        let removed = |index: usize| {
            self.members
                .get(index)
                .is_some_and(|(name, ..)| unset.contains(name) && !is_set(name))
        };
        let whole: Vec<Span> = self
            .members
            .iter()
            .map(|(_, key, value)| Span::new(key.start, value.end))
            .collect();
        let mut changes: Vec<Splice> = removals(&whole, removed)
            .into_iter()
            .map(|span| Splice::new(span, ""))
            .collect();
        let stays = (0..whole.len()).any(|index| !removed(index));

        let mut added = String::new();
        for (index, (name, value)) in set.iter().enumerate() {
            // The last value for a name counts.
            if set.iter().skip(index + 1).any(|(later, _)| later == name) {
                continue;
            }
            let value = value.trim();
            if Document::parse(value, &Limits::default(), &[]).is_err() {
                return Err(EditError::Value(name.clone()));
            }
            match self.members.iter().find(|(other, ..)| other == name) {
                Some((_, _, place)) => changes.push(Splice::new(*place, value)),
                None => {
                    if !added.is_empty() {
                        added.push(',');
                    }
                    added.push_str(&format!("\"{name}\":{value}"));
                }
            }
        }
        if !added.is_empty() {
            if stays {
                added.push(',');
            }
            let brace = self.body.bytes().iter().position(|byte| *byte == b'{');
            let brace = brace.map_or(0, |at| at + 1);
            changes.push(Splice::new(Span::new(brace, brace), added));
        }
        // What is replaced as a whole needs no edits inside.
        splices.retain(|splice| {
            !changes
                .iter()
                .any(|change| change.span.overlaps(splice.span))
        });
        splices.append(&mut changes);
        splices.sort_by_key(|splice| splice.span);
        Ok(())
    }
}

impl std::fmt::Debug for Request {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        show(f, "Request", &self.body, &self.parts)
    }
}

/// A parsed response. It owns the bytes it came from.
pub struct Response {
    body: Body,
    parts: Parts,
    tokens: Option<Tokens>,
}

impl Response {
    pub(crate) fn new(body: impl Into<Body>, parts: Parts, tokens: Option<Tokens>) -> Self {
        Self {
            body: body.into(),
            parts,
            tokens,
        }
    }

    /// Everything in it that is text.
    pub fn segments(&self) -> &[Placed] {
        &self.parts.segments
    }

    /// Takes the segments out, as [`Request::take`] does.
    pub fn take(&mut self) -> Vec<Segment> {
        self.parts.take_all()
    }

    /// The tool calls the model makes.
    pub fn tool_calls(&self) -> &[ToolCall] {
        &self.parts.calls
    }

    /// What in it is not text, or is not known.
    pub fn gaps(&self) -> &[Gap] {
        &self.parts.gaps
    }

    /// The first id that is free.
    pub fn next_segment(&self) -> u32 {
        self.parts.next()
    }

    /// Something in what surrounds it is not known.
    pub(crate) fn add_gap(&mut self, gap: Gap) {
        self.parts.gaps.push(gap);
    }

    /// Whether one of these segments cannot be dropped, as with [`Request::keeps`].
    pub fn keeps(&self, drop: &[u32]) -> bool {
        self.parts.keeps(drop)
    }

    /// What the upstream reported to have used.
    pub fn usage(&self) -> Option<Tokens> {
        self.tokens
    }

    /// The body with the edits applied and segments dropped. Without any, it is the very same
    /// bytes.
    ///
    /// # Errors
    /// The first edit that cannot be applied; nothing of the body is to be sent then.
    pub fn edited(self, edits: &[SegmentEdit], drop: &[u32]) -> Result<Vec<u8>, EditError> {
        let splices = self.splices(edits, drop)?;
        Ok(self.body.with(&splices))
    }

    /// What makes the edits true, in the body's bytes.
    pub(crate) fn splices(
        &self,
        edits: &[SegmentEdit],
        drop: &[u32],
    ) -> Result<Vec<Splice>, EditError> {
        self.parts.splices(&self.body, edits, drop)
    }
}

impl std::fmt::Debug for Response {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        show(f, "Response", &self.body, &self.parts)
    }
}

fn show(
    f: &mut std::fmt::Formatter<'_>,
    name: &str,
    body: &Body,
    parts: &Parts,
) -> std::fmt::Result {
    f.debug_struct(name)
        .field("bytes", &body.bytes().len())
        .field("segments", &parts.segments)
        .field("gaps", &parts.gaps)
        .finish_non_exhaustive()
}
