//! What an operator grants a plugin, and what a host lends it.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::LogLevel;

/// How an engine works.
#[derive(Clone, Debug)]
pub struct EngineOptions {
    /// Where compiled code is kept. `None`: it is compiled at every start.
    pub cache_dir: Option<PathBuf>,
    /// How many threads call plugins at the same time.
    pub threads: usize,
    /// How many plugins are expected to be loaded at the same time, old revisions included.
    pub plugins: usize,
    /// Plugins are compiled some ten times as fast, and run slower: for a short look at many.
    pub compiles_fast: bool,
}

impl Default for EngineOptions {
    fn default() -> Self {
        let threads = std::thread::available_parallelism().map_or(2, usize::from);
        Self {
            cache_dir: None,
            threads,
            plugins: 16,
            compiles_fast: false,
        }
    }
}

/// Rights that the operator gives one plugin. The `data` grant is [`LoadOptions::data_dir`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Grants {
    /// It may count.
    pub counters: bool,
    /// It may word replacements and ask for edits. Enforced where reports are checked.
    pub rewrite: bool,
    /// The operator sees what it logs.
    pub log: bool,
}

/// What one plugin may use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of linear memory of one instance.
    pub memory: usize,
    /// Processor time of one call, whatever it is shown.
    pub time_base: Duration,
    /// Processor time of one call for every MiB it is shown.
    pub time_per_mib: Duration,
    /// Bytes that one call may hand to the host through imports.
    pub host_call_bytes: usize,
    /// Bytes that one call may hand back.
    pub output_bytes: usize,
    /// Bytes of `state`.
    pub state_bytes: usize,
    /// Processor time of `configure`.
    pub configure_time: Duration,
    /// Bytes of the component file.
    pub component_bytes: usize,
    /// Bytes of all granted data files together.
    pub data_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory: 64 << 20,
            time_base: Duration::from_millis(20),
            time_per_mib: Duration::from_millis(150),
            host_call_bytes: 1 << 20,
            output_bytes: 16 << 20,
            state_bytes: 256 << 10,
            configure_time: Duration::from_secs(10),
            component_bytes: 64 << 20,
            data_bytes: 64 << 20,
        }
    }
}

impl Limits {
    /// What bounds a single call, for those who call the core module.
    pub(crate) const fn of_a_call(&self) -> caponier_abi::Limits {
        caponier_abi::Limits {
            output: self.output_bytes,
            state: self.state_bytes,
            host_calls: self.host_call_bytes,
        }
    }

    /// The processor time that one call may use on this many bytes.
    pub(crate) fn time_for(&self, bytes: usize) -> Duration {
        let per_mib = u64::try_from(self.time_per_mib.as_nanos()).unwrap_or(u64::MAX);
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        let extra = u128::from(per_mib) * u128::from(bytes) / (1 << 20);
        self.time_base.saturating_add(Duration::from_nanos(
            u64::try_from(extra).unwrap_or(u64::MAX),
        ))
    }
}

/// How one plugin is loaded.
#[derive(Clone)]
pub struct LoadOptions {
    /// The operator's name for it. `None`: the plugin's own.
    pub name: Option<String>,
    /// Its settings as JSON.
    pub settings_json: String,
    /// The directory it may read during `configure`.
    pub data_dir: Option<PathBuf>,
    /// Its rights.
    pub grants: Grants,
    /// Its bounds.
    pub limits: Limits,
    /// Who counts, where that is granted.
    pub counters: Arc<dyn Counters>,
    /// Who hears what it logs, where that is granted.
    pub log: Arc<dyn LogSink>,
}

impl Default for LoadOptions {
    fn default() -> Self {
        Self {
            name: None,
            settings_json: "{}".to_owned(),
            data_dir: None,
            grants: Grants::default(),
            limits: Limits::default(),
            counters: Arc::new(NoCounters),
            log: Arc::new(NoLog),
        }
    }
}

/// Leaves out the settings, which may hold secrets.
impl std::fmt::Debug for LoadOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LoadOptions")
            .field("name", &self.name)
            .field("data_dir", &self.data_dir)
            .field("grants", &self.grants)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

/// For whom a plugin counts: keys are kept apart by plugin and tenant.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct CounterScope<'a> {
    /// The plugin's name.
    pub plugin: &'a str,
    /// The tenant, where identity gives one.
    pub tenant: Option<&'a str>,
}

/// The counters could not be reached, or have no room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CountersUnavailable;

/// Where granted counters are kept.
pub trait Counters: Send + Sync {
    /// Adds `amount` and returns the sum over the sliding window.
    ///
    /// # Errors
    /// If the counters cannot be reached or have no room.
    fn add(
        &self,
        scope: CounterScope<'_>,
        key: &str,
        amount: u64,
        window: Duration,
    ) -> Result<u64, CountersUnavailable>;

    /// Adds a member and returns an estimate of the set's size over the window.
    ///
    /// # Errors
    /// If the counters cannot be reached or have no room.
    fn add_unique(
        &self,
        scope: CounterScope<'_>,
        key: &str,
        member: &[u8],
        window: Duration,
    ) -> Result<u64, CountersUnavailable>;
}

/// Counters that nobody keeps.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoCounters;

impl Counters for NoCounters {
    fn add(
        &self,
        _: CounterScope<'_>,
        _: &str,
        _: u64,
        _: Duration,
    ) -> Result<u64, CountersUnavailable> {
        Err(CountersUnavailable)
    }

    fn add_unique(
        &self,
        _: CounterScope<'_>,
        _: &str,
        _: &[u8],
        _: Duration,
    ) -> Result<u64, CountersUnavailable> {
        Err(CountersUnavailable)
    }
}

/// Who hears what plugins log. Called only for plugins with the `log` grant: a plugin may word
/// its lines as it likes, inspected text included.
pub trait LogSink: Send + Sync {
    /// One line of one plugin.
    fn write(&self, plugin: &str, level: LogLevel, message: &str);
}

/// Nobody listens.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoLog;

impl LogSink for NoLog {
    fn write(&self, _: &str, _: LogLevel, _: &str) {}
}
