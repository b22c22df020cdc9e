//! The shell: a filter for stock Envoy that decides with the code that the gateway decides with.
//!
//! A [`Filter`] is one exchange on its way through Envoy. It is driven by Envoy's callbacks and
//! asks Envoy for everything else through a [`Host`], so that all of it also runs in tests,
//! without Envoy. What is left for the module itself (`wasm32` only) is to carry callbacks and
//! host calls across: `shell` and `sys`.
//!
//! Request headers are held until the body has been judged; so are the headers of a whole answer.
//! A streamed answer is inspected as it passes. Nothing here panics on what Envoy, a client or an
//! upstream does: a trap would end the worker's whole VM.

mod answer;
#[cfg(test)]
mod attacks;
#[cfg(any(test, all(target_arch = "wasm32", feature = "packed")))]
mod counters;
mod endpoint;
#[cfg(test)]
mod fake;
#[cfg(test)]
mod files;
mod filter;
#[cfg(test)]
mod formats;
#[cfg(all(target_arch = "wasm32", feature = "packed"))]
mod guests;
mod headers;
mod host;
mod identity;
mod letters;
#[cfg(test)]
mod mcp;
mod metrics;
mod request;
mod root;
#[cfg(target_arch = "wasm32")]
mod shell;
#[cfg(any(test, all(target_arch = "wasm32", feature = "packed")))]
mod store;
#[cfg(test)]
mod stores;
#[cfg(target_arch = "wasm32")]
mod sys;
#[cfg(test)]
mod tests;
mod unpack;

pub use filter::{Filter, Flow};
pub use host::{Body, Host, Level, Map, Metric, Property, Shared};
pub use root::Root;
