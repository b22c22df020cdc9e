//! A file of hashed API keys.
//!
//! ```yaml
//! keys:
//!   - hash: "sha256:2bd8…"   # what `hash_api_key` gives for the key
//!     id: billing-bot        # the principal
//!     roles: [service]       # optional
//!     tenant: acme           # optional
//!     not_after: 1798761600  # optional: seconds since the Unix epoch
//! ```
//!
//! Keys are long random strings, so a plain SHA-256 is enough: there is nothing to guess. YAML and
//! JSON both read.

use std::collections::HashMap;
use std::fmt::Write as _;

use caponier_core::Principal;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::Caller;

const PREFIX: &str = "sha256:";

/// What a file of API keys holds for a key: `sha256:` and 64 hexadecimal digits.
pub fn hash_api_key(key: &str) -> String {
    let mut text = String::with_capacity(PREFIX.len() + 64);
    text.push_str(PREFIX);
    for byte in Sha256::digest(key.as_bytes()) {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// Why a file of keys cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum KeysError {
    /// Not UTF-8, not YAML, or not of this shape.
    #[error("not a file of API keys: {0}")]
    Shape(String),
    /// A hash that is none.
    #[error(
        "keys[{0}].hash is not `sha256:` and 64 hexadecimal digits; hint: hash the key, never write it here"
    )]
    Hash(usize),
    /// A principal without a name.
    #[error("keys[{0}].id is empty")]
    Id(usize),
    /// Two entries for one key.
    #[error("keys[{0}] has the same hash as an earlier entry")]
    Duplicate(usize),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyFile {
    keys: Vec<KeyEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyEntry {
    hash: String,
    id: String,
    #[serde(default)]
    roles: Vec<String>,
    tenant: Option<String>,
    not_after: Option<u64>,
}

struct Known {
    hash: [u8; 32],
    tenant: Option<String>,
    principal: Principal,
    not_after: Option<u64>,
}

/// The keys of one file.
pub(crate) struct ApiKeyRing {
    /// By the first bytes of the hash, which a caller cannot steer; compared in constant time.
    known: HashMap<[u8; 8], Vec<Known>>,
}

impl ApiKeyRing {
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, KeysError> {
        let text = std::str::from_utf8(bytes)
            .map_err(|_| KeysError::Shape("it is not UTF-8".to_owned()))?;
        let file: KeyFile = serde_saphyr::from_str(text)
            .map_err(|error| KeysError::Shape(first_line(&error.to_string())))?;
        let mut ring = Self {
            known: HashMap::new(),
        };
        for (index, entry) in file.keys.into_iter().enumerate() {
            let hash = parse_hash(&entry.hash).ok_or(KeysError::Hash(index))?;
            if entry.id.is_empty() {
                return Err(KeysError::Id(index));
            }
            let bucket = ring.known.entry(head(&hash)).or_default();
            if bucket.iter().any(|known| known.hash == hash) {
                return Err(KeysError::Duplicate(index));
            }
            bucket.push(Known {
                hash,
                tenant: entry.tenant,
                principal: Principal {
                    id: entry.id,
                    roles: entry.roles,
                    claims: Vec::new(),
                },
                not_after: entry.not_after,
            });
        }
        Ok(ring)
    }

    /// Whose key this is.
    pub(crate) fn find(&self, key: &str) -> Option<Caller> {
        let hash: [u8; 32] = Sha256::digest(key.as_bytes()).into();
        let known = self
            .known
            .get(&head(&hash))?
            .iter()
            .find(|known| bool::from(known.hash.ct_eq(&hash)))?;
        if known
            .not_after
            .is_some_and(|end| end < crate::clock::unix_seconds())
        {
            return None;
        }
        Some(Caller {
            tenant: known.tenant.clone(),
            principal: Some(known.principal.clone()),
            consumed: None,
        })
    }
}

fn head(hash: &[u8; 32]) -> [u8; 8] {
    let mut head = [0; 8];
    for (to, from) in head.iter_mut().zip(hash) {
        *to = *from;
    }
    head
}

fn parse_hash(text: &str) -> Option<[u8; 32]> {
    let digits = text.strip_prefix(PREFIX)?.as_bytes();
    let mut hash = [0; 32];
    if digits.len() != 64 {
        return None;
    }
    for (byte, pair) in hash.iter_mut().zip(digits.chunks_exact(2)) {
        let pair = std::str::from_utf8(pair)
            .ok()
            .filter(|pair| !pair.contains('+'))?;
        *byte = u8::from_str_radix(pair, 16).ok()?;
    }
    Some(hash)
}

/// YAML errors quote the file after the first line, and the file may hold a key by mistake.
fn first_line(message: &str) -> String {
    message.lines().next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yaml_and_json_read_alike() {
        let hash = hash_api_key("cap-1");
        for file in [
            format!("keys:\n- hash: {hash}\n  id: ann\n  roles: [a, b]\n"),
            format!(r#"{{"keys":[{{"hash":"{hash}","id":"ann","roles":["a","b"]}}]}}"#),
        ] {
            let ring = ApiKeyRing::read(file.as_bytes()).unwrap();
            assert_eq!(
                ring.find("cap-1").unwrap().principal.unwrap().roles,
                ["a", "b"]
            );
            assert!(ring.find("cap-2").is_none());
            assert!(ring.find("").is_none());
        }
    }

    #[test]
    fn an_expired_key_is_none() {
        let file = format!(
            "keys: [{{hash: \"{}\", id: ann, not_after: 5}}]",
            hash_api_key("cap-1")
        );
        assert!(
            ApiKeyRing::read(file.as_bytes())
                .unwrap()
                .find("cap-1")
                .is_none()
        );
    }

    #[test]
    fn what_is_wrong_is_named_and_never_quoted() {
        let hash = hash_api_key("k");
        for (file, wanted) in [
            (
                "keys: [{hash: my-plain-key, id: a}]".to_owned(),
                "keys[0].hash",
            ),
            (
                format!("keys: [{{hash: \"{hash}\", id: \"\"}}]"),
                "keys[0].id",
            ),
            (
                format!("keys: [{{hash: \"{hash}\", id: a}}, {{hash: \"{hash}\", id: b}}]"),
                "keys[1]",
            ),
            (
                format!("keys: [{{hash: \"{hash}\", id: a, key: my-plain-key}}]"),
                "not a file",
            ),
            ("- 1".to_owned(), "not a file"),
        ] {
            let Err(error) = ApiKeyRing::read(file.as_bytes()) else {
                panic!("{file}")
            };
            assert!(error.to_string().contains(wanted), "{error}");
            assert!(!error.to_string().contains("my-plain-key"), "{error}");
        }
    }
}
