//! Stretches that say the same over and over: what has been found in them once is found again
//! without a look.

use caponier_sdk::scan::{Repeat, repeats};

use super::Match;

/// The least bytes of a stretch that is not looked at whole.
const LEAST: usize = 1024;

/// How far from a place any look goes, in bytes: an address's window.
const REACH: usize = 384;

/// A place where the scan has been within a stretch, and in what state.
#[derive(Clone, Copy)]
struct Been {
    place: usize,
    /// How far the run of letters and digits goes on that was looked at last.
    ahead: usize,
    /// How much had been found.
    found: usize,
}

/// Where a scan may go on, and in what state.
pub(super) struct Jump {
    pub(super) to: usize,
    pub(super) run_end: usize,
}

/// The stretches of a text, as a scan comes to them.
pub(super) struct Floods<I> {
    repeats: I,
    current: Option<Repeat>,
    been: Option<Been>,
    /// Steps since then, and after how many another place is kept.
    steps: (usize, usize),
}

/// The stretches from a place on.
pub(super) fn floods(bytes: &[u8], from: usize) -> Floods<impl Iterator<Item = Repeat>> {
    Floods::new(repeats(bytes, from, LEAST))
}

impl<I: Iterator<Item = Repeat>> Floods<I> {
    pub(super) fn new(mut repeats: I) -> Self {
        Self {
            current: repeats.next(),
            repeats,
            been: None,
            steps: (0, 1),
        }
    }

    fn next(&mut self) {
        self.current = self.repeats.next();
        (self.been, self.steps) = (None, (0, 1));
    }

    /// Where the scan that has come to `place` may go on instead. What it would have found until then
    /// is added. `run_end`: the end of the run of letters and digits that was looked at last.
    #[inline]
    pub(super) fn jump(
        &mut self,
        place: usize,
        run_end: usize,
        found: &mut Vec<Match>,
    ) -> Option<Jump> {
        if self.current.as_ref()?.range.start > place {
            return None;
        }
        self.jump_within(place, run_end, found)
    }

    fn jump_within(
        &mut self,
        place: usize,
        run_end: usize,
        found: &mut Vec<Match>,
    ) -> Option<Jump> {
        let known = loop {
            let current = self.current.as_ref()?;
            let known = current.known(REACH, REACH);
            if place < known.end {
                break known;
            }
            self.next();
        };
        if place < known.start {
            return None;
        }
        let period = self.current.as_ref()?.period;
        let here = Been {
            place,
            // What goes on behind the stretch does so wherever in it the scan is.
            ahead: match run_end >= known.end {
                true => usize::MAX,
                false => run_end.saturating_sub(place),
            },
            found: found.len(),
        };
        let Some(been) = self.been else {
            self.been = Some(here);
            return None;
        };
        let round = place - been.place;
        if !round.is_multiple_of(period) || here.ahead != been.ahead {
            self.steps.0 += 1;
            if self.steps.0 == self.steps.1 {
                self.been = Some(here);
                self.steps = (0, 2 * self.steps.1);
            }
            return None;
        }
        let rounds = (known.end - place) / round;
        for by in (1..=rounds).map(|count| count * round) {
            let seen = been.found..here.found;
            found.reserve(seen.len());
            for again in seen {
                let again = found.get(again).map(|known| Match {
                    start: known.start + by,
                    end: known.end + by,
                    ..*known
                });
                found.extend(again);
            }
        }
        self.next();
        let to = place + rounds * round;
        Some(Jump {
            to,
            run_end: match here.ahead {
                usize::MAX => run_end,
                ahead => to + ahead,
            },
        })
    }
}
