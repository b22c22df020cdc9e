//! The lock file: what each source of the configuration stood for when it was taken in.
//!
//! JSON with sorted keys: every tool can read it, a change is one line in a diff, and this program
//! reads it with the parser that it has.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::json::Unique;
use crate::reference::{Reference, without_password};

/// The name of the file, beside the configuration.
pub const LOCK_FILE: &str = "caponier.lock";
const COMMENT: &str = "Written by `caponier plugin pull`. Keep it with the configuration.";

/// What a source stood for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Locked {
    /// The digest of its manifest, where it lies in a registry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manifest: Option<Digest>,
    /// The digest of the component's bytes.
    pub component: Digest,
}

/// The lock file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lock {
    plugins: BTreeMap<String, Locked>,
}

/// Why a lock file cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}{}: {what}\nhint: {hint}", .line.map(|line| format!(":{line}")).unwrap_or_default())]
pub struct LockError {
    /// The name of the file, as given to [`Lock::parse`].
    pub file: String,
    /// The line, where it is known.
    pub line: Option<usize>,
    what: String,
    hint: &'static str,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Read {
    version: u64,
    #[serde(rename = "comment")]
    _comment: Option<String>,
    plugins: Unique<Locked>,
}

#[derive(Serialize)]
struct Write<'a> {
    version: u64,
    comment: &'a str,
    plugins: &'a BTreeMap<String, Locked>,
}

impl Lock {
    /// Reads a lock file. `name` is what messages call it.
    ///
    /// # Errors
    /// Where it is not JSON, is of another version, or holds something that has no place in it.
    pub fn parse(name: &str, text: &str) -> Result<Self, LockError> {
        let wrong = |line, what: String| LockError {
            file: name.to_owned(),
            line,
            what,
            hint: "restore it from version control, or remove it and pull the plugins again",
        };
        let read: Read = serde_json::from_str(text)
            .map_err(|error| wrong(Some(error.line()), format!("cannot be read: {error}")))?;
        if read.version != 1 {
            return Err(wrong(
                None,
                format!("version {} of this format is not known", read.version),
            ));
        }
        for (source, locked) in &read.plugins.0 {
            if !is_right(source, locked) {
                return Err(wrong(
                    None,
                    format!(
                        "`{}` is no source with what belongs to it: `file:` and a path without `./` and `x/../` with `component`, or `oci://` with `manifest` and `component`",
                        without_password(source)
                    ),
                ));
            }
        }
        Ok(Self {
            plugins: read.plugins.0,
        })
    }

    /// What the source, as the configuration writes it, stood for.
    pub fn get(&self, source: &str) -> Option<&Locked> {
        self.plugins.get(source)
    }

    /// Says what a source stands for; gives back what was there.
    ///
    /// # Errors
    /// Where the source has no place in the file: it is neither `file:` nor `oci://`, or lacks what
    /// belongs to it.
    pub fn set(
        &mut self,
        source: impl Into<String>,
        locked: Locked,
    ) -> Result<Option<Locked>, crate::Error> {
        let source = source.into();
        if is_right(&source, &locked) {
            Ok(self.plugins.insert(source, locked))
        } else {
            Err(crate::Error::Input {
                what: format!("`{}` cannot be locked", without_password(&source)),
                hint: "lock `file:` sources by their component, `oci://` ones by manifest and component",
            })
        }
    }

    /// Forgets a source, to accept what it stands for next.
    pub fn remove(&mut self, source: &str) -> Option<Locked> {
        self.plugins.remove(source)
    }

    /// Every source and what it stood for, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Locked)> {
        self.plugins
            .iter()
            .map(|(source, locked)| (source.as_str(), locked))
    }

    /// Checks the bytes of a file that is locked. One that is not passes.
    ///
    /// # Errors
    /// Where the file has changed: both digests.
    pub fn check_file(&self, source: &str, bytes: &[u8]) -> Result<(), crate::Error> {
        let found = Digest::of(bytes);
        match self.get(source) {
            Some(locked) if locked.component != found => Err(crate::Error::LockMismatch {
                reference: source.to_owned(),
                part: "component",
                locked: locked.component,
                found,
            }),
            _ => Ok(()),
        }
    }

    /// The text of the file. The same entries give the same text.
    pub fn render(&self) -> String {
        let file = Write {
            version: 1,
            comment: COMMENT,
            plugins: &self.plugins,
        };
        // Strings and digests are always written.
        let mut text = serde_json::to_string_pretty(&file).unwrap_or_default();
        text.push('\n');
        text
    }
}

fn is_right(source: &str, locked: &Locked) -> bool {
    let of_registry = source.parse::<Reference>().is_ok();
    let of_file = source.strip_prefix("file:").is_some_and(is_plain);
    match locked.manifest {
        Some(_) => of_registry,
        None => of_file,
    }
}

