//! Running a plugin natively, without a sandbox.
//!
//! [`Harness`] configures a plugin, shows it segments, carries its state, and plays a stream the
//! way a host does. [`run_cases`] runs the YAML cases of a folder; `caponier plugin test` runs the
//! same cases in the real sandbox.
//!
//! ```no_run
//! # use caponier_sdk::testing;
//! # fn show<MyPlugin: caponier_sdk::Plugin>() {
//! testing::run_cases::<MyPlugin>(concat!(env!("CARGO_MANIFEST_DIR"), "/cases")).unwrap();
//! # }
//! ```

mod cases;
mod harness;
mod outcome;
mod stream;

pub use cases::{Case, CaseSegment, Expectation, check_case, parse_cases, run_case, run_cases};
pub use harness::{Harness, Input};
pub use outcome::{Change, Found, Outcome};
pub use stream::{Streamed, check_splits};
