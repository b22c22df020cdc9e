//! Streamed responses: `message_start`, content blocks with their deltas, `message_delta` and
//! `message_stop`.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use caponier_core::{GapKind, Kind, Role, Stage, ToolCall};

use super::errors::message;
use super::message::{call, check_seal, kind_of, other, prose};
use super::response::{MODEL, Usage, end};
use super::{BLOCK, RESPONSE, VOCABULARY, error_body};
use crate::fields::Fields;
use crate::json::{Document, Value};
use crate::limits::MOST;
use crate::parts::Label;
use crate::place::Place;
use crate::queue::{Queue, Seen};
use crate::reading::Reading;
use crate::stream::{Events, Update};
use crate::words::{is_token, shown};
use crate::{ErrorShape, Malformed, Problem, StreamLimits};

/// What is known of a stream.
pub(crate) struct Blocks {
    open: BTreeMap<u64, Block>,
    /// How many blocks have begun: clients count them, and take an index for that count.
    begun: u64,
    /// Names of called tools by the id of the call.
    tools: BTreeMap<String, String>,
    /// `id` and `model` as JSON, for a start of our own.
    envelope: BTreeMap<&'static str, String>,
    usage: Usage,
    started: bool,
    finished: bool,
    ended: bool,
    client: Client,
    limits: StreamLimits,
}

/// What the client has seen.
#[derive(Default)]
struct Client {
    started: bool,
    open: BTreeSet<u64>,
    finished: bool,
    stopped: bool,
}

/// A content block that goes on.
enum Block {
    Text(Channel),
    Thinking(Channel),
    Compaction(Channel),
    Call(Call),
    /// One that came as a whole, or is not known.
    Other,
}

/// A text that goes on. It is opened with its first piece: there is nothing to see in an empty one.
struct Channel {
    kind: Kind,
    carrier: Option<u32>,
}

struct Call {
    carrier: Option<u32>,
    id: Option<String>,
    name: Option<String>,
    input: String,
    /// The input came with the block's start.
    is_whole: bool,
}

impl Blocks {
    pub(crate) fn new(limits: StreamLimits) -> Self {
        Self {
            open: BTreeMap::new(),
            begun: 0,
            tools: BTreeMap::new(),
            envelope: BTreeMap::new(),
            usage: Usage::default(),
            started: false,
            finished: false,
            ended: false,
            client: Client::default(),
            limits,
        }
    }

    fn event(
        &mut self,
        kind: &str,
        root: Value<'_>,
        reading: &mut Reading<'_>,
    ) -> Result<(), Malformed> {
        match kind {
            "message_start" => self.start(root, reading)?,
            "ping" => reading.rest(root, &Place::ROOT, &["type"]),
            "error" => {
                reading.error(root)?;
                self.end(reading)?;
            }
            _ if !self.started => {
                return Err(Malformed::sequence("an event before message_start"));
            }
            "content_block_start" => self.block_start(root, reading)?,
            "content_block_delta" => self.block_delta(root, reading)?,
            "content_block_stop" => {
                let index = index(root)?;
                let block = self.open.remove(&index).ok_or_else(not_open)?;
                block.close(reading.queue, reading.out)?;
                reading.event.tells.push(Seen::End(index));
                reading.rest(root, &Place::ROOT, &["index", "type"]);
            }
            "message_delta" => self.delta(root, reading)?,
            "message_stop" => {
                reading.event.tells.push(Seen::Stop);
                reading.rest(root, &Place::ROOT, &["type"]);
                self.end(reading)?;
            }
            _ => reading.note(GapKind::Unrecognized, &Place::of(shown(kind))),
        }
        Ok(())
    }

    fn end(&mut self, reading: &mut Reading<'_>) -> Result<(), Malformed> {
        self.ended = true;
        for block in std::mem::take(&mut self.open).into_values() {
            block.close(reading.queue, reading.out)?;
        }
        reading.out.push(Update::End);
        Ok(())
    }

    fn start(&mut self, root: Value<'_>, reading: &mut Reading<'_>) -> Result<(), Malformed> {
        if std::mem::replace(&mut self.started, true) {
            return Err(Malformed::sequence("a second message_start"));
        }
        let place = Place::of("message");
        let message = member(root, "message", RESPONSE)?;
        for key in ["id", "model"] {
            if let Some(value) = message.get(key)
                && value.string().is_some_and(|text| is_token(&text))
            {
                self.envelope.insert(key, value.raw().to_owned());
            }
        }
        if let Some(usage) = message.get("usage") {
            self.used(usage, reading);
        }
        if let Some(content) = message.get("content")
            && content
                .array(&place.key("content"))?
                .items()
                .next()
                .is_some()
        {
            return Err(Malformed::sequence("content in message_start"));
        }
        end(reading, message, &place)?;
        let read = &["content", "stop_details", "stop_sequence"];
        reading.rest(message, &place, read);
        reading.rest(root, &Place::ROOT, &["message", "type"]);
        reading.event.tells.push(Seen::Start);
        Ok(())
    }

