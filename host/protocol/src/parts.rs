//! The segments of one body, and the way back from them to its bytes.

mod leaf;
mod list;
mod table;

use std::borrow::Cow;
use std::ops::Range;

use caponier_core::{Gap, GapKind, Kind, Role, Segment, SegmentEdit, Span, Stage, ToolCall};

use crate::body::Body;
use crate::data_url;
use crate::json::{Form, Type, Value, cut, escaped, unescape};
use crate::splice::{Splice, apply_into};
use crate::{EditError, Malformed, Problem};
use leaf::{Placer, leaves, shifted};
pub(crate) use leaf::{leaf_attributes, leaf_splices, pieces};

use list::List;
pub(crate) use list::{Goes, Item};
pub(crate) use table::{Counts, Table};

/// What stands in the place of a dropped text.
pub(crate) const REMOVED: &str = "[removed by policy]";

/// A segment and the stage in which it is inspected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    /// The segment.
    pub segment: Segment,
    /// Its stage.
    pub stage: Stage,
}

/// What is known of a text before it becomes a segment.
#[derive(Clone)]
pub(crate) struct Label<'a> {
    pub(crate) stage: Stage,
    pub(crate) role: Role,
    pub(crate) kind: Kind,
    pub(crate) name: Option<&'a str>,
    pub(crate) attributes: Vec<(String, String)>,
}

impl<'a> Label<'a> {
    pub(crate) fn new(stage: Stage, role: Role, kind: Kind) -> Self {
        Self {
            stage,
            role,
            kind,
            name: None,
            attributes: Vec::new(),
        }
    }

    pub(crate) fn named(mut self, name: Option<&'a str>) -> Self {
        self.name = name;
        self
    }

    pub(crate) fn with(mut self, attribute: &str, value: impl Into<String>) -> Self {
        self.attributes.push((attribute.to_owned(), value.into()));
        self
    }

    pub(crate) fn segment(&self, id: u32, text: String) -> Segment {
        let mut segment = Segment::new(id, self.role, self.kind, text);
        segment.name = self.name.map(str::to_owned);
        segment.attributes.clone_from(&self.attributes);
        segment
    }
}

/// Where a segment's text is written.
enum Source {
    /// A string of the body, without its quotes.
    String { inner: Span, escaped: bool },
    /// A file in a data URL, which is a string of the body.
    File { inner: Span, escaped: bool },
    /// As it is: a part of a form, or a name that stands in quotes.
    Verbatim { span: Span, in_quotes: bool },
    /// A part of a tool call's arguments.
    Leaf { call: usize, span: Span, form: Form },
    /// Nowhere that could be changed.
    ReadOnly,
}

/// A tool call's arguments.
struct Arguments {
    /// Where they are written: without quotes if they are a string.
    inner: Span,
    /// Whether they are written as a string, and if so, whether with escapes.
    string: Option<bool>,
    text: String,
}

/// Something that repeats the text of segments, and must go when they are edited.
struct Shadow {
    segments: Range<u32>,
    span: Span,
    /// What then stands in its place.
    with: &'static str,
}

/// The segments of a body.
#[derive(Default)]
pub(crate) struct Parts {
    pub(crate) segments: Vec<Placed>,
    pub(crate) gaps: Vec<Gap>,
    pub(crate) calls: Vec<ToolCall>,
    sources: Vec<Source>,
    arguments: Vec<Arguments>,
    shadows: Vec<Shadow>,
    lists: Vec<List>,
    tables: Vec<Table>,
    counts: Vec<Counts>,
    /// Segments of which none can be dropped by itself.
    kept: Vec<Range<u32>>,
    /// Where in the body the JSON begins whose strings are read.
    pub(crate) offset: usize,
    first: u32,
    limit: usize,
    row: Option<Row>,
    /// There was more text than the limit, and it is not among the segments.
    overflow: bool,
    /// The kinds of gaps that there are.
    missed: Vec<GapKind>,
}

/// The row of a file that is read.
struct Row {
    /// Which one.
    number: String,
    /// What stands before the places of its gaps.
    place: String,
}

/// Gaps that are noted; more of them say nothing new, but for the first of a kind.
const GAPS: usize = 4096;

impl Parts {
    pub(crate) fn new(first: u32, limit: usize) -> Self {
        Self {
            first,
            limit,
            ..Self::default()
        }
    }

    /// Takes the segments of a stage out. Edits still find them where they are written.
    pub(crate) fn take(&mut self, stage: Stage) -> Vec<Segment> {
        self.segments
            .extract_if(.., |placed| placed.stage == stage)
            .map(|placed| placed.segment)
            .collect()
    }

    /// Takes all of them out.
    pub(crate) fn take_all(&mut self) -> Vec<Segment> {
        let all = std::mem::take(&mut self.segments);
        all.into_iter().map(|placed| placed.segment).collect()
    }

