//! YAML text → a tree that knows its lines.
//!
//! The tree lets a problem be named with its place, and lets parsing go on behind a value that is
//! wrong: see [`Node::remove`].

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_saphyr::options::{DuplicateKeyPolicy, MergeKeyPolicy, NonFiniteFloatPolicy};
use serde_saphyr::{Error, MessageFormatter, Spanned, UserMessageFormatter};

/// No configuration is larger than this.
const MAX_BYTES: usize = 4 << 20;
/// No configuration nests deeper than this.
const MAX_DEPTH: usize = 32;
/// Nodes of the tree, those that aliases repeat included.
const MAX_NODES: usize = 200_000;

/// A place in the text, from 1; 0 where it is not known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) line: u64,
    pub(crate) column: u64,
}

/// One step from a node to one below it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Segment {
    Key(String),
    Index(usize),
}

/// A value and where it stands.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) place: Place,
    pub(crate) value: Value,
}

#[derive(Debug)]
pub(crate) enum Value {
    /// Stood here, was wrong, and has been reported.
    Removed,
    Null,
    Bool(bool),
    Signed(i64),
    Unsigned(u64),
    Float(f64),
    Text(String),
    List(Vec<Node>),
    Map(Vec<Entry>),
}

#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) place: Place,
    pub(crate) node: Node,
}

/// Text that is not usable YAML.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct SyntaxError {
    pub(crate) place: Place,
    pub(crate) message: String,
    pub(crate) hint: Option<&'static str>,
}

/// Reads one document: YAML 1.2 without tags, merge keys or duplicate keys.
pub(crate) fn read(text: &str) -> Result<Node, SyntaxError> {
    if text.len() > MAX_BYTES {
        return Err(SyntaxError {
            place: Place::default(),
            message: format!("has {} bytes; at most {MAX_BYTES} are read", text.len()),
            hint: Some("keep lists in data files"),
        });
    }
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_depth: MAX_DEPTH,
            flow_nesting_limit: MAX_DEPTH,
            max_documents: 2,
            max_nodes: MAX_NODES,
            max_events: 2 * MAX_NODES,
            max_aliases: 1_000,
            max_anchors: 1_000,
            max_recorded_anchor_events: MAX_NODES,
            max_recorded_anchor_bytes: MAX_BYTES,
            max_total_scalar_bytes: MAX_BYTES,
            max_total_comment_bytes: MAX_BYTES,
        },
        duplicate_keys: DuplicateKeyPolicy::Error,
        merge_keys: MergeKeyPolicy::Error,
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: 20_000,
            max_replay_stack_depth: 16,
            max_alias_expansions_per_anchor: 1_000,
        },
        strict_booleans: true,
        reject_unsupported_tags: true,
        non_finite_float_policy: NonFiniteFloatPolicy::Reject,
        with_snippet: false,
    };
    serde_saphyr::from_str_with_options(text, options).map_err(|error| syntax_error(&error))
}

fn syntax_error(error: &Error) -> SyntaxError {
    let place = error.location().map_or_else(Place::default, |at| Place {
        line: at.line(),
        column: at.column(),
    });
    let (message, hint) = match error.without_snippet() {
        Error::MergeKeyNotAllowed { .. } => (
            "merge keys (`<<`) are not read".to_owned(),
            Some("write the keys out, or use an alias for the whole value"),
        ),
        Error::UnsupportedTag { .. } => {
            ("YAML tags are not read".to_owned(), Some("remove the `!…`"))
        }
        Error::DuplicateMappingKey { key: Some(key), .. } => (
            format!("the key `{}` stands here twice", shown(key)),
            Some("remove one of the two"),
        ),
        Error::MultipleDocuments { .. } => (
            "holds more than one YAML document".to_owned(),
            Some("remove what follows `---`"),
        ),
        Error::AliasReplayLimitExceeded { .. }
        | Error::AliasExpansionLimitExceeded { .. }
        | Error::AliasReplayStackDepthExceeded { .. } => (
            "aliases repeat more than is read".to_owned(),
            Some("write the values out"),
        ),
        Error::Budget { .. } => (
            "is larger, deeper or repeats more than is read".to_owned(),
            Some("nest at most 32 levels, and keep lists in data files"),
        ),
        other => (
            UserMessageFormatter.format_message(other).into_owned(),
            None,
        ),
    };
    SyntaxError {
        place,
        message,
        hint,
    }
}

