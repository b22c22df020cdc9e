//! The contract `caponier:policy@0.1`: the only place that knows the generated bindings.

mod bindings;
mod convert;
mod host;

use caponier_core::{Manifest, Report};
use wasmtime::component::{Component, HasSelf, Instance, InstancePre, Linker, TypedFunc};
use wasmtime::{AsContextMut, Store};

use crate::Call;
use crate::host::Host;
use bindings::caponier::policy::types as wit;

const GUARD: &str = "caponier:policy/guard@0.1.0";

/// What a call answered: the guest's own error is its text.
pub(crate) type Answer<T> = wasmtime::Result<Result<T, String>>;

/// Gives guests their imports.
pub(crate) fn add_to_linker(linker: &mut Linker<Host>) -> wasmtime::Result<()> {
    bindings::Policy::add_to_linker::<_, HasSelf<Host>>(linker, |host| host)
}

/// A component that matches the contract, ready to be instantiated.
#[derive(Clone)]
pub(crate) struct Program {
    policy: bindings::PolicyPre<Host>,
}

impl Program {
    /// Checks imports and exports against the contract.
    pub(crate) fn new(linker: &Linker<Host>, component: &Component) -> wasmtime::Result<Self> {
        let policy = bindings::PolicyPre::new(linker.instantiate_pre(component)?)?;
        Ok(Self { policy })
    }

    /// A new instance.
    pub(crate) fn instantiate(&self, store: &mut Store<Host>) -> wasmtime::Result<Guest> {
        Ok(Guest {
            policy: self.policy.instantiate(store)?,
        })
    }

    /// A new instance, and the handle that reads it out. The inner error says that its exports are
    /// not those of the contract.
    pub(crate) fn instantiate_raw(
        &self,
        store: &mut Store<Host>,
    ) -> wasmtime::Result<wasmtime::Result<(Guest, Instance)>> {
        let pre: &InstancePre<Host> = self.policy.instance_pre();
        let instance = pre.instantiate(&mut *store)?;
        Ok(bindings::Policy::new(store, &instance).map(|policy| (Guest { policy }, instance)))
    }

    /// A new instance whose imports may wait.
    pub(crate) async fn instantiate_async(
        &self,
        store: &mut Store<Host>,
    ) -> wasmtime::Result<AsyncGuest> {
        let instance = self
            .policy
            .instance_pre()
            .instantiate_async(&mut *store)
            .await?;
        AsyncGuest::new(store, &instance)
    }
}

/// An instance.
pub(crate) struct Guest {
    policy: bindings::Policy,
}

impl Guest {
    pub(crate) fn describe(&self, store: &mut Store<Host>) -> wasmtime::Result<Manifest> {
        self.policy
            .caponier_policy_guard()
            .call_describe(store)
            .map(convert::manifest)
    }

    pub(crate) fn configure(&self, store: &mut Store<Host>, settings: &str) -> Answer<()> {
        self.policy
            .caponier_policy_guard()
            .call_configure(store, settings)
    }

    pub(crate) fn inspect(&self, store: &mut Store<Host>, call: &Call<'_>) -> Answer<Report> {
        let frame = convert::Frame::new(call);
        let guard = self.policy.caponier_policy_guard();
        let answer = guard.call_inspect(store, frame.context(), &frame.segments(), call.state)?;
        Ok(answer.map(convert::report))
    }
}

type InspectParams<'a> = (wit::Context<'a>, &'a [wit::Segment<'a>], &'a [u8]);
type InspectAnswer = (Result<wit::Report, String>,);

/// An instance whose imports may wait.
pub(crate) struct AsyncGuest {
    instance: Instance,
    describe: TypedFunc<(), (wit::Manifest,)>,
}

impl AsyncGuest {
    fn new(store: &mut Store<Host>, instance: &Instance) -> wasmtime::Result<Self> {
        let describe = function(&mut *store, instance, "describe")?.typed(&mut *store)?;
        Ok(Self {
            instance: *instance,
            describe,
        })
    }

    pub(crate) async fn describe(&self, store: &mut Store<Host>) -> wasmtime::Result<Manifest> {
        let (manifest,) = self.describe.call_async(store, ()).await?;
        Ok(convert::manifest(manifest))
    }

    pub(crate) async fn configure(&self, store: &mut Store<Host>, settings: &str) -> Answer<()> {
        let function = function(&mut *store, &self.instance, "configure")?;
        let function = function.typed::<(&str,), (Result<(), String>,)>(&mut *store)?;
        let (answer,) = function.call_async(store, (settings,)).await?;
        Ok(answer)
    }

    pub(crate) async fn inspect(&self, store: &mut Store<Host>, call: &Call<'_>) -> Answer<Report> {
        let frame = convert::Frame::new(call);
        let function = function(&mut *store, &self.instance, "inspect")?;
        let segments = frame.segments();
        let function = function.typed::<InspectParams<'_>, InspectAnswer>(&mut *store)?;
        let (answer,) = function
            .call_async(store, (frame.context(), &segments, call.state))
            .await?;
        Ok(answer.map(convert::report))
    }
}

fn function(
    mut store: impl AsContextMut,
    instance: &Instance,
    name: &str,
) -> wasmtime::Result<wasmtime::component::Func> {
    let (_, guard) = instance
        .get_export(store.as_context_mut(), None, GUARD)
        .ok_or_else(|| wasmtime::Error::msg("the guard is not exported"))?;
    let (_, export) = instance
        .get_export(store.as_context_mut(), Some(&guard), name)
        .ok_or_else(|| wasmtime::Error::msg("a function of the guard is not exported"))?;
    instance
        .get_func(store, export)
        .ok_or_else(|| wasmtime::Error::msg("an export of the guard is not a function"))
}
