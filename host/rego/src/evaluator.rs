//! One thread's Rego engine.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use caponier_core::{Action, Decision};
use regorus::utils::limits::ExecutionTimerConfig;
use regorus::{Engine, Value};

use crate::bundle::{BundleError, ENTRY_POINT, Parts};
use crate::clock::{Clock, Verdict};
use crate::decision;
use crate::input::{Input, Words};

/// The time one decision may take, unless `limits.rego` says otherwise.
pub const DEFAULT_TIME_LIMIT: Duration = Duration::from_millis(5);

/// Rules and loop steps between two looks at the clock.
pub(crate) const CHECK_INTERVAL: NonZeroU32 = NonZeroU32::new(64).expect("64 is not zero");

/// Why there is no decision. Each is a denial: see [`DecideError::as_denial`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecideError {
    /// No rule gave `data.caponier.decision` a value.
    #[error("the policy gives no decision for this input")]
    Undefined,
    /// The value is not a decision.
    #[error("the policy's decision is ill-formed: `{field}` {why}")]
    IllFormed {
        /// The key.
        field: String,
        /// What is wrong with it.
        why: String,
    },
    /// The policy did not come to an end in time.
    #[error("the policy took longer than {} ms", limit.as_millis())]
    Timeout {
        /// The limit.
        limit: Duration,
    },
    /// A rule failed: two values for one name, a builtin that refuses its operand.
    ///
    /// Only the place is told, because the engine's messages quote values.
    #[error("the policy failed at {place}")]
    Eval {
        /// `file:line:column`.
        place: String,
    },
}

impl DecideError {
    /// The denial that stands in for the decision.
    pub fn as_denial(&self) -> Decision {
        let mut decision = Decision::new(Action::Deny, self.to_string());
        decision.status = Some(503);
        decision
    }
}

/// A bundle made ready for one thread.
pub struct Evaluator {
    engine: Engine,
    parts: Arc<Parts>,
    words: Words,
    limit: Duration,
}

impl Evaluator {
    pub(crate) fn new(parts: Arc<Parts>) -> Result<Self, BundleError> {
        let engine = parts.engine()?;
        let mut evaluator = Self {
            engine,
            parts,
            words: Words::new(),
            limit: Duration::ZERO,
        };
        evaluator.set_time_limit(DEFAULT_TIME_LIMIT);
        Ok(evaluator)
    }

    /// Bounds the time of one decision.
    pub fn set_time_limit(&mut self, limit: Duration) {
        self.limit = limit;
        self.engine
            .set_execution_timer_config(ExecutionTimerConfig {
                limit,
                check_interval: CHECK_INTERVAL,
            });
    }

    /// Decides.
    ///
    /// # Errors
    /// Why there is no decision; the caller denies, by [`DecideError::as_denial`].
    pub fn decide(&mut self, input: &Input<'_>) -> Result<Decision, DecideError> {
        let value = self.input_value(input);
        let outcome = self
            .evaluate(value, ENTRY_POINT)
            .map_err(|failure| self.explain(&failure))?;
        decision::parse(
            &outcome,
            |id| input.findings.iter().any(|finding| finding.id == id),
            |id| input.segments.iter().any(|segment| segment.id == id),
        )
    }

    /// The input as Rego sees it.
    pub(crate) fn input_value(&self, input: &Input<'_>) -> Value {
        input.as_rego(&self.words, &self.parts.actions, self.parts.reads)
    }

    /// Evaluates one rule on any input.
    pub(crate) fn evaluate(&mut self, input: Value, rule: &str) -> Result<Value, Failure> {
        let mut clock = Clock::start();
        let mut second_try = false;
        self.engine.set_input(input);
        let outcome = loop {
            // The engine measures from the beginning of each evaluation, by the wall clock.
            let outcome = self.engine.eval_rule(rule.to_owned());
            let cut_short = outcome
                .as_ref()
                .err()
                .is_some_and(|error| is_time_limit(&error.to_string()));
            // An answer that is there is taken, late or not.
            if !cut_short {
                break outcome.map_err(|error| error.to_string());
            }
            // Evaluation is pure, so that asking again changes nothing.
            match clock.verdict(self.limit) {
                // Late by the wall, but not by its own doing.
                Verdict::InTime | Verdict::Delayed => {}
                // A virtual machine's thread is charged for time that the host took from it: once
                // in a hundred thousand decisions that alone is more than the limit.
                Verdict::Late if !second_try => {
                    second_try = true;
                    clock = Clock::start();
                }
                Verdict::Late => break Err(TIME_LIMIT.to_owned()),
            }
        };
        // What was shown to the policy is not kept, nor what the policy printed of it.
        self.engine.set_input(Value::Undefined);
        let _ = self.engine.take_prints();
        outcome.map_err(|message| {
            if is_time_limit(&message) {
                Failure::Timeout
            } else {
                Failure::Eval(message)
            }
        })
    }

    fn explain(&self, failure: &Failure) -> DecideError {
        match failure {
            Failure::Timeout => DecideError::Timeout { limit: self.limit },
            Failure::Eval(message) => {
                let place = place_of(message).unwrap_or_else(|| "an unknown place".to_owned());
                DecideError::Eval { place }
            }
        }
    }
}

/// Shows nothing of the policy and nothing that it was shown.
impl std::fmt::Debug for Evaluator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Evaluator")
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}

/// How the engine words that it ran out of time. Inside functions it keeps an error's text only, so
/// the text is what there is to go by.
const TIME_LIMIT: &str = "execution exceeded time limit";

fn is_time_limit(message: &str) -> bool {
    message.contains(TIME_LIMIT)
}

/// How an evaluation failed. The message may quote values: it is for the self-test only.
pub(crate) enum Failure {
    Timeout,
    Eval(String),
}

/// The engine's messages begin with `--> file:line:column`.
pub(crate) fn place_of(message: &str) -> Option<String> {
    let line = message.lines().find_map(|line| line.strip_prefix("--> "))?;
    Some(line.trim().to_owned())
}

/// The engine's messages end with `error: why`.
pub(crate) fn reason_of(message: &str) -> String {
    let why = message
        .lines()
        .rev()
        .find_map(|line| line.trim().strip_prefix("error: "));
    why.unwrap_or(message).trim().to_owned()
}
