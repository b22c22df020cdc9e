//! The workspace as cargo sees it, for the tests that hold it to its layers.

use std::path::{Path, PathBuf};
use std::process::Command;

/// A package of the workspace.
pub struct Package {
    /// Its name.
    pub name: String,
    /// Its directory, below the root.
    pub directory: String,
    /// Names of what it depends on outside of tests.
    pub dependencies: Vec<String>,
    /// Names of what its tests depend on.
    pub dev_dependencies: Vec<String>,
}

/// The root of the workspace.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Every package of the workspace.
///
/// # Errors
/// Where cargo cannot tell.
pub fn packages() -> Result<Vec<Package>, Box<dyn std::error::Error>> {
    let root = root().canonicalize()?;
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args([
            "metadata",
            "--no-deps",
            "--offline",
            "--format-version",
            "1",
        ])
        .current_dir(&root)
        .output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
    }
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout)?;
    let list = metadata
        .get("packages")
        .and_then(|list| list.as_array())
        .ok_or("no packages")?;
    list.iter().map(|package| read(package, &root)).collect()
}

fn read(package: &serde_json::Value, root: &Path) -> Result<Package, Box<dyn std::error::Error>> {
    let text = |key: &str| {
        package
            .get(key)
            .and_then(|value| value.as_str())
            .ok_or(format!("no {key}"))
    };
    let manifest = PathBuf::from(text("manifest_path")?).canonicalize()?;
    let directory = manifest
        .parent()
        .ok_or("no directory")?
        .strip_prefix(root)?;
    let all = package
        .get("dependencies")
        .and_then(|list| list.as_array())
        .ok_or("no dependencies")?;
    let of = |dev: bool| {
        all.iter()
            .filter(|dependency| {
                dependency
                    .get("kind")
                    .and_then(|kind| kind.as_str())
                    .is_some_and(|kind| kind == "dev")
                    == dev
            })
            .filter_map(|dependency| dependency.get("name")?.as_str().map(str::to_owned))
            .collect()
    };
    Ok(Package {
        name: text("name")?.to_owned(),
        directory: directory.to_string_lossy().replace('\\', "/"),
        dependencies: of(false),
        dev_dependencies: of(true),
    })
}

/// Every Rust file below a directory: path and text.
///
/// # Errors
/// Where one cannot be read.
pub fn sources(directory: &Path) -> std::io::Result<Vec<(PathBuf, String)>> {
    let mut found = Vec::new();
    let mut open = vec![directory.to_owned()];
    while let Some(directory) = open.pop() {
        for entry in std::fs::read_dir(directory)? {
            let path = entry?.path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path)?;
                found.push((path, text));
            }
        }
    }
    Ok(found)
}
