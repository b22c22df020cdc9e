//! `caponier scan`

use std::fs::File;
use std::io::{BufRead as _, BufReader, BufWriter, Write};
use std::path::Path;
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::Context as _;
use caponier_core::{Kind, Role, Segment, Stage};
use caponier_runtime::Policy;
use indicatif::{ProgressBar, ProgressStyle};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::args::{Place, Scan};
use crate::evaluate::{
    Shown, edited, evaluate, exchange, findings, revision, usual_kind, usual_role,
};

/// Lines that are read, decided and written together.
const BATCH: usize = 4096;

/// One line of the input. Other keys are the corpus's own.
#[derive(Deserialize)]
struct Line {
    id: Value,
    text: String,
    stage: Option<String>,
    role: Option<String>,
    kind: Option<String>,
    name: Option<String>,
    #[serde(default)]
    attributes: std::collections::BTreeMap<String, String>,
}

/// One line of the output.
#[derive(Serialize)]
struct Answer<'a> {
    action: &'static str,
    findings: Vec<Shown<'a>>,
    id: Value,
    reason: &'a str,
    /// Where it is asked for: the text as it would go out; `null` where nothing would.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<Option<String>>,
}

pub(crate) fn run(command: &Scan) -> anyhow::Result<ExitCode> {
    let name = command.input.display();
    let input = File::open(&command.input).with_context(|| format!("cannot read {name}"))?;
    let size = input.metadata().map_or(0, |meta| meta.len());
    let revision = revision(&command.config)?;
    let cores = std::thread::available_parallelism().map_or(2, usize::from);
    let threads = command.threads.unwrap_or(cores).max(1);
    let bar = ProgressBar::new(size).with_style(
        ProgressStyle::with_template("{bar:40} {percent}% {bytes_per_sec} {eta} left {msg}")
            .unwrap_or_else(|_| ProgressStyle::default_bar()),
    );
    let target = Target::open(&command.output)?;
    let mut output = BufWriter::new(target.file);
    let mut lines = BufReader::new(input).lines().enumerate();
    let mut done = 0_usize;
    loop {
        let mut batch = Vec::with_capacity(BATCH);
        for (number, line) in lines.by_ref().take(BATCH) {
            let line = line.with_context(|| format!("{name}:{}: cannot be read", number + 1))?;
            if !line.trim().is_empty() {
                batch.push((number + 1, line));
            }
        }
        if batch.is_empty() {
            break;
        }
        let bytes: usize = batch.iter().map(|(_, line)| line.len() + 1).sum();
        let decided = decide_all(&revision.policy, &batch, command, threads)?;
        for decided in decided {
            writeln!(output, "{decided}").context("cannot write the decisions")?;
        }
        done += batch.len();
        bar.inc(bytes as u64);
        bar.set_message(format!("{done} texts"));
    }
    output.flush().context("cannot write the decisions")?;
    drop(output);
    target.place.map_or(Ok(()), |place| place.finish())?;
    bar.finish_and_clear();
    Ok(ExitCode::SUCCESS)
}

/// Decides a batch on several threads; the answers come in the order of the lines.
fn decide_all(
    policy: &Policy,
    batch: &[(usize, String)],
    command: &Scan,
    threads: usize,
) -> anyhow::Result<Vec<String>> {
    let next = AtomicUsize::new(0);
    let work = || -> anyhow::Result<Vec<(usize, String)>> {
        let mut answers = Vec::new();
        while let Some((place, (number, line))) = {
            let place = next.fetch_add(1, Ordering::Relaxed);
            batch.get(place).map(|line| (place, line))
        } {
            let answer = decide(policy, line, &command.place, command.emit_text)
                .with_context(|| format!("{}:{number}", command.input.display()))?;
            answers.push((place, answer));
        }
        Ok(answers)
    };
    let mut answers: Vec<(usize, String)> = std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        let mut all = Vec::with_capacity(batch.len());
        for thread in running {
            all.extend(
                thread
                    .join()
                    .map_err(|_| anyhow::anyhow!("a thread failed"))??,
            );
        }
        anyhow::Ok(all)
    })?;
    answers.sort_unstable_by_key(|(place, _)| *place);
    Ok(answers.into_iter().map(|(_, answer)| answer).collect())
}

