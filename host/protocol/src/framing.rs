//! How a stream is cut into events.

use crate::Malformed;
use crate::lines::Lines;
use crate::sse::{Block, Sse};

/// How a stream is cut into events.
pub(crate) enum Framing {
    /// Server-sent events.
    Events(Sse),
    /// A JSON value to each line.
    Lines(Lines),
}

impl Framing {
    pub(crate) fn events() -> Self {
        Self::Events(Sse::default())
    }

    pub(crate) fn lines() -> Self {
        Self::Lines(Lines::default())
    }

    /// Takes bytes; gives the blocks that they complete.
    pub(crate) fn feed(
        &mut self,
        bytes: &[u8],
        limit: usize,
        out: &mut Vec<Block>,
    ) -> Result<(), Malformed> {
        match self {
            Self::Events(events) => events.feed(bytes, limit, out),
            Self::Lines(lines) => lines.feed(bytes, limit, out),
        }
    }

    /// What the stream left incomplete.
    pub(crate) fn rest(&self) -> Option<&[u8]> {
        match self {
            Self::Events(events) => events.rest(),
            Self::Lines(lines) => lines.rest(),
        }
    }

    /// What clients read over, between two blocks.
    pub(crate) const fn keep_alive(&self) -> &'static [u8] {
        match self {
            Self::Events(_) => b": held\n\n",
            // A blank line is a JSON error to clients. White space before the JSON of the next line
            // is not, and a stream never ends without one: its end, a denial or an error.
            Self::Lines(_) => b" ",
        }
    }
}
