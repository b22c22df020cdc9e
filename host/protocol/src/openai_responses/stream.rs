//! Streamed responses: events with a name and a number each.

use std::collections::BTreeMap;

use caponier_core::{GapKind, Kind, Role, Stage};

use super::deltas::{Channels, DELTAS, Delta, Form, SHELL, number};
use super::errors::{self, Envelope};
use super::message::{Side, Sink, Walk, word};
use super::telling::{Calls, Telling};
use super::{EVENT, ITEM, PART, RESPONSE, VOCABULARY};
use crate::fields::Fields;
use crate::history::History;
use crate::json::{Document, Type, Value};
use crate::limits::MOST;
use crate::openai_chat::says_more;
use crate::parts::Label;
use crate::place::Place;
use crate::queue::Seen;
use crate::reading::Reading;
use crate::stream::{Events, Update};
use crate::words::{is_token, shown};
use crate::{ErrorShape, Malformed, Problem, StreamLimits};

/// What is known of a stream.
pub(crate) struct Answer {
    items: BTreeMap<u64, Item>,
    channels: Channels,
    history: History,
    calls: Calls,
    envelope: Envelope,
    /// The number of the last event.
    number: Option<u64>,
    /// The number of the last event that the client has got.
    sent: Option<u64>,
    /// The client has got the end.
    finished: bool,
    ended: bool,
    /// The upstream told of an error, which may be the last of it.
    broken: bool,
    limits: StreamLimits,
}

/// An item that has begun.
#[derive(Default)]
struct Item {
    name: Option<String>,
    id: Option<String>,
    /// Nothing more may come of it but the whole.
    complete: bool,
}

impl Answer {
    pub(crate) fn new(limits: StreamLimits) -> Self {
        Self {
            items: BTreeMap::new(),
            channels: Channels::new(limits),
            history: History::default(),
            calls: Calls::default(),
            envelope: Envelope::default(),
            number: None,
            sent: None,
            finished: false,
            ended: false,
            broken: false,
            limits,
        }
    }

    fn event(&mut self, root: Value<'_>, reading: &mut Reading<'_>) -> Result<(), Malformed> {
        let Some(kind) = word(root, "type", &Place::ROOT)? else {
            return Err(root.refuse(&Place::ROOT, Problem::Missing("type")));
        };
        // Some clients go by the one, and some by the other.
        if reading.data.name.as_ref().is_some_and(|name| *name != kind) {
            return Err(Malformed::sequence("an event whose name is not its type"));
        }
        let next = self.number.map_or(0, |number| number.saturating_add(1));
        let own = root.get("sequence_number").and_then(Value::unsigned);
        self.number = Some(own.unwrap_or(next));
        reading.event.tells.extend(self.number.map(Seen::Number));
        let read: &[&str] = match &*kind {
            "response.created" | "response.queued" | "response.in_progress" => {
                self.response(root, true, reading)?;
                &["response"]
            }
            "response.completed" | "response.incomplete" | "response.failed" => {
                self.channels.close(None, None, reading)?;
                self.response(root, false, reading)?;
                self.end(reading);
                &["response"]
            }
            "response.output_item.added" => {
                self.added(root, reading)?;
                &["item"]
            }
            "response.output_item.done" => {
                let output = number(root, "output_index")?;
                self.channels.close(Some(output), None, reading)?;
                self.begun(output)?.complete = true;
                self.item(root, false, reading)?;
                &["item"]
            }
            "response.content_part.added" => self.part(root, "content_index", true, reading)?,
            "response.content_part.done" => self.part(root, "content_index", false, reading)?,
            "response.reasoning_summary_part.added" => {
                self.part(root, "summary_index", true, reading)?
            }
            "response.reasoning_summary_part.done" => {
                self.part(root, "summary_index", false, reading)?
            }
            "response.output_text.annotation.added" => {
                let label = Label::new(Stage::Output, Role::Assistant, Kind::Citation);
                if let Some(annotation) = root.get("annotation") {
                    let place = Place::of("annotation");
                    self.tell(false, reading, |walk| {
                        walk.sink.texts(annotation, &place, &label)
                    })?;
                }
                &["annotation"]
            }
            "response.shell_call_output_content.delta" => self.shell(root, reading)?,
            "response.shell_call_output_content.done" => {
                let index = ("command_index", number(root, "command_index")?);
                let output = number(root, "output_index")?;
                self.channels.seal(output, index, reading)?;
                if let Some(output) = root.get("output") {
                    self.tell(false, reading, |walk| {
                        walk.result(output, &Place::of("output"), Some("shell"))
                    })?;
                }
                &["output"]
            }
            "response.image_generation_call.partial_image" => {
                reading.note(GapKind::Image, &Place::of("partial_image_b64"));
                &["partial_image_b64"]
            }
            "response.audio.delta" => {
                reading.note(GapKind::Audio, &Place::of("delta"));
                &["delta"]
            }
            "error" => {
                const SAID: &[&str] = &["code", "error", "message", "param"];
                self.channels.close(None, None, reading)?;
                self.broken = true;
                self.tell(false, reading, |walk| {
                    let mut said = SAID.iter().filter_map(|key| root.get(key));
                    said.try_for_each(|value| walk.sink.error(value))
                })?;
                SAID
            }
            other => self.text(other, root, reading)?,
        };
        reading.rest(root, &Place::ROOT, read);
        Ok(())
    }

