//! A revision as a packed module holds it: resolved, without paths, files or secrets' names.
//!
//! It is JSON, so that a person can read what a module was made of. Module and shell are made
//! together; a shell refuses what another version wrote.

use std::sync::Arc;

use caponier_config::{
    ActionRule, Config, DenyAs, Limits, PathPattern, Protocol, StreamMode, Treatment,
    UnknownEndpoints,
};
use caponier_core::{
    Action, Kind, Manifest, Mode, OnError, PluginSpec, ReportLimits, Role, Rule, Scope, Severity,
    Stage,
};
use caponier_rego::{
    ActionEntry, ActionError, ActionRule as Entry, Actions, Bundle, BundleError, Source, Trust,
};
use serde::{Deserialize, Serialize};

use crate::policy::{Guests, Parts, Policy};

/// The version of this form.
pub const PACKED_VERSION: u32 = 1;

/// A revision as a packed module holds it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Packed {
    /// [`PACKED_VERSION`].
    pub version: u32,
    /// `sha256:` and the digest of everything it was made of.
    pub revision: String,
    /// Whether it acts.
    pub mode: caponier_config::Mode,
    /// The plugins, in chain order, which is the order in the module.
    pub plugins: Vec<PackedPlugin>,
    /// Names and texts of the operator's rules.
    pub rego: Vec<(String, String)>,
    /// Whether rules see text.
    pub expose_text: bool,
    /// Data for the rules, by its keys. `caponier` is filled by the host.
    pub data: serde_json::Map<String, serde_json::Value>,
    /// The operator's part of the table of actions.
    pub actions: Vec<ActionRule>,
    /// How much is inspected.
    pub limits: Limits,
    /// The guarded paths, the most specific first.
    pub routes: Vec<PackedRoute>,
    /// What is Envoy's.
    #[serde(default)]
    pub shell: Shell,
}

/// One plugin of a packed module.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackedPlugin {
    /// Its name, the operator's or its own.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Where it came from.
    pub source: String,
    /// The stages it works in.
    pub stages: Vec<String>,
    /// What it wants to see.
    pub kinds: Vec<String>,
    /// What its findings depend on.
    pub scope: String,
    /// What it can find.
    pub rules: Vec<PackedRule>,
    /// Its triggers, as its manifest has them.
    pub triggers: Vec<(String, String)>,
    /// Whether it acts.
    pub mode: caponier_config::Mode,
    /// What its faults mean.
    pub on_error: caponier_config::OnError,
    /// What it may do beside looking.
    pub grants: Grants,
    /// Findings, edits, holds and skips of one call.
    pub items: usize,
    /// Bytes that it hands back.
    pub output: usize,
    /// Bytes that it keeps for the next call of the exchange.
    pub state: usize,
    /// Bytes that cross between host and plugin in host calls.
    pub host_calls: usize,
}

/// One thing that a packed plugin can find.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackedRule {
    /// The id within the plugin.
    pub id: String,
    /// What its findings usually are.
    pub severity: String,
    /// Entry of the OWASP Top 10 for LLM Applications.
    pub category: Option<String>,
    /// The most bytes of text that decide a match.
    pub window: Option<u32>,
}

/// What a packed plugin may do beside looking.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grants {
    /// Keep counters.
    pub counters: bool,
    /// Ask for edits.
    pub rewrite: bool,
    /// Write to the host's log.
    pub log: bool,
}

/// One guarded path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackedRoute {
    /// Which request paths it takes.
    pub path: PathPattern,
    /// What is spoken on it.
    pub protocol: Protocol,
    /// Names of the plugins. `None`: all.
    pub plugins: Option<Vec<String>>,
    /// How streamed answers are inspected.
    pub stream: StreamMode,
    /// How a denial of an answer looks to the client.
    pub deny_as: DenyAs,
    /// Endpoints that pass uninspected.
    pub pass: Vec<PathPattern>,
    /// What happens to endpoints that no wire format knows.
    pub unknown_endpoints: UnknownEndpoints,
    /// What happens to an upgrade to WebSocket.
    pub websocket: Treatment,
}

/// What only a filter in Envoy needs to know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Shell {
    /// Where the caller's identity is taken from: the first that applies. Empty: everyone is
    /// anonymous. With one or more, a caller to whom none applies is refused.
    pub identity: Vec<IdentityFrom>,
    /// Whether answers carry `x-caponier-action`, `-revision` and `-exchange`.
    pub answer_headers: bool,
    /// Whether audit records are written to Envoy's log.
    pub audit: bool,
    /// The key of the digests in them. `None`: one that nobody knows, new in each worker.
    pub audit_key: Option<String>,
}

impl Default for Shell {
    fn default() -> Self {
        Self {
            identity: Vec::new(),
            answer_headers: true,
            audit: false,
            audit_key: None,
        }
    }
}

