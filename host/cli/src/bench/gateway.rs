//! The gateway against nginx: what a request costs each of them.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::client::{Client, chat, completion};
use super::plain::{TRIES, passes};
use super::process::{GUARDED, Gateway, PLAIN, Setup, Started, free_address};
use super::statistics::{median, micros};
use super::texts::Texts;
use super::{Bench, Values};

const CONNECTIONS: usize = 64;
/// Bytes of a request's body.
const BODY: usize = 1024;

/// One proxy under load.
struct Target<'a> {
    process: &'a Started,
    path: &'static str,
    clients: Vec<Client>,
    /// Microseconds of processor time for each slice of the load.
    used: Vec<f64>,
}

/// How many times the processor time of nginx the gateway takes for a request: without plugins,
/// and with the default chain. All are started several times: where a process happens to lie in memory
/// makes a difference of a few hundredths.
pub(super) fn against_nginx(bench: &Bench) -> anyhow::Result<Values> {
    let started = (0..bench.times(3, 1)).map(|start| once(bench, start));
    let started: Vec<[f64; 2]> = started.collect::<Result<_, _>>()?;
    let (plain, guarded) = started
        .iter()
        .map(|[plain, guarded]| (*plain, *guarded))
        .unzip();
    Ok(vec![Some(median(plain)), Some(median(guarded))])
}

/// The same for processes that are started once.
fn once(bench: &Bench, start: usize) -> anyhow::Result<[f64; 2]> {
    let directory = bench.directory(&format!("nginx-{start}"))?;
    let (model, proxy) = (free_address()?, free_address()?);
    let _model = nginx(&directory, "model", model, &model_server(model))?;
    let nginx = nginx(&directory, "proxy", proxy, &proxy_server(proxy, model))?;
    // A process for each of the two: what one of them does counts for it alone.
    let gateway = |name: &str| {
        Gateway::start(&Setup {
            directory: &bench.directory(&format!("{name}-{start}"))?,
            cache: &bench.cache(),
            workers: 1,
            upstream: model,
            extra: "",
        })
    };
    let (plain, guarded) = (gateway("plain")?, gateway("guarded")?);
    let target = |process, address, path| -> anyhow::Result<Target<'_>> {
        let clients = (0..CONNECTIONS).map(|_| Client::connect(address));
        Ok(Target {
            process,
            path,
            clients: clients.collect::<Result<_, _>>()?,
            used: Vec::new(),
        })
    };
    let mut targets = [
        target(&nginx, proxy, GUARDED)?,
        target(&plain.process, plain.address, PLAIN)?,
        target(&guarded.process, guarded.address, GUARDED)?,
    ];
    let (slices, requests) = (bench.times(12, 3), bench.times(1024, 320));
    let mut texts = Texts::new(0x9137 + start as u64);
    for slice in 0..=slices {
        let bodies = (0..requests).map(|_| body(bench, &mut texts));
        let bodies: Vec<Vec<u8>> = bodies.collect::<Result<_, _>>()?;
        for target in &mut targets {
            let before = target.process.processor_time()?;
            load(&mut target.clients, target.path, &bodies)?;
            // The first slice warms up.
            if slice > 0 {
                let used = target.process.processor_time()?.saturating_sub(before);
                target.used.push(micros(used));
            }
        }
    }
    let [nginx, plain, guarded] = targets.map(|target| target.used);
    anyhow::ensure!(
        nginx.iter().all(|used| *used > 0.0),
        "nginx has used no time that can be seen"
    );
    // Slice by slice: what disturbs the machine for a while disturbs those who take turns alike.
    let against = |used: &[f64]| {
        median(
            used.iter()
                .zip(&nginx)
                .map(|(used, base)| used / base)
                .collect(),
        )
    };
    let ratios = [against(&plain), against(&guarded)];
    let one = |used: Vec<f64>| median(used) / requests as f64;
    tracing::debug!(
        nginx_us = one(nginx),
        plain_us = one(plain),
        guarded_us = one(guarded),
        "a request"
    );
    Ok(ratios)
}

