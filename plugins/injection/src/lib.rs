//! Finds prompt injection, jailbreaks, and instructions where only data should be.
//!
//! A lexicon of what attacks are made of is matched where words begin; `patterns` says which of
//! them, standing together in a sentence, mean what; stretches of text are scored for personas. A
//! small linear model, trained by `cargo xtask train`, judges what no pattern was written for.
//! Text is folded first where it is not plain ASCII, and decoded around what looks encoded. Who said
//! it decides how it is read: orders are a user's right, but not a document's.

mod detector;
mod engine;
mod features;
mod heads;
mod hidden;
mod languages;
mod lexicon;
mod model;
mod patterns;
mod request;
mod suffix;
pub mod training;
mod words;

use caponier_sdk::normalise::{Unveil, fold};
use caponier_sdk::{
    Call, Data, Error, Kind, Manifest, Plugin, Report, Role, Rule, Segment, Severity, Stage,
};
use schemars::JsonSchema;
use serde::Deserialize;

use detector::Detector;
use engine::{Reading, Verdict};

/// Whose text is looked at.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Speaker {
    /// The application's instructions.
    System,
    /// The application's instructions, by their newer name.
    Developer,
    /// The person.
    User,
    /// The model's own earlier answers.
    Assistant,
    /// A tool's answer.
    Tool,
    /// A document.
    Document,
    /// Anything else.
    Other,
}

/// What the operator may set.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Whose text is looked at. The application's own instructions and the model's earlier answers
    /// are not, unless they are named here.
    pub roles: Vec<Speaker>,
    /// Whether text that looks encoded is decoded and looked at once more.
    pub decode: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            roles: vec![
                Speaker::User,
                Speaker::Tool,
                Speaker::Document,
                Speaker::Other,
            ],
            decode: true,
        }
    }
}

/// The plugin.
pub struct Injection {
    detector: Detector,
    unveil: Unveil,
    settings: Settings,
}

/// What is found: id, title, severity.
const RULES: &[(&str, &str, Severity)] = &[
    (
        "encoded-payload",
        "Instructions in an encoding",
        Severity::High,
    ),
    (
        "exfiltration",
        "Data sent to an address",
        Severity::Critical,
    ),
    (
        "false-authority",
        "Orders in somebody else's name",
        Severity::High,
    ),
    (
        "instruction-in-data",
        "Instructions in a document or tool result",
        Severity::High,
    ),
    (
        "instruction-override",
        "Instructions set aside",
        Severity::High,
    ),
    (
        "jailbreak-persona",
        "A persona without rules",
        Severity::High,
    ),
    (
        "prompt-extraction",
        "Asking for the system prompt",
        Severity::Medium,
    ),
    ("learned-pattern", "Reads like an attack", Severity::High),
    (
        "optimiser-suffix",
        "Tokens that an optimiser made",
        Severity::High,
    ),
    ("role-hijack", "A new role for the model", Severity::High),
    ("template-tokens", "Chat-template tokens", Severity::High),
    (
        "tool-smuggling",
        "A tool call asked for by data",
        Severity::High,
    ),
];

impl Plugin for Injection {
    type Settings = Settings;

    fn manifest(_: &Settings) -> Manifest {
        let rules = RULES.iter().map(|(id, title, severity)| {
            Rule::new(*id, *title)
                .severity(*severity)
                .category("LLM01:2025")
        });
        Manifest::new(
            "injection",
            env!("CARGO_PKG_VERSION"),
            "Prompt injection, jailbreaks, and instructions in data.",
        )
        .stages([Stage::Prompt, Stage::Retrieval])
        .rules(rules)
    }

    fn configure(settings: Settings, _: &Data) -> Result<Self, Error> {
        if settings.roles.is_empty() {
            return Err(Error::new(
                "roles: an empty list looks at nothing; hint: leave the key out for the default",
            ));
        }
        let detector = Detector::new()?;
        let unveil = hidden::unveil()?;
        Ok(Self {
            detector,
            unveil,
            settings,
        })
    }

    fn inspect(&self, call: &Call<'_>, report: &mut Report<'_>) -> Result<(), Error> {
        for segment in call.segments {
            if self.settings.roles.contains(&speaker(segment.role())) {
                let data = is_data(call.context.stage, segment);
                let (verdicts, is_whole) = self.segment(segment.text(), data);
                if !is_whole {
                    report.skip(segment, "more disguises than are looked through");
                }
                for verdict in verdicts {
                    let learned = verdict.rule == model::RULE;
                    let known = data || speaks_for_itself(segment.role());
                    let trust = if learned && !known { STRANGE } else { 1.0 };
                    report
                        .finding(verdict.rule, segment)
                        .at(verdict.span)
                        .confidence(verdict.confidence * trust);
                }
            }
        }
        Ok(())
    }
}

/// How far the model is believed about what it was not trained on: in a prompt it knows what people
/// say, and a tool's description is full of orders.
const STRANGE: f64 = 0.5;

/// Whether it is a person who speaks.
const fn speaks_for_itself(role: Role) -> bool {
    matches!(role, Role::User | Role::Other)
}

const fn speaker(role: Role) -> Speaker {
    match role {
        Role::System => Speaker::System,
        Role::Developer => Speaker::Developer,
        Role::User => Speaker::User,
        Role::Assistant => Speaker::Assistant,
        Role::Tool => Speaker::Tool,
        Role::Document => Speaker::Document,
        Role::Other => Speaker::Other,
    }
}

/// Nobody has the right to give orders in a document or a tool's answer; what was searched for is the user's.
fn is_data(stage: Stage, segment: &Segment) -> bool {
    match segment.kind() {
        Kind::Document | Kind::ToolResult | Kind::ToolDescription | Kind::Citation => true,
        Kind::Query => false,
        _ => stage == Stage::Retrieval,
    }
}

impl Injection {
    /// Everything found in a text, in bytes of it, and whether all of it was looked through.
    fn segment(&self, text: &str, data: bool) -> (Vec<Verdict>, bool) {
        let reading = Reading {
            data,
            joined: false,
        };
        let folded = fold(text);
        let mut judged = self.detector.judge(folded.text(), reading);
        let (found, is_whole) = if self.settings.decode {
            hidden::find(&self.detector, &self.unveil, &folded, &judged, data)
        } else {
            (Vec::new(), true)
        };
        let mut plain = std::mem::take(&mut judged.verdicts);
        for verdict in &mut plain {
            verdict.span = folded.source(verdict.span.clone());
        }
        let mut found = hidden::settle(&mut plain, found);
        plain.append(&mut found);
        (merged(plain), is_whole)
    }
}

/// One finding a place: of those of one rule that overlap.
fn merged(mut found: Vec<Verdict>) -> Vec<Verdict> {
    found.sort_by(|a, b| {
        a.span
            .start
            .cmp(&b.span.start)
            .then(b.confidence.total_cmp(&a.confidence))
    });
    let mut kept: Vec<Verdict> = Vec::with_capacity(found.len());
    for verdict in found {
        // Few are near: what lies further back has ended.
        let known = kept.iter_mut().rev().take(4).find(|known| {
            known.span.start < verdict.span.end
                && verdict.span.start < known.span.end
                && known.rule == verdict.rule
        });
        match known {
            Some(known) => {
                known.confidence = known.confidence.max(verdict.confidence);
                known.span.end = known.span.end.max(verdict.span.end);
            }
            None => kept.push(verdict),
        }
    }
    kept
}

caponier_sdk::export!(Injection);
