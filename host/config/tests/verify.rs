//! Whose signatures plugins need: what is read, what is refused, what covers which source.

use caponier_config::{PluginSource, Purpose, Signers, parse, schema};

const HEX: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

fn with(verify: &str) -> String {
    format!("version: 1\nplugins: []\nverify:\n{verify}")
}

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
fn the_first_entry_that_covers_a_source_counts() {
    let text = format!(
        "version: 1
plugins:
  - use: builtin:pii
  - {{ use: 'oci://ghcr.io/acme/guard:1', name: a }}
  - {{ use: 'oci://ghcr.io/acme/guard@sha256:{HEX}', name: b }}
  - {{ use: 'oci://ghcr.io/other/guard:1', name: c }}
  - {{ use: 'file:x.wasm', name: d }}
verify:
  - {{ match: 'oci://ghcr.io/acme/guard', key: acme.pub }}
  - {{ match: 'oci://*', anyOf: [{{ key: one.pub }}, {{ allOf: [{{ key: two.pub }}] }}] }}
"
    );
    let config = parse("c.yaml", &text).unwrap_or_else(|errors| panic!("{errors:#?}"));
    let keys: Vec<Vec<String>> = config
        .plugins
        .iter()
        .map(|plugin| {
            match config
                .signatures_of(&plugin.source)
                .map(|entry| &entry.signers)
            {
                None => vec![],
                Some(Signers::Key { file, .. }) => vec![file.clone()],
                Some(Signers::AllOf(_)) => panic!("not in the file"),
                Some(Signers::AnyOf(list)) => vec![format!("any of {}", list.len())],
            }
        })
        .collect();
    let acme = vec!["acme.pub".to_owned()];
    assert_eq!(
        keys,
        [
            vec![],
            acme.clone(),
            acme,
            vec!["any of 2".to_owned()],
            vec![]
        ]
    );
    let warnings: Vec<String> = config.warnings.iter().map(ToString::to_string).collect();
    assert_eq!(
        warnings,
        ["c.yaml:7:12: plugins[4].use: no entry of `verify` covers it: it needs no signature"]
    );
    let paths: Vec<String> = config
        .paths()
        .into_iter()
        .filter(|path| path.purpose == Purpose::VerifyKey)
        .map(|path| format!("{} {}", path.key_path, path.path))
        .collect();
    assert_eq!(
        paths,
        [
            "verify[0].key acme.pub",
            "verify[1].any_of[0].key one.pub",
            "verify[1].any_of[1].all_of[0].key two.pub",
        ]
    );
    assert!(Purpose::VerifyKey.is_watched() && Purpose::Signature.is_watched());
}

#[test]
fn a_star_leaves_nothing_out_but_what_is_built_in() {
    let text = "version: 1
plugins: [{ use: 'builtin:pii' }, { use: 'file:./x.wasm' }, { use: 'oci://h/r:t', name: y }]
verify: [{ match: '*', key: k.pub }]
";
    let config = parse("c.yaml", text).unwrap();
    let covered: Vec<bool> = config
        .plugins
        .iter()
        .map(|plugin| config.signatures_of(&plugin.source).is_some())
        .collect();
    assert_eq!(covered, [false, true, true]);
    assert!(config.warnings.is_empty());
}

