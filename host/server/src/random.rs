//! Randomness of the system, fetched for many requests at a time: a system call for each request
//! costs more than everything that is done with what it gives.
//!
//! A copy of a running machine has the stock that the other has: the same ids, and tokens under the
//! same seeds, for as long as it lasts.

use std::cell::RefCell;

const STOCK: usize = 1024;

thread_local! {
    static LEFT: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// An id for an exchange, and the seed that its tokens are keyed with; `None` where the system gives
/// no randomness.
pub(crate) fn identifiers() -> Option<(String, u64)> {
    let id = u128::from_ne_bytes(bytes()?);
    let seed = u64::from_ne_bytes(bytes()?);
    Some((format!("{id:032x}"), seed))
}

/// Random bytes that nobody else has, or `None` where the system gives none.
fn bytes<const N: usize>() -> Option<[u8; N]> {
    LEFT.with_borrow_mut(|left| {
        if left.len() < N {
            left.resize(STOCK.max(N), 0);
            if getrandom::fill(left).is_err() {
                left.clear();
                return None;
            }
        }
        let start = left.len().checked_sub(N)?;
        let taken = left.get_mut(start..)?;
        let bytes = <[u8; N]>::try_from(&*taken).ok()?;
        taken.fill(0);
        left.truncate(start);
        Some(bytes)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_given_twice() {
        let all: std::collections::HashSet<[u8; 24]> =
            (0..1000).map(|_| bytes().unwrap()).collect();
        assert_eq!(all.len(), 1000);
        assert!(!all.contains(&[0; 24]));
        assert_eq!(
            bytes::<{ 2 * STOCK }>().map(|large| large.len()),
            Some(2 * STOCK)
        );
    }
}
