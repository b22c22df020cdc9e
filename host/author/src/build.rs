//! From a project to a component.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use caponier_component::{LoadError, surface};
use serde_json::Value;
use wasmparser::Parser;
use wit_component::ComponentEncoder;

use crate::metadata;
use crate::{Error, Language, Project};

const TARGET: &str = "wasm32-unknown-unknown";

/// Builds the plugin of a project with its language's own tools, which say on standard error what
/// they do, and gives the component. In Rust and C the same source and tools give the same bytes,
/// wherever the project lies.
///
/// # Errors
/// A tool that is not there or fails, a plugin that exports nothing or speaks another version of the
/// contract, words of the project that cannot go into a component.
pub fn build(project: &Project) -> Result<Vec<u8>, Error> {
    let scratch = tempfile::tempdir().map_err(Error::file(Path::new("temporary directory")))?;
    let scratch = scratch.path();
    let made = match project.language {
        Language::Rust => rust(project)?,
        Language::Python => python(project, scratch)?,
        Language::Js => js(project, scratch)?,
        Language::C => c(project)?,
    };
    let bytes = std::fs::read(&made).map_err(Error::file(&made))?;
    let component = wrap(bytes)?;
    let component = metadata::add(&component, &project.words, project.language).map_err(
        |(key, problem)| Error::Project {
            path: project.file(),
            problem: format!("{key} {problem}").trim().to_owned(),
            hint: "versions are as in 0.1.0, licences SPDX expressions such as Apache-2.0, sources URLs".to_owned(),
        },
    )?;
    check(&component).map_err(|error| match error {
        Error::Load(LoadError::NoGuard { .. }) => Error::ExportsNothing,
        error => error,
    })?;
    Ok(component)
}

/// Holds a component against the contract, without running it.
///
/// # Errors
/// Where it is no component, exports no plugin, speaks another version or imports what no grant
/// gives.
pub fn check(component: &[u8]) -> Result<(), Error> {
    surface(component)?;
    Ok(())
}

/// Makes a component of what is not one yet.
fn wrap(bytes: Vec<u8>) -> Result<Vec<u8>, Error> {
    if !Parser::is_core_wasm(&bytes) {
        return Ok(bytes);
    }
    let mut carries_contract = false;
    for payload in Parser::new(0).parse_all(&bytes) {
        if let Ok(wasmparser::Payload::CustomSection(section)) = payload {
            carries_contract |= section.name().starts_with("component-type");
        }
    }
    if !carries_contract {
        return Err(Error::ExportsNothing);
    }
    ComponentEncoder::default()
        .module(&bytes)
        .and_then(|encoder| encoder.validate(true).encode())
        .map_err(|error| Error::Wrap(format!("{error:#}")))
}

pub(crate) fn no_cargo() -> Error {
    missing("cargo", "curl -sSf https://sh.rustup.rs | sh")
}

fn missing(tool: &str, install: &str) -> Error {
    Error::Toolchain {
        tool: tool.to_owned(),
        install: install.to_owned(),
    }
}

/// Runs a tool whose words go to standard error, and gives what it prints.
fn run(command: &mut Command, install: &str) -> Result<Vec<u8>, Error> {
    let program = command.get_program().to_string_lossy().into_owned();
    let child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn();
    let output = match child {
        Ok(child) => child
            .wait_with_output()
            .map_err(Error::file(Path::new(&program)))?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(missing(&program, install));
        }
        Err(error) => return Err(Error::file(Path::new(&program))(error)),
    };
    if output.status.success() {
        return Ok(output.stdout);
    }
    let arguments: Vec<_> = command.get_args().map(OsStr::to_string_lossy).collect();
    Err(Error::Tool {
        command: format!("{program} {}", arguments.join(" ")),
        status: output.status.to_string(),
    })
}

/// What the compiler is told: SIMD, which both hosts have, a stack that is cheap to clear, and paths
/// that are the same everywhere.
fn rust_flags(project: &Project) -> OsString {
    let mut flags: Vec<OsString> = std::env::var_os("RUSTFLAGS")
        .map(|flags| {
            flags
                .to_string_lossy()
                .split_whitespace()
                .map(OsString::from)
                .collect()
        })
        .unwrap_or_default();
    for flag in [
        "-Ctarget-feature=+simd128",
        "-Clink-arg=-zstack-size=262144",
    ] {
        flags.push(flag.into());
    }
    let home = std::env::var_os("HOME").map(PathBuf::from);
    let cargo = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let cargo = cargo.or_else(|| Some(home?.join(".cargo")));
    // The last one that fits counts.
    let folders = [
        (cargo, "/cargo"),
        (project.folder.canonicalize().ok(), "/plugin"),
    ];
    for (folder, name) in folders {
        if let Some(folder) = folder {
            let mut flag = OsString::from("--remap-path-prefix=");
            flag.push(folder);
            flag.push("=");
            flag.push(name);
            flags.push(flag);
        }
    }
    flags.join(OsStr::new("\u{1f}"))
}

