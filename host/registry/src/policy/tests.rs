use std::sync::LazyLock;

use super::*;
use crate::file::sign_bytes;
use crate::keys::{Algorithm, PrivateKey};

const NAME: &str = "ghcr.io/acme/guard";
static IMAGE: LazyLock<Digest> = LazyLock::new(|| Digest::of(b"image"));
static A: LazyLock<PrivateKey> = LazyLock::new(|| PrivateKey::generate(Algorithm::P256).unwrap());
static B: LazyLock<PrivateKey> =
    LazyLock::new(|| PrivateKey::generate(Algorithm::Ed25519).unwrap());

fn env(value: &str) -> BTreeMap<String, String> {
    BTreeMap::from([("env".to_owned(), value.to_owned())])
}

fn signature(
    key: &PrivateKey,
    name: &str,
    image: &Digest,
    annotations: &BTreeMap<String, String>,
) -> Signature {
    let payload = payload::write(name, *image, annotations).unwrap();
    Signature {
        signature: sign_bytes(key, &payload),
        payload,
    }
}

fn good(key: &PrivateKey) -> Signature {
    signature(key, NAME, &IMAGE, &BTreeMap::new())
}

fn key(name: &str, key: &PrivateKey) -> Policy {
    Policy::key(name, &key.public().to_pem().unwrap(), BTreeMap::new()).unwrap()
}

fn check(policy: &Policy, signatures: &[Signature]) -> Result<(), String> {
    let image = Image {
        name: Some(NAME),
        digest: &IMAGE,
    };
    policy
        .check(image, signatures)
        .map_err(|error| error.to_string())
}

#[track_caller]
fn refused(policy: &Policy, signatures: &[Signature], words: &str) {
    let error = check(policy, signatures).unwrap_err();
    assert!(error.contains(words), "{error}");
    assert!(error.contains("\nhint: "), "{error}");
}

#[test]
fn one_key() {
    for private in [&*A, &*B] {
        let policy = key("k", private);
        check(&policy, &[good(private)]).unwrap();
        refused(&policy, &[], "k: there is no signature");
    }
    // What others have put beside it is in nobody's way.
    let junk = Signature {
        payload: b"{".to_vec(),
        signature: "%".to_owned(),
    };
    check(&key("k", &A), &[junk.clone(), good(&B), good(&A)]).unwrap();
    refused(
        &key("k", &A),
        &[junk, good(&B)],
        "none of 2 signatures is by this key",
    );
    refused(
        &key("k", &A),
        &[good(&B)],
        "the one signature is not by this key",
    );
}

#[test]
fn a_signature_that_is_not_whole_is_none() {
    let policy = key("k", &A);
    let changed = |change: &dyn Fn(&mut Signature)| {
        let mut signature = good(&A);
        change(&mut signature);
        [signature]
    };
    refused(&policy, &changed(&|s| s.signature.clear()), "empty");
    refused(&policy, &changed(&|s| s.signature.truncate(93)), "base64");
    refused(&policy, &changed(&|s| s.signature.push('\n')), "base64");
    refused(
        &policy,
        &changed(&|s| s.signature = "AAAA".to_owned()),
        "not by this key",
    );
    refused(
        &policy,
        &changed(&|s| s.payload.push(b' ')),
        "not by this key",
    );
    refused(&policy, &changed(&|s| s.payload.clear()), "not by this key");
}

#[test]
fn a_signature_of_something_else_is_none() {
    let policy = key("k", &A);
    let none = BTreeMap::new();
    let of_other = signature(&A, NAME, &Digest::of(b"other"), &none);
    refused(&policy, &[of_other], "signed another image");
    let elsewhere = signature(&A, "ghcr.io/evil/guard", &IMAGE, &none);
    refused(
        &policy,
        std::slice::from_ref(&elsewhere),
        "another repository: `ghcr.io/evil/guard`",
    );
    let anywhere = Image {
        name: None,
        digest: &IMAGE,
    };
    policy.check(anywhere, &[elsewhere]).unwrap();
    // Two signatures whose statements have changed places.
    let (first, second) = (good(&A), signature(&A, NAME, &IMAGE, &env("prod")));
    let moved = [
        Signature {
            payload: second.payload.clone(),
            ..first.clone()
        },
        Signature {
            payload: first.payload,
            ..second
        },
    ];
    refused(&policy, &moved, "none of 2 signatures");
    // A file's signature is not an image's.
    let text = b"#!/bin/sh".to_vec();
    let of_file = Signature {
        signature: sign_bytes(&A, &text),
        payload: text,
    };
    refused(&policy, &[of_file], "not a statement about an image");
}

