//! Compiled code on disk.
//!
//! Machine code is trusted like this program itself, so it is read only from a directory that
//! belongs to this user and that nobody else can write. Each entry is two files: the code, and a
//! few lines that say what it is and what it hashes to. A damaged entry counts as none.

use std::fmt::Write as _;
use std::fs::{self, DirBuilder, File};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use sha2::{Digest, Sha256};
use wasmtime::component::Component;

use crate::{EngineError, Kind, os};

const HEADER: &str = "caponier compiled plugin 2";

/// The oldest entries beyond this many are removed.
const MAX_ENTRIES: usize = 128;

pub(crate) struct Cache {
    dir: PathBuf,
}

/// What was found.
pub(crate) struct Entry {
    pub(crate) kind: Kind,
    /// Why it is no snapshot, where it is none.
    pub(crate) reason: Option<String>,
    pub(crate) component: Component,
}

impl Cache {
    /// Makes sure that the directory is there and that nobody else can write it.
    pub(crate) fn open(dir: &Path) -> Result<Self, EngineError> {
        let unreadable = |source| EngineError::CacheDir {
            path: dir.to_owned(),
            source,
        };
        if let Some(parent) = dir.parent() {
            fs::create_dir_all(parent).map_err(unreadable)?;
        }
        match DirBuilder::new().mode(0o700).create(dir) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(unreadable(error)),
        }
        let found = fs::symlink_metadata(dir).map_err(unreadable)?;
        let unsafe_because = |problem| EngineError::CacheUnsafe {
            path: dir.to_owned(),
            problem,
        };
        if !found.is_dir() {
            return Err(unsafe_because(
                "it is not a directory (nor may it be a link to one)",
            ));
        }
        if found.uid() != os::effective_user() {
            return Err(unsafe_because("it belongs to another user"));
        }
        if found.permissions().mode() & 0o022 != 0 {
            return Err(unsafe_because("others can write it"));
        }
        Ok(Self {
            dir: dir.to_owned(),
        })
    }

    /// Looks an entry up. `engine` says which engine runs which kind.
    pub(crate) fn get<'e>(
        &self,
        key: &str,
        engine: impl Fn(Kind) -> Option<&'e wasmtime::Engine>,
    ) -> Option<Entry> {
        let label = self
            .trusted(&self.label(key))
            .and_then(|path| fs::read_to_string(path).ok())?;
        let label = Label::parse(&label)?;
        let path = self.trusted(&self.code(key))?;
        let code = fs::read(&path).ok()?;
        if digest(&code) != label.digest {
            tracing::warn!(
                entry = key,
                "a damaged entry in the plugin cache is made anew"
            );
            return None;
        }
        match load(engine(label.kind)?, &path) {
            Ok(component) => Some(Entry {
                kind: label.kind,
                reason: label.reason,
                component,
            }),
            Err(_) => {
                tracing::warn!(
                    entry = key,
                    "an entry in the plugin cache cannot be used and is made anew"
                );
                None
            }
        }
    }

    /// Keeps an entry. A cache that cannot be written costs time, nothing else.
    pub(crate) fn put(&self, key: &str, kind: Kind, reason: Option<&str>, code: &[u8]) {
        let label = Label {
            kind,
            reason: reason.map(str::to_owned),
            digest: digest(code),
        };
        let written = self
            .write(&self.code(key), code)
            .and_then(|()| self.write(&self.label(key), label.to_text().as_bytes()));
        match written {
            Ok(()) => self.prune(),
            Err(error) => tracing::warn!(%error, "compiled code of a plugin cannot be cached"),
        }
    }

    fn label(&self, key: &str) -> PathBuf {
        self.dir.join(format!("{key}.txt"))
    }

    fn code(&self, key: &str) -> PathBuf {
        self.dir.join(format!("{key}.bin"))
    }

    /// A regular file of this user that nobody else can write, not a link.
    fn trusted(&self, path: &Path) -> Option<PathBuf> {
        let found = fs::symlink_metadata(path).ok()?;
        let ours = found.is_file()
            && found.uid() == os::effective_user()
            && found.permissions().mode() & 0o022 == 0;
        ours.then(|| path.to_owned())
    }

    /// Whole or not at all, and readable by this user alone: settings may be part of a snapshot.
    fn write(&self, path: &Path, content: &[u8]) -> io::Result<()> {
        let mut file = tempfile::Builder::new()
            .prefix(".new-")
            .permissions(fs::Permissions::from_mode(0o600))
            .tempfile_in(&self.dir)?;
        file.write_all(content)?;
        file.persist(path)
            .map(|_: File| ())
            .map_err(|error| error.error)
    }

    fn prune(&self) {
        let Ok(entries) = fs::read_dir(&self.dir) else {
            return;
        };
        let mut labels: Vec<(SystemTime, PathBuf)> = entries
            .filter_map(|entry| {
                let path = entry.ok()?.path();
                let age = fs::metadata(&path).ok()?.modified().ok()?;
                (path.extension()? == "txt").then_some((age, path))
            })
            .collect();
        labels.sort();
        let surplus = labels.len().saturating_sub(MAX_ENTRIES);
        for (_, label) in labels.into_iter().take(surplus) {
            // The code may be mapped by a running plugin, which keeps it.
            let _ = fs::remove_file(&label);
            let _ = fs::remove_file(label.with_extension("bin"));
        }
    }
}

