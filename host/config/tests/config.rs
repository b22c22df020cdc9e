//! Whole files: what is read from them, what is refused and in which words.

use std::time::Duration;

use caponier_config::{
    Config, Glob, IdentitySource, PathPattern, PluginSource, Purpose, Secret, StreamMode, parse,
};
use proptest::prelude::*;

const FULL: &str = include_str!("full.yaml");

fn errors(text: &str) -> String {
    match parse("c.yaml", text) {
        Ok(_) => "no error".to_owned(),
        Err(errors) => errors
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join("\n"),
    }
}

#[test]
fn a_file_with_everything_is_read() {
    let config = parse("c.yaml", FULL).unwrap_or_else(|errors| panic!("{errors:#?}"));
    let gateway = config.gateway.as_ref().unwrap();
    assert_eq!(gateway.listen.to_string(), "0.0.0.0:8787");
    assert!(matches!(&gateway.identity[0], IdentitySource::Jwt(jwt) if jwt.audience == ["llm"]));
    // The exact path comes first, though it stands second.
    let chat = gateway.route("/v1/chat/completions").unwrap();
    assert_eq!(chat.path, PathPattern::Exact("/v1/chat/completions".into()));
    assert_eq!(chat.stream, StreamMode::Buffer);
    assert_eq!(chat.timeouts.first_byte, Duration::from_millis(500));
    let upstream = chat.upstream.as_ref().unwrap();
    assert_eq!(
        (
            upstream.host.as_str(),
            upstream.port,
            upstream.base_path.as_str()
        ),
        ("::1", 8080, "/base")
    );
    let prefix = gateway.route("/v1/embeddings").unwrap();
    assert_eq!(
        prefix.upstream.as_ref().unwrap().credentials,
        Some(Secret::Env("OPENAI_API_KEY".into()))
    );
    assert!(gateway.route("/v2").is_none());
    let secrets: Vec<_> = config.plugins[0]
        .settings
        .secrets
        .iter()
        .map(|s| s.pointer.as_str())
        .collect();
    assert_eq!(secrets, ["/a~1b/nested", "/keys/0", "/keys/1"]);
    assert_eq!(
        config.plugins[0].settings.value["ordinary"]["env"]["not"],
        "a secret"
    );
    assert!(config.plugins[0].settings.value["keys"][0].is_null());
    assert!(matches!(config.plugins[4].source, PluginSource::Oci { .. }));
    assert_eq!(config.limits.body, 32 << 20);
    assert_eq!(config.actions.len(), 4);
    let of = |purpose| {
        config
            .paths()
            .into_iter()
            .filter(|path| path.purpose == purpose)
            .map(|path| path.path)
            .collect::<Vec<_>>()
    };
    assert_eq!(of(Purpose::Secret), ["k/pii.key", "./audit.key"]);
    assert_eq!(of(Purpose::PluginData), ["./lists"]);
    assert_eq!(of(Purpose::Plugin), ["plugins/x.wasm"]);
    assert_eq!(of(Purpose::Signature), ["plugins/x.wasm.sig"]);
    assert_eq!(
        of(Purpose::VerifyKey),
        ["keys/acme.pub", "keys/a.pub", "keys/b.pub", "keys/us.pub"]
    );
    assert_eq!(of(Purpose::Data), ["data/users.json"]);
    assert_eq!(config.secrets().len(), 3);
}

#[test]
fn the_least_file_is_safe() {
    let config = parse("c.yaml", "version: 1\ngateway: {}\n").unwrap();
    assert_eq!(config.plugins.len(), 9);
    assert!(config.warnings.is_empty());
    let gateway = config.gateway.unwrap();
    assert!(gateway.listen.ip().is_loopback());
    assert!(
        gateway
            .route("/v1/chat/completions")
            .unwrap()
            .upstream
            .is_none()
    );
}

#[test]
fn the_embedded_default_is_valid_and_without_risk() {
    let config = Config::embedded();
    assert!(config.warnings.is_empty());
    let bare = parse("c.yaml", "version: 1").unwrap();
    for (shown, implied) in config.plugins.iter().zip(&bare.plugins) {
        assert_eq!(
            (&shown.source, &shown.settings),
            (&implied.source, &implied.settings)
        );
    }
}

