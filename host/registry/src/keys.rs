//! Keys that sign plugins: ECDSA on P-256, as cosign makes them, and Ed25519.

use std::fmt;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use ed25519_dalek::pkcs8::KeypairBytes;
use p256::ecdsa::signature::{Signer as _, Verifier as _};
use p256::pkcs8::{
    DecodePrivateKey as _, DecodePublicKey as _, EncodePrivateKey as _, EncodePublicKey as _,
    LineEnding,
};
use zeroize::Zeroizing;

use crate::digest::Digest;
use crate::error::Error;

/// What a key computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// ECDSA on P-256 with SHA-256: what cosign makes.
    P256,
    /// Ed25519.
    Ed25519,
}

/// Text that is no usable key. It never repeats the text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}\nhint: {hint}")]
pub struct KeyError {
    what: String,
    hint: &'static str,
}

impl KeyError {
    fn new(what: impl Into<String>, hint: &'static str) -> Self {
        let what = what.into();
        Self { what, hint }
    }
}

/// A public key.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey(Box<Public>);

#[derive(Clone, PartialEq, Eq)]
enum Public {
    P256(p256::ecdsa::VerifyingKey),
    Ed25519(ed25519_dalek::VerifyingKey),
}

impl PublicKey {
    /// Reads a key from PEM: `PUBLIC KEY`, of either algorithm.
    ///
    /// # Errors
    /// Where it is something else.
    pub fn from_pem(pem: &str) -> Result<Self, KeyError> {
        match label(pem) {
            Some("PUBLIC KEY") => {}
            Some(label) if label.contains("PRIVATE KEY") => {
                return Err(KeyError::new(
                    "a private key stands where a public one belongs",
                    "name the `.pub` file; the private key stays with who signs",
                ));
            }
            Some("CERTIFICATE") => {
                return Err(KeyError::new(
                    "a certificate, not a public key",
                    "take its key out with `openssl x509 -pubkey -noout`",
                ));
            }
            _ => {
                return Err(KeyError::new(
                    "not a public key in PEM",
                    "it begins with `-----BEGIN PUBLIC KEY-----`; `caponier plugin keygen` makes one",
                ));
            }
        }
        if let Ok(key) = p256::ecdsa::VerifyingKey::from_public_key_pem(pem) {
            return Ok(Self(Public::P256(key).into()));
        }
        match ed25519_dalek::VerifyingKey::from_public_key_pem(pem) {
            // Such a key accepts signatures that nobody made.
            Ok(key) if key.is_weak() => Err(KeyError::new(
                "an Ed25519 key that anyone can sign for",
                "make another with `caponier plugin keygen`",
            )),
            Ok(key) => Ok(Self(Public::Ed25519(key).into())),
            Err(_) => Err(KeyError::new(
                "a public key that is damaged, or neither ECDSA on P-256 nor Ed25519",
                "make one with `caponier plugin keygen` or `cosign generate-key-pair`",
            )),
        }
    }

    /// The key in PEM.
    ///
    /// # Errors
    /// Where it cannot be encoded, which is a fault of the program.
    pub fn to_pem(&self) -> Result<String, KeyError> {
        match self.0.as_ref() {
            Public::P256(key) => key.to_public_key_pem(LineEnding::LF),
            Public::Ed25519(key) => key.to_public_key_pem(LineEnding::LF),
        }
        .map_err(|_| unencodable())
    }

    /// What it computes.
    pub fn algorithm(&self) -> Algorithm {
        match self.0.as_ref() {
            Public::P256(_) => Algorithm::P256,
            Public::Ed25519(_) => Algorithm::Ed25519,
        }
    }

    /// The digest of the key, to tell keys apart by.
    pub fn fingerprint(&self) -> Digest {
        match self.0.as_ref() {
            Public::P256(key) => Digest::of(key.to_encoded_point(false).as_bytes()),
            Public::Ed25519(key) => Digest::of(key.as_bytes()),
        }
    }

    /// Whether the signature is of this message and by this key.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        match self.0.as_ref() {
            Public::P256(key) => p256::ecdsa::DerSignature::from_bytes(signature)
                .is_ok_and(|signature| key.verify(message, &signature).is_ok()),
            Public::Ed25519(key) => ed25519_dalek::Signature::from_slice(signature)
                .is_ok_and(|signature| key.verify_strict(message, &signature).is_ok()),
        }
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "PublicKey({:?}, {})",
            self.algorithm(),
            self.fingerprint()
        )
    }
}

/// A private key. It is wiped when dropped.
pub struct PrivateKey(Private);

enum Private {
    P256(p256::ecdsa::SigningKey),
    Ed25519(ed25519_dalek::SigningKey),
}

/// Says what it is and nothing else.
impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrivateKey({:?})", self.public().algorithm())
    }
}

impl PrivateKey {
    /// Makes a new key.
    ///
    /// # Errors
    /// Where the system gives no random bytes.
    pub fn generate(algorithm: Algorithm) -> Result<Self, KeyError> {
        loop {
            let mut seed = Zeroizing::new([0_u8; 32]);
            getrandom::fill(seed.as_mut()).map_err(|error| {
                KeyError::new(
                    format!("the system gives no random bytes: {error}"),
                    "check that /dev/urandom can be read",
                )
            })?;
            match algorithm {
                Algorithm::Ed25519 => {
                    let key = ed25519_dalek::SigningKey::from_bytes(&seed);
                    return Ok(Self(Private::Ed25519(key)));
                }
                // One seed in 2^32 is no number below the curve's order.
                Algorithm::P256 => {
                    if let Ok(key) = p256::ecdsa::SigningKey::from_slice(seed.as_ref()) {
                        return Ok(Self(Private::P256(key)));
                    }
                }
            }
        }
    }

