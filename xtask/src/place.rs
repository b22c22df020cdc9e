//! Where things are.

use std::path::{Path, PathBuf};

/// The root of the checkout.
pub(crate) fn root() -> &'static Path {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.parent().unwrap_or(own)
}

/// Where the host build puts its files.
pub(crate) fn target() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(directory) => root().join(directory),
        None => root().join("target"),
    }
}

/// Where WebAssembly goes. The host's build script reads `components` below it, so this does not
/// follow `CARGO_TARGET_DIR`.
pub(crate) fn wasm() -> PathBuf {
    root().join("target/wasm")
}

/// The program.
pub(crate) fn program() -> PathBuf {
    target().join("release/caponier")
}

/// What tests need and a checkout does not have: the Python environment.
pub(crate) fn test_environment() -> PathBuf {
    root().join("target/test-env")
}
