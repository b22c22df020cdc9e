//! Answers.

use super::{Endpoint, fields};
use crate::store::{Shape, Table};

pub(crate) fn answered(endpoint: Option<Endpoint>) -> Shape {
    match endpoint {
        Some(Endpoint::Rows | Endpoint::Call | Endpoint::Write) => {
            // What is neither rows nor one is a text that a function made of some.
            let mut shape = Shape::of(Table::rows("", "", fields()), &[]).with_made(&[""]);
            shape.tables.push(Table::alone("", fields()));
            shape
        }
        Some(Endpoint::Other) | None => Shape::asking(&[], &[]),
    }
}
