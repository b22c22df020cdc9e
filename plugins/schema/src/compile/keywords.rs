//! The keywords of one schema.

use caponier_sdk::Error;

use super::Compiler;
use crate::format::Format;
use crate::json::{Item, Kind};
use crate::number::Decimal;
use crate::pattern::Pattern;
use crate::schema::{Bound, Id, Items, Keyword, Literal, Object, Property, Schema, Size, Types};

/// What would decide, and is not understood.
const UNSUPPORTED: &[&str] = &[
    "$dynamicRef",
    "$recursiveRef",
    "unevaluatedItems",
    "unevaluatedProperties",
];

/// One keyword: its value, by the node of it.
#[derive(Clone, Copy)]
struct At {
    source: u32,
    node: u32,
}

/// What several keywords of a schema say together.
#[derive(Default)]
struct Together {
    object: Option<Object>,
    items: Option<Items>,
    /// `additionalItems`, which counts where `items` is a list.
    additional: Option<Id>,
    is_list: bool,
    contains: Option<Id>,
    least: Option<u32>,
    most: Option<u32>,
    test: Option<Id>,
    then: Option<Id>,
    otherwise: Option<Id>,
}

impl Compiler {
    pub(super) fn keywords(&mut self, source: u32, node: u32) -> Result<Schema, Error> {
        let members: Vec<(String, u32)> = self
            .item(source, node)
            .into_iter()
            .flat_map(Item::members)
            .map(|(key, value)| (key.string().unwrap_or_default().into_owned(), value.index))
            .collect();
        let mut schema = Schema::default();
        let mut together = Together::default();
        for (name, node) in members {
            let at = At { source, node };
            if UNSUPPORTED.contains(&name.as_str()) {
                let what = format!(
                    "`{name}` is not supported; hint: say it with `additionalProperties`, `items` or `$ref`"
                );
                return Err(self.told(at, &what));
            }
            if self.in_place(&name, at, &mut schema)? || self.of_value(&name, at, &mut schema)? {
                continue;
            }
            self.of_parts(&name, at, &mut schema, &mut together)?;
        }
        together.finish(&mut schema);
        Ok(schema)
    }

    fn told(&self, at: At, what: &str) -> Error {
        self.wrong((at.source, at.node), what)
    }

