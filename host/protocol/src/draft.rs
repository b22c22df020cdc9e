//! A request while its fields are read.

use caponier_core::{GapKind, RequestFacts};

use crate::body::Member;
use crate::fields::Fields as _;
use crate::history::History;
use crate::json::{Document, Type, Value};
use crate::parts::{Label, Parts};
use crate::place::Place;
use crate::words::{is_token, shown};
use crate::{Limits, Malformed, Problem, Request};

/// The names that a format's requests know.
pub(crate) struct Names {
    /// Keys of the request itself.
    pub(crate) top: &'static [&'static str],
    /// The key without which it asks for nothing.
    pub(crate) required: Option<&'static str>,
    /// The words that errors may name.
    pub(crate) vocabulary: &'static [&'static str],
    /// The fields that a decision may set or take out.
    pub(crate) settable: &'static [&'static str],
    /// Whether an answer streams unless the request says otherwise.
    pub(crate) streams: bool,
}

/// A request while its fields are read.
pub(crate) struct Draft {
    pub(crate) parts: Parts,
    pub(crate) facts: RequestFacts,
    pub(crate) history: History,
    top: &'static [&'static str],
}

impl Draft {
    /// Reads a body, `field` by field.
    pub(crate) fn read(
        body: String,
        limits: &Limits,
        names: &Names,
        field: impl FnMut(&mut Self, &str, Value<'_>) -> Result<(), Malformed>,
    ) -> Result<Request, Malformed> {
        let document = Document::parse(&body, limits, names.vocabulary)?;
        let parts = Parts::new(0, limits.segments);
        let (parts, facts, members) = Self::part(parts, document.root(), names, field)?;
        drop(document);
        let parts = parts.checked()?;
        Ok(Request::new(body, parts, facts, members, names.settable))
    }

    /// Reads a request that is a value of another body, whose fields nobody changes.
    pub(crate) fn row(
        parts: Parts,
        value: Value<'_>,
        names: &Names,
        field: impl FnMut(&mut Self, &str, Value<'_>) -> Result<(), Malformed>,
    ) -> Result<(Parts, RequestFacts), Malformed> {
        let (parts, facts, _) = Self::part(parts, value, names, field)?;
        Ok((parts, facts))
    }

    /// Reads a request that is a value of a body, `field` by field, behind the parts before it.
    pub(crate) fn part(
        parts: Parts,
        value: Value<'_>,
        names: &Names,
        mut field: impl FnMut(&mut Self, &str, Value<'_>) -> Result<(), Malformed>,
    ) -> Result<(Parts, RequestFacts, Vec<Member>), Malformed> {
        let root = value.object(&Place::ROOT, names.top)?;
        let first = parts.segments.len();
        let mut draft = Self {
            parts,
            facts: RequestFacts {
                stream: names.streams,
                ..RequestFacts::default()
            },
            history: History::default(),
            top: names.top,
        };
        let mut members = Vec::new();
        for (key, value) in root.members() {
            let Some(name) = key.string() else { continue };
            members.push((name.clone().into_owned(), key.span(), value.span()));
            field(&mut draft, &name, value)?;
        }
        if let Some(key) = names.required.filter(|key| root.get(key).is_none()) {
            return Err(root.refuse(&Place::ROOT, Problem::Missing(key)));
        }
        let Self {
            mut parts,
            facts,
            history,
            ..
        } = draft;
        history.add_query(&mut parts, first);
        Ok((parts, facts, members))
    }

    /// A text, an array of texts, or tokens in their place: those are text that nobody here can
    /// read, and a gap.
    pub(crate) fn input(&mut self, value: Value<'_>, place: &Place<'_>, label: &Label<'_>) {
        let is_tokens = |item: Value<'_>| item.kind() == Type::Number;
        match value.kind() {
            Type::String => self.parts.string(value, label),
            Type::Null => {}
            Type::Array if !value.items().all(is_tokens) => {
                for (index, item) in value.items().enumerate() {
                    self.input(item, &place.item(index), label);
                }
            }
            Type::Array if value.items().next().is_none() => {}
            _ => self.parts.gap(GapKind::Unrecognized, place),
        }
    }

    /// The model's name.
    pub(crate) fn model(&mut self, value: Value<'_>) -> Result<(), Malformed> {
        self.facts.model = self.parts.token(Some(value), &Place::of("model"))?;
        Ok(())
    }

    /// A whole number. Text in its place is not read as one.
    pub(crate) fn count(&mut self, name: &str, value: Value<'_>) -> Option<u64> {
        self.unread(name, value);
        value.unsigned()
    }

    /// A number. Text in its place is not read as one.
    pub(crate) fn number(&mut self, name: &str, value: Value<'_>) -> Option<f64> {
        self.unread(name, value);
        value.number()
    }

    /// A field that is not read: words of one that the format knows are no text, and any string of
    /// one that it does not know may be.
    pub(crate) fn unread(&mut self, name: &str, value: Value<'_>) {
        let says_text = match self.top.contains(&name) {
            true => value.any_string(|text| !is_token(text)),
            false => !is_token(name) || value.any_string(|text| !text.is_empty()),
        };
        if says_text {
            self.parts.gap(GapKind::Unrecognized, shown(name));
        }
    }
}
