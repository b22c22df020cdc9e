//! `caponier check`

use std::process::ExitCode;

use caponier_config::Plugin;
use caponier_runtime::{Loaded, Runtime};
use serde_json::json;

use crate::FAILED;
use crate::args::{Check, Format};
use crate::evaluate::options;
use crate::problems::Problems;
use crate::style::{DIM, GOOD, WARN};

pub(crate) fn run(command: &Check) -> anyhow::Result<ExitCode> {
    let runtime = match Runtime::start(options(&command.config), caponier_server::attach()) {
        Ok(runtime) => runtime,
        Err(problems) if command.format == Format::Json => {
            let problems: Vec<_> = problems
                .iter()
                .map(|problem| json!({"place": problem.place, "key": problem.key, "message": problem.message, "hint": problem.hint}))
                .collect();
            anstream::println!("{}", json!({"valid": false, "problems": problems}));
            return Ok(ExitCode::from(FAILED));
        }
        Err(problems) => return Err(Problems(problems).into()),
    };
    let revision = runtime.current();
    let plugins: Vec<_> = revision
        .policy
        .plugins()
        .map(|loaded| {
            json!({
                "name": &*loaded.spec.manifest.name,
                "version": loaded.spec.manifest.version,
                "source": loaded.source,
                "digest": loaded.plugin.digest(),
                "runs_as": loaded.plugin.kind().as_str(),
                "rules": loaded.spec.manifest.rules.len(),
                "stages": loaded.spec.stages.iter().map(|stage| stage.as_str()).collect::<Vec<_>>(),
            })
        })
        .collect();
    let risks = revision.config.warnings.iter().map(ToString::to_string);
    let plugins_as_configured = revision.policy.plugins().zip(&revision.config.plugins);
    let unused = plugins_as_configured.flat_map(|(loaded, plugin)| unused_grants(loaded, plugin));
    let warnings: Vec<String> = risks.chain(unused).collect();
    if command.format == Format::Json {
        let report = json!({"valid": true, "revision": revision.id, "plugins": plugins, "warnings": warnings});
        anstream::println!("{report}");
        return Ok(ExitCode::SUCCESS);
    }
    anstream::println!("{GOOD}valid{GOOD:#} {}", revision.id);
    for loaded in revision.policy.plugins() {
        let manifest = &loaded.spec.manifest;
        let idle = match loaded.spec.stages.is_empty() {
            true => ", nothing to look for with these settings",
            false => "",
        };
        anstream::println!(
            "  {} {} {DIM}{}, {} rules, {}{idle}{DIM:#}",
            manifest.name,
            manifest.version,
            loaded.source,
            manifest.rules.len(),
            loaded.plugin.kind().as_str(),
        );
    }
    for warning in warnings {
        anstream::println!("{WARN}risk{WARN:#} {warning}");
    }
    Ok(ExitCode::SUCCESS)
}

/// What a plugin was granted and does not even import.
fn unused_grants(loaded: &Loaded, plugin: &Plugin) -> Vec<String> {
    let granted = [
        (
            "counters",
            plugin.grants.as_ref().is_some_and(|grants| grants.counters),
        ),
        (
            "data",
            plugin
                .grants
                .as_ref()
                .is_some_and(|grants| grants.data.is_some()),
        ),
    ];
    let imports = &loaded.plugin.info().imports;
    let is_used = |name: &str| {
        let path = format!("caponier:policy/{name}@");
        imports.iter().any(|import| import.starts_with(&path))
    };
    let unused = granted
        .iter()
        .filter(|(name, is_granted)| *is_granted && !is_used(name));
    unused
        .map(|(name, _)| {
            format!(
                "plugin {}: `grants.{name}` is given, and the plugin does not ask for it",
                loaded.spec.manifest.name
            )
        })
        .collect()
}