#[test]
fn what_demands_nothing_is_refused() {
    for (verify, words) in [
        (
            "  - { match: '*' }",
            "c.yaml:4:5: verify[0]: names nobody who must have signed; hint: write one of",
        ),
        (
            "  - { match: '*', all_of: [] }",
            "verify[0].all_of: names nobody; hint: name at least one key",
        ),
        (
            "  - { match: '*', any_of: [] }",
            "verify[0].any_of: names nobody",
        ),
        (
            "  - { match: '*', any_of: [{}] }",
            "verify[0].any_of[0]: names nobody who must have signed",
        ),
        (
            "  - { match: '*', any_of: [{ key: a }, { all_of: [] }] }",
            "verify[0].any_of[1].all_of: names nobody",
        ),
        (
            "  - { match: '*', key: a, any_of: [{ key: b }] }",
            "verify[0]: names who must have signed in two ways",
        ),
        ("  - { match: '*', key: '' }", "verify[0].key: not a path"),
        ("  - { match: '*', key: }", "verify[0].key: has no value"),
        (
            "  - { match: '*', any_of: [{ key: a }], annotations: { x: y } }",
            "verify[0].annotations: belong to one key",
        ),
        (
            "  - { match: '*', key: a, annotations: {} }",
            "verify[0].annotations: demand nothing",
        ),
        (
            "  - { match: 'file:*', any_of: [{ key: a, annotations: { x: y } }] }",
            "verify[0].any_of[0].annotations: cannot be demanded",
        ),
        (
            "  - { match: '*', key: a, annotations: { x: 1 } }",
            "expected a string",
        ),
        ("  - { key: a }", "the key `match` is missing"),
        (
            "  - { match: 'builtin:*', key: a }",
            "never asked for a signature",
        ),
        (
            "  - { match: 'ghcr.io/*', key: a }",
            "matches no source; hint: begin with",
        ),
        ("  - { match: '', key: a }", "matches no source"),
        (
            "  - { match: 'oci://h/r@sha256:*', key: a }",
            "without tag and digest",
        ),
        (
            "  - { match: '*', key: a }\n  - { match: 'file:*', key: b }",
            "c.yaml:5:14: verify[1].match: never counts: `*` in line 4",
        ),
        (
            "  - { match: 'oci://ghcr.io/*', key: a }\n  - { match: 'oci://ghcr.io/acme/*', key: b }",
            "verify[1].match: never counts: `oci://ghcr.io/*` in line 4",
        ),
        (
            "  - { match: 'oci://ghcr.io/*', key: a }\n  - { match: 'oci://ghcr.io:443/*', key: b }",
            "verify[1].match: never counts",
        ),
        (
            "  - { match: 'oci://ghcr.io/acme/guard:*', key: a }",
            "without tag and digest; hint: end it before the tag's `:`",
        ),
        (
            "  - { match: 'oci://localhost:5000/guard:1', key: a }",
            "without tag and digest",
        ),
        (
            "  - { match: 'oci://*:v1', key: a }",
            "without tag and digest",
        ),
        (
            "  - { match: 'oci://GHCR.io/*', key: a }",
            "upper-case letters matches none; hint: write host",
        ),
        (
            "  - { match: 'oci://*.ghcr.io:443/*', key: a }",
            "never written; hint: leave it out",
        ),
        (
            "  - { match: 'oci://*.docker.io/*', key: a }",
            "hint: write an entry for `oci://docker.io/*`",
        ),
        (
            "  - { match: 'file:./*.wasm', key: a }",
            "matches no file: paths are matched without `./`, `//`, `x/../` and a `/` at the end; hint: write `file:*.wasm`",
        ),
        (
            "  - { match: 'file:a/../g.wasm', key: a }",
            "hint: write `file:g.wasm`",
        ),
        (
            "  - { match: 'file:plugins/', key: a }",
            "hint: write `file:plugins/*`",
        ),
        ("  - { match: 'file:', key: a }", "hint: write `file:*`"),
        (
            "  - { match: '*', all_of: [{ key: us.pub }, { key: us.pub }] }",
            "verify[0].all_of[1]: names a key that the list names before",
        ),
        (
            "  - { match: '*', all_of: [{ key: us.pub }, { key: ./us.pub, annotations: { x: y } }] }",
            "verify[0].all_of[1]: names a key",
        ),
        (
            "  - { match: '*', all_of: [{ key: us.pub }, { all_of: [{ key: them.pub }, { key: us.pub }] }] }",
            "verify[0].all_of[1]: names a key",
        ),
        (
            "  - { match: '*', any_of: [{ key: us.pub }, { key: us.pub }] }",
            "verify[0].any_of[1]: names a key",
        ),
        ("  - { match: '*', keys: a }", "did you mean `key`?"),
        (
            "  - { match: '*', all_of: [{ key: a }], allOf: [{ key: b }] }",
            "duplicate",
        ),
    ] {
        let found = errors(&with(verify));
        assert!(found.contains(words), "{verify}\n{found}");
    }
}

