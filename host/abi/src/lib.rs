//! The canonical ABI of `caponier:policy@0.1`, for a host that does without a component runtime.
//!
//! [`inspect`] lowers what a plugin is shown into the plugin's memory, calls it, and lifts what it
//! hands back; [`imports`] does the same for the functions that a plugin calls. Both work over a
//! [`Guest`]: the few things that are different in a packed module and in a test. Nothing that
//! comes from a plugin is believed: every address, length and count is bounded before memory is
//! set aside for it.

#[cfg(not(target_arch = "wasm32"))]
mod component;
mod guest;
pub mod imports;
mod layout;
mod lift;
mod lower;
#[cfg(target_arch = "wasm32")]
mod packed;

#[cfg(not(target_arch = "wasm32"))]
pub use component::{CoreModule, NotOneModule, core_module, speaks};
pub use guest::{Guest, Limits, Status};
#[cfg(target_arch = "wasm32")]
pub use packed::{Packed, config};

use caponier_core::{Context, Fault, FaultKind, Report, Segment};

/// What a plugin is shown in one call.
#[derive(Clone, Copy)]
pub struct Call<'a> {
    /// What it is told of the exchange.
    pub context: &'a Context,
    /// The segments of one stage.
    pub segments: &'a [&'a Segment],
    /// What it noted before of the segment in the same place; none for those behind the last.
    pub notes: &'a [&'a [u8]],
    /// What it handed back at its last call in this exchange.
    pub state: &'a [u8],
}

impl<'a> Call<'a> {
    /// A call without notes.
    pub fn new(context: &'a Context, segments: &'a [&'a Segment], state: &'a [u8]) -> Self {
        Self {
            context,
            segments,
            notes: &[],
            state,
        }
    }

    /// Bytes of text, notes and state.
    pub fn bytes(&self) -> usize {
        let texts = self.segments.iter().map(|segment| segment.text.len());
        let notes = self.notes.iter().map(|note| note.len());
        texts
            .chain(notes)
            .sum::<usize>()
            .saturating_add(self.state.len())
    }
}

/// Makes one call. What the plugin hands back is not checked against its manifest yet. Whatever
/// happens, [`Guest::reset`] ends it.
///
/// The plugin's own error, if it returns one, goes to `on_error` and nowhere else: it is free text.
///
/// # Errors
/// However it failed, as every host names it.
pub fn inspect<G: Guest>(
    guest: &mut G,
    limits: &Limits,
    call: &Call<'_>,
    on_error: impl FnOnce(&str),
) -> Result<Report, Fault> {
    guest.begin(call.bytes());
    let answer = run(guest, limits, call);
    let denied = guest.denied();
    guest.reset();
    match answer {
        Ok(Ok(report)) => {
            let most = limits.state;
            if report
                .state
                .as_ref()
                .is_some_and(|state| state.len() > most)
            {
                return Err(Fault::new(
                    FaultKind::Output,
                    format!("its state has more than {most} bytes"),
                ));
            }
            Ok(report)
        }
        Ok(Err(message)) => {
            on_error(&message);
            Err(explained(FaultKind::Refused))
        }
        Err(FaultKind::Output | FaultKind::Trap) if denied => Err(explained(FaultKind::Memory)),
        Err(kind) => Err(explained(kind)),
    }
}

fn run<G: Guest>(
    guest: &mut G,
    limits: &Limits,
    call: &Call<'_>,
) -> Result<Result<Report, String>, FaultKind> {
    let arguments = lower::arguments(guest, call)?;
    let result = guest.inspect(arguments)?;
    let answer = lift::answer(guest, limits.output, result)?;
    guest.post_return(result)?;
    Ok(answer)
}

/// The fault in the host's own words.
fn explained(kind: FaultKind) -> Fault {
    let detail = match kind {
        FaultKind::Trap => "it trapped",
        FaultKind::Timeout => "it used up its time",
        FaultKind::Memory => "it asked for more memory than it may have",
        FaultKind::Output => {
            "what it handed back cannot be read: pointers out of range, invalid text or more than `limits.output`"
        }
        FaultKind::Refused => "it returned an error",
    };
    Fault::new(kind, detail)
}
