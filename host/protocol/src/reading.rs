//! One event of a stream while it is read.

use std::collections::BTreeSet;

use caponier_core::{Gap, GapKind};

use crate::Malformed;
use crate::fields::Fields;
use crate::json::Value;
use crate::limits::MOST;
use crate::parts::Label;
use crate::place::Place;
use crate::queue::{Event, Queue, Shadow, Written};
use crate::sse::Data;
use crate::stream::Update;

/// One event while it is read.
pub(crate) struct Reading<'a> {
    pub(crate) data: &'a Data,
    pub(crate) event: &'a mut Event,
    pub(crate) queue: &'a mut Queue,
    pub(crate) out: &'a mut Vec<Update>,
    /// What repeats the text that is read now, in the event's bytes.
    pub(crate) shadow: Option<Shadow>,
    /// Places of gaps that have been told.
    pub(crate) told: &'a mut BTreeSet<String>,
}

impl Reading<'_> {
    /// A value that goes where what it repeats is edited; `with` then stands in its place.
    pub(crate) fn repeats(&self, value: Value<'_>, with: &'static str) -> Shadow {
        Shadow {
            span: self.data.place(value.span()),
            with,
        }
    }

    /// A string whose text goes on in a carrier.
    pub(crate) fn append(
        &mut self,
        carrier: u32,
        value: Value<'_>,
        text: &str,
    ) -> Result<(), Malformed> {
        let raw = (self.data.place(value.inner()), Written::String);
        let part = self
            .queue
            .append(carrier, text, raw, self.shadow, self.out)?;
        self.event.parts.push(part);
        Ok(())
    }

    /// A value whose JSON text goes on in a carrier.
    pub(crate) fn append_json(&mut self, carrier: u32, value: Value<'_>) -> Result<(), Malformed> {
        if value.raw().contains('\n') {
            // Lines of data are joined for reading, and cannot be changed as one.
            return Err(Malformed::sequence("a value over several lines of data"));
        }
        let raw = (self.data.place(value.span()), Written::Json);
        let part = self
            .queue
            .append(carrier, value.raw(), raw, None, self.out)?;
        self.event.parts.push(part);
        Ok(())
    }

    /// A string that vouches for a carrier's text: it is emptied where that is edited.
    pub(crate) fn seal(&mut self, carrier: u32, value: Value<'_>) {
        let raw = self.data.place(value.inner());
        self.event.parts.push(self.queue.seal(carrier, raw));
    }
}

impl Fields for Reading<'_> {
    fn note(&mut self, kind: GapKind, place: &Place<'_>) {
        let place = place.to_string();
        if self.told.len() < MOST && self.told.insert(place.clone()) {
            self.out.push(Update::Gap(Gap { kind, place }));
        }
    }

    fn whole(&mut self, value: Value<'_>, label: &Label<'_>) -> Result<(), Malformed> {
        let Some(text) = value.string().filter(|text| !text.is_empty()) else {
            return Ok(());
        };
        let carrier = self.queue.open_text(label, self.out)?;
        self.append(carrier, value, &text)?;
        self.queue.close(carrier, self.out)
    }
}
