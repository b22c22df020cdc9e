//! Requests.

use super::{Endpoint, fields};
use crate::store::{Shape, Table};

pub(crate) fn asked(endpoint: Option<Endpoint>) -> Shape {
    match endpoint {
        Some(Endpoint::Write) => {
            let mut shape = Shape::of(Table::rows("", "", fields()), &[]).written();
            shape.tables.push(Table::alone("", fields()));
            shape
        }
        Some(Endpoint::Call) => Shape::asking(&[""], &[]),
        Some(Endpoint::Rows | Endpoint::Other) | None => Shape::asking(&[], &[]),
    }
}
