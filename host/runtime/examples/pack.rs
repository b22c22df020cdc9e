//! Packs a configuration into a module for Envoy: `pack CONFIG SHELL.wasm OUT.wasm [SHELL.json]`.

use std::path::PathBuf;

use caponier_config::Bounds;
use caponier_decide::Shell;
use caponier_pack::{Fuel, Input, Plugin, pack};
use caponier_runtime::{Source, packable};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let [config, shell, out, more @ ..] = arguments.as_slice() else {
        return Err("usage: pack CONFIG SHELL.wasm OUT.wasm [SHELL.json]".into());
    };
    let settings: Shell = match more {
        [file, ..] => serde_json::from_slice(&std::fs::read(file)?)?,
        [] => Shell::default(),
    };
    let made = packable(&Source::File(config.clone()), settings).map_err(|problems| {
        let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
        lines.join("\n")
    })?;
    let plugins: Vec<Plugin<'_>> = made
        .plugins
        .iter()
        .map(|plugin| Plugin {
            name: &plugin.name,
            component: &plugin.component,
            memory: plugin.memory,
            fuel: Fuel::for_time(plugin.time.base, plugin.time.per_mib),
            counters: plugin.counters,
            bounds: plugin.bounds == Bounds::Checked && !plugin.is_builtin,
        })
        .collect();
    let told = made.packed.to_json()?;
    let module = pack(&Input {
        shell: &std::fs::read(shell)?,
        plugins: &plugins,
        config: &told,
        sections: &[("caponier", made.packed.revision.as_bytes())],
    })?;
    std::fs::write(out, &module)?;
    eprintln!("{} bytes, {}", module.len(), made.packed.revision);
    Ok(())
}
