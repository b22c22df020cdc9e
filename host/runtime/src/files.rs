//! Everything a revision is built from, read once.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use caponier_config::{Config, PathUse, Plugin, PluginSource, Purpose, Secret};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::Problem;
use crate::trust::Components;

/// The most that one file may hold.
const MAX_FILE: u64 = 256 << 20;
/// How deep directories are read.
const MAX_DEPTH: usize = 16;

/// A file, or all files of a directory by their names below it.
enum Entry {
    File(Zeroizing<Vec<u8>>),
    Directory(Vec<(String, Vec<u8>)>),
}

/// The files and environment variables that a configuration names, with what they hold.
pub struct Files {
    base: PathBuf,
    entries: BTreeMap<String, Entry>,
    environment: BTreeMap<String, Zeroizing<String>>,
    /// What lies in registries, by source.
    pub(crate) components: Components,
}

impl Files {
    /// Reads everything that `config` names. Relative paths begin at `base`.
    pub(crate) fn read(
        config: &Config,
        base: &Path,
        secrets: &[&Secret],
    ) -> Result<Self, Vec<Problem>> {
        let mut files = Self {
            base: base.to_owned(),
            entries: BTreeMap::new(),
            environment: BTreeMap::new(),
            components: Components::new(),
        };
        let mut problems = Vec::new();
        for PathUse {
            path,
            purpose,
            key_path,
        } in config.paths()
        {
            if !purpose.is_watched() || files.entries.contains_key(&path) {
                continue;
            }
            match files.load(&path, purpose) {
                Ok(entry) => {
                    files.entries.insert(path, entry);
                }
                // A plugin that nobody signed: who demands signatures says so.
                Err(error)
                    if purpose == Purpose::Signature && error.kind() == ErrorKind::NotFound => {}
                Err(error) => problems.push(
                    Problem::new(
                        &config.name,
                        key_path,
                        format!("{}: {error}", files.resolve(&path).display()),
                    )
                    .hint("relative paths begin at the directory of the configuration file"),
                ),
            }
        }
        for secret in secrets {
            if let Secret::Env(name) = secret {
                match std::env::var(name) {
                    Ok(value) => {
                        files
                            .environment
                            .insert(name.clone(), Zeroizing::new(value));
                    }
                    Err(_) => problems.push(
                        Problem::new(
                            &config.name,
                            "",
                            format!("environment variable {name} is not set, or not UTF-8"),
                        )
                        .hint(format!("export {name}=… before the start")),
                    ),
                }
            }
        }
        if problems.is_empty() {
            Ok(files)
        } else {
            Err(problems)
        }
    }

    fn load(&self, path: &str, purpose: Purpose) -> std::io::Result<Entry> {
        let full = self.resolve(path);
        if full.is_dir() {
            let mut found = Vec::new();
            collect(&full, "", &mut found, 0, &|name| match purpose {
                Purpose::Rego => name.ends_with(".rego") && !name.ends_with("_test.rego"),
                Purpose::Data => [".json", ".yaml", ".yml"]
                    .iter()
                    .any(|end| name.ends_with(end)),
                _ => true,
            })?;
            found.sort();
            return Ok(Entry::Directory(found));
        }
        Ok(Entry::File(Zeroizing::new(read_file(&full)?)))
    }

    /// The directory at which relative paths begin.
    pub(crate) fn base(&self) -> &Path {
        &self.base
    }

    /// Where a path of the configuration leads.
    pub fn resolve(&self, path: &str) -> PathBuf {
        self.base.join(path)
    }

    /// What the file at `path`, as the configuration writes it, holds.
    pub fn bytes(&self, path: &str) -> Option<&[u8]> {
        match self.entries.get(path)? {
            Entry::File(bytes) => Some(bytes),
            Entry::Directory(_) => None,
        }
    }

    /// The files at `path`, which may be a directory: name and content.
    pub fn listing(&self, path: &str) -> Vec<(&str, &[u8])> {
        match self.entries.get_key_value(path) {
            Some((path, Entry::File(bytes))) => vec![(path.as_str(), bytes.as_slice())],
            Some((_, Entry::Directory(files))) => files
                .iter()
                .map(|(name, bytes)| (name.as_str(), bytes.as_slice()))
                .collect(),
            None => Vec::new(),
        }
    }

