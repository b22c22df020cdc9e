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
mod unknown;

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
    let checks = rows::read_checks(&samples)?;
    let rows = rows::of_prompts(&grammars, &prose, &real);
    let (file, left_out) = train(&rows, &checks, &settings)?;
    write_if_changed(
        &place::root().join("plugins/injection/loso.json"),
        &left_out,
    )?;
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

/// The file, and what was measured with each source left out.
fn train(rows: &[Row], checks: &[Row], settings: &Settings) -> Result<(Vec<u8>, Vec<u8>)> {
    let reader = Reader::new().map_err(|error| anyhow::anyhow!("{error}"))?;
    let read = |rows: &[Row]| -> Vec<Example> {
        let each = rows.iter();
        each.map(|row| Example::of(&reader, row)).collect()
    };
    let mut examples = Vec::new();
    step("features", || {
        examples = read(rows);
        let attacks = rows.iter().filter(|row| row.attack).count();
        Ok(format!(
            "{attacks} attacks, {} others",
            rows.len() - attacks
        ))
    })?;
    let mut unseen = vec![fit::Scores::default(); rows.len()];
    step("folds", || {
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
    let curves = measure::curves(rows, &unseen, &settings.point());
    measure::report("folds", rows, &examples, &unseen, &curves);
    let left_out = leave_out(rows, &examples, &unseen, settings)?;
    let mut bytes = Vec::new();
    step("weights", || {
        let model = Model::fit(settings, &examples, |_| true);
        bytes = model.quantised(&curves);
        let examples = read(checks);
        let scores = scores(&model, &examples);
        measure::report("never learned from", checks, &examples, &scores, &curves);
        Ok(bytes.len())
    })?;
    Ok((bytes, left_out))
}

/// What is found of each source by a model that neither learned from it nor has its curves from it.
fn leave_out(
    rows: &[Row],
    examples: &[Example],
    unseen: &[fit::Scores],
    settings: &Settings,
) -> Result<Vec<u8>> {
    let mut sources = serde_json::Map::new();
    for source in rows::SOURCES {
        let others = rows.iter().zip(unseen);
        let (others, known): (Vec<Row>, Vec<fit::Scores>) = others
            .filter(|(row, _)| row.source != *source)
            .map(|(row, scores)| (row.clone(), *scores))
            .unzip();
        let curves = measure::curves(&others, &known, &settings.point());
        let model = Model::fit(settings, examples, |at| rows[at].source != *source);
        let mut scores = scores(&model, examples);
        // Honest texts of other sources were learned from: what is known of them is from the folds.
        for ((score, row), unseen) in scores.iter_mut().zip(rows).zip(unseen) {
            if row.source != *source {
                *score = *unseen;
            }
        }
        let said = measure::left_out(source, rows, examples, &scores, &curves);
        sources.insert((*source).to_owned(), said);
    }
    let mut text = serde_json::to_string_pretty(&sources)?;
    text.push('\n');
    Ok(text.into_bytes())
}

fn scores(model: &Model, examples: &[Example]) -> Vec<fit::Scores> {
    let each = examples.iter();
    each.map(|example| model.scores(example)).collect()
}
