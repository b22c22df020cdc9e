//! Finds signs that what was retrieved was put there to be retrieved.
//!
//! Who wants an answer to be wrong puts documents where they will be found: with the question at
//! their head, so that they come first (PoisonedRAG: Zou et al. 2024), several of them, so that they
//! agree, and with text that only the model reads. `document` and `hidden` look at each document by
//! itself, which is noted; `query` holds it against the question, `set` against the others.

mod document;
mod gibberish;
mod hidden;
mod query;
mod set;
mod settings;
mod tokens;
mod words;

use caponier_sdk::{
    Call, Data, Error, Kind, Manifest, Plugin, Report, Rule, Scope, Segment, Severity, Stage,
};

use document::Features;
use hidden::Sort;
use query::{Echo, Query};
use set::Member;
pub use settings::Settings;
use words::Words;

/// The most questions of an exchange.
const QUERIES: usize = 8;
/// A document of fewer bytes is as fast looked at again as its note is read.
const NOTED: usize = 1024;
/// From so sure on a sign needs no question beside it.
const SURE: f64 = 0.6;
/// Words of a document that can be stuffed, at least.
const STUFFED: u32 = 30;

const RULES: &[(&str, &str, Severity, &str)] = &[
    (
        "gibberish",
        "Text that an optimiser made",
        Severity::Medium,
        "LLM08:2025",
    ),
    (
        "hidden-text",
        "Text that people do not see",
        Severity::High,
        "LLM08:2025",
    ),
    (
        "keyword-stuffing",
        "Words of the question, again and again",
        Severity::Medium,
        "LLM08:2025",
    ),
    (
        "near-duplicates",
        "Documents that say the same",
        Severity::Medium,
        "LLM08:2025",
    ),
    (
        "query-echo",
        "The question at the head of a document",
        Severity::High,
        "LLM08:2025",
    ),
    (
        "source-mix",
        "Documents of one source against the others",
        Severity::Medium,
        "LLM08:2025",
    ),
];

/// The plugin.
pub struct Poison {
    settings: Settings,
    words: Words,
    /// The rules that are looked for.
    rules: Vec<&'static str>,
}

/// A question that a document repeats, by the document's place among the members.
struct Repeated {
    member: usize,
    echo: Echo,
    is_question: bool,
}

impl Plugin for Poison {
    type Settings = Settings;

    fn manifest(_: &Settings) -> Manifest {
        let rules = RULES.iter().map(|(id, title, severity, category)| {
            Rule::new(*id, *title)
                .severity(*severity)
                .category(*category)
        });
        Manifest::new(
            "poison",
            env!("CARGO_PKG_VERSION"),
            "Signs that what was retrieved was put there to be retrieved.",
        )
        .stages([Stage::Prompt, Stage::Retrieval])
        .kinds([Kind::Query, Kind::Document, Kind::ToolResult])
        .scope(Scope::Stage)
        .rules(rules)
    }

    fn configure(settings: Settings, _: &Data) -> Result<Self, Error> {
        let ids: Vec<&str> = RULES.iter().map(|(id, ..)| *id).collect();
        settings.check(&ids)?;
        let rules = RULES
            .iter()
            .map(|(id, ..)| *id)
            .filter(|id| !settings.disable.iter().any(|disabled| disabled == id))
            .collect();
        Ok(Self {
            words: Words::new(),
            rules,
            settings,
        })
    }

    fn inspect(&self, call: &Call<'_>, report: &mut Report<'_>) -> Result<(), Error> {
        let asked = || {
            call.segments
                .iter()
                .filter(|segment| segment.kind() == Kind::Query)
        };
        if call.context.stage == Stage::Prompt {
            // A store's answer comes without what it was asked for.
            let queries = self.queries(asked());
            return if queries.is_empty() {
                Ok(())
            } else {
                report.set_state(&queries)
            };
        }
        if call.segments.len() == asked().count() {
            return Ok(());
        }
        let mut queries = self.queries(asked());
        if queries.is_empty() && call.has_state() {
            queries = call.state()?;
        }
        let mut members = Vec::new();
        for (place, segment) in call.segments.iter().enumerate() {
            match segment.kind() {
                Kind::Query => {}
                _ if self.is_trusted(segment) => report.clean(segment),
                Kind::ToolResult if !self.is_search(segment) => self.result(segment, report),
                _ => {
                    let features = self.features(segment, report);
                    self.alone(segment, &features, &queries, report);
                    members.push(self.member(place, segment, features));
                }
            }
        }
        self.together(call.segments, members, &queries, report);
        Ok(())
    }
}

