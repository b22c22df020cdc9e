//! Embeds the built-in plugins that `cargo xtask build` made, each with its bill of materials.
//!
//! It only reads them: building them here would start a cargo within cargo, and the two would wait
//! for each other's lock on the target directory.

use std::fmt::Write as _;
use std::path::PathBuf;

/// The built-in plugins, in the order of the default chain.
const BUILTIN: &[&str] = &[
    "pii",
    "secrets",
    "injection",
    "unicode",
    "urls",
    "leak",
    "code",
    "poison",
    "terms",
    "schema",
    "quota",
];

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
    let folder = variable("CARGO_MANIFEST_DIR")?.join("../../target/wasm");
    let mut table = String::from("&[\n");
    for name in BUILTIN {
        let built = |file: String| {
            let path = folder.join(file);
            println!("cargo::rerun-if-changed={}", path.display());
            path.canonicalize().map_err(|_| {
                format!("the built-in plugin `{name}` has not been built; hint: cargo xtask build")
            })
        };
        let component = built(format!("components/{name}.wasm"))?;
        let bill = built(format!("sbom/{name}.cdx.json"))?;
        let _ = writeln!(
            table,
            "    ({name:?}, include_bytes!({component:?}), include_str!({bill:?})),"
        );
    }
    table.push(']');
    let target = variable("OUT_DIR")?.join("builtin.rs");
    std::fs::write(&target, table).map_err(|error| format!("{}: {error}", target.display()))
}
