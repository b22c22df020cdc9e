//! A plugin that was packed beside the shell: what `pack` puts between the two.

#![expect(
    unsafe_code,
    reason = "the functions of the packed module are imports, which Rust cannot vouch for"
)]

use caponier_core::FaultKind;

use crate::{Guest, Status};

mod glue {
    #[link(wasm_import_module = "caponier:plugins")]
    unsafe extern "C" {
        pub(super) fn count() -> u32;
        pub(super) fn config_len() -> u32;
        pub(super) fn config_read(to: *mut u8);
        pub(super) fn begin(i: u32, bytes: u32);
        pub(super) fn alloc(i: u32, align: u32, size: u32) -> u64;
        pub(super) fn memory_len(i: u32) -> u32;
        pub(super) fn write(i: u32, to: u32, from: *const u8, len: u32) -> u32;
        pub(super) fn read(i: u32, from: u32, to: *mut u8, len: u32) -> u32;
        pub(super) fn inspect(i: u32, arguments: u32) -> u64;
        pub(super) fn post_return(i: u32, result: u32) -> u32;
        pub(super) fn denied(i: u32) -> u32;
        pub(super) fn fuel_left(i: u32) -> i64;
        pub(super) fn reset(i: u32);
    }
}

/// The blob that was packed beside the plugins.
pub fn config() -> Vec<u8> {
    // SAFETY: an import without arguments that changes nothing.
    let len = unsafe { glue::config_len() };
    let mut blob = vec![0_u8; usize::try_from(len).unwrap_or(0)];
    // SAFETY: it writes `config_len` bytes, which is what `blob` has.
    unsafe { glue::config_read(blob.as_mut_ptr()) };
    blob
}

/// One of the plugins that were packed.
#[derive(Debug)]
pub struct Packed {
    index: u32,
}

impl Packed {
    /// How many there are.
    pub fn count() -> u32 {
        // SAFETY: an import without arguments that changes nothing.
        unsafe { glue::count() }
    }

    /// The plugin at this place of the list. Every call to one that is not there is refused.
    pub const fn new(index: u32) -> Self {
        Self { index }
    }

    /// What the current call has left of its fuel.
    pub fn fuel_left(&self) -> i64 {
        // SAFETY: it takes any number and changes nothing.
        unsafe { glue::fuel_left(self.index) }
    }
}

/// Status and value of an answer that holds both.
fn split(answer: u64) -> Result<u32, FaultKind> {
    let [a, b, c, d, e, f, g, h] = answer.to_le_bytes();
    Status::from_number(u32::from_le_bytes([e, f, g, h])).check()?;
    Ok(u32::from_le_bytes([a, b, c, d]))
}

fn length(bytes: usize) -> Result<u32, FaultKind> {
    u32::try_from(bytes).map_err(|_| FaultKind::Output)
}

impl Guest for Packed {
    fn begin(&mut self, bytes: usize) {
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        // SAFETY: it takes any numbers and touches nothing of ours.
        unsafe { glue::begin(self.index, bytes) };
    }

    fn alloc(&mut self, align: u32, size: u32) -> Result<u32, FaultKind> {
        // SAFETY: it takes any numbers; what the plugin does stays in the plugin's memory.
        split(unsafe { glue::alloc(self.index, align, size) })
    }

    fn memory_len(&self) -> u32 {
        // SAFETY: it takes any number and changes nothing.
        unsafe { glue::memory_len(self.index) }
    }

    fn write(&mut self, to: u32, bytes: &[u8]) -> Result<(), FaultKind> {
        let len = length(bytes.len())?;
        // SAFETY: `bytes` has `len` bytes, which are read; what is written is the plugin's.
        let status = unsafe { glue::write(self.index, to, bytes.as_ptr(), len) };
        Status::from_number(status).check()
    }

    fn read(&mut self, from: u32, into: &mut [u8]) -> Result<(), FaultKind> {
        let len = length(into.len())?;
        // SAFETY: `into` has `len` bytes, which is what is written.
        let status = unsafe { glue::read(self.index, from, into.as_mut_ptr(), len) };
        Status::from_number(status).check()
    }

    fn inspect(&mut self, arguments: u32) -> Result<u32, FaultKind> {
        // SAFETY: it takes any numbers; what the plugin does stays in the plugin's memory, and what
        // it calls are the shell's exports, which are safe functions.
        split(unsafe { glue::inspect(self.index, arguments) })
    }

    fn post_return(&mut self, result: u32) -> Result<(), FaultKind> {
        // SAFETY: it takes any numbers; what the plugin does stays in the plugin's memory.
        Status::from_number(unsafe { glue::post_return(self.index, result) }).check()
    }

    fn denied(&self) -> bool {
        // SAFETY: it takes any number and changes nothing.
        unsafe { glue::denied(self.index) != 0 }
    }

    fn reset(&mut self) {
        // SAFETY: it takes any number and touches nothing of ours.
        unsafe { glue::reset(self.index) };
    }
}