    /// Reads with the walk that whole bodies are read with.
    fn tell(
        &mut self,
        begins: bool,
        reading: &mut Reading<'_>,
        read: impl FnOnce(&mut Walk<'_, Telling<'_, '_>>) -> Result<(), Malformed>,
    ) -> Result<(), Malformed> {
        let mut telling = Telling {
            reading,
            calls: &mut self.calls,
            begins,
        };
        read(&mut Walk {
            sink: &mut telling,
            side: Side::Answer,
            history: &mut self.history,
        })
    }

    /// The answer as a whole, as it begins or as it ends.
    fn response(
        &mut self,
        root: Value<'_>,
        begins: bool,
        reading: &mut Reading<'_>,
    ) -> Result<(), Malformed> {
        let place = Place::of("response");
        let Some(response) = root.get("response") else {
            return Err(root.refuse(&Place::ROOT, Problem::Missing("response")));
        };
        response.object(&place, RESPONSE)?;
        for key in ["id", "created_at", "model"] {
            self.keep(key, response);
        }
        let output = response.get("output");
        let items = output.into_iter().flat_map(Value::items);
        for (index, item) in (0..).zip(items).filter(|_| begins) {
            self.begin(index, item)?;
        }
        let mut tokens = None;
        self.tell(begins, reading, |walk| {
            tokens = walk.answer(response, &place)?;
            Ok(())
        })?;
        reading.out.extend(tokens.map(Update::Usage));
        Ok(())
    }

    /// Keeps what is the same in all events, to write one of our own.
    fn keep(&mut self, key: &'static str, response: Value<'_>) {
        let Some(value) = response.get(key) else {
            return;
        };
        let fits = value
            .string()
            .map_or(value.kind() == Type::Number, |text| is_token(&text));
        if fits && !self.envelope.contains_key(key) {
            self.envelope.insert(key, value.raw().to_owned());
        }
    }

    fn begun(&mut self, output: u64) -> Result<&mut Item, Malformed> {
        if self.items.len() >= MOST && !self.items.contains_key(&output) {
            return Err(Malformed::sequence("too many items"));
        }
        Ok(self.items.entry(output).or_default())
    }

    /// Notes an item that begins.
    fn begin(&mut self, output: u64, item: Value<'_>) -> Result<(), Malformed> {
        let string = |key| item.get(key).and_then(Value::string).map(Into::into);
        let begun = self.begun(output)?;
        begun.name = begun.name.take().or_else(|| string("name"));
        let id = begun.id.take().or_else(|| string("call_id"));
        begun.id = id.or_else(|| string("id"));
        begun.complete |= begins_with_text(item);
        Ok(())
    }

    fn added(&mut self, root: Value<'_>, reading: &mut Reading<'_>) -> Result<(), Malformed> {
        let output = number(root, "output_index")?;
        if self.items.contains_key(&output) || self.channels.has(output) {
            return Err(Malformed::sequence("an item that has begun already"));
        }
        if let Some(item) = root.get("item") {
            self.begin(output, item)?;
        }
        self.item(root, true, reading)
    }

    fn item(
        &mut self,
        root: Value<'_>,
        begins: bool,
        reading: &mut Reading<'_>,
    ) -> Result<(), Malformed> {
        let Some(item) = root.get("item").filter(|item| !item.is_null()) else {
            return Ok(());
        };
        self.tell(begins, reading, |walk| {
            walk.item(item, &Place::of("item")).map(drop)
        })
    }

    /// A part of an item, as it begins or as it ends.
    fn part(
        &mut self,
        root: Value<'_>,
        index: &'static str,
        begins: bool,
        reading: &mut Reading<'_>,
    ) -> Result<&'static [&'static str], Malformed> {
        let (output, at) = (number(root, "output_index")?, number(root, index)?);
        let Some(part) = root.get("part").filter(|part| !part.is_null()) else {
            return Ok(&[]);
        };
        let place = Place::of("part");
        part.object(&place, PART)?;
        let says = says_text(part);
        if begins && says && self.channels.has_begun(output, (index, at)) {
            return Err(Malformed::sequence("a part that has begun already"));
        }
        if says || !begins {
            self.channels.seal(output, (index, at), reading)?;
        }
        let kind = match word(part, "type", &place)?.as_deref() {
            Some("reasoning_text" | "summary_text") => Kind::Reasoning,
            _ => Kind::Text,
        };
        let label = Label::new(Stage::Output, Role::Assistant, kind);
        self.tell(begins, reading, |walk| walk.part(part, &place, &label))?;
        Ok(&["part"])
    }

