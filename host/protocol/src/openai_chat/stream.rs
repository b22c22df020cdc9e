//! Streamed responses: chunks and `[DONE]`.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use caponier_core::{GapKind, Kind, Role, Stage, ToolCall};

use super::response::{says_more, usage};
use super::{CALL, CHOICE, Chunk, FUNCTION, MESSAGE, RESPONSE, VOCABULARY, error_body};
use crate::fields::Fields;
use crate::json::{Document, Type, Value};
use crate::limits::MOST;
use crate::parts::Label;
use crate::place::Place;
use crate::queue::{Queue, Seen};
use crate::reading::Reading;
use crate::stream::{Events, Update};
use crate::words::is_token;
use crate::{ErrorShape, Malformed, Problem, StreamLimits};

/// The index under which a choice's legacy `function_call` is kept.
const LEGACY: u64 = u64::MAX;

/// What is known of a stream.
pub(crate) struct Chunks {
    choices: BTreeMap<u64, Choice>,
    /// `id`, `created` and `model` as JSON, for a chunk of our own.
    envelope: BTreeMap<&'static str, String>,
    ended: bool,
    own: Chunk,
    limits: StreamLimits,
}

#[derive(Default)]
struct Choice {
    /// Carriers of content, refusal and reasoning, by the delta's key.
    channels: BTreeMap<&'static str, u32>,
    call: Option<Call>,
    /// Indices of calls that are complete.
    past: BTreeSet<u64>,
    finished: bool,
    /// The client has seen the end.
    sent: bool,
}

struct Call {
    index: u64,
    id: Option<String>,
    name: String,
    arguments: String,
    carrier: Option<u32>,
}

impl Chunks {
    /// A stream whose chunks are called `own`.
    pub(crate) fn new(own: Chunk, limits: StreamLimits) -> Self {
        Self {
            choices: BTreeMap::new(),
            envelope: BTreeMap::new(),
            ended: false,
            own,
            limits,
        }
    }

    fn chunk(&mut self, root: Value<'_>, reading: &mut Reading<'_>) -> Result<(), Malformed> {
        for (key, value) in root.members() {
            match key.string().as_deref() {
                Some("choices") if !value.is_null() => {
                    value.array(&Place::of("choices"))?;
                    let place = Place::of("choices");
                    for (position, choice) in value.items().enumerate() {
                        self.choice(choice, &place.item(position), reading)?;
                    }
                }
                Some("usage") => {
                    if let Some(tokens) = usage(value) {
                        reading.out.push(Update::Usage(tokens));
                    }
                }
                Some("error") => reading.error(value)?,
                Some("citations") => reading.texts(value, &Place::of("citations"), &citation())?,
                Some("id") => self.keep("id", value),
                Some("created") => self.keep("created", value),
                Some("model") => self.keep("model", value),
                _ => {}
            }
        }
        reading.rest(root, &Place::ROOT, &["choices", "citations", "error"]);
        Ok(())
    }

    /// Keeps what is the same in all chunks, to write one of our own.
    fn keep(&mut self, key: &'static str, value: Value<'_>) {
        let fits = value
            .string()
            .map_or(value.kind() == Type::Number, |text| is_token(&text));
        if fits && !self.envelope.contains_key(key) {
            self.envelope.insert(key, value.raw().to_owned());
        }
    }

