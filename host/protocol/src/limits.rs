//! How much is parsed before it is refused.

/// The most choices or blocks of a stream, calls of a choice, and places of gaps, that are followed.
pub(crate) const MOST: usize = 1024;

/// Limits of a whole body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How deep arrays and objects may nest.
    pub depth: usize,
    /// How many values and keys the JSON may hold: each costs 16 bytes while it is parsed.
    pub values: usize,
    /// How many pieces of text it may hold: leaves of tool calls' arguments count each.
    pub segments: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            depth: 128,
            values: 2_000_000,
            segments: 65_536,
        }
    }
}

/// Limits of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamLimits {
    /// Bytes of one event.
    pub event_bytes: usize,
    /// Bytes of all events that wait for their release.
    pub queued_bytes: usize,
    /// Bytes of one tool call's arguments.
    pub argument_bytes: usize,
    /// Segments that are open or not yet released, at one time.
    pub segments: usize,
}

impl Default for StreamLimits {
    fn default() -> Self {
        Self {
            event_bytes: 1 << 20,
            queued_bytes: 16 << 20,
            argument_bytes: 4 << 20,
            segments: 65_536,
        }
    }
}

impl StreamLimits {
    /// What one event's JSON may hold.
    pub(crate) fn event(&self) -> Limits {
        Limits {
            values: 200_000,
            ..Limits::default()
        }
    }
}
