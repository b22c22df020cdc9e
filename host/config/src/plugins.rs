//! Plugins: where they come from, what they may and what they cost.

use std::time::Duration;

use crate::secret::Secret;
use crate::words::{Mode, OnError, Stage, words};

/// Names of the plugins that are part of the program, in the order of the default chain.
pub const BUILTIN: &[&str] = &[
    "pii",
    "secrets",
    "injection",
    "unicode",
    "urls",
    "leak",
    "code",
    "poison",
    "terms",
    "schema",
    "quota",
];

/// Those of them that look for nothing before somebody has told them what. The others run where a
/// configuration names no plugins.
const TOLD: &[&str] = &["terms", "schema"];

/// What runs where a configuration names no plugins.
pub(crate) fn default_chain() -> impl Iterator<Item = &'static str> {
    let all = BUILTIN.iter().copied();
    all.filter(|name| !TOLD.contains(name))
}

/// One plugin of the chain.
#[derive(Clone, Debug, PartialEq)]
pub struct Plugin {
    /// Where it comes from.
    pub source: PluginSource,
    /// The operator's name for it. `None`: the plugin's own.
    pub name: Option<String>,
    /// The stages it works in. `None`: those it declares.
    pub stages: Option<Vec<Stage>>,
    /// What it is told at `configure`.
    pub settings: Settings,
    /// What it may use.
    pub limits: PluginLimits,
    /// What its fault means.
    pub on_error: OnError,
    /// Whether it acts.
    pub mode: Mode,
    /// What it may do beside looking. `None`: what a built-in plugin needs, nothing for others.
    pub grants: Option<Grants>,
    /// The SHA-256 that its bytes must have: 64 lower-case hexadecimal digits.
    pub digest: Option<String>,
    /// Whether its memory accesses are checked in a packed module.
    pub bounds: Bounds,
    /// Where it stands in the file, for messages: line and column.
    pub place: (u64, u64),
}

impl Plugin {
    /// The name it goes by before it was loaded: the operator's, or a built-in plugin's own.
    pub fn known_name(&self) -> Option<&str> {
        match (&self.name, &self.source) {
            (Some(name), _) | (None, PluginSource::Builtin(name)) => Some(name),
            _ => None,
        }
    }
}

/// Where a plugin comes from, in one spelling: `file:./a/../x.wasm` is `file:x.wasm`, and
/// `oci://index.docker.io:443/…` is `oci://docker.io/…`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum PluginSource {
    /// One that is part of the program.
    Builtin(String),
    /// A component at this path: without `.` and doubled `/`, with `..` in front only.
    File(String),
    /// A component in a registry.
    Oci {
        /// Host and repository: `ghcr.io/acme/guard`.
        repository: String,
        /// The tag, if one is written. It can be moved, so without a digest a lock file must say
        /// what it stands for. One of the two is there.
        tag: Option<String>,
        /// SHA-256 of its manifest: 64 lower-case hexadecimal digits.
        digest: Option<String>,
    },
}

impl PluginSource {
    /// The source without tag and digest, which is what `verify` matches.
    pub fn place(&self) -> String {
        match self {
            Self::Oci { repository, .. } => format!("oci://{repository}"),
            other => other.to_string(),
        }
    }
}

impl std::fmt::Display for PluginSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Builtin(name) => write!(f, "builtin:{name}"),
            Self::File(path) => write!(f, "file:{path}"),
            Self::Oci {
                repository,
                tag,
                digest,
            } => {
                write!(f, "oci://{repository}")?;
                if let Some(tag) = tag {
                    write!(f, ":{tag}")?;
                }
                match digest {
                    Some(digest) => write!(f, "@sha256:{digest}"),
                    None => Ok(()),
                }
            }
        }
    }
}

/// A plugin's settings: an object, with secrets named but not filled in.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// The settings. Where a secret belongs there is `null`.
    pub value: serde_json::Value,
    /// The secrets and their places.
    pub secrets: Vec<SettingSecret>,
}

/// A secret within a plugin's settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingSecret {
    /// JSON Pointer to its place: `/providers/0/key`.
    pub pointer: String,
    /// Where it comes from.
    pub secret: Secret,
}

/// What one call of a plugin may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PluginLimits {
    /// Bytes of memory.
    pub memory: u64,
    /// CPU time.
    pub time: TimeLimit,
    /// Bytes that cross between host and plugin in host calls.
    pub host_call_bytes: u64,
    /// Findings.
    pub findings: usize,
    /// Bytes that it hands back.
    pub output: u64,
    /// Bytes that it keeps for the next call of the exchange.
    pub state: u64,
}

/// CPU time of one call: a base, and more for longer text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeLimit {
    /// For any call.
    pub base: Duration,
    /// For each MiB of text.
    pub per_mib: Duration,
}

impl TimeLimit {
    /// The CPU time for a text of this many bytes.
    pub fn for_bytes(&self, bytes: u64) -> Duration {
        let nanos = self.per_mib.as_nanos().saturating_mul(u128::from(bytes)) >> 20;
        self.base.saturating_add(Duration::from_nanos(
            u64::try_from(nanos).unwrap_or(u64::MAX),
        ))
    }
}

/// What a plugin may do beside looking.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grants {
    /// The directory it may read at `configure`.
    pub data: Option<String>,
    /// Keep counters.
    pub counters: bool,
    /// Ask for edits.
    pub rewrite: bool,
    /// Write to the host's log.
    pub log: bool,
}

words! {
    /// Whether a plugin's memory accesses are checked in a packed module.
    Bounds {
        /// Each one is.
        Checked = "checked",
        /// The operator trusts it not to leave its memory.
        Trusted = "trusted",
    }
}
