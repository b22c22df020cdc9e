//! What is told of a record with each of its texts.

use super::Path;
use crate::json::{Type, Value};

/// The most values of one record, and how long each and its name may be.
const MOST: usize = 32;
const LONGEST: usize = 128;
/// How deep they may stand.
const DEEPEST: usize = 3;

/// The fields of one record: itself, or its place in each column.
pub(super) enum Record<'d> {
    Row(Value<'d>),
    Columns(Vec<(&'static str, Value<'d>)>),
}

impl<'d> Record<'d> {
    /// The value that a path leads to.
    pub(super) fn find(&self, path: &Path) -> Option<Value<'d>> {
        match self {
            Self::Row(value) => path.find(*value),
            Self::Columns(columns) => {
                let (name, rest) = path.split()?;
                let (_, value) = columns.iter().find(|(column, _)| *column == name)?;
                rest.find(*value)
            }
        }
    }
}

/// A small value as text. What is long or has control characters in it is none: rules compare these,
/// and a part of a value may equal what the whole does not.
pub(super) fn small(value: Value<'_>) -> Option<String> {
    let text = match value.kind() {
        Type::String => value.string()?.into_owned(),
        Type::Number | Type::True | Type::False => value.raw().to_owned(),
        Type::Object | Type::Array | Type::Null => return None,
    };
    let is_plain = text.len() <= LONGEST && !text.chars().any(char::is_control);
    is_plain.then_some(text)
}

/// The small values of a record's metadata, by their names.
pub(super) fn metadata(value: Value<'_>) -> Vec<(String, String)> {
    let mut found = Vec::new();
    gather(value, "metadata", 0, &mut found);
    found
}

fn gather(value: Value<'_>, name: &str, depth: usize, found: &mut Vec<(String, String)>) {
    for (key, member) in value.members() {
        // A dot in a key would read as a step down.
        let is_name = |key: &&str| {
            let is_part = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
            !key.is_empty() && key.len() <= 64 && key.bytes().all(is_part)
        };
        let Some(key) = key.string() else { continue };
        let Some(key) = Some(&*key).filter(is_name) else {
            continue;
        };
        let name = format!("{name}.{key}");
        match small(member) {
            Some(text) if found.len() < MOST => found.push((name, text)),
            Some(_) => return,
            None if depth < DEEPEST => gather(member, &name, depth + 1, found),
            None => {}
        }
    }
}
