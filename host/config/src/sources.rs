//! Where plugins come from, as it is written.

use crate::de::nearest;
use crate::plugins::{BUILTIN, PluginSource};
use crate::scalars::{read_digest, read_path};
use crate::spelling;
use crate::verify::SourceGlob;
use crate::yaml::shown;

/// Reads a source.
pub(crate) fn read_source(text: &str) -> Result<PluginSource, String> {
    if let Some(name) = text.strip_prefix("builtin:") {
        if BUILTIN.contains(&name) {
            return Ok(PluginSource::Builtin(name.to_owned()));
        }
        let hint = match nearest(name, BUILTIN.iter().copied()) {
            Some(known) => format!("did you mean `builtin:{known}`?"),
            None => format!("built-in plugins are {}", BUILTIN.join(", ")),
        };
        return Err(format!(
            "no plugin named `{}` is built in; hint: {hint}",
            shown(name)
        ));
    }
    if let Some(path) = text.strip_prefix("file:") {
        return match spelling::path(&read_path(path)?).as_str() {
            "" | "/" => Err("a path that names no file; hint: name a file".to_owned()),
            path => Ok(PluginSource::File(path.to_owned())),
        };
    }
    if let Some(reference) = text.strip_prefix("oci://") {
        return read_oci(reference);
    }
    let hint = if BUILTIN.contains(&text) {
        format!("write `builtin:{text}`")
    } else if text.ends_with(".wasm") {
        format!("write `file:{}`", without_password(text))
    } else {
        "begin with `builtin:`, `file:` or `oci://`".to_owned()
    };
    Err(format!(
        "`{}` does not say where the plugin comes from; hint: {hint}",
        without_password(text)
    ))
}

/// A source for messages. What stands before `@` may be a password.
fn without_password(text: &str) -> String {
    match text.rsplit_once('@') {
        Some((_, rest)) => format!("…@{}", shown(rest)),
        None => shown(text),
    }
}

/// Reads what follows `oci://`: host, repository, and tag or digest or both.
fn read_oci(reference: &str) -> Result<PluginSource, String> {
    let (name, digest) = match reference.split_once('@') {
        // The message does not repeat it: it may be a password.
        Some((_, rest)) if rest.contains(['/', '@']) => {
            return Err("a registry reference with a user name or password in it; hint: remove it, and store credentials with `docker login`".to_owned());
        }
        Some((name, digest)) => (name, Some(read_digest(digest)?)),
        None => (reference, None),
    };
    let (host, path) = name.split_once('/').unwrap_or_default();
    let (path, tag) = match path.split_once(':') {
        Some((path, tag)) => (path, Some(tag)),
        None => (path, None),
    };
    let is_word = |text: &str, more: &[u8]| {
        !text.is_empty()
            && text.bytes().all(|byte| {
                byte.is_ascii_lowercase() || byte.is_ascii_digit() || more.contains(&byte)
            })
    };
    let ends = |text: &str| text.starts_with(['.', '-', '_']) || text.ends_with(['.', '-', '_']);
    let is_path = path
        .split('/')
        .all(|part| is_word(part, b".-_") && !ends(part) && !part.contains(".."));
    if !is_word(host, b".-:[]") || !is_path {
        return Err("a registry reference without host and repository in lower case; hint: write `oci://host/repository:tag` or `oci://host/repository@sha256:…`"
            .to_owned());
    }
    let is_tag = |tag: &str| {
        tag.len() <= 128
            && !tag.is_empty()
            && !tag.starts_with(['.', '-'])
            && tag
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
    };
    if !tag.is_none_or(is_tag) {
        return Err("a registry reference whose tag is not usable; hint: write letters, digits, `_`, `.` and `-`".to_owned());
    }
    if tag.is_none() && digest.is_none() {
        return Err("a registry reference without tag and digest; hint: end it with `@sha256:…`, or with `:TAG`, which the lock file then pins".to_owned());
    }
    Ok(PluginSource::Oci {
        repository: format!("{}/{path}", spelling::host(host)),
        tag: tag.map(str::to_owned),
        digest,
    })
}

/// Reads a glob over sources without tag and digest. One that is spelled as no source is would cover
/// nothing, so it is refused.
pub(crate) fn read_source_glob(text: &str) -> Result<SourceGlob, String> {
    if text.starts_with("builtin:") {
        return Err("built-in plugins are a part of the program and are never asked for a signature; hint: remove the entry".to_owned());
    }
    if text.len() > 512 {
        return Err("a glob of more than 512 characters; hint: shorten it".to_owned());
    }
    if text == "*" {
        return Ok(SourceGlob::new(text));
    }
    if let Some(path) = text.strip_prefix("file:") {
        return read_file_glob(path);
    }
    if let Some(reference) = text.strip_prefix("oci://") {
        return read_oci_glob(reference);
    }
    Err(format!(
        "`{}` matches no source; hint: begin with `oci://` or `file:`, or write `*` for all",
        without_password(text)
    ))
}

fn read_file_glob(path: &str) -> Result<SourceGlob, String> {
    let plain = spelling::path(path);
    if !path.is_empty() && plain == path {
        return Ok(SourceGlob::new(&format!("file:{path}")));
    }
    let hint = match plain.as_str() {
        "" | "/" => "write `file:*` for every file".to_owned(),
        plain if path.ends_with('/') => format!("write `file:{}/*`", shown(plain)),
        plain => format!("write `file:{}`", shown(plain)),
    };
    Err(format!(
        "`file:{}` matches no file: paths are matched without `./`, `//`, `x/../` and a `/` at the end; hint: {hint}",
        shown(path)
    ))
}

fn read_oci_glob(reference: &str) -> Result<SourceGlob, String> {
    const TAG: &str =
        "a glob over sources is matched without tag and digest; hint: end it before the";
    if reference.contains('@') {
        return Err(format!("{TAG} `@`"));
    }
    let (host, path) = match reference.find('/') {
        Some(at) => reference.split_at(at),
        None => (reference, ""),
    };
    let after_colon = match host.rsplit_once(':') {
        Some((_, rest)) if !rest.contains(']') => rest,
        _ => "",
    };
    let is_port = |letter: char| letter.is_ascii_digit() || "*?".contains(letter);
    if path.contains(':') || !after_colon.chars().all(is_port) {
        return Err(format!("{TAG} tag's `:`"));
    }
    if reference.contains(|letter: char| letter.is_ascii_uppercase()) {
        return Err("a glob over registries with upper-case letters matches none; hint: write host and repository in lower case".to_owned());
    }
    if !host.contains(['*', '?']) {
        let host = spelling::host(host);
        return Ok(SourceGlob::new(&format!("oci://{host}{path}")));
    }
    if after_colon == "443" {
        return Err(
            "a glob over registries with the port 443, which is never written; hint: leave it out"
                .to_owned(),
        );
    }
    let covers = SourceGlob::new(host);
    if !covers.matches(spelling::DOCKER)
        && spelling::DOCKER_TOO.iter().any(|name| covers.matches(name))
    {
        return Err("a glob over another name of Docker's registry, which is always called `docker.io`; hint: write an entry for `oci://docker.io/*`".to_owned());
    }
    Ok(SourceGlob::new(&format!("oci://{reference}")))
}
