//! Components that come from elsewhere: fetched from registries, held against the lock file, and
//! against the signatures that `verify` demands.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use caponier_config::{Config, PluginSource, Signers};
use caponier_registry::blocking::Client;
use caponier_registry::{
    Cache, Demands, LOCK_FILE, Lock, Locked, Options as ClientOptions, Plugin, Policy, Reference,
    write_whole,
};

use crate::builder::{self, problem};
use crate::files::Files;
use crate::{Options, Problem};

/// Signatures of one file: whoever needs more has another problem.
const MAX_SIGNATURES: usize = 16;

/// Components by their sources, as the configuration writes these.
pub(crate) type Components = BTreeMap<String, Vec<u8>>;

/// Fetches what is in registries and checks everything that is not part of the program. `cache` is
/// where what was fetched is kept.
pub(crate) fn components(
    config: &Config,
    files: &Files,
    cache: Option<PathBuf>,
) -> Result<Components, Vec<Problem>> {
    let lock = lock(config, &files.resolve(LOCK_FILE)).map_err(|problem| vec![problem])?;
    let read = |path: &str| {
        let bytes = files.bytes(path).unwrap_or_default();
        Ok(String::from_utf8_lossy(bytes).into_owned())
    };
    let mut store = Store {
        config,
        read: &read,
        lock,
        cache,
        client: None,
    };
    let mut problems = Vec::new();
    let mut components = Components::new();
    for (index, plugin) in config.plugins.iter().enumerate() {
        let result = match &plugin.source {
            PluginSource::Builtin(_) => Ok(()),
            PluginSource::File(path) => store.check_file(&plugin.source, path, files),
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

/// What was pulled for a configuration.
#[derive(Clone, Debug)]
pub struct Taken {
    /// The lock file.
    pub lock: PathBuf,
    /// Each plugin's source as the configuration has it, the digest of its manifest, and whether
    /// that is new.
    pub plugins: Vec<(String, String, Pulled)>,
}

/// What became of a plugin that was pulled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pulled {
    /// It is what the lock file says.
    AsLocked,
    /// The lock file did not know it.
    Locked,
    /// The lock file said something else.
    Moved,
}

/// Pulls every plugin that a configuration has in registries, with the signatures that its `verify`
/// demands, into the cache where revisions look for them, and writes what each stands for to the lock
/// file beside the configuration. With `update`, tags may have been moved.
///
/// # Errors
/// What keeps the configuration from being read, and each plugin from being had; the lock file then
/// stays as it is.
pub fn pull(options: &Options, update: bool) -> Result<Taken, Vec<Problem>> {
    let (config, _, base) = builder::parse(&options.source)?;
    let path = base.join(LOCK_FILE);
    let whole = |message: String| vec![Problem::new(&config.name, "", message)];
    let lock = lock(&config, &path).map_err(|problem| vec![problem])?;
    let read = |file: &str| {
        let path = base.join(file);
        std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))
    };
    let mut store = Store {
        config: &config,
        read: &read,
        lock: lock.clone(),
        cache: builder::cache_dir(options, &config, &base),
        client: None,
    };
    let (mut now, mut pulled, mut problems) = (Lock::default(), Vec::new(), Vec::new());
    for (source, locked) in lock
        .iter()
        .filter(|(source, _)| source.starts_with("file:"))
    {
        now.set(source, *locked)
            .map_err(|error| whole(error.to_string()))?;
    }
    for (index, plugin) in config.plugins.iter().enumerate() {
        let PluginSource::Oci { .. } = plugin.source else {
            continue;
        };
        let source = plugin.source.to_string();
        let before = lock.get(&source).copied();
        let locked = before.filter(|_| !update);
        let result = source.parse().map_err(chained);
        let result = result.and_then(|reference| store.get(&plugin.source, &reference, locked));
        match result {
            Ok(plugin) => {
                let is = match before {
                    None => Pulled::Locked,
                    Some(before) if before == plugin.locked() => Pulled::AsLocked,
                    Some(_) => Pulled::Moved,
                };
                now.set(source.clone(), plugin.locked())
                    .map_err(|error| whole(error.to_string()))?;
                pulled.push((source, plugin.manifest.to_string(), is));
            }
            Err(message) => problems.push(problem(&config, plugin, index, "use", message)),
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    write_whole(&path, now.render().as_bytes(), 0o644).map_err(|error| whole(error.to_string()))?;
    Ok(Taken {
        lock: path,
        plugins: pulled,
    })
}

/// The lock file; an empty one where there is none.
fn lock(config: &Config, path: &Path) -> Result<Lock, Problem> {
    let name = path.display().to_string();
    let broken = |message: String| Problem::new(&config.name, "plugins", message);
    match std::fs::read_to_string(path) {
        Ok(text) => Lock::parse(&name, &text).map_err(|error| broken(error.to_string())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Lock::default()),
        Err(error) => Err(broken(format!(
            "{name}: {error}\nhint: it must be a file that can be read"
        ))),
    }
}

/// Reads a file that the configuration names.
type Read<'a> = dyn Fn(&str) -> Result<String, String> + 'a;

struct Store<'a> {
    config: &'a Config,
    /// Reads a public key.
    read: &'a Read<'a>,
    lock: Lock,
    cache: Option<PathBuf>,
    /// Made when something is fetched for the first time.
    client: Option<Client>,
}

impl Store<'_> {
    fn check_file(&self, source: &PluginSource, path: &str, files: &Files) -> Result<(), String> {
        let bytes = files.bytes(path).unwrap_or_default();
        self.lock
            .check_file(&source.to_string(), bytes)
            .map_err(|error| error.to_string())?;
        let Some(policy) = self.policy(source)? else {
            return Ok(());
        };
        let signatures = files.bytes(&format!("{path}.sig")).unwrap_or_default();
        // What is not text holds no signature.
        let signatures = std::str::from_utf8(signatures).unwrap_or_default();
        // Each is held against all bytes of the component.
        if signatures.lines().count() > MAX_SIGNATURES {
            return Err(format!(
                "{path}.sig has more than {MAX_SIGNATURES} lines\nhint: sign the component anew, into a new file"
            ));
        }
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
                    "a tag can be moved, and {LOCK_FILE} does not say what this one stands for\nhint: caponier plugin pull --config {}",
                    self.config.name
                )
            })?;
            reference = reference.at(digest);
        }
        Ok(self.get(source, &reference, locked)?.bytes.to_vec())
    }

    /// Whatever the reference stands for, signed as the source must be.
    fn get(
        &mut self,
        source: &PluginSource,
        reference: &Reference,
        locked: Option<Locked>,
    ) -> Result<Plugin, String> {
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
        let pulled = client.pull_as(reference, demands);
        self.client = Some(client);
        pulled.map_err(chained)
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
                let pem = (self.read)(file)?;
                Policy::key(file, &pem, annotations.clone())
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
    let options = ClientOptions {
        cache,
        ..ClientOptions::default()
    };
    Client::new(options).map_err(chained)
}

fn chained(error: impl std::error::Error) -> String {
    crate::problem::chained(&error)
}
