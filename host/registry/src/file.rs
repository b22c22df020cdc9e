//! Detached signatures of files, as `cosign sign-blob` makes them: base64 in `FILE.sig`.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use base64::Engine as _;

use crate::cache::write_whole;
use crate::error::Error;
use crate::keys::PrivateKey;

/// The most that a file of signatures may hold.
pub const MAX_SIGNATURE_FILE: u64 = 64 << 10;

/// Where the signatures of a file lie: beside it, with `.sig` behind its name.
pub fn signature_path(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".sig");
    name.into()
}

/// Signs bytes: the signature in base64, without a line break.
pub fn sign_bytes(key: &PrivateKey, bytes: &[u8]) -> String {
    base64::engine::general_purpose::STANDARD.encode(key.sign(bytes))
}

/// Signs a file, and adds the signature to those in `FILE.sig`, one a line.
///
/// # Errors
/// Where the file cannot be read or its signatures cannot be written.
pub fn sign_file(key: &PrivateKey, file: &Path) -> Result<PathBuf, Error> {
    let unreadable =
        |error| Error::local(file, format!("cannot be read: {error}"), "check the path");
    let bytes = std::fs::read(file).map_err(unreadable)?;
    let path = signature_path(file);
    let mut lines = read_signatures(file)?.unwrap_or_default();
    let signature = sign_bytes(key, &bytes);
    if lines.lines().any(|line| line.trim() == signature) {
        return Ok(path);
    }
    if !lines.is_empty() && !lines.ends_with('\n') {
        lines.push('\n');
    }
    lines.push_str(&signature);
    lines.push('\n');
    write_whole(&path, lines.as_bytes(), 0o644)?;
    Ok(path)
}

/// The signatures beside a file, for [`crate::Policy::check_file`]. `None`: there are none.
///
/// # Errors
/// Where they are there and cannot be read.
pub fn read_signatures(file: &Path) -> Result<Option<String>, Error> {
    let path = signature_path(file);
    let hint = "sign the file again with `caponier plugin sign`";
    let read = || -> std::io::Result<String> {
        let mut text = String::new();
        let opened = std::fs::File::open(&path)?;
        if opened.metadata()?.len() > MAX_SIGNATURE_FILE {
            return Err(std::io::Error::other("is larger than 64 KiB"));
        }
        opened.take(MAX_SIGNATURE_FILE).read_to_string(&mut text)?;
        Ok(text)
    };
    match read() {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::local(
            &path,
            format!("cannot be read: {error}"),
            hint,
        )),
    }
}
