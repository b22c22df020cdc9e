//! The layout of a plugin in a registry: the wasm artifact that the CNCF describes, with one layer.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::component::{self, Surface};
use crate::digest::Digest;
use crate::error::Error;
use crate::reference::Reference;
use crate::session::Manifest as Fetched;
use crate::text::shown;

pub(crate) const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
pub(crate) const INDEX: &str = "application/vnd.oci.image.index.v1+json";
pub(crate) const IMAGE_CONFIG: &str = "application/vnd.oci.image.config.v1+json";
/// The type of a plugin's config.
pub(crate) const WASM_CONFIG: &str = "application/vnd.wasm.config.v0+json";
const WASM_LAYER: &str = "application/wasm";
const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
const DOCKER_LIST: &str = "application/vnd.docker.distribution.manifest.list.v2+json";
const DOCKER_CONFIG: &str = "application/vnd.docker.container.image.v1+json";
/// What older tools write.
const OLD_CONFIG: &str = "application/vnd.wasm.config.v1+json";
const OLD_LAYER: &str = "application/vnd.wasm.content.layer.v1+wasm";

/// What a registry may answer with; what is not wanted is named, so that it can be refused by name.
pub(crate) const ACCEPTED: &str = "application/vnd.oci.image.manifest.v1+json, \
     application/vnd.oci.image.index.v1+json, \
     application/vnd.docker.distribution.manifest.v2+json, \
     application/vnd.docker.distribution.manifest.list.v2+json";

/// The most that a component may hold.
pub const MAX_COMPONENT: u64 = 64 << 20;
/// The most that a config may hold.
pub(crate) const MAX_CONFIG: u64 = 1 << 20;

/// A blob as manifests name it.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Descriptor {
    pub(crate) media_type: String,
    pub(crate) digest: Digest,
    pub(crate) size: u64,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) annotations: BTreeMap<String, String>,
}

impl Descriptor {
    pub(crate) fn of(media_type: &str, bytes: &[u8]) -> Self {
        Self {
            media_type: media_type.to_owned(),
            digest: Digest::of(bytes),
            size: bytes.len() as u64,
            annotations: BTreeMap::new(),
        }
    }
}

/// An image manifest.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Manifest {
    pub(crate) schema_version: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) media_type: Option<String>,
    pub(crate) config: Descriptor,
    pub(crate) layers: Vec<Descriptor>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) annotations: BTreeMap<String, String>,
}

impl Manifest {
    pub(crate) fn new(config: Descriptor, layers: Vec<Descriptor>) -> Self {
        Self {
            schema_version: 2,
            media_type: Some(MANIFEST.to_owned()),
            config,
            layers,
            annotations: BTreeMap::new(),
        }
    }

    /// Reads an image manifest, of whatever image.
    pub(crate) fn read(reference: &Reference, fetched: &Fetched) -> Result<Self, Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Probe {
            #[serde(default)]
            media_type: Option<String>,
            #[serde(default)]
            manifests: Option<serde::de::IgnoredAny>,
        }
        let media_type = fetched
            .media_type
            .split(';')
            .next()
            .unwrap_or_default()
            .trim();
        let is_list = |media_type: &str| [INDEX, DOCKER_LIST].contains(&media_type);
        let unreadable = |error: serde_json::Error| {
            let error = shown(&error.to_string(), 200);
            Error::not_a_plugin(reference, format!("its manifest cannot be read: {error}"))
        };
        let probe: Probe = serde_json::from_slice(&fetched.bytes).map_err(unreadable)?;
        let inner = probe.media_type.as_deref();
        if is_list(media_type) || inner.is_some_and(is_list) || probe.manifests.is_some() {
            return Err(Error::ManifestList {
                reference: reference.to_string(),
            });
        }
        // A manifest that is two things, depending on who reads it, is neither.
        let known = |media_type: &str| [MANIFEST, DOCKER_MANIFEST].contains(&media_type);
        if !inner.is_none_or(known)
            || inner.is_some_and(|inner| !media_type.is_empty() && inner != media_type)
        {
            return Err(Error::not_a_plugin(
                reference,
                "its manifest is of a type that is not known",
            ));
        }
        let manifest: Self = serde_json::from_slice(&fetched.bytes).map_err(unreadable)?;
        if manifest.schema_version != 2 {
            return Err(Error::not_a_plugin(
                reference,
                "its manifest is of a version that is not known",
            ));
        }
        Ok(manifest)
    }

    /// The one layer of a plugin.
    pub(crate) fn layer(&self, reference: &Reference) -> Result<&Descriptor, Error> {
        match self.config.media_type.as_str() {
            WASM_CONFIG | OLD_CONFIG => {}
            IMAGE_CONFIG | DOCKER_CONFIG => {
                return Err(Error::not_a_plugin(
                    reference,
                    "an ordinary container image",
                ));
            }
            found => {
                return Err(Error::UnknownConfig {
                    reference: reference.to_string(),
                    found: shown(found, 100),
                });
            }
        }
        match self.layers.as_slice() {
            [layer] if [WASM_LAYER, OLD_LAYER].contains(&layer.media_type.as_str()) => Ok(layer),
            [layer] => {
                let found = shown(&layer.media_type, 100);
                Err(Error::not_a_plugin(
                    reference,
                    format!("its layer is of type `{found}`, not `{WASM_LAYER}`"),
                ))
            }
            layers => Err(Error::not_a_plugin(
                reference,
                format!("it has {} layers, not one", layers.len()),
            )),
        }
    }

    /// Checks what the config says of the layer.
    pub(crate) fn check_config(
        &self,
        reference: &Reference,
        config: &[u8],
        layer: &Digest,
    ) -> Result<(), Error> {
        if self.config.media_type != WASM_CONFIG {
            return Ok(());
        }
        let config: Config = serde_json::from_slice(config).map_err(|error| {
            let error = shown(&error.to_string(), 200);
            Error::not_a_plugin(reference, format!("its config cannot be read: {error}"))
        })?;
        if config.architecture != "wasm" {
            return Err(Error::not_a_plugin(
                reference,
                "its config names another architecture than `wasm`",
            ));
        }
        if config.layer_digests != [*layer] {
            return Err(Error::not_a_plugin(
                reference,
                "its config names another layer than its manifest",
            ));
        }
        Ok(())
    }
}

