//! Headers as Envoy gives them, and which of them do not go on.

use crate::host::{Host, Map};

/// Headers of the filter's own; nobody else may set them.
const OWN_PREFIX: &str = "x-caponier-";

/// Digests and tags of the upstream's bytes; ours may differ.
const OF_THE_BYTES: [&str; 6] = [
    "etag",
    "content-md5",
    "digest",
    "content-digest",
    "repr-digest",
    "accept-ranges",
];

/// The headers of one message.
#[derive(Debug, Default)]
pub(crate) struct Headers(Vec<(String, Vec<u8>)>);

impl Headers {
    /// `None` where they cannot be read, or not all of them: what is not known may be anything.
    pub(crate) fn read(host: &impl Host, map: Map) -> Option<Self> {
        host.headers(map).map(Self)
    }

    /// Every value of a header.
    pub(crate) fn all<'h>(&'h self, name: &str) -> impl Iterator<Item = &'h [u8]> {
        let values = self.0.iter().filter(move |(known, _)| known == name);
        values.map(|(_, value)| value.as_slice())
    }

    /// The names of all.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    /// The header's value, where it stands there once and is text.
    pub(crate) fn one<'h>(&'h self, name: &str) -> Option<&'h str> {
        let mut values = self.all(name);
        let value = values.next().filter(|_| values.next().is_none())?;
        std::str::from_utf8(value).ok()
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.all(name).next().is_some()
    }

    /// The encodings that are to be undone before the body can be read.
    pub(crate) fn encodings(&self) -> impl Iterator<Item = &str> {
        self.all("content-encoding")
            .flat_map(|value| std::str::from_utf8(value).unwrap_or("?").split(','))
            .map(str::trim)
            .filter(|name| !name.is_empty() && !name.eq_ignore_ascii_case("identity"))
    }

    /// Takes out what is only the filter's to say. False where some of it stays.
    pub(crate) fn clean(&self, host: &impl Host, map: Map) -> bool {
        let mut own = self.0.iter().filter(|(name, _)| is_own(name));
        own.all(|(name, _)| host.set_header(map, name, None))
    }

    /// Takes out of an answer what describes bytes that may change. False where some of it stays.
    pub(crate) fn clean_answer(&self, host: &impl Host) -> bool {
        let mut stale = OF_THE_BYTES.iter().filter(|name| self.has(name));
        self.clean(host, Map::Response)
            && stale.all(|name| host.set_header(Map::Response, name, None))
    }
}

/// Underscores too: some servers read them as hyphens.
fn is_own(name: &str) -> bool {
    name.len() >= OWN_PREFIX.len()
        && name
            .bytes()
            .zip(OWN_PREFIX.bytes())
            .all(|(byte, own)| byte == own || (byte == b'_' && own == b'-'))
}

#[cfg(test)]
mod tests {
    use super::is_own;

    #[test]
    fn nobody_else_may_speak_for_the_filter() {
        for name in ["x-caponier-action", "x_caponier_principal", "x-caponier-"] {
            assert!(is_own(name), "{name}");
        }
        for name in ["x-caponier", "x-caponierx-a", "content-type"] {
            assert!(!is_own(name), "{name}");
        }
    }
}
