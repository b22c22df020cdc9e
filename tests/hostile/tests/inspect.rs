//! Plugins that misbehave in `inspect`: each ends in its typed fault, soon, and the next call of the
//! same plugin is as good as if nothing had been.

#![expect(clippy::expect_used, reason = "a test's helper fails the test")]

use std::time::Duration;

use caponier_core::FaultKind::{self, Memory, Output, Refused, Timeout, Trap};
use caponier_hostile_tests::{WORD, engine, guest, hostile, options, run, settings, text};

/// The most that any call may take, however busy the machine that runs the tests is. A call may use
/// 20 ms of its own time.
const SOON: Duration = Duration::from_secs(5);

/// The Rust guest's modes, and the faults that each may end in.
const MODES: &[(&str, &[FaultKind])] = &[
    ("endless-loop", &[Timeout]),
    ("endless-fill", &[Timeout]),
    ("endless-host-calls", &[Timeout]),
    ("log-flood", &[Timeout, Output]),
    // Whichever comes first; see below for the one that must.
    ("memory-bomb", &[Memory, Timeout]),
    ("many-small-allocations", &[Memory, Timeout]),
    ("stack-overflow", &[Trap]),
    ("trap", &[Trap]),
    ("panic", &[Trap]),
    ("divide-by-zero", &[Trap]),
    ("index-out-of-range", &[Trap]),
    ("span-out-of-range", &[Output]),
    ("span-far-out-of-range", &[Output]),
    ("span-reversed", &[Output]),
    ("span-empty", &[Output]),
    ("span-off-boundary", &[Output]),
    ("edits-overlapping", &[Output]),
    ("edit-out-of-range", &[Output]),
    ("edit-unknown-segment", &[Output]),
    ("hold-beyond", &[Output]),
    ("hold-far-beyond", &[Output]),
    ("hold-unknown-segment", &[Output]),
    ("skip-unknown-segment", &[Output]),
    ("note-unknown-segment", &[Output]),
    ("note-too-large", &[Output]),
    ("finding-unknown-segment", &[Output]),
    ("undeclared-rule", &[Output]),
    ("full-rule-name", &[Output]),
    ("confidence-nan", &[Output]),
    ("confidence-infinite", &[Output]),
    ("confidence-negative", &[Output]),
    ("confidence-above-one", &[Output]),
    ("findings-million", &[Memory, Timeout, Output]),
    ("findings-many", &[Output, Timeout]),
    ("state-gibibyte", &[Memory]),
    ("state-mebibyte", &[Output]),
    ("list-gibibyte", &[Memory]),
    ("message-huge", &[Output, Timeout]),
    ("replacement-huge", &[Output, Timeout]),
    ("copy-rule", &[Output]),
    ("copy-error", &[Refused]),
    ("copy-error-huge", &[Output, Refused, Timeout]),
];

/// The guests written by hand.
const GUESTS: &[(&str, &[FaultKind])] = &[
    ("list-out-of-range", &[Trap, Output]),
    ("list-unaligned", &[Trap, Output]),
    ("list-gibibyte", &[Trap, Output]),
    ("list-overflow", &[Trap, Output]),
    ("return-out-of-range", &[Trap, Output]),
    ("return-unaligned", &[Trap, Output]),
    ("string-out-of-range", &[Trap, Output]),
    ("string-invalid", &[Output]),
    ("string-surrogate", &[Output]),
    ("enum-out-of-range", &[Output]),
    ("option-out-of-range", &[Output]),
    ("result-out-of-range", &[Output]),
    ("aliased-strings", &[Output]),
    ("divide-by-zero", &[Trap]),
    ("truncate-nan", &[Trap]),
    ("load-out-of-range", &[Trap]),
    ("indirect-call-null", &[Trap]),
    ("post-return-trap", &[Trap]),
    ("post-return-loop", &[Timeout]),
];

/// Guests that misbehave when they are asked for room for a text of this many bytes.
const ROOM: usize = 4099;
const ROOMLESS: &[(&str, &[FaultKind])] = &[
    ("realloc-out-of-range", &[Trap, Output]),
    ("realloc-loop", &[Timeout]),
    ("realloc-trap", &[Trap]),
    ("realloc-grow", &[Memory, Timeout]),
];

