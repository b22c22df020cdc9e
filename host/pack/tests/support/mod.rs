//! A packed module on wasmtime, with the plain shell of `shell.wat` around it.

#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::panic,
    reason = "each test file uses a part of this; a module that cannot be made fails its test"
)]

use std::sync::OnceLock;

use caponier_abi::imports::{self, Allowance};
use caponier_abi::{Call, Guest, Limits, Status, inspect};
use caponier_component::{Engine, EngineOptions, LoadOptions};
use caponier_core::{Context, Fault, FaultKind, Report, Segment, Stage};
use caponier_pack::{Fuel, Input, PackError, Plugin, pack};
use wasmtime::{AsContextMut, Caller, Config, Instance, Linker, Memory, Module, Store, TypedFunc};

/// The shell's text.
pub(crate) const SHELL: &str = include_str!("shell.wat");

/// Where the shell keeps what it passes on, and how much of it at once.
const SCRATCH: usize = 1 << 16;
const CHUNK: usize = 1 << 20;

/// An engine that runs what pack makes.
pub(crate) fn engine() -> &'static wasmtime::Engine {
    static ENGINE: OnceLock<wasmtime::Engine> = OnceLock::new();
    ENGINE.get_or_init(|| {
        let mut config = Config::new();
        config
            .wasm_exceptions(true)
            .wasm_multi_memory(true)
            .max_wasm_stack(1 << 20);
        wasmtime::Engine::new(&config).unwrap()
    })
}

/// The sandbox of the standalone host, to take snapshots and to compare with.
pub(crate) fn standalone() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(|| Engine::new(EngineOptions::default()).unwrap())
}

/// What the host lends plugins, and what it heard from them.
#[derive(Default)]
pub(crate) struct State {
    allowance: Option<Allowance>,
    entries: Option<Entries>,
    pub(crate) lines: Vec<String>,
    pub(crate) counted: Vec<(String, u64)>,
    /// Counters that cannot be reached.
    pub(crate) unavailable: bool,
}

#[derive(Clone)]
struct Entries {
    memory: Memory,
    begin: TypedFunc<(u32, u32), ()>,
    alloc: TypedFunc<(u32, u32, u32), u64>,
    memory_len: TypedFunc<u32, u32>,
    write: TypedFunc<(u32, u32, u32, u32), u32>,
    read: TypedFunc<(u32, u32, u32, u32), u32>,
    inspect: TypedFunc<(u32, u32), u64>,
    post_return: TypedFunc<(u32, u32), u32>,
    denied: TypedFunc<u32, u32>,
    fuel_left: TypedFunc<u32, i64>,
    reset: TypedFunc<u32, ()>,
}

/// One packed plugin, as the ABI wants it.
pub(crate) struct Entry<C> {
    store: std::cell::RefCell<C>,
    entries: Entries,
    index: u32,
}

fn split(answer: u64) -> Result<u32, FaultKind> {
    Status::from_number(u32::try_from(answer >> 32).unwrap()).check()?;
    Ok(u32::try_from(answer & 0xffff_ffff).unwrap())
}

/// Every call of the glue must return: a trap is what must never be.
fn returned<T>(result: wasmtime::Result<T>) -> T {
    result.unwrap_or_else(|error| panic!("the module trapped: {error:?}"))
}

impl<C: AsContextMut<Data = State>> Guest for Entry<C> {
    fn begin(&mut self, bytes: usize) {
        let mut store = self.store.borrow_mut();
        store.as_context_mut().data_mut().allowance = Some(Allowance::new(&Limits::default()));
        let call = (self.index, u32::try_from(bytes).unwrap());
        returned(self.entries.begin.call(&mut *store, call));
    }

    fn alloc(&mut self, align: u32, size: u32) -> Result<u32, FaultKind> {
        let call = (self.index, align, size);
        let store = self.store.get_mut();
        split(returned(self.entries.alloc.call(store, call)))
    }

    fn memory_len(&self) -> u32 {
        let mut store = self.store.borrow_mut();
        returned(self.entries.memory_len.call(&mut *store, self.index))
    }

    fn write(&mut self, to: u32, bytes: &[u8]) -> Result<(), FaultKind> {
        let store = self.store.get_mut();
        for (piece, at) in bytes.chunks(CHUNK).zip((to..).step_by(CHUNK)) {
            self.entries
                .memory
                .write(&mut *store, SCRATCH, piece)
                .unwrap();
            let len = u32::try_from(piece.len()).unwrap();
            let call = (self.index, at, u32::try_from(SCRATCH).unwrap(), len);
            Status::from_number(returned(self.entries.write.call(&mut *store, call))).check()?;
        }
        Ok(())
    }

