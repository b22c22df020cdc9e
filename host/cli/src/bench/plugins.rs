//! What each built-in plugin takes by itself, and whether any input makes it slow.

use caponier_core::{Kind, Role, Segment, Stage};
use caponier_runtime::{Call, Loaded};

use super::sandbox::for_each_builtin;
use super::statistics::{median, micros, worked};
use super::texts::Texts;
use super::{Bench, Values, worst};
use crate::evaluate::exchange;

/// Microseconds for a text of 4 KB.
pub(super) fn small(bench: &Bench) -> anyhow::Result<Values> {
    prose(bench, 4 << 10, bench.times(400, 40))
}

/// Microseconds for a text of 64 KB.
pub(super) fn large(bench: &Bench) -> anyhow::Result<Values> {
    prose(bench, 64 << 10, bench.times(60, 6))
}

/// Microseconds for a text of 1 MB.
pub(super) fn huge(bench: &Bench) -> anyhow::Result<Values> {
    prose(bench, 1 << 20, bench.times(7, 3))
}

fn prose(bench: &Bench, bytes: usize, rounds: usize) -> anyhow::Result<Values> {
    let mut texts = Texts::new(bytes as u64 ^ 0x97a5);
    for_each_builtin(bench, |name, loaded, _| {
        let mut times = Vec::with_capacity(rounds);
        for round in 0..=rounds {
            let time = call(bench, (name, loaded), texts.prose(bytes))?;
            if round > 0 {
                times.push(time);
            }
        }
        Ok(median(times))
    })
}

/// How many times the average of their length the slowest of many odd inputs takes.
pub(super) fn worst(bench: &Bench) -> anyhow::Result<Values> {
    let rounds = bench.times(9, 3);
    for_each_builtin(bench, |name, loaded, _| {
        worst::slowest(rounds, |text| call(bench, (name, loaded), text))
    })
}

/// One call with a text where the plugin works, in microseconds of the processor's time.
fn call(bench: &Bench, (name, loaded): (&str, &Loaded), text: String) -> anyhow::Result<f64> {
    let segment = sample(name, loaded, text);
    let (stage, ..) = place(name, loaded);
    let context = exchange(&bench.revision.policy, stage)?.context;
    let shown = [&segment];
    let (time, report) = worked(|| loaded.plugin.inspect(&Call::new(&context, &shown, &[])));
    report?;
    Ok(micros(time))
}

/// A stage, and whose text of what kind a plugin works on there: the first of its stages, unless it
/// does no more there than to look whether it is concerned.
pub(super) fn place(name: &str, loaded: &Loaded) -> (Stage, Role, Kind) {
    let first = loaded.spec.stages.first().copied();
    let stage = match name {
        "poison" => Stage::Retrieval,
        _ => first.unwrap_or(Stage::Prompt),
    };
    let (role, kind) = match (stage, name) {
        (Stage::Prompt, "leak") => (Role::System, Kind::Text),
        (Stage::Prompt, _) => (Role::User, Kind::Text),
        (Stage::Retrieval, _) => (Role::Document, Kind::Document),
        (Stage::Output, _) => (Role::Assistant, Kind::Text),
    };
    let kinds = &loaded.spec.manifest.kinds;
    let kind = match kinds.contains(&kind) {
        true => kind,
        false => kinds.first().copied().unwrap_or(kind),
    };
    (stage, role, kind)
}

/// A segment as a plugin gets it there.
pub(super) fn sample(name: &str, loaded: &Loaded, text: String) -> Segment {
    let (_, role, kind) = place(name, loaded);
    Segment::new(0, role, kind, text)
}
