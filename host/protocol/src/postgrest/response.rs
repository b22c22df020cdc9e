//! Answers.

use super::{Endpoint, fields};
use crate::store::{self, Shape, Table};
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
