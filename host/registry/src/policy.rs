//! Whose signatures something needs, and whether it has them.

use std::collections::BTreeMap;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::digest::Digest;
use crate::keys::{KeyError, PublicKey};
use crate::payload;

/// Whose signatures are demanded.
#[derive(Clone, Debug, PartialEq)]
pub enum Policy {
    /// A signature by this key.
    Key {
        /// What messages call the key: the path of its file.
        name: String,
        /// The key.
        key: PublicKey,
        /// What the signature's annotations must say.
        annotations: BTreeMap<String, String>,
    },
    /// Every one of these; nothing meets an empty list, nor one that names a key twice: one signer
    /// would count as two.
    AllOf(Vec<Self>),
    /// One of these.
    AnyOf(Vec<Self>),
}

/// A signature of an image, as it lies in the registry: nothing of it is checked yet.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
pub struct Signature {
    /// What was signed.
    #[serde(with = "as_base64")]
    pub payload: Vec<u8>,
    /// The signature in base64.
    pub signature: String,
}

/// What must have been signed.
#[derive(Clone, Copy, Debug)]
pub struct Image<'a> {
    /// Host and repository, as in [`crate::Reference::name`]. `None` accepts signatures that were
    /// made for another one: a mirror.
    pub name: Option<&'a str>,
    /// The digest of its manifest.
    pub digest: &'a Digest,
}

/// What was demanded is not there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Unverified {
    /// What is not signed as demanded.
    pub what: String,
    /// The name of each key that counts, and why it does not.
    pub reasons: Vec<(String, String)>,
}

impl fmt::Display for Unverified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: not signed as `verify` demands", self.what)?;
        for (key, reason) in &self.reasons {
            write!(f, "\n  {key}: {reason}")?;
        }
        f.write_str("\nhint: have it signed with `caponier plugin sign`, or change `verify` if another key is right")
    }
}

/// Whether there is a signature by this key with these annotations, and why not.
type Judge<'a> = dyn Fn(&PublicKey, &BTreeMap<String, String>) -> Result<(), String> + 'a;

/// How far a signature came. Later is closer.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Flaw {
    Ill(&'static str),
    Foreign,
    Statement(String),
}

impl Policy {
    /// A policy of one key, from its PEM.
    ///
    /// # Errors
    /// Where it is no usable public key.
    pub fn key(
        name: impl Into<String>,
        pem: &str,
        annotations: BTreeMap<String, String>,
    ) -> Result<Self, KeyError> {
        Ok(Self::Key {
            name: name.into(),
            key: PublicKey::from_pem(pem)?,
            annotations,
        })
    }

    /// Checks the signatures of an image.
    ///
    /// # Errors
    /// Why each key that was asked for is not satisfied.
    pub fn check(&self, image: Image<'_>, signatures: &[Signature]) -> Result<(), Unverified> {
        let judge = |key: &PublicKey, annotations: &BTreeMap<String, String>| {
            best(signatures.iter().map(|signature| {
                let bytes = decode(&signature.signature)?;
                if !key.verify(&signature.payload, &bytes) {
                    return Err(Flaw::Foreign);
                }
                payload::check(&signature.payload, image.name, image.digest, annotations)
                    .map_err(Flaw::Statement)
            }))
        };
        let what = match image.name {
            Some(name) => format!("{name}@{}", image.digest),
            None => image.digest.to_string(),
        };
        self.walk(what, &judge)
    }

    /// Checks the signatures of a file: of its bytes as they are, each in base64 on a line.
    ///
    /// # Errors
    /// Why each key that was asked for is not satisfied. Such a signature has no annotations, so a
    /// key that demands some never is.
    pub fn check_file(&self, name: &str, bytes: &[u8], signatures: &str) -> Result<(), Unverified> {
        let judge = |key: &PublicKey, annotations: &BTreeMap<String, String>| {
            let lines = signatures
                .lines()
                .map(str::trim)
                .filter(|line| !line.is_empty());
            best(lines.map(|line| {
                if !key.verify(bytes, &decode(line)?) {
                    return Err(Flaw::Foreign);
                }
                match annotations.keys().next() {
                    None => Ok(()),
                    Some(key) => Err(Flaw::Statement(format!(
                        "a file's signature carries no annotations, and `{key}` is demanded"
                    ))),
                }
            }))
        };
        self.walk(name.to_owned(), &judge)
    }

