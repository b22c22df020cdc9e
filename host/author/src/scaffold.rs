//! A new project.

use std::path::{Path, PathBuf};

use crate::names::Name;
use crate::templates::files;
use crate::{Error, Language};

/// Makes a project for a plugin of this name in `folder`, with the SDK beside it, and answers which
/// files are in it. It is there as a whole or not at all.
///
/// # Errors
/// A name that no plugin can have, a folder that is not empty, a disk that refuses.
pub fn create(name: &str, language: Language, folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let name = Name::new(name)?;
    name.check_free(language)?;
    let is_there = folder.exists();
    if is_there {
        let mut entries = std::fs::read_dir(folder).map_err(Error::file(folder))?;
        if entries.next().is_some() {
            return Err(Error::NotEmpty {
                path: folder.to_owned(),
            });
        }
    }
    // Beside the folder, so that it comes into being as a whole; or in it, where it is there.
    let place = match folder.parent() {
        _ if is_there => folder,
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    std::fs::create_dir_all(place).map_err(Error::file(place))?;
    let made = tempfile::Builder::new()
        .prefix(".caponier-new-")
        .tempdir_in(place)
        .map_err(Error::file(place))?;
    let mut written = Vec::new();
    for (path, content) in files(language) {
        let path = named(path, &name);
        let target = made.path().join(&path);
        if let Some(folder) = target.parent() {
            std::fs::create_dir_all(folder).map_err(Error::file(folder))?;
        }
        let content = match std::str::from_utf8(content) {
            // The SDK is the same for all.
            Ok(text) if !path.starts_with("caponier/") => named(text, &name).into_bytes(),
            _ => content.to_vec(),
        };
        std::fs::write(&target, content).map_err(Error::file(&target))?;
        written.push(PathBuf::from(path));
    }
    if is_there {
        for entry in std::fs::read_dir(made.path()).map_err(Error::file(made.path()))? {
            let entry = entry.map_err(Error::file(made.path()))?;
            let target = folder.join(entry.file_name());
            std::fs::rename(entry.path(), &target).map_err(Error::file(&target))?;
        }
        return Ok(written);
    }
    open_to_readers(made.path())?;
    std::fs::rename(made.path(), folder).map_err(Error::file(folder))?;
    // What it would remove has another name by now.
    let _ = made.keep();
    Ok(written)
}

/// The template's name in all its spellings, replaced.
fn named(text: &str, name: &Name) -> String {
    text.replace("my-plugin", name.as_str())
        .replace("my_plugin", &name.snake())
        .replace("MyPlugin", &name.pascal())
}

/// Temporary directories are their owner's alone; projects are as open as others.
#[cfg(unix)]
fn open_to_readers(folder: &Path) -> Result<(), Error> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(folder, mode).map_err(Error::file(folder))
}

#[cfg(not(unix))]
fn open_to_readers(_: &Path) -> Result<(), Error> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_project_is_named_throughout() {
        let folder = tempfile::tempdir().unwrap();
        for language in Language::ALL {
            let path = folder.path().join(language.as_str());
            let written = create("ticket-numbers", language, &path).unwrap();
            assert!(
                written.contains(&PathBuf::from(language.project_file())),
                "{language:?}"
            );
            for must in [
                "README.md",
                ".gitignore",
                ".github/workflows/ci.yml",
                "caponier.yaml",
                "caponier/wit/policy.wit",
            ] {
                assert!(path.join(must).is_file(), "{language:?}: {must}");
            }
            for file in written.iter().filter(|file| !file.starts_with("caponier/")) {
                let text = std::fs::read_to_string(path.join(file)).unwrap_or_default();
                for left in ["my-plugin", "my_plugin", "MyPlugin"] {
                    assert!(!text.contains(left), "{language:?}: {}", file.display());
                }
            }
        }
    }

    #[test]
    fn what_is_there_stays_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        std::fs::create_dir(&path).unwrap();
        create("a", Language::Rust, &path).unwrap();
        let refused = create("a", Language::C, &path).unwrap_err();
        assert!(matches!(refused, Error::NotEmpty { .. }), "{refused}");
        assert!(!path.join("Makefile").exists());
        // Whatever leads there.
        let empty = folder.path().join("empty");
        std::fs::create_dir(&empty).unwrap();
        create("a", Language::C, &empty.join(".")).unwrap();
        assert!(empty.join("Makefile").is_file());
        std::fs::remove_dir_all(&empty).unwrap();
        assert!(create("A b", Language::C, &folder.path().join("b")).is_err());
        let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
        assert_eq!(left.len(), 1, "nothing half-written");
    }
}
