//! Images that lie in a directory (an OCI image layout), such as `caponier pack --oci` writes for
//! Envoy, pushed as they are.

use std::path::Path;

use bytes::Bytes;
use serde::Deserialize;

use crate::artifact::{Descriptor, MANIFEST, Manifest};
use crate::client::{Client, refuse_other};
use crate::digest::Digest;
use crate::error::Error;
use crate::reference::Reference;
use crate::session::{Access, MAX_MANIFEST, Session};

/// The most that one blob of an image may hold: a packed module holds several plugins.
const MAX_BLOB: u64 = 256 << 20;
const HINT: &str = "write the directory anew with `caponier pack --oci`";

#[derive(Deserialize)]
struct Index {
    manifests: Vec<Descriptor>,
}

impl Client {
    /// Pushes the one image of a layout, byte for byte: its blobs, then its manifest.
    ///
    /// # Errors
    /// Where the directory is no layout of one image, a blob is not what its digest says, or the
    /// registry does not take it.
    pub async fn push_layout(&self, to: &Reference, directory: &Path) -> Result<Digest, Error> {
        let image = read(directory)?;
        refuse_other(to, &image.digest)?;
        self.within(to, async {
            let mut session = Session::new(self, to, Access::Write);
            for blob in &image.blobs {
                let path = place(directory, &blob.digest);
                let bytes = load(&path, MAX_BLOB)?;
                check(&path, blob, &bytes)?;
                session.put_blob(&blob.digest, bytes).await?;
            }
            let wanted = to.wanted();
            session
                .put_manifest(&wanted, MANIFEST, image.manifest)
                .await
        })
        .await
    }
}

struct Image {
    manifest: Bytes,
    digest: Digest,
    blobs: Vec<Descriptor>,
}

fn read(directory: &Path) -> Result<Image, Error> {
    let path = directory.join("index.json");
    let index: Index = serde_json::from_slice(&load(&path, MAX_MANIFEST)?)
        .map_err(|error| Error::local(&path, format!("cannot be read: {error}"), HINT))?;
    let [entry] = index.manifests.as_slice() else {
        let what = format!("holds {} images, not one", index.manifests.len());
        return Err(Error::local(directory, what, HINT));
    };
    if entry.media_type != MANIFEST {
        return Err(Error::local(
            directory,
            "holds something else than an image",
            HINT,
        ));
    }
    let path = place(directory, &entry.digest);
    let bytes = load(&path, MAX_MANIFEST)?;
    check(&path, entry, &bytes)?;
    let manifest: Manifest = serde_json::from_slice(&bytes)
        .map_err(|error| Error::local(&path, format!("cannot be read: {error}"), HINT))?;
    Ok(Image {
        digest: entry.digest,
        manifest: bytes,
        blobs: manifest
            .layers
            .into_iter()
            .chain([manifest.config])
            .collect(),
    })
}

fn place(directory: &Path, digest: &Digest) -> std::path::PathBuf {
    directory.join("blobs/sha256").join(digest.hex())
}

fn load(path: &Path, limit: u64) -> Result<Bytes, Error> {
    let read = || -> std::io::Result<Vec<u8>> {
        let found = std::fs::metadata(path)?;
        if !found.is_file() || found.len() > limit {
            return Err(std::io::Error::other(format!(
                "not a file of at most {limit} bytes"
            )));
        }
        std::fs::read(path)
    };
    read()
        .map(Bytes::from)
        .map_err(|error| Error::local(path, error, HINT))
}

fn check(path: &Path, expected: &Descriptor, bytes: &[u8]) -> Result<(), Error> {
    let found = Digest::of(bytes);
    if found != expected.digest {
        return Err(Error::Tampered {
            what: path.display().to_string(),
            expected: expected.digest,
            found,
        });
    }
    if bytes.len() as u64 != expected.size {
        return Err(Error::WrongSize {
            what: path.display().to_string(),
            expected: expected.size,
            found: Some(bytes.len() as u64),
        });
    }
    Ok(())
}
