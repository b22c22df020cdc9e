//! Against a real registry: what is pushed is pulled, and what was changed is not.

#![expect(clippy::unwrap_used, reason = "a test's helpers fail the test")]

mod support;

use caponier_registry::{
    Client, Demands, Digest, Error, Lock, Metadata, Options, Timeouts, blocking,
};
use serde_json::{Value, json};
use support::{Registry, client, component, metadata};

#[tokio::test]
async fn what_is_pushed_is_pulled() {
    let registry = Registry::start();
    let client = client(None);
    let bytes = component("one");
    let place = registry.reference("acme/guard:1.0");
    let digest = client.push(&place, &bytes, &metadata()).await.unwrap();
    for from in [
        place.clone(),
        place.at(digest),
        registry.reference(&format!("acme/guard:gone@{digest}")),
    ] {
        let plugin = client.pull(&from).await.unwrap();
        assert_eq!(
            (plugin.manifest, plugin.component),
            (digest, Digest::of(&bytes))
        );
        assert_eq!(plugin.bytes, bytes);
        assert_eq!(
            plugin.annotations["org.opencontainers.image.version"],
            "1.0.0"
        );
    }
    assert_eq!(client.resolve(&place).await.unwrap(), digest);
    // Again, and elsewhere: the same digest, whoever pushes.
    let elsewhere = registry.reference("other/guard:2");
    assert_eq!(
        client.push(&place, &bytes, &metadata()).await.unwrap(),
        digest
    );
    assert_eq!(
        client.push(&elsewhere, &bytes, &metadata()).await.unwrap(),
        digest
    );
    let later = Metadata {
        created: 86_400,
        ..metadata()
    };
    assert_ne!(
        client.push(&elsewhere, &bytes, &later).await.unwrap(),
        digest
    );
}

#[tokio::test]
async fn the_layout_is_the_one_that_others_read() {
    let registry = Registry::start();
    let bytes = component("one");
    let place = registry.reference("acme/guard:1");
    let digest = client(None)
        .push(&place, &bytes, &metadata())
        .await
        .unwrap();
    let read = |digest: &Digest| -> Value {
        serde_json::from_slice(&std::fs::read(registry.blob(digest)).unwrap()).unwrap()
    };
    let manifest = read(&digest);
    let config_digest = manifest["config"]["digest"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    let layer = Digest::of(&bytes);
    assert_eq!(
        manifest,
        json!({
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": {
                "mediaType": "application/vnd.wasm.config.v0+json",
                "digest": config_digest,
                "size": std::fs::metadata(registry.blob(&config_digest)).unwrap().len(),
            },
            "layers": [{"mediaType": "application/wasm", "digest": layer, "size": bytes.len()}],
            "annotations": {
                "org.opencontainers.image.created": "1970-01-01T00:00:00Z",
                "org.opencontainers.image.licenses": "Apache-2.0",
                "org.opencontainers.image.title": "guard",
                "org.opencontainers.image.version": "1.0.0",
            },
        })
    );
    assert_eq!(
        read(&config_digest),
        json!({
            "created": "1970-01-01T00:00:00Z",
            "architecture": "wasm",
            "os": "wasip2",
            "layerDigests": [layer],
            "component": {"imports": ["caponier:policy/log@0.1.0"], "exports": [], "target": null},
        })
    );
}

#[tokio::test]
async fn bytes_that_were_changed_in_the_registry_are_refused() {
    let registry = Registry::start();
    let client = client(None);
    let bytes = component("one");
    let place = registry.reference("acme/guard:1");
    let digest = client.push(&place, &bytes, &metadata()).await.unwrap();
    // The layer: as long as it was, then longer, then shorter.
    let path = registry.blob(&Digest::of(&bytes));
    let mut other = bytes.clone();
    *other.last_mut().unwrap() ^= 1;
    std::fs::write(&path, &other).unwrap();
    let error = client.pull(&place).await.unwrap_err();
    assert!(matches!(error, Error::Tampered { .. }), "{error}");
    for length in [bytes.len() + 1, bytes.len() - 1] {
        other.resize(length, 0);
        std::fs::write(&path, &other).unwrap();
        let error = client.pull(&place).await.unwrap_err();
        assert!(matches!(error, Error::WrongSize { .. }), "{error}");
    }
    std::fs::write(&path, &bytes).unwrap();
    client.pull(&place).await.unwrap();
    // The manifest, by tag and by digest.
    let path = registry.blob(&digest);
    let manifest = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, manifest.replace("1.0.0", "1.0.1")).unwrap();
    for from in [place.clone(), place.at(digest)] {
        let error = client.pull(&from).await.unwrap_err();
        assert!(matches!(error, Error::Tampered { .. }), "{error}");
        assert!(error.to_string().contains("\nhint: "), "{error}");
    }
}

