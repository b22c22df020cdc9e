//! What is to be left alone.

use std::collections::BTreeMap;

use super::Page;
use crate::eval::corpus::{BENIGN, Judged};
use crate::eval::measure::Share;

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

impl Page<'_> {
    /// Who speaks up where nothing is wrong.
    pub(super) fn quiet(&mut self) {
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
    pub(super) fn naughty(&mut self) {
        let rows = self.corpus.set("blns");
        let found: usize = rows.iter().map(|(_, verdict)| verdict.findings.len()).sum();
        self.say("\n## Naughty strings\n");
        self.say(&format!("All {} of the big list of naughty strings were decided, like every other text; each of the {found} spans found in them lies on characters of the text as it came.", rows.len()));
    }
}
