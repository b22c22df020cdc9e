//! From files to a revision: parse, verify, configure, compile, self-test.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use caponier_component::{Engine, Grants, Limits, LoadOptions, LogLevel, LogSink};
use caponier_config::{Config, Plugin as PluginConfig, PluginSource};
use caponier_core::{
    Context, Kind, Manifest, Mode, OnError, PluginSpec, ReportLimits, RequestFacts, Role, Segment,
    Stage,
};
use caponier_decide::{Parts, StageInput, Unusable};
use caponier_rego::{Bundle, Source as RegoSource};
use sha2::{Digest as _, Sha256};

use crate::counters::MemoryCounters;
use crate::files::{self, Files};
use crate::findings::{Findings, Key};
use crate::policy::{Loaded, Policy, Sandboxes};
use crate::problem::chained;
use crate::seal::Sealer;
use crate::{Options, Problem, Source, trust};

/// What revisions share.
pub(crate) struct Workshop {
    pub(crate) engine: Engine,
    pub(crate) counters: Arc<MemoryCounters>,
    pub(crate) known: Arc<Findings>,
    pub(crate) seal_key: [u8; 32],
    /// Evaluators that a revision begins with.
    pub(crate) evaluators: usize,
}

/// A configuration with everything it names, not yet built.
pub(crate) struct Draft {
    pub(crate) config: Config,
    pub(crate) files: Files,
    pub(crate) id: String,
}

/// The configuration, its text, and the directory at which its paths begin.
pub(crate) fn parse(source: &Source) -> Result<(Config, String, PathBuf), Vec<Problem>> {
    let Source::File(path) = source else {
        return Ok((Config::embedded(), String::new(), PathBuf::from(".")));
    };
    let name = path.display().to_string();
    let text = std::fs::read_to_string(path)
        .map_err(|error| vec![Problem::new(&name, "", error.to_string())])?;
    let config = caponier_config::parse(&name, &text)
        .map_err(|errors| errors.into_iter().map(Problem::from).collect::<Vec<_>>())?;
    let base = path.parent().unwrap_or(Path::new("")).to_owned();
    Ok((config, text, base))
}

/// Reads the configuration and all that it names.
pub(crate) fn read(options: &Options) -> Result<Draft, Vec<Problem>> {
    let (config, text, base) = parse(&options.source)?;
    let secrets: Vec<&caponier_config::Secret> = config
        .secrets()
        .into_iter()
        .chain(files::setting_secrets(&config.plugins))
        .collect();
    let mut files = Files::read(&config, &base, &secrets)?;
    files.components = trust::components(&config, &files, cache_dir(options, &config, &base))?;
    let mut hasher = Sha256::new();
    hasher.update(env!("CARGO_PKG_VERSION"));
    hasher.update(&text);
    files.digest(&mut hasher);
    for plugin in &config.plugins {
        if let Ok(bytes) = files::component(&plugin.source, &files) {
            hasher.update(Sha256::digest(bytes));
        }
    }
    let id = format!("sha256:{}", hex(&hasher.finalize()));
    Ok(Draft { config, files, id })
}

/// Where compiled and fetched plugins are kept: the user's cache directory unless told otherwise.
pub(crate) fn cache_dir(options: &Options, config: &Config, base: &Path) -> Option<PathBuf> {
    if !config.cache.enabled {
        return None;
    }
    let configured = config.cache.dir.as_ref().map(|path| base.join(path));
    let of_user = || {
        let home = |name: &str, below: &str| {
            let path = PathBuf::from(std::env::var_os(name)?);
            path.is_absolute().then(|| path.join(below))
        };
        home("XDG_CACHE_HOME", "caponier").or_else(|| home("HOME", ".cache/caponier"))
    };
    options.cache_dir.clone().or(configured).or_else(of_user)
}

