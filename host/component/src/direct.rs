//! A snapshot's core module, called without the component runtime.
//!
//! Most plugins are one core module. What the component around it does for `inspect` and what that
//! imports, `caponier_abi` does too, as it does for packed plugins, and a new instance of the module
//! alone costs less. Everything else of a plugin's life goes through its component.

mod imports;

use caponier_abi::{Call, Guest, Limits, core_module, speaks};
use caponier_core::{Fault, FaultKind, Report};
use wasmtime::component::Component;
use wasmtime::{
    Extern, ExternType, Func, FuncType, InstancePre, Memory, Module, ModuleExport, Store, ValRaw,
    ValType,
};

use crate::fault;
use crate::host::Host;

/// Under these names a component hands out its module: where nothing follows `inspect`, and where
/// the function does that frees its result.
const ALONE: &str = "core-module";
const FOLLOWED: &str = "core-module-with-post-return";

const MEMORY: &str = "memory";
const REALLOC: &str = "cabi_realloc";

fn post_return(inspect: &str) -> String {
    format!("cabi_post_{inspect}")
}

/// Lets the component hand out its module, if its `inspect` can be called there. Names and lengths
/// are short: each is one byte in the binary format.
pub(crate) fn open(component: &mut Vec<u8>) {
    let Ok(core) = core_module(component) else {
        return;
    };
    let follows = core.post_return.is_some();
    let is_usual = core.memory == MEMORY
        && core.realloc == REALLOC
        && core
            .post_return
            .is_none_or(|name| name == post_return(core.inspect));
    if !is_usual {
        return;
    }
    let name = if follows { FOLLOWED } else { ALONE };
    if let (Ok(len), Ok(index @ ..128)) = (u8::try_from(name.len()), u8::try_from(core.index)) {
        // One export: its name, then a core module (0x00 0x11), which one, its type left out.
        let export = [&[1, 0, len], name.as_bytes(), &[0x00, 0x11, index, 0]].concat();
        component.extend([EXPORT_SECTION, len + 7]);
        component.extend(export);
    }
}

const EXPORT_SECTION: u8 = 11;

/// A module that is ready to be instantiated.
pub(crate) struct Direct {
    module: InstancePre<Host>,
    memory: ModuleExport,
    inspect: ModuleExport,
    realloc: ModuleExport,
    post_return: Option<ModuleExport>,
}

impl Direct {
    /// The module of an instance whose component hands it out, if it has what the contract says.
    pub(crate) fn find(
        component: &Component,
        instance: &wasmtime::component::Instance,
        store: &mut Store<Host>,
    ) -> Option<Self> {
        let (name, export) = [ALONE, FOLLOWED]
            .into_iter()
            .find_map(|name| Some((name, component.get_export_index(None, name)?)))?;
        let module = instance.get_module(&mut *store, export)?;
        Self::of(&module, name == FOLLOWED)
    }

    fn of(module: &Module, follows: bool) -> Option<Self> {
        let mut guards = module.exports().filter_map(|export| {
            let name = export.name();
            let version = name
                .strip_prefix("caponier:policy/guard@")?
                .strip_suffix("#inspect")?;
            speaks(version).then_some(name)
        });
        let (Some(inspect), None) = (guards.next(), guards.next()) else {
            return None;
        };
        let i32s = |count| std::iter::repeat_n(ValType::I32, count);
        let function = |name: &str, params, results| {
            let ExternType::Func(found) = module.get_export(name)? else {
                return None;
            };
            let wanted = FuncType::new(module.engine(), i32s(params), i32s(results));
            if !FuncType::eq(&found, &wanted) {
                return None;
            }
            module.get_export_index(name)
        };
        let ExternType::Memory(memory) = module.get_export(MEMORY)? else {
            return None;
        };
        if memory.is_64() || memory.is_shared() {
            return None;
        }
        Some(Self {
            memory: module.get_export_index(MEMORY)?,
            inspect: function(inspect, 1, 1)?,
            realloc: function(REALLOC, 4, 1)?,
            post_return: match follows {
                true => Some(function(&post_return(inspect), 1, 0)?),
                false => None,
            },
            // It imports what the contract has, or there is no instance.
            module: imports::linker(module).ok()?.instantiate_pre(module).ok()?,
        })
    }

