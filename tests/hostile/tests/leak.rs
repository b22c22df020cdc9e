//! Plugins that carry text to where it must not come.

#![expect(clippy::unwrap_used, reason = "a test's helper fails the test")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use caponier_component::{
    CounterScope, Counters, CountersUnavailable, Grants, LoadOptions, LogLevel, LogSink,
};
use caponier_hostile_tests::{
    WORD, engine, guest, hostile, options, run, run_with_state, settings, text,
};

const PRIVATE: &str = "misbehave: PRIVATE-TEXT-OF-ANOTHER-REQUEST";

#[test]
fn nothing_is_in_memory_at_the_next_call() {
    for mode in ["remember", "remember-memory"] {
        let plugin = hostile(mode, "told").unwrap();
        for turn in 0..50 {
            for shown in [PRIVATE, "an innocent text", &"long ".repeat(100_000)] {
                let outcome = run(&plugin, false, text(shown));
                assert_eq!(outcome.fault(), None, "{mode}, turn {turn}");
                assert_eq!(outcome.rules(), ["hostile/seen"], "{mode}, turn {turn}");
            }
        }
    }
}

#[test]
fn nothing_is_in_memory_after_a_fault() {
    // The text is in memory when the plugin fails; another plugin gets that memory next.
    let failing = hostile("trap", "told").unwrap();
    let looking = hostile("remember-memory", "told").unwrap();
    for _ in 0..50 {
        assert!(run(&failing, false, text(PRIVATE)).fault().is_some());
        assert_eq!(
            run(&looking, false, text("an innocent text")).rules(),
            ["hostile/seen"]
        );
    }
}

#[test]
fn nothing_is_in_memory_of_many_threads() {
    let plugin = hostile("remember-memory", "told").unwrap();
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let plugin = &plugin;
            scope.spawn(move || {
                for turn in 0..100 {
                    let shown = if (thread + turn) % 2 == 0 {
                        PRIVATE
                    } else {
                        "innocent"
                    };
                    assert_eq!(run(plugin, false, text(shown)).rules(), ["hostile/seen"]);
                }
            });
        }
    });
}

#[test]
fn state_comes_back_within_its_exchange_only() {
    let plugin = hostile("remember-state", "told").unwrap();
    let first = run(&plugin, false, text(PRIVATE));
    let (_, state) = first.report.states.first().unwrap();
    let same = run_with_state(&plugin, false, text("next"), state);
    assert!(same.rules().contains(&"hostile/remembered"));
    let other = run(&plugin, false, text("next"));
    assert_eq!(other.rules(), ["hostile/seen"]);
}

#[test]
fn data_is_answered_in_configure_only() {
    let root = tempfile::tempdir().unwrap();
    std::fs::write(root.path().join("granted.txt"), "granted").unwrap();
    let plugin = engine()
        .load(
            &guest("hostile"),
            LoadOptions {
                data_dir: Some(root.path().to_owned()),
                ..options(settings("copy-data", "always"))
            },
        )
        .unwrap();
    let outcome = run(&plugin, false, text("granted.txt"));
    assert_eq!(outcome.rules(), ["hostile/seen"]);
}

#[derive(Default)]
struct Heard(Mutex<Vec<String>>);

impl LogSink for Heard {
    fn write(&self, plugin: &str, level: LogLevel, message: &str) {
        let line = format!("{plugin} {level:?} {message}");
        self.0.lock().unwrap().push(line);
    }
}

impl Counters for Heard {
    fn add(
        &self,
        scope: CounterScope<'_>,
        key: &str,
        _amount: u64,
        _window: Duration,
    ) -> Result<u64, CountersUnavailable> {
        self.0
            .lock()
            .unwrap()
            .push(format!("{} {key}", scope.plugin));
        Ok(1)
    }

    fn add_unique(
        &self,
        scope: CounterScope<'_>,
        key: &str,
        _member: &[u8],
        window: Duration,
    ) -> Result<u64, CountersUnavailable> {
        self.add(scope, key, 1, window)
    }
}

#[test]
fn log_is_heard_only_where_granted() {
    for mode in ["copy-log", "copy-error"] {
        for granted in [false, true] {
            let heard = Arc::new(Heard::default());
            let plugin = engine()
                .load(
                    &guest("hostile"),
                    LoadOptions {
                        grants: Grants {
                            log: granted,
                            ..Grants::default()
                        },
                        log: Arc::clone(&heard) as Arc<dyn LogSink>,
                        ..options(settings(mode, "told"))
                    },
                )
                .unwrap();
            run(&plugin, false, text(PRIVATE));
            let lines = heard.0.lock().unwrap();
            assert_eq!(!lines.is_empty(), granted, "{mode}: {lines:?}");
        }
    }
}

#[test]
fn a_flood_of_log_lines_is_cut() {
    let heard = Arc::new(Heard::default());
    let plugin = engine()
        .load(
            &guest("hostile"),
            LoadOptions {
                grants: Grants {
                    log: true,
                    ..Grants::default()
                },
                log: Arc::clone(&heard) as Arc<dyn LogSink>,
                ..options(settings("endless-host-calls", "told"))
            },
        )
        .unwrap();
    run(&plugin, false, text(WORD));
    let lines = heard.0.lock().unwrap();
    assert!(lines.len() <= 1_000, "{} lines", lines.len());
}

#[test]
fn warm_up_does_not_count() {
    let heard = Arc::new(Heard::default());
    let plugin = engine()
        .load(
            &guest("hostile-counters"),
            LoadOptions {
                grants: Grants {
                    counters: true,
                    ..Grants::default()
                },
                counters: Arc::clone(&heard) as Arc<dyn Counters>,
                ..options(settings("copy", "always"))
            },
        )
        .unwrap();
    assert!(heard.0.lock().unwrap().is_empty());
    run(&plugin, false, text("counted"));
    assert_eq!(heard.0.lock().unwrap().len(), 2);
}

#[test]
fn nothing_that_formats_shows_what_a_plugin_words() {
    let plugin = hostile("copy", "told").unwrap();
    let canary = format!("{WORD} canary-4f1d");
    let outcome = run(&plugin, true, text(&canary));
    assert!(!outcome.report.findings.is_empty());
    let shown = format!(
        "{:?} {:?}",
        outcome.report.findings, outcome.report.coverage
    );
    assert!(!shown.contains("canary-4f1d"), "{shown}");
}
