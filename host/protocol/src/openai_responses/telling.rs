//! One event while it is read: complete texts, which may repeat what deltas said.

use std::collections::BTreeSet;

use caponier_core::{GapKind, Span, Stage, ToolCall};

use super::message::Sink;
use crate::Malformed;
use crate::fields::Fields;
use crate::json::Value;
use crate::limits::MOST;
use crate::parts::Label;
use crate::place::Place;
use crate::queue::{Part, Shadow, Written};
use crate::reading::Reading;
use crate::stream::Update;

/// Tool calls that have been told: id, name, and the carrier of what they are called with.
pub(super) type Calls = BTreeSet<(Option<String>, String, Option<u32>)>;

/// One event while it is read.
pub(super) struct Telling<'t, 'r> {
    pub(super) reading: &'t mut Reading<'r>,
    pub(super) calls: &'t mut Calls,
    /// The event begins something: what is empty in it may still come.
    pub(super) begins: bool,
}

impl Telling<'_, '_> {
    /// A complete text; gives its carrier.
    fn say(
        &mut self,
        value: Value<'_>,
        logprobs: Option<Value<'_>>,
        label: &Label<'_>,
    ) -> Result<Option<u32>, Malformed> {
        let Some(text) = value.string().filter(|text| !text.is_empty()) else {
            return Ok(None);
        };
        let data = self.reading.data;
        let shadow = logprobs.map(|logprobs| self.reading.repeats(logprobs, "[]"));
        if let Some(carrier) = self.reading.queue.said(label, &text, false) {
            let raw = (data.place(value.inner()), Written::String);
            self.again(carrier, &text, raw, shadow);
            return Ok(Some(carrier));
        }
        let carrier = self.reading.queue.open_text(label, self.reading.out)?;
        self.reading.shadow = shadow;
        self.reading.append(carrier, value, &text)?;
        self.reading.shadow = None;
        self.kept(carrier, label, &text, false)
    }

    /// A text that a carrier has said already.
    fn again(
        &mut self,
        carrier: u32,
        text: &str,
        (raw, written): (Span, Written),
        shadow: Option<Shadow>,
    ) {
        self.reading.event.parts.push(Part {
            carrier,
            raw,
            written,
            again: true,
            text: Span::new(0, text.len()),
            shadow,
        });
    }

    /// A carrier is complete, and may be repeated.
    fn kept(
        &mut self,
        carrier: u32,
        label: &Label<'_>,
        text: &str,
        leaves: bool,
    ) -> Result<Option<u32>, Malformed> {
        let queue = &mut *self.reading.queue;
        queue.close(carrier, self.reading.out)?;
        queue.keep(carrier, label, text.to_owned(), leaves)?;
        Ok(Some(carrier))
    }

    /// A tool call is complete, and is told once.
    fn called(
        &mut self,
        id: Option<String>,
        label: &Label<'_>,
        text: &str,
        carrier: Option<u32>,
    ) -> Result<(), Malformed> {
        let name = label.name.unwrap_or_default().to_owned();
        if !self.calls.insert((id.clone(), name.clone(), carrier)) {
            return Ok(());
        }
        if self.calls.len() > MOST {
            return Err(Malformed::sequence("too many tool calls"));
        }
        self.reading.out.push(Update::ToolCall(ToolCall {
            id,
            name,
            arguments: text.to_owned(),
        }));
        Ok(())
    }
}

impl Fields for Telling<'_, '_> {
    fn note(&mut self, kind: GapKind, place: &Place<'_>) {
        self.reading.note(kind, place);
    }

    fn whole(&mut self, value: Value<'_>, label: &Label<'_>) -> Result<(), Malformed> {
        self.say(value, None, label).map(drop)
    }
}

impl Sink for Telling<'_, '_> {
    fn logged(
        &mut self,
        text: Value<'_>,
        logprobs: Value<'_>,
        label: &Label<'_>,
    ) -> Result<(), Malformed> {
        self.say(text, Some(logprobs), label).map(drop)
    }

    fn arguments(
        &mut self,
        value: Value<'_>,
        label: &Label<'_>,
        id: Option<String>,
    ) -> Result<(), Malformed> {
        let string = value.string();
        let is_string = string.is_some();
        let text = string.unwrap_or_else(|| value.raw().into());
        // What begins empty is told when it is complete.
        let says = value.strings().any(|said| !said.inner().is_empty());
        let carrier = if text.is_empty() {
            None
        } else if let Some(carrier) = self.reading.queue.said(label, &text, true) {
            let (span, written) = match is_string {
                true => (value.inner(), Written::String),
                false => (value.span(), Written::Json),
            };
            let raw = self.reading.data.place(span);
            self.again(carrier, &text, (raw, written), None);
            Some(carrier)
        } else {
            let name = label.name.map(str::to_owned);
            let unnamed = Label::new(label.stage, label.role, label.kind);
            let (queue, out) = (&mut *self.reading.queue, &mut *self.reading.out);
            let carrier = queue.open_arguments(unnamed, name, out)?;
            if is_string {
                self.reading.append(carrier, value, &text)?;
            } else {
                self.reading.append_json(carrier, value)?;
            }
            self.kept(carrier, label, &text, true)?
        };
        if says || !self.begins {
            self.called(id, label, &text, carrier)?;
        }
        Ok(())
    }

    fn input(
        &mut self,
        value: Value<'_>,
        label: &Label<'_>,
        id: Option<String>,
    ) -> Result<(), Malformed> {
        let carrier = self.say(value, None, label)?;
        let text = value.string().unwrap_or_default();
        if !(self.begins && text.is_empty()) {
            self.called(id, label, &text, carrier)?;
        }
        Ok(())
    }

    /// Nothing in a stream is decoded.
    fn file(
        &mut self,
        _file: Value<'_>,
        place: &Place<'_>,
        _stage: Stage,
    ) -> Result<(), Malformed> {
        self.note(GapKind::File, place);
        Ok(())
    }

    /// Nothing of a stream can be dropped.
    fn found(&mut self, _items: &[(Span, u32)]) {}

    fn next(&self) -> u32 {
        self.reading.queue.next_segment()
    }
}
