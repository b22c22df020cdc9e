//! Answers of the host's own.

use super::Asked;
use crate::json::escaped;
use crate::openai_chat::error_code;
use crate::{ErrorKind, ErrorShape};

/// The number that JSON-RPC has for a kind of error. Those from -32000 down are for servers to give.
fn number(kind: ErrorKind) -> i32 {
    match kind {
        ErrorKind::Content | ErrorKind::Access => -32050,
        ErrorKind::Unauthenticated => -32051,
        ErrorKind::Budget => -32052,
        ErrorKind::TooLarge | ErrorKind::UnsupportedEncoding | ErrorKind::Malformed => -32600,
        ErrorKind::NotFound => -32601,
        ErrorKind::Unavailable | ErrorKind::BadGateway | ErrorKind::UpstreamTimeout => -32603,
    }
}

/// The HTTP status, where it is not the kind's own. Who asked something gets an answer, of which
/// the error is a part: of an HTTP error many clients take the session to be over. What wants no
/// answer is swallowed where the policy denies it.
pub(crate) fn status(asked: &Asked, kind: ErrorKind) -> Option<u16> {
    let is_denied = matches!(kind, ErrorKind::Content | ErrorKind::Access);
    match asked.id {
        Some(_) => Some(200),
        None if asked.is_told && is_denied => Some(202),
        None => None,
    }
}

/// The body of an error response.
pub(crate) fn body(asked: &Asked, shape: &ErrorShape) -> String {
    if status(asked, shape.kind) == Some(202) {
        return String::new();
    }
    error(asked.id.as_deref(), shape)
}

/// The message that is an error; `id` is JSON.
pub(super) fn error(id: Option<&str>, shape: &ErrorShape) -> String {
    let word = match shape.kind {
        ErrorKind::Content => "content_policy_violation",
        kind => error_code(kind),
    };
    format!(
        r#"{{"jsonrpc":"2.0","id":{},"error":{{"code":{},"message":"{}","data":{{"code":"{word}"}}}}}}"#,
        id.unwrap_or("null"),
        number(shape.kind),
        escaped(&shape.message)
    )
}
