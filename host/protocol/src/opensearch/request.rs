//! Requests.

use super::{Endpoint, NAMES, bare};
use crate::json::Value;
use crate::place::Place;
use crate::store::{self, Shape, Table};
use crate::{Limits, Malformed, Problem, Request};

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
    store::request(body, parameters, limits, is_lines, |line| {
        Ok(match endpoint {
            Some(Endpoint::Write) => written(),
            Some(Endpoint::Bulk) if std::mem::take(&mut is_document) => written(),
            Some(Endpoint::Bulk) => {
                is_document = action(line)? != "delete";
                let mut shape = Shape::asking(&[], NAMES).with_ids(&["*"]).written();
                shape.is_followed = is_document;
                shape
            }
            _ => Shape::asking(QUERIES, NAMES).with_ids(&["ids", "docs", "scroll_id", "pit"]),
        })
    })
}

/// What a line of a bulk is to do. One with more than that could be read as another.
fn action(line: Value<'_>) -> Result<&'static str, Malformed> {
    let mut members = line.members();
    let only = members.next().filter(|_| members.next().is_none());
    let name = only.and_then(|(key, _)| key.string());
    let known = ACTIONS
        .iter()
        .find(|action| name.as_deref() == Some(**action));
    let missing = || line.refuse(&Place::ROOT, Problem::Type("one action of a bulk"));
    known.copied().ok_or_else(missing)
}

/// What can be done in a bulk.
const ACTIONS: &[&str] = &["index", "create", "update", "delete"];

/// What is asked for.
const QUERIES: &[&str] = &["query", "knn", "post_filter", "rescore", "suggest"];

/// A document, or what an update makes of one.
fn written() -> Shape {
    Shape::of(Table::alone("", bare()), NAMES).written()
}
