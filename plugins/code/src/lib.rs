//! Finds what runs where it should only be read: markup, SQL and shell commands in a model's answer
//! and in the arguments of its tool calls, and insecure code by its CWE.
//!
//! One pass over the text. Where a word begins a trie of tokens is walked, and marks such as `<` or a
//! quote are looked at; a few bytes around each decide. Code in a fence is shown and not run: there
//! payloads count for little, and weaknesses of the code for all. `tokens` is the table of them, and
//! `triggers` says without what there is nothing to find.

mod checks;
mod fence;
mod flow;
mod markup;
mod rules;
mod scan;
mod shell;
mod site;
mod sql;
mod text;
mod tokens;
mod triggers;

use caponier_sdk::{Call, Data, Error, Kind, Manifest, Plugin, Report, Scope, Segment, Stage};
use schemars::JsonSchema;
use serde::Deserialize;

use fence::{Fences, Progress};
use rules::{RULES, rules};
use scan::{Place, Scanner};
use text::Text;

/// What the operator may set.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Rules that are not looked for, by id: `xss`, `cwe-798`, or `cwe-*` for all that begin so.
    pub disable: Vec<String>,
}

/// The plugin.
pub struct Code {
    scanner: &'static Scanner,
    disabled: Vec<&'static str>,
}

impl Plugin for Code {
    type Settings = Settings;

    fn manifest(_: &Settings) -> Manifest {
        let manifest = Manifest::new(
            "code",
            env!("CARGO_PKG_VERSION"),
            "Payloads where an answer would run them, and insecure code by CWE.",
        )
        .stages([Stage::Output])
        // Where a stream's fences are is remembered from one window to the next.
        .scope(Scope::Stage)
        .rules(rules());
        triggers::add_to(manifest)
    }

    fn configure(settings: Settings, _: &Data) -> Result<Self, Error> {
        let mut disabled = Vec::new();
        for wanted in &settings.disable {
            let known = disabled.len();
            let matches = |id: &str| match wanted.strip_suffix('*') {
                Some(start) => id.starts_with(start),
                None => id == wanted,
            };
            disabled.extend(RULES.iter().map(|(id, ..)| *id).filter(|id| matches(id)));
            if disabled.len() == known {
                return Err(Error::new(format!(
                    "settings.disable: there is no rule `{wanted}`; hint: the plugin's README lists them"
                )));
            }
        }
        Ok(Self {
            scanner: Scanner::shared()
                .map_err(|error| Error::new(format!("the table of tokens: {error}")))?,
            disabled,
        })
    }

    fn inspect(&self, call: &Call<'_>, report: &mut Report<'_>) -> Result<(), Error> {
        let mut progress: Option<Progress> = None;
        let mut changed = false;
        for segment in call.segments {
            let is_stream = segment.is_open() || segment.offset() > 0 || segment.settled() > 0;
            if is_stream && progress.is_none() {
                progress = Some(call.state()?);
            }
            let none = Progress::default();
            let known = progress.as_ref().filter(|_| is_stream).unwrap_or(&none);
            let changes = self.segment(segment, known, report);
            if is_stream && let Some(progress) = &mut progress {
                // What is closed needs no more.
                let changes = if segment.is_open() {
                    changes
                } else {
                    Vec::new()
                };
                changed |= progress.set(segment.id(), changes);
            }
        }
        match progress {
            Some(progress) if changed => report.set_state(&progress),
            _ => Ok(()),
        }
    }
}

impl Code {
    /// Looks at one segment. Answers where its fences change.
    fn segment(
        &self,
        segment: &Segment,
        known: &Progress,
        report: &mut Report<'_>,
    ) -> Vec<(u64, fence::Fence)> {
        let text = Text::new(segment.text().as_bytes());
        let from = segment.settled();
        let mut fences = Fences::begin(segment, &text, from, known);
        let place = Place {
            tool: segment.kind() == Kind::ToolCall,
            offset: segment.offset(),
            open: segment.is_open(),
        };
        let found = self.scanner.scan(&text, from, &mut fences, place);
        let mut any = false;
        for hit in found.hits {
            if self.disabled.contains(&hit.rule) {
                continue;
            }
            any = true;
            report
                .finding(hit.rule, segment)
                .at(hit.span)
                .confidence(hit.confidence);
        }
        if found.spent {
            report.skip(
                segment,
                "too much in it that has to be looked at closely, or reported",
            );
        } else if !any {
            report.clean(segment);
        }
        if let Some(start) = found.hold {
            report.hold(segment, start);
        }
        fences.changes
    }
}

caponier_sdk::export!(Code);
