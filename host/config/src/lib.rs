//! The configuration file: strict YAML in, resolved types out.
//!
//! [`parse`] takes the text of a file and gives a [`Config`] in which every value has been checked
//! and every default filled in, or the list of what is wrong, each with its line. Nothing is read
//! from disk or from the environment here: secrets, keys, rules and plugins stay names until the
//! caller loads them ([`Config::paths`] lists the files).

#![forbid(unsafe_code)]

mod actions;
mod audit;
mod de;
mod error;
mod gateway;
mod limits;
mod paths;
mod plugins;
mod raw;
mod resolve;
mod root;
mod scalars;
mod schema;
mod secret;
mod sources;
mod spelling;
mod stores;
mod units;
mod verify;
mod words;
mod yaml;

pub use actions::{ActionRule, Glob, Trust};
pub use audit::{Audit, OnFull, Rotation};
pub use error::{ConfigError, Warning};
pub use gateway::{
    Admin, ApiKeys, Claims, ConnectionLimits, DecisionApi, DenyAs, Gateway, Http2, IdentitySource,
    Jwt, JwtAlgorithm, PathPattern, PatternParseError, Protocol, Route, StreamMode, Timeouts, Tls,
    UnknownEndpoints, Upstream,
};
pub use limits::{HoldExceeded, Limits, OpaqueParts, OverLimit, Treatment};
pub use plugins::{
    BUILTIN, Bounds, Grants, Plugin, PluginLimits, PluginSource, SettingSecret, Settings, TimeLimit,
};
pub use root::{Cache, Config, PathUse, Purpose, Rego};
pub use schema::schema;
pub use secret::Secret;
pub use stores::{JsonDocuments, JsonEndpoint, JsonPath};
pub use verify::{Signers, SourceGlob, Verify};
pub use words::{Action, Mode, OnError, Role, Severity, Stage};

/// Reads a configuration. `name` is what messages call the file.
///
/// # Errors
/// Everything that is found to be wrong, in the order of the file; at least one thing.
pub fn parse(name: &str, text: &str) -> Result<Config, Vec<ConfigError>> {
    resolve::parse(name, text)
}

/// The text of the configuration that is used where there is no file.
pub const DEFAULT: &str = include_str!("default.yaml");

impl Config {
    /// The configuration that is used where there is no file: [`DEFAULT`].
    #[expect(
        clippy::expect_used,
        reason = "the text is a part of the program, and a test reads it"
    )]
    pub fn embedded() -> Self {
        parse("embedded default", DEFAULT).expect("the embedded default is a valid configuration")
    }
}
