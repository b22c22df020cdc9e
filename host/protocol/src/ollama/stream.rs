//! Streamed responses: lines of JSON, of which the last one is `done`.

use std::collections::BTreeMap;

use caponier_core::{GapKind, Kind, Role, Stage, ToolCall};

use super::errors::{end, error_line};
use super::message::{pictures, said, thinking};
use super::response::{READ, moment, repeats, usage};
use super::{Endpoint, MESSAGE, RESPONSE, VOCABULARY};
use crate::fields::{Fields, flag};
use crate::framing::Framing;
use crate::json::{Document, Type, Value};
use crate::limits::MOST;
use crate::openai_chat::{CALL, FUNCTION};
use crate::parts::Label;
use crate::place::Place;
use crate::queue::Seen;
use crate::reading::Reading;
use crate::stream::{Events, Update};
use crate::words::is_token;
use crate::{ErrorShape, Malformed, Problem, StreamLimits};

/// What is known of a stream.
pub(crate) struct Lines {
    endpoint: Endpoint,
    /// Carriers of what is said and thought, by the key it comes under.
    channels: BTreeMap<&'static str, u32>,
    /// `model` and `created_at` as JSON, for a line of our own.
    envelope: BTreeMap<&'static str, String>,
    calls: usize,
    ended: bool,
    /// The client has seen the end.
    sent: bool,
    limits: StreamLimits,
}

impl Lines {
    pub(crate) fn new(endpoint: Endpoint, limits: StreamLimits) -> Self {
        Self {
            endpoint,
            channels: BTreeMap::new(),
            envelope: BTreeMap::new(),
            calls: 0,
            ended: false,
            sent: false,
            limits,
        }
    }

    fn line(&mut self, root: Value<'_>, reading: &mut Reading<'_>) -> Result<(), Malformed> {
        let before = reading.event.parts.len();
        let logprobs = root.get("logprobs").filter(|value| !value.is_null());
        reading.shadow = logprobs.map(|logprobs| reading.repeats(logprobs, "null"));
        let mut is_last = false;
        for (key, value) in root.members() {
            let Some(key) = key.string() else { continue };
            let here = Place::of(&key);
            match &*key {
                _ if value.is_null() => {}
                "message" => self.message(value, &here, reading)?,
                "response" => self.text("response", &said(), value, &here, reading)?,
                "thinking" => {
                    let label = thinking(Stage::Output);
                    self.text("thinking", &label, value, &here, reading)?;
                }
                "image" => pictures(reading, value, &here),
                "embedding" | "embeddings" => reading.note(GapKind::Unrecognized, &here),
                "error" => {
                    reading.shadow = None;
                    reading.error(value)?;
                    is_last = true;
                }
                "created_at" => {
                    moment(reading, value, &here);
                    self.keep("created_at", value);
                }
                "model" => self.keep("model", value),
                "done" => is_last |= flag(value, &here)?,
                _ => {}
            }
        }
        reading.shadow = None;
        let is_text_here = reading.event.parts.len() > before;
        let is_text = !self.channels.is_empty() || self.calls > 0;
        for (key, says_more) in repeats(root, is_text_here, is_text) {
            if says_more {
                reading.note(GapKind::Unrecognized, &Place::of(key));
            }
        }
        if let Some(context) = root.get("context").filter(|value| !value.is_null()) {
            reading.event.retells = Some(reading.repeats(context, "null"));
        }
        reading.rest(root, &Place::ROOT, READ);
        if let Some(tokens) = usage(root) {
            reading.out.push(Update::Usage(tokens));
        }
        if is_last {
            self.ended = true;
            for carrier in std::mem::take(&mut self.channels).into_values() {
                reading.queue.close(carrier, reading.out)?;
            }
            reading.event.tells.push(Seen::End(0));
            reading.out.push(Update::End);
        }
        Ok(())
    }

    /// Keeps what is the same in all lines, to write one of our own.
    fn keep(&mut self, key: &'static str, value: Value<'_>) {
        let fits = value.string().is_some_and(|text| is_token(&text));
        if fits && !self.envelope.contains_key(key) {
            self.envelope.insert(key, value.raw().to_owned());
        }
    }

