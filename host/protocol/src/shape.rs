//! Answers of the host's own, to be put in a wire format's shape.

/// Why the host answers in the model's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The content was denied.
    Content,
    /// The request is not what the format says.
    Malformed,
    /// No valid identity.
    Unauthenticated,
    /// An access rule denied it.
    Access,
    /// A budget is used up.
    Budget,
    /// The body is too large.
    TooLarge,
    /// The body's encoding is not supported.
    UnsupportedEncoding,
    /// The host itself cannot decide.
    Unavailable,
    /// The upstream's answer is of no use.
    BadGateway,
    /// The upstream did not answer in time.
    UpstreamTimeout,
    /// No such endpoint.
    NotFound,
}

impl ErrorKind {
    /// Every kind.
    pub const ALL: &'static [Self] = &[
        Self::Content,
        Self::Malformed,
        Self::Unauthenticated,
        Self::Access,
        Self::Budget,
        Self::TooLarge,
        Self::UnsupportedEncoding,
        Self::Unavailable,
        Self::BadGateway,
        Self::UpstreamTimeout,
        Self::NotFound,
    ];

    /// The HTTP status, unless a policy names another.
    pub const fn status(self) -> u16 {
        match self {
            Self::Content | Self::Malformed => 400,
            Self::Unauthenticated => 401,
            Self::Access => 403,
            Self::NotFound => 404,
            Self::TooLarge => 413,
            Self::UnsupportedEncoding => 415,
            Self::Budget => 429,
            Self::BadGateway => 502,
            Self::Unavailable => 503,
            Self::UpstreamTimeout => 504,
        }
    }
}

/// An answer of the host's own.
#[derive(Clone, PartialEq, Eq)]
pub struct ErrorShape {
    /// Why.
    pub kind: ErrorKind,
    /// For the client.
    pub message: String,
}

impl ErrorShape {
    /// An answer with this message.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
        }
    }
}

impl std::fmt::Debug for ErrorShape {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ErrorShape")
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

/// An answer that stands for one that was filtered.
#[derive(Clone, Copy, Debug)]
pub struct Filtered<'a> {
    /// The model that was asked.
    pub model: &'a str,
    /// The exchange's id.
    pub exchange: &'a str,
    /// Seconds since the Unix epoch.
    pub seconds: u64,
}
