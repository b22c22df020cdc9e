//! Packs components with a shell: what comes of it can be looked at, or loaded.
//!
//! `cargo run --release -p caponier-pack --example pack_files -- SHELL CONFIG OUT [trusted] COMPONENT[=SETTINGS]…`

use std::error::Error;

use caponier_component::{Engine, EngineOptions, Grants, LoadOptions};
use caponier_pack::{Fuel, Input, Plugin, pack};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1).peekable();
    let mut next = || {
        arguments
            .next()
            .ok_or("SHELL CONFIG OUT [trusted] COMPONENT[=SETTINGS]…")
    };
    let (shell, config, out) = (std::fs::read(next()?)?, next()?, next()?);
    let bounds = arguments.next_if(|word| word == "trusted").is_none();
    let engine = Engine::new(EngineOptions::default())?;
    let mut snapshots = Vec::new();
    for argument in arguments {
        let (path, settings) = argument.split_once('=').unwrap_or((&argument, "{}"));
        let options = LoadOptions {
            settings_json: settings.to_owned(),
            grants: Grants {
                counters: true,
                rewrite: true,
                log: false,
            },
            ..LoadOptions::default()
        };
        let limits = options.limits.clone();
        let snapshot = engine.snapshot(&std::fs::read(path)?, options)?;
        snapshots.push((snapshot, limits));
    }
    let plugins: Vec<Plugin<'_>> = snapshots
        .iter()
        .map(|(snapshot, limits)| Plugin {
            name: &snapshot.manifest.name,
            component: &snapshot.component,
            memory: u64::try_from(limits.memory).unwrap_or(u64::MAX),
            fuel: Fuel::for_time(limits.time_base, limits.time_per_mib),
            counters: true,
            bounds,
        })
        .collect();
    let module = pack(&Input {
        shell: &shell,
        plugins: &plugins,
        config: config.as_bytes(),
        sections: &[],
    })?;
    std::fs::write(out, module)?;
    Ok(())
}
