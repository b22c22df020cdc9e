//! Errors as Chat Completions clients expect them.

use crate::json::escaped;
use crate::{ErrorKind, ErrorShape, Filtered};

/// What the chunks of a stream are called, and how a choice without text is written in one.
#[derive(Clone, Copy)]
pub(crate) struct Chunk {
    pub(crate) object: &'static str,
    pub(crate) nothing: &'static str,
}

/// The format's own chunks.
pub(crate) const CHUNK: Chunk = Chunk {
    object: "chat.completion.chunk",
    nothing: r#""delta":{}"#,
};

/// The format's `type` and `code` for a kind of error.
fn names(kind: ErrorKind) -> (&'static str, &'static str) {
    match kind {
        ErrorKind::Content => ("invalid_request_error", "content_filter"),
        ErrorKind::Malformed => ("invalid_request_error", "malformed_request"),
        ErrorKind::Unauthenticated => ("invalid_request_error", "invalid_api_key"),
        ErrorKind::Access => ("invalid_request_error", "access_denied"),
        ErrorKind::Budget => ("rate_limit_error", "rate_limit_exceeded"),
        ErrorKind::TooLarge => ("invalid_request_error", "request_too_large"),
        ErrorKind::UnsupportedEncoding => ("invalid_request_error", "unsupported_encoding"),
        ErrorKind::Unavailable => ("server_error", "service_unavailable"),
        ErrorKind::BadGateway => ("server_error", "bad_gateway"),
        ErrorKind::UpstreamTimeout => ("server_error", "upstream_timeout"),
        ErrorKind::NotFound => ("invalid_request_error", "not_found"),
    }
}

/// The format's `code` for a kind of error.
pub(crate) fn code(kind: ErrorKind) -> &'static str {
    names(kind).1
}

/// The body of an error response, which is also the data of an error event.
pub(crate) fn body(shape: &ErrorShape) -> String {
    let (kind, code) = names(shape.kind);
    let inner = match shape.kind {
        ErrorKind::Content => r#","innererror":{"code":"content_policy_violation"}"#,
        _ => "",
    };
    let message = escaped(&shape.message);
    format!(
        r#"{{"error":{{"message":"{message}","type":"{kind}","param":null,"code":"{code}"{inner}}}}}"#
    )
}

/// The body of an answer in place of the model's.
pub(crate) fn filtered(filtered: &Filtered<'_>) -> String {
    let (model, exchange) = (escaped(filtered.model), escaped(filtered.exchange));
    let seconds = filtered.seconds;
    format!(
        r#"{{"id":"chatcmpl-{exchange}","object":"chat.completion","created":{seconds},"model":"{model}","choices":[{{"index":0,"message":{{"role":"assistant","content":null,"refusal":null}},"logprobs":null,"finish_reason":"content_filter"}}]}}"#
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_that_was_filtered_says_so() {
        let text = filtered(&Filtered {
            model: "m\"1",
            exchange: "abc",
            seconds: 7,
        });
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["id"], "chatcmpl-abc");
        assert_eq!(value["model"], "m\"1");
        assert_eq!(value["created"], 7);
        assert_eq!(value["choices"][0]["finish_reason"], "content_filter");
        assert!(value["choices"][0]["message"]["content"].is_null());
    }

    #[test]
    fn every_kind_has_the_formats_shape() {
        for kind in ErrorKind::ALL {
            let text = body(&ErrorShape::new(*kind, "say \"why\"\n"));
            let value: serde_json::Value = serde_json::from_str(&text).unwrap();
            assert_eq!(value["error"]["message"], "say \"why\"\n");
            assert!(value["error"]["code"].is_string() && value["error"]["type"].is_string());
        }
        let denied: serde_json::Value =
            serde_json::from_str(&body(&ErrorShape::new(ErrorKind::Content, ""))).unwrap();
        assert_eq!(denied["error"]["code"], "content_filter");
        assert_eq!(
            denied["error"]["innererror"]["code"],
            "content_policy_violation"
        );
    }
}
