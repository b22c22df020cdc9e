//! A revision on its way into a module for Envoy: everything read, every plugin configured.

use std::sync::Arc;

use caponier_component::{Engine, EngineOptions};
use caponier_config::{Bounds, Config, TimeLimit};
use caponier_decide::{Grants, Packed, PackedPlugin, Shell};

use crate::builder::{self, Blame, Prepared, problem, usize_of};
use crate::counters::MemoryCounters;
use crate::problem::chained;
use crate::{Files, Options, Problem};

/// What a module for Envoy is made of.
#[derive(Debug)]
pub struct Packable {
    /// What was read.
    pub config: Config,
    /// What it names.
    pub files: Files,
    /// What the shell is told.
    pub packed: Packed,
    /// The plugins, in the order in which the shell is told of them.
    pub plugins: Vec<PackablePlugin>,
}

/// A plugin that is configured already.
pub struct PackablePlugin {
    /// The name it goes by.
    pub name: String,
    /// Its version.
    pub version: String,
    /// SHA-256 of the component that it was configured from.
    pub digest: String,
    /// Its snapshot. Settings, secrets among them, may be in it.
    pub component: Vec<u8>,
    /// Bytes of memory that it may have.
    pub memory: u64,
    /// CPU time of one call.
    pub time: TimeLimit,
    /// Whether it may count.
    pub counters: bool,
    /// Whether its loads and stores are to be checked.
    pub bounds: Bounds,
    /// Whether it is part of the program.
    pub is_builtin: bool,
    /// Whether its settings hold secrets, which would be in the module.
    pub has_secrets: bool,
    /// Whether it may read files while it is configured. What it keeps of them is in the module.
    pub has_data: bool,
}

/// Reads a configuration and all that it names, and configures every plugin.
///
/// # Errors
/// Everything that is wrong with it, as where a revision is built.
pub fn packable(options: &Options, shell: Shell) -> Result<Packable, Vec<Problem>> {
    let draft = builder::read(options)?;
    let (config, files) = (&draft.config, &draft.files);
    let whole = |message: String| vec![Problem::new(&config.name, "", message)];
    let engine = Engine::new(EngineOptions::default()).map_err(|error| whole(chained(&error)))?;
    let counters = Arc::new(MemoryCounters::new());
    let mut problems = Vec::new();
    let mut told = Vec::new();
    let mut plugins: Vec<PackablePlugin> = Vec::new();
    let mut names: Vec<String> = Vec::new();
    for (index, plugin) in config.plugins.iter().enumerate() {
        let taken = (|| -> Result<Option<(PackedPlugin, PackablePlugin)>, Blame> {
            let prepared = Prepared::new(plugin, files)?;
            let options = prepared.options(plugin, files, counters.clone());
            let snapshot = engine
                .snapshot(prepared.bytes, options)
                .map_err(|error| ("", chained(&error)))?;
            let spec = prepared.spec(plugin, Arc::new(snapshot.manifest))?;
            let name = spec.manifest.name.to_string();
            if names.contains(&name) {
                let message =
                    format!("two plugins are named `{name}`\nhint: give one of them a `name`");
                return Err(("name", message));
            }
            names.push(name.clone());
            // It would never be called.
            if spec.stages.is_empty() {
                return Ok(None);
            }
            let grants = Grants {
                counters: prepared.grants.counters,
                rewrite: prepared.grants.rewrite,
                log: prepared.grants.log,
            };
            let host_calls = usize_of(plugin.limits.host_call_bytes);
            let packed = PackedPlugin::new(&spec, plugin.source.to_string(), grants, host_calls);
            let packable = PackablePlugin {
                name,
                version: spec.manifest.version.clone(),
                digest: prepared.digest,
                component: snapshot.component,
                memory: plugin.limits.memory,
                time: plugin.limits.time,
                counters: grants.counters,
                bounds: plugin.bounds,
                is_builtin: matches!(plugin.source, caponier_config::PluginSource::Builtin(_)),
                has_secrets: !plugin.settings.secrets.is_empty(),
                has_data: prepared.grants.data.is_some(),
            };
            Ok(Some((packed, packable)))
        })();
        match taken {
            Ok(packed) => {
                let (packed, packable) = packed.unzip();
                told.extend(packed);
                plugins.extend(packable);
            }
            Err((key, message)) => problems.push(problem(config, plugin, index, key, message)),
        }
    }
    problems.extend(unknown_plugins(config, &names));
    // Rules are checked here, as they are where a revision is built; Envoy compiles them anew.
    if let Err(problem) = builder::bundle(config, files) {
        problems.push(problem);
    }
    let rules = builder::rules(config, files).map_err(|problem| vec![problem]);
    let (rego, data) = match rules {
        Ok(rules) if problems.is_empty() => rules,
        _ => return Err(problems),
    };
    let packed = Packed::new(draft.id.clone(), config, told, rego, data, shell);
    Ok(Packable {
        config: draft.config,
        files: draft.files,
        packed,
        plugins,
    })
}

/// Plugins that routes name and that are not there.
fn unknown_plugins(config: &Config, known: &[String]) -> Vec<Problem> {
    let routes = config.gateway.iter().flat_map(|gateway| &gateway.routes);
    let mut problems = Vec::new();
    for (index, route) in routes.enumerate() {
        for name in route.plugins.iter().flatten() {
            if !known.contains(name) {
                let place = format!("gateway.routes[{index}].plugins");
                let problem =
                    Problem::new(&config.name, place, format!("there is no plugin `{name}`"));
                problems.push(problem.hint(format!("there are: {}", known.join(", "))));
            }
        }
    }
    problems
}

/// Leaves the component out.
impl std::fmt::Debug for PackablePlugin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PackablePlugin")
            .field("name", &self.name)
            .field("version", &self.version)
            .field("digest", &self.digest)
            .finish_non_exhaustive()
    }
}