/// The config of a wasm artifact.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct Config {
    created: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    author: Option<String>,
    architecture: String,
    os: String,
    layer_digests: Vec<Digest>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    component: Option<Surface>,
}

/// What is said of a plugin beside its bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Metadata {
    /// Its name.
    pub title: Option<String>,
    /// Its version.
    pub version: Option<String>,
    /// Where its source is: a URL.
    pub source: Option<String>,
    /// Its licence: an SPDX expression.
    pub licenses: Option<String>,
    /// What it does, in a line.
    pub description: Option<String>,
    /// Who made it.
    pub author: Option<String>,
    /// When it was made, in seconds since 1970; see [`source_date_epoch`]. Two pushes that differ in
    /// this differ in their digest.
    pub created: u64,
}

/// The time that a reproducible build states: `SOURCE_DATE_EPOCH`, or else the beginning of 1970.
///
/// # Errors
/// Where the variable is not a number of seconds.
pub fn source_date_epoch() -> Result<u64, Error> {
    match std::env::var("SOURCE_DATE_EPOCH") {
        Err(std::env::VarError::NotPresent) => Ok(0),
        text => text
            .ok()
            .and_then(|text| text.parse().ok())
            .ok_or_else(|| Error::Input {
                what: "SOURCE_DATE_EPOCH is not a whole number of seconds".to_owned(),
                hint: "set it to seconds since 1970, as `date +%s` prints them, or remove it",
            }),
    }
}

/// A plugin as it is pushed: config, and manifest. The same input gives the same bytes.
pub(crate) struct Packed {
    pub(crate) config: Vec<u8>,
    pub(crate) manifest: Vec<u8>,
}

pub(crate) fn pack(component: &[u8], metadata: &Metadata) -> Result<Packed, Error> {
    if component.len() as u64 > MAX_COMPONENT {
        return Err(Error::TooLarge {
            what: "the component".to_owned(),
            limit: MAX_COMPONENT,
        });
    }
    let surface = component::surface("the component", component)?;
    component::check("the component", component)?;
    let layer = Descriptor::of(WASM_LAYER, component);
    let created = rfc3339(metadata.created)?;
    let unwritable = |error: serde_json::Error| Error::Input {
        what: format!("the manifest cannot be written: {error}"),
        hint: "this is a fault of the program: report it",
    };
    let config = Config {
        created: created.clone(),
        author: metadata.author.clone(),
        architecture: "wasm".to_owned(),
        os: "wasip2".to_owned(),
        layer_digests: vec![layer.digest],
        component: Some(surface),
    };
    let config = serde_json::to_vec(&config).map_err(unwritable)?;
    let mut manifest = Manifest::new(Descriptor::of(WASM_CONFIG, &config), vec![layer]);
    manifest.annotations = [
        ("title", metadata.title.as_ref()),
        ("version", metadata.version.as_ref()),
        ("source", metadata.source.as_ref()),
        ("licenses", metadata.licenses.as_ref()),
        ("description", metadata.description.as_ref()),
        ("created", Some(&created)),
    ]
    .into_iter()
    .filter_map(|(key, value)| Some((format!("org.opencontainers.image.{key}"), value?.clone())))
    .collect();
    let manifest = serde_json::to_vec(&manifest).map_err(unwritable)?;
    Ok(Packed { config, manifest })
}

fn rfc3339(seconds: u64) -> Result<String, Error> {
    i64::try_from(seconds)
        .ok()
        .and_then(|seconds| time::OffsetDateTime::from_unix_timestamp(seconds).ok())
        .and_then(|time| {
            time.format(&time::format_description::well_known::Rfc3339)
                .ok()
        })
        .ok_or_else(|| Error::Input {
            what: format!("{seconds} seconds since 1970 is no time that can be written"),
            hint: "set SOURCE_DATE_EPOCH to a time before the year 10000",
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_registry_writes_does_nothing_in_messages() {
        let reference: Reference = "oci://h.example/r:1".parse().unwrap();
        let hostile = format!("\u{1b}[2J\nhint: run this{}", "x".repeat(10_000));
        let of_config = Manifest::new(Descriptor::of(&hostile, b""), Vec::new());
        let layer = Descriptor::of(&hostile, b"");
        let of_layer = Manifest::new(Descriptor::of(WASM_CONFIG, b""), vec![layer]);
        for manifest in [of_config, of_layer] {
            let error = manifest.layer(&reference).unwrap_err().to_string();
            assert!(error.contains("\\u{1b}[2J\\nhint: run this"), "{error}");
            assert!(!error.contains('\u{1b}') && error.len() < 500, "{error}");
            assert_eq!(error.lines().count(), 2, "{error}");
        }
        let fetched = Fetched {
            bytes: format!("{{\"mediaType\": {{\"{}\": 1}}}}", "x".repeat(10_000)).into(),
            digest: Digest::of(b""),
            media_type: String::new(),
        };
        let error = Manifest::read(&reference, &fetched).err().unwrap();
        assert!(error.to_string().len() < 500, "{error}");
    }
}
