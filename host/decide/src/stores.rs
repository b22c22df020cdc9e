//! Stores of documents that a configuration describes.

use caponier_config::{JsonDocuments, JsonEndpoint, JsonPath, PathPattern};
use caponier_protocol::{Format, JsonRecords, Path, path};

/// The format of a request to one of these endpoints.
pub(crate) fn json(endpoints: &[JsonEndpoint], method: &str, path: &str) -> Option<Format> {
    let is_it = |endpoint: &&JsonEndpoint| endpoint.method == method && endpoint.path.matches(path);
    let endpoint = endpoints.iter().find(is_it)?;
    Some(Format::json_store(Some(caponier_protocol::JsonEndpoint {
        queries: endpoint.queries.iter().map(steps).collect(),
        written: endpoint.written.as_ref().map(records),
        answer: endpoint.answer.as_ref().map(records),
    })))
}

/// Whether a path as lenient servers read it is one of a pattern.
pub(crate) fn is_like(pattern: &PathPattern, lenient: &str) -> bool {
    match pattern {
        PathPattern::Exact(exact) => path::lenient(exact) == lenient,
        PathPattern::Prefix(prefix) => lenient.starts_with(&path::lenient(prefix)),
    }
}

fn records(documents: &JsonDocuments) -> JsonRecords {
    let (rows, is_alone) = match documents.documents.steps.split_last() {
        Some((None, rows)) => (rows, false),
        _ => (documents.documents.steps.as_slice(), true),
    };
    JsonRecords {
        rows: Path::new(rows.iter().cloned()),
        is_alone,
        id: steps(&documents.id),
        score: documents.score.as_ref().map(steps),
        attributes: Some(steps(&documents.attributes)),
        totals: documents.totals.iter().map(steps).collect(),
    }
}

fn steps(path: &JsonPath) -> Path {
    Path::new(path.steps.iter().cloned())
}
