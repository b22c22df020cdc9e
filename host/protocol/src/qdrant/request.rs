//! Requests.

use super::{Endpoint, NAMES, fields};
use crate::store::{Fields, Path, Shape, Table};

/// What is asked for, in one search or in each of a batch.
const QUERIES: &[&str] = &[
    "query",
    "prefetch",
    "filter",
    "positive",
    "negative",
    "target",
    "context",
    "searches.*.query",
    "searches.*.prefetch",
    "searches.*.filter",
    "searches.*.positive",
    "searches.*.negative",
    "searches.*.target",
    "searches.*.context",
];

pub(crate) fn asked(endpoint: Option<Endpoint>) -> Shape {
    match endpoint {
        Some(Endpoint::Write) => {
            let payload = Fields {
                id: Path::of("key"),
                metadata: Some(Path::of("payload")),
                ..Fields::default()
            };
            let mut shape = Shape::of(Table::rows("", "points", fields()), NAMES).written();
            shape.tables.extend([
                Table::rows("operations.*.upsert", "points", fields()),
                Table::alone("operations.*.set_payload", payload.clone()),
                Table::alone("operations.*.overwrite_payload", payload),
            ]);
            shape
        }
        Some(_) | None => Shape::asking(QUERIES, NAMES).with_ids(&["ids", "points"]),
    }
}
