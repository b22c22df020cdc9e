//! Counters that count, for tests.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::marker::PhantomData;

use crate::Error;

thread_local! {
    static STORE: RefCell<Option<Store>> = const { RefCell::new(None) };
}

/// While it lives, [`counters`](crate::counters) count on this thread, from nothing on. They are
/// one tenant's, and what they say is exact.
///
/// # Example
///
/// ```
/// use caponier_sdk::testing::Counting;
/// use caponier_sdk::{Error, counters};
///
/// let counting = Counting::start();
/// assert_eq!(counters::add("requests/ann", 2, 60)?, 2);
/// counting.pass(30);
/// assert_eq!(counters::add("requests/ann", 1, 60)?, 3);
/// assert_eq!(counters::add_unique("prompts/ann", b"hello", 60)?, 1);
/// assert_eq!(counters::add_unique("prompts/ann", b"hello", 60)?, 1);
/// // What leaves the window no longer counts.
/// counting.pass(31);
/// assert_eq!(counters::add("requests/ann", 0, 60)?, 1);
/// assert_eq!(counting.keys(), 2);
/// // As with a host that has no room for more.
/// counting.refuse();
/// assert!(counters::add("requests/ann", 1, 60).is_err());
/// # Ok::<(), Error>(())
/// ```
#[derive(Debug)]
pub struct Counting {
    /// It belongs to its thread.
    thread: PhantomData<*const ()>,
}

#[derive(Default)]
struct Store {
    now: u64,
    refuses: bool,
    sums: BTreeMap<(String, u32), Vec<(u64, u64)>>,
    sets: BTreeMap<(String, u32), BTreeMap<Vec<u8>, u64>>,
}

impl Counting {
    /// Begins to count.
    ///
    /// See the [example](Self#example).
    pub fn start() -> Self {
        STORE.with_borrow_mut(|store| *store = Some(Store::default()));
        Self {
            thread: PhantomData,
        }
    }

    /// Lets time go on.
    ///
    /// See the [example](Self#example).
    pub fn pass(&self, seconds: u64) {
        self.with(|store| store.now += seconds);
    }

    /// From now on no counter answers.
    ///
    /// See the [example](Self#example).
    pub fn refuse(&self) {
        self.with(|store| store.refuses = true);
    }

    /// How many counters and sets there are.
    ///
    /// See the [example](Self#example).
    pub fn keys(&self) -> usize {
        self.with(|store| store.sums.len() + store.sets.len())
    }

    fn with<T: Default>(&self, update: impl FnOnce(&mut Store) -> T) -> T {
        STORE.with_borrow_mut(|store| store.as_mut().map(update).unwrap_or_default())
    }
}

impl Drop for Counting {
    fn drop(&mut self) {
        STORE.with_borrow_mut(|store| *store = None);
    }
}

impl Store {
    /// Since when things count.
    fn since(&self, window: u32) -> Result<u64, Error> {
        if self.refuses {
            return Err(Error::new("counters are unavailable"));
        }
        Ok((self.now + 1).saturating_sub(u64::from(window.max(1))))
    }
}

/// As [`counters::add`](crate::counters::add); 0 where nothing counts.
pub(crate) fn add(key: &str, amount: u64, window: u32) -> Result<u64, Error> {
    STORE.with_borrow_mut(|store| {
        let Some(store) = store else { return Ok(0) };
        let (now, since) = (store.now, store.since(window)?);
        let sums = store.sums.entry((key.to_owned(), window)).or_default();
        sums.retain(|(time, _)| *time >= since);
        sums.push((now, amount));
        Ok(sums.iter().map(|(_, amount)| amount).sum())
    })
}

/// As [`counters::add_unique`](crate::counters::add_unique); 0 where nothing counts.
pub(crate) fn add_unique(key: &str, member: &[u8], window: u32) -> Result<u64, Error> {
    STORE.with_borrow_mut(|store| {
        let Some(store) = store else { return Ok(0) };
        let (now, since) = (store.now, store.since(window)?);
        let set = store.sets.entry((key.to_owned(), window)).or_default();
        set.retain(|_, time| *time >= since);
        set.insert(member.to_vec(), now);
        Ok(set.len() as u64)
    })
}
