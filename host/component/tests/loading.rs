//! What becomes a plugin, what does not, and what the disk remembers.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use std::fs;
use std::os::unix::fs::symlink;
use std::time::{Duration, Instant};

use caponier_component::{Engine, EngineOptions, Kind, LoadError, LoadOptions};
use caponier_core::FaultKind;
use support::{CONFIGURED, FREE, Guest, STATE, engine, inspect, inspecting, limited};

fn refused(component: &[u8]) -> String {
    engine()
        .load(component, LoadOptions::default())
        .err()
        .unwrap()
        .to_string()
}

#[test]
fn what_is_no_plugin_is_refused_with_what_to_do() {
    let component = Guest::default().component();
    assert!(refused(b"hello").contains("not a WebAssembly component"));
    assert!(refused(&wat::parse_str("(module)").unwrap()).contains("core WebAssembly module"));
    for cut in [9, 100, component.len() / 2, component.len() - 1] {
        let error = refused(&component[..cut]);
        assert!(error.contains("damaged"), "{cut}: {error}");
    }
    let mut flipped = component.clone();
    let middle = flipped.len() / 2;
    for byte in &mut flipped[middle..middle + 64] {
        *byte ^= 0x5a;
    }
    assert!(engine().load(&flipped, LoadOptions::default()).is_err());
    let empty = wat::parse_str("(component)").unwrap();
    assert!(refused(&empty).contains("does not export `caponier:policy/guard`"));
    let small = limited(|limits| limits.component_bytes = 100);
    assert!(
        engine()
            .load(&component, small)
            .err()
            .unwrap()
            .to_string()
            .contains("at most 100")
    );
}

#[test]
fn another_version_of_the_contract_names_both() {
    let contract =
        fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../wit/policy.wit")).unwrap();
    let later = contract.replace("caponier:policy@0.1.0", "caponier:policy@0.2.0");
    let error = refused(&Guest::default().component_of(&later));
    assert!(
        error.contains("0.2.0") && error.contains("speaks caponier:policy 0.1.0"),
        "{error}"
    );
}

#[test]
fn an_export_of_another_type_does_not_match() {
    let contract =
        fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../wit/policy.wit")).unwrap();
    let other = contract.replace(
        "settings-schema: string,",
        "settings-schema: string, extra: option<u32>,",
    );
    let error = refused(&Guest::default().component_of(&other));
    assert!(
        error.contains("do not match caponier:policy 0.1.0"),
        "{error}"
    );
}

#[test]
fn an_import_that_no_grant_gives_is_named() {
    let guest = Guest {
        world: "import steal: interface { go: func(); }",
        imports: r#"(import "steal" "go" (func $go))"#,
        ..inspecting("call $go")
    };
    let error = refused(&guest.component());
    assert!(
        error.contains("`steal`") && error.contains("hint:"),
        "{error}"
    );
}

#[test]
fn configure_that_never_ends_traps_or_refuses_is_an_error() {
    let configure = |body: &str| Guest {
        configure: body.to_owned(),
        ..Guest::default()
    };
    let options = || limited(|limits| limits.configure_time = Duration::from_millis(100));
    let started = Instant::now();
    let error = configure("(loop $l br $l) unreachable")
        .try_load(options())
        .err()
        .unwrap();
    assert!(started.elapsed() < Duration::from_secs(5));
    assert!(
        matches!(&error, LoadError::Failed { step: "configure", fault } if fault.kind == FaultKind::Timeout),
        "{error}"
    );

    let error = configure("unreachable").try_load(options()).err().unwrap();
    assert!(
        matches!(&error, LoadError::Failed { step: "configure", fault } if fault.kind == FaultKind::Trap),
        "{error}"
    );

    let says = format!(
        "(i32.store8 (i32.const {CONFIGURED}) (i32.const 1)) (i32.store (i32.const {}) (local.get $ptr))
         (i32.store (i32.const {}) (local.get $len)) i32.const {CONFIGURED}",
        CONFIGURED + 4,
        CONFIGURED + 8
    );
    let options = LoadOptions {
        settings_json: "{\"a\":\u{1b}[31m 1}".to_owned(),
        ..LoadOptions::default()
    };
    let error = configure(&says)
        .try_load(options)
        .err()
        .unwrap()
        .to_string();
    assert!(
        error.contains("refuses its settings: {\"a\": [31m 1}"),
        "{error}"
    );
}

/// Keeps what it was configured with, and hands it back as its state.
fn remembering() -> Guest {
    Guest {
        items: "(global $p (mut i32) (i32.const 0)) (global $l (mut i32) (i32.const 0))",
        configure: format!(
            "(global.set $p (local.get $ptr)) (global.set $l (local.get $len)) i32.const {CONFIGURED}"
        ),
        ..inspecting(&format!(
            "(i32.store8 (i32.const {}) (i32.const 1)) (i32.store (i32.const {}) (global.get $p))
             (i32.store (i32.const {}) (global.get $l))",
            STATE,
            STATE + 4,
            STATE + 8
        ))
    }
}

fn with_settings(settings: &str) -> LoadOptions {
    LoadOptions {
        settings_json: settings.to_owned(),
        ..LoadOptions::default()
    }
}

