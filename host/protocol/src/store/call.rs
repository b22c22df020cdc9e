//! Which endpoint of which store a request is for.

use std::sync::Arc;

use super::Path;
use crate::{
    ErrorShape, Format, Limits, Malformed, Request, Response, chroma, json_store, opensearch,
    postgrest, qdrant,
};

/// A store with an API of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Store {
    /// Chroma, the second version of its API.
    Chroma,
    /// Qdrant.
    Qdrant,
    /// OpenSearch, and Elasticsearch.
    OpenSearch,
    /// PostgREST, in front of PostgreSQL.
    PostgRest,
}

/// An endpoint of a JSON API that a configuration describes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct JsonEndpoint {
    /// What is asked, in its requests.
    pub queries: Vec<Path>,
    /// The documents that its requests write.
    pub written: Option<JsonRecords>,
    /// The documents of its answers.
    pub answer: Option<JsonRecords>,
}

/// Where documents stand in a body, and what is known of each.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct JsonRecords {
    /// The arrays or objects that they are the items or members of; with `is_alone`, the documents
    /// themselves.
    pub rows: Path,
    /// They are no items or members of anything.
    pub is_alone: bool,
    /// A document's id, from the document on.
    pub id: Path,
    /// Its score.
    pub score: Option<Path>,
    /// What holds the small values that are told of it.
    pub attributes: Option<Path>,
    /// Numbers of documents, in the body.
    pub totals: Vec<Path>,
}

/// What a request asks of a store.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Call {
    pub(crate) endpoint: Endpoint,
    /// The parameters of the address.
    pub(crate) parameters: String,
}

/// An endpoint of a store. `None`: of an endpoint that is not known, errors only.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Endpoint {
    Chroma(Option<chroma::Endpoint>),
    Qdrant(Option<qdrant::Endpoint>),
    OpenSearch(Option<opensearch::Endpoint>),
    PostgRest(Option<postgrest::Endpoint>),
    Json(Option<Arc<JsonEndpoint>>),
}

impl Store {
    /// The format of a request, if the store has such an endpoint.
    pub fn format(self, method: &str, path: &str) -> Option<Format> {
        let endpoint = match self {
            Self::Chroma => Endpoint::Chroma(Some(chroma::endpoint(method, path)?)),
            Self::Qdrant => Endpoint::Qdrant(Some(qdrant::endpoint(method, path)?)),
            Self::OpenSearch => Endpoint::OpenSearch(Some(opensearch::endpoint(method, path)?)),
            Self::PostgRest => Endpoint::PostgRest(Some(postgrest::endpoint(method, path)?)),
        };
        Some(endpoint.into_format())
    }

    /// The format of errors where there is no such endpoint.
    pub fn errors(self) -> Format {
        let endpoint = match self {
            Self::Chroma => Endpoint::Chroma(None),
            Self::Qdrant => Endpoint::Qdrant(None),
            Self::OpenSearch => Endpoint::OpenSearch(None),
            Self::PostgRest => Endpoint::PostgRest(None),
        };
        endpoint.into_format()
    }
}

impl Endpoint {
    fn into_format(self) -> Format {
        Format::Store(Box::new(Call {
            endpoint: self,
            parameters: String::new(),
        }))
    }
}

impl Format {
    /// A JSON API that a configuration describes. `None`: errors only.
    pub fn json_store(endpoint: Option<JsonEndpoint>) -> Self {
        Endpoint::Json(endpoint.map(Arc::new)).into_format()
    }

    /// The same, with the parameters of the address where the format has text in them.
    #[must_use]
    pub fn with_parameters(mut self, query: Option<&str>) -> Self {
        if let Self::Store(call) = &mut self {
            query.unwrap_or_default().clone_into(&mut call.parameters);
        }
        self
    }
}

impl Call {
    pub(crate) const fn name(&self) -> &'static str {
        match self.endpoint {
            Endpoint::Chroma(_) => "chroma",
            Endpoint::Qdrant(_) => "qdrant",
            Endpoint::OpenSearch(_) => "opensearch",
            Endpoint::PostgRest(_) => "postgrest",
            Endpoint::Json(_) => "json",
        }
    }

    pub(crate) fn request(&self, body: String, limits: &Limits) -> Result<Request, Malformed> {
        let parameters = self.parameters.as_str();
        let mut shape = match &self.endpoint {
            Endpoint::Chroma(endpoint) => chroma::asked(*endpoint),
            Endpoint::Qdrant(endpoint) => qdrant::asked(*endpoint),
            Endpoint::PostgRest(endpoint) => postgrest::asked(*endpoint),
            Endpoint::Json(endpoint) => json_store::asked(endpoint.as_deref()),
            // Its lines differ from one another.
            Endpoint::OpenSearch(endpoint) => {
                return opensearch::request(*endpoint, body, parameters, limits);
            }
        };
        super::request(body, parameters, limits, false, |_| {
            Ok(std::mem::take(&mut shape))
        })
    }

    pub(crate) fn response(
        &self,
        body: String,
        first: u32,
        limits: &Limits,
    ) -> Result<Response, Malformed> {
        let shape = match &self.endpoint {
            Endpoint::Chroma(endpoint) => chroma::answered(*endpoint),
            Endpoint::Qdrant(endpoint) => qdrant::answered(*endpoint),
            Endpoint::OpenSearch(endpoint) => opensearch::answered(*endpoint),
            Endpoint::PostgRest(endpoint) => postgrest::answered(*endpoint),
            Endpoint::Json(endpoint) => json_store::answered(endpoint.as_deref()),
        };
        super::response(body, first, limits, &shape)
    }

    pub(crate) fn error(&self, shape: &ErrorShape) -> String {
        match self.endpoint {
            Endpoint::Chroma(_) => chroma::error_body(shape),
            Endpoint::Qdrant(_) => qdrant::error_body(shape),
            Endpoint::OpenSearch(_) => opensearch::error_body(shape),
            Endpoint::PostgRest(_) => postgrest::error_body(shape),
            Endpoint::Json(_) => json_store::error_body(shape),
        }
    }
}
