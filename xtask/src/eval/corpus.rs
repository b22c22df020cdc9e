//! Everything that is measured: each row with what was decided of it.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::Result;
use serde_json::json;

use super::data::{self, Row, SOURCES};
use super::measure::Share;
use super::obfuscate::WAYS;
use super::scan::{Verdict, scan};
use crate::place;

/// A row and what was decided of it.
pub(super) type Judged = (Row, Verdict);

/// All rows, by set.
pub(super) struct Corpus {
    sets: Vec<(String, Vec<Judged>)>,
}

/// The benign sets, as they are asked.
pub(super) const BENIGN: [&str; 4] = [
    "benign_roleplay",
    "benign_codegen_prompts",
    "benign_toolformer",
    "benign_seedtasks",
];

/// The key of the plain attacks between honest sentences, and of those in disguise.
pub(super) const PLAIN: &str = "plain";
pub(super) const HIDDEN: &str = "hidden";

impl Corpus {
    /// Reads every set and has all of it scanned at once.
    pub(super) fn scan(program: &Path, directory: &Path) -> Result<Self> {
        let mut sets: Vec<(String, Vec<Row>)> = Vec::new();
        for source in SOURCES {
            sets.push((source.key(), source.rows(directory)?));
        }
        for name in ["agent-scaffolding", "honest-text"] {
            sets.push((name.to_owned(), data::own(name, 0)?));
        }
        let attacks = data::own("plain-attacks", 1)?;
        sets.push((PLAIN.to_owned(), plain(&attacks)));
        sets.push((HIDDEN.to_owned(), hidden(&attacks)));
        let rows: Vec<&Row> = sets.iter().flat_map(|(_, rows)| rows).collect();
        let verdicts = scan(program, &place::target().join("eval"), &rows)?;
        let mut verdicts = verdicts.into_iter();
        let sets = sets.into_iter().map(|(key, rows)| {
            let judged = rows.into_iter().zip(verdicts.by_ref()).collect();
            (key, judged)
        });
        Ok(Self {
            sets: sets.collect(),
        })
    }

    pub(super) fn len(&self) -> usize {
        self.sets.iter().map(|(_, rows)| rows.len()).sum()
    }

    /// The rows of a set; none where there is no such set.
    pub(super) fn set(&self, key: &str) -> &[Judged] {
        let set = self.sets.iter().find(|(name, _)| name == key);
        set.map_or(&[], |(_, rows)| rows)
    }

    /// The rows of a set that have this label.
    pub(super) fn labelled(&self, key: &str, label: i64) -> impl Iterator<Item = &Judged> {
        let rows = self.set(key).iter();
        rows.filter(move |(row, _)| row.label == label)
    }

    /// How many of these a plugin caught.
    pub(super) fn caught(&self, key: &str, label: i64, plugin: &str) -> Share {
        self.labelled(key, label)
            .map(|(_, verdict)| verdict.caught(plugin))
            .collect()
    }

    /// Texts of a set that stand in it with more than one label. Whatever is decided of them is
    /// wrong once.
    pub(super) fn disputed(&self, key: &str) -> BTreeSet<&str> {
        let texts = |label| self.labelled(key, label).map(|(row, _)| row.text.as_str());
        let honest: BTreeSet<&str> = texts(0).collect();
        texts(1).filter(|text| honest.contains(text)).collect()
    }

    /// How sure a plugin was of each.
    pub(super) fn scores(&self, key: &str, label: i64, plugin: &str) -> Vec<f64> {
        self.labelled(key, label)
            .map(|(_, verdict)| verdict.score(plugin))
            .collect()
    }
}

/// What honest text stands around an attack, in turn.
const AROUND: [(&str, &str); 4] = [
    (
        "Hello, I hope that you had a good weekend.",
        "Thank you, and see you on Monday.",
    ),
    (
        "The minutes of our last meeting are below.",
        "Lunch is at half past twelve, as always.",
    ),
    (
        "My sister moved to Lisbon in the spring.",
        "She likes the light and the trams there.",
    ),
    (
        "We painted the kitchen in a warm yellow.",
        "The second coat dries overnight.",
    ),
];

/// The attack with honest text around, and where it stands.
fn embedded(attack: &str, index: usize) -> (String, usize, usize) {
    let pair = AROUND.get(index % AROUND.len());
    let (before, after) = pair.copied().unwrap_or_default();
    let start = before.len() + 1;
    let text = format!("{before} {attack} {after}");
    (text, start, start + attack.len())
}

fn row(attack: &str, index: usize, way: &str) -> Row {
    let (text, start, end) = embedded(attack, index);
    Row {
        text,
        label: 1,
        stage: "prompt",
        role: "user".to_owned(),
        meta: json!({"id": format!("{way} {index}"), "way": way, "attack": index, "start": start, "end": end}),
    }
}

fn plain(attacks: &[Row]) -> Vec<Row> {
    let rows = attacks.iter().enumerate();
    rows.map(|(index, attack)| row(&attack.text, index, PLAIN))
        .collect()
}

fn hidden(attacks: &[Row]) -> Vec<Row> {
    let mut rows = Vec::new();
    for way in &WAYS {
        for (index, attack) in attacks.iter().enumerate() {
            let language = attack.word("language");
            if let Some(hidden) = way.apply(&attack.text, language, index) {
                rows.push(row(&hidden, index, way.name));
            }
        }
    }
    rows
}
