//! Holds what a model answers with to JSON Schemas: the arguments of tool calls by the tool's name,
//! and answers that must be JSON.
//!
//! Schemas are compiled when the plugin is configured. A text is read once into a flat list of
//! nodes, and judged by the schema in steps that are bounded by the text's size. Where no schema
//! applies, arguments are held to what every reader of JSON must be able to rely on. Findings tell
//! where in the schema's terms something is wrong, never what stands there.

mod compare;
mod compile;
mod format;
mod json;
mod names;
mod number;
mod pattern;
mod schema;
mod settings;
#[cfg(test)]
mod suite;
mod validate;

use caponier_sdk::{
    Call, Data, Error, Kind, Manifest, Plugin, Report, Role, Rule, Segment, Severity, Stage,
};

use json::{Broken, Document, Limits, Odd};
use schema::Id;
use settings::Compiled;
pub use settings::{Settings, UnknownTools};

const INVALID: &str = "invalid-json";
const VIOLATION: &str = "schema-violation";
const UNKNOWN: &str = "unknown-tool";
const DUPLICATE: &str = "duplicate-key";
const DEEP: &str = "too-deep";
const HUGE: &str = "huge-number";
const COMPLEX: &str = "too-complex";

/// The plugin.
pub struct Schema {
    settings: Settings,
    compiled: Compiled,
}

impl Plugin for Schema {
    type Settings = Settings;

    fn manifest(settings: &Settings) -> Manifest {
        let rule = |id: &str, title: &str, severity| {
            Rule::new(id, title)
                .severity(severity)
                .category("LLM05:2025")
        };
        let stages: &[Stage] = if settings.mcp {
            Stage::ALL
        } else {
            &[Stage::Output]
        };
        let text = settings.judges_answers().then_some(Kind::Text);
        Manifest::new(
            "schema",
            env!("CARGO_PKG_VERSION"),
            "Holds structured answers and tool arguments to JSON Schemas.",
        )
        .stages(stages.iter().copied())
        .kinds([Kind::Structured].into_iter().chain(text))
        .rule(rule(INVALID, "Not JSON", Severity::Medium))
        .rule(rule(
            VIOLATION,
            "Not what the schema asks for",
            Severity::High,
        ))
        .rule(
            Rule::new(UNKNOWN, "Call of a tool that nobody named")
                .severity(Severity::High)
                .category("LLM06:2025"),
        )
        .rule(rule(DUPLICATE, "Key that comes twice", Severity::Medium))
        .rule(rule(DEEP, "JSON that nests too deep", Severity::Medium))
        .rule(rule(HUGE, "Number that no double can hold", Severity::Low))
        .rule(rule(
            COMPLEX,
            "JSON that takes too long to judge",
            Severity::High,
        ))
    }

    fn configure(settings: Settings, data: &Data) -> Result<Self, Error> {
        Ok(Self {
            compiled: settings.compile(data)?,
            settings,
        })
    }

    fn inspect(&self, call: &Call<'_>, report: &mut Report<'_>) -> Result<(), Error> {
        for segment in call.segments {
            match (segment.kind(), segment.role()) {
                (Kind::Structured, role) => self.structured(segment, role, report),
                (Kind::Text, Role::Assistant) if call.context.stage == Stage::Output => {
                    if let Some(id) = self.compiled.answer {
                        self.due(segment, Some(id), report);
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }
}

impl Schema {
    /// A tool's arguments, or its result.
    fn structured(&self, segment: &Segment, role: Role, report: &mut Report<'_>) {
        let name = segment.name().unwrap_or_default();
        if role == Role::Tool {
            let id = self.compiled.results.find(name).flatten();
            return self.due(segment, id, report);
        }
        let known = self.compiled.tools.find(name);
        if known.is_none() && self.settings.unknown_tools == UnknownTools::Report {
            report
                .finding(UNKNOWN, segment)
                .message("a tool that the settings do not name");
        }
        self.due(segment, known.flatten(), report);
    }

    /// Judges a segment once all of it has come.
    fn due(&self, segment: &Segment, id: Option<Id>, report: &mut Report<'_>) {
        if segment.is_open() {
            // What must be valid is not known to be before its end.
            if id.is_some() {
                report.hold(segment, 0);
            }
            return;
        }
        if segment.offset() > 0 {
            return report.skip(
                segment,
                "it has gone out in parts, since no schema applies to it",
            );
        }
        self.judge(segment, id, report);
    }

    fn judge(&self, segment: &Segment, id: Option<Id>, report: &mut Report<'_>) {
        let mut text = segment.text();
        if segment.kind() == Kind::Text && self.settings.fenced {
            text = unfenced(text);
        }
        if text.trim_ascii().is_empty() {
            if segment.kind() == Kind::Text || id.is_none() {
                return;
            }
            // A tool without parameters is called with nothing.
            text = "{}";
        }
        let limits = Limits {
            depth: self.settings.depth,
        };
        let base = segment.range_of(text).map_or(0, |range| range.start);
        match json::parse(text, limits) {
            Ok(document) => self.read(segment, base, text, &document, id, report),
            Err(Broken::Invalid(at, why)) => {
                let severity = if id.is_some() {
                    Severity::High
                } else {
                    Severity::Medium
                };
                report
                    .finding(INVALID, segment)
                    .severity(severity)
                    .message(format!("{why}, at byte {}", base + at))
                    .attribute("at", (base + at).to_string());
            }
            Err(Broken::Deep(at)) => {
                report
                    .finding(DEEP, segment)
                    .attribute("at", (base + at).to_string());
            }
            Err(Broken::Large) => {
                report
                    .finding(COMPLEX, segment)
                    .message("more values than are read");
            }
        }
    }

    /// What there is to say of JSON.
    fn read(
        &self,
        segment: &Segment,
        base: usize,
        text: &str,
        document: &Document,
        id: Option<Id>,
        report: &mut Report<'_>,
    ) {
        for odd in &document.odd {
            let (rule, span) = match odd {
                Odd::Duplicate(span) => (DUPLICATE, span),
                Odd::Huge(span) => (HUGE, span),
            };
            report
                .finding(rule, segment)
                .at(base + span.start..base + span.end);
        }
        let Some(id) = id else { return };
        let root = document.root(text);
        let verdict = validate::validate(&self.compiled.schemas, id, root);
        if verdict.exhausted {
            report
                .finding(COMPLEX, segment)
                .message("it takes more steps than a text of its size may");
            return;
        }
        for violation in verdict.violations {
            let span = root.at(violation.node).span();
            let (start, end) = (base + span.start, base + span.end);
            report
                .finding(VIOLATION, segment)
                .at(start..end)
                .message(format!("`{}` at `{}`", violation.keyword, violation.path))
                .attribute("keyword", violation.keyword)
                .attribute("path", violation.path);
        }
    }
}

/// What stands in the one fence that the text is.
fn unfenced(text: &str) -> &str {
    let inner = text.trim_ascii();
    let inner = inner
        .strip_prefix("```")
        .and_then(|rest| rest.strip_suffix("```"));
    match inner.and_then(|inner| inner.split_once('\n')) {
        Some(("" | "json" | "JSON" | "\r" | "json\r", inner)) => inner,
        _ => text,
    }
}

caponier_sdk::export!(Schema);