fn decide(policy: &Policy, line: &str, place: &Place, emit_text: bool) -> anyhow::Result<String> {
    let line: Line =
        serde_json::from_str(line).context("not a JSON object with `id` and `text`")?;
    let unknown = |what: &str, word: &str| anyhow::anyhow!("`{word}` is not a {what}");
    let stage = match &line.stage {
        Some(word) => Stage::parse(word).ok_or_else(|| unknown("stage", word))?,
        None => place.stage,
    };
    let role = match &line.role {
        Some(word) => Role::parse(word).ok_or_else(|| unknown("role", word))?,
        None => place.role.unwrap_or_else(|| usual_role(stage)),
    };
    let kind = match &line.kind {
        Some(word) => Kind::parse(word).ok_or_else(|| unknown("kind", word))?,
        None => usual_kind(role),
    };
    let mut segment = Segment::new(0, role, kind, line.text);
    segment.name = line.name;
    segment.attributes = line.attributes.into_iter().collect();
    let mut exchange = exchange(policy, stage)?;
    let outcome = evaluate(policy, &mut exchange, stage, vec![segment]);
    let edited = || {
        let segment = outcome.segments.first()?;
        edited(&outcome, segment)
    };
    let answer = Answer {
        action: outcome.action().as_str(),
        findings: findings(policy, &outcome),
        id: line.id,
        reason: &outcome.decision.reason,
        text: emit_text.then(edited),
    };
    serde_json::to_string(&answer).context("cannot write the decision")
}

/// Where the decisions go. A file appears under its name only once it is whole; what is no file, a
/// device or a pipe, is written to as it is.
struct Target {
    file: Box<dyn Write>,
    place: Option<Renaming>,
}

struct Renaming {
    from: std::path::PathBuf,
    to: std::path::PathBuf,
}

impl Target {
    fn open(path: &Path) -> anyhow::Result<Self> {
        if path == Path::new("-") {
            return Ok(Self {
                file: Box::new(std::io::stdout()),
                place: None,
            });
        }
        if std::fs::metadata(path).is_ok_and(|meta| !meta.is_file()) {
            let file = File::options()
                .write(true)
                .open(path)
                .with_context(|| format!("cannot write {}", path.display()))?;
            return Ok(Self {
                file: Box::new(file),
                place: None,
            });
        }
        let mut from = path.as_os_str().to_owned();
        from.push(".part");
        let from = std::path::PathBuf::from(from);
        let file =
            File::create(&from).with_context(|| format!("cannot write {}", from.display()))?;
        Ok(Self {
            file: Box::new(file),
            place: Some(Renaming {
                from,
                to: path.to_owned(),
            }),
        })
    }
}

impl Renaming {
    fn finish(self) -> anyhow::Result<()> {
        std::fs::rename(&self.from, &self.to)
            .with_context(|| format!("cannot write {}", self.to.display()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_appears_whole_and_a_device_stays_one() {
        let place = std::env::temp_dir().join(format!("caponier-scan-{}", std::process::id()));
        std::fs::create_dir_all(&place).unwrap();
        let file = place.join("out.jsonl");
        let mut target = Target::open(&file).unwrap();
        target.file.write_all(b"{}").unwrap();
        assert!(!file.exists(), "not before it is whole");
        target.place.unwrap().finish().unwrap();
        assert_eq!(std::fs::read(&file).unwrap(), b"{}");

        let device = place.join("null");
        std::os::unix::fs::symlink("/dev/null", &device).unwrap();
        let mut target = Target::open(&device).unwrap();
        target.file.write_all(b"{}").unwrap();
        assert!(target.place.is_none(), "a device is never renamed over");
        assert!(Target::open(&place).is_err(), "a directory is no target");
        std::fs::remove_dir_all(&place).unwrap();
    }
}
