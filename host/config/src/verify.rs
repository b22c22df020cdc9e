//! Whose signatures plugins need.

use std::collections::BTreeMap;

use crate::plugins::PluginSource;
use crate::root::Config;

/// A pattern over sources in their one spelling, without tag and digest: `*` is any run of
/// characters, `?` is any one. Links are not followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceGlob(String);

impl SourceGlob {
    pub(crate) fn new(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// As it is written, but for the spelling of the host.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it covers a source; see [`PluginSource::place`].
    pub fn matches(&self, place: &str) -> bool {
        self.walk(place, |_| true)
    }

    /// Whether it covers all that another one covers, so far as that shows in the two.
    pub(crate) fn covers(&self, other: &Self) -> bool {
        // What any letter is takes another such, but never a run of them.
        self.walk(&other.0, |found| found != '*')
    }

    fn walk(&self, place: &str, is_one: impl Fn(char) -> bool) -> bool {
        let (mut glob, mut text) = (self.0.as_str(), place);
        // What is tried next where the rest does not fit: the last `*` takes one character more.
        let mut again: Option<(&str, &str)> = None;
        loop {
            let (mut glob_rest, mut text_rest) = (glob.chars(), text.chars());
            match (glob_rest.next(), text_rest.next()) {
                (Some('*'), _) => {
                    glob = glob_rest.as_str();
                    again = Some((glob, text));
                    continue;
                }
                (None, None) => return true,
                (Some(wanted), Some(found))
                    if wanted == found || wanted == '?' && is_one(found) =>
                {
                    (glob, text) = (glob_rest.as_str(), text_rest.as_str());
                    continue;
                }
                _ => {}
            }
            let Some((from, start)) = again else {
                return false;
            };
            let mut rest = start.chars();
            if rest.next().is_none() {
                return false;
            }
            (glob, text) = (from, rest.as_str());
            again = Some((from, text));
        }
    }
}

impl std::fmt::Display for SourceGlob {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// The signatures that some sources need.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verify {
    /// The sources.
    pub sources: SourceGlob,
    /// Whose signatures.
    pub signers: Signers,
    /// Where it stands in the file, for messages: line and column.
    pub place: (u64, u64),
}

/// Whose signatures are needed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Signers {
    /// A signature by this key.
    Key {
        /// PEM file with the public key.
        file: String,
        /// What the signature's annotations must say.
        annotations: BTreeMap<String, String>,
    },
    /// Every one of these; never empty.
    AllOf(Vec<Self>),
    /// One of these; never empty.
    AnyOf(Vec<Self>),
}

impl Signers {
    /// Every key, with its path below `at`: `verify[0].any_of[1].key`.
    pub(crate) fn keys(&self, at: &str, visit: &mut impl FnMut(&str, String)) {
        let (name, list) = match self {
            Self::Key { file, .. } => return visit(file, format!("{at}.key")),
            Self::AllOf(list) => ("all_of", list),
            Self::AnyOf(list) => ("any_of", list),
        };
        for (index, inner) in list.iter().enumerate() {
            inner.keys(&format!("{at}.{name}[{index}]"), &mut *visit);
        }
    }
}

impl Config {
    /// The signatures that a source needs: those of the first entry that covers it. `None`: it needs
    /// none, as built-in plugins always do.
    pub fn signatures_of(&self, source: &PluginSource) -> Option<&Verify> {
        if matches!(source, PluginSource::Builtin(_)) {
            return None;
        }
        let place = source.place();
        self.verify
            .iter()
            .find(|entry| entry.sources.matches(&place))
    }
}

#[cfg(test)]
mod tests {
    use super::SourceGlob;

    #[test]
    fn globs_cover_sources() {
        for (glob, place, expected) in [
            ("*", "file:x.wasm", true),
            ("*", "", true),
            ("oci://ghcr.io/acme/*", "oci://ghcr.io/acme/guard", true),
            ("oci://ghcr.io/acme/*", "oci://ghcr.io/acme/a/b", true),
            ("oci://ghcr.io/acme/*", "oci://ghcr.io/acme", false),
            (
                "oci://ghcr.io/acme/*",
                "oci://ghcr.io/acme-evil/guard",
                false,
            ),
            ("oci://*/guard", "oci://ghcr.io/acme/guard", true),
            ("oci://*/guard", "oci://ghcr.io/acme/guard2", false),
            ("file:*.wasm", "file:a.wasm.wasm", true),
            ("file:?.wasm", "file:é.wasm", true),
            ("file:?.wasm", "file:.wasm", false),
            ("file:a*b*c", "file:abbbcbc", true),
            ("file:a*b*c", "file:abbbcb", false),
            ("file:x.wasm", "file:xawasm", false),
        ] {
            assert_eq!(
                SourceGlob::new(glob).matches(place),
                expected,
                "{glob} {place}"
            );
        }
    }

    #[test]
    fn globs_cover_globs() {
        for (first, later, expected) in [
            ("*", "oci://*", true),
            ("file:*", "file:*", true),
            ("oci://ghcr.io/*", "oci://ghcr.io/acme/*", true),
            ("oci://ghcr.io/*", "oci://ghcr.io/acme/guard", true),
            ("oci://*/guard", "oci://ghcr.io/*/guard", true),
            ("file:?.wasm", "file:?.wasm", true),
            ("file:*.wasm", "file:?.wasm", true),
            ("file:?.wasm", "file:*.wasm", false),
            ("file:a.wasm", "file:?.wasm", false),
            ("oci://ghcr.io/acme/*", "oci://ghcr.io/*", false),
            ("oci://ghcr.io/acme/guard", "oci://*", false),
        ] {
            let covers = SourceGlob::new(first).covers(&SourceGlob::new(later));
            assert_eq!(covers, expected, "{first} {later}");
        }
    }

    #[test]
    fn a_glob_of_many_stars_ends() {
        let glob = SourceGlob::new(&format!("file:{}b", "a*".repeat(200)));
        assert!(!glob.matches(&format!("file:{}", "a".repeat(5000))));
    }
}