/// Whether a path is spelled as configurations spell it: an entry of another spelling would lock
/// nothing.
fn is_plain(path: &str) -> bool {
    let (parts, is_absolute) = match path.strip_prefix('/') {
        Some(parts) => (parts, true),
        None => (path, false),
    };
    let mut above = !is_absolute;
    parts.split('/').all(|part| {
        let is_up = part == "..";
        let fits = !["", "."].contains(&part) && (!is_up || above);
        above &= is_up;
        fits
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled() -> Lock {
        let mut lock = Lock::default();
        let component = Digest::of(b"c");
        let manifest = Some(Digest::of(b"m"));
        lock.set(
            "oci://ghcr.io/acme/guard:1",
            Locked {
                manifest,
                component,
            },
        )
        .unwrap();
        lock.set(
            "file:x.wasm",
            Locked {
                manifest: None,
                component,
            },
        )
        .unwrap();
        lock
    }

    #[test]
    fn what_is_written_is_read_again_and_is_always_the_same() {
        let lock = filled();
        let text = lock.render();
        assert_eq!(Lock::parse("caponier.lock", &text), Ok(lock.clone()));
        let file = text.find("file:x.wasm").unwrap();
        let oci = text.find("oci://").unwrap();
        assert!(file < oci && text.ends_with("}\n"));
        assert_eq!(
            lock.get("oci://ghcr.io/acme/guard:1").unwrap().manifest,
            Some(Digest::of(b"m"))
        );
        assert_eq!(lock.get("oci://ghcr.io/acme/guard:2"), None);
        // What would not be read again is not taken in.
        let mut other = lock.clone();
        assert!(
            other
                .set("builtin:pii", *lock.get("file:x.wasm").unwrap())
                .is_err()
        );
        assert!(
            other
                .set(
                    "oci://ghcr.io/acme/guard:3",
                    *lock.get("file:x.wasm").unwrap(),
                )
                .is_err()
        );
        assert_eq!(other, lock);
    }

    #[test]
    fn a_lock_file_is_read_strictly() {
        let good = filled().render();
        for bad in [
            String::new(),
            "{}".to_owned(),
            good.replace("\"version\": 1", "\"version\": 2"),
            good.replace("\"version\": 1", "\"version\": 1, \"version\": 1"),
            good.replace("\"comment\"", "\"remark\""),
            good.replace("\"manifest\"", "\"manifests\""),
            good.replace("file:x.wasm", "oci://ghcr.io/acme/guard:1"),
            good.replace("file:x.wasm", "x.wasm"),
            good.replace("file:x.wasm", "file:"),
            good.replace("file:x.wasm", "file:./x.wasm"),
            good.replace("file:x.wasm", "file:a/../x.wasm"),
            good.replace("file:x.wasm", "file:../a/../x.wasm"),
            good.replace("file:x.wasm", "file:a//x.wasm"),
            good.replace("file:x.wasm", "file:/../x.wasm"),
            good.replace("file:x.wasm", "file:x.wasm/"),
            good.replace("file:x.wasm", "oci://ghcr.io/acme/other"),
            good.replace("oci://ghcr.io/acme/guard:1", "file:y.wasm"),
            good.replace("oci://ghcr.io/acme/guard:1", "oci://ghcr.io/../guard:1"),
            good.replace("sha256:", "sha1:"),
            format!("{good}{{}}"),
        ] {
            let error = Lock::parse("dir/caponier.lock", &bad)
                .unwrap_err()
                .to_string();
            assert!(error.starts_with("dir/caponier.lock"), "{error}");
            assert!(error.contains("\nhint: "), "{error}");
        }
        for fine in ["file:../../x.wasm", "file:/a/..x.wasm", "file:a/.x"] {
            let text = good.replace("file:x.wasm", fine);
            assert!(Lock::parse("caponier.lock", &text).is_ok(), "{fine}");
        }
        let secret = good.replace("file:x.wasm", "oci://me:hunter2@h.example");
        let error = Lock::parse("caponier.lock", &secret).unwrap_err();
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }

    #[test]
    fn a_file_that_changed_is_refused_with_both_digests() {
        let lock = filled();
        assert!(lock.check_file("file:x.wasm", b"c").is_ok());
        assert!(lock.check_file("file:other.wasm", b"d").is_ok());
        let error = lock
            .check_file("file:x.wasm", b"d")
            .unwrap_err()
            .to_string();
        for digest in [Digest::of(b"c"), Digest::of(b"d")] {
            assert!(error.contains(&digest.to_string()), "{error}");
        }
    }
}