    /// A new instance.
    pub(crate) fn instantiate(&self, store: &mut Store<Host>) -> wasmtime::Result<Entered> {
        let instance = self.module.instantiate(&mut *store)?;
        let mut export = |export| instance.get_module_export(&mut *store, export);
        let memory = export(&self.memory).and_then(Extern::into_memory);
        let mut function = |name| export(name).and_then(Extern::into_func);
        let (inspect, realloc) = (function(&self.inspect), function(&self.realloc));
        let post_return = self.post_return.as_ref().map(function);
        match (memory, inspect, realloc, post_return) {
            (Some(memory), Some(inspect), Some(realloc), None | Some(Some(_))) => Ok(Entered {
                memory,
                inspect,
                realloc,
                post_return: post_return.flatten(),
            }),
            _ => Err(wasmtime::Error::msg("an export of the module is missing")),
        }
    }
}

/// An instance.
pub(crate) struct Entered {
    memory: Memory,
    /// These have the types that `Direct::of` asks for.
    inspect: Func,
    realloc: Func,
    post_return: Option<Func>,
}

impl Entered {
    /// One call. The inner error is the plugin's own.
    pub(crate) fn inspect(
        &self,
        store: &mut Store<Host>,
        limits: &Limits,
        call: &Call<'_>,
    ) -> Result<Result<Report, String>, Fault> {
        let mut said = None;
        let mut guest = Running {
            instance: self,
            store,
            failed: None,
        };
        let answer = caponier_abi::inspect(&mut guest, limits, call, |message| {
            said = Some(message.to_owned());
        });
        let Running { store, failed, .. } = guest;
        match (answer, said, failed) {
            (Ok(report), ..) => Ok(Ok(report)),
            (Err(_), Some(message), _) => Ok(Err(message)),
            (Err(_), None, Some(error)) => Err(fault::from_call(&error, store.data())),
            (Err(fault), None, None) => Err(fault),
        }
    }
}

struct Running<'a> {
    instance: &'a Entered,
    store: &'a mut Store<Host>,
    failed: Option<wasmtime::Error>,
}

impl Running<'_> {
    /// Calls a function that takes `N` numbers; gives its result, where it has one.
    #[expect(
        unsafe_code,
        reason = "the types of a module's functions are compared once, not at every call"
    )]
    fn enter<const N: usize>(
        &mut self,
        function: Func,
        numbers: [u32; N],
    ) -> Result<u32, FaultKind> {
        let mut values = numbers.map(ValRaw::u32);
        // SAFETY: `Direct::of` has compared the types of these functions: each takes as many `i32`
        // as its callers below hand over here, and gives at most one.
        match unsafe { function.call_unchecked(&mut *self.store, &raw mut values) } {
            Ok(()) => Ok(values.first().map_or(0, ValRaw::get_u32)),
            Err(error) => {
                let kind = fault::from_call(&error, self.store.data()).kind;
                self.failed = Some(error);
                Err(kind)
            }
        }
    }
}

impl Guest for Running<'_> {
    fn begin(&mut self, _: usize) {}

    fn alloc(&mut self, align: u32, size: u32) -> Result<u32, FaultKind> {
        self.store.data_mut().may_not_ask = true;
        let room = self.enter(self.instance.realloc, [0, 0, align, size]);
        self.store.data_mut().may_not_ask = false;
        room
    }

    fn memory_len(&self) -> u32 {
        // All of it, but for its last byte where it is as large as can be.
        let len = self.instance.memory.data_size(&*self.store);
        u32::try_from(len).unwrap_or(u32::MAX)
    }

    fn write(&mut self, to: u32, bytes: &[u8]) -> Result<(), FaultKind> {
        place(to)
            .and_then(|to| self.instance.memory.write(&mut *self.store, to, bytes).ok())
            .ok_or(FaultKind::Output)
    }

    fn read(&mut self, from: u32, into: &mut [u8]) -> Result<(), FaultKind> {
        place(from)
            .and_then(|from| self.instance.memory.read(&*self.store, from, into).ok())
            .ok_or(FaultKind::Output)
    }

    fn inspect(&mut self, arguments: u32) -> Result<u32, FaultKind> {
        self.enter(self.instance.inspect, [arguments])
    }

    fn post_return(&mut self, result: u32) -> Result<(), FaultKind> {
        let Some(function) = self.instance.post_return else {
            return Ok(());
        };
        self.store.data_mut().may_not_ask = true;
        let done = self.enter(function, [result]);
        self.store.data_mut().may_not_ask = false;
        done.map(drop)
    }

    fn denied(&self) -> bool {
        self.store.data().memory.denied()
    }

    /// Nothing of it is used again, but in a [`crate::Session`], which is not for requests.
    fn reset(&mut self) {}
}

fn place(address: u32) -> Option<usize> {
    usize::try_from(address).ok()
}

#[cfg(test)]
mod tests;
