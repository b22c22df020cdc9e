//! Finds the terms of lists: names that must not be said, words of a topic, numbers of a shape.
//!
//! `files` and `lists` make of the settings what is searched with; `matcher` finds many terms in one
//! pass and `expressions` shapes in one pass each; `search` folds a text, asks both and leaves out
//! what is allowed; `topics` adds up.

mod expressions;
mod files;
mod lists;
mod matcher;
mod search;
mod settings;
#[cfg(test)]
mod tests;
mod topics;

use std::ops::Range;

use caponier_sdk::{Call, Data, Error, Manifest, Plugin, Report, Rule, Scope, Segment, Severity};

use expressions::WINDOW;
use lists::{LONGEST, Lists, is_rule_id};
use search::Search;
pub use settings::{Case, Level, List, Matching, Settings};
use topics::Scores;

/// The most findings of one text; of what comes after, each list has one from the first to the last.
const MOST: usize = 500;

/// The plugin.
pub struct Terms {
    lists: Lists,
    settings: Vec<List>,
    has_topics: bool,
}

impl Plugin for Terms {
    type Settings = Settings;

    fn manifest(settings: &Settings) -> Manifest {
        let manifest = Manifest::new(
            "terms",
            env!("CARGO_PKG_VERSION"),
            "Terms of lists: literal, as regular expressions, and as topics.",
        );
        if settings.lists.is_empty() {
            // Nothing to look for, so nowhere to be called.
            return manifest.stages([]);
        }
        let scope = if settings.lists.iter().any(|list| list.threshold.is_some()) {
            Scope::Stage
        } else {
            Scope::Segment
        };
        // A name that is none is refused by `configure`.
        let named = settings.lists.iter().filter(|list| is_rule_id(&list.name));
        manifest.scope(scope).rules(named.map(rule))
    }

    fn configure(settings: Settings, data: &Data) -> Result<Self, Error> {
        Ok(Self {
            lists: Lists::build(&settings, data)?,
            has_topics: settings.lists.iter().any(|list| list.threshold.is_some()),
            settings: settings.lists,
        })
    }

    fn inspect(&self, call: &Call<'_>, report: &mut Report<'_>) -> Result<(), Error> {
        if self.settings.is_empty() {
            for segment in call.segments {
                report.skip(segment, "there is no list");
            }
            return Ok(());
        }
        if !self.has_topics {
            for segment in call.segments {
                self.segment(segment, &mut Scores::default(), report);
            }
            return Ok(());
        }
        let before: Scores = call.state()?;
        let mut scores = before.clone();
        for segment in call.segments {
            let findings = report.findings();
            self.segment(segment, &mut scores, report);
            if report.findings() == findings {
                report.clean(segment);
            }
            if !segment.is_open() {
                scores.close(segment.id());
            }
        }
        if scores == before {
            Ok(())
        } else {
            report.set_state(&scores)
        }
    }
}

fn rule(list: &List) -> Rule {
    let title = match (&list.title, list.threshold) {
        (Some(title), _) => title.clone(),
        (None, Some(_)) => format!("Topic {}", list.name),
        (None, None) => format!("Term of the list {}", list.name),
    };
    let window = match list.window {
        _ if list.regex.is_empty() => 2 * LONGEST,
        Some(window) => (window as usize).max(2 * LONGEST),
        None => WINDOW.max(2 * LONGEST),
    };
    let rule = Rule::new(&list.name, title)
        .severity(Severity::from(list.severity))
        .window(u32::try_from(window).unwrap_or(u32::MAX));
    match &list.category {
        Some(category) => rule.category(category),
        None => rule,
    }
}

impl Terms {
    fn segment(&self, segment: &Segment, scores: &mut Scores, report: &mut Report<'_>) {
        let settled = segment.settled();
        let search = Search::new(
            &self.lists,
            &self.settings,
            segment.text(),
            settled,
            segment.is_open(),
        );
        let found = search.run();
        let end = found.hold.unwrap_or(segment.text().len());
        // From the first to the last of what is too much to be told one by one.
        let mut rest: Vec<Option<Range<usize>>> = vec![None; self.settings.len()];
        let mut told = 0;
        for one in &found.matches {
            let Some(list) = self.settings.get(one.list) else {
                continue;
            };
            if list.threshold.is_some() {
                // What is held may still become something else.
                if one.span.end <= end {
                    scores.add(segment.id(), one);
                }
            } else if told < MOST {
                told += 1;
                tell(segment, list, one.span.clone(), report);
            } else if let Some(rest) = rest.get_mut(one.list) {
                let start = rest.as_ref().map_or(one.span.start, |known| known.start);
                *rest = Some(start..one.span.end);
            }
        }
        for (list, span) in self.settings.iter().zip(rest) {
            if let Some(span) = span {
                tell(segment, list, span, report);
            }
        }
        self.topics(segment, scores, report);
        if let Some(start) = found.hold {
            report.hold(segment, start);
        }
    }

    fn topics(&self, segment: &Segment, scores: &Scores, report: &mut Report<'_>) {
        for (index, list) in self.settings.iter().enumerate() {
            let (Some(threshold), Some(score)) = (list.threshold, scores.of(segment.id(), index))
            else {
                continue;
            };
            if score.sum() >= threshold {
                report
                    .finding(&list.name, segment)
                    .confidence(list.confidence)
                    .message(format!(
                        "{} terms that count {}",
                        score.count(),
                        score.sum()
                    ));
            }
        }
    }
}

fn tell(segment: &Segment, list: &List, span: Range<usize>, report: &mut Report<'_>) {
    let finding = report
        .finding(&list.name, segment)
        .at(span)
        .confidence(list.confidence);
    if let Some(replacement) = &list.replacement {
        finding.replacement(replacement);
    }
}

caponier_sdk::export!(Terms);
