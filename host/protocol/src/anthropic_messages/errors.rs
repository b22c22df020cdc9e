//! Errors as Messages clients expect them.

use crate::json::escaped;
use crate::{ErrorKind, ErrorShape, Filtered, Tokens};

/// The format's `type` for a kind of error, and the code that tells what it is exactly.
fn names(kind: ErrorKind) -> (&'static str, &'static str) {
    match kind {
        ErrorKind::Content => ("invalid_request_error", "content_policy_violation"),
        ErrorKind::Malformed => ("invalid_request_error", "malformed_request"),
        ErrorKind::Unauthenticated => ("authentication_error", "invalid_api_key"),
        ErrorKind::Access => ("permission_error", "access_denied"),
        ErrorKind::Budget => ("rate_limit_error", "rate_limit_exceeded"),
        ErrorKind::TooLarge => ("request_too_large", "request_too_large"),
        ErrorKind::UnsupportedEncoding => ("invalid_request_error", "unsupported_encoding"),
        ErrorKind::Unavailable => ("api_error", "service_unavailable"),
        ErrorKind::BadGateway => ("api_error", "bad_gateway"),
        ErrorKind::UpstreamTimeout => ("timeout_error", "upstream_timeout"),
        ErrorKind::NotFound => ("not_found_error", "not_found"),
    }
}

/// The body of an error response, which is also the data of an error event.
pub(crate) fn body(shape: &ErrorShape) -> String {
    let (kind, code) = names(shape.kind);
    let message = escaped(&shape.message);
    format!(
        r#"{{"type":"error","error":{{"type":"{kind}","message":"{message}","details":{{"error_code":"{code}"}}}}}}"#
    )
}

/// The body of an answer in place of the model's.
pub(crate) fn filtered(filtered: &Filtered<'_>) -> String {
    let (model, exchange) = (escaped(filtered.model), escaped(filtered.exchange));
    message(
        &format!("\"msg_{exchange}\""),
        &format!("\"{model}\""),
        "\"refusal\"",
        Tokens::default(),
    )
}

/// A message without content; `id`, `model` and `reason` are JSON.
pub(super) fn message(id: &str, model: &str, reason: &str, used: Tokens) -> String {
    let Tokens { prompt, completion } = used;
    format!(
        r#"{{"id":{id},"type":"message","role":"assistant","model":{model},"content":[],"stop_reason":{reason},"stop_sequence":null,"usage":{{"input_tokens":{prompt},"output_tokens":{completion}}}}}"#
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> serde_json::Value {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn every_kind_has_the_formats_shape() {
        for kind in ErrorKind::ALL {
            let value = json(&body(&ErrorShape::new(*kind, "say \"why\"\n")));
            assert_eq!(value["type"], "error");
            assert_eq!(value["error"]["message"], "say \"why\"\n");
            assert!(value["error"]["type"].is_string());
            assert!(value["error"]["details"]["error_code"].is_string());
        }
        let denied = json(&body(&ErrorShape::new(ErrorKind::Content, "")));
        assert_eq!(denied["error"]["type"], "invalid_request_error");
        assert_eq!(
            denied["error"]["details"]["error_code"],
            "content_policy_violation"
        );
    }

    #[test]
    fn an_answer_that_was_filtered_says_so() {
        let value = json(&filtered(&Filtered {
            model: "m\"1",
            exchange: "abc",
            seconds: 7,
        }));
        assert_eq!(value["id"], "msg_abc");
        assert_eq!(value["type"], "message");
        assert_eq!(value["role"], "assistant");
        assert_eq!(value["model"], "m\"1");
        assert_eq!(value["content"], serde_json::json!([]));
        assert_eq!(value["stop_reason"], "refusal");
        assert!(value["usage"]["output_tokens"].is_u64());
    }
}
