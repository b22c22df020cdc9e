//! Warm spares: for components that cannot be snapshotted.
//!
//! A few instances are started, configured and shown the warm-up text in the background. Each
//! serves one call and is dropped. Calls run on a thread of their own, because what such a
//! component imports may wait, and are cut off by the wall clock where it does.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use caponier_abi::Call;
use caponier_core::{Fault, Manifest, Report};
use parking_lot::{Condvar, Mutex};
use wasmtime::Store;

use crate::clock::Budget;
use crate::data::DataFiles;
use crate::engine::Inner;
use crate::host::{Host, Lent, Phase};
use crate::v0_1::{AsyncGuest, Program};
use crate::{LoadError, fault, snapshot, warmup};

/// How long the background waits after a spare could not be made.
const PAUSE: Duration = Duration::from_secs(1);

/// How spares are made.
pub(crate) struct Recipe {
    pub(crate) inner: Arc<Inner>,
    pub(crate) program: Program,
    pub(crate) settings: String,
    pub(crate) files: Arc<DataFiles>,
}

/// One configured instance.
pub(crate) struct Spare {
    store: Store<Host>,
    guest: AsyncGuest,
    pub(crate) manifest: Manifest,
    pub(crate) took: Duration,
}

/// The configured instances of one plugin.
pub(crate) struct Spares {
    shared: Arc<Shared>,
}

struct Shared {
    recipe: Recipe,
    lent: Arc<Lent>,
    warm_up: AtomicBool,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    ready: Vec<Spare>,
    /// Why the last attempt came to nothing.
    failure: Option<Fault>,
    stop: bool,
}

impl Recipe {
    /// Makes one, and says whether the plugin can take the warm-up text.
    pub(crate) fn first(&self, lent: &Arc<Lent>) -> Result<(Spare, bool), LoadError> {
        match alone(|| self.make(lent, true)) {
            Some(Ok(Made::Ready(spare))) => Ok((*spare, true)),
            Some(Ok(Made::Spoilt)) => match alone(|| self.make(lent, false)) {
                Some(Ok(Made::Ready(spare))) => Ok((*spare, false)),
                Some(Err(error)) => Err(error),
                Some(Ok(Made::Spoilt)) | None => Err(no_thread()),
            },
            Some(Err(error)) => Err(error),
            None => Err(no_thread()),
        }
    }

    fn make(&self, lent: &Arc<Lent>, warm_up: bool) -> Result<Made, LoadError> {
        let started = Instant::now();
        let budget = Budget::start(lent.limits.configure_time);
        let failed = |step, fault| LoadError::Failed { step, fault };
        let _ticking = self.inner.clock.run(lent.limits.configure_time);
        let engine = &self.inner.spare().map_err(LoadError::Malformed)?.engine;
        let phase = Phase::Configure(Arc::clone(&self.files));
        let mut store = Host::new(Arc::clone(lent), phase, budget).into_store(engine);

        let guest = wait(&budget, self.program.instantiate_async(&mut store))
            .map_err(|fault| failed("its start", fault))?
            .map_err(|error| failed("its start", fault::from_start(&error, store.data())))?;
        match wait(&budget, guest.configure(&mut store, &self.settings)) {
            Ok(Ok(Ok(()))) => {}
            Ok(Ok(Err(message))) => {
                return Err(LoadError::Configure {
                    message: snapshot::presentable(&message),
                });
            }
            Ok(Err(error)) => {
                return Err(failed("configure", fault::from_call(&error, store.data())));
            }
            Err(fault) => return Err(failed("configure", fault)),
        }
        let budget = Budget::start(lent.limits.configure_time);
        Host::begin(&mut store, Phase::WarmUp, budget);
        let manifest = wait(&budget, guest.describe(&mut store))
            .map_err(|fault| failed("describe", fault))?
            .map_err(|error| failed("describe", fault::from_call(&error, store.data())))?;
        if warm_up {
            for (context, segments) in warmup::calls(&manifest) {
                let segments: Vec<_> = segments.iter().collect();
                let budget = Budget::start(lent.limits.configure_time);
                Host::begin(&mut store, Phase::WarmUp, budget);
                let call = Call::new(&context, &segments, &[]);
                let call = guest.inspect(&mut store, &call);
                if !matches!(wait(&budget, call), Ok(Ok(_))) {
                    return Ok(Made::Spoilt);
                }
            }
        }
        Ok(Made::Ready(Box::new(Spare {
            store,
            guest,
            manifest,
            took: started.elapsed(),
        })))
    }
}

