//! What a loaded plugin can and cannot do.

#![allow(clippy::panic, reason = "a test's helper fails the test")]

mod support;

use std::sync::Arc;
use std::time::{Duration, Instant};

use caponier_component::{
    Call, CounterScope, Counters, CountersUnavailable, Grants, Kind, LoadOptions, LogLevel, LogSink,
};
use caponier_core::FaultKind;
use parking_lot::Mutex;
use support::{
    CONFIGURED, FREE, Guest, REPORT, STATE, engine, inspect, inspect_text, inspecting, limited,
};

const LOG: &str = r#"(import "caponier:policy/log@0.1.0" "write" (func $log (param i32 i32 i32)))"#;

#[test]
fn a_guest_that_finds_nothing_is_snapshotted_and_reports_nothing() {
    let plugin = Guest::default().load();
    assert_eq!(plugin.kind(), Kind::Snapshot, "{:?}", plugin.info().reason);
    assert_eq!(&*plugin.manifest().name, "guest");
    assert_eq!(&*plugin.manifest().rules[0].name, "guest/rule");
    assert!(plugin.digest().starts_with("sha256:"));
    assert!(inspect(&plugin).unwrap() == caponier_core::Report::default());
}

#[test]
fn every_way_to_fail_is_a_typed_fault_and_the_next_call_is_unharmed() {
    let list = |len: u64| {
        format!(
            "(i32.store (i32.const {}) (i32.const 65536)) (i32.store (i32.const {}) (i32.const {len}))",
            REPORT + 4,
            REPORT + 8
        )
    };
    let state = |len: u64| {
        format!(
            "(i32.store8 (i32.const {}) (i32.const 1)) (i32.store (i32.const {}) (i32.const 0)) \
             (i32.store (i32.const {}) (i32.const {len}))",
            STATE,
            STATE + 4,
            STATE + 8
        )
    };
    // The first skip's reason: one byte that no UTF-8 text holds.
    let bad_text = format!(
        "(i32.store (i32.const {}) (i32.const {FREE})) (i32.store (i32.const {}) (i32.const 1))
         (i32.store (i32.const {}) (i32.const {FREE})) (i32.store (i32.const {}) (i32.const 1))
         (i32.store8 (i32.const {FREE}) (i32.const 255))",
        REPORT + 28,
        REPORT + 32,
        FREE + 4,
        FREE + 8,
    );
    let bomb =
        "(loop $l (br_if $l (i32.ne (i32.const -1) (memory.grow (i32.const 16))))) unreachable";
    let cases = [
        (
            "endless loop",
            "(loop $l br $l)".to_owned(),
            FaultKind::Timeout,
        ),
        ("unreachable", "unreachable".to_owned(), FaultKind::Trap),
        (
            "division by zero",
            "(drop (i32.div_u (i32.const 1) (local.get $a)))".to_owned(),
            FaultKind::Trap,
        ),
        ("stack overflow", "call $deep".to_owned(), FaultKind::Trap),
        (
            "load out of bounds",
            "(drop (i32.load (i32.const -8)))".to_owned(),
            FaultKind::Trap,
        ),
        (
            "bad indirect call",
            "(call_indirect (i32.const 5))".to_owned(),
            FaultKind::Trap,
        ),
        ("memory bomb", bomb.to_owned(), FaultKind::Memory),
        ("1 GiB list", list(1 << 30), FaultKind::Output),
        ("4 G findings", list(u64::from(u32::MAX)), FaultKind::Output),
        (
            "10^6 findings",
            format!("(drop (memory.grow (i32.const 800))) {}", list(1_000_000)),
            FaultKind::Output,
        ),
        ("1 GiB state", state(1 << 30), FaultKind::Output),
        (
            "state just too large",
            format!(
                "(drop (memory.grow (i32.const 8))) {}",
                state((256 << 10) + 1)
            ),
            FaultKind::Output,
        ),
        ("invalid text", bad_text, FaultKind::Output),
        (
            "bad discriminant",
            format!("(i32.store8 (i32.const {REPORT}) (i32.const 9))"),
            FaultKind::Output,
        ),
        (
            "result out of bounds",
            "(return (i32.const -4))".to_owned(),
            FaultKind::Output,
        ),
        (
            "result not aligned",
            "(return (i32.const 1101))".to_owned(),
            FaultKind::Output,
        ),
        (
            "error",
            format!("(i32.store8 (i32.const {REPORT}) (i32.const 1))"),
            FaultKind::Refused,
        ),
    ];
    // One that exports more than the contract is called in another way, through the component runtime,
    // and what comes of it is said in the same words.
    let ways = [
        ("", "", ""),
        (LOG, "", ""),
        ("", "export more: func();", r#"(func (export "more"))"#),
    ];
    for (what, body, expected) in &cases {
        let [alone, importing, component] = ways.map(|(imports, world, more)| {
            let deep = "(table 1 funcref) (func $deep (local i64 i64 i64 i64) call $deep)";
            let guest = Guest {
                imports,
                world,
                items: format!("{deep} {more}").leak(),
                ..inspecting(body)
            };
            faulty(what, &guest, *expected)
        });
        assert_eq!(alone, importing, "{what}");
        assert_eq!(alone, component, "{what}");
    }
}

#[test]
fn nothing_is_asked_for_while_room_is_made() {
    let said = [
        ("", ""),
        ("export more: func();", r#"(func (export "more"))"#),
    ]
    .map(|(world, more)| {
        let guest = Guest {
            imports: LOG,
            world,
            items: format!("(global $ready (mut i32) (i32.const 0)) {more}").leak(),
            realloc: "(if (global.get $ready)
                (then (call $log (i32.const 1) (i32.const 0) (i32.const 0))))",
            configure: format!("(global.set $ready (i32.const 1)) i32.const {CONFIGURED}"),
            ..Guest::default()
        };
        faulty("it logs while it makes room", &guest, FaultKind::Trap)
    });
    assert_eq!(said[0], said[1]);
}

#[test]
fn what_fails_around_a_call_is_a_typed_fault_too() {
    let after = |body: &str| {
        format!(
            r#"(func (export "cabi_post_caponier:policy/guard@0.1.0#inspect") (param i32) {body})"#
        )
    };
    let configured = |body: &str| format!("{body} i32.const {CONFIGURED}");
    let cases = [
        (
            "post-return traps",
            after("unreachable"),
            String::new(),
            FaultKind::Trap,
        ),
        (
            "post-return never ends",
            after("(loop $l br $l)"),
            String::new(),
            FaultKind::Timeout,
        ),
        (
            "post-return wants more memory",
            after(
                "(loop $l (br_if $l (i32.ne (i32.const -1) (memory.grow (i32.const 16))))) unreachable",
            ),
            String::new(),
            FaultKind::Memory,
        ),
        (
            "room outside of memory",
            String::new(),
            "(global.set $heap (i32.const -4096))".to_owned(),
            FaultKind::Output,
        ),
    ];
    for (what, items, configure, expected) in &cases {
        let items: &'static str = items.clone().leak();
        let [alone, importing] = ["", LOG].map(|imports| {
            let guest = Guest {
                imports,
                items,
                configure: configured(configure),
                ..Guest::default()
            };
            faulty(what, &guest, *expected)
        });
        assert_eq!(alone, importing, "{what}");
    }
}

/// The words of the fault that this guest ends in, each time and soon; others are unharmed by it.
fn faulty(what: &str, guest: &Guest, expected: FaultKind) -> String {
    let plugin = guest.load();
    assert_eq!(
        plugin.kind(),
        Kind::Snapshot,
        "{what}: {:?}",
        plugin.info().reason
    );
    let mut words = String::new();
    for _ in 0..2 {
        let started = Instant::now();
        let fault = inspect(&plugin)
            .err()
            .unwrap_or_else(|| panic!("{what}: no fault"));
        assert_eq!(fault.kind, expected, "{what}: {fault}");
        words = fault.to_string();
        assert!(
            started.elapsed() < Duration::from_secs(2),
            "{what}: {:?}",
            started.elapsed()
        );
    }
    assert!(inspect(&Guest::default().load()).is_ok(), "after {what}");
    words
}

#[test]
fn state_up_to_its_limit_comes_back() {
    let body = format!(
        "(drop (memory.grow (i32.const 8))) (i32.store8 (i32.const {}) (i32.const 1)) \
         (i32.store (i32.const {}) (i32.const 65536)) (i32.store (i32.const {}) (i32.const {}))",
        STATE,
        STATE + 4,
        STATE + 8,
        256 << 10
    );
    let report = inspect(&inspecting(&body).load()).unwrap();
    assert_eq!(report.state.unwrap().len(), 256 << 10);
}

#[test]
fn nothing_of_one_call_is_there_for_the_next() {
    // Counts its calls in a global and in memory, keeps the length of the text it saw, and hands
    // all three back as its state.
    let body = format!(
        "(global.set $calls (i32.add (global.get $calls) (i32.const 1)))
         (i32.store (i32.const {FREE}) (global.get $calls))
         (i32.store (i32.const {m}) (i32.add (i32.load (i32.const {m})) (i32.const 1)))
         (i32.store (i32.const {l}) (i32.load (i32.const {k})))
         (i32.store (i32.const {k}) (i32.load offset=24 (i32.load offset=88 (local.get $args))))
         (i32.store8 (i32.const {a}) (i32.const 1)) (i32.store (i32.const {b}) (i32.const {FREE}))
         (i32.store (i32.const {c}) (i32.const 12))",
        m = FREE + 4,
        l = FREE + 8,
        k = FREE + 64,
        a = STATE,
        b = STATE + 4,
        c = STATE + 8,
    );
    let guest = Guest {
        items: "(global $calls (mut i32) (i32.const 0))",
        ..inspecting(&body)
    };
    let plugin = guest.load();
    let seen = |text: &str| inspect_text(&plugin, text).unwrap().state.unwrap();
    let first = seen("a text");
    for text in ["another text", "x", "", "a long text".repeat(1000).as_str()] {
        assert_eq!(seen(text), first);
    }
    // It is the real length that it keeps: one instance used twice does remember.
    let mut session = plugin.session().unwrap();
    let segment = caponier_core::Segment::new(
        1,
        caponier_core::Role::User,
        caponier_core::Kind::Text,
        "12345",
    );
    let mut call = || {
        session
            .inspect(&Call::new(&support::context(), &[&segment], b""))
            .unwrap()
            .state
            .unwrap()
    };
    let once = call();
    let twice = call();
    assert_eq!(once, first);
    assert_ne!(twice, first);
    assert_eq!(twice[8..], 5_u32.to_le_bytes());
}

#[test]
fn many_threads_share_one_plugin() {
    let plugin = Guest::default().load();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..200 {
                    inspect(&plugin).unwrap();
                }
            });
        }
    });
}