    fn value(&self, at: At) -> Result<Item<'_>, Error> {
        self.item(at.source, at.node)
            .ok_or_else(|| self.told(at, "there is nothing"))
    }

    /// Keywords that apply schemas to the same value.
    fn in_place(&mut self, name: &str, at: At, schema: &mut Schema) -> Result<bool, Error> {
        let keyword = match name {
            "$ref" => Keyword::Ref(self.reference(at.source, at.node)?),
            "$id" if !self.is_of_root(at) => {
                return Err(self.told(at, "an `$id` below the top is not supported; hint: give the schema a name of its own"));
            }
            "allOf" => Keyword::AllOf(self.list(at)?),
            "anyOf" => Keyword::AnyOf(self.list(at)?),
            "oneOf" => Keyword::OneOf(self.list(at)?),
            "not" => Keyword::Not(self.schema(at.source, at.node)?),
            "dependentSchemas" => Keyword::DependentSchemas(self.named(at)?),
            _ => return Ok(false),
        };
        schema.keywords.push(keyword);
        Ok(true)
    }

    /// Whether a keyword is one of the outermost schema.
    fn is_of_root(&self, at: At) -> bool {
        self.item(at.source, 0)
            .is_some_and(|root| root.members().any(|(_, value)| value.index == at.node))
    }

    /// Keywords about a value by itself.
    fn of_value(&mut self, name: &str, at: At, schema: &mut Schema) -> Result<bool, Error> {
        let keyword = match name {
            "type" => {
                schema.types = Some(self.types(at)?);
                return Ok(true);
            }
            "const" => Keyword::Const(Literal {
                source: at.source,
                index: at.node,
            }),
            "enum" => {
                let value = self.value(at)?;
                if value.kind() != Kind::Array {
                    return Err(self.told(at, "it must be a list"));
                }
                let values = value.items().map(|item| Literal {
                    source: at.source,
                    index: item.index,
                });
                Keyword::Enum(values.collect())
            }
            "minimum" => Keyword::Bound(Bound::Minimum, self.number(at)?),
            "maximum" => Keyword::Bound(Bound::Maximum, self.number(at)?),
            "exclusiveMinimum" => Keyword::Bound(Bound::ExclusiveMinimum, self.number(at)?),
            "exclusiveMaximum" => Keyword::Bound(Bound::ExclusiveMaximum, self.number(at)?),
            "multipleOf" => {
                let by = self.number(at)?;
                if !by.is_positive() {
                    return Err(self.told(at, "it must be more than 0"));
                }
                Keyword::MultipleOf(by)
            }
            "minLength" => Keyword::Size(Size::MinLength, self.count(at)?),
            "maxLength" => Keyword::Size(Size::MaxLength, self.count(at)?),
            "minItems" => Keyword::Size(Size::MinItems, self.count(at)?),
            "maxItems" => Keyword::Size(Size::MaxItems, self.count(at)?),
            "minProperties" => Keyword::Size(Size::MinProperties, self.count(at)?),
            "maxProperties" => Keyword::Size(Size::MaxProperties, self.count(at)?),
            "pattern" => Keyword::Pattern(self.pattern(at, None)?),
            "format" => match Format::named(&self.text(at)?) {
                Some(format) if self.formats => Keyword::Format(format),
                _ => return Ok(true),
            },
            "uniqueItems" => match self.value(at)?.kind() {
                Kind::True => Keyword::UniqueItems,
                Kind::False => return Ok(true),
                _ => return Err(self.told(at, "it must be true or false")),
            },
            _ => return Ok(false),
        };
        schema.keywords.push(keyword);
        Ok(true)
    }

    /// Keywords about items and members.
    fn of_parts(
        &mut self,
        name: &str,
        at: At,
        schema: &mut Schema,
        together: &mut Together,
    ) -> Result<(), Error> {
        match name {
            "prefixItems" => {
                let first = self.list(at)?;
                together.items.get_or_insert_default().first = first;
            }
            "items" if self.value(at)?.kind() == Kind::Array => {
                together.is_list = true;
                let first = self.list(at)?;
                together.items.get_or_insert_default().first = first;
            }
            "items" => {
                let others = self.schema(at.source, at.node)?;
                together.items.get_or_insert_default().others = Some(others);
            }
            "additionalItems" => together.additional = Some(self.schema(at.source, at.node)?),
            "contains" => together.contains = Some(self.schema(at.source, at.node)?),
            "minContains" => together.least = Some(self.count(at)?),
            "maxContains" => together.most = Some(self.count(at)?),
            "if" => together.test = Some(self.schema(at.source, at.node)?),
            "then" => together.then = Some(self.schema(at.source, at.node)?),
            "else" => together.otherwise = Some(self.schema(at.source, at.node)?),
            "properties" => {
                for (name, id) in self.named(at)? {
                    together.property(name).schema = Some(id);
                }
            }
            "required" => {
                for name in self.names(at)? {
                    together.property(name).is_required = true;
                }
            }
            "patternProperties" => {
                for (name, id) in self.named(at)? {
                    let pattern = self.pattern(at, Some(&name))?;
                    together.object().patterns.push((pattern, id));
                }
            }
            "additionalProperties" => {
                let others = self.schema(at.source, at.node)?;
                together.object().others = Some(others);
            }
            "propertyNames" => {
                let names = self.schema(at.source, at.node)?;
                schema.keywords.push(Keyword::PropertyNames(names));
            }
            "dependentRequired" => {
                let needs = self.needs(at)?;
                schema.keywords.push(Keyword::DependentRequired(needs));
            }
            "dependencies" => self.dependencies(at, schema)?,
            // An annotation, or a word that nobody knows.
            _ => {}
        }
        Ok(())
    }

    fn types(&self, at: At) -> Result<Types, Error> {
        let value = self.value(at)?;
        let names: Vec<_> = match value.kind() {
            Kind::Array => value.items().map(Item::string).collect(),
            _ => vec![value.string()],
        };
        let mut types = Types::default();
        for name in names {
            let name = name.unwrap_or_default();
            match Types::NAMES.iter().find(|(known, _)| *known == name) {
                Some((_, bits)) => types.0 |= bits,
                None => {
                    let known = Types::NAMES.map(|(known, _)| known).join(", ");
                    return Err(self.told(at, &format!("`{name}` is none of {known}")));
                }
            }
        }
        Ok(types)
    }

    fn number(&self, at: At) -> Result<Decimal, Error> {
        let value = self.value(at)?;
        match value.kind() {
            Kind::Number => Ok(Decimal::new(value.raw())),
            _ => Err(self.told(at, "it must be a number")),
        }
    }

    fn count(&self, at: At) -> Result<u32, Error> {
        let count = self.number(at)?.count();
        count.ok_or_else(|| self.told(at, "it must be a whole number from 0 up"))
    }

    fn text(&self, at: At) -> Result<String, Error> {
        let text = self.value(at)?.string();
        text.map(Into::into)
            .ok_or_else(|| self.told(at, "it must be a string"))
    }

    /// A pattern: the keyword's value, or the name of one of its members.
    fn pattern(&self, at: At, name: Option<&str>) -> Result<Pattern, Error> {
        let pattern = match name {
            Some(name) => name.to_owned(),
            None => self.text(at)?,
        };
        Pattern::new(&pattern).map_err(|why| self.told(at, &format!("`{pattern}`: {why}")))
    }

    /// Schemas in a list.
    fn list(&mut self, at: At) -> Result<Vec<Id>, Error> {
        let value = self.value(at)?;
        if value.kind() != Kind::Array {
            return Err(self.told(at, "it must be a list of schemas"));
        }
        let nodes: Vec<u32> = value.items().map(|item| item.index).collect();
        nodes
            .into_iter()
            .map(|node| self.schema(at.source, node))
            .collect()
    }

    /// Schemas by name.
    fn named(&mut self, at: At) -> Result<Vec<(String, Id)>, Error> {
        let value = self.value(at)?;
        if value.kind() != Kind::Object {
            return Err(self.told(at, "it must be an object of schemas"));
        }
        let nodes: Vec<(String, u32)> = value
            .members()
            .map(|(key, value)| (key.string().unwrap_or_default().into_owned(), value.index))
            .collect();
        nodes
            .into_iter()
            .map(|(name, node)| Ok((name, self.schema(at.source, node)?)))
            .collect()
    }

    fn names(&self, at: At) -> Result<Vec<String>, Error> {
        let value = self.value(at)?;
        let names: Option<Vec<String>> = value
            .items()
            .map(|item| item.string().map(Into::into))
            .collect();
        match names {
            Some(names) if value.kind() == Kind::Array => Ok(names),
            _ => Err(self.told(at, "it must be a list of names")),
        }
    }

    fn needs(&self, at: At) -> Result<Vec<(String, Vec<String>)>, Error> {
        let value = self.value(at)?;
        if value.kind() != Kind::Object {
            return Err(self.told(at, "it must be an object of lists of names"));
        }
        value
            .members()
            .map(|(key, value)| {
                let names = self.names(At {
                    node: value.index,
                    ..at
                })?;
                Ok((key.string().unwrap_or_default().into_owned(), names))
            })
            .collect()
    }

    /// What drafts before 2019-09 had for both.
    fn dependencies(&mut self, at: At, schema: &mut Schema) -> Result<(), Error> {
        let members: Vec<(String, u32, bool)> = self
            .value(at)?
            .members()
            .map(|(key, value)| {
                let name = key.string().unwrap_or_default().into_owned();
                (name, value.index, value.kind() == Kind::Array)
            })
            .collect();
        for (name, node, is_names) in members {
            let at = At { node, ..at };
            schema.keywords.push(if is_names {
                Keyword::DependentRequired(vec![(name, self.names(at)?)])
            } else {
                Keyword::DependentSchemas(vec![(name, self.schema(at.source, node)?)])
            });
        }
        Ok(())
    }
}

