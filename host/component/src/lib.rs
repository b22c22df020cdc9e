//! The sandbox: WebAssembly components on wasmtime.
//!
//! An [`Engine`] loads components and gives [`Plugin`]s: checked against their grants, configured,
//! snapshotted, compiled. [`Plugin::inspect`] runs one call in a new instance, within limits, and
//! gives back what the plugin said or the typed fault that it ended in. No other crate knows
//! wasmtime.

mod cache;
mod clock;
mod data;
mod direct;
mod engine;
mod error;
mod fault;
mod host;
mod imports;
mod load;
mod options;
mod os;
mod plugin;
mod snapshot;
mod spares;
mod v0_1;
mod warmup;
mod wasi;

pub use caponier_abi::Call;
pub use caponier_abi::imports::LogLevel;
pub use engine::{Engine, EngineMode};
pub use error::{EngineError, LoadError};
pub use imports::surface;
pub use load::Snapshot;
pub use options::{
    CounterScope, Counters, CountersUnavailable, EngineOptions, Grants, Limits, LoadOptions,
    LogSink, NoCounters, NoLog,
};
pub use plugin::{Kind, Plugin, PluginInfo, Session};
