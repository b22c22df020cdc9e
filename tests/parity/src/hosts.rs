//! The two hosts: the gateway, and Envoy with what `caponier pack` and its `--envoy` write.

use std::fs::File;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::Result;
use crate::http::Peer;

const PATIENCE: Duration = Duration::from_secs(120);
/// What an audit record begins with in Envoy's log.
const MARK: &str = "caponier-audit ";

/// A running host. Dropped, it ends.
pub struct Host {
    /// As it is called in reports.
    pub name: String,
    /// Where clients go.
    pub address: SocketAddr,
    process: Child,
    /// Where its audit records go, each behind `mark`.
    audit: PathBuf,
    mark: &'static str,
    log: PathBuf,
}

impl Host {
    /// `caponier serve` with a configuration that listens on `address`.
    ///
    /// # Errors
    /// Where it does not become ready; with its log.
    pub fn gateway(config: &Path, address: SocketAddr, admin: SocketAddr) -> Result<Self> {
        let folder = config.parent().ok_or("no folder")?;
        let log = folder.join("gateway.log");
        let process = Command::new(program())
            .args(["serve", "--config"])
            .arg(config)
            .env("CAPONIER_CACHE", cache()?)
            .stdin(Stdio::null())
            .stdout(File::create(&log)?)
            .stderr(File::options().append(true).open(&log)?)
            .spawn()?;
        let host = Self {
            name: "gateway".to_owned(),
            address,
            process,
            audit: folder.join("audit.jsonl"),
            mark: "",
            log,
        };
        host.ready(admin, "/readyz")
    }

    /// Envoy with the bootstrap that `pack` wrote, on ports of its own.
    ///
    /// # Errors
    /// Where it does not become ready; with its log.
    pub fn envoy(program: &Path, bootstrap: &Path) -> Result<Self> {
        let mut config: Value = serde_json::from_slice(&std::fs::read(bootstrap)?)?;
        let (address, admin) = (free_address()?, free_address()?);
        let port = |config: &mut Value, place: &str, port: u16| match config.pointer_mut(place) {
            Some(value) => {
                *value = json!(port);
                Ok(())
            }
            None => Err(format!("the bootstrap has no {place}")),
        };
        let listener = "/static_resources/listeners/0/address/socket_address/port_value";
        port(&mut config, listener, address.port())?;
        port(
            &mut config,
            "/admin/address/socket_address/port_value",
            admin.port(),
        )?;
        let name = format!("Envoy {}", version(program)?);
        let own = bootstrap.with_file_name(format!("{name}.json"));
        std::fs::write(&own, config.to_string())?;
        let log = bootstrap.with_file_name(format!("{name}.log"));
        let process = Command::new(program)
            .arg("-c")
            .arg(&own)
            .args(["--concurrency", "1", "--use-dynamic-base-id"])
            .args(["--log-level", "info"])
            .stdin(Stdio::null())
            .stdout(File::create(&log)?)
            .stderr(File::options().append(true).open(&log)?)
            .spawn()?;
        let host = Self {
            name,
            address,
            process,
            audit: log.clone(),
            mark: MARK,
            log,
        };
        host.ready(admin, "/ready")
    }

    fn ready(mut self, admin: SocketAddr, path: &str) -> Result<Self> {
        let begin = Instant::now();
        while begin.elapsed() < PATIENCE && self.process.try_wait()?.is_none() {
            if status(admin, path).is_some_and(|status| status == 200) {
                return Ok(self);
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        Err(format!("{} is not ready: {log}", self.name).into())
    }

    /// Ends it as an operator would, and gives its audit records.
    ///
    /// # Errors
    /// Where it has ended before, or cannot be ended, or its records cannot be read.
    pub fn stop(mut self) -> Result<Vec<Value>> {
        if let Some(status) = self.process.try_wait()? {
            let log = std::fs::read_to_string(&self.log).unwrap_or_default();
            let tail = log.lines().rev().take(30).collect::<Vec<_>>().join("\n");
            return Err(format!("{} has ended by itself: {status}\n{tail}", self.name).into());
        }
        Command::new("kill")
            .args(["-TERM", &self.process.id().to_string()])
            .status()?;
        let begin = Instant::now();
        while self.process.try_wait()?.is_none() && begin.elapsed() < Duration::from_secs(20) {
            std::thread::sleep(Duration::from_millis(20));
        }
        let text = std::fs::read(&self.audit)?;
        let text = String::from_utf8_lossy(&text);
        let lines = text.lines().filter_map(|line| match self.mark {
            "" => Some(line),
            mark => line.split_once(mark).map(|(_, record)| record),
        });
        lines
            .map(|line| Ok(serde_json::from_str(line)?))
            .collect::<Result<_>>()
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

/// Packs a configuration; gives the bootstrap that runs the module.
///
/// # Errors
/// What the command says.
pub fn pack(config: &Path) -> Result<PathBuf> {
    let bootstrap = config.with_file_name("envoy.json");
    let output = Command::new(program())
        .arg("pack")
        .arg("--config")
        .arg(config)
        .arg("--output")
        .arg(config.with_file_name("module.wasm"))
        .arg("--envoy")
        .arg(&bootstrap)
        .env("CAPONIER_CACHE", cache()?)
        .output()?;
    if output.status.success() {
        Ok(bootstrap)
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned().into())
    }
}

/// The versions of Envoy that are at hand.
pub fn envoys() -> Vec<PathBuf> {
    let named = std::env::var_os("CAPONIER_ENVOYS").unwrap_or_default();
    std::env::split_paths(&named)
        .filter(|path| !path.as_os_str().is_empty())
        .collect()
}

/// An address that nobody uses yet, and that the system does not hand to outgoing connections: who
/// is to listen there may take seconds to start.
///
/// # Errors
/// The system's.
pub fn free_address() -> Result<SocketAddr> {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    loop {
        let offset = NEXT.fetch_add(1, Ordering::Relaxed).wrapping_mul(7);
        let port = 10_000 + (std::process::id() as u16).wrapping_add(offset) % 22_000;
        match TcpListener::bind(("127.0.0.1", port)) {
            Ok(listener) => return Ok(listener.local_addr()?),
            Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// The root of the checkout.
pub fn root() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

fn program() -> PathBuf {
    match std::env::var_os("CAPONIER_BIN") {
        Some(path) => path.into(),
        None => root().join("target/release/caponier"),
    }
}

/// Compiled plugins, as the other tests keep them.
fn cache() -> Result<PathBuf> {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = root().join("target/test-env/cache");
    std::fs::create_dir_all(&folder)?;
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o700))?;
    Ok(folder)
}

/// `1.36.2`.
fn version(envoy: &Path) -> Result<String> {
    let output = Command::new(envoy).arg("--version").output()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let (_, build) = text.rsplit_once("version: ").ok_or("no version")?;
    let version = build.split('/').nth(1).ok_or("no version")?;
    Ok(version.to_owned())
}

fn status(admin: SocketAddr, path: &str) -> Option<u16> {
    let mut peer = Peer::connect(admin).ok()?;
    let request = format!("GET {path} HTTP/1.1\r\nhost: admin\r\nconnection: close\r\n\r\n");
    peer.send(request.as_bytes()).ok()?;
    Some(peer.head().ok()??.status())
}
