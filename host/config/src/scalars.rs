//! Values written as one word, each read and checked where it stands.

use std::borrow::Cow;
use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserialize, Deserializer, Error, Visitor};

use crate::actions::Glob;
use crate::gateway::{PathPattern, Upstream};
use crate::plugins::PluginSource;
use crate::sources::{read_source, read_source_glob};
use crate::units::{parse_duration, parse_size};
use crate::verify::SourceGlob;
use crate::yaml::shown;

/// Defines a type that is read from a string by a function which says what is wrong.
macro_rules! scalar {
    ($name:ident($inner:ty), $read:expr, $expecting:literal, $schema:tt) => {
        #[derive(Clone, Debug)]
        pub(crate) struct $name(pub(crate) $inner);

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Word;
                impl Visitor<'_> for Word {
                    type Value = $name;
                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str($expecting)
                    }
                    fn visit_str<E: Error>(self, text: &str) -> Result<$name, E> {
                        let read: fn(&str) -> Result<$inner, String> = $read;
                        read(text).map($name).map_err(E::custom)
                    }
                    scalar!(@number $name);
                }
                deserializer.deserialize_any(Word)
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }
            fn inline_schema() -> bool {
                true
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!($schema)
            }
        }
    };
    (@number Size) => {
        fn visit_u64<E: Error>(self, bytes: u64) -> Result<Size, E> {
            Ok(Size(bytes))
        }
    };
    (@number $name:ident) => {};
}

scalar!(Size(u64), parse_size, "a size such as 32MiB", {
    "anyOf": [
        { "type": "integer", "minimum": 0 },
        { "type": "string", "pattern": "^[0-9]+ *(B|KiB|MiB|GiB|kB|KB|MB|GB)?$" }
    ]
});
scalar!(Span(Duration), parse_duration, "a duration such as 20ms", {
    "type": "string", "pattern": "^[0-9]+ *(us|µs|ms|s|m|h)$"
});
scalar!(Listen(SocketAddr), read_listen, "an address and port such as 127.0.0.1:8787", {
    "type": "string", "pattern": ":[0-9]{1,5}$"
});
scalar!(Url(Upstream), read_url, "a URL such as https://api.example.com", {
    "type": "string", "pattern": "^https?://[^ ]+$"
});
scalar!(Pattern(PathPattern), read_pattern, "a path such as /v1/*", {
    "type": "string", "pattern": "^/"
});
scalar!(FilePath(String), read_path, "a path", { "type": "string", "minLength": 1 });
scalar!(EnvName(String), read_env, "the name of an environment variable", {
    "type": "string", "pattern": "^[A-Za-z_][A-Za-z0-9_]*$"
});
scalar!(Name(String), read_name, "a name in kebab-case", {
    "type": "string", "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$", "maxLength": 64
});
scalar!(Digest(String), read_digest, "a digest such as sha256:…", {
    "type": "string", "pattern": "^sha256:[0-9a-f]{64}$"
});
scalar!(Source(PluginSource), read_source, "a plugin such as builtin:pii or file:plugins/x.wasm", {
    "type": "string", "pattern": "^(builtin:[a-z0-9-]+|file:.+|oci://[^/@]+/[^@]+(:[A-Za-z0-9_][A-Za-z0-9_.-]*|@sha256:[0-9a-f]{64}))$"
});
scalar!(SourcePattern(SourceGlob), read_source_glob, "a glob over sources such as oci://ghcr.io/acme/*", {
    "type": "string", "pattern": "^(\\*|file:|oci://)"
});
scalar!(Text(String), read_text, "a string", { "type": "string", "minLength": 1 });

fn read_listen(text: &str) -> Result<SocketAddr, String> {
    if let Some(port) = text.strip_prefix("localhost:") {
        return format!("127.0.0.1:{port}")
            .parse()
            .map_err(|_| bad_listen(text));
    }
    text.parse().map_err(|_| bad_listen(text))
}

fn bad_listen(text: &str) -> String {
    let text = shown(text);
    let port = text.trim_start_matches(['*', ':']);
    let hint = if !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) {
        format!("write `127.0.0.1:{port}`, or `0.0.0.0:{port}` for every interface")
    } else {
        "write an IP address and a port: `127.0.0.1:8787` or `[::1]:8787`".to_owned()
    };
    format!("`{text}` is not an address and port; hint: {hint}")
}

