//! From bytes to a plugin: check, configure, snapshot, compile, or all of that from the cache.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

use caponier_core::Manifest;
use sha2::{Digest, Sha256};
use wasmtime::component::Component;

use crate::cache::hex;
use crate::clock::Budget;
use crate::data::DataFiles;
use crate::direct::{self, Direct};
use crate::engine::{Engine, Inner};
use crate::host::{Host, Lent, Phase};
use crate::plugin::{Body, Loaded, Ready};
use crate::snapshot::{self, Taken};
use crate::spares::{self, Spares};
use crate::v0_1::Program;
use crate::{Kind, LoadError, LoadOptions, Plugin, PluginInfo, fault, imports, warmup};

/// A component that is configured already, for a host that cannot configure.
#[derive(Clone)]
pub struct Snapshot {
    /// The component. Settings, secrets among them, may be in it.
    pub component: Vec<u8>,
    /// What it says of itself, under the operator's name for it.
    pub manifest: Manifest,
}

impl Engine {
    /// Loads a plugin.
    ///
    /// # Errors
    /// Whatever keeps the plugin from being used, and what to do about it.
    pub fn load(&self, component: &[u8], options: LoadOptions) -> Result<Plugin, LoadError> {
        let source = Source::read(component, options)?;
        let inner = &*self.inner;
        let key = source.key(inner)?;
        let found = inner.cache.as_ref().and_then(|cache| {
            cache.get(&key, |kind| match kind {
                Kind::Snapshot => Some(&inner.run.engine),
                Kind::WarmSpares => inner.spare().ok().map(|flavour| &flavour.engine),
            })
        });
        let cached = found.is_some();
        let built = match found {
            Some(entry) => Built {
                kind: entry.kind,
                reason: entry.reason,
                component: entry.component,
            },
            None => {
                let built = build(inner, &source)?;
                if let Some(cache) = &inner.cache
                    && let Ok(code) = built.component.serialize()
                {
                    cache.put(&key, built.kind, built.reason.as_deref(), &code);
                }
                built
            }
        };
        self.ready(source, built, cached)
    }

    /// Takes a plugin's snapshot for a host that cannot configure it.
    ///
    /// # Errors
    /// As [`Engine::load`]; and [`LoadError::NoSnapshot`] for a component that only runs on warm
    /// spares.
    pub fn snapshot(&self, component: &[u8], options: LoadOptions) -> Result<Snapshot, LoadError> {
        let source = Source::read(component, options)?;
        let inner = &*self.inner;
        if source.wasi {
            let wasi = source
                .imports
                .iter()
                .find(|import| import.starts_with("wasi:"));
            let reason = format!("it imports `{}`", wasi.map_or("wasi", String::as_str));
            return Err(LoadError::NoSnapshot { reason });
        }
        match snapshot::take(inner, &source.recipe())? {
            Taken::Impossible(reason) => Err(LoadError::NoSnapshot { reason }),
            Taken::Snapshot {
                component,
                manifest,
            } => {
                let manifest = manifest.checked(source.options.name.as_deref())?;
                Ok(Snapshot {
                    component,
                    manifest,
                })
            }
        }
    }

    fn ready(&self, source: Source<'_>, built: Built, cached: bool) -> Result<Plugin, LoadError> {
        let inner = &*self.inner;
        let name = source.options.name.as_deref();
        let (manifest, lent, body, spare_cost) = match built.kind {
            Kind::Snapshot => {
                let program = program(&inner.run, &built.component)?;
                let (manifest, direct) =
                    first_look(inner, &program, &built.component, &source.lent)?;
                let manifest = manifest.checked(name)?;
                let lent = Arc::new(source.lent(&manifest.name));
                let body = Body::Snapshot(Ready { program, direct });
                (manifest, lent, body, None)
            }
            Kind::WarmSpares => {
                let flavour = inner.spare().map_err(LoadError::Malformed)?;
                let recipe = spares::Recipe {
                    inner: Arc::clone(&self.inner),
                    program: program(flavour, &built.component)?,
                    settings: source.options.settings_json.clone(),
                    files: Arc::clone(&source.files),
                };
                let (first, warm_up) = recipe.first(&source.lent)?;
                let cost: Duration = first.took;
                let manifest = first.manifest.clone().checked(name)?;
                let lent = Arc::new(source.lent(&manifest.name));
                let spares = Spares::start(recipe, Arc::clone(&lent), first, warm_up)?;
                (manifest, lent, Body::Spares(spares), Some(cost))
            }
        };
        Ok(Plugin::new(Loaded {
            engine: self.clone(),
            manifest: Arc::new(manifest),
            digest: source.digest,
            settings_digest: source.settings_digest,
            info: PluginInfo {
                kind: built.kind,
                reason: built.reason,
                imports: source.imports,
                bytes: source.component.len(),
                grants: lent.grants,
                limits: lent.limits.clone(),
                spare_cost,
                cached,
            },
            lent,
            body,
        }))
    }
}

