//! Whole responses.

use caponier_core::{Kind, Role, Stage};

use super::message::{Speaker, content};
use super::{RESPONSE, VOCABULARY};
use crate::fields::Fields;
use crate::history::History;
use crate::json::{Document, Value};
use crate::parts::{Label, Parts};
use crate::place::Place;
use crate::{Limits, Malformed, Response, Tokens};

/// Who speaks in an answer.
pub(super) const MODEL: Speaker = Speaker {
    stage: Stage::Output,
    role: Role::Assistant,
};

pub(crate) fn response(body: String, first: u32, limits: &Limits) -> Result<Response, Malformed> {
    let document = Document::parse(&body, limits, VOCABULARY)?;
    let mut parts = Parts::new(first, limits.segments);
    let tokens = answer(&mut parts, document.root())?;
    drop(document);
    Ok(Response::new(body, parts.checked()?, tokens))
}

/// Reads an answer; gives what the upstream says it has used.
pub(crate) fn answer(parts: &mut Parts, root: Value<'_>) -> Result<Option<Tokens>, Malformed> {
    root.object(&Place::ROOT, RESPONSE)?;
    let mut usage = Usage::default();
    // Without content it is no answer but an error, of whatever shape, or a number of tokens.
    if let Some(value) = root.get("content") {
        let place = Place::of("content");
        let mut history = History::default();
        content(parts, value, &place, MODEL, &mut history)?;
        end(parts, root, &Place::ROOT)?;
        if let Some(value) = root.get("usage") {
            usage.read(value);
        }
        let read = &["content", "stop_details", "stop_sequence"];
        parts.rest(root, &Place::ROOT, read);
    } else {
        parts.error(root)?;
    }
    Ok(usage.tokens())
}

/// The texts beside why an answer has ended.
pub(super) fn end<F: Fields>(
    fields: &mut F,
    value: Value<'_>,
    place: &Place<'_>,
) -> Result<(), Malformed> {
    if let Some(sequence) = value.get("stop_sequence") {
        let label = Label::new(Stage::Output, Role::Other, Kind::Other);
        fields.whole(sequence, &label.with("field", "stop_sequence"))?;
    }
    let place = place.key("stop_details");
    if let Some(details) = value.get("stop_details") {
        details.guard(&place, RESPONSE)?;
        if let Some(explanation) = details.get("explanation") {
            let label = Label::new(Stage::Output, Role::Assistant, Kind::Refusal);
            fields.whole(explanation, &label)?;
        }
        fields.rest(details, &place, &["explanation"]);
    }
    Ok(())
}

/// What the upstream says it has used. In a stream, later numbers take the place of earlier ones.
#[derive(Default)]
pub(super) struct Usage {
    input: Option<u64>,
    cache_creation: Option<u64>,
    cache_read: Option<u64>,
    output: Option<u64>,
}

impl Usage {
    pub(super) fn read(&mut self, value: Value<'_>) {
        let count = |key, before| value.get(key).and_then(Value::unsigned).or(before);
        self.input = count("input_tokens", self.input);
        self.cache_creation = count("cache_creation_input_tokens", self.cache_creation);
        self.cache_read = count("cache_read_input_tokens", self.cache_read);
        self.output = count("output_tokens", self.output);
    }

    pub(super) fn tokens(&self) -> Option<Tokens> {
        (self.input.is_some() || self.output.is_some()).then(|| Tokens {
            prompt: [self.input, self.cache_creation, self.cache_read]
                .into_iter()
                .flatten()
                .fold(0, u64::saturating_add),
            completion: self.output.unwrap_or(0),
        })
    }
}