    /// A text that has events of its own: a piece of it, or the whole.
    fn text(
        &mut self,
        event: &str,
        root: Value<'_>,
        reading: &mut Reading<'_>,
    ) -> Result<&'static [&'static str], Malformed> {
        let known = event.rsplit_once('.').and_then(|(name, step)| {
            let delta = DELTAS.iter().find(|delta| delta.event == name)?;
            Some((delta, step))
        });
        match known {
            Some((delta, "delta")) => {
                self.piece(delta, root, "delta", reading)?;
                Ok(&["delta", "logprobs"])
            }
            // A command begins with what it says so far.
            Some((delta, "added")) if delta.index == "command_index" => {
                self.piece(delta, root, delta.whole, reading)?;
                Ok(&["command"])
            }
            Some((delta, "done")) => {
                let is_read = self.done(delta, root, reading)?;
                Ok(match delta.whole {
                    _ if !is_read => &[],
                    "arguments" => &["arguments"],
                    "code" => &["code"],
                    "command" => &["command"],
                    "input" => &["input"],
                    "refusal" => &["refusal"],
                    _ => &["text", "logprobs"],
                })
            }
            _ => {
                // Most events that are not known tell of a step, and of nothing else.
                const IDS: &[&str] = &["item_id", "stream_id", "type"];
                for (key, value) in root.members() {
                    let Some(key) = key.string() else { continue };
                    if !IDS.contains(&&*key) && value.any_string(|text| !text.is_empty()) {
                        reading.note(GapKind::Unrecognized, &Place::of(shown(&key)));
                    }
                }
                Ok(&[])
            }
        }
    }

    fn piece(
        &mut self,
        delta: &'static Delta,
        root: Value<'_>,
        key: &'static str,
        reading: &mut Reading<'_>,
    ) -> Result<(), Malformed> {
        let Some(value) = root.get(key) else {
            return Ok(());
        };
        let item = self.items.get(&number(root, "output_index")?);
        if item.is_some_and(|item| item.complete) {
            return Err(Malformed::sequence("more of an item that is complete"));
        }
        let name = item.and_then(|item| item.name.as_deref());
        let logprobs = root.get("logprobs").filter(|logprobs| !logprobs.is_null());
        reading.shadow = logprobs.map(|logprobs| reading.repeats(logprobs, "[]"));
        let before = reading.event.parts.len();
        let place = Place::of(key);
        self.channels
            .append(delta, root, value, &place, name, reading)?;
        reading.shadow = None;
        // They go with the text that they repeat. Without it, nobody has looked at what they say.
        let repeats = reading.event.parts.len() > before;
        if logprobs.is_some_and(|logprobs| says_more(logprobs, repeats)) {
            reading.note(GapKind::Unrecognized, &Place::of("logprobs"));
        }
        Ok(())
    }

    /// A text is complete; whether the event says it once more.
    fn done(
        &mut self,
        delta: &'static Delta,
        root: Value<'_>,
        reading: &mut Reading<'_>,
    ) -> Result<bool, Malformed> {
        let output = number(root, "output_index")?;
        let index = (delta.index, number(root, delta.index)?);
        self.channels.seal(output, index, reading)?;
        let Some(value) = root.get(delta.whole).filter(|value| !value.is_null()) else {
            return Ok(false);
        };
        let place = Place::of(delta.whole);
        if value.kind() != Type::String {
            return Err(value.refuse(&place, Problem::Type("a string")));
        }
        let item = self.items.get(&output);
        let name = item.and_then(|item| item.name.clone());
        let id = item.and_then(|item| item.id.clone());
        let logprobs = root.get("logprobs");
        self.tell(false, reading, |walk| {
            let label = delta.label(name.as_deref());
            match delta.form {
                Form::Text => walk.logged(value, logprobs, &Place::ROOT, &label),
                Form::Input => walk.sink.input(value, &label, id),
                Form::Arguments => walk.sink.arguments(value, &label, id),
            }
        })?;
        Ok(true)
    }

    /// Standard output and error of a shell.
    fn shell(
        &mut self,
        root: Value<'_>,
        reading: &mut Reading<'_>,
    ) -> Result<&'static [&'static str], Malformed> {
        let place = Place::of("delta");
        let Some(said) = root.get("delta").filter(|said| !said.is_null()) else {
            return Ok(&[]);
        };
        said.object(&place, PART)?;
        for delta in SHELL {
            if let Some(value) = said.get(delta.event).filter(|value| !value.is_null()) {
                let place = place.key(delta.event);
                self.channels
                    .append(delta, root, value, &place, None, reading)?;
            }
        }
        reading.rest(said, &place, &["stderr", "stdout"]);
        Ok(&["delta"])
    }

    fn end(&mut self, reading: &mut Reading<'_>) {
        self.ended = true;
        reading.event.tells.push(Seen::Stop);
        reading.out.push(Update::End);
    }
}

