//! Files that the operator granted to the plugin.

use crate::Error;

/// The read-only files that the operator granted to the plugin. They answer during `configure` only.
///
/// # Example
///
/// A plugin takes what it needs from them when it is configured; in a test
/// `Data::from_files` supplies them.
///
/// ```
/// use caponier_sdk::{Data, Error};
///
/// /// The words of all granted lists, one to a line.
/// fn words(data: &Data) -> Result<Vec<String>, Error> {
///     let mut words = Vec::new();
///     for name in data.names() {
///         let list = String::from_utf8(data.read(&name)?)
///             .map_err(|_| format!("{name}: it is not UTF-8; hint: save it as UTF-8"))?;
///         words.extend(list.lines().map(str::to_owned));
///     }
///     Ok(words)
/// }
///
/// let data = Data::from_files([("codenames.txt".to_owned(), b"bluebird\nkestrel".to_vec())]);
/// assert_eq!(words(&data).unwrap(), ["bluebird", "kestrel"]);
/// // Outside of a sandbox, and without files, nothing is granted.
/// assert!(words(&Data::default()).unwrap().is_empty());
/// assert!(Data::default().read("codenames.txt").is_err());
/// ```
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
    ///
    /// See the [example](Self#example).
    #[cfg(any(test, feature = "testing"))]
    pub fn from_files(files: impl IntoIterator<Item = (String, Vec<u8>)>) -> Self {
        Self {
            source: Source::Files(files.into_iter().collect()),
        }
    }

    /// The names of the files.
    ///
    /// See the [example](Self#example).
    pub fn names(&self) -> Vec<String> {
        match &self.source {
            Source::Host => host::names(),
            #[cfg(any(test, feature = "testing"))]
            Source::Files(files) => files.keys().cloned().collect(),
        }
    }

    /// A file's bytes.
    ///
    /// See the [example](Self#example).
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
