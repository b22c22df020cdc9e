//! `caponier pack`

mod bootstrap;
mod clusters;
mod filter;
mod identity;
mod output;

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, bail};
use caponier_config::{Bounds, Config};
use caponier_decide::Shell;
use caponier_pack::{Fuel, Input, Plugin};
use caponier_runtime::{Packable, Source, packable};
use serde_json::{Value, json};

use self::output::{Readers, write};
use crate::args::{Format, Pack};
use crate::problems::Problems;
use crate::style::{DIM, GOOD, WARN};

/// The part of the module that is the same for every configuration.
const SHELL: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/shell.wasm"));

/// What the names of the messages begin with that configure Envoy's filters.
const FILTERS: &str = "type.googleapis.com/envoy.extensions.filters";

pub(crate) fn run(command: &Pack) -> anyhow::Result<ExitCode> {
    let source = command
        .config
        .clone()
        .map_or(Source::Embedded, Source::File);
    let mut made = packable(&source, Shell::default()).map_err(Problems)?;
    made.packed.shell = shell(command, &made.config)?;
    refuse_secrets(command, &made)?;
    let module = module(&made)?;
    let readers = match private(&made).is_empty() {
        true => Readers::All,
        false => Readers::Owner,
    };
    let bootstrap = match &command.envoy {
        Some(path) => {
            let filters = filters(&made, &command.output)?;
            Some((path, bootstrap::bootstrap(&made, filters)?))
        }
        None => None,
    };
    // Only now: what is refused leaves nothing behind.
    write(&command.output, &module, readers)?;
    if let Some((path, bootstrap)) = bootstrap {
        write(path, &bootstrap, Readers::All)?;
    }
    report(command, &made, module.len());
    Ok(ExitCode::SUCCESS)
}

/// What is Envoy's alone.
fn shell(command: &Pack, config: &Config) -> anyhow::Result<Shell> {
    let file = command.identity.as_deref();
    Ok(Shell {
        identity: identity::sources(file, command.envoy.is_some(), config)?,
        audit: config.audit.is_some(),
        ..Shell::default()
    })
}

/// What stands before the router: what verifies the callers, then the module.
fn filters(made: &Packable, module: &Path) -> anyhow::Result<Vec<Value>> {
    let module = std::path::absolute(module)
        .with_context(|| format!("cannot find {}", module.display()))?;
    let verifier = identity::verifier(made)?;
    Ok(verifier.into_iter().chain([filter::filter(&module)]).collect())
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

/// What is in the module that not everyone should read, for people.
fn private(made: &Packable) -> Vec<String> {
    let secrets = made.plugins.iter().filter(|plugin| plugin.has_secrets);
    let data = made.plugins.iter().filter(|plugin| plugin.has_data);
    secrets
        .map(|plugin| format!("secrets in the settings of plugin `{}`", plugin.name))
        .chain(data.map(|plugin| format!("data that plugin `{}` has read", plugin.name)))
        .collect()
}

/// How large Envoy's buffers have to be.
fn buffer(config: &Config) -> u32 {
    u32::try_from(config.limits.body).unwrap_or(u32::MAX)
}

fn address(host: &str, port: u16) -> Value {
    json!({"socket_address": {"address": host, "port_value": port}})
}

fn seconds(time: Duration) -> String {
    format!("{}s", time.as_secs_f64())
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
            "private": private(made),
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
    for what in private(made) {
        anstream::println!(
            "{WARN}private{WARN:#} it holds {what}; only its owner may read it, so give it to whoever runs Envoy"
        );
    }
    for warning in warnings {
        anstream::println!("{WARN}warning{WARN:#} {warning}");
    }
}
