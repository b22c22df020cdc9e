//! What a plugin costs.

use std::path::Path;
use std::time::{Duration, Instant};

use caponier_component::{Call, Kind, Plugin};
use caponier_core::{Kind as SegmentKind, Role, Segment, Stage};

use crate::Error;
use crate::cases::context;
use crate::sandbox::Sandbox;

/// Calls of a measurement; of those that take long, fewer.
const ROUNDS: usize = 2000;
/// How long one measurement goes on.
const ENOUGH: Duration = Duration::from_secs(2);
/// Plain prose with what detectors look for in it now and then.
const PROSE: &str = "The quarterly report shows that sales in the northern region grew by a tenth \
while costs held. On 2024-01-15 the office in Bern moved to new rooms; the old ones are let. ";

/// What a plugin costs, each the median of many calls.
#[derive(Clone, Debug)]
pub struct Costs {
    /// How new instances are made: `snapshot` or `warm-spares`.
    pub runs_as: &'static str,
    /// Bytes of the component.
    pub size: usize,
    /// To load it without a cache: configured, snapshotted, compiled.
    pub load: Duration,
    /// What a new sandbox adds to a call with 100 bytes. Nothing where every call has a spare that
    /// was made beforehand.
    pub new_sandbox: Option<Duration>,
    /// To make one spare, where there are spares.
    pub spare: Option<Duration>,
    /// A call with 100 bytes.
    pub small: Duration,
    /// A call with 4 KB.
    pub medium: Duration,
    /// A call with 64 KB.
    pub large: Duration,
}

/// Measures a component in the sandbox, with every grant.
///
/// # Errors
/// What keeps it from being loaded, and calls that fail.
pub fn bench(component: &[u8], settings: &str, data: Option<&Path>) -> Result<Costs, Error> {
    let sandbox = Sandbox::new()?;
    let (plugin, load) = sandbox.load(component, settings, data)?;
    let is_snapshot = plugin.kind() == Kind::Snapshot;
    Ok(Costs {
        runs_as: plugin.kind().as_str(),
        size: component.len(),
        load,
        new_sandbox: is_snapshot.then(|| new_sandbox(&plugin)).transpose()?,
        spare: plugin.info().spare_cost,
        small: calls(&plugin, 100)?,
        medium: calls(&plugin, 4 << 10)?,
        large: calls(&plugin, 64 << 10)?,
    })
}

/// A text of this many bytes that no other round has.
fn segment(plugin: &Plugin, bytes: usize, round: usize) -> Segment {
    let mut text = format!("{round} ");
    while text.len() < bytes {
        text.push_str(PROSE);
    }
    text.truncate(bytes);
    let kinds = &plugin.manifest().kinds;
    let kind = kinds.first().copied().unwrap_or(SegmentKind::Text);
    Segment::new(0, Role::User, kind, text)
}

fn stage(plugin: &Plugin) -> Stage {
    let stages = &plugin.manifest().stages;
    stages.first().copied().unwrap_or(Stage::Prompt)
}

fn fault(fault: impl std::fmt::Display) -> Error {
    Error::Fault(fault.to_string())
}

fn calls(plugin: &Plugin, bytes: usize) -> Result<Duration, Error> {
    let context = context(stage(plugin));
    let begun = Instant::now();
    let mut times = Vec::new();
    for round in 0..ROUNDS {
        let segment = segment(plugin, bytes, round);
        let started = Instant::now();
        plugin
            .inspect(&Call::new(&context, &[&segment], &[]))
            .map_err(fault)?;
        times.push(started.elapsed());
        if begun.elapsed() > ENOUGH && times.len() > 10 {
            break;
        }
    }
    Ok(median(times))
}

fn new_sandbox(plugin: &Plugin) -> Result<Duration, Error> {
    let context = context(stage(plugin));
    let mut session = plugin.session().map_err(fault)?;
    let mut added = Vec::new();
    for round in 0..ROUNDS {
        let segment = segment(plugin, 100, round);
        let shown = [&segment];
        let call = Call::new(&context, &shown, &[]);
        let mut new = Duration::ZERO;
        let mut reused = Duration::ZERO;
        // Whoever comes second finds the text in the processor's cache: they take turns.
        for is_new in [round % 2 == 0, round % 2 == 1] {
            let started = Instant::now();
            if is_new {
                plugin.inspect(&call).map_err(fault)?;
                new = started.elapsed();
            } else {
                session.inspect(&call).map_err(fault)?;
                reused = started.elapsed();
            }
        }
        added.push(new.saturating_sub(reused));
    }
    Ok(median(added))
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}
