//! The sandbox that serves requests, for one plugin at its author's.

use std::cell::OnceCell;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use caponier_component::{
    CounterScope, Counters, CountersUnavailable, Engine, EngineOptions, Grants, LoadOptions,
    LogLevel, LogSink, Plugin,
};

use crate::Error;

/// Everything that can be granted: an author asks what a plugin does with it, not whether it may.
const ALL: Grants = Grants {
    counters: true,
    rewrite: true,
    log: true,
};

/// Counters that sum up and forget nothing, for calls that all happen at once.
#[derive(Default)]
struct Sums(Mutex<std::collections::HashMap<(String, Vec<u8>), u64>>);

impl Sums {
    fn add(&self, key: &str, member: &[u8], amount: u64) -> Result<u64, CountersUnavailable> {
        let mut sums = self.0.lock().map_err(|_| CountersUnavailable)?;
        let sum = sums.entry((key.to_owned(), member.to_vec())).or_default();
        *sum = sum.saturating_add(amount);
        Ok(*sum)
    }
}

impl Counters for Sums {
    fn add(
        &self,
        _: CounterScope<'_>,
        key: &str,
        amount: u64,
        _: Duration,
    ) -> Result<u64, CountersUnavailable> {
        Self::add(self, key, &[], amount)
    }

    fn add_unique(
        &self,
        _: CounterScope<'_>,
        key: &str,
        member: &[u8],
        _: Duration,
    ) -> Result<u64, CountersUnavailable> {
        Self::add(self, key, member, 1)?;
        let sums = self.0.lock().map_err(|_| CountersUnavailable)?;
        let members = sums
            .keys()
            .filter(|(known, member)| known == key && !member.is_empty());
        Ok(u64::try_from(members.count()).unwrap_or(u64::MAX))
    }
}

/// What a plugin has logged: the texts are its author's own.
#[derive(Default)]
pub(crate) struct Heard(Mutex<Vec<String>>);

/// Lines that are kept.
const LINES: usize = 20;

impl Heard {
    /// What came since the last time, a line each.
    pub(crate) fn take(&self) -> Vec<String> {
        self.0
            .lock()
            .map_or_else(|_| Vec::new(), |mut lines| std::mem::take(&mut *lines))
    }
}

impl LogSink for Heard {
    fn write(&self, _: &str, level: LogLevel, message: &str) {
        if let Ok(mut lines) = self.0.lock()
            && lines.len() < LINES
        {
            lines.push(format!(
                "{}: {message}",
                format!("{level:?}").to_lowercase()
            ));
        }
    }
}

/// A sandbox.
pub(crate) struct Sandbox {
    pub(crate) engine: Engine,
    pub(crate) heard: Arc<Heard>,
    /// For other settings than the first ones, once there are such.
    quick: OnceCell<Engine>,
}

impl Sandbox {
    pub(crate) fn new() -> Result<Self, Error> {
        Ok(Self {
            engine: engine(false)?,
            heard: Arc::default(),
            quick: OnceCell::new(),
        })
    }

    /// Loads a plugin with every grant, and says how long that took.
    pub(crate) fn load(
        &self,
        component: &[u8],
        settings: &str,
        data: Option<&Path>,
    ) -> Result<(Plugin, Duration), Error> {
        let started = Instant::now();
        let plugin = self.engine.load(component, self.options(settings, data))?;
        Ok((plugin, started.elapsed()))
    }

    /// Loads a plugin, which then runs slower, in a tenth of the time.
    pub(crate) fn load_quickly(
        &self,
        component: &[u8],
        settings: &str,
        data: Option<&Path>,
    ) -> Result<Plugin, Error> {
        let quick = match self.quick.get() {
            Some(quick) => quick,
            // Not every machine has the compiler for it.
            None => {
                let made = engine(true).unwrap_or_else(|_| self.engine.clone());
                self.quick.get_or_init(|| made)
            }
        };
        Ok(quick.load(component, self.options(settings, data))?)
    }

    fn options(&self, settings: &str, data: Option<&Path>) -> LoadOptions {
        LoadOptions {
            log: Arc::<Heard>::clone(&self.heard),
            ..options(settings, data)
        }
    }
}

fn engine(compiles_fast: bool) -> Result<Engine, Error> {
    Ok(Engine::new(EngineOptions {
        plugins: 4,
        compiles_fast,
        ..EngineOptions::default()
    })?)
}

/// How an author's plugin is loaded.
pub(crate) fn options(settings: &str, data: Option<&Path>) -> LoadOptions {
    LoadOptions {
        settings_json: match settings {
            "" => "{}".to_owned(),
            settings => settings.to_owned(),
        },
        data_dir: data.map(Path::to_owned),
        grants: ALL,
        counters: Arc::new(Sums::default()),
        ..LoadOptions::default()
    }
}
