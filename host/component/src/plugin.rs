//! A loaded plugin.

use std::sync::Arc;
use std::time::Duration;

use caponier_abi::Call;
use caponier_core::{Context, Fault, FaultKind, Manifest, Report};
use wasmtime::Store;

use crate::clock::Budget;
use crate::direct::{Direct, Entered};
use crate::engine::{Engine, Inner};
use crate::host::{Host, Lent, Phase};
use crate::spares::Spares;
use crate::v0_1::{Guest, Program};
use crate::{Grants, Limits, LogLevel, fault};

/// How long a call waits for a slot in the pool.
const PATIENCE: Duration = Duration::from_secs(5);

/// How a plugin gets a new instance for each call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// From a snapshot that was taken after it was configured.
    Snapshot,
    /// From a few instances that are configured in the background, one for each call.
    WarmSpares,
}

impl Kind {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Snapshot => "snapshot",
            Self::WarmSpares => "warm-spares",
        }
    }

    pub(crate) fn parse(word: &str) -> Option<Self> {
        [Self::Snapshot, Self::WarmSpares]
            .into_iter()
            .find(|kind| kind.as_str() == word)
    }
}

/// What is known of a plugin beside its manifest.
#[derive(Clone, Debug)]
pub struct PluginInfo {
    /// How it gets new instances.
    pub kind: Kind,
    /// Why it is no snapshot, where it is none.
    pub reason: Option<String>,
    /// The interfaces it imports.
    pub imports: Vec<String>,
    /// Bytes of the component.
    pub bytes: usize,
    /// What it was granted.
    pub grants: Grants,
    /// What it may use.
    pub limits: Limits,
    /// How long it took to make one warm spare.
    pub spare_cost: Option<Duration>,
    /// Whether its compiled code came from the cache.
    pub cached: bool,
}

/// A loaded plugin: configured, limited, ready to inspect. Cheap to clone.
#[derive(Clone)]
pub struct Plugin {
    inner: Arc<Loaded>,
}

pub(crate) struct Loaded {
    pub(crate) engine: Engine,
    pub(crate) lent: Arc<Lent>,
    pub(crate) manifest: Arc<Manifest>,
    pub(crate) digest: String,
    pub(crate) settings_digest: String,
    pub(crate) info: PluginInfo,
    pub(crate) body: Body,
}

pub(crate) enum Body {
    Snapshot(Ready),
    Spares(Spares),
}

pub(crate) struct Ready {
    pub(crate) program: Program,
    /// Its core module, where that can be called by itself.
    pub(crate) direct: Option<Direct>,
}

impl Ready {
    fn instantiate(&self, store: &mut Store<Host>) -> wasmtime::Result<Instance> {
        Ok(match &self.direct {
            Some(direct) => Instance::Direct(direct.instantiate(store)?),
            None => Instance::Component(self.program.instantiate(store)?),
        })
    }
}

/// An instance of a snapshot.
pub(crate) enum Instance {
    Direct(Entered),
    Component(Guest),
}

impl Instance {
    pub(crate) fn inspect(
        &self,
        store: &mut Store<Host>,
        limits: &Limits,
        call: &Call<'_>,
    ) -> Result<Result<Report, String>, Fault> {
        match self {
            Self::Direct(instance) => instance.inspect(store, &limits.of_a_call(), call),
            Self::Component(instance) => instance
                .inspect(store, call)
                .map_err(|error| fault::from_call(&error, store.data())),
        }
    }
}

impl Plugin {
    pub(crate) fn new(loaded: Loaded) -> Self {
        Self {
            inner: Arc::new(loaded),
        }
    }

    /// What it says of itself, under the operator's name for it.
    pub fn manifest(&self) -> &Arc<Manifest> {
        &self.inner.manifest
    }

    /// The component's digest: `sha256:…`.
    pub fn digest(&self) -> &str {
        &self.inner.digest
    }

    /// The digest of its settings and data files: `sha256:…`.
    pub fn settings_digest(&self) -> &str {
        &self.inner.settings_digest
    }

    #[cfg(test)]
    pub(crate) fn ready(&self) -> Option<&Ready> {
        match &self.inner.body {
            Body::Snapshot(ready) => Some(ready),
            Body::Spares(_) => None,
        }
    }

