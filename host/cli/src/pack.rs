//! `caponier pack`

mod bootstrap;
mod clusters;
mod ecds;
mod filter;
mod identity;
mod istio;
mod oci;
mod output;

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::bail;
use caponier_config::{Bounds, Config};
use caponier_decide::Shell;
use caponier_pack::{Fuel, Input, Plugin};
use caponier_runtime::{Packable, Runtime, packable};
use serde_json::{Value, json};

use self::ecds::Ecds;
use self::oci::Image;
use self::output::{Readers, absolute, hex_digest, write};
use crate::args::{Format, Pack};
use crate::evaluate::options;
use crate::problems::Problems;
use crate::style::{DIM, GOOD, WARN};

/// The part of the module that is the same for every configuration.
pub(crate) const SHELL: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/shell.wasm"));

/// What the names of the messages begin with that configure Envoy's filters.
const FILTERS: &str = "type.googleapis.com/envoy.extensions.filters";

pub(crate) fn run(command: &Pack) -> anyhow::Result<ExitCode> {
    let options = options(&command.config);
    // Whatever keeps a revision from being served keeps it from being packed.
    let served = Runtime::start(options.clone(), caponier_server::attach()).map_err(Problems)?;
    let mut made = packable(&options, Shell::default()).map_err(Problems)?;
    if made.packed.revision != served.current().id {
        bail!("the configuration has changed while it was read; hint: pack it again");
    }
    made.packed.shell = shell(command, &made.config)?;
    refuse_secrets(command, &made)?;
    let module = module(&made)?;
    let readers = match private(&made).is_empty() {
        true => Readers::All,
        false => Readers::Owner,
    };
    let written = Outputs::prepare(command, &made, &module)?.write(readers)?;
    report(command, &made, &written);
    Ok(ExitCode::SUCCESS)
}

/// Everything that was asked for, made but not written: what is refused leaves nothing behind.
struct Outputs<'m> {
    revision: &'m str,
    module: &'m [u8],
    output: Option<&'m Path>,
    ecds: Option<Ecds>,
    oci: Option<(&'m Path, Image)>,
    /// Manifests that name the module, and where they go.
    manifests: Vec<(&'m Path, Vec<u8>)>,
}

/// Where the module went.
struct Written {
    places: Vec<String>,
    bytes: usize,
    /// Of the image, where there is one.
    digest: Option<String>,
}

impl<'m> Outputs<'m> {
    fn prepare(command: &'m Pack, made: &'m Packable, module: &'m [u8]) -> anyhow::Result<Self> {
        let revision = &made.packed.revision;
        let ecds = command.ecds.as_deref().map(Ecds::new).transpose()?;
        let mut manifests = Vec::new();
        if let Some(path) = command.envoy.as_deref() {
            let filter = match (&ecds, &command.output) {
                (Some(ecds), _) => ecds.filter(),
                (None, Some(module)) => filter::filter(&absolute(module)?),
                (None, None) => {
                    bail!("--envoy: Envoy reads no images; hint: --output FILE, or --ecds DIR")
                }
            };
            let filters = identity::verifier(made)?.into_iter().chain([filter]);
            manifests.push((path, bootstrap::bootstrap(made, filters.collect())?));
        }
        if let (Some(path), Some(url)) = (command.istio.as_deref(), &command.url) {
            let digests = istio::Digests {
                module: hex_digest(module),
                image: Image::new(module, revision)?.digest,
            };
            let manifest = istio::envoy_filter(command, url, &digests, buffer(&made.config))?;
            manifests.push((path, manifest));
        }
        let oci = match command.oci.as_deref() {
            Some(folder) => {
                oci::refuse_foreign(folder)?;
                Some((folder, Image::new(module, revision)?))
            }
            None => None,
        };
        Ok(Self {
            revision,
            module,
            output: command.output.as_deref(),
            ecds,
            oci,
            manifests,
        })
    }

    /// The module first, then what names it.
    fn write(self, readers: Readers) -> anyhow::Result<Written> {
        let mut places = Vec::new();
        if let Some(path) = self.output {
            write(path, self.module, readers)?;
            places.push(path.display().to_string());
        }
        if let Some((folder, image)) = &self.oci {
            image.write(folder, readers)?;
            places.push(folder.display().to_string());
        }
        if let Some(ecds) = &self.ecds {
            let path = ecds.write(self.module, self.revision, readers)?;
            places.push(path.display().to_string());
        }
        for (path, manifest) in &self.manifests {
            write(path, manifest, Readers::All)?;
        }
        Ok(Written {
            places,
            bytes: self.module.len(),
            digest: self
                .oci
                .map(|(_, image)| format!("sha256:{}", image.digest)),
        })
    }
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

/// How large Envoy's buffers have to be: with room beyond the limit, so that a body over it comes
/// before the filter, which refuses it in the wire format, and not before Envoy, which refuses it
/// in plain text.
fn buffer(config: &Config) -> u32 {
    const ROOM: u64 = 1 << 20;
    u32::try_from(config.limits.body.saturating_add(ROOM)).unwrap_or(u32::MAX)
}

fn address(host: &str, port: u16) -> Value {
    json!({"socket_address": {"address": host, "port_value": port}})
}

fn seconds(time: Duration) -> String {
    format!("{}s", time.as_secs_f64())
}

fn report(command: &Pack, made: &Packable, written: &Written) {
    let warnings: Vec<String> = made
        .config
        .warnings
        .iter()
        .map(ToString::to_string)
        .collect();
    if command.format == Format::Json {
        let report = json!({
            "written": written.places,
            "image": written.digest,
            "bytes": written.bytes,
            "revision": made.packed.revision,
            "plugins": made.plugins.iter().map(|plugin| &plugin.name).collect::<Vec<_>>(),
            "private": private(made),
            "warnings": warnings,
        });
        anstream::println!("{report}");
        return;
    }
    for place in &written.places {
        anstream::println!(
            "{GOOD}packed{GOOD:#} {place} {DIM}{:.1} MB, {}{DIM:#}",
            written.bytes as f64 / 1e6,
            made.packed.revision
        );
    }
    if let Some(digest) = &written.digest {
        anstream::println!("{GOOD}image{GOOD:#}  {digest}");
    }
    for what in private(made) {
        anstream::println!(
            "{WARN}private{WARN:#} it holds {what}; only its owner may read it, so give it to whoever runs Envoy"
        );
    }
    for warning in warnings {
        anstream::println!("{WARN}warning{WARN:#} {warning}");
    }
}