impl Together {
    fn object(&mut self) -> &mut Object {
        self.object.get_or_insert_default()
    }

    fn property(&mut self, name: String) -> &mut Property {
        let properties = &mut self.object().properties;
        let place = properties.partition_point(|property| property.name < name);
        if properties
            .get(place)
            .is_none_or(|property| property.name != name)
        {
            let property = Property {
                name,
                schema: None,
                is_required: false,
            };
            properties.insert(place, property);
        }
        // It is there now.
        #[expect(clippy::indexing_slicing, reason = "a property stands at this place")]
        &mut properties[place]
    }

    fn finish(self, schema: &mut Schema) {
        if let Some(mut object) = self.object {
            object.required = object
                .properties
                .iter()
                .filter(|property| property.is_required)
                .count();
            schema.keywords.push(Keyword::Object(object));
        }
        if let Some(mut items) = self.items {
            if self.is_list {
                items.others = self.additional;
            }
            schema.keywords.push(Keyword::Items(items));
        }
        if let Some(contains) = self.contains {
            schema.keywords.push(Keyword::Contains {
                schema: contains,
                least: self.least.unwrap_or(1),
                most: self.most,
            });
        }
        if let Some(test) = self.test
            && (self.then.is_some() || self.otherwise.is_some())
        {
            schema.keywords.push(Keyword::If {
                test,
                then: self.then,
                otherwise: self.otherwise,
            });
        }
    }
}
