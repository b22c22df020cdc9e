//! How long the gateway takes to start, and how much memory it occupies.

use std::sync::Arc;
use std::time::Duration;

use super::client::{Client, chat};
use super::plain::plain;
use super::process::{GUARDED, Gateway, Setup, allow_open_files};
use super::statistics::{median, millis};
use super::stream::event;
use super::texts::Texts;
use super::{Bench, Values, upstream};

/// Streams that are open at the same time.
const STREAMS: usize = 1000;

/// Milliseconds until the gateway is ready: with nothing compiled, and with everything.
pub(super) fn start(bench: &Bench) -> anyhow::Result<Values> {
    let upstream = upstream::start(Arc::new(|_, _| Ok(())))?;
    let mut cold = Vec::new();
    let mut cached = Vec::new();
    for round in 0..bench.times(3, 1) {
        let directory = bench.directory(&format!("start-{round}"))?;
        let cache = directory.join("cache");
        let started = || {
            Gateway::start(&Setup {
                directory: &directory,
                cache: &cache,
                workers: 0,
                upstream,
                extra: "",
            })
        };
        cold.push(millis(started()?.start));
        for _ in 0..3 {
            cached.push(millis(started()?.start));
        }
    }
    Ok(vec![Some(median(cold)), Some(median(cached))])
}

/// Megabytes that the gateway occupies when it has nothing to do, and with many streams open.
pub(super) fn memory(bench: &Bench) -> anyhow::Result<Values> {
    // On the side of this process, both ends of every stream are open.
    allow_open_files(4 * STREAMS as u64)?;
    let upstream = upstream::start(Arc::new(|_, connection| {
        upstream::head(connection)?;
        for text in ["Yes,", " that", " is", " so.", " And"] {
            upstream::chunk(&event(text), connection)?;
        }
        // The model thinks about what comes next until the client leaves.
        Ok(())
    }))?;
    let directory = bench.directory("memory")?;
    let setup = Setup {
        directory: &directory,
        cache: &bench.cache(),
        workers: 0,
        upstream,
        extra: "",
    };
    drop(Gateway::start(&setup)?);
    let gateway = Gateway::start(&setup)?;
    std::thread::sleep(Duration::from_secs(1));
    let idle = gateway.process.resident()? / 1e6;
    let mut texts = Texts::new(0x3e30);
    let mut open = Vec::with_capacity(STREAMS);
    for _ in 0..STREAMS {
        let mut client = Client::connect(gateway.address)?;
        client.begin(GUARDED, &chat(&plain(bench, &mut texts, 900)?, true))?;
        client.until(b" that")?;
        open.push(client);
    }
    std::thread::sleep(Duration::from_secs(1));
    let busy = gateway.process.resident()? / 1e6;
    drop(open);
    Ok(vec![Some(idle), Some(busy)])
}
