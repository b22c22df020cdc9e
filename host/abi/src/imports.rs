//! What a plugin calls: its arguments lifted, the host's answer lowered.
//!
//! Each function takes the numbers that crossed from the plugin, as they came, and gives the status
//! that goes back to the glue.

use caponier_core::FaultKind;

use crate::layout::Bytes;
use crate::lift::Reader;
use crate::lower::{room, string};
use crate::{Guest, Limits, Status};

/// Lines that one call may log.
const MAX_LINES: u32 = 1_000;

/// How much a log line matters to its plugin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogLevel {
    /// Every step.
    Trace,
    /// For the plugin's author.
    Debug,
    /// Worth knowing.
    Info,
    /// Something is odd.
    Warn,
    /// Something failed.
    Error,
}

/// What one call has left to hand over. A new one for each `inspect`.
#[derive(Clone, Copy, Debug)]
pub struct Allowance {
    bytes: usize,
    lines: u32,
    text: usize,
}

impl Allowance {
    /// All of it.
    pub fn new(limits: &Limits) -> Self {
        Self {
            bytes: limits.host_calls,
            lines: MAX_LINES,
            text: limits.output,
        }
    }

    /// Whether a line of so many bytes may still be logged.
    pub fn spend_line(&mut self, bytes: usize) -> bool {
        let may = self.spend(bytes) && self.lines > 0;
        self.lines -= u32::from(may);
        may
    }

    /// Whether so many bytes may still be handed over. Every import costs its bytes and a little more,
    /// so that many small ones end too.
    pub fn spend(&mut self, bytes: usize) -> bool {
        match self.bytes.checked_sub(bytes.saturating_add(16)) {
            Some(left) => {
                self.bytes = left;
                true
            }
            None => {
                self.bytes = 0;
                false
            }
        }
    }
}

/// `log.write`. The line reaches `sink` unless the call has said too much already; whether the
/// plugin may be heard at all is the caller's to know.
pub fn log<G: Guest>(
    guest: &mut G,
    allowance: &mut Allowance,
    level: u32,
    text: u32,
    len: u32,
    sink: impl FnOnce(LogLevel, &str),
) -> Status {
    let lifted = (|| {
        let level = match level {
            0 => LogLevel::Trace,
            1 => LogLevel::Debug,
            2 => LogLevel::Info,
            3 => LogLevel::Warn,
            4 => LogLevel::Error,
            _ => return Err(FaultKind::Output),
        };
        let text = lift(guest, allowance).string_at((text, len))?;
        Ok((level, text))
    })();
    lifted
        .map(|(level, text)| {
            if allowance.spend_line(text.len()) {
                sink(level, &text);
            }
        })
        .into()
}

/// `data.names`: there are none outside of `configure`.
pub fn data_names<G: Guest>(guest: &mut G, result: u32) -> Status {
    (|| {
        let at = room(guest, 4, 0)?;
        let mut block = [0_u8; 8];
        Bytes(&mut block).put_pair(0, (at, 0));
        guest.write(result, &block)
    })()
    .into()
}

/// `data.read`: answered during `configure` only, which is over.
pub fn data_read<G: Guest>(
    guest: &mut G,
    allowance: &Allowance,
    name: u32,
    len: u32,
    result: u32,
) -> Status {
    (|| {
        lift(guest, allowance).string_at((name, len))?;
        let error = string(guest, "files can be read during `configure` only")?;
        guest.write(result, &[1])?;
        let mut block = [0_u8; 8];
        Bytes(&mut block).put_pair(0, error);
        guest.write(result.wrapping_add(4), &block)
    })()
    .into()
}

/// `counters.add`. `ask` is not called once the call has handed over too much.
pub fn counters_add<G: Guest>(
    guest: &mut G,
    allowance: &mut Allowance,
    key: (u32, u32),
    result: u32,
    ask: impl FnOnce(&str) -> Result<u64, &'static str>,
) -> Status {
    (|| {
        let key = lift(guest, allowance).string_at(key)?;
        let answer = if allowance.spend(key.len()) {
            ask(&key)
        } else {
            Err(TOO_MUCH)
        };
        count(guest, result, answer)
    })()
    .into()
}

/// `counters.add-unique`. `ask` is not called once the call has handed over too much.
pub fn counters_add_unique<G: Guest>(
    guest: &mut G,
    allowance: &mut Allowance,
    key: (u32, u32),
    member: (u32, u32),
    result: u32,
    ask: impl FnOnce(&str, &[u8]) -> Result<u64, &'static str>,
) -> Status {
    (|| {
        let mut from = lift(guest, allowance);
        let key = from.string_at(key)?;
        let member = from.bytes_at(member)?;
        let answer = if allowance.spend(key.len().saturating_add(member.len())) {
            ask(&key, &member)
        } else {
            Err(TOO_MUCH)
        };
        count(guest, result, answer)
    })()
    .into()
}

const TOO_MUCH: &str = "too many bytes in one call";

fn lift<'a, G: Guest>(guest: &'a mut G, allowance: &Allowance) -> Reader<'a, G> {
    Reader {
        guest,
        left: allowance.text,
    }
}

/// `result<u64, string>`.
fn count<G: Guest>(
    guest: &mut G,
    result: u32,
    answer: Result<u64, &'static str>,
) -> Result<(), FaultKind> {
    let (case, payload) = match answer {
        Ok(count) => (0, count.to_le_bytes()),
        Err(message) => {
            let mut payload = [0_u8; 8];
            Bytes(&mut payload).put_pair(0, string(guest, message)?);
            (1, payload)
        }
    };
    guest.write(result, &[case])?;
    guest.write(result.wrapping_add(8), &payload)
}
