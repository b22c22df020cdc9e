//! Schemas as they are checked: compiled once, when the plugin is configured.

use crate::format::Format;
use crate::json::{Item, Node};
use crate::number::Decimal;
use crate::pattern::Pattern;

/// Which schema of [`Schemas`].
pub(crate) type Id = u32;

/// All schemas, and the texts that they were written in.
#[derive(Default)]
pub(crate) struct Schemas {
    pub(crate) list: Vec<Schema>,
    pub(crate) sources: Vec<Source>,
}

/// A schema's text.
pub(crate) struct Source {
    pub(crate) name: String,
    pub(crate) text: String,
    pub(crate) nodes: Vec<Node>,
}

impl Source {
    pub(crate) fn item(&self, index: u32) -> Item<'_> {
        Item::new(&self.text, &self.nodes, index)
    }
}

/// A value in a schema's text: of `const`, and of `enum`.
#[derive(Clone, Copy)]
pub(crate) struct Literal {
    pub(crate) source: u32,
    pub(crate) index: u32,
}

impl Schemas {
    pub(crate) fn literal(&self, literal: Literal) -> Option<Item<'_>> {
        let source = self.sources.get(literal.source as usize)?;
        Some(source.item(literal.index))
    }
}

/// The types that a value may have: one bit each.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Types(pub(crate) u8);

impl Types {
    pub(crate) const NAMES: [(&'static str, u8); 7] = [
        ("null", 1),
        ("boolean", 2),
        ("number", 4 | 64),
        ("string", 8),
        ("array", 16),
        ("object", 32),
        ("integer", 64),
    ];
}

/// One schema.
#[derive(Default)]
pub(crate) struct Schema {
    /// `false`: nothing is valid.
    pub(crate) is_false: bool,
    /// None: any.
    pub(crate) types: Option<Types>,
    pub(crate) keywords: Vec<Keyword>,
}

/// What a schema asks for.
pub(crate) enum Keyword {
    Ref(Id),
    AllOf(Vec<Id>),
    AnyOf(Vec<Id>),
    OneOf(Vec<Id>),
    Not(Id),
    If {
        test: Id,
        then: Option<Id>,
        otherwise: Option<Id>,
    },
    Const(Literal),
    Enum(Vec<Literal>),
    Bound(Bound, Decimal),
    MultipleOf(Decimal),
    /// Of characters, items or members, by name.
    Size(Size, u32),
    Pattern(Pattern),
    Format(Format),
    Items(Items),
    Contains {
        schema: Id,
        least: u32,
        most: Option<u32>,
    },
    UniqueItems,
    Object(Object),
    PropertyNames(Id),
    DependentRequired(Vec<(String, Vec<String>)>),
    DependentSchemas(Vec<(String, Id)>),
}

/// How a number is bounded.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bound {
    Minimum,
    Maximum,
    ExclusiveMinimum,
    ExclusiveMaximum,
}

/// What of a value is counted.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Size {
    MinLength,
    MaxLength,
    MinItems,
    MaxItems,
    MinProperties,
    MaxProperties,
}

/// What items must be.
#[derive(Default)]
pub(crate) struct Items {
    pub(crate) first: Vec<Id>,
    pub(crate) others: Option<Id>,
}

/// What members must be.
#[derive(Default)]
pub(crate) struct Object {
    /// In the order of their names.
    pub(crate) properties: Vec<Property>,
    /// How many of them are required.
    pub(crate) required: usize,
    pub(crate) patterns: Vec<(Pattern, Id)>,
    pub(crate) others: Option<Id>,
}

/// A member that a schema names.
pub(crate) struct Property {
    pub(crate) name: String,
    pub(crate) schema: Option<Id>,
    pub(crate) is_required: bool,
}

impl Keyword {
    /// The schemas that judge the very value that this one does.
    pub(crate) fn in_place(&self) -> Vec<Id> {
        match self {
            Self::Ref(id) | Self::Not(id) => vec![*id],
            Self::AllOf(ids) | Self::AnyOf(ids) | Self::OneOf(ids) => ids.clone(),
            Self::If {
                test,
                then,
                otherwise,
            } => [Some(*test), *then, *otherwise]
                .into_iter()
                .flatten()
                .collect(),
            Self::DependentSchemas(of) => of.iter().map(|(_, id)| *id).collect(),
            _ => Vec::new(),
        }
    }
}
