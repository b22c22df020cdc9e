//! A JSON API of a store that a configuration describes.
//!
//! # What becomes of each part
//!
//! | part | is |
//! |---|---|
//! | what `queries` leads to | queries |
//! | what `documents` leads to in a request | records that are written |
//! | what `documents` leads to in an answer | records |
//!
//! Every string of a document is its text. Everything else is read as in every
//! store of documents.

mod errors;
mod request;
mod response;

pub(crate) use errors::body as error_body;
pub(crate) use request::asked;
pub(crate) use response::answered;

use crate::store::{Fields, Form, JsonRecords, Path, Table};

fn table(records: &JsonRecords) -> Table {
    let fields = Fields {
        id: records.id.clone(),
        metadata: records.attributes.clone(),
        score: records.score.clone(),
        inner: None,
        vectors: &[],
    };
    let (owner, form) = match records.is_alone {
        true => (records.rows.clone(), Form::Alone),
        false => (Path::default(), Form::Held(records.rows.clone())),
    };
    Table {
        owner,
        form,
        fields,
        totals: records.totals.clone(),
        best: None,
    }
}
