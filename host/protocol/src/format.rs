//! The wire formats.

use caponier_core::Stage;

use crate::{
    Call, ErrorKind, ErrorShape, Filtered, Limits, Malformed, Problem, Request, Response,
    StreamCodec, StreamLimits, anthropic_batches, anthropic_messages,
    mcp::{self, Asked, Messages},
    ollama::{self, Endpoint},
    openai_batches, openai_chat, openai_completions, openai_embeddings, openai_files,
    openai_responses,
    stream::Events,
};

/// A wire format that the host can look into.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// OpenAI Chat Completions.
    OpenAiChat,
    /// Anthropic Messages, and the counting of their tokens.
    AnthropicMessages,
    /// OpenAI Completions.
    OpenAiCompletions,
    /// OpenAI Embeddings.
    OpenAiEmbeddings,
    /// OpenAI Responses, and the endpoints that count an input's tokens and compact it.
    OpenAiResponses,
    /// Ollama's chat.
    OllamaChat,
    /// Ollama's completion of a prompt.
    OllamaGenerate,
    /// Ollama's embeddings.
    OllamaEmbed,
    /// Anthropic Message Batches.
    AnthropicBatches,
    /// MCP over streamable HTTP; with what was asked, in the format of an answer.
    Mcp(Asked),
    /// OpenAI Batches.
    OpenAiBatches,
    /// OpenAI Files: what is uploaded.
    OpenAiFiles,
    /// What is in a file that is read, or in the results of a batch.
    FileContent,
    /// A store of documents.
    Store(Box<Call>),
}

/// What the paths of each format's endpoints end in. The first that fits counts.
const ENDPOINTS: &[(&str, Format)] = &[
    ("/api/chat", Format::OllamaChat),
    ("/api/generate", Format::OllamaGenerate),
    ("/api/embed", Format::OllamaEmbed),
    ("/api/embeddings", Format::OllamaEmbed),
    ("/chat/completions", Format::OpenAiChat),
    ("/completions", Format::OpenAiCompletions),
    ("/embeddings", Format::OpenAiEmbeddings),
    ("/responses", Format::OpenAiResponses),
    ("/responses/compact", Format::OpenAiResponses),
    ("/responses/input_tokens", Format::OpenAiResponses),
    ("/v1/messages", Format::AnthropicMessages),
    ("/v1/messages/count_tokens", Format::AnthropicMessages),
    ("/v1/messages/batches", Format::AnthropicBatches),
    ("/batches", Format::OpenAiBatches),
    ("/files", Format::OpenAiFiles),
];

/// What the paths of files that are read have before and behind the name of one.
const READ: &[(&str, &str)] = &[("/files/", "/content"), ("/batches/", "/results")];

impl Format {
    /// The format of an endpoint. The path is to be normalised before.
    pub fn of_path(path: &str) -> Option<Self> {
        let endpoint = ENDPOINTS.iter().find(|(end, _)| path.ends_with(end));
        endpoint.map(|(_, format)| format.clone())
    }

    /// The format of what is read with `GET`: of files, whose answers are what models said.
    pub fn of_read(path: &str) -> Option<Self> {
        let is_read = |(before, behind): &(&str, &str)| {
            let name = path.strip_suffix(behind)?.rsplit_once(before)?.1;
            (!name.is_empty() && !name.contains('/')).then_some(())
        };
        READ.iter().find_map(is_read).map(|()| Self::FileContent)
    }

