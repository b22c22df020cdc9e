//! What an operator may set.

use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Error as _, MapAccess, Visitor, value::MapAccessDeserializer};
use serde::{Deserialize, Deserializer};

use crate::Entity;
use crate::detect::Detector;
use crate::entity::unknown;

/// What an operator may set.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// What to look for. Default: everything but names of people. `all` stands for everything, a
    /// country's code, such as `us`, for all that is that country's alone.
    #[serde(deserialize_with = "entities")]
    #[schemars(with = "Vec<EntityOrGroup>")]
    pub entities: Vec<Entity>,
    /// What to put in place of a value. Default: `tokenise` where `restore` is on, else `redact`.
    pub operator: Option<Operator>,
    /// The same for single entities.
    pub operators: BTreeMap<Entity, Operator>,
    /// Whether tokens are put back in the model's answer. `true`, `false` or options.
    #[schemars(with = "RestoreSchema")]
    pub restore: Restore,
    /// Values that are nobody's secret, such as a public address: as they are written, in either
    /// case. One that begins with `*` stands for everything that ends as it does.
    pub allow: Vec<String>,
    /// Countries (ISO 3166 codes) whose national telephone numbers, identifiers, documents and plates
    /// to look for. Numbers that begin with `+` are always looked for.
    pub countries: Vec<String>,
    /// Keys the operator `hash`, so that a value has the same hash in every exchange. Without it
    /// the hash is the same within an exchange only.
    pub hash_key: Option<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            entities: Entity::ALL
                .into_iter()
                .filter(|entity| entity.is_default())
                .collect(),
            operator: None,
            operators: BTreeMap::new(),
            restore: Restore::default(),
            allow: Vec::new(),
            countries: Detector::countries()
                .into_iter()
                .map(str::to_owned)
                .collect(),
            hash_key: None,
        }
    }
}

impl Settings {
    /// What to do with an entity.
    pub fn operator_for(&self, entity: Entity) -> Operator {
        let default = || {
            if self.restore.enabled {
                Operator::Tokenise
            } else {
                Operator::Redact
            }
        };
        self.operators
            .get(&entity)
            .or(self.operator.as_ref())
            .cloned()
            .unwrap_or_else(default)
    }

    /// Whether what is reported depends on more than one segment's text.
    pub fn needs_exchange(&self) -> bool {
        self.restore.enabled
            || self
                .entities
                .iter()
                .any(|entity| match self.operator_for(*entity) {
                    Operator::Tokenise => true,
                    Operator::Hash => self.hash_key.is_none(),
                    Operator::Redact | Operator::Mask(_) => false,
                })
    }
}

/// What to put in place of a value.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Operator {
    /// The rule's name.
    Redact,
    /// The value with its letters and digits covered.
    Mask(Mask),
    /// A keyed hash.
    Hash,
    /// A token that stands for the value within the exchange.
    Tokenise,
}

/// How to cover a value.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Mask {
    /// How many letters and digits stay at the end.
    pub keep_last: usize,
    /// What covers the others.
    pub char: char,
}

impl Default for Mask {
    fn default() -> Self {
        Self {
            keep_last: 4,
            char: '*',
        }
    }
}

/// Whether and where tokens are put back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Restore {
    /// Whether they are at all.
    pub enabled: bool,
    /// Names of the tools in whose arguments they are.
    pub tools: Vec<String>,
    /// Whether they are inside URLs.
    pub urls: bool,
    /// Whether they are inside code.
    pub code: bool,
}

/// Where tokens are put back beside plain text.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct RestoreOptions {
    /// Names of the tools in whose arguments they are.
    tools: Vec<String>,
    /// Whether they are inside URLs. A value inside a URL can leave by it.
    urls: bool,
    /// Whether they are inside code.
    code: bool,
}

#[derive(JsonSchema)]
#[serde(untagged)]
#[expect(
    dead_code,
    reason = "it describes the two ways to write `restore` and is never built"
)]
enum RestoreSchema {
    Switch(bool),
    Options(RestoreOptions),
}

impl<'de> Deserialize<'de> for Restore {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct SwitchOrOptions;

        impl<'de> Visitor<'de> for SwitchOrOptions {
            type Value = Restore;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("true, false, or a map of `tools`, `urls` and `code`")
            }

            fn visit_bool<E>(self, enabled: bool) -> Result<Restore, E> {
                Ok(Restore {
                    enabled,
                    ..Restore::default()
                })
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Restore, A::Error> {
                let options = RestoreOptions::deserialize(MapAccessDeserializer::new(map))?;
                Ok(Restore {
                    enabled: true,
                    tools: options.tools,
                    urls: options.urls,
                    code: options.code,
                })
            }
        }

        deserializer.deserialize_any(SwitchOrOptions)
    }
}

/// The entities that words name: each one, or a country's.
fn entities<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Entity>, D::Error> {
    let mut entities = Vec::new();
    for word in Vec::<String>::deserialize(deserializer)? {
        let before = entities.len();
        entities.extend(Entity::from_id(&word));
        entities.extend(group(&word));
        if entities.len() == before {
            return Err(D::Error::custom(unknown(&word)));
        }
    }
    entities.sort_unstable();
    entities.dedup();
    Ok(entities)
}

/// Everything, or what is a country's alone. `uk` is what people write for `gb`.
fn group(word: &str) -> impl Iterator<Item = Entity> {
    let country = if word == "uk" {
        "GB".to_owned()
    } else if word.len() == 2 && word.bytes().all(|byte| byte.is_ascii_lowercase()) {
        word.to_ascii_uppercase()
    } else {
        String::new()
    };
    let is_all = word == "all";
    let is_of = move |entity: &Entity| !country.is_empty() && entity.country() == country;
    Entity::ALL
        .into_iter()
        .filter(move |entity| is_all || is_of(entity))
}

/// A word that `entities` takes.
struct EntityOrGroup;

impl JsonSchema for EntityOrGroup {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "EntityOrGroup".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let mut words: Vec<String> = Entity::ALL
            .iter()
            .map(|entity| entity.id().to_owned())
            .collect();
        let mut countries: Vec<String> = Entity::ALL
            .iter()
            .map(|entity| entity.country().to_ascii_lowercase())
            .filter(|country| !country.is_empty())
            .chain(["all".to_owned(), "uk".to_owned()])
            .collect();
        countries.sort_unstable();
        countries.dedup();
        words.append(&mut countries);
        json_schema!({ "type": "string", "enum": words })
    }
}