#[test]
fn what_is_risky_is_named() {
    let text = "version: 1
mode: monitor
gateway:
  insecure: true
  routes:
    - path: /v1/*
      upstream: http://models.example
      unknown_endpoints: pass
      pass: [/v1/files/*]
plugins:
  - use: file:x.wasm
    on_error: allow
    bounds: trusted
    grants: { log: true }
    settings: { api_key: sk-canary }
rego: { paths: [p.rego], expose_text: true }
limits: { over_limit: allow, unrecognized: allow }
";
    let warnings = parse("c.yaml", text).unwrap().warnings;
    let keys: Vec<_> = warnings
        .iter()
        .map(|warning| format!("{}:{}", warning.line, warning.key_path))
        .collect();
    assert_eq!(
        keys,
        [
            "2:mode",
            "4:gateway.insecure",
            "7:gateway.routes[0].upstream",
            "8:gateway.routes[0].unknown_endpoints",
            "9:gateway.routes[0].pass",
            "12:plugins[0].on_error",
            "13:plugins[0].bounds",
            "14:plugins[0].grants.log",
            "15:plugins[0].settings.api_key",
            "16:rego.expose_text",
            "17:limits.over_limit",
            "17:limits.unrecognized",
        ]
    );
    assert!(!format!("{warnings:?}").contains("canary"));
}

/// A file without its first line `version: 1`, and everything that is said of it.
const BAD: &[(&str, &str)] = &[
    (
        "plugins:\n  - use: builtin:pii\n    limts: {}",
        "c.yaml:4:5: plugins[0].limts: unknown key; hint: did you mean `limits`?",
    ),
    (
        "zzz: 1",
        "c.yaml:2:1: zzz: unknown key; hint: known keys are `version`, `mode`, `gateway`, `decision`, `admin`, `plugins`, `verify`, `rego`, `data`, `actions`, `limits`, `audit`, `cache`, `threads`",
    ),
    (
        "gateway: { routes: [{ path: /mcp, protocol: mcp }] }",
        "c.yaml:2:45: gateway.routes[0].protocol: the built-in model does not speak MCP; hint: name the server as `upstream`",
    ),
    (
        "plugins: [{ use: builtin:pi }]",
        "c.yaml:2:18: plugins[0].use: no plugin named `pi` is built in; hint: did you mean `builtin:pii`?",
    ),
    (
        "plugins: [{ use: pii }]",
        "c.yaml:2:18: plugins[0].use: `pii` does not say where the plugin comes from; hint: write `builtin:pii`",
    ),
    (
        "plugins: [{ use: oci://ghcr.io/acme/x }]",
        "c.yaml:2:18: plugins[0].use: a registry reference without tag and digest; hint: end it with `@sha256:…`, or with `:TAG`, which the lock file then pins",
    ),
    (
        "plugins: [{ name: x }]",
        "c.yaml:2:11: plugins[0]: the key `use` is missing",
    ),
    (
        "plugins: [{ use: builtin:pii }, { use: file:x.wasm, name: pii }]",
        "c.yaml:2:33: plugins[1]: the plugin in line 2 is called `pii` too; hint: give one of the two another `name`",
    ),
    (
        "plugins: [{ use: builtin:pii, on_error: alow }]",
        "c.yaml:2:41: plugins[0].on_error: `alow` is not one of `deny`, `allow`; hint: did you mean `allow`?",
    ),
    (
        "plugins: [{ use: builtin:pii, limits: { memory: 64M } }]",
        "c.yaml:2:49: plugins[0].limits.memory: `64M` is not a size; hint: write `64MiB`",
    ),
    (
        "plugins: [{ use: builtin:pii, limits: { memory: 5GiB } }]",
        "c.yaml:2:49: plugins[0].limits.memory: 5368709120 is not between 1048576 and 4294967296",
    ),
    (
        "plugins: [{ use: builtin:pii, limits: { time: { base: 20 } } }]",
        "c.yaml:2:55: plugins[0].limits.time.base: expected a duration such as 20ms, found a number",
    ),
    (
        "plugins: [{ use: builtin:pii, settings: { key: { env: 'a b' } } }]",
        "c.yaml:2:48: plugins[0].settings.key: names neither an environment variable nor a file; hint: write `{ env: NAME }` or `{ file: PATH }`",
    ),
    (
        "gateway: { routes: [{ path: /v1/*, plugins: [pi] }] }",
        "c.yaml:2:46: gateway.routes[0].plugins[0]: no plugin of this file is called `pi`; hint: did you mean `pii`?",
    ),
    (
        "gateway: { routes: [{ path: /v1/* }, { path: /v1/* }] }",
        "c.yaml:2:46: gateway.routes[1].path: `/v1/*` is the path of the route in line 2 too; hint: keep one of the two",
    ),
    (
        "gateway: { routes: [{ path: /v1/*, credentials: { env: K } }] }",
        "c.yaml:2:49: gateway.routes[0].credentials: there is no upstream to use it for; hint: add `upstream`: without one the built-in echo model answers",
    ),
    (
        "gateway: { routes: [{ path: /v1/*, upstream: 'https://u:canary@h/' }] }",
        "c.yaml:2:46: gateway.routes[0].upstream: a URL with a user name or password in it; hint: use `credentials`",
    ),
    (
        "gateway: { routes: [{ path: /v1/*, upstream: 'https://h', credentials: sk-canary }] }",
        "c.yaml:2:72: gateway.routes[0].credentials: a secret does not stand in this file itself; hint: write `{ env: NAME }` or `{ file: PATH }`",
    ),
    (
        "gateway: { routes: [{ path: /v1/*, upstream: 'https://h', credentials: { env: A, file: b } }] }",
        "c.yaml:2:72: gateway.routes[0].credentials: `env` and `file` exclude each other; hint: keep one",
    ),
    (
        "gateway: { routes: [{ path: v1 }] }",
        "c.yaml:2:29: gateway.routes[0].path: `v1` is not an absolute path with at most one `*`, at its end after a `/`; hint: write `/v1/chat/completions` or `/v1/*`",
    ),
    (
        "gateway: { tls: { cert: a.pem } }",
        "c.yaml:2:17: gateway.tls: the key `key` is missing",
    ),
    (
        "gateway:\n  tls:\n",
        "c.yaml:3:3: gateway.tls: has no value; hint: give it one, or remove the key",
    ),
    (
        "gateway: { listen: 0.0.0.0:80 }",
        "c.yaml:2:20: gateway.listen: others can reach 0.0.0.0:80, and it has no TLS; hint: add `tls: { cert, key }`, listen on 127.0.0.1, or accept it with `insecure: true`",
    ),
    (
        "gateway: { listen: ':8080' }",
        "c.yaml:2:20: gateway.listen: `:8080` is not an address and port; hint: write `127.0.0.1:8080`, or `0.0.0.0:8080` for every interface",
    ),
    (
        "gateway: { insecure: yes }",
        "c.yaml:2:22: gateway.insecure: expected true or false, found a string; hint: write `true` or `false`",
    ),
    (
        "gateway: { identity: [{ jwt: { jwks: k, issuer: i, audience: [] } }] }",
        "c.yaml:2:62: gateway.identity[0].jwt.audience: names no audience; hint: tokens for anyone are tokens for no one",
    ),
    (
        "gateway: { identity: [{ jwt: { jwks: k, issuer: i, audience: a, algorithms: [HS256] } }] }",
        "c.yaml:2:78: gateway.identity[0].jwt.algorithms[0]: `HS256` is not one of `RS256`, `RS384`, `RS512`, `PS256`, `PS384`, `PS512`, `ES256`, `ES384`, `EdDSA`; hint: did you mean `RS256`?",
    ),
    (
        "decision: { listen: 0.0.0.0:1, tls: { cert: c, key: k } }",
        "c.yaml:2:21: decision.listen: others can reach 0.0.0.0:1, and it asks for no token; hint: add `tokens: { env: NAME }`, listen on 127.0.0.1, or accept it with `insecure: true`",
    ),
    (
        "gateway: {}\nadmin: { listen: 127.0.0.1:8787 }",
        "c.yaml:3:18: admin.listen: 127.0.0.1:8787 is taken by `gateway` already; hint: give each section a port of its own",
    ),
    (
        "actions:\n  '*/email': deny\n  '*/em*': allow",
        "c.yaml:4:12: actions[\"*/em*\"]: covers rules that `*/email` in line 3 covers too, and neither is more specific; hint: name the rule itself, or make one of the two longer before its `*`",
    ),
    (
        "actions: { pii: deny }",
        "c.yaml:2:17: actions.pii: not the name of a rule or a glob over such names; hint: write `pii/*` for all rules of the plugin",
    ),
    (
        "actions: { 'pii/*': block }",
        "c.yaml:2:21: actions[\"pii/*\"]: `block` is not one of `allow`, `flag`, `redact`, `deny`",
    ),
    (
        "actions: { 'pii/*': { action: deny, min_confidence: 90 } }",
        "c.yaml:2:53: actions[\"pii/*\"].min_confidence: 90 is not between 0 and 1",
    ),
    (
        "actions: { 'pii/*': { action: deny, min_confidence: 0.5, flag_confidence: 0.6 } }",
        "c.yaml:2:75: actions[\"pii/*\"].flag_confidence: 0.6 is not between 0 and `min_confidence`, which is 0.5; hint: findings from `min_confidence` on have the action itself",
    ),
    (
        "actions: { 'pii/*': { action: deny, confidence: 1 } }",
        "c.yaml:2:37: actions[\"pii/*\"].confidence: unknown key; hint: known keys are `action`, `min_confidence`, `flag_confidence`, `min_severity`, `stages`, `roles`, `trust`, `mode`",
    ),
    (
        "limits: { rego: 0ms }",
        "c.yaml:2:17: limits.rego: must be more than nothing; hint: 0 does not mean \"no limit\"",
    ),
    (
        "limits: 5",
        "c.yaml:2:9: limits: expected a mapping, found a number",
    ),
    (
        "version: 1",
        "c.yaml:2:1: the key `version` stands here twice; hint: remove one of the two",
    ),
    (
        "limits: { hold: 1KiB, hold: 2KiB }",
        "c.yaml:2:23: the key `hold` stands here twice; hint: remove one of the two",
    ),
    (
        "limits: !!python/object:x {}",
        "c.yaml:2:27: YAML tags are not read; hint: remove the `!…`",
    ),
    (
        "limits: &a { hold: 1KiB }\ncache:\n  <<: *a",
        "c.yaml:4:3: merge keys (`<<`) are not read; hint: write the keys out, or use an alias for the whole value",
    ),
    (
        "--- \nversion: 1",
        "c.yaml:3:1: holds more than one YAML document; hint: remove what follows `---`",
    ),
    // Several at once, in the order of the file.
    (
        "limits: { bdy: 1, text: x, hold: 0 }\nplugins: [{ use: x.wasm }]",
        "c.yaml:2:11: limits.bdy: unknown key; hint: did you mean `body`?\n\
         c.yaml:2:25: limits.text: `x` is not a size; hint: write a whole number of `B`, `KiB`, `MiB` or `GiB`\n\
         c.yaml:3:18: plugins[0].use: `x.wasm` does not say where the plugin comes from; hint: write `file:x.wasm`",
    ),
];

