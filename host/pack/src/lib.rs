//! Plugins and the shell into one module that stock Envoy loads.
//!
//! [`pack`] takes each plugin's core module out of its snapshot, writes its code anew so that
//! nothing it does traps or goes on for ever, and merges all of them with the shell: one memory
//! each, of which only the shell's is exported. After each call a plugin's memory and globals are
//! put back to where they were packed. The same input gives the same bytes.
//!
//! How much of a plugin's promises the host keeps is decided in the rewritten code alone: a plugin
//! that hides from it what it does is refused, with the import or instruction named.
#![doc = include_str!("../ABI.md")]

mod access;
mod code;
mod contract;
mod costs;
mod error;
mod filled;
mod glue;
mod helpers;
mod live;
mod merge;
mod module;
mod once;
mod places;
mod plugin;
mod rewrite;
mod shell;
mod values;

use std::time::Duration;

pub use error::{PackError, Problem};

/// What is packed.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// The shell's module.
    pub shell: &'a [u8],
    /// The plugins, in the order in which the shell knows them.
    pub plugins: &'a [Plugin<'a>],
    /// What the shell reads with `config_read`.
    pub config: &'a [u8],
    /// Custom sections: name and content.
    pub sections: &'a [(&'a str, &'a [u8])],
}

/// One plugin.
#[derive(Clone, Copy)]
pub struct Plugin<'a> {
    /// The operator's name for it.
    pub name: &'a str,
    /// A component that is configured already. Settings, secrets among them, may be in it.
    pub component: &'a [u8],
    /// Bytes of memory that it may have.
    pub memory: u64,
    /// What it may use of the processor.
    pub fuel: Fuel,
    /// Whether it may count.
    pub counters: bool,
    /// Whether loads and stores are checked. Without, one that is out of bounds takes the whole
    /// worker down: for code that is trusted as much as the host itself.
    pub bounds: bool,
}

impl std::fmt::Debug for Plugin<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Plugin")
            .field("name", &self.name)
            .field("bytes", &self.component.len())
            .field("bounds", &self.bounds)
            .finish_non_exhaustive()
    }
}

/// What one call may use of the processor, in units of about one instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fuel {
    /// Whatever it is shown.
    pub base: u64,
    /// For each MiB that it is shown.
    pub per_mib: u64,
}

impl Fuel {
    /// Units that stand for a microsecond. Generous: code that is not run is charged with its
    /// neighbours, and what one unit takes differs by a factor of forty.
    pub const PER_MICROSECOND: u64 = 10_000;

    /// What stands for these times.
    pub fn for_time(base: Duration, per_mib: Duration) -> Self {
        let units = |time: Duration| {
            let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
            micros.saturating_mul(Self::PER_MICROSECOND)
        };
        Self {
            base: units(base),
            per_mib: units(per_mib),
        }
    }
}

/// How plugins are contained. Anything less than [`Cover::FULL`] is for measuring what the rest costs:
/// such a module must not be run with plugins or texts that matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cover {
    /// Code is guarded: fuel, stack, bounds, traps.
    pub guards: bool,
    /// Stores mark their pages, so that a reset finds them.
    pub marks: bool,
    /// Memory and globals are put back before a plugin is called again.
    pub reset: bool,
}

impl Cover {
    /// All of it.
    pub const FULL: Self = Self {
        guards: true,
        marks: true,
        reset: true,
    };
}

/// Makes the module.
///
/// # Errors
/// What keeps a plugin from being packed, by plugin and import or instruction, and what to do
/// about it.
pub fn pack(input: &Input<'_>) -> Result<Vec<u8>, PackError> {
    pack_to_measure(input, Cover::FULL)
}

/// Makes a module without parts of what contains its plugins, to measure what they cost.
///
/// # Errors
/// As [`pack`].
#[doc(hidden)]
pub fn pack_to_measure(input: &Input<'_>, cover: Cover) -> Result<Vec<u8>, PackError> {
    let module = once::once(merge::merge(input, cover)?)?;
    let features = wasmparser::WasmFeatures::WASM2
        .union(wasmparser::WasmFeatures::EXCEPTIONS)
        .union(wasmparser::WasmFeatures::MULTI_MEMORY)
        .union(wasmparser::WasmFeatures::BULK_MEMORY_OPT)
        .union(wasmparser::WasmFeatures::CALL_INDIRECT_OVERLONG);
    wasmparser::Validator::new_with_features(features)
        .validate_all(&module)
        .map_err(PackError::Invalid)?;
    Ok(module)
}
