//! Programs that are started, and what the system says of them.

use std::fs::File;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use rustix::process::{Pid, Resource, Rlimit, Signal};

use super::client::Client;

/// How long a program may take to be ready, and to end.
const START: Duration = Duration::from_secs(120);
const END: Duration = Duration::from_secs(10);
/// How often it is looked whether something has happened.
pub(super) const LOOK: Duration = Duration::from_millis(1);

/// A program that ends with this value.
pub(super) struct Started {
    child: Child,
    /// Where it writes its errors.
    log: PathBuf,
}

impl Started {
    pub(super) fn new(command: &mut Command, log: PathBuf) -> std::io::Result<Self> {
        let errors = File::create(&log)?;
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(errors)
            .spawn()?;
        Ok(Self { child, log })
    }

    /// Waits until `is_ready`, or says what became of the program.
    pub(super) fn wait(&mut self, mut is_ready: impl FnMut() -> bool) -> anyhow::Result<()> {
        let started = Instant::now();
        while !is_ready() {
            if let Some(status) = self.child.try_wait()? {
                anyhow::bail!("the program has ended, {status}: {}", self.last_words());
            }
            anyhow::ensure!(
                started.elapsed() < START,
                "the program is not ready after {START:?}: {}",
                self.last_words()
            );
            std::thread::sleep(LOOK);
        }
        Ok(())
    }

    /// Processor time of the threads that it has, as the scheduler counts it: what `stat` says is in ticks of
    /// ten milliseconds, too few of them to compare by.
    pub(super) fn processor_time(&self) -> anyhow::Result<Duration> {
        let path = format!("/proc/{}/task", self.child.id());
        let mut nanoseconds = 0;
        for task in std::fs::read_dir(&path).with_context(|| path.clone())? {
            let path = task?.path().join("schedstat");
            let text = read(&path.to_string_lossy())?;
            let ran = text.split_whitespace().next().map(str::parse::<u64>);
            nanoseconds += ran.with_context(|| path.display().to_string())??;
        }
        Ok(Duration::from_nanos(nanoseconds))
    }

    /// Bytes of memory that it occupies.
    pub(super) fn resident(&self) -> anyhow::Result<f64> {
        let path = format!("/proc/{}/status", self.child.id());
        let text = read(&path)?;
        let size = text
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB"))
            .with_context(|| format!("{path} has no VmRSS"))?;
        Ok(size.trim().parse::<f64>()? * 1024.0)
    }

    fn last_words(&self) -> String {
        let text = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().rev().take(5).collect();
        lines.into_iter().rev().collect::<Vec<_>>().join(" / ")
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        let asked = rustix::process::kill_process(Pid::from_child(&self.child), Signal::TERM);
        let started = Instant::now();
        while asked.is_ok() && started.elapsed() < END {
            if matches!(self.child.try_wait(), Ok(Some(_)) | Err(_)) {
                return;
            }
            std::thread::sleep(LOOK);
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn read(path: &str) -> anyhow::Result<String> {
    std::fs::read_to_string(path)
        .with_context(|| format!("cannot read {path}; hint: this row needs Linux"))
}

/// `caponier serve` in a process of its own.
pub(super) struct Gateway {
    pub(super) process: Started,
    pub(super) address: SocketAddr,
    /// From its start until it said that it is ready.
    pub(super) start: Duration,
}

/// How a gateway is started.
pub(super) struct Setup<'a> {
    /// Where its configuration and log go: a directory that is there.
    pub(super) directory: &'a Path,
    /// Where it keeps compiled plugins.
    pub(super) cache: &'a Path,
    /// Threads that serve; 0: as many as it wants.
    pub(super) workers: usize,
    /// The model API.
    pub(super) upstream: SocketAddr,
    /// More sections of the configuration.
    pub(super) extra: &'a str,
}

/// The path of a route without plugins, and of one with the default chain.
pub(super) const PLAIN: &str = "/plain/v1/chat/completions";
pub(super) const GUARDED: &str = "/v1/chat/completions";

impl Gateway {
    pub(super) fn start(setup: &Setup<'_>) -> anyhow::Result<Self> {
        let (address, admin) = free_addresses()?;
        let upstream = setup.upstream;
        let extra = setup.extra;
        let config = setup.directory.join("caponier.yaml");
        let text = format!(
            "version: 1
gateway:
  listen: {address}
  routes:
    - path: /plain/*
      upstream: http://{upstream}
      plugins: []
    - path: /v1/*
      upstream: http://{upstream}
admin:
  listen: {admin}
{extra}"
        );
        std::fs::write(&config, text)
            .with_context(|| format!("cannot write {}", config.display()))?;
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["--log", "warn", "serve", "--config"]);
        command.arg(&config).arg("--cache").arg(setup.cache);
        if setup.workers > 0 {
            command.args(["--workers", &setup.workers.to_string()]);
        }
        let begun = Instant::now();
        let mut process = Started::new(&mut command, setup.directory.join("gateway.log"))
            .context("cannot start the gateway")?;
        process.wait(|| {
            let answer = Client::connect(admin).and_then(|mut client| client.get("/readyz"));
            answer.is_ok_and(|answer| answer.status == 200)
        })?;
        Ok(Self {
            process,
            address,
            start: begun.elapsed(),
        })
    }
}

/// An address on this machine that nobody listens on.
pub(super) fn free_address() -> anyhow::Result<SocketAddr> {
    Ok(free_addresses()?.0)
}

fn free_addresses() -> anyhow::Result<(SocketAddr, SocketAddr)> {
    let (first, second) = (
        TcpListener::bind("127.0.0.1:0")?,
        TcpListener::bind("127.0.0.1:0")?,
    );
    Ok((first.local_addr()?, second.local_addr()?))
}

/// Lets this process, and what it starts, have this many files and connections open.
pub(super) fn allow_open_files(count: u64) -> anyhow::Result<()> {
    let limit = rustix::process::getrlimit(Resource::Nofile);
    if limit.current.is_none_or(|current| current >= count) {
        return Ok(());
    }
    anyhow::ensure!(
        limit.maximum.is_none_or(|maximum| maximum >= count),
        "the system allows no {count} open files; hint: ulimit -Hn {count}"
    );
    let raised = Rlimit {
        current: Some(count),
        maximum: limit.maximum,
    };
    rustix::process::setrlimit(Resource::Nofile, raised)
        .with_context(|| format!("the system allows no {count} open files"))
}
