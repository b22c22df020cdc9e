//! Words and numbers in settings.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use caponier_sdk::Severity;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::value::SeqAccessDeserializer;
use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// The longest window: counters are kept in memory.
const LONGEST: u64 = 31 * 24 * 3600;

/// Who has a count of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Per {
    /// The caller.
    Principal,
    /// The tenant, as all counts are.
    Tenant,
    /// The model, by the name that the request has for it.
    Model,
    /// The route.
    Route,
}

impl Per {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Principal => "principal",
            Self::Tenant => "tenant",
            Self::Model => "model",
            Self::Route => "route",
        }
    }
}

/// How callers without an identity count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Anonymous {
    /// By their address; of IPv6 by its first 64 bits, which one customer has to themselves.
    #[default]
    Client,
    /// All as one.
    Together,
    /// Not at all.
    Ignore,
}

/// How severe something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// Worth a note.
    Info,
    /// Minor.
    Low,
    /// Noticeable.
    Medium,
    /// Serious.
    High,
    /// As bad as it gets.
    Critical,
}

impl From<Level> for Severity {
    fn from(level: Level) -> Self {
        match level {
            Level::Info => Self::Info,
            Level::Low => Self::Low,
            Level::Medium => Self::Medium,
            Level::High => Self::High,
            Level::Critical => Self::Critical,
        }
    }
}

/// One, or a list of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OneOrMore<T>(pub Vec<T>);

impl<T> Default for OneOrMore<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

#[derive(JsonSchema)]
#[serde(untagged)]
#[expect(
    dead_code,
    reason = "it describes the two ways to write it and is never built"
)]
enum OneOrMoreSchema<T> {
    One(T),
    More(Vec<T>),
}

impl<T: JsonSchema> JsonSchema for OneOrMore<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        OneOrMoreSchema::<T>::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        OneOrMoreSchema::<T>::json_schema(generator)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for OneOrMore<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Either<T> {
            type Value = OneOrMore<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a word or a list of words")
            }

            fn visit_str<E: Error>(self, word: &str) -> Result<Self::Value, E> {
                let one = T::deserialize(serde::de::value::StrDeserializer::new(word))?;
                Ok(OneOrMore(vec![one]))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(list)).map(OneOrMore)
            }
        }

        deserializer.deserialize_any(Either(PhantomData))
    }
}

/// A length of time, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window(pub u32);

#[derive(JsonSchema)]
#[serde(untagged)]
#[expect(
    dead_code,
    reason = "it describes the two ways to write it and is never built"
)]
enum WindowSchema {
    Seconds(u32),
    Words(String),
}

impl JsonSchema for Window {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        WindowSchema::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        WindowSchema::json_schema(generator)
    }
}

impl<'de> Deserialize<'de> for Window {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Length;

        impl Visitor<'_> for Length {
            type Value = Window;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a time from `1s` to `31d`, such as `30s`, `5m`, `1h`")
            }

            fn visit_u64<E: Error>(self, seconds: u64) -> Result<Window, E> {
                match u32::try_from(seconds) {
                    Ok(short) if (1..=LONGEST).contains(&seconds) => Ok(Window(short)),
                    _ => Err(E::custom("a time from `1s` to `31d` is needed; hint: `1h`")),
                }
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Window, E> {
                let digits = text.trim_end_matches(|last: char| last.is_ascii_lowercase());
                let unit = match text.get(digits.len()..) {
                    Some("s") => 1,
                    Some("m") => 60,
                    Some("h") => 3600,
                    Some("d") => 24 * 3600,
                    _ => 0,
                };
                let count: u64 = digits.parse().unwrap_or(0);
                self.visit_u64(count.saturating_mul(unit))
            }
        }

        deserializer.deserialize_any(Length)
    }
}
