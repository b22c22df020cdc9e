//! Ollama's API as a whole.

mod request;
mod response;
mod stream;
mod stream_edits;

use crate::{Format, Limits, Request, Response};

fn request(format: Format, body: &str) -> Request {
    format
        .request(body.as_bytes().to_vec(), &Limits::default())
        .unwrap()
}

fn response(body: &str) -> Response {
    Format::OllamaChat
        .response(body.as_bytes().to_vec(), 10, &Limits::default())
        .unwrap()
}