    /// The value of a secret, without a trailing line break.
    pub fn secret(&self, secret: &Secret) -> Option<&[u8]> {
        match secret {
            Secret::Env(name) => self.environment.get(name).map(|value| value.as_bytes()),
            Secret::File(path) => {
                let bytes = self.bytes(path)?;
                let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
                Some(bytes.strip_suffix(b"\r").unwrap_or(bytes))
            }
        }
    }

    /// Adds everything to a revision's digest.
    pub(crate) fn digest(&self, hasher: &mut Sha256) {
        let mut field = |bytes: &[u8]| {
            hasher.update((bytes.len() as u64).to_le_bytes());
            hasher.update(bytes);
        };
        for (path, entry) in &self.entries {
            field(path.as_bytes());
            match entry {
                Entry::File(bytes) => field(bytes),
                Entry::Directory(files) => {
                    for (name, bytes) in files {
                        field(name.as_bytes());
                        field(bytes);
                    }
                }
            }
        }
        for (name, value) in &self.environment {
            field(name.as_bytes());
            field(value.as_bytes());
        }
    }
}

/// Every secret that a configuration names outside of plugin settings is resolved by whoever needs
/// it; those in settings are listed here.
pub(crate) fn setting_secrets(plugins: &[Plugin]) -> impl Iterator<Item = &Secret> {
    plugins.iter().flat_map(|plugin| {
        plugin
            .settings
            .secrets
            .iter()
            .map(|setting| &setting.secret)
    })
}

/// The bytes of a plugin's component.
pub(crate) fn component<'f>(source: &PluginSource, files: &'f Files) -> Result<&'f [u8], String> {
    match source {
        PluginSource::Builtin(name) => crate::builtin::builtin(name).ok_or_else(|| {
            let known: Vec<&str> = crate::builtin::builtin_names().collect();
            format!(
                "there is no built-in plugin `{name}`\nhint: there are {}",
                known.join(", ")
            )
        }),
        PluginSource::File(path) => files
            .bytes(path)
            .ok_or_else(|| format!("{} is not a file", files.resolve(path).display())),
        PluginSource::Oci { .. } => {
            let name = source.to_string();
            let component = files.components.get(&name).map(Vec::as_slice);
            component.ok_or_else(|| format!("{name} was not fetched"))
        }
    }
}

fn read_file(path: &Path) -> std::io::Result<Vec<u8>> {
    let meta = std::fs::metadata(path)?;
    if !meta.is_file() {
        return Err(std::io::Error::other("is not a regular file"));
    }
    if meta.len() > MAX_FILE {
        return Err(std::io::Error::other(format!(
            "is larger than {} MiB",
            MAX_FILE >> 20
        )));
    }
    std::fs::read(path)
}

fn collect(
    folder: &Path,
    below: &str,
    found: &mut Vec<(String, Vec<u8>)>,
    depth: usize,
    wanted: &dyn Fn(&str) -> bool,
) -> std::io::Result<()> {
    if depth > MAX_DEPTH {
        return Err(std::io::Error::other(
            "directories are nested too deep, or a link leads back",
        ));
    }
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        // Hidden files: editors' leftovers, and the versioned directories that Kubernetes links to.
        if name.starts_with('.') {
            continue;
        }
        let path = entry.path();
        let name = if below.is_empty() {
            name
        } else {
            format!("{below}/{name}")
        };
        if path.is_dir() {
            collect(&path, &name, found, depth + 1, wanted)?;
        } else if wanted(&name) {
            found.push((name, read_file(&path)?));
        }
    }
    Ok(())
}

/// Shows names only: what the files hold includes keys.
impl std::fmt::Debug for Files {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Files")
            .field("base", &self.base)
            .field("entries", &self.entries.keys().collect::<Vec<_>>())
            .field("environment", &self.environment.keys().collect::<Vec<_>>())
            .finish()
    }
}