impl Poison {
    fn queries<'a>(&self, segments: impl Iterator<Item = &'a Segment>) -> Vec<Query> {
        segments
            .flat_map(|segment| query::queries(segment.text(), &self.words))
            .take(QUERIES)
            .collect()
    }

    fn is_trusted(&self, segment: &Segment) -> bool {
        self.source(segment).is_some_and(|source| {
            self.settings
                .trusted_sources
                .iter()
                .any(|known| known == source)
        })
    }

    fn source<'a>(&self, segment: &'a Segment) -> Option<&'a str> {
        let name = &self.settings.source_attribute;
        segment
            .attribute(name)
            .or_else(|| segment.attribute(&format!("metadata.{name}")))
    }

    fn is_search(&self, segment: &Segment) -> bool {
        segment
            .name()
            .is_some_and(|name| self.settings.search_tools.iter().any(|known| known == name))
    }

    fn features(&self, segment: &Segment, report: &mut Report<'_>) -> Features {
        if let Some(noted) = segment.note() {
            return noted;
        }
        let features = document::features(segment.text(), &self.words);
        if segment.text().len() >= NOTED {
            report.note(segment, &features);
        }
        features
    }

    fn member<'a>(&self, place: usize, segment: &'a Segment, features: Features) -> Member<'a> {
        Member {
            place,
            record: segment.attribute("document"),
            name: segment.name(),
            source: self.source(segment),
            features,
            echoes: false,
        }
    }

    /// The answer of a tool that does not search: it may be a page.
    fn result(&self, segment: &Segment, report: &mut Report<'_>) {
        let signs = hidden::find(segment.text(), &self.words);
        if signs.is_empty() {
            report.clean(segment);
        }
        for sign in signs {
            self.report(
                report,
                "hidden-text",
                segment,
                sign.confidence(),
                |finding| finding.at(sign.span()),
            );
        }
    }

    /// What a document shows by itself, and beside the question.
    fn alone(
        &self,
        segment: &Segment,
        features: &Features,
        queries: &[Query],
        report: &mut Report<'_>,
    ) {
        for sign in &features.signs {
            let mut confidence = sign.confidence();
            let rule = match sign.sort {
                Sort::Hidden => "hidden-text",
                Sort::Gibberish => "gibberish",
            };
            if confidence < SURE && sign.sort == Sort::Hidden {
                let hidden = segment.text().get(sign.span()).unwrap_or_default();
                let is_answer = |query: &Query| query.covered(hidden) >= 0.6;
                if queries.iter().any(is_answer) {
                    confidence = SURE;
                }
            }
            self.report(report, rule, segment, confidence, |finding| {
                finding.at(sign.span())
            });
        }
        // Rows of a table repeat themselves by trade.
        if features.words < STUFFED || features.numbers * 8 > features.words {
            return;
        }
        let shares = queries.iter().map(|query| query.stuffing(features));
        let confidence = shares
            .map(|shares| match shares {
                (0.38.., 0.5..) => 0.8,
                (0.28.., 0.5..) => 0.6,
                (0.20.., 0.5..) => 0.3,
                (0.15.., 0.5..) => 0.1,
                _ => 0.0,
            })
            .fold(0.0, f64::max);
        self.report(report, "keyword-stuffing", segment, confidence, |finding| {
            finding
        });
    }

    /// What documents show together.
    fn together(
        &self,
        segments: &[Segment],
        mut members: Vec<Member<'_>>,
        queries: &[Query],
        report: &mut Report<'_>,
    ) {
        let repeated = self.repeated(segments, &members, queries);
        for echo in repeated.iter().filter(|repeated| repeated.echo.goes_on) {
            if let Some(member) = members.get_mut(echo.member) {
                member.echoes = true;
            }
        }
        self.echoes(segments, &members, &repeated, report);
        members.truncate(set::MOST);
        let sizes = set::sizes(&members);
        if sizes.records < self.settings.min_documents {
            return;
        }
        let mut told: Vec<usize> = Vec::new();
        for cluster in set::clusters(&members) {
            let confidence = cluster.confidence(&members, sizes);
            let one_source = cluster.is_of_one_source(&members);
            for at in &cluster.members {
                let Some(member) = members.get(*at).filter(|_| !told.contains(at)) else {
                    continue;
                };
                told.push(*at);
                let Some(segment) = segments.get(member.place) else {
                    continue;
                };
                let count = cluster.members.len();
                self.report(report, "near-duplicates", segment, confidence, |finding| {
                    finding.message(format!("one of {count} documents that say the same"))
                });
                if one_source {
                    let confidence = (confidence + 0.1).min(0.85);
                    self.report(report, "source-mix", segment, confidence, |finding| {
                        finding.message(format!("{count} documents of one source say the same"))
                    });
                }
            }
        }
    }

    fn repeated(
        &self,
        segments: &[Segment],
        members: &[Member<'_>],
        queries: &[Query],
    ) -> Vec<Repeated> {
        let mut repeated = Vec::new();
        for (at, member) in members.iter().enumerate() {
            let Some(segment) = segments.get(member.place) else {
                continue;
            };
            if segment.attribute("field").is_some_and(is_title) {
                continue;
            }
            let echo = queries.iter().find_map(|query| {
                let echo = query.echo(segment.text(), member.features.words)?;
                Some((echo, query.is_question()))
            });
            if let Some((echo, is_question)) = echo {
                repeated.push(Repeated {
                    member: at,
                    echo,
                    is_question,
                });
            }
        }
        repeated
    }

    /// One document that begins with the question may be an entry of a FAQ. Several that do are
    /// not, least of all where the text runs on in the same line.
    fn echoes(
        &self,
        segments: &[Segment],
        members: &[Member<'_>],
        repeated: &[Repeated],
        report: &mut Report<'_>,
    ) {
        let count = repeated.len();
        let running = repeated
            .iter()
            .filter(|repeated| repeated.echo.goes_on)
            .count();
        for Repeated {
            member,
            echo,
            is_question,
        } in repeated
        {
            let Some(member) = members.get(*member) else {
                continue;
            };
            let mut confidence: f64 = match (count, running, echo.goes_on) {
                (3.., 2.., true) => 0.93,
                (3.., 1.., _) => 0.75,
                (3.., 0, _) => 0.5,
                (2, 2, _) => 0.85,
                (2, _, true) => 0.65,
                (2, _, false) => 0.35,
                (_, _, true) => 0.5,
                (_, _, false) => 0.15,
            };
            if !echo.is_whole {
                confidence *= 0.8;
            }
            if !is_question {
                confidence *= 0.5;
            }
            if !echo.is_first {
                confidence *= 0.6;
            }
            let Some(segment) = segments.get(member.place) else {
                continue;
            };
            self.report(report, "query-echo", segment, confidence, |finding| {
                finding.at(echo.span.clone()).message(format!(
                    "documents with the question at their head: {count}"
                ))
            });
        }
    }

    fn report(
        &self,
        report: &mut Report<'_>,
        rule: &str,
        segment: &Segment,
        confidence: f64,
        more: impl FnOnce(caponier_sdk::Finding<'_>) -> caponier_sdk::Finding<'_>,
    ) {
        if confidence >= 0.05 && self.rules.contains(&rule) {
            more(report.finding(rule, segment).confidence(confidence));
        }
    }
}

/// Whether a record's field is a heading, which may well be the question.
fn is_title(field: &str) -> bool {
    let last = field.rsplit(['.', '/']).next().unwrap_or(field);
    [
        "title", "question", "heading", "headline", "subject", "name",
    ]
    .contains(&last)
}

caponier_sdk::export!(Poison);
