//! Answers of the host's own.

use crate::ErrorShape;
use crate::json::escaped;

/// The body of an error response. The format has no word for a kind of error.
pub(crate) fn body(shape: &ErrorShape) -> String {
    let message = escaped(&shape.message);
    format!(r#"{{"status":{{"error":"{message}"}},"time":0.0}}"#)
}
