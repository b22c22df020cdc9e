//! The program to ship: optimised as a whole, and by what it spends its time on.
//!
//! It is built twice. The first build counts how often each branch is taken while the program
//! measures itself; the second is laid out by these counts.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::compile::{self, cargo};
use crate::place;
use crate::steps::{line, run, step};

/// How the counting build differs from the one that is shipped: it is compiled sooner.
const QUICK: [&str; 3] = [
    "profile.dist.lto=false",
    "profile.dist.codegen-units=16",
    "profile.dist.debug=false",
];

/// Builds `target/dist/caponier`.
pub(crate) fn build() -> Result<()> {
    compile::build_wasm_only()?;
    let toolchain = Toolchain::find()?;
    let place = place::target().join("pgo");
    let (counts, merged) = (place.join("counts"), place.join("merged.profdata"));
    step("a build that counts", || {
        let flag = format!("-Cprofile-generate={}", counts.display());
        toolchain.build(&place.join("count"), &flag, &QUICK)
    })?;
    step("counts", || {
        let program = toolchain.program(&place.join("count"));
        measure(&program, &counts)?;
        toolchain.merge(&counts, &merged)
    })?;
    step("the build to ship", || {
        let flag = format!("-Cprofile-use={}", merged.display());
        toolchain.build(&place.join("use"), &flag, &[])?;
        let (made, shipped) = (toolchain.program(&place.join("use")), place::shipped());
        if let Some(parent) = shipped.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::copy(&made, &shipped).with_context(|| format!("copying {}", made.display()))?;
        Ok("caponier")
    })?;
    line(&format!("          {}", place::shipped().display()));
    Ok(())
}

/// Lets the program measure itself. Whether a budget holds while it counts is of no interest.
fn measure(program: &Path, counts: &Path) -> Result<()> {
    if counts.exists() {
        fs::remove_dir_all(counts)?;
    }
    let mut command = Command::new(program);
    command
        .args(["bench", "--quick"])
        .env("LLVM_PROFILE_FILE", counts.join("%p-%m.profraw"))
        .current_dir(place::root())
        .stdin(Stdio::null())
        .stdout(Stdio::null());
    let status = command.status().context("starting the build that counts")?;
    match status.code() {
        Some(0 | 2) => Ok(()),
        _ => bail!(
            "`caponier bench` ended with {status}; hint: it compares with nginx: apt-get install nginx"
        ),
    }
}

/// The compiler's own tools.
struct Toolchain {
    host: String,
    profdata: PathBuf,
}

impl Toolchain {
    fn find() -> Result<Self> {
        let said = |arguments: &[&str]| -> Result<String> {
            let output = Command::new("rustc")
                .args(arguments)
                .current_dir(place::root())
                .output()
                .context("starting rustc")?;
            Ok(String::from_utf8(output.stdout)?.trim().to_owned())
        };
        let version = said(&["-vV"])?;
        let host = version
            .lines()
            .find_map(|line| line.strip_prefix("host: "))
            .context("rustc does not say what it builds for")?;
        let tools = PathBuf::from(said(&["--print", "sysroot"])?)
            .join("lib/rustlib")
            .join(host)
            .join("bin");
        let profdata = tools.join("llvm-profdata");
        if !profdata.exists() {
            let hint = "rustup component add llvm-tools";
            let mut command = Command::new("rustup");
            command.args(["component", "add", "llvm-tools"]);
            run(command.current_dir(place::root()), hint)?;
        }
        Ok(Self {
            host: host.to_owned(),
            profdata,
        })
    }

    /// Builds the program with a flag for all of its crates, but not for what runs while building.
    fn build(&self, target: &Path, flag: &str, settings: &[&str]) -> Result<&'static str> {
        let mut command = cargo();
        command
            .args(["build", "--profile", "dist", "--package", "caponier-cli"])
            .args(["--target", &self.host])
            .arg("--target-dir")
            .arg(target)
            .env("RUSTFLAGS", flag);
        for setting in settings {
            command.args(["--config", setting]);
        }
        run(
            &mut command,
            "a C compiler is needed: apt-get install build-essential",
        )?;
        Ok("caponier")
    }

    fn program(&self, target: &Path) -> PathBuf {
        target.join(&self.host).join("dist/caponier")
    }

    fn merge(&self, counts: &Path, merged: &Path) -> Result<String> {
        let mut files = Vec::new();
        for entry in fs::read_dir(counts)
            .with_context(|| format!("nothing was counted in {}", counts.display()))?
        {
            let path = entry?.path();
            if path.extension() == Some(OsStr::new("profraw")) {
                files.push(path);
            }
        }
        let mut command = Command::new(&self.profdata);
        command.arg("merge").arg("-o").arg(merged).args(&files);
        run(&mut command, "rustup component add llvm-tools")?;
        Ok(format!("{} processes", files.len()))
    }
}
