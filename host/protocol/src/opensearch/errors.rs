//! Answers of the host's own.

use crate::json::escaped;
use crate::{ErrorKind, ErrorShape};

/// The body of an error response.
pub(crate) fn body(shape: &ErrorShape) -> String {
    let kind = match shape.kind {
        ErrorKind::Content => "content_policy_exception",
        ErrorKind::Malformed | ErrorKind::UnsupportedEncoding => "parse_exception",
        ErrorKind::Unauthenticated | ErrorKind::Access => "security_exception",
        ErrorKind::Budget => "rejected_execution_exception",
        ErrorKind::TooLarge => "content_too_long_exception",
        ErrorKind::NotFound => "resource_not_found_exception",
        ErrorKind::Unavailable | ErrorKind::BadGateway => "no_node_available_exception",
        ErrorKind::UpstreamTimeout => "receive_timeout_transport_exception",
    };
    let (reason, status) = (escaped(&shape.message), shape.kind.status());
    let cause = format!(r#"{{"type":"{kind}","reason":"{reason}"}}"#);
    format!(
        r#"{{"error":{{"root_cause":[{cause}],"type":"{kind}","reason":"{reason}"}},"status":{status}}}"#
    )
}
