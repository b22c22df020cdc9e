//! Answers of the host's own.

use crate::ErrorShape;
use crate::json::escaped;

/// The body of an error response. The code is the status, as there is none of the database's.
pub(crate) fn body(shape: &ErrorShape) -> String {
    let (code, message) = (shape.kind.status(), escaped(&shape.message));
    format!(r#"{{"code":"{code}","message":"{message}","details":null,"hint":null}}"#)
}