    fn choice(
        &mut self,
        value: Value<'_>,
        place: &Place<'_>,
        reading: &mut Reading<'_>,
    ) -> Result<(), Malformed> {
        value.object(place, CHOICE)?;
        let index = index(value, place)?;
        if self.choices.len() >= MOST && !self.choices.contains_key(&index) {
            return Err(value.refuse(place, Problem::TooManyValues(MOST)));
        }
        let choice = self.choices.entry(index).or_default();
        let before = reading.event.parts.len();
        let logprobs = value.get("logprobs").filter(|logprobs| !logprobs.is_null());
        reading.shadow = logprobs.map(|logprobs| reading.repeats(logprobs, "null"));
        if let Some(delta) = value.get("delta").filter(|delta| !delta.is_null()) {
            let place = place.key("delta");
            delta.object(&place, MESSAGE)?;
            choice.delta(index, delta, &place, reading, &self.limits)?;
        }
        if let Some(text) = value.get("text").filter(|text| !text.is_null()) {
            choice.text("text", Kind::Text, index, text, &place.key("text"), reading)?;
        }
        reading.shadow = None;
        // They go with the text that they repeat. Without it, nobody has looked at what they say.
        let repeats = reading.event.parts.len() > before;
        if logprobs.is_some_and(|logprobs| says_more(logprobs, repeats)) {
            reading.note(GapKind::Unrecognized, &place.key("logprobs"));
        }
        if reading
            .token(value.get("finish_reason"), &place.key("finish_reason"))?
            .is_some()
        {
            choice.close(reading.queue, reading.out)?;
            choice.finished = true;
            reading.event.tells.push(Seen::End(index));
        }
        reading.rest(
            value,
            place,
            &["delta", "finish_reason", "index", "logprobs", "text"],
        );
        Ok(())
    }
}

impl Events for Chunks {
    fn read(&mut self, reading: &mut Reading<'_>) -> Result<(), Malformed> {
        let data = reading.data;
        if data.text.trim().is_empty() {
            return Ok(());
        }
        if self.ended {
            return Err(Malformed::sequence("an event after the end of the stream"));
        }
        if data.text.trim() == "[DONE]" {
            self.ended = true;
            for (index, choice) in &mut self.choices {
                choice.close(reading.queue, reading.out)?;
                reading.event.tells.push(Seen::End(*index));
            }
            reading.out.push(Update::End);
            return Ok(());
        }
        let document = Document::parse(&data.text, &self.limits.event(), VOCABULARY)?;
        let root = document.root().object(&Place::ROOT, RESPONSE)?;
        self.chunk(root, reading)
    }

    fn sent(&mut self, seen: &[Seen]) {
        for seen in seen {
            if let Seen::End(index) = seen
                && let Some(choice) = self.choices.get_mut(index)
            {
                choice.sent = true;
            }
        }
    }

    fn is_complete(&self, rest: Option<&[u8]>) -> bool {
        let finished =
            !self.choices.is_empty() && self.choices.values().all(|choice| choice.finished);
        let rest_is_end =
            rest.is_none_or(|rest| rest.trim_ascii() == b"[DONE]" || rest.trim_ascii().is_empty());
        self.ended || (finished && rest_is_end)
    }

    fn fail(&self, shape: &ErrorShape, out: &mut Vec<u8>) {
        out.extend_from_slice(format!("data: {}\n\n", error_body(shape)).as_bytes());
    }

    /// Each choice that the client has not seen the end of is finished with `content_filter`.
    fn deny(&self, out: &mut Vec<u8>) {
        let mut open: Vec<u64> = self
            .choices
            .iter()
            .filter(|(_, choice)| !choice.sent)
            .map(|(index, _)| *index)
            .collect();
        if self.choices.is_empty() {
            open.push(0);
        }
        let field = |key, default: &str| {
            let value = self.envelope.get(key).map_or(default, String::as_str);
            format!("\"{key}\":{value}")
        };
        let Chunk { object, nothing } = self.own;
        for index in open {
            let chunk = format!(
                "data: {{{},\"object\":\"{object}\",{},{},\"choices\":[{{\"index\":{index},{nothing},\
                 \"logprobs\":null,\"finish_reason\":\"content_filter\"}}]}}\n\n",
                field("id", "\"\""),
                field("created", "0"),
                field("model", "\"\""),
            );
            out.extend_from_slice(chunk.as_bytes());
        }
        out.extend_from_slice(b"data: [DONE]\n\n");
    }
}

