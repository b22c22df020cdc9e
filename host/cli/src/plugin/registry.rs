//! `caponier plugin push|pull|keygen|sign|verify`

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use caponier_author::Metadata as Words;
use caponier_registry::blocking::Client;
use caponier_registry::{
    Algorithm, Demands, Image, Metadata, Policy, PrivateKey, Reference, read_signatures, sign_file,
    source_date_epoch, write_whole,
};
use caponier_runtime::{Options, Pulled, Source};
use zeroize::Zeroizing;

use super::args::{Keygen, Pull, Push, Sign, Target, Verify};
use super::read_component;
use crate::problems::Problems;
use crate::style::{DIM, GOOD, WARN};

/// No key is longer.
const MAX_KEY: u64 = 64 << 10;

/// Something that is signed: a file, or a plugin in a registry.
enum Signed {
    File(PathBuf),
    Registry(Reference),
}

impl Signed {
    fn parse(text: &str) -> anyhow::Result<Self> {
        if text.starts_with("oci://") {
            return Ok(Self::Registry(text.parse()?));
        }
        let path = text.strip_prefix("file:").unwrap_or(text);
        Ok(Self::File(PathBuf::from(path)))
    }
}

fn client(cache: Option<&Path>) -> anyhow::Result<Client> {
    caponier_runtime::registry_client(cache).map_err(anyhow::Error::msg)
}

pub(super) fn push(command: &Push) -> anyhow::Result<ExitCode> {
    let to: Reference = command.to.parse()?;
    let client = client(None)?;
    let digest = match command.target {
        Target::Envoy => client.push_layout(&to, &command.file)?,
        Target::Caponier => {
            let component = read_component(&command.file, "name the component's file")?;
            // What is no plugin does not belong there.
            caponier_author::check(&component)
                .with_context(|| command.file.display().to_string())?;
            let words = Words::read(&component)?;
            let metadata = Metadata {
                title: words.name,
                version: words.version,
                source: words.source,
                licenses: words.licence,
                description: words.description,
                author: None,
                created: source_date_epoch()?,
            };
            client.push(&to, &component, &metadata)?
        }
    };
    anstream::println!("{GOOD}pushed{GOOD:#} {to}");
    anstream::println!("use: {}", to.at(digest));
    Ok(ExitCode::SUCCESS)
}

pub(super) fn pull(command: &Pull) -> anyhow::Result<ExitCode> {
    match (&command.from, &command.config) {
        (Some(from), None) => pull_one(command, &from.parse()?),
        (None, Some(config)) => pull_all(command, config),
        _ => bail!(
            "name a plugin, or with --config a configuration whose plugins are to be pulled\nhint: caponier plugin pull oci://host/repository:tag"
        ),
    }
}

fn pull_one(command: &Pull, from: &Reference) -> anyhow::Result<ExitCode> {
    let policy = policy(&command.key, &BTreeMap::new())?;
    let demands = Demands {
        policy: policy.as_ref(),
        ..Demands::default()
    };
    let pulled = client(command.cache.as_deref())?.pull_as(from, demands)?;
    let name = || {
        let name = from.repository().rsplit('/').next().unwrap_or("plugin");
        PathBuf::from(format!("{name}.wasm"))
    };
    let output = command.output.clone().unwrap_or_else(name);
    let is_other = std::fs::read(&output).is_ok_and(|bytes| bytes != pulled.bytes);
    if command.output.is_none() && is_other {
        bail!(
            "{} is there already, with another content\nhint: name a file with --output",
            output.display()
        );
    }
    write_whole(&output, &pulled.bytes, 0o644)?;
    anstream::println!(
        "{GOOD}pulled{GOOD:#} {} {DIM}{} KiB, {}{DIM:#}",
        output.display(),
        pulled.bytes.len().div_ceil(1024),
        pulled.component
    );
    anstream::println!("use: {}", from.at(pulled.manifest));
    Ok(ExitCode::SUCCESS)
}

