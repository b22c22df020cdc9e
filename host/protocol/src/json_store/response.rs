//! Answers.

use super::table;
use crate::store::{JsonEndpoint, Shape};

pub(crate) fn answered(endpoint: Option<&JsonEndpoint>) -> Shape {
    let answer = endpoint.and_then(|endpoint| endpoint.answer.as_ref());
    Shape {
        tables: answer.map(table).into_iter().collect(),
        ..Shape::default()
    }
}
