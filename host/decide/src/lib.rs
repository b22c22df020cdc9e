//! One policy at work: which plugins are called with what, what the rules are asked, what follows
//! from their answer.
//!
//! This is the code that both hosts share, so that a decision cannot depend on where it is made.
//! A host says how a plugin is called ([`Guests`]) and owns everything around it: sockets, the
//! building of revisions, records. [`Policy::evaluate`] takes one whole stage,
//! [`Policy::open_stream`] and [`Policy::step`] an answer that comes bit by bit.

#![forbid(unsafe_code)]

mod endpoint;
mod evaluate;
mod message;
mod messages;
mod packed;
mod policy;
mod record;
mod refusal;
mod route;
mod stores;
mod stream;
mod wire;

pub use endpoint::{content_type, format_of, shape_of, uninspected};
pub use evaluate::{Outcome, StageInput};
pub use message::{Arrived, Judged, Passed, Ruling};
pub use messages::{Delivery, Mail};
pub use packed::{
    Grants, IdentityFrom, PACKED_VERSION, Packed, PackedPlugin, PackedRoute, PackedRule, Shell,
    Unusable, bundle,
};
pub use policy::{DenialKind, GuestCall, Guests, Parts, Policy, RoutePlan, Timings};
pub use record::{CoverageRecord, DigestKey, Digests, FaultLine, Record, timestamp};
pub use refusal::{Refusal, check_charset, message};
pub use route::{Found, find, is_lookalike};
pub use stream::{Step, StreamRun};
pub use wire::{Cut, Next, Wire};