/// A word of the file, fit to be shown in a message.
pub(crate) fn shown(text: &str) -> String {
    let mut shown: String = text.chars().take(64).flat_map(char::escape_debug).collect();
    if text.chars().count() > 64 {
        shown.push('…');
    }
    shown
}

/// A path as messages write it: `plugins[0].limits`, `actions["pii/*"]`.
pub(crate) fn path_text(path: &[Segment]) -> String {
    let mut text = String::new();
    for segment in path {
        match segment {
            Segment::Index(index) => text.push_str(&format!("[{index}]")),
            Segment::Key(key) if is_plain(key) => {
                if !text.is_empty() {
                    text.push('.');
                }
                text.push_str(key);
            }
            Segment::Key(key) => text.push_str(&format!("[\"{}\"]", shown(key))),
        }
    }
    text
}

fn is_plain(key: &str) -> bool {
    !key.is_empty()
        && key.len() <= 64
        && key
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
}

impl Node {
    /// The node a path leads to.
    pub(crate) fn find(&self, path: &[Segment]) -> Option<&Self> {
        path.iter()
            .try_fold(self, |node, segment| match (segment, &node.value) {
                (Segment::Key(key), Value::Map(entries)) => entries
                    .iter()
                    .find(|entry| entry.key == *key)
                    .map(|entry| &entry.node),
                (Segment::Index(index), Value::List(items)) => items.get(*index),
                _ => None,
            })
    }

    /// Where the node at a path stands, or the nearest one above it that exists.
    pub(crate) fn place_of(&self, path: &[Segment]) -> Place {
        (0..=path.len())
            .rev()
            .filter_map(|length| path.get(..length))
            .find_map(|path| self.find(path))
            .map_or_else(Place::default, |node| node.place)
    }

    /// Takes a node out of the tree, so that what is right beside it can still be read.
    pub(crate) fn remove(&mut self, path: &[Segment]) -> bool {
        let mut node = self;
        for segment in path {
            let next = match (segment, &mut node.value) {
                (Segment::Key(key), Value::Map(entries)) => entries
                    .iter_mut()
                    .find(|entry| entry.key == *key)
                    .map(|entry| &mut entry.node),
                (Segment::Index(index), Value::List(items)) => items.get_mut(*index),
                _ => None,
            };
            let Some(next) = next else { return false };
            node = next;
        }
        let was_there = !matches!(node.value, Value::Removed);
        node.value = Value::Removed;
        was_there
    }

    /// Whether a key of this mapping was removed.
    pub(crate) fn lost(&self, key: &str) -> bool {
        let Value::Map(entries) = &self.value else {
            return false;
        };
        entries
            .iter()
            .any(|entry| entry.key == key && matches!(entry.node.value, Value::Removed))
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Spanned {
            value, referenced, ..
        } = Spanned::<Value>::deserialize(deserializer)?;
        Ok(Self {
            place: Place {
                line: referenced.line(),
                column: referenced.column(),
            },
            value,
        })
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(u64::try_from(value).map_or(Value::Signed(value), Value::Unsigned))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Unsigned(value))
    }

    fn visit_i128<E: serde::de::Error>(self, _: i128) -> Result<Value, E> {
        Err(E::custom("this number does not fit into 64 bits"))
    }

    fn visit_u128<E: serde::de::Error>(self, _: u128) -> Result<Value, E> {
        Err(E::custom("this number does not fit into 64 bits"))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Value::Float(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::Text(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::Text(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(node) = items.next_element()? {
            list.push(node);
        }
        Ok(Value::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut entries: Vec<Entry> = Vec::new();
        let mut seen = std::collections::HashSet::new();
        while let Some(key) = map.next_key::<Spanned<String>>()? {
            let place = Place {
                line: key.referenced.line(),
                column: key.referenced.column(),
            };
            // The parser compares scalars as it understands them; what counts here is the text.
            if !seen.insert(key.value.clone()) {
                return Err(A::Error::custom(format!(
                    "the key `{}` stands here twice",
                    shown(&key.value)
                )));
            }
            entries.push(Entry {
                key: key.value,
                place,
                node: map.next_value()?,
            });
        }
        Ok(Value::Map(entries))
    }
}
