//! Reading a body.

use std::collections::HashMap;

use caponier_core::{GapKind, Kind, RequestFacts, Role, Span, Stage};

use super::attributes::Record;
use super::parameters;
use super::record::PATH;
use super::{Form, Shape, Table};
use crate::json::{Document, Type, Value};
use crate::parts::{Counts, Label, Parts, Table as Spans};
use crate::place::Place;
use crate::words::{is_token, is_word, shown};
use crate::{Limits, Malformed, Problem, Request, Response};

/// Bytes of attributes that all texts of a body may have together.
const ATTRIBUTES: usize = 1 << 25;

/// Which way a body goes, and what for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    /// To the store, to be looked for.
    Asked,
    /// To the store, to stay there.
    Written,
    /// From the store.
    Answered,
}

/// Reads a request. `lines`: its body is a JSON value to each line, and `shape` tells that of each,
/// or why it is none.
pub(crate) fn request(
    body: String,
    parameters: &str,
    limits: &Limits,
    lines: bool,
    mut shape: impl FnMut(Value<'_>) -> Result<Shape, Malformed>,
) -> Result<Request, Malformed> {
    let mut parts = Parts::new(0, limits.segments);
    parameters::read(&mut parts, parameters)?;
    parts.keep(0..parts.next());
    let (mut is_written, mut is_due) = (false, false);
    let mut room = ATTRIBUTES;
    let mut read = |parts: &mut Parts, text: &str| -> Result<bool, Malformed> {
        let document = Document::parse(text, limits, &[])?;
        let shape = shape(document.root())?;
        let side = match shape.is_written {
            true => Side::Written,
            false => Side::Asked,
        };
        is_written |= shape.is_written;
        value(parts, document.root(), &shape, side, &mut room)?;
        Ok(shape.is_followed)
    };
    if lines {
        let mut offset = 0;
        for line in body.split_inclusive('\n') {
            if is_due || !line.trim().is_empty() {
                parts.offset = offset;
                is_due = read(&mut parts, line).map_err(|mut malformed| {
                    malformed.at += offset;
                    malformed
                })?;
            }
            offset += line.len();
        }
    } else if !body.is_empty() {
        read(&mut parts, &body)?;
    }
    if is_written {
        parts.keep(0..parts.next());
    }
    let (parts, facts) = (parts.checked()?, RequestFacts::default());
    Ok(Request::new(body, parts, facts, Vec::new(), &[]))
}

/// Reads an answer. Without a body it says nothing.
pub(crate) fn response(
    body: String,
    first: u32,
    limits: &Limits,
    shape: &Shape,
) -> Result<Response, Malformed> {
    let mut parts = Parts::new(first, limits.segments);
    if !body.is_empty() {
        let document = Document::parse(&body, limits, &[])?;
        let mut room = ATTRIBUTES;
        let side = Side::Answered;
        value(&mut parts, document.root(), shape, side, &mut room)?;
    }
    Ok(Response::new(body, parts.checked()?, None))
}

fn value(
    parts: &mut Parts,
    root: Value<'_>,
    shape: &Shape,
    side: Side,
    room: &mut usize,
) -> Result<(), Malformed> {
    let mut marks = HashMap::new();
    for found in shape.queries.iter().flat_map(|path| path.select(root)) {
        marks.insert(found.span().start, Mark::Query);
    }
    for found in shape.ids.iter().flat_map(|path| path.select(root)) {
        marks.insert(found.span().start, Mark::Ids);
    }
    for found in shape.made.iter().flat_map(|path| path.select(root)) {
        marks.insert(found.span().start, Mark::Made);
    }
    for table in &shape.tables {
        for owner in table.owner.select(root) {
            mark(parts, table, owner, &mut marks);
        }
    }
    let mut walk = Walk {
        parts,
        marks,
        names: shape.names,
        side,
        room,
    };
    let rest = match side {
        Side::Asked => Label::new(Stage::Prompt, Role::Other, Kind::Other),
        Side::Written => Label::new(Stage::Retrieval, Role::Document, Kind::Document),
        Side::Answered => Label::new(Stage::Retrieval, Role::Other, Kind::Other),
    };
    walk.value(root, &Place::ROOT, &rest, Strings::Rest)
}

/// Marks what of an owner is records, and notes what counts them.
fn mark<'s>(
    parts: &mut Parts,
    table: &'s Table,
    owner: Value<'_>,
    marks: &mut HashMap<usize, Mark<'s>>,
) {
    let found: Vec<usize> = match &table.form {
        Form::Rows(path) | Form::Held(path) => {
            let is_held = matches!(table.form, Form::Held(_));
            let holds = |value: &Value<'_>| match value.kind() {
                Type::Array => true,
                Type::Object => is_held,
                _ => false,
            };
            let holders = path.select(owner).into_iter().filter(holds);
            holders.map(|holder| holder.span().start).collect()
        }
        Form::Alone => {
            let is_record = owner.kind() == Type::Object;
            is_record
                .then_some(owner.span().start)
                .into_iter()
                .collect()
        }
        Form::Columns { names, .. } => {
            let first = names.first().and_then(|name| owner.get(name));
            let is_table = first.is_some_and(|first| first.kind() == Type::Array);
            is_table.then_some(owner.span().start).into_iter().collect()
        }
    };
    let totals = table.totals.iter().flat_map(|path| path.select(owner));
    let totals = totals.filter_map(|total| Some((total.span(), total.unsigned()?)));
    let best = table.best.as_ref().and_then(|path| path.find(owner));
    let best = best.filter(|best| best.kind() == Type::Number);
    let counts = parts.count(Counts {
        totals: totals.collect(),
        best: best.map(Value::span),
    });
    for start in found {
        marks.insert(start, Mark::Records(table, counts));
    }
}

