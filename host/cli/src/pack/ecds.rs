//! A directory from which a running Envoy takes each new module.
//!
//! Envoy notices a new resource, not a new file behind an old name: each module is named by its
//! content, and the resource that names it is replaced last, at once.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde_json::{Value, json};

use super::filter::{NAME, WASM, wasm};
use super::output::{Readers, absolute, hex_digest, write};

/// The resource, in its directory.
const RESOURCE: &str = "ecds.json";
const BEFORE: &str = "caponier-";
const AFTER: &str = ".wasm";

/// A directory with a resource in it.
pub(super) struct Ecds {
    folder: PathBuf,
}

impl Ecds {
    pub(super) fn new(folder: &Path) -> anyhow::Result<Self> {
        let folder = PathBuf::from(absolute(folder)?);
        Ok(Self { folder })
    }

    /// The filter that is what the resource says. Without a resource nothing passes.
    pub(super) fn filter(&self) -> Value {
        let path = self.folder.join(RESOURCE);
        discovered(json!({
            "path_config_source": {"path": path},
            "resource_api_version": "V3",
        }))
    }

    /// Writes module and resource; gives the module's path. The module before stays, for an Envoy
    /// that is still on its way to it; older ones go.
    pub(super) fn write(
        &self,
        module: &[u8],
        revision: &str,
        readers: Readers,
    ) -> anyhow::Result<PathBuf> {
        std::fs::create_dir_all(&self.folder)
            .with_context(|| format!("cannot make {}", self.folder.display()))?;
        let resource = self.folder.join(RESOURCE);
        let before = named(&resource);
        let name = format!("{BEFORE}{}{AFTER}", hex_digest(module));
        let path = self.folder.join(&name);
        write(&path, module, readers)?;
        let content = json!({
            "version_info": revision,
            "resources": [{
                "@type": "type.googleapis.com/envoy.config.core.v3.TypedExtensionConfig",
                "name": NAME,
                "typed_config": wasm(json!({"local": {"filename": path}})),
            }],
        });
        write(
            &resource,
            &serde_json::to_vec_pretty(&content)?,
            Readers::All,
        )?;
        self.remove_others(&[Some(name), before]);
        Ok(path)
    }

    /// What cannot be removed is in nobody's way.
    fn remove_others(&self, kept: &[Option<String>]) {
        let Ok(entries) = std::fs::read_dir(&self.folder) else {
            return;
        };
        for entry in entries.flatten() {
            let name = entry.file_name().into_string().ok();
            if name.as_deref().is_some_and(is_ours) && !kept.contains(&name) {
                std::fs::remove_file(entry.path()).ok();
            }
        }
    }
}

/// A filter of ours that a configuration source names, which may be replaced while Envoy runs.
pub(super) fn discovered(source: Value) -> Value {
    json!({"name": NAME, "config_discovery": {"config_source": source, "type_urls": [WASM]}})
}

/// The name of the module that a resource names.
fn named(resource: &Path) -> Option<String> {
    let content: Value = serde_json::from_slice(&std::fs::read(resource).ok()?).ok()?;
    let path = content
        .pointer("/resources/0/typed_config/config/vm_config/code/local/filename")?
        .as_str()?;
    Path::new(path).file_name()?.to_str().map(str::to_owned)
}

/// Whether a file's name is one that only this gives.
fn is_ours(name: &str) -> bool {
    name.strip_prefix(BEFORE)
        .and_then(|rest| rest.strip_suffix(AFTER))
        .is_some_and(|digest| digest.len() == 64 && digest.bytes().all(|it| it.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn modules(folder: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(folder).unwrap().flatten();
        let mut names: Vec<String> = entries
            .map(|entry| entry.file_name().into_string().unwrap())
            .filter(|name| name != RESOURCE)
            .collect();
        names.sort();
        names
    }

    #[test]
    fn the_module_and_the_one_before_stay() {
        let folder = tempfile::tempdir().unwrap();
        let ecds = Ecds::new(folder.path()).unwrap();
        let foreign = ["caponier-x.wasm", "other.wasm", "caponier.yaml"];
        for name in foreign {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        let mut last = Vec::new();
        for module in [&b"one"[..], b"two", b"three", b"three"] {
            let path = ecds.write(module, "sha256:0", Readers::All).unwrap();
            assert_eq!(std::fs::read(&path).unwrap(), module);
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            assert_eq!(named(&folder.path().join(RESOURCE)), Some(name.clone()));
            last.push(name);
            let mut expected: Vec<String> = last.iter().rev().take(2).cloned().collect();
            expected.dedup();
            expected.extend(foreign.map(str::to_owned));
            expected.sort();
            assert_eq!(modules(folder.path()), expected);
        }
    }
}
