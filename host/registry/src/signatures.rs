//! Signatures of images in a registry, where cosign keeps them: under a tag made of the digest.

use std::collections::BTreeMap;

use base64::Engine as _;
use serde_json::json;

use crate::artifact::{Descriptor, IMAGE_CONFIG, MANIFEST, Manifest};
use crate::client::Client;
use crate::digest::Digest;
use crate::error::Error;
use crate::keys::PrivateKey;
use crate::payload;
use crate::policy::{Image, Policy, Signature};
use crate::reference::Reference;
use crate::session::{Access, Session};

const LAYER: &str = "application/vnd.dev.cosign.simplesigning.v1+json";
const ANNOTATION: &str = "dev.cosignproject.cosign/signature";
/// The most that one signed statement may hold.
const MAX_PAYLOAD: u64 = 64 << 10;
/// The most signatures that one image may have.
const MAX_SIGNATURES: usize = 64;
/// The most that all of them may hold together in the cache.
const MAX_CACHED: u64 = 16 << 20;

impl Client {
    /// Signs what a reference stands for, and adds the signature to those that are there. Gives the
    /// digest that was signed: name it in the reference to be sure which.
    ///
    /// Of two that sign the same image at the same moment one may be lost; sign again then.
    ///
    /// # Errors
    /// Where the image is not there, or the registry does not take the signature.
    pub async fn sign(
        &self,
        image: &Reference,
        key: &PrivateKey,
        annotations: &BTreeMap<String, String>,
    ) -> Result<Digest, Error> {
        self.within(image, async {
            let mut session = Session::new(self, image, Access::Write);
            let digest = self.manifest(&mut session, image).await?.digest;
            let payload = payload::write(&image.name(), digest, annotations).map_err(unwritable)?;
            let signature = base64::engine::general_purpose::STANDARD.encode(key.sign(&payload));
            let place = image.tagged(tag(&digest));
            let mut layers = match session.manifest(&place).await? {
                Some(fetched) => Manifest::read(&place, &fetched)?.layers,
                None => Vec::new(),
            };
            let mut layer = Descriptor::of(LAYER, &payload);
            layer.annotations.insert(ANNOTATION.to_owned(), signature);
            let is_there = layers.iter().any(|other| {
                other.digest == layer.digest
                    && other.annotations.get(ANNOTATION) == layer.annotations.get(ANNOTATION)
            });
            if is_there {
                return Ok(digest);
            }
            if layers.len() >= MAX_SIGNATURES {
                return Err(Error::Input {
                    what: format!("{image}: has {MAX_SIGNATURES} signatures already"),
                    hint: "remove the tag that holds them, and sign again",
                });
            }
            session.put_blob(&layer.digest, payload.into()).await?;
            layers.push(layer);
            let config = config(&layers).map_err(unwritable)?;
            let manifest = Manifest::new(Descriptor::of(IMAGE_CONFIG, &config), layers);
            let manifest = serde_json::to_vec(&manifest).map_err(unwritable)?;
            session
                .put_blob(&Digest::of(&config), config.into())
                .await?;
            session
                .put_manifest(&tag(&digest), MANIFEST, manifest.into())
                .await?;
            Ok(digest)
        })
        .await
    }

    /// The signatures of an image, none of them checked; where the registry cannot be asked, those
    /// that the cache holds.
    ///
    /// # Errors
    /// Where they cannot be had. An image without a signature has none, and that is no error.
    pub async fn signatures(
        &self,
        image: &Reference,
        digest: &Digest,
    ) -> Result<Vec<Signature>, Error> {
        self.within(image, self.signatures_unbounded(image, digest))
            .await
    }

    async fn signatures_unbounded(
        &self,
        image: &Reference,
        digest: &Digest,
    ) -> Result<Vec<Signature>, Error> {
        match self.fetch_signatures(image, digest).await {
            // What is in the cache proves itself or is refused, as what comes from the registry.
            Err(error) if error.is_offline() => self.cached_signatures(image, digest).ok_or(error),
            other => other,
        }
    }

    /// Checks that an image is signed as demanded. A signature that held once goes on holding: the
    /// registry is asked only where those in the cache are not enough, and what it says is kept only
    /// where it is, so that nothing takes the place of good ones but good ones.
    pub(crate) async fn demand(
        &self,
        image: &Reference,
        digest: &Digest,
        policy: &Policy,
        any_repository: bool,
    ) -> Result<(), Error> {
        let name = image.name();
        let demanded = Image {
            name: (!any_repository).then_some(&name),
            digest,
        };
        let at_hand = self.cached_signatures(image, digest).unwrap_or_default();
        if policy.check(demanded, &at_hand).is_ok() {
            return Ok(());
        }
        let found = self.fetch_signatures(image, digest).await?;
        policy.check(demanded, &found)?;
        if let Some(cache) = &self.cache
            && let Ok(text) = serde_json::to_vec(&found)
        {
            cache.put_signatures(&name, digest, &text);
        }
        Ok(())
    }

    /// The signatures that the cache holds, none of them checked.
    fn cached_signatures(&self, image: &Reference, digest: &Digest) -> Option<Vec<Signature>> {
        let cache = self.cache.as_ref()?;
        let text = cache.signatures(&image.name(), digest, MAX_CACHED)?;
        serde_json::from_slice(&text).ok()
    }

    async fn fetch_signatures(
        &self,
        image: &Reference,
        digest: &Digest,
    ) -> Result<Vec<Signature>, Error> {
        let place = image.tagged(tag(digest));
        let mut session = Session::new(self, image, Access::Read);
        let Some(fetched) = session.manifest(&place).await? else {
            return Ok(Vec::new());
        };
        let manifest = Manifest::read(&place, &fetched)?;
        let mut found = Vec::new();
        let layers = manifest
            .layers
            .iter()
            .filter(|layer| layer.media_type == LAYER);
        for layer in layers.take(MAX_SIGNATURES) {
            let Some(signature) = layer.annotations.get(ANNOTATION) else {
                continue;
            };
            found.push(Signature {
                payload: session.blob(layer, MAX_PAYLOAD).await?.to_vec(),
                signature: signature.clone(),
            });
        }
        Ok(found)
    }
}

/// The tag under which the signatures of a manifest lie.
fn tag(digest: &Digest) -> String {
    format!("sha256-{}.sig", digest.hex())
}

/// The config that makes the signatures an image, without a time.
fn config(layers: &[Descriptor]) -> serde_json::Result<Vec<u8>> {
    let diff_ids: Vec<_> = layers.iter().map(|layer| layer.digest).collect();
    serde_json::to_vec(&json!({
        "architecture": "",
        "config": {},
        "created": "0001-01-01T00:00:00Z",
        "history": vec![json!({"created": "0001-01-01T00:00:00Z"}); layers.len()],
        "os": "",
        "rootfs": {"type": "layers", "diff_ids": diff_ids},
    }))
}

fn unwritable(error: serde_json::Error) -> Error {
    Error::Input {
        what: format!("the signature cannot be written: {error}"),
        hint: "this is a fault of the program: report it",
    }
}
