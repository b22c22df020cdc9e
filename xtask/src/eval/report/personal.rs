//! Personal data: the sets of Presidio.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Page;
use crate::eval::data::Row;
use crate::eval::measure::{Share, curve, f1};
use crate::eval::pii::{self, Spans};
use crate::eval::plot::{Line, Panel};
use crate::eval::scan::Verdict;

/// Recognisers of personal data that a language model stands behind, or that test no sort of it.
const NOT_PATTERNS: [&str; 6] = [
    "spacy",
    "stanza",
    "transformers",
    "huggingface_ner",
    "pattern",
    "date",
];

impl Page<'_> {
    fn least_of_pii(&self) -> f64 {
        let least = self.actions.pointer("/pii~1*/min_confidence");
        least.and_then(Value::as_f64).unwrap_or(0.5)
    }

    pub(super) fn personal_data(&mut self) {
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
