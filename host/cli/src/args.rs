//! What can be typed.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::plugin::args::PluginArgs;

/// Guard what goes to a language model, what is fetched for it and what it says.
#[derive(Debug, Parser)]
#[command(
    name = "caponier",
    version,
    max_term_width = 100,
    arg_required_else_help = true
)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,

    /// What is logged to standard error: error, warn, info, debug, trace, or filters such as
    /// `caponier_runtime=debug`
    #[arg(
        long,
        global = true,
        env = "CAPONIER_LOG",
        value_name = "FILTER",
        default_value = "warn,caponier=info,caponier_runtime=info,caponier_server=info,plugin=info"
    )]
    pub(crate) log: String,

    /// How log lines look
    #[arg(long, global = true, value_enum, default_value_t = LogFormat::Text)]
    pub(crate) log_format: LogFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// For people
    Text,
    /// One JSON object a line
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    Text,
    /// For programs
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TestFormat {
    /// For people
    Text,
    /// For programs
    Json,
    /// For continuous integration
    Junit,
}

/// Where in a mesh a filter stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Direction {
    /// In a gateway
    Gateway,
    /// In front of the workload: what comes to it
    Inbound,
    /// Behind the workload: what it sends
    Outbound,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the gateway, the decision port and the admin port
    Serve(Serve),
    /// Build a revision and say what is wrong with it, what is risky, and its digest
    Check(Check),
    /// Decide on one text; ends with 0, or 3 where it is denied
    Inspect(Inspect),
    /// Decide on a corpus: one JSON line in, one decision out
    Scan(Scan),
    /// Run policy cases
    Test(Test),
    /// Make the module that runs this configuration inside Envoy
    Pack(Pack),
    /// Write plugins: new, build, test, inspect, bench
    Plugin(PluginArgs),
    /// Measure what the program promises to cost; ends with 2 where a budget does not hold
    ///
    /// What is measured within this process has the plugins of `--config`; gateways that are started
    /// have the default chain.
    Bench(Bench),
    /// Print the JSON Schema of the configuration file
    Schema,
    /// Print a completion script for a shell
    Completions(Completions),
    /// Read an API key from standard input and print the hash for a key file
    HashKey,
    /// Pin the tools of an MCP server: read its answers to `tools/list`, print a policy that drops
    /// every tool that is not as it was then
    PinTools(PinTools),
}

#[derive(Debug, Args)]
pub(crate) struct Config {
    /// The configuration file; without it the embedded default is used
    #[arg(long, short, value_name = "FILE", env = "CAPONIER_CONFIG")]
    pub(crate) config: Option<PathBuf>,

    /// Where compiled plugins are kept
    #[arg(long, value_name = "DIR", env = "CAPONIER_CACHE")]
    pub(crate) cache: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Serve {
    #[command(flatten)]
    pub(crate) config: Config,

    /// Threads that serve connections [default: one for each core]
    #[arg(long, value_name = "N")]
    pub(crate) workers: Option<usize>,

    /// Do not reload when files change
    #[arg(long)]
    pub(crate) no_watch: bool,
}

#[derive(Debug, Args)]
pub(crate) struct PinTools {
    /// The server's answers, as bodies or as events [default: standard input]
    #[arg(value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,

    /// The path of the route that leads to the server, as the configuration has it
    #[arg(long, value_name = "PATH", default_value = "/mcp")]
    pub(crate) route: String,
}

#[derive(Debug, Args)]
pub(crate) struct Check {
    #[command(flatten)]
    pub(crate) config: Config,

    /// How the result looks
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}

#[derive(Debug, Args)]
pub(crate) struct Pack {
    #[command(flatten)]
    pub(crate) config: Config,

    /// Where the module goes
    #[arg(long, short, value_name = "FILE", required_unless_present_any = ["ecds", "oci"])]
    pub(crate) output: Option<PathBuf>,

    /// Write a bootstrap for Envoy that runs the module in front of the routes' upstreams
    #[arg(long, value_name = "FILE")]
    pub(crate) envoy: Option<PathBuf>,

    /// Write the module and the filter's configuration into a directory from which a running Envoy
    /// takes each new one; a bootstrap written with it refers to them
    #[arg(long, value_name = "DIR")]
    pub(crate) ecds: Option<PathBuf>,

    /// Write an EnvoyFilter for Istio
    #[arg(long, value_name = "FILE", requires = "url")]
    pub(crate) istio: Option<PathBuf>,