    /// How it gets new instances.
    pub fn kind(&self) -> Kind {
        self.inner.info.kind
    }

    /// What else is known of it.
    pub fn info(&self) -> &PluginInfo {
        &self.inner.info
    }

    /// Shows it one stage's segments, in a new sandbox. What it hands back is not checked against
    /// its manifest yet.
    ///
    /// # Errors
    /// However it failed, as every host names it.
    pub fn inspect(&self, call: &Call<'_>) -> Result<Report, Fault> {
        let loaded = &*self.inner;
        let time = loaded.time(call);
        let phase = loaded.phase(call.context);
        match &loaded.body {
            Body::Snapshot(snapshot) => {
                let engine = &*loaded.engine.inner;
                let _slot = engine.gate.enter(PATIENCE).ok_or_else(fault::crowded)?;
                let _ticking = engine.clock.run(time);
                let host = Host::new(Arc::clone(&loaded.lent), phase, Budget::start(time));
                let mut store = host.into_store(&engine.run.engine);
                let instance = snapshot
                    .instantiate(&mut store)
                    .map_err(|error| fault::from_start(&error, store.data()))?;
                loaded.finish(instance.inspect(&mut store, &loaded.lent.limits, call)?)
            }
            Body::Spares(spares) => loaded.finish(spares.inspect(phase, time, call)?),
        }
    }

    /// One instance that is used again and again, to measure what a new one costs. Nothing that
    /// serves requests may use it: what a call leaves behind is there for the next.
    ///
    /// # Errors
    /// If there is no instance, or the plugin runs on warm spares.
    pub fn session(&self) -> Result<Session, Fault> {
        let loaded = Arc::clone(&self.inner);
        let Body::Snapshot(snapshot) = &loaded.body else {
            return Err(Fault::new(
                FaultKind::Refused,
                "only a snapshot can be measured in one session",
            ));
        };
        let engine: &Inner = &loaded.engine.inner;
        let budget = Budget::start(loaded.lent.limits.configure_time);
        let host = Host::new(Arc::clone(&loaded.lent), Phase::WarmUp, budget);
        let mut store = host.into_store(&engine.run.engine);
        let instance = snapshot
            .instantiate(&mut store)
            .map_err(|error| fault::from_start(&error, store.data()))?;
        Ok(Session {
            loaded,
            store,
            instance,
        })
    }
}

impl std::fmt::Debug for Plugin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Plugin")
            .field("name", &self.inner.manifest.name)
            .field("digest", &self.inner.digest)
            .field("kind", &self.inner.info.kind)
            .finish_non_exhaustive()
    }
}

impl Loaded {
    fn time(&self, call: &Call<'_>) -> Duration {
        self.lent.limits.time_for(call.bytes())
    }

    fn phase(&self, context: &Context) -> Phase {
        let tenant = if self.lent.grants.counters {
            context.tenant.clone()
        } else {
            None
        };
        Phase::Inspect { tenant }
    }

    fn finish(&self, answer: Result<Report, String>) -> Result<Report, Fault> {
        let lent = &self.lent;
        match answer {
            Ok(report) => {
                let limit = lent.limits.state_bytes;
                if report
                    .state
                    .as_ref()
                    .is_some_and(|state| state.len() > limit)
                {
                    return Err(fault::state(limit));
                }
                Ok(report)
            }
            Err(message) => {
                if lent.grants.log {
                    let message: String = message.chars().take(4096).collect();
                    lent.log.write(&lent.name, LogLevel::Error, &message);
                }
                Err(fault::refused())
            }
        }
    }
}

/// One instance used for many calls; see [`Plugin::session`].
pub struct Session {
    loaded: Arc<Loaded>,
    store: Store<Host>,
    instance: Instance,
}

impl Session {
    /// One call. After a fault the session is of no more use.
    ///
    /// # Errors
    /// However the plugin failed.
    pub fn inspect(&mut self, call: &Call<'_>) -> Result<Report, Fault> {
        let loaded = &*self.loaded;
        let time = loaded.time(call);
        let _ticking = loaded.engine.inner.clock.run(time);
        let budget = Budget::start(time);
        Host::begin(&mut self.store, loaded.phase(call.context), budget);
        let limits = &loaded.lent.limits;
        loaded.finish(self.instance.inspect(&mut self.store, limits, call)?)
    }
}
