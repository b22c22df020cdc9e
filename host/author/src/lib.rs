//! The author's side of plugins: from nothing to a component that has been tried in the sandbox.
//!
//! [`create`] makes a project in one of four languages, with the SDK beside it. [`build`] runs the
//! language's own tools and makes the component, with what its project says of it inside. [`test()`]
//! runs its cases, [`inspect`] tells what it is and asks for, [`bench()`] what it costs: all
//! three in the sandbox that serves requests.

mod bench;
mod build;
mod cases;
mod error;
mod inspect;
mod languages;
mod metadata;
mod names;
mod project;
mod sandbox;
mod scaffold;
mod templates;

pub use bench::{Costs, bench};
pub use build::{build, check};
pub use cases::{Verdict, test};
pub use error::Error;
pub use inspect::{Facts, Packs, inspect};
pub use languages::Language;
pub use metadata::Metadata;
pub use project::Project;
pub use scaffold::create;