    /// Itself, if everything in it is there.
    pub(crate) fn checked(self) -> Result<Self, Malformed> {
        if self.overflow {
            let problem = Problem::TooManySegments(self.limit);
            return Err(Malformed {
                place: String::new(),
                at: 0,
                problem,
            });
        }
        Ok(self)
    }

    /// The id of the segment that comes next.
    pub(crate) fn next(&self) -> u32 {
        self.first
            .saturating_add(u32::try_from(self.sources.len()).unwrap_or(u32::MAX))
    }

    /// What is read next is in this row, at this place of it.
    pub(crate) fn enter(&mut self, number: usize, place: &str) {
        let number = number.to_string();
        let place = place.to_owned();
        self.row = Some(Row { number, place });
    }

    /// What is read next is in no row.
    pub(crate) fn leave(&mut self) {
        self.row = None;
    }

    pub(crate) fn gap(&mut self, kind: GapKind, place: impl Into<String>) {
        let place = place.into();
        let place = match &self.row {
            Some(row) => joined(&row.place, &place),
            None => place,
        };
        let gap = Gap { kind, place };
        let is_first = !self.missed.contains(&kind);
        if is_first || self.gaps.len() < GAPS && self.gaps.last() != Some(&gap) {
            self.gaps.push(gap);
        }
        if is_first {
            self.missed.push(kind);
        }
    }

    /// A string of the body. An empty one has nothing to inspect.
    pub(crate) fn string(&mut self, value: Value<'_>, label: &Label<'_>) {
        let Some(text) = value.string().filter(|text| !text.is_empty()) else {
            return;
        };
        let source = Source::String {
            inner: shifted(value.inner(), self.offset),
            escaped: value.is_escaped(),
        };
        self.push(label, text.into_owned(), source);
    }

    /// A file in a data URL. `false` where it is no text, and nothing was read.
    pub(crate) fn data_url(&mut self, value: Value<'_>, label: &Label<'_>) -> bool {
        let Some(text) = value.string().and_then(|url| Some(data_url::read(&url)?.1)) else {
            return false;
        };
        if !text.is_empty() {
            let source = Source::File {
                inner: value.inner(),
                escaped: value.is_escaped(),
            };
            self.push(label, text, source);
        }
        true
    }

    /// A text of the body that is no JSON.
    pub(crate) fn verbatim(&mut self, text: &str, span: Span, in_quotes: bool, label: &Label<'_>) {
        if !text.is_empty() {
            let source = Source::Verbatim { span, in_quotes };
            self.push(label, text.to_owned(), source);
        }
    }

    /// A text that is shown and cannot be changed.
    pub(crate) fn read_only(&mut self, text: String, label: &Label<'_>) {
        if let Some(segment) = self.push(label, text, Source::ReadOnly) {
            segment.settled = segment.text.len();
        }
    }

    /// A text that is judged and stands nowhere in the body: it cannot be changed.
    pub(crate) fn fixed(&mut self, text: String, label: &Label<'_>) {
        if !text.is_empty() {
            self.push(label, text, Source::ReadOnly);
        }
    }

    /// A tool call's arguments: each string, number and key, then the whole.
    pub(crate) fn arguments(&mut self, value: Value<'_>, label: &Label<'_>, id: Option<String>) {
        let text = value.string();
        self.calls.push(ToolCall {
            id,
            name: label.name.unwrap_or_default().to_owned(),
            arguments: text.map_or_else(|| value.raw().to_owned(), Cow::into_owned),
        });
        self.leaves(value, label);
    }

    /// JSON, or a string of it: each string, number and key, then the whole.
    pub(crate) fn leaves(&mut self, value: Value<'_>, label: &Label<'_>) {
        let (inner, string, text) = match value.string() {
            Some(text) => (value.inner(), Some(value.is_escaped()), text.into_owned()),
            None => (value.span(), None, value.raw().to_owned()),
        };
        if text.is_empty() || matches!(value.kind(), Type::Null) {
            return;
        }
        let call = self.arguments.len();
        let Some(leaves) = leaves(&text, self.limit.saturating_sub(self.segments.len())) else {
            self.overflow = true;
            return;
        };
        for leaf in leaves {
            let source = Source::Leaf {
                call,
                span: leaf.span,
                form: leaf.form,
            };
            if let Some(segment) = self.push(label, leaf.text, source) {
                segment
                    .attributes
                    .extend(leaf_attributes(leaf.path, leaf.form));
            }
        }
        let whole = Label {
            kind: Kind::Structured,
            ..label.clone()
        };
        self.push(&whole, text.clone(), Source::ReadOnly);
        self.arguments.push(Arguments {
            inner,
            string,
            text,
        });
    }