/// Builds what a revision decides with. Plugins that `previous` runs unchanged are taken over.
pub(crate) fn build(
    draft: &Draft,
    workshop: &Workshop,
    previous: Option<&Policy>,
) -> Result<Policy, Vec<Problem>> {
    let Draft { config, files, id } = draft;
    let mut problems = Vec::new();
    let mut plugins: Vec<Arc<Loaded>> = Vec::new();
    for (index, plugin) in config.plugins.iter().enumerate() {
        match load(plugin, files, workshop, previous) {
            Ok(loaded) => {
                let name = &loaded.spec.manifest.name;
                if plugins
                    .iter()
                    .any(|known| known.spec.manifest.name == *name)
                {
                    let message =
                        format!("two plugins are named `{name}`\nhint: give one of them a `name`");
                    problems.push(problem(config, plugin, index, "name", message));
                }
                plugins.push(Arc::new(loaded));
            }
            Err((key, message)) => problems.push(problem(config, plugin, index, key, message)),
        }
    }
    let bundle = bundle(config, files)
        .map_err(|problem| problems.push(problem))
        .ok();
    if let Some(gateway) = config.gateway.as_ref().filter(|_| problems.is_empty()) {
        for (index, route) in gateway.routes.iter().enumerate() {
            for name in route.plugins.iter().flatten() {
                if !plugins
                    .iter()
                    .any(|plugin| *plugin.spec.manifest.name == **name)
                {
                    let known: Vec<&str> = plugins
                        .iter()
                        .map(|plugin| &*plugin.spec.manifest.name)
                        .collect();
                    problems.push(
                        Problem::new(
                            &config.name,
                            format!("gateway.routes[{index}].plugins"),
                            format!("there is no plugin `{name}`"),
                        )
                        .hint(format!("there are: {}", known.join(", "))),
                    );
                }
            }
        }
    }
    let Some(bundle) = bundle.filter(|_| problems.is_empty()) else {
        return Err(problems);
    };
    let inner = caponier_decide::Policy::new(Parts {
        specs: plugins
            .iter()
            .map(|loaded| Arc::clone(&loaded.spec))
            .collect(),
        guests: Sandboxes::new(plugins, Arc::clone(&workshop.known)),
        bundle,
        limits: config.limits,
        mode: mode(config.mode),
        expose_text: config.rego.expose_text,
        evaluators: workshop.evaluators,
    })
    .map_err(|error| vec![Problem::new(&config.name, "rego", error.to_string())])?;
    let policy = Policy {
        inner,
        sealer: Sealer::new(&workshop.seal_key, id),
    };
    self_test(&policy).map_err(|message| vec![Problem::new(&config.name, "", message)])?;
    Ok(policy)
}

pub(crate) fn problem(
    config: &Config,
    plugin: &PluginConfig,
    index: usize,
    key: &str,
    message: String,
) -> Problem {
    let (line, column) = plugin.place;
    let place = if line == 0 {
        config.name.clone()
    } else {
        format!("{}:{line}:{column}", config.name)
    };
    let key = if key.is_empty() {
        format!("plugins[{index}]")
    } else {
        format!("plugins[{index}].{key}")
    };
    Problem::new(place, key, format!("{}: {message}", plugin.source))
}

/// What is wrong with a plugin, and which key of its entry is to blame.
pub(crate) type Blame = (&'static str, String);

/// A plugin's entry with everything it names.
pub(crate) struct Prepared<'f> {
    pub(crate) bytes: &'f [u8],
    /// SHA-256 of the component.
    pub(crate) digest: String,
    settings: String,
    pub(crate) grants: caponier_config::Grants,
}

