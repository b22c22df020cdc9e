//! From what wasmtime says to the faults that every host knows.

use caponier_core::{Fault, FaultKind};
use wasmtime::Trap;

use crate::host::Host;

/// Why a call into the guest came to nothing. None of the words are the guest's.
pub(crate) fn from_call(error: &wasmtime::Error, host: &Host) -> Fault {
    if host.timed_out() {
        return timeout();
    }
    match error.downcast_ref::<Trap>() {
        Some(Trap::Interrupt) => timeout(),
        _ if host.memory.denied() => memory(),
        Some(trap) => Fault::new(FaultKind::Trap, describe(*trap)),
        // What is no trap was found while reading what the guest handed over.
        None => Fault::new(
            FaultKind::Output,
            "what it handed back cannot be read: pointers out of range, invalid text or more than `limits.output`",
        ),
    }
}

/// Why there is no instance to call.
pub(crate) fn from_start(error: &wasmtime::Error, host: &Host) -> Fault {
    if host.timed_out() {
        return timeout();
    }
    match error.downcast_ref::<Trap>() {
        Some(Trap::Interrupt) => timeout(),
        _ if host.memory.denied() => memory(),
        Some(trap) => Fault::new(FaultKind::Trap, describe(*trap)),
        None => Fault::new(FaultKind::Trap, "it cannot be instantiated"),
    }
}

/// The guest answered with an error; its words stay out.
pub(crate) fn refused() -> Fault {
    Fault::new(FaultKind::Refused, "it returned an error")
}

/// The pool had no room in time.
pub(crate) fn crowded() -> Fault {
    Fault::new(FaultKind::Timeout, "no sandbox became free in time")
}

/// The thread for the call could not be had, or broke.
pub(crate) fn no_thread() -> Fault {
    Fault::new(FaultKind::Trap, "no thread could run it")
}

/// `state` is larger than it may be.
pub(crate) fn state(limit: usize) -> Fault {
    Fault::new(
        FaultKind::Output,
        format!("its state has more than {limit} bytes"),
    )
}

pub(crate) fn timeout() -> Fault {
    Fault::new(FaultKind::Timeout, "it used up its time")
}

fn memory() -> Fault {
    Fault::new(
        FaultKind::Memory,
        "it asked for more memory than it may have",
    )
}

fn describe(trap: Trap) -> &'static str {
    match trap {
        Trap::StackOverflow => "its stack overflowed",
        Trap::MemoryOutOfBounds => "it reached outside its memory",
        Trap::TableOutOfBounds | Trap::IndirectCallToNull | Trap::BadSignature => {
            "it called what is no function"
        }
        Trap::IntegerOverflow => "an integer overflowed",
        Trap::IntegerDivisionByZero => "it divided by zero",
        Trap::BadConversionToInteger => "it converted what is no number to an integer",
        Trap::UnreachableCodeReached => "it gave up (`unreachable`)",
        _ => "it trapped",
    }
}
