//! Anthropic Messages, and the counting of their tokens.
//!
//! # What becomes of each part
//!
//! | part | stage | role | kind |
//! |---|---|---|---|
//! | `system`, string or blocks; messages of the role `system` | prompt | system | `text` |
//! | message `content`, string or `text` block | prompt / output | the message's | `text` |
//! | `document`: `data` of a `text` source, `content` of a `content` source | retrieval / output | document | `document` |
//! | `search_result`: texts of `content` | retrieval / output | document | `document` |
//! | `title`, `context` and `source` of the two | retrieval / output | document | `document`, with `field` |
//! | content of `tool_result`, `mcp_tool_result` | retrieval / output | tool | `tool-result`, named after the tool |
//! | texts of results of the provider's own tools: `web_search_tool_result` and its like | retrieval / output | tool | `tool-result`, named after the tool |
//! | the last user message, where there is a result or a document | retrieval | user | `query`, read-only |
//! | each string, number and key of `input` of `tool_use`, `server_tool_use`, `mcp_tool_use` | prompt / output | assistant | `tool-call`, with `path` and `part` |
//! | the whole of `input` | prompt / output | assistant | `structured`, read-only |
//! | `thinking` | prompt / output | assistant | `reasoning` |
//! | `compaction`: its summary | prompt / output | assistant | `text` |
//! | texts of `citations` | prompt / output | assistant | `citation` |
//! | `description`s and other texts of `tools`, `output_config`, and of tools that blocks add | prompt / output | system | `tool-description`, named after the tool |
//! | `metadata`, `stop_sequences`, `context_management`, `compaction` | prompt | other | `other`, with `field` |
//! | content of a message whose role is not known | prompt | other | `text`, and a gap |
//! | `stop_details.explanation` | output | assistant | `refusal` |
//! | `stop_sequence` | output | other | `other`, `field`=`stop_sequence` |
//! | an upstream's error | output | other | `other`, `field`=`error` |
//!
//! Names and ids that are not plain tokens, blocks and fields that are not known and hold text,
//! images, files, documents that are not text, and what only the provider can read
//! (`redacted_thinking`, `encrypted_content`) are gaps.
//!
//! A `signature` vouches to the provider for the text beside it; a block whose text was changed is
//! refused. In an answer, it becomes empty when that text is edited: nobody takes the text for the
//! model's own, and the client had better not send the block back. In a request, a `thinking` block
//! that is edited leaves its array, as providers let earlier thoughts be left out; its signature
//! becomes empty where nothing would remain. A signature that reads as base64 is no gap.
//!
//! A `document` or `search_result` of a message leaves its array when one of its segments is
//! dropped, unless nothing would remain; in a result, its text is replaced.

mod errors;
mod message;
mod request;
mod response;
mod stream;

pub(crate) use errors::{body as error_body, filtered};
pub(crate) use request::{params, request};
pub(crate) use response::{answer, response};
pub(crate) use stream::Blocks;

/// Keys of the request itself.
const TOP: &[&str] = &[
    "billing_policy",
    "cache_control",
    "compaction",
    "container",
    "context_management",
    "diagnostics",
    "fallback_credit_token",
    "fallbacks",
    "inference_geo",
    "max_tokens",
    "mcp_servers",
    "messages",
    "metadata",
    "model",
    "output_config",
    "output_format",
    "service_tier",
    "speed",
    "stop_sequences",
    "stream",
    "system",
    "temperature",
    "thinking",
    "thread",
    "tool_choice",
    "tools",
    "top_k",
    "top_p",
];

/// Keys of a message.
const MESSAGE: &[&str] = &["content", "role"];

/// Keys of a content block, of what blocks hold, and of a delta.
const BLOCK: &[&str] = &[
    "cache_control",
    "caller",
    "citation",
    "citations",
    "cited_text",
    "content",
    "context",
    "data",
    "document_title",
    "encrypted_content",
    "encrypted_index",
    "encrypted_stdout",
    "file_id",
    "id",
    "input",
    "is_error",
    "media_type",
    "name",
    "partial_json",
    "server_name",
    "signature",
    "source",
    "stderr",
    "stdout",
    "text",
    "thinking",
    "title",
    "tool",
    "tool_changes",
    "tool_name",
    "tool_use_id",
    "tools",
    "toolset_name",
    "type",
    "url",
];

/// Keys of a tool that is offered.
const TOOL: &[&str] = &[
    "description",
    "input_examples",
    "input_schema",
    "name",
    "type",
];

/// Keys of a response, of an event, and of what an event holds.
const RESPONSE: &[&str] = &[
    "container",
    "content",
    "content_block",
    "delta",
    "error",
    "explanation",
    "id",
    "index",
    "message",
    "model",
    "role",
    "stop_details",
    "stop_reason",
    "stop_sequence",
    "type",
    "usage",
];

/// The words that errors may name.
pub(crate) const VOCABULARY: &[&str] = &[
    "cache_control",
    "citation",
    "citations",
    "content",
    "content_block",
    "context",
    "context_management",
    "custom_id",
    "data",
    "delta",
    "description",
    "error",
    "format",
    "id",
    "index",
    "input",
    "input_schema",
    "max_tokens",
    "media_type",
    "message",
    "messages",
    "metadata",
    "model",
    "name",
    "output_config",
    "output_format",
    "params",
    "partial_json",
    "properties",
    "requests",
    "role",
    "schema",
    "signature",
    "source",
    "stop_details",
    "stop_reason",
    "stop_sequence",
    "stop_sequences",
    "stream",
    "system",
    "temperature",
    "text",
    "thinking",
    "title",
    "tool_choice",
    "tool_use_id",
    "tools",
    "top_k",
    "top_p",
    "type",
    "url",
    "usage",
];
