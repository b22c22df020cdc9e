use std::fs;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use caponier_core::{Context, Segment};

use super::*;
use crate::clock::Budget;
use crate::host::{Lent, Phase};
use crate::plugin::{Instance, Ready};
use crate::{
    CounterScope, Counters, CountersUnavailable, Engine, EngineOptions, Grants, LoadOptions,
    LogLevel, LogSink, Plugin, warmup,
};

const BUILT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/wasm");

/// What a plugin asked the host for, and said.
#[derive(Default)]
struct Heard(Mutex<Vec<String>>);

impl Heard {
    fn keep(&self, line: String) -> Result<u64, CountersUnavailable> {
        let mut lines = self.0.lock().unwrap();
        lines.push(line);
        Ok(lines.len() as u64)
    }
}

impl Counters for Heard {
    fn add(
        &self,
        scope: CounterScope<'_>,
        key: &str,
        amount: u64,
        window: Duration,
    ) -> Result<u64, CountersUnavailable> {
        self.keep(format!(
            "add {} {:?} {key} {amount} {window:?}",
            scope.plugin, scope.tenant
        ))
    }

    fn add_unique(
        &self,
        scope: CounterScope<'_>,
        key: &str,
        member: &[u8],
        window: Duration,
    ) -> Result<u64, CountersUnavailable> {
        self.keep(format!(
            "add-unique {} {:?} {key} {member:?} {window:?}",
            scope.plugin, scope.tenant
        ))
    }
}

impl LogSink for Heard {
    fn write(&self, plugin: &str, level: LogLevel, message: &str) {
        let _ = self.keep(format!("{plugin} {level:?} {message}"));
    }
}

const GRANTS: Grants = Grants {
    counters: true,
    rewrite: true,
    log: true,
};

fn load(engine: &Engine, path: &str, settings: &str) -> Plugin {
    let component = fs::read(format!("{BUILT}/{path}")).unwrap();
    let options = LoadOptions {
        grants: GRANTS,
        settings_json: settings.to_owned(),
        ..LoadOptions::default()
    };
    engine.load(&component, options).unwrap()
}

type Answer = Result<Result<Report, String>, Fault>;

/// What an instance answers to a real call, and what it asked for.
fn answer(
    engine: &Engine,
    call: &Call<'_>,
    instantiate: impl Fn(&mut Store<Host>) -> Instance,
) -> (Answer, Vec<String>) {
    let options = LoadOptions::default();
    let heard = Arc::new(Heard::default());
    let lent = Arc::new(Lent {
        name: "test".into(),
        grants: GRANTS,
        limits: options.limits,
        counters: Arc::clone(&heard) as Arc<dyn Counters>,
        log: Arc::clone(&heard) as Arc<dyn LogSink>,
    });
    let phase = Phase::Inspect {
        tenant: call.context.tenant.clone(),
    };
    let host = Host::new(
        Arc::clone(&lent),
        phase,
        Budget::start(lent.limits.configure_time),
    );
    let mut store = host.into_store(&engine.inner.run.engine);
    let answer = instantiate(&mut store).inspect(&mut store, &lent.limits, call);
    let lines = heard.0.lock().unwrap().clone();
    (answer, lines)
}

/// The same answer, and the same questions, whichever way the plugin is called.
fn same_both_ways(engine: &Engine, ready: &Ready, call: &Call<'_>) -> (Answer, Vec<String>) {
    let direct = ready.direct.as_ref().unwrap();
    let by_component = answer(engine, call, |store| {
        Instance::Component(ready.program.instantiate(store).unwrap())
    });
    let by_module = answer(engine, call, |store| {
        Instance::Direct(direct.instantiate(store).unwrap())
    });
    assert!(by_component == by_module);
    by_module
}

fn detailed(mut context: Context) -> Context {
    context.tenant = Some("größer".to_owned());
    context.model = Some("m-1".to_owned());
    context.attributes = vec![("client".to_owned(), "192.0.2.1".to_owned())];
    context.principal = Some(caponier_core::Principal {
        id: "anna".to_owned(),
        roles: vec!["staff".to_owned(), String::new()],
        claims: Vec::new(),
    });
    context
}

#[test]
fn the_module_answers_as_its_component_does() {
    let engine = Engine::new(EngineOptions::default()).unwrap();
    let (mut found, mut counted) = (0, 0);
    let limited = r#"{"limits": [{"tokens": 5, "window": "1h"}]}"#;
    for (name, settings) in [
        ("pii", "{}"),
        ("secrets", "{}"),
        ("injection", "{}"),
        ("quota", limited),
    ] {
        let plugin = load(&engine, &format!("components/{name}.wasm"), settings);
        let ready = plugin.ready().unwrap();
        for (context, segments) in warmup::calls(plugin.manifest()) {
            let context = detailed(context);
            let segments: Vec<_> = segments.iter().collect();
            let call = Call {
                notes: &[b"no note of its own", b""],
                ..Call::new(&context, &segments, &[])
            };
            let (report, asked) = same_both_ways(&engine, ready, &call);
            counted += asked.len();
            found += report.unwrap().map_or(0, |report| report.findings.len());
        }
    }
    assert!(found > 20, "{found} findings show little");
    assert!(counted > 0, "{counted} questions show little");
}

#[test]
fn what_a_module_imports_answers_as_it_does_for_its_component() {
    let engine = Engine::new(EngineOptions::default()).unwrap();
    // Every function of the contract; lines that are too large to be taken; room that is not to be had.
    for (mode, asks) in [
        ("copy", true),
        ("copy-data", false),
        ("log-flood", false),
        ("memory-bomb", false),
    ] {
        let settings = format!(r#"{{"mode": "{mode}", "when": "told"}}"#);
        let plugin = load(&engine, "guests/hostile-counters.wasm", &settings);
        let (context, mut segments) = warmup::calls(plugin.manifest()).into_iter().next().unwrap();
        let context = detailed(context);
        let mut first: Segment = segments.remove(0);
        first.text = "misbehave ä".to_owned();
        let shown = [&first];
        let call = Call::new(&context, &shown, &[]);
        let (_, asked) = same_both_ways(&engine, plugin.ready().unwrap(), &call);
        assert_eq!(!asked.is_empty(), asks, "{mode}: {asked:?}");
    }
}
