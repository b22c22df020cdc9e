//! OpenAI Chat Completions.
//!
//! # What becomes of each part
//!
//! | part | stage | role | kind |
//! |---|---|---|---|
//! | message `content`, string or `text` part | prompt / output | the message's | `text` |
//! | `prompt`, a string or an array of them; `text` of a choice | prompt / output | user / assistant | `text` |
//! | `suffix` | prompt | user | `other`, `field`=`suffix` |
//! | `content` of a `tool` or `function` message | retrieval | tool | `tool-result`, named after the tool |
//! | the last user message, where there is a tool result | retrieval | user | `query`, read-only |
//! | text in the data URL of a `file` part | retrieval / output | document | `document`, named after the file |
//! | a file's name that is no token | retrieval / output | document | `other`, `field`=`filename` |
//! | `refusal`, `refusal` part | prompt / output | assistant | `refusal` |
//! | `reasoning_content`, `reasoning` | prompt / output | assistant | `reasoning` |
//! | each string, number and key of `arguments` | prompt / output | assistant | `tool-call`, with `path` and `part` |
//! | `arguments` that are not JSON | prompt / output | assistant | `tool-call`, `part`=`raw` |
//! | the whole of `arguments` | prompt / output | assistant | `structured`, read-only |
//! | `input` of a custom tool call | prompt / output | assistant | `tool-call` |
//! | texts of `annotations`, `citations` | prompt / output | assistant | `citation` |
//! | `description`s and other texts of `tools`, `functions`, `response_format` | prompt | system | `tool-description`, named after the tool |
//! | `prediction.content` | prompt | user | `other`, `field`=`prediction` |
//! | message `name`, `user`, `metadata`, `stop`, `safety_identifier`, `prompt_cache_key` | prompt | other | `other`, with `field` |
//! | content of a message whose role is not known | prompt | other | `text`, and a gap |
//! | `error.message` of an upstream's error | output | other | `other`, `field`=`error` |
//!
//! `prompt`, `suffix` and `text` are those of Completions: some servers take and give either in both
//! endpoints. A `prompt` of tokens is a gap.
//!
//! Names and ids that are not plain tokens, content parts and fields that are not known and hold
//! text, images, audio and other files are gaps. `logprobs` repeat the text: they become `null` when the
//! text they stand for is edited.

mod errors;
mod message;
mod request;
mod response;
mod stream;

pub(crate) use errors::{CHUNK, Chunk, body as error_body, code as error_code, filtered};
pub(crate) use message::{text_or_null, tool_call};
pub(crate) use request::{field, messages, request, row, tools};
pub(crate) use response::{answer, response, says_more, usage};
pub(crate) use stream::Chunks;

/// Keys of the request itself.
pub(crate) const TOP: &[&str] = &[
    "audio",
    "best_of",
    "echo",
    "frequency_penalty",
    "function_call",
    "functions",
    "logit_bias",
    "logprobs",
    "max_completion_tokens",
    "max_tokens",
    "messages",
    "metadata",
    "modalities",
    "model",
    "n",
    "parallel_tool_calls",
    "prediction",
    "presence_penalty",
    "prompt",
    "prompt_cache_key",
    "prompt_cache_retention",
    "reasoning_effort",
    "response_format",
    "safety_identifier",
    "seed",
    "service_tier",
    "stop",
    "store",
    "stream",
    "stream_options",
    "suffix",
    "temperature",
    "tool_choice",
    "tools",
    "top_k",
    "top_logprobs",
    "top_p",
    "user",
    "verbosity",
];

/// Keys of a message, or of a delta.
const MESSAGE: &[&str] = &[
    "annotations",
    "audio",
    "content",
    "function_call",
    "name",
    "reasoning",
    "reasoning_content",
    "refusal",
    "role",
    "tool_call_id",
    "tool_calls",
];

/// Keys of a content part.
const PART: &[&str] = &[
    "file",
    "image_url",
    "input_audio",
    "refusal",
    "text",
    "type",
];

/// Keys of a file.
const FILE: &[&str] = &["file_data", "file_id", "filename"];

/// Keys of a tool call, or of a tool.
pub(crate) const CALL: &[&str] = &["custom", "function", "id", "index", "type"];

/// Keys of a function: called, or offered.
pub(crate) const FUNCTION: &[&str] = &[
    "arguments",
    "description",
    "input",
    "name",
    "parameters",
    "strict",
];

/// Keys of a response, or of a chunk.
const RESPONSE: &[&str] = &[
    "choices",
    "citations",
    "created",
    "error",
    "id",
    "model",
    "object",
    "service_tier",
    "system_fingerprint",
    "usage",
];

/// Keys of a choice.
const CHOICE: &[&str] = &[
    "delta",
    "finish_reason",
    "index",
    "logprobs",
    "message",
    "text",
];

/// The words that errors may name.
pub(crate) const VOCABULARY: &[&str] = &[
    "annotations",
    "arguments",
    "audio",
    "best_of",
    "choices",
    "citations",
    "code",
    "completion_tokens",
    "content",
    "created",
    "custom",
    "delta",
    "description",
    "echo",
    "error",
    "file",
    "finish_reason",
    "format",
    "frequency_penalty",
    "function",
    "function_call",
    "functions",
    "id",
    "image_url",
    "index",
    "input",
    "input_audio",
    "json_schema",
    "logit_bias",
    "logprobs",
    "max_completion_tokens",
    "max_tokens",
    "message",
    "messages",
    "metadata",
    "modalities",
    "model",
    "n",
    "name",
    "object",
    "parallel_tool_calls",
    "parameters",
    "prediction",
    "presence_penalty",
    "prompt",
    "prompt_cache_key",
    "prompt_tokens",
    "properties",
    "reasoning",
    "reasoning_content",
    "reasoning_effort",
    "refusal",
    "required",
    "response_format",
    "role",
    "safety_identifier",
    "schema",
    "seed",
    "service_tier",
    "stop",
    "store",
    "stream",
    "stream_options",
    "strict",
    "suffix",
    "system_fingerprint",
    "temperature",
    "text",
    "tool_call_id",
    "tool_calls",
    "tool_choice",
    "tools",
    "top_k",
    "top_logprobs",
    "top_p",
    "type",
    "url",
    "usage",
    "user",
    "verbosity",
];
