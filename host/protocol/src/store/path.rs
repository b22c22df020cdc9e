//! Where in a body something stands, for all bodies of a shape: `result.points`, `responses.*.hits`.

use crate::json::{Type, Value};

/// A path from a value down to others: keys, and `None` for all that a value holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Path(Vec<Option<String>>);

impl Path {
    /// A path of these steps.
    pub fn new(steps: impl IntoIterator<Item = Option<String>>) -> Self {
        Self(steps.into_iter().collect())
    }

    /// Reads one as this crate writes them: keys between dots, `*` for all that a value holds.
    pub(crate) fn of(text: &str) -> Self {
        let steps = text.split('.').filter(|step| !step.is_empty());
        Self::new(steps.map(|step| (step != "*").then(|| step.to_owned())))
    }

    /// Its first step, and the rest.
    pub(super) fn split(&self) -> Option<(&str, Self)> {
        let (first, rest) = self.0.split_first()?;
        Some((first.as_deref()?, Self(rest.to_vec())))
    }

    /// Every value that it leads to.
    pub(super) fn select<'d>(&self, from: Value<'d>) -> Vec<Value<'d>> {
        let mut found = vec![from];
        for step in &self.0 {
            let next = |value: Value<'d>| -> Vec<Value<'d>> {
                match (step, value.kind()) {
                    (Some(key), Type::Object) => value.get(key).into_iter().collect(),
                    (None, Type::Object) => value.members().map(|(_, member)| member).collect(),
                    (None, Type::Array) => value.items().collect(),
                    _ => Vec::new(),
                }
            };
            found = found.into_iter().flat_map(next).collect();
        }
        found
    }

    /// The one value that it leads to.
    pub(super) fn find<'d>(&self, from: Value<'d>) -> Option<Value<'d>> {
        self.select(from).first().copied()
    }
}
