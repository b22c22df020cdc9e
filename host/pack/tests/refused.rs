//! What cannot be packed is refused, by plugin and by what it is, before anything runs.

mod support;
#[path = "../../component/tests/support/mod.rs"]
mod written;

use caponier_pack::{Input, PackError, Problem, pack};
use support::{SHELL, built, plugin, try_packed};
use written::{Guest, inspecting};

/// The problem with a component that was not even configured.
fn problem(component: &[u8]) -> String {
    match try_packed(&[plugin(component)]) {
        Ok(_) => "packed".to_owned(),
        Err(error) => {
            assert!(error.to_string().contains("`guest`"), "{error}");
            assert!(error.to_string().contains("hint: "), "{error}");
            error.to_string()
        }
    }
}

fn items(items: &'static str, body: &str) -> Vec<u8> {
    let guest = Guest {
        items,
        ..inspecting(body)
    };
    guest.component()
}

#[test]
fn what_code_may_not_do_is_named() {
    let table =
        "(table $t 1 funcref) (elem declare func $f) (elem $e func $f) (func $f) (data $d \"x\")";
    let cases = [
        (
            "table.set",
            "(table.set $t (i32.const 0) (table.get $t (i32.const 0)))",
        ),
        (
            "table.grow",
            "(drop (table.grow $t (ref.null func) (i32.const 1)))",
        ),
        (
            "table.fill",
            "(table.fill $t (i32.const 0) (table.get $t (i32.const 0)) (i32.const 1))",
        ),
        (
            "table.copy",
            "(table.copy $t $t (i32.const 0) (i32.const 0) (i32.const 1))",
        ),
        (
            "table.init",
            "(table.init $t $e (i32.const 0) (i32.const 0) (i32.const 1))",
        ),
        ("elem.drop", "(elem.drop $e)"),
        ("ref.func", "(drop (ref.func $f))"),
        (
            "memory.init",
            "(memory.init $d (i32.const 0) (i32.const 0) (i32.const 1))",
        ),
        ("data.drop", "(data.drop $d)"),
    ];
    for (what, body) in cases {
        let problem = problem(&items(table, body));
        let named =
            problem.contains(what) || problem.contains("table.get") || problem.contains("ref.null");
        assert!(named, "{what}: {problem}");
    }
    let proposals = [
        ("tail calls", "(func $f (return_call $f))", "call $f"),
        ("throwing", "(tag $t)", "(throw $t)"),
        (
            "catching all",
            "",
            "(block $b (try_table (catch_all $b) unreachable))",
        ),
        (
            "shared memory",
            "",
            "(drop (i32.atomic.load (i32.const 0)))",
        ),
        (
            "relaxed vectors",
            "",
            "(drop (i32x4.relaxed_trunc_f32x4_s (v128.const i32x4 0 0 0 0)))",
        ),
    ];
    for (what, items_, body) in proposals {
        let problem = problem(&items(items_, body));
        assert!(problem.contains("its code"), "{what}: {problem}");
    }
    let started = problem(&items("(func $s) (start $s)", ""));
    assert!(started.contains("a start function"), "{started}");
}

#[test]
fn what_it_may_not_import_is_named() {
    let wasi = problem(&built("guests/wasi-environment.wasm"));
    assert!(wasi.contains("wasi:"), "{wasi}");
    let core = problem(&built("guests/core-module.wasm"));
    assert!(core.contains("no WebAssembly component"), "{core}");
    for name in [
        "not-wasm",
        "empty",
        "truncated",
        "nothing",
        "import-unknown",
        "import-wasi-http",
    ] {
        assert_ne!(
            problem(&built(&format!("guests/{name}.wasm"))),
            "packed",
            "{name}"
        );
    }
    let counting = Guest {
        imports: r#"(import "caponier:policy/counters@0.1.0" "add" (func (param i32 i32 i64 i32 i32)))"#,
        ..Guest::default()
    };
    let component = counting.component();
    let mut denied = plugin(&component);
    denied.counters = false;
    let error = try_packed(&[denied]).unwrap_err();
    assert!(
        matches!(&error, PackError::Plugin { problem: Problem::NotGranted { import }, .. } if import.contains("counters")),
        "{error}"
    );
}

