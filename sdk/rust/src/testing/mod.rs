//! Running a plugin natively, without a sandbox.
//!
//! [`Harness`] configures a plugin, shows it segments, carries its state, and plays a stream the
//! way a host does. [`Counting`] makes counters count. [`run_cases`] runs the YAML cases of a
//! folder; `caponier plugin test` runs the same cases in the real sandbox. [`check_edits`] holds what
//! is reported of any text, [`NAUGHTY`] ones among them, to what a host does with it.

mod cases;
pub(crate) mod counting;
mod edits;
mod harness;
mod naughty;
mod outcome;
mod stream;

pub use cases::{Case, CaseSegment, Expectation, check_case, parse_cases, run_case, run_cases};
pub use counting::Counting;
pub use edits::check_edits;
pub use harness::{Harness, Input};
pub use naughty::NAUGHTY;
pub use outcome::{Change, Found, Outcome};
pub use stream::{Streamed, check_splits};