    fn read(&mut self, from: u32, into: &mut [u8]) -> Result<(), FaultKind> {
        let store = self.store.get_mut();
        for (piece, at) in into.chunks_mut(CHUNK).zip((from..).step_by(CHUNK)) {
            let len = u32::try_from(piece.len()).unwrap();
            let call = (self.index, at, u32::try_from(SCRATCH).unwrap(), len);
            Status::from_number(returned(self.entries.read.call(&mut *store, call))).check()?;
            self.entries.memory.read(&*store, SCRATCH, piece).unwrap();
        }
        Ok(())
    }

    fn inspect(&mut self, arguments: u32) -> Result<u32, FaultKind> {
        let store = self.store.get_mut();
        split(returned(
            self.entries.inspect.call(store, (self.index, arguments)),
        ))
    }

    fn post_return(&mut self, result: u32) -> Result<(), FaultKind> {
        let store = self.store.get_mut();
        let status = returned(self.entries.post_return.call(store, (self.index, result)));
        Status::from_number(status).check()
    }

    fn denied(&self) -> bool {
        let mut store = self.store.borrow_mut();
        returned(self.entries.denied.call(&mut *store, self.index)) != 0
    }

    fn reset(&mut self) {
        let store = self.store.get_mut();
        returned(self.entries.reset.call(store, self.index));
    }
}

/// Runs a part of an import, for the plugin that called it.
fn within<R>(
    caller: &mut Caller<'_, State>,
    index: u32,
    run: impl FnOnce(&mut Entry<wasmtime::StoreContextMut<'_, State>>, &mut Allowance) -> R,
) -> R {
    let entries = caller.data().entries.clone().unwrap();
    let mut allowance = caller.data_mut().allowance.take().unwrap();
    let mut entry = Entry {
        store: std::cell::RefCell::new(caller.as_context_mut()),
        entries,
        index,
    };
    let result = run(&mut entry, &mut allowance);
    caller.data_mut().allowance = Some(allowance);
    result
}

type Asking<'a> = Caller<'a, State>;

fn linker() -> Linker<State> {
    let mut linker: Linker<State> = Linker::new(engine());
    linker
        .func_wrap(
            "env",
            "log",
            |mut caller: Asking<'_>, i: u32, level: u32, at: u32, len: u32| {
                let mut heard = None;
                let status = within(&mut caller, i, |entry, allowance| {
                    imports::log(entry, allowance, level, at, len, |_, line| {
                        heard = Some(line.to_owned());
                    })
                });
                caller.data_mut().lines.extend(heard);
                status.number()
            },
        )
        .unwrap();
    linker
        .func_wrap(
            "env",
            "data_names",
            |mut caller: Asking<'_>, i: u32, result: u32| {
                within(&mut caller, i, |entry, _| {
                    imports::data_names(entry, result)
                })
                .number()
            },
        )
        .unwrap();
    linker
        .func_wrap(
            "env",
            "data_read",
            |mut caller: Asking<'_>, i: u32, at: u32, len: u32, result: u32| {
                within(&mut caller, i, |entry, allowance| {
                    imports::data_read(entry, allowance, at, len, result)
                })
                .number()
            },
        )
        .unwrap();
    linker
        .func_wrap(
            "env",
            "counters_add",
            |mut caller: Asking<'_>,
             i: u32,
             at: u32,
             len: u32,
             amount: u64,
             _window: u32,
             result: u32| {
                let (mut counted, down) = (None, caller.data().unavailable);
                let status = within(&mut caller, i, |entry, allowance| {
                    imports::counters_add(entry, allowance, (at, len), result, |key| {
                        counted = Some((key.to_owned(), amount));
                        if down {
                            Err("counters are unavailable")
                        } else {
                            Ok(amount + 1)
                        }
                    })
                });
                caller.data_mut().counted.extend(counted);
                status.number()
            },
        )
        .unwrap();
    linker
        .func_wrap(
            "env",
            "counters_add_unique",
            |mut caller: Asking<'_>,
             i: u32,
             at: u32,
             len: u32,
             member: u32,
             member_len: u32,
             _window: u32,
             result: u32| {
                let down = caller.data().unavailable;
                within(&mut caller, i, |entry, allowance| {
                    let (key, member) = ((at, len), (member, member_len));
                    imports::counters_add_unique(entry, allowance, key, member, result, |_, _| {
                        if down {
                            Err("counters are unavailable")
                        } else {
                            Ok(1)
                        }
                    })
                })
                .number()
            },
        )
        .unwrap();
    linker
}

/// A packed module with one instance of it, as a worker has.
pub(crate) struct Worker {
    pub(crate) store: Store<State>,
    pub(crate) instance: Instance,
    entries: Entries,
}