    /// Says that `value` repeats the text of `segments`.
    pub(crate) fn shadow(&mut self, segments: Range<u32>, value: Value<'_>, with: &'static str) {
        self.shadows.push(Shadow {
            segments,
            span: value.span(),
            with,
        });
    }

    /// Says that these are the items of an array, of which some may go as a whole.
    pub(crate) fn list(&mut self, items: Vec<Item>) {
        if items.iter().any(|item| item.goes != Goes::Never) {
            let may_be_empty = false;
            self.lists.push(List {
                items,
                may_be_empty,
            });
        }
    }

    /// The same of an array that may be left empty.
    pub(crate) fn shelf(&mut self, items: Vec<Item>) {
        let may_be_empty = true;
        self.lists.push(List {
            items,
            may_be_empty,
        });
    }

    /// Says that these are records, which go as a whole.
    pub(crate) fn table(&mut self, table: Table) {
        self.tables.push(table);
    }

    /// Numbers that records are counted with; gives what tables call them.
    pub(crate) fn count(&mut self, counts: Counts) -> usize {
        self.counts.push(counts);
        self.counts.len() - 1
    }

    /// Says that none of these can be dropped by itself.
    pub(crate) fn keep(&mut self, segments: Range<u32>) {
        self.kept.push(segments);
    }

    /// Whether one of these cannot be dropped by itself.
    pub(crate) fn keeps(&self, drop: &[u32]) -> bool {
        let is_kept = |segment: &u32| self.kept.iter().any(|range| range.contains(segment));
        drop.iter().any(is_kept)
    }

    /// Whether one of these is written nowhere that could be changed.
    pub(crate) fn fixes(&self, edits: &[SegmentEdit]) -> bool {
        let is_fixed =
            |edit: &SegmentEdit| matches!(self.source(edit.segment), Ok(Source::ReadOnly));
        edits.iter().any(is_fixed)
    }

    fn push(&mut self, label: &Label<'_>, text: String, source: Source) -> Option<&mut Segment> {
        if self.segments.len() >= self.limit {
            self.overflow = true;
            return None;
        }
        let mut segment = label.segment(self.next(), text);
        if let Some(row) = &self.row {
            let row = ("row".to_owned(), row.number.clone());
            segment.attributes.push(row);
        }
        self.sources.push(source);
        self.segments.push(Placed {
            segment,
            stage: label.stage,
        });
        self.segments.last_mut().map(|placed| &mut placed.segment)
    }

    /// The splices that make the edits true, in order.
    pub(crate) fn splices(
        &self,
        body: &Body,
        edits: &[SegmentEdit],
        drop: &[u32],
    ) -> Result<Vec<Splice>, EditError> {
        let mut drop = drop.to_vec();
        drop.sort_unstable();
        drop.dedup();
        let mut edited: Vec<u32> = edits.iter().map(|edit| edit.segment).collect();
        edited.sort_unstable();
        let (mut splices, mut gone) = list::gone(&self.lists, &edited, &drop);
        let (records, segments) = table::gone(&self.tables, &self.counts, &drop, body);
        splices.extend(records);
        gone.extend(segments);
        gone.sort_unstable();
        let is_in = |list: &[u32], segment: u32| list.binary_search(&segment).is_ok();
        let mut wanted: Vec<(u32, Span, &str)> = Vec::with_capacity(edits.len() + drop.len());
        for edit in edits {
            if !is_in(&drop, edit.segment) && !is_in(&gone, edit.segment) {
                wanted.push((edit.segment, edit.span, &edit.replacement));
            }
        }
        for segment in &drop {
            if !is_in(&gone, *segment) {
                let end = self.text(body, *segment)?.len();
                wanted.push((*segment, Span::new(0, end), REMOVED));
            }
        }
        wanted.sort_by_key(|(segment, span, _)| (*segment, *span));

        let mut in_arguments = Vec::new();
        for group in wanted.chunk_by(|first, second| first.0 == second.0) {
            let Some((segment, ..)) = group.first() else {
                continue;
            };
            check(*segment, group)?;
            match self.source(*segment)? {
                Source::String {
                    inner,
                    escaped: with_escapes,
                } => {
                    let raw = body.text(*inner);
                    let mut place = Placer::new(raw, *with_escapes);
                    for (_, span, with) in group {
                        let span = place.place(*span).ok_or(EditError::Span(*segment))?;
                        splices.push(Splice::new(shifted(span, inner.start), escaped(with)));
                    }
                }
                Source::File { inner, escaped: is } => {
                    let url = plain(body.text(*inner), *is);
                    let (head, text) = data_url::read(&url).ok_or(EditError::Span(*segment))?;
                    let mut place = Placer::new(&text, false);
                    let mut edits = Vec::with_capacity(group.len());
                    for (_, span, with) in group {
                        let span = place.place(*span).ok_or(EditError::Span(*segment))?;
                        edits.push(Splice::new(span, *with));
                    }
                    let mut edited = Vec::new();
                    apply_into(&mut edited, text.as_bytes(), &edits);
                    let url = data_url::write(head, &edited);
                    splices.push(Splice::new(*inner, escaped(&url)));
                }
                Source::Verbatim { span, in_quotes } => {
                    let mut place = Placer::new(body.text(*span), false);
                    for (_, edit, with) in group {
                        let edit = place.place(*edit).ok_or(EditError::Span(*segment))?;
                        let with = match in_quotes {
                            true => quotable(with),
                            false => (*with).to_owned(),
                        };
                        splices.push(Splice::new(shifted(edit, span.start), with));
                    }
                }
                Source::Leaf {
                    call,
                    span: leaf,
                    form,
                } => {
                    let text = self
                        .arguments
                        .get(*call)
                        .map_or("", |arguments| arguments.text.as_str());
                    for splice in leaf_splices(cut(text, *leaf), *form, group)
                        .ok_or(EditError::Span(*segment))?
                    {
                        in_arguments.push((
                            *call,
                            Splice::new(shifted(splice.span, leaf.start), splice.with),
                        ));
                    }
                }
                Source::ReadOnly => return Err(EditError::ReadOnly(*segment)),
            }
        }
        for group in in_arguments.chunk_by(|first, second| first.0 == second.0) {
            let Some(arguments) = group
                .first()
                .and_then(|(call, _)| self.arguments.get(*call))
            else {
                continue;
            };
            let mut place = Placer::new(body.text(arguments.inner), arguments.string == Some(true));
            for (_, splice) in group {
                let span = place.place(splice.span).ok_or(EditError::Span(0))?;
                let with = if arguments.string.is_some() {
                    escaped(&splice.with)
                } else {
                    splice.with.clone()
                };
                splices.push(Splice::new(shifted(span, arguments.inner.start), with));
            }
        }
        for shadow in &self.shadows {
            if wanted
                .iter()
                .any(|(segment, ..)| shadow.segments.contains(segment))
            {
                splices.push(Splice::new(shadow.span, shadow.with));
            }
        }
        splices.sort_by_key(|splice| splice.span);
        Ok(splices)
    }

