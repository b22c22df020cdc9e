//! Texts that come in pieces.

use std::collections::BTreeMap;

use caponier_core::{Kind, Role, Stage};

use crate::json::Value;
use crate::limits::MOST;
use crate::parts::Label;
use crate::place::Place;
use crate::reading::Reading;
use crate::{Malformed, Problem, StreamLimits};

/// A kind of text that comes in pieces.
pub(super) struct Delta {
    /// Its events are named after it.
    pub(super) event: &'static str,
    /// Where the event that ends it has it whole.
    pub(super) whole: &'static str,
    /// Where its events say which of an item's texts it is.
    pub(super) index: &'static str,
    pub(super) role: Role,
    pub(super) kind: Kind,
    /// The tool that it is for, where its item does not say.
    pub(super) tool: Option<&'static str>,
    pub(super) form: Form,
}

/// What a text is to the tool that is called with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Nothing, or not the whole.
    Text,
    /// The whole.
    Input,
    /// The whole, and it is JSON.
    Arguments,
}

const TEXT: Delta = Delta {
    event: "",
    whole: "text",
    index: "content_index",
    role: Role::Assistant,
    kind: Kind::Text,
    tool: None,
    form: Form::Text,
};

const CALL: Delta = Delta {
    whole: "arguments",
    index: "",
    kind: Kind::ToolCall,
    form: Form::Arguments,
    ..TEXT
};

/// Standard output and error of a shell, which come side by side in one event.
pub(super) const SHELL: &[Delta] = &[
    Delta {
        event: "stdout",
        index: "command_index",
        role: Role::Tool,
        kind: Kind::ToolResult,
        tool: Some("shell"),
        ..TEXT
    },
    Delta {
        event: "stderr",
        index: "command_index",
        role: Role::Tool,
        kind: Kind::ToolResult,
        tool: Some("shell"),
        ..TEXT
    },
];

/// The texts that have events of their own.
pub(super) const DELTAS: &[Delta] = &[
    Delta {
        event: "response.output_text",
        ..TEXT
    },
    Delta {
        event: "response.refusal",
        whole: "refusal",
        kind: Kind::Refusal,
        ..TEXT
    },
    Delta {
        event: "response.reasoning_text",
        kind: Kind::Reasoning,
        ..TEXT
    },
    Delta {
        event: "response.reasoning_summary_text",
        index: "summary_index",
        kind: Kind::Reasoning,
        ..TEXT
    },
    Delta {
        event: "response.audio.transcript",
        index: "",
        ..TEXT
    },
    Delta {
        event: "response.function_call_arguments",
        ..CALL
    },
    Delta {
        event: "response.mcp_call_arguments",
        ..CALL
    },
    Delta {
        event: "response.custom_tool_call_input",
        whole: "input",
        form: Form::Input,
        ..CALL
    },
    Delta {
        event: "response.code_interpreter_call_code",
        whole: "code",
        tool: Some("code_interpreter"),
        form: Form::Input,
        ..CALL
    },
    Delta {
        event: "response.shell_call_command",
        whole: "command",
        index: "command_index",
        tool: Some("shell"),
        form: Form::Text,
        ..CALL
    },
];

impl Delta {
    /// How its text is labelled: like the same text in a whole item.
    pub(super) fn label<'a>(&self, name: Option<&'a str>) -> Label<'a> {
        let name = match self.kind {
            Kind::ToolCall | Kind::ToolResult => name.or(self.tool),
            _ => None,
        };
        Label::new(Stage::Output, self.role, self.kind).named(name)
    }
}

