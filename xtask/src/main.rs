//! The project's own commands: build, demo, book, test, eval.
//!
//! They need git, rustup, a C compiler and Python 3; everything else they fetch themselves.

#![forbid(unsafe_code)]

mod book;
mod compile;
mod demo;
mod eval;
mod guests;
mod http;
mod place;
mod sbom;
mod steps;
mod suite;
mod tools;
mod train;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// The project's own commands.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Build the plugins, then the program that embeds them: target/release/caponier
    Build {
        /// Only the WebAssembly in target/wasm, not the program
        #[arg(long)]
        wasm: bool,
        /// The program to ship, target/dist/caponier: the same, optimised across all its parts. A
        /// request costs about a tenth less, the build several times as much
        #[arg(long, conflicts_with = "wasm")]
        dist: bool,
    },
    /// Build and show the main job: a denial, a redaction that is restored, a dropped document
    Demo,
    /// Write the reference part of the book, and build the book: target/book
    Book,
    /// Build and run every test; the last line says how many passed, failed and were skipped
    Test {
        /// Run only the tests whose name contains this
        filter: Option<String>,
        /// Run only the tests of these packages
        #[arg(long, short)]
        package: Vec<String>,
        /// Run what is tested in Envoy (its scenes, and parity with the gateway) in this version;
        /// may be given several times. Default: 1.36.2 and 1.40.0, where scenes that hang on the
        /// filter alone run in one of the two
        #[arg(long, value_name = "VERSION", value_parser = tools::envoy_names())]
        envoy: Vec<String>,
    },
    /// Train the model of the injection plugin: plugins/injection/model.bin
    Train {
        /// Where the development sets are, as gzipped JSON lines
        #[arg(long, value_name = "DIR", default_value = "data")]
        data: PathBuf,
    },
    /// Measure the detectors on the sets that tests/eval/README.md names, and write the page
    Eval {
        /// Where the sets are
        #[arg(long, value_name = "DIR", env = "CAPONIER_EVAL_DATA")]
        data: Option<PathBuf>,
        /// Where the page and its plot go
        #[arg(long, value_name = "DIR", default_value = "docs/src/eval")]
        output: PathBuf,
        /// Measure this program and build none
        #[arg(long, value_name = "FILE")]
        program: Option<PathBuf>,
    },
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Build { wasm: true, .. } => compile::build_wasm_only().map(|()| ExitCode::SUCCESS),
        Command::Build { dist: true, .. } => compile::build_to_ship().map(|()| ExitCode::SUCCESS),
        Command::Build { .. } => compile::build().map(|()| ExitCode::SUCCESS),
        Command::Demo => demo::run(),
        Command::Book => book::build(),
        Command::Test {
            filter,
            package,
            envoy,
        } => suite::run(filter.as_deref(), &package, &envoy),
        Command::Train { data } => train::run(&data).map(|()| ExitCode::SUCCESS),
        Command::Eval {
            data,
            output,
            program,
        } => eval::run(data, &output, program),
    };
    outcome.unwrap_or_else(|error| {
        steps::error(&error);
        ExitCode::FAILURE
    })
}