#[test]
fn sources_in_registries() {
    let read = |source: &str| {
        let text = format!("version: 1\nplugins: [{{ use: '{source}' }}]\n");
        parse("c.yaml", &text).map(|config| config.plugins[0].source.clone())
    };
    for (source, tag, digest) in [
        (
            "oci://ghcr.io/acme/guard:v1.2".to_owned(),
            Some("v1.2"),
            None,
        ),
        (
            format!("oci://ghcr.io/acme/guard@sha256:{HEX}"),
            None,
            Some(HEX),
        ),
        (
            format!("oci://localhost:5000/guard:1@sha256:{HEX}"),
            Some("1"),
            Some(HEX),
        ),
        ("oci://[::1]:5000/a/b_c:x".to_owned(), Some("x"), None),
    ] {
        let found = read(&source).unwrap();
        assert_eq!(found.to_string(), source);
        let PluginSource::Oci {
            tag: t, digest: d, ..
        } = &found
        else {
            panic!("{found:?}");
        };
        assert_eq!((t.as_deref(), d.as_deref()), (tag, digest));
        assert!(found.place().starts_with("oci://") && source.starts_with(&found.place()));
        assert!(!found.place().contains('@'));
    }
    for source in [
        "oci://ghcr.io/acme/guard",
        "oci://ghcr.io/acme/guard:",
        "oci://ghcr.io/acme/guard:a:b",
        "oci://ghcr.io/acme/guard@sha256:0",
        "oci://ghcr.io/Acme/guard:1",
        "oci://GHCR.io/acme/guard:1",
        "oci://ghcr.io/acme/../guard:1",
        "oci://ghcr.io//guard:1",
        "oci://ghcr.io:1",
        "oci://:1",
        "oci://me:hunter2@ghcr.io/acme/guard:1",
        "oci://ghcr.io/acme/guard:1?x=y",
    ] {
        let text = format!("version: 1\nplugins: [{{ use: '{source}' }}]\n");
        let error = errors(&text);
        assert!(error.contains("; hint: "), "{source}: {error}");
        assert!(!error.contains("hunter2"), "{error}");
    }
}

#[test]
fn another_spelling_does_not_pass_by_what_is_demanded() {
    let counts = |glob: &str, source: &str| {
        let text = format!(
            "version: 1\nplugins: [{{ use: '{source}' }}]\nverify: [{{ match: '{glob}', key: k }}]\n"
        );
        let config = parse("c.yaml", &text).unwrap();
        config.signatures_of(&config.plugins[0].source).is_some()
    };
    for (glob, source) in [
        ("file:g.wasm", "file:./g.wasm"),
        ("file:g.wasm", "file:a/../g.wasm"),
        ("file:p/*", "file:.//p/./g.wasm"),
        ("file:../g.wasm", "file:a/../../g.wasm"),
        ("file:/p/*", "file:/x/..//p/g.wasm"),
        ("oci://ghcr.io/*", "oci://ghcr.io:443/acme/guard:1"),
        ("oci://ghcr.io:443/*", "oci://ghcr.io/acme/guard:1"),
        ("oci://docker.io/*", "oci://index.docker.io/acme/guard:1"),
        (
            "oci://docker.io/*",
            "oci://registry-1.docker.io:443/acme/guard:1",
        ),
        ("oci://index.docker.io/*", "oci://docker.io/acme/guard:1"),
        ("oci://[::1]:5000/*", "oci://[0:0::1]:5000/guard:1"),
        ("oci://localhost/*", "oci://localhost:80/guard:1"),
    ] {
        assert!(counts(glob, source), "{glob} {source}");
    }
    for (glob, source) in [
        ("file:p/*", "file:p/../g.wasm"),
        ("file:g.wasm", "file:/g.wasm"),
        ("oci://localhost/*", "oci://localhost:443/guard:1"),
        ("oci://localhost/*", "oci://127.0.0.1/guard:1"),
        ("oci://ghcr.io/*", "oci://ghcr.io:5000/guard:1"),
    ] {
        assert!(!counts(glob, source), "{glob} {source}");
    }
}

