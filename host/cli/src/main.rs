//! The command line.

mod args;
mod bench;
mod check;
mod evaluate;
mod inspect;
mod logging;
mod pack;
mod pin;
mod plugin;
mod problems;
mod scan;
mod schema;
mod serve;
mod style;
mod testing;

use std::process::ExitCode;

use clap::Parser as _;

use crate::args::{Arguments, Command};

/// A gateway allocates little and often, on many threads; the system's allocator takes a sixth of
/// its time for that.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// A denial: `inspect` alone ends with it.
pub(crate) const DENIED: u8 = 3;
/// Something went wrong.
pub(crate) const FAILED: u8 = 2;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if let Err(error) = logging::start(&arguments) {
        anstream::eprintln!("{}error{:#}: {error:#}", style::BAD, style::BAD);
        return ExitCode::from(FAILED);
    }
    let result = match arguments.command {
        Command::Serve(command) => serve::run(&command),
        Command::Check(command) => check::run(&command),
        Command::Inspect(command) => inspect::run(&command),
        Command::Scan(command) => scan::run(&command),
        Command::Test(command) => testing::run(&command),
        Command::Pack(command) => pack::run(&command),
        Command::Plugin(command) => plugin::run(&command),
        Command::Bench(command) => bench::run(&command),
        Command::Schema => schema::run(),
        Command::Completions(command) => schema::completions(&command),
        Command::HashKey => schema::hash_key(),
        Command::PinTools(command) => pin::run(&command),
    };
    match result {
        Ok(code) => code,
        Err(error) => {
            problems::report(&error);
            ExitCode::from(FAILED)
        }
    }
}
