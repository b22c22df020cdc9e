//! `caponier schema`, `caponier completions` and `caponier hash-key`

use std::process::ExitCode;

use anyhow::Context as _;
use clap::CommandFactory as _;

use crate::args::{Arguments, Completions};

pub(crate) fn run() -> anyhow::Result<ExitCode> {
    let schema = serde_json::to_string_pretty(&caponier_config::schema())?;
    anstream::println!("{schema}");
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn completions(command: &Completions) -> anyhow::Result<ExitCode> {
    clap_complete::generate(
        command.shell,
        &mut Arguments::command(),
        "caponier",
        &mut std::io::stdout(),
    );
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn hash_key() -> anyhow::Result<ExitCode> {
    let mut line = String::new();
    std::io::stdin()
        .read_line(&mut line)
        .context("cannot read standard input")?;
    let key = line.trim_end_matches(['\r', '\n']);
    anyhow::ensure!(
        !key.is_empty(),
        "no key on standard input; hint: `printf %s \"$KEY\" | caponier hash-key`"
    );
    anstream::println!("{}", caponier_server::hash_api_key(key));
    Ok(ExitCode::SUCCESS)
}
