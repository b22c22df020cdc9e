//! `caponier bench`: what the program promises to cost, measured on this machine.
//!
//! Whatever is compared is measured in one run and in turns, so that a busy machine is as unkind to
//! one side as to the other. Every text is new: nothing is answered from what was found before,
//! unless that is what the row is about.

mod agent;
mod chain;
mod client;
mod failures;
mod gateway;
mod lifecycle;
mod ordinary;
mod plain;
mod plugins;
mod process;
mod reload;
mod report;
mod sandbox;
mod statistics;
mod stream;
mod texts;
mod token;
mod upstream;
mod worst;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use caponier_runtime::{Revision, builtin_names};
use indicatif::{ProgressBar, ProgressStyle};

use crate::FAILED;
use crate::args;
use crate::evaluate::revision;
use crate::style::WARN;

/// What the rows of one measurement come to, in their order. `None`: it does not apply here.
type Values = Vec<Option<f64>>;

/// One number and the most it may be.
struct Row {
    name: String,
    unit: &'static str,
    budget: f64,
    /// `None`: it could not be measured.
    value: Option<f64>,
}

impl Row {
    fn new(name: impl Into<String>, unit: &'static str, budget: f64) -> Self {
        Self {
            name: name.into(),
            unit,
            budget,
            value: None,
        }
    }

    fn holds(&self) -> bool {
        self.value.is_some_and(|value| value <= self.budget)
    }
}

/// Rows that come from one measurement.
struct Measurement {
    rows: Vec<Row>,
    measure: fn(&Bench) -> anyhow::Result<Values>,
}

impl Measurement {
    fn new(measure: fn(&Bench) -> anyhow::Result<Values>, rows: Vec<Row>) -> Self {
        Self { rows, measure }
    }
}

/// A row for each built-in plugin.
fn for_each_plugin(name: &str, unit: &'static str, budget: f64) -> Vec<Row> {
    builtin_names()
        .map(|plugin| Row::new(format!("{name}-{plugin}"), unit, budget))
        .collect()
}

fn measurements() -> Vec<Measurement> {
    vec![
        Measurement::new(
            sandbox::cost_of_new,
            for_each_plugin("new-sandbox", "µs", 15.0),
        ),
        Measurement::new(
            sandbox::against_native,
            for_each_plugin("wasm-over-native", "×", 3.0),
        ),
        Measurement::new(plugins::small, for_each_plugin("plugin-4k", "µs", 100.0)),
        Measurement::new(plugins::large, for_each_plugin("plugin-64k", "µs", 1600.0)),
        Measurement::new(plugins::huge, for_each_plugin("plugin-1m", "µs", 25_600.0)),
        Measurement::new(
            plugins::worst,
            for_each_plugin("plugin-worst-input", "×", 3.0),
        ),
        Measurement::new(
            chain::latency,
            vec![
                Row::new("chain-4k-p50", "µs", 250.0),
                Row::new("chain-4k-p99", "µs", 1000.0),
            ],
        ),
        Measurement::new(
            chain::growth,
            vec![
                Row::new("chain-per-byte-64k", "×", 1.2),
                Row::new("chain-per-byte-1m", "×", 1.2),
            ],
        ),
        Measurement::new(chain::worst, vec![Row::new("chain-worst-input", "×", 3.0)]),
        Measurement::new(agent::turn, vec![Row::new("agent-turn", "ms", 2.0)]),
        Measurement::new(
            stream::growth,
            vec![Row::new("stream-token-growth", "×", 1.2)],
        ),
        Measurement::new(token::first, vec![Row::new("first-token-added", "ms", 1.0)]),
        Measurement::new(
            gateway::against_nginx,
            vec![
                Row::new("gateway-cpu-no-plugins", "×", 2.0),
                Row::new("gateway-cpu-default-chain", "×", 6.0),
            ],
        ),
        Measurement::new(
            lifecycle::start,
            vec![
                Row::new("start-cold", "ms", 10_000.0),
                Row::new("start-cached", "ms", 300.0),
            ],
        ),
        Measurement::new(reload::rego, vec![Row::new("reload-rego", "ms", 100.0)]),
        Measurement::new(
            reload::plugin,
            vec![
                Row::new("reload-plugin-cold", "ms", 2000.0),
                Row::new("reload-plugin-cached", "ms", 200.0),
            ],
        ),
        Measurement::new(
            failures::over_reloads,
            vec![Row::new("reload-failed-requests", "requests", 0.0)],
        ),
        Measurement::new(
            lifecycle::memory,
            vec![
                Row::new("memory-idle", "MB", 80.0),
                Row::new("memory-1000-streams", "MB", 200.0),
            ],
        ),
    ]
}

/// What measurements share.
struct Bench {
    /// What is measured within this process.
    revision: Arc<Revision<()>>,
    /// A directory for configurations, caches and logs of what is started. Gone at the end.
    scratch: tempfile::TempDir,
    quick: bool,
}

impl Bench {
    /// How often something is done.
    fn times(&self, full: usize, quick: usize) -> usize {
        if self.quick { quick } else { full }
    }

    /// A new, empty directory.
    fn directory(&self, name: &str) -> anyhow::Result<PathBuf> {
        let path = self.scratch.path().join(name);
        std::fs::create_dir(&path).with_context(|| format!("cannot make {}", path.display()))?;
        Ok(path)
    }

    /// Where programs that are started keep compiled plugins.
    fn cache(&self) -> PathBuf {
        self.scratch.path().join("cache")
    }
}

pub(crate) fn run(command: &args::Bench) -> anyhow::Result<ExitCode> {
    let wanted = |row: &Row| {
        let filter = command.filter.as_deref().unwrap_or_default();
        row.name.contains(filter)
    };
    let chosen: Vec<Measurement> = measurements()
        .into_iter()
        .filter(|measurement| measurement.rows.iter().any(wanted))
        .collect();
    anyhow::ensure!(
        !chosen.is_empty(),
        "no row has this in its name; hint: without --filter all rows are measured"
    );
    let bar = ProgressBar::new(chosen.len() as u64).with_style(
        ProgressStyle::with_template("{bar:40} {pos}/{len} {elapsed} {msg}")
            .unwrap_or_else(|_| ProgressStyle::default_bar()),
    );
    bar.set_message("building the revision");
    let bench = Bench {
        revision: revision(&command.config)?,
        scratch: tempfile::tempdir().context("cannot make a directory for what is started")?,
        quick: command.quick,
    };
    let mut rows = Vec::new();
    for Measurement {
        rows: mut measured,
        measure,
    } in chosen
    {
        let names: Vec<&str> = measured.iter().map(|row| row.name.as_str()).collect();
        let names = names.join(", ");
        bar.set_message(names.clone());
        match measure(&bench) {
            Ok(values) => {
                for (row, value) in measured.iter_mut().zip(values) {
                    row.value = value;
                }
                // What does not apply is no promise that is broken.
                measured.retain(|row| row.value.is_some());
            }
            Err(error) => {
                bar.suspend(|| anstream::eprintln!("{WARN}not measured{WARN:#} {names}: {error:#}"))
            }
        }
        rows.extend(measured.into_iter().filter(|row| wanted(row)));
        bar.inc(1);
    }
    bar.finish_and_clear();
    report::print(&rows, command.format);
    Ok(if rows.iter().all(Row::holds) {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(FAILED)
    })
}
