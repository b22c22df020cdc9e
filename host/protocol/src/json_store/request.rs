//! Requests.

use super::table;
use crate::store::{JsonEndpoint, Shape};

pub(crate) fn asked(endpoint: Option<&JsonEndpoint>) -> Shape {
    let written = endpoint.and_then(|endpoint| endpoint.written.as_ref());
    Shape {
        queries: endpoint.map_or_else(Vec::new, |endpoint| endpoint.queries.clone()),
        tables: written.map(table).into_iter().collect(),
        is_written: written.is_some(),
        ..Shape::default()
    }
}
