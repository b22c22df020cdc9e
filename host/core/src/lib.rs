//! What a policy run is made of: segments, findings, decisions, and the step machines of chain and
//! stream.
//!
//! This crate does no I/O, knows no clock and no wire format, and cannot wait: a shell (the
//! gateway, or the Envoy filter) owns the loop, calls the plugins and asks Rego, and hands back
//! what they said. So both shells run the same code and neither can drift.
//!
//! The way through it: [`Chain::new`] takes one stage's segments; [`Chain::next`] names the plugin
//! to call and what to show it; [`Chain::record`] takes its [`Report`] or its [`Fault`];
//! [`Chain::finish`] gives the [`StageReport`] that Rego decides on; [`plan`] turns that decision
//! into edits that do not overlap. A stream puts a [`Stream`] in front, which says which windows
//! to inspect and how far the text may be released.

#![forbid(unsafe_code)]

mod apart;
mod chain;
mod check;
mod context;
mod coverage;
mod decision;
mod exchange;
mod fault;
mod finding;
mod manifest;
mod merge;
mod report;
mod revise;
mod segment;
mod stream;
mod triggers;

pub use chain::{Call, Chain, PluginSpec, Plugins, StageReport};
pub use check::check;
pub use context::{Context, Principal, RequestFacts, ToolCall, Usage};
pub use coverage::{Coverage, Gap, GapKind, Skipped};
pub use decision::{Action, Decision, Mode, OnError};
pub use exchange::Exchange;
pub use fault::{Fault, FaultKind, FaultRecord};
pub use finding::{AppliedEdit, Finding};
pub use manifest::{Manifest, ManifestError, Rule, Scope, Severity};
pub use merge::{Plan, SegmentEdit, plan};
pub use report::{Edit, Hold, Note, RawFinding, Report, ReportLimits, Skip};
pub use segment::{Kind, Role, Segment, Span, Stage};
pub use stream::{Release, Settled, Stream, StreamLimits};
