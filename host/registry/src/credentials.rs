//! Credentials as docker keeps them: in `config.json`, or with a helper that it names.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use base64::Engine as _;
use serde::Deserialize;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use zeroize::{Zeroize as _, Zeroizing};

use crate::error::Error;

/// The most that `config.json` or a helper's answer may hold.
const MAX: u64 = 1 << 20;
/// How long a helper may take: some ask a person to unlock a key ring.
const HELPER_TIME: Duration = Duration::from_secs(30);

/// What is shown to a registry.
pub(crate) enum Credentials {
    /// User name and password.
    Basic(Zeroizing<String>, Zeroizing<String>),
    /// A token that is exchanged for others.
    Identity(Zeroizing<String>),
}

/// Says which kind it is and nothing else.
impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Basic(..) => "Basic(…)",
            Self::Identity(_) => "Identity(…)",
        })
    }
}

/// Where docker keeps its configuration: `$DOCKER_CONFIG`, or else `.docker` in the home directory.
pub fn docker_config() -> Option<PathBuf> {
    let of = |name| std::env::var_os(name).filter(|value| !value.is_empty());
    of("DOCKER_CONFIG")
        .map(PathBuf::from)
        .or_else(|| of("HOME").map(|home| Path::new(&home).join(".docker")))
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct File {
    auths: BTreeMap<String, Entry>,
    cred_helpers: BTreeMap<String, String>,
    creds_store: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Entry {
    auth: Option<Zeroizing<String>>,
    username: Option<Zeroizing<String>>,
    password: Option<Zeroizing<String>>,
    identitytoken: Option<Zeroizing<String>>,
}

/// The credentials for a host, from the configuration in this directory.
///
/// # Errors
/// Where the file cannot be read or a helper fails: going on without would hide it.
pub(crate) async fn lookup(directory: &Path, host: &str) -> Result<Option<Credentials>, Error> {
    let path = directory.join("config.json");
    let Some(text) = read(&path).await? else {
        return Ok(None);
    };
    // serde's message could repeat a value.
    let file: File = serde_json::from_slice(&text).map_err(|error| Error::Credentials {
        place: path.display().to_string(),
        what: format!(
            "not the configuration of docker, at line {} column {}",
            error.line(),
            error.column()
        ),
        hint: "mend the file, or write it anew with `docker login`",
    })?;
    let host = match host {
        "docker.io" | "registry-1.docker.io" => "index.docker.io",
        host => host,
    };
    let helper = find(&file.cred_helpers, host).or(file.creds_store.as_ref());
    if let Some(helper) = helper.filter(|helper| !helper.is_empty())
        && let Some(found) = ask(helper, host).await?
    {
        return Ok(Some(found));
    }
    match find(&file.auths, host) {
        Some(entry) => of_entry(entry, host, &path),
        None => Ok(None),
    }
}

async fn read(path: &Path) -> Result<Option<Zeroizing<Vec<u8>>>, Error> {
    let unreadable = |error: std::io::Error| Error::Credentials {
        place: path.display().to_string(),
        what: format!("cannot be read: {error}"),
        hint: "make it readable for this user, or remove it",
    };
    let file = match tokio::fs::File::open(path).await {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unreadable(error)),
    };
    let mut text = Zeroizing::new(Vec::new());
    let mut file = file.take(MAX);
    file.read_to_end(&mut text).await.map_err(unreadable)?;
    Ok(Some(text))
}

/// The entry of a host, which may be written as a URL.
fn find<'m, T>(map: &'m BTreeMap<String, T>, host: &str) -> Option<&'m T> {
    map.get(host).or_else(|| {
        map.iter()
            .find(|(key, _)| {
                let key = key.strip_prefix("https://").unwrap_or(key);
                let key = key.strip_prefix("http://").unwrap_or(key);
                key.split('/').next() == Some(host)
            })
            .map(|(_, value)| value)
    })
}

