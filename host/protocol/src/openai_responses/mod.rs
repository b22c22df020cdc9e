//! OpenAI Responses, and its endpoints that count an input's tokens and compact it.
//!
//! # What becomes of each part
//!
//! | part | stage | role | kind |
//! |---|---|---|---|
//! | `input` as a string; `content` of a message, as a string or parts | prompt / output | the message's | `text` |
//! | `refusal` part | prompt / output | assistant | `refusal` |
//! | texts of `annotations` | prompt / output | the message's | `citation` |
//! | `instructions` | prompt | system | `text` |
//! | `prompt.variables` | prompt | user | `text`, `field`=`prompt` |
//! | `summary` and `content` of `reasoning` | prompt / output | assistant | `reasoning` |
//! | each string, number and key of the `arguments`, `action`, `operation` or `queries` of a call | prompt / output | assistant | `tool-call`, named after the tool, with `path` and `part` |
//! | the whole of them | prompt / output | assistant | `structured`, read-only |
//! | `input` of a custom call, `code`, `revised_prompt` | prompt / output | assistant | `tool-call` |
//! | output, logs, result and error of a call | retrieval / output | tool | `tool-result`, named after the tool |
//! | `results` of `file_search_call` | retrieval / output | document | `document`, named after the file |
//! | `input_file` with text in a data URL | retrieval / output | document | `document`, named after the file |
//! | a file's name that is no token, and `attributes` of results | retrieval / output | document | `other`, with `field` |
//! | the last user message, where something is retrieved | retrieval | user | `query`, read-only |
//! | texts of `tools`, of tools that a call found, and of `text.format` | prompt / output | system | `tool-description`, named after the tool |
//! | reason of an `mcp_approval_response` | prompt | user | `text` |
//! | `user`, `metadata`, `safety_identifier`, `prompt_cache_key` | prompt | other | `other`, with `field` |
//! | what an answer repeats of its request: `instructions`, `tools`, `metadata` and their like | output | other | `other`, with `field` |
//! | `error` | output | other | `other`, `field`=`error` |
//!
//! Gaps: images, audio, other files and archives of skills; `encrypted_content`; what the provider
//! keeps and nobody sees here, which `previous_response_id`, `conversation`, `prompt` and
//! `item_reference` name; credentials for tool servers; items, parts, events and fields that are not
//! known and hold text; ids and names that are not plain tokens. `logprobs` repeat the text: they
//! become an empty list when it is edited. Indices of annotations count in the text that came.
//!
//! # Streams
//!
//! What deltas say comes again when the text is done, when its part and its item are, and with the
//! whole answer at the end. A complete text that was inspected is not inspected again: it waits
//! until its first appearance is released, and is edited like it. One that differs is a segment of
//! its own. Where clients could put deltas together differently the stream is refused: where they
//! go on what is complete or what began with a text, and where one index has several item ids.

mod deltas;
mod errors;
mod items;
mod message;
mod request;
mod response;
mod stream;
mod telling;

pub(crate) use crate::openai_chat::error_body;
pub(crate) use errors::filtered;
pub(crate) use request::{request, row};
pub(crate) use response::{answer, response};
pub(crate) use stream::Answer;

/// Keys of the request itself.
const TOP: &[&str] = &[
    "access_programs",
    "background",
    "background_options",
    "context_management",
    "conversation",
    "image",
    "include",
    "input",
    "instructions",
    "max_output_tokens",
    "max_tool_calls",
    "metadata",
    "model",
    "moderation",
    "parallel_tool_calls",
    "personality",
    "previous_response_id",
    "prompt",
    "prompt_cache_key",
    "prompt_cache_options",
    "prompt_cache_retention",
    "reasoning",
    "safety_identifier",
    "service_tier",
    "store",
    "stream",
    "stream_options",
    "temperature",
    "text",
    "tool_choice",
    "tools",
    "top_logprobs",
    "top_p",
    "truncation",
    "user",
];

/// Keys of a prompt that the provider keeps.
const PROMPT: &[&str] = &["id", "variables", "version"];

/// Keys of an item.
const ITEM: &[&str] = &[
    "acknowledged_safety_checks",
    "action",
    "actions",
    "approval_request_id",
    "approve",
    "arguments",
    "call_id",
    "code",
    "content",
    "encrypted_content",
    "environment",
    "error",
    "id",
    "input",
    "name",
    "operation",
    "output",
    "outputs",
    "pending_safety_checks",
    "queries",
    "reason",
    "result",
    "results",
    "revised_prompt",
    "role",
    "server_label",
    "status",
    "summary",
    "text",
    "tools",
    "type",
];

/// Keys of a part of some content, or of what a tool said.
const PART: &[&str] = &[
    "annotations",
    "attributes",
    "content",
    "file_data",
    "file_id",
    "file_url",
    "filename",
    "image_url",
    "input_audio",
    "logprobs",
    "logs",
    "message",
    "outcome",
    "refusal",
    "score",
    "stderr",
    "stdout",
    "text",
    "type",
    "url",
];

/// Keys of a tool, or of what belongs to one.
const TOOL: &[&str] = &[
    "authorization",
    "container",
    "description",
    "environment",
    "format",
    "headers",
    "input_image_mask",
    "input_schema",
    "name",
    "output_schema",
    "parameters",
    "path",
    "server_description",
    "server_label",
    "server_url",
    "skills",
    "source",
    "strict",
    "tools",
    "type",
];

/// Keys of an answer.
const RESPONSE: &[&str] = &[
    "created_at",
    "error",
    "id",
    "incomplete_details",
    "instructions",
    "metadata",
    "model",
    "moderation",
    "object",
    "output",
    "output_text",
    "prompt",
    "prompt_cache_key",
    "reasoning",
    "safety_identifier",
    "status",
    "text",
    "tool_choice",
    "tools",
    "usage",
    "user",
];

/// Keys of an event.
const EVENT: &[&str] = &[
    "annotation",
    "arguments",
    "code",
    "command",
    "command_index",
    "content_index",
    "delta",
    "error",
    "input",
    "item",
    "item_id",
    "logprobs",
    "message",
    "output",
    "output_index",
    "part",
    "partial_image_b64",
    "refusal",
    "response",
    "sequence_number",
    "summary_index",
    "text",
    "type",
];

/// The words that errors may name.
const VOCABULARY: &[&str] = &[
    "action",
    "annotations",
    "arguments",
    "attributes",
    "call_id",
    "code",
    "command",
    "command_index",
    "content",
    "content_index",
    "conversation",
    "created_at",
    "delta",
    "description",
    "encrypted_content",
    "error",
    "file_data",
    "file_id",
    "file_url",
    "filename",
    "format",
    "id",
    "image_url",
    "include",
    "input",
    "instructions",
    "item",
    "item_id",
    "logprobs",
    "logs",
    "max_output_tokens",
    "message",
    "metadata",
    "model",
    "name",
    "object",
    "operation",
    "output",
    "output_index",
    "output_text",
    "outputs",
    "parameters",
    "part",
    "previous_response_id",
    "prompt",
    "properties",
    "queries",
    "reason",
    "reasoning",
    "refusal",
    "response",
    "result",
    "results",
    "revised_prompt",
    "role",
    "schema",
    "sequence_number",
    "status",
    "stderr",
    "stdout",
    "store",
    "stream",
    "summary",
    "summary_index",
    "temperature",
    "text",
    "tool_choice",
    "tools",
    "top_logprobs",
    "top_p",
    "type",
    "url",
    "usage",
    "user",
    "variables",
];
