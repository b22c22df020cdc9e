//! Credential helpers: programs on the search path, so the test runs itself with another one.

#![expect(clippy::unwrap_used, reason = "a test's helpers fail the test")]

mod support;

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use caponier_registry::{Error, Options, blocking};
use support::{Registry, component, metadata};

const CHILD: &str = "CAPONIER_HELPER_TEST";

fn helper(folder: &Path, name: &str, script: &str) {
    let path = folder.join(format!("docker-credential-{name}"));
    std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn helpers_are_asked_by_host_and_what_they_print_is_never_shown() {
    if std::env::var_os(CHILD).is_some() {
        return with_helpers();
    }
    let folder = tempfile::tempdir().unwrap();
    let answer = r#"[ "$1" = get ] || exit 9; host=$(cat); case $host in 127.0.0.1:*) "#;
    helper(
        folder.path(),
        "good",
        &format!(
            r#"{answer} echo '{{"ServerURL":"x","Username":"me","Secret":"correct horse"}}' ;; *) exit 8 ;; esac"#
        ),
    );
    helper(
        folder.path(),
        "none",
        "echo credentials not found in native keychain; exit 1",
    );
    helper(
        folder.path(),
        "fails",
        "echo hunter2; echo hunter2 >&2; exit 1",
    );
    helper(folder.path(), "floods", "exec yes hunter2");
    helper(folder.path(), "odd", "echo '{\"Secret\":\"hunter2\"}'");
    let path = std::env::var("PATH").unwrap();
    let status = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "helpers_are_asked_by_host_and_what_they_print_is_never_shown",
            "--nocapture",
        ])
        .env(CHILD, "1")
        .env("PATH", format!("{}:{path}", folder.path().display()))
        .status()
        .unwrap();
    assert!(status.success());
}

fn with_helpers() {
    let registry = Registry::locked();
    let place = registry.reference("acme/guard:1");
    let push = |config: String| {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("config.json"), config).unwrap();
        let options = Options {
            docker_config: Some(folder.path().to_owned()),
            ..Options::default()
        };
        let client = blocking::Client::new(options).unwrap();
        client.push(&place, &component("one"), &metadata())
    };
    push(r#"{"credsStore": "good"}"#.to_owned()).unwrap();
    let host = place.host();
    push(format!(
        r#"{{"credsStore": "fails", "credHelpers": {{"{host}": "good"}}}}"#
    ))
    .unwrap();
    let error = push(r#"{"credsStore": "none"}"#.to_owned()).unwrap_err();
    assert!(
        matches!(
            error,
            Error::Denied {
                with_credentials: false,
                ..
            }
        ),
        "{error}"
    );
    for name in ["fails", "floods", "odd"] {
        let error = push(format!(r#"{{"credsStore": "{name}"}}"#)).unwrap_err();
        let text = format!("{error} {error:?}");
        assert!(
            text.contains(&format!("docker-credential-{name}")),
            "{text}"
        );
        assert!(
            !text.contains("hunter2") && text.contains("\nhint: "),
            "{text}"
        );
    }
}
