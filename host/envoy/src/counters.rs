//! Counters that plugins share over calls, workers and streams of one Envoy.
//!
//! They live in what Envoy's workers share, in a [store](crate::store) that is bounded. A window is
//! counted in sixteen slices; what leaves it does so a slice at a time.

use std::time::Duration;

use crate::host::Host;
use crate::store::{Change, Unavailable, update};

/// A window is counted in this many slices.
const SLICES: u32 = 16;
/// Members that one set remembers.
const MAX_MEMBERS: usize = 4_096;

/// Whose counter it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scope<'a> {
    pub(crate) plugin: &'a str,
    pub(crate) tenant: Option<&'a str>,
}

/// Why there is no count.
const UNAVAILABLE: &str = "the counters are not available";

/// Adds `amount`, and gives the sum over the window.
pub(crate) fn add(
    host: &impl Host,
    scope: Scope<'_>,
    key: &str,
    amount: u64,
    window: u32,
) -> Result<u64, &'static str> {
    let time = Time::of(host, window);
    count(host, &name("sum", scope, key, window), |value| {
        let mut slices = time.kept(value);
        if amount > 0 {
            match slices.iter_mut().find(|(number, _)| *number == time.now) {
                Some((_, sum)) => *sum = sum.saturating_add(amount),
                None => slices.push((time.now, amount)),
            }
        }
        let sum = slices
            .iter()
            .fold(0_u64, |sum, (_, part)| sum.saturating_add(*part));
        time.change(sum, (amount > 0).then_some(slices))
    })
}

/// Adds `member`, and gives how many there are over the window.
pub(crate) fn add_unique(
    host: &impl Host,
    scope: Scope<'_>,
    key: &str,
    member: &[u8],
    window: u32,
) -> Result<u64, &'static str> {
    let time = Time::of(host, window);
    let digest = digest(member);
    count(host, &name("set", scope, key, window), |value| {
        // Of each member: the slice in which it was seen last.
        let mut members = time.kept(value);
        let is_full = members.len() >= MAX_MEMBERS;
        let is_changed = match members.iter_mut().find(|(_, known)| *known == digest) {
            Some((number, _)) => std::mem::replace(number, time.now) != time.now,
            None if is_full => false,
            None => {
                members.push((time.now, digest));
                true
            }
        };
        time.change(members.len() as u64, is_changed.then_some(members))
    })
}

fn count(
    host: &impl Host,
    name: &str,
    change: impl Fn(&[u8]) -> Change<u64>,
) -> Result<u64, &'static str> {
    update(host, name, change).map_err(|Unavailable| UNAVAILABLE)
}

/// The slice that is being filled, and how many milliseconds one is.
struct Time {
    now: u64,
    length: u64,
}

impl Time {
    fn of(host: &impl Host, window: u32) -> Self {
        let window = Duration::from_secs(u64::from(window.max(1)));
        let length = u64::try_from((window / SLICES).as_millis()).unwrap_or(u64::MAX);
        let length = length.max(1);
        Self {
            now: host.unix_millis() / length,
            length,
        }
    }

    /// What is in the window still.
    fn kept(&self, value: &[u8]) -> Vec<(u64, u64)> {
        pairs(value)
            .filter(|(number, _)| number.saturating_add(u64::from(SLICES)) > self.now)
            .collect()
    }

    fn change(&self, answer: u64, changed: Option<Vec<(u64, u64)>>) -> Change<u64> {
        let expiry = self.now.saturating_add(u64::from(SLICES));
        let expiry = expiry.saturating_mul(self.length);
        Change {
            answer,
            value: changed.map(|pairs| (written(&pairs), expiry)),
        }
    }
}

/// Parts of a name cannot run into each other: each says how long it is.
fn name(kind: &str, scope: Scope<'_>, key: &str, window: u32) -> String {
    let tenant = scope.tenant.map_or_else(
        || "-".to_owned(),
        |tenant| format!("{}:{tenant}", tenant.len()),
    );
    let plugin = scope.plugin;
    format!(
        "caponier/{kind}/{window}/{}:{plugin}/{tenant}/{key}",
        plugin.len()
    )
}

