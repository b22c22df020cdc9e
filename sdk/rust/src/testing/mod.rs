//! Running a plugin natively, without a sandbox.
//!
//! [`Harness`] configures a plugin, shows it segments, carries its state, and plays a stream the
//! way a host does. [`run_cases`] runs the YAML cases of a folder; `caponier plugin test` runs the
//! same cases in the real sandbox.

mod cases;
mod harness;
mod outcome;
mod stream;

pub use cases::{Case, CaseSegment, Expectation, check_case, parse_cases, run_case, run_cases};
pub use harness::{Harness, Input};
pub use outcome::{Change, Found, Outcome};
pub use stream::{Streamed, check_splits};
