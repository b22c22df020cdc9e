//! The way to model APIs.
//!
//! Connections speak HTTP/1.1 and are driven by the request that uses them: no task of their own,
//! no hand-over between threads, and a request that is dropped takes its connection with it, so
//! that a client who leaves stops the model too.

mod client;
pub(crate) mod headers;
mod link;

use std::time::Duration;

use bytes::Bytes;
use hyper::body::Incoming;

pub(crate) use client::{Client, ClientKey, SWEEP, target, tunnel};
pub(crate) use link::UpstreamBody;

/// What goes to an upstream: a whole body, or the client's as it comes.
pub(crate) enum Outgoing {
    Whole(Option<Bytes>),
    /// What has been read already, and the rest. Only for what is not inspected.
    Passing {
        read: Option<Bytes>,
        rest: Incoming,
    },
}

impl Outgoing {
    pub(crate) fn whole(bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        Self::Whole((!bytes.is_empty()).then_some(bytes))
    }

    /// A client's body from here on.
    pub(crate) fn passing(read: Option<Bytes>, rest: Option<Incoming>) -> Self {
        match rest {
            Some(rest) => Self::Passing { read, rest },
            None => Self::Whole(read),
        }
    }
}

/// How an upstream fails to answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UpstreamError {
    /// No connection.
    #[error("the upstream cannot be reached")]
    Connect(#[source] std::io::Error),
    /// No connection in time.
    #[error("no connection to the upstream within {0:?}")]
    ConnectTimeout(Duration),
    /// No answer in time.
    #[error("no answer from the upstream within {0:?}")]
    FirstByteTimeout(Duration),
    /// The answer stopped for too long.
    #[error("the upstream's answer stopped for {0:?}")]
    IdleTimeout(Duration),
    /// All of it took too long.
    #[error("the exchange took longer than {0:?}")]
    TotalTimeout(Duration),
    /// The connection broke, or spoke something else than HTTP.
    #[error("the upstream's answer broke off")]
    Broken(#[source] hyper::Error),
    /// It left HTTP, and nobody had asked for that.
    #[error("the upstream switched protocols without being asked")]
    Switched,
    /// A body of more than the limit.
    #[error("the upstream's answer is larger than {0} bytes")]
    TooLarge(usize),
    /// A body in an encoding that is not known, or damaged.
    #[error("the upstream's answer cannot be decompressed")]
    Encoding,
    /// A body in a charset of which other text may be read than was inspected.
    #[error("the upstream's answer has a charset that is not supported")]
    Charset,
}

impl UpstreamError {
    /// A word for metrics.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Self::Connect(_) => "connect",
            Self::ConnectTimeout(_) => "connect-timeout",
            Self::FirstByteTimeout(_) => "first-byte-timeout",
            Self::IdleTimeout(_) => "idle-timeout",
            Self::TotalTimeout(_) => "total-timeout",
            Self::Broken(_) => "broken",
            Self::Switched => "switched",
            Self::TooLarge(_) => "too-large",
            Self::Encoding => "encoding",
            Self::Charset => "charset",
        }
    }

    /// Whether it was too slow rather than wrong.
    pub(crate) fn is_timeout(&self) -> bool {
        matches!(
            self,
            Self::ConnectTimeout(_)
                | Self::FirstByteTimeout(_)
                | Self::IdleTimeout(_)
                | Self::TotalTimeout(_)
        )
    }
}
