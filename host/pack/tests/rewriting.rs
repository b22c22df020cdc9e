//! Rewritten code does what the original does: random programs, run in both hosts.

#![expect(clippy::unwrap_used, reason = "a test's helper fails the test")]

mod support;
#[path = "../../component/tests/support/mod.rs"]
mod written;

use caponier_component::{Call, LoadOptions};
use caponier_core::{Kind, Role, Segment};
use proptest::prelude::*;
use support::{Worker, context, packed, plugin, snapshot, standalone};
use written::{REPORT, inspecting};

/// Locals of a program: the first hold addresses, the others any number.
const LOCALS: usize = 5;
const ADDRESSES: usize = 3;

/// A number on the stack.
fn value() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        4 => (0..LOCALS).prop_map(|local| format!("(local.get $v{local})")),
        2 => prop::sample::select(vec![
            0_i64, 1, 7, 4090, 65_530, 65_536, 131_060, 131_068, 131_071, 131_072, 196_600, 300_000, -1, -8,
        ])
        .prop_map(|number| format!("(i32.const {number})")),
        1 => (70_000..120_000).prop_map(|number| format!("(i32.const {number})")),
        1 => Just("(memory.size)".to_owned()),
        1 => Just("(global.get $g)".to_owned()),
    ];
    leaf.prop_recursive(2, 6, 2, |inner| {
        prop_oneof![
            3 => (prop::sample::select(vec!["add", "sub", "and", "xor", "mul", "shr_u", "lt_u"]), inner.clone(), inner.clone())
                .prop_map(|(op, left, right)| format!("(i32.{op} {left} {right})")),
            1 => (prop::sample::select(vec!["div_u", "div_s", "rem_u", "rem_s"]), inner.clone(), inner.clone())
                .prop_map(|(op, left, right)| format!("(i32.{op} {left} (i32.or {right} (i32.const 1)))")),
            3 => (load(), offset(), inner.clone())
                .prop_map(|(op, offset, at)| format!("({op} offset={offset} {})", near(&at))),
            2 => ((0..LOCALS), inner.clone())
                .prop_map(|(local, value)| format!("(local.tee $v{local} {})", fitting(local, value))),
            1 => inner.clone().prop_map(|value| format!("(call $leaf {value})")),
            1 => inner.clone().prop_map(|value| format!("(call $other {value})")),
            1 => inner.clone().prop_map(|value| format!("(call_indirect (param i32) (result i32) {value} (i32.and {value} (i32.const 1)))")),
        ]
    })
}

/// A value that this local may hold.
fn fitting(local: usize, value: String) -> String {
    if local < ADDRESSES {
        near(&value)
    } else {
        value
    }
}

/// Mostly within memory.
fn near(at: &str) -> String {
    format!("(i32.add (i32.const 69632) (i32.and {at} (global.get $mask)))")
}

fn load() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["i32.load", "i32.load8_u", "i32.load16_s"])
}

fn offset() -> impl Strategy<Value = u32> {
    prop_oneof![
        40 => 0..300_u32,
        20 => prop::sample::select(vec![250, 1018, 1020, 1024, 4096, 8192, 16_384, 20_000]),
        4 => prop::sample::select(vec![45_000, 47_000, 50_000, 52_000]),
        1 => prop::sample::select(vec![131_071_u32, 131_072, 200_000, u32::MAX]),
    ]
}

