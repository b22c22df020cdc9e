//! Anthropic Message Batches: the making of one.
//!
//! # What becomes of each part
//!
//! Each `params` is a request of its own, read as Messages are; its segments have nothing that tells
//! which it is of, so a decision is about the batch as a whole. Rules see one model, the union of
//! the tools, and the most that any of the requests asks for: a batch of several models is refused,
//! since a rule that allows one of them would let the others pass with it. No field can be set in
//! it.
//!
//! The answer tells how far the batch is and has no text. The results are read with `GET` from an
//! address of their own, row by row: see OpenAI Files.

mod request;
mod response;

pub(crate) use request::request;
pub(crate) use response::response;

/// Keys of a batch.
const TOP: &[&str] = &["requests"];

/// Keys of a part of it.
const PART: &[&str] = &["custom_id", "params"];

/// Keys of what is known of a batch.
const RESPONSE: &[&str] = &["error", "id", "type"];
