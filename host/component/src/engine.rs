//! The wasmtime engines: how they are set up is decided here and nowhere else.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};
use wasmtime::component::Linker;
use wasmtime::{
    Config, Enabled, InstanceAllocationStrategy, OptLevel, PoolingAllocationConfig, Strategy,
    WasmFeatures,
};

use crate::cache::Cache;
use crate::clock::Clock;
use crate::host::Host;
use crate::{EngineError, EngineOptions, v0_1};

/// Stack of guest code: well below what any thread that calls has.
const GUEST_STACK: usize = 512 << 10;

/// Memory of a used slot that is reset in place rather than given back.
const KEEP_RESIDENT: usize = 4 << 20;

/// With this much address space for each memory, compiled code needs no bounds checks.
const WIDE: u64 = 4 << 30;

/// Where address space is scarce.
const NARROW: u64 = 256 << 20;

/// How instances are reset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EngineMode {
    /// Whether the kernel tells which pages were written (`PAGEMAP_SCAN`, Linux 6.7 or later).
    /// Without it a new sandbox costs about ten times as much.
    pub pagemap_scan: bool,
    /// Whether there is enough address space to do without bounds checks in compiled code.
    pub wide_memories: bool,
}

/// Everything that plugins of one process share. Cheap to clone.
#[derive(Clone)]
pub struct Engine {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    /// Runs snapshots: pooled, optimised.
    pub(crate) run: Flavour,
    /// Runs what cannot be snapshotted: not pooled, optimised, asynchronous, with an empty WASI.
    spare: OnceLock<Flavour>,
    /// Runs what is about to be snapshotted: not pooled, compiled fast.
    fast: OnceLock<Flavour>,
    /// The same for code that the fast compiler does not know.
    plain: OnceLock<Flavour>,
    pub(crate) clock: Clock,
    pub(crate) cache: Option<Cache>,
    pub(crate) gate: Gate,
    pub(crate) threads: usize,
    mode: EngineMode,
}

/// An engine with the imports that its guests may have.
pub(crate) struct Flavour {
    pub(crate) engine: wasmtime::Engine,
    pub(crate) linker: Linker<Host>,
}

impl Engine {
    /// Starts the sandbox.
    ///
    /// # Errors
    /// If the machine cannot run it, or the cache directory is not safe.
    pub fn new(options: EngineOptions) -> Result<Self, EngineError> {
        let clock = Clock::start().map_err(EngineError::Thread)?;
        let cache = options.cache_dir.as_deref().map(Cache::open).transpose()?;
        let threads = options.threads.max(1);
        let slots = slots(threads, options.plugins);
        let (run, mode) = pooled(slots, options.compiles_fast).map_err(EngineError::Start)?;
        let run = Flavour::new(run, &clock, false).map_err(EngineError::Start)?;
        Ok(Self {
            inner: Arc::new(Inner {
                run,
                spare: OnceLock::new(),
                fast: OnceLock::new(),
                plain: OnceLock::new(),
                clock,
                cache,
                gate: Gate::new(slots),
                threads,
                mode,
            }),
        })
    }

    /// How instances are reset on this machine.
    pub fn mode(&self) -> EngineMode {
        self.inner.mode
    }
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine")
            .field("mode", &self.inner.mode)
            .finish_non_exhaustive()
    }
}

impl Inner {
    pub(crate) fn spare(&self) -> wasmtime::Result<&Flavour> {
        self.lazily(&self.spare, true, || {
            let mut config = config();
            config.cranelift_opt_level(OptLevel::Speed);
            config
        })
    }

    pub(crate) fn fast(&self) -> wasmtime::Result<&Flavour> {
        self.lazily(&self.fast, false, || {
            let mut config = config();
            config.strategy(Strategy::Winch);
            config
        })
    }

    pub(crate) fn plain(&self) -> wasmtime::Result<&Flavour> {
        self.lazily(&self.plain, false, || {
            let mut config = config();
            config.cranelift_opt_level(OptLevel::None);
            config
        })
    }

    fn lazily<'a>(
        &self,
        place: &'a OnceLock<Flavour>,
        wasi: bool,
        config: impl Fn() -> Config,
    ) -> wasmtime::Result<&'a Flavour> {
        if let Some(flavour) = place.get() {
            return Ok(flavour);
        }
        let made = Flavour::new(wasmtime::Engine::new(&config())?, &self.clock, wasi)?;
        // Two threads may come here at once; then one of the two is dropped.
        Ok(place.get_or_init(|| made))
    }
}

