//! Time limits: a thread that ticks while calls run, and the budget of one call.
//!
//! Guest code compares a counter with a deadline at every loop and function entry. The counter
//! goes up once a millisecond; when the deadline is reached, the call's own processor time decides
//! whether it goes on.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use crate::os::thread_cpu_time;

/// A little less than a millisecond: the sleep itself takes the rest.
const TICK: Duration = Duration::from_micros(900);

/// After this many ticks without a call the thread goes to sleep.
const IDLE_TICKS: u32 = 200;

/// A wall clock may run this many times as long as the processor time allowed.
const WALL_FACTOR: u32 = 10;

#[derive(Default)]
struct Shared {
    /// Calls that run now.
    active: AtomicUsize,
    /// True while the thread sleeps until it is woken.
    parked: AtomicBool,
    stop: AtomicBool,
    engines: Mutex<Vec<wasmtime::Engine>>,
}

/// The thread that ticks.
pub(crate) struct Clock {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl Clock {
    pub(crate) fn start() -> std::io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let thread = {
            let shared = Arc::clone(&shared);
            std::thread::Builder::new()
                .name("caponier-clock".to_owned())
                .spawn(move || run(&shared))?
        };
        Ok(Self {
            shared,
            thread: Some(thread),
        })
    }

    /// Ticks for one more engine.
    pub(crate) fn add(&self, engine: &wasmtime::Engine) {
        self.shared.engines.lock().push(engine.clone());
    }

    /// Ticks for as long as the answer lives.
    pub(crate) fn run(&self) -> Running<'_> {
        self.shared.active.fetch_add(1, Ordering::SeqCst);
        if self.shared.parked.load(Ordering::SeqCst)
            && let Some(thread) = &self.thread
        {
            thread.thread().unpark();
        }
        Running {
            shared: &self.shared,
        }
    }
}

impl Drop for Clock {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::SeqCst);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            // A clock that panicked has nothing left to say.
            let _ = thread.join();
        }
    }
}

/// Something is running that needs the clock.
pub(crate) struct Running<'a> {
    shared: &'a Shared,
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.shared.active.fetch_sub(1, Ordering::SeqCst);
    }
}

fn run(shared: &Shared) {
    let mut idle = 0;
    while !shared.stop.load(Ordering::SeqCst) {
        if shared.active.load(Ordering::SeqCst) > 0 {
            idle = 0;
        } else {
            idle += 1;
        }
        if idle > IDLE_TICKS {
            // Said before looking once more: a call that begins now either is seen here or sees
            // that it must wake this thread.
            shared.parked.store(true, Ordering::SeqCst);
            if shared.active.load(Ordering::SeqCst) == 0 && !shared.stop.load(Ordering::SeqCst) {
                std::thread::park();
            }
            shared.parked.store(false, Ordering::SeqCst);
            idle = 0;
            continue;
        }
        std::thread::sleep(TICK);
        for engine in shared.engines.lock().iter() {
            engine.increment_epoch();
        }
    }
}

/// What one call may use, and since when it runs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Budget {
    processor: Duration,
    wall: Duration,
    processor_start: Duration,
    wall_start: Instant,
}

impl Budget {
    /// Starts counting, on the thread that will run the call.
    pub(crate) fn start(processor: Duration) -> Self {
        let wall_start = Instant::now();
        Self {
            processor,
            wall: processor.saturating_mul(WALL_FACTOR),
            processor_start: used_by(wall_start),
            wall_start,
        }
    }

    /// The most that may pass on the wall clock.
    pub(crate) fn wall(&self) -> Duration {
        self.wall
    }

    /// Ticks until the first look at what was used.
    pub(crate) fn first_deadline(&self) -> u64 {
        ticks(self.processor)
    }

    /// Ticks until the next look, or `None` if all is used up.
    pub(crate) fn next_deadline(&self) -> Option<u64> {
        let used = thread_cpu_time().saturating_sub(self.processor_start);
        let left = self
            .processor
            .checked_sub(used)
            .filter(|left| !left.is_zero())?;
        let wall_left = self
            .wall
            .checked_sub(self.wall_start.elapsed())
            .filter(|left| !left.is_zero())?;
        Some(ticks(left.min(wall_left)))
    }
}

/// How far apart the system is asked for a thread's processor time: half a tick.
const ASKED_EVERY: Duration = Duration::from_micros(500);

/// The processor time that this thread had used by now. For a short while after the system was asked
/// it counts as if the thread had worked all the time: a call that starts then has a little more of
/// it, and short calls do not spend their time on asking for it.
fn used_by(now: Instant) -> Duration {
    thread_local! {
        static ASKED: Cell<Option<(Instant, Duration)>> = const { Cell::new(None) };
    }
    match ASKED.get() {
        Some((at, used)) if now.duration_since(at) < ASKED_EVERY => used + now.duration_since(at),
        _ => {
            let used = thread_cpu_time();
            ASKED.set(Some((now, used)));
            used
        }
    }
}

/// One more than the time needs: the tick under way is already partly over.
fn ticks(time: Duration) -> u64 {
    u64::try_from(time.as_millis())
        .unwrap_or(u64::MAX >> 16)
        .saturating_add(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_that_works_uses_up_its_budget_and_one_that_sleeps_does_not() {
        let budget = Budget::start(Duration::from_millis(20));
        std::thread::sleep(Duration::from_millis(30));
        assert!(budget.next_deadline().is_some());
        let mut sum = 0_u64;
        while budget.next_deadline().is_some() {
            sum = std::hint::black_box(sum.wrapping_add(1));
        }
        assert!(thread_cpu_time() >= Duration::from_millis(20));
    }

    #[test]
    fn what_a_thread_did_before_a_call_does_not_count_for_it() {
        let first = Budget::start(Duration::from_secs(1));
        let began = Instant::now();
        let mut sum = 0_u64;
        while began.elapsed() < ASKED_EVERY / 2 {
            sum = std::hint::black_box(sum.wrapping_add(1));
        }
        let second = Budget::start(Duration::from_secs(1));
        let between = second.wall_start.duration_since(first.wall_start);
        let counted = second.processor_start.saturating_sub(first.processor_start);
        assert!(counted >= between / 2, "{counted:?} of {between:?}");
        assert!(second.processor_start <= thread_cpu_time() + ASKED_EVERY);
    }

    #[test]
    fn the_wall_clock_ends_a_call_that_only_waits() {
        let budget = Budget::start(Duration::from_millis(2));
        std::thread::sleep(Duration::from_millis(25));
        assert_eq!(budget.next_deadline(), None);
    }

    #[test]
    fn the_thread_sleeps_when_nothing_runs_and_wakes_for_a_call() {
        let clock = Clock::start().unwrap();
        let asleep = |clock: &Clock| clock.shared.parked.load(Ordering::SeqCst);
        let started = Instant::now();
        while !asleep(&clock) && started.elapsed() < Duration::from_secs(10) {
            std::thread::sleep(Duration::from_millis(5));
        }
        assert!(asleep(&clock));
        let running = clock.run();
        let started = Instant::now();
        while asleep(&clock) && started.elapsed() < Duration::from_secs(10) {
            std::thread::yield_now();
        }
        assert!(!asleep(&clock));
        drop(running);
    }
}
