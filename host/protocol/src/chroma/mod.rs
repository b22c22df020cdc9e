//! Chroma, the second version of its API.
//!
//! # What becomes of each part
//!
//! | part | is |
//! |---|---|
//! | `documents`, `metadatas`, `uris` of `add`, `upsert` and `update`, with their `ids` | records that are written |
//! | `query_texts`, `where_document`, the texts of a search's `rank` | queries |
//! | the columns of an answer to `get`, one table; to `query` and `search`, one to each query | records |
//!
//! A record is the same item of every column: of `ids`, `documents`, `metadatas`, `distances` or
//! `scores`, `embeddings`, `uris` and `data`, as many as there are. Columns that are not as long as
//! `ids` are refused. Everything else is read as in every store of documents.
//!
//! Whatever a client asks before it asks for documents is known too: its identity, tenants, databases,
//! collections. Taking everything out of a server, `reset`, is not.

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
    /// The nearest records to each of several queries.
    Query,
    /// Records, by id or filter.
    Get,
    /// Records for each of several searches.
    Search,
    /// Records are written.
    Write,
    /// What has no records.
    Other,
}

/// What a path below the API's root names, by method.
pub(crate) fn endpoint(method: &str, path: &str) -> Option<Endpoint> {
    let (_, below) = path.split_once("/api/v2/")?;
    let parts: Vec<&str> = below.split('/').collect();
    let of_collection = match parts.as_slice() {
        ["tenants", _, "databases", _, "collections", "by-id", _] => Some("by-id"),
        ["tenants", _, "databases", _, "collections", _, action] => Some(*action),
        _ => None,
    };
    let endpoint = match (method, of_collection) {
        ("POST", Some("query")) => Endpoint::Query,
        ("POST", Some("get")) => Endpoint::Get,
        ("POST", Some("search")) => Endpoint::Search,
        ("POST", Some("add" | "update" | "upsert")) => Endpoint::Write,
        ("POST", Some("delete" | "fork"))
        | ("GET", Some("by-id" | "count" | "fork_count" | "indexing_status")) => Endpoint::Other,
        (_, Some(_)) => return None,
        ("GET", None) => match parts.as_slice() {
            ["auth", "identity"]
            | ["healthcheck" | "heartbeat" | "pre-flight-checks" | "version"]
            | ["tenants", _]
            | ["tenants", _, "databases"]
            | ["tenants", _, "databases", _]
            | [
                "tenants",
                _,
                "databases",
                _,
                "collections" | "collections_count",
            ]
            | ["tenants", _, "databases", _, "collections", _] => Endpoint::Other,
            _ => return None,
        },
        ("POST", None) => match parts.as_slice() {
            ["tenants"] | ["tenants", _, "databases"] => Endpoint::Other,
            ["tenants", _, "databases", _, "collections"] => Endpoint::Other,
            _ => return None,
        },
        ("PUT" | "DELETE", None) => match parts.as_slice() {
            ["tenants", _, "databases", _, "collections", _] => Endpoint::Other,
            ["tenants", _, "databases", _] if method == "DELETE" => Endpoint::Other,
            _ => return None,
        },
        _ => return None,
    };
    Some(endpoint)
}

/// The columns that have a place for each record.
const COLUMNS: &[&str] = &[
    "ids",
    "documents",
    "metadatas",
    "uris",
    "distances",
    "scores",
    "embeddings",
    "data",
];

/// Keys that tell where records and queries are.
const NAMES: &[&str] = &[
    "data",
    "distances",
    "documents",
    "embeddings",
    "ids",
    "metadatas",
    "query_texts",
    "rank",
    "scores",
    "searches",
    "uris",
    "where",
    "where_document",
];

fn fields(score: &str) -> Fields {
    Fields {
        id: Path::of("ids"),
        metadata: Some(Path::of("metadatas")),
        score: Some(Path::of(score)),
        inner: None,
        vectors: &["embeddings"],
    }
}