/// Everything that a plugin is made from, checked as far as that goes without running it.
struct Source<'a> {
    component: &'a [u8],
    options: LoadOptions,
    imports: Vec<String>,
    wasi: bool,
    files: Arc<DataFiles>,
    /// Under a name that only holds until the plugin has said its own.
    lent: Arc<Lent>,
    digest: String,
    settings_digest: String,
}

impl<'a> Source<'a> {
    fn read(component: &'a [u8], options: LoadOptions) -> Result<Self, LoadError> {
        let checked = imports::check(component, options.grants, options.limits.component_bytes)?;
        let files = match &options.data_dir {
            Some(dir) => DataFiles::read(dir, options.limits.data_bytes)?,
            None => DataFiles::default(),
        };
        let mut settings = Sha256::new();
        settings.update((options.settings_json.len() as u64).to_le_bytes());
        settings.update(&options.settings_json);
        files.digest_into(&mut settings);
        let name = options.name.as_deref().unwrap_or("plugin");
        Ok(Self {
            lent: Arc::new(lend(&options, name)),
            component,
            imports: checked.names,
            wasi: checked.wasi,
            files: Arc::new(files),
            digest: format!("sha256:{}", hex(&Sha256::digest(component))),
            settings_digest: format!("sha256:{}", hex(&settings.finalize())),
            options,
        })
    }

    fn lent(&self, name: &str) -> Lent {
        lend(&self.options, name)
    }

    fn recipe(&self) -> snapshot::Recipe<'_> {
        snapshot::Recipe {
            component: self.component,
            settings: &self.options.settings_json,
            files: Arc::clone(&self.files),
            lent: Arc::clone(&self.lent),
        }
    }

    /// What the compiled code depends on.
    fn key(&self, inner: &Inner) -> Result<String, LoadError> {
        let mut engine = DefaultHasher::new();
        inner
            .run
            .engine
            .precompile_compatibility_hash()
            .hash(&mut engine);
        if self.wasi {
            let spare = inner.spare().map_err(LoadError::Malformed)?;
            spare
                .engine
                .precompile_compatibility_hash()
                .hash(&mut engine);
        }
        let mut key = Sha256::new();
        key.update(env!("CARGO_PKG_VERSION"));
        key.update(warmup::VERSION.to_le_bytes());
        key.update(engine.finish().to_le_bytes());
        key.update(&self.digest);
        key.update(&self.settings_digest);
        key.update((self.options.limits.memory as u64).to_le_bytes());
        Ok(hex(&key.finalize()))
    }
}

fn lend(options: &LoadOptions, name: &str) -> Lent {
    Lent {
        name: name.into(),
        grants: options.grants,
        limits: options.limits.clone(),
        counters: Arc::clone(&options.counters),
        log: Arc::clone(&options.log),
    }
}

struct Built {
    kind: Kind,
    reason: Option<String>,
    component: Component,
}

fn build(inner: &Inner, source: &Source<'_>) -> Result<Built, LoadError> {
    let reason = if source.wasi {
        "it imports WASI".to_owned()
    } else {
        match snapshot::take(inner, &source.recipe())? {
            Taken::Snapshot { mut component, .. } => {
                let whole = component.len();
                direct::open(&mut component);
                let compiled = Component::new(&inner.run.engine, &component).or_else(|error| {
                    // It may have an export of that name already.
                    if component.len() == whole {
                        return Err(error);
                    }
                    component.truncate(whole);
                    Component::new(&inner.run.engine, &component)
                });
                match compiled {
                    Ok(component) => {
                        return Ok(Built {
                            kind: Kind::Snapshot,
                            reason: None,
                            component,
                        });
                    }
                    Err(error) => snapshot::presentable(&format!("{error:#}")),
                }
            }
            Taken::Impossible(reason) => reason,
        }
    };
    let engine = &inner.spare().map_err(LoadError::Malformed)?.engine;
    let component = Component::new(engine, source.component).map_err(LoadError::Malformed)?;
    Ok(Built {
        kind: Kind::WarmSpares,
        reason: Some(reason),
        component,
    })
}

fn program(flavour: &crate::engine::Flavour, component: &Component) -> Result<Program, LoadError> {
    Program::new(&flavour.linker, component).map_err(|source| LoadError::Interface {
        supported: imports::SUPPORTED,
        source,
    })
}

/// Asks the snapshot who it is, which also shows that it can be instantiated within its limits, and
/// for its core module.
fn first_look(
    inner: &Inner,
    program: &Program,
    component: &Component,
    lent: &Arc<Lent>,
) -> Result<(Manifest, Option<Direct>), LoadError> {
    let _ticking = inner.clock.run(lent.limits.configure_time);
    let budget = Budget::start(lent.limits.configure_time);
    let mut store =
        Host::new(Arc::clone(lent), Phase::WarmUp, budget).into_store(&inner.run.engine);
    let failed = |step, fault| LoadError::Failed { step, fault };
    let (guest, instance) = program
        .instantiate_raw(&mut store)
        .flatten()
        .map_err(|error| failed("its start", fault::from_start(&error, store.data())))?;
    let manifest = guest
        .describe(&mut store)
        .map_err(|error| failed("describe", fault::from_call(&error, store.data())))?;
    let direct = Direct::find(component, &instance, &mut store);
    Ok((manifest, direct))
}
