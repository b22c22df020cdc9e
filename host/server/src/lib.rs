//! The gateway, the decision port and the admin port.
//!
//! [`attach`] makes what the server needs part of every revision: certificates, keys, identity
//! sources, connections to upstreams, the audit log. [`Server`] binds the listeners and answers on
//! them; a request takes the revision in service once and keeps it to its end.
//!
//! The way of a request is in the `gateway` module: path, route, identity, body, wire format,
//! decision, upstream, and the answer back the same way. All evaluation is the runtime's; all
//! parsing of wire formats is the protocol's; here is what connects them to sockets.

#![forbid(unsafe_code)]

mod admin;
mod answer;
mod audit;
mod clock;
mod decision;
mod decode;
mod gateway;
mod identity;
mod listener;
mod metrics;
mod random;
mod serve;
mod state;
mod tls;
mod upstream;

pub use identity::hash_api_key;
pub use serve::{Addresses, ServeError, Server, serve};
pub use state::{ServerRuntime, ServerState, attach};
