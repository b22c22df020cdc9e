//! Time limits: a thread that ticks while calls run for long, and the budget of one call.
//!
//! Guest code compares a counter with a deadline at every loop and function entry. The counter goes
//! up every millisecond while there is a call that has run for a while; most end before that, and cost
//! no tick. When the deadline is reached, the call's own processor time decides whether it goes on.
//!
//! Where the machine is one of several on another, it may stand still for longer than a call may
//! take, and its clocks go on: that of a thread too. A call that really runs meets its deadlines, so
//! of the time between two looks only as much counts as a call can use without meeting one.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use crate::os::thread_cpu_time;

/// A little less than a millisecond: the sleep itself takes the rest.
const TICK: Duration = Duration::from_micros(900);

/// How often it is looked whether a call runs for long: those that were there at the last look do.
/// Each look wakes a thread, which a busy gateway pays for.
const ROUND: Duration = Duration::from_millis(4);

/// A call whose time is short is looked after so many times in it.
const ROUNDS: u32 = 4;

/// After this many rounds without a call the thread goes to sleep.
const IDLE_ROUNDS: u32 = 50;

/// A wall clock may run this many times as long as the processor time allowed.
const WALL_FACTOR: u32 = 10;

/// Ticks between two looks at what a call has used.
pub(crate) const LOOK_EVERY: u64 = 1;

/// The most processor time that counts between two looks. Longer than a tick, since what fills or
/// copies memory meets no deadline until it is done.
const UNSEEN: Duration = Duration::from_millis(5);

/// The most that counts before the first look: two rounds, and a tick that is late.
const UNSEEN_FIRST: Duration = Duration::from_millis(10);

struct Shared {
    /// Calls that run now: those of this round and those that began before it, in turns.
    active: [AtomicUsize; 2],
    /// The number of the round.
    round: AtomicUsize,
    /// How long a round is, in nanoseconds: less where a call's time is short.
    round_time: AtomicU64,
    /// True while the thread sleeps until it is woken.
    parked: AtomicBool,
    stop: AtomicBool,
    engines: Mutex<Vec<wasmtime::Engine>>,
}

impl Shared {
    fn active(&self, round: usize) -> &AtomicUsize {
        let [even, odd] = &self.active;
        if round.is_multiple_of(2) { even } else { odd }
    }

    fn is_idle(&self) -> bool {
        let nobody = |active: &AtomicUsize| active.load(Ordering::SeqCst) == 0;
        self.active.iter().all(nobody)
    }
}

/// The thread that ticks.
pub(crate) struct Clock {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl Clock {
    pub(crate) fn start() -> std::io::Result<Self> {
        let shared = Arc::new(Shared {
            active: Default::default(),
            round: AtomicUsize::new(0),
            round_time: AtomicU64::new(nanoseconds(ROUND)),
            parked: AtomicBool::new(false),
            stop: AtomicBool::new(false),
            engines: Mutex::default(),
        });
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

    /// Ticks for as long as the answer lives, for calls that may take this much processor time.
    pub(crate) fn run(&self, processor: Duration) -> Running<'_> {
        let shared = &*self.shared;
        let round_time = nanoseconds((processor / ROUNDS).max(TICK));
        if round_time < shared.round_time.load(Ordering::Relaxed) {
            shared.round_time.fetch_min(round_time, Ordering::Relaxed);
        }
        let active = shared.active(shared.round.load(Ordering::SeqCst));
        active.fetch_add(1, Ordering::SeqCst);
        if shared.parked.load(Ordering::SeqCst)
            && let Some(thread) = &self.thread
        {
            thread.thread().unpark();
        }
        Running { active }
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
    active: &'a AtomicUsize,
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.active.fetch_sub(1, Ordering::SeqCst);
    }
}

fn run(shared: &Shared) {
    let mut idle = 0;
    while !shared.stop.load(Ordering::SeqCst) {
        let round = shared.round.load(Ordering::SeqCst);
        // Whoever began before this round goes on.
        if shared.active(round + 1).load(Ordering::SeqCst) > 0 {
            std::thread::sleep(TICK);
            for engine in shared.engines.lock().iter() {
                engine.increment_epoch();
            }
            continue;
        }
        idle = if shared.is_idle() { idle + 1 } else { 0 };
        if idle > IDLE_ROUNDS {
            // Said before looking once more: a call that begins now either is seen here or sees
            // that it must wake this thread.
            shared.parked.store(true, Ordering::SeqCst);
            if shared.is_idle() && !shared.stop.load(Ordering::SeqCst) {
                std::thread::park();
            }
            shared.parked.store(false, Ordering::SeqCst);
            idle = 0;
            continue;
        }
        // Nobody is left of the round before: those of this one take its place.
        shared.round.store(round + 1, Ordering::SeqCst);
        let round_time = shared.round_time.load(Ordering::Relaxed);
        std::thread::sleep(Duration::from_nanos(round_time));
    }
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// What one call may use, what is left of it, and the last look at the clocks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Budget {
    wall: Duration,
    processor_left: Duration,
    wall_left: Duration,
    /// The most that counts until the next look.
    unseen: Duration,
    processor_seen: Duration,
    wall_seen: Instant,
}

impl Budget {
    /// Starts counting, on the thread that will run the call.
    pub(crate) fn start(processor: Duration) -> Self {
        let now = Instant::now();
        let wall = processor.saturating_mul(WALL_FACTOR);
        Self {
            wall,
            processor_left: processor,
            wall_left: wall,
            unseen: UNSEEN_FIRST,
            processor_seen: used_by(now),
            wall_seen: now,
        }
    }