#[expect(
    unsafe_code,
    reason = "machine code cannot be checked, only trusted by where it lies"
)]
fn load(engine: &wasmtime::Engine, path: &Path) -> wasmtime::Result<Component> {
    // SAFETY: the file was written by `Cache::put`, under this user, into a directory that only
    // this user can write, and its bytes still hash to what was written.
    unsafe { Component::deserialize_file(engine, path) }
}

fn digest(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

struct Label {
    kind: Kind,
    reason: Option<String>,
    digest: String,
}

impl Label {
    fn to_text(&self) -> String {
        let reason = self.reason.as_deref().unwrap_or("").replace('\n', " ");
        format!(
            "{HEADER}\n{}\n{}\n{reason}\n",
            self.kind.as_str(),
            self.digest
        )
    }

    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        if lines.next()? != HEADER {
            return None;
        }
        let kind = Kind::parse(lines.next()?)?;
        let digest = lines.next()?.to_owned();
        let reason = lines
            .next()
            .filter(|reason| !reason.is_empty())
            .map(str::to_owned);
        Some(Self {
            kind,
            reason,
            digest,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_directory_that_others_can_write_is_refused() {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path().join("deep/cache");
        assert!(Cache::open(&dir).is_ok());
        assert_eq!(
            fs::metadata(&dir).unwrap().permissions().mode() & 0o777,
            0o700
        );
        fs::set_permissions(&dir, fs::Permissions::from_mode(0o770)).unwrap();
        let error = Cache::open(&dir).err().unwrap().to_string();
        assert!(
            error.contains("others can write it") && error.contains("hint:"),
            "{error}"
        );

        let link = root.path().join("link");
        fs::set_permissions(&dir, fs::Permissions::from_mode(0o700)).unwrap();
        symlink(&dir, &link).unwrap();
        assert!(Cache::open(&link).is_err());
        let file = root.path().join("file");
        fs::write(&file, "").unwrap();
        assert!(Cache::open(&file).is_err());
    }

    #[test]
    fn a_label_reads_as_it_was_written() {
        let label = Label {
            kind: Kind::WarmSpares,
            reason: Some("it imports\nWASI".into()),
            digest: "ab".into(),
        };
        let read = Label::parse(&label.to_text()).unwrap();
        assert_eq!(read.kind, Kind::WarmSpares);
        assert_eq!(read.reason.as_deref(), Some("it imports WASI"));
        assert_eq!(read.digest, "ab");
        assert!(Label::parse("something else").is_none());
        assert!(Label::parse("").is_none());
    }
}
