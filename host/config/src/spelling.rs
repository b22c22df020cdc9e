//! One spelling for each source, so that neither `verify` nor the lock file is passed by with
//! another one. Nothing is looked up: links and host names are taken as they are written.

use std::net::Ipv6Addr;

/// What Docker's registry is called.
pub(crate) const DOCKER: &str = "docker.io";
/// What it is called too. `Reference::name` of the crate `caponier-registry` knows the same names.
pub(crate) const DOCKER_TOO: [&str; 2] = ["index.docker.io", "registry-1.docker.io"];

/// A path without `.`, doubled `/`, and names that `..` takes back. Empty where nothing is left.
pub(crate) fn path(text: &str) -> String {
    let is_absolute = text.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in text.split('/') {
        match (part, parts.last()) {
            ("" | ".", _) => {}
            ("..", Some(last)) if *last != ".." => {
                parts.pop();
            }
            // Nothing is above the root.
            ("..", None) if is_absolute => {}
            (part, _) => parts.push(part),
        }
    }
    let path = parts.join("/");
    if is_absolute {
        format!("/{path}")
    } else {
        path
    }
}

/// A host without the port that it has anyway, an address in its shortest form, and Docker's
/// registry by one name.
pub(crate) fn host(text: &str) -> String {
    let (name, port) = match text.rsplit_once(':') {
        // The `:` of an address is inside of its brackets.
        Some((name, port)) if !port.ends_with(']') => (name, Some(port)),
        _ => (text, None),
    };
    let address = name
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .and_then(|inner| inner.parse::<Ipv6Addr>().ok());
    let name = match address {
        Some(address) => format!("[{address}]"),
        None => name.to_owned(),
    };
    // With this machine plain HTTP is spoken.
    let usual = match name.as_str() {
        "localhost" | "127.0.0.1" | "[::1]" => "80",
        _ => "443",
    };
    match port {
        Some(port) if port != usual => format!("{name}:{port}"),
        _ if DOCKER_TOO.contains(&name.as_str()) => DOCKER.to_owned(),
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::{host, path};

    #[test]
    fn a_path_has_one_spelling() {
        for (written, expected) in [
            ("g.wasm", "g.wasm"),
            ("./g.wasm", "g.wasm"),
            ("././/g.wasm", "g.wasm"),
            ("a/../g.wasm", "g.wasm"),
            ("a/b/../../g.wasm", "g.wasm"),
            ("a/../../g.wasm", "../g.wasm"),
            ("../../g.wasm", "../../g.wasm"),
            ("a//b/./g.wasm", "a/b/g.wasm"),
            ("/a/./b/../g.wasm", "/a/g.wasm"),
            ("/../g.wasm", "/g.wasm"),
            ("//g.wasm", "/g.wasm"),
            ("..g.wasm", "..g.wasm"),
            (".", ""),
            ("a/..", ""),
        ] {
            assert_eq!(path(written), expected, "{written}");
            assert_eq!(path(expected), expected, "{written}");
        }
    }

    #[test]
    fn a_host_has_one_spelling() {
        for (written, expected) in [
            ("ghcr.io", "ghcr.io"),
            ("ghcr.io:443", "ghcr.io"),
            ("ghcr.io:80", "ghcr.io:80"),
            ("docker.io", "docker.io"),
            ("index.docker.io", "docker.io"),
            ("registry-1.docker.io:443", "docker.io"),
            ("index.docker.io:5000", "index.docker.io:5000"),
            ("localhost", "localhost"),
            ("127.0.0.1:80", "127.0.0.1"),
            ("127.0.0.1:443", "127.0.0.1:443"),
            ("[::1]", "[::1]"),
            ("[0:0:0:0:0:0:0:1]:80", "[::1]"),
            ("[2001:db8:0:0::1]:443", "[2001:db8::1]"),
            ("[::1]:5000", "[::1]:5000"),
        ] {
            assert_eq!(host(written), expected, "{written}");
            assert_eq!(host(expected), expected, "{written}");
        }
    }
}
