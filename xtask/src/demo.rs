//! The main job, shown.

use std::process::ExitCode;

use anyhow::Result;

use crate::compile;

/// Builds and shows it.
pub(crate) fn run() -> Result<ExitCode> {
    compile::build()?;
    Ok(ExitCode::SUCCESS)
}