    fn message(
        &mut self,
        value: Value<'_>,
        place: &Place<'_>,
        reading: &mut Reading<'_>,
    ) -> Result<(), Malformed> {
        value.object(place, MESSAGE)?;
        for (key, value) in value.members() {
            if value.is_null() {
                continue;
            }
            let Some(key) = key.string() else { continue };
            let here = place.key(&key);
            match &*key {
                "content" => self.text("content", &said(), value, &here, reading)?,
                "thinking" => {
                    let label = thinking(Stage::Output);
                    self.text("message.thinking", &label, value, &here, reading)?;
                }
                "images" => pictures(reading, value, &here),
                "tool_calls" => {
                    for (index, call) in value.array(&here)?.items().enumerate() {
                        self.call(call, &here.item(index), reading)?;
                    }
                }
                "role" | "tool_call_id" | "tool_name" => {
                    reading.token(Some(value), &here)?;
                }
                _ => {}
            }
        }
        reading.rest(value, place, MESSAGE);
        Ok(())
    }

    fn text(
        &mut self,
        key: &'static str,
        label: &Label<'_>,
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
        let carrier = match self.channels.get(key) {
            Some(carrier) => *carrier,
            None => {
                let carrier = reading.queue.open_text(label, reading.out)?;
                self.channels.insert(key, carrier);
                carrier
            }
        };
        reading.append(carrier, value, &text)
    }

    /// A tool call, which comes as a whole.
    fn call(
        &mut self,
        value: Value<'_>,
        place: &Place<'_>,
        reading: &mut Reading<'_>,
    ) -> Result<(), Malformed> {
        value.object(place, CALL)?;
        let id = reading.token(value.get("id"), &place.key("id"))?;
        reading.rest(value, place, &["function", "id"]);
        let Some(function) = value.get("function").filter(|value| !value.is_null()) else {
            return Ok(());
        };
        let place = place.key("function");
        function.object(&place, FUNCTION)?;
        self.calls += 1;
        if self.calls > MOST {
            return Err(Malformed::sequence("too many tool calls"));
        }
        let name = reading.token(function.get("name"), &place.key("name"))?;
        let name = name.unwrap_or_default();
        let mut written = String::new();
        let arguments = function.get("arguments").filter(|value| !value.is_null());
        if let Some(arguments) = arguments {
            let is_string = arguments.kind() == Type::String;
            written = match arguments.string() {
                Some(text) => text.into_owned(),
                None => arguments.raw().to_owned(),
            };
            if written.len() > self.limits.argument_bytes {
                let problem = Problem::TooLong(self.limits.argument_bytes);
                return Err(arguments.refuse(&place.key("arguments"), problem));
            }
            let label = Label::new(Stage::Output, Role::Assistant, Kind::ToolCall);
            let (queue, out) = (&mut reading.queue, &mut reading.out);
            let carrier = queue.open_arguments(label, Some(name.clone()), out)?;
            match is_string {
                true => reading.append(carrier, arguments, &written)?,
                false => reading.append_json(carrier, arguments)?,
            }
            reading.queue.close(carrier, reading.out)?;
        }
        reading.rest(function, &place, &["arguments", "name"]);
        reading.out.push(Update::ToolCall(ToolCall {
            id,
            name,
            arguments: written,
        }));
        Ok(())
    }
}

impl Events for Lines {
    fn framing(&self) -> Framing {
        Framing::lines()
    }

    fn read(&mut self, reading: &mut Reading<'_>) -> Result<(), Malformed> {
        if self.ended {
            return Err(Malformed::sequence("a line after the last one"));
        }
        let document = Document::parse(&reading.data.text, &self.limits.event(), VOCABULARY)?;
        let root = document.root().object(&Place::ROOT, RESPONSE)?;
        self.line(root, reading)
    }

    fn sent(&mut self, seen: &[Seen]) {
        self.sent |= seen.contains(&Seen::End(0));
    }

    fn is_complete(&self, _: Option<&[u8]>) -> bool {
        self.ended
    }

    fn deny(&self, out: &mut Vec<u8>) {
        if !self.sent {
            let field = |key| self.envelope.get(key).map(String::as_str);
            let line = end(self.endpoint, field("model"), field("created_at"));
            out.extend_from_slice(line.as_bytes());
            out.push(b'\n');
        }
    }

    fn fail(&self, shape: &ErrorShape, out: &mut Vec<u8>) {
        out.extend_from_slice(error_line(shape).as_bytes());
    }
}