fn rust(project: &Project) -> Result<PathBuf, Error> {
    let target = format!("rustup target add {TARGET}");
    let mut rustc = Command::new("rustc");
    rustc
        .current_dir(&project.folder)
        .args(["--print", "target-libdir", "--target", TARGET]);
    let libraries = run(&mut rustc, "curl -sSf https://sh.rustup.rs | sh")?;
    let libraries = String::from_utf8_lossy(&libraries);
    if !Path::new(libraries.trim()).is_dir() {
        return Err(missing(
            &format!("Rust's standard library for {TARGET}"),
            &target,
        ));
    }
    let mut cargo = Command::new("cargo");
    cargo
        .current_dir(&project.folder)
        .args(["build", "--release", "--lib", "--target", TARGET])
        .arg("--message-format=json-render-diagnostics")
        .env("CARGO_ENCODED_RUSTFLAGS", rust_flags(project));
    let said = run(&mut cargo, "curl -sSf https://sh.rustup.rs | sh")?;
    let manifest = project
        .file()
        .canonicalize()
        .map_err(Error::file(&project.file()))?;
    let module = said.split(|byte| *byte == b'\n').find_map(|line| {
        let message: Value = serde_json::from_slice(line).ok()?;
        let is_ours = Path::new(message.get("manifest_path")?.as_str()?) == manifest;
        let files = message.get("filenames")?.as_array()?.iter();
        let mut modules = files
            .filter_map(Value::as_str)
            .filter(|file| file.ends_with(".wasm"));
        modules.next().filter(|_| is_ours).map(PathBuf::from)
    });
    module.ok_or_else(|| Error::Project {
        path: project.file(),
        problem: "cargo made no module of it".to_owned(),
        hint: "[lib]\ncrate-type = [\"cdylib\", \"rlib\"]".to_owned(),
    })
}

/// Tools that a project may have installed for itself, or the machine for all.
fn tool(project: &Project, own: &str, name: &str) -> PathBuf {
    let own = project.folder.join(own).join(name);
    match own.canonicalize() {
        // What is run in the project's folder is found by its whole path.
        Ok(own) => own,
        Err(_) => PathBuf::from(name),
    }
}

fn python(project: &Project, scratch: &Path) -> Result<PathBuf, Error> {
    let made = scratch.join("plugin.wasm");
    let mut command = Command::new(tool(project, ".venv/bin", "componentize-py"));
    command
        .current_dir(&project.folder)
        .args(["--quiet", "--wit-path"])
        .arg(project.sdk.join("wit"))
        .args(["--world", &project.world, "componentize", "component"])
        .args(["--stub-wasi", "--python-path", "src", "--python-path"])
        .arg(&project.sdk)
        .arg("--output")
        .arg(&made);
    run(
        &mut command,
        "python3 -m venv .venv && .venv/bin/pip install componentize-py==0.25.1",
    )?;
    Ok(made)
}

fn js(project: &Project, scratch: &Path) -> Result<PathBuf, Error> {
    let made = scratch.join("plugin.wasm");
    // Everything that is imported lies below this folder.
    let root = match project.sdk.strip_prefix(".") {
        Ok(_) => PathBuf::from("."),
        Err(_) => project.sdk.join("../.."),
    };
    let mut command = Command::new(tool(project, "node_modules/.bin", "componentize-qjs"));
    command
        .current_dir(&project.folder)
        .arg("--wit")
        .arg(project.sdk.join("wit"))
        .args(["--world", &project.world, "--js", "src/component.js"])
        .arg("--module-root")
        .arg(root)
        .args(["--stub-wasi", "--sync", "--output"])
        .arg(&made);
    run(&mut command, "npm install")?;
    Ok(made)
}

fn c(project: &Project) -> Result<PathBuf, Error> {
    let install = "apt-get install clang lld make";
    // What make says of a compiler that is not there names no way to get it.
    for needed in ["clang", "wasm-ld"] {
        let mut command = Command::new(needed);
        run(command.arg("--version"), install)?;
    }
    run(Command::new("make").current_dir(&project.folder), install)?;
    let module = format!("build/{}.core.wasm", project.words.name);
    Ok(project.folder.join(module))
}
