//! Signatures in a real registry: made, kept, demanded, forged.

#![expect(clippy::unwrap_used, reason = "a test's helpers fail the test")]

mod support;

use std::collections::BTreeMap;

use caponier_registry::{
    Algorithm, Client, Demands, Digest, Error, Image, Plugin, Policy, PrivateKey, Reference,
};
use serde_json::{Value, json};
use support::{Registry, client, component, metadata};

fn key(name: &str, key: &PrivateKey) -> Policy {
    Policy::key(name, &key.public().to_pem().unwrap(), BTreeMap::new()).unwrap()
}

fn pair() -> (PrivateKey, PrivateKey) {
    let make = |algorithm| PrivateKey::generate(algorithm).unwrap();
    (make(Algorithm::P256), make(Algorithm::Ed25519))
}

async fn pull(client: &Client, from: &Reference, policy: &Policy) -> Result<Plugin, Error> {
    let demands = Demands {
        policy: Some(policy),
        ..Demands::default()
    };
    client.pull_as(from, demands).await
}

async fn refused(client: &Client, from: &Reference, policy: &Policy, words: &str) {
    let error = pull(client, from, policy).await.unwrap_err();
    assert!(matches!(error, Error::Unverified(_)), "{error}");
    let text = error.to_string();
    assert!(text.contains(words) && text.contains("\nhint: "), "{text}");
}

/// The manifest under which the signatures of a digest lie, changed and put back.
fn change_signatures(
    registry: &Registry,
    manifest: &Digest,
    to: &Digest,
    change: impl Fn(&mut Value),
) {
    let mut value: Value =
        serde_json::from_slice(&std::fs::read(registry.blob(manifest)).unwrap()).unwrap();
    change(&mut value);
    let path = format!("/v2/acme/guard/manifests/sha256-{}.sig", to.hex());
    let body = serde_json::to_vec(&value).unwrap();
    let media_type = "application/vnd.oci.image.manifest.v1+json";
    assert_eq!(registry.put(&path, media_type, &body), 201);
}

#[tokio::test]
async fn signatures_are_added_and_demanded() {
    let registry = Registry::start();
    let client = client(None);
    let place = registry.reference("acme/guard:1");
    let digest = client
        .push(&place, &component("one"), &metadata())
        .await
        .unwrap();
    let (a, b) = pair();
    let (by_a, by_b) = (key("a.pub", &a), key("b.pub", &b));
    refused(&client, &place, &by_a, "a.pub: there is no signature").await;
    assert_eq!(
        client.sign(&place, &a, &BTreeMap::new()).await.unwrap(),
        digest
    );
    pull(&client, &place, &by_a).await.unwrap();
    refused(
        &client,
        &place,
        &by_b,
        "b.pub: the one signature is not by this key",
    )
    .await;
    let both = Policy::AllOf(vec![by_a.clone(), by_b.clone()]);
    refused(&client, &place, &both, "b.pub: ").await;
    let env = BTreeMap::from([("env".to_owned(), "prod".to_owned())]);
    client.sign(&place.at(digest), &b, &env).await.unwrap();
    pull(&client, &place, &both).await.unwrap();
    // Once more changes nothing.
    client.sign(&place, &b, &env).await.unwrap();
    assert_eq!(client.signatures(&place, &digest).await.unwrap().len(), 2);
    let demanding = |value: &str| {
        let annotations = BTreeMap::from([("env".to_owned(), value.to_owned())]);
        Policy::key("b.pub", &b.public().to_pem().unwrap(), annotations).unwrap()
    };
    pull(&client, &place, &demanding("prod")).await.unwrap();
    refused(&client, &place, &demanding("test"), "`env` is not `test`").await;
}

