//! Answers.

use super::{COLUMNS, Endpoint, NAMES, fields};
use crate::store::{Form, Shape, Table};

pub(crate) fn answered(endpoint: Option<Endpoint>) -> Shape {
    let (is_nested, score) = match endpoint {
        Some(Endpoint::Query) => (true, "distances"),
        Some(Endpoint::Search) => (true, "scores"),
        Some(Endpoint::Get) => (false, "distances"),
        Some(Endpoint::Write | Endpoint::Other) | None => return Shape::asking(&[], NAMES),
    };
    let form = Form::Columns {
        names: COLUMNS,
        is_nested,
    };
    Shape::of(Table::new("", form, fields(score)), NAMES)
}
