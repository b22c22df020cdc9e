//! Finds credentials: provider keys by their shape, private keys, web tokens, passwords in URLs,
//! and values whose name says that they are secret.
//!
//! One pass over the text: tables rule out all but the few places where a pattern may begin. There
//! a trie of prefixes is walked, and what stands around `=`, `:` and `>` is judged as an
//! assignment. `providers` holds the tables: what begins in a way of its own, and what only the
//! provider's name before it tells; `triggers` says without what there is nothing to find.

mod assignment;
mod base64;
mod checks;
mod commands;
mod context;
mod filter;
mod judge;
mod known;
mod kubernetes;
mod marks;
mod names;
mod providers;
mod scan;
mod shape;
mod structured;
mod triggers;
mod value;

use std::collections::BTreeSet;
use std::sync::LazyLock;

use caponier_sdk::normalise::TrieError;
use caponier_sdk::{Call, Data, Error, Manifest, Plugin, Report, Rule, Segment, Severity, hold};
use schemars::JsonSchema;
use serde::Deserialize;

use providers::{NAMED, SHAPES};
use scan::{LOOK_BEHIND, Scanner};
use structured::{PEM_WINDOW, TOKEN_WINDOW};

/// What the operator may set.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Rules that are not looked for, by id: `generic-secret`.
    pub disable: Vec<String>,
    /// Values that are known and harmless: test keys of documentation. Exact and case-sensitive.
    pub allow: Vec<String>,
}

/// The tables are the same whatever the settings, so that they are built once.
static SCANNER: LazyLock<Result<Scanner, TrieError>> = LazyLock::new(Scanner::new);

/// The plugin.
pub struct Secrets {
    scanner: &'static Scanner,
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
        "basic-auth",
        "User and password of a Basic header",
        Severity::High,
        1024,
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
    ("firebase-key", "Firebase server key", Severity::High, 256),
    (
        "kubernetes-secret",
        "Value of a Kubernetes Secret",
        Severity::High,
        LOOK_BEHIND,
    ),
    ("jwt", "JSON web token", Severity::High, TOKEN_WINDOW),
    ("maxmind-key", "MaxMind licence key", Severity::High, 64),
    ("password", "Password by its name", Severity::High, 1024),
    (
        "private-key",
        "Private key in PEM",
        Severity::Critical,
        PEM_WINDOW,
    ),
    (
        "sidekiq-secret",
        "Sidekiq package server credentials",
        Severity::High,
        256,
    ),
    ("url-password", "Password in a URL", Severity::High, 1024),
];

fn rules() -> Vec<Rule> {
    let mut all: Vec<(&str, &str, Severity, usize)> = OTHERS.to_vec();
    let mut add = |id, title, severity, window: usize| match all
        .iter_mut()
        .find(|(known, ..)| *known == id)
    {
        Some((.., widest)) => *widest = (*widest).max(window),
        None => all.push((id, title, severity, window)),
    };
    for shape in SHAPES.iter().copied().flatten() {
        let window = usize::from(shape.length.1) + 64;
        add(shape.rule, shape.title, shape.severity, window.max(256));
    }
    for row in NAMED {
        add(row.rule, row.title, Severity::High, LOOK_BEHIND);
    }
    all.sort_unstable_by_key(|(id, ..)| *id);
    all.into_iter()
        .map(|(id, title, severity, window)| {
            Rule::new(id, title)
                .severity(severity)
                .category("LLM02:2025")
                .window(u32::try_from(window).unwrap_or(u32::MAX))
        })
        .collect()
}

impl Plugin for Secrets {
    type Settings = Settings;

    fn manifest(_: &Settings) -> Manifest {
        let manifest = Manifest::new(
            "secrets",
            env!("CARGO_PKG_VERSION"),
            "Credentials, by shape, structure and name.",
        )
        .rules(rules());
        triggers::add_to(manifest)
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
            scanner: SCANNER
                .as_ref()
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
