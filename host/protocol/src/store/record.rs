//! Reading one record.

use std::collections::HashSet;
use std::ops::Range;

use caponier_core::{GapKind, Kind, Role, Stage};

use super::Table;
use super::attributes::{Record, metadata, small};
use super::read::Walk;
use crate::json::{Type, Value};
use crate::parts::Label;
use crate::place::Place;
use crate::words::is_token;

/// How much of a record without a text is shown.
const SHOWN: usize = 1024;
/// How long the place of a text may become before nothing is added to it.
pub(super) const PATH: usize = 256;
/// What an attribute takes beside its text.
const ENTRY: usize = 48;

impl Walk<'_> {
    /// Reads a record; gives its segments.
    pub(super) fn record(
        &mut self,
        record: &Record<'_>,
        table: &Table,
        place: &Place<'_>,
    ) -> Range<u32> {
        let first = self.parts.next();
        let fields = &table.fields;
        let id = record.find(&fields.id).filter(|id| small(*id).is_some());
        let name = id.and_then(small);
        let mut label = Label::new(Stage::Retrieval, Role::Document, Kind::Document)
            .named(name.as_deref())
            .with("field", "");
        let mut tell = |key: &str, value: Option<String>| {
            let told = value.map(|value| (key.to_owned(), value));
            label.attributes.extend(told);
        };
        tell("document", name.clone());
        let score = fields.score.as_ref().and_then(|path| record.find(path));
        tell("score", score.and_then(small));
        let beside = fields.metadata.as_ref().and_then(|path| record.find(path));
        label
            .attributes
            .extend(beside.map(metadata).unwrap_or_default());
        let mut leaves = Leaves {
            label,
            id: id.map(|id| id.span().start),
            table,
            inner: inner(record, table),
            path: String::new(),
        };
        match record {
            Record::Row(value) => self.leaves(*value, place, &mut leaves),
            Record::Columns(columns) => {
                for (name, value) in columns {
                    if fields.vectors.contains(name) && is_base64(*value) {
                        continue;
                    }
                    leaves.path = (*name).to_owned();
                    self.leaves(*value, &place.key(name), &mut leaves);
                }
            }
        }
        // What is known of it is told of a text of its own.
        if self.parts.next() == first || !leaves.inner.is_empty() {
            leaves.path.clear();
            self.textless(record, &mut leaves);
        }
        first..self.parts.next()
    }

    /// A record without a text can be dropped, too.
    fn textless(&mut self, record: &Record<'_>, leaves: &mut Leaves<'_>) {
        let shown = match record {
            Record::Row(value) => Some(value.raw()).filter(|raw| raw.len() <= SHOWN),
            Record::Columns(_) => None,
        };
        let text = leaves.label.name.or(shown).map(str::to_owned);
        let text = text.filter(|text| !text.is_empty());
        let text = text.unwrap_or_else(|| "{}".to_owned());
        let label = self.told(leaves);
        self.parts.read_only(text, &label);
    }

    /// Every string of a record.
    fn leaves(&mut self, value: Value<'_>, place: &Place<'_>, leaves: &mut Leaves<'_>) {
        if leaves.inner.contains(&value.span().start) {
            self.record(&Record::Row(value), leaves.table, place);
            return;
        }
        let long = leaves.path.len();
        match value.kind() {
            Type::String => {
                let is_id = leaves.id == Some(value.span().start);
                let is_name = || value.string().is_some_and(|text| is_token(&text));
                if !(is_id && is_name()) {
                    let label = self.told(leaves);
                    self.parts.string(value, &label);
                }
            }
            Type::Array => {
                for (index, item) in value.items().enumerate() {
                    if long < PATH {
                        leaves.path.push_str(&format!("[{index}]"));
                    }
                    self.leaves(item, &place.item(index), leaves);
                    leaves.path.truncate(long);
                }
            }
            Type::Object => {
                for (key, member) in value.members() {
                    let Some(key) = key.string() else { continue };
                    let is_name = is_token(&key);
                    if !is_name {
                        self.parts.gap(GapKind::Unrecognized, &place.key("*"));
                    }
                    if long > 0 && long < PATH {
                        leaves.path.push('.');
                    }
                    if long < PATH {
                        leaves.path.push_str(if is_name { &key } else { "*" });
                    }
                    self.leaves(member, &place.key("*"), leaves);
                    leaves.path.truncate(long);
                }
            }
            Type::Number | Type::True | Type::False | Type::Null => {}
        }
    }

    /// The label of a record's text at a path. A body of many texts in records of long values would
    /// take more memory than it is worth: past that, texts go without what is told of them.
    fn told<'l>(&mut self, leaves: &mut Leaves<'l>) -> Label<'l> {
        if let Some((_, field)) = leaves.label.attributes.first_mut() {
            field.clone_from(&leaves.path);
        }
        let told = leaves.label.attributes.iter();
        let size = told.map(|(key, value)| ENTRY + key.len() + value.len());
        match self.room.checked_sub(size.sum()) {
            Some(left) => {
                *self.room = left;
                leaves.label.clone()
            }
            None => {
                self.parts.gap(GapKind::OverLimit, "attributes");
                let mut label = leaves.label.clone();
                label.attributes.truncate(1);
                label
            }
        }
    }
}

/// A record while its strings are read. The first attribute is the place of the one that is next.
struct Leaves<'l> {
    label: Label<'l>,
    /// Where the id stands.
    id: Option<usize>,
    table: &'l Table,
    /// Where records within it stand.
    inner: HashSet<usize>,
    path: String,
}

/// Where records within a record stand. One that is a part of it has no fields of its own.
fn inner(record: &Record<'_>, table: &Table) -> HashSet<usize> {
    let (Record::Row(value), Some(path)) = (record, &table.fields.inner) else {
        return HashSet::new();
    };
    let found = path.select(*value).into_iter();
    let found =
        found.filter(|found| found.kind() == Type::Object && found.get("_nested").is_none());
    found.map(|found| found.span().start).collect()
}

/// Whether a value is a vector as Base64, which its reader takes for numbers and nothing else.
fn is_base64(value: Value<'_>) -> bool {
    let is_digit = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte);
    let is_vector = |text: &str| text.len().is_multiple_of(4) && text.bytes().all(is_digit);
    value.string().is_some_and(|text| is_vector(&text))
}