impl<'f> Prepared<'f> {
    /// Finds the component, fills in secrets, and decides on grants.
    pub(crate) fn new(plugin: &PluginConfig, files: &'f Files) -> Result<Self, Blame> {
        let bytes = files::component(&plugin.source, files).map_err(|message| ("use", message))?;
        let digest = hex(&Sha256::digest(bytes));
        if let Some(pinned) = plugin.digest.as_ref().filter(|pinned| **pinned != digest) {
            return Err((
                "digest",
                format!("the component's SHA-256 is {digest}, not {pinned}"),
            ));
        }
        let mut settings = plugin.settings.value.clone();
        for secret in &plugin.settings.secrets {
            let value = files
                .secret(&secret.secret)
                .and_then(|value| std::str::from_utf8(value).ok());
            let (Some(place), Some(value)) = (settings.pointer_mut(&secret.pointer), value) else {
                return Err((
                    "settings",
                    format!("{} is not there, or not UTF-8", secret.secret),
                ));
            };
            *place = serde_json::Value::String(value.to_owned());
        }
        let is_builtin = matches!(plugin.source, PluginSource::Builtin(_));
        let mut grants = match &plugin.grants {
            Some(grants) => grants.clone(),
            // What the built-in plugins need: they word their replacements and restore values.
            None => caponier_config::Grants {
                rewrite: is_builtin,
                ..caponier_config::Grants::default()
            },
        };
        grants.counters |= is_builtin;
        Ok(Self {
            bytes,
            digest,
            settings: settings.to_string(),
            grants,
        })
    }

    /// How the sandbox is to load it.
    pub(crate) fn options(
        &self,
        plugin: &PluginConfig,
        files: &Files,
        counters: Arc<MemoryCounters>,
    ) -> LoadOptions {
        let limits = Limits {
            memory: usize_of(plugin.limits.memory),
            time_base: plugin.limits.time.base,
            time_per_mib: plugin.limits.time.per_mib,
            host_call_bytes: usize_of(plugin.limits.host_call_bytes),
            output_bytes: usize_of(plugin.limits.output),
            state_bytes: usize_of(plugin.limits.state),
            ..Limits::default()
        };
        LoadOptions {
            name: plugin.name.clone(),
            settings_json: self.settings.clone(),
            data_dir: self.grants.data.as_ref().map(|path| files.resolve(path)),
            grants: Grants {
                counters: self.grants.counters,
                rewrite: self.grants.rewrite,
                log: self.grants.log,
            },
            limits,
            counters,
            log: Arc::new(ToLog),
        }
    }

    /// What the chain has to know of it.
    pub(crate) fn spec(
        &self,
        plugin: &PluginConfig,
        manifest: Arc<Manifest>,
    ) -> Result<PluginSpec, Blame> {
        let stages = stages(plugin, &manifest.stages)?;
        Ok(PluginSpec {
            stages,
            mode: mode(plugin.mode),
            on_error: match plugin.on_error {
                caponier_config::OnError::Deny => OnError::Deny,
                caponier_config::OnError::Allow => OnError::Allow,
            },
            rewrite: self.grants.rewrite,
            limits: ReportLimits {
                items: plugin.limits.findings,
                bytes: usize_of(plugin.limits.output),
                state: usize_of(plugin.limits.state),
            },
            manifest,
        })
    }
}

/// Loads one plugin, or says which key of its entry is to blame and why.
fn load(
    plugin: &PluginConfig,
    files: &Files,
    workshop: &Workshop,
    previous: Option<&Policy>,
) -> Result<Loaded, Blame> {
    let prepared = Prepared::new(plugin, files)?;
    let identity = identity(
        &prepared.digest,
        plugin,
        &prepared.settings,
        &prepared.grants,
        files,
    );
    let known = previous
        .and_then(|policy| policy.plugins().find(|loaded| loaded.identity == identity))
        .map(|loaded| loaded.plugin.clone());
    let loaded = match known {
        Some(known) => known,
        None => {
            let options = prepared.options(plugin, files, workshop.counters.clone());
            let engine = &workshop.engine;
            engine
                .load(prepared.bytes, options)
                .map_err(|error| ("", chained(&error)))?
        }
    };
    let spec = prepared.spec(plugin, Arc::clone(loaded.manifest()))?;
    Ok(Loaded {
        plugin: loaded,
        spec: Arc::new(spec),
        source: plugin.source.to_string(),
        identity,
    })
}

