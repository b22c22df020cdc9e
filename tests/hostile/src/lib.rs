//! What the hostile-plugin tests have in common: the guests, an engine, one call.
//!
//! The guests are built by `cargo xtask build`; their sources are in `tests/guests`.

#![expect(
    clippy::panic,
    clippy::expect_used,
    reason = "a test's helper fails the test"
)]

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use caponier_component::{Call, Engine, EngineOptions, Limits, LoadError, LoadOptions, Plugin};
use caponier_core::{
    Chain, Context, Fault, Kind, Mode, OnError, PluginSpec, Plugins, ReportLimits, Role, Segment,
    Stage, StageReport,
};

/// The word that makes the Rust guest misbehave.
pub const WORD: &str = "misbehave";

/// The directory of the guests.
pub fn guests() -> PathBuf {
    match std::env::var_os("CAPONIER_GUESTS") {
        Some(directory) => directory.into(),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/wasm/guests"),
    }
}

/// The bytes of one guest.
pub fn guest(name: &str) -> Vec<u8> {
    let path = guests().join(format!("{name}.wasm"));
    std::fs::read(&path).unwrap_or_else(|error| {
        panic!("{}: {error}; hint: cargo xtask build", path.display());
    })
}

/// One engine for all tests of a process: what one plugin does to it, the next would feel.
pub fn engine() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(|| Engine::new(EngineOptions::default()).expect("an engine"))
}

/// Settings of the Rust guest.
pub fn settings(mode: &str, when: &str) -> String {
    format!(r#"{{"mode":"{mode}","when":"{when}"}}"#)
}

/// Options with short limits, so that tests of endless work end soon.
pub fn options(settings: String) -> LoadOptions {
    LoadOptions {
        settings_json: settings,
        limits: Limits {
            configure_time: Duration::from_millis(500),
            ..Limits::default()
        },
        ..LoadOptions::default()
    }
}

/// The Rust guest, set to misbehave in one way.
///
/// # Errors
/// If it cannot be loaded.
pub fn hostile(mode: &str, when: &str) -> Result<Plugin, LoadError> {
    engine().load(&guest("hostile"), options(settings(mode, when)))
}

/// The context of a prompt.
pub fn context() -> Context {
    Context {
        exchange: "x1".to_owned(),
        stage: Stage::Prompt,
        tenant: None,
        principal: None,
        route: "/v1/*".to_owned(),
        model: None,
        time: 1_700_000_000_000,
        seed: 1,
        attributes: Vec::new(),
    }
}

/// A user's text.
pub fn text(text: &str) -> Segment {
    Segment::new(7, Role::User, Kind::Text, text)
}

/// What one call came to.
pub struct Outcome {
    /// What the chain made of it.
    pub report: StageReport,
    /// How long it took.
    pub took: Duration,
}

impl Outcome {
    /// The fault it ended in.
    pub fn fault(&self) -> Option<&Fault> {
        self.report.faults.first().map(|record| &record.fault)
    }

    /// The rules that were found.
    pub fn rules(&self) -> Vec<&str> {
        let rules = self.report.findings.iter();
        rules.map(|finding| &*finding.rule).collect()
    }
}

/// One stage through a chain of this one plugin: the call, and the check of what it hands back.
pub fn run(plugin: &Plugin, rewrite: bool, segment: Segment) -> Outcome {
    run_with_state(plugin, rewrite, segment, &[])
}

/// As [`run`], with what the plugin handed back the last time.
pub fn run_with_state(plugin: &Plugin, rewrite: bool, segment: Segment, state: &[u8]) -> Outcome {
    let spec = Arc::new(PluginSpec {
        manifest: Arc::clone(plugin.manifest()),
        stages: vec![Stage::Prompt],
        mode: Mode::Enforce,
        on_error: OnError::Deny,
        rewrite,
        limits: ReportLimits::default(),
    });
    let begin = Instant::now();
    let specs = Plugins::new([spec]);
    let mut chain = Chain::new(&specs, &[0], Stage::Prompt, vec![segment]);
    while let Some(call) = chain.next() {
        let result = plugin.inspect(&Call::new(&context(), &call.segments, state));
        chain.record(0, result);
    }
    let (report, _) = chain.finish();
    Outcome {
        report,
        took: begin.elapsed(),
    }
}
