//! Ollama.
//!
//! Its own API: `/api/chat`, `/api/generate`, and `/api/embed` with the older `/api/embeddings`.
//!
//! # What becomes of each part
//!
//! | part | stage | role | kind |
//! |---|---|---|---|
//! | message `content` | prompt / output | the message's | `text` |
//! | `content` of a `tool` message | retrieval | tool | `tool-result`, named after the tool |
//! | the last user message, where there is a tool result | retrieval | user | `query`, read-only |
//! | `thinking` | prompt / output | assistant | `reasoning` |
//! | each string, number and key of `arguments` | prompt / output | assistant | `tool-call`, with `path` and `part` |
//! | the whole of `arguments` | prompt / output | assistant | `structured`, read-only |
//! | `prompt`, `input`: a string or an array of them | prompt | user | `text` |
//! | `suffix` | prompt | user | `other`, `field`=`suffix` |
//! | `system` | prompt | system | `text` |
//! | `template` | prompt | system | `other`, `field`=`template` |
//! | `description`s and other texts of `tools`, of a schema in `format` | prompt | system | `tool-description`, named after the tool |
//! | `options.stop` | prompt | other | `other`, `field`=`stop` |
//! | content of a message whose role is not known | prompt | other | `text`, and a gap |
//! | `response` | output | assistant | `text` |
//! | `error` of an upstream | output | other | `other`, `field`=`error` |
//!
//! What is embedded is judged as a prompt is; a vector has nothing to inspect. `images`, an `image`
//! that was made, tokens in the place of a text, and names that are not plain tokens are gaps, and
//! so is every field that is not known and holds text.
//!
//! `context` is a conversation as tokens. In a request it is a gap. In an answer it repeats prompt
//! and answer: like `logprobs`, it becomes `null` when text that it may stand for is edited, and is
//! a gap where there is no text.
//!
//! The endpoints take and give different fields. They are read alike: a field means the same in
//! each of them, and one that an endpoint does not have is looked into all the same.
//!
//! An answer streams unless the request says `"stream": false`: a line of JSON for each piece, the
//! last of them `done`. An error is a line with `error`, and the last one, too. Clients stumble over
//! blank lines, and read over white space before a line's JSON.

mod errors;
mod message;
mod request;
mod response;
mod stream;

pub(crate) use errors::{body as error_body, filtered};
pub(crate) use request::request;
pub(crate) use response::response;
pub(crate) use stream::Lines;

/// What of the API is spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Endpoint {
    Chat,
    Generate,
    Embed,
}

/// Keys of the request itself.
const TOP: &[&str] = &[
    "context",
    "dimensions",
    "format",
    "height",
    "images",
    "input",
    "keep_alive",
    "logprobs",
    "messages",
    "model",
    "options",
    "prompt",
    "raw",
    "shift",
    "steps",
    "stream",
    "suffix",
    "system",
    "template",
    "think",
    "tools",
    "top_logprobs",
    "truncate",
    "width",
];

/// Keys of `options` that are read.
const OPTIONS: &[&str] = &["num_predict", "stop", "temperature", "top_p"];

/// Keys of a message.
const MESSAGE: &[&str] = &[
    "content",
    "images",
    "role",
    "thinking",
    "tool_call_id",
    "tool_calls",
    "tool_name",
];

/// Keys of a response, or of a line.
const RESPONSE: &[&str] = &[
    "context",
    "created_at",
    "done",
    "done_reason",
    "embedding",
    "embeddings",
    "error",
    "eval_count",
    "image",
    "logprobs",
    "message",
    "model",
    "prompt_eval_count",
    "response",
    "thinking",
];

/// The words that errors may name.
const VOCABULARY: &[&str] = &[
    "arguments",
    "content",
    "context",
    "created_at",
    "description",
    "dimensions",
    "done",
    "done_reason",
    "embedding",
    "embeddings",
    "error",
    "eval_count",
    "format",
    "function",
    "id",
    "image",
    "images",
    "index",
    "input",
    "keep_alive",
    "logprobs",
    "message",
    "messages",
    "model",
    "name",
    "num_predict",
    "options",
    "parameters",
    "prompt",
    "prompt_eval_count",
    "properties",
    "raw",
    "required",
    "response",
    "role",
    "stop",
    "stream",
    "suffix",
    "system",
    "temperature",
    "template",
    "think",
    "thinking",
    "tool_call_id",
    "tool_calls",
    "tool_name",
    "tools",
    "top_logprobs",
    "top_p",
    "truncate",
    "type",
];
