//! Qdrant.
//!
//! # What becomes of each part
//!
//! | part | is |
//! |---|---|
//! | `points` that are upserted, payloads that are set, one by one or in a batch of operations | records that are written |
//! | a `query`, what is looked `near` or recommended, a filter's `match` | queries |
//! | the points of an answer, whether found, grouped, scrolled through or asked for by id | records |
//!
//! A record's payload is told with each of its texts. What points are grouped by, and values that they
//! are counted by, are a document's text with nothing that tells of which; dropped, it is replaced. A point that is asked for alone cannot be taken
//! out of the answer, which is denied then. Everything else is read as in every
//! store of documents.

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
    /// Points that are found, grouped or not.
    Find,
    /// Points that are found by each of several searches.
    Batch,
    /// One point.
    Point,
    /// Points, payloads or vectors are written.
    Write,
    /// Values that points have.
    Facet,
    /// What has no records.
    Other,
}

/// What a path names, by method.
pub(crate) fn endpoint(method: &str, path: &str) -> Option<Endpoint> {
    let all: Vec<&str> = path.split('/').skip(1).collect();
    let at = all.iter().position(|part| *part == "collections");
    let Some(parts) = at.and_then(|at| all.get(at..)) else {
        let is_known = matches!(
            all.last().copied(),
            Some("" | "aliases" | "healthz" | "livez" | "readyz")
        );
        return (method == "GET" && is_known).then_some(Endpoint::Other);
    };
    Some(match (method, parts) {
        ("POST", ["collections", _, "points"]) => Endpoint::Find,
        ("POST", ["collections", _, "points", "scroll"]) => Endpoint::Find,
        (
            "POST",
            [
                "collections",
                _,
                "points",
                "search" | "query" | "recommend" | "discover",
            ],
        ) => Endpoint::Find,
        (
            "POST",
            [
                "collections",
                _,
                "points",
                "search" | "query" | "recommend",
                "groups",
            ],
        ) => Endpoint::Find,
        (
            "POST",
            [
                "collections",
                _,
                "points",
                "search" | "query" | "recommend" | "discover",
                "batch",
            ],
        ) => Endpoint::Batch,
        ("GET", ["collections", _, "points", _]) => Endpoint::Point,
        ("PUT", ["collections", _, "points"]) => Endpoint::Write,
        ("POST" | "PUT", ["collections", _, "points", "payload"]) => Endpoint::Write,
        ("PUT", ["collections", _, "points", "vectors"]) => Endpoint::Write,
        ("POST", ["collections", _, "points", "batch"]) => Endpoint::Write,
        ("POST", ["collections", _, "points", "delete" | "count"]) => Endpoint::Other,
        ("POST", ["collections", _, "points", "payload" | "vectors", _]) => Endpoint::Other,
        ("POST", ["collections", _, "facet"]) => Endpoint::Facet,
        (
            "GET",
            ["collections"] | ["collections", _] | ["collections", _, "exists" | "aliases"],
        ) => Endpoint::Other,
        ("PUT" | "PATCH" | "DELETE", ["collections", _]) => Endpoint::Other,
        ("PUT", ["collections", _, "index"]) | ("DELETE", ["collections", _, "index", _]) => {
            Endpoint::Other
        }
        ("POST", ["collections", "aliases"]) => Endpoint::Other,
        _ => return None,
    })
}

/// Keys that tell where records and queries are.
const NAMES: &[&str] = &[
    "filter", "groups", "hits", "id", "match", "payload", "points", "query", "result", "score",
    "upsert", "vector",
];

fn fields() -> Fields {
    Fields {
        id: Path::of("id"),
        metadata: Some(Path::of("payload")),
        score: Some(Path::of("score")),
        inner: None,
        vectors: &[],
    }
}
