//! Revisions: built off the request path, swapped whole, kept as long as someone uses them.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use arc_swap::ArcSwap;
use caponier_component::{Engine, EngineMode, EngineOptions};
use caponier_config::Config;
use parking_lot::Mutex;
use zeroize::Zeroizing;

use crate::Problem;
use crate::builder::{self, Draft, Workshop};
use crate::counters::MemoryCounters;
use crate::files::Files;
use crate::findings::Findings;
use crate::policy::Policy;
use crate::pool::Pool;
use crate::problem::chained;

/// Old revisions that may be in use beside the current one.
const MAX_OLD: usize = 8;
/// How long a swap waits for the ninth to end before it goes on without.
const MAX_WAIT: Duration = Duration::from_secs(10);
/// Segments whose findings are kept for reuse.
const KNOWN_SEGMENTS: usize = 100_000;

/// Where the configuration comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// The one that is part of the program.
    Embedded,
    /// A file.
    File(PathBuf),
}

/// How to start.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where the configuration comes from.
    pub source: Source,
    /// Where compiled plugins are kept. `None`: as the configuration says.
    pub cache_dir: Option<PathBuf>,
    /// Threads that evaluate. `None`: as the configuration says, or one for each core.
    pub threads: Option<usize>,
}

impl Options {
    /// Everything as the configuration says.
    pub fn new(source: Source) -> Self {
        Self {
            source,
            cache_dir: None,
            threads: None,
        }
    }
}

/// Makes what the shell needs from configuration and files. It is part of the revision: where it
/// cannot be made, the revision is refused. The last argument is what the running revision has.
pub type Attach<S> =
    Box<dyn Fn(&Config, &Files, Option<&S>) -> Result<S, Vec<Problem>> + Send + Sync>;

/// One immutable build of configuration, plugins, rules and data.
pub struct Revision<S> {
    /// `sha256:` and the digest of everything it was built from.
    pub id: String,
    /// What it decides with.
    pub policy: Arc<Policy>,
    /// What it was told.
    pub config: Arc<Config>,
    /// What the shell made of it.
    pub state: S,
    /// When it was built.
    pub built: SystemTime,
    /// How long that took.
    pub build_time: Duration,
}

/// What became of reloads.
#[derive(Clone, Debug, Default)]
pub struct Status {
    /// Revisions that went into service, the first included.
    pub accepted: u64,
    /// Revisions that were refused.
    pub refused: u64,
    /// When and why the last one was refused, unless one has been accepted since.
    pub last_refusal: Option<(SystemTime, Vec<Problem>)>,
    /// Old revisions that someone still uses.
    pub old_in_use: usize,
}

struct Inner<S> {
    options: Options,
    attach: Attach<S>,
    workshop: Workshop,
    pool: Pool,
    current: ArcSwap<Revision<S>>,
    /// The revisions before the current one, the newest last.
    old: Mutex<VecDeque<Arc<Revision<S>>>>,
    status: Mutex<Status>,
    /// One build at a time.
    building: Mutex<()>,
}

/// The running policy, and how it changes. Cheap to clone.
pub struct Runtime<S> {
    inner: Arc<Inner<S>>,
}

impl<S> Clone for Runtime<S> {
    fn clone(&self) -> Self {
        Self {
            inner: Arc::clone(&self.inner),
        }
    }
}

