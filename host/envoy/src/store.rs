//! Values that Envoy's workers share under names of any number, in a bounded number of places.
//!
//! What is shared in Envoy cannot be taken out again, so a name of its own for each value would let
//! callers fill the memory for good. Values lie in drawers instead, whose number is fixed; which one
//! a name belongs to depends on a random seed, so that nobody can aim at a drawer. How many values
//! there are in all is written down beside the seed.

use sha2::Digest as _;

use crate::host::{Host, Shared};

/// Values that are kept; beyond it there is no room, rather than something forgotten.
pub(crate) const MAX_VALUES: u64 = 100_000;
/// Drawers: with so many, none fills up much before all of them together do.
const DRAWERS: u32 = 1 << 16;
/// Values in one drawer.
const MAX_IN_DRAWER: usize = 16;
/// Drawers that are searched for what has expired when there is no room, one after the other.
const SWEPT: u32 = 8;
/// Times that a worker tries again when others are faster.
const TRIES: usize = 64;
/// Where the seed and the number of values are.
const LEDGER: &str = "caponier/ledger";

/// There is no room, or Envoy does not answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unavailable;

/// What a value becomes.
pub(crate) struct Change<T> {
    pub(crate) answer: T,
    /// The new value, and when nobody needs it any more, in milliseconds since the Unix epoch. `None`
    /// leaves it as it is.
    pub(crate) value: Option<(Vec<u8>, u64)>,
}

/// Lets `change` work on a value until no other worker gets in between.
pub(crate) fn update<T>(
    host: &impl Host,
    name: &str,
    change: impl Fn(&[u8]) -> Change<T>,
) -> Result<T, Unavailable> {
    let digest = digest(&Ledger::read(host)?.0, name);
    let drawer = place(&digest);
    let now = host.unix_millis();
    for _ in 0..TRIES {
        let (bytes, state) = host.shared(&drawer).ok_or(Unavailable)?;
        let mut values = Value::all(&bytes);
        let before = values.len();
        let place = values.iter().position(|value| value.digest == digest);
        let known = place.and_then(|place| values.get(place));
        let Change { answer, value } = change(known.map_or(&[], |known| known.bytes));
        let Some((bytes, expiry)) = value else {
            return Ok(answer);
        };
        values.retain(|value| value.digest != digest && value.expiry > now);
        let is_new = values.len() >= before;
        if values.len() >= MAX_IN_DRAWER || (is_new && !reserve(host, now)) {
            return Err(Unavailable);
        }
        let bytes = &bytes;
        values.push(Value {
            digest,
            expiry,
            bytes,
        });
        match host.share(&drawer, &Value::written(&values), state) {
            Shared::Done => {
                release(host, before.saturating_sub(values.len()));
                return Ok(answer);
            }
            changed => {
                release(host, usize::from(is_new));
                if changed == Shared::Failed {
                    return Err(Unavailable);
                }
            }
        }
    }
    Err(Unavailable)
}

/// One value in a drawer.
struct Value<'b> {
    digest: [u8; 16],
    expiry: u64,
    bytes: &'b [u8],
}

impl<'b> Value<'b> {
    fn all(mut bytes: &'b [u8]) -> Vec<Self> {
        let mut all = Vec::new();
        while let Some((value, rest)) = Self::first(bytes) {
            all.push(value);
            bytes = rest;
        }
        all
    }

    fn first(bytes: &'b [u8]) -> Option<(Self, &'b [u8])> {
        let (digest, rest) = bytes.split_first_chunk()?;
        let (expiry, rest) = rest.split_first_chunk()?;
        let (len, rest) = rest.split_first_chunk()?;
        let len = usize::try_from(u32::from_le_bytes(*len)).ok()?;
        let (bytes, rest) = rest.split_at_checked(len)?;
        let value = Self {
            digest: *digest,
            expiry: u64::from_le_bytes(*expiry),
            bytes,
        };
        Some((value, rest))
    }

    fn written(all: &[Self]) -> Vec<u8> {
        let size = all.iter().map(|value| value.bytes.len() + 28).sum();
        let mut bytes = Vec::with_capacity(size);
        for value in all {
            bytes.extend(value.digest);
            bytes.extend(value.expiry.to_le_bytes());
            let len = u32::try_from(value.bytes.len()).unwrap_or(0);
            bytes.extend(len.to_le_bytes());
            bytes.extend(value.bytes);
        }
        bytes
    }
}

/// The seed, how many values there are, and which drawer is searched next.
#[derive(Default)]
struct Ledger {
    seed: [u8; 16],
    count: u64,
    next: u32,
}

impl Ledger {
    /// What is written down, with the number of its state.
    fn of(host: &impl Host) -> Result<Option<(Self, u32)>, Unavailable> {
        let (bytes, state) = host.shared(LEDGER).ok_or(Unavailable)?;
        let read = || {
            let (seed, rest) = bytes.split_first_chunk()?;
            let (count, rest) = rest.split_first_chunk()?;
            let next = rest.first_chunk()?;
            Some(Self {
                seed: *seed,
                count: u64::from_le_bytes(*count),
                next: u32::from_le_bytes(*next),
            })
        };
        Ok(read().map(|ledger| (ledger, state)))
    }

    /// The same, begun if nobody has yet.
    fn read(host: &impl Host) -> Result<([u8; 16], u32), Unavailable> {
        for _ in 0..TRIES {
            if let Some((ledger, state)) = Self::of(host)? {
                return Ok((ledger.seed, state));
            }
            let mut first = Self::default();
            if !host.random(&mut first.seed) || first.write(host, 0) == Shared::Failed {
                return Err(Unavailable);
            }
        }
        Err(Unavailable)
    }