#[tokio::test]
async fn a_tag_that_was_moved_is_refused_until_the_lock_file_agrees() {
    let registry = Registry::start();
    let client = client(None);
    let place = registry.reference("acme/guard:1");
    client
        .push(&place, &component("one"), &metadata())
        .await
        .unwrap();
    let source = place.to_string();
    let mut lock = Lock::default();
    let first = client.pull(&place).await.unwrap();
    lock.set(&source, first.locked()).unwrap();
    let lock = Lock::parse("caponier.lock", &lock.render()).unwrap();
    let demands = Demands {
        locked: lock.get(&source),
        ..Demands::default()
    };
    assert_eq!(
        client.pull_as(&place, demands).await.unwrap().bytes,
        first.bytes
    );
    let moved = client
        .push(&place, &component("two"), &metadata())
        .await
        .unwrap();
    let error = client.pull_as(&place, demands).await.unwrap_err();
    assert!(matches!(error, Error::Moved { .. }));
    let text = error.to_string();
    for part in [
        source.as_str(),
        &moved.to_string(),
        &first.manifest.to_string(),
        "caponier.lock",
    ] {
        assert!(text.contains(part), "{text}");
    }
    // By the old digest it is still there.
    client
        .pull_as(&place.at(first.manifest), demands)
        .await
        .unwrap();
    let error = client.pull_as(&place.at(moved), demands).await.unwrap_err();
    assert!(matches!(error, Error::LockMismatch { .. }), "{error}");
    // A lock that names another component for the same manifest is refused too.
    let mut wrong = first.locked();
    wrong.component = Digest::of(b"other");
    let demands = Demands {
        locked: Some(&wrong),
        ..Demands::default()
    };
    let error = client
        .pull_as(&place.at(first.manifest), demands)
        .await
        .unwrap_err();
    assert!(matches!(error, Error::LockMismatch { .. }), "{error}");
}

#[tokio::test]
async fn with_the_registry_down_the_cache_serves_by_digest_and_does_not_pretend_by_tag() {
    let mut registry = Registry::start();
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("cache");
    let client = client(Some(&root));
    let bytes = component("one");
    let place = registry.reference("acme/guard:1");
    let digest = client.push(&place, &bytes, &metadata()).await.unwrap();
    let pulled = client.pull(&place).await.unwrap();
    registry.stop();
    let by_digest = place.at(digest);
    assert_eq!(client.pull(&by_digest).await.unwrap().bytes, bytes);
    let error = client.pull(&place).await.unwrap_err();
    assert!(
        matches!(error, Error::Unreachable { .. }) && error.is_offline(),
        "{error}"
    );
    // What the lock file names needs no tag.
    let locked = pulled.locked();
    let demands = Demands {
        locked: Some(&locked),
        ..Demands::default()
    };
    assert_eq!(client.pull_as(&place, demands).await.unwrap().bytes, bytes);
    // What was changed in the cache is not used.
    let kept = root.join("blobs/sha256").join(Digest::of(&bytes).hex());
    std::fs::write(&kept, component("evil")).unwrap();
    let error = client.pull(&by_digest).await.unwrap_err();
    assert!(matches!(error, Error::Unreachable { .. }), "{error}");
}

fn with_config(text: &str) -> (tempfile::TempDir, Client) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("config.json"), text).unwrap();
    let client = Client::new(Options {
        docker_config: Some(folder.path().to_owned()),
        cache: None,
        timeouts: Timeouts::default(),
    });
    (folder, client.unwrap())
}

