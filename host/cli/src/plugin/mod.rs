//! `caponier plugin`: the author's side.

pub(crate) mod args;
mod inspect;
mod registry;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use caponier_author::{Error, Language, Project};
use caponier_registry::{Digest, MAX_COMPONENT, write_whole};
use serde_json::json;

use self::args::{Build, Component, Look, New, PluginArgs, PluginCommand, Test};
use crate::FAILED;
use crate::args::Format;
use crate::style::{BOLD, DIM, GOOD};
use crate::testing::{Verdict, report};

pub(crate) fn run(arguments: &PluginArgs) -> anyhow::Result<ExitCode> {
    match &arguments.command {
        PluginCommand::New(command) => new(command),
        PluginCommand::Build(command) => build(command),
        PluginCommand::Test(command) => test(command),
        PluginCommand::Inspect(command) => inspect::run(command),
        PluginCommand::Bench(command) => bench(command),
        PluginCommand::Keygen(command) => registry::keygen(command),
        PluginCommand::Sign(command) => registry::sign(command),
        PluginCommand::Verify(command) => registry::verify(command),
        PluginCommand::Push(command) => registry::push(command),
        PluginCommand::Pull(command) => registry::pull(command),
    }
}

fn new(command: &New) -> anyhow::Result<ExitCode> {
    let folder = command
        .dir
        .clone()
        .unwrap_or_else(|| PathBuf::from(&command.name));
    let files = caponier_author::create(&command.name, command.lang, &folder)?;
    let own = files.iter().filter(|file| !file.starts_with("caponier"));
    anstream::println!(
        "{GOOD}made{GOOD:#} {} {DIM}{} files and the SDK{DIM:#}",
        folder.display(),
        own.count()
    );
    let install = match command.lang {
        Language::Js => "npm install && ",
        Language::Rust | Language::Python | Language::C => "",
    };
    anstream::println!(
        "next: cd {} && {install}caponier plugin build && caponier plugin test",
        word(&folder.display().to_string())
    );
    Ok(ExitCode::SUCCESS)
}

fn build(command: &Build) -> anyhow::Result<ExitCode> {
    let started = Instant::now();
    let project = Project::open(&command.dir)?;
    let output = command
        .output
        .clone()
        .unwrap_or_else(|| project.component());
    let component = caponier_author::build(&project)?;
    // As a whole or not at all: a gateway may be watching.
    write_whole(&output, &component, 0o644)?;
    anstream::println!(
        "{GOOD}built{GOOD:#} {} {DIM}{} KiB, {}, {:.1} s{DIM:#}",
        output.display(),
        component.len().div_ceil(1024),
        Digest::of(&component),
        started.elapsed().as_secs_f64()
    );
    Ok(ExitCode::SUCCESS)
}

fn test(command: &Test) -> anyhow::Result<ExitCode> {
    let (path, component) = read(&command.component)?;
    let filter = command.filter.as_deref().unwrap_or_default();
    let data = command.component.data.as_deref();
    let verdicts = caponier_author::test(&component, &command.cases, data, &|name| {
        name.contains(filter)
    })
    .map_err(|error| match error {
        // It names the file with the cases.
        Error::Cases(_) | Error::File { .. } => error.into(),
        error => anyhow::Error::new(error).context(path.display().to_string()),
    })?;
    let verdicts: Vec<Verdict> = verdicts.into_iter().map(Verdict::from).collect();
    let failed = verdicts.iter().any(|verdict| !verdict.is_passed());
    report::print(&verdicts, command.format);
    Ok(if failed {
        ExitCode::from(FAILED)
    } else {
        ExitCode::SUCCESS
    })
}

