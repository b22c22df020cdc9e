//! What the detectors find of sets that they were not written from, through the program and its
//! default configuration as they are shipped; written down as a page with a plot.

mod corpus;
mod data;
mod measure;
mod obfuscate;
mod pii;
mod plot;
mod report;
mod scan;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};

use crate::compile;
use crate::place;
use crate::steps::{line, step};
use corpus::Corpus;

/// Builds the program unless one is given, scans everything, and writes the page.
pub(crate) fn run(
    data: Option<PathBuf>,
    output: &Path,
    program: Option<PathBuf>,
) -> Result<ExitCode> {
    let missing = data.as_deref().map(data::missing);
    let directory = match (data, missing) {
        (Some(directory), Some(missing)) if missing.is_empty() => directory,
        (directory, missing) => {
            say_what_is_missing(directory.as_deref(), &missing.unwrap_or_default());
            return Ok(ExitCode::from(2));
        }
    };
    let program = match program {
        Some(program) => program,
        None => {
            compile::build()?;
            place::program()
        }
    };
    let mut corpus = None;
    step("scanned", || {
        let scanned = Corpus::scan(&program, &directory)?;
        let said = format!("{} texts", scanned.len());
        corpus = Some(scanned);
        Ok(said)
    })?;
    let corpus = corpus.context("nothing was scanned")?;
    let report = report::write(&corpus)?;
    let output = place::root().join(output);
    std::fs::create_dir_all(&output)?;
    std::fs::write(output.join("measured.md"), &report.page)?;
    std::fs::write(output.join("recall.svg"), &report.plot)?;
    line(&format!(
        "          {}",
        output.join("measured.md").display()
    ));
    for (what, measured) in &report.failed {
        line(&format!("  does not hold: {what}: {measured}"));
    }
    Ok(ExitCode::SUCCESS)
}

fn say_what_is_missing(given: Option<&Path>, missing: &[PathBuf]) {
    match given {
        Some(directory) => {
            line(&format!("{} does not have:", directory.display()));
            for path in missing {
                line(&format!(
                    "  {}",
                    path.file_name().unwrap_or_default().display()
                ));
            }
        }
        None => line("no directory with the sets was named"),
    }
    line(
        "hint: cargo xtask eval --data DIR, or CAPONIER_EVAL_DATA=DIR; tests/eval/README.md says which sets, where they come from and how they are written",
    );
}