    fn index(&self, segment: u32) -> Result<usize, EditError> {
        segment
            .checked_sub(self.first)
            .map(|index| index as usize)
            .ok_or(EditError::UnknownSegment(segment))
    }

    fn source(&self, segment: u32) -> Result<&Source, EditError> {
        self.sources
            .get(self.index(segment)?)
            .ok_or(EditError::UnknownSegment(segment))
    }

    /// The text of a segment, from where it is written.
    fn text<'t>(&'t self, body: &'t Body, segment: u32) -> Result<Cow<'t, str>, EditError> {
        let (spelling, is_escaped) = match self.source(segment)? {
            Source::String { inner, escaped } => (body.text(*inner), *escaped),
            Source::Verbatim { span, .. } => (body.text(*span), false),
            Source::File { inner, escaped } => {
                let url = plain(body.text(*inner), *escaped);
                let text = data_url::read(&url).map(|(_, text)| text);
                return Ok(Cow::Owned(text.unwrap_or_default()));
            }
            Source::Leaf { call, span, form } => {
                let arguments = self.arguments.get(*call);
                let text = arguments.map_or("", |arguments| arguments.text.as_str());
                (cut(text, *span), matches!(form, Form::String | Form::Key))
            }
            Source::ReadOnly => return Err(EditError::ReadOnly(segment)),
        };
        Ok(plain(spelling, is_escaped))
    }
}

/// Edits of one segment are in order and do not overlap.
fn check(segment: u32, group: &[(u32, Span, &str)]) -> Result<(), EditError> {
    let mut end = 0;
    for (_, span, _) in group {
        if span.start < end {
            return Err(EditError::Overlap(segment));
        }
        end = span.end;
    }
    Ok(())
}

/// What may stand in the quotes of a header, written as browsers write it.
fn quotable(text: &str) -> String {
    let text: String = text.chars().filter(|c| !c.is_control()).collect();
    text.replace(['"', '\\', '/'], "_")
}

/// A place within another.
pub(crate) fn joined(place: &str, inner: &str) -> String {
    match (place, inner) {
        ("", only) | (only, "") => only.to_owned(),
        (place, inner) if inner.starts_with('[') => format!("{place}{inner}"),
        (place, inner) => format!("{place}.{inner}"),
    }
}

/// What is spelled with escapes, or without.
fn plain(spelling: &str, is_escaped: bool) -> Cow<'_, str> {
    match is_escaped {
        true => Cow::Owned(unescape(spelling)),
        false => Cow::Borrowed(spelling),
    }
}
