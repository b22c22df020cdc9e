//! `caponier test`

mod case;
pub(crate) mod report;
mod run;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;

use crate::FAILED;
use crate::args::Test;
use crate::evaluate::revision;

/// How one case ended.
pub(crate) struct Verdict {
    file: PathBuf,
    name: String,
    /// What was not as expected; nothing where it passed.
    failures: Vec<String>,
    seconds: f64,
}

impl Verdict {
    pub(crate) fn is_passed(&self) -> bool {
        self.failures.is_empty()
    }
}

/// A plugin's case reports like a policy's.
impl From<caponier_author::Verdict> for Verdict {
    fn from(verdict: caponier_author::Verdict) -> Self {
        Self {
            file: verdict.file,
            name: verdict.name,
            failures: verdict.failure.into_iter().collect(),
            seconds: verdict.seconds,
        }
    }
}

pub(crate) fn run(command: &Test) -> anyhow::Result<ExitCode> {
    let mut files = Vec::new();
    collect(&command.dir, &mut files)?;
    files.sort();
    anyhow::ensure!(
        !files.is_empty(),
        "{}: no .yaml file; hint: cases are YAML lists of objects",
        command.dir.display()
    );
    let revision = revision(&command.config)?;
    let mut verdicts = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file)
            .with_context(|| format!("cannot read {}", file.display()))?;
        let cases =
            case::parse(&text).map_err(|error| anyhow::anyhow!("{}: {error}", file.display()))?;
        for case in cases {
            if command
                .filter
                .as_ref()
                .is_some_and(|part| !case.name.contains(part.as_str()))
            {
                continue;
            }
            let started = std::time::Instant::now();
            let failures = run::run(&revision.policy, &case)?;
            let seconds = started.elapsed().as_secs_f64();
            verdicts.push(Verdict {
                file: file.clone(),
                name: case.name,
                failures,
                seconds,
            });
        }
    }
    report::print(&verdicts, command.format);
    let failed = verdicts.iter().any(|verdict| !verdict.is_passed());
    Ok(if failed {
        ExitCode::from(FAILED)
    } else {
        ExitCode::SUCCESS
    })
}

fn collect(path: &Path, files: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    if path.is_file() {
        files.push(path.to_owned());
        return Ok(());
    }
    for entry in
        std::fs::read_dir(path).with_context(|| format!("cannot read {}", path.display()))?
    {
        let path = entry?.path();
        let is_yaml = path
            .extension()
            .is_some_and(|extension| extension == "yaml" || extension == "yml");
        if path.is_dir() || is_yaml {
            collect(&path, files)?;
        }
    }
    Ok(())
}