    fn write(&self, host: &impl Host, state: u32) -> Shared {
        let mut bytes = self.seed.to_vec();
        bytes.extend(self.count.to_le_bytes());
        bytes.extend(self.next.to_le_bytes());
        host.share(LEDGER, &bytes, state)
    }

    /// Lets `change` work on it; false where that says so, or Envoy does.
    fn change(host: &impl Host, change: impl Fn(&mut Self) -> bool) -> bool {
        for _ in 0..TRIES {
            let Ok(Some((mut ledger, state))) = Self::of(host) else {
                return false;
            };
            if !change(&mut ledger) {
                return false;
            }
            match ledger.write(host, state) {
                Shared::Done => return true,
                Shared::Changed => {}
                Shared::Failed => return false,
            }
        }
        false
    }
}

/// Writes down that there is one value more, if there may be.
fn reserve(host: &impl Host, now: u64) -> bool {
    let take = |ledger: &mut Ledger| {
        let has_room = ledger.count < MAX_VALUES;
        ledger.count += u64::from(has_room);
        has_room
    };
    if Ledger::change(host, take) {
        return true;
    }
    let freed = sweep(host, now);
    release(host, freed);
    freed > 0 && Ledger::change(host, take)
}

fn release(host: &impl Host, values: usize) {
    if values > 0 {
        Ledger::change(host, |ledger| {
            ledger.count = ledger.count.saturating_sub(values as u64);
            true
        });
    }
}

/// Takes what has expired out of the next drawers; gives how much that was.
fn sweep(host: &impl Host, now: u64) -> usize {
    let Ok(Some((ledger, _))) = Ledger::of(host) else {
        return 0;
    };
    let mut freed = 0;
    for number in (0..SWEPT).map(|number| ledger.next.wrapping_add(number)) {
        let drawer = drawer(number % DRAWERS);
        let Some((bytes, state)) = host.shared(&drawer) else {
            continue;
        };
        let mut values = Value::all(&bytes);
        let before = values.len();
        values.retain(|value| value.expiry > now);
        if values.len() < before
            && host.share(&drawer, &Value::written(&values), state) == Shared::Done
        {
            freed += before - values.len();
        }
    }
    Ledger::change(host, |ledger| {
        ledger.next = ledger.next.wrapping_add(SWEPT) % DRAWERS;
        true
    });
    freed
}

fn digest(seed: &[u8; 16], name: &str) -> [u8; 16] {
    let hash = sha2::Sha256::new().chain_update(seed).chain_update(name);
    hash.finalize().first_chunk().copied().unwrap_or_default()
}

fn place(digest: &[u8; 16]) -> String {
    let number = digest.first_chunk().copied().unwrap_or_default();
    drawer(u32::from_le_bytes(number) % DRAWERS)
}

fn drawer(number: u32) -> String {
    format!("caponier/{number:04x}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::Fake;

    fn put(host: &Fake, name: &str, expiry: u64) -> Result<(), Unavailable> {
        update(host, name, |_| Change {
            answer: (),
            value: Some((name.as_bytes().to_vec(), expiry)),
        })
    }

    fn get(host: &Fake, name: &str) -> Vec<u8> {
        update(host, name, |bytes| Change {
            answer: bytes.to_vec(),
            value: None,
        })
        .unwrap()
    }

    #[test]
    fn at_the_bound_nothing_is_forgotten_and_nothing_new_comes_in_until_something_expires() {
        let host = Fake::default();
        let now = host.millis.get();
        for number in 0..MAX_VALUES {
            let expiry = now + if number % 10 == 0 { 1_000 } else { 1_000_000 };
            put(&host, &number.to_string(), expiry).unwrap();
        }
        let places = host.places();
        assert!(places <= DRAWERS as usize + 1, "{places}");
        for another in ["more", "even more"] {
            assert_eq!(put(&host, another, now + 1_000_000), Err(Unavailable));
        }
        for known in ["0", "17", "99999"] {
            assert_eq!(put(&host, known, now + 1_000_000), Ok(()), "{known}");
            assert_eq!(get(&host, known), known.as_bytes());
        }
        host.millis.set(now + 2_000);
        // A tenth has expired; room comes back as it is looked for.
        let mut kept = 0;
        for number in 0..30_000 {
            kept += u32::from(put(&host, &format!("new-{number}"), now + 1_000_000).is_ok());
        }
        assert!((9_990..=9_999).contains(&kept), "{kept}");
        assert_eq!(get(&host, "17"), b"17");
        assert!(host.places() <= DRAWERS as usize + 1);
    }

    #[test]
    fn what_other_workers_do_is_not_counted_twice() {
        let host = Fake::default();
        let now = host.millis.get();
        for number in 0..100 {
            put(&host, &number.to_string(), now + 1_000).unwrap();
            put(&host, &number.to_string(), now + 1_000).unwrap();
        }
        let count = || Ledger::of(&host).unwrap().unwrap().0.count;
        assert_eq!(count(), 100);
        host.is_closed.set(true);
        assert_eq!(put(&host, "another", now + 1_000), Err(Unavailable));
        host.is_closed.set(false);
        assert_eq!(count(), 100);
    }

    #[test]
    fn damaged_bytes_are_read_without_harm() {
        let whole = Value::written(&[Value {
            digest: [1; 16],
            expiry: 5,
            bytes: b"abc",
        }]);
        assert_eq!(Value::all(&whole).len(), 1);
        for cut in 0..whole.len() {
            assert!(Value::all(&whole[..cut]).is_empty());
        }
    }
}
