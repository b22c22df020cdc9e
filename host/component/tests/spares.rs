//! Components that cannot be snapshotted.

mod support;

use std::time::{Duration, Instant};

use caponier_component::{Engine, EngineOptions, Kind, LoadError, LoadOptions};
use caponier_core::FaultKind;
use support::{FREE, Guest, REPORT, STATE, engine, inspect, inspecting, limited};

/// Changes a table, which cannot be read out.
const TABLE: &str = "(table $t 2 funcref) (global $calls (mut i32) (i32.const 0))
    (func $touch (table.set $t (i32.const 0) (ref.null func)))";

fn counting() -> Guest {
    let body = format!(
        "(global.set $calls (i32.add (global.get $calls) (i32.const 1)))
         (i32.store (i32.const {FREE}) (global.get $calls))
         (i32.store8 (i32.const {}) (i32.const 1)) (i32.store (i32.const {}) (i32.const {FREE}))
         (i32.store (i32.const {}) (i32.const 4))",
        STATE,
        STATE + 4,
        STATE + 8,
    );
    Guest {
        items: TABLE,
        ..inspecting(&body)
    }
}

#[test]
fn each_call_has_a_configured_instance_of_its_own() {
    let plugin = counting().load();
    assert_eq!(plugin.kind(), Kind::WarmSpares);
    assert!(
        plugin.info().reason.as_ref().unwrap().contains("table.set"),
        "{:?}",
        plugin.info()
    );
    assert!(plugin.info().spare_cost.is_some());
    let first = inspect(&plugin).unwrap().state.unwrap();
    for _ in 0..50 {
        assert_eq!(inspect(&plugin).unwrap().state.unwrap(), first);
    }
    assert!(plugin.session().is_err());
    assert!(matches!(
        engine().snapshot(&counting().component(), LoadOptions::default()),
        Err(LoadError::NoSnapshot { .. })
    ));
}

#[test]
fn the_same_limits_hold() {
    let bomb =
        "(loop $l (br_if $l (i32.ne (i32.const -1) (memory.grow (i32.const 16))))) unreachable";
    let long = format!(
        "(i32.store (i32.const {}) (i32.const 65536)) (i32.store (i32.const {}) (i32.const {}))",
        REPORT + 4,
        REPORT + 8,
        1 << 30
    );
    for (what, body, expected) in [
        ("loop", "(loop $l br $l)", FaultKind::Timeout),
        ("trap", "unreachable", FaultKind::Trap),
        ("bomb", bomb, FaultKind::Memory),
        ("list", long.as_str(), FaultKind::Output),
    ] {
        let guest = Guest {
            items: TABLE,
            ..inspecting(body)
        };
        let plugin = guest
            .try_load(limited(|limits| {
                limits.configure_time = Duration::from_millis(200)
            }))
            .unwrap();
        assert_eq!(plugin.kind(), Kind::WarmSpares);
        for _ in 0..3 {
            let fault = inspect(&plugin)
                .err()
                .unwrap_or_else(|| panic!("{what}: no fault"));
            assert_eq!(fault.kind, expected, "{what}: {fault}");
        }
    }
    let guest = Guest {
        items: TABLE,
        configure: "(loop $l br $l) unreachable".to_owned(),
        ..Guest::default()
    };
    let error = guest
        .try_load(limited(|limits| {
            limits.configure_time = Duration::from_millis(100)
        }))
        .err()
        .unwrap();
    assert!(
        matches!(
            error,
            LoadError::Failed {
                step: "configure",
                ..
            }
        ),
        "{error}"
    );
}

fn wasi(inspect: &str) -> Guest {
    Guest {
        packages: &[PACKAGES],
        world: "import wasi:clocks/monotonic-clock@0.2.6; import wasi:cli/environment@0.2.6;",
        imports: r#"
            (import "wasi:clocks/monotonic-clock@0.2.6" "now" (func $now (result i64)))
            (import "wasi:clocks/monotonic-clock@0.2.6" "subscribe-duration" (func $sleep (param i64) (result i32)))
            (import "wasi:io/poll@0.2.6" "[method]pollable.block" (func $block (param i32)))
            (import "wasi:cli/environment@0.2.6" "get-environment" (func $env (param i32)))"#,
        ..inspecting(inspect)
    }
}

const PACKAGES: &str = concat!(
    "package test:more;\n",
    "package wasi:io@0.2.6 { interface poll { resource pollable { block: func(); } } }\n",
    "package wasi:clocks@0.2.6 { interface monotonic-clock { use wasi:io/poll@0.2.6.{pollable};\n",
    "  now: func() -> u64; subscribe-duration: func(when: u64) -> pollable; } }\n",
    "package wasi:cli@0.2.6 { interface environment { get-environment: func() -> list<tuple<string, string>>; } }\n",
);

#[test]
fn wasi_is_there_and_holds_nothing() {
    // Hands back the clock and the number of environment variables.
    let body = format!(
        "(call $env (i32.const {FREE})) (i64.store (i32.const {FREE}) (i64.add (call $now)
           (i64.extend_i32_u (i32.load (i32.const {}))))) 
         (i32.store8 (i32.const {}) (i32.const 1)) (i32.store (i32.const {}) (i32.const {FREE}))
         (i32.store (i32.const {}) (i32.const 8))",
        FREE + 4,
        STATE,
        STATE + 4,
        STATE + 8,
    );
    let plugin = wasi(&body).load();
    assert_eq!(plugin.kind(), Kind::WarmSpares);
    assert!(
        plugin
            .info()
            .imports
            .iter()
            .any(|import| import.starts_with("wasi:cli/environment"))
    );
    assert_eq!(
        inspect(&plugin).unwrap().state.unwrap(),
        0_u64.to_le_bytes()
    );
}

#[test]
fn a_guest_that_sleeps_is_woken_by_the_wall_clock() {
    let plugin = wasi("(call $block (call $sleep (i64.const 3600000000000)))")
        .try_load(limited(|limits| {
            limits.configure_time = Duration::from_millis(100);
            limits.time_base = Duration::from_millis(10);
        }))
        .unwrap();
    let started = Instant::now();
    assert_eq!(inspect(&plugin).err().unwrap().kind, FaultKind::Timeout);
    assert!(started.elapsed() < Duration::from_secs(5));
}

#[test]
fn spares_come_from_the_cache_too_and_run_inside_an_asynchronous_runtime() {
    let root = tempfile::tempdir().unwrap();
    let options = EngineOptions {
        cache_dir: Some(root.path().join("cache")),
        ..EngineOptions::default()
    };
    let engine = Engine::new(options).unwrap();
    let component = wasi("").component();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    for cached in [false, true] {
        runtime.block_on(async {
            let plugin = engine.load(&component, LoadOptions::default()).unwrap();
            assert_eq!(plugin.info().cached, cached);
            assert_eq!(plugin.kind(), Kind::WarmSpares);
            inspect(&plugin).unwrap();
        });
    }
}