fn pairs(value: &[u8]) -> impl Iterator<Item = (u64, u64)> {
    let number = |bytes: &[u8]| bytes.try_into().map_or(0, u64::from_le_bytes);
    value.chunks_exact(16).map(move |pair| {
        let (first, second) = pair.split_at(8);
        (number(first), number(second))
    })
}

fn written(pairs: &[(u64, u64)]) -> Vec<u8> {
    pairs
        .iter()
        .flat_map(|(first, second)| [first.to_le_bytes(), second.to_le_bytes()].concat())
        .collect()
}

/// Which member it is. Two that share it count as one, so it must not be easy to find such two.
fn digest(member: &[u8]) -> u64 {
    use sha2::Digest as _;
    let hash = sha2::Sha256::digest(member);
    let first = hash.first_chunk::<8>().copied().unwrap_or_default();
    u64::from_le_bytes(first)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::Fake;

    const SCOPE: Scope<'_> = Scope {
        plugin: "quota",
        tenant: Some("a"),
    };

    #[test]
    fn sums_and_sets_are_kept_apart_by_plugin_and_tenant() {
        let host = Fake::default();
        assert_eq!(add(&host, SCOPE, "k", 2, 3600), Ok(2));
        assert_eq!(add(&host, SCOPE, "k", 3, 3600), Ok(5));
        assert_eq!(add(&host, SCOPE, "k", 0, 3600), Ok(5));
        for other in [
            Scope {
                tenant: Some("b"),
                ..SCOPE
            },
            Scope {
                tenant: None,
                ..SCOPE
            },
            Scope {
                plugin: "other",
                ..SCOPE
            },
        ] {
            assert_eq!(add(&host, other, "k", 0, 3600), Ok(0), "{other:?}");
        }
        assert_eq!(add_unique(&host, SCOPE, "k", b"x", 3600), Ok(1));
        assert_eq!(add_unique(&host, SCOPE, "k", b"x", 3600), Ok(1));
        assert_eq!(add_unique(&host, SCOPE, "k", b"y", 3600), Ok(2));
    }

    #[test]
    fn what_leaves_the_window_no_longer_counts() {
        let host = Fake::default();
        assert_eq!(add(&host, SCOPE, "k", 1, 16), Ok(1));
        assert_eq!(add_unique(&host, SCOPE, "k", b"x", 16), Ok(1));
        host.millis.set(host.millis.get() + 8_000);
        assert_eq!(add(&host, SCOPE, "k", 1, 16), Ok(2));
        assert_eq!(add_unique(&host, SCOPE, "k", b"y", 16), Ok(2));
        host.millis.set(host.millis.get() + 9_000);
        assert_eq!(add(&host, SCOPE, "k", 0, 16), Ok(1));
        assert_eq!(add_unique(&host, SCOPE, "k", b"z", 16), Ok(2));
    }

    #[test]
    fn another_worker_that_is_faster_is_not_lost() {
        let host = Fake::default();
        assert_eq!(add(&host, SCOPE, "k", 1, 3600), Ok(1));
        host.races.set(5);
        assert_eq!(
            add(&host, SCOPE, "k", 1, 3600),
            Ok(7),
            "five others came first"
        );
        host.races.set(1_000);
        assert_eq!(add(&host, SCOPE, "k", 1, 3600), Err(UNAVAILABLE));
    }

    #[test]
    fn a_set_stops_growing_at_its_limit() {
        let host = Fake::default();
        for number in 0..5_000_u32 {
            add_unique(&host, SCOPE, "k", &number.to_le_bytes(), 3600).unwrap();
        }
        assert_eq!(
            add_unique(&host, SCOPE, "k", b"another", 3600),
            Ok(MAX_MEMBERS as u64)
        );
    }
}
