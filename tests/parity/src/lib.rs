//! The same exchanges through the gateway and through Envoy, and every difference between them.
//!
//! Both run the same configuration before the same upstream, which says the same in the same
//! pieces. What is compared: what reached the upstream, what the client got, and what the audit
//! records say — action, findings with their spans, edits, drops, coverage. Only what is new in
//! each exchange by design is made comparable first: its id, its tokens' nonces, digests under a
//! random key, and times. See `tests/parity.rs`.

pub mod case;
pub mod generate;
pub mod hosts;
pub mod http;
pub mod json;
pub mod observe;
pub mod random;
pub mod run;
pub mod stored;
pub mod upstream;

/// Whatever goes wrong around the comparison.
pub type Error = Box<dyn std::error::Error + Send + Sync>;
/// What may go wrong.
pub type Result<T> = std::result::Result<T, Error>;
