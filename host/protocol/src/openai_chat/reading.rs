//! One event of a stream while it is read.

use std::collections::BTreeSet;

use caponier_core::{Gap, GapKind, Span};

use super::{MOST, is_token, shown};
use crate::json::Value;
use crate::parts::Label;
use crate::place::Place;
use crate::queue::{Event, Part, Queue};
use crate::sse::Data;
use crate::stream::Update;
use crate::{Malformed, Problem};

/// One event while it is read.
pub(super) struct Reading<'a> {
    pub(super) data: &'a Data,
    pub(super) event: &'a mut Event,
    pub(super) queue: &'a mut Queue,
    pub(super) out: &'a mut Vec<Update>,
    /// The choice's `logprobs`, in the event's bytes.
    pub(super) shadow: Option<Span>,
    pub(super) told: &'a mut BTreeSet<String>,
}

impl Reading<'_> {
    pub(super) fn append(
        &mut self,
        carrier: u32,
        value: Value<'_>,
        text: &str,
    ) -> Result<(), Malformed> {
        let raw = self.data.place(value.inner());
        let part: Part = self
            .queue
            .append(carrier, text, raw, self.shadow, self.out)?;
        self.event.parts.push(part);
        Ok(())
    }

    /// A string that is a segment by itself.
    pub(super) fn whole(&mut self, value: Value<'_>, label: &Label<'_>) -> Result<(), Malformed> {
        let Some(text) = value.string().filter(|text| !text.is_empty()) else {
            return Ok(());
        };
        let carrier = self.queue.open_text(label, self.out)?;
        self.append(carrier, value, &text)?;
        self.queue.close(carrier, self.out)
    }

    pub(super) fn gap(&mut self, kind: GapKind, place: &Place<'_>) {
        let place = place.to_string();
        if self.told.len() < MOST && self.told.insert(place.clone()) {
            self.out.push(Update::Gap(Gap { kind, place }));
        }
    }

    /// Notes the fields that hold text and are not among those read.
    pub(super) fn rest(&mut self, value: Value<'_>, place: &Place<'_>, read: &[&str]) {
        for (key, field) in value.members() {
            let Some(key) = key.string() else { continue };
            let says_text = || !is_token(&key) || field.any_string(|text| !is_token(text));
            if !read.contains(&&*key) && says_text() {
                self.gap(GapKind::Unrecognized, &place.key(shown(&key)));
            }
        }
    }

    pub(super) fn token(
        &mut self,
        value: Option<Value<'_>>,
        place: &Place<'_>,
    ) -> Result<Option<String>, Malformed> {
        let Some(value) = value.filter(|value| !value.is_null()) else {
            return Ok(None);
        };
        let text = value
            .string()
            .ok_or_else(|| value.refuse(place, Problem::Type("a string or null")))?;
        if !is_token(&text) {
            self.gap(GapKind::Unrecognized, place);
        }
        Ok(Some(text.into_owned()))
    }
}