    /// Its name, as metrics and audit records have it.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::OpenAiChat => "openai-chat",
            Self::AnthropicMessages => "anthropic-messages",
            Self::OpenAiCompletions => "openai-completions",
            Self::OpenAiEmbeddings => "openai-embeddings",
            Self::OpenAiResponses => "openai-responses",
            Self::OllamaChat => "ollama-chat",
            Self::OllamaGenerate => "ollama-generate",
            Self::OllamaEmbed => "ollama-embed",
            Self::AnthropicBatches => "anthropic-batches",
            Self::OpenAiBatches => "openai-batches",
            Self::OpenAiFiles => "openai-files",
            Self::FileContent => "file-content",
            Self::Mcp(_) => "mcp",
            Self::Store(call) => call.name(),
        }
    }

    /// The stage in which its answers are judged.
    pub const fn answer_stage(&self) -> Stage {
        match self {
            Self::OpenAiChat
            | Self::AnthropicMessages
            | Self::OpenAiCompletions
            | Self::OpenAiEmbeddings
            | Self::OpenAiResponses
            | Self::OllamaChat
            | Self::OllamaGenerate
            | Self::OllamaEmbed
            | Self::AnthropicBatches
            | Self::OpenAiBatches
            | Self::OpenAiFiles
            | Self::FileContent => Stage::Output,
            Self::Mcp(_) | Self::Store(_) => Stage::Retrieval,
        }
    }

    /// Whether a request's content type counts, and not only its path.
    pub const fn reads_content_type(&self) -> bool {
        matches!(self, Self::OpenAiFiles)
    }

    /// Parses a request's body that says by itself what it is: JSON.
    ///
    /// # Errors
    /// As [`request_of`](Self::request_of).
    pub fn request(&self, body: Vec<u8>, limits: &Limits) -> Result<Request, Malformed> {
        self.request_of("application/json", body, limits)
    }

    /// Parses a request's body. Its content type counts where the format has bodies that are no
    /// JSON; it is to be the only one.
    ///
    /// # Errors
    /// The first thing in it that is not of the format, or that two parsers could read differently.
    pub fn request_of(
        &self,
        content_type: &str,
        body: Vec<u8>,
        limits: &Limits,
    ) -> Result<Request, Malformed> {
        match self {
            Self::OpenAiFiles => return openai_files::request(content_type, body, limits),
            Self::FileContent => return openai_files::unasked(&body),
            _ => {}
        }
        let body = text(body)?;
        match self {
            Self::OpenAiFiles | Self::FileContent => openai_files::unasked(body.as_bytes()),
            Self::OpenAiChat => openai_chat::request(body, limits),
            Self::AnthropicMessages => anthropic_messages::request(body, limits),
            Self::OpenAiCompletions => openai_completions::request(body, limits),
            Self::OpenAiEmbeddings => openai_embeddings::request(body, limits),
            Self::OpenAiResponses => openai_responses::request(body, limits),
            Self::OllamaChat => ollama::request(Endpoint::Chat, body, limits),
            Self::OllamaGenerate => ollama::request(Endpoint::Generate, body, limits),
            Self::OllamaEmbed => ollama::request(Endpoint::Embed, body, limits),
            Self::AnthropicBatches => anthropic_batches::request(body, limits),
            Self::OpenAiBatches => openai_batches::request(body, limits),
            Self::Mcp(_) => mcp::request(body, limits),
            Self::Store(call) => call.request(body, limits),
        }
    }

    /// Parses a response's body; its segments' ids begin with `first_segment`.
    ///
    /// # Errors
    /// The first thing in it that is not of the format, or that two parsers could read differently.
    pub fn response(
        &self,
        body: Vec<u8>,
        first_segment: u32,
        limits: &Limits,
    ) -> Result<Response, Malformed> {
        if matches!(self, Self::FileContent) {
            return openai_files::content(body, first_segment, limits);
        }
        let body = text(body)?;
        match self {
            Self::OpenAiChat | Self::OpenAiCompletions => {
                openai_chat::response(body, first_segment, limits)
            }
            Self::OpenAiEmbeddings => openai_embeddings::response(body, first_segment, limits),
            Self::OpenAiResponses => openai_responses::response(body, first_segment, limits),
            Self::AnthropicMessages => anthropic_messages::response(body, first_segment, limits),
            Self::OllamaChat | Self::OllamaGenerate | Self::OllamaEmbed => {
                ollama::response(body, first_segment, limits)
            }
            Self::AnthropicBatches => anthropic_batches::response(body, first_segment, limits),
            Self::OpenAiBatches => openai_batches::response(body, first_segment, limits),
            Self::OpenAiFiles | Self::FileContent => {
                openai_files::response(body, first_segment, limits)
            }
            Self::Mcp(asked) => mcp::response(asked, body, first_segment, limits),
            Self::Store(call) => call.response(body, first_segment, limits),
        }
    }

    /// A codec for one streamed response; its segments' ids begin with `first_segment`.
    pub fn stream(&self, first_segment: u32, limits: &StreamLimits) -> StreamCodec {
        let mut limits = *limits;
        let events: Box<dyn Events> = match self {
            // Not all of these stream. Whoever sends a stream in their place sends chunks.
            Self::OpenAiChat
            | Self::OpenAiEmbeddings
            | Self::OpenAiBatches
            | Self::OpenAiFiles
            | Self::FileContent
            | Self::Store(_) => Box::new(openai_chat::Chunks::new(openai_chat::CHUNK, limits)),
            Self::OpenAiCompletions => {
                Box::new(openai_chat::Chunks::new(openai_completions::CHUNK, limits))
            }
            Self::OpenAiResponses => {
                // Its last event is the whole answer.
                limits.event_bytes = limits.event_bytes.max(limits.queued_bytes);
                Box::new(openai_responses::Answer::new(limits))
            }
            Self::AnthropicMessages | Self::AnthropicBatches => {
                Box::new(anthropic_messages::Blocks::new(limits))
            }
            Self::OllamaChat => Box::new(ollama::Lines::new(Endpoint::Chat, limits)),
            Self::OllamaGenerate => Box::new(ollama::Lines::new(Endpoint::Generate, limits)),
            Self::OllamaEmbed => Box::new(ollama::Lines::new(Endpoint::Embed, limits)),
            Self::Mcp(_) => Box::new(mcp::NoStream),
        };
        StreamCodec::new(events, first_segment, limits)
    }

    /// The stream of an answer, where its events are messages that are judged one by one. `None`
    /// where a [codec](Self::stream) reads it.
    pub fn messages(&self, first_segment: u32, limits: &Limits) -> Option<Messages> {
        match self {
            Self::Mcp(asked) => Some(Messages::new(asked.clone(), first_segment, limits)),
            _ => None,
        }
    }

    /// Whether an answer of this content type is a stream.
    pub fn is_stream(&self, content_type: &str) -> bool {
        let kind = content_type.split(';').next().unwrap_or_default().trim();
        let kinds: &[&str] = match self {
            Self::OpenAiChat
            | Self::OpenAiCompletions
            | Self::OpenAiEmbeddings
            | Self::OpenAiResponses
            | Self::AnthropicMessages
            | Self::AnthropicBatches
            | Self::Mcp(_)
            | Self::OpenAiBatches
            | Self::OpenAiFiles => &["text/event-stream"],
            // A file is what it is, whatever it is called.
            Self::FileContent => &[],
            Self::OllamaChat | Self::OllamaGenerate | Self::OllamaEmbed => {
                &["application/x-ndjson", "application/ndjson"]
            }
            Self::Store(_) => &[],
        };
        kinds.iter().any(|known| kind.eq_ignore_ascii_case(known))
    }

    /// Whether a header of a request repeats a part of its body.
    pub fn is_repeated_by(&self, header: &str) -> bool {
        matches!(self, Self::Mcp(asked) if asked.is_repeated_by(header))
    }

    /// The body of an error response.
    pub fn error(&self, shape: &ErrorShape) -> Vec<u8> {
        match self {
            Self::OpenAiChat
            | Self::OpenAiCompletions
            | Self::OpenAiEmbeddings
            | Self::OpenAiBatches
            | Self::OpenAiFiles
            | Self::FileContent => openai_chat::error_body(shape).into_bytes(),
            Self::OpenAiResponses => openai_responses::error_body(shape).into_bytes(),
            Self::AnthropicMessages | Self::AnthropicBatches => {
                anthropic_messages::error_body(shape).into_bytes()
            }
            Self::OllamaChat | Self::OllamaGenerate | Self::OllamaEmbed => {
                ollama::error_body(shape).into_bytes()
            }
            Self::Store(call) => call.error(shape).into_bytes(),
            Self::Mcp(asked) => mcp::error_body(asked, shape).into_bytes(),
        }
    }

    /// The HTTP status of an error response, where the format has one of its own.
    pub fn error_status(&self, kind: ErrorKind) -> Option<u16> {
        match self {
            Self::Mcp(asked) => mcp::status(asked, kind),
            _ => None,
        }
    }

    /// The body of an answer that the format calls filtered, in place of the model's. `None` where
    /// it has no such answer.
    pub fn filtered(&self, filtered: &Filtered<'_>) -> Option<Vec<u8>> {
        let body = match self {
            Self::OpenAiChat => openai_chat::filtered(filtered),
            Self::AnthropicMessages => anthropic_messages::filtered(filtered),
            Self::AnthropicBatches
            | Self::OpenAiBatches
            | Self::OpenAiFiles
            | Self::FileContent
            | Self::Mcp(_)
            | Self::Store(_) => return None,
            Self::OpenAiCompletions => openai_completions::filtered(filtered),
            Self::OpenAiEmbeddings => openai_embeddings::filtered(filtered),
            Self::OpenAiResponses => openai_responses::filtered(filtered),
            Self::OllamaChat => ollama::filtered(Endpoint::Chat, filtered),
            Self::OllamaGenerate => ollama::filtered(Endpoint::Generate, filtered),
            Self::OllamaEmbed => ollama::filtered(Endpoint::Embed, filtered),
        };
        Some(body.into_bytes())
    }
}

