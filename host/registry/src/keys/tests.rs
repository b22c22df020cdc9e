use std::os::unix::fs::PermissionsExt as _;

use base64::Engine as _;
use proptest::prelude::*;

use super::*;

/// Keys and signatures that openssl made.
macro_rules! fixture {
    ($name:literal) => {
        include_str!(concat!("../../tests/keys/", $name))
    };
}

const PAIRS: [(&str, &str, &str); 2] = [
    (
        fixture!("p256.key"),
        fixture!("p256.pub"),
        fixture!("p256.sig"),
    ),
    (
        fixture!("ed25519.key"),
        fixture!("ed25519.pub"),
        fixture!("ed25519.sig"),
    ),
];

fn decoded(text: &str) -> Vec<u8> {
    base64::engine::general_purpose::STANDARD
        .decode(text)
        .unwrap()
}

#[test]
fn what_openssl_made_is_read_and_verified() {
    for (private, public, signature) in PAIRS {
        let public = PublicKey::from_pem(public).unwrap();
        let private = PrivateKey::from_pem(private).unwrap();
        assert_eq!(private.public(), public);
        assert!(public.verify(b"a message", &decoded(signature)));
        assert!(!public.verify(b"a messagf", &decoded(signature)));
        assert!(public.verify(b"a message", &private.sign(b"a message")));
        assert_eq!(
            public.to_pem().unwrap(),
            PAIRS.iter().find(|pair| pair.2 == signature).unwrap().1
        );
    }
}

#[test]
fn a_new_key_survives_its_pem_and_signs_the_same_each_time() {
    for algorithm in [Algorithm::P256, Algorithm::Ed25519] {
        let key = PrivateKey::generate(algorithm).unwrap();
        let again = PrivateKey::from_pem(&key.to_pem().unwrap()).unwrap();
        assert_eq!(again.public(), key.public());
        assert_eq!(key.public().algorithm(), algorithm);
        assert_eq!(key.sign(b"x"), again.sign(b"x"));
        let other = PrivateKey::generate(algorithm).unwrap();
        assert_ne!(other.public().fingerprint(), key.public().fingerprint());
        assert!(!other.public().verify(b"x", &key.sign(b"x")));
        let shown = format!("{key:?}");
        assert!(
            shown.starts_with("PrivateKey(") && shown.len() < 24,
            "{shown}"
        );
    }
}

#[test]
fn a_signature_of_the_other_algorithm_or_a_broken_one_is_none() {
    let keys = PAIRS.map(|(private, ..)| PrivateKey::from_pem(private).unwrap());
    let [p256, ed25519] = &keys;
    assert!(!p256.public().verify(b"x", &ed25519.sign(b"x")));
    assert!(!ed25519.public().verify(b"x", &p256.sign(b"x")));
    for key in &keys {
        let good = key.sign(b"x");
        for end in 0..good.len() {
            assert!(!key.public().verify(b"x", &good[..end]));
        }
        let mut long = good.clone();
        long.push(0);
        assert!(!key.public().verify(b"x", &long));
        assert!(!key.public().verify(b"x", &[0; 64]));
        assert!(!key.public().verify(b"", &[]));
    }
    // r = s = 0, which some implementations took for a signature of everything.
    assert!(!p256.public().verify(b"x", &[0x30, 6, 2, 1, 0, 2, 1, 0]));
}

#[test]
fn an_ed25519_key_that_anyone_can_sign_for_is_refused() {
    // The neutral element: a signature of zeros would fit every message.
    let mut der = vec![0x30, 0x2a, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 3, 0x21, 0, 1];
    der.extend([0; 31]);
    let text = base64::engine::general_purpose::STANDARD.encode(der);
    let pem = format!("-----BEGIN PUBLIC KEY-----\n{text}\n-----END PUBLIC KEY-----\n");
    let error = PublicKey::from_pem(&pem).unwrap_err().to_string();
    assert!(error.contains("anyone can sign"), "{error}");
}

#[test]
fn what_is_no_usable_key_is_refused_with_the_way_out() {
    for (pem, words) in [
        (fixture!("encrypted.key"), "openssl pkcs8 -in"),
        (fixture!("sec1.key"), "-topk8"),
        (fixture!("p256.pub"), "without `.pub`"),
        (
            "-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\nx",
            "cosign itself",
        ),
        (
            "-----BEGIN ENCRYPTED COSIGN PRIVATE KEY-----\nx",
            "cosign itself",
        ),
        (
            "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----",
            "damaged",
        ),
        ("hunter2", "keygen"),
    ] {
        let error = PrivateKey::from_pem(pem).unwrap_err().to_string();
        assert!(
            error.contains(words) && error.contains("\nhint: "),
            "{error}"
        );
        assert!(!error.contains("hunter2"), "{error}");
    }
    for (pem, words) in [
        (fixture!("p256.key"), "stays with who signs"),
        (fixture!("rsa.pub"), "neither ECDSA on P-256 nor Ed25519"),
        (fixture!("p384.pub"), "neither ECDSA on P-256 nor Ed25519"),
        ("-----BEGIN CERTIFICATE-----\nx", "openssl x509"),
        ("", "not a public key"),
        ("ssh-ed25519 AAAA", "not a public key"),
    ] {
        let error = PublicKey::from_pem(pem).unwrap_err().to_string();
        assert!(
            error.contains(words) && error.contains("\nhint: "),
            "{error}"
        );
    }
}

#[test]
fn key_files_are_for_their_owner_and_never_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let (private, public) = (folder.path().join("k.key"), folder.path().join("k.pub"));
    let key = PrivateKey::generate(Algorithm::Ed25519).unwrap();
    key.write(&private, &public).unwrap();
    let mode = std::fs::metadata(&private).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let before = std::fs::read(&private).unwrap();
    let other = PrivateKey::generate(Algorithm::Ed25519).unwrap();
    let error = other
        .write(&private, &folder.path().join("other.pub"))
        .unwrap_err();
    assert!(error.to_string().contains("never overwritten"), "{error}");
    assert!(
        other
            .write(&folder.path().join("other.key"), &public)
            .is_err()
    );
    assert_eq!(std::fs::read(&private).unwrap(), before);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
}

proptest! {
    #[test]
    fn no_text_makes_reading_panic(text in "(-----BEGIN (PUBLIC|PRIVATE) KEY-----\n)?[A-Za-z0-9+/=\n]{0,80}(\n-----END (PUBLIC|PRIVATE) KEY-----)?") {
        prop_assert!(PublicKey::from_pem(&text).is_err());
        prop_assert!(PrivateKey::from_pem(&text).is_err());
    }
}