    /// Where Istio's proxies get the module from: oci://…, https://…, http://… or file:///…
    #[arg(long, value_name = "URL", requires = "istio")]
    pub(crate) url: Option<String>,

    /// Which proxies Istio gives it to: those with this label
    #[arg(long, value_name = "LABEL=VALUE", requires = "istio", default_value = "istio=ingressgateway", value_parser = label)]
    pub(crate) selector: (String, String),

    /// Where in these proxies it stands
    #[arg(long, value_enum, requires = "istio", default_value_t = Direction::Gateway)]
    pub(crate) direction: Direction,

    /// Write the module as an image that Istio and Envoy Gateway fetch: an OCI layout, to be pushed
    /// to a registry as it is
    #[arg(long, value_name = "DIR")]
    pub(crate) oci: Option<PathBuf>,

    /// Where callers are known from in Envoy: a JSON list of `jwt_authn` and `headers` sources, the
    /// first that applies
    #[arg(long, value_name = "FILE")]
    pub(crate) identity: Option<PathBuf>,

    /// Put the secrets of plugins' settings into the module
    #[arg(long)]
    pub(crate) embed_secrets: bool,

    /// How the result looks
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}

/// Where a text is seen.
#[derive(Clone, Debug, Args)]
pub(crate) struct Place {
    /// The stage: prompt, retrieval or output
    #[arg(long, value_name = "STAGE", default_value = "prompt", value_parser = stage)]
    pub(crate) stage: caponier_core::Stage,

    /// The role: system, developer, user, assistant, tool, document or other [default: by the
    /// stage: user, document or assistant]
    #[arg(long, value_name = "ROLE", value_parser = role)]
    pub(crate) role: Option<caponier_core::Role>,
}

#[derive(Debug, Args)]
pub(crate) struct Inspect {
    #[command(flatten)]
    pub(crate) config: Config,

    #[command(flatten)]
    pub(crate) place: Place,

    /// How the decision looks
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,

    /// The text; `-` or nothing: standard input
    #[arg(value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Scan {
    #[command(flatten)]
    pub(crate) config: Config,

    #[command(flatten)]
    pub(crate) place: Place,

    /// JSON lines with `id` and `text`, and if wanted `stage`, `role`, `kind`, `name` and
    /// `attributes`
    #[arg(value_name = "IN.jsonl")]
    pub(crate) input: PathBuf,

    /// Where the decisions go, one JSON line each; `-`: standard output
    #[arg(long, short, value_name = "OUT.jsonl")]
    pub(crate) output: PathBuf,

    /// Write the text as it would go out, too
    #[arg(long)]
    pub(crate) emit_text: bool,

    /// Threads [default: one for each core]
    #[arg(long, value_name = "N")]
    pub(crate) threads: Option<usize>,
}

#[derive(Debug, Args)]
pub(crate) struct Test {
    #[command(flatten)]
    pub(crate) config: Config,

    /// How the result looks
    #[arg(long, value_enum, default_value_t = TestFormat::Text)]
    pub(crate) format: TestFormat,

    /// Only cases whose name contains this
    #[arg(long, value_name = "TEXT")]
    pub(crate) filter: Option<String>,

    /// A directory of YAML files with cases, or one such file
    #[arg(value_name = "DIR")]
    pub(crate) dir: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Bench {
    #[command(flatten)]
    pub(crate) config: Config,

    /// How the result looks
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,

    /// Only rows whose name contains this
    #[arg(long, value_name = "NAME")]
    pub(crate) filter: Option<String>,

    /// Measure less often: rough numbers soon
    #[arg(long)]
    pub(crate) quick: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Completions {
    /// The shell
    #[arg(value_enum)]
    pub(crate) shell: clap_complete::Shell,
}

fn label(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() && !value.is_empty() => {
            Ok((name.to_owned(), value.to_owned()))
        }
        _ => Err("a label's name and value, as in app=model".to_owned()),
    }
}

fn stage(word: &str) -> Result<caponier_core::Stage, String> {
    caponier_core::Stage::parse(word)
        .ok_or_else(|| "one of prompt, retrieval and output".to_owned())
}

fn role(word: &str) -> Result<caponier_core::Role, String> {
    let known: Vec<&str> = caponier_core::Role::ALL
        .iter()
        .map(|role| role.as_str())
        .collect();
    caponier_core::Role::parse(word).ok_or_else(|| format!("one of {}", known.join(", ")))
}