#[test]
fn a_cached_plugin_is_the_same_and_a_damaged_entry_is_made_anew() {
    let root = tempfile::tempdir().unwrap();
    let cache = root.path().join("cache");
    let engine = || {
        let options = EngineOptions {
            cache_dir: Some(cache.clone()),
            ..EngineOptions::default()
        };
        Engine::new(options).unwrap()
    };
    let component = remembering().component();
    let load = |settings: &str| {
        let plugin = engine().load(&component, with_settings(settings)).unwrap();
        let state = inspect(&plugin).unwrap().state.unwrap();
        assert_eq!(state, settings.as_bytes());
        assert_eq!(plugin.kind(), Kind::Snapshot);
        plugin.info().cached
    };
    assert!(!load("{\"n\":1}"));
    assert!(load("{\"n\":1}"));
    assert!(!load("{\"n\":2}"));
    assert!(load("{\"n\":1}"));

    let files = || {
        fs::read_dir(&cache)
            .unwrap()
            .map(|entry| entry.unwrap().path())
    };
    assert_eq!(files().count(), 4);
    let damage: [fn(&mut Vec<u8>); 4] = [
        |bytes| bytes.truncate(bytes.len() / 2),
        Vec::clear,
        |bytes| bytes[20] ^= 1,
        |bytes| bytes.push(0),
    ];
    for extension in ["bin", "txt"] {
        for damage in damage {
            for path in files().filter(|path| path.extension().unwrap() == extension) {
                let mut bytes = fs::read(&path).unwrap();
                damage(&mut bytes);
                fs::remove_file(&path).unwrap();
                fs::write(&path, bytes).unwrap();
            }
            load("{\"n\":1}");
            load("{\"n\":2}");
            assert!(load("{\"n\":1}"));
        }
    }
}

#[test]
fn a_cache_entry_that_others_can_write_is_not_run() {
    use std::os::unix::fs::PermissionsExt;
    let root = tempfile::tempdir().unwrap();
    let cache = root.path().join("cache");
    let options = EngineOptions {
        cache_dir: Some(cache.clone()),
        ..EngineOptions::default()
    };
    let engine = Engine::new(options).unwrap();
    let component = Guest::default().component();
    let cached = || {
        engine
            .load(&component, LoadOptions::default())
            .unwrap()
            .info()
            .cached
    };
    assert!(!cached());
    assert!(cached());
    for entry in fs::read_dir(&cache).unwrap() {
        fs::set_permissions(entry.unwrap().path(), fs::Permissions::from_mode(0o666)).unwrap();
    }
    assert!(!cached());
    assert!(cached());
}

/// Reads the file that its settings name, and hands back the first bytes of the result.
fn reading() -> Guest {
    Guest {
        imports: r#"(import "caponier:policy/data@0.1.0" "read" (func $read (param i32 i32 i32)))"#,
        configure: format!(
            "(call $read (local.get $ptr) (local.get $len) (i32.const {FREE})) i32.const {CONFIGURED}"
        ),
        // The state is what was read, or the error's text behind an exclamation mark.
        ..inspecting(&format!(
            "(i32.store8 (i32.const {}) (i32.const 1))
             (i32.store (i32.const {}) (i32.load (i32.const {})))
             (i32.store (i32.const {}) (i32.load (i32.const {})))
             (if (i32.load8_u (i32.const {FREE})) (then (i32.store8 (i32.load (i32.const {})) (i32.const 33))))",
            STATE,
            STATE + 4,
            FREE + 4,
            STATE + 8,
            FREE + 8,
            FREE + 4,
        ))
    }
}

#[test]
fn data_is_read_inside_its_directory_only_and_while_configuring_only() {
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("secret"), "SECRET").unwrap();
    let root = tempfile::tempdir().unwrap();
    fs::write(root.path().join("list.txt"), "LIST").unwrap();
    symlink(outside.path().join("secret"), root.path().join("link")).unwrap();
    let up = format!(
        "../{}/secret",
        outside.path().file_name().unwrap().to_str().unwrap()
    );
    let read = |asked: &str, granted: bool| {
        let options = LoadOptions {
            data_dir: granted.then(|| root.path().to_owned()),
            ..with_settings(asked)
        };
        let state = inspect(&reading().try_load(options).unwrap())
            .unwrap()
            .state
            .unwrap();
        String::from_utf8(state).unwrap()
    };
    assert_eq!(read("list.txt", true), "LIST");
    let absolute = outside.path().join("secret");
    for asked in [
        up.as_str(),
        "link",
        "../list.txt",
        "/etc/hostname",
        absolute.to_str().unwrap(),
        "",
    ] {
        assert!(read(asked, true).starts_with('!'), "{asked}");
    }
    assert!(read("list.txt", false).starts_with('!'));

    let late = Guest {
        configure: format!("i32.const {CONFIGURED}"),
        inspect: format!(
            "(call $read (i32.const 256) (i32.const 5) (i32.const {FREE}))\n{}",
            reading().inspect
        ),
        ..reading()
    };
    fs::write(root.path().join("guest"), "DATA").unwrap();
    let options = LoadOptions {
        data_dir: Some(root.path().to_owned()),
        ..LoadOptions::default()
    };
    let state = inspect(&late.try_load(options).unwrap())
        .unwrap()
        .state
        .unwrap();
    assert!(state.starts_with(b"!"));
}

#[test]
fn changed_data_changes_the_settings_digest() {
    let root = tempfile::tempdir().unwrap();
    let digest = |content: &str| {
        fs::write(root.path().join("list"), content).unwrap();
        let options = LoadOptions {
            data_dir: Some(root.path().to_owned()),
            ..LoadOptions::default()
        };
        Guest::default()
            .try_load(options)
            .unwrap()
            .settings_digest()
            .to_owned()
    };
    assert_ne!(digest("a"), digest("b"));
    assert_eq!(digest("a"), digest("a"));
}

#[test]
fn a_name_that_is_none_is_refused() {
    let options = LoadOptions {
        name: Some("Not A Name".to_owned()),
        ..LoadOptions::default()
    };
    let error = Guest::default().try_load(options).err().unwrap();
    assert!(matches!(error, LoadError::Manifest(_)), "{error}");
}
