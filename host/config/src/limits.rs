//! How much is inspected, and what happens to what cannot be.

use std::time::Duration;

use crate::words::words;

/// Limits of one exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Bytes of a request's or an answer's body, after decompression.
    pub body: u64,
    /// Bytes of text that one stage may hold.
    pub text: u64,
    /// What happens to more than that.
    pub over_limit: OverLimit,
    /// What happens to parts, fields, roles or events of unknown meaning.
    pub unrecognized: Treatment,
    /// What happens to parts that are not text.
    pub opaque: OpaqueParts,
    /// Bytes that a stream may hold back per channel.
    pub hold: u64,
    /// What happens when it would hold more.
    pub hold_exceeded: HoldExceeded,
    /// Time of one evaluation of the rules.
    pub rego: Duration,
    /// Depth of nested JSON in a body.
    pub depth: usize,
    /// Segments of one exchange.
    pub segments: usize,
    /// Findings that rules see one by one; of more they see counts.
    pub findings: usize,
    /// Texts larger than this are evaluated in the pool rather than where they arrived.
    pub inline: u64,
    /// Evaluations that may wait for the pool; more are refused.
    pub queue: usize,
}

words! {
    /// What happens to a body or a text that is too large.
    OverLimit {
        /// It is refused.
        Deny = "deny",
        /// It passes without inspection; coverage says so.
        Allow = "allow",
    }
}

words! {
    /// What happens to something that is not inspected as text. Coverage names it in every case.
    Treatment {
        /// It passes.
        Allow = "allow",
        /// It passes, and the exchange is marked.
        Flag = "flag",
        /// The exchange is refused.
        Deny = "deny",
    }
}

words! {
    /// What happens when a stream would have to hold back more than it may.
    HoldExceeded {
        /// The stream is denied.
        Deny = "deny",
    }
}

/// What happens to parts that are not text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields)]
pub struct OpaqueParts {
    /// Images.
    pub image: Treatment,
    /// Audio.
    pub audio: Treatment,
    /// Files.
    pub file: Treatment,
}