/// A chat request of 1 KB.
fn body(bench: &Bench, texts: &mut Texts) -> anyhow::Result<Vec<u8>> {
    let frame = chat("", false).len();
    for _ in 0..TRIES {
        // What JSON escapes makes it a little longer: take that off again.
        let mut text = texts.prose(BODY - frame);
        let over = chat(&text, false).len().saturating_sub(BODY);
        let mut end = text.len() - over;
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        text.truncate(end);
        let body = chat(&text, false);
        if passes(bench, text)? {
            return Ok(body);
        }
        tracing::debug!("a text is denied");
    }
    anyhow::bail!("the configuration denies {TRIES} plain texts in a row");
}

/// Sends each body once, on all connections at the same time.
fn load(clients: &mut [Client], path: &str, bodies: &[Vec<u8>]) -> anyhow::Result<()> {
    let next = AtomicUsize::new(0);
    let work = |client: &mut Client| -> anyhow::Result<()> {
        while let Some(body) = bodies.get(next.fetch_add(1, Ordering::Relaxed)) {
            let answer = client.post(path, body)?;
            anyhow::ensure!(
                answer.status == 200,
                "{path}: status {} for a plain request: {}",
                answer.status,
                String::from_utf8_lossy(&answer.body)
            );
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let running: Vec<_> = clients
            .iter_mut()
            .map(|client| scope.spawn(|| work(client)))
            .collect();
        running.into_iter().try_for_each(|thread| {
            thread
                .join()
                .map_err(|_| anyhow::anyhow!("a thread failed"))?
        })
    })
}

fn nginx(
    directory: &Path,
    name: &str,
    address: SocketAddr,
    servers: &str,
) -> anyhow::Result<Started> {
    let place = |end: &str| directory.join(format!("{name}{end}")).display().to_string();
    let (pid, log, temporary) = (place(".pid"), place(".log"), place(""));
    let text = format!(
        "daemon off;
master_process off;
worker_processes 1;
pid {pid};
error_log {log} error;
events {{ worker_connections 4096; }}
http {{
  access_log off;
  client_body_temp_path {temporary}-body;
  proxy_temp_path {temporary}-proxy;
  fastcgi_temp_path {temporary}-fastcgi;
  uwsgi_temp_path {temporary}-uwsgi;
  scgi_temp_path {temporary}-scgi;
  keepalive_requests 1000000000;
  keepalive_timeout 1h;
{servers}
}}
"
    );
    let config = place(".conf");
    std::fs::write(&config, text)?;
    let mut command = Command::new("nginx");
    command.args(["-e", &log, "-p"]).arg(directory);
    command.args(["-c", &config]);
    let started = Started::new(&mut command, directory.join(format!("{name}.err")));
    let mut started = started.map_err(|error| match error.kind() {
        ErrorKind::NotFound => anyhow::anyhow!(
            "there is no nginx to compare with; hint: install it, or put it on the PATH"
        ),
        _ => anyhow::Error::new(error).context("cannot start nginx"),
    })?;
    started.wait(|| Client::connect(address).is_ok())?;
    Ok(started)
}

/// A model that answers something else each time.
fn model_server(listen: SocketAddr) -> String {
    let answer = completion(&format!(
        "{}. This was answer $connection_requests to caller $connection.",
        Texts::new(0x30de)
            .prose(500)
            .replace(['$', '\'', '\\'], " ")
    ));
    // nginx reads escapes within quotes, too.
    let answer = answer.replace('\\', "\\\\").replace('\'', "\\'");
    format!(
        "  server {{
    listen {listen};
    default_type application/json;
    location / {{ return 200 '{answer}'; }}
  }}"
    )
}

fn proxy_server(listen: SocketAddr, model: SocketAddr) -> String {
    format!(
        "  upstream model {{ server {model}; keepalive {CONNECTIONS}; keepalive_requests 1000000000; }}
  server {{
    listen {listen};
    location / {{
      proxy_pass http://model;
      proxy_http_version 1.1;
      proxy_set_header Connection \"\";
    }}
  }}"
    )
}
