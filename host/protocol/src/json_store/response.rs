//! Answers.

use super::table;
use crate::store::{self, JsonEndpoint, Shape};
use crate::{Limits, Malformed, Response};

pub(crate) fn response(
    endpoint: Option<&JsonEndpoint>,
    body: String,
    first: u32,
    limits: &Limits,
) -> Result<Response, Malformed> {
    let answer = endpoint.and_then(|endpoint| endpoint.answer.as_ref());
    let shape = Shape {
        tables: answer.map(table).into_iter().collect(),
        ..Shape::asking(&[], &[])
    };
    store::response(body, first, limits, &shape)
}