/// The stages that the operator wants, all of which the plugin must know.
fn stages(plugin: &PluginConfig, declared: &[Stage]) -> Result<Vec<Stage>, (&'static str, String)> {
    let Some(wanted) = plugin.stages.as_ref().filter(|_| !declared.is_empty()) else {
        return Ok(declared.to_vec());
    };
    let wanted: Vec<Stage> = wanted
        .iter()
        .filter_map(|stage| Stage::parse(stage.as_str()))
        .collect();
    match wanted.iter().find(|stage| !declared.contains(stage)) {
        None => Ok(wanted),
        Some(stage) => {
            let declared: Vec<&str> = declared.iter().map(|stage| stage.as_str()).collect();
            Err((
                "stages",
                format!(
                    "this plugin does not work in stage {stage}\nhint: it declares {}",
                    declared.join(", ")
                ),
            ))
        }
    }
}

/// Everything that what a plugin finds can depend on.
fn identity(
    digest: &str,
    plugin: &PluginConfig,
    settings: &str,
    grants: &caponier_config::Grants,
    files: &Files,
) -> Key {
    let mut hasher = blake3::Hasher::new();
    let mut field = |bytes: &[u8]| {
        hasher.update(&(bytes.len() as u64).to_le_bytes());
        hasher.update(bytes);
    };
    field(digest.as_bytes());
    field(plugin.name.as_deref().unwrap_or_default().as_bytes());
    field(settings.as_bytes());
    field(format!("{grants:?} {:?}", plugin.limits).as_bytes());
    for (name, bytes) in grants.data.iter().flat_map(|path| files.listing(path)) {
        field(name.as_bytes());
        field(bytes);
    }
    *hasher.finalize().as_bytes()
}

/// What the rules are made of: names and texts, and data by its keys.
type RulesAndData = (
    Vec<(String, String)>,
    serde_json::Map<String, serde_json::Value>,
);

/// Reads the operator's rules and their data.
pub(crate) fn rules(config: &Config, files: &Files) -> Result<RulesAndData, Problem> {
    let mut sources = Vec::new();
    for path in &config.rego.paths {
        for (name, bytes) in files.listing(path) {
            let name = if name == path {
                name.to_owned()
            } else {
                format!("{}/{name}", path.trim_end_matches('/'))
            };
            let text =
                std::str::from_utf8(bytes).map_err(|_| Problem::new(&name, "", "is not UTF-8"))?;
            sources.push((name, text.to_owned()));
        }
    }
    let mut data = serde_json::Map::new();
    for path in &config.data {
        for (name, bytes) in files.listing(path) {
            merge_data(&mut data, name, bytes)?;
        }
    }
    Ok((sources, data))
}

/// The rules with their data.
pub(crate) fn bundle(config: &Config, files: &Files) -> Result<Bundle, Problem> {
    let (sources, data) = rules(config, files)?;
    let sources = sources.into_iter();
    let sources = sources
        .map(|(name, text)| RegoSource::new(name, text))
        .collect();
    let refused = |error: Unusable| {
        let text = error.to_string();
        if matches!(error, Unusable::Actions(_)) {
            return Problem::new(&config.name, "actions", text);
        }
        // The message of a rule that cannot be used begins with its file and line.
        match text
            .split_once(": ")
            .filter(|(place, _)| place.contains(".rego"))
        {
            Some((place, message)) => Problem::new(place, "", message),
            None => Problem::new(&config.name, "rego", text),
        }
    };
    let bundle = caponier_decide::bundle(&config.actions, &config.limits, sources, data);
    let bundle = bundle.map_err(refused)?;
    pins_meet_routes(config, &bundle)?;
    Ok(bundle)
}

/// Tools that are pinned for no route are not pinned at all.
fn pins_meet_routes(config: &Config, bundle: &Bundle) -> Result<(), Problem> {
    let pinned = bundle
        .pinned_routes()
        .map_err(|error| Problem::new(&config.name, "rego", error.to_string()))?;
    // Without a gateway, whoever asks for decisions names the routes.
    let Some(gateway) = &config.gateway else {
        return Ok(());
    };
    let routes = gateway.routes.iter().map(|route| route.path.to_string());
    let routes: Vec<String> = routes.collect();
    let unknown = pinned.into_iter().find(|route| !routes.contains(route));
    unknown.map_or(Ok(()), |route| {
        let routes = routes.join(", ");
        Err(Problem::new(
            &config.name,
            "rego",
            format!(
                "tools are pinned for `{route}`, which is no route\n\
                 hint: caponier pin-tools --route PATH, with PATH one of: {routes}"
            ),
        ))
    })
}

