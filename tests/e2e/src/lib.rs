//! Runs scenarios of the whole program. They are written in Python, since the official client is;
//! see `py/`. `cargo xtask test` prepares what they need.

#![expect(clippy::panic, reason = "a test's helper fails the test")]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Runs one scenario and fails with everything it said if it fails.
pub fn scenario(module: &str, function: &str) {
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("py");
    let python = python();
    let output = Command::new(&python)
        .arg("run.py")
        .args([module, function])
        .current_dir(scripts)
        .stdin(Stdio::null())
        .output();
    match output {
        Ok(output) if output.status.success() => {}
        Ok(output) => panic!(
            "{module}.{function} failed\n{}\n{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        ),
        Err(error) => panic!("{}: {error}; hint: cargo xtask test", python.display()),
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
