//! The tree → raw types, with problems that know their path.

use std::fmt;

use serde::de::{
    self, DeserializeSeed, Deserializer, Expected, IntoDeserializer, MapAccess, SeqAccess,
    Unexpected, Visitor, value::MapAccessDeserializer,
};

use crate::yaml::{Entry, Node, Place, Segment, Value, shown};

/// One thing that is wrong. The path grows outwards while it is handed up.
#[derive(Debug)]
pub(crate) struct Problem {
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
    /// The key's own place where the key is what is wrong; else the place of the value at the path.
    pub(crate) place: Option<Place>,
    /// Innermost first, until [`Problem::outwards`].
    pub(crate) path: Vec<Segment>,
    /// The key that a mapping lacks.
    pub(crate) missing: Option<&'static str>,
}

impl Problem {
    fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            hint: None,
            place: None,
            path: Vec::new(),
            missing: None,
        }
    }

    fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    fn below(mut self, segment: Segment) -> Self {
        self.path.push(segment);
        self
    }

    /// The same with its path from the root.
    pub(crate) fn outwards(mut self) -> Self {
        self.path.reverse();
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Problem {}

impl de::Error for Problem {
    /// Text behind `; hint: ` becomes the hint.
    fn custom<T: fmt::Display>(message: T) -> Self {
        let text = message.to_string();
        match text.split_once("; hint: ") {
            Some((message, hint)) => Self::new(message).hint(hint),
            None => Self::new(text),
        }
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        let expected = expected_words(expected);
        let problem = Self::new(format!(
            "expected {expected}, found {}",
            found_words(&found)
        ));
        match found {
            Unexpected::Signed(_)
            | Unexpected::Unsigned(_)
            | Unexpected::Float(_)
            | Unexpected::Bool(_)
                if expected == "a string" =>
            {
                problem.hint("put it in quotes")
            }
            Unexpected::Str("yes" | "no" | "on" | "off" | "Yes" | "No" | "On" | "Off")
                if expected == "true or false" =>
            {
                problem.hint("write `true` or `false`")
            }
            Unexpected::Str(_) if expected.ends_with("number") => {
                problem.hint("remove quotes and units")
            }
            _ => problem,
        }
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::new(format!(
            "expected {}, found {}",
            expected_words(expected),
            found_words(&found)
        ))
    }

    fn unknown_variant(found: &str, expected: &'static [&'static str]) -> Self {
        let problem = Self::new(format!(
            "`{}` is not one of {}",
            shown(found),
            list(expected)
        ));
        with_nearest(problem, found, expected)
    }

    fn unknown_field(found: &str, expected: &'static [&'static str]) -> Self {
        let problem = with_nearest(Self::new("unknown key"), found, expected);
        if problem.hint.is_some() {
            problem
        } else {
            problem.hint(format!("known keys are {}", list(expected)))
        }
    }

    fn missing_field(field: &'static str) -> Self {
        let mut problem = Self::new(format!("the key `{field}` is missing"));
        problem.missing = Some(field);
        problem
    }
}

/// The candidate that a word was most likely meant to be.
pub(crate) fn nearest<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let word: String = word
        .chars()
        .take(64)
        .collect::<String>()
        .to_lowercase()
        .replace('-', "_");
    candidates
        .into_iter()
        .map(|candidate| {
            (
                strsim::damerau_levenshtein(&word, &candidate.to_lowercase().replace('-', "_")),
                candidate,
            )
        })
        .filter(|(distance, candidate)| *distance <= 1 + candidate.len().min(word.len()) / 4)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

fn with_nearest(problem: Problem, word: &str, candidates: &[&str]) -> Problem {
    match nearest(word, candidates.iter().copied()) {
        Some(candidate) => problem.hint(format!("did you mean `{candidate}`?")),
        None => problem,
    }
}

fn list(words: &[&str]) -> String {
    words
        .iter()
        .map(|word| format!("`{word}`"))
        .collect::<Vec<_>>()
        .join(", ")
}

fn expected_words(expected: &dyn Expected) -> String {
    match expected.to_string().as_str() {
        "u64" | "u32" | "u16" | "usize" => "a whole number".to_owned(),
        "f64" => "a number".to_owned(),
        "a boolean" => "true or false".to_owned(),
        "a sequence" => "a list".to_owned(),
        "a map" => "a mapping".to_owned(),
        other => other.to_owned(),
    }
}

