//! Against a real registry: what is there and is no plugin, and what never gets there.

mod support;

use caponier_registry::{Digest, Error, Reference};
use serde_json::{Value, json};
use support::{Registry, client, component, metadata};

#[tokio::test]
async fn what_is_no_plugin_is_refused_by_name() {
    let registry = Registry::start();
    let client = client(None);
    let bytes = component("one");
    let digest = client
        .push(&registry.reference("x:good"), &bytes, &metadata())
        .await
        .unwrap();
    let manifest: Value =
        serde_json::from_slice(&std::fs::read(registry.blob(&digest)).unwrap()).unwrap();
    let put = |tag: &str, value: &Value| {
        let content_type = value["mediaType"].as_str().unwrap();
        let body = serde_json::to_vec(value).unwrap();
        assert_eq!(
            registry.put(&format!("/v2/x/manifests/{tag}"), content_type, &body),
            201,
            "{tag}"
        );
    };
    let changed = |pointer: &str, to: Value| {
        let mut copy = manifest.clone();
        *copy.pointer_mut(pointer).unwrap() = to;
        copy
    };
    let described = |media_type: &str, blob: &[u8]| {
        registry.put_blob("x", blob);
        json!({"mediaType": media_type, "digest": Digest::of(blob), "size": blob.len()})
    };
    let layer = manifest["layers"][0].clone();
    let config = |change: &dyn Fn(&mut Value)| {
        let digest = manifest["config"]["digest"]
            .as_str()
            .unwrap()
            .parse()
            .unwrap();
        let mut config =
            serde_json::from_slice(&std::fs::read(registry.blob(&digest)).unwrap()).unwrap();
        change(&mut config);
        described(
            "application/vnd.wasm.config.v0+json",
            &serde_json::to_vec(&config).unwrap(),
        )
    };
    let module = wat::parse_str("(module)").unwrap();
    let module_layer = described("application/wasm", &module);
    let mut of_module = changed("/layers", json!([module_layer]));
    of_module["config"] = config(&|config| config["layerDigests"] = json!([Digest::of(&module)]));
    let image = "application/vnd.oci.image.config.v1+json";
    let tar = "application/vnd.oci.image.layer.v1.tar+gzip";
    let mut container = changed(
        "/config",
        described(image, b"{\"architecture\":\"amd64\",\"os\":\"linux\"}"),
    );
    container["layers"] = json!([described(tar, b"tar")]);
    let index = json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.index.v1+json",
        "manifests": [{"mediaType": manifest["mediaType"], "digest": digest, "size": std::fs::metadata(registry.blob(&digest)).unwrap().len()}],
    });
    let cases: Vec<(&str, Value, &str)> = vec![
        ("container", container, "an ordinary container image"),
        ("index", index, "a list of manifests, not a plugin"),
        (
            "layers",
            changed("/layers", json!([layer, layer])),
            "2 layers",
        ),
        ("none", changed("/layers", json!([])), "0 layers"),
        (
            "layer",
            changed("/layers/0/mediaType", json!("text/plain")),
            "of type `text/plain`",
        ),
        (
            "config",
            changed("/config/mediaType", json!("text/plain")),
            "its config is of type `text/plain`",
        ),
        (
            "arch",
            changed(
                "/config",
                config(&|config| config["architecture"] = json!("amd64")),
            ),
            "another architecture",
        ),
        (
            "other",
            changed(
                "/config",
                config(&|config| config["layerDigests"] = json!([digest])),
            ),
            "another layer than its manifest",
        ),
        (
            "form",
            changed("/config", config(&|config| config["os"] = json!(1))),
            "its config cannot be read",
        ),
        (
            "module",
            of_module,
            "a core WebAssembly module, not a component",
        ),
    ];
    for (tag, value, words) in cases {
        put(tag, &value);
        let error = client
            .pull(&registry.reference(&format!("x:{tag}")))
            .await
            .unwrap_err();
        let text = error.to_string();
        assert!(text.contains(words), "{tag}: {text}");
        assert!(
            text.contains(&format!("x:{tag}: ")) && text.contains("\nhint: "),
            "{text}"
        );
    }
    // What other tools write is a plugin.
    let mut older = changed(
        "/config",
        described("application/vnd.wasm.config.v1+json", b"{}"),
    );
    older["layers"][0]["mediaType"] = json!("application/vnd.wasm.content.layer.v1+wasm");
    put("older", &older);
    assert_eq!(
        client
            .pull(&registry.reference("x:older"))
            .await
            .unwrap()
            .bytes,
        bytes
    );
}

#[tokio::test]
async fn what_is_not_there_is_said_so() {
    let registry = Registry::start();
    let client = client(None);
    for rest in [
        "acme/none:1".to_owned(),
        format!("acme/none@{}", Digest::of(b"")),
    ] {
        let error = client.pull(&registry.reference(&rest)).await.unwrap_err();
        assert!(matches!(error, Error::NotFound { .. }), "{error}");
    }
    let dead: Reference = format!("oci://127.0.0.1:{}/x:1", support::free_port())
        .parse()
        .unwrap();
    let error = client.pull(&dead).await.unwrap_err().to_string();
    assert!(
        error.contains("no answer") && error.contains("refused"),
        "{error}"
    );
}

#[tokio::test]
async fn what_cannot_be_a_plugin_is_not_pushed() {
    let registry = Registry::start();
    let client = client(None);
    let place = registry.reference("x:1");
    let module = wat::parse_str("(module)").unwrap();
    let good = component("one");
    for bytes in [&module[..], b"", b"text", &good[..good.len() - 1]] {
        let error = client.push(&place, bytes, &metadata()).await.unwrap_err();
        assert!(matches!(error, Error::NotAComponent { .. }), "{error}");
    }
    let huge = vec![0; usize::try_from(caponier_registry::MAX_COMPONENT).unwrap() + 1];
    let error = client.push(&place, &huge, &metadata()).await.unwrap_err();
    assert!(matches!(error, Error::TooLarge { .. }), "{error}");
    let named = place.at(Digest::of(b"other"));
    let error = client.push(&named, &good, &metadata()).await.unwrap_err();
    assert!(error.to_string().contains("another digest"), "{error}");
    assert!(matches!(
        client.pull(&place).await.unwrap_err(),
        Error::NotFound { .. }
    ));
}
