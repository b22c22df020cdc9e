//! OpenSearch, and Elasticsearch, whose search and documents are the same.
//!
//! # What becomes of each part
//!
//! | part | is |
//! |---|---|
//! | a document that is indexed, created or updated; each line of a bulk that is not an action | a record that is written |
//! | `query`, `knn`, `post_filter`, `rescore`, `suggest` of a search | queries |
//! | the hits of an answer, those that an aggregation shows of a bucket, the options of a suggestion, what the processors of a search pipeline were given and made of it | records |
//! | a document that is asked for by id, alone or with others | a record |
//!
//! A hit's `_source` is told with each of its texts. Another document among its `inner_hits` is
//! told of by itself, and takes the whole hit along. With a hit that goes, `hits.total` counts one
//! less, and `max_score` is that of the best hit that stays; hits that are not on this page are
//! counted still. A document that is asked for alone cannot be taken out of the answer, which is
//! denied then. What else aggregations say, and what a model said of the hits, is a
//! document's text, with nothing that tells of which; dropped, it is replaced. Everything else is read
//! as in every store of documents.

mod errors;
mod request;
mod response;

pub(crate) use errors::body as error_body;
pub(crate) use request::request;
pub(crate) use response::answered;

use crate::store::{Fields, Path};

/// What an endpoint is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Endpoint {
    /// Hits.
    Search,
    /// Hits for each of several searches, which come as lines.
    Searches,
    /// One document, with what is known of it.
    Document,
    /// One document's text.
    Source,
    /// Several documents.
    Documents,
    /// A document is written.
    Write,
    /// Documents are written, in lines.
    Bulk,
    /// What has no records.
    Other,
}

/// What a path names, by method.
pub(crate) fn endpoint(method: &str, path: &str) -> Option<Endpoint> {
    let parts: Vec<&str> = path.split('/').skip(1).collect();
    let at = parts.iter().position(|part| part.starts_with('_'));
    let Some(api) = at.and_then(|at| parts.get(at..)) else {
        // The root, or an index.
        let is_known = matches!(method, "GET" | "HEAD" | "PUT" | "DELETE");
        return is_known.then_some(Endpoint::Other);
    };
    let is_asked = matches!(method, "GET" | "POST");
    let is_put = matches!(method, "PUT" | "POST");
    Some(match api {
        ["_search"] | ["_search", "scroll"] | ["_async_search"] if is_asked => Endpoint::Search,
        ["_msearch"] if is_asked => Endpoint::Searches,
        ["_count"] | ["_validate", "query"] | ["_analyze"] | ["_field_caps"] if is_asked => {
            Endpoint::Other
        }
        ["_doc", _] if matches!(method, "GET" | "HEAD") => Endpoint::Document,
        ["_source", _] if matches!(method, "GET" | "HEAD") => Endpoint::Source,
        ["_mget"] if is_asked => Endpoint::Documents,
        ["_doc"] if method == "POST" => Endpoint::Write,
        ["_doc" | "_create", _] if is_put => Endpoint::Write,
        ["_update", _] if method == "POST" => Endpoint::Write,
        ["_bulk"] if is_put => Endpoint::Bulk,
        ["_doc", _] if method == "DELETE" => Endpoint::Other,
        ["_delete_by_query" | "_pit" | "_open" | "_close"] if method == "POST" => Endpoint::Other,
        ["_search", "scroll"] | ["_search", "point_in_time"] => Endpoint::Other,
        ["_refresh" | "_flush" | "_forcemerge"] if is_asked => Endpoint::Other,
        [
            "_alias" | "_aliases" | "_mapping" | "_mappings" | "_settings",
            ..,
        ] => Endpoint::Other,
        ["_cluster", "health", ..] | ["_nodes", "http"] if method == "GET" => Endpoint::Other,
        _ => return None,
    })
}

/// Keys that tell where records and queries are.
const NAMES: &[&str] = &[
    "_id",
    "_score",
    "_source",
    "docs",
    "hits",
    "knn",
    "max_score",
    "post_filter",
    "query",
    "rescore",
    "responses",
    "suggest",
    "total",
];

fn fields() -> Fields {
    Fields {
        id: Path::of("_id"),
        metadata: Some(Path::of("_source")),
        score: Some(Path::of("_score")),
        inner: Some(Path::of("inner_hits.*.hits.hits.*")),
        vectors: &[],
    }
}

/// A document by itself: its id is in the address.
fn bare() -> Fields {
    Fields {
        metadata: Some(Path::default()),
        id: Path::of("_id"),
        ..Fields::default()
    }
}
