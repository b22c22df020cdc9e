//! Schemas from their text: what can be checked, ready to be checked.
//!
//! Draft 2020-12, its core and validation vocabularies; of older drafts what tools still write:
//! `definitions`, `dependencies`, `items` as a list with `additionalItems`. A keyword that would
//! decide and is not understood is an error, never passed over: `unevaluatedProperties`,
//! `unevaluatedItems`, `$dynamicRef`, references to elsewhere.

mod keywords;
mod refs;

use std::collections::BTreeMap;

use caponier_sdk::Error;

use crate::json::{Broken, Item, Kind, Limits, parse};
use crate::schema::{Id, Schema, Schemas, Source};

/// Schemas within schemas, over all.
const MOST: usize = 20_000;

/// Compiles schemas one after the other.
pub(crate) struct Compiler {
    schemas: Schemas,
    /// Which schema stands at a place: source and node.
    places: BTreeMap<(u32, u32), Id>,
    /// Those whose keywords have not been read.
    due: Vec<(u32, u32, Id)>,
    /// Whether `format` decides.
    formats: bool,
}

impl Compiler {
    pub(crate) fn new(formats: bool) -> Self {
        Self {
            schemas: Schemas::default(),
            places: BTreeMap::new(),
            due: Vec::new(),
            formats,
        }
    }

    /// Takes in a text that schemas may refer to by this name.
    ///
    /// # Errors
    /// Where it is not JSON.
    pub(crate) fn add(&mut self, name: &str, text: String) -> Result<(), Error> {
        let document = parse(&text, Limits { depth: 256 }).map_err(|broken| {
            let why = match broken {
                Broken::Invalid(at, why) => format!("it is not JSON: {why} at byte {at}"),
                Broken::Deep(_) => "it nests too deep".to_owned(),
                Broken::Large => "it is too large".to_owned(),
            };
            Error::new(format!("{name}: {why}"))
        })?;
        self.schemas.sources.push(Source {
            name: name.to_owned(),
            text,
            nodes: document.nodes,
        });
        Ok(())
    }

    /// The source of a name.
    pub(crate) fn source(&self, name: &str) -> Option<u32> {
        let place = self
            .schemas
            .sources
            .iter()
            .position(|source| source.name == name);
        place.map(|place| place as u32)
    }

    /// Compiles the schema that a source is as a whole.
    ///
    /// # Errors
    /// Names source, place and keyword.
    pub(crate) fn root(&mut self, source: u32) -> Result<Id, Error> {
        let root = self.schema(source, 0)?;
        while let Some((source, node, id)) = self.due.pop() {
            let schema = self.read(source, node)?;
            if let Some(place) = self.schemas.list.get_mut(id as usize) {
                *place = schema;
            }
        }
        Ok(root)
    }

    /// All that was compiled.
    ///
    /// # Errors
    /// Names a schema that refers to itself without end.
    pub(crate) fn finish(self) -> Result<Schemas, Error> {
        let mut state = vec![0_u8; self.schemas.list.len()];
        for (place, id) in &self.places {
            if self.is_endless(*id, &mut state) {
                return Err(self.wrong(*place, "it refers to itself without end"));
            }
        }
        Ok(self.schemas)
    }

    /// Whether judging a value by a schema would come back to that value and schema. 1: on the
    /// way, 2: known to end.
    fn is_endless(&self, id: Id, state: &mut [u8]) -> bool {
        let mut way = vec![(id, 0_usize)];
        while let Some((id, next)) = way.pop() {
            let Some(mark) = state.get_mut(id as usize) else {
                continue;
            };
            if next == 0 {
                match *mark {
                    0 => *mark = 1,
                    1 => return true,
                    _ => continue,
                }
            }
            let inner = self.schemas.list.get(id as usize).map(|schema| {
                let ids = schema
                    .keywords
                    .iter()
                    .flat_map(|keyword| keyword.in_place());
                ids.collect::<Vec<_>>()
            });
            match inner.unwrap_or_default().get(next) {
                Some(inner) => {
                    way.push((id, next + 1));
                    way.push((*inner, 0));
                }
                None => *mark = 2,
            }
        }
        false
    }

    /// The schema at a place; it is read later.
    fn schema(&mut self, source: u32, node: u32) -> Result<Id, Error> {
        if let Some(id) = self.places.get(&(source, node)) {
            return Ok(*id);
        }
        if self.schemas.list.len() >= MOST {
            return Err(self.wrong((source, node), "more schemas than are read"));
        }
        let id = self.schemas.list.len() as Id;
        self.schemas.list.push(Schema::default());
        self.places.insert((source, node), id);
        self.due.push((source, node, id));
        Ok(id)
    }

