//! Revisions: build, evaluate, watch, swap.
//!
//! [`Runtime::start`] builds the first [`Revision`] from a configuration and everything it names;
//! [`Runtime::watch`] builds another whenever one of those files changes, and swaps it in whole or
//! refuses it whole. A [`Policy`] is what a revision decides with: it runs the plugins, asks the
//! rules and plans the edits, without waiting for anything.

#![forbid(unsafe_code)]

mod builder;
mod builtin;
mod counters;
mod evaluate;
mod files;
mod findings;
mod policy;
mod pool;
mod problem;
mod revision;
mod seal;
mod stream;
mod watch;

pub use builtin::{builtin, builtin_names};
pub use caponier_component::{EngineMode, Plugin, Session};
pub use evaluate::{Outcome, StageInput};
pub use files::Files;
pub use policy::{DenialKind, Loaded, Policy, RoutePlan, Timings};
pub use pool::{Full, INLINE, Pool};
pub use problem::Problem;
pub use revision::{Attach, Options, Revision, Runtime, Source, Status};
pub use seal::SealError;
pub use stream::{Step, StreamRun};
pub use watch::Watching;