#[tokio::test]
async fn the_layout_is_the_one_of_cosign() {
    let registry = Registry::start();
    let client = client(None);
    let place = registry.reference("acme/guard:1");
    let digest = client
        .push(&place, &component("one"), &metadata())
        .await
        .unwrap();
    let (a, _) = pair();
    client.sign(&place, &a, &BTreeMap::new()).await.unwrap();
    let tag = registry.reference(&format!("acme/guard:sha256-{}.sig", digest.hex()));
    let manifest = client.resolve(&tag).await.unwrap();
    let read = |digest: &Digest| std::fs::read(registry.blob(digest)).unwrap();
    let manifest: Value = serde_json::from_slice(&read(&manifest)).unwrap();
    let [signature] = &client.signatures(&place, &digest).await.unwrap()[..] else {
        panic!("one signature");
    };
    let payload = format!(
        r#"{{"critical":{{"identity":{{"docker-reference":"127.0.0.1:{}/acme/guard"}},"image":{{"docker-manifest-digest":"{digest}"}},"type":"cosign container image signature"}},"optional":null}}"#,
        registry.port
    );
    assert_eq!(String::from_utf8_lossy(&signature.payload), payload);
    assert_eq!(
        manifest["layers"],
        json!([{
            "mediaType": "application/vnd.dev.cosign.simplesigning.v1+json",
            "digest": Digest::of(payload.as_bytes()),
            "size": payload.len(),
            "annotations": {"dev.cosignproject.cosign/signature": signature.signature},
        }])
    );
    let config: Value = serde_json::from_slice(&read(
        &manifest["config"]["digest"]
            .as_str()
            .unwrap()
            .parse()
            .unwrap(),
    ))
    .unwrap();
    assert_eq!(
        config["rootfs"]["diff_ids"],
        json!([Digest::of(payload.as_bytes())])
    );
}

#[tokio::test]
async fn a_signature_does_not_move() {
    let registry = Registry::start();
    let client = client(None);
    let place = registry.reference("acme/guard:1");
    let one = client
        .push(&place, &component("one"), &metadata())
        .await
        .unwrap();
    let (a, b) = pair();
    let by_a = key("a.pub", &a);
    client.sign(&place, &a, &BTreeMap::new()).await.unwrap();
    let tag =
        |digest: &Digest| registry.reference(&format!("acme/guard:sha256-{}.sig", digest.hex()));
    let signatures = client.resolve(&tag(&one)).await.unwrap();
    // To another image of the repository.
    let evil = client
        .push(
            &registry.reference("acme/guard:2"),
            &component("evil"),
            &metadata(),
        )
        .await
        .unwrap();
    change_signatures(&registry, &signatures, &evil, |_| {});
    refused(&client, &place.at(evil), &by_a, "signed another image").await;
    // To another repository.
    let other = registry.reference("evil/guard:1");
    client
        .push(&other, &component("one"), &metadata())
        .await
        .unwrap();
    client.sign(&other, &a, &BTreeMap::new()).await.unwrap();
    let theirs = client.signatures(&other, &one).await.unwrap();
    let name = place.name();
    let image = Image {
        name: Some(&name),
        digest: &one,
    };
    let error = by_a.check(image, &theirs).unwrap_err().to_string();
    assert!(error.contains("evil/guard"), "{error}");
    let mirrored = Demands {
        policy: Some(&by_a),
        any_repository: true,
        ..Demands::default()
    };
    client.pull_as(&other, mirrored).await.unwrap();
    // From one statement to another: two signatures that have changed places.
    let env = BTreeMap::from([("env".to_owned(), "prod".to_owned())]);
    client.sign(&place, &b, &env).await.unwrap();
    pull(&client, &place, &by_a).await.unwrap();
    let signatures = client.resolve(&tag(&one)).await.unwrap();
    change_signatures(&registry, &signatures, &one, |value| {
        let first = value["layers"][0]["annotations"].take();
        value["layers"][0]["annotations"] = value["layers"][1]["annotations"].take();
        value["layers"][1]["annotations"] = first;
    });
    refused(
        &client,
        &place,
        &by_a,
        "none of 2 signatures is by this key",
    )
    .await;
}

