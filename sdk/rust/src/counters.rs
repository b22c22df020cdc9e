//! Counters shared by every call and, with a shared store, by every host. They need the
//! `counters` grant. Outside of a sandbox, and during `configure`, they answer 0; in a test
//! `testing::Counting` makes them count.

use crate::Error;

/// Adds `amount` and returns the sum over the sliding window. An amount of 0 reads.
///
/// ```
/// use caponier_sdk::{Context, Error, counters};
///
/// /// Whether the caller has sent more than a million bytes within an hour.
/// fn is_over(context: &Context, text: &str) -> Result<bool, Error> {
///     let caller = context.principal.as_ref().map_or("", |principal| principal.id.as_str());
///     let sent = counters::add(&format!("bytes/{caller}"), text.len() as u64, 3600)?;
///     Ok(sent > 1_000_000)
/// }
///
/// // Natively nothing is counted.
/// assert_eq!(is_over(&Context::default(), "hello"), Ok(false));
/// ```
///
/// # Errors
/// Where the host refuses.
pub fn add(key: &str, amount: u64, window_seconds: u32) -> Result<u64, Error> {
    host::add(key, amount, window_seconds)
}

/// Adds `member` to a set and returns an estimate of the set's size over the window.
///
/// ```
/// use caponier_sdk::{Error, counters};
///
/// /// Whether one caller goes through customers' numbers: more than fifty in ten minutes.
/// fn is_harvest(caller: &str, number: &str) -> Result<bool, Error> {
///     let numbers = counters::add_unique(&format!("numbers/{caller}"), number.as_bytes(), 600)?;
///     Ok(numbers > 50)
/// }
///
/// // Natively nothing is counted.
/// assert_eq!(is_harvest("ann", "C-1001"), Ok(false));
/// ```
///
/// # Errors
/// Where the host refuses.
pub fn add_unique(key: &str, member: &[u8], window_seconds: u32) -> Result<u64, Error> {
    host::add_unique(key, member, window_seconds)
}

#[cfg(target_family = "wasm")]
mod host {
    use crate::Error;
    use crate::bindings::caponier::policy::counters;

    pub(super) fn add(key: &str, amount: u64, window_seconds: u32) -> Result<u64, Error> {
        counters::add(key, amount, window_seconds).map_err(Error::new)
    }

    pub(super) fn add_unique(key: &str, member: &[u8], window_seconds: u32) -> Result<u64, Error> {
        counters::add_unique(key, member, window_seconds).map_err(Error::new)
    }
}

#[cfg(all(not(target_family = "wasm"), any(test, feature = "testing")))]
use crate::testing::counting as host;

#[cfg(not(any(target_family = "wasm", test, feature = "testing")))]
mod host {
    use crate::Error;

    pub(super) fn add(_key: &str, _amount: u64, _window_seconds: u32) -> Result<u64, Error> {
        Ok(0)
    }

    pub(super) fn add_unique(
        _key: &str,
        _member: &[u8],
        _window_seconds: u32,
    ) -> Result<u64, Error> {
        Ok(0)
    }
}