pub(crate) fn text(body: Vec<u8>) -> Result<String, Malformed> {
    String::from_utf8(body).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        Malformed {
            place: String::new(),
            at,
            problem: Problem::NotUtf8,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::Format;

    #[test]
    fn the_path_tells_the_format() {
        for (path, format) in [
            ("/v1/chat/completions", Format::OpenAiChat),
            ("/chat/completions", Format::OpenAiChat),
            ("/openai/deployments/x/chat/completions", Format::OpenAiChat),
            ("/v1/completions", Format::OpenAiCompletions),
            ("/v1/fim/completions", Format::OpenAiCompletions),
            ("/v1/embeddings", Format::OpenAiEmbeddings),
            ("/api/v1/embeddings", Format::OpenAiEmbeddings),
            ("/api/embeddings", Format::OllamaEmbed),
            ("/api/embed", Format::OllamaEmbed),
            ("/api/chat", Format::OllamaChat),
            ("/ollama/api/generate", Format::OllamaGenerate),
            ("/v1/messages", Format::AnthropicMessages),
            ("/anthropic/v1/messages", Format::AnthropicMessages),
            ("/v1/messages/count_tokens", Format::AnthropicMessages),
            ("/v1/messages/batches", Format::AnthropicBatches),
            ("/v1/batches", Format::OpenAiBatches),
            ("/openai/files", Format::OpenAiFiles),
            ("/v1/responses", Format::OpenAiResponses),
            ("/openai/v1/responses", Format::OpenAiResponses),
            ("/v1/responses/input_tokens", Format::OpenAiResponses),
            ("/v1/responses/compact", Format::OpenAiResponses),
        ] {
            assert_eq!(Format::of_path(path), Some(format), "{path}");
        }
        for path in [
            "/v1/chat/completions/",
            "/v1/Chat/Completions",
            "/v1/xcompletions",
            "/v1/embeddings/x",
            "/v1/moderations",
            "/v1/threads/t/messages",
            "/v1/messages/batches/b/cancel",
            "/v1/messages/",
            "/messages",
            "/v1/responses/",
            "/v1/xresponses",
            "/v1/responses/resp_1",
            "/v1/responses/resp_1/cancel",
            "/v1/responses/resp_1/input_items",
        ] {
            assert_eq!(Format::of_path(path), None, "{path}");
        }
    }

    #[test]
    fn files_are_read_where_they_are() {
        for (path, is_read) in [
            ("/v1/files/file-1/content", true),
            ("/v1/messages/batches/msgbatch_1/results", true),
            ("/v1/files//content", false),
            ("/v1/files/content", false),
            ("/v1/files/a/b/content", false),
            ("/v1/files/file-1", false),
        ] {
            let format = is_read.then_some(Format::FileContent);
            assert_eq!(Format::of_read(path), format, "{path}");
        }
    }

    #[test]
    fn the_content_type_tells_a_stream() {
        for (format, kind, is_stream) in [
            (Format::OpenAiChat, "text/event-stream", true),
            (
                Format::OpenAiCompletions,
                "Text/Event-Stream ; charset=utf-8",
                true,
            ),
            (Format::OpenAiChat, "application/json", false),
            (Format::OpenAiChat, "application/x-ndjson", false),
            (Format::OpenAiChat, "", false),
            (Format::OllamaChat, "application/x-ndjson", true),
            (Format::OllamaGenerate, "Application/X-NDJSON; x=y", true),
            (Format::OllamaChat, "application/json; charset=utf-8", false),
            (Format::OllamaChat, "text/event-stream", false),
        ] {
            assert_eq!(format.is_stream(kind), is_stream, "{kind}");
        }
    }
}
