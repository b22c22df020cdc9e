//! From a component and its settings to a component that is configured already.
//!
//! The component is instrumented so that its memories and globals can be read, run on a compiler
//! that is fast rather than good, and written anew with what it then holds.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use caponier_abi::Call;
use caponier_core::Manifest;
use wasmtime::Store;
use wasmtime::component::{Component, Instance, Lift, WasmList};
use wasmtime_wizer::{ComponentInstanceState, Wizer};

use crate::clock::Budget;
use crate::data::DataFiles;
use crate::engine::{Flavour, Inner};
use crate::host::{Host, Lent, Phase};
use crate::v0_1::{Guest, Program};
use crate::{LoadError, fault, imports, warmup};

/// What came of it.
pub(crate) enum Taken {
    /// A component that needs no configuring, and what it says of itself.
    Snapshot {
        component: Vec<u8>,
        manifest: Manifest,
    },
    /// It cannot be done for this component.
    Impossible(String),
}

/// All that `configure` depends on.
pub(crate) struct Recipe<'a> {
    pub(crate) component: &'a [u8],
    pub(crate) settings: &'a str,
    pub(crate) files: Arc<DataFiles>,
    pub(crate) lent: Arc<Lent>,
}

/// Far enough away, and not so far that adding to it wraps.
const NEVER: u64 = u64::MAX >> 8;

/// Configures the component, shows it the warm-up text and reads it out.
pub(crate) fn take(inner: &Inner, recipe: &Recipe<'_>) -> Result<Taken, LoadError> {
    // The first panic of a wizer that meets what it did not expect is as good as its refusal.
    let wizer = Wizer::new();
    let instrumented = catch_unwind(AssertUnwindSafe(|| {
        wizer.instrument_component(recipe.component)
    }));
    let (context, instrumented) = match instrumented {
        Ok(Ok(done)) => done,
        Ok(Err(error)) => return Ok(Taken::Impossible(reason(&error))),
        Err(_) => {
            return Ok(Taken::Impossible(
                "it is built in a way that cannot be read out".to_owned(),
            ));
        }
    };
    let (flavour, component) = match compile(inner, &instrumented) {
        Ok(compiled) => compiled,
        Err(error) => return Ok(Taken::Impossible(reason(&error))),
    };
    let program =
        Program::new(&flavour.linker, &component).map_err(|source| LoadError::Interface {
            supported: imports::SUPPORTED,
            source,
        })?;

    let _ticking = inner.clock.run(recipe.lent.limits.configure_time);
    // A guest that fails on the warm-up text cannot be entered again, so it starts once more.
    let mut ready = configured(flavour, &program, recipe)?;
    if !ready.warm_up() {
        ready = configured(flavour, &program, recipe)?;
    }
    ready.store.set_epoch_deadline(NEVER);
    ready.store.data_mut().memory.allow_snapshot();
    ready.store.set_hostcall_fuel(usize::MAX);
    let mut state = Reading {
        store: &mut ready.store,
        instance: ready.instance,
    };
    let taken = catch_unwind(AssertUnwindSafe(|| {
        now(wizer.snapshot_component(&context, &mut state))
    }));
    Ok(match taken {
        Ok(Some(Ok(component))) => Taken::Snapshot {
            component,
            manifest: ready.manifest,
        },
        Ok(Some(Err(error))) => Taken::Impossible(reason(&error)),
        Ok(None) | Err(_) => Taken::Impossible("its memory cannot be read out".to_owned()),
    })
}

fn compile<'a>(inner: &'a Inner, component: &[u8]) -> wasmtime::Result<(&'a Flavour, Component)> {
    if let Ok(fast) = inner.fast()
        && let Ok(compiled) = Component::new(&fast.engine, component)
    {
        return Ok((fast, compiled));
    }
    let plain = inner.plain()?;
    Ok((plain, Component::new(&plain.engine, component)?))
}

struct Ready {
    store: Store<Host>,
    guest: Guest,
    instance: Instance,
    manifest: Manifest,
    lent: Arc<Lent>,
}