#[test]
fn time_grows_with_the_text_and_ends_soon_after() {
    let plugin = inspecting("(loop $l br $l)").load();
    for (text, least, most) in [(String::new(), 19, 120), ("a".repeat(1 << 20), 160, 500)] {
        let started = Instant::now();
        assert_eq!(
            inspect_text(&plugin, &text).err().unwrap().kind,
            FaultKind::Timeout
        );
        let took = started.elapsed().as_millis();
        assert!((least..most * 10).contains(&took), "{took} ms");
    }
}

#[derive(Default)]
struct Heard(Mutex<Vec<(String, LogLevel, String)>>);

impl LogSink for Heard {
    fn write(&self, plugin: &str, level: LogLevel, message: &str) {
        self.0
            .lock()
            .push((plugin.to_owned(), level, message.to_owned()));
    }
}

fn flood() -> Guest {
    let body = "(loop $l (call $log (i32.const 3) (i32.const 256) (i32.const 5))
        (br_if $l (i32.lt_u (local.tee $a (i32.add (local.get $a) (i32.const 1))) (i32.const 5000))))";
    Guest {
        imports: LOG,
        ..inspecting(body)
    }
}

#[test]
fn a_log_is_heard_where_granted_and_a_flood_of_it_ends() {
    for granted in [false, true] {
        let heard = Arc::new(Heard::default());
        let options = LoadOptions {
            name: Some("chatty".to_owned()),
            grants: Grants {
                log: granted,
                ..Grants::default()
            },
            log: Arc::clone(&heard) as Arc<dyn LogSink>,
            ..LoadOptions::default()
        };
        let plugin = flood().try_load(options).unwrap();
        heard.0.lock().clear();
        assert!(inspect(&plugin).is_ok());
        let heard = heard.0.lock();
        assert_eq!(heard.len(), if granted { 1000 } else { 0 });
        for (plugin, level, message) in heard.iter() {
            assert_eq!(
                (plugin.as_str(), *level, message.as_str()),
                ("chatty", LogLevel::Warn, "guest")
            );
        }
    }
}