#[test]
fn annotations_are_demanded_of_the_signature_by_that_key() {
    let pem = A.public().to_pem().unwrap();
    let policy = Policy::key("k", &pem, env("prod")).unwrap();
    check(&policy, &[signature(&A, NAME, &IMAGE, &env("prod"))]).unwrap();
    refused(&policy, &[good(&A)], "no annotation `env`");
    refused(
        &policy,
        &[signature(&A, NAME, &IMAGE, &env("test"))],
        "`env` is not `prod`",
    );
    let by_other = signature(&B, NAME, &IMAGE, &env("prod"));
    refused(&policy, &[good(&A), by_other], "no annotation `env`");
}

#[test]
fn trees_of_keys() {
    let (a, b) = (key("a.pub", &A), key("b.pub", &B));
    let all = Policy::AllOf(vec![a.clone(), b.clone()]);
    let any = Policy::AnyOf(vec![a.clone(), b.clone()]);
    check(&all, &[good(&A), good(&B)]).unwrap();
    check(&any, &[good(&B)]).unwrap();
    refused(
        &all,
        &[good(&A)],
        "b.pub: the one signature is not by this key",
    );
    let error = check(&any, &[]).unwrap_err();
    assert!(
        error.contains("a.pub: ") && error.contains("b.pub: "),
        "{error}"
    );
    let nested = Policy::AnyOf(vec![Policy::AllOf(vec![a, b.clone()]), b]);
    check(&nested, &[good(&B)]).unwrap();
    assert!(check(&nested, &[good(&A)]).is_err());
    // Nothing is demanded in vain.
    for empty in [Policy::AllOf(vec![]), Policy::AnyOf(vec![])] {
        refused(&empty, &[good(&A)], "names no key");
        assert!(check(&Policy::AllOf(vec![empty, key("a", &A)]), &[good(&A)]).is_err());
    }
}

#[test]
fn one_signer_is_not_two() {
    let twice = Policy::AllOf(vec![key("a.pub", &A), key("copy.pub", &A)]);
    refused(
        &twice,
        &[good(&A), good(&A)],
        "copy.pub: the same key as a.pub: one signer counts once",
    );
    let text = sign_bytes(&A, b"component");
    assert!(twice.check_file("x.wasm", b"component", &text).is_err());
    let any = Policy::AnyOf(vec![key("a.pub", &A), key("copy.pub", &A)]);
    check(&any, &[good(&A)]).unwrap();
}

#[test]
fn files() {
    let policy = Policy::AllOf(vec![key("a", &A), key("b", &B)]);
    let bytes = b"component";
    let both = format!("{}\n{}\n", sign_bytes(&A, bytes), sign_bytes(&B, bytes));
    policy.check_file("x.wasm", bytes, &both).unwrap();
    let error = |bytes: &[u8], text: &str| {
        policy
            .check_file("x.wasm", bytes, text)
            .unwrap_err()
            .to_string()
    };
    assert!(error(b"componenu", &both).contains("none of 2"));
    assert!(error(bytes, "").starts_with("x.wasm: not signed"));
    assert!(error(bytes, &sign_bytes(&A, bytes)).contains("b: the one signature"));
    let demanding = Policy::key("a", &A.public().to_pem().unwrap(), env("prod")).unwrap();
    let refusal = demanding
        .check_file("x.wasm", bytes, &both)
        .unwrap_err()
        .to_string();
    assert!(refusal.contains("carries no annotations"), "{refusal}");
}

#[test]
fn files_are_signed_beside_themselves() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("x.wasm");
    std::fs::write(&file, b"component").unwrap();
    assert_eq!(crate::read_signatures(&file).unwrap(), None);
    for key in [&*A, &*B, &*A] {
        let path = crate::sign_file(key, &file).unwrap();
        assert_eq!(path, folder.path().join("x.wasm.sig"));
    }
    let text = crate::read_signatures(&file).unwrap().unwrap();
    assert_eq!(text.lines().count(), 2);
    let policy = Policy::AllOf(vec![key("a", &A), key("b", &B)]);
    policy.check_file("x.wasm", b"component", &text).unwrap();
}
