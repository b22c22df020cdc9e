//! Runs scenarios of the whole program. They are written in Python, since the official client is;
//! see `py/`. `cargo xtask test` prepares what they need.

#![expect(
    clippy::panic,
    clippy::expect_used,
    reason = "a test's helper fails the test"
)]

use std::io::{Read, Seek, SeekFrom};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Runs one scenario and fails with everything it said if it fails.
///
/// A scenario ends itself when it takes too long, see `py/run.py`. What it has started may outlive
/// it then, and keep a pipe open for good: it is ended here, and what is said goes to a file.
pub fn scenario(module: &str, function: &str) {
    let said = tempfile::tempfile().expect("a temporary file");
    let stream = || said.try_clone().expect("a second handle of a file");
    let python = python();
    let child = Command::new(&python)
        .arg("run.py")
        .args([module, function])
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("py"))
        .stdin(Stdio::null())
        .stdout(stream())
        .stderr(stream())
        .process_group(0)
        .spawn();
    let mut child = match child {
        Ok(child) => child,
        Err(error) => panic!("{}: {error}; hint: cargo xtask test", python.display()),
    };
    let status = child.wait().expect("the end of a scenario");
    let group = format!("-{}", child.id());
    // It may be that nothing is left of it.
    drop(Command::new("kill").args(["-KILL", "--", &group]).output());
    if !status.success() {
        let mut text = Vec::new();
        let mut said = &said;
        said.seek(SeekFrom::Start(0)).expect("the start of a file");
        said.read_to_end(&mut text).expect("what a scenario said");
        let text = String::from_utf8_lossy(&text);
        panic!("{module}.{function} failed ({status})\n{text}");
    }
}

fn python() -> PathBuf {
    match std::env::var_os("CAPONIER_TEST_PYTHON") {
        Some(path) => path.into(),
        None => {
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/test-env/python/bin/python")
        }
    }
}

/// Declares a test for each scenario of one Python module.
#[macro_export]
macro_rules! scenarios {
    ($module:literal: $($name:ident),+ $(,)?) => {
        $(
            #[test]
            fn $name() {
                $crate::scenario($module, stringify!($name));
            }
        )+
    };
}
