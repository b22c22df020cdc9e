//! The page.

mod injection;
mod personal;
mod quiet;
mod values;

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use serde_json::Value;

use super::corpus::{BENIGN, Corpus};
use super::measure::Share;
use super::plot::{self, Panel};
use crate::place;

/// What is written, and which targets are missed.
pub(super) struct Report {
    pub(super) page: String,
    pub(super) plot: String,
    pub(super) failed: Vec<(String, String)>,
}

/// A figure that is aimed at.
struct Target {
    what: String,
    aim: String,
    measured: String,
    holds: bool,
}

struct Page<'a> {
    corpus: &'a Corpus,
    actions: Value,
    out: String,
    targets: Vec<Target>,
    panels: Vec<Panel>,
}

/// Measures everything and words it.
pub(super) fn write(corpus: &Corpus) -> Result<Report> {
    let actions = place::root().join("policies/default-actions.json");
    let actions = std::fs::read_to_string(&actions)
        .with_context(|| format!("reading {}", actions.display()))?;
    let mut page = Page {
        corpus,
        actions: serde_json::from_str(&actions)?,
        out: String::new(),
        targets: Vec::new(),
        panels: Vec::new(),
    };
    page.injection();
    page.sources()?;
    page.disguises();
    page.personal_data();
    page.secrets();
    page.code();
    page.quiet();
    page.naughty();
    let head = page.head();
    Ok(Report {
        page: head + &page.out,
        plot: plot::svg(&page.panels),
        failed: page
            .targets
            .into_iter()
            .filter(|target| !target.holds)
            .map(|target| (target.what, target.measured))
            .collect(),
    })
}
impl Page<'_> {
    fn say(&mut self, text: &str) {
        self.out.push_str(text);
        self.out.push('\n');
    }

    fn row(&mut self, cells: &[&str]) {
        self.say(&format!("| {} |", cells.join(" | ")));
    }

    /// The first row of a table, and the line below it.
    fn table(&mut self, heads: &[&str]) {
        self.say("");
        self.row(heads);
        self.row(&["---"].repeat(heads.len()));
    }

    fn at_least(&mut self, what: &str, aim: f64, measured: f64) {
        self.target(what, format!("≥ {aim}"), measured, measured >= aim);
    }

    fn at_most(&mut self, what: &str, aim: f64, measured: f64) {
        self.target(what, format!("≤ {aim}"), measured, measured <= aim);
    }

    fn target(&mut self, what: &str, aim: String, measured: f64, holds: bool) {
        self.targets.push(Target {
            what: what.to_owned(),
            aim,
            measured: format!("{measured:.3}"),
            holds,
        });
    }

    /// What stands before the details: how it was measured, the targets, the plot.
    fn head(&self) -> String {
        let mut out = String::from(
            "# Measured quality\n\n\
            What the built-in detectors find, and what they leave alone, through `caponier scan` with the configuration that is shipped. `cargo xtask eval` writes this page; `tests/eval/README.md` says where the sets come from. The detectors were developed with these sets in sight, so figures on texts that nobody here has seen will be lower: the recall on sources that a model was not trained with, below, says by how much.\n\n\
            A text counts as caught where the shipped actions do something about it because of the detector: they flag, redact or deny it, or drop it as a document. Behind a share stands its interval at 95 % (Wilson). The area under the curve (AUC) is that of the detector's highest confidence in a text. The thresholds are frozen:\n\n\
            | findings | action | from confidence | in |\n| --- | --- | --- | --- |\n",
        );
        for (glob, rule) in self.actions.as_object().into_iter().flatten() {
            let stages: Vec<&str> = rule["stages"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .collect();
            let stages = if stages.is_empty() {
                "all stages".to_owned()
            } else {
                stages.join(", ")
            };
            if let Some(least) = rule["flag_confidence"].as_f64() {
                out.push_str(&format!("| `{glob}` | flag | {least} | {stages} |\n"));
            }
            let line = format!(
                "| `{glob}` | {} | {} | {stages} |\n",
                rule["action"].as_str().unwrap_or_default(),
                rule["min_confidence"].as_f64().unwrap_or(0.0),
            );
            out.push_str(&line);
        }
        out.push_str(
            "\n## Targets\n\n| what | target | measured | holds |\n| --- | --- | --- | --- |\n",
        );
        for target in &self.targets {
            let holds = if target.holds { "yes" } else { "no" };
            let line = format!(
                "| {} | {} | {} | {holds} |\n",
                target.what, target.aim, target.measured
            );
            out.push_str(&line);
        }
        out.push_str(
            "\n![Recall against false positives, for each set and detector](recall.svg)\n",
        );
        out
    }

    /// The benign rows together, as one plugin scores them.
    fn benign_scores(&self, suffix: &str, plugin: &str) -> Vec<f64> {
        let keys = BENIGN.iter().map(|name| format!("{name}{suffix}"));
        keys.flat_map(|key| self.corpus.scores(&key, 0, plugin))
            .collect()
    }

    fn benign(&self, suffix: &str, plugin: &str) -> Share {
        let keys = BENIGN.iter().map(|name| format!("{name}{suffix}"));
        let shares = keys.map(|key| self.corpus.caught(&key, 0, plugin));
        shares.fold(Share::default(), |all, share| Share {
            hits: all.hits + share.hits,
            of: all.of + share.of,
        })
    }

    /// Of which kinds something was missed.
    fn list_of_missed(&mut self, by_name: &BTreeMap<&str, Share>) {
        let missed: Vec<String> = by_name
            .iter()
            .filter(|(_, share)| share.hits < share.of)
            .map(|(name, share)| format!("{name} {} of {}", share.hits, share.of))
            .collect();
        let whole = by_name.len() - missed.len();
        let missed = if missed.is_empty() {
            "none".to_owned()
        } else {
            missed.join(", ")
        };
        self.say(&format!(
            "\nOf {} kinds {whole} are found whole. Those of which one was missed: {missed}.",
            by_name.len()
        ));
    }
}