    /// Reads a key from PEM: `PRIVATE KEY` (PKCS#8), not encrypted.
    ///
    /// # Errors
    /// Where it is something else.
    pub fn from_pem(pem: &str) -> Result<Self, KeyError> {
        match label(pem) {
            Some("PRIVATE KEY") => {}
            Some("ENCRYPTED SIGSTORE PRIVATE KEY" | "ENCRYPTED COSIGN PRIVATE KEY") => {
                return Err(KeyError::new(
                    "a private key that cosign has encrypted",
                    "sign with cosign itself, or make a key with `caponier plugin keygen`",
                ));
            }
            Some("ENCRYPTED PRIVATE KEY") => {
                return Err(KeyError::new(
                    "an encrypted private key",
                    "decrypt it where only you can read it: `openssl pkcs8 -in KEY -out PLAIN`",
                ));
            }
            Some("EC PRIVATE KEY") => {
                return Err(KeyError::new(
                    "a private key in an older form",
                    "bring it into PKCS#8: `openssl pkcs8 -topk8 -nocrypt -in KEY -out NEW`",
                ));
            }
            Some("PUBLIC KEY") => {
                return Err(KeyError::new(
                    "a public key stands where a private one belongs",
                    "name the file without `.pub`",
                ));
            }
            _ => {
                return Err(KeyError::new(
                    "not a private key in PEM",
                    "it begins with `-----BEGIN PRIVATE KEY-----`; `caponier plugin keygen` makes one",
                ));
            }
        }
        if let Ok(key) = p256::ecdsa::SigningKey::from_pkcs8_pem(pem) {
            return Ok(Self(Private::P256(key)));
        }
        if let Ok(key) = ed25519_dalek::SigningKey::from_pkcs8_pem(pem) {
            return Ok(Self(Private::Ed25519(key)));
        }
        Err(KeyError::new(
            "a private key that is damaged, or neither ECDSA on P-256 nor Ed25519",
            "make one with `caponier plugin keygen`",
        ))
    }

    /// The key in PEM, not encrypted.
    ///
    /// # Errors
    /// Where it cannot be encoded, which is a fault of the program.
    pub fn to_pem(&self) -> Result<Zeroizing<String>, KeyError> {
        match &self.0 {
            Private::P256(key) => key.to_pkcs8_pem(LineEnding::LF),
            // Without the public half, which older readers do not know there.
            Private::Ed25519(key) => KeypairBytes {
                secret_key: key.to_bytes(),
                public_key: None,
            }
            .to_pkcs8_pem(LineEnding::LF),
        }
        .map_err(|_| unencodable())
    }

    /// Its public key.
    pub fn public(&self) -> PublicKey {
        let public = match &self.0 {
            Private::P256(key) => Public::P256(*key.verifying_key()),
            Private::Ed25519(key) => Public::Ed25519(key.verifying_key()),
        };
        PublicKey(public.into())
    }

    /// Signs a message. The same message gives the same signature.
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        match &self.0 {
            Private::P256(key) => {
                let signature: p256::ecdsa::DerSignature = key.sign(message);
                signature.as_bytes().to_vec()
            }
            Private::Ed25519(key) => key.sign(message).to_bytes().to_vec(),
        }
    }

    /// Writes both halves; the private one for this user alone. Nothing is ever overwritten.
    ///
    /// # Errors
    /// Where one of the files is there already or cannot be written; then neither is left behind.
    pub fn write(&self, private: &Path, public: &Path) -> Result<(), Error> {
        let broken = |error: KeyError| Error::Input {
            what: error.what,
            hint: error.hint,
        };
        let private_pem = self.to_pem().map_err(broken)?;
        let public_pem = self.public().to_pem().map_err(broken)?;
        write_new(public, public_pem.as_bytes(), 0o644)?;
        write_new(private, private_pem.as_bytes(), 0o600).inspect_err(|_| {
            std::fs::remove_file(public).ok();
        })
    }
}

fn write_new(path: &Path, bytes: &[u8], mode: u32) -> Result<(), Error> {
    use std::io::Write as _;
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let write = || -> std::io::Result<()> {
        let mut file = tempfile::Builder::new()
            .prefix(".new-")
            .permissions(std::fs::Permissions::from_mode(mode))
            .tempfile_in(folder)?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        file.persist_noclobber(path).map_err(|error| error.error)?;
        Ok(())
    };
    write().map_err(|error| {
        if error.kind() == std::io::ErrorKind::AlreadyExists {
            Error::local(
                path,
                "is there already",
                "keys are never overwritten: name another file",
            )
        } else {
            Error::local(
                path,
                format!("cannot be written: {error}"),
                "check that its directory is there and may be written",
            )
        }
    })
}

fn unencodable() -> KeyError {
    KeyError::new(
        "the key cannot be encoded",
        "this is a fault of the program: report it",
    )
}

/// The label of the first PEM block.
fn label(pem: &str) -> Option<&str> {
    let (_, rest) = pem.split_once("-----BEGIN ")?;
    rest.split_once("-----").map(|(label, _)| label)
}

#[cfg(test)]
mod tests;
