//! The wall clock, and waiting by it.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::time::error::Elapsed;

/// Milliseconds since the Unix epoch.
pub(crate) fn unix_millis() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| {
            u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
        })
}

/// Seconds since the Unix epoch.
pub(crate) fn unix_seconds() -> u64 {
    unix_millis() / 1000
}

/// Waits as long as `patience` says. It is asked, and a timer set, only for what is not there at
/// once.
pub(crate) async fn within<F: Future>(
    patience: impl FnOnce() -> Duration,
    future: F,
) -> Result<F::Output, Elapsed> {
    let mut future = pin!(future);
    match poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx))).await {
        Poll::Ready(output) => Ok(output),
        Poll::Pending => tokio::time::timeout(patience(), future).await,
    }
}