/// Whether a part says anything that pieces could go on.
fn says_text(part: Value<'_>) -> bool {
    ["text", "refusal"].iter().any(|key| is_said(part, key))
}

/// Whether an item comes with a text that pieces could go on.
fn begins_with_text(item: Value<'_>) -> bool {
    let whole = ["arguments", "code", "input"];
    let lists = ["content", "summary"];
    let parts = lists.iter().filter_map(|key| item.get(key));
    whole.iter().any(|key| is_said(item, key)) || parts.flat_map(Value::items).any(says_text)
}

fn is_said(value: Value<'_>, key: &str) -> bool {
    let text = value.get(key).and_then(Value::string);
    text.is_some_and(|text| !text.is_empty())
}

impl Events for Answer {
    fn read(&mut self, reading: &mut Reading<'_>) -> Result<(), Malformed> {
        let data = reading.data;
        let text = data.text.trim();
        if text.is_empty() {
            return Ok(());
        }
        // The API has no such end, but servers that speak it do, and its clients stop there.
        if text == "[DONE]" {
            self.channels.close(None, None, reading)?;
            if !self.ended {
                self.end(reading);
            }
            return Ok(());
        }
        if self.ended {
            return Err(Malformed::sequence("an event after the end of the stream"));
        }
        let document = Document::parse(&data.text, &self.limits.event(), VOCABULARY)?;
        let root = document.root().object(&Place::ROOT, EVENT)?;
        if let Some(item) = root.get("item").filter(|item| !item.is_null()) {
            item.object(&Place::of("item"), ITEM)?;
        }
        self.event(root, reading)
    }

    fn sent(&mut self, seen: &[Seen]) {
        for seen in seen {
            match seen {
                Seen::Number(number) => self.sent = Some(*number),
                Seen::Stop => self.finished = true,
                _ => {}
            }
        }
    }

    fn is_complete(&self, rest: Option<&[u8]>) -> bool {
        let is_end = |rest: &[u8]| matches!(rest.trim_ascii(), b"" | b"[DONE]");
        self.ended || (self.broken && rest.is_none_or(is_end))
    }

    /// The answer is incomplete, for its content. Clients take no event before the first.
    fn deny(&self, out: &mut Vec<u8>) {
        if self.finished {
            return;
        }
        let mut number = self.next();
        if self.sent.is_none() {
            errors::lifecycle("created", &self.envelope, number, out);
            number += 1;
        }
        errors::lifecycle("incomplete", &self.envelope, number, out);
    }

    fn fail(&self, shape: &ErrorShape, out: &mut Vec<u8>) {
        errors::event(shape, self.next(), out);
    }
}

impl Answer {
    /// The number of the event that comes next to the client.
    fn next(&self) -> u64 {
        self.sent.map_or(0, |number| number.saturating_add(1))
    }
}
