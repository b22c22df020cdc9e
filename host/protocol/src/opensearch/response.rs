//! Answers.

use super::{Endpoint, NAMES, bare, fields};
use crate::store::{Path, Shape, Table};

/// What is counted and suggested is made of documents, and says of none whose it is.
const MADE: &[&str] = &[
    "aggregations",
    "suggest",
    "response.aggregations",
    "response.suggest",
    "responses.*.aggregations",
    "responses.*.suggest",
];

pub(crate) fn answered(endpoint: Option<Endpoint>) -> Shape {
    let table = match endpoint {
        Some(Endpoint::Search) => {
            let mut shape = Shape::of(hits("hits"), NAMES).with_made(MADE);
            shape.tables.push(hits("response.hits"));
            return shape;
        }
        Some(Endpoint::Searches) => {
            return Shape::of(hits("responses.*.hits"), NAMES).with_made(MADE);
        }
        Some(Endpoint::Document) => Table::alone("", fields()),
        Some(Endpoint::Source) => Table::alone("", bare()),
        Some(Endpoint::Documents) => Table::rows("", "docs", fields()),
        // An update may answer with what it made of a document.
        Some(Endpoint::Write) => Table::alone("get", fields()),
        Some(Endpoint::Bulk) => Table::alone("items.*.*.get", fields()),
        Some(Endpoint::Other) | None => {
            return Shape::asking(&[], NAMES);
        }
    };
    Shape::of(table, NAMES)
}

fn hits(owner: &str) -> Table {
    let mut table = Table::rows(owner, "hits", fields());
    table.totals = vec![Path::of("total.value"), Path::of("total")];
    table.best = Some(Path::of("max_score"));
    table
}
