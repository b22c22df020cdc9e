//! Answers.

use super::{Endpoint, NAMES, bare, fields};
use crate::store::{Path, Shape, Table};

/// Where what a search answers stands in a body.
const SEARCH: &[&str] = &["", "response."];
const SEARCHES: &[&str] = &["responses.*."];

/// What is counted and said is made of documents, and says of none whose it is.
const MADE: &[&str] = &["aggregations", "ext.retrieval_augmented_generation.answer"];

pub(crate) fn answered(endpoint: Option<Endpoint>) -> Shape {
    let table = match endpoint {
        Some(Endpoint::Search) => return found(SEARCH),
        Some(Endpoint::Searches) => return found(SEARCHES),
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

/// What a search found, in each of these places.
fn found(places: &[&str]) -> Shape {
    let mut shape = Shape::asking(&[], NAMES);
    for place in places {
        let at = |path: &str| format!("{place}{path}");
        let made = MADE.iter().map(|path| Path::of(&at(path)));
        shape.made.extend(made);
        // Whether a count is exact is nobody's text.
        let exact = Path::of(&at("aggregations.**.hits.total.relation"));
        shape.ids.push(exact);
        shape.tables.extend([
            hits(&at("hits")),
            // An aggregation may show hits of its own, in each bucket, however deep.
            hits(&at("aggregations.**.hits")),
            // Beside its options a suggestion says again what was asked.
            Table::rows(&at("suggest.*.*"), "options", fields()),
            // What a search pipeline was given, and what it made of it.
            Table::rows(&at("processor_results.*"), "input_data", fields()),
            Table::rows(&at("processor_results.*"), "output_data", fields()),
        ]);
    }
    shape
}

fn hits(owner: &str) -> Table {
    let mut table = Table::rows(owner, "hits", fields());
    table.totals = vec![Path::of("total.value"), Path::of("total")];
    table.best = Some(Path::of("max_score"));
    table
}
