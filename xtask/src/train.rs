//! Trains the model of `plugins/injection`: rows, weights, curves, one file.
//!
//! The same data and the same code give the same file, bit for bit: the seed is fixed, everything
//! runs in one order, and nothing is computed but sums, products, quotients and square roots, which
//! IEEE 754 rounds in one way.

#![expect(
    clippy::indexing_slicing,
    reason = "indexes of features and rows are made here; a wrong one is a bug that should stop the training"
)]

mod fit;
mod grammar;
mod measure;
mod rows;

use std::path::Path;

use anyhow::{Context, Result};
use caponier_plugin_injection::training::Reader;
use sha2::{Digest, Sha256};

use crate::compile::write_if_changed;
use crate::place;
use crate::steps::{line, step};
use fit::{Example, Model, Settings};
use rows::Row;

/// Rows of one group, which were made alike, are in one fold.
const FOLDS: u64 = 5;

/// Trains, says how good it is on what it has not seen, and writes the file.
pub(crate) fn run(data: &Path) -> Result<()> {
    let training = place::root().join("plugins/injection/training");
    let grammars = grammar::read_all(&training)?;
    let prose = std::fs::read_to_string(training.join("prose.txt"))
        .context("reading plugins/injection/training/prose.txt")?;
    let settings = fit::Settings::read(&training.join("fit.json"))?;
    let real = rows::read_sets(data, &settings)?;
    let samples = place::root().join("tests/eval");
    let checks = rows::read_checks(data, &samples)?;
    let mut file = Vec::new();
    for in_data in [false, true] {
        let rows = if in_data {
            rows::of_data(&grammars, &prose, &real)
        } else {
            rows::of_prompts(&grammars, &prose, &real)
        };
        let checks: Vec<Row> = checks
            .iter()
            .filter(|(_, data)| *data == in_data)
            .map(|(row, _)| row.clone())
            .collect();
        let half = train(&rows, &checks, in_data, &settings)?;
        // What is learned of documents does not carry over to real ones: it is measured only.
        if !in_data {
            file = half;
        }
    }
    let path = place::root().join("plugins/injection/model.bin");
    let changed = write_if_changed(&path, &file)?;
    line(&format!(
        "{}: {} bytes, SHA-256 {:x}{}",
        path.display(),
        file.len(),
        Sha256::digest(&file),
        if changed { "" } else { ", unchanged" }
    ));
    Ok(())
}

/// One half of the file: weights and curves.
fn train(rows: &[Row], checks: &[Row], data: bool, settings: &Settings) -> Result<Vec<u8>> {
    let name = if data { "data" } else { "prompts" };
    let reader = Reader::new().map_err(|error| anyhow::anyhow!("{error}"))?;
    let read = |rows: &[Row]| -> Vec<Example> {
        let each = rows.iter();
        each.map(|row| Example::of(&reader, row, data)).collect()
    };
    let mut examples = Vec::new();
    step(&format!("{name}: features"), || {
        examples = read(rows);
        let attacks = rows.iter().filter(|row| row.attack).count();
        Ok(format!(
            "{attacks} attacks, {} others",
            rows.len() - attacks
        ))
    })?;
    let mut unseen = vec![fit::Scores::default(); rows.len()];
    step(&format!("{name}: folds"), || {
        for fold in 0..FOLDS {
            let model = Model::fit(settings, &examples, |at| rows[at].group % FOLDS != fold);
            for (at, example) in examples.iter().enumerate() {
                if rows[at].group % FOLDS == fold {
                    unseen[at] = model.scores(example);
                }
            }
        }
        Ok(FOLDS)
    })?;
    let curves = measure::curves(rows, &unseen, settings.curve(data));
    measure::report(
        &format!("{name}, folds"),
        rows,
        &examples,
        &unseen,
        &curves,
        data,
    );
    if !data {
        for source in rows::SOURCES {
            let model = Model::fit(settings, &examples, |at| rows[at].source != *source);
            let scores: Vec<fit::Scores> = examples
                .iter()
                .map(|example| model.scores(example))
                .collect();
            measure::left_out(source, rows, &examples, &scores, &curves);
        }
    }
    let mut bytes = Vec::new();
    step(&format!("{name}: weights"), || {
        let model = Model::fit(settings, &examples, |_| true);
        bytes = model.quantised(&curves);
        let examples = read(checks);
        let scores: Vec<fit::Scores> = examples
            .iter()
            .map(|example| model.scores(example))
            .collect();
        let title = format!("{name}, never learned from");
        measure::report(&title, checks, &examples, &scores, &curves, data);
        Ok(bytes.len())
    })?;
    Ok(bytes)
}
