//! Plugins that misbehave, packed: one fault each, the standalone host's, soon; the module never
//! traps, and the next call is right.

mod support;
#[path = "../../component/tests/support/mod.rs"]
mod written;

use std::time::{Duration, Instant};

use caponier_component::{Call, Grants, Limits, LoadOptions};
use caponier_core::FaultKind::{self, Memory, Output, Refused, Timeout, Trap};
use caponier_core::{Fault, Kind, Report, Role, Segment};
use caponier_pack::Plugin;
use support::{Worker, built, context, packed, plugin, snapshot, standalone};
use written::{Guest, REPORT, inspecting};

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

fn list(at: u32, len: u64) -> String {
    format!(
        "(i32.store (i32.const {}) (i32.const 65536)) (i32.store (i32.const {}) (i32.const {len}))",
        REPORT + at,
        REPORT + at + 4
    )
}

const LOG: &str = r#"(import "caponier:policy/log@0.1.0" "write" (func $log (param i32 i32 i32)))"#;
const DATA: &str = r#"(import "caponier:policy/data@0.1.0" "names" (func $names (param i32)))
    (import "caponier:policy/data@0.1.0" "read" (func $read (param i32 i32 i32)))"#;
const COUNTERS: &str = r#"(import "caponier:policy/counters@0.1.0" "add" (func $add (param i32 i32 i64 i32 i32)))
    (import "caponier:policy/counters@0.1.0" "add-unique" (func $unique (param i32 i32 i32 i32 i32 i32)))"#;

/// One misbehaviour, as WebAssembly text.
struct Bad {
    what: &'static str,
    imports: &'static str,
    items: String,
    body: String,
    fault: FaultKind,
}

fn bad(what: &'static str, body: impl Into<String>, fault: FaultKind) -> Bad {
    Bad {
        what,
        imports: "",
        items: String::new(),
        body: body.into(),
        fault,
    }
}

fn calling(what: &'static str, imports: &'static str, body: &str, fault: FaultKind) -> Bad {
    Bad {
        imports,
        ..bad(what, body, fault)
    }
}

fn with_items(what: &'static str, items: impl Into<String>, body: &str, fault: FaultKind) -> Bad {
    Bad {
        items: items.into(),
        ..bad(what, body, fault)
    }
}