fn bench(command: &Look) -> anyhow::Result<ExitCode> {
    let (path, component) = read(&command.component)?;
    let data = command.component.data.as_deref();
    let costs = caponier_author::bench(&component, &command.settings, data)
        .with_context(|| path.display().to_string())?;
    let micros = |time: Duration| time.as_secs_f64() * 1e6;
    if command.format == Format::Json {
        let report = json!({
            "component": path.display().to_string(),
            "runs_as": costs.runs_as,
            "bytes": costs.size,
            "load_ms": costs.load.as_secs_f64() * 1e3,
            "new_sandbox_us": costs.new_sandbox.map(micros),
            "spare_ms": costs.spare.map(|time| time.as_secs_f64() * 1e3),
            "call_100b_us": micros(costs.small),
            "call_4k_us": micros(costs.medium),
            "call_64k_us": micros(costs.large),
        });
        anstream::println!("{report}");
        return Ok(ExitCode::SUCCESS);
    }
    let row =
        |name: &str, value: String| anstream::println!("{name:<28} {BOLD}{value:>12}{BOLD:#}");
    row("component", format!("{} KiB", costs.size.div_ceil(1024)));
    row("runs as", costs.runs_as.to_owned());
    row(
        "load, without a cache",
        format!("{:.0} ms", costs.load.as_secs_f64() * 1e3),
    );
    if let Some(time) = costs.new_sandbox {
        row("new sandbox", format!("{:.1} µs", micros(time)));
    }
    if let Some(time) = costs.spare {
        row(
            "one spare, in the background",
            format!("{:.0} ms", time.as_secs_f64() * 1e3),
        );
    }
    row("call, 100 bytes", format!("{:.1} µs", micros(costs.small)));
    row("call, 4 KB", format!("{:.1} µs", micros(costs.medium)));
    row("call, 64 KB", format!("{:.1} µs", micros(costs.large)));
    Ok(ExitCode::SUCCESS)
}

/// As a shell takes it for one word.
fn word(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-".contains(&byte);
    match !text.is_empty() && text.bytes().all(is_plain) {
        true => text.to_owned(),
        false => format!("'{}'", text.replace('\'', r"'\''")),
    }
}

/// The name of a built-in plugin, where one is meant: `builtin:pii`.
fn builtin_name(file: &Path) -> Option<&str> {
    file.to_str()?.strip_prefix("builtin:")
}

/// The component that is meant, and where it lies.
fn read(component: &Component) -> anyhow::Result<(PathBuf, Vec<u8>)> {
    if let Some(file) = &component.file
        && let Some(name) = builtin_name(file)
    {
        let known: Vec<&str> = caponier_runtime::builtin_names().collect();
        let component = caponier_runtime::builtin(name).ok_or_else(|| {
            anyhow::anyhow!(
                "there is no built-in plugin `{name}`\nhint: there are {}",
                known.join(", ")
            )
        })?;
        return Ok((file.clone(), component.to_owned()));
    }
    let path = match &component.file {
        Some(path) => path.clone(),
        None => {
            let project = Project::open(Path::new("."));
            let project = project.map_err(|error| match error {
                Error::NoProject { .. } => anyhow::anyhow!(
                    "no component is named, and there is no plugin project in this folder\nhint: name the component, or run this in the project's folder"
                ),
                error => error.into(),
            })?;
            project.component()
        }
    };
    let hint = match component.file {
        Some(_) => "name the component's file",
        None => "caponier plugin build",
    };
    let bytes = read_component(&path, hint)?;
    Ok((path, bytes))
}

/// A component's bytes. What is larger than any may be is not read.
fn read_component(path: &Path, hint: &str) -> anyhow::Result<Vec<u8>> {
    let size = std::fs::metadata(path).map_or(0, |file| file.len());
    if size > MAX_COMPONENT {
        bail!(
            "{} has {size} bytes; a component has at most {MAX_COMPONENT}\nhint: build it without debug information, and let the operator grant lists as data",
            path.display()
        );
    }
    std::fs::read(path)
        .map_err(|error| anyhow::anyhow!("cannot read {}: {error}\nhint: {hint}", path.display()))
}
