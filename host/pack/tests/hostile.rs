//! Plugins that misbehave, packed: one fault each, the standalone host's, soon; the module never
//! traps, and the next call is right.

#[path = "support/bad.rs"]
mod bad;
mod support;
#[path = "../../component/tests/support/mod.rs"]
mod written;

use std::time::{Duration, Instant};

use bad::all_bad;
use caponier_component::{Call, Grants, Limits, LoadOptions};
use caponier_core::FaultKind::{self, Memory, Output, Refused, Timeout, Trap};
use caponier_core::{Fault, Kind, Report, Role, Segment};
use caponier_pack::Plugin;
use support::{Worker, built, context, packed, plugin, snapshot, standalone};

const WORD: &str = "misbehave";

/// The most that a call may take, however busy the machine is.
const SOON: Duration = Duration::from_secs(5);

fn text(text: &str) -> Segment {
    Segment::new(7, Role::User, Kind::Text, text)
}

fn options(settings: String, counters: bool) -> LoadOptions {
    LoadOptions {
        settings_json: settings,
        grants: Grants {
            counters,
            rewrite: true,
            log: true,
        },
        limits: Limits {
            configure_time: Duration::from_millis(500),
            ..Limits::default()
        },
        ..LoadOptions::default()
    }
}

fn told(mode: &str) -> LoadOptions {
    options(format!(r#"{{"mode":"{mode}","when":"told"}}"#), false)
}

/// With a tenth of the fuel: what is endless ends sooner.
fn impatient(component: &[u8]) -> Plugin<'_> {
    let mut plugin = plugin(component);
    plugin.fuel.base /= 10;
    plugin
}

fn call(worker: &mut Worker, shown: &str) -> Result<Report, Fault> {
    let started = Instant::now();
    let answer = worker.inspect(0, &context(), &[&text(shown)], b"");
    assert!(started.elapsed() < SOON, "{:?}", started.elapsed());
    answer
}

/// The Rust guest's modes, and what each may end in where the two hosts may differ: time is not
/// measured in the same way.
const MODES: &[(&str, &[FaultKind])] = &[
    ("endless-loop", &[Timeout]),
    ("endless-fill", &[Timeout]),
    ("endless-host-calls", &[Timeout]),
    ("log-flood", &[Timeout, Output]),
    ("memory-bomb", &[Memory, Timeout]),
    ("many-small-allocations", &[Memory, Timeout]),
    ("stack-overflow", &[Trap]),
    ("trap", &[Trap]),
    ("panic", &[Trap]),
    ("divide-by-zero", &[Trap]),
    ("index-out-of-range", &[Trap]),
    ("findings-million", &[Memory, Timeout, Output]),
    ("state-gibibyte", &[Memory]),
    ("state-mebibyte", &[Output]),
    ("list-gibibyte", &[Memory]),
    ("copy-error", &[Refused]),
    ("copy-error-huge", &[Output, Refused, Timeout]),
];

/// Modes whose reports are for the chain to refuse: both hosts hand over the same.
const LIES: &[&str] = &[
    "none",
    "span-out-of-range",
    "span-far-out-of-range",
    "span-reversed",
    "span-empty",
    "span-off-boundary",
    "edits-overlapping",
    "edit-out-of-range",
    "edit-unknown-segment",
    "hold-beyond",
    "hold-far-beyond",
    "hold-unknown-segment",
    "skip-unknown-segment",
    "finding-unknown-segment",
    "undeclared-rule",
    "full-rule-name",
    "confidence-infinite",
    "confidence-negative",
    "confidence-above-one",
    "copy",
    "copy-log",
    "copy-rule",
    "copy-data",
    "remember",
    "remember-memory",
    "remember-state",
];

#[test]
fn every_misbehaviour_of_a_compiled_plugin_ends_in_its_fault() {
    let component = built("guests/hostile.wasm");
    for (mode, allowed) in MODES {
        let snapshot = snapshot(&component, told(mode));
        let mut worker = Worker::start(&packed(&[impatient(&snapshot)]));
        for _ in 0..2 {
            let fault = call(&mut worker, WORD).err();
            let kind = fault.as_ref().map(|fault| fault.kind);
            assert!(
                kind.is_some_and(|kind| allowed.contains(&kind)),
                "{mode}: {fault:?}"
            );
            let next = call(&mut worker, "an innocent text").unwrap();
            let rules: Vec<&str> = next.findings.iter().map(|one| one.rule.as_str()).collect();
            assert_eq!(rules, ["seen"], "after {mode}");
        }
    }
}

#[test]
fn lies_come_over_as_they_are() {
    for (name, counters) in [("hostile", false), ("hostile-counters", true)] {
        let component = built(&format!("guests/{name}.wasm"));
        for mode in LIES {
            let options = || LoadOptions {
                grants: Grants {
                    counters,
                    ..Grants::default()
                },
                ..told(mode)
            };
            let snapshot = snapshot(&component, options());
            let loaded = standalone().load(&component, options()).unwrap();
            let mut worker = Worker::start(&packed(&[plugin(&snapshot)]));
            for shown in [
                WORD,
                "innocent",
                "misbehave: PRIVATE-TEXT-OF-ANOTHER-REQUEST",
                "next",
            ] {
                let expected = loaded.inspect(&Call::new(&context(), &[&text(shown)], b""));
                let got = call(&mut worker, shown);
                assert!(
                    got == expected || counters,
                    "{mode} {shown}: {:?}",
                    got.err()
                );
            }
        }
    }
}

/// The guests written by hand, and the length of the text that they misbehave at.
const GUESTS: &[(&str, usize, &[FaultKind])] = &[
    ("list-out-of-range", 8, &[Output]),
    ("list-unaligned", 8, &[Output]),
    ("list-gibibyte", 8, &[Output]),
    ("list-overflow", 8, &[Output]),
    ("return-out-of-range", 8, &[Output]),
    ("return-unaligned", 8, &[Output]),
    ("string-out-of-range", 8, &[Output]),
    ("string-invalid", 8, &[Output]),
    ("string-surrogate", 8, &[Output]),
    ("enum-out-of-range", 8, &[Output]),
    ("option-out-of-range", 8, &[Output]),
    ("result-out-of-range", 8, &[Output]),
    ("aliased-strings", 8, &[Output]),
    ("divide-by-zero", 8, &[Trap]),
    ("truncate-nan", 8, &[Trap]),
    ("load-out-of-range", 8, &[Trap]),
    ("indirect-call-null", 8, &[Trap]),
    ("post-return-trap", 8, &[Trap]),
    ("post-return-loop", 8, &[Timeout]),
    ("realloc-out-of-range", 4099, &[Output]),
    ("realloc-loop", 4099, &[Timeout]),
    ("realloc-trap", 4099, &[Trap]),
    ("realloc-grow", 4099, &[Memory, Timeout]),
];

#[test]
fn what_no_compiler_makes_ends_in_its_fault() {
    for (name, length, allowed) in GUESTS {
        let component = built(&format!("guests/{name}.wasm"));
        let snapshot = snapshot(&component, options("{}".to_owned(), false));
        let loaded = standalone().load(&component, options("{}".to_owned(), false));
        let loaded = loaded.unwrap();
        let mut worker = Worker::start(&packed(&[impatient(&snapshot)]));
        for _ in 0..2 {
            let shown = "r".repeat(*length);
            let kind = call(&mut worker, &shown).err().map(|fault| fault.kind);
            assert!(
                kind.is_some_and(|kind| allowed.contains(&kind)),
                "{name}: {kind:?}"
            );
            let other = loaded.inspect(&Call::new(&context(), &[&text(&shown)], b""));
            let other = other.err().map(|fault| fault.kind);
            assert!(
                other.is_some_and(|kind| allowed.contains(&kind)),
                "{name}: {other:?}"
            );
            // Two texts are not what these misbehave at.
            let two = [&text("one"), &text("two")];
            let expected = loaded.inspect(&Call::new(&context(), &two, b""));
            assert!(
                worker.inspect(0, &context(), &two, b"") == expected,
                "after {name}"
            );
        }
    }
}

#[test]
fn every_misbehaviour_in_text_ends_in_its_fault() {
    let mut wrong = Vec::new();
    for bad in all_bad() {
        let component = bad.component();
        let counters = bad.counts();
        let snapshot = snapshot(&component, options("{}".to_owned(), counters));
        let loaded = standalone()
            .load(&component, options("{}".to_owned(), counters))
            .unwrap();
        let mut worker = Worker::start(&packed(&[impatient(&snapshot)]));
        for _ in 0..2 {
            let kind = call(&mut worker, WORD).err().map(|fault| fault.kind);
            let other = loaded.inspect(&Call::new(&context(), &[&text(WORD)], b""));
            let other = other.err().map(|fault| fault.kind);
            if kind != Some(bad.fault) || other != kind {
                wrong.push(format!(
                    "{}: {kind:?}, standalone {other:?}, not {:?}",
                    bad.what, bad.fault
                ));
            }
            let two = [&text("one"), &text("two")];
            if worker.inspect(0, &context(), &two, b"") != Ok(Report::default()) {
                wrong.push(format!("{}: the next call failed", bad.what));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