/// Where a caller's identity is taken from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub enum IdentityFrom {
    /// The payload of a token that Envoy's `jwt_authn` filter has verified and put into its
    /// dynamic metadata.
    JwtAuthn {
        /// `payload_in_metadata` of that filter's provider.
        payload: String,
        /// The claim with the caller's id.
        id: String,
        /// The claim with the tenant.
        #[serde(default)]
        tenant: Option<String>,
        /// The claim with roles or groups.
        #[serde(default)]
        roles: Option<String>,
    },
    /// Headers that another filter has set, or that a trusted proxy in front vouches for. A client
    /// that could set them itself could be anyone.
    Headers {
        /// The header with the caller's id.
        id: String,
        /// The header with the tenant.
        #[serde(default)]
        tenant: Option<String>,
        /// The header with roles, separated by commas.
        #[serde(default)]
        roles: Option<String>,
    },
}

/// Why a packed revision cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// It is not JSON of this form.
    #[error("not a packed revision: {0}")]
    Form(String),
    /// Another version wrote it.
    #[error(
        "packed in form {0}, which this shell does not read\nhint: pack it anew, with the program that the shell came from"
    )]
    Version(u32),
    /// A word that means nothing here.
    #[error("plugin {plugin}: `{word}` means nothing here")]
    Word {
        /// The plugin.
        plugin: String,
        /// The word.
        word: String,
    },
    /// A plugin's manifest that cannot be used.
    #[error("plugin {plugin}: {why}")]
    Manifest {
        /// The plugin.
        plugin: String,
        /// What is wrong.
        why: String,
    },
    /// The table of actions.
    #[error(transparent)]
    Actions(#[from] ActionError),
    /// The rules.
    #[error(transparent)]
    Rules(#[from] BundleError),
}

impl Packed {
    /// What a revision comes to: `plugins`, `rego` and `data` are what its configuration names,
    /// read and resolved.
    pub fn new(
        revision: impl Into<String>,
        config: &Config,
        plugins: Vec<PackedPlugin>,
        rego: Vec<(String, String)>,
        data: serde_json::Map<String, serde_json::Value>,
        shell: Shell,
    ) -> Self {
        let routes = config.gateway.iter().flat_map(|gateway| &gateway.routes);
        Self {
            version: PACKED_VERSION,
            revision: revision.into(),
            mode: config.mode,
            plugins,
            rego,
            expose_text: config.rego.expose_text,
            data,
            actions: config.actions.clone(),
            limits: config.limits,
            routes: routes
                .map(|route| PackedRoute {
                    path: route.path.clone(),
                    protocol: route.protocol.clone(),
                    plugins: route.plugins.clone(),
                    stream: route.stream,
                    deny_as: route.deny_as,
                    pass: route.pass.clone(),
                    unknown_endpoints: route.unknown_endpoints,
                    websocket: route.websocket,
                })
                .collect(),
            shell,
        }
    }

    /// Reads what [`Packed::to_json`] wrote.
    ///
    /// # Errors
    /// Where it is anything else, or of another version.
    pub fn from_json(bytes: &[u8]) -> Result<Self, Unusable> {
        #[derive(Deserialize)]
        struct Versioned {
            version: u32,
        }
        let form = |error: serde_json::Error| Unusable::Form(error.to_string());
        let Versioned { version } = serde_json::from_slice(bytes).map_err(form)?;
        if version != PACKED_VERSION {
            return Err(Unusable::Version(version));
        }
        serde_json::from_slice(bytes).map_err(form)
    }

    /// The bytes that a module carries. The same revision always gives the same bytes.
    ///
    /// # Errors
    /// None that a resolved configuration can cause.
    pub fn to_json(&self) -> Result<Vec<u8>, Unusable> {
        serde_json::to_vec(self).map_err(|error| Unusable::Form(error.to_string()))
    }

    /// The policy, with plugins called as `guests` says.
    ///
    /// # Errors
    /// What of it cannot be used.
    pub fn policy<G: Guests>(&self, guests: G) -> Result<Policy<G>, Unusable> {
        let specs: Result<Vec<_>, _> = self
            .plugins
            .iter()
            .map(|plugin| plugin.spec().map(Arc::new))
            .collect();
        let sources = self.rego.iter();
        let sources = sources.map(|(name, text)| Source::new(name.as_str(), text.as_str()));
        let bundle = bundle(
            &self.actions,
            &self.limits,
            sources.collect(),
            self.data.clone(),
        )?;
        Ok(Policy::new(Parts {
            guests,
            specs: specs?,
            bundle,
            limits: self.limits,
            mode: mode(self.mode),
            expose_text: self.expose_text,
            evaluators: 1,
        })?)
    }
}

impl PackedPlugin {
    /// What the chain knows of a plugin, to be packed.
    pub fn new(
        spec: &PluginSpec,
        source: impl Into<String>,
        grants: Grants,
        host_calls: usize,
    ) -> Self {
        let manifest = &spec.manifest;
        let words = |words: &[Stage]| words.iter().map(ToString::to_string).collect();
        Self {
            name: manifest.name.to_string(),
            version: manifest.version.clone(),
            source: source.into(),
            stages: words(&spec.stages),
            kinds: manifest.kinds.iter().map(ToString::to_string).collect(),
            scope: manifest.scope.to_string(),
            rules: manifest
                .rules
                .iter()
                .map(|rule| PackedRule {
                    id: rule.id.to_string(),
                    severity: rule.severity.to_string(),
                    category: rule.category.as_deref().map(str::to_owned),
                    window: rule.window,
                })
                .collect(),
            triggers: manifest.triggers().cloned().collect(),
            mode: match spec.mode {
                Mode::Enforce => caponier_config::Mode::Enforce,
                Mode::Monitor => caponier_config::Mode::Monitor,
            },
            on_error: match spec.on_error {
                OnError::Deny => caponier_config::OnError::Deny,
                OnError::Allow => caponier_config::OnError::Allow,
            },
            grants,
            items: spec.limits.items,
            output: spec.limits.bytes,
            state: spec.limits.state,
            host_calls,
        }
    }

    /// What the chain has to know of it.
    fn spec(&self) -> Result<PluginSpec, Unusable> {
        let unknown = |word: &str| Unusable::Word {
            plugin: self.name.clone(),
            word: word.to_owned(),
        };
        let stages: Vec<Stage> = parsed(&self.stages, Stage::parse).map_err(unknown)?;
        let rules: Result<Vec<Rule>, Unusable> = self
            .rules
            .iter()
            .map(|rule| {
                Ok(Rule {
                    id: rule.id.as_str().into(),
                    name: rule.id.as_str().into(),
                    title: String::new(),
                    severity: Severity::parse(&rule.severity)
                        .ok_or_else(|| unknown(&rule.severity))?,
                    category: rule.category.as_deref().map(Into::into),
                    window: rule.window,
                })
            })
            .collect();
        let manifest = Manifest {
            name: self.name.as_str().into(),
            version: self.version.clone(),
            description: String::new(),
            stages: stages.clone(),
            kinds: parsed(&self.kinds, Kind::parse).map_err(unknown)?,
            scope: Scope::parse(&self.scope).ok_or_else(|| unknown(&self.scope))?,
            rules: rules?,
            settings_schema: String::new(),
            attributes: self.triggers.clone(),
        };
        let manifest = manifest.checked(None).map_err(|error| Unusable::Manifest {
            plugin: self.name.clone(),
            why: error.to_string(),
        })?;
        Ok(PluginSpec {
            manifest: Arc::new(manifest),
            stages,
            mode: mode(self.mode),
            on_error: match self.on_error {
                caponier_config::OnError::Deny => OnError::Deny,
                caponier_config::OnError::Allow => OnError::Allow,
            },
            rewrite: self.grants.rewrite,
            limits: ReportLimits {
                items: self.items,
                bytes: self.output,
                state: self.state,
            },
        })
    }
}

fn parsed<T>(words: &[String], parse: impl Fn(&str) -> Option<T>) -> Result<Vec<T>, &str> {
    words
        .iter()
        .map(|word| parse(word).ok_or(word.as_str()))
        .collect()
}

/// The rules with their data and the table of actions.
///
/// # Errors
/// What of it cannot be used.
pub fn bundle(
    actions: &[ActionRule],
    limits: &Limits,
    sources: Vec<Source>,
    mut data: serde_json::Map<String, serde_json::Value>,
) -> Result<Bundle, Unusable> {
    let actions = Actions::with_shipped(actions.iter().map(entry).collect())?;
    data.insert(
        "caponier".to_owned(),
        serde_json::json!({ "limits": {
            "over_limit": limits.over_limit.as_str(),
            "unrecognized": limits.unrecognized.as_str(),
            "opaque": {
                "image": limits.opaque.image.as_str(),
                "audio": limits.opaque.audio.as_str(),
                "file": limits.opaque.file.as_str(),
            },
        }}),
    );
    let data = serde_json::Value::Object(data);
    Ok(Bundle::with_default(sources, actions, data)?)
}

/// One line of the operator's table in the rules' terms.
fn entry(rule: &ActionRule) -> ActionEntry {
    ActionEntry {
        glob: rule.glob.as_str().to_owned(),
        rule: Entry {
            action: Action::parse(rule.action.as_str()).unwrap_or(Action::Deny),
            min_confidence: rule.min_confidence,
            flag_confidence: rule.flag_confidence,
            min_severity: Severity::parse(rule.min_severity.as_str()).unwrap_or(Severity::Info),
            stages: rule.stages.as_ref().map(|stages| {
                let words = stages.iter();
                words
                    .filter_map(|word| Stage::parse(word.as_str()))
                    .collect()
            }),
            roles: rule.roles.as_ref().map(|roles| {
                let words = roles.iter();
                words
                    .filter_map(|word| Role::parse(word.as_str()))
                    .collect()
            }),
            trust: rule.trust.as_ref().map(|trust| {
                let words = trust.iter();
                words
                    .filter_map(|word| Trust::parse(word.as_str()))
                    .collect()
            }),
            mode: mode(rule.mode),
        },
    }
}

fn mode(mode: caponier_config::Mode) -> Mode {
    match mode {
        caponier_config::Mode::Enforce => Mode::Enforce,
        caponier_config::Mode::Monitor => Mode::Monitor,
    }
}
