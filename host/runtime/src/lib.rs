//! Revisions: build, evaluate, watch, swap.
//!
//! [`Runtime::start`] builds the first [`Revision`] from a configuration and everything it names;
//! [`Runtime::watch`] builds another whenever one of those files changes, and swaps it in whole or
//! refuses it whole. A [`Policy`] is what a revision decides with: the code that every host shares,
//! with plugins that run in sandboxes of this process.

#![forbid(unsafe_code)]

mod builder;
mod builtin;
mod counters;
mod files;
mod findings;
mod packing;
mod policy;
mod pool;
mod problem;
mod revision;
mod seal;
mod trust;
mod watch;

pub use builtin::{builtin, builtin_names, builtin_sbom};
pub use caponier_component::{Call, EngineMode, Plugin, Session};
pub use caponier_decide::{DenialKind, Outcome, RoutePlan, StageInput, Step, StreamRun, Timings};
pub use files::Files;
pub use packing::{Packable, PackablePlugin, packable};
pub use policy::{Loaded, Policy, Sandboxes};
pub use pool::{Full, INLINE, Pool};
pub use problem::Problem;
pub use revision::{Attach, Options, Revision, Runtime, Source, Status};
pub use seal::SealError;
pub use trust::{Pulled, Taken, pull, registry_client};
pub use watch::Watching;
