//! What the commands say: one line a step, with the time it took.

use std::fmt::Display;
use std::io::{IsTerminal, Write};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail};

/// Runs one step and says how long it took. What `work` returns is shown beside the name.
pub(crate) fn step<T: Display>(name: &str, work: impl FnOnce() -> Result<T>) -> Result<()> {
    let begin = Instant::now();
    let outcome = work()?;
    line(&format!(
        "{:>7.1}s  {name}: {outcome}",
        begin.elapsed().as_secs_f64()
    ));
    Ok(())
}

/// Runs a program to its end and fails if it fails.
pub(crate) fn run(command: &mut Command, hint: &str) -> Result<()> {
    let status = command
        .stdin(Stdio::null())
        .status()
        .with_context(|| format!("cannot start {}; hint: {hint}", shown(command)))?;
    if !status.success() {
        bail!("{} ended with {status}; hint: {hint}", shown(command));
    }
    Ok(())
}

fn shown(command: &Command) -> String {
    let mut text = format!("`{}", command.get_program().to_string_lossy());
    for argument in command.get_args() {
        text.push(' ');
        text.push_str(&argument.to_string_lossy());
    }
    text.push('`');
    text
}

/// One line on standard output. A reader that has gone away is no reason to fail.
pub(crate) fn line(text: &str) {
    let mut out = std::io::stdout().lock();
    drop(writeln!(out, "{text}").and_then(|()| out.flush()));
}

/// Bold on a terminal, plain elsewhere.
pub(crate) fn bold(text: &str) -> String {
    if std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none() {
        format!("\u{1b}[1m{text}\u{1b}[0m")
    } else {
        text.to_owned()
    }
}

/// An error with everything that led to it.
pub(crate) fn error(error: &anyhow::Error) {
    drop(writeln!(std::io::stderr(), "error: {error:#}"));
}
