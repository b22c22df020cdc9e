//! Files that the operator granted to the plugin.

use crate::Error;

/// The read-only files that the operator granted to the plugin. They answer during `configure` only.
#[derive(Clone, Debug, Default)]
pub struct Data {
    source: Source,
}

#[derive(Clone, Debug, Default)]
enum Source {
    /// The host's import.
    #[default]
    Host,
    /// Files that a test supplies.
    #[cfg(any(test, feature = "testing"))]
    Files(std::collections::BTreeMap<String, Vec<u8>>),
}

impl Data {
    /// Files for a test.
    #[cfg(any(test, feature = "testing"))]
    pub fn from_files(files: impl IntoIterator<Item = (String, Vec<u8>)>) -> Self {
        Self {
            source: Source::Files(files.into_iter().collect()),
        }
    }

    /// The names of the files.
    pub fn names(&self) -> Vec<String> {
        match &self.source {
            Source::Host => host::names(),
            #[cfg(any(test, feature = "testing"))]
            Source::Files(files) => files.keys().cloned().collect(),
        }
    }

    /// A file's bytes.
    ///
    /// # Errors
    /// Where there is no such file, or it was not granted.
    pub fn read(&self, name: &str) -> Result<Vec<u8>, Error> {
        match &self.source {
            Source::Host => host::read(name),
            #[cfg(any(test, feature = "testing"))]
            Source::Files(files) => files
                .get(name)
                .cloned()
                .ok_or_else(|| Error::new(format!("there is no file `{name}`"))),
        }
    }
}

#[cfg(target_family = "wasm")]
mod host {
    use crate::Error;
    use crate::bindings::caponier::policy::data;

    pub(super) fn names() -> Vec<String> {
        data::names()
    }

    pub(super) fn read(name: &str) -> Result<Vec<u8>, Error> {
        data::read(name).map_err(Error::new)
    }
}

/// Outside of a sandbox there is no host that grants anything.
#[cfg(not(target_family = "wasm"))]
mod host {
    use crate::Error;

    pub(super) fn names() -> Vec<String> {
        Vec::new()
    }

    pub(super) fn read(name: &str) -> Result<Vec<u8>, Error> {
        Err(Error::new(format!(
            "there is no file `{name}`: no host grants data here"
        )))
    }
}