/// What was found, without its value: it may be a secret in the wrong place.
fn found_words(found: &Unexpected<'_>) -> &'static str {
    match found {
        Unexpected::Bool(_) => "true or false",
        Unexpected::Unsigned(_) => "a number",
        Unexpected::Signed(_) => "a negative number",
        Unexpected::Float(_) => "a fraction",
        Unexpected::Str(_) => "a string",
        Unexpected::Seq => "a list",
        Unexpected::Unit | Unexpected::Option => "nothing",
        _ => "a mapping",
    }
}

/// Reads raw types from a node.
pub(crate) struct NodeDeserializer<'a>(pub(crate) &'a Node);

impl NodeDeserializer<'_> {
    fn no_value() -> Problem {
        Problem::new("has no value").hint("give it one, or remove the key")
    }
}

impl<'de> Deserializer<'de> for NodeDeserializer<'_> {
    type Error = Problem;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        match &self.0.value {
            Value::Removed | Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(*value),
            Value::Signed(value) => visitor.visit_i64(*value),
            Value::Unsigned(value) => visitor.visit_u64(*value),
            Value::Float(value) => visitor.visit_f64(*value),
            Value::Text(value) => visitor.visit_str(value),
            Value::List(items) => visitor.visit_seq(Items {
                items: items.iter().enumerate(),
            }),
            Value::Map(entries) => visitor.visit_map(Entries {
                entries: entries.iter(),
                current: None,
            }),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        // A key without a value is more likely a slip than a wish: `tls:` must not mean "no TLS".
        if matches!(self.0.value, Value::Null) {
            Err(Self::no_value())
        } else {
            visitor.visit_some(self)
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Problem> {
        // A derived struct would take a list too, its fields in order.
        match &self.0.value {
            Value::List(_) => Err(de::Error::invalid_type(Unexpected::Seq, &visitor)),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Problem> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Problem> {
        match &self.0.value {
            Value::Text(word) => visitor.visit_enum(word.as_str().into_deserializer()),
            Value::Map(entries) if entries.len() == 1 => {
                visitor.visit_enum(MapAccessDeserializer::new(Entries {
                    entries: entries.iter(),
                    current: None,
                }))
            }
            _ => Err(Problem::new(format!("expected one of {}", list(variants)))),
        }
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct seq tuple tuple_struct map identifier ignored_any
    }
}

struct Items<'a> {
    items: std::iter::Enumerate<std::slice::Iter<'a, Node>>,
}

impl<'de> SeqAccess<'de> for Items<'_> {
    type Error = Problem;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Problem> {
        let Some((index, node)) = self
            .items
            .find(|(_, node)| !matches!(node.value, Value::Removed))
        else {
            return Ok(None);
        };
        seed.deserialize(NodeDeserializer(node))
            .map(Some)
            .map_err(|problem| problem.below(Segment::Index(index)))
    }
}

struct Entries<'a> {
    entries: std::slice::Iter<'a, Entry>,
    current: Option<&'a Entry>,
}

impl<'de> MapAccess<'de> for Entries<'_> {
    type Error = Problem;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Problem> {
        let Some(entry) = self
            .entries
            .find(|entry| !matches!(entry.node.value, Value::Removed))
        else {
            return Ok(None);
        };
        self.current = Some(entry);
        seed.deserialize(entry.key.as_str().into_deserializer())
            .map(Some)
            .map_err(|mut problem: Problem| {
                problem.place = Some(entry.place);
                problem.below(Segment::Key(entry.key.clone()))
            })
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Problem> {
        let Some(entry) = self.current.take() else {
            return Err(Problem::new("a value was asked for before its key"));
        };
        seed.deserialize(NodeDeserializer(&entry.node))
            .map_err(|mut problem| {
                // Nothing stands where a value should: the key is the place to look at.
                if problem.path.is_empty() && matches!(entry.node.value, Value::Null) {
                    problem.place = Some(entry.place);
                }
                problem.below(Segment::Key(entry.key.clone()))
            })
    }
}
