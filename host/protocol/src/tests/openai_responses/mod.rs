//! Responses as a whole. The goldens are what the official SDK's types accept.

mod ambiguous;
mod every_text;
mod request;
mod response;
mod stream;
mod stream_edits;

use crate::{Format, Limits, Request, Response, StreamCodec, StreamLimits};

const REQUEST: &str = include_str!("goldens/request.json");
const RESPONSE: &str = include_str!("goldens/response.json");
const STREAM: &str = include_str!("goldens/stream.txt");

fn request(body: &str) -> Request {
    Format::OpenAiResponses
        .request(body.as_bytes().to_vec(), &Limits::default())
        .unwrap()
}

fn response(body: &str) -> Response {
    Format::OpenAiResponses
        .response(body.as_bytes().to_vec(), 10, &Limits::default())
        .unwrap()
}

fn codec() -> StreamCodec {
    Format::OpenAiResponses.stream(10, &StreamLimits::default())
}

/// The JSON of each event.
fn events(stream: &str) -> Vec<serde_json::Value> {
    stream
        .split("\n\n")
        .filter_map(|event| Some(event.split_once("data: ")?.1))
        .filter(|data| *data != "[DONE]")
        .map(|data| serde_json::from_str(data).unwrap())
        .collect()
}

/// An event of this JSON.
fn event(data: &serde_json::Value) -> String {
    format!(
        "event: {}\ndata: {data}\n\n",
        data["type"].as_str().unwrap()
    )
}