fn statement() -> impl Strategy<Value = String> {
    let simple = prop_oneof![
        3 => (0..LOCALS, value()).prop_map(|(local, value)| {
            format!("(local.set $v{local} {})", fitting(local, value))
        }),
        1 => value().prop_map(|value| format!("(global.set $g {value})")),
        5 => (
            prop::sample::select(vec!["i32.store", "i32.store8", "i32.store16"]),
            offset(),
            0..ADDRESSES,
            value(),
        )
            .prop_map(|(op, offset, local, value)| format!("({op} offset={offset} (local.get $v{local}) {value})")),
        3 => (offset(), value(), value())
            .prop_map(|(offset, at, value)| format!("(i64.store offset={offset} {} (i64.extend_i32_s {value}))", near(&at))),
        1 => (offset(), value())
            .prop_map(|(offset, at)| format!("(v128.store offset={offset} {} (v128.const i32x4 1 2 3 4))", near(&at))),
        2 => (load(), offset(), ADDRESSES..LOCALS, 0..ADDRESSES)
            .prop_map(|(op, offset, to, from)| format!("(local.set $v{to} ({op} offset={offset} (local.get $v{from})))")),
        1 => (value(), value(), value()).prop_map(|(to, from, len)| {
            format!("(memory.copy {} {} (i32.and {len} (i32.const 8191)))", near(&to), near(&from))
        }),
        1 => (value(), value()).prop_map(|(to, len)| {
            format!("(memory.fill {} (i32.const 9) (i32.and {len} (i32.const 8191)))", near(&to))
        }),
        1 => (0..2_u32, ADDRESSES..LOCALS)
            .prop_map(|(pages, local)| format!("(local.set $v{local} (memory.grow (i32.const {pages})))")),
    ];
    simple.prop_recursive(4, 24, 4, |inner| {
        let body = prop::collection::vec(inner.clone(), 1..4).prop_map(|all| all.join("\n"));
        prop_oneof![
            2 => (value(), body.clone(), body.clone())
                .prop_map(|(on, then, otherwise)| format!("(if {on} (then {then}) (else {otherwise}))")),
            1 => (value(), body.clone()).prop_map(|(on, then)| format!("(if {on} (then {then}))")),
            2 => (body.clone(), value(), body.clone())
                .prop_map(|(first, on, rest)| format!("(block {first} (br_if 0 {on}) {rest})")),
            1 => (body.clone(), value(), body.clone()).prop_map(|(first, on, rest)| {
                format!("(block (block (block {first} (br_table 0 1 2 {on})) {rest}) (local.set $v0 (i32.const 70007)))")
            }),
            // Turns are counted over all loops together.
            2 => (body.clone(), value()).prop_map(|(body, on)| {
                format!(
                    "(loop {body} (local.set $turns (i32.add (local.get $turns) (i32.const 1)))
                     (br_if 0 (i32.and (i32.lt_u (local.get $turns) (i32.const 12)) (i32.ne {on} (i32.const 0)))))"
                )
            }),
            1 => (body, value()).prop_map(|(body, on)| format!("(if {on} (then {body} (return (i32.const {REPORT}))))")),
        ]
    })
}

/// A program, and how its result comes to be seen: what it left in memory and locals is hashed.
fn program() -> impl Strategy<Value = (Vec<String>, bool)> {
    (
        prop::collection::vec(statement(), 2..10),
        prop::bool::weighted(0.8),
    )
}

fn component(statements: &[String], tame: bool) -> Vec<u8> {
    let locals: String = (0..LOCALS)
        .map(|local| format!("(local $v{local} i32) "))
        .collect();
    let starts: String = (0..LOCALS)
        .map(|local| {
            format!(
                "(local.set $v{local} (i32.const {}))",
                66_000 + local * 9_000
            )
        })
        .collect();
    let seen: String = (0..LOCALS)
        .map(|local| format!("(local.set $hash (i64.mul (i64.const 0x100000001b3) (i64.xor (local.get $hash) (i64.extend_i32_u (local.get $v{local})))))"))
        .collect();
    let mask = if tame { 0x3fff } else { 0xffff };
    let guest = written::Guest {
        items: format!(
            "(global $g (mut i32) (i32.const 3)) (global $mask i32 (i32.const {mask}))
             (table 2 funcref) (elem (i32.const 0) $other $second)
             (func $leaf (param i32) (result i32) (i32.load8_u offset=70000 (i32.and (local.get 0) (i32.const 4095))))
             (func $other (param i32) (result i32) (local i32)
               (loop $l (i32.store offset=80000 (i32.shl (local.get 1) (i32.const 4)) (local.get 0))
                 (local.set 1 (i32.add (local.get 1) (i32.const 1)))
                 (br_if $l (i32.lt_u (local.get 1) (i32.and (local.get 0) (i32.const 15)))))
               (call $leaf (local.get 1)))
             (func $second (param i32) (result i32)
               (i32.store16 offset=90000 (i32.and (local.get 0) (i32.const 4095)) (i32.const -1))
               (drop (memory.grow (i32.and (local.get 0) (i32.const 1))))
               (i32.add (memory.size) (call $leaf (local.get 0))))"
        )
        .leak(),
        ..inspecting(&format!(
            r"{locals} (local $turns i32) (local $hash i64) (local $at i32)
              {starts}
              (if (i32.eq (i32.load offset=92 (local.get $args)) (i32.const 1)) (then {}))
              (local.set $hash (i64.const 0xcbf29ce484222325))
              {seen}
              (local.set $at (i32.const 2048))
              (block $end (loop $more
                (br_if $end (i32.ge_u (local.get $at) (i32.mul (memory.size) (i32.const 65536))))
                (local.set $hash (i64.mul (i64.const 0x100000001b3) (i64.xor (local.get $hash) (i64.load (local.get $at)))))
                (local.set $at (i32.add (local.get $at) (i32.const 8)))
                br $more))
              (i32.store (i32.const {list}) (i32.const 1400))
              (i32.store (i32.const {count}) (i32.const 1))
              (i64.store (i32.const 1400) (local.get $hash))
              (i64.store (i32.const 1408) (i64.const 0))",
            statements.join("\n"),
            list = REPORT + 20,
            count = REPORT + 24,
        ))
    };
    guest.component()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn random_programs_do_the_same((statements, tame) in program(), bounds in prop::bool::weighted(0.8)) {
        check(&statements, tame, bounds)?;
    }
}

