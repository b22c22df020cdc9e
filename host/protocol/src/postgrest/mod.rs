//! PostgREST: PostgreSQL, and with it pgvector, by way of HTTP.
//!
//! # What becomes of each part
//!
//! | part | is |
//! |---|---|
//! | rows that are inserted or updated | records that are written |
//! | the arguments of a function that is called, and filters in the address | queries |
//! | rows of an answer | records |
//!
//! A row's small values are told with each of its texts, and so is its `id`. A row that is asked for
//! as an object stands alone and cannot be taken out of the answer, which is denied then. The last
//! part of a path is a table, below `rpc` a function; the description of all of them, at the root,
//! has no rows. Bodies that are not JSON are refused. Everything else is read as in every
//! store of documents.
//!
//! `Content-Range` counts the rows that the store has sent, those that were dropped among them.

mod errors;
mod request;
mod response;

pub(crate) use errors::body as error_body;
pub(crate) use request::asked;
pub(crate) use response::answered;

use crate::store::{Fields, Path};

/// What an endpoint is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Endpoint {
    /// Rows are asked for, or taken out.
    Rows,
    /// A function is called.
    Call,
    /// Rows are written.
    Write,
    /// What has no rows.
    Other,
}

/// What a path names, by method.
pub(crate) fn endpoint(method: &str, path: &str) -> Option<Endpoint> {
    let (above, last) = path.rsplit_once('/')?;
    let is_function = above.ends_with("/rpc");
    Some(match method {
        "GET" | "HEAD" if path == "/" => Endpoint::Other,
        // Behind a table's name a slash may say nothing.
        "GET" | "HEAD" if last.is_empty() => Endpoint::Rows,
        _ if last.is_empty() => return None,
        "GET" | "HEAD" | "POST" if is_function => Endpoint::Call,
        _ if is_function => return None,
        "GET" | "HEAD" | "DELETE" => Endpoint::Rows,
        "POST" | "PATCH" | "PUT" => Endpoint::Write,
        _ => return None,
    })
}

fn fields() -> Fields {
    Fields {
        id: Path::of("id"),
        metadata: Some(Path::default()),
        score: Some(Path::of("similarity")),
        inner: None,
        vectors: &[],
    }
}
