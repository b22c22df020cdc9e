//! Answers.

use super::{Endpoint, NAMES, bare, fields};
use crate::store::{self, Path, Shape, Table};
use crate::{Limits, Malformed, Response};

pub(crate) fn response(
    endpoint: Option<Endpoint>,
    body: String,
    first: u32,
    limits: &Limits,
) -> Result<Response, Malformed> {
    store::response(body, first, limits, &shape(endpoint))
}

fn shape(endpoint: Option<Endpoint>) -> Shape {
    let table = match endpoint {
        Some(Endpoint::Search) => {
            let mut shape = Shape::of(hits("hits"), NAMES);
            shape.tables.push(hits("response.hits"));
            return shape;
        }
        Some(Endpoint::Searches) => hits("responses.*.hits"),
        Some(Endpoint::Document) => Table::alone("", fields()),
        Some(Endpoint::Source) => Table::alone("", bare()),
        Some(Endpoint::Documents) => Table::rows("", "docs", fields()),
        Some(Endpoint::Write | Endpoint::Bulk | Endpoint::Other) | None => {
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