fn merge_data(
    data: &mut serde_json::Map<String, serde_json::Value>,
    name: &str,
    bytes: &[u8],
) -> Result<(), Problem> {
    let text = std::str::from_utf8(bytes).map_err(|_| Problem::new(name, "", "is not UTF-8"))?;
    let value: serde_json::Value = if name.ends_with(".json") {
        serde_json::from_str(text).map_err(|error| Problem::new(name, "", error.to_string()))?
    } else {
        serde_saphyr::from_str(text).map_err(|error| Problem::new(name, "", error.to_string()))?
    };
    let serde_json::Value::Object(object) = value else {
        return Err(Problem::new(
            name,
            "",
            "data for rules must be an object: its keys become `data.<key>`",
        ));
    };
    for (key, value) in object {
        if key == "caponier" {
            return Err(
                Problem::new(name, key, "`data.caponier` is filled by the host")
                    .hint("use another key"),
            );
        }
        if data.insert(key.clone(), value).is_some() {
            return Err(Problem::new(
                name,
                &key,
                format!("`data.{key}` comes from two files"),
            ));
        }
    }
    Ok(())
}

/// One harmless exchange through every stage: a revision in which a plugin or a rule fails on that
/// must not go into service.
fn self_test(policy: &Policy) -> Result<(), String> {
    let context = Context {
        exchange: "self-test".to_owned(),
        stage: Stage::Prompt,
        // What plugins count in it is no caller's: counters are kept by tenant.
        tenant: Some("caponier/self-test".to_owned()),
        principal: None,
        route: "/".to_owned(),
        model: None,
        time: 0,
        seed: 0,
        attributes: Vec::new(),
    };
    let plan = policy.route(None);
    let mut exchange = policy.exchange(context, RequestFacts::default());
    let stages = [
        (Stage::Prompt, Role::User, Kind::Text),
        (Stage::Retrieval, Role::Document, Kind::Document),
        (Stage::Output, Role::Assistant, Kind::Text),
    ];
    for (number, (stage, role, kind)) in stages.into_iter().enumerate() {
        let segment = Segment::new(
            u32::try_from(number).unwrap_or(0),
            role,
            kind,
            "How is the weather in Lisbon today?",
        );
        let input = StageInput {
            stage,
            segments: vec![segment],
            gaps: Vec::new(),
            tool_calls: Vec::new(),
        };
        let outcome = policy.evaluate(&plan, &mut exchange, input);
        if let Some(failed) = outcome.faults.first() {
            return Err(format!(
                "self-test: plugin {} failed in stage {stage}: {}",
                failed.plugin, failed.fault
            ));
        }
    }
    Ok(())
}

/// Where plugins with the `log` grant write to.
struct ToLog;

impl LogSink for ToLog {
    fn write(&self, plugin: &str, level: LogLevel, message: &str) {
        match level {
            LogLevel::Trace => tracing::trace!(target: "plugin", plugin, "{message}"),
            LogLevel::Debug => tracing::debug!(target: "plugin", plugin, "{message}"),
            LogLevel::Info => tracing::info!(target: "plugin", plugin, "{message}"),
            LogLevel::Warn => tracing::warn!(target: "plugin", plugin, "{message}"),
            LogLevel::Error => tracing::error!(target: "plugin", plugin, "{message}"),
        }
    }
}

fn mode(mode: caponier_config::Mode) -> Mode {
    match mode {
        caponier_config::Mode::Enforce => Mode::Enforce,
        caponier_config::Mode::Monitor => Mode::Monitor,
    }
}

pub(crate) fn usize_of(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
