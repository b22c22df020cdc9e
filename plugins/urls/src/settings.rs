//! What the operator may set.

use caponier_sdk::Error;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::host::is_under;

/// What the operator may set.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Hosts that are known and good: `example.org` is that host alone, `.example.org` it and all below
    /// it, `*.example.org` those below it. Nothing is looked for in what leads there.
    pub allow: Vec<String>,
    /// Hosts that are never to be named, written as in `allow`.
    pub deny: Vec<String>,
    /// Schemes that may be used. Left out: all but those that run something or read files.
    pub schemes: Vec<String>,
    /// What images, style sheets and frames may be fetched from. Left out: `allowed-only` where `allow`
    /// names hosts, otherwise `any`.
    pub images: Option<Reach>,
    /// Where links may lead. Left out: as for images.
    pub links: Option<Reach>,
    /// Whether links through services that shorten them are flagged.
    pub shorteners: Shorteners,
    /// What stands in the place of what is redacted.
    pub operator: Operator,
    /// The text for `operator: remove`.
    pub replacement: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            allow: Vec::new(),
            deny: Vec::new(),
            schemes: Vec::new(),
            images: None,
            links: None,
            shorteners: Shorteners::Flag,
            operator: Operator::Remove,
            replacement: "[link removed]".into(),
        }
    }
}

/// Which hosts may be used.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Reach {
    /// Any but those of `deny`.
    Any,
    /// Those of `allow`.
    AllowedOnly,
    /// None.
    None,
}

/// What becomes of shortened links.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Shorteners {
    /// They are findings.
    Flag,
    /// They are as good as any.
    Allow,
}

/// How a URL is made harmless.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Operator {
    /// The replacement stands in its place.
    Remove,
    /// It can be read and not followed: `hxxps://evil[.]example/`.
    Defang,
}

/// A host as settings name it.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Pattern {
    Exact(String),
    With(String),
    Below(String),
}

/// Hosts that settings name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Hosts {
    patterns: Vec<Pattern>,
    /// The names without what stands before them, for look-alikes.
    pub(crate) names: Vec<String>,
}

impl Hosts {
    /// Reads a list. `key` names it in errors.
    pub(crate) fn read(key: &str, list: &[String]) -> Result<Self, Error> {
        let mut hosts = Self::default();
        for (place, given) in list.iter().enumerate() {
            let lower = given.trim().to_lowercase();
            let (pattern, name): (fn(String) -> Pattern, &str) =
                if let Some(name) = lower.strip_prefix("*.") {
                    (Pattern::Below, name)
                } else if let Some(name) = lower.strip_prefix('.') {
                    (Pattern::With, name)
                } else {
                    (Pattern::Exact, lower.as_str())
                };
            let has_port = name.contains(':') && !name.starts_with('[');
            let is_odd = name.contains(['/', '@', '*', ' ', '?', '#']);
            if name.is_empty() || has_port || is_odd {
                return Err(Error::new(format!(
                    "settings.{key}[{place}]: it is no host; hint: write `example.org`, `.example.org` or `*.example.org`, without scheme, port or path"
                )));
            }
            hosts.patterns.push(pattern(name.to_owned()));
            hosts.names.push(name.to_owned());
        }
        Ok(hosts)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.patterns.is_empty()
    }

    /// Whether a host is among them.
    pub(crate) fn has(&self, host: &str) -> bool {
        self.patterns.iter().any(|pattern| match pattern {
            Pattern::Exact(name) => host == name,
            Pattern::With(name) => is_under(host, name),
            Pattern::Below(name) => host != name && is_under(host, name),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_match_as_they_are_written() {
        let list = ["a.example", ".b.example", "*.c.example"].map(String::from);
        let hosts = Hosts::read("allow", &list).unwrap();
        for (host, has) in [
            ("a.example", true),
            ("x.a.example", false),
            ("b.example", true),
            ("x.b.example", true),
            ("xb.example", false),
            ("c.example", false),
            ("x.c.example", true),
            ("a.example.evil.example", false),
        ] {
            assert_eq!(hosts.has(host), has, "{host}");
        }
        for wrong in ["https://a.example", "a.example/x", "*", ".", "a.example:80"] {
            let error = Hosts::read("allow", &[wrong.to_owned()]).unwrap_err();
            assert!(error.message().starts_with("settings.allow[0]"), "{wrong}");
        }
    }
}
