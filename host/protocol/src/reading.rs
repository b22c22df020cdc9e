//! One event of a stream while it is read.

use std::collections::BTreeSet;

use caponier_core::{Gap, GapKind, Span};

use crate::fields::{error_label, texts};
use crate::json::Value;
use crate::limits::MOST;
use crate::parts::Label;
use crate::place::Place;
use crate::queue::{Event, Part, Queue};
use crate::sse::Data;
use crate::stream::Update;
use crate::words::{is_token, shown};
use crate::{Malformed, Problem};

/// One event while it is read.
pub(crate) struct Reading<'a> {
    pub(crate) data: &'a Data,
    pub(crate) event: &'a mut Event,
    pub(crate) queue: &'a mut Queue,
    pub(crate) out: &'a mut Vec<Update>,
    /// What repeats the text that is read now, in the event's bytes.
    pub(crate) shadow: Option<Span>,
    /// Places of gaps that have been told.
    pub(crate) told: &'a mut BTreeSet<String>,
}

impl Reading<'_> {
    /// A string whose text goes on in a carrier.
    pub(crate) fn append(
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
    pub(crate) fn whole(&mut self, value: Value<'_>, label: &Label<'_>) -> Result<(), Malformed> {
        let Some(text) = value.string().filter(|text| !text.is_empty()) else {
            return Ok(());
        };
        let carrier = self.queue.open_text(label, self.out)?;
        self.append(carrier, value, &text)?;
        self.queue.close(carrier, self.out)
    }

    /// The texts of a value, each a segment by itself.
    pub(crate) fn texts(&mut self, value: Value<'_>, label: &Label<'_>) -> Result<(), Malformed> {
        texts(value).try_for_each(|text| self.whole(text, label))
    }

    /// Every text of an upstream's error.
    pub(crate) fn error(&mut self, value: Value<'_>) -> Result<(), Malformed> {
        value
            .strings()
            .try_for_each(|text| self.whole(text, &error_label()))
    }

    /// Something that is not text, or is not known.
    pub(crate) fn gap(&mut self, kind: GapKind, place: &Place<'_>) {
        let place = place.to_string();
        if self.told.len() < MOST && self.told.insert(place.clone()) {
            self.out.push(Update::Gap(Gap { kind, place }));
        }
    }

    /// Notes the fields that hold text and are not among those read.
    pub(crate) fn rest(&mut self, value: Value<'_>, place: &Place<'_>, read: &[&str]) {
        for (key, field) in value.members() {
            let Some(key) = key.string() else { continue };
            let says_text = || !is_token(&key) || field.any_string(|text| !is_token(text));
            if !read.contains(&&*key) && says_text() {
                self.gap(GapKind::Unrecognized, &place.key(shown(&key)));
            }
        }
    }

    /// A string that should be a token. What is not is noted.
    pub(crate) fn token(
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