enum Made {
    Ready(Box<Spare>),
    /// It failed on the warm-up text and cannot be entered again.
    Spoilt,
}

impl Spares {
    /// Keeps `first` and fills up in the background.
    pub(crate) fn start(
        recipe: Recipe,
        lent: Arc<Lent>,
        mut first: Spare,
        warm_up: bool,
    ) -> Result<Self, LoadError> {
        let wanted = recipe.inner.threads + 2;
        first.store.data_mut().lend(Arc::clone(&lent));
        let shared = Arc::new(Shared {
            recipe,
            lent,
            warm_up: AtomicBool::new(warm_up),
            state: Mutex::new(State {
                ready: vec![first],
                ..State::default()
            }),
            changed: Condvar::new(),
        });
        let background = Arc::clone(&shared);
        std::thread::Builder::new()
            .name("caponier-spares".to_owned())
            .spawn(move || background.fill(wanted))
            .map_err(LoadError::Thread)?;
        Ok(Self { shared })
    }

    /// One call on one spare.
    pub(crate) fn inspect(
        &self,
        phase: Phase,
        time: Duration,
        call: &Call<'_>,
    ) -> Result<Result<Report, String>, Fault> {
        let spare = self.take()?;
        alone(|| self.call(spare, phase, time, call)).unwrap_or_else(|| Err(fault::no_thread()))
    }

    fn call(
        &self,
        mut spare: Spare,
        phase: Phase,
        time: Duration,
        call: &Call<'_>,
    ) -> Result<Result<Report, String>, Fault> {
        let budget = Budget::start(time);
        let _ticking = self.shared.recipe.inner.clock.run(time);
        Host::begin(&mut spare.store, phase, budget);
        wait(&budget, spare.guest.inspect(&mut spare.store, call))?
            .map_err(|error| fault::from_call(&error, spare.store.data()))
    }

    /// A spare, as soon as there is one: making it may take as long as `configure` may.
    fn take(&self) -> Result<Spare, Fault> {
        let patience = self.shared.lent.limits.configure_time;
        let until = Instant::now() + patience;
        let mut state = self.shared.state.lock();
        loop {
            if let Some(spare) = state.ready.pop() {
                self.shared.changed.notify_all();
                return Ok(spare);
            }
            if let Some(fault) = &state.failure {
                return Err(fault.clone());
            }
            if self
                .shared
                .changed
                .wait_until(&mut state, until)
                .timed_out()
            {
                return Err(fault::crowded());
            }
        }
    }
}

impl Drop for Spares {
    fn drop(&mut self) {
        let mut state = self.shared.state.lock();
        state.stop = true;
        state.ready.clear();
        self.shared.changed.notify_all();
    }
}

impl Shared {
    fn fill(&self, wanted: usize) {
        loop {
            {
                let mut state = self.state.lock();
                while !state.stop && state.ready.len() >= wanted {
                    self.changed.wait(&mut state);
                }
                if state.stop {
                    return;
                }
            }
            // What this thread has used for other spares does not count: each begins its own budget.
            let made = self
                .recipe
                .make(&self.lent, self.warm_up.load(Ordering::Relaxed));
            let mut state = self.state.lock();
            if state.stop {
                return;
            }
            match made {
                Ok(Made::Ready(spare)) => {
                    state.ready.push(*spare);
                    state.failure = None;
                }
                Ok(Made::Spoilt) => self.warm_up.store(false, Ordering::Relaxed),
                Err(error) => {
                    state.failure = Some(match error {
                        LoadError::Failed { fault, .. } => fault,
                        _ => fault::refused(),
                    });
                    self.changed.notify_all();
                    self.changed.wait_for(&mut state, PAUSE);
                    continue;
                }
            }
            self.changed.notify_all();
        }
    }
}

fn no_thread() -> LoadError {
    LoadError::Thread(std::io::Error::other("the thread broke"))
}

/// Runs the work on a thread of its own: the caller's may belong to an asynchronous runtime.
fn alone<T: Send>(work: impl FnOnce() -> T + Send) -> Option<T> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().name("caponier-spare".to_owned());
        thread.spawn_scoped(scope, work).ok()?.join().ok()
    })
}

/// Drives a call whose imports may wait, until the wall clock ends it.
fn wait<F: Future>(budget: &Budget, call: F) -> Result<F::Output, Fault> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|_| fault::no_thread())?;
    runtime
        .block_on(async { tokio::time::timeout(budget.wall(), call).await })
        .map_err(|_| fault::timeout())
}
