//! The files that an operator granted to a plugin, read once.
//!
//! What the plugin is given and what its compiled form is cached under are the same bytes, so a
//! file that changes meanwhile cannot slip in between.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

use cap_std::ambient_authority;
use cap_std::fs::Dir;
use sha2::{Digest, Sha256};

use crate::LoadError;

const MAX_DEPTH: usize = 16;
const MAX_FILES: usize = 10_000;

/// File contents by their path, with `/` between its parts.
#[derive(Default)]
pub(crate) struct DataFiles {
    files: BTreeMap<String, Vec<u8>>,
}

impl DataFiles {
    /// Reads every regular file below the directory. Symbolic links are followed to files inside it
    /// and refused, by being left out, where they lead out.
    pub(crate) fn read(path: &Path, limit: usize) -> Result<Self, LoadError> {
        let mut reader = Reader {
            root: path,
            limit,
            left: limit,
            files: BTreeMap::new(),
        };
        let dir = Dir::open_ambient_dir(path, ambient_authority())
            .map_err(|source| reader.error("cannot be opened", Some(source)))?;
        reader.walk(&dir, Path::new(""), 0)?;
        Ok(Self {
            files: reader.files,
        })
    }

    pub(crate) fn names(&self) -> Vec<String> {
        self.files.keys().cloned().collect()
    }

    /// Only what was listed can be had: no path is ever built from what the plugin asks for.
    pub(crate) fn get(&self, name: &str) -> Option<&[u8]> {
        self.files.get(name).map(Vec::as_slice)
    }

    pub(crate) fn digest_into(&self, digest: &mut Sha256) {
        digest.update((self.files.len() as u64).to_le_bytes());
        for (name, content) in &self.files {
            digest.update((name.len() as u64).to_le_bytes());
            digest.update(name);
            digest.update(Sha256::digest(content));
        }
    }
}

struct Reader<'a> {
    root: &'a Path,
    limit: usize,
    left: usize,
    files: BTreeMap<String, Vec<u8>>,
}

impl Reader<'_> {
    fn walk(&mut self, dir: &Dir, at: &Path, depth: usize) -> Result<(), LoadError> {
        if depth > MAX_DEPTH {
            return Err(self.error(format!("more than {MAX_DEPTH} levels deep"), None));
        }
        let entries = dir
            .read_dir(Path::new(".").join(at))
            .map_err(|source| self.at(at, source))?;
        for entry in entries {
            let entry = entry.map_err(|source| self.at(at, source))?;
            let name = entry.file_name();
            let Some(word) = name.to_str() else { continue };
            // Kubernetes keeps the versions of a mounted volume in such directories.
            if word.starts_with("..") {
                continue;
            }
            let path = at.join(&name);
            let kind = entry.file_type().map_err(|source| self.at(&path, source))?;
            if kind.is_dir() {
                self.walk(dir, &path, depth + 1)?;
            } else {
                self.file(dir, &path)?;
            }
        }
        Ok(())
    }

    fn file(&mut self, dir: &Dir, path: &Path) -> Result<(), LoadError> {
        // A link that leads out, or nowhere, or to a directory is not a file of this plugin. A pipe
        // or a device is none either, and opening it could wait for ever.
        if !dir.metadata(path).is_ok_and(|found| found.is_file()) {
            return Ok(());
        }
        let Some(name) = joined(path) else {
            return Ok(());
        };
        if self.files.len() >= MAX_FILES {
            return Err(self.error(format!("more than {MAX_FILES} files"), None));
        }
        let file = dir.open(path).map_err(|source| self.at(path, source))?;
        let mut content = Vec::new();
        let most = self.left as u64 + 1;
        file.take(most)
            .read_to_end(&mut content)
            .map_err(|source| self.at(path, source))?;
        match self.left.checked_sub(content.len()) {
            Some(left) => self.left = left,
            None => return Err(self.error(format!("more than {} bytes", self.limit), None)),
        }
        self.files.insert(name, content);
        Ok(())
    }

    fn at(&self, path: &Path, source: std::io::Error) -> LoadError {
        self.error(format!("`{}` cannot be read", path.display()), Some(source))
    }

    fn error(&self, problem: impl Into<String>, source: Option<std::io::Error>) -> LoadError {
        LoadError::Data {
            path: PathBuf::from(self.root),
            problem: problem.into(),
            source,
        }
    }
}

fn joined(path: &Path) -> Option<String> {
    let mut name = String::new();
    for part in path {
        if !name.is_empty() {
            name.push('/');
        }
        name.push_str(part.to_str()?);
    }
    Some(name)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn only_what_lies_inside_is_there() {
        let outside = tempfile::tempdir().unwrap();
        fs::write(outside.path().join("secret"), "no").unwrap();
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("a/b")).unwrap();
        fs::write(root.path().join("a/b/deep.txt"), "deep").unwrap();
        fs::write(root.path().join("list.txt"), "list").unwrap();
        symlink("list.txt", root.path().join("link.txt")).unwrap();
        symlink(outside.path().join("secret"), root.path().join("absolute")).unwrap();
        let up = format!(
            "../{}/secret",
            outside.path().file_name().unwrap().to_str().unwrap()
        );
        symlink(up, root.path().join("relative")).unwrap();
        symlink(outside.path(), root.path().join("folder")).unwrap();
        symlink("/proc/self/environ", root.path().join("environ")).unwrap();

        let files = DataFiles::read(root.path(), 1 << 20).unwrap();
        assert_eq!(files.names(), ["a/b/deep.txt", "link.txt", "list.txt"]);
        assert_eq!(files.get("a/b/deep.txt"), Some(&b"deep"[..]));
        for asked in [
            "../secret",
            "a/../list.txt",
            "/etc/passwd",
            "./list.txt",
            "folder/secret",
            "absolute",
            "",
        ] {
            assert_eq!(files.get(asked), None, "{asked}");
        }
    }

    #[test]
    fn a_mounted_volume_reads_as_its_files() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("..2026_01")).unwrap();
        fs::write(root.path().join("..2026_01/list.txt"), "one").unwrap();
        symlink("..2026_01", root.path().join("..data")).unwrap();
        symlink("..data/list.txt", root.path().join("list.txt")).unwrap();
        let files = DataFiles::read(root.path(), 1 << 20).unwrap();
        assert_eq!(files.names(), ["list.txt"]);
        assert_eq!(files.get("list.txt"), Some(&b"one"[..]));
    }

    #[test]
    fn too_much_is_refused() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("a"), vec![0; 600]).unwrap();
        fs::write(root.path().join("b"), vec![0; 600]).unwrap();
        let error = DataFiles::read(root.path(), 1000).err().unwrap();
        assert!(
            error.to_string().contains("more than 1000 bytes"),
            "{error}"
        );
        assert!(DataFiles::read(root.path(), 1200).is_ok());
        assert!(DataFiles::read(&root.path().join("missing"), 1).is_err());
    }

    #[test]
    fn the_digest_follows_names_and_contents() {
        let digest = |name: &str, content: &str| {
            let root = tempfile::tempdir().unwrap();
            fs::write(root.path().join(name), content).unwrap();
            let mut digest = Sha256::new();
            DataFiles::read(root.path(), 1 << 20)
                .unwrap()
                .digest_into(&mut digest);
            digest.finalize()
        };
        assert_eq!(digest("a", "x"), digest("a", "x"));
        assert_ne!(digest("a", "x"), digest("a", "y"));
        assert_ne!(digest("a", "x"), digest("b", "x"));
    }
}
