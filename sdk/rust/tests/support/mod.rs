//! The source as tests read it.

use std::path::{Path, PathBuf};

/// What the macro expands to, which nobody names.
const INTERNAL: [&str; 3] = ["bindings.rs", "instance.rs", "tests.rs"];

/// The files that hold what is public, by name, each up to its own tests.
pub(crate) fn files() -> Vec<(String, String)> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut paths = Vec::new();
    collect(&source, &mut paths);
    let mut files: Vec<(String, String)> = paths
        .iter()
        .map(|path| {
            let name = path.strip_prefix(&source).unwrap().to_string_lossy();
            let text = std::fs::read_to_string(path).unwrap();
            let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
            (name.replace('\\', "/"), text.to_owned())
        })
        .filter(|(name, _)| !INTERNAL.contains(&name.as_str()))
        .collect();
    files.sort();
    files
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}
