//! Answers of the host's own.

use crate::ErrorShape;
use crate::json::escaped;

/// The body of an error response.
pub(crate) fn body(shape: &ErrorShape) -> String {
    let message = escaped(&shape.message);
    format!(r#"{{"error":{{"message":"{message}"}}}}"#)
}
