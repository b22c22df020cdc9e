//! Every test, and how many there were.

use std::io::{BufRead, BufReader};
use std::process::{Command, ExitCode, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::compile::{self, cargo};
use crate::place;
use crate::steps::{line, step};
use crate::tools;

/// How tests ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Tally {
    passed: u64,
    failed: u64,
    skipped: u64,
}

impl Tally {
    fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }

    /// Reads `test result: ok. 5 passed; 0 failed; 1 ignored; …`.
    fn read(text: &str) -> Option<Self> {
        let rest = text.trim().strip_prefix("test result: ")?;
        let (_, counts) = rest.split_once(". ")?;
        let count = |word: &str| {
            counts.split(';').find_map(|part| {
                let (number, name) = part.trim().split_once(' ')?;
                (name == word).then(|| number.parse().ok()).flatten()
            })
        };
        Some(Self {
            passed: count("passed")?,
            failed: count("failed")?,
            skipped: count("ignored")?,
        })
    }
}

impl std::fmt::Display for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            passed,
            failed,
            skipped,
        } = self;
        write!(f, "{passed} passed, {failed} failed, {skipped} skipped")
    }
}

/// Tests that run together.
#[derive(Clone, Copy)]
enum Part {
    Documentation,
    Programs,
    /// The search through what all others have written.
    Records,
}

impl Part {
    const ALL: [Self; 3] = [Self::Documentation, Self::Programs, Self::Records];
    /// How long one of them may take: some three times what the longest does on two cores.
    const LIMIT: Duration = Duration::from_mins(45);
    /// Where the whole program is tested.
    const WHOLE: &str = "caponier-e2e";

    fn name(self) -> &'static str {
        match self {
            Self::Documentation => "examples in the documentation",
            Self::Programs => "tests",
            Self::Records => "search through all records",
        }
    }

    /// Says what cargo is to test; `false`: nothing of it is asked for.
    fn select(self, command: &mut Command, packages: &[String]) -> bool {
        match self {
            Self::Documentation => _ = command.arg("--doc"),
            Self::Programs => _ = command.args(["--lib", "--bins", "--tests"]),
            Self::Records => {
                command.args(["--package", Self::WHOLE, "--test", "records"]);
                return packages.is_empty() || packages.iter().any(|name| name == Self::WHOLE);
            }
        }
        for package in packages {
            command.args(["--package", package]);
        }
        if packages.is_empty() {
            command.arg("--workspace");
        }
        true
    }
}

/// Builds, prepares and runs the tests. The last line of the output is the tally.
pub(crate) fn run(
    filter: Option<&str>,
    packages: &[String],
    versions: &[String],
) -> Result<ExitCode> {
    compile::build_wasm_only()?;
    step("program and tests", compile::build_for_tests)?;
    step("programs for the tests", tools::programs)?;
    let mut python = None;
    step("Python for the tests", || {
        let path = tools::python()?;
        let shown = path.display().to_string();
        python = Some(path);
        Ok(shown)
    })?;

    let mut mdbook = std::path::PathBuf::new();
    step("mdBook for the tests", || {
        mdbook = tools::mdbook()?;
        Ok(mdbook.display().to_string())
    })?;

    let mut envoys = std::ffi::OsString::new();
    step("Envoy for the tests", || {
        envoys = std::env::join_paths(tools::envoys(versions)?)?;
        Ok(envoys.to_string_lossy().replace(':', ", "))
    })?;

    let records = place::test_environment().join("records");
    if records.exists() {
        std::fs::remove_dir_all(&records)
            .with_context(|| format!("removing {}", records.display()))?;
    }

    let mut total = Tally::default();
    for part in Part::ALL {
        let mut command = cargo();
        command.args(["test", "--release", "--no-fail-fast"]);
        if !part.select(&mut command, packages) {
            continue;
        }
        if let Some(filter) = filter {
            command.args(["--", filter]);
        }
        if let Some(python) = &python {
            command.env("CAPONIER_TEST_PYTHON", python);
        }
        command
            .env("CAPONIER_BIN", place::program())
            .env("CAPONIER_GUESTS", place::wasm().join("guests"))
            .env("CAPONIER_ENVOYS", &envoys)
            .envs((!versions.is_empty()).then_some(("CAPONIER_EVERY_ENVOY", "1")))
            .env("CAPONIER_MDBOOK", &mdbook)
            .env("CAPONIER_SHELLS", place::wasm().join("shell"))
            .env("CAPONIER_TEST_RECORDS", &records);
        let begin = Instant::now();
        let tally = count(&mut command)?;
        line(&format!(
            "{:>7.1}s  {}: {tally}",
            begin.elapsed().as_secs_f64(),
            part.name()
        ));
        total.add(tally);
    }
    line(&total.to_string());
    Ok(if total.failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Runs a test command, passes its output on and counts.
///
/// A test that never ends must not keep from the reader what the others have shown: after
/// [`Part::LIMIT`] the command is ended, and that counts as a failure.
fn count(command: &mut Command) -> Result<Tally> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot start cargo")?;
    let cargo = child.id();
    let (ended, end) = mpsc::channel::<()>();
    let watch = std::thread::spawn(move || {
        let late = end.recv_timeout(Part::LIMIT) == Err(mpsc::RecvTimeoutError::Timeout);
        if late {
            let minutes = Part::LIMIT.as_secs() / 60;
            line(&format!("the tests did not end within {minutes} min"));
            let tests = children(cargo);
            let all = std::iter::once(cargo.to_string()).chain(tests);
            drop(Command::new("kill").arg("-KILL").args(all).status());
        }
        late
    });
    let mut tally = Tally::default();
    if let Some(output) = child.stdout.take() {
        for text in BufReader::new(output).split(b'\n') {
            let text = text?;
            let text = String::from_utf8_lossy(&text);
            if let Some(one) = Tally::read(&text) {
                tally.add(one);
            }
            line(&text);
        }
    }
    let status = child.wait()?;
    drop(ended);
    let late = watch.join().unwrap_or(true);
    if late || (!status.success() && tally.failed == 0) {
        // It did not end or compile, or a test took the whole process down.
        tally.failed += 1;
    }
    Ok(tally)
}

/// The processes that this one has started: cargo's are the tests that run.
fn children(process: u32) -> Vec<String> {
    let tasks = std::fs::read_dir(format!("/proc/{process}/task"));
    let tasks = tasks.into_iter().flatten().flatten();
    tasks
        .filter_map(|task| std::fs::read_to_string(task.path().join("children")).ok())
        .flat_map(|ids| {
            ids.split_whitespace()
                .map(str::to_owned)
                .collect::<Vec<_>>()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Tally, children};

    #[test]
    fn children_are_found() {
        let mut child = std::process::Command::new("sleep")
            .arg("60")
            .spawn()
            .unwrap();
        let found = children(std::process::id());
        assert!(found.contains(&child.id().to_string()), "{found:?}");
        child.kill().unwrap();
        child.wait().unwrap();
    }

    #[test]
    fn reads_the_harness_summary_and_nothing_else() {
        let text = "test result: FAILED. 12 passed; 3 failed; 4 ignored; 0 measured; 7 filtered \
                    out; finished in 0.52s";
        let expected = Tally {
            passed: 12,
            failed: 3,
            skipped: 4,
        };
        assert_eq!(Tally::read(text), Some(expected));
        assert_eq!(Tally::read("test result: none. of the above"), None);
        assert_eq!(Tally::read("12 passed; 3 failed; 4 ignored"), None);
        assert_eq!(expected.to_string(), "12 passed, 3 failed, 4 skipped");
    }
}
