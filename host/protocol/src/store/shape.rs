//! Where in a body queries and records stand.

use super::Path;

/// A body of one endpoint.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shape {
    /// Keys that lenient readers must not take others for.
    pub(crate) names: &'static [&'static str],
    /// What is asked: every string below.
    pub(crate) queries: Vec<Path>,
    /// Ids alone: what of them is a token is no text.
    pub(crate) ids: Vec<Path>,
    /// Records.
    pub(crate) tables: Vec<Table>,
    /// What is made of records and is none: every string below is a document's.
    pub(crate) made: Vec<Path>,
    /// All of it goes into the store.
    pub(crate) is_written: bool,
    /// The next line belongs to it, and cannot be left out.
    pub(crate) is_followed: bool,
}

/// Records of one sort.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    /// What holds them and what counts them.
    pub(crate) owner: Path,
    /// How they stand in it.
    pub(crate) form: Form,
    /// What is known of each.
    pub(crate) fields: Fields,
    /// Numbers of records, in the owner.
    pub(crate) totals: Vec<Path>,
    /// The best score of all records, in the owner.
    pub(crate) best: Option<Path>,
}

/// How records stand in what holds them.
#[derive(Clone, Debug)]
pub(crate) enum Form {
    /// In arrays, which this path leads to.
    Rows(Path),
    /// In arrays or as the members of objects, which this path leads to.
    Held(Path),
    /// The owner is the record, if it is an object.
    Alone,
    /// As columns, the first of which is never left out. `is_nested`: each is an array of columns.
    Columns {
        names: &'static [&'static str],
        is_nested: bool,
    },
}

/// What of a record is not its text. A column is the first step of a path.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fields {
    pub(crate) id: Path,
    /// Small values that are told with each text.
    pub(crate) metadata: Option<Path>,
    pub(crate) score: Option<Path>,
    /// Records within it that have fields of their own. They go with it.
    pub(crate) inner: Option<Path>,
    /// Fields that may be vectors in Base64.
    pub(crate) vectors: &'static [&'static str],
}

impl Shape {
    /// Only records.
    pub(crate) fn of(table: Table, names: &'static [&'static str]) -> Self {
        Self {
            names,
            tables: vec![table],
            ..Self::default()
        }
    }

    /// Only queries.
    pub(crate) fn asking(queries: &[&str], names: &'static [&'static str]) -> Self {
        Self {
            names,
            queries: queries.iter().map(|path| Path::of(path)).collect(),
            ..Self::default()
        }
    }

    /// The same, where some of it is ids.
    pub(crate) fn with_ids(mut self, ids: &[&str]) -> Self {
        self.ids = ids.iter().map(|path| Path::of(path)).collect();
        self
    }

    /// The same, where some of it is made of records.
    pub(crate) fn with_made(mut self, made: &[&str]) -> Self {
        self.made = made.iter().map(|path| Path::of(path)).collect();
        self
    }

    /// The same, where all of it goes into the store.
    pub(crate) fn written(mut self) -> Self {
        self.is_written = true;
        self
    }
}

impl Table {
    /// Records in arrays: `rows` leads to them from what `owner` leads to.
    pub(crate) fn rows(owner: &str, rows: &str, fields: Fields) -> Self {
        Self::new(owner, Form::Rows(Path::of(rows)), fields)
    }

    /// A record that stands alone.
    pub(crate) fn alone(owner: &str, fields: Fields) -> Self {
        Self::new(owner, Form::Alone, fields)
    }

    pub(crate) fn new(owner: &str, form: Form, fields: Fields) -> Self {
        Self {
            owner: Path::of(owner),
            form,
            fields,
            totals: Vec::new(),
            best: None,
        }
    }
}
