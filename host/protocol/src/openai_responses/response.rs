//! Whole responses.

use caponier_core::{Kind, Role, Stage};

use super::message::{Side, Sink, Walk};
use super::{RESPONSE, VOCABULARY};
use crate::history::History;
use crate::json::{Document, Value};
use crate::parts::{Label, Parts};
use crate::place::Place;
use crate::{Limits, Malformed, Response, Tokens};

/// Fields that repeat what the request said. It has been inspected there, but not by whoever reads
/// the answer; and a prompt or a conversation that the provider keeps may be among them.
const ECHOES: &[&str] = &[
    "instructions",
    "metadata",
    "moderation",
    "prompt",
    "prompt_cache_key",
    "safety_identifier",
    "text",
    "tool_choice",
    "tools",
    "user",
];

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
    let mut walk = Walk {
        sink: parts,
        side: Side::Answer,
        history: &mut History::default(),
    };
    walk.answer(root, &Place::ROOT)
}

impl<S: Sink> Walk<'_, S> {
    /// Reads an answer; gives what the upstream says it has used.
    pub(super) fn answer(
        &mut self,
        answer: Value<'_>,
        place: &Place<'_>,
    ) -> Result<Option<Tokens>, Malformed> {
        let object = answer.get("object").and_then(Value::string);
        let is_answer = object.is_some_and(|object| object.starts_with("response"))
            || answer.get("output").is_some();
        if !is_answer {
            // It is no answer but an error, of whatever shape: all of it is looked into.
            self.sink.error(answer)?;
            return Ok(None);
        }
        let mut tokens = None;
        for (key, value) in answer.members() {
            let Some(key) = key.string().filter(|_| !value.is_null()) else {
                continue;
            };
            let place = place.key(&key);
            match &*key {
                "output" => {
                    for (index, item) in value.array(&place)?.items().enumerate() {
                        self.item(item, &place.item(index))?;
                    }
                }
                "output_text" => {
                    let label = Label::new(Stage::Output, Role::Assistant, Kind::Text);
                    self.content(value, &place, &label)?;
                }
                "error" => self.sink.error(value)?,
                "usage" => tokens = usage(value),
                echo if ECHOES.contains(&echo) => self.echo(value, &place, echo)?,
                _ => {}
            }
        }
        let mut read = vec!["output", "output_text", "error"];
        read.extend(ECHOES);
        self.sink.rest(answer, place, &read);
        Ok(tokens)
    }

    fn echo(&mut self, value: Value<'_>, place: &Place<'_>, field: &str) -> Result<(), Malformed> {
        let label = Label::new(Stage::Output, Role::Other, Kind::Other).with("field", field);
        self.sink.schema(value, place, &label)
    }
}

/// What the upstream says it has used.
fn usage(value: Value<'_>) -> Option<Tokens> {
    let count = |key| value.get(key).and_then(Value::unsigned);
    let (prompt, completion) = (count("input_tokens"), count("output_tokens"));
    (prompt.is_some() || completion.is_some()).then(|| Tokens {
        prompt: prompt.unwrap_or(0),
        completion: completion.unwrap_or(0),
    })
}
