//! Answers.

use super::{Endpoint, NAMES, fields};
use crate::store::{Shape, Table};

pub(crate) fn answered(endpoint: Option<Endpoint>) -> Shape {
    let mut shape = Shape::asking(&[], NAMES);
    match endpoint {
        Some(Endpoint::Find) => {
            shape = shape.with_made(&["result.groups.*.id", "result.groups.*.lookup"]);
            let rows = ["", "points", "groups.*.hits"];
            shape.tables = rows
                .map(|rows| Table::rows("result", rows, fields()))
                .into();
        }
        Some(Endpoint::Batch) => {
            let rows = ["*", "*.points"];
            shape.tables = rows
                .map(|rows| Table::rows("result", rows, fields()))
                .into();
        }
        Some(Endpoint::Point) => shape.tables = vec![Table::alone("result", fields())],
        Some(Endpoint::Facet) => shape = shape.with_made(&["result.hits"]),
        Some(Endpoint::Write | Endpoint::Other) | None => {}
    }
    shape
}
