//! Names of what lies in a registry: `oci://host[:port]/repository[:tag][@sha256:…]`.

use std::fmt;
use std::str::FromStr;

use crate::digest::Digest;
use crate::text::shown;

/// The most that a reference may be long.
const MAX: usize = 512;

/// Where something lies in a registry.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Reference {
    host: String,
    repository: String,
    tag: Option<String>,
    digest: Option<Digest>,
}

/// Not a usable reference.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}\nhint: {hint}")]
pub struct ReferenceError {
    what: String,
    hint: &'static str,
}

impl Reference {
    /// The host with its port, if one is written: `ghcr.io`, `127.0.0.1:5000`.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The repository at that host: `acme/guard`.
    pub fn repository(&self) -> &str {
        &self.repository
    }

    /// Host and repository: `ghcr.io/acme/guard`, what a signature calls `docker-reference`. There
    /// Docker's own registry goes by an older name, and the port that a host has anyway is left out.
    pub fn name(&self) -> String {
        // `spelling::host` of the crate `caponier-config` makes one spelling of the same ones.
        let usual = if self.is_loopback() { ":80" } else { ":443" };
        let host = self.host.strip_suffix(usual).unwrap_or(&self.host);
        let host = match host {
            "docker.io" | "registry-1.docker.io" => "index.docker.io",
            host => host,
        };
        format!("{host}/{}", self.repository)
    }

    /// The tag, if one is written.
    pub fn tag(&self) -> Option<&str> {
        self.tag.as_deref()
    }

    /// The digest of the manifest, if one is written. It counts more than the tag.
    pub fn digest(&self) -> Option<&Digest> {
        self.digest.as_ref()
    }

    /// The same place, by digest alone.
    #[must_use]
    pub fn at(&self, digest: Digest) -> Self {
        Self {
            digest: Some(digest),
            tag: None,
            ..self.clone()
        }
    }

    /// The same repository, another tag.
    pub(crate) fn tagged(&self, tag: String) -> Self {
        Self {
            tag: Some(tag),
            digest: None,
            ..self.clone()
        }
    }

    /// Whether the host is this machine: `127.0.0.1`, `localhost` or `[::1]`. Only there HTTP is
    /// spoken without TLS.
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.host)
    }

    /// What a manifest is asked for by: the digest, or else the tag.
    pub(crate) fn wanted(&self) -> String {
        match (&self.digest, &self.tag) {
            (Some(digest), _) => digest.to_string(),
            (None, Some(tag)) => tag.clone(),
            (None, None) => "latest".to_owned(),
        }
    }
}

/// Whether a host, with or without a port, is this machine by its very name.
pub(crate) fn is_loopback(authority: &str) -> bool {
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    };
    matches!(host, "127.0.0.1" | "localhost" | "[::1]")
}

impl FromStr for Reference {
    type Err = ReferenceError;

    fn from_str(text: &str) -> Result<Self, ReferenceError> {
        let error = |what: &str, hint| {
            Err(ReferenceError {
                what: format!("`{}`: {what}", without_password(text)),
                hint,
            })
        };
        let Some(rest) = text.strip_prefix("oci://") else {
            return error(
                "not a reference to a registry",
                "write `oci://host/repository:tag` or `oci://host/repository@sha256:…`",
            );
        };
        if text.len() > MAX {
            return error("longer than 512 characters", "shorten the repository");
        }
        let (rest, digest) = match rest.split_once('@') {
            None => (rest, None),
            // A password would show wherever the reference does.
            Some((_, digest)) if digest.contains(['/', '@']) => {
                return Err(ReferenceError {
                    what: "a reference with a user name or password in it".to_owned(),
                    hint: "remove it, and store credentials with `docker login`",
                });
            }
            Some((rest, digest)) => match digest.parse() {
                Ok(digest) => (rest, Some(digest)),
                Err(_) => {
                    return error(
                        "what follows `@` is not a digest",
                        "write `sha256:` and 64 lower-case hexadecimal digits",
                    );
                }
            },
        };
        let Some((host, path)) = rest.split_once('/') else {
            return error(
                "names no repository",
                "write the host, `/` and the repository",
            );
        };
        if !is_host(host) {
            return error(
                "the host is not usable",
                "write a host name in lower case, or an address, with `:PORT` where it needs one",
            );
        }
        let (repository, tag) = match path.split_once(':') {
            Some((repository, tag)) => (repository, Some(tag)),
            None => (path, None),
        };
        if !is_repository(repository) {
            return error(
                "the repository is not usable",
                "write lower-case letters and digits, joined by single `.`, `_`, `-` or `/`",
            );
        }
        if tag.is_some_and(|tag| !is_tag(tag)) {
            return error(
                "the tag is not usable",
                "write at most 128 letters, digits, `_`, `.` and `-`, with no `.` or `-` in front",
            );
        }
        Ok(Self {
            host: host.to_owned(),
            repository: repository.to_owned(),
            tag: tag.map(str::to_owned),
            digest,
        })
    }
}

