//! Where in a body something stands, for all bodies of a shape: `result.points`, `responses.*.hits`.

use crate::json::{Type, Value};

/// A path from a value down to others.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Path(Vec<Step>);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Step {
    /// The member of this name.
    Key(String),
    /// All that a value holds.
    Each,
    /// The value, and all that is anywhere in it.
    Within,
}

impl Path {
    /// A path of these steps: keys, and `None` for all that a value holds.
    pub fn new(steps: impl IntoIterator<Item = Option<String>>) -> Self {
        let steps = steps.into_iter();
        Self(
            steps
                .map(|step| step.map_or(Step::Each, Step::Key))
                .collect(),
        )
    }

    /// Reads one as this crate writes them: keys between dots, `*` for all that a value holds, `**`
    /// for the value and all that is anywhere in it.
    pub(crate) fn of(text: &str) -> Self {
        let steps = text.split('.').filter(|step| !step.is_empty());
        let steps = steps.map(|step| match step {
            "*" => Step::Each,
            "**" => Step::Within,
            key => Step::Key(key.to_owned()),
        });
        Self(steps.collect())
    }

    /// Its first step, and the rest.
    pub(super) fn split(&self) -> Option<(&str, Self)> {
        match self.0.split_first()? {
            (Step::Key(first), rest) => Some((first, Self(rest.to_vec()))),
            _ => None,
        }
    }

    /// Every value that it leads to.
    pub(super) fn select<'d>(&self, from: Value<'d>) -> Vec<Value<'d>> {
        let mut found = vec![from];
        for step in &self.0 {
            let next = |value: Value<'d>| match (step, value.kind()) {
                (Step::Key(key), Type::Object) => value.get(key).into_iter().collect(),
                (Step::Key(_), _) => Vec::new(),
                (Step::Each, _) => held(value),
                (Step::Within, _) => within(value),
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

/// What a value holds.
fn held(value: Value<'_>) -> Vec<Value<'_>> {
    match value.kind() {
        Type::Object => value.members().map(|(_, member)| member).collect(),
        Type::Array => value.items().collect(),
        _ => Vec::new(),
    }
}

/// A value, and all that is anywhere in it.
fn within(value: Value<'_>) -> Vec<Value<'_>> {
    let mut found = vec![value];
    let mut at = 0;
    while let Some(next) = found.get(at).copied() {
        found.extend(held(next));
        at += 1;
    }
    found
}
