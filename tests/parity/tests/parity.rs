//! Every case through both hosts. `cargo xtask test parity` runs it alone.

#![expect(clippy::expect_used, clippy::unwrap_used, reason = "a test may panic")]

use std::io::Write as _;
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};

use caponier_parity::case::{Answer, Case, asked};
use caponier_parity::generate;
use caponier_parity::hosts::envoys;
use caponier_parity::random::Random;
use caponier_parity::run::{Report, run};
use caponier_parity::stored::{Collection, collect, published};

/// Made of the stored texts.
const GENERATED: usize = 2500;
/// Published texts that take part, of all sets together, where they are at hand.
const PUBLISHED: usize = 1000;

/// Both need the whole machine.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// One configuration with a route for each way of inspecting.
fn config(
    stored: &Collection,
    (threshold, secrets): (&str, &str),
    (listen, admin, upstream): (SocketAddr, SocketAddr, SocketAddr),
) -> String {
    let mut routes = String::new();
    let mut plugins = String::new();
    let mut actions = String::new();
    let mut route = |name: &str, more: &str| {
        routes.push_str(&format!(
            "    - {{ path: \"/{name}/*\", upstream: \"http://{upstream}\", {more} }}\n"
        ));
    };
    route("v1", "plugins: [pii, secrets, injection]");
    route("strict", "plugins: [pii, guarded, injection]");
    route(
        "buffer",
        "plugins: [pii, guarded, injection], stream: buffer",
    );
    route(
        "error",
        "plugins: [pii, guarded, injection], deny_as: error",
    );
    route("lenient", "plugins: [plain, secrets]");
    for (plugin, name, settings) in &stored.settings {
        route(name, &format!("plugins: [{name}]"));
        plugins.push_str(&format!(
            "  - {{ use: \"builtin:{plugin}\", name: {name}, settings: {settings} }}\n"
        ));
        actions.push_str(&format!("  \"{name}/*\": redact\n"));
    }
    routes.push_str("    - { path: \"/nowhere/*\", upstream: \"http://127.0.0.1:1\" }\n");
    format!(
        r#"version: 1
gateway:
  listen: {listen}
  routes:
{routes}
admin: {{ listen: "{admin}" }}
plugins:
  - {{ use: "builtin:pii", settings: {{ restore: true }} }}
  - {{ use: "builtin:pii", name: plain }}
  - {{ use: "builtin:secrets" }}
  - {{ use: "builtin:secrets", name: guarded }}
  - {{ use: "builtin:injection" }}
{plugins}
actions:
  "plain/*": redact
  "secrets/*": {secrets}
  "guarded/*": {{ action: deny, min_confidence: 0.6 }}
  "injection/*": {{ action: deny, min_confidence: {threshold} }}
{actions}
limits: {{ body: 256KiB }}
audit: {{ path: audit.jsonl }}
"#
    )
}

/// What the hosts are asked once each.
fn special() -> Vec<Case> {
    let hello = || Case::new("hello", &asked("Hello", false), Answer::Echo(None));
    let named = |name: &str, case: Case| Case {
        name: name.to_owned(),
        ..case
    };
    let body = |bytes: &[u8]| Case {
        body: bytes.to_vec(),
        ..hello()
    };
    let twice = br#"{"model":"m","messages":[{"role":"user","content":"a","content":"b"}]}"#;
    let long = "The passage is long. ".repeat(20_000);
    vec![
        named("no body", body(b"")),
        named("no JSON", body(b"Ignore")),
        named("a key twice", body(twice)),
        named(
            "not UTF-8",
            body(b"{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"\xff\"}]}"),
        ),
        named(
            "another endpoint",
            Case {
                path: "/v1/audio/speech".to_owned(),
                ..hello()
            },
        ),
        named(
            "a path with dots",
            Case {
                path: "/v1/../v1/chat/completions".to_owned(),
                ..hello()
            },
        ),
        named(
            "another charset",
            Case {
                headers: vec![(
                    "content-type",
                    "application/json; charset=utf-16".to_owned(),
                )],
                ..hello()
            },
        ),
        named(
            "a header of ours",
            Case {
                headers: vec![("x-caponier-action", "allow".to_owned())],
                ..hello()
            },
        ),
        named(
            "a body over the limit",
            Case::new("", &asked(&long, false), Answer::Echo(None)),
        ),
        named(
            "a body over the limit in pieces",
            Case {
                upload: Some(5_000),
                ..Case::new("", &asked(&long, false), Answer::Echo(None))
            },
        ),
        named(
            "an answer over the limit",
            Case {
                answer: Answer::Whole(200, caponier_parity::case::whole(&[("content", &long)])),
                ..hello()
            },
        ),
        named(
            "an upstream that is not there",
            Case {
                by_design: Some("Envoy answers 503 itself, the gateway 502"),
                ..hello().on("nowhere")
            },
        ),
        named(
            "a request in gzip",
            Case {
                headers: vec![("content-encoding", "gzip".to_owned())],
                body: {
                    let mut packed =
                        flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
                    packed.write_all(&hello().body).unwrap();
                    packed.finish().unwrap()
                },
                ..hello()
            },
        ),
        named(
            "a request in zstd",
            Case {
                headers: vec![("content-encoding", "zstd".to_owned())],
                body: zstd(&hello().body),
                by_design: Some("Envoy refuses with 415, the gateway decompresses"),
                ..hello()
            },
        ),
    ]
}

