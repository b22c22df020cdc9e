//! What can go wrong before a plugin inspects anything.

use std::path::PathBuf;

use caponier_core::{Fault, ManifestError};

/// Why there is no engine.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// wasmtime refused this machine or its limits.
    #[error(
        "the sandbox cannot start on this machine\nhint: it needs 64-bit Linux or macOS and room for large memory mappings (`ulimit -v unlimited`)"
    )]
    Start(#[source] wasmtime::Error),
    /// The thread that keeps time could not be started.
    #[error("the sandbox's clock thread cannot start")]
    Thread(#[source] std::io::Error),
    /// The directory for compiled code cannot be used.
    #[error("cache directory {}: cannot be created or read\nhint: name a directory that this user can write", path.display())]
    CacheDir {
        /// The directory.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Someone else could put code there.
    #[error("cache directory {}: {problem}\nhint: chown it to this user and chmod 700, or name another one", path.display())]
    CacheUnsafe {
        /// The directory.
        path: PathBuf,
        /// What is wrong with it.
        problem: &'static str,
    },
}

/// Why a plugin cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// Larger than `limits.component_bytes`.
    #[error(
        "the component has {bytes} bytes; at most {limit} are accepted\nhint: build it without debug information, and let the operator grant lists as data"
    )]
    TooLarge {
        /// Its size.
        bytes: usize,
        /// The most that is accepted.
        limit: usize,
    },
    /// Not WebAssembly at all.
    #[error(
        "this is not a WebAssembly component: it does not begin with the bytes `\\0asm`\nhint: give the `.wasm` file itself, not its source, text form or archive"
    )]
    NotWasm,
    /// A core module.
    #[error(
        "this is a core WebAssembly module, not a component\nhint: build it with `caponier plugin build`, or wrap it with `wasm-tools component new`"
    )]
    CoreModule,
    /// A component that breaks off or is not valid.
    #[error(
        "the component is damaged or uses features that the sandbox does not offer\nhint: build it again with `caponier plugin build`, and copy the whole file"
    )]
    Malformed(#[source] wasmtime::Error),
    /// It does not speak the contract.
    #[error(
        "the component does not export `caponier:policy/guard`\nhint: build it against the world `caponier:policy/policy@{supported}`"
    )]
    NoGuard {
        /// The version of the contract that this host speaks.
        supported: &'static str,
    },
    /// It speaks another version of the contract.
    #[error(
        "the component names `{interface}`, but this host speaks caponier:policy {supported}\nhint: rebuild the plugin with an SDK for {supported}, or use a host that speaks its version"
    )]
    Version {
        /// The interface as the component names it.
        interface: String,
        /// The version of the contract that this host speaks.
        supported: &'static str,
    },
    /// It imports what it was not granted.
    #[error(
        "the component imports `{import}`, which it was not granted\nhint: if you trust it with that, add `grants: {{ {grant}: true }}` to this plugin"
    )]
    NotGranted {
        /// The import.
        import: String,
        /// The grant it needs.
        grant: &'static str,
    },
    /// It imports what no grant gives.
    #[error(
        "the component imports `{import}`, which no grant gives\nhint: build it for wasm32-unknown-unknown, so that it imports caponier:policy alone"
    )]
    UnknownImport {
        /// The import.
        import: String,
    },
    /// Its imports or exports have other types than the contract.
    #[error("the component's imports or exports do not match caponier:policy {supported}")]
    Interface {
        /// The version of the contract that this host speaks.
        supported: &'static str,
        /// What does not match.
        #[source]
        source: wasmtime::Error,
    },
    /// It did not accept its settings.
    #[error("the plugin refuses its settings: {message}")]
    Configure {
        /// The plugin's own words, shortened, without control characters.
        message: String,
    },
    /// It failed before it was ready.
    #[error("the plugin failed in `{step}`: {fault}")]
    Failed {
        /// Which call.
        step: &'static str,
        /// How.
        fault: Fault,
    },
    /// What it says of itself cannot be used.
    #[error(
        "the plugin's manifest cannot be used: {0}; hint: mend what its `describe` returns, in the SDKs the manifest with its rules"
    )]
    Manifest(ManifestError),
    /// Its data directory cannot be read.
    #[error("data directory {}: {problem}", path.display())]
    Data {
        /// The directory.
        path: PathBuf,
        /// What is wrong.
        problem: String,
        /// Why.
        #[source]
        source: Option<std::io::Error>,
    },
    /// It runs only on warm spares, and a snapshot was asked for.
    #[error(
        "the plugin cannot be snapshotted: {reason}\nhint: only what is one core module without WASI can be, as plugins in Rust and C are; run it in the standalone host"
    )]
    NoSnapshot {
        /// Why.
        reason: String,
    },
    /// A thread for it could not be started.
    #[error("no thread can be started for the plugin's warm spares")]
    Thread(#[source] std::io::Error),
}

impl From<ManifestError> for LoadError {
    fn from(error: ManifestError) -> Self {
        Self::Manifest(error)
    }
}