/// Runs a program in both hosts, and again after itself.
fn check(statements: &[String], tame: bool, bounds: bool) -> Result<(), TestCaseError> {
    let component = component(statements, tame);
    let options = LoadOptions::default;
    let loaded = standalone().load(&component, options()).unwrap();
    let segment = Segment::new(7, Role::User, Kind::Text, "text");
    let expected = loaded.inspect(&Call::new(&context(), &[&segment], b""));
    let untouched = loaded.inspect(&Call::new(&context(), &[], b""));
    prop_assert!(untouched.as_ref().unwrap().holds.len() == 1);
    // What is trusted may not be out of bounds.
    let bounds = bounds || expected.is_err();
    let snapshot = snapshot(&component, options());
    let mut plugin = plugin(&snapshot);
    plugin.bounds = bounds;
    let mut worker = Worker::start(&packed(&[plugin]));
    for turn in 0..3 {
        let got = worker.inspect(0, &context(), &[&segment], b"");
        match (&got, &expected) {
            (Ok(got), Ok(expected)) => prop_assert!(got == expected, "turn {turn}"),
            (Err(got), Err(expected)) => prop_assert_eq!(got.kind, expected.kind),
            _ => prop_assert!(false, "{:?} / {:?}", got.err(), expected.err()),
        }
        // It hashes its memory without doing anything first.
        let idle = worker.inspect(0, &context(), &[], b"");
        prop_assert!(idle == untouched, "turn {turn}");
    }
    Ok(())
}

#[test]
fn every_store_is_undone_however_far_from_the_last() {
    for first in [73_728, 77_820, 77_823, 81_919] {
        for offset in [
            0, 1, 4, 100, 248, 1008, 1016, 1020, 1021, 1024, 4088, 4096, 8192, 16_384, 40_000,
        ] {
            for op in ["i32.store8", "i32.store", "i64.store"] {
                let value = if op == "i64.store" {
                    "(i64.const -1)"
                } else {
                    "(i32.const -1)"
                };
                let statements = [
                    format!("(local.set $v0 (i32.const {first}))"),
                    "(i32.store8 (local.get $v0) (i32.const 1))".to_owned(),
                    format!("({op} offset={offset} (local.get $v0) {value})"),
                ];
                for bounds in [true, false] {
                    check(&statements, true, bounds)
                        .unwrap_or_else(|error| panic!("{first} {offset} {op}: {error}"));
                }
            }
        }
    }
}

#[test]
fn grown_memory_is_clean_again() {
    let statements = [
        "(drop (memory.grow (i32.const 2)))".to_owned(),
        "(memory.fill (i32.const 131000) (i32.const 7) (i32.const 131000))".to_owned(),
        "(i64.store offset=196000 (i32.const 600) (i64.const -1))".to_owned(),
    ];
    for bounds in [true, false] {
        check(&statements, true, bounds).unwrap();
    }
}