impl Choice {
    fn delta(
        &mut self,
        choice: u64,
        delta: Value<'_>,
        place: &Place<'_>,
        reading: &mut Reading<'_>,
        limits: &StreamLimits,
    ) -> Result<(), Malformed> {
        for (key, value) in delta.members() {
            if value.is_null() {
                continue;
            }
            let Some(key) = key.string() else { continue };
            let here = place.key(&key);
            match &*key {
                "content" if value.kind() == Type::Array => {
                    self.parts(choice, value, &here, reading)?
                }
                "content" => self.text("content", Kind::Text, choice, value, &here, reading)?,
                "refusal" => self.text("refusal", Kind::Refusal, choice, value, &here, reading)?,
                "reasoning" => {
                    self.text("reasoning", Kind::Reasoning, choice, value, &here, reading)?
                }
                "reasoning_content" => {
                    self.text(
                        "reasoning_content",
                        Kind::Reasoning,
                        choice,
                        value,
                        &here,
                        reading,
                    )?;
                }
                "audio" => {
                    reading.note(GapKind::Audio, &here);
                    if let Some(transcript) = value.get("transcript") {
                        self.text("transcript", Kind::Text, choice, transcript, &here, reading)?;
                    }
                }
                "annotations" => reading.texts(value, &here, &citation())?,
                "tool_calls" => {
                    value.array(&here)?;
                    for (position, call) in value.items().enumerate() {
                        self.tool_call(choice, call, &here.item(position), reading, limits)?;
                    }
                }
                "function_call" => {
                    self.function(choice, LEGACY, None, value, &here, reading, limits)?
                }
                _ => {}
            }
        }
        const READ: &[&str] = &[
            "annotations",
            "audio",
            "content",
            "function_call",
            "reasoning",
            "reasoning_content",
            "refusal",
            "tool_calls",
        ];
        reading.rest(delta, place, READ);
        Ok(())
    }

    /// Content that comes as parts: their texts go on the same channel.
    fn parts(
        &mut self,
        choice: u64,
        value: Value<'_>,
        place: &Place<'_>,
        reading: &mut Reading<'_>,
    ) -> Result<(), Malformed> {
        for (index, part) in value.items().enumerate() {
            let place = place.item(index);
            part.guard(&place, super::PART)?;
            let is_text = part.get("type").and_then(Value::string).as_deref() == Some("text");
            match part.get("text") {
                Some(text) if is_text => {
                    self.text("content", Kind::Text, choice, text, &place, reading)?;
                    reading.rest(part, &place, &["text", "type"]);
                }
                _ => reading.note(GapKind::Unrecognized, &place),
            }
        }
        Ok(())
    }

    fn text(
        &mut self,
        key: &'static str,
        kind: Kind,
        choice: u64,
        value: Value<'_>,
        place: &Place<'_>,
        reading: &mut Reading<'_>,
    ) -> Result<(), Malformed> {
        let text = value
            .string()
            .ok_or_else(|| value.refuse(place, Problem::Type("a string or null")))?;
        if text.is_empty() {
            return Ok(());
        }
        self.going_on()?;
        let carrier = match self.channels.get(key) {
            Some(carrier) => *carrier,
            None => {
                let label = label(kind, choice);
                let carrier = reading.queue.open_text(&label, reading.out)?;
                self.channels.insert(key, carrier);
                carrier
            }
        };
        reading.append(carrier, value, &text)
    }

    fn going_on(&self) -> Result<(), Malformed> {
        if self.finished {
            Err(Malformed::sequence("text after the choice's finish_reason"))
        } else {
            Ok(())
        }
    }

