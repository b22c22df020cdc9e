//! The whole configuration.

use crate::actions::ActionRule;
use crate::audit::Audit;
use crate::error::Warning;
use crate::gateway::{Admin, DecisionApi, Gateway};
use crate::limits::Limits;
use crate::plugins::Plugin;
use crate::verify::Verify;
use crate::words::Mode;

/// The whole configuration: checked, with every default filled in.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// The name of the file, as given to [`crate::parse`].
    pub name: String,
    /// Whether the revision acts.
    pub mode: Mode,
    /// The proxy. `None`: no gateway runs.
    pub gateway: Option<Gateway>,
    /// The decision port. `None`: it does not run.
    pub decision: Option<DecisionApi>,
    /// The admin port. `None`: it does not run.
    pub admin: Option<Admin>,
    /// The plugins, in chain order.
    pub plugins: Vec<Plugin>,
    /// The operator's rules.
    pub rego: Rego,
    /// Data files for the rules: JSON or YAML, or directories of them.
    pub data: Vec<String>,
    /// The operator's word on what happens to findings, in the order of the globs' text; the shipped
    /// entries stand behind it.
    pub actions: Vec<ActionRule>,
    /// How much is inspected, and what happens to what cannot be.
    pub limits: Limits,
    /// The audit log. `None`: none is written.
    pub audit: Option<Audit>,
    /// Whose signatures plugins need; the first entry that covers a source counts.
    pub verify: Vec<Verify>,
    /// The cache of compiled plugins.
    pub cache: Cache,
    /// Threads that evaluate. `None`: one for each core.
    pub threads: Option<usize>,
    /// What is risky in it.
    pub warnings: Vec<Warning>,
}

/// The operator's rules.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rego {
    /// Files and directories. Empty: the default policy alone.
    pub paths: Vec<String>,
    /// Whether rules see the text of segments.
    pub expose_text: bool,
}

/// The cache of compiled plugins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cache {
    /// Whether compiled plugins are kept on disk.
    pub enabled: bool,
    /// The directory. `None`: the user's cache directory.
    pub dir: Option<String>,
}

/// A file or directory that the configuration refers to, as written there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PathUse {
    /// The path; where it is relative, to the directory of the configuration file.
    pub path: String,
    /// What it is for.
    pub purpose: Purpose,
    /// The key that names it: `gateway.tls.cert`.
    pub key_path: String,
}

/// What a file or directory is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Purpose {
    /// A listener's certificate chain.
    Certificate,
    /// A listener's private key.
    PrivateKey,
    /// Authorities trusted for an upstream.
    TrustedCa,
    /// A JSON Web Key Set.
    Jwks,
    /// A file of hashed API keys.
    ApiKeys,
    /// A secret.
    Secret,
    /// A plugin.
    Plugin,
    /// A public key that signs plugins.
    VerifyKey,
    /// The signatures of a plugin: beside it, with `.sig` behind its name.
    Signature,
    /// A plugin's data directory.
    PluginData,
    /// Rules: a file or a directory.
    Rego,
    /// Data for the rules: a file or a directory.
    Data,
    /// The audit log: written, not watched.
    Audit,
    /// The cache of compiled plugins: written, not watched.
    Cache,
}

impl Purpose {
    /// Whether a change of it makes a new revision or new credentials.
    pub const fn is_watched(self) -> bool {
        !matches!(self, Self::Audit | Self::Cache)
    }
}
