//! A plugin that fails while the host is inside one of its calls: in `cabi_realloc`, asked for room
//! for an import's answer or for arguments, and in its post-return function.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test's helper fails the test"
)]

mod support;

use caponier_component::{Call, Grants, Limits, LoadOptions};
use caponier_core::FaultKind::{self, Memory, Output, Timeout, Trap};
use caponier_core::{Kind, Report, Role, Segment};
use support::{Worker, context, packed, plugin, snapshot, standalone};
use wit_component::{ComponentEncoder, StringEncoding};
use wit_parser::Resolve;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../");

/// The innocent guest, with parts of it replaced.
fn guest(parts: &[(&str, &str)]) -> Vec<u8> {
    let base = std::fs::read_to_string(format!("{ROOT}tests/guests/wat/base.wat")).unwrap();
    let mut pieces = base.split(";; part: ");
    let mut text = pieces.next().unwrap().to_owned();
    for piece in pieces {
        let (name, body) = piece.split_once('\n').unwrap();
        let other = parts.iter().find(|(part, _)| *part == name.trim());
        text.push_str(other.map_or(body, |(_, other)| other));
        text.push('\n');
    }
    let mut module = wat::parse_str(&text).expect("the guest's text");
    let mut resolve = Resolve::default();
    let package = resolve.push_file(format!("{ROOT}wit/policy.wit")).unwrap();
    let world = resolve.select_world(&[package], Some("policy")).unwrap();
    wit_component::embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8)
        .unwrap();
    ComponentEncoder::default()
        .module(&module)
        .unwrap()
        .validate(true)
        .encode()
        .unwrap()
}

const IMPORTS: &str = r#"
  (import "caponier:policy/log@0.1.0" "write" (func $log (param i32 i32 i32)))
  (import "caponier:policy/data@0.1.0" "read" (func $read (param i32 i32 i32)))
  (import "caponier:policy/counters@0.1.0" "add" (func $add (param i32 i32 i64 i32 i32)))"#;

/// Where one text is shown: sets a flag, and makes this call.
fn inspect(call: &str) -> String {
    format!(
        r#"(global $inside (mut i32) (i32.const 0))
        (func $deep call $deep)
        (func (export "caponier:policy/guard@0.1.0#inspect") (param $arguments i32) (result i32)
          (if (call $told (local.get $arguments)) (then
            (global.set $inside (i32.const 1))
            {call}
            (global.set $inside (i32.const 0))))
          (i32.const 4112))"#
    )
}

/// Finds room, but misbehaves while the flag is set.
fn realloc(bad: &str) -> String {
    format!(
        r#"(func (export "cabi_realloc") (param $old i32) (param $old_size i32) (param $align i32) (param $size i32) (result i32)
          (local $at i32)
          (if (global.get $inside) (then {bad}))
          (local.set $at (i32.and (i32.add (global.get $next) (i32.const 15)) (i32.const -16)))
          (global.set $next (i32.add (local.get $at) (local.get $size)))
          (block $enough (loop $grow
            (br_if $enough (i32.le_u (global.get $next) (i32.mul (memory.size) (i32.const 65536))))
            (br_if $grow (i32.ne (memory.grow (i32.const 1)) (i32.const -1)))
            unreachable))
          (local.get $at))"#
    )
}