/// Everything that a configuration has in registries, and what it stands for into the lock file.
fn pull_all(command: &Pull, config: &Path) -> anyhow::Result<ExitCode> {
    let options = Options {
        cache_dir: command.cache.clone(),
        ..Options::new(Source::File(config.to_owned()))
    };
    let taken = caponier_runtime::pull(&options, command.update).map_err(Problems)?;
    for (source, digest, is) in &taken.plugins {
        let (style, word) = match is {
            Pulled::AsLocked => (GOOD, "as locked"),
            Pulled::Locked => (GOOD, "locked"),
            Pulled::Moved => (WARN, "moved"),
        };
        anstream::println!("{style}{word}{style:#} {source} {DIM}{digest}{DIM:#}");
    }
    anstream::println!(
        "{} plugins from registries in {}",
        taken.plugins.len(),
        taken.lock.display()
    );
    Ok(ExitCode::SUCCESS)
}

pub(super) fn keygen(command: &Keygen) -> anyhow::Result<ExitCode> {
    let with = |end: &str| PathBuf::from(format!("{}.{end}", command.name));
    let (private, public) = (with("key"), with("pub"));
    let algorithm = match command.ed25519 {
        true => Algorithm::Ed25519,
        false => Algorithm::P256,
    };
    PrivateKey::generate(algorithm)?.write(&private, &public)?;
    anstream::println!(
        "{GOOD}made{GOOD:#} {}, which signs: keep it to yourself; and {}, which verifies",
        private.display(),
        public.display()
    );
    Ok(ExitCode::SUCCESS)
}

pub(super) fn sign(command: &Sign) -> anyhow::Result<ExitCode> {
    let pem = read_key(&command.key)?;
    let key = PrivateKey::from_pem(&pem)
        .map_err(|error| anyhow::anyhow!("{}: {error}", command.key.display()))?;
    match Signed::parse(&command.target)? {
        Signed::File(path) => {
            if !command.annotations.is_empty() {
                bail!(
                    "a file's signature carries no annotations\nhint: push the plugin, and sign it in its registry"
                );
            }
            let signature = sign_file(&key, &path)?;
            anstream::println!(
                "{GOOD}signed{GOOD:#} {} {DIM}{}{DIM:#}",
                path.display(),
                signature.display()
            );
        }
        Signed::Registry(reference) => {
            let annotations = command.annotations.iter().cloned().collect();
            let digest = client(None)?.sign(&reference, &key, &annotations)?;
            anstream::println!("{GOOD}signed{GOOD:#} {}", reference.at(digest));
        }
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) fn verify(command: &Verify) -> anyhow::Result<ExitCode> {
    let annotations: BTreeMap<String, String> = command.annotations.iter().cloned().collect();
    let Some(policy) = policy(&command.key, &annotations)? else {
        bail!("no key is named\nhint: --key FILE, the public one");
    };
    let what = match Signed::parse(&command.target)? {
        Signed::File(path) => {
            let bytes =
                std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
            let signatures = read_signatures(&path)?.unwrap_or_default();
            policy.check_file(&path.display().to_string(), &bytes, &signatures)?;
            path.display().to_string()
        }
        Signed::Registry(reference) => {
            let client = client(None)?;
            let digest = client.resolve(&reference)?;
            let image = reference.at(digest);
            let signatures = client.signatures(&image, &digest)?;
            let name = image.name();
            let signed = Image {
                name: Some(&name),
                digest: &digest,
            };
            policy.check(signed, &signatures)?;
            image.to_string()
        }
    };
    anstream::println!("{GOOD}verified{GOOD:#} {what}");
    Ok(ExitCode::SUCCESS)
}

/// All of these keys must have signed; nothing is demanded where none is named.
fn policy(
    keys: &[PathBuf],
    annotations: &BTreeMap<String, String>,
) -> anyhow::Result<Option<Policy>> {
    let mut all = Vec::new();
    for path in keys {
        let name = path.display().to_string();
        let pem = read_key(path)?;
        let key = Policy::key(&name, &pem, annotations.clone());
        all.push(key.map_err(|error| anyhow::anyhow!("{name}: {error}"))?);
    }
    Ok((!all.is_empty()).then_some(Policy::AllOf(all)))
}

fn read_key(path: &Path) -> anyhow::Result<Zeroizing<String>> {
    let mut text = Zeroizing::new(String::new());
    let file =
        std::fs::File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
    file.take(MAX_KEY)
        .read_to_string(&mut text)
        .with_context(|| format!("cannot read {}", path.display()))?;
    Ok(text)
}
