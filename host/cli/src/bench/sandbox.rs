//! What the sandbox costs: a new one against one that is used again, and WebAssembly against the
//! same code without it.

use anyhow::Context as _;
use caponier_config::PluginSource;
use caponier_runtime::{Call, Loaded, builtin_names};
use caponier_sdk::testing::{Harness, Input};

use super::plugins::{place, sample};
use super::statistics::{median, micros, timed, worked};
use super::texts::Texts;
use super::{Bench, Values};
use crate::evaluate::exchange;

/// Microseconds that a new sandbox adds to a call with 100 bytes.
pub(super) fn cost_of_new(bench: &Bench) -> anyhow::Result<Values> {
    let mut texts = Texts::new(0x5a6d);
    for_each_builtin(bench, |name, loaded, _| {
        let context = exchange(&bench.revision.policy, place(name, loaded).0)?.context;
        let plugin = &loaded.plugin;
        let mut session = plugin.session()?;
        let rounds = bench.times(8000, 400);
        let warm_up = rounds / 10;
        let mut added = Vec::with_capacity(rounds);
        for round in 0..warm_up + rounds {
            let segment = sample(name, loaded, texts.prose(100));
            let shown = [&segment];
            // Whoever comes second finds the text in the processor's cache: they take turns.
            let (new, reused) = if round % 2 == 0 {
                let new = timed(|| plugin.inspect(&Call::new(&context, &shown, &[])));
                (
                    new,
                    timed(|| session.inspect(&Call::new(&context, &shown, &[]))),
                )
            } else {
                let reused = timed(|| session.inspect(&Call::new(&context, &shown, &[])));
                (
                    timed(|| plugin.inspect(&Call::new(&context, &shown, &[]))),
                    reused,
                )
            };
            new.1?;
            reused.1?;
            if round >= warm_up {
                added.push(micros(new.0) - micros(reused.0));
            }
        }
        Ok(median(added))
    })
}

/// How many times the processor time of the native code WebAssembly takes, at 64 KB: in one sandbox
/// for all calls, since what a new one costs has a row of its own.
pub(super) fn against_native(bench: &Bench) -> anyhow::Result<Values> {
    const BYTES: usize = 64 << 10;
    let mut texts = Texts::new(0x7a71);
    for_each_builtin(bench, |name, loaded, settings| {
        let mut native = native(name, settings)
            .with_context(|| format!("plugin {name} is not part of the measurement"))?;
        let (stage, role, kind) = place(name, loaded);
        let context = exchange(&bench.revision.policy, stage)?.context;
        let stage = same(caponier_sdk::Stage::ALL, |known| {
            known.as_str() == stage.as_str()
        })?;
        let role = same(caponier_sdk::Role::ALL, |known| {
            known.as_str() == role.as_str()
        })?;
        let kind = same(caponier_sdk::Kind::ALL, |known| {
            known.as_str() == kind.as_str()
        })?;
        let mut session = loaded.plugin.session()?;
        let rounds = bench.times(60, 8);
        let (mut here, mut there) = (Vec::new(), Vec::new());
        for round in 0..rounds + 2 {
            let text = texts.prose(BYTES);
            let segment = sample(name, loaded, text.clone());
            let input = [Input::new(role, kind, text)];
            let mut sandboxed =
                || worked(|| session.inspect(&Call::new(&context, &[&segment], &[])));
            let (wasm, plain) = if round % 2 == 0 {
                let wasm = sandboxed();
                (wasm, worked(|| native(stage, &input)))
            } else {
                let plain = worked(|| native(stage, &input));
                (sandboxed(), plain)
            };
            let (found, expected) = (wasm.1?.findings.len(), plain.1?);
            anyhow::ensure!(
                found == expected,
                "{name} finds {found} times in the sandbox and {expected} times natively"
            );
            if round >= 2 {
                there.push(micros(wasm.0));
                here.push(micros(plain.0));
            }
        }
        let (here, there) = (median(here), median(there));
        tracing::debug!(name, native_us = here, wasm_us = there, "64 KB");
        Ok(there / here)
    })
}

/// The SDK's word for one of the host's.
fn same<T: Copy>(all: &[T], is: impl Fn(T) -> bool) -> anyhow::Result<T> {
    let found = all.iter().copied().find(|known| is(*known));
    found.context("the SDK does not know a word of the contract")
}

/// The plugin as part of this program: what it finds, counted.
type Native = Box<dyn FnMut(caponier_sdk::Stage, &[Input]) -> anyhow::Result<usize>>;

fn native(name: &str, settings: &str) -> anyhow::Result<Native> {
    match name {
        "pii" => harness::<caponier_plugin_pii::Pii>(settings),
        "secrets" => harness::<caponier_plugin_secrets::Secrets>(settings),
        "injection" => harness::<caponier_plugin_injection::Injection>(settings),
        "unicode" => harness::<caponier_plugin_unicode::Unicode>(settings),
        "urls" => harness::<caponier_plugin_urls::Urls>(settings),
        "leak" => harness::<caponier_plugin_leak::Leak>(settings),
        "code" => harness::<caponier_plugin_code::Code>(settings),
        "poison" => harness::<caponier_plugin_poison::Poison>(settings),
        "terms" => harness::<caponier_plugin_terms::Terms>(settings),
        "schema" => harness::<caponier_plugin_schema::Schema>(settings),
        "quota" => harness::<caponier_plugin_quota::Quota>(settings),
        _ => anyhow::bail!("it is not linked into this program"),
    }
}

fn harness<P: caponier_sdk::Plugin>(settings: &str) -> anyhow::Result<Native> {
    let mut harness =
        Harness::<P>::new(settings).map_err(|error| anyhow::anyhow!(error.to_string()))?;
    Ok(Box::new(move |stage, inputs| {
        harness.forget();
        let outcome = harness.inspect(stage, inputs);
        outcome
            .map(|outcome| outcome.findings.len())
            .map_err(|error| anyhow::anyhow!(error.to_string()))
    }))
}

/// Measures each built-in plugin that the configuration runs, with its settings.
pub(super) fn for_each_builtin(
    bench: &Bench,
    mut measure: impl FnMut(&str, &Loaded, &str) -> anyhow::Result<f64>,
) -> anyhow::Result<Values> {
    let revision = &bench.revision;
    builtin_names()
        .map(|name| {
            let found = revision
                .config
                .plugins
                .iter()
                .zip(revision.policy.plugins())
                .find(|(plugin, _)| plugin.source == PluginSource::Builtin(name.to_owned()));
            // One that has nothing to look for is never called.
            let found = found.filter(|(_, loaded)| !loaded.spec.stages.is_empty());
            let Some((plugin, loaded)) = found else {
                return Ok(None);
            };
            let settings = plugin.settings.value.to_string();
            measure(name, loaded, &settings)
                .with_context(|| format!("plugin {name}"))
                .map(Some)
        })
        .collect()
}