#[tokio::test]
async fn credentials_are_taken_from_docker_and_never_shown() {
    let registry = Registry::locked();
    let place = registry.reference("acme/guard:1");
    let bytes = component("one");
    let host = place.host();
    // base64 of `me:correct horse` and `me:battery staple`.
    let right = format!(r#"{{"auths": {{"{host}": {{"auth": "bWU6Y29ycmVjdCBob3JzZQ=="}}}}}}"#);
    let wrong = format!(r#"{{"auths": {{"{host}": {{"auth": "bWU6YmF0dGVyeSBzdGFwbGU="}}}}}}"#);
    let (_one, good) = with_config(&right);
    good.push(&place, &bytes, &metadata()).await.unwrap();
    assert_eq!(good.pull(&place).await.unwrap().bytes, bytes);
    let (_two, bad) = with_config(&wrong);
    let error = bad.pull(&place).await.unwrap_err();
    assert!(
        matches!(
            error,
            Error::Denied {
                with_credentials: true,
                ..
            }
        ),
        "{error}"
    );
    for text in [error.to_string(), format!("{error:?}")] {
        assert!(
            !text.contains("battery") && !text.contains("YmF0dGVyeSB"),
            "{text}"
        );
    }
    let error = bad.push(&place, &bytes, &metadata()).await.unwrap_err();
    assert!(matches!(error, Error::Denied { .. }), "{error}");
    let (_three, none) = with_config("{}");
    let error = none.pull(&place).await.unwrap_err();
    assert!(
        matches!(
            error,
            Error::Denied {
                with_credentials: false,
                ..
            }
        ),
        "{error}"
    );
    assert!(error.to_string().contains("docker login"), "{error}");
}

#[tokio::test]
async fn an_image_layout_is_pushed_as_it_is() {
    let registry = Registry::start();
    let client = client(None);
    let folder = tempfile::tempdir().unwrap();
    let blobs = folder.path().join("blobs/sha256");
    std::fs::create_dir_all(&blobs).unwrap();
    let write = |bytes: &[u8]| {
        let digest = Digest::of(bytes);
        std::fs::write(blobs.join(digest.hex()), bytes).unwrap();
        digest
    };
    let described = |media_type: &str, bytes: &[u8]| json!({"mediaType": media_type, "digest": write(bytes), "size": bytes.len()});
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": described("application/vnd.oci.image.config.v1+json", b"{}"),
        "layers": [described("application/vnd.oci.image.layer.v1.tar+gzip", b"a layer")],
        "x-unknown": "kept",
    });
    let manifest = serde_json::to_vec(&manifest).unwrap();
    let entry = described("application/vnd.oci.image.manifest.v1+json", &manifest);
    let index = |entries: Vec<&Value>| {
        let text = json!({"schemaVersion": 2, "manifests": entries}).to_string();
        std::fs::write(folder.path().join("index.json"), text).unwrap();
    };
    let place = registry.reference("acme/packed:1");
    let error = client
        .push_layout(&place, folder.path())
        .await
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("index.json") && error.contains("pack --oci"),
        "{error}"
    );
    index(vec![&entry]);
    let digest = client.push_layout(&place, folder.path()).await.unwrap();
    assert_eq!(digest, Digest::of(&manifest));
    assert_eq!(std::fs::read(registry.blob(&digest)).unwrap(), manifest);
    assert_eq!(client.resolve(&place).await.unwrap(), digest);
    index(vec![&entry, &entry]);
    let error = client
        .push_layout(&place, folder.path())
        .await
        .unwrap_err()
        .to_string();
    assert!(error.contains("2 images"), "{error}");
    index(vec![&entry]);
    std::fs::write(blobs.join(Digest::of(b"a layer").hex()), b"another").unwrap();
    let error = client.push_layout(&place, folder.path()).await.unwrap_err();
    assert!(matches!(error, Error::Tampered { .. }), "{error}");
}

#[tokio::test]
async fn the_waiting_client_works_within_a_runtime_too() {
    let registry = Registry::start();
    let client = blocking::Client::new(Options {
        docker_config: None,
        ..Options::default()
    })
    .unwrap();
    let place = registry.reference("acme/guard:1");
    let digest = client.push(&place, &component("one"), &metadata()).unwrap();
    assert_eq!(client.pull(&place).unwrap().manifest, digest);
    assert_eq!(client.resolve(&place).unwrap(), digest);
}
