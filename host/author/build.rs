//! Gathers the files of new projects: the templates, and the SDK that goes beside each.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

/// What tools leave in a template that was tried where it lies.
const LEFT_BEHIND: [&str; 8] = [
    "target",
    "node_modules",
    "build",
    "caponier",
    "__pycache__",
    "Cargo.lock",
    "package-lock.json",
    ".venv",
];

type Made<T> = Result<T, Box<dyn std::error::Error>>;

fn main() {
    if let Err(error) = run() {
        println!("cargo::error={error}");
    }
}

fn run() -> Made<()> {
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    let root = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR")?).join("../..");
    let wit = root.join("wit/policy.wit");
    for language in ["rust", "python", "js", "c"] {
        let mut files = Vec::new();
        let template = root.join("sdk/templates").join(language);
        watch(&template);
        for path in walk(&template)? {
            let name = path
                .strip_prefix(&template)?
                .to_str()
                .ok_or("a name that is not UTF-8")?;
            let place = match name {
                "gitignore" => ".gitignore",
                "ci.yml" => ".github/workflows/ci.yml",
                name => name,
            };
            files.push((place.to_owned(), path));
        }
        files.push(("caponier/wit/policy.wit".to_owned(), wit.clone()));
        let sdk = root.join("sdk").join(language);
        if language == "rust" {
            let manifest = out.join("sdk-Cargo.toml");
            std::fs::write(&manifest, standalone(&root, &sdk)?)?;
            files.push(("caponier/sdk/Cargo.toml".to_owned(), manifest));
            files.push(("caponier/sdk/wit/policy.wit".to_owned(), wit.clone()));
            watch(&sdk.join("src"));
            for path in walk(&sdk.join("src"))? {
                let name = path
                    .strip_prefix(&sdk)?
                    .to_str()
                    .ok_or("a name that is not UTF-8")?;
                // The tests of the SDK itself.
                if name != "src/tests.rs" {
                    files.push((format!("caponier/sdk/{name}"), path.clone()));
                }
            }
        } else {
            let list = sdk.join("vendor.txt");
            watch(&list);
            for name in std::fs::read_to_string(&list)?.lines().map(str::trim) {
                if !name.is_empty() {
                    watch(&sdk.join(name));
                    files.push((format!("caponier/{language}/{name}"), sdk.join(name)));
                }
            }
        }
        files.sort();
        let mut list = String::from("&[\n");
        for (place, path) in files {
            watch(&path);
            let path = path.canonicalize()?;
            writeln!(list, "({place:?}, include_bytes!({path:?})),")?;
        }
        list.push(']');
        std::fs::write(out.join(format!("{language}.rs")), list)?;
    }
    Ok(())
}

fn watch(path: &Path) {
    println!("cargo::rerun-if-changed={}", path.display());
}

/// Every file below a directory, in order.
fn walk(directory: &Path) -> Made<Vec<PathBuf>> {
    let mut found = Vec::new();
    let entries = std::fs::read_dir(directory)
        .map_err(|error| format!("{}: {error}", directory.display()))?;
    for entry in entries {
        let path = entry?.path();
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default();
        if LEFT_BEHIND.contains(&name) || name.ends_with(".wasm") {
            continue;
        }
        if path.is_dir() {
            found.extend(walk(&path)?);
        } else {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// The SDK's manifest for a project outside of this workspace: what it takes from the workspace is
/// filled in, what only its own tests need is left out.
fn standalone(root: &Path, sdk: &Path) -> Made<String> {
    let (workspace_file, own_file) = (root.join("Cargo.toml"), sdk.join("Cargo.toml"));
    watch(&workspace_file);
    watch(&own_file);
    let workspace: Table = std::fs::read_to_string(workspace_file)?.parse()?;
    let workspace = table(&workspace, "workspace")?;
    let own: Table = std::fs::read_to_string(own_file)?.parse()?;
    let mut package = table(&own, "package")?.clone();
    let shared = table(workspace, "package")?;
    for (key, value) in &mut package {
        if is_inherited(value) {
            *value = shared
                .get(key)
                .ok_or(format!("workspace.package.{key}"))?
                .clone();
        }
    }
    let mut dependencies = table(&own, "dependencies")?.clone();
    let shared = table(workspace, "dependencies")?;
    for (name, value) in &mut dependencies {
        if !is_inherited(value) {
            continue;
        }
        let mut whole = match shared.get(name) {
            Some(Value::String(version)) => {
                Table::from_iter([("version".to_owned(), Value::String(version.clone()))])
            }
            Some(Value::Table(table)) => table.clone(),
            _ => return Err(format!("workspace.dependencies.{name}").into()),
        };
        for (key, more) in value.as_table().into_iter().flatten() {
            match (key.as_str(), more) {
                ("workspace", _) => {}
                ("features", Value::Array(more)) => {
                    let features = whole.entry("features").or_insert(Value::Array(Vec::new()));
                    if let Value::Array(features) = features {
                        features.extend(more.iter().cloned());
                    }
                }
                (key, more) => {
                    whole.insert(key.to_owned(), more.clone());
                }
            }
        }
        *value = Value::Table(whole);
    }
    let mut made = Table::new();
    made.insert("package".to_owned(), Value::Table(package));
    made.insert(
        "features".to_owned(),
        Value::Table(table(&own, "features")?.clone()),
    );
    made.insert("dependencies".to_owned(), Value::Table(dependencies));
    Ok(made.to_string())
}

fn table<'t>(table: &'t Table, key: &str) -> Made<&'t Table> {
    Ok(table
        .get(key)
        .and_then(Value::as_table)
        .ok_or(format!("no [{key}]"))?)
}

fn is_inherited(value: &Value) -> bool {
    value
        .get("workspace")
        .is_some_and(|inherited| inherited.as_bool() == Some(true))
}
