//! `caponier serve`

use std::process::ExitCode;

use anyhow::Context as _;
use caponier_runtime::Runtime;

use crate::args::Serve;
use crate::evaluate::options;
use crate::problems::Problems;

pub(crate) fn run(command: &Serve) -> anyhow::Result<ExitCode> {
    let cores = std::thread::available_parallelism().map_or(2, usize::from);
    let workers = command.workers.unwrap_or(cores).max(1);
    let runtime =
        Runtime::start(options(&command.config), caponier_server::attach()).map_err(Problems)?;
    let revision = runtime.current();
    tracing::info!(
        revision = %revision.id,
        built_in_ms = u64::try_from(revision.build_time.as_millis()).unwrap_or(u64::MAX),
        plugins = revision.policy.plugins().count(),
        sandbox = ?runtime.sandbox(),
        "ready"
    );
    for warning in &revision.config.warnings {
        tracing::warn!("{warning}");
    }
    drop(revision);
    let _watching = match command.no_watch {
        true => None,
        false => Some(runtime.watch().map_err(|problem| Problems(vec![problem]))?),
    };
    tokio::runtime::Builder::new_multi_thread()
        .event_interval(TASKS_BETWEEN_LOOKS)
        .worker_threads(workers)
        .enable_all()
        .build()
        .context("the system gives no threads")?
        .block_on(caponier_server::serve(runtime, stop()))?;
    Ok(ExitCode::SUCCESS)
}

/// How many tasks a busy worker runs before it looks for new input. What it sends meanwhile leaves
/// together, see `caponier_server`: tokio's usual 61 cost some 3 % more of the processor.
const TASKS_BETWEEN_LOOKS: u32 = 256;

/// Ends when the process is asked to.
async fn stop() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
    tracing::info!("stopping: no new connections, running exchanges end");
}
