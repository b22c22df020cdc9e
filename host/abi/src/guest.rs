//! What the lowering and lifting needs of a plugin.

use caponier_core::FaultKind;

/// A plugin that can be called.
///
/// Order of one call: [`Guest::begin`], then the rest, then [`Guest::reset`].
pub trait Guest {
    /// Prepares one call on so many bytes of text and state.
    fn begin(&mut self, bytes: usize);

    /// Asks the plugin for room. The address is its own word.
    ///
    /// # Errors
    /// However the plugin failed.
    fn alloc(&mut self, align: u32, size: u32) -> Result<u32, FaultKind>;

    /// Bytes of its memory.
    fn memory_len(&self) -> u32;

    /// Writes into its memory.
    ///
    /// # Errors
    /// If that is out of bounds.
    fn write(&mut self, to: u32, bytes: &[u8]) -> Result<(), FaultKind>;

    /// Reads from its memory.
    ///
    /// # Errors
    /// If that is out of bounds.
    fn read(&mut self, from: u32, into: &mut [u8]) -> Result<(), FaultKind>;

    /// Calls `inspect` with the address of its arguments. The address of the result is its word.
    ///
    /// # Errors
    /// However the plugin failed.
    fn inspect(&mut self, arguments: u32) -> Result<u32, FaultKind>;

    /// Calls the function that follows `inspect`, where there is one.
    ///
    /// # Errors
    /// However the plugin failed.
    fn post_return(&mut self, result: u32) -> Result<(), FaultKind>;

    /// Whether it asked for more memory than it may have.
    fn denied(&self) -> bool;

    /// Puts memory and globals back to where they were before any call, or does nothing where this
    /// instance is thrown away.
    fn reset(&mut self);
}

/// How much may come back from one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a result, counted as the host's own representation of it.
    pub output: usize,
    /// Bytes of `state`.
    pub state: usize,
    /// Bytes that may be handed over through imports.
    pub host_calls: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            output: 16 << 20,
            state: 256 << 10,
            host_calls: 1 << 20,
        }
    }
}

/// How an entry into a plugin ended, as the number that crosses between modules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status(u32);

impl Status {
    /// It returned.
    pub const GOOD: Self = Self(0);

    /// Reads the number. One that has no meaning counts as a trap.
    pub const fn from_number(number: u32) -> Self {
        if number <= 5 { Self(number) } else { Self(1) }
    }

    /// The number.
    pub const fn number(self) -> u32 {
        self.0
    }

    /// The number as the wasm type.
    pub const fn code(self) -> i32 {
        self.0.cast_signed()
    }

    /// As a result.
    ///
    /// # Errors
    /// The fault, if it is one.
    pub const fn check(self) -> Result<(), FaultKind> {
        Err(match self.0 {
            0 => return Ok(()),
            2 => FaultKind::Timeout,
            3 => FaultKind::Memory,
            4 => FaultKind::Output,
            5 => FaultKind::Refused,
            _ => FaultKind::Trap,
        })
    }
}

impl From<FaultKind> for Status {
    fn from(kind: FaultKind) -> Self {
        Self(match kind {
            FaultKind::Trap => 1,
            FaultKind::Timeout => 2,
            FaultKind::Memory => 3,
            FaultKind::Output => 4,
            FaultKind::Refused => 5,
        })
    }
}

impl From<Result<(), FaultKind>> for Status {
    fn from(result: Result<(), FaultKind>) -> Self {
        result.map_or_else(Self::from, |()| Self::GOOD)
    }
}