    fn used(&mut self, value: Value<'_>, reading: &mut Reading<'_>) {
        self.usage.read(value);
        reading.out.extend(self.usage.tokens().map(Update::Usage));
    }

    fn block_start(&mut self, root: Value<'_>, reading: &mut Reading<'_>) -> Result<(), Malformed> {
        let index = index(root)?;
        if index != self.begun {
            return Err(Malformed::sequence("a content block out of order"));
        }
        if self.finished {
            return Err(Malformed::sequence("a content block after message_delta"));
        }
        if self.open.len() >= MOST {
            return Err(Malformed::sequence("too many open content blocks"));
        }
        self.begun += 1;
        let place = Place::of("content_block");
        let value = member(root, "content_block", BLOCK)?;
        let block = self.block(value, &place, reading)?;
        self.open.insert(index, block);
        reading.rest(root, &Place::ROOT, &["content_block", "index", "type"]);
        reading.event.tells.push(Seen::Begin(index));
        Ok(())
    }

    fn block(
        &mut self,
        value: Value<'_>,
        place: &Place<'_>,
        reading: &mut Reading<'_>,
    ) -> Result<Block, Malformed> {
        let kind = kind_of(value, place)?;
        Ok(match &*kind {
            "text" => {
                let mut channel = Channel::new(Kind::Text);
                channel.go_on(value, "text", place, reading)?;
                if let Some(list) = value.get("citations") {
                    prose(reading, list, &place.key("citations"), &citation())?;
                }
                reading.rest(value, place, &["citations", "text", "type"]);
                Block::Text(channel)
            }
            "thinking" => {
                let mut channel = Channel::new(Kind::Reasoning);
                channel.go_on(value, "thinking", place, reading)?;
                channel.seal(value, place, reading);
                reading.rest(value, place, &["signature", "thinking", "type"]);
                Block::Thinking(channel)
            }
            "compaction" => {
                let mut channel = Channel::new(Kind::Text);
                channel.go_on(value, "content", place, reading)?;
                channel.seal(value, place, reading);
                reading.rest(value, place, &["content", "signature", "type"]);
                Block::Compaction(channel)
            }
            "tool_use" | "server_tool_use" | "mcp_tool_use" => {
                let (id, name) = call(reading, value, place)?;
                if let (Some(id), Some(name)) = (&id, &name)
                    && self.tools.len() < MOST
                {
                    self.tools.insert(id.clone(), name.clone());
                }
                let mut call = Call {
                    carrier: None,
                    id,
                    name,
                    input: String::new(),
                    is_whole: false,
                };
                // Before deltas, the input is an empty object: it stands for nothing yet.
                if let Some(input) = value.get("input")
                    && input.members().next().is_some()
                {
                    call.is_whole = true;
                    call.input.push_str(input.raw());
                    let carrier = call.carrier(reading)?;
                    reading.append_json(carrier, input)?;
                }
                Block::Call(call)
            }
            _ => {
                let tools = &self.tools;
                other(reading, value, place, &kind, MODEL, |id| {
                    tools.get(id).cloned()
                })?;
                Block::Other
            }
        })
    }

    fn block_delta(&mut self, root: Value<'_>, reading: &mut Reading<'_>) -> Result<(), Malformed> {
        let block = self.open.get_mut(&index(root)?).ok_or_else(not_open)?;
        let place = Place::of("delta");
        let delta = member(root, "delta", BLOCK)?;
        let kind = kind_of(delta, &place)?;
        let read = match (&*kind, block) {
            ("text_delta", Block::Text(channel)) => {
                channel.go_on(delta, "text", &place, reading)?
            }
            ("citations_delta", Block::Text(_)) => {
                if let Some(value) = delta.get("citation") {
                    prose(reading, value, &place.key("citation"), &citation())?;
                }
                "citation"
            }
            ("thinking_delta", Block::Thinking(channel)) => {
                channel.go_on(delta, "thinking", &place, reading)?
            }
            ("signature_delta", Block::Thinking(channel) | Block::Compaction(channel)) => {
                channel.seal(delta, &place, reading);
                "signature"
            }
            ("compaction_delta", Block::Compaction(channel)) => {
                channel.go_on(delta, "content", &place, reading)?
            }
            ("input_json_delta", Block::Call(call)) => {
                call.go_on(delta, &place, reading, &self.limits)?
            }
            (
                "text_delta" | "citations_delta" | "thinking_delta" | "signature_delta"
                | "compaction_delta" | "input_json_delta",
                Block::Text(_) | Block::Thinking(_) | Block::Compaction(_) | Block::Call(_),
            ) => {
                return Err(Malformed::sequence(
                    "a delta of another kind than its block",
                ));
            }
            _ => {
                reading.note(GapKind::Unrecognized, &place);
                return Ok(());
            }
        };
        reading.rest(delta, &place, &[read, "type"]);
        reading.rest(root, &Place::ROOT, &["delta", "index", "type"]);
        Ok(())
    }

