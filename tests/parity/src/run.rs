//! Runs cases through both hosts and reports.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::Result;
use crate::case::Case;
use crate::hosts::{Host, free_address, pack};
use crate::observe::{Observed, observe};
use crate::upstream::Upstream;

/// Requests at a time: enough for the machine to be busy, too few for a host to be late.
const CLIENTS: usize = 4;
/// How many differences of each kind are shown in full.
const SHOWN: usize = 4;

/// Writes a configuration for a listener, an admin port and an upstream.
pub type Configure<'c> = &'c dyn Fn(SocketAddr, SocketAddr, SocketAddr) -> String;

/// What came of a comparison.
#[derive(Debug, Default)]
pub struct Report {
    /// Cases that were to be the same, times the Envoys.
    pub compared: usize,
    /// Those in which something differs.
    pub different: usize,
    /// What differs, and how often.
    pub kinds: BTreeMap<&'static str, usize>,
    /// Those that differ by design, with the reason.
    pub by_design: Vec<String>,
    /// Those that should differ by design and do not.
    pub unexpected: Vec<String>,
    /// How many cases ended in each action, in the gateway.
    pub actions: BTreeMap<String, usize>,
    /// How many findings there were, in the gateway.
    pub findings: usize,
    /// The first differences in full.
    pub details: String,
}

/// Runs every case through the gateway and through each Envoy, and compares.
///
/// # Errors
/// Where a host does not start, gives no answer or does not end.
pub fn run(
    gateway: Configure,
    envoy: Configure,
    envoys: &[PathBuf],
    cases: &[Case],
) -> Result<Report> {
    let folder = tempfile::Builder::new()
        .prefix("caponier-parity-")
        .tempdir()?;
    let upstream = Upstream::start()?;
    // The same addresses for both, as they are part of the revision. Each Envoy gets its own later.
    let (address, admin) = (free_address()?, free_address()?);
    let configure = |name: &str, write: Configure| -> Result<PathBuf> {
        let folder = folder.path().join(name);
        std::fs::create_dir(&folder)?;
        let config = folder.join("caponier.yaml");
        std::fs::write(&config, write(address, admin, upstream.address))?;
        Ok(config)
    };
    let mut hosts = vec![Host::gateway(
        &configure("gateway", gateway)?,
        address,
        admin,
    )?];
    let bootstrap = pack(&configure("envoy", envoy)?)?;
    for program in envoys {
        hosts.push(Host::envoy(program, &bootstrap)?);
    }
    let rows = through_all(&hosts, cases, &upstream)?;
    let names: Vec<String> = hosts.iter().map(|host| host.name.clone()).collect();
    let mut logs = Vec::new();
    for host in hosts {
        let mut records: HashMap<String, Vec<_>> = HashMap::new();
        for record in host.stop()? {
            let exchange = record.get("exchange").and_then(|id| id.as_str());
            let exchange = exchange.unwrap_or_default().to_owned();
            records.entry(exchange).or_default().push(record);
        }
        logs.push(records);
    }
    let mut report = Report::default();
    for (case, mut row) in cases.iter().zip(rows) {
        for (observed, records) in row.iter_mut().zip(&mut logs) {
            let own = records.remove(&observed.exchange).unwrap_or_default();
            own.into_iter().for_each(|record| observed.add(record));
        }
        report.add(case, &names, &row);
    }
    Ok(report)
}

/// A row for each case: what each host made of it.
fn through_all(hosts: &[Host], cases: &[Case], upstream: &Upstream) -> Result<Vec<Vec<Observed>>> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new(BTreeMap::new());
    let client = || -> Result<()> {
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(case) = cases.get(at) else {
                return Ok(());
            };
            let mut row = Vec::new();
            for (index, host) in hosts.iter().enumerate() {
                let number = (at * hosts.len() + index) as u64;
                let exchange = upstream.expect(number, case);
                let observed = observe(host, case, number, &exchange);
                upstream.forget(number);
                row.push(
                    observed.map_err(|error| format!("{}: {}: {error}", host.name, case.name))?,
                );
            }
            if let Ok(mut done) = done.lock() {
                done.insert(at, row);
            }
        }
    };
    std::thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS).map(|_| scope.spawn(client)).collect();
        for client in clients {
            client.join().map_err(|_| "a client panicked")??;
        }
        Ok::<(), crate::Error>(())
    })?;
    let done = done.into_inner().map_err(|_| "a client panicked")?;
    Ok(done.into_values().collect())
}

impl Report {
    fn add(&mut self, case: &Case, names: &[String], row: &[Observed]) {
        let Some((gateway, others)) = row.split_first() else {
            return;
        };
        *self.actions.entry(gateway.action().to_owned()).or_default() += 1;
        self.findings += gateway.findings();
        for (other, name) in others.iter().zip(names.iter().skip(1)) {
            let found = gateway.differences(other);
            match (case.by_design, found.is_empty()) {
                (Some(reason), false) => self
                    .by_design
                    .push(format!("{}, {name}: {reason}", case.name)),
                (Some(_), true) => self.unexpected.push(format!("{}, {name}", case.name)),
                (None, is_same) => {
                    self.compared += 1;
                    if !is_same {
                        self.different += 1;
                        self.tell(case, name, &found);
                    }
                }
            }
        }
    }

    fn tell(&mut self, case: &Case, name: &str, found: &[(&'static str, String)]) {
        for (kind, what) in found {
            let count = self.kinds.entry(kind).or_default();
            *count += 1;
            if *count <= SHOWN {
                let Case {
                    name: called, path, ..
                } = case;
                let _ = writeln!(self.details, "{called} ({path}), {name}: {kind} {what}");
            }
        }
    }
}

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(
            f,
            "parity: {} comparisons, {} differences, {} different by design; {} findings, actions {:?}",
            self.compared,
            self.different,
            self.by_design.len(),
            self.findings,
            self.actions
        )?;
        for line in &self.by_design {
            writeln!(f, "    by design: {line}")?;
        }
        for line in &self.unexpected {
            writeln!(f, "    the same, though it should differ by design: {line}")?;
        }
        if !self.kinds.is_empty() {
            writeln!(f, "    what differs, and how often: {:?}", self.kinds)?;
        }
        f.write_str(&self.details)
    }
}
