//! Published sets, where they are at hand: they are not part of the project. The folder is named
//! by `CAPONIER_DATA`.
#![expect(clippy::string_slice, reason = "a test may panic")]

use std::io::Read;
use std::path::PathBuf;

use caponier_sdk::Stage;
use caponier_sdk::testing::{Harness, Input};
use serde_json::Value;

use crate::{Detector, Entity, Pii};

fn rows(name: &str) -> Vec<Value> {
    let folder = std::env::var_os("CAPONIER_DATA").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data")),
        PathBuf::from,
    );
    let Ok(file) = std::fs::File::open(folder.join(name)) else {
        return Vec::new();
    };
    let mut text = String::new();
    flate2::read::GzDecoder::new(file)
        .read_to_string(&mut text)
        .unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn naughty_strings_do_no_harm() {
    for row in rows("blns.jsonl.gz") {
        let text = row["text"].as_str().unwrap();
        let mut harness = Harness::<Pii>::new(r#"{"restore": true}"#).unwrap();
        let outcome = harness.prompt(text).unwrap();
        outcome.applied(0, text);
        harness
            .inspect(Stage::Output, &[Input::assistant(text)])
            .unwrap();
    }
}

/// Prints recall and precision by entity: `cargo test --release -p caponier-plugin-pii published -- --ignored --nocapture`.
#[test]
#[ignore = "it prints figures on sets that are not part of the project"]
fn figures() {
    let names = [
        ("EMAIL_ADDRESS", Entity::Email),
        ("PHONE_NUMBER", Entity::Phone),
        ("CREDIT_CARD", Entity::CreditCard),
        ("IBAN_CODE", Entity::Iban),
        ("US_SSN", Entity::Ssn),
        ("IP_ADDRESS", Entity::Ip),
    ];
    let verbose = std::env::var_os("CAPONIER_VERBOSE").is_some();
    let detector = Detector::new(
        &Entity::ALL,
        &Detector::countries()
            .into_iter()
            .map(str::to_owned)
            .collect::<Vec<_>>(),
    );
    for least in [0.05, 0.3, 0.5] {
        for (name, entity) in names {
            let (mut hit, mut missed, mut extra) = (0, 0, 0);
            for row in rows("pii_presidio_synth_even.jsonl.gz") {
                let text = row["text"].as_str().unwrap();
                let byte = |at: u64| {
                    text.char_indices()
                        .nth(usize::try_from(at).unwrap())
                        .map_or(text.len(), |(byte, _)| byte)
                };
                let wanted: Vec<_> = row["meta"]["spans"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .filter(|span| span[0] == name)
                    .map(|span| {
                        (
                            byte(span[1].as_u64().unwrap()),
                            byte(span[2].as_u64().unwrap()),
                        )
                    })
                    .collect();
                let found: Vec<_> = detector
                    .scan(text, 0)
                    .into_iter()
                    .filter(|found| found.entity == entity && found.confidence >= least)
                    .collect();
                for (start, end) in &wanted {
                    if found
                        .iter()
                        .any(|found| found.start <= *start && found.end >= *end)
                    {
                        hit += 1;
                    } else {
                        missed += 1;
                        if verbose && least < 0.1 {
                            println!("missed {name}: «{}»", &text[*start..*end]);
                        }
                    }
                }
                for found in &found {
                    if !wanted
                        .iter()
                        .any(|(start, end)| found.start < *end && *start < found.end)
                    {
                        extra += 1;
                        if verbose && least < 0.1 {
                            println!(
                                "extra {name} {:.2}: {}",
                                found.confidence,
                                &text[found.start..found.end]
                            );
                        }
                    }
                }
            }
            println!("synth ≥{least} {name}: hit {hit} missed {missed} extra {extra}");
        }
        for (name, entity) in [
            ("email", Entity::Email),
            ("phone", Entity::Phone),
            ("credit_card", Entity::CreditCard),
            ("iban", Entity::Iban),
            ("us_ssn", Entity::Ssn),
            ("ip", Entity::Ip),
        ] {
            let (mut right, mut missed, mut extra) = (0, 0, 0);
            for row in rows("pii_presidio_recognizers.jsonl.gz") {
                if row["meta"]["recognizer"] != name {
                    continue;
                }
                let text = row["text"].as_str().unwrap();
                let found = detector
                    .scan(text, 0)
                    .into_iter()
                    .any(|found| found.entity == entity && found.confidence >= least);
                match (row["label"] == 1, found) {
                    (true, false) => missed += 1,
                    (false, true) => extra += 1,
                    _ => right += 1,
                }
                if verbose && least < 0.1 && (row["label"] == 1) != found {
                    println!("{name} label {}: {text:.100}", row["label"]);
                }
            }
            println!("recognizers ≥{least} {name}: right {right} missed {missed} extra {extra}");
        }
    }
}

/// Prints megabytes per second on prose.
#[test]
#[ignore = "it prints a figure of this machine"]
fn speed() {
    let prose = "When they weren't singing about hobbits, they were in the studio until 10 at night, again and again. ".repeat(10_000);
    let mut harness = Harness::<Pii>::new("").unwrap();
    for _ in 0..3 {
        let start = std::time::Instant::now();
        let outcome = harness.prompt(&prose).unwrap();
        let seconds = start.elapsed().as_secs_f64();
        println!(
            "{} findings, {:.0} MB/s",
            outcome.findings.len(),
            prose.len() as f64 / 1e6 / seconds
        );
    }
}
