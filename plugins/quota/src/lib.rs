//! Counts requests and tokens of callers over sliding windows, and watches for prompts that look
//! like a model being copied.
//!
//! All that lasts is in the host's counters, which tell tenants apart. What an exchange has
//! counted so far travels in its state, so that each byte of an answer counts once however it
//! streams.

mod caller;
mod limits;
mod settings;
mod skeleton;
#[cfg(test)]
mod tests;
mod theft;
mod tokens;

use caponier_sdk::{
    Call, Data, Error, Kind, Manifest, Plugin, Report, Role, Rule, Scope, Severity, Stage,
};
use serde::{Deserialize, Serialize};

use limits::{New, Ready};
pub use settings::{Anonymous, Level, Limit, OneOrMore, Per, Settings, Theft, Window};
use theft::Watch;

/// Segments of an answer that are told apart; what is in more of them counts with the last.
const SEGMENTS: usize = 1024;

/// What an exchange has counted.
#[derive(Default, Serialize, Deserialize)]
struct State {
    /// Whether it has counted as a request.
    request: bool,
    /// The stages before the answer whose tokens have counted: one bit each.
    stages: u8,
    /// Up to which byte each segment of the answer has counted.
    answer: Vec<(u32, u64)>,
    /// Quarters of a token that are no token yet.
    quarters: u8,
}

/// The plugin.
pub struct Quota {
    limits: Vec<Ready>,
    anonymous: Anonymous,
    watch: Watch,
    counts_tokens: bool,
}

impl Plugin for Quota {
    type Settings = Settings;

    fn manifest(settings: &Settings) -> Manifest {
        let rule = |id: &str, title: &str, severity| {
            Rule::new(id, title)
                .severity(severity)
                .category("LLM10:2025")
        };
        let limits = limits::rules(settings);
        let watched = theft::RULES.iter().filter(|_| settings.theft.enabled);
        // What the settings have no use for is not shown, and costs nothing.
        let stages: &[Stage] = if settings.counts_tokens() {
            Stage::ALL
        } else if settings.limits.is_empty() && !settings.theft.watches() {
            &[]
        } else {
            &[Stage::Prompt]
        };
        let kinds: &[Kind] = if settings.limits.is_empty() {
            &[Kind::Text]
        } else {
            Kind::ALL
        };
        Manifest::new(
            "quota",
            env!("CARGO_PKG_VERSION"),
            "Counts requests and tokens over windows, and prompts that look like a model being copied.",
        )
        .stages(stages.iter().copied())
        .kinds(kinds.iter().copied())
        .scope(Scope::Stage)
        .rules(limits.iter().map(|(id, title)| rule(id, title, Severity::Medium)))
        .rules(watched.map(|(id, title, severity)| rule(id, title, *severity)))
    }

    fn configure(settings: Settings, _: &Data) -> Result<Self, Error> {
        settings.check()?;
        let limits = settings.limits.iter().enumerate();
        Ok(Self {
            limits: limits
                .map(|(place, limit)| Ready::new(place, limit))
                .collect(),
            anonymous: settings.anonymous,
            counts_tokens: settings.counts_tokens(),
            watch: Watch::new(settings.theft.clone(), settings.exempt()),
        })
    }

    fn inspect(&self, call: &Call<'_>, report: &mut Report<'_>) -> Result<(), Error> {
        if !self.limits.is_empty() {
            self.count(call, report)?;
        }
        if call.context.stage == Stage::Prompt {
            self.watch(call, report);
        }
        Ok(())
    }
}

impl Quota {
    /// Counts what is new of the exchange.
    fn count(&self, call: &Call<'_>, report: &mut Report<'_>) -> Result<(), Error> {
        let mut state: State = call.state()?;
        let quarters = if self.counts_tokens {
            fresh(call, &mut state)
        } else {
            0
        };
        let quarters = quarters + u64::from(state.quarters);
        let new = New {
            request: !state.request,
            tokens: quarters / 4,
        };
        if !new.request && quarters == u64::from(state.quarters) {
            return Ok(());
        }
        state.request = true;
        state.quarters = (quarters % 4) as u8;
        limits::hold(&self.limits, self.anonymous, &new, call, report)?;
        report.set_state(&state)
    }

    /// Looks for signs of theft. Without counters nothing is known, and that is said: but it is no
    /// reason to refuse anybody.
    fn watch(&self, call: &Call<'_>, report: &mut Report<'_>) {
        if self.limits.is_empty() {
            for segment in call
                .segments
                .iter()
                .filter(|segment| segment.role() != Role::User)
            {
                report.clean(segment);
            }
        }
        let Some(who) = self.watch.watched(call.context) else {
            return;
        };
        let looked = self
            .watch
            .look(&who, call, report)
            .and_then(|()| self.watch.harvest(&who, call, report));
        if looked.is_err()
            && let Some(segment) = call.segments.first()
        {
            report.skip(segment, "the counters do not answer");
        }
    }
}

/// The quarters of tokens that have not counted yet.
fn fresh(call: &Call<'_>, state: &mut State) -> u64 {
    let stage = call.context.stage;
    let bit = 1 << stage as u8;
    if stage != Stage::Output && state.stages & bit != 0 {
        return 0;
    }
    state.stages |= bit;
    let mut quarters = 0;
    for segment in call.segments {
        // The question of a retrieval was counted with the prompt, the parts of arguments are
        // counted as a whole.
        if matches!(segment.kind(), Kind::Query | Kind::ToolCall) {
            continue;
        }
        if stage != Stage::Output {
            quarters += tokens::estimate(segment.text());
            continue;
        }
        let end = segment.offset() + segment.text().len() as u64;
        let known = state.answer.iter().position(|(id, _)| *id == segment.id());
        let upto = match known.and_then(|place| state.answer.get_mut(place)) {
            Some((_, upto)) => std::mem::replace(upto, end.max(*upto)),
            None => {
                if state.answer.len() >= SEGMENTS {
                    state.answer.remove(0);
                }
                state.answer.push((segment.id(), end));
                0
            }
        };
        let seen = usize::try_from(upto.saturating_sub(segment.offset())).unwrap_or(usize::MAX);
        quarters += tokens::estimate(segment.text().get(seen..).unwrap_or_default());
    }
    quarters
}

caponier_sdk::export!(Quota);
