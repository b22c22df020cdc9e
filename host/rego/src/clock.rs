//! How long one evaluation took: by its own thread's time where there is one, else by the wall.
//!
//! A thread that others keep from running must not have its decisions cut short for it: on a busy
//! machine that would deny at random.

use std::time::{Duration, Instant};

/// How many times the limit may pass on the wall, whatever the thread has used: a machine that is
/// busy for a second must not deny what it has not judged.
const WALL_CAP: u32 = 200;

/// The same where threads have no clock: whether the thread ran cannot be known then, and a worker
/// that serves others must not be kept for long.
const BLIND_CAP: u32 = 4;

/// A running measurement.
pub(crate) struct Clock {
    wall: Instant,
    thread: Option<Duration>,
}

/// What a measurement says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Within the limit.
    InTime,
    /// Beyond the limit on the wall, but the thread was kept from running.
    Delayed,
    /// Beyond the limit.
    Late,
}

impl Clock {
    pub(crate) fn start() -> Self {
        Self {
            wall: Instant::now(),
            thread: thread_time(),
        }
    }

    pub(crate) fn verdict(&self, limit: Duration) -> Verdict {
        let wall = self.wall.elapsed();
        if wall <= limit {
            return Verdict::InTime;
        }
        let used = self
            .thread
            .zip(thread_time())
            .map(|(then, now)| now.saturating_sub(then));
        match used {
            Some(used) if used <= limit && wall <= limit.saturating_mul(WALL_CAP) => {
                Verdict::Delayed
            }
            None if wall <= limit.saturating_mul(BLIND_CAP) => Verdict::Delayed,
            _ => Verdict::Late,
        }
    }
}

/// The time that this thread has run.
#[cfg(unix)]
fn thread_time() -> Option<Duration> {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    let nanoseconds = u32::try_from(time.tv_nsec).ok()?;
    Some(Duration::new(u64::try_from(time.tv_sec).ok()?, nanoseconds))
}

/// There is no such clock: the wall decides, with some patience.
#[cfg(not(unix))]
fn thread_time() -> Option<Duration> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_is_late_and_waiting_is_only_delayed() {
        let limit = Duration::from_millis(2);
        let clock = Clock::start();
        assert_eq!(clock.verdict(limit), Verdict::InTime);
        std::thread::sleep(Duration::from_millis(40));
        assert_eq!(clock.verdict(limit), Verdict::Delayed);
        std::thread::sleep(Duration::from_millis(400));
        assert_eq!(clock.verdict(limit), Verdict::Late, "the wall has a cap");

        let clock = Clock::start();
        let mut number = 1_u64;
        while clock.thread.zip(thread_time()).unwrap().1 - clock.thread.unwrap() <= limit {
            number = std::hint::black_box(number.wrapping_mul(3));
        }
        assert_eq!(clock.verdict(limit), Verdict::Late);
    }
}