#[test]
fn an_error_of_the_guest_reaches_the_log_only_where_granted_and_the_fault_never() {
    let body = format!(
        "(i32.store8 (i32.const {REPORT}) (i32.const 1)) (i32.store (i32.const {}) (i32.const 256)) \
         (i32.store (i32.const {}) (i32.const 5))",
        REPORT + 4,
        REPORT + 8
    );
    for granted in [false, true] {
        let heard = Arc::new(Heard::default());
        let options = LoadOptions {
            grants: Grants {
                log: granted,
                ..Grants::default()
            },
            log: Arc::clone(&heard) as Arc<dyn LogSink>,
            ..LoadOptions::default()
        };
        let fault = inspect(&inspecting(&body).try_load(options).unwrap())
            .err()
            .unwrap();
        assert_eq!(fault.kind, FaultKind::Refused);
        assert!(!fault.detail.contains("guest"), "{fault}");
        assert_eq!(heard.0.lock().len(), usize::from(granted));
    }
}

/// Plugin, tenant, key and amount.
type Count = (String, Option<String>, String, u64);

#[derive(Default)]
struct Counted(Mutex<Vec<Count>>);

impl Counters for Counted {
    fn add(
        &self,
        scope: CounterScope<'_>,
        key: &str,
        amount: u64,
        _: Duration,
    ) -> Result<u64, CountersUnavailable> {
        let mut counted = self.0.lock();
        counted.push((
            scope.plugin.to_owned(),
            scope.tenant.map(str::to_owned),
            key.to_owned(),
            amount,
        ));
        Ok(counted.len() as u64)
    }