fn configured(
    flavour: &Flavour,
    program: &Program,
    recipe: &Recipe<'_>,
) -> Result<Ready, LoadError> {
    let budget = Budget::start(recipe.lent.limits.configure_time);
    let phase = Phase::Configure(Arc::clone(&recipe.files));
    let host = Host::new(Arc::clone(&recipe.lent), phase, budget);
    let mut store = host.into_store(&flavour.engine);
    let (guest, instance) = program
        .instantiate_raw(&mut store)
        .map_err(|error| LoadError::Failed {
            step: "its start",
            fault: fault::from_start(&error, store.data()),
        })?
        .map_err(|source| LoadError::Interface {
            supported: imports::SUPPORTED,
            source,
        })?;
    match guest.configure(&mut store, recipe.settings) {
        Ok(Ok(())) => {}
        Ok(Err(message)) => {
            return Err(LoadError::Configure {
                message: presentable(&message),
            });
        }
        Err(error) => {
            return Err(LoadError::Failed {
                step: "configure",
                fault: fault::from_call(&error, store.data()),
            });
        }
    }
    Host::begin(
        &mut store,
        Phase::WarmUp,
        Budget::start(recipe.lent.limits.configure_time),
    );
    let manifest = guest
        .describe(&mut store)
        .map_err(|error| LoadError::Failed {
            step: "describe",
            fault: fault::from_call(&error, store.data()),
        })?;
    Ok(Ready {
        store,
        guest,
        instance,
        manifest,
        lent: Arc::clone(&recipe.lent),
    })
}

impl Ready {
    /// Whether the guest can still be entered afterwards.
    fn warm_up(&mut self) -> bool {
        for (context, segments) in warmup::calls(&self.manifest) {
            let limits = &self.lent.limits;
            let bytes = segments.iter().map(|segment| segment.text.len()).sum();
            // Tables are built on the first call, by code that is not optimised.
            let time = limits
                .time_for(bytes)
                .saturating_mul(20)
                .min(limits.configure_time);
            Host::begin(&mut self.store, Phase::WarmUp, Budget::start(time));
            let segments: Vec<_> = segments.iter().collect();
            if self
                .guest
                .inspect(&mut self.store, &Call::new(&context, &segments, &[]))
                .is_err()
            {
                return false;
            }
        }
        true
    }
}

/// What a guest says to the operator: short, and without anything a terminal would act on.
pub(crate) fn presentable(message: &str) -> String {
    message
        // As messages of one line have it.
        .replace("\nhint: ", "; hint: ")
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(500)
        .collect()
}

fn reason(error: &wasmtime::Error) -> String {
    presentable(&format!("{error:#}"))
}

/// Runs a future that never waits.
fn now<F: Future>(future: F) -> Option<F::Output> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}

/// Calls the functions by which the instrumented component shows what it holds.
struct Reading<'a> {
    store: &'a mut Store<Host>,
    instance: Instance,
}

impl Reading<'_> {
    fn call<R: Lift + 'static>(&mut self, instance: &str, function: &str) -> wasmtime::Result<R> {
        let missing = || wasmtime::Error::msg("an accessor is missing");
        let (_, outer) = self
            .instance
            .get_export(&mut *self.store, None, instance)
            .ok_or_else(missing)?;
        let (_, inner) = self
            .instance
            .get_export(&mut *self.store, Some(&outer), function)
            .ok_or_else(missing)?;
        let function = self
            .instance
            .get_typed_func::<(), (R,)>(&mut *self.store, inner)?;
        Ok(function.call(&mut *self.store, ())?.0)
    }

    /// The trait has no way to say that reading failed; `take` catches this.
    fn must<R: Lift + 'static>(&mut self, instance: &str, function: &str) -> R {
        match self.call(instance, function) {
            Ok(value) => value,
            Err(_) => std::panic::resume_unwind(Box::new("the instance cannot be read out")),
        }
    }
}

impl ComponentInstanceState for Reading<'_> {
    async fn call_func_ret_list_u8(
        &mut self,
        instance: &str,
        func: &str,
        contents: impl FnOnce(&[u8]) + Send,
    ) {
        let list: WasmList<u8> = self.must(instance, func);
        contents(list.as_le_slice(&*self.store));
    }

    async fn call_func_ret_s32(&mut self, instance: &str, func: &str) -> i32 {
        self.must(instance, func)
    }

    async fn call_func_ret_s64(&mut self, instance: &str, func: &str) -> i64 {
        self.must(instance, func)
    }

    async fn call_func_ret_f32(&mut self, instance: &str, func: &str) -> u32 {
        self.must::<f32>(instance, func).to_bits()
    }

    async fn call_func_ret_f64(&mut self, instance: &str, func: &str) -> u64 {
        self.must::<f64>(instance, func).to_bits()
    }
}
