//! Packs plugins whole, and without parts of what contains them: what the parts cost is measured
//! with these modules, and none of them is for use.
//!
//! `measured MODULE SHELL DIRECTORY COMPONENT SETTINGS ...`: MODULE is what `caponier pack` made of
//! the same plugins, in the same order; what its shell is told is taken from it.

use std::error::Error;
use std::path::{Path, PathBuf};

use caponier_component::{Engine, EngineOptions, Limits, LoadOptions};
use caponier_pack::{Cover, Fuel, Input, Plugin, pack_to_measure};
use wasmparser::{DataKind, Parser, Payload};

/// Name of the module, and what contains its plugins.
const COVERS: &[(&str, Cover)] = &[
    ("full", Cover::FULL),
    (
        "no-guards",
        Cover {
            guards: false,
            ..Cover::FULL
        },
    ),
    (
        "no-putting-back",
        Cover {
            reset: false,
            ..Cover::FULL
        },
    ),
    (
        "no-reset",
        Cover {
            guards: true,
            marks: false,
            reset: false,
        },
    ),
    (
        "bare",
        Cover {
            guards: false,
            marks: false,
            reset: false,
        },
    ),
];

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let [module, shell, directory, plugins @ ..] = arguments.as_slice() else {
        return Err("hint: measured MODULE SHELL DIRECTORY COMPONENT SETTINGS ...".into());
    };
    let shell = std::fs::read(shell)?;
    let config = config(&std::fs::read(module)?)?;
    let engine = Engine::new(EngineOptions::default())?;
    let mut components = Vec::new();
    for pair in plugins.chunks(2) {
        let [component, settings] = pair else {
            return Err("hint: settings for each component, such as {}".into());
        };
        let options = LoadOptions {
            settings_json: settings.to_string_lossy().into_owned(),
            ..LoadOptions::default()
        };
        let snapshot = engine.snapshot(&std::fs::read(component)?, options)?;
        components.push(snapshot.component);
    }
    let limits = Limits::default();
    // As the program's own plugins are: checked bounds are the one part that is for others.
    let plugins: Vec<Plugin<'_>> = components
        .iter()
        .map(|component| Plugin {
            name: "measured",
            component,
            memory: 64 << 20,
            fuel: Fuel::for_time(limits.time_base, limits.time_per_mib),
            counters: false,
            bounds: false,
        })
        .collect();
    let input = Input {
        shell: &shell,
        plugins: &plugins,
        config: &config,
        sections: &[],
    };
    for (name, cover) in COVERS {
        let module = pack_to_measure(&input, *cover)?;
        write(directory, name, &module)?;
    }
    // And all of it for plugins that are not trusted.
    let checked: Vec<Plugin<'_>> = plugins
        .iter()
        .map(|plugin| Plugin {
            bounds: true,
            ..*plugin
        })
        .collect();
    let input = Input {
        plugins: &checked,
        ..input
    };
    write(
        directory,
        "full-checked",
        &pack_to_measure(&input, Cover::FULL)?,
    )
}

/// What the shell of a packed module is told.
fn config(module: &[u8]) -> Result<Vec<u8>, Box<dyn Error>> {
    for payload in Parser::new(0).parse_all(module) {
        if let Payload::DataSection(section) = payload? {
            for data in section {
                let data = data?;
                if matches!(data.kind, DataKind::Passive) && data.data.starts_with(b"{\"version\"")
                {
                    return Ok(data.data.to_vec());
                }
            }
        }
    }
    Err("it was not made by `caponier pack`".into())
}

fn write(directory: &Path, name: &str, module: &[u8]) -> Result<(), Box<dyn Error>> {
    Ok(std::fs::write(
        directory.join(format!("{name}.wasm")),
        module,
    )?)
}
