//! Secrets, and code that does harm.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Page;
use crate::eval::measure::{Share, auc, curve, f1};
use crate::eval::plot::{Line, Panel};

impl Page<'_> {
    pub(super) fn secrets(&mut self) {
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
                self.undisputed(set, plugin);
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
        let disputed = corpus.disputed("secrets_gitleaks").len();
        self.say(&format!("\n{disputed} texts of gitleaks' own tests stand among its true positives and among its false ones, for another rule or in another test: words, a gene, documented examples, a line of Go. Each is missed or wrongly found, whatever is decided of it, so the targets stand once with them and once without."));
        self.say("\nBy gitleaks' rules.");
        self.list_of_missed(&by_rule);
    }

    /// The same targets where the set says one thing of a text.
    fn undisputed(&mut self, set: &str, plugin: &str) {
        let disputed = self.corpus.disputed(set);
        let share = |label| -> Share {
            let rows = self.corpus.labelled(set, label);
            rows.filter(|(row, _)| !disputed.contains(row.text.as_str()))
                .map(|(_, verdict)| verdict.caught(plugin))
                .collect()
        };
        let (recall, wrong) = (share(1).value(), share(0).value());
        self.at_least("gitleaks, texts with one label: recall", 0.97, recall);
        self.at_most(
            "gitleaks, texts with one label: false positives",
            0.03,
            wrong,
        );
    }

    pub(super) fn code(&mut self) {
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
}