/// A reference for messages. What stands before `@` may be a password, but where a digest follows.
pub(crate) fn without_password(text: &str) -> String {
    match text.rsplit_once('@') {
        Some((rest, digest)) if rest.contains('@') || digest.parse::<Digest>().is_err() => {
            format!("…@{}", shown(digest, 100))
        }
        Some((rest, _)) if !has_path(rest) => "…@…".to_owned(),
        _ => shown(text, 200),
    }
}

fn has_path(text: &str) -> bool {
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    rest.contains('/')
}

fn is_host(host: &str) -> bool {
    let (name, port) = match host.strip_prefix('[') {
        Some(rest) => match rest.split_once(']') {
            Some((address, rest)) => {
                if address.parse::<std::net::Ipv6Addr>().is_err() {
                    return false;
                }
                match rest.strip_prefix(':') {
                    Some(port) => ("v6", Some(port)),
                    None if rest.is_empty() => ("v6", None),
                    None => return false,
                }
            }
            None => return false,
        },
        None => match host.split_once(':') {
            Some((name, port)) => (name, Some(port)),
            None => (host, None),
        },
    };
    let is_name = name.len() <= 253
        && name.split('.').all(|label| {
            !label.is_empty()
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        });
    let is_port = |port: &str| {
        !port.starts_with(['0', '+']) && port.parse::<u16>().is_ok_and(|port| port > 0)
    };
    is_name && port.is_none_or(is_port)
}

fn is_repository(path: &str) -> bool {
    path.len() <= 255
        && path.split('/').all(|part| {
            let alphanumeric = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
            let bytes = part.as_bytes();
            bytes.first().copied().is_some_and(alphanumeric)
                && bytes.last().copied().is_some_and(alphanumeric)
                && bytes
                    .iter()
                    .all(|byte| alphanumeric(*byte) || b"._-".contains(byte))
                && !["..", "._", "_.", "___", ".-", "-.", "_-", "-_"]
                    .iter()
                    .any(|pair| part.contains(pair))
        })
}

