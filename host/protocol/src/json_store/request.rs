//! Requests.

use super::table;
use crate::store::{self, JsonEndpoint, Shape};
use crate::{Limits, Malformed, Request};

pub(crate) fn request(
    endpoint: Option<&JsonEndpoint>,
    body: String,
    parameters: &str,
    limits: &Limits,
) -> Result<Request, Malformed> {
    store::request(body, parameters, limits, false, |_| Ok(shape(endpoint)))
}

fn shape(endpoint: Option<&JsonEndpoint>) -> Shape {
    let written = endpoint.and_then(|endpoint| endpoint.written.as_ref());
    Shape {
        names: &[],
        queries: endpoint.map_or_else(Vec::new, |endpoint| endpoint.queries.clone()),
        ids: Vec::new(),
        made: Vec::new(),
        tables: written.map(table).into_iter().collect(),
        is_written: written.is_some(),
        is_followed: false,
    }
}