#[tokio::test]
async fn signatures_that_were_tampered_with_are_refused() {
    let registry = Registry::start();
    let client = client(None);
    let place = registry.reference("acme/guard:1");
    let digest = client
        .push(&place, &component("one"), &metadata())
        .await
        .unwrap();
    let (a, _) = pair();
    let by_a = key("a.pub", &a);
    client.sign(&place, &a, &BTreeMap::new()).await.unwrap();
    let tag = registry.reference(&format!("acme/guard:sha256-{}.sig", digest.hex()));
    let manifest = client.resolve(&tag).await.unwrap();
    let set = |text: &str| {
        change_signatures(&registry, &manifest, &digest, |value| {
            value["layers"][0]["annotations"]["dev.cosignproject.cosign/signature"] = json!(text);
        });
    };
    let [signature] = &client.signatures(&place, &digest).await.unwrap()[..] else {
        panic!("one signature");
    };
    for (text, words) in [
        ("", "is empty"),
        ("MEUC", "not by this key"),
        ("MEU", "not base64"),
    ] {
        set(text);
        refused(&client, &place, &by_a, words).await;
    }
    change_signatures(&registry, &manifest, &digest, |value| {
        value["layers"][0]["annotations"] = json!({});
    });
    refused(&client, &place, &by_a, "there is no signature").await;
    change_signatures(&registry, &manifest, &digest, |value| {
        value["layers"][0]["mediaType"] = json!("text/plain");
    });
    refused(&client, &place, &by_a, "there is no signature").await;
    set(&signature.signature);
    pull(&client, &place, &by_a).await.unwrap();
    // The statement itself, on the registry's disk.
    let path = registry.blob(&Digest::of(&signature.payload));
    let text = String::from_utf8(signature.payload.clone()).unwrap();
    std::fs::write(&path, text.replace("guard", "gua-d")).unwrap();
    let error = pull(&client, &place, &by_a).await.unwrap_err();
    assert!(matches!(error, Error::Tampered { .. }), "{error}");
}

#[tokio::test]
async fn what_was_verified_once_is_verified_again_with_the_registry_down() {
    let mut registry = Registry::start();
    let folder = tempfile::tempdir().unwrap();
    let client = client(Some(&folder.path().join("cache")));
    let place = registry.reference("acme/guard:1");
    let digest = client
        .push(&place, &component("one"), &metadata())
        .await
        .unwrap();
    let (a, b) = pair();
    client.sign(&place, &a, &BTreeMap::new()).await.unwrap();
    pull(&client, &place, &key("a.pub", &a)).await.unwrap();
    registry.stop();
    let by_digest = place.at(digest);
    pull(&client, &by_digest, &key("a.pub", &a)).await.unwrap();
    // Whether it is signed by another key only the registry could say.
    let offline = async |policy: &Policy| {
        let error = pull(&client, &by_digest, policy).await.unwrap_err();
        assert!(error.is_offline(), "{error}");
    };
    offline(&key("b.pub", &b)).await;
    // The cache is not believed either.
    let kept = Digest::of(format!("{}@{digest}", place.name()).as_bytes());
    let kept = folder.path().join("cache/signatures").join(kept.hex());
    let text = std::fs::read_to_string(&kept).unwrap();
    std::fs::write(
        &kept,
        text.replace("\"signature\":\"M", "\"signature\":\"N"),
    )
    .unwrap();
    offline(&key("a.pub", &a)).await;
    std::fs::remove_file(&kept).unwrap();
    offline(&key("a.pub", &a)).await;
}

#[tokio::test]
async fn nothing_takes_the_place_of_good_signatures_in_the_cache() {
    let mut registry = Registry::start();
    let folder = tempfile::tempdir().unwrap();
    let client = client(Some(&folder.path().join("cache")));
    let (place, other) = (
        registry.reference("acme/guard:1"),
        registry.reference("evil/guard:1"),
    );
    let digest = client
        .push(&place, &component("one"), &metadata())
        .await
        .unwrap();
    let (a, b) = pair();
    let (by_a, by_b) = (key("a.pub", &a), key("b.pub", &b));
    client.sign(&place, &a, &BTreeMap::new()).await.unwrap();
    pull(&client, &place, &by_a).await.unwrap();
    // The same digest from another repository, whose signatures are other ones.
    client
        .push(&other, &component("one"), &metadata())
        .await
        .unwrap();
    client.sign(&other, &b, &BTreeMap::new()).await.unwrap();
    pull(&client, &other, &by_b).await.unwrap();
    refused(&client, &other, &by_a, "not by this key").await;
    // The same repository, which no longer has the good one.
    let tag = |path: &str| registry.reference(&format!("{path}:sha256-{}.sig", digest.hex()));
    let manifest = client.resolve(&tag("acme/guard")).await.unwrap();
    change_signatures(&registry, &manifest, &digest, |value| {
        value["layers"][0]["annotations"]["dev.cosignproject.cosign/signature"] = json!("MEUC");
    });
    assert_eq!(client.signatures(&place, &digest).await.unwrap().len(), 1);
    refused(&client, &place, &by_b, "not by this key").await;
    registry.stop();
    pull(&client, &place.at(digest), &by_a).await.unwrap();
    pull(&client, &other.at(digest), &by_b).await.unwrap();
}
