//! What stands behind one store: limits, and what the plugin's imports are answered with.

use std::sync::Arc;

use wasmtime::component::ResourceTable;
use wasmtime::{ResourceLimiter, Store, UpdateDeadline};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

use crate::clock::{Budget, LOOK_EVERY};
use crate::data::DataFiles;
use crate::options::LogLevel;
use crate::{CounterScope, Counters, Grants, Limits, LogSink};

/// Table entries of one instance: function pointers, mostly.
const MAX_TABLE: usize = 100_000;

/// One page of linear memory.
const PAGE: usize = 64 << 10;

/// Lines that one call may log.
const MAX_LOG_LINES: u32 = 1_000;

/// What a plugin is lent for as long as it is loaded.
pub(crate) struct Lent {
    pub(crate) name: Arc<str>,
    pub(crate) grants: Grants,
    pub(crate) limits: Limits,
    pub(crate) counters: Arc<dyn Counters>,
    pub(crate) log: Arc<dyn LogSink>,
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
    lent: Arc<Lent>,
    pub(crate) phase: Phase,
    pub(crate) budget: Budget,
    pub(crate) memory: Memory,
    timed_out: bool,
    bytes_left: usize,
    lines_left: u32,
    wasi: Option<Box<Wasi>>,
}

impl Host {
    pub(crate) fn new(lent: Arc<Lent>, phase: Phase, budget: Budget) -> Self {
        let memory = Memory {
            limit: lent.limits.memory,
            used: 0,
            denied: false,
        };
        let bytes_left = lent.limits.host_call_bytes;
        Self {
            lent,
            phase,
            budget,
            memory,
            timed_out: false,
            bytes_left,
            lines_left: MAX_LOG_LINES,
            wasi: None,
        }
    }

    /// Starts another call in the same store.
    pub(crate) fn begin(store: &mut Store<Self>, phase: Phase, budget: Budget) {
        store.set_epoch_deadline(LOOK_EVERY);
        let host = store.data_mut();
        host.phase = phase;
        host.budget = budget;
        host.timed_out = false;
        host.bytes_left = host.lent.limits.host_call_bytes;
        host.lines_left = MAX_LOG_LINES;
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
        if !self.spend(message.len()) || self.lines_left == 0 {
            return;
        }
        self.lines_left -= 1;
        if self.lent.grants.log {
            self.lent.log.write(&self.lent.name, level, message);
        }
    }

    pub(crate) fn data(&self) -> Option<&DataFiles> {
        match &self.phase {
            Phase::Configure(files) => Some(files),
            Phase::WarmUp | Phase::Inspect { .. } => None,
        }
    }

    /// Asks the counters, if they were granted and this is a real call. The answer before that is 0.
    pub(crate) fn count(
        &mut self,
        bytes: usize,
        ask: impl FnOnce(&dyn Counters, CounterScope<'_>) -> Result<u64, crate::CountersUnavailable>,
    ) -> Result<u64, &'static str> {
        if !self.lent.grants.counters {
            return Err("counters are not granted");
        }
        if !self.spend(bytes) {
            return Err("too many bytes in one call");
        }
        let Phase::Inspect { tenant } = &self.phase else {
            return Ok(0);
        };
        let scope = CounterScope {
            plugin: &self.lent.name,
            tenant: tenant.as_deref(),
        };
        ask(&*self.lent.counters, scope).map_err(|_| "counters are unavailable")
    }

    /// Every import costs its bytes and a little more, so that many small ones end too.
    fn spend(&mut self, bytes: usize) -> bool {
        match self.bytes_left.checked_sub(bytes.saturating_add(16)) {
            Some(left) => {
                self.bytes_left = left;
                true
            }
            None => {
                self.bytes_left = 0;
                false
            }
        }
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
