//! Finds credentials: provider keys by their shape, private keys, web tokens, passwords in URLs,
//! and values whose name says that they are secret.
//!
//! One pass over the text: tables rule out all but the few places where a pattern may begin. There
//! a trie of prefixes is walked, and what stands around `=`, `:` and `>` is judged as an
//! assignment. `shapes` is the table of providers.

mod assignment;
mod filter;
mod judge;
mod names;
mod scan;
mod shapes;
mod structured;

use std::collections::BTreeSet;

use caponier_sdk::{Call, Data, Error, Manifest, Plugin, Report, Rule, Segment, Severity, hold};
use schemars::JsonSchema;
use serde::Deserialize;

use scan::Scanner;
use shapes::SHAPES;
use structured::{PEM_WINDOW, TOKEN_WINDOW};

/// How much released text before the window can decide a match: a name, or context words.
const LOOK_BEHIND: usize = 512;

/// What the operator may set.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Rules that are not looked for, by id: `generic-secret`.
    pub disable: Vec<String>,
    /// Values that are known and harmless: test keys of documentation. Exact and case-sensitive.
    pub allow: Vec<String>,
}

/// The plugin.
pub struct Secrets {
    scanner: Scanner,
    disabled: BTreeSet<String>,
    allowed: BTreeSet<String>,
}

/// Rules that no row of the table has.
const OTHERS: &[(&str, &str, Severity, usize)] = &[
    (
        "azure-ad-secret",
        "Microsoft Entra client secret",
        Severity::Critical,
        64,
    ),
    (
        "aws-secret-key",
        "AWS secret access key",
        Severity::Critical,
        LOOK_BEHIND,
    ),
    (
        "curl-password",
        "Password on a curl command line",
        Severity::High,
        LOOK_BEHIND,
    ),
    (
        "generic-secret",
        "Secret by its name and make-up",
        Severity::High,
        1024,
    ),
    ("jwt", "JSON web token", Severity::High, TOKEN_WINDOW),
    ("password", "Password by its name", Severity::High, 1024),
    (
        "private-key",
        "Private key in PEM",
        Severity::Critical,
        PEM_WINDOW,
    ),
    ("url-password", "Password in a URL", Severity::High, 1024),
];

fn rules() -> Vec<Rule> {
    let rule = |id: &str, title: &str, severity, window: usize| {
        Rule::new(id, title)
            .severity(severity)
            .category("LLM02:2025")
            .window(u32::try_from(window).unwrap_or(u32::MAX))
    };
    let mut seen = BTreeSet::new();
    SHAPES
        .iter()
        .filter(|shape| seen.insert(shape.rule))
        .map(|shape| {
            let longest = SHAPES
                .iter()
                .filter(|other| other.rule == shape.rule)
                .map(|other| other.length.1 + 64)
                .max();
            rule(
                shape.rule,
                shape.title,
                shape.severity,
                longest.unwrap_or(0).max(256),
            )
        })
        .chain(
            OTHERS
                .iter()
                .map(|(id, title, severity, window)| rule(id, title, *severity, *window)),
        )
        .collect()
}

impl Plugin for Secrets {
    type Settings = Settings;

    fn manifest(_: &Settings) -> Manifest {
        Manifest::new(
            "secrets",
            env!("CARGO_PKG_VERSION"),
            "Credentials, by shape, structure and name.",
        )
        .rules(rules())
    }

    fn configure(settings: Settings, _: &Data) -> Result<Self, Error> {
        let known = rules();
        for id in &settings.disable {
            if !known.iter().any(|rule| rule.id() == id) {
                return Err(Error::new(format!(
                    "disable: there is no rule `{id}`; hint: the plugin's README lists them"
                )));
            }
        }
        Ok(Self {
            scanner: Scanner::new()
                .map_err(|error| Error::new(format!("the table of shapes: {error}")))?,
            disabled: settings.disable.into_iter().collect(),
            allowed: settings.allow.into_iter().collect(),
        })
    }

    fn inspect(&self, call: &Call<'_>, report: &mut Report<'_>) -> Result<(), Error> {
        for segment in call.segments {
            self.segment(segment, report);
        }
        Ok(())
    }
}

impl Secrets {
    fn segment(&self, segment: &Segment, report: &mut Report<'_>) {
        let text = segment.text();
        let settled = segment.settled();
        let mut from = settled.saturating_sub(LOOK_BEHIND);
        while !text.is_char_boundary(from) {
            from -= 1;
        }
        for hit in self.scanner.scan(text, from) {
            if hit.span.end <= settled || self.disabled.contains(hit.rule) {
                continue;
            }
            if text
                .get(hit.span.clone())
                .is_some_and(|value| self.allowed.contains(value))
            {
                continue;
            }
            let mut finding = report
                .finding(hit.rule, segment)
                .at(hit.span)
                .confidence(hit.confidence);
            if let Some(severity) = hit.severity {
                finding = finding.severity(severity);
            }
            finding.replacement(format!("[SECRET:{}]", hit.rule));
        }
        if segment.is_open() {
            let word = hold::from_tail(text, true, TOKEN_WINDOW, |byte| byte > b' ' && byte < 0x7f);
            if let Some(start) = word
                .into_iter()
                .chain(structured::open_block(text, settled))
                .min()
            {
                report.hold(segment, start);
            }
        }
    }
}

caponier_sdk::export!(Secrets);