#[test]
fn a_source_has_one_spelling_wherever_it_is_named() {
    let text = "version: 1
plugins:
  - { use: 'file:./a/../x.wasm', name: a }
  - { use: 'oci://index.docker.io:443/acme/guard:1', name: b }
verify: [{ match: '*', key: ./k.pub }]
";
    let config = parse("c.yaml", text).unwrap();
    let sources: Vec<String> = config
        .plugins
        .iter()
        .map(|plugin| plugin.source.to_string())
        .collect();
    assert_eq!(sources, ["file:x.wasm", "oci://docker.io/acme/guard:1"]);
    let paths: Vec<String> = config.paths().into_iter().map(|path| path.path).collect();
    assert_eq!(paths, ["x.wasm", "x.wasm.sig", "./k.pub"]);
    for source in ["file:.", "file:a/..", "file:/", "file:"] {
        let found = errors(&format!("version: 1\nplugins: [{{ use: '{source}' }}]\n"));
        assert!(found.contains("hint: name a file"), "{source}: {found}");
    }
}

#[test]
fn an_entry_that_covers_nothing_is_told() {
    let text = "version: 1
plugins: [{ use: 'file:ab.wasm' }]
verify:
  - { match: 'file:a*', key: k }
  - { match: 'file:*b.wasm', key: k }
  - { match: 'oci://ghcr.io/acme/*', key: k }
";
    let warnings: Vec<String> = parse("c.yaml", text)
        .unwrap()
        .warnings
        .iter()
        .map(ToString::to_string)
        .collect();
    let words = "covers no plugin of this configuration that no entry before it covers";
    assert_eq!(
        warnings,
        [
            format!("c.yaml:5:14: verify[1].match: {words}"),
            format!("c.yaml:6:14: verify[2].match: {words}"),
        ]
    );
}

#[test]
fn one_of_several_may_be_one_key_with_other_annotations() {
    let text = with(
        "  - { match: 'oci://*', any_of: [{ key: k, annotations: { env: a } }, { key: k, annotations: { env: b } }] }",
    );
    assert!(parse("c.yaml", &text).is_ok());
}

#[test]
fn a_password_in_a_source_is_not_repeated() {
    for source in [
        "oci://me:hunter2@h.example",
        "oci://me:hunter2@x@h.example",
        "oci://me:x@hunter2@h.example",
        "https://me:hunter2@h.example/x",
        "me:hunter2@h.example/x.wasm",
    ] {
        let plugin = errors(&format!("version: 1\nplugins: [{{ use: '{source}' }}]\n"));
        let glob = errors(&with(&format!("  - {{ match: '{source}', key: k }}")));
        for error in [plugin, glob] {
            assert!(error.contains("hint: "), "{source}: {error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
    }
}

#[test]
fn the_schema_knows_the_shape() {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    let valid = |verify: serde_json::Value| {
        validator.is_valid(&serde_json::json!({"version": 1, "verify": verify}))
    };
    use serde_json::json;
    assert!(valid(
        json!([{"match": "*", "any_of": [{"key": "a"}, {"all_of": [{"key": "b", "annotations": {"x": "y"}}]}]}])
    ));
    assert!(!valid(json!([{"match": "*", "any_of": [{"keys": "a"}]}])));
    assert!(!valid(json!([{"match": "builtin:*", "key": "a"}])));
    assert!(!valid(json!([{"key": "a"}])));
}
