//! What the program says of each row: one process, the default configuration.

use std::fmt::Write as _;
use std::ops::Range;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};

use super::data::Row;
use crate::steps::run;

/// A finding.
#[derive(Clone, Debug)]
pub(super) struct Finding {
    /// `plugin/rule`.
    pub(super) rule: String,
    pub(super) high: bool,
    pub(super) confidence: f64,
    /// Whether the shipped actions do something about it.
    pub(super) acted_on: bool,
    /// In bytes; `None`: the whole text.
    pub(super) span: Option<Range<usize>>,
}

/// What was decided of one row.
#[derive(Clone, Debug)]
pub(super) struct Verdict {
    pub(super) action: String,
    reason: String,
    pub(super) findings: Vec<Finding>,
}

impl Finding {
    pub(super) fn is_of(&self, plugin: &str) -> bool {
        self.rule
            .strip_prefix(plugin)
            .is_some_and(|rest| rest.starts_with('/'))
    }
}

impl Verdict {
    #[cfg(test)]
    pub(super) fn of(findings: Vec<Finding>) -> Self {
        Self {
            action: "redact".to_owned(),
            reason: String::new(),
            findings,
        }
    }

    /// Whether something was done because of what this plugin found.
    pub(super) fn caught(&self, plugin: &str) -> bool {
        self.caught_by(|finding| finding.is_of(plugin))
    }

    /// The same for findings of one's choice. Of a document that is dropped no finding has an
    /// action of its own; the reason tells why it went.
    pub(super) fn caught_by(&self, wanted: impl Fn(&Finding) -> bool) -> bool {
        let dropped = self.reason.starts_with("dropped for ");
        self.findings.iter().any(|finding| {
            wanted(finding)
                && (finding.acted_on || (dropped && self.reason.contains(&finding.rule)))
        })
    }

    /// How sure the plugin is of what it is surest of.
    pub(super) fn score(&self, plugin: &str) -> f64 {
        let own = self.findings.iter().filter(|finding| finding.is_of(plugin));
        own.map(|finding| finding.confidence).fold(0.0, f64::max)
    }
}

/// Scans the rows; one verdict for each, in their order. A span that is no part of its text is an
/// error.
pub(super) fn scan(program: &Path, directory: &Path, rows: &[&Row]) -> Result<Vec<Verdict>> {
    std::fs::create_dir_all(directory)?;
    let (input, output) = (directory.join("rows.jsonl"), directory.join("found.jsonl"));
    let mut lines = String::new();
    for (index, row) in rows.iter().enumerate() {
        let kind = match (row.stage, row.role.as_str()) {
            ("retrieval", "tool") => "tool-result",
            ("retrieval", _) => "document",
            _ => "text",
        };
        let line = json!({"id": index.to_string(), "text": row.text, "stage": row.stage, "role": row.role, "kind": kind});
        writeln!(lines, "{line}")?;
    }
    std::fs::write(&input, lines)?;
    // Nothing of the caller's: what is measured is what is shipped.
    run(
        Command::new(program)
            .args(["scan", "--emit-text", "--log", "error"])
            .arg(&input)
            .arg("-o")
            .arg(&output)
            .env_remove("CAPONIER_CONFIG"),
        "cargo xtask build",
    )?;
    let said = std::fs::read_to_string(&output)?;
    let verdicts: Vec<Verdict> = said
        .lines()
        .zip(rows)
        .enumerate()
        .map(|(index, (line, row))| read(line, index, row))
        .collect::<Result<_>>()?;
    ensure!(
        verdicts.len() == rows.len(),
        "{} of {} rows were decided",
        verdicts.len(),
        rows.len()
    );
    Ok(verdicts)
}

fn read(line: &str, index: usize, row: &Row) -> Result<Verdict> {
    let value: Value = serde_json::from_str(line)?;
    let word = |value: &Value, name: &str| {
        value
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    ensure!(
        word(&value, "id") == index.to_string(),
        "row {index} was not decided in its turn"
    );
    let mut findings = Vec::new();
    let list = value.get("findings").and_then(Value::as_array);
    for finding in list.context("no list of findings")? {
        let span = finding["span"].as_array().map(|span| {
            let end = |at: usize| span.get(at).and_then(Value::as_u64).unwrap_or(u64::MAX) as usize;
            end(0)..end(1)
        });
        let rule = word(finding, "rule");
        if let Some(span) = &span
            && row.text.get(span.clone()).is_none_or(str::is_empty)
        {
            bail!(
                "{rule}: the span {span:?} is no part of the text of row {}",
                row.word("id")
            );
        }
        findings.push(Finding {
            rule,
            high: matches!(word(finding, "severity").as_str(), "high" | "critical"),
            confidence: finding["confidence"].as_f64().unwrap_or(0.0),
            acted_on: word(finding, "action") != "allow",
            span,
        });
    }
    Ok(Verdict {
        action: word(&value, "action"),
        reason: word(&value, "reason"),
        findings,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(text: &str) -> Row {
        Row {
            text: text.to_owned(),
            label: 1,
            stage: "prompt",
            role: "user".to_owned(),
            meta: Value::Null,
        }
    }

    #[test]
    fn what_is_dropped_is_caught_and_what_is_allowed_is_not() {
        let line = r#"{"id":"0","action":"flag","reason":"dropped for injection/override","findings":[{"rule":"injection/override","severity":"high","confidence":0.8,"action":"allow","span":[0,2]},{"rule":"pii/ip","severity":"low","confidence":0.9,"action":"allow","span":[0,2]}]}"#;
        let verdict = read(line, 0, &row("abc")).unwrap();
        assert!(verdict.caught("injection") && !verdict.caught("pii") && !verdict.caught("inj"));
        assert_eq!(verdict.score("injection"), 0.8);
        assert!(read(line, 0, &row("é")).is_ok() && read(line, 0, &row("aé")).is_err());
        assert!(read(line, 1, &row("abc")).is_err());
    }
}