impl<S: Send + Sync + 'static> Runtime<S> {
    /// Builds the first revision.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn start(options: Options, attach: Attach<S>) -> Result<Self, Vec<Problem>> {
        let started = Instant::now();
        let draft = builder::read(&options)?;
        let name = draft.config.name.clone();
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        let threads = options.threads.or(draft.config.threads).unwrap_or(cores);
        let engine = Engine::new(EngineOptions {
            cache_dir: builder::cache_dir(&options, &draft.config, draft.files.base()),
            // Requests run on the connection threads too.
            threads: threads + cores,
            ..EngineOptions::default()
        })
        .map_err(|error| vec![Problem::new(&name, "", chained(&error))])?;
        let key = || {
            let mut key = Zeroizing::new([0_u8; 32]);
            let filled = getrandom::fill(&mut *key);
            filled.map(|()| key).map_err(|error| {
                let message = format!("the system gives no randomness: {error}");
                vec![Problem::new(&name, "", message)]
            })
        };
        let workshop = Workshop {
            engine,
            counters: Arc::new(MemoryCounters::new()),
            known: Arc::new(Findings::new(KNOWN_SEGMENTS, &key()?)),
            seal_key: *key()?,
            evaluators: threads + cores,
        };
        let pool = Pool::new(threads, draft.config.limits.queue)
            .map_err(|error| vec![Problem::new(&name, "threads", error.to_string())])?;
        let revision = make(draft, &workshop, &attach, None, started)?;
        let status = Status {
            accepted: 1,
            ..Status::default()
        };
        let inner = Inner {
            options,
            attach,
            workshop,
            pool,
            current: ArcSwap::from_pointee(revision),
            old: Mutex::new(VecDeque::new()),
            status: Mutex::new(status),
            building: Mutex::new(()),
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    /// The revision in service. A request takes it once, and keeps it to its end.
    pub fn current(&self) -> Arc<Revision<S>> {
        self.inner.current.load_full()
    }

    /// The revision of this id, if it is in service or was not long ago.
    pub fn revision(&self, id: &str) -> Option<Arc<Revision<S>>> {
        let current = self.current();
        if current.id == id {
            return Some(current);
        }
        self.inner
            .old
            .lock()
            .iter()
            .rev()
            .find(|revision| revision.id == id)
            .cloned()
    }

    /// The evaluation pool.
    pub fn pool(&self) -> &Pool {
        &self.inner.pool
    }

    /// Where the configuration comes from.
    pub fn source(&self) -> &Source {
        &self.inner.options.source
    }

    /// How the sandbox runs on this machine.
    pub fn sandbox(&self) -> EngineMode {
        self.inner.workshop.engine.mode()
    }

    /// What became of reloads.
    pub fn status(&self) -> Status {
        let mut status = self.inner.status.lock().clone();
        status.old_in_use = self
            .inner
            .old
            .lock()
            .iter()
            .filter(|revision| Arc::strong_count(revision) > 1)
            .count();
        status
    }

    /// Builds a revision from what the files hold now, and swaps it in. False where nothing has
    /// changed. Blocks: not for the threads that serve.
    ///
    /// # Errors
    /// What is wrong with it; the running revision stays.
    pub fn reload(&self) -> Result<bool, Vec<Problem>> {
        self.try_reload()
            .inspect_err(|problems| self.refuse(problems.clone()))
    }

    /// The same, without counting a refusal: the watcher tries a half-written file once more.
    pub(crate) fn try_reload(&self) -> Result<bool, Vec<Problem>> {
        let inner = &self.inner;
        let _building = inner.building.lock();
        let started = Instant::now();
        let draft = builder::read(&inner.options)?;
        let current = self.current();
        if draft.id == current.id {
            return Ok(false);
        }
        let revision = make(
            draft,
            &inner.workshop,
            &inner.attach,
            Some(&current),
            started,
        )?;
        tracing::info!(revision = %revision.id, built_in_ms = revision.build_time.as_millis() as u64, "new revision");
        self.make_room();
        let old = inner.current.swap(Arc::new(revision));
        inner.old.lock().push_back(old);
        let mut status = inner.status.lock();
        status.accepted += 1;
        status.last_refusal = None;
        Ok(true)
    }

    pub(crate) fn refuse(&self, problems: Vec<Problem>) {
        for problem in &problems {
            tracing::error!(%problem, "revision refused; the running one stays");
        }
        let mut status = self.inner.status.lock();
        status.refused += 1;
        status.last_refusal = Some((SystemTime::now(), problems));
    }

    /// The files are again as the running revision has them: no refusal is open.
    pub(crate) fn settle(&self) {
        self.inner.status.lock().last_refusal = None;
    }

    /// Forgets the oldest revision where there are as many as there may be. If someone still uses
    /// it, that is waited for, but not forever: a slow client must not keep a new policy out.
    fn make_room(&self) {
        let started = Instant::now();
        loop {
            let mut old = self.inner.old.lock();
            if old.len() < MAX_OLD {
                return;
            }
            let unused = old
                .iter()
                .position(|revision| Arc::strong_count(revision) == 1);
            if let Some(unused) = unused {
                old.remove(unused);
                return;
            }
            if started.elapsed() > MAX_WAIT {
                tracing::warn!(
                    old = old.len(),
                    "more old revisions are in use than are kept"
                );
                old.pop_front();
                return;
            }
            drop(old);
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

fn make<S>(
    draft: Draft,
    workshop: &Workshop,
    attach: &Attach<S>,
    previous: Option<&Revision<S>>,
    started: Instant,
) -> Result<Revision<S>, Vec<Problem>> {
    let policy = builder::build(&draft, workshop, previous.map(|revision| &*revision.policy));
    let state = attach(
        &draft.config,
        &draft.files,
        previous.map(|revision| &revision.state),
    );
    // All that is wrong is said at once.
    let (policy, state) = match (policy, state) {
        (Ok(policy), Ok(state)) => (policy, state),
        (Err(mut problems), Err(more)) => {
            problems.extend(more);
            return Err(problems);
        }
        (Err(problems), Ok(_)) | (Ok(_), Err(problems)) => return Err(problems),
    };
    Ok(Revision {
        id: draft.id,
        policy: Arc::new(policy),
        config: Arc::new(draft.config),
        state,
        built: SystemTime::now(),
        build_time: started.elapsed(),
    })
}

impl<S> std::fmt::Debug for Revision<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Revision")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl<S> std::fmt::Debug for Runtime<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Runtime")
            .field("source", &self.inner.options.source)
            .finish_non_exhaustive()
    }
}