#[test]
fn every_misbehaviour_ends_in_its_fault() {
    let mut wrong = Vec::new();
    for (mode, expected) in MODES {
        let plugin = hostile(mode, "told").unwrap_or_else(|error| panic!("{mode}: {error}"));
        let told = format!("ein süßer Text: {WORD}");
        check(
            mode,
            &plugin,
            &told,
            expected,
            &["hostile/seen"],
            &mut wrong,
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_no_compiler_makes_ends_in_its_fault() {
    let mut wrong = Vec::new();
    for (name, expected) in GUESTS {
        let plugin = engine()
            .load(&guest(name), options("{}".to_owned()))
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        // These misbehave whenever they are shown one text, so there is no innocent one.
        let outcome = run(&plugin, true, text("one text"));
        let kind = outcome.fault().map(|fault| fault.kind);
        if !kind.is_some_and(|kind| expected.contains(&kind)) || outcome.took > SOON {
            wrong.push(format!("{name}: {kind:?} after {:?}", outcome.took));
        }
        innocent_bystander();
    }
    let room = "r".repeat(ROOM);
    for (name, expected) in ROOMLESS {
        let plugin = engine()
            .load(&guest(name), options("{}".to_owned()))
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        check(name, &plugin, &room, expected, &[], &mut wrong);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Twice the fault, with an innocent call after each.
fn check(
    name: &str,
    plugin: &caponier_component::Plugin,
    told: &str,
    expected: &[FaultKind],
    innocent: &[&str],
    wrong: &mut Vec<String>,
) {
    for _ in 0..2 {
        let outcome = run(plugin, true, text(told));
        let kind = outcome.fault().map(|fault| fault.kind);
        if !kind.is_some_and(|kind| expected.contains(&kind)) {
            wrong.push(format!("{name}: {kind:?}, not {expected:?}"));
        }
        if !outcome.report.findings.is_empty() || !outcome.report.edits.is_empty() {
            wrong.push(format!("{name}: something of a bad report was used"));
        }
        if outcome.took > SOON {
            wrong.push(format!("{name}: took {:?}", outcome.took));
        }
        if let Some(fault) = outcome.fault()
            && fault.to_string().contains(WORD)
        {
            wrong.push(format!("{name}: the fault repeats the text: {fault}"));
        }
        let next = run(plugin, true, text("an innocent text"));
        if next.fault().is_some() || next.rules() != innocent {
            wrong.push(format!(
                "{name}: the next call gave {:?} {:?}",
                next.fault(),
                next.rules()
            ));
        }
        innocent_bystander();
    }
}

/// Another plugin on the same engine works as ever.
fn innocent_bystander() {
    static OTHER: std::sync::OnceLock<caponier_component::Plugin> = std::sync::OnceLock::new();
    let other = OTHER.get_or_init(|| hostile("none", "told").expect("a plugin that behaves"));
    let outcome = run(other, false, text("an innocent text"));
    assert_eq!(outcome.fault(), None);
    assert_eq!(outcome.rules(), ["hostile/seen"]);
}

#[test]
fn memory_has_an_end() {
    let mut options = options(settings("memory-bomb", "told"));
    options.limits.memory = 8 << 20;
    options.limits.time_base = Duration::from_secs(2);
    let plugin = engine().load(&guest("hostile"), options).unwrap();
    for _ in 0..20 {
        let outcome = run(&plugin, false, text(WORD));
        assert_eq!(outcome.fault().map(|fault| fault.kind), Some(Memory));
    }
    assert_eq!(
        run(&plugin, false, text("innocent")).rules(),
        ["hostile/seen"]
    );
}

#[test]
fn edits_need_their_grant() {
    let plugin = hostile("edit", "told").unwrap();
    let without = run(&plugin, false, text(WORD));
    assert_eq!(without.fault().map(|fault| fault.kind), Some(Refused));
    assert!(without.report.edits.is_empty());
    let with = run(&plugin, true, text(WORD));
    assert_eq!(with.fault(), None);
    assert_eq!(with.report.edits.len(), 1);
}

#[test]
fn settled_text_cannot_be_edited() {
    let plugin = hostile("edit-settled", "told").unwrap();
    let mut segment = text(&format!("released {WORD} and more"));
    segment.settled = 9;
    segment.open = true;
    let outcome = run(&plugin, true, segment);
    assert_eq!(outcome.fault().map(|fault| fault.kind), Some(Output));
}

#[test]
fn many_at_once_harm_nobody() {
    let modes = [
        "endless-loop",
        "memory-bomb",
        "stack-overflow",
        "trap",
        "none",
    ];
    let plugins: Vec<_> = modes
        .iter()
        .map(|mode| hostile(mode, "told").unwrap())
        .collect();
    std::thread::scope(|scope| {
        for _ in 0..2 {
            for (mode, plugin) in modes.iter().zip(&plugins) {
                scope.spawn(move || {
                    for _ in 0..5 {
                        let told = run(plugin, false, text(WORD));
                        assert_eq!(told.fault().is_some(), *mode != "none", "{mode}");
                        let next = run(plugin, false, text("an innocent text"));
                        assert_eq!(next.rules(), ["hostile/seen"], "{mode}");
                    }
                });
            }
        }
    });
}

/// Faults that leave something behind in the host would show in the long run.
#[test]
fn a_thousand_faults_leave_nothing_behind() {
    let trap = hostile("trap", "told").unwrap();
    let bomb = hostile("memory-bomb", "told").unwrap();
    let resident = || {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let line = status.lines().find(|line| line.starts_with("VmRSS:"));
        line.and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok())
            .unwrap_or(0)
    };
    for _ in 0..50 {
        run(&trap, false, text(WORD));
        run(&bomb, false, text(WORD));
    }
    let before = resident();
    for turn in 0..1000 {
        assert!(run(&trap, false, text(WORD)).fault().is_some());
        if turn % 20 == 0 {
            assert!(run(&bomb, false, text(WORD)).fault().is_some());
        }
    }
    let grown = resident().saturating_sub(before);
    // Other tests of this process run beside this one.
    assert!(grown < 512 * 1024, "{grown} KiB more after 1050 faults");
}