impl Worker {
    /// Compiles and starts a packed module.
    pub(crate) fn start(module: &[u8]) -> Self {
        let module = Module::new(engine(), module).unwrap_or_else(|error| panic!("{error:?}"));
        let mut store = Store::new(engine(), State::default());
        let instance = linker().instantiate(&mut store, &module);
        let instance = instance.unwrap_or_else(|error| panic!("{error:?}"));
        let at = &mut store;
        let entries = Entries {
            memory: instance.get_memory(&mut *at, "memory").unwrap(),
            begin: instance.get_typed_func(&mut *at, "begin").unwrap(),
            alloc: instance.get_typed_func(&mut *at, "alloc").unwrap(),
            memory_len: instance.get_typed_func(&mut *at, "memory_len").unwrap(),
            write: instance.get_typed_func(&mut *at, "write").unwrap(),
            read: instance.get_typed_func(&mut *at, "read").unwrap(),
            inspect: instance.get_typed_func(&mut *at, "inspect").unwrap(),
            post_return: instance.get_typed_func(&mut *at, "post_return").unwrap(),
            denied: instance.get_typed_func(&mut *at, "denied").unwrap(),
            fuel_left: instance.get_typed_func(&mut *at, "fuel_left").unwrap(),
            reset: instance.get_typed_func(&mut *at, "reset").unwrap(),
        };
        store.data_mut().entries = Some(entries.clone());
        Self {
            store,
            instance,
            entries,
        }
    }

    /// The plugin at this place.
    pub(crate) fn entry(&mut self, index: u32) -> Entry<&mut Store<State>> {
        Entry {
            entries: self.entries.clone(),
            store: std::cell::RefCell::new(&mut self.store),
            index,
        }
    }

    /// One call.
    pub(crate) fn inspect(
        &mut self,
        index: u32,
        context: &Context,
        segments: &[&Segment],
        state: &[u8],
    ) -> Result<Report, Fault> {
        self.call(index, &Call::new(context, segments, state))
    }

    /// One call, with notes.
    pub(crate) fn call(&mut self, index: u32, call: &Call<'_>) -> Result<Report, Fault> {
        inspect(&mut self.entry(index), &Limits::default(), call, |_| ())
    }

    /// What is left of the fuel of the last call.
    pub(crate) fn fuel_left(&mut self, index: u32) -> i64 {
        returned(self.entries.fuel_left.call(&mut self.store, index))
    }
}

/// What the standalone host's default time stands for.
pub(crate) fn fuel() -> Fuel {
    let limits = caponier_component::Limits::default();
    Fuel::for_time(limits.time_base, limits.time_per_mib)
}

/// A plugin with default limits.
pub(crate) fn plugin(component: &[u8]) -> Plugin<'_> {
    Plugin {
        name: "guest",
        component,
        memory: 64 << 20,
        fuel: fuel(),
        counters: true,
        bounds: true,
    }
}

/// The module of these plugins and the plain shell.
pub(crate) fn try_packed(plugins: &[Plugin<'_>]) -> Result<Vec<u8>, PackError> {
    let shell = wat::parse_str(SHELL).unwrap();
    pack(&Input {
        shell: &shell,
        plugins,
        config: b"the configuration",
        sections: &[("caponier", b"a revision")],
    })
}

/// The same, which must go well.
pub(crate) fn packed(plugins: &[Plugin<'_>]) -> Vec<u8> {
    try_packed(plugins).unwrap_or_else(|error| panic!("{error}"))
}

/// The snapshot of a component, as an operator would take it.
pub(crate) fn snapshot(component: &[u8], options: LoadOptions) -> Vec<u8> {
    let snapshot = standalone().snapshot(component, options);
    let snapshot = snapshot.unwrap_or_else(|error| {
        let cause = std::error::Error::source(&error).map(ToString::to_string);
        panic!("{error}: {cause:?}")
    });
    snapshot.component
}

/// The context of a prompt.
pub(crate) fn context() -> Context {
    Context {
        exchange: "exchange".to_owned(),
        stage: Stage::Prompt,
        tenant: Some("tenant".to_owned()),
        principal: None,
        route: "/v1/*".to_owned(),
        model: None,
        time: 1_767_225_600_000,
        seed: 2,
        attributes: Vec::new(),
    }
}

/// A file that `cargo xtask build` makes, below `target/wasm`.
pub(crate) fn built(path: &str) -> Vec<u8> {
    let root = std::env::var_os("CAPONIER_WASM").map_or_else(
        || std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/wasm"),
        Into::into,
    );
    let path = root.join(path);
    std::fs::read(&path)
        .unwrap_or_else(|error| panic!("{}: {error}; hint: cargo xtask build", path.display()))
}