fn of_entry(entry: &Entry, host: &str, path: &Path) -> Result<Option<Credentials>, Error> {
    if let Some(token) = &entry.identitytoken
        && !token.is_empty()
    {
        return Ok(Some(Credentials::Identity(token.clone())));
    }
    if let Some(auth) = &entry.auth
        && !auth.is_empty()
    {
        let decoded = base64::engine::general_purpose::STANDARD
            .decode(auth.as_bytes())
            .ok()
            .map(Zeroizing::new);
        let pair = decoded.as_ref().and_then(|bytes| {
            let (user, password) = std::str::from_utf8(bytes).ok()?.split_once(':')?;
            // Docker pads with NUL what older versions wrote.
            let password = password.trim_end_matches('\0');
            Some(Credentials::Basic(
                user.to_owned().into(),
                password.to_owned().into(),
            ))
        });
        return match pair {
            Some(pair) => Ok(Some(pair)),
            None => Err(Error::Credentials {
                place: format!("{}: auths, {host}", path.display()),
                what: "`auth` is not the base64 of user name, colon and password".to_owned(),
                hint: "write it anew with `docker login`",
            }),
        };
    }
    Ok(match (&entry.username, &entry.password) {
        (Some(user), Some(password)) => Some(Credentials::Basic(user.clone(), password.clone())),
        _ => None,
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    username: Zeroizing<String>,
    secret: Zeroizing<String>,
}

/// Asks `docker-credential-NAME`. What it prints is used or dropped, never shown.
async fn ask(helper: &str, host: &str) -> Result<Option<Credentials>, Error> {
    let program = format!("docker-credential-{helper}");
    let failed = |what: String, hint| Error::Credentials {
        place: program.clone(),
        what,
        hint,
    };
    let is_name = helper
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
    if !is_name {
        return Err(failed(
            "not the name of a credential helper".to_owned(),
            "name it in docker's config.json without a path",
        ));
    }
    let server = if host == "index.docker.io" {
        "https://index.docker.io/v1/"
    } else {
        host
    };
    let run = async {
        let mut child = tokio::process::Command::new(&program)
            .arg("get")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        if let Some(mut input) = child.stdin.take() {
            // One that does not read its input may still answer.
            input.write_all(server.as_bytes()).await.ok();
        }
        let mut output = Zeroizing::new(Vec::new());
        if let Some(stdout) = child.stdout.take() {
            stdout.take(MAX).read_to_end(&mut output).await?;
        }
        Ok::<_, std::io::Error>((child.wait().await?, output))
    };
    let (status, output) = tokio::time::timeout(HELPER_TIME, run)
        .await
        .map_err(|_| {
            failed(
                format!("gave no answer within {} s", HELPER_TIME.as_secs()),
                "unlock the key ring, or call it by hand to see what it waits for",
            )
        })?
        .map_err(|error| {
            failed(
                format!("cannot be run: {error}"),
                "install it, or remove it from docker's config.json",
            )
        })?;
    if !status.success() {
        let nothing = std::str::from_utf8(&output).is_ok_and(|text| text.contains("not found"));
        return if nothing {
            Ok(None)
        } else {
            Err(failed(
                format!("failed ({status})"),
                "call it by hand with `get` to see why",
            ))
        };
    }
    let mut answer: Answer = serde_json::from_slice(&output).map_err(|_| {
        failed(
            "gave an answer that is not `Username` and `Secret`".to_owned(),
            "call it by hand with `get` to see what it answers",
        )
    })?;
    let user = std::mem::take(&mut *answer.username);
    let secret = std::mem::take(&mut *answer.secret);
    answer.secret.zeroize();
    Ok(Some(if user == "<token>" {
        Credentials::Identity(secret.into())
    } else {
        Credentials::Basic(user.into(), secret.into())
    }))
}

#[cfg(test)]
mod tests {
    use super::{Credentials, lookup};

    async fn of(config: &str, host: &str) -> String {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("config.json"), config).unwrap();
        match lookup(folder.path(), host).await {
            Ok(None) => "none".to_owned(),
            Ok(Some(Credentials::Basic(user, password))) => format!("{}/{}", *user, *password),
            Ok(Some(Credentials::Identity(token))) => format!("token {}", *token),
            Err(error) => error.to_string(),
        }
    }

    #[tokio::test]
    async fn entries_are_found_by_host_alone() {
        let config = r#"{"auths": {
            "ghcr.io": {"auth": "bWU6cGE6c3M="},
            "https://quay.io/v2/": {"username": "u", "password": "p"},
            "https://index.docker.io/v1/": {"identitytoken": "t", "auth": "bWU6"},
            "localhost:5000": {}
        }}"#;
        for (host, expected) in [
            ("ghcr.io", "me/pa:ss"),
            ("quay.io", "u/p"),
            ("docker.io", "token t"),
            ("localhost:5000", "none"),
            ("localhost", "none"),
            ("evil.ghcr.io", "none"),
            ("ghcr.io.evil.example", "none"),
            ("v2", "none"),
        ] {
            assert_eq!(of(config, host).await, expected, "{host}");
        }
    }

    #[tokio::test]
    async fn nothing_secret_is_in_a_message() {
        for config in [
            r#"{"auths": {"h": {"auth": "hunter2-hunter2"}}}"#,
            r#"{"auths": {"h": {"auth": ["hunter2"]}}}"#,
            r#"{"auths": {"h": {"auth": "aHVudGVyMg=="}}}"#,
            r#"{"auths": "hunter2"}"#,
            "hunter2",
            r#"{"credsStore": "no-such-helper-here"}"#,
            r#"{"credsStore": "../../bin/sh"}"#,
        ] {
            let error = of(config, "h").await;
            assert!(error.contains("\nhint: "), "{error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
        let shown = format!(
            "{:?}",
            Credentials::Basic("a".to_owned().into(), "hunter2".to_owned().into())
        );
        assert!(!shown.contains("hunter2"));
    }

    #[tokio::test]
    async fn without_a_file_there_are_none() {
        let folder = tempfile::tempdir().unwrap();
        let none = lookup(&folder.path().join("not-there"), "h").await.unwrap();
        assert!(none.is_none());
    }
}
