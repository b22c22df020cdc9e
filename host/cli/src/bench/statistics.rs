//! Medians, and the time that a thread has worked.

use std::time::{Duration, Instant};

/// The value below which `share` of all values lie. Nothing: 0.
pub(super) fn quantile(values: &mut [f64], share: f64) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    let last = values.len().saturating_sub(1);
    let at = (last as f64 * share).round() as usize;
    values.get(at).copied().unwrap_or(0.0)
}

pub(super) fn median(mut values: Vec<f64>) -> f64 {
    quantile(&mut values, 0.5)
}

pub(super) fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

pub(super) fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// The processor time that this thread has used: what others do on the machine is not in it.
pub(super) fn thread_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(
        u64::try_from(time.tv_sec).unwrap_or(0),
        u32::try_from(time.tv_nsec).unwrap_or(0),
    )
}

/// How long it takes by the clock.
pub(super) fn timed<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let started = Instant::now();
    let result = work();
    (started.elapsed(), result)
}

/// How much of the processor's time it takes.
pub(super) fn worked<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let started = thread_time();
    let result = work();
    (thread_time().saturating_sub(started), result)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_values_of_the_list() {
        let mut values: Vec<f64> = (0..=100).rev().map(f64::from).collect();
        assert_eq!(quantile(&mut values, 0.5), 50.0);
        assert_eq!(quantile(&mut values, 0.99), 99.0);
        assert_eq!(median(vec![3.0]), 3.0);
        assert_eq!(median(Vec::new()), 0.0);
    }

    #[test]
    fn a_thread_that_sleeps_does_not_work() {
        let (worked, ()) = worked(|| std::thread::sleep(Duration::from_millis(30)));
        assert!(worked < Duration::from_millis(20), "{worked:?}");
    }
}
