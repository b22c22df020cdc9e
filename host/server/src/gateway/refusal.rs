//! Answers of the gateway's own.

use bytes::Bytes;
use caponier_core::{Action, Decision};
use caponier_protocol::{EditError, ErrorKind, ErrorShape, Format, Malformed};
use caponier_runtime::DenialKind;
use http::header::{CONTENT_TYPE, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{Response, StatusCode};

use crate::answer::Answer;
use crate::decode::DecodeError;
use crate::identity::Unidentified;
use crate::upstream::UpstreamError;

pub(crate) const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// Why a request is not answered by a model.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) kind: ErrorKind,
    pub(crate) message: String,
    /// Where it is not the kind's own.
    pub(crate) status: Option<u16>,
    /// What the policy made of the request, where it got that far.
    pub(crate) action: Action,
}

impl Refusal {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            status: None,
            action: Action::Deny,
        }
    }

    pub(crate) fn status(mut self, status: u16) -> Self {
        self.status = Some(status);
        self
    }

    pub(crate) fn action(mut self, action: Action) -> Self {
        self.action = action;
        self
    }

    /// A decision that denies.
    pub(crate) fn denied(decision: &Decision, kind: DenialKind) -> Self {
        // A policy may name any status; the shape follows where it means something.
        let shape = match (decision.status, kind) {
            (Some(401), _) => ErrorKind::Unauthenticated,
            (Some(403), _) => ErrorKind::Access,
            (Some(413), _) => ErrorKind::TooLarge,
            (Some(429), _) => ErrorKind::Budget,
            (_, DenialKind::Content) => ErrorKind::Content,
            (_, DenialKind::Access) => ErrorKind::Access,
            (_, DenialKind::Size) => ErrorKind::TooLarge,
            (_, DenialKind::Fault) => ErrorKind::Unavailable,
        };
        Self {
            kind: shape,
            message: message(decision),
            status: decision.status,
            action: Action::Deny,
        }
    }

    pub(crate) fn code(&self) -> StatusCode {
        let status = self.status.filter(|status| (400..600).contains(status));
        StatusCode::from_u16(status.unwrap_or_else(|| self.kind.status()))
            .unwrap_or(StatusCode::BAD_REQUEST)
    }

    pub(crate) fn into_response(self, format: Format) -> Response<Answer> {
        let status = self.code();
        let body = format.error(&ErrorShape::new(self.kind, self.message));
        let mut response = Response::new(Answer::whole(Bytes::from(body)));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, JSON);
        match self.kind {
            ErrorKind::Unauthenticated => {
                headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            ErrorKind::Unavailable => {
                headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
            }
            _ => {}
        }
        response
    }
}

/// What a client is told of a denial: the policy author's words.
fn message(decision: &Decision) -> String {
    if decision.reason.is_empty() {
        "denied by policy".to_owned()
    } else {
        format!("denied by policy: {}", decision.reason)
    }
}

impl From<Malformed> for Refusal {
    fn from(error: Malformed) -> Self {
        Self::new(ErrorKind::Malformed, error.to_string())
    }
}

impl From<Unidentified> for Refusal {
    fn from(error: Unidentified) -> Self {
        Self::new(ErrorKind::Unauthenticated, error.to_string())
    }
}

impl From<DecodeError> for Refusal {
    fn from(error: DecodeError) -> Self {
        let kind = match error {
            DecodeError::Unsupported => ErrorKind::UnsupportedEncoding,
            DecodeError::Damaged => ErrorKind::Malformed,
            DecodeError::TooLarge(_) => ErrorKind::TooLarge,
        };
        Self::new(kind, error.to_string())
    }
}

impl From<EditError> for Refusal {
    fn from(error: EditError) -> Self {
        Self::new(
            ErrorKind::Unavailable,
            format!("the decision cannot be carried out: {error}"),
        )
    }
}

impl From<&UpstreamError> for Refusal {
    fn from(error: &UpstreamError) -> Self {
        let kind = if error.is_timeout() {
            ErrorKind::UpstreamTimeout
        } else {
            ErrorKind::BadGateway
        };
        Self::new(kind, error.to_string())
    }
}

/// An answer that the wire format calls filtered, in place of the model's.
pub(crate) fn filtered(format: Format, model: Option<&str>, exchange: &str) -> Vec<u8> {
    match format {
        Format::OpenAiChat => serde_json::json!({
            "id": format!("chatcmpl-{exchange}"),
            "object": "chat.completion",
            "created": crate::clock::unix_seconds(),
            "model": model.unwrap_or_default(),
            "choices": [{
                "index": 0,
                "message": {"role": "assistant", "content": null, "refusal": null},
                "logprobs": null,
                "finish_reason": "content_filter",
            }],
        })
        .to_string()
        .into_bytes(),
    }
}
