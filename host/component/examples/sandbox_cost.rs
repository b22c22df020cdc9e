//! What a new sandbox costs: the same call on a new instance each time and on one reused instance.
//!
//! `cargo run --release -p caponier-component --example sandbox_cost -- plugin.wasm…`

use std::io::Write;
use std::time::{Duration, Instant};

use caponier_component::{Call, Engine, EngineOptions, LoadOptions};
use caponier_core::{Context, Kind, Role, Segment, Stage};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut out = std::io::stdout().lock();
    let engine = Engine::new(EngineOptions::default())?;
    writeln!(out, "{:?}", engine.mode())?;
    for path in std::env::args().skip(1) {
        let started = Instant::now();
        let plugin = engine.load(&std::fs::read(&path)?, LoadOptions::default())?;
        writeln!(
            out,
            "{path}: {:?}, loaded in {:?}",
            plugin.kind(),
            started.elapsed()
        )?;
        for bytes in [100, 4096, 65_536] {
            let text = "The quick brown fox jumps over the lazy dog. ".repeat(bytes / 45 + 1);
            let segment = Segment::new(
                0,
                Role::User,
                Kind::Text,
                text.get(..bytes).unwrap_or(&text),
            );
            let context = context();
            let rounds = (40_000_000 / (bytes + 2_000)).min(10_000);
            let new = median(rounds, || {
                plugin
                    .inspect(&Call::new(&context, &[&segment], b""))
                    .is_ok()
            });
            let mut session = plugin.session()?;
            let reused = median(rounds, || {
                session
                    .inspect(&Call::new(&context, &[&segment], b""))
                    .is_ok()
            });
            writeln!(
                out,
                "{bytes:>7} B: new {new:?}, reused {reused:?}, difference {:?}",
                new.saturating_sub(reused)
            )?;
        }
    }
    Ok(())
}

fn median(rounds: usize, mut call: impl FnMut() -> bool) -> Duration {
    let mut times: Vec<Duration> = (0..rounds)
        .filter_map(|_| {
            let started = Instant::now();
            call().then(|| started.elapsed())
        })
        .collect();
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

fn context() -> Context {
    Context {
        exchange: "exchange".to_owned(),
        stage: Stage::Prompt,
        tenant: None,
        principal: None,
        route: "/v1/*".to_owned(),
        model: None,
        time: 0,
        seed: 0,
        attributes: Vec::new(),
    }
}
