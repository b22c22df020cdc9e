//! MCP, the Model Context Protocol, over streamable HTTP.
//!
//! # What becomes of each part
//!
//! | part | stage | role | kind |
//! |---|---|---|---|
//! | each string, number and key of a `tools/call`'s `arguments` | prompt | assistant | `tool-call`, with `path` and `part`, named after the tool |
//! | the whole of them | prompt | assistant | `structured`, read-only |
//! | each string, number and key of `arguments` of `prompts/get`, and of what `completion/complete` is asked | prompt | user | `text`, with `path` and `part` |
//! | `uri` of `resources/read` and of subscriptions | prompt | assistant | `tool-call`, `field`=`uri` |
//! | the client's answers to `sampling/createMessage`, `elicitation/create` and `roots/list` | prompt | other | `text`, with `path` and `part` where it is nested |
//! | other texts of the client | prompt | other | `other`, with `field` |
//! | `content` of a tool's result: texts, links and embedded resources | retrieval | tool | `tool-result`, named after the tool |
//! | each string, number and key of `structuredContent` | retrieval | tool | `tool-result`, with `path` and `part` |
//! | the whole of it | retrieval | tool | `structured`, read-only |
//! | texts of `tools`, `prompts`, `resources` and `resourceTemplates`, schemas and annotations among them | retrieval | tool | `tool-description`, named after what they describe, with `list` and `digest` |
//! | `instructions` and `serverInfo` of a server | retrieval | tool | `tool-description`, with `field` |
//! | `contents` of a resource | retrieval | document | `document`, named after its `uri` |
//! | `messages` of a prompt | retrieval | document | `document`, named after the prompt |
//! | what a server asks in `sampling/createMessage` and `elicitation/create` | retrieval | tool | `text` |
//! | log and progress messages, errors, and other texts of the server | retrieval | tool | `other`, with `field` |
//!
//! Whatever a server says is fetched from outside of the conversation, and so judged in the stage
//! *retrieval*. Images, audio and binary resources are gaps where content stands, and only in base64; a
//! method that nobody knows is one, too, and its texts are segments all the same. Short words, such as
//! names and types, are no texts in the objects of the protocol. What servers and users shape as they
//! like, such as a log's `data` or a user's input, is read as arguments are, and its whole stands beside
//! it, structured.
//!
//! Where a text of a tool, a prompt or a resource in a list is dropped, it leaves the list, which may
//! become empty; one without any text is one read-only segment. `digest` is that of all that is said of
//! it, `sha256:` and hexadecimal digits, the same however members are ordered and strings escaped; `list`
//! is the list. In a result, what is dropped is replaced.
//!
//! A body is one message: several in an array, which one revision of the protocol had and the next
//! took out again, are refused. In a stream each event is a message, and judged as a whole before it
//! goes out; one that is denied becomes an error with the same id, or nothing where it asks for no
//! answer. A stream ends with its connection, and what comes after an answer is read like the rest.

mod errors;
mod message;
mod request;
mod response;
mod stream;

pub(crate) use errors::{body as error_body, status};
pub(crate) use request::request;
pub(crate) use response::response;
pub(crate) use stream::NoStream;
pub use stream::{Messages, Piece, StreamedMessage};

/// What a client's message asks, as far as the answer does not say it again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Asked {
    /// The request's id, as it was written.
    pub(crate) id: Option<String>,
    /// The message wants no answer.
    pub(crate) is_told: bool,
    /// It asks for a tool or a prompt by a name, which is no text and stays as it is.
    pub(crate) is_called: bool,
    /// The name of the tool, of the prompt, or the address of the resource.
    pub(crate) name: Option<String>,
}

impl Asked {
    /// Whether a header repeats what may be taken out of a message: an argument, or an address.
    pub(crate) fn is_repeated_by(&self, header: &str) -> bool {
        let start = header.as_bytes().get(..10).unwrap_or_default();
        start.eq_ignore_ascii_case(b"mcp-param-")
            || (header.eq_ignore_ascii_case("mcp-name") && !self.is_called)
    }
}

/// Keys of a message.
const MESSAGE: &[&str] = &["error", "id", "jsonrpc", "method", "params", "result"];

/// Keys of what a request asks, of what a result says, and of the protocol's own objects in the two.
const HELD: &[&str] = &[
    "_meta",
    "action",
    "annotations",
    "argument",
    "arguments",
    "audio",
    "blob",
    "capabilities",
    "clientInfo",
    "code",
    "completion",
    "content",
    "contents",
    "context",
    "cursor",
    "data",
    "description",
    "inputRequests",
    "inputResponses",
    "inputSchema",
    "instructions",
    "isError",
    "level",
    "message",
    "messages",
    "mimeType",
    "model",
    "name",
    "nextCursor",
    "outputSchema",
    "prompts",
    "protocolVersion",
    "ref",
    "requestState",
    "requestedSchema",
    "resource",
    "resourceTemplates",
    "resources",
    "role",
    "roots",
    "serverInfo",
    "structuredContent",
    "systemPrompt",
    "text",
    "title",
    "tools",
    "type",
    "uri",
    "uriTemplate",
];

/// The words that errors may name.
const VOCABULARY: &[&str] = &[
    "_meta",
    "annotations",
    "argument",
    "arguments",
    "blob",
    "content",
    "contents",
    "data",
    "description",
    "error",
    "id",
    "inputSchema",
    "instructions",
    "jsonrpc",
    "message",
    "messages",
    "method",
    "mimeType",
    "name",
    "outputSchema",
    "params",
    "prompts",
    "resource",
    "resources",
    "result",
    "role",
    "structuredContent",
    "text",
    "title",
    "tools",
    "type",
    "uri",
];
