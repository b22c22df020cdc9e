//! Requests.

use super::{COLUMNS, Endpoint, NAMES, fields};
use crate::store::{Form, Shape, Table};

pub(crate) fn asked(endpoint: Option<Endpoint>) -> Shape {
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
        Some(Endpoint::Get | Endpoint::Other) | None => {
            Shape::asking(&["where_document"], NAMES).with_ids(&["ids"])
        }
    }
}