/// What is known of a value before it is read, by the byte at which it begins.
#[derive(Clone, Copy)]
enum Mark<'s> {
    Query,
    Ids,
    Made,
    /// Records, and which of the body's counts are theirs.
    Records(&'s Table, usize),
}

/// Which strings outside of records are text.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Strings {
    /// All of them.
    All,
    /// Those that are no token.
    Ids,
    /// What is left over: as the side has it.
    Rest,
}

/// A body while it is read.
pub(super) struct Walk<'w> {
    pub(super) parts: &'w mut Parts,
    marks: HashMap<usize, Mark<'w>>,
    names: &'static [&'static str],
    side: Side,
    /// Bytes of attributes that there is room for, in the whole body.
    pub(super) room: &'w mut usize,
}

impl Walk<'_> {
    fn value(
        &mut self,
        value: Value<'_>,
        place: &Place<'_>,
        label: &Label<'_>,
        strings: Strings,
    ) -> Result<(), Malformed> {
        match self.marks.get(&value.span().start).copied() {
            Some(Mark::Query) => {
                let label = Label::new(Stage::Prompt, Role::User, Kind::Query);
                return self.inside(value, place, &label, Strings::All);
            }
            Some(Mark::Made) => {
                let label = Label::new(Stage::Retrieval, Role::Document, Kind::Document);
                return self.inside(value, place, &label, Strings::All);
            }
            Some(Mark::Ids) => return self.inside(value, place, label, Strings::Ids),
            Some(Mark::Records(table, counts)) => match &table.form {
                Form::Rows(_) | Form::Held(_) => return self.rows(value, place, table, counts),
                Form::Alone => {
                    let segments = self.record(&Record::Row(value), table, place);
                    self.parts.keep(segments);
                    return Ok(());
                }
                Form::Columns { names, is_nested } => {
                    value.guard(place, self.names)?;
                    self.columns(value, place, table, (names, *is_nested, counts))?;
                    return self.members(value, place, label, strings, names);
                }
            },
            None => {}
        }
        self.inside(value, place, label, strings)
    }

    fn inside(
        &mut self,
        value: Value<'_>,
        place: &Place<'_>,
        label: &Label<'_>,
        strings: Strings,
    ) -> Result<(), Malformed> {
        match value.kind() {
            Type::String => {
                if value
                    .string()
                    .is_some_and(|text| self.is_text(&text, strings))
                {
                    let label = label.clone().with("field", brief(place));
                    self.parts.string(value, &label);
                }
                Ok(())
            }
            Type::Array => value
                .items()
                .enumerate()
                .try_for_each(|(index, item)| self.value(item, &place.item(index), label, strings)),
            Type::Object => {
                value.guard(place, self.names)?;
                self.members(value, place, label, strings, &[])
            }
            Type::Number | Type::True | Type::False | Type::Null => Ok(()),
        }
    }

    /// The members of an object, but for those that were read.
    fn members(
        &mut self,
        value: Value<'_>,
        place: &Place<'_>,
        label: &Label<'_>,
        strings: Strings,
        read: &[&str],
    ) -> Result<(), Malformed> {
        for (key, member) in value.members() {
            let Some(key) = key.string() else { continue };
            if read.contains(&&*key) {
                continue;
            }
            if !is_token(&key) {
                self.parts.gap(GapKind::Unrecognized, &place.key("*"));
            }
            self.value(member, &place.key(shown(&key)), label, strings)?;
        }
        Ok(())
    }

    fn is_text(&self, text: &str, strings: Strings) -> bool {
        match (strings, self.side) {
            (Strings::All, _) | (Strings::Rest, Side::Written) => true,
            (Strings::Ids, _) | (Strings::Rest, Side::Answered) => !is_token(text),
            // A number that is somebody's looks like a name.
            (Strings::Rest, Side::Asked) => {
                !is_word(text) || text.bytes().any(|byte| byte.is_ascii_digit())
            }
        }
    }

    fn rows(
        &mut self,
        holder: Value<'_>,
        place: &Place<'_>,
        table: &Table,
        counts: usize,
    ) -> Result<(), Malformed> {
        let mut spans = Spans::of(counts, 1);
        for (index, item) in holder.items().enumerate() {
            let record = Record::Row(item);
            let segments = self.record(&record, table, &place.item(index));
            spans.push([item.span()], segments, self.score(&record, table));
        }
        if holder.kind() == Type::Object {
            holder.guard(place, self.names)?;
        }
        for (key, item) in holder.members() {
            let whole = Span::new(key.span().start, item.span().end);
            let Some(key) = key.string() else { continue };
            if !is_token(&key) {
                self.parts.gap(GapKind::Unrecognized, &place.key("*"));
            }
            let record = Record::Row(item);
            let segments = self.record(&record, table, &place.key(shown(&key)));
            spans.push([whole], segments, self.score(&record, table));
        }
        self.parts.table(spans);
        Ok(())
    }

    fn columns(
        &mut self,
        owner: Value<'_>,
        place: &Place<'_>,
        table: &Table,
        (names, is_nested, counts): (&'static [&'static str], bool, usize),
    ) -> Result<(), Malformed> {
        let there = names.iter().filter_map(|name| {
            let column = owner.get(name).filter(|column| !column.is_null())?;
            Some((*name, column))
        });
        let there: Vec<(&'static str, Value<'_>)> = there.collect();
        if !is_nested {
            return self.table(&there, place, table, counts);
        }
        let mut columns = Vec::with_capacity(there.len());
        for (name, column) in there {
            let inner: Vec<Value<'_>> = column.array(&place.key(name))?.items().collect();
            columns.push((name, inner));
        }
        let count = columns.first().map_or(0, |(_, first)| first.len());
        for (name, column) in &columns {
            even(owner, &place.key(name), count, column.len())?;
        }
        for index in 0..count {
            let there = columns.iter().filter_map(|(name, column)| {
                let column = column.get(index).filter(|column| !column.is_null())?;
                Some((*name, *column))
            });
            let there: Vec<(&'static str, Value<'_>)> = there.collect();
            self.table(&there, place, table, counts)?;
        }
        Ok(())
    }

    /// Columns that stand side by side.
    fn table(
        &mut self,
        columns: &[(&'static str, Value<'_>)],
        place: &Place<'_>,
        table: &Table,
        counts: usize,
    ) -> Result<(), Malformed> {
        let mut items = Vec::with_capacity(columns.len());
        for (name, column) in columns {
            let column: Vec<Value<'_>> = column.array(&place.key(name))?.items().collect();
            items.push(column);
        }
        let count = items.first().map_or(0, Vec::len);
        for ((name, column), items) in columns.iter().zip(&items) {
            even(*column, &place.key(name), count, items.len())?;
        }
        let mut spans = Spans::of(counts, columns.len());
        for index in 0..count {
            let fields = columns.iter().zip(&items);
            let fields = fields.filter_map(|((name, _), items)| Some((*name, *items.get(index)?)));
            let fields: Vec<(&'static str, Value<'_>)> = fields.collect();
            let places: Vec<_> = fields.iter().map(|(_, item)| item.span()).collect();
            let record = Record::Columns(fields);
            let segments = self.record(&record, table, place);
            spans.push(places, segments, self.score(&record, table));
        }
        self.parts.table(spans);
        Ok(())
    }

    fn score(&self, record: &Record<'_>, table: &Table) -> Option<Span> {
        let score = record.find(table.fields.score.as_ref()?)?;
        (score.kind() == Type::Number).then(|| score.span())
    }
}

/// A place, of which no more than the beginning is told.
fn brief(place: &Place<'_>) -> String {
    let mut place = place.to_string();
    place.truncate(place.floor_char_boundary(PATH));
    place
}

/// Columns are as long as one another: a record is the same place in each of them.
fn even(at: Value<'_>, place: &Place<'_>, wanted: usize, found: usize) -> Result<(), Malformed> {
    match wanted == found {
        true => Ok(()),
        false => Err(at.refuse(place, Problem::Type("as long as the ids"))),
    }
}