    fn delta(&mut self, root: Value<'_>, reading: &mut Reading<'_>) -> Result<(), Malformed> {
        let place = Place::of("delta");
        let delta = member(root, "delta", RESPONSE)?;
        if let Some(usage) = root.get("usage") {
            self.used(usage, reading);
        }
        end(reading, delta, &place)?;
        let reason = reading.token(delta.get("stop_reason"), &place.key("stop_reason"))?;
        if reason.is_some() {
            self.finished = true;
            reading.event.tells.push(Seen::Finish);
        }
        let read = &["stop_details", "stop_reason", "stop_sequence"];
        reading.rest(delta, &place, read);
        reading.rest(root, &Place::ROOT, &["delta", "type"]);
        Ok(())
    }
}

impl Events for Blocks {
    fn read(&mut self, reading: &mut Reading<'_>) -> Result<(), Malformed> {
        let data = reading.data;
        if data.text.trim().is_empty() {
            return Ok(());
        }
        if self.ended {
            return Err(Malformed::sequence("an event after the end of the stream"));
        }
        let document = Document::parse(&data.text, &self.limits.event(), VOCABULARY)?;
        let root = document.root().object(&Place::ROOT, RESPONSE)?;
        let kind = root.get("type").and_then(Value::string);
        let kind = kind.ok_or_else(|| root.refuse(&Place::ROOT, Problem::Missing("type")))?;
        // Clients go by the one or the other.
        if data.name.as_deref() != Some(&*kind) {
            return Err(Malformed::sequence("an event whose name is not its type"));
        }
        self.event(&kind, root, reading)
    }

    fn sent(&mut self, seen: &[Seen]) {
        for seen in seen {
            match seen {
                Seen::Start => self.client.started = true,
                Seen::Begin(index) => {
                    self.client.open.insert(*index);
                }
                Seen::End(index) => {
                    self.client.open.remove(index);
                }
                Seen::Finish => self.client.finished = true,
                Seen::Stop => self.client.stopped = true,
                Seen::Number(_) => {}
            }
        }
    }

    fn is_complete(&self, _: Option<&[u8]>) -> bool {
        self.ended
    }

    fn fail(&self, shape: &ErrorShape, out: &mut Vec<u8>) {
        write("error", &error_body(shape), out);
    }