#[test]
fn failing_while_the_host_is_inside_is_one_fault() {
    let read = "(call $read (i32.const 2112) (i32.const 4) (i32.const 8000))";
    let count =
        "(call $add (i32.const 2112) (i32.const 4) (i64.const 1) (i32.const 60) (i32.const 8000))";
    let after = |bad: &str| {
        format!(
            r#"(func (export "cabi_post_caponier:policy/guard@0.1.0#inspect") (param i32)
              (if (i32.load8_u (i32.const 8100)) (then {bad})))"#
        )
    };
    let flag = "(i32.store8 (i32.const 8100) (i32.const 1))";
    let log = "(call $log (i32.const 1) (i32.const 2112) (i32.const 4))";
    let cases: &[(&str, &str, String, String, FaultKind)] = &[
        (
            "room that takes for ever",
            read,
            realloc("(loop $l br $l)"),
            after(""),
            Timeout,
        ),
        ("no room", read, realloc("unreachable"), after(""), Trap),
        (
            "room that is nowhere",
            read,
            realloc("(return (i32.const -8))"),
            after(""),
            Output,
        ),
        (
            "room that sinks too deep",
            read,
            realloc("call $deep"),
            after(""),
            Trap,
        ),
        (
            "room for all that there is",
            read,
            realloc(
                "(loop $l (br_if $l (i32.ne (i32.const -1) (memory.grow (i32.const 16))))) unreachable",
            ),
            after(""),
            Memory,
        ),
        (
            "room that divides by zero",
            count,
            realloc("(drop (i32.div_u (i32.const 1) (i32.const 0)))"),
            after(""),
            Trap,
        ),
        (
            "room that is never found for a counter",
            count,
            realloc("(loop $l br $l)"),
            after(""),
            Timeout,
        ),
        (
            "calling out while asked for room",
            read,
            realloc(log),
            after(""),
            Trap,
        ),
        (
            "calling out afterwards",
            flag,
            realloc(""),
            after(log),
            Trap,
        ),
        (
            "calling deep afterwards",
            flag,
            realloc(""),
            after("call $deep"),
            Trap,
        ),
        (
            "growing afterwards",
            flag,
            realloc(""),
            after("(drop (memory.grow (i32.const 60000))) unreachable"),
            Memory,
        ),
    ];
    for (what, call, realloc, after, expected) in cases {
        let component = guest(&[
            ("imports", IMPORTS),
            ("inspect", &inspect(call)),
            ("realloc", realloc),
            ("after", after),
        ]);
        let options = || LoadOptions {
            grants: Grants {
                counters: true,
                ..Grants::default()
            },
            limits: Limits::default(),
            ..LoadOptions::default()
        };
        let snapshot = snapshot(&component, options());
        let loaded = standalone().load(&component, options()).unwrap();
        let mut plugin = plugin(&snapshot);
        plugin.fuel.base /= 10;
        let mut worker = Worker::start(&packed(&[plugin]));
        worker.store.data_mut().unavailable = true;
        let shown = Segment::new(7, Role::User, Kind::Text, "text");
        for _ in 0..2 {
            let got = worker.inspect(0, &context(), &[&shown], b"");
            assert_eq!(got.err().map(|fault| fault.kind), Some(*expected), "{what}");
            let other = loaded.inspect(&Call::new(&context(), &[&shown], b""));
            assert_eq!(
                other.err().map(|fault| fault.kind),
                Some(*expected),
                "{what}, standalone"
            );
            let next = worker.inspect(0, &context(), &[&shown, &shown], b"");
            assert!(next == Ok(Report::default()), "after {what}");
        }
    }
}

#[test]
fn imports_are_answered_as_in_the_other_host() {
    // Each answer is copied into a hold, so that it can be seen.
    let seen = "(i64.store (i32.const 6000) (i64.load (i32.const 8000)))
        (i64.store (i32.const 6008) (i64.const 0))
        (i32.store (i32.const 4132) (i32.const 6000)) (i32.store (i32.const 4136) (i32.const 1))";
    let payload = seen.replace("(i32.const 8000)", "(i32.const 8008)");
    let text = seen.replace(
        "(i64.load (i32.const 8000))",
        "(i64.load (i32.load (i32.const 8004)))",
    );
    let text_of_count = seen.replace(
        "(i64.load (i32.const 8000))",
        "(i64.load (i32.load (i32.const 8008)))",
    );
    let read = "(call $read (i32.const 2112) (i32.const 4) (i32.const 8000))";
    let count =
        "(call $add (i32.const 2112) (i32.const 4) (i64.const 41) (i32.const 60) (i32.const 8000))";
    for (call, down) in [
        (format!("{read} {text}"), false),
        (format!("{count} {text_of_count}"), true),
        (format!("{count} {payload}"), false),
    ] {
        let component = guest(&[
            ("imports", IMPORTS),
            ("inspect", &inspect(&call)),
            ("realloc", &realloc("")),
        ]);
        let options = || LoadOptions {
            grants: Grants {
                counters: true,
                ..Grants::default()
            },
            ..LoadOptions::default()
        };
        let snapshot = snapshot(&component, options());
        let mut worker = Worker::start(&packed(&[plugin(&snapshot)]));
        worker.store.data_mut().unavailable = down;
        let shown = Segment::new(7, Role::User, Kind::Text, "text");
        let got = worker.inspect(0, &context(), &[&shown], b"").unwrap();
        if call.contains("$add") && !down {
            let first = got.holds.first().unwrap();
            assert_eq!((first.segment, first.start), (42, 0));
            assert_eq!(worker.store.data().counted, [("seen".to_owned(), 41)]);
        } else {
            // The standalone host's counters are down, too.
            let loaded = standalone().load(&component, options()).unwrap();
            let expected = loaded.inspect(&Call::new(&context(), &[&shown], b""));
            assert!(Ok(got) == expected, "{call}");
        }
    }
}
