//! Files that others look at while they are written.

use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use anyhow::{Context as _, bail};
use sha2::{Digest as _, Sha256};

/// Who may read a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Readers {
    /// Anyone: Envoy is seldom run by whoever packs.
    All,
    /// Its owner.
    Owner,
}

/// Writes a file, all of it or nothing.
pub(super) fn write(path: &Path, content: &[u8], readers: Readers) -> anyhow::Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mode = match readers {
        Readers::All => 0o644,
        Readers::Owner => 0o600,
    };
    let failed = || format!("cannot write {}", path.display());
    let mut file = tempfile::NamedTempFile::new_in(folder).with_context(failed)?;
    file.write_all(content).with_context(failed)?;
    file.as_file()
        .set_permissions(std::fs::Permissions::from_mode(mode))
        .with_context(failed)?;
    file.persist(path).with_context(failed)?;
    Ok(())
}

/// A path as Envoy reads it, from whichever directory it is started.
pub(super) fn absolute(path: &Path) -> anyhow::Result<String> {
    let path =
        std::path::absolute(path).with_context(|| format!("cannot find {}", path.display()))?;
    match path.to_str() {
        Some(text) => Ok(text.to_owned()),
        None => bail!("{}: Envoy reads UTF-8 names only", path.display()),
    }
}

/// SHA-256, as files and images are named by it.
pub(super) fn hex_digest(content: &[u8]) -> String {
    let digest = Sha256::digest(content);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
