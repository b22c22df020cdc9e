//! Embeds the shell that `cargo xtask build` made, for `caponier pack`. It only reads it.

use std::path::PathBuf;

fn main() {
    if let Err(message) = run() {
        println!("cargo::error={message}");
    }
}

fn run() -> Result<(), String> {
    let variable = |name: &str| {
        std::env::var_os(name)
            .map(PathBuf::from)
            .ok_or(format!("{name} is not set"))
    };
    let shell = variable("CARGO_MANIFEST_DIR")?.join("../../target/wasm/shell/caponier_envoy.wasm");
    println!("cargo::rerun-if-changed={}", shell.display());
    let bytes = std::fs::read(&shell).map_err(|_| {
        "the shell for Envoy has not been built; hint: cargo xtask build".to_owned()
    })?;
    let target = variable("OUT_DIR")?.join("shell.wasm");
    std::fs::write(&target, bytes).map_err(|error| format!("{}: {error}", target.display()))
}