/// Which text of the answer: the item's index, the delta, and the text's index in the item.
type Slot = (u64, &'static str, u64);

/// The texts of one stream that come in pieces.
pub(super) struct Channels {
    limits: StreamLimits,
    channels: BTreeMap<Slot, Channel>,
    /// The index of the item that an id was given with.
    items: BTreeMap<String, u64>,
}

struct Channel {
    delta: &'static Delta,
    index: &'static str,
    name: Option<String>,
    item: Option<String>,
    carrier: Option<u32>,
    text: String,
    closed: bool,
}

impl Channels {
    pub(super) fn new(limits: StreamLimits) -> Self {
        Self {
            limits,
            channels: BTreeMap::new(),
            items: BTreeMap::new(),
        }
    }

    /// One piece: `value` goes on what the event `root` says.
    pub(super) fn append(
        &mut self,
        delta: &'static Delta,
        root: Value<'_>,
        value: Value<'_>,
        place: &Place<'_>,
        name: Option<&str>,
        reading: &mut Reading<'_>,
    ) -> Result<(), Malformed> {
        let text = value
            .string()
            .ok_or_else(|| value.refuse(place, Problem::Type("a string")))?;
        if text.is_empty() {
            return Ok(());
        }
        let output = number(root, "output_index")?;
        let slot = (output, delta.event, number(root, delta.index)?);
        let item = root.get("item_id").and_then(Value::string);
        if let Some(item) = &item {
            let before = self.items.insert(item.clone().into_owned(), output);
            if before.is_some_and(|before| before != output) {
                return Err(Malformed::sequence("an item with two indices"));
            }
        }
        // A part that is complete leaves a few that may not begin.
        if self.channels.len() > 4 * MOST || self.items.len() > MOST {
            return Err(Malformed::sequence("too many texts"));
        }
        let channel = self
            .channels
            .entry(slot)
            .or_insert_with(|| Channel::new(delta, name, item.as_deref()));
        if channel.closed {
            return Err(Malformed::sequence("more of a text that is complete"));
        }
        if channel.item.as_deref() != item.as_deref() {
            return Err(Malformed::sequence("a text of two items"));
        }
        let most = match delta.form {
            Form::Arguments => self.limits.argument_bytes,
            Form::Text | Form::Input => self.limits.queued_bytes,
        };
        if channel.text.len() + text.len() > most {
            return Err(value.refuse(place, Problem::TooLong(most)));
        }
        channel.text.push_str(&text);
        let carrier = match channel.carrier {
            Some(carrier) => carrier,
            None => {
                let label = delta.label(None);
                let name = channel.name.as_deref();
                let new = match delta.form {
                    Form::Arguments => {
                        let name = delta.label(name).name.map(str::to_owned);
                        let label = Label::new(label.stage, label.role, label.kind);
                        reading.queue.open_arguments(label, name, reading.out)?
                    }
                    Form::Text | Form::Input => {
                        reading.queue.open_text(&delta.label(name), reading.out)?
                    }
                };
                reading.queue.repeatable(new);
                *channel.carrier.insert(new)
            }
        };
        reading.append(carrier, value, &text)
    }

    /// The texts of an item are complete; where `index` is given, those with this one only.
    pub(super) fn close(
        &mut self,
        output: Option<u64>,
        index: Option<(&str, u64)>,
        reading: &mut Reading<'_>,
    ) -> Result<(), Malformed> {
        for ((item, _, at), channel) in &mut self.channels {
            let is_meant = output.is_none_or(|output| *item == output)
                && index.is_none_or(|index| (channel.index, *at) == index);
            if is_meant {
                channel.close(reading)?;
            }
        }
        Ok(())
    }

    /// No piece may come any more of the texts with this index: they came whole.
    pub(super) fn seal(
        &mut self,
        output: u64,
        (index, at): (&str, u64),
        reading: &mut Reading<'_>,
    ) -> Result<(), Malformed> {
        self.close(Some(output), Some((index, at)), reading)?;
        let deltas = DELTAS.iter().chain(SHELL);
        for delta in deltas.filter(|delta| delta.index == index) {
            let slot = (output, delta.event, at);
            self.channels.entry(slot).or_insert_with(|| Channel {
                closed: true,
                ..Channel::new(delta, None, None)
            });
        }
        Ok(())
    }

    /// Whether any piece of the text with this index has come.
    pub(super) fn has_begun(&self, output: u64, (index, at): (&str, u64)) -> bool {
        self.channels.iter().any(|((item, _, number), channel)| {
            (*item, channel.index, *number) == (output, index, at) && channel.carrier.is_some()
        })
    }

    /// Whether any piece of an item's texts has come.
    pub(super) fn has(&self, output: u64) -> bool {
        self.channels.keys().any(|(item, ..)| *item == output)
    }
}

impl Channel {
    fn new(delta: &'static Delta, name: Option<&str>, item: Option<&str>) -> Self {
        Self {
            delta,
            index: delta.index,
            name: name.map(str::to_owned),
            item: item.map(str::to_owned),
            carrier: None,
            text: String::new(),
            closed: false,
        }
    }

    fn close(&mut self, reading: &mut Reading<'_>) -> Result<(), Malformed> {
        if std::mem::replace(&mut self.closed, true) {
            return Ok(());
        }
        let Some(carrier) = self.carrier else {
            return Ok(());
        };
        reading.queue.close(carrier, reading.out)?;
        let leaves = self.delta.form == Form::Arguments;
        let text = std::mem::take(&mut self.text);
        let label = self.delta.label(self.name.as_deref());
        reading.queue.keep(carrier, &label, text, leaves)
    }
}

/// A whole number of an event; 0 where it has none.
pub(super) fn number(root: Value<'_>, key: &str) -> Result<u64, Malformed> {
    match root.get(key).filter(|number| !number.is_null()) {
        Some(number) => number
            .unsigned()
            .ok_or_else(|| number.refuse(&Place::of(key), Problem::Type("a whole number"))),
        None => Ok(0),
    }
}
