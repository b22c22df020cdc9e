//! `caponier pack`

mod bootstrap;

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use caponier_config::{Bounds, Config};
use caponier_decide::{IdentityFrom, Shell};
use caponier_pack::{Fuel, Input, Plugin};
use caponier_runtime::{Packable, Source, packable};
use serde_json::json;

use crate::args::{Format, Pack};
use crate::problems::Problems;
use crate::style::{DIM, GOOD, WARN};

/// The part of the module that is the same for every configuration.
const SHELL: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/shell.wasm"));

pub(crate) fn run(command: &Pack) -> anyhow::Result<ExitCode> {
    let source = command
        .config
        .clone()
        .map_or(Source::Embedded, Source::File);
    let mut made = packable(&source, Shell::default()).map_err(Problems)?;
    made.packed.shell = shell(command, &made.config)?;
    refuse_secrets(command, &made)?;
    let module = module(&made)?;
    write(&command.output, &module)?;
    if let Some(path) = &command.envoy {
        let bootstrap = bootstrap::bootstrap(&made.config, &command.output)?;
        write(path, &bootstrap)?;
    }
    report(command, &made, module.len());
    Ok(ExitCode::SUCCESS)
}

/// What is Envoy's alone. Whoever configured identities for the gateway must say where they come
/// from in Envoy: without, everybody would be anonymous there.
fn shell(command: &Pack, config: &Config) -> anyhow::Result<Shell> {
    let identity: Vec<IdentityFrom> = match &command.identity {
        Some(path) => {
            let text =
                std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
            serde_json::from_slice(&text).with_context(|| {
                format!(
                    "{}: not a list of identity sources; hint: [{{\"headers\": {{\"id\": \"x-user\"}}}}]",
                    path.display()
                )
            })?
        }
        None => Vec::new(),
    };
    let asks = config
        .gateway
        .as_ref()
        .is_some_and(|gateway| !gateway.identity.is_empty());
    if asks && identity.is_empty() {
        bail!(
            "gateway.identity: Envoy verifies tokens itself, so the module must be told where it puts them; hint: --identity FILE"
        );
    }
    Ok(Shell {
        identity,
        audit: config.audit.is_some(),
        ..Shell::default()
    })
}

fn refuse_secrets(command: &Pack, made: &Packable) -> anyhow::Result<()> {
    let holder = made.plugins.iter().find(|plugin| plugin.has_secrets);
    match holder {
        Some(plugin) if !command.embed_secrets => bail!(
            "the settings of plugin `{}` name secrets, which would be readable in the module; hint: --embed-secrets, if whoever reads the module may know them",
            plugin.name
        ),
        _ => Ok(()),
    }
}

fn module(made: &Packable) -> anyhow::Result<Vec<u8>> {
    let plugins: Vec<Plugin<'_>> = made
        .plugins
        .iter()
        .map(|plugin| Plugin {
            name: &plugin.name,
            component: &plugin.component,
            memory: plugin.memory,
            fuel: Fuel::for_time(plugin.time.base, plugin.time.per_mib),
            counters: plugin.counters,
            // Built-in plugins are trusted as the shell is.
            bounds: plugin.bounds == Bounds::Checked && !plugin.is_builtin,
        })
        .collect();
    let manifest = json!({
        "revision": made.packed.revision,
        "version": env!("CARGO_PKG_VERSION"),
        "plugins": made.plugins.iter().map(|plugin| json!({
            "name": plugin.name,
            "version": plugin.version,
            "digest": plugin.digest,
        })).collect::<Vec<_>>(),
    });
    let config = made.packed.to_json()?;
    Ok(caponier_pack::pack(&Input {
        shell: SHELL,
        plugins: &plugins,
        config: &config,
        sections: &[("caponier", manifest.to_string().as_bytes())],
    })?)
}

/// All of it or nothing: Envoy may be looking.
fn write(path: &Path, content: &[u8]) -> anyhow::Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let failed = || format!("cannot write {}", path.display());
    let mut file = tempfile::NamedTempFile::new_in(folder).with_context(failed)?;
    std::io::Write::write_all(&mut file, content).with_context(failed)?;
    make_readable(&file).with_context(failed)?;
    file.persist(path).with_context(failed)?;
    Ok(())
}

/// Envoy is seldom run by whoever packs.
fn make_readable(file: &tempfile::NamedTempFile) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    file.as_file()
        .set_permissions(std::fs::Permissions::from_mode(0o644))
}

fn report(command: &Pack, made: &Packable, bytes: usize) {
    let warnings: Vec<String> = made
        .config
        .warnings
        .iter()
        .map(ToString::to_string)
        .collect();
    if command.format == Format::Json {
        let report = json!({
            "module": command.output,
            "bytes": bytes,
            "revision": made.packed.revision,
            "plugins": made.plugins.iter().map(|plugin| &plugin.name).collect::<Vec<_>>(),
            "warnings": warnings,
        });
        anstream::println!("{report}");
        return;
    }
    anstream::println!(
        "{GOOD}packed{GOOD:#} {} {DIM}{:.1} MB, {}{DIM:#}",
        command.output.display(),
        bytes as f64 / 1e6,
        made.packed.revision
    );
    for warning in warnings {
        anstream::println!("{WARN}warning{WARN:#} {warning}");
    }
}
