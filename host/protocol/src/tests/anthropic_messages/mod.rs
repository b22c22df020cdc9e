//! Anthropic Messages as a whole.

mod ambiguous;
mod client;
mod request;
mod response;
mod stream;
mod stream_edits;

use crate::{Format, Limits, Request, Response};

fn request(body: &str) -> Request {
    Format::AnthropicMessages
        .request(body.as_bytes().to_vec(), &Limits::default())
        .unwrap()
}

fn response(body: &str) -> Response {
    Format::AnthropicMessages
        .response(body.as_bytes().to_vec(), 10, &Limits::default())
        .unwrap()
}
