//! What stands behind one store: limits, and what the plugin's imports are answered with.

use std::sync::Arc;

use caponier_abi::imports::Allowance;
use wasmtime::component::ResourceTable;
use wasmtime::{ResourceLimiter, Store, UpdateDeadline};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

use crate::clock::{Budget, LOOK_EVERY};
use crate::data::DataFiles;
use crate::{CounterScope, Counters, CountersUnavailable, Grants, Limits, LogLevel, LogSink};

/// Table entries of one instance: function pointers, mostly.
const MAX_TABLE: usize = 100_000;

/// One page of linear memory.
const PAGE: usize = 64 << 10;

/// What a plugin is lent for as long as it is loaded.
pub(crate) struct Lent {
    pub(crate) name: Arc<str>,
    pub(crate) grants: Grants,
    pub(crate) limits: Limits,
    pub(crate) counters: Arc<dyn Counters>,
    pub(crate) log: Arc<dyn LogSink>,
}

impl Lent {
    /// One line from the plugin, if somebody is to hear it.
    pub(crate) fn say(&self, level: LogLevel, message: &str) {
        if self.grants.log {
            self.log.write(&self.name, level, message);
        }
    }

    /// Asks the counters, if they were granted and this is a real call. The answer before that is 0.
    pub(crate) fn count(
        &self,
        phase: &Phase,
        ask: impl FnOnce(&dyn Counters, CounterScope<'_>) -> Result<u64, CountersUnavailable>,
    ) -> Result<u64, &'static str> {
        if !self.grants.counters {
            return Err("counters are not granted");
        }
        let Phase::Inspect { tenant } = phase else {
            return Ok(0);
        };
        let scope = CounterScope {
            plugin: &self.name,
            tenant: tenant.as_deref(),
        };
        ask(&*self.counters, scope).map_err(|_| "counters are unavailable")
    }
}

/// Where in its life a plugin is.
pub(crate) enum Phase {
    /// In `configure`: files can be read.
    Configure(Arc<DataFiles>),
    /// Before it is ready, after `configure`.
    WarmUp,
    /// On a real call.
    Inspect {
        /// For whom it counts.
        tenant: Option<String>,
    },
}

/// The data of one store.
pub(crate) struct Host {
    pub(crate) lent: Arc<Lent>,
    pub(crate) phase: Phase,
    pub(crate) budget: Budget,
    pub(crate) memory: Memory,
    /// Whether a core module makes room for what it is given, or clears up what it handed back, and may
    /// ask for nothing then: the component runtime has the same rule.
    pub(crate) may_not_ask: bool,
    timed_out: bool,
    pub(crate) allowance: Allowance,
    wasi: Option<Box<Wasi>>,
}

impl Host {
    pub(crate) fn new(lent: Arc<Lent>, phase: Phase, budget: Budget) -> Self {
        let memory = Memory {
            limit: lent.limits.memory,
            used: 0,
            denied: false,
        };
        let allowance = Allowance::new(&lent.limits.of_a_call());
        Self {
            lent,
            phase,
            budget,
            memory,
            may_not_ask: false,
            timed_out: false,
            allowance,
            wasi: None,
        }
    }

    /// Starts another call in the same store.
    pub(crate) fn begin(store: &mut Store<Self>, phase: Phase, budget: Budget) {
        store.set_epoch_deadline(LOOK_EVERY);
        let host = store.data_mut();
        host.phase = phase;
        host.budget = budget;
        host.may_not_ask = false;
        host.timed_out = false;
        host.memory.denied = false;
        host.allowance = Allowance::new(&host.lent.limits.of_a_call());
    }

    /// A store with every limit in place.
    pub(crate) fn into_store(self, engine: &wasmtime::Engine) -> Store<Self> {
        let output = self.lent.limits.output_bytes;
        let mut store = Store::new(engine, self);
        store.limiter(|host| &mut host.memory);
        store.set_hostcall_fuel(output);
        store.set_epoch_deadline(LOOK_EVERY);
        store.epoch_deadline_callback(|mut context| {
            let host = context.data_mut();
            Ok(match host.budget.next_deadline() {
                Some(ticks) => UpdateDeadline::Continue(ticks),
                None => {
                    host.timed_out = true;
                    UpdateDeadline::Interrupt
                }
            })
        });
        store
    }

    /// Gives the plugin its final name.
    pub(crate) fn lend(&mut self, lent: Arc<Lent>) {
        self.lent = lent;
    }

    pub(crate) fn timed_out(&self) -> bool {
        self.timed_out
    }

    /// One line from the plugin. What exceeds the limits is dropped, not refused: a plugin cannot
    /// be made to fail by what it says.
    pub(crate) fn log(&mut self, level: LogLevel, message: &str) {
        if self.allowance.spend_line(message.len()) {
            self.lent.say(level, message);
        }
    }

    pub(crate) fn data(&self) -> Option<&DataFiles> {
        match &self.phase {
            Phase::Configure(files) => Some(files),
            Phase::WarmUp | Phase::Inspect { .. } => None,
        }
    }

    /// Asks the counters, which costs so many bytes.
    pub(crate) fn count(
        &mut self,
        bytes: usize,
        ask: impl FnOnce(&dyn Counters, CounterScope<'_>) -> Result<u64, CountersUnavailable>,
    ) -> Result<u64, &'static str> {
        if !self.allowance.spend(bytes) {
            return Err("too many bytes in one call");
        }
        self.lent.count(&self.phase, ask)
    }
}

/// How much linear memory an instance has, and whether it wanted more.
pub(crate) struct Memory {
    limit: usize,
    used: usize,
    denied: bool,
}

impl Memory {
    /// Whether more was asked for than is allowed.
    pub(crate) fn denied(&self) -> bool {
        self.denied
    }

    /// Room for reading the memory out: the snapshot writes one page behind each memory.
    pub(crate) fn allow_snapshot(&mut self) {
        self.limit = self.limit.saturating_add(8 * PAGE);
    }
}

impl ResourceLimiter for Memory {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let used = self.used.saturating_add(desired.saturating_sub(current));
        if used > self.limit {
            self.denied = true;
            return Ok(false);
        }
        self.used = used;
        Ok(true)
    }

    fn table_growing(
        &mut self,
        _current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        Ok(desired <= MAX_TABLE)
    }
}

/// A WASI that holds nothing: no files, no network, no environment, clocks that stand still.
struct Wasi {
    context: WasiCtx,
    table: ResourceTable,
}

impl WasiView for Host {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        let wasi = self.wasi.get_or_insert_with(|| {
            Box::new(Wasi {
                context: crate::wasi::nothing(),
                table: ResourceTable::new(),
            })
        });
        WasiCtxView {
            ctx: &mut wasi.context,
            table: &mut wasi.table,
        }
    }
}