impl Flavour {
    fn new(engine: wasmtime::Engine, clock: &Clock, wasi: bool) -> wasmtime::Result<Self> {
        clock.add(&engine);
        let mut linker = Linker::new(&engine);
        v0_1::add_to_linker(&mut linker)?;
        if wasi {
            wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
        }
        Ok(Self { engine, linker })
    }
}

/// Every plugin keeps its own warm slots, one for each thread and two to spare.
fn slots(threads: usize, plugins: usize) -> u32 {
    let slots = threads
        .saturating_add(2)
        .saturating_mul(plugins.clamp(1, 64));
    u32::try_from(slots).unwrap_or(u32::MAX).min(2048)
}

/// What all engines have in common.
fn config() -> Config {
    let mut config = Config::new();
    let unused = WasmFeatures::THREADS
        | WasmFeatures::SHARED_EVERYTHING_THREADS
        | WasmFeatures::GC
        | WasmFeatures::FUNCTION_REFERENCES
        | WasmFeatures::EXCEPTIONS
        | WasmFeatures::MEMORY64
        | WasmFeatures::STACK_SWITCHING
        | WasmFeatures::CUSTOM_PAGE_SIZES
        | WasmFeatures::CM_ASYNC;
    config
        .wasm_features(unused, false)
        .wasm_simd(true)
        .relaxed_simd_deterministic(true)
        .epoch_interruption(true)
        .max_wasm_stack(GUEST_STACK)
        .wasm_backtrace_max_frames(None)
        .native_unwind_info(false)
        .generate_address_map(false)
        .memory_init_cow(true)
        .concurrency_support(false);
    config
}

/// The pooled engine, set up as well as the machine allows.
fn pooled(slots: u32, compiles_fast: bool) -> wasmtime::Result<(wasmtime::Engine, EngineMode)> {
    let mut last = None;
    for wide_memories in [true, false] {
        for pagemap_scan in [true, false] {
            let mode = EngineMode {
                pagemap_scan,
                wide_memories,
            };
            let mut config = pooled_config(slots, mode);
            if compiles_fast {
                config.strategy(Strategy::Winch);
            }
            match wasmtime::Engine::new(&config) {
                Ok(engine) => return Ok((engine, mode)),
                Err(error) => last = Some(error),
            }
        }
    }
    Err(last.unwrap_or_else(|| wasmtime::Error::msg("no way of setting it up was tried")))
}

fn pooled_config(slots: u32, mode: EngineMode) -> Config {
    let reservation = if mode.wide_memories { WIDE } else { NARROW };
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(slots)
        .max_core_instances_per_component(16)
        .total_core_instances(slots.saturating_mul(16))
        .max_memories_per_component(2)
        .total_memories(slots.saturating_mul(2))
        .max_tables_per_component(4)
        .total_tables(slots.saturating_mul(4))
        .total_stacks(0)
        .max_memory_size(usize::try_from(reservation).unwrap_or(usize::MAX))
        .linear_memory_keep_resident(KEEP_RESIDENT)
        .table_keep_resident(64 << 10)
        .pagemap_scan(if mode.pagemap_scan {
            Enabled::Yes
        } else {
            Enabled::No
        });
    let mut config = config();
    config
        .cranelift_opt_level(OptLevel::Speed)
        .memory_reservation(reservation)
        .allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    config
}

/// Lets as many calls in as there are slots; the others wait.
pub(crate) struct Gate {
    free: Mutex<u32>,
    freed: Condvar,
}

impl Gate {
    fn new(slots: u32) -> Self {
        Self {
            free: Mutex::new(slots),
            freed: Condvar::new(),
        }
    }

    /// A slot, or `None` if none came free in time.
    pub(crate) fn enter(&self, patience: Duration) -> Option<Slot<'_>> {
        let mut free = self.free.lock();
        if *free == 0 {
            let until = Instant::now() + patience;
            while *free == 0 {
                if self.freed.wait_until(&mut free, until).timed_out() {
                    return None;
                }
            }
        }
        *free -= 1;
        Some(Slot { gate: self })
    }
}

/// The right to one instance in the pool.
pub(crate) struct Slot<'a> {
    gate: &'a Gate,
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        *self.gate.free.lock() += 1;
        self.gate.freed.notify_one();
    }
}
