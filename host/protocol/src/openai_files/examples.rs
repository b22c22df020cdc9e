//! Rows to tune a model with: examples.

use std::collections::HashSet;

use caponier_core::{Kind, RequestFacts, Role, Span, Stage};

use super::{EXAMPLE, VOCABULARY};
use crate::draft::{Draft, Names};
use crate::json::{Type, Value};
use crate::parts::{Label, Parts};
use crate::place::Place;
use crate::{Limits, Malformed, Problem, openai_chat, rows};

const NAMES: Names = Names {
    top: EXAMPLE,
    required: None,
    vocabulary: VOCABULARY,
    settable: &[],
    streams: false,
};

pub(super) fn read(
    body: &str,
    file: Span,
    parts: &mut Parts,
    limits: &Limits,
) -> Result<RequestFacts, Malformed> {
    let mut tools: Vec<String> = Vec::new();
    let mut known = HashSet::new();
    rows::each(parts, body, file, limits, VOCABULARY, |parts, _, value| {
        let read = std::mem::take(parts);
        let (read, facts) = Draft::row(read, value, &NAMES, field)?;
        *parts = read;
        let said = ["messages", "input", "prompt", "completion"];
        if !said.iter().any(|key| value.get(key).is_some()) {
            return Err(value.refuse(&Place::ROOT, Problem::Missing("messages")));
        }
        for tool in facts.tools {
            if known.insert(tool.clone()) {
                tools.push(tool);
            }
        }
        Ok(())
    })?;
    Ok(RequestFacts {
        tools,
        ..RequestFacts::default()
    })
}

fn field(draft: &mut Draft, name: &str, value: Value<'_>) -> Result<(), Malformed> {
    let here = Place::of(name);
    match name {
        "messages" | "tools" | "functions" | "prompt" => openai_chat::field(draft, name, value),
        "completion" => {
            let label = Label::new(Stage::Prompt, Role::Assistant, Kind::Text);
            draft.input(value, &here, &label);
            Ok(())
        }
        "preferred_output" | "non_preferred_output" => openai_chat::messages(draft, value, &here),
        "input" if value.kind() == Type::Object => {
            value.object(&here, EXAMPLE)?;
            for (key, member) in value.members() {
                let Some(key) = key.string() else { continue };
                match &*key {
                    "input" => return Err(member.refuse(&here, Problem::Type("an example"))),
                    key => field(draft, key, member)?,
                }
            }
            Ok(())
        }
        _ => {
            draft.unread(name, value);
            Ok(())
        }
    }
}
