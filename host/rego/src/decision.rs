//! From what Rego said to a decision, believing nothing of it.

use std::collections::BTreeMap;

use caponier_core::{Action, Decision};
use regorus::Value;

use crate::evaluator::DecideError;

/// The request fields that `set` and `unset` may touch.
pub const MUTABLE_FIELDS: &[&str] = &[
    "frequency_penalty",
    "logprobs",
    "max_completion_tokens",
    "max_tokens",
    "metadata",
    "model",
    "n",
    "parallel_tool_calls",
    "presence_penalty",
    "reasoning_effort",
    "response_format",
    "safety_identifier",
    "seed",
    "service_tier",
    "stop",
    "store",
    "stream_options",
    "temperature",
    "tool_choice",
    "top_logprobs",
    "top_p",
    "user",
];

/// The longest reason that is kept whole, in bytes.
const MAX_REASON: usize = 1024;

/// Reads a decision.
///
/// A key may be `null` to say that it is left out; lists may be arrays or sets. `finding` and
/// `segment` say which ids are known: a decision about anything else is ill-formed, since it was
/// meant to do something that it does not.
///
/// # Errors
/// [`DecideError::Undefined`], or [`DecideError::IllFormed`] with the first thing that is wrong.
pub fn parse(
    value: &Value,
    finding: impl Fn(&str) -> bool,
    segment: impl Fn(u32) -> bool,
) -> Result<Decision, DecideError> {
    let object = match value {
        Value::Undefined => return Err(DecideError::Undefined),
        Value::Object(object) => object,
        _ => return Err(ill("decision", "is not an object")),
    };
    let mut action = None;
    let mut decision = Decision::new(Action::Deny, String::new());
    for (key, value) in object.iter() {
        let Value::String(key) = key else {
            return Err(ill("decision", "has a key that is not a string"));
        };
        if matches!(value, Value::Null) && &**key != "action" {
            continue;
        }
        match &**key {
            "action" => {
                let word = string("action", value)?;
                action = Some(
                    Action::parse(word)
                        .ok_or_else(|| ill("action", "is none of allow, flag, redact and deny"))?,
                );
            }
            "reason" => decision.reason = shortened(string("reason", value)?),
            "redact" => {
                let ids = strings("redact", value)?;
                if !ids.iter().all(|id| finding(id)) {
                    return Err(ill("redact", "names a finding that is not there"));
                }
                decision.redact = Some(ids);
            }
            "drop" => {
                for item in items("drop", value)? {
                    let id = item
                        .as_u32()
                        .ok()
                        .filter(|id| segment(*id))
                        .ok_or_else(|| ill("drop", "names a segment that is not there"))?;
                    if !decision.drop.contains(&id) {
                        decision.drop.push(id);
                    }
                }
            }
            "refuse_edits" => decision.refuse_edits = strings("refuse_edits", value)?,
            "set" => {
                for (name, value) in fields("set", value)? {
                    mutable("set", name)?;
                    let json = serde_json::to_string(value)
                        .ok()
                        .filter(|_| !matches!(value, Value::Set(_) | Value::Undefined))
                        .ok_or_else(|| ill("set", "has a value that is not JSON"))?;
                    decision.set.push((name.to_owned(), json));
                }
            }
            "unset" => {
                let names = strings("unset", value)?;
                for name in &names {
                    mutable("unset", name)?;
                }
                decision.unset = names;
            }
            "labels" => decision.labels = labels(value)?,
            "status" => {
                let status = value
                    .as_u16()
                    .ok()
                    .filter(|status| (400..=599).contains(status));
                decision.status =
                    Some(status.ok_or_else(|| ill("status", "is not a number from 400 to 599"))?);
            }
            _ => return Err(unknown(key)),
        }
    }
    decision.action = action.ok_or_else(|| ill("action", "is missing"))?;
    if let Some((name, _)) = decision
        .set
        .iter()
        .find(|(name, _)| decision.unset.contains(name))
    {
        return Err(ill("unset", format!("names `{name}`, which `set` sets")));
    }
    Ok(decision)
}

fn labels(value: &Value) -> Result<BTreeMap<String, String>, DecideError> {
    fields("labels", value)?
        .into_iter()
        .map(|(name, value)| Ok((name.to_owned(), string("labels", value)?.to_owned())))
        .collect()
}

fn mutable(field: &'static str, name: &str) -> Result<(), DecideError> {
    if MUTABLE_FIELDS.binary_search(&name).is_ok() {
        Ok(())
    } else {
        Err(ill(
            field,
            "names a request field that a policy may not touch",
        ))
    }
}

fn string<'a>(field: &'static str, value: &'a Value) -> Result<&'a str, DecideError> {
    match value {
        Value::String(text) => Ok(text),
        _ => Err(ill(field, "is not a string")),
    }
}

fn strings(field: &'static str, value: &Value) -> Result<Vec<String>, DecideError> {
    items(field, value)?
        .into_iter()
        .map(|item| string(field, item).map(str::to_owned))
        .collect()
}

fn items<'a>(field: &'static str, value: &'a Value) -> Result<Vec<&'a Value>, DecideError> {
    match value {
        Value::Array(array) => Ok(array.iter().collect()),
        Value::Set(set) => Ok(set.iter_sorted().collect()),
        _ => Err(ill(field, "is neither an array nor a set")),
    }
}

fn fields<'a>(
    field: &'static str,
    value: &'a Value,
) -> Result<Vec<(&'a str, &'a Value)>, DecideError> {
    match value {
        Value::Object(object) => object
            .iter_sorted()
            .map(|(key, value)| Ok((string(field, key)?, value)))
            .collect(),
        _ => Err(ill(field, "is not an object")),
    }
}

pub(crate) fn shortened(reason: &str) -> String {
    if reason.len() <= MAX_REASON {
        return reason.to_owned();
    }
    let start = reason.get(..reason.floor_char_boundary(MAX_REASON));
    format!("{}…", start.unwrap_or_default())
}

fn ill(field: &str, why: impl Into<String>) -> DecideError {
    DecideError::IllFormed {
        field: field.to_owned(),
        why: why.into(),
    }
}

/// The key may have been computed from inspected text: only the shape of an identifier is shown.
fn unknown(key: &str) -> DecideError {
    let plain = key.len() <= 32
        && key
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    if plain {
        ill(key, "is not a key of a decision")
    } else {
        ill("decision", "has an unknown key")
    }
}
