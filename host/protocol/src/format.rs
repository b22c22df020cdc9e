//! The wire formats.

use crate::{
    ErrorShape, Filtered, Limits, Malformed, Problem, Request, Response, StreamCodec, StreamLimits,
    openai_chat, stream::Events,
};

/// A wire format that the host can look into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// OpenAI Chat Completions.
    OpenAiChat,
}

impl Format {
    /// The format of an endpoint. The path is to be normalised before.
    pub fn of_path(path: &str) -> Option<Self> {
        path.strip_suffix("/chat/completions")
            .map(|_| Self::OpenAiChat)
    }

    /// Its name, as metrics and audit records have it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OpenAiChat => "openai-chat",
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
            Self::OpenAiChat => openai_chat::response(body, first_segment, limits),
        }
    }

    /// A codec for one streamed response; its segments' ids begin with `first_segment`.
    pub fn stream(self, first_segment: u32, limits: &StreamLimits) -> StreamCodec {
        let events: Box<dyn Events> = match self {
            Self::OpenAiChat => Box::new(openai_chat::Chunks::new(*limits)),
        };
        StreamCodec::new(events, first_segment, *limits)
    }

    /// The body of an error response.
    pub fn error(self, shape: &ErrorShape) -> Vec<u8> {
        match self {
            Self::OpenAiChat => openai_chat::error_body(shape).into_bytes(),
        }
    }

    /// The body of an answer that the format calls filtered, in place of the model's.
    pub fn filtered(self, filtered: &Filtered<'_>) -> Vec<u8> {
        match self {
            Self::OpenAiChat => openai_chat::filtered(filtered).into_bytes(),
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
        for path in [
            "/v1/chat/completions",
            "/chat/completions",
            "/openai/deployments/x/chat/completions",
        ] {
            assert_eq!(Format::of_path(path), Some(Format::OpenAiChat), "{path}");
        }
        for path in [
            "/v1/chat/completions/",
            "/v1/Chat/completions",
            "/v1/completions",
            "chat/completions",
            "/xchat/completions",
        ] {
            assert_eq!(Format::of_path(path), None, "{path}");
        }
    }
}
