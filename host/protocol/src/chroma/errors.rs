//! Answers of the host's own.

use crate::json::escaped;
use crate::{ErrorKind, ErrorShape};

/// The body of an error response. Its name is what clients make their exception of.
pub(crate) fn body(shape: &ErrorShape) -> String {
    let name = match shape.kind {
        ErrorKind::Content | ErrorKind::Malformed | ErrorKind::UnsupportedEncoding => {
            "InvalidArgumentError"
        }
        ErrorKind::Unauthenticated => "AuthorizationError",
        ErrorKind::Access => "AuthError",
        ErrorKind::Budget => "RateLimitError",
        ErrorKind::TooLarge => "BatchSizeExceededError",
        ErrorKind::NotFound => "NotFoundError",
        ErrorKind::Unavailable | ErrorKind::BadGateway | ErrorKind::UpstreamTimeout => {
            "InternalError"
        }
    };
    let message = escaped(&shape.message);
    format!(r#"{{"error":"{name}","message":"{message}"}}"#)
}
