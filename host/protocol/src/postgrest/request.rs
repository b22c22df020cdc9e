//! Requests.

use super::{Endpoint, fields};
use crate::store::{self, Shape, Table};
use crate::{Limits, Malformed, Request};

pub(crate) fn request(
    endpoint: Option<Endpoint>,
    body: String,
    parameters: &str,
    limits: &Limits,
) -> Result<Request, Malformed> {
    store::request(body, parameters, limits, false, |_| Ok(shape(endpoint)))
}

fn shape(endpoint: Option<Endpoint>) -> Shape {
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
