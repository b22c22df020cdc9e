//! OpenAI Embeddings.
//!
//! Texts in, vectors out.
//!
//! # What becomes of each part
//!
//! | part | stage | role | kind |
//! |---|---|---|---|
//! | `input`, a string or an array of them | prompt | user | `text` |
//! | `user` | prompt | other | `other`, `field`=`user` |
//! | `error.message` of an upstream's error | output | other | `other`, `field`=`error` |
//!
//! What is embedded leaves for the provider as a prompt does, whether it is a document or a
//! question about one: it is judged in the prompt stage.
//!
//! An `input` of tokens is a gap, and so is every field that is not known and holds text. An answer
//! has no text: a vector is numbers, or Base64 of them. There is nothing to inspect in one, and
//! where it is neither it is a gap. An answer that is denied is a list without vectors.

mod errors;
mod request;
mod response;

pub(crate) use errors::filtered;
pub(crate) use request::{request, row};
pub(crate) use response::{answer, response, vector};

/// Keys of the request itself.
const TOP: &[&str] = &["dimensions", "encoding_format", "input", "model", "user"];

/// Keys of a response.
const RESPONSE: &[&str] = &["data", "error", "id", "model", "object", "usage"];

/// Keys of a vector in a response.
const ITEM: &[&str] = &["embedding", "index", "object"];

/// The words that errors may name.
const VOCABULARY: &[&str] = &[
    "data",
    "dimensions",
    "embedding",
    "encoding_format",
    "error",
    "id",
    "index",
    "input",
    "model",
    "object",
    "prompt_tokens",
    "usage",
    "user",
];