#[test]
fn more_modules_than_one_are_refused() {
    let component = wat::parse_str(
        r#"(component
            (core module $a (memory (export "memory") 1) (global (mut i32) (i32.const 0))
              (func (export "caponier:policy/guard@0.1.0#inspect") (param i32) (result i32) unreachable)
              (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) unreachable))
            (core module $b (memory 1))
            (core instance $ia (instantiate $a))
            (core instance $ib (instantiate $b))
            (alias core export $ia "caponier:policy/guard@0.1.0#inspect" (core func $f))
            (alias core export $ia "memory" (core memory $m))
            (alias core export $ia "cabi_realloc" (core func $r))
            (func (export "x") (param "a" string) (param "b" string) (param "c" string) (param "d" string) (param "e" string)
                  (param "f" string) (param "g" string) (param "h" string) (param "i" string) (result u32)
              (canon lift (core func $f) (memory $m) (realloc $r))))"#,
    )
    .unwrap();
    let problem = problem(&component);
    assert!(problem.contains("2 core modules"), "{problem}");
}

#[test]
fn memory_beyond_the_limit_is_refused() {
    let component = Guest::default().component();
    let mut small = plugin(&component);
    small.memory = 65_536;
    let error = try_packed(&[small]).unwrap_err();
    assert!(error.to_string().contains("limits.memory"), "{error}");
}

#[test]
fn a_shell_that_does_not_fit_is_refused() {
    let pack_with = |shell: &str| {
        let shell = wat::parse_str(shell).unwrap();
        let component = Guest {
            imports: r#"(import "caponier:policy/log@0.1.0" "write" (func (param i32 i32 i32)))"#,
            ..Guest::default()
        }
        .component();
        let plugins = [plugin(&component)];
        let input = Input {
            shell: &shell,
            plugins: &plugins,
            config: b"",
            sections: &[],
        };
        pack(&input).map(|_| ()).unwrap_err().to_string()
    };
    for (what, shell) in [
        ("caponier_log", "(module (memory 1))"),
        (
            "caponier_log",
            r#"(module (memory 1) (func (export "caponier_log")))"#,
        ),
        ("memory", "(module)"),
        (
            "unheard",
            r#"(module (import "caponier:plugins" "unheard" (func)) (memory 1))"#,
        ),
        (
            "count",
            r#"(module (import "caponier:plugins" "count" (func)) (memory 1))"#,
        ),
        (
            "wonder",
            r#"(module (import "env" "wonder" (global i32)) (memory 1))"#,
        ),
    ] {
        let error = pack_with(shell);
        assert!(
            error.contains(what) && error.contains("shell"),
            "{what}: {error}"
        );
    }
}

#[test]
fn damaged_components_are_refused_without_a_panic() {
    let whole = built("guests/base.wasm");
    for at in (8..whole.len()).step_by(7) {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x55;
        drop(try_packed(&[plugin(&bytes)]));
        drop(try_packed(&[plugin(&whole[..at])]));
    }
}

#[test]
fn only_the_shells_memory_is_exported_and_nothing_of_the_glue() {
    let component = Guest::default().component();
    let module = support::packed(&[plugin(&component)]);
    let mut memories = 0;
    for payload in wasmparser::Parser::new(0).parse_all(&module) {
        match payload.unwrap() {
            wasmparser::Payload::ExportSection(section) => {
                for export in section {
                    let export = export.unwrap();
                    memories += usize::from(export.kind == wasmparser::ExternalKind::Memory);
                    assert!(!export.name.starts_with("caponier"), "{}", export.name);
                }
            }
            wasmparser::Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    let import = import.unwrap();
                    assert!(
                        matches!(import.ty, wasmparser::TypeRef::Func(_)),
                        "{}",
                        import.name
                    );
                    assert_eq!(import.module, "env");
                }
            }
            _ => {}
        }
    }
    assert_eq!(memories, 1);
    let mut worker = support::Worker::start(&module);
    let started = worker
        .instance
        .get_typed_func::<(), i32>(&mut worker.store, "started");
    assert_eq!(started.unwrap().call(&mut worker.store, ()).unwrap(), 1);
    assert!(SHELL.contains("started"));
}