    /// The most that may pass on the wall clock.
    pub(crate) fn wall(&self) -> Duration {
        self.wall
    }

    /// Looks at the clocks. Gives the ticks until the next look, or `None` if all is used up.
    pub(crate) fn next_deadline(&mut self) -> Option<u64> {
        self.look(thread_cpu_time(), Instant::now())
    }

    fn look(&mut self, processor: Duration, now: Instant) -> Option<u64> {
        let unseen = std::mem::replace(&mut self.unseen, UNSEEN);
        let used = processor.saturating_sub(self.processor_seen).min(unseen);
        let passed = now.saturating_duration_since(self.wall_seen);
        let passed = passed.min(unseen * WALL_FACTOR);
        self.processor_left = self.processor_left.saturating_sub(used);
        self.wall_left = self.wall_left.saturating_sub(passed);
        (self.processor_seen, self.wall_seen) = (processor, now);
        (!self.processor_left.is_zero() && !self.wall_left.is_zero()).then_some(LOOK_EVERY)
    }
}

/// How far apart the system is asked for a thread's processor time: a quarter of a tick.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_that_works_uses_up_its_budget_and_one_that_sleeps_does_not() {
        let mut budget = Budget::start(Duration::from_millis(20));
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
        let between = second.wall_seen.duration_since(first.wall_seen);
        let counted = second.processor_seen.saturating_sub(first.processor_seen);
        assert!(counted >= between / 2, "{counted:?} of {between:?}");
        assert!(second.processor_seen <= thread_cpu_time() + ASKED_EVERY);
    }

    #[test]
    fn the_wall_clock_ends_a_call_that_only_waits() {
        let mut budget = Budget::start(Duration::from_millis(2));
        std::thread::sleep(Duration::from_millis(25));
        assert_eq!(budget.next_deadline(), None);
    }

    #[test]
    fn what_the_machine_stands_still_is_not_the_calls() {
        let mut budget = Budget::start(Duration::from_millis(20));
        let (processor, wall) = (budget.processor_seen, budget.wall_seen);
        let minute = Duration::from_secs(60);
        for minutes in 1..3 {
            let look = budget.look(processor + minute * minutes, wall + minute * minutes);
            assert_eq!(look, Some(LOOK_EVERY), "after {minutes} minutes");
        }
        let look = budget.look(processor + minute * 3, wall + minute * 3);
        assert_eq!(look, None, "it gets no more than it may have");
        let mut budget = Budget::start(Duration::from_millis(20));
        let (processor, wall) = (budget.processor_seen, budget.wall_seen);
        assert!(budget.look(processor, wall + minute).is_some());
        let mut looks = 1;
        while budget
            .look(processor, wall + minute * (looks + 1))
            .is_some()
        {
            looks += 1;
        }
        assert_eq!(looks, 2, "the wall clock counts ten times as much");
    }

    #[test]
    fn a_round_goes_on_for_as_long_as_somebody_runs_who_began_before_it() {
        let clock = Clock::start().unwrap();
        let round = || clock.shared.round.load(Ordering::SeqCst);
        let running = clock.run(Duration::from_millis(20));
        let began = round();
        std::thread::sleep(20 * ROUND);
        assert!(round() <= began + 1, "{began} to {}", round());
        drop(running);
        let started = Instant::now();
        while round() <= began + 1 && started.elapsed() < Duration::from_secs(10) {
            let _short = clock.run(Duration::from_millis(20));
        }
        assert!(round() > began + 1, "short calls hold nothing up");
    }

    #[test]
    fn a_call_with_little_time_makes_rounds_shorter() {
        let clock = Clock::start().unwrap();
        let round_time = || clock.shared.round_time.load(Ordering::Relaxed);
        drop(clock.run(Duration::from_secs(1)));
        assert_eq!(round_time(), nanoseconds(ROUND));
        drop(clock.run(Duration::from_millis(8)));
        assert_eq!(round_time(), nanoseconds(Duration::from_millis(2)));
        drop(clock.run(Duration::ZERO));
        assert_eq!(round_time(), nanoseconds(TICK));
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
        let running = clock.run(Duration::from_millis(20));
        let started = Instant::now();
        while asleep(&clock) && started.elapsed() < Duration::from_secs(10) {
            std::thread::yield_now();
        }
        assert!(!asleep(&clock));
        drop(running);
    }
}
