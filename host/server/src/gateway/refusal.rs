//! Refusals of the gateway's own, and how they are sent.

use bytes::Bytes;
use caponier_protocol::{ErrorKind, Format};
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use http::{Response, StatusCode};

pub(crate) use caponier_decide::Refusal;

use crate::answer::Answer;
use crate::decode::DecodeError;
use crate::identity::Unidentified;
use crate::upstream::UpstreamError;

pub(crate) const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// The answer that a refusal comes to.
pub(crate) fn into_response(refusal: &Refusal, format: &Format) -> Response<Answer> {
    let mut response = Response::new(Answer::whole(Bytes::from(refusal.body(format))));
    *response.status_mut() =
        StatusCode::from_u16(refusal.code()).unwrap_or(StatusCode::BAD_REQUEST);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, JSON);
    for (name, value) in refusal.headers() {
        headers.insert(
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        );
    }
    response
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
