//! Bytes to segments and back, one module per wire format.
//!
//! A body is parsed once into [`Segment`](caponier_core::Segment)s that remember where they came
//! from, and edits go back as splices on the original bytes: what is not edited leaves as it came,
//! byte for byte. Whatever is not text, or not known, is a [`Gap`](caponier_core::Gap), and what
//! two parsers could read differently is refused as [`Malformed`].
//!
//! A streamed response goes through a [`StreamCodec`]: [`feed`](StreamCodec::feed) takes bytes cut
//! anywhere and tells what they add to which segment; [`release`](StreamCodec::release) gives out
//! the events whose text has been let go.
//!
//! The crate does no I/O and cannot wait; it builds for every target.

#![forbid(unsafe_code)]

mod anthropic_batches;
mod anthropic_messages;
mod body;
mod chroma;
mod data_url;
mod draft;
mod error;
mod fields;
mod files;
mod format;
mod framing;
mod history;
mod json;
mod json_store;
mod limits;
mod lines;
mod mcp;
mod multipart;
mod ollama;
mod openai_batches;
mod openai_chat;
mod openai_completions;
mod openai_embeddings;
mod openai_files;
mod openai_moderations;
mod openai_responses;
mod opensearch;
mod parts;
pub mod path;
mod place;
mod postgrest;
mod qdrant;
mod queue;
mod reading;
mod rows;
mod shape;
mod splice;
mod sse;
mod store;
mod stream;
#[cfg(test)]
#[expect(clippy::string_slice, reason = "a test that cuts wrongly should fail")]
mod tests;
mod words;

pub use body::{Request, Response, Tokens};
pub use error::{EditError, Malformed, Problem};
pub use format::Format;
pub use limits::{Limits, StreamLimits};
pub use mcp::{Asked, Messages, Piece, StreamedMessage};
pub use parts::Placed;
pub use shape::{ErrorKind, ErrorShape, Filtered};
pub use store::{Call, JsonEndpoint, JsonRecords, Path, Store};
pub use stream::{StreamCodec, StreamEnd, Update};
