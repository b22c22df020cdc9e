//! Requests.

use super::{Endpoint, NAMES, bare};
use crate::store::{self, Shape, Table};
use crate::{Limits, Malformed, Request};

pub(crate) fn request(
    endpoint: Option<Endpoint>,
    body: String,
    parameters: &str,
    limits: &Limits,
) -> Result<Request, Malformed> {
    let is_bulk = endpoint == Some(Endpoint::Bulk);
    let is_lines = is_bulk || endpoint == Some(Endpoint::Searches);
    // Each action of a bulk has its document in the next line, but for a deletion.
    let mut is_document = false;
    store::request(body, parameters, limits, is_lines, |line| match endpoint {
        Some(Endpoint::Write) => written(),
        Some(Endpoint::Bulk) if std::mem::take(&mut is_document) => written(),
        Some(Endpoint::Bulk) => {
            is_document = line.get("delete").is_none();
            Shape::asking(&[], NAMES).with_ids(&["*"]).written()
        }
        _ => Shape::asking(QUERIES, NAMES).with_ids(&["ids", "docs", "scroll_id", "pit"]),
    })
}

/// What is asked for.
const QUERIES: &[&str] = &["query", "knn", "post_filter", "rescore", "suggest"];

/// A document, or what an update makes of one.
fn written() -> Shape {
    Shape::of(Table::alone("", bare()), NAMES).written()
}
