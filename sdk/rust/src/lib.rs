//! Write a Caponier policy plugin in Rust.
//!
//! A plugin implements [`Plugin`] and names itself in [`export!`]. It is built for
//! `wasm32-unknown-unknown` as a `cdylib`; natively everything but the host's imports works the
//! same, so that it can be unit-tested without a sandbox.
//!
//! ```
//! use caponier_sdk::{Call, Data, Error, Manifest, Plugin, Report, Rule, Severity, hold};
//!
//! #[derive(Default, serde::Deserialize, schemars::JsonSchema)]
//! #[serde(default)]
//! struct Settings {
//!     /// What a badge number starts with.
//!     prefix: Option<String>,
//! }
//!
//! struct Badge {
//!     prefix: String,
//! }
//!
//! impl Plugin for Badge {
//!     type Settings = Settings;
//!
//!     fn manifest(_: &Settings) -> Manifest {
//!         Manifest::new("badge", "1.0.0", "Staff badge numbers.")
//!             .rule(Rule::new("badge", "Badge number").severity(Severity::High).window(16))
//!     }
//!
//!     fn configure(settings: Settings, _: &Data) -> Result<Self, Error> {
//!         Ok(Self { prefix: settings.prefix.unwrap_or_else(|| "BADGE-".into()) })
//!     }
//!
//!     fn inspect(&self, call: &Call<'_>, report: &mut Report<'_>) -> Result<(), Error> {
//!         for segment in call.segments {
//!             for (start, badge) in segment.text().match_indices(&self.prefix) {
//!                 report.finding("badge", segment).at(start..start + badge.len() + 6);
//!             }
//!             // In a stream: what may become a badge number must not go out yet.
//!             let is_begun = |end: &str| match end.strip_prefix(&self.prefix) {
//!                 Some(digits) => digits.len() < 6,
//!                 None => self.prefix.starts_with(end),
//!             };
//!             let window = self.prefix.len() + 6;
//!             if let Some(start) = hold::growing(segment.text(), segment.is_open(), window, is_begun)
//!             {
//!                 report.hold(segment, start);
//!             }
//!         }
//!         Ok(())
//!     }
//! }
//!
//! caponier_sdk::export!(Badge);
//! ```

#[cfg(any(test, target_family = "wasm"))]
mod allocator;
#[doc(hidden)]
pub mod bindings;
mod context;
pub mod counters;
mod data;
mod error;
pub mod hold;
mod instance;
pub mod log;
mod manifest;
pub mod normalise;
mod plugin;
mod report;
pub mod scan;
mod segment;
pub mod settings;
pub mod state;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
#[cfg(test)]
mod tests;
mod triggers;
mod words;

pub use context::{Context, Principal};
pub use data::Data;
pub use error::Error;
pub use manifest::{Manifest, Rule};
pub use plugin::{Call, Plugin};
pub use report::{Finding, MAX_NOTE, Report};
pub use segment::Segment;
pub use words::{Kind, Role, Scope, Severity, Stage};

/// What [`export!`] expands to. No part of the public interface.
#[doc(hidden)]
pub mod __private {
    pub use crate::bindings;
    pub use crate::bindings::caponier::policy::types;
    pub use crate::bindings::exports::caponier::policy::guard::Guest;
    pub use crate::instance::Instance;
}

/// Makes the named type, which implements [`Plugin`], the plugin of this module. Once per crate.
///
/// ```
/// use caponier_sdk::{Call, Data, Error, Manifest, Plugin, Report, Rule};
///
/// struct LongWords;
///
/// impl Plugin for LongWords {
///     // It has none.
///     type Settings = ();
///
///     fn manifest((): &()) -> Manifest {
///         Manifest::new("long-words", "1.0.0", "Words that nobody types.")
///             .rule(Rule::new("long-word", "Word of more than 60 bytes"))
///     }
///
///     fn configure((): (), _: &Data) -> Result<Self, Error> {
///         Ok(Self)
///     }
///
///     fn inspect(&self, call: &Call<'_>, report: &mut Report<'_>) -> Result<(), Error> {
///         for segment in call.segments {
///             for word in segment.text().split_whitespace().filter(|word| word.len() > 60) {
///                 report.finding("long-word", segment).at_text(word);
///             }
///         }
///         Ok(())
///     }
/// }
///
/// caponier_sdk::export!(LongWords);
/// ```
#[macro_export]
macro_rules! export {
    ($plugin:ty) => {
        // Keeps the plugin in use where nothing is exported, so that the compiler checks it.
        #[cfg(not(target_family = "wasm"))]
        const _: fn() -> $crate::__private::Instance<$plugin> = $crate::__private::Instance::new;

        #[cfg(target_family = "wasm")]
        const _: () = {
            static INSTANCE: $crate::__private::Instance<$plugin> = $crate::__private::Instance::new();

            struct Exported;

            impl $crate::__private::Guest for Exported {
                fn describe() -> $crate::__private::types::Manifest {
                    INSTANCE.describe()
                }

                fn configure(settings: String) -> Result<(), String> {
                    INSTANCE.configure(&settings)
                }

                fn inspect(
                    context: $crate::__private::types::Context,
                    segments: Vec<$crate::__private::types::Segment>,
                    state: Vec<u8>,
                ) -> Result<$crate::__private::types::Report, String> {
                    INSTANCE.inspect(context, segments, &state)
                }
            }

            $crate::__private::bindings::export_guard!(Exported with_types_in $crate::__private::bindings);
        };
    };
}