    fn add_unique(
        &self,
        _: CounterScope<'_>,
        _: &str,
        _: &[u8],
        _: Duration,
    ) -> Result<u64, CountersUnavailable> {
        Err(CountersUnavailable)
    }
}

#[test]
fn counters_count_real_calls_only_and_per_plugin_and_tenant() {
    let add = format!(
        "(call $add (i32.const 256) (i32.const 5) (i64.const 3) (i32.const 60) (i32.const {FREE}))"
    );
    // A call before `configure` is over answers 0: the guest fails otherwise.
    let configure = format!(
        "{add} (if (i64.ne (i64.load (i32.const {})) (i64.const 0)) (then unreachable)) i32.const 1024",
        FREE + 8
    );
    let guest = Guest {
        imports: r#"(import "caponier:policy/counters@0.1.0" "add" (func $add (param i32 i32 i64 i32 i32)))"#,
        configure,
        ..inspecting(&add)
    };
    let refused = guest
        .try_load(LoadOptions::default())
        .err()
        .unwrap()
        .to_string();
    assert!(
        refused.contains("caponier:policy/counters@0.1.0") && refused.contains("counters: true"),
        "{refused}"
    );

    let counted = Arc::new(Counted::default());
    let options = LoadOptions {
        name: Some("counter".to_owned()),
        grants: Grants {
            counters: true,
            ..Grants::default()
        },
        counters: Arc::clone(&counted) as Arc<dyn Counters>,
        ..LoadOptions::default()
    };
    let plugin = guest.try_load(options).unwrap();
    assert!(counted.0.lock().is_empty());
    inspect(&plugin).unwrap();
    let expected = (
        "counter".to_owned(),
        Some("tenant".to_owned()),
        "guest".to_owned(),
        3,
    );
    assert_eq!(*counted.0.lock(), [expected]);
}

#[test]
fn a_memory_limit_holds_for_the_snapshot_too() {
    let guest = Guest {
        configure: "(if (i32.eq (i32.const -1) (memory.grow (i32.const 160))) (then unreachable)) i32.const 1024".to_owned(),
        ..Guest::default()
    };
    assert!(inspect(&guest.load()).is_ok());
    let error = guest
        .try_load(limited(|limits| limits.memory = 8 << 20))
        .err()
        .unwrap()
        .to_string();
    assert!(
        error.contains("configure") && error.contains("more memory"),
        "{error}"
    );
}

#[test]
fn the_engine_says_how_it_resets() {
    let mode = engine().mode();
    assert!(mode.wide_memories);
}