/// A frame of one block that is not compressed.
fn zstd(body: &[u8]) -> Vec<u8> {
    let size = u8::try_from(body.len()).unwrap();
    let block = (u32::from(size) << 3 | 1).to_le_bytes();
    [&[0x28, 0xb5, 0x2f, 0xfd, 0x20, size], &block[..3], body].concat()
}

/// Other cases for another number in `CAPONIER_PARITY_SEED`.
fn seed() -> u64 {
    let named = std::env::var("CAPONIER_PARITY_SEED").ok();
    named.map_or(1, |text| {
        text.parse().expect("CAPONIER_PARITY_SEED is a number")
    })
}

/// Past the harness, which shows nothing of a test that passes.
fn say(report: &Report) {
    let mut out = std::io::stdout().lock();
    out.write_all(report.to_string().as_bytes()).unwrap();
    out.flush().unwrap();
}

#[test]
fn parity_of_both_hosts() {
    let _alone = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let stored = collect().unwrap();
    assert!(stored.stored > 100, "{} stored cases", stored.stored);
    let mut cases = stored.cases.clone();
    cases.extend(special());
    let seed = seed();
    cases.extend(generate::cases(seed, GENERATED, &stored.texts));
    let mut random = Random::new(seed);
    let sets: Vec<Vec<String>> = published().unwrap().into_values().collect();
    if !sets.is_empty() {
        let texts: Vec<String> = (0..PUBLISHED)
            .map(|_| {
                let set = sets.get(random.below(sets.len())).unwrap();
                random.text(set).to_owned()
            })
            .collect();
        cases.extend(generate::cases(!seed, PUBLISHED, &texts));
    }
    let configure =
        |listen, admin, upstream| config(&stored, ("0.9", "redact"), (listen, admin, upstream));
    let envoys = envoys();
    assert!(
        !envoys.is_empty(),
        "CAPONIER_ENVOYS names none; hint: cargo xtask test parity"
    );
    let report = run(&configure, &configure, &envoys, &cases).unwrap();
    say(&report);
    assert_eq!(
        report.compared + report.by_design.len() + report.unexpected.len(),
        cases.len() * envoys.len()
    );
    for action in ["allow", "flag", "redact", "deny"] {
        let count = report.actions.get(action).copied().unwrap_or(0);
        assert!(count > 50, "{action} {count} times: {:?}", report.actions);
    }
    assert!(report.unexpected.is_empty(), "{report}");
    assert_eq!(report.different, 0, "{report}");
}

#[test]
fn parity_is_not_there_with_another_threshold() {
    let _alone = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let stored = collect().unwrap();
    let one =
        |listen, admin, upstream| config(&stored, ("0.9", "redact"), (listen, admin, upstream));
    let other =
        |listen, admin, upstream| config(&stored, ("1.0", "allow"), (listen, admin, upstream));
    let envoys = envoys();
    let envoys = envoys.get(..1).expect("CAPONIER_ENVOYS names none");
    let mut cases = stored.cases.clone();
    let is_asked = |case: &Case| {
        let name = &case.name;
        name.starts_with("injection") || name.starts_with("secrets")
    };
    cases.retain(is_asked);
    let report = run(&one, &other, envoys, &cases).unwrap();
    for kind in [
        "status",
        "headers",
        "client",
        "requests upstream",
        "body upstream",
        "action",
        "findings",
    ] {
        assert!(
            report.kinds.get(kind).is_some_and(|count| *count > 5),
            "{kind}: {:?}",
            report.kinds
        );
    }
}
