//! Components that come from elsewhere: fetched from registries, held against the lock file, and
//! against the signatures that `verify` demands.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use caponier_config::{Config, PluginSource, Signers};
use caponier_registry::blocking::Client;
use caponier_registry::{Cache, Demands, LOCK_FILE, Lock, Options, Policy, Reference};

use crate::Problem;
use crate::builder::problem;
use crate::files::Files;

/// Components by their sources, as the configuration writes these.
pub(crate) type Components = BTreeMap<String, Vec<u8>>;

/// Fetches what is in registries and checks everything that is not part of the program. `cache` is
/// where what was fetched is kept.
pub(crate) fn components(
    config: &Config,
    files: &Files,
    cache: Option<PathBuf>,
) -> Result<Components, Vec<Problem>> {
    let mut store = Store {
        config,
        files,
        lock: lock(files).map_err(|problem| vec![problem])?,
        cache,
        client: None,
    };
    let mut problems = Vec::new();
    let mut components = Components::new();
    for (index, plugin) in config.plugins.iter().enumerate() {
        let result = match &plugin.source {
            PluginSource::Builtin(_) => Ok(()),
            PluginSource::File(path) => store.check_file(&plugin.source, path),
            PluginSource::Oci { .. } => store.fetch(&plugin.source).map(|bytes| {
                components.insert(plugin.source.to_string(), bytes);
            }),
        };
        if let Err(message) = result {
            problems.push(problem(config, plugin, index, "use", message));
        }
    }
    if problems.is_empty() {
        Ok(components)
    } else {
        Err(problems)
    }
}

/// The lock file beside the configuration; an empty one where there is none.
fn lock(files: &Files) -> Result<Lock, Problem> {
    let path = files.resolve(LOCK_FILE);
    let name = path.display().to_string();
    match std::fs::read_to_string(&path) {
        Ok(text) => {
            Lock::parse(&name, &text).map_err(|error| Problem::new("", "", error.to_string()))
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Lock::default()),
        Err(error) => Err(Problem::new(name, "", error.to_string())),
    }
}

struct Store<'a> {
    config: &'a Config,
    files: &'a Files,
    lock: Lock,
    cache: Option<PathBuf>,
    /// Made when something is fetched for the first time.
    client: Option<Client>,
}

impl Store<'_> {
    fn check_file(&self, source: &PluginSource, path: &str) -> Result<(), String> {
        let bytes = self.files.bytes(path).unwrap_or_default();
        self.lock
            .check_file(&source.to_string(), bytes)
            .map_err(|error| error.to_string())?;
        let Some(policy) = self.policy(source)? else {
            return Ok(());
        };
        let signatures = self.files.bytes(&format!("{path}.sig")).unwrap_or_default();
        // What is not text holds no signature.
        let signatures = std::str::from_utf8(signatures).unwrap_or_default();
        policy
            .check_file(path, bytes, signatures)
            .map_err(|error| error.to_string())
    }

    /// By digest alone: what a tag stands for is asked when it is pulled, and kept in the lock file.
    fn fetch(&mut self, source: &PluginSource) -> Result<Vec<u8>, String> {
        let name = source.to_string();
        let mut reference: Reference = name.parse().map_err(chained)?;
        let locked = self.lock.get(&name).copied();
        if reference.digest().is_none() {
            let digest = locked.and_then(|locked| locked.manifest).ok_or_else(|| {
                format!(
                    "a tag can be moved, and {} does not say what this one stands for\nhint: caponier plugin pull --config {}",
                    self.files.resolve(LOCK_FILE).display(),
                    self.config.name
                )
            })?;
            reference = reference.at(digest);
        }
        let policy = self.policy(source)?;
        let demands = Demands {
            locked: locked.as_ref(),
            policy: policy.as_ref(),
            any_repository: false,
        };
        let client = match self.client.take() {
            Some(client) => client,
            None => registry_client(self.cache.as_deref())?,
        };
        let pulled = client.pull_as(&reference, demands);
        self.client = Some(client);
        Ok(pulled.map_err(chained)?.bytes.to_vec())
    }

    /// Whose signatures a source needs.
    fn policy(&self, source: &PluginSource) -> Result<Option<Policy>, String> {
        let entry = self.config.signatures_of(source);
        entry.map(|entry| self.signers(&entry.signers)).transpose()
    }

    fn signers(&self, signers: &Signers) -> Result<Policy, String> {
        let all = |list: &[Signers]| {
            let all = list.iter().map(|inner| self.signers(inner));
            all.collect::<Result<Vec<Policy>, String>>()
        };
        match signers {
            Signers::AllOf(list) => all(list).map(Policy::AllOf),
            Signers::AnyOf(list) => all(list).map(Policy::AnyOf),
            Signers::Key { file, annotations } => {
                let pem = self.files.bytes(file).unwrap_or_default();
                let pem = std::str::from_utf8(pem).map_err(|_| format!("{file} is not PEM"))?;
                Policy::key(file, pem, annotations.clone())
                    .map_err(|error| format!("{file}: {error}"))
            }
        }
    }
}

/// A client for registries that keeps what it fetches below `cache`, where revisions look for it.
///
/// # Errors
/// A cache that others could write, or no TLS.
pub fn registry_client(cache: Option<&Path>) -> Result<Client, String> {
    let cache = match cache {
        Some(cache) => Some(Cache::open(&cache.join("registry")).map_err(chained)?),
        None => None,
    };
    let options = Options {
        cache,
        ..Options::default()
    };
    Client::new(options).map_err(chained)
}

fn chained(error: impl std::error::Error) -> String {
    crate::problem::chained(&error)
}
