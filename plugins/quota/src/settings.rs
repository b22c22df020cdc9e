//! What an operator may set.

mod words;

use caponier_sdk::scan::glob::Glob;
use caponier_sdk::{Error, Severity};
use schemars::JsonSchema;
use serde::Deserialize;

pub use words::{Anonymous, Level, OneOrMore, Per, Window};

use crate::theft;

/// What an operator may set.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// How much may be asked for.
    pub limits: Vec<Limit>,
    /// How callers without an identity count towards limits per principal.
    pub anonymous: Anonymous,
    /// What to watch for that looks like a model being copied.
    pub theft: Theft,
}

/// How much may be asked for.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    /// The rule that tells of it: `quota/NAME`. Default: `requests` or `tokens`.
    #[serde(default)]
    pub name: Option<String>,
    /// Who has a count of their own: `principal`, `tenant`, `model`, `route`, or several of them.
    /// Counts are kept apart by tenant in any case. Default: `principal`.
    #[serde(default)]
    pub per: OneOrMore<Per>,
    /// The most requests within the window.
    #[serde(default)]
    pub requests: Option<u64>,
    /// The most tokens within the window, of prompts, documents and answers; estimated.
    #[serde(default)]
    pub tokens: Option<u64>,
    /// The window: `30s`, `5m`, `1h`, `7d`, or a number of seconds. It slides.
    pub window: Window,
    /// The models whose requests count; `*` stands for any characters. Default: all.
    #[serde(default)]
    pub models: OneOrMore<String>,
    /// How severe it is. Default: `medium`.
    #[serde(default)]
    pub severity: Option<Level>,
    /// Whether an answer that goes over the limit is told of while it comes. Otherwise the next
    /// request is.
    #[serde(default)]
    pub cut: bool,
}

/// What to watch for that looks like a model being copied. A number of 0 takes one out.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Theft {
    /// Whether to watch at all.
    pub enabled: bool,
    /// The window. It slides.
    pub window: Window,
    /// Different prompts of one caller.
    pub distinct: u64,
    /// Different prompts of at most 64 bytes, where they are four of five.
    pub short: u64,
    /// Different prompts that begin, or end, like another one.
    pub templated: u64,
    /// Prompts that differ from another one in one number, by one.
    pub sequential: u64,
    /// Requests for log probabilities, with biased tokens, or for eight answers and more.
    pub harvest: u64,
    /// How callers without an identity are watched.
    pub anonymous: Anonymous,
    /// Principals that are not watched; `*` stands for any characters.
    pub exempt: Vec<String>,
    /// Roles whose holders are not watched.
    pub exempt_roles: Vec<String>,
}

impl Default for Theft {
    fn default() -> Self {
        Self {
            enabled: true,
            window: Window(3600),
            distinct: 1000,
            short: 500,
            templated: 300,
            sequential: 100,
            harvest: 300,
            anonymous: Anonymous::Ignore,
            exempt: Vec::new(),
            exempt_roles: Vec::new(),
        }
    }
}

impl Theft {
    /// Whether anything is watched for.
    pub(crate) fn watches(&self) -> bool {
        let counts = [
            self.distinct,
            self.short,
            self.templated,
            self.sequential,
            self.harvest,
        ];
        self.enabled && counts.iter().any(|most| *most > 0)
    }
}

impl Settings {
    /// Whether tokens are counted.
    pub(crate) fn counts_tokens(&self) -> bool {
        self.limits.iter().any(|limit| limit.tokens.is_some())
    }

    /// # Errors
    /// Where they make no sense.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let mut names: Vec<&str> = theft::RULES.iter().map(|(id, ..)| *id).collect();
        names.extend(["requests", "tokens"]);
        for (place, limit) in self.limits.iter().enumerate() {
            let wrong = |what: &str| Err(Error::new(format!("settings.limits[{place}]{what}")));
            if limit.requests.is_none() && limit.tokens.is_none() {
                return wrong(": it limits nothing; hint: add `requests` or `tokens`");
            }
            if limit.requests == Some(0) || limit.tokens == Some(0) {
                return wrong(
                    ": a limit of 0 lets nobody in; hint: deny them with a rule of `access`",
                );
            }
            if limit.cut && limit.tokens.is_none() {
                return wrong(".cut: answers count towards `tokens` only");
            }
            if limit.models.0.iter().any(String::is_empty) {
                return wrong(".models: a name is empty");
            }
            let Some(name) = &limit.name else { continue };
            let is_kebab = name.split('-').all(|word| {
                !word.is_empty()
                    && word
                        .bytes()
                        .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
            });
            if !is_kebab || !name.starts_with(|first: char| first.is_ascii_lowercase()) {
                return wrong(
                    ".name: it must be lower-case words with hyphens between: `per-hour`",
                );
            }
            if names.contains(&name.as_str()) {
                return wrong(".name: there is another rule of this name");
            }
            names.push(name);
        }
        Ok(())
    }

    pub(crate) fn exempt(&self) -> Vec<Glob> {
        self.theft
            .exempt
            .iter()
            .map(|glob| Glob::new(glob))
            .collect()
    }
}

impl Limit {
    pub(crate) fn severity(&self) -> Severity {
        self.severity.map_or(Severity::Medium, Into::into)
    }
}
