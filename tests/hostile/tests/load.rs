//! Plugins that misbehave before they are ready: they are refused, with the reason, and soon.

use std::time::{Duration, Instant};

use caponier_component::{Grants, LoadError, LoadOptions};
use caponier_core::FaultKind;
use caponier_hostile_tests::{engine, guest, hostile, options, run, settings, text};

const SOON: Duration = Duration::from_secs(20);

/// Files that are refused, and what the reason must say.
const FILES: &[(&str, &str)] = &[
    ("empty", "not a WebAssembly component"),
    ("not-wasm", "not a WebAssembly component"),
    ("core-module", "core WebAssembly module"),
    ("truncated", "damaged"),
    ("nothing", "does not export"),
    ("other-version", "@9.0.0"),
    ("import-unknown", "evil:host/shell"),
    ("import-wasi-http", "wasi:http"),
    ("hostile-counters", "counters: true"),
    ("start-trap", "trap"),
    ("start-loop", "timeout"),
    ("describe-loop", "timeout"),
    ("describe-trap", "trap"),
    ("describe-out-of-range", "describe"),
    ("memory-minimum", "memory"),
    ("table-minimum", ""),
];

#[test]
fn files_that_cannot_be_used_are_refused() {
    let mut wrong = Vec::new();
    for (name, expected) in FILES {
        let begin = Instant::now();
        match engine().load(&guest(name), options("{}".to_owned())) {
            Ok(_) => wrong.push(format!("{name}: was loaded")),
            Err(error) if !explain(&error).contains(expected) => {
                wrong.push(format!("{name}: {}", explain(&error)));
            }
            Err(_) => {}
        }
        if begin.elapsed() > SOON {
            wrong.push(format!("{name}: took {:?}", begin.elapsed()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// An error with its causes.
fn explain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        text.push_str(": ");
        text.push_str(&next.to_string());
        cause = next.source();
    }
    text
}

#[test]
fn every_byte_of_a_component_may_be_missing() {
    let whole = guest("base");
    for end in (0..whole.len()).step_by(61) {
        let cut = whole.get(..end).unwrap();
        assert!(
            engine().load(cut, options("{}".to_owned())).is_err(),
            "{end} bytes were loaded"
        );
    }
}

#[test]
fn misbehaviour_in_configure_is_refused() {
    let modes = [
        ("endless-loop", FaultKind::Timeout),
        ("endless-fill", FaultKind::Timeout),
        ("memory-bomb", FaultKind::Memory),
        ("stack-overflow", FaultKind::Trap),
        ("trap", FaultKind::Trap),
        ("panic", FaultKind::Trap),
    ];
    for (mode, kind) in modes {
        let begin = Instant::now();
        match hostile(mode, "configure") {
            Err(LoadError::Failed { step, fault }) => {
                assert_eq!((step, fault.kind), ("configure", kind), "{mode}");
            }
            other => panic!("{mode}: {other:?}"),
        }
        assert!(begin.elapsed() < SOON, "{mode}: {:?}", begin.elapsed());
    }
    match hostile("error", "configure") {
        Err(LoadError::Configure { message }) => {
            assert!(message.contains("settings were"), "{message}");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn misbehaviour_in_the_warm_up_harms_nobody() {
    for mode in ["endless-loop", "memory-bomb", "stack-overflow", "trap"] {
        let begin = Instant::now();
        // Whether it is refused or only fails when it is called: never more than that.
        if let Ok(plugin) = hostile(mode, "always") {
            assert!(
                run(&plugin, false, text("any text")).fault().is_some(),
                "{mode}"
            );
        }
        assert!(begin.elapsed() < SOON, "{mode}: {:?}", begin.elapsed());
    }
}

#[test]
fn manifests_that_cannot_be_used_are_refused() {
    for mode in [
        "name-empty",
        "name-path",
        "name-huge",
        "name-lines",
        "rules-twice",
        "rules-slash",
    ] {
        let error = match hostile(mode, "describe") {
            Ok(plugin) => panic!("{mode}: loaded as {:?}", plugin.manifest().name),
            Err(error) => explain(&error),
        };
        assert!(error.len() < 2000, "{mode}: {} bytes", error.len());
        assert!(
            !error.contains('\n') || !error.contains("forged"),
            "{mode}: {error}"
        );
    }
}

#[test]
fn only_granted_files_can_be_read() {
    let root = tempfile::tempdir().unwrap();
    let granted = root.path().join("granted");
    std::fs::create_dir(&granted).unwrap();
    std::fs::write(root.path().join("secret.txt"), "secret").unwrap();
    std::fs::write(granted.join("granted.txt"), "granted").unwrap();
    std::os::unix::fs::symlink("../secret.txt", granted.join("link-out.txt")).unwrap();
    std::os::unix::fs::symlink(root.path(), granted.join("folder-out")).unwrap();
    let with = |data_dir| LoadOptions {
        data_dir,
        ..options(settings("read-files", "configure"))
    };
    if let Err(error) = engine().load(&guest("hostile"), with(Some(granted))) {
        panic!("{error}");
    }
    // Without the grant there is not even the one file.
    match engine().load(&guest("hostile"), with(None)) {
        Err(LoadError::Configure { message }) => {
            assert_eq!(message, "read [], listed []");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn counters_need_their_grant() {
    let granted = LoadOptions {
        grants: Grants {
            counters: true,
            ..Grants::default()
        },
        ..options("{}".to_owned())
    };
    let plugin = engine().load(&guest("hostile-counters"), granted).unwrap();
    assert_eq!(
        run(&plugin, false, text("an innocent text")).rules(),
        ["hostile/seen"]
    );
}

#[test]
fn wasi_is_empty() {
    let plugin = engine()
        .load(&guest("wasi-environment"), options("{}".to_owned()))
        .unwrap();
    let outcome = run(&plugin, false, text("one text"));
    assert_eq!(outcome.fault(), None);
    assert!(outcome.rules().is_empty(), "it saw the environment");
}
