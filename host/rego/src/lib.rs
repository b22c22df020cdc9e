//! Decisions by Rego rules.
//!
//! A [`Bundle`] is a set of Rego sources with their data, checked once when a revision is built:
//! it parses, calls nothing that is not there, has no recursion, and answers all three phases. An
//! [`Evaluator`] is a bundle made ready for one thread; it turns an [`Input`] into one
//! [`Decision`](caponier_core::Decision) within a time limit. [`Actions`] is the `actions:` table:
//! what each rule's findings ask for, before Rego has its say.
//!
//! The entry point is `data.caponier.decision`. The default policy is embedded and is used beside
//! the operator's own files, which extend it; a file that declares `decision` itself in
//! `package caponier` replaces it whole.
//!
//! Nothing here knows a clock (but for the time limit), a file or the network, and no builtin
//! does either: the same input gives the same decision.

#![forbid(unsafe_code)]

mod actions;
mod bounded;
mod bundle;
mod check;
mod clock;
mod decision;
mod evaluator;
mod glob;
mod input;
mod selftest;

pub use actions::{ActionEntry, ActionError, ActionRule, Actions, Place, Resolved, Trust};
pub use bundle::{Bundle, BundleError, DEFAULT_POLICY, Location, Source, TestResult};
pub use decision::{MUTABLE_FIELDS, parse as parse_decision};
pub use evaluator::{DEFAULT_TIME_LIMIT, DecideError, Evaluator};
pub use input::{Input, MAX_FINDINGS, Phase, View};