fn is_tag(tag: &str) -> bool {
    tag.len() <= 128
        && !tag.is_empty()
        && !tag.starts_with(['.', '-'])
        && tag
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte))
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "oci://{}/{}", self.host, self.repository)?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        if let Some(digest) = &self.digest {
            write!(f, "@{digest}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Reference;

    const HEX: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn good_references_are_read_and_written_back() {
        for text in [
            "oci://ghcr.io/acme/guard".to_owned(),
            "oci://ghcr.io/acme/guard:v1.2_3".to_owned(),
            format!("oci://ghcr.io/acme/guard@sha256:{HEX}"),
            format!("oci://localhost:5000/a/b-c/d__e:latest@sha256:{HEX}"),
            "oci://[::1]:5000/guard:1".to_owned(),
            "oci://127.0.0.1:65535/g".to_owned(),
        ] {
            let reference: Reference = text.parse().unwrap();
            assert_eq!(reference.to_string(), text);
        }
        let both: Reference = format!("oci://h.example/r:t@sha256:{HEX}").parse().unwrap();
        assert_eq!(
            (both.tag(), both.name().as_str()),
            (Some("t"), "h.example/r")
        );
        let docker: Reference = "oci://docker.io/acme/guard:1".parse().unwrap();
        assert_eq!(docker.name(), "index.docker.io/acme/guard");
        for (text, name) in [
            ("oci://registry-1.docker.io:443/r:1", "index.docker.io/r"),
            ("oci://h.example:443/r:1", "h.example/r"),
            ("oci://h.example:80/r:1", "h.example:80/r"),
            ("oci://localhost:443/r:1", "localhost:443/r"),
            ("oci://[::1]:80/r:1", "[::1]/r"),
        ] {
            let reference: Reference = text.parse().unwrap();
            assert_eq!(reference.name(), name);
        }
        assert_eq!(both.wanted(), format!("sha256:{HEX}"));
    }

    #[test]
    fn bad_references_are_refused() {
        for text in [
            "",
            "ghcr.io/acme/guard",
            "https://ghcr.io/acme/guard",
            "oci://",
            "oci://ghcr.io",
            "oci://ghcr.io/",
            "oci:///guard",
            "oci://ghcr.io/acme/../guard",
            "oci://ghcr.io/acme//guard",
            "oci://ghcr.io/Acme/guard",
            "oci://GHCR.io/acme/guard",
            "oci://ghcr.io/acme/guard:",
            "oci://ghcr.io/acme/guard:-x",
            "oci://ghcr.io/acme/guard:a:b",
            "oci://ghcr.io/acme/guard@",
            "oci://ghcr.io/acme/guard@sha256:0123",
            "oci://ghcr.io/acme/guard@sha512:0123",
            "oci://ghcr.io/acme/guard?x=y",
            "oci://ghcr.io/acme/guard#x",
            "oci://ghcr.io/acme/gu ard",
            "oci://ghcr.io/acme/guard\r\nHost: x",
            "oci://ghcr.io/acme/%2e%2e",
            "oci://ghcr.io:0/acme",
            "oci://ghcr.io:99999/acme",
            "oci://ghcr.io:+80/acme",
            "oci://[::1/acme",
            "oci://[::g]/acme",
            "oci://::1/acme",
            "oci://-x.example/acme",
        ] {
            let error = text.parse::<Reference>().unwrap_err().to_string();
            assert!(error.contains("\nhint: "), "{error}");
        }
    }

    #[test]
    fn a_password_in_a_reference_is_not_repeated() {
        for text in [
            "oci://me:hunter2@ghcr.io/acme/guard".to_owned(),
            "oci://me:hunter2@127.0.0.1:5961".to_owned(),
            "oci://me:hunter2@x@127.0.0.1:5961".to_owned(),
            "oci://me:x@hunter2@127.0.0.1:5961".to_owned(),
            "oci://me:x/hunter2@127.0.0.1:5961".to_owned(),
            format!("oci://me:hunter2@sha256:{HEX}"),
            format!("https://me:hunter2@sha256:{HEX}"),
            format!("oci://me:hunter2@ghcr.io/acme/guard@sha256:{HEX}"),
            "https://me:hunter2@ghcr.io/acme/guard".to_owned(),
            "me:hunter2@ghcr.io".to_owned(),
            format!("oci://me:hunter2@{}", "h".repeat(600)),
        ] {
            let error = text.parse::<Reference>().unwrap_err().to_string();
            assert!(!error.contains("hunter2"), "{error}");
            assert!(error.contains("\nhint: "), "{error}");
        }
        let wrong = format!("oci://GHCR.io/acme/guard@sha256:{HEX}");
        let error = wrong.parse::<Reference>().unwrap_err().to_string();
        assert!(error.contains(&wrong), "{error}");
    }

    #[test]
    fn only_this_machine_is_loopback() {
        for (text, expected) in [
            ("oci://localhost/x", true),
            ("oci://127.0.0.1:5000/x", true),
            ("oci://[::1]/x", true),
            ("oci://[::1]:5000/x", true),
            ("oci://localhost.example/x", false),
            ("oci://127.0.0.1.example/x", false),
            ("oci://127.0.0.2/x", false),
            ("oci://[::2]/x", false),
        ] {
            let reference: Reference = text.parse().unwrap();
            assert_eq!(reference.is_loopback(), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_read_is_written_back(text in "oci://[a-z0-9.:\\[\\]-]{0,12}/[a-z0-9._/:@-]{0,24}|\\PC*") {
            if let Ok(reference) = text.parse::<Reference>() {
                prop_assert_eq!(reference.to_string(), text);
            }
        }
    }
}
