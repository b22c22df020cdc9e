//! The wire formats.

use crate::{
    ErrorShape, Filtered, Limits, Malformed, Problem, Request, Response, StreamCodec, StreamLimits,
    anthropic_messages, openai_chat, openai_completions, openai_embeddings, stream::Events,
};

/// A wire format that the host can look into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// OpenAI Chat Completions.
    OpenAiChat,
    /// Anthropic Messages, and the counting of their tokens.
    AnthropicMessages,
    /// OpenAI Completions.
    OpenAiCompletions,
    /// OpenAI Embeddings.
    OpenAiEmbeddings,
}

/// What the paths of each format's endpoints end in. The first that fits counts.
const ENDPOINTS: &[(&str, Format)] = &[
    ("/chat/completions", Format::OpenAiChat),
    ("/completions", Format::OpenAiCompletions),
    ("/embeddings", Format::OpenAiEmbeddings),
    ("/v1/messages", Format::AnthropicMessages),
    ("/v1/messages/count_tokens", Format::AnthropicMessages),
];

impl Format {
    /// The format of an endpoint. The path is to be normalised before.
    pub fn of_path(path: &str) -> Option<Self> {
        let endpoint = ENDPOINTS.iter().find(|(end, _)| path.ends_with(end));
        endpoint.map(|(_, format)| *format)
    }

    /// Its name, as metrics and audit records have it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OpenAiChat => "openai-chat",
            Self::AnthropicMessages => "anthropic-messages",
            Self::OpenAiCompletions => "openai-completions",
            Self::OpenAiEmbeddings => "openai-embeddings",
        }
    }

    /// Parses a request's body.
    ///
    /// # Errors
    /// The first thing in it that is not of the format, or that two parsers could read differently.
    pub fn request(self, body: Vec<u8>, limits: &Limits) -> Result<Request, Malformed> {
        let body = text(body)?;
        match self {
            Self::OpenAiChat => openai_chat::request(body, limits),
            Self::AnthropicMessages => anthropic_messages::request(body, limits),
            Self::OpenAiCompletions => openai_completions::request(body, limits),
            Self::OpenAiEmbeddings => openai_embeddings::request(body, limits),
        }
    }

    /// Parses a response's body; its segments' ids begin with `first_segment`.
    ///
    /// # Errors
    /// The first thing in it that is not of the format, or that two parsers could read differently.
    pub fn response(
        self,
        body: Vec<u8>,
        first_segment: u32,
        limits: &Limits,
    ) -> Result<Response, Malformed> {
        let body = text(body)?;
        match self {
            Self::OpenAiChat | Self::OpenAiCompletions => {
                openai_chat::response(body, first_segment, limits)
            }
            Self::OpenAiEmbeddings => openai_embeddings::response(body, first_segment, limits),
            Self::AnthropicMessages => anthropic_messages::response(body, first_segment, limits),
        }
    }

    /// A codec for one streamed response; its segments' ids begin with `first_segment`.
    pub fn stream(self, first_segment: u32, limits: &StreamLimits) -> StreamCodec {
        let events: Box<dyn Events> = match self {
            // Vectors do not stream. Whoever sends a stream in their place sends chunks.
            Self::OpenAiChat | Self::OpenAiEmbeddings => {
                Box::new(openai_chat::Chunks::new(openai_chat::CHUNK, *limits))
            }
            Self::OpenAiCompletions => {
                Box::new(openai_chat::Chunks::new(openai_completions::CHUNK, *limits))
            }
            Self::AnthropicMessages => Box::new(anthropic_messages::Blocks::new(*limits)),
        };
        StreamCodec::new(events, first_segment, *limits)
    }

    /// Whether an answer of this content type is a stream.
    pub fn is_stream(self, content_type: &str) -> bool {
        let kind = content_type.split(';').next().unwrap_or_default().trim();
        kind.eq_ignore_ascii_case("text/event-stream")
    }

    /// The body of an error response.
    pub fn error(self, shape: &ErrorShape) -> Vec<u8> {
        match self {
            Self::OpenAiChat | Self::OpenAiCompletions | Self::OpenAiEmbeddings => {
                openai_chat::error_body(shape).into_bytes()
            }
            Self::AnthropicMessages => anthropic_messages::error_body(shape).into_bytes(),
        }
    }

    /// The body of an answer that the format calls filtered, in place of the model's.
    pub fn filtered(self, filtered: &Filtered<'_>) -> Vec<u8> {
        match self {
            Self::OpenAiChat => openai_chat::filtered(filtered).into_bytes(),
            Self::AnthropicMessages => anthropic_messages::filtered(filtered).into_bytes(),
            Self::OpenAiCompletions => openai_completions::filtered(filtered).into_bytes(),
            Self::OpenAiEmbeddings => openai_embeddings::filtered(filtered).into_bytes(),
        }
    }
}

fn text(body: Vec<u8>) -> Result<String, Malformed> {
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
            ("/v1/messages", Format::AnthropicMessages),
            ("/anthropic/v1/messages", Format::AnthropicMessages),
            ("/v1/messages/count_tokens", Format::AnthropicMessages),
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
            "/v1/messages/batches",
            "/v1/messages/",
            "/messages",
        ] {
            assert_eq!(Format::of_path(path), None, "{path}");
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
        ] {
            assert_eq!(format.is_stream(kind), is_stream, "{kind}");
        }
    }
}
