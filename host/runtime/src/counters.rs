//! Counters that plugins share over calls, within this process.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use caponier_component::{CounterScope, Counters, CountersUnavailable};
use parking_lot::Mutex;

/// A window is counted in this many slices: what leaves it does so a slice at a time.
const SLICES: u32 = 16;
/// Keys that are kept; beyond it the counters refuse, rather than forget.
const MAX_KEYS: usize = 100_000;
/// Members that one set remembers exactly.
const MAX_MEMBERS: usize = 65_536;

#[derive(Clone, PartialEq, Eq, Hash)]
struct Key {
    plugin: String,
    tenant: Option<String>,
    key: String,
    window: Duration,
}

#[derive(Default)]
struct Slice {
    number: u64,
    sum: u64,
    members: HashSet<[u8; 16]>,
}

/// Sliding counters in memory.
pub(crate) struct MemoryCounters {
    started: Instant,
    slices: Mutex<HashMap<Key, Vec<Slice>>>,
}

impl MemoryCounters {
    pub(crate) fn new() -> Self {
        Self {
            started: Instant::now(),
            slices: Mutex::new(HashMap::new()),
        }
    }

    /// Finds the counter, forgets what has left its window, and lets `update` work on it.
    fn with<T>(
        &self,
        scope: CounterScope<'_>,
        key: &str,
        window: Duration,
        update: impl FnOnce(&mut Vec<Slice>, u64) -> T,
    ) -> Result<T, CountersUnavailable> {
        let window = window.max(Duration::from_secs(1));
        let length = (window / SLICES).as_millis().max(1);
        let now = u64::try_from(self.started.elapsed().as_millis() / length).unwrap_or(u64::MAX);
        let key = Key {
            plugin: scope.plugin.to_owned(),
            tenant: scope.tenant.map(str::to_owned),
            key: key.to_owned(),
            window,
        };
        let mut all = self.slices.lock();
        if !all.contains_key(&key) && all.len() >= MAX_KEYS {
            let elapsed = self.started.elapsed();
            all.retain(|key, slices| {
                let length = (key.window / SLICES).as_millis().max(1);
                let now = u64::try_from(elapsed.as_millis() / length).unwrap_or(u64::MAX);
                slices
                    .last()
                    .is_some_and(|slice| slice.number + u64::from(SLICES) > now)
            });
            if all.len() >= MAX_KEYS {
                return Err(CountersUnavailable);
            }
        }
        let slices = all.entry(key).or_default();
        slices.retain(|slice| slice.number + u64::from(SLICES) > now);
        Ok(update(slices, now))
    }
}

fn current(slices: &mut Vec<Slice>, now: u64) -> Option<&mut Slice> {
    if slices.last().is_none_or(|slice| slice.number != now) {
        slices.push(Slice {
            number: now,
            ..Slice::default()
        });
    }
    slices.last_mut()
}

impl Counters for MemoryCounters {
    fn add(
        &self,
        scope: CounterScope<'_>,
        key: &str,
        amount: u64,
        window: Duration,
    ) -> Result<u64, CountersUnavailable> {
        self.with(scope, key, window, |slices, now| {
            if amount > 0
                && let Some(slice) = current(slices, now)
            {
                slice.sum = slice.sum.saturating_add(amount);
            }
            slices
                .iter()
                .fold(0_u64, |sum, slice| sum.saturating_add(slice.sum))
        })
    }

    fn add_unique(
        &self,
        scope: CounterScope<'_>,
        key: &str,
        member: &[u8],
        window: Duration,
    ) -> Result<u64, CountersUnavailable> {
        let mut digest = [0_u8; 16];
        blake3::Hasher::new()
            .update(member)
            .finalize_xof()
            .fill(&mut digest);
        self.with(scope, key, window, |slices, now| {
            let known: usize = slices.iter().map(|slice| slice.members.len()).sum();
            let seen = slices.iter().any(|slice| slice.members.contains(&digest));
            if let Some(slice) = current(slices, now)
                && (seen || known < MAX_MEMBERS)
            {
                slice.members.insert(digest);
            }
            let members: HashSet<&[u8; 16]> =
                slices.iter().flat_map(|slice| &slice.members).collect();
            members.len() as u64
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCOPE: CounterScope<'_> = CounterScope {
        plugin: "quota",
        tenant: Some("a"),
    };
    const HOUR: Duration = Duration::from_secs(3600);

    #[test]
    fn sums_and_sets_are_kept_apart_by_plugin_and_tenant() {
        let counters = MemoryCounters::new();
        assert_eq!(counters.add(SCOPE, "k", 2, HOUR), Ok(2));
        assert_eq!(counters.add(SCOPE, "k", 3, HOUR), Ok(5));
        assert_eq!(counters.add(SCOPE, "k", 0, HOUR), Ok(5));
        let other = CounterScope {
            tenant: Some("b"),
            ..SCOPE
        };
        assert_eq!(counters.add(other, "k", 0, HOUR), Ok(0));
        assert_eq!(counters.add_unique(SCOPE, "s", b"x", HOUR), Ok(1));
        assert_eq!(counters.add_unique(SCOPE, "s", b"x", HOUR), Ok(1));
        assert_eq!(counters.add_unique(SCOPE, "s", b"y", HOUR), Ok(2));
    }

    #[test]
    fn what_leaves_the_window_no_longer_counts() {
        let counters = MemoryCounters::new();
        let window = Duration::from_secs(1);
        counters.add(SCOPE, "k", 1, window).unwrap();
        std::thread::sleep(Duration::from_millis(1150));
        assert_eq!(counters.add(SCOPE, "k", 0, window), Ok(0));
    }
}