/// The messages do not repeat the URL: someone may have put a password into it.
fn read_url(text: &str) -> Result<Upstream, String> {
    let (tls, rest) = if let Some(rest) = text.strip_prefix("https://") {
        (true, rest)
    } else if let Some(rest) = text.strip_prefix("http://") {
        (false, rest)
    } else {
        return Err("not a URL of scheme https or http; hint: write `https://host`".to_owned());
    };
    if rest.contains(['?', '#']) {
        return Err(
            "a URL with a query or a fragment cannot be an upstream; hint: end it with the path"
                .to_owned(),
        );
    }
    let (authority, path) = match rest.find('/') {
        Some(at) => rest.split_at(at),
        None => (rest, ""),
    };
    if authority.contains('@') {
        return Err("a URL with a user name or password in it; hint: use `credentials`".to_owned());
    }
    let (host, port) = match authority.strip_prefix('[') {
        Some(bracketed) => {
            let (host, rest) = bracketed
                .split_once(']')
                .ok_or("a URL with `[` but no `]`")?;
            if host.parse::<std::net::Ipv6Addr>().is_err() {
                return Err(
                    "a URL with something other than an IPv6 address in brackets".to_owned(),
                );
            }
            (
                host,
                rest.strip_prefix(':')
                    .or(if rest.is_empty() { Some("") } else { None })
                    .ok_or("a malformed URL")?,
            )
        }
        None => authority.split_once(':').unwrap_or((authority, "")),
    };
    let well_formed = !host.is_empty()
        && host
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b':'));
    if !well_formed {
        return Err("a URL without a usable host name; hint: write `https://host`".to_owned());
    }
    let port = match port {
        "" => {
            if tls {
                443
            } else {
                80
            }
        }
        port => port
            .parse()
            .ok()
            .filter(|port| *port > 0)
            .ok_or("a URL whose port is not a number from 1 to 65535")?,
    };
    let base_path = path.trim_end_matches('/');
    if !base_path.is_empty() && PathPattern::parse(base_path).is_err() || base_path.contains('*') {
        return Err("a URL whose path holds something else than plain segments".to_owned());
    }
    Ok(Upstream {
        tls,
        host: host.to_owned(),
        port,
        base_path: base_path.to_owned(),
        url: text.to_owned(),
        credentials: None,
        trusted_ca: None,
    })
}

fn read_pattern(text: &str) -> Result<PathPattern, String> {
    PathPattern::parse(text).map_err(|error| {
        format!(
            "`{}` is {error}; hint: write `/v1/chat/completions` or `/v1/*`",
            shown(text)
        )
    })
}

pub(crate) fn read_path(text: &str) -> Result<String, String> {
    if text.is_empty() || text.contains('\0') {
        return Err("not a path; hint: name a file".to_owned());
    }
    Ok(text.to_owned())
}

fn read_env(text: &str) -> Result<String, String> {
    if is_env_name(text) {
        Ok(text.to_owned())
    } else {
        // Not repeated: it may be the secret itself.
        Err(
            "not the name of an environment variable; hint: letters, digits and `_` only"
                .to_owned(),
        )
    }
}

pub(crate) fn is_env_name(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && !text.starts_with(|letter: char| letter.is_ascii_digit())
}

fn is_kebab(text: &str) -> bool {
    text.len() <= 64
        && text.split('-').all(|part| {
            !part.is_empty()
                && part
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        })
}

fn read_name(text: &str) -> Result<String, String> {
    if is_kebab(text) {
        Ok(text.to_owned())
    } else {
        Err(format!(
            "`{}` is not a usable name; hint: lower-case letters, digits and single hyphens, at most 64",
            shown(text)
        ))
    }
}

pub(crate) fn read_digest(text: &str) -> Result<String, String> {
    let hex = text.strip_prefix("sha256:").unwrap_or_default();
    if hex.len() == 64
        && hex
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    {
        Ok(hex.to_owned())
    } else {
        Err(format!(
            "`{}` is not a digest; hint: write `sha256:` and 64 lower-case hexadecimal digits",
            shown(text)
        ))
    }
}

fn read_text(text: &str) -> Result<String, String> {
    if text.is_empty() {
        Err("an empty string".to_owned())
    } else {
        Ok(text.to_owned())
    }
}

/// Reads a glob over rule names.
pub(crate) fn read_glob(text: &str) -> Result<Glob, String> {
    let fine = !text.is_empty()
        && text.len() <= 160
        && text.bytes().all(|byte| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-/*?".contains(&byte)
        })
        && (text.contains('*') || text.matches('/').count() == 1)
        && text.matches('/').count() <= 1;
    if fine {
        return Ok(Glob::new(text.to_owned()));
    }
    let hint = if is_kebab(text) {
        format!("write `{text}/*` for all rules of the plugin")
    } else {
        "write `plugin/rule` in lower case, with `*` for any text and `?` for one letter".to_owned()
    };
    Err(format!(
        "not the name of a rule or a glob over such names; hint: {hint}"
    ))
}
