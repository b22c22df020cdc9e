//! The book: its reference part is written from the program, and then it is built.

use std::process::{Command, ExitCode};

use anyhow::Result;

use crate::compile;
use crate::place;
use crate::steps::{line, run, step};
use crate::tools;

/// Writes and builds it.
pub(crate) fn build() -> Result<ExitCode> {
    compile::build()?;
    step("the reference part", || {
        run(
            Command::new("python3")
                .arg(place::root().join("docs/reference.py"))
                .arg("--program")
                .arg(place::program()),
            "apt-get install python3",
        )?;
        Ok("docs/src/reference")
    })?;
    step("the book", || {
        run(
            Command::new(tools::mdbook()?)
                .arg("build")
                .arg(place::root().join("docs")),
            "mdBook names the page and the line",
        )?;
        Ok("target/book")
    })?;
    line(&format!(
        "          {}",
        place::root().join("target/book/index.html").display()
    ));
    Ok(ExitCode::SUCCESS)
}