    fn tool_call(
        &mut self,
        choice: u64,
        value: Value<'_>,
        place: &Place<'_>,
        reading: &mut Reading<'_>,
        limits: &StreamLimits,
    ) -> Result<(), Malformed> {
        value.object(place, CALL)?;
        let index = index(value, place)?;
        let id = reading
            .token(value.get("id"), &place.key("id"))?
            .filter(|id| !id.is_empty());
        for key in ["function", "custom"] {
            if let Some(function) = value.get(key).filter(|function| !function.is_null()) {
                self.function(
                    choice,
                    index,
                    id.clone(),
                    function,
                    &place.key(key),
                    reading,
                    limits,
                )?;
            }
        }
        reading.rest(value, place, &["custom", "function", "id"]);
        Ok(())
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "one call's index, id and value, and where all of it goes"
    )]
    fn function(
        &mut self,
        choice: u64,
        index: u64,
        id: Option<String>,
        value: Value<'_>,
        place: &Place<'_>,
        reading: &mut Reading<'_>,
        limits: &StreamLimits,
    ) -> Result<(), Malformed> {
        value.object(place, FUNCTION)?;
        let name = reading.token(value.get("name"), &place.key("name"))?;
        self.turn_to(index, id, reading)?;
        let Some(call) = &mut self.call else {
            return Ok(());
        };
        if let Some(name) = name {
            call.name.push_str(&name);
        }
        for key in ["arguments", "input"] {
            let Some(value) = value.get(key).filter(|value| !value.is_null()) else {
                continue;
            };
            let place = place.key(key);
            let text: Cow<'_, str> = value
                .string()
                .ok_or_else(|| value.refuse(&place, Problem::Type("a string")))?;
            if text.is_empty() {
                continue;
            }
            if self.finished {
                return Err(Malformed::sequence("text after the choice's finish_reason"));
            }
            if call.arguments.len() + text.len() > limits.argument_bytes {
                return Err(value.refuse(&place, Problem::TooLong(limits.argument_bytes)));
            }
            call.arguments.push_str(&text);
            let carrier = match call.carrier {
                Some(carrier) => carrier,
                None => {
                    let label = label(Kind::ToolCall, choice);
                    *call.carrier.insert(reading.queue.open_arguments(
                        label,
                        Some(call.name.clone()),
                        reading.out,
                    )?)
                }
            };
            reading.append(carrier, value, &text)?;
        }
        reading.rest(value, place, &["arguments", "input", "name"]);
        Ok(())
    }

    /// Makes the call with this index the one that goes on. A call ends where the next begins, and
    /// may not go on afterwards: its arguments would be seen in two halves.
    fn turn_to(
        &mut self,
        index: u64,
        id: Option<String>,
        reading: &mut Reading<'_>,
    ) -> Result<(), Malformed> {
        if let Some(call) = &mut self.call {
            // Some upstreams number all calls alike and tell them apart by their ids.
            let another = match (&call.id, &id) {
                (Some(old), Some(new)) => {
                    old != new
                        && call
                            .carrier
                            .is_none_or(|carrier| reading.queue.is_complete(carrier))
                }
                _ => false,
            };
            if call.index == index && !another {
                call.id = call.id.take().or(id);
                return Ok(());
            }
        }
        let before = self.call.as_ref().map(|call| call.index);
        self.close_call(reading.queue, reading.out)?;
        if before != Some(index) && self.past.contains(&index) {
            return Err(Malformed::sequence(
                "arguments of a tool call after the next one has begun",
            ));
        }
        if self.past.len() >= MOST {
            return Err(Malformed::sequence("too many tool calls"));
        }
        self.call = Some(Call {
            index,
            id,
            name: String::new(),
            arguments: String::new(),
            carrier: None,
        });
        Ok(())
    }

    fn close_call(&mut self, queue: &mut Queue, out: &mut Vec<Update>) -> Result<(), Malformed> {
        let Some(call) = self.call.take() else {
            return Ok(());
        };
        self.past.insert(call.index);
        if let Some(carrier) = call.carrier {
            queue.close(carrier, out)?;
        }
        out.push(Update::ToolCall(ToolCall {
            id: call.id,
            name: call.name,
            arguments: call.arguments,
        }));
        Ok(())
    }

    fn close(&mut self, queue: &mut Queue, out: &mut Vec<Update>) -> Result<(), Malformed> {
        for carrier in std::mem::take(&mut self.channels).into_values() {
            queue.close(carrier, out)?;
        }
        self.close_call(queue, out)
    }
}

fn citation() -> Label<'static> {
    Label::new(Stage::Output, Role::Assistant, Kind::Citation)
}

fn label(kind: Kind, choice: u64) -> Label<'static> {
    Label::new(Stage::Output, Role::Assistant, kind).with("choice", choice.to_string())
}

fn index(value: Value<'_>, place: &Place<'_>) -> Result<u64, Malformed> {
    match value.get("index") {
        Some(index) => index
            .unsigned()
            .filter(|index| *index < LEGACY)
            .ok_or_else(|| index.refuse(&place.key("index"), Problem::Type("a whole number"))),
        None => Ok(0),
    }
}
