//! What was pulled, kept by digest. Any number of processes may use one directory.

use std::fs::{self, DirBuilder};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use crate::digest::Digest;
use crate::error::Error;

const UNSAFE: &str =
    "make it a directory of this user that others cannot write (chmod 700), or name another";

/// A directory of blobs, each under its digest. What is read is checked again, so a damaged entry
/// counts as none.
#[derive(Clone, Debug)]
pub struct Cache {
    blobs: PathBuf,
    signatures: PathBuf,
}

impl Cache {
    /// Opens the cache at `directory`, and makes it where it is not there.
    ///
    /// # Errors
    /// Where it cannot be made, belongs to someone else, or can be written by others.
    pub fn open(directory: &Path) -> Result<Self, Error> {
        if let Some(parent) = directory.parent() {
            fs::create_dir_all(parent).map_err(|error| {
                Error::local(parent, format!("cannot be made: {error}"), UNSAFE)
            })?;
        }
        let below = |name: &str| directory.join(name);
        let cache = Self {
            blobs: below("blobs").join("sha256"),
            signatures: below("signatures"),
        };
        for path in [directory, &below("blobs"), &cache.blobs, &cache.signatures] {
            make(path)?;
        }
        Ok(cache)
    }

    /// The blob of this digest, if it is there and whole.
    pub(crate) fn get(&self, digest: &Digest, limit: u64) -> Option<Vec<u8>> {
        let path = self.blobs.join(digest.hex());
        let bytes = read(&path, limit)?;
        if Digest::of(&bytes) == *digest {
            return Some(bytes);
        }
        tracing::warn!(%digest, "a damaged blob in the plugin cache is fetched anew");
        None
    }

    /// Keeps a blob. Where that fails it costs another fetch, nothing else.
    pub(crate) fn put(&self, digest: &Digest, bytes: &[u8]) {
        let path = self.blobs.join(digest.hex());
        if let Err(error) = write_whole(&path, bytes, 0o600) {
            tracing::warn!(%error, "a plugin cannot be cached");
        }
    }

    /// The signatures of a manifest in the repository of this name. Nothing vouches for them but
    /// themselves.
    pub(crate) fn signatures(&self, name: &str, image: &Digest, limit: u64) -> Option<Vec<u8>> {
        read(&self.place(name, image), limit)
    }

    /// Keeps the signatures of a manifest in the repository of this name.
    pub(crate) fn put_signatures(&self, name: &str, image: &Digest, text: &[u8]) {
        let path = self.place(name, image);
        if let Err(error) = write_whole(&path, text, 0o600) {
            tracing::warn!(%error, "signatures cannot be cached");
        }
    }

    /// By repository too: what another one says of the same manifest must not take their place.
    fn place(&self, name: &str, image: &Digest) -> PathBuf {
        let key = Digest::of(format!("{name}@{image}").as_bytes());
        self.signatures.join(key.hex())
    }
}

fn make(path: &Path) -> Result<(), Error> {
    match DirBuilder::new().mode(0o700).create(path) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => {
            return Err(Error::local(
                path,
                format!("cannot be made: {error}"),
                UNSAFE,
            ));
        }
    }
    let found = fs::symlink_metadata(path)
        .map_err(|error| Error::local(path, format!("cannot be read: {error}"), UNSAFE))?;
    let problem = if !found.is_dir() {
        "is not a directory (nor may it be a link to one)"
    } else if found.uid() != rustix::process::geteuid().as_raw() {
        "belongs to another user"
    } else if found.permissions().mode() & 0o022 != 0 {
        "can be written by others"
    } else {
        return Ok(());
    };
    Err(Error::local(path, problem, UNSAFE))
}

/// A regular file of no more than `limit` bytes, not a link.
fn read(path: &Path, limit: u64) -> Option<Vec<u8>> {
    let found = fs::symlink_metadata(path).ok()?;
    if !found.is_file() || found.len() > limit {
        return None;
    }
    let mut bytes = Vec::new();
    let file = fs::File::open(path).ok()?;
    file.take(limit + 1).read_to_end(&mut bytes).ok()?;
    (bytes.len() as u64 <= limit).then_some(bytes)
}

/// Writes a file whole or not at all: beside its place, to disk, then under its name.
///
/// # Errors
/// Where it cannot be written; nothing is left behind then.
pub fn write_whole(path: &Path, bytes: &[u8], mode: u32) -> Result<(), Error> {
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let write = || -> io::Result<()> {
        let mut file = tempfile::Builder::new()
            .prefix(".new-")
            .permissions(fs::Permissions::from_mode(mode))
            .tempfile_in(folder)?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        file.persist(path).map_err(|error| error.error)?;
        fs::File::open(folder)?.sync_all()
    };
    write().map_err(|error| {
        Error::local(
            path,
            format!("cannot be written: {error}"),
            "check that its directory is there, may be written and has room",
        )
    })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    #[test]
    fn a_blob_comes_back_and_a_damaged_one_does_not() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("a/b");
        let cache = Cache::open(&root).unwrap();
        let digest = Digest::of(b"text");
        assert_eq!(cache.get(&digest, 100), None);
        cache.put(&digest, b"text");
        assert_eq!(cache.get(&digest, 100).as_deref(), Some(&b"text"[..]));
        assert_eq!(cache.get(&digest, 3), None);
        let path = root.join("blobs/sha256").join(digest.hex());
        fs::write(&path, b"tex!").unwrap();
        assert_eq!(cache.get(&digest, 100), None);
        cache.put(&digest, b"text");
        assert!(cache.get(&digest, 100).is_some());
        // One that leads elsewhere is not followed.
        fs::rename(&path, folder.path().join("elsewhere")).unwrap();
        symlink(folder.path().join("elsewhere"), &path).unwrap();
        assert_eq!(cache.get(&digest, 100), None);
        let mode = fs::metadata(&root).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
    }

    #[test]
    fn a_directory_that_others_can_write_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("cache");
        Cache::open(&root).unwrap();
        for inner in ["", "blobs", "blobs/sha256", "signatures"] {
            let path = root.join(inner);
            fs::set_permissions(&path, fs::Permissions::from_mode(0o777)).unwrap();
            let error = Cache::open(&root).unwrap_err().to_string();
            assert!(
                error.contains("can be written by others\nhint: "),
                "{error}"
            );
            fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).unwrap();
        }
        let link = folder.path().join("link");
        symlink(&root, &link).unwrap();
        assert!(Cache::open(&link).is_err());
        let file = folder.path().join("file");
        fs::write(&file, b"").unwrap();
        assert!(Cache::open(&file).is_err());
    }

    #[test]
    fn many_writers_leave_one_whole_file_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("cache");
        let cache = Cache::open(&root).unwrap();
        let bytes = vec![7; 1 << 20];
        let digest = Digest::of(&bytes);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    cache.put(&digest, &bytes);
                    assert!(cache.get(&digest, 2 << 20).is_some());
                });
            }
        });
        assert_eq!(fs::read_dir(root.join("blobs/sha256")).unwrap().count(), 1);
    }
}
