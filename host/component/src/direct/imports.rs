//! What a core module imports, answered as its component would have it answered.

use std::sync::Arc;
use std::time::Duration;

use caponier_abi::imports::{self, Allowance};
use caponier_abi::{Guest, Status, speaks};
use caponier_core::FaultKind;
use wasmtime::{Caller, Extern, Func, Linker, Memory, Module, Trap};

use super::{MEMORY, REALLOC, place};
use crate::host::{Host, Lent, Phase};

type Answered = wasmtime::Result<()>;

/// The functions of the contract, by the names that this module has for them.
pub(super) fn linker(module: &Module) -> wasmtime::Result<Linker<Host>> {
    let mut linker = Linker::new(module.engine());
    // A module may import a function twice.
    linker.allow_shadowing(true);
    for import in module.imports() {
        let (from, name) = (import.module(), import.name());
        let Some(("caponier:policy", path)) = from.split_once('/') else {
            continue;
        };
        let Some((interface, version)) = path.split_once('@') else {
            continue;
        };
        match (interface, name) {
            _ if !speaks(version) => continue,
            ("log", "write") => linker.func_wrap(from, name, log)?,
            ("data", "names") => linker.func_wrap(from, name, data_names)?,
            ("data", "read") => linker.func_wrap(from, name, data_read)?,
            ("counters", "add") => linker.func_wrap(from, name, counters_add)?,
            ("counters", "add-unique") => linker.func_wrap(from, name, counters_add_unique)?,
            _ => continue,
        };
    }
    Ok(linker)
}

fn log(caller: Caller<'_, Host>, level: u32, text: u32, len: u32) -> Answered {
    Asking::new(caller)?.ask(|asking, lent, _, allowance| {
        let say = |level, line: &str| lent.say(level, line);
        imports::log(asking, allowance, level, text, len, say)
    })
}

/// Files can be read during `configure` only, which goes through the component.
fn data_names(caller: Caller<'_, Host>, result: u32) -> Answered {
    let asking = Asking::new(caller)?.answered_at(result, 8, 4)?;
    asking.ask(|asking, _, _, _| imports::data_names(asking, result))
}

fn data_read(caller: Caller<'_, Host>, name: u32, len: u32, result: u32) -> Answered {
    let asking = Asking::new(caller)?.answered_at(result, 12, 4)?;
    asking.ask(|asking, _, _, allowance| imports::data_read(asking, allowance, name, len, result))
}

fn counters_add(
    caller: Caller<'_, Host>,
    key: u32,
    len: u32,
    amount: u64,
    window: u32,
    result: u32,
) -> Answered {
    let window = Duration::from_secs(window.into());
    let asking = Asking::new(caller)?.answered_at(result, 16, 8)?;
    asking.ask(|asking, lent, phase, allowance| {
        imports::counters_add(asking, allowance, (key, len), result, |key| {
            lent.count(phase, |counters, scope| {
                counters.add(scope, key, amount, window)
            })
        })
    })
}

fn counters_add_unique(
    caller: Caller<'_, Host>,
    key: u32,
    key_len: u32,
    member: u32,
    member_len: u32,
    window: u32,
    result: u32,
) -> Answered {
    let window = Duration::from_secs(window.into());
    let (key, member) = ((key, key_len), (member, member_len));
    let asking = Asking::new(caller)?.answered_at(result, 16, 8)?;
    asking.ask(|asking, lent, phase, allowance| {
        let ask = |key: &str, member: &[u8]| {
            lent.count(phase, |counters, scope| {
                counters.add_unique(scope, key, member, window)
            })
        };
        imports::counters_add_unique(asking, allowance, key, member, result, ask)
    })
}

/// A module that waits for an answer.
struct Asking<'a> {
    caller: Caller<'a, Host>,
    memory: Memory,
    realloc: Func,
    /// Why it found no room for the answer.
    failed: Option<wasmtime::Error>,
}

impl<'a> Asking<'a> {
    fn new(mut caller: Caller<'a, Host>) -> wasmtime::Result<Self> {
        if caller.data().may_not_ask {
            return Err(Trap::CannotLeaveComponent.into());
        }
        let memory = caller.get_export(MEMORY).and_then(Extern::into_memory);
        let realloc = caller.get_export(REALLOC).and_then(Extern::into_func);
        let (Some(memory), Some(realloc)) = (memory, realloc) else {
            return Err(wasmtime::Error::msg("an export of the module is missing"));
        };
        Ok(Self {
            caller,
            memory,
            realloc,
            failed: None,
        })
    }

    /// Where the answer goes has to be in the memory, at a multiple of `align`.
    fn answered_at(self, result: u32, size: u32, align: u32) -> wasmtime::Result<Self> {
        let end = result.checked_add(size);
        if result.is_multiple_of(align) && end.is_some_and(|end| end <= self.memory_len()) {
            Ok(self)
        } else {
            Err(wasmtime::Error::msg("there is no room for the answer"))
        }
    }

    /// Asks with what the plugin is lent. What could not be read or written ends the call.
    fn ask(
        mut self,
        ask: impl FnOnce(&mut Self, &Lent, &Phase, &mut Allowance) -> Status,
    ) -> Answered {
        let host = self.caller.data_mut();
        let (lent, mut allowance) = (Arc::clone(&host.lent), host.allowance);
        // Nobody looks at it meanwhile: while room is made, nothing can be asked.
        let phase = std::mem::replace(&mut host.phase, Phase::WarmUp);
        let status = ask(&mut self, &lent, &phase, &mut allowance);
        let host = self.caller.data_mut();
        (host.phase, host.allowance) = (phase, allowance);
        match (status.check(), self.failed) {
            (Ok(()), _) => Ok(()),
            (Err(_), Some(error)) => Err(error),
            (Err(_), None) => Err(wasmtime::Error::msg("what it asks for cannot be read")),
        }
    }
}

impl Guest for Asking<'_> {
    fn begin(&mut self, _: usize) {}

    fn alloc(&mut self, align: u32, size: u32) -> Result<u32, FaultKind> {
        let realloc = self
            .realloc
            .typed::<(u32, u32, u32, u32), u32>(&self.caller);
        self.caller.data_mut().may_not_ask = true;
        let room = realloc.and_then(|realloc| realloc.call(&mut self.caller, (0, 0, align, size)));
        self.caller.data_mut().may_not_ask = false;
        room.map_err(|error| {
            self.failed = Some(error);
            FaultKind::Trap
        })
    }

    fn memory_len(&self) -> u32 {
        u32::try_from(self.memory.data_size(&self.caller)).unwrap_or(u32::MAX)
    }

    fn write(&mut self, to: u32, bytes: &[u8]) -> Result<(), FaultKind> {
        place(to)
            .and_then(|to| self.memory.write(&mut self.caller, to, bytes).ok())
            .ok_or(FaultKind::Output)
    }

    fn read(&mut self, from: u32, into: &mut [u8]) -> Result<(), FaultKind> {
        place(from)
            .and_then(|from| self.memory.read(&self.caller, from, into).ok())
            .ok_or(FaultKind::Output)
    }

    /// It is inside of a call already.
    fn inspect(&mut self, _: u32) -> Result<u32, FaultKind> {
        Err(FaultKind::Refused)
    }

    fn post_return(&mut self, _: u32) -> Result<(), FaultKind> {
        Err(FaultKind::Refused)
    }

    fn denied(&self) -> bool {
        self.caller.data().memory.denied()
    }

    fn reset(&mut self) {}
}
