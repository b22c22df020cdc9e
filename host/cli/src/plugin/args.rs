//! What can be typed after `caponier plugin`.

use std::path::PathBuf;

use caponier_author::Language;
use clap::{Args, Subcommand, ValueEnum};

use crate::args::{Format, TestFormat};

#[derive(Debug, Args)]
pub(crate) struct PluginArgs {
    #[command(subcommand)]
    pub(crate) command: PluginCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum PluginCommand {
    /// Make a project for a plugin, with the SDK, cases and a configuration that runs it
    New(New),
    /// Build the plugin of a project with its language's own tools, and make the component
    Build(Build),
    /// Run a plugin's cases in the sandbox; ends with 2 where one fails
    Test(Test),
    /// Tell what a component is, what it asks for, what it finds and whether it packs
    Inspect(Inspect),
    /// Measure what a plugin costs in the sandbox
    Bench(Look),
    /// Make a pair of keys: one that signs plugins, one that verifies them
    Keygen(Keygen),
    /// Sign a component, or a plugin in a registry, in the way of cosign
    Sign(Sign),
    /// Check who has signed a component, or a plugin in a registry; ends with 2 where a key is missing
    Verify(Verify),
    /// Put a component into a registry
    Push(Push),
    /// Get a component from a registry, or all that a configuration names, and lock what they stand for
    Pull(Pull),
}

#[derive(Debug, Args)]
pub(crate) struct New {
    /// The plugin's name, in kebab-case: `ticket-numbers`
    #[arg(value_name = "NAME")]
    pub(crate) name: String,

    /// What it is written in: rust, python, js or c
    #[arg(long, value_name = "LANGUAGE", default_value = "rust", value_parser = language)]
    pub(crate) lang: Language,

    /// Where the project goes [default: a folder of the plugin's name]
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Build {
    /// The project's folder
    #[arg(value_name = "DIR", default_value = ".")]
    pub(crate) dir: PathBuf,

    /// Where the component goes [default: NAME.wasm in the project's folder]
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

/// A component, and what it is tried with.
#[derive(Debug, Args)]
pub(crate) struct Component {
    /// The component, or builtin:NAME [default: what `build` makes of the project in this folder]
    #[arg(value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,

    /// The directory that the plugin may read while it is configured
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Test {
    #[command(flatten)]
    pub(crate) component: Component,

    /// A directory of YAML files with cases
    #[arg(long, value_name = "DIR", default_value = "cases")]
    pub(crate) cases: PathBuf,

    /// Only cases whose name contains this
    #[arg(long, value_name = "TEXT")]
    pub(crate) filter: Option<String>,

    /// How the result looks
    #[arg(long, value_enum, default_value_t = TestFormat::Text)]
    pub(crate) format: TestFormat,
}

/// A component under settings of its own.
#[derive(Debug, Args)]
pub(crate) struct Look {
    #[command(flatten)]
    pub(crate) component: Component,

    /// The plugin's settings, as JSON
    #[arg(long, value_name = "JSON", default_value = "{}")]
    pub(crate) settings: String,

    /// How the result looks
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}

#[derive(Debug, Args)]
pub(crate) struct Inspect {
    #[command(flatten)]
    pub(crate) look: Look,

    /// Print the bill of materials of a built-in plugin and nothing else: CycloneDX, as JSON
    #[arg(long)]
    pub(crate) sbom: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Keygen {
    /// The keys go to NAME.key and NAME.pub
    #[arg(value_name = "NAME")]
    pub(crate) name: String,

    /// Ed25519 instead of ECDSA on P-256, which is what cosign makes
    #[arg(long)]
    pub(crate) ed25519: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Sign {
    /// A component's file, or oci://HOST/REPOSITORY:TAG or @sha256:…
    #[arg(value_name = "FILE|OCI")]
    pub(crate) target: String,

    /// The private key: PEM, PKCS#8
    #[arg(long, value_name = "FILE")]
    pub(crate) key: PathBuf,

    /// What the signature states beside; in registries only
    #[arg(long = "annotation", short, value_name = "NAME=VALUE", value_parser = annotation)]
    pub(crate) annotations: Vec<(String, String)>,
}

#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// A component's file, or oci://HOST/REPOSITORY:TAG or @sha256:…
    #[arg(value_name = "FILE|OCI")]
    pub(crate) target: String,

    /// A public key that must have signed: PEM. Where there are several, all must have
    #[arg(long, value_name = "FILE", required = true)]
    pub(crate) key: Vec<PathBuf>,

    /// What the signatures must state
    #[arg(long = "annotation", short, value_name = "NAME=VALUE", value_parser = annotation)]
    pub(crate) annotations: Vec<(String, String)>,
}

/// What is pushed, and for whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Target {
    /// A component, for this program and everything that knows WebAssembly artifacts
    Caponier,
    /// An image that `caponier pack --oci` has made, for Istio and Envoy Gateway
    Envoy,
}

#[derive(Debug, Args)]
pub(crate) struct Push {
    /// The component; for Envoy, the image's directory
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,

    /// Where it goes: oci://HOST/REPOSITORY:TAG
    #[arg(value_name = "OCI")]
    pub(crate) to: String,

    /// Who is to fetch it
    #[arg(long, value_enum, default_value_t = Target::Caponier)]
    pub(crate) target: Target,
}

#[derive(Debug, Args)]
pub(crate) struct Pull {
    /// The plugin: oci://HOST/REPOSITORY:TAG or @sha256:…
    #[arg(value_name = "OCI", conflicts_with = "config")]
    pub(crate) from: Option<String>,

    /// Where its component goes [default: NAME.wasm]
    #[arg(long, short, value_name = "FILE", requires = "from")]
    pub(crate) output: Option<PathBuf>,

    /// A public key that must have signed it
    #[arg(long, value_name = "FILE", requires = "from")]
    pub(crate) key: Vec<PathBuf>,

    /// Pull every plugin that this configuration has in registries, and write what each stands for to
    /// caponier.lock beside it
    #[arg(long, short, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,

    /// Accept that tags were moved
    #[arg(long, requires = "config")]
    pub(crate) update: bool,

    /// Where what was pulled is kept
    #[arg(long, value_name = "DIR", env = "CAPONIER_CACHE")]
    pub(crate) cache: Option<PathBuf>,
}

fn annotation(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("a name and a value, as in env=prod".to_owned()),
    }
}

fn language(word: &str) -> Result<Language, String> {
    let known = Language::ALL.map(Language::as_str).join(", ");
    let mut all = Language::ALL.into_iter();
    all.find(|language| language.as_str() == word)
        .ok_or_else(|| format!("there is no SDK for it; there is one for {known}. Whatever makes a component of the world `caponier:policy/policy` can be a plugin, too"))
}