    /// What the client has seen begin is ended, with the stop reason `refusal`.
    fn deny(&self, out: &mut Vec<u8>) {
        let field = |key| self.envelope.get(key).map_or("\"\"", String::as_str);
        let used = self.usage.tokens().unwrap_or_default();
        if !self.client.started {
            let message = message(field("id"), field("model"), "null", used);
            let start = format!(r#"{{"type":"message_start","message":{message}}}"#);
            write("message_start", &start, out);
        }
        for index in &self.client.open {
            let stop = format!(r#"{{"type":"content_block_stop","index":{index}}}"#);
            write("content_block_stop", &stop, out);
        }
        if !self.client.finished {
            let delta = format!(
                r#"{{"type":"message_delta","delta":{{"stop_reason":"refusal","stop_sequence":null}},"usage":{{"output_tokens":{}}}}}"#,
                used.completion
            );
            write("message_delta", &delta, out);
        }
        if !self.client.stopped {
            write("message_stop", r#"{"type":"message_stop"}"#, out);
        }
    }
}

impl Block {
    fn close(self, queue: &mut Queue, out: &mut Vec<Update>) -> Result<(), Malformed> {
        match self {
            Self::Text(channel) | Self::Thinking(channel) | Self::Compaction(channel) => {
                match channel.carrier {
                    Some(carrier) => queue.close(carrier, out),
                    None => Ok(()),
                }
            }
            Self::Call(call) => {
                if let Some(carrier) = call.carrier {
                    queue.close(carrier, out)?;
                }
                // A call without any delta has the empty object that it began with.
                let is_empty = call.input.is_empty();
                out.push(Update::ToolCall(ToolCall {
                    id: call.id,
                    name: call.name.unwrap_or_default(),
                    arguments: if is_empty {
                        "{}".to_owned()
                    } else {
                        call.input
                    },
                }));
                Ok(())
            }
            Self::Other => Ok(()),
        }
    }
}

impl Channel {
    fn new(kind: Kind) -> Self {
        Self {
            kind,
            carrier: None,
        }
    }

    /// Goes on with the string of a field, whose key it gives back.
    fn go_on(
        &mut self,
        value: Value<'_>,
        key: &'static str,
        place: &Place<'_>,
        reading: &mut Reading<'_>,
    ) -> Result<&'static str, Malformed> {
        let Some((value, text)) = piece(value, key, place)? else {
            return Ok(key);
        };
        let carrier = match self.carrier {
            Some(carrier) => carrier,
            None => {
                let label = Label::new(Stage::Output, Role::Assistant, self.kind);
                let carrier = reading.queue.open_text(&label, reading.out)?;
                *self.carrier.insert(carrier)
            }
        };
        reading.append(carrier, value, &text)?;
        Ok(key)
    }

    fn seal(&self, value: Value<'_>, place: &Place<'_>, reading: &mut Reading<'_>) {
        if let Some(signature) = value.get("signature").filter(|value| !value.is_null()) {
            check_seal(reading, signature, &place.key("signature"));
            if let (Some(carrier), Some(_)) = (self.carrier, signature.string()) {
                reading.seal(carrier, signature);
            }
        }
    }
}

impl Call {
    fn carrier(&mut self, reading: &mut Reading<'_>) -> Result<u32, Malformed> {
        if let Some(carrier) = self.carrier {
            return Ok(carrier);
        }
        let label = Label::new(Stage::Output, Role::Assistant, Kind::ToolCall);
        let name = self.name.clone();
        let carrier = reading.queue.open_arguments(label, name, reading.out)?;
        Ok(*self.carrier.insert(carrier))
    }

    fn go_on(
        &mut self,
        delta: Value<'_>,
        place: &Place<'_>,
        reading: &mut Reading<'_>,
        limits: &StreamLimits,
    ) -> Result<&'static str, Malformed> {
        const KEY: &str = "partial_json";
        let Some((value, text)) = piece(delta, KEY, place)? else {
            return Ok(KEY);
        };
        if self.is_whole {
            return Err(Malformed::sequence("a second input of one tool call"));
        }
        if self.input.len() + text.len() > limits.argument_bytes {
            let problem = Problem::TooLong(limits.argument_bytes);
            return Err(value.refuse(&place.key(KEY), problem));
        }
        self.input.push_str(&text);
        let carrier = self.carrier(reading)?;
        reading.append(carrier, value, &text)?;
        Ok(KEY)
    }
}

/// The string of a field, if it says anything.
fn piece<'d>(
    value: Value<'d>,
    key: &'static str,
    place: &Place<'_>,
) -> Result<Option<(Value<'d>, Cow<'d, str>)>, Malformed> {
    let Some(value) = value.get(key).filter(|value| !value.is_null()) else {
        return Ok(None);
    };
    let text = value
        .string()
        .ok_or_else(|| value.refuse(&place.key(key), Problem::Type("a string")))?;
    Ok((!text.is_empty()).then_some((value, text)))
}

fn citation() -> Label<'static> {
    Label::new(Stage::Output, Role::Assistant, Kind::Citation)
}

fn member<'d>(
    root: Value<'d>,
    key: &'static str,
    known: &'static [&'static str],
) -> Result<Value<'d>, Malformed> {
    root.get(key)
        .ok_or_else(|| root.refuse(&Place::ROOT, Problem::Missing(key)))?
        .object(&Place::of(key), known)
}

fn index(root: Value<'_>) -> Result<u64, Malformed> {
    let index = root
        .get("index")
        .ok_or_else(|| root.refuse(&Place::ROOT, Problem::Missing("index")))?;
    index
        .unsigned()
        .ok_or_else(|| index.refuse(&Place::of("index"), Problem::Type("a whole number")))
}

fn not_open() -> Malformed {
    Malformed::sequence("an event of a content block that is not open")
}

fn write(name: &str, data: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(format!("event: {name}\ndata: {data}\n\n").as_bytes());
}