    fn walk(&self, what: String, judge: &Judge<'_>) -> Result<(), Unverified> {
        let mut reasons = Vec::new();
        if self.holds(judge, &mut reasons) {
            Ok(())
        } else {
            Err(Unverified { what, reasons })
        }
    }

    fn holds(&self, judge: &Judge<'_>, reasons: &mut Vec<(String, String)>) -> bool {
        match self {
            Self::Key {
                name,
                key,
                annotations,
            } => match judge(key, annotations) {
                Ok(()) => true,
                Err(reason) => {
                    reasons.push((name.clone(), reason));
                    false
                }
            },
            Self::AllOf(list) if list.is_empty() => {
                reasons.push(("all_of".to_owned(), "names no key".to_owned()));
                false
            }
            Self::AnyOf(list) if list.is_empty() => {
                reasons.push(("any_of".to_owned(), "names no key".to_owned()));
                false
            }
            // Every one is asked, so that all reasons are told.
            Self::AllOf(list) => {
                let mut holds = true;
                for (index, inner) in list.iter().enumerate() {
                    holds &= inner.holds(judge, reasons);
                    if let Self::Key { name, key, .. } = inner
                        && let Some(first) = list.iter().take(index).find_map(|first| first.is(key))
                    {
                        let reason = format!("the same key as {first}: one signer counts once");
                        reasons.push((name.clone(), reason));
                        holds = false;
                    }
                }
                holds
            }
            Self::AnyOf(list) => {
                let before = reasons.len();
                let holds = list.iter().any(|inner| inner.holds(judge, reasons));
                if holds {
                    reasons.truncate(before);
                }
                holds
            }
        }
    }

    /// The name of the key, if this is all that is demanded.
    fn is(&self, other: &PublicKey) -> Option<&str> {
        match self {
            Self::Key { name, key, .. } if key == other => Some(name),
            _ => None,
        }
    }
}

fn decode(signature: &str) -> Result<Vec<u8>, Flaw> {
    if signature.is_empty() {
        return Err(Flaw::Ill("its signature is empty"));
    }
    STANDARD
        .decode(signature)
        .map_err(|_| Flaw::Ill("its signature is not base64, or cut off"))
}

/// Whether one of them is right; else the reason of the one that came closest.
fn best(each: impl Iterator<Item = Result<(), Flaw>>) -> Result<(), String> {
    let mut closest: Option<Flaw> = None;
    let mut count = 0;
    for result in each {
        let Err(flaw) = result else { return Ok(()) };
        count += 1;
        closest = closest.max(Some(flaw));
    }
    Err(match closest {
        None => "there is no signature".to_owned(),
        Some(Flaw::Ill(what)) => what.to_owned(),
        Some(Flaw::Foreign) if count == 1 => "the one signature is not by this key, or not of these bytes: what was signed may have been changed since".to_owned(),
        Some(Flaw::Foreign) => format!("none of {count} signatures is by this key"),
        Some(Flaw::Statement(what)) => what,
    })
}

mod as_base64 {
    use base64::Engine as _;

    use super::STANDARD;

    pub(super) fn serialize<S: serde::Serializer>(
        bytes: &[u8],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(bytes))
    }

    pub(super) fn deserialize<'de, D: serde::Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<u8>, D::Error> {
        let text = <String as serde::Deserialize>::deserialize(deserializer)?;
        STANDARD
            .decode(text)
            .map_err(|_| serde::de::Error::custom("not base64"))
    }
}

#[cfg(test)]
mod tests;
