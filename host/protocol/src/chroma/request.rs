//! Requests.

use super::{COLUMNS, Endpoint, NAMES, fields};
use crate::store::{self, Form, Shape, Table};
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
    let filtered = || Shape::asking(&["where_document"], NAMES).with_ids(&["ids"]);
    match endpoint {
        Some(Endpoint::Query) => {
            Shape::asking(&["query_texts", "where_document"], NAMES).with_ids(&["ids"])
        }
        Some(Endpoint::Search) => Shape::asking(&["searches.*.rank"], NAMES),
        Some(Endpoint::Write) => {
            let form = Form::Columns {
                names: COLUMNS,
                is_nested: false,
            };
            Shape::of(Table::new("", form, fields("scores")), NAMES).written()
        }
        Some(Endpoint::Get | Endpoint::Other) | None => filtered(),
    }
}