#[test]
fn what_is_wrong_is_said_with_its_place() {
    let mut wrong = Vec::new();
    for (text, expected) in BAD {
        let said = errors(&format!("version: 1\n{text}\n"));
        assert!(!said.contains("canary"), "a secret is repeated: {said}");
        if said != *expected {
            wrong.push(format!(
                "{text}\n  said:     {said}\n  expected: {expected}"
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn a_file_needs_its_version() {
    assert_eq!(
        errors(""),
        "c.yaml: is empty; hint: begin with `version: 1`"
    );
    assert_eq!(
        errors("mode: enforce"),
        "c.yaml:1:1: the key `version` is missing"
    );
    assert_eq!(
        errors("version: 2"),
        "c.yaml:1:10: version: version 2 of this format is not known; hint: write `version: 1`"
    );
    assert_eq!(
        errors("- 1"),
        "c.yaml:1:1: expected a mapping, found a list"
    );
    assert_eq!(
        errors("version: 1\ngateway: { tls: [a.pem, b.pem] }"),
        "c.yaml:2:17: gateway.tls: expected a mapping, found a list"
    );
}

#[test]
fn bombs_end_in_an_error() {
    let mut laughs = String::from("version: 1\na0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..10 {
        let aliases = vec![format!("*a{}", level - 1); 10].join(", ");
        laughs.push_str(&format!("a{level}: &a{level} [{aliases}]\n"));
    }
    let deep = format!(
        "version: 1\nplugins: {}{}\n",
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    let block: String = (0..2_000)
        .map(|level| format!("{}a:\n", " ".repeat(level)))
        .collect();
    let wide = format!("version: 1\ndata: [{}]\n", "x, ".repeat(300_000));
    let long = format!("version: 1\nmode: {}\n", "x".repeat(5 << 20));
    for (name, text) in [
        ("laughs", laughs),
        ("deep", deep),
        ("block", block),
        ("wide", wide),
        ("long", long),
    ] {
        let said = errors(&text);
        assert!(said != "no error" && said.len() < 1_000, "{name}: {said}");
    }
}

#[test]
fn tabs_and_control_characters_do_not_pass() {
    assert_ne!(errors("version: 1\nlimits:\n\thold: 1KiB\n"), "no error");
    let said = errors("version: 1\n\"a\\e[2Jb\": 1\n");
    assert!(!said.contains('\u{1b}'), "{said:?}");
}

#[test]
fn an_alias_stands_for_its_value() {
    let text = "version: 1\nplugins:\n  - use: builtin:pii\n    limits: &l { memory: 8MiB }\n  - use: builtin:secrets\n    limits: *l\n";
    let config = parse("c.yaml", text).unwrap();
    assert_eq!(config.plugins[1].limits.memory, 8 << 20);
}

#[test]
fn the_schema_agrees_with_the_reader() {
    let schema = caponier_config::schema();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    let value = |text: &str| -> serde_json::Value { serde_saphyr::from_str(text).unwrap() };
    for text in [
        FULL,
        caponier_config::DEFAULT,
        "version: 1\nrego: { paths: [a], expose_text: true }",
    ] {
        let value = value(text);
        let errors: Vec<_> = validator
            .iter_errors(&value)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{errors:?}");
    }
    for text in [
        "mode: enforce",
        "version: 2",
        "version: 1\nzzz: 1",
        "version: 1\nlimits: { bdy: 1 }",
        "version: 1\ngateway:\n",
        "version: 1\ngateway: { tls: }",
        "version: 1\ngateway: { tls: { cert: a } }",
        "version: 1\nplugins: [{ use: pii }]",
        "version: 1\nplugins: [{ use: builtin:pii, on_error: alow }]",
        "version: 1\nlimits: { body: 32M }",
        "version: 1\nactions: { 'pii/*': { action: deny, confidence: 1 } }",
        "version: 1\ngateway: { routes: [{ path: /v1/*, credentials: sk }] }",
        "version: 1\ngateway: { routes: [{ path: /v1/*, credentials: { env: A, file: b } }] }",
    ] {
        assert!(
            !validator.is_valid(&value(text)),
            "the schema accepts {text}"
        );
        assert_ne!(errors(text), "no error", "the reader accepts {text}");
    }
}

#[test]
fn globs_tie_only_where_they_meet() {
    let text = "version: 1\nactions: { '*/email': deny, '*/phone': flag, 'pii/*': redact, 'pii/e*': deny, '*': flag }";
    // `*` has the same literal prefix as `*/email`, and covers what it covers.
    assert_eq!(errors(text).lines().count(), 2, "{}", errors(text));
    let text = "version: 1\nactions: { '*/email': deny, '*/phone': flag, 'pii/*': redact, 'pii/e*': deny }";
    let actions = parse("c.yaml", text).unwrap().actions;
    let globs: Vec<_> = actions
        .iter()
        .map(|rule| Glob::as_str(&rule.glob))
        .collect();
    assert_eq!(globs, ["*/email", "*/phone", "pii/*", "pii/e*"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn no_text_breaks_the_reader(text in "[ -~\n\t]{0,200}") {
        let _ = parse("c.yaml", &text);
    }

    #[test]
    fn no_cut_or_change_of_a_file_breaks_the_reader(at in 0usize..3_000, letter in any::<char>()) {
        let at = (0..=at.min(FULL.len())).rev().find(|at| FULL.is_char_boundary(*at)).unwrap();
        let (head, tail) = FULL.split_at(at);
        let _ = parse("c.yaml", head);
        if let Err(errors) = parse("c.yaml", &format!("{head}{letter}{tail}")) {
            prop_assert!(!errors.is_empty());
        }
    }
}

#[test]
fn a_route_says_what_is_spoken_on_it() {
    let route = |protocol: &str| {
        format!("version: 1\ngateway:\n  routes:\n    - path: /*\n      protocol: {protocol}\n")
    };
    for protocol in [
        "models",
        "chroma",
        "qdrant",
        "opensearch",
        "postgrest",
        "{ json: [{ path: /find, queries: [$.q], answer: { documents: '$.hits[*]', id: $.id } }] }",
    ] {
        assert_eq!(errors(&route(protocol)), "no error", "{protocol}");
    }
    for (protocol, message) in [
        ("chrome", "did you mean `chroma`?"),
        ("{ json: [{ path: find }] }", "not an absolute path"),
        (
            "{ json: [{ path: /f, queries: ['$..q'] }] }",
            "not a JSONPath",
        ),
        (
            "{ json: [{ path: /f, answer: { id: $.id } }] }",
            "`documents` is missing",
        ),
        ("{ json: [{ path: /f, answers: {} }] }", "unknown key"),
    ] {
        let found = errors(&route(protocol));
        assert!(found.contains(message), "{protocol}: {found}");
    }
}
