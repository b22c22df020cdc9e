//! The chain of plugins with the rules behind it, as a request meets them.

use std::time::Duration;

use caponier_core::{Action, Kind, Role, Segment, Stage};
use caponier_runtime::{Outcome, Policy, StageInput};

use super::statistics::{median, micros, quantile, worked};
use super::texts::Texts;
use super::{Bench, Values, worst};
use crate::evaluate::exchange;

/// Runs of [`latency`]: what disturbs one of them does not decide.
const RUNS: usize = 5;

/// Median and 99th percentile of deciding a prompt of 4 KB on one core, in microseconds. Nothing on
/// the way waits, so the thread's own time is what the clock shows where nobody else wants the core.
pub(super) fn latency(bench: &Bench) -> anyhow::Result<Values> {
    let policy = &bench.revision.policy;
    let mut texts = Texts::new(0xc4a1);
    let rounds = bench.times(2000, 150);
    for _ in 0..rounds / 4 {
        plain(policy, texts.prose(4 << 10))?;
    }
    let mut runs = Vec::with_capacity(RUNS);
    for _ in 0..RUNS {
        let mut times = Vec::with_capacity(rounds);
        for _ in 0..rounds {
            let text = texts.prose(4 << 10);
            let (time, decided) = worked(|| plain(policy, text));
            decided?;
            times.push(micros(time));
        }
        runs.push((quantile(&mut times, 0.5), quantile(&mut times, 0.99)));
    }
    let (middle, high): (Vec<f64>, Vec<f64>) = runs.into_iter().unzip();
    Ok(vec![Some(median(middle)), Some(median(high))])
}

/// What a byte costs in texts of 64 KB and 1 MB, against one in texts of 4 KB.
pub(super) fn growth(bench: &Bench) -> anyhow::Result<Values> {
    let large = against_small(bench, 64 << 10, bench.times(60, 6))?;
    let huge = against_small(bench, 1 << 20, bench.times(9, 3))?;
    Ok(vec![Some(large), Some(huge)])
}

fn against_small(bench: &Bench, bytes: usize, rounds: usize) -> anyhow::Result<f64> {
    const SMALL: usize = 4 << 10;
    let policy = &bench.revision.policy;
    let mut texts = Texts::new(bytes as u64);
    let (mut in_small, mut in_large) = (Vec::new(), Vec::new());
    for round in 0..=rounds {
        let small: Vec<String> = (0..bytes / SMALL).map(|_| texts.prose(SMALL)).collect();
        let large = texts.prose(bytes);
        let mut times = (Duration::ZERO, Duration::ZERO);
        for text in small {
            let (time, decided) = worked(|| plain(policy, text));
            decided?;
            times.0 += time;
        }
        let (time, decided) = worked(|| plain(policy, large));
        let outcome = decided?;
        times.1 = time;
        if round > 0 {
            in_small.push(micros(times.0));
            in_large.push(micros(times.1));
        } else {
            tracing::debug!(bytes, timings = ?outcome.timings, rego = ?outcome.rego, small = ?times.0, large = ?times.1, "growth");
        }
    }
    Ok(median(in_large) / median(in_small))
}

/// How many times the average of their length the slowest of many odd inputs takes: what one request
/// can ask of a gateway beyond what it is sized for.
pub(super) fn worst(bench: &Bench) -> anyhow::Result<Values> {
    let policy = &bench.revision.policy;
    let slowest = worst::slowest(bench.times(9, 3), |text| {
        let (time, decided) = worked(|| decide(policy, text));
        decided.map(|_| micros(time))
    })?;
    Ok(vec![Some(slowest)])
}

/// The way of a prompt that nothing is the matter with.
fn plain(policy: &Policy, text: String) -> anyhow::Result<Outcome> {
    let outcome = decide(policy, text)?;
    anyhow::ensure!(
        outcome.decision.status.is_none(),
        "a plain text is not decided: {}",
        outcome.decision.reason
    );
    Ok(outcome)
}

/// The whole way of a prompt: a new exchange, the access rules, the plugins, the rules, the edits.
fn decide(policy: &Policy, text: String) -> anyhow::Result<Outcome> {
    let mut exchange = exchange(policy, Stage::Prompt)?;
    let access = policy.begin(&mut exchange);
    anyhow::ensure!(
        access.action() != Action::Deny,
        "the rules of this configuration let nobody in; hint: leave out --config"
    );
    let input = StageInput {
        stage: Stage::Prompt,
        segments: vec![Segment::new(0, Role::User, Kind::Text, text)],
        gaps: Vec::new(),
        tool_calls: Vec::new(),
    };
    let outcome = policy.evaluate(&policy.route(None), &mut exchange, input);
    anyhow::ensure!(
        outcome.faults.is_empty(),
        "a plugin failed: {:?}",
        outcome.faults
    );
    Ok(outcome)
}
