//! The module as an image: an OCI layout with one layer, in which Istio and Envoy Gateway look for
//! `plugin.wasm`. The same module gives the same bytes.

use std::io::Write as _;
use std::path::Path;

use anyhow::{Context as _, bail};
use flate2::{Compression, GzBuilder};
use serde_json::{Value, json};

use super::output::{Readers, hex_digest, write};

const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const LAYOUT: &[u8] = br#"{"imageLayoutVersion":"1.0.0"}"#;

/// Marks a layout of ours, which may be replaced.
const OURS: &str = "caponier.revision";

/// An image, ready to be written.
pub(super) struct Image {
    blobs: Vec<(String, Vec<u8>)>,
    index: Vec<u8>,
    /// SHA-256 of its manifest, by which it is pulled.
    pub(super) digest: String,
}

impl Image {
    pub(super) fn new(module: &[u8], revision: &str) -> anyhow::Result<Self> {
        let archive = archive("plugin.wasm", module)?;
        let layer = compressed(&archive)?;
        let config = serde_json::to_vec(&json!({
            "architecture": "wasm",
            "os": "wasip1",
            "config": {},
            "rootfs": {"type": "layers", "diff_ids": [format!("sha256:{}", hex_digest(&archive))]},
        }))?;
        let annotations = json!({
            OURS: revision,
            "org.opencontainers.image.version": env!("CARGO_PKG_VERSION"),
        });
        let manifest = serde_json::to_vec(&json!({
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": described(CONFIG, &config),
            "layers": [described(LAYER, &layer)],
            "annotations": annotations,
        }))?;
        let mut entry = described(MANIFEST, &manifest);
        if let Some(fields) = entry.as_object_mut() {
            let named = json!({OURS: revision, "org.opencontainers.image.ref.name": "latest"});
            fields.insert("annotations".into(), named);
        }
        let index = serde_json::to_vec(&json!({
            "schemaVersion": 2,
            "mediaType": INDEX,
            "manifests": [entry],
        }))?;
        let digest = hex_digest(&manifest);
        let blobs = [config, layer, manifest].map(|blob| (hex_digest(&blob), blob));
        Ok(Self {
            blobs: blobs.into(),
            index,
            digest,
        })
    }

    /// Writes the layout, in the place of an older one of ours.
    pub(super) fn write(&self, folder: &Path, readers: Readers) -> anyhow::Result<()> {
        let blobs = folder.join("blobs/sha256");
        std::fs::create_dir_all(&blobs)
            .with_context(|| format!("cannot make {}", blobs.display()))?;
        write(&folder.join("oci-layout"), LAYOUT, Readers::All)?;
        for (digest, blob) in &self.blobs {
            write(&blobs.join(digest), blob, readers)?;
        }
        write(&folder.join("index.json"), &self.index, Readers::All)?;
        // What an older image was made of; what cannot be removed is in nobody's way.
        for entry in std::fs::read_dir(&blobs).into_iter().flatten().flatten() {
            let name = entry.file_name();
            if !self.blobs.iter().any(|(digest, _)| name == digest.as_str()) {
                std::fs::remove_file(entry.path()).ok();
            }
        }
        Ok(())
    }
}

/// Refuses a directory with anything in it that is not a layout of ours.
pub(super) fn refuse_foreign(folder: &Path) -> anyhow::Result<()> {
    let is_empty = match std::fs::read_dir(folder) {
        Ok(mut entries) => entries.next().is_none(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => true,
        Err(error) => {
            return Err(error).with_context(|| format!("cannot read {}", folder.display()));
        }
    };
    if is_empty || is_ours(folder) {
        return Ok(());
    }
    bail!(
        "{}: holds something else already; hint: name a directory that is not there yet",
        folder.display()
    )
}

fn is_ours(folder: &Path) -> bool {
    let read = || -> Option<Value> {
        serde_json::from_slice(&std::fs::read(folder.join("index.json")).ok()?).ok()
    };
    let index = read().unwrap_or_default();
    let manifests = index.get("manifests").and_then(Value::as_array);
    manifests.is_some_and(|list| {
        !list.is_empty()
            && list.iter().all(|entry| {
                entry
                    .get("annotations")
                    .is_some_and(|them| them.get(OURS).is_some())
            })
    })
}

fn described(media_type: &str, blob: &[u8]) -> Value {
    json!({
        "mediaType": media_type,
        "digest": format!("sha256:{}", hex_digest(blob)),
        "size": blob.len(),
    })
}

/// An archive of one file, without a time or an owner.
fn archive(name: &str, content: &[u8]) -> anyhow::Result<Vec<u8>> {
    const BLOCK: usize = 512;
    let mut header = [0_u8; BLOCK];
    let mut field = |at: usize, text: &str| {
        for (place, byte) in header.iter_mut().skip(at).zip(text.bytes()) {
            *place = byte;
        }
    };
    if content.len() >= 1 << 33 {
        bail!(
            "a module of {} bytes does not fit an archive",
            content.len()
        );
    }
    field(0, name);
    field(100, "0000644\0");
    field(108, "0000000\0");
    field(116, "0000000\0");
    field(124, &format!("{:011o}\0", content.len()));
    field(136, "00000000000\0");
    field(148, "        ");
    field(156, "0");
    field(257, "ustar\x0000");
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    let sum = format!("{sum:06o}\0 ");
    for (place, byte) in header.iter_mut().skip(148).zip(sum.bytes()) {
        *place = byte;
    }
    let mut archive = header.to_vec();
    archive.extend(content);
    // To the end of the block, and two empty ones.
    archive.resize(archive.len().next_multiple_of(BLOCK) + 2 * BLOCK, 0);
    Ok(archive)
}

fn compressed(content: &[u8]) -> anyhow::Result<Vec<u8>> {
    let mut encoder = GzBuilder::new()
        .mtime(0)
        .operating_system(255)
        .write(Vec::new(), Compression::best());
    encoder.write_all(content)?;
    Ok(encoder.finish()?)
}