    fn read(&mut self, source: u32, node: u32) -> Result<Schema, Error> {
        match self.item(source, node).map(Item::kind) {
            Some(Kind::Object) => self.keywords(source, node),
            Some(Kind::True) => Ok(Schema::default()),
            Some(Kind::False) => Ok(Schema {
                is_false: true,
                ..Schema::default()
            }),
            _ => Err(self.wrong((source, node), "a schema is an object, true or false")),
        }
    }

    fn item(&self, source: u32, node: u32) -> Option<Item<'_>> {
        let source = self.schemas.sources.get(source as usize)?;
        Some(source.item(node))
    }

    /// What is wrong at a place, and where that is.
    fn wrong(&self, (source, node): (u32, u32), what: impl std::fmt::Display) -> Error {
        let name = self
            .schemas
            .sources
            .get(source as usize)
            .map_or("", |source| source.name.as_str());
        let pointer = self
            .item(source, 0)
            .map(|root| pointer(root, node))
            .unwrap_or_default();
        Error::new(format!("{name}: `#{pointer}`: {what}"))
    }
}

/// The way from a value to the node inside of it.
fn pointer(root: Item<'_>, node: u32) -> String {
    let mut out = String::new();
    let mut at = root;
    while at.index != node {
        let holds = |item: &Item<'_>| (item.index..item.node().next).contains(&node);
        let step = match at.kind() {
            Kind::Object => at
                .members()
                .find(|(key, value)| key.index == node || holds(value))
                .map(|(key, value)| (key.string().unwrap_or_default().into_owned(), value)),
            _ => at
                .items()
                .enumerate()
                .find(|(_, item)| holds(item))
                .map(|(place, item)| (place.to_string(), item)),
        };
        let Some((name, inner)) = step else { break };
        out.push('/');
        out.push_str(&name.replace('~', "~0").replace('/', "~1"));
        if inner.index > node {
            break;
        }
        at = inner;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(schema: &str) -> String {
        let mut compiler = Compiler::new(true);
        let made = compiler.add("settings.answer", schema.to_owned());
        let made = made
            .and_then(|()| compiler.root(0))
            .and_then(|_| compiler.finish().map(|_| ()));
        made.unwrap_err().to_string()
    }

    #[test]
    fn what_cannot_be_checked_is_told_with_its_place() {
        for (schema, told) in [
            ("7", "`#`: a schema is an object"),
            (
                r#"{"properties":{"a":{"type":"strng"}}}"#,
                "`#/properties/a/type`: `strng` is none of",
            ),
            (
                r#"{"properties":{"a":{"pattern":"(?=x)"}}}"#,
                "`#/properties/a/pattern`: ",
            ),
            (r#"{"items":{"minLength":-1}}"#, "`#/items/minLength`: "),
            (
                r##"{"$ref":"#/$defs/none"}"##,
                "`#/$ref`: there is nothing at",
            ),
            (r#"{"$ref":"https://example.org/a.json"}"#, "`#/$ref`: "),
            (r##"{"$ref":"#"}"##, "refers to itself without end"),
            (
                r##"{"anyOf":[{"type":"null"},{"$ref":"#"}]}"##,
                "refers to itself without end",
            ),
            (
                r#"{"unevaluatedProperties":false}"#,
                "`unevaluatedProperties` is not supported",
            ),
            (
                r##"{"$dynamicRef":"#x"}"##,
                "`$dynamicRef` is not supported",
            ),
            (r#"{"enum":5}"#, "`#/enum`: "),
            (r#"{"multipleOf":0}"#, "`#/multipleOf`: "),
            (
                r#"{"properties":{"a":{"$id":"x"}}}"#,
                "`#/properties/a/$id`: ",
            ),
            (r#"{"exclusiveMinimum":true}"#, "`#/exclusiveMinimum`: "),
            (r#"{"required":["a",1]}"#, "`#/required`: "),
            ("{", "not JSON"),
        ] {
            let error = error(schema);
            assert!(
                error.contains(told) && error.starts_with("settings.answer: "),
                "{schema}: {error}"
            );
        }
    }

    #[test]
    fn a_schema_that_comes_back_to_itself_further_down_is_fine() {
        let mut compiler = Compiler::new(true);
        let list =
            r##"{"type":"object","properties":{"next":{"anyOf":[{"$ref":"#"},{"type":"null"}]}}}"##;
        compiler.add("list", list.to_owned()).unwrap();
        compiler.root(0).unwrap();
        assert!(compiler.finish().is_ok());
    }
}
