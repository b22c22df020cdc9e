//! Plugins first, then the host that embeds them.
//!
//! The two are separate runs of cargo: a build script that called cargo for the plugins would wait
//! for a lock that its own caller holds.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use wit_component::ComponentEncoder;

use crate::guests;
use crate::place;
use crate::sbom::{self, Materials};
use crate::steps::{line, run, step};

const TARGET: &str = "wasm32-unknown-unknown";
const SHELL_TARGET: &str = "wasm32-wasip1";
const PREFIX: &str = "caponier-plugin-";
const HOSTILE: &str = "caponier-hostile-guest";

/// Builds everything a checkout needs to run.
pub(crate) fn build() -> Result<()> {
    build_as("release")
}

/// Builds the program that is shipped.
pub(crate) fn build_to_ship() -> Result<()> {
    build_as("dist")
}

fn build_as(profile: &str) -> Result<()> {
    build_wasm_only()?;
    step("host", || build_host(profile))?;
    let program = place::target().join(profile).join("caponier");
    line(&format!("          {}", program.display()));
    Ok(())
}

/// Builds what the host embeds and what its tests load.
pub(crate) fn build_wasm_only() -> Result<()> {
    let plugins = plugins()?;
    step("plugins", || build_plugins(&plugins))?;
    step("the shell for Envoy", build_shells)?;
    step("hostile guests for the tests", build_guests)
}

/// The packages under `plugins/`, in the order of their names.
fn plugins() -> Result<Vec<String>> {
    let directory = place::root().join("plugins");
    let mut names = Vec::new();
    for entry in
        std::fs::read_dir(&directory).with_context(|| format!("reading {}", directory.display()))?
    {
        let entry = entry?;
        if entry.path().join("Cargo.toml").is_file() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort();
    Ok(names)
}

fn build_plugins(plugins: &[String]) -> Result<String> {
    let packages: Vec<String> = plugins
        .iter()
        .map(|name| format!("{PREFIX}{name}"))
        .collect();
    build_wasm(&packages, &[])?;
    let materials = Materials::of(&packages, TARGET)?;
    let mut built = Vec::new();
    for (name, package) in plugins.iter().zip(&packages) {
        let component = componentize(&module(package))?;
        let path = place::wasm().join(format!("components/{name}.wasm"));
        let changed = write_if_changed(&path, &component)?;
        let bill = materials.bill(package, &component)?;
        write_if_changed(&sbom::path(name), bill.as_bytes())?;
        let note = if changed { "" } else { ", unchanged" };
        built.push(format!("{name} ({} KiB{note})", component.len() / 1024));
    }
    Ok(built.join(", "))
}

/// The shell that plugins are packed with, and one that the tests run without any.
fn build_shells() -> Result<String> {
    let mut built = Vec::new();
    for (name, features) in [("caponier_envoy_alone", ""), ("caponier_envoy", "packed")] {
        let mut command = cargo();
        command
            .args(["build", "--profile", "shell", "--target", SHELL_TARGET])
            .args(["--package", "caponier-envoy", "--lib"])
            .args(["--features", features])
            .arg("--target-dir")
            .arg(place::wasm());
        run(&mut command, &format!("rustup target add {SHELL_TARGET}"))?;
        let made = place::wasm().join(format!("{SHELL_TARGET}/shell/caponier_envoy.wasm"));
        let module = std::fs::read(&made).with_context(|| format!("reading {}", made.display()))?;
        let path = place::wasm().join(format!("shell/{name}.wasm"));
        write_if_changed(&path, &module)?;
        built.push(format!("{name} ({} KiB)", module.len() / 1024));
    }
    Ok(built.join(", "))
}

fn build_guests() -> Result<String> {
    let directory = place::wasm().join("guests");
    let variants = [("hostile-counters", &["counters"][..]), ("hostile", &[])];
    for (name, features) in variants {
        build_wasm(&[HOSTILE.to_owned()], features)?;
        let component = componentize(&module(HOSTILE))?;
        write_if_changed(&directory.join(format!("{name}.wasm")), &component)?;
    }
    let written = guests::write(&directory)?;
    Ok(format!("{} files", written + variants.len()))
}

fn build_host(profile: &str) -> Result<&'static str> {
    run(
        cargo().args(["build", "--profile", profile, "--package", "caponier-cli"]),
        "a C compiler is needed: apt-get install build-essential",
    )?;
    Ok("caponier")
}

/// Builds the program together with the tests: alone it would be built with other features of its
/// dependencies, and the sandbox compiled twice.
pub(crate) fn build_for_tests() -> Result<&'static str> {
    run(
        cargo().args([
            "build",
            "--release",
            "--workspace",
            "--lib",
            "--bins",
            "--tests",
            "--examples",
        ]),
        "a C compiler is needed: apt-get install build-essential",
    )?;
    Ok("caponier")
}

fn build_wasm(packages: &[String], features: &[&str]) -> Result<()> {
    let mut command = cargo();
    command
        .args(["build", "--profile", "plugin", "--target", TARGET])
        .arg("--target-dir")
        .arg(place::wasm());
    for package in packages {
        command.args(["--package", package]);
    }
    if !features.is_empty() {
        command.arg("--features").arg(features.join(","));
    }
    run(&mut command, &format!("rustup target add {TARGET}"))
}

/// The core module that cargo made of a package.
fn module(package: &str) -> PathBuf {
    let file = format!("{}.wasm", package.replace('-', "_"));
    place::wasm().join(TARGET).join("plugin").join(file)
}

fn componentize(path: &Path) -> Result<Vec<u8>> {
    let bytes = std::fs::read(path).with_context(|| format!("reading {}", path.display()))?;
    component(&bytes).with_context(|| format!("making a component of {}", path.display()))
}

/// A component of a core module that carries its WIT.
pub(crate) fn component(module: &[u8]) -> Result<Vec<u8>> {
    ComponentEncoder::default()
        .module(module)?
        .validate(true)
        .encode()
}

/// Leaves a file alone that has this content already, so that what depends on it is not rebuilt.
pub(crate) fn write_if_changed(path: &Path, content: &[u8]) -> Result<bool> {
    if std::fs::read(path).is_ok_and(|old| old == content) {
        return Ok(false);
    }
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent)?;
    }
    std::fs::write(path, content).with_context(|| format!("writing {}", path.display()))?;
    Ok(true)
}

/// The cargo that runs this, at the root of the checkout.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(place::root());
    command
}