fn all_bad() -> Vec<Bad> {
    let thousands = "i64 ".repeat(6_000);
    let operands = (0..3_000).map(|_| "(call $one)").collect::<String>();
    let sums = "i32.add ".repeat(2_999);
    vec![
        bad("endless loop", "(loop $l br $l)", Timeout),
        bad(
            "endless loop of two",
            "(loop $l (loop $m (br_if $m (local.get $a)) br $l))",
            Timeout,
        ),
        bad("unreachable", "unreachable", Trap),
        bad(
            "i32 division by zero",
            "(drop (i32.div_u (i32.const 1) (local.get $a)))",
            Trap,
        ),
        bad(
            "i32 remainder by zero",
            "(drop (i32.rem_s (i32.const 1) (local.get $a)))",
            Trap,
        ),
        bad(
            "constant zero",
            "(drop (i32.div_s (i32.const 1) (i32.const 0)))",
            Trap,
        ),
        bad(
            "i64 division by zero",
            "(drop (i64.div_s (i64.const 1) (i64.extend_i32_u (local.get $a))))",
            Trap,
        ),
        bad(
            "i64 remainder by zero",
            "(drop (i64.rem_u (i64.const 1) (i64.extend_i32_u (local.get $a))))",
            Trap,
        ),
        bad(
            "i32 overflow",
            "(drop (i32.div_s (i32.const 0x80000000) (i32.const -1)))",
            Trap,
        ),
        bad(
            "i32 overflow, not constant",
            "(drop (i32.div_s (i32.shl (i32.const 1) (i32.const 31)) (i32.sub (local.get $a) (i32.const 1))))",
            Trap,
        ),
        bad(
            "i64 overflow",
            "(drop (i64.div_s (i64.const 0x8000000000000000) (i64.const -1)))",
            Trap,
        ),
        bad(
            "not a number to i32",
            "(drop (i32.trunc_f32_s (f32.const nan)))",
            Trap,
        ),
        bad(
            "too large for i32",
            "(drop (i32.trunc_f64_s (f64.const 2147483648)))",
            Trap,
        ),
        bad(
            "too small for u32",
            "(drop (i32.trunc_f64_u (f64.const -1)))",
            Trap,
        ),
        bad(
            "too large for i64",
            "(drop (i64.trunc_f32_s (f32.const 9223372036854775808)))",
            Trap,
        ),
        bad(
            "infinite to u64",
            "(drop (i64.trunc_f64_u (f64.const inf)))",
            Trap,
        ),
        bad(
            "load out of bounds",
            "(drop (i32.load (i32.const -8)))",
            Trap,
        ),
        bad(
            "load just out of bounds",
            "(drop (i64.load (i32.sub (i32.mul (memory.size) (i32.const 65536)) (i32.const 7))))",
            Trap,
        ),
        bad(
            "load far out of bounds",
            "(drop (i32.load8_u offset=4294967295 (i32.const -1)))",
            Trap,
        ),
        bad(
            "load beyond the first size",
            "(drop (i32.load offset=131072 (local.get $a)))",
            Trap,
        ),
        bad(
            "store out of bounds",
            "(i32.store (i32.const -4) (i32.const 1))",
            Trap,
        ),
        bad(
            "store far out of bounds",
            "(i64.store32 offset=4294967292 (i32.const 1) (i64.const 1))",
            Trap,
        ),
        bad(
            "vector store out of bounds",
            "(v128.store (i32.const 131057) (v128.const i64x2 1 1))",
            Trap,
        ),
        bad(
            "lane store out of bounds",
            "(v128.store8_lane 3 (i32.const 131072) (v128.const i64x2 1 1))",
            Trap,
        ),
        bad(
            "memory.copy to nowhere",
            "(memory.copy (i32.const 131070) (i32.const 0) (i32.const 9))",
            Trap,
        ),
        bad(
            "memory.copy from nowhere",
            "(memory.copy (i32.const 0) (i32.const -1) (i32.const 9))",
            Trap,
        ),
        bad(
            "memory.copy that wraps",
            "(memory.copy (i32.const 16) (i32.const 0) (i32.const -1))",
            Trap,
        ),
        bad(
            "memory.fill out of bounds",
            "(memory.fill (i32.const 131072) (i32.const 0) (i32.const 1))",
            Trap,
        ),
        bad(
            "endless copying",
            "(loop $l (memory.copy (i32.const 65536) (i32.const 0) (i32.const 65536)) br $l)",
            Timeout,
        ),
        bad(
            "endless nothing",
            "(loop $l (memory.fill (i32.const 0) (i32.const 0) (i32.const 0)) br $l)",
            Timeout,
        ),
        bad(
            "growth without end",
            "(loop $l (br_if $l (i32.ne (i32.const -1) (memory.grow (i32.const 16))))) unreachable",
            Memory,
        ),
        bad(
            "growth at once",
            "(if (i32.eq (i32.const -1) (memory.grow (i32.const 65535))) (then unreachable))",
            Memory,
        ),
        bad(
            "growth refused for ever",
            "(loop $l (drop (memory.grow (i32.const 65535))) br $l)",
            Timeout,
        ),
        with_items(
            "runaway recursion",
            "(func $deep call $deep)",
            "call $deep",
            Trap,
        ),
        with_items(
            "runaway recursion with a loop",
            "(func $deep (local i32) (loop $l (local.set 0 (i32.const 1)) (br_if $l (i32.eqz (local.get 0)))) call $deep)",
            "call $deep",
            Trap,
        ),
        with_items(
            "runaway recursion of two through a table",
            "(table 2 funcref) (elem (i32.const 0) $even $odd)
             (func $even (call_indirect (i32.const 1))) (func $odd (call_indirect (i32.const 0)))",
            "call $even",
            Trap,
        ),
        with_items(
            "frames with thousands of locals",
            format!(
                "(func $deep (local {thousands}) (local.set 5999 (i64.const 1)) call $deep (drop (local.get 5999)))"
            ),
            "call $deep",
            Trap,
        ),
        with_items(
            "frames with thousands of operands",
            format!(
                "(func $one (result i32) (call $two)) (func $two (result i32) (i32.const 1) (call $deep)) (func $deep {operands} {sums} drop)"
            ),
            "call $deep",
            Trap,
        ),
        with_items(
            "call of nothing",
            "(table 1 funcref)",
            "(call_indirect (i32.const 0))",
            Trap,
        ),
        with_items(
            "call beyond the table",
            "(table 1 funcref)",
            "(call_indirect (i32.const 5))",
            Trap,
        ),
        with_items(
            "call far beyond the table",
            "(table 1 funcref)",
            "(call_indirect (i32.const -1))",
            Trap,
        ),
        with_items(
            "call of the wrong type",
            "(table 2 funcref) (elem (i32.const 0) $f $g) (func $f (param i32)) (func $g)",
            "(call_indirect (i32.const 0))",
            Trap,
        ),
        with_items(
            "call of a type that no function has",
            "(table 1 funcref) (elem (i32.const 0) $f) (func $f)",
            "(drop (call_indirect (result f64) (i32.const 0)))",
            Trap,
        ),
        bad("1 GiB list", list(4, 1 << 30), Output),
        bad("4 G findings", list(4, u64::from(u32::MAX)), Output),
        bad(
            "10^6 findings",
            format!(
                "(drop (memory.grow (i32.const 1000))) {}",
                list(4, 1_000_000)
            ),
            Output,
        ),
        bad(
            "as many holds as fit",
            format!(
                "(drop (memory.grow (i32.const 800))) {}",
                list(20, 3_000_000)
            ),
            Output,
        ),
        bad(
            "a list that is not aligned",
            format!(
                "{} (i32.store (i32.const {}) (i32.const 65537))",
                list(4, 1),
                REPORT + 4
            ),
            Output,
        ),
        bad(
            "an empty list that is nowhere",
            format!("(i32.store (i32.const {}) (i32.const -8))", REPORT + 4),
            Output,
        ),
        bad("result out of bounds", "(return (i32.const -4))", Output),
        bad("result not aligned", "(return (i32.const 1101))", Output),
        bad(
            "bad discriminant",
            format!("(i32.store8 (i32.const {REPORT}) (i32.const 9))"),
            Output,
        ),
        bad(
            "error",
            format!("(i32.store8 (i32.const {REPORT}) (i32.const 1))"),
            Refused,
        ),
        bad(
            "error that is nowhere",
            format!(
                "(i32.store8 (i32.const {REPORT}) (i32.const 1)) (i32.store (i32.const {}) (i32.const -1)) (i32.store (i32.const {}) (i32.const 4))",
                REPORT + 4,
                REPORT + 8
            ),
            Output,
        ),
        calling(
            "log of −16 bytes",
            LOG,
            "(call $log (i32.const 1) (i32.const 1024) (i32.const -16))",
            Output,
        ),
        calling(
            "log from nowhere",
            LOG,
            "(call $log (i32.const 1) (i32.const -1) (i32.const 9))",
            Output,
        ),
        calling(
            "log of an unknown level",
            LOG,
            "(call $log (i32.const 5) (i32.const 0) (i32.const 0))",
            Output,
        ),
        calling(
            "log of no text",
            LOG,
            "(i32.store8 (i32.const 2048) (i32.const 255)) (call $log (i32.const 1) (i32.const 2048) (i32.const 1))",
            Output,
        ),
        calling(
            "endless log",
            LOG,
            "(loop $l (call $log (i32.const 1) (i32.const 0) (i32.const 0)) br $l)",
            Timeout,
        ),
        calling(
            "names to nowhere",
            DATA,
            "(call $names (i32.const -4))",
            Output,
        ),
        calling(
            "names off alignment",
            DATA,
            "(call $names (i32.const 2049))",
            Output,
        ),
        calling(
            "read of nowhere",
            DATA,
            "(call $read (i32.const -4) (i32.const 8) (i32.const 2048))",
            Output,
        ),
        calling(
            "read to nowhere",
            DATA,
            "(call $read (i32.const 0) (i32.const 0) (i32.const 131064))",
            Output,
        ),
        calling(
            "count to nowhere",
            COUNTERS,
            "(call $add (i32.const 0) (i32.const 0) (i64.const 1) (i32.const 1) (i32.const -16))",
            Output,
        ),
        calling(
            "count off alignment",
            COUNTERS,
            "(call $add (i32.const 0) (i32.const 0) (i64.const 1) (i32.const 1) (i32.const 2052))",
            Output,
        ),
        calling(
            "count by a key of −1 bytes",
            COUNTERS,
            "(call $add (i32.const 2048) (i32.const -1) (i64.const 1) (i32.const 1) (i32.const 2048))",
            Output,
        ),
        calling(
            "member of −1 bytes",
            COUNTERS,
            "(call $unique (i32.const 0) (i32.const 0) (i32.const 2048) (i32.const -1) (i32.const 1) (i32.const 2048))",
            Output,
        ),
    ]
}

impl Bad {
    fn component(&self) -> Vec<u8> {
        // Only where one text is shown, of these eight bytes: the warm-up shows others.
        let body = format!(
            "(if (i32.eq (i32.load offset=92 (local.get $args)) (i32.const 1)) (then {}))",
            self.body
        );
        let guest = Guest {
            imports: self.imports,
            items: self.items.clone().leak(),
            ..inspecting(&body)
        };
        guest.component()
    }
}

#[test]
fn every_misbehaviour_in_text_ends_in_its_fault() {
    let mut wrong = Vec::new();
    for bad in all_bad() {
        let component = bad.component();
        let counters = bad.imports == COUNTERS;
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
