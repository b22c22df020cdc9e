//! How long it takes from a file's change to the revision that has it in service.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use caponier_runtime::{Options, Runtime, Source, Watching, builtin, builtin_names};

use super::process::LOOK;
use super::statistics::{median, millis};
use super::{Bench, Values};
use crate::problems::Problems;

/// Longer than any reload takes.
const PATIENCE: Duration = Duration::from_secs(60);
/// Bytes of the plugin's file.
const PLUGIN: usize = 1 << 20;

/// A revision that follows its files.
struct Live {
    runtime: Runtime<()>,
    directory: PathBuf,
    _watching: Watching,
}

impl Live {
    /// Starts with the files that are in `directory`.
    fn start(directory: PathBuf) -> anyhow::Result<Self> {
        let options = Options {
            cache_dir: Some(directory.join("cache")),
            ..Options::new(Source::File(directory.join("caponier.yaml")))
        };
        let runtime = Runtime::start(options, Box::new(|_, _, _| Ok(()))).map_err(Problems)?;
        let watching = runtime.watch().map_err(|problem| Problems(vec![problem]))?;
        Ok(Self {
            runtime,
            directory,
            _watching: watching,
        })
    }

    /// Replaces a file, and gives the milliseconds until that is in service.
    fn replace(&self, name: &str, content: &[u8]) -> anyhow::Result<f64> {
        let before = self.runtime.current().id.clone();
        // What was written before this is noticed before this.
        std::thread::sleep(Duration::from_millis(50));
        let begun = place(&self.directory, name, content)?;
        while self.runtime.current().id == before {
            anyhow::ensure!(
                begun.elapsed() < PATIENCE,
                "a change of {name} is not in service after {PATIENCE:?}"
            );
            std::thread::sleep(LOOK);
        }
        Ok(millis(begun.elapsed()))
    }
}

/// Puts a whole file in the place of another, as deployments do, and says when.
pub(super) fn place(directory: &Path, name: &str, content: &[u8]) -> anyhow::Result<Instant> {
    let path = directory.join(name);
    let staged = directory.join("staged");
    std::fs::write(&staged, content)
        .and_then(|()| std::fs::rename(&staged, &path))
        .with_context(|| format!("cannot write {}", path.display()))?;
    Ok(Instant::now())
}

/// A rule that is another one for each number.
pub(super) fn rule(number: usize) -> String {
    format!(
        "package caponier\n\naccess contains \"model {number} is not for you\" if {{\n\tinput.request.model == \"model-{number}\"\n}}\n"
    )
}

/// Milliseconds until a changed rule is in service.
pub(super) fn rego(bench: &Bench) -> anyhow::Result<Values> {
    let directory = bench.directory("reload-rego")?;
    let config = "version: 1\nrego: [access.rego]\n";
    std::fs::write(directory.join("caponier.yaml"), config)?;
    std::fs::write(directory.join("access.rego"), rule(0))?;
    let live = Live::start(directory)?;
    let times = (1..=bench.times(20, 4)).map(|number| {
        let text = rule(number);
        live.replace("access.rego", text.as_bytes())
    });
    Ok(vec![Some(median(times.collect::<Result<_, _>>()?))])
}

/// Milliseconds until a changed plugin of 1 MB is in service: one that was never seen before, and
/// one that was.
pub(super) fn plugin(bench: &Bench) -> anyhow::Result<Values> {
    let directory = bench.directory("reload-plugin")?;
    let config = "version: 1\nplugins:\n  - use: file:plugin.wasm\n";
    std::fs::write(directory.join("caponier.yaml"), config)?;
    let largest = builtin_names()
        .filter_map(builtin)
        .max_by_key(|component| component.len())
        .context("no plugin is built in")?;
    std::fs::write(directory.join("plugin.wasm"), variant(largest, 0))?;
    let live = Live::start(directory)?;
    let rounds = bench.times(4, 2);
    let mut cold = Vec::new();
    for number in 1..=rounds {
        cold.push(live.replace("plugin.wasm", &variant(largest, number))?);
    }
    let mut cached = Vec::new();
    for number in (0..rounds).cycle().take(bench.times(12, 3)) {
        cached.push(live.replace("plugin.wasm", &variant(largest, number))?);
    }
    Ok(vec![Some(median(cold)), Some(median(cached))])
}

/// The same plugin in another file of 1 MB, or a little more than the plugin where that is larger:
/// a section that means nothing to anybody is added.
fn variant(component: &[u8], number: usize) -> Vec<u8> {
    let room = PLUGIN.saturating_sub(component.len()).max(64);
    let mut content = vec![5];
    content.extend_from_slice(b"bench");
    content.extend_from_slice(format!("{number:08}").as_bytes());
    content.resize(room, b'.');
    let mut bytes = component.to_vec();
    // The id of a custom section, and its length in LEB128.
    bytes.push(0);
    let mut length = content.len();
    loop {
        let low = u8::try_from(length & 0x7f).unwrap_or(0);
        length >>= 7;
        if length == 0 {
            bytes.push(low);
            break;
        }
        bytes.push(low | 0x80);
    }
    bytes.extend_from_slice(&content);
    bytes
}
