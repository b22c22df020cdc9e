//! The same for callers without a runtime: each call waits for its end.

use std::collections::BTreeMap;
use std::path::Path;

use crate::client::{Client as Inner, Demands, Options, Plugin};
use crate::{Digest, Error, Metadata, PrivateKey, Reference, Signature};

/// A client whose calls wait. They may be made from any thread, one of a runtime too.
pub struct Client(Inner);

impl Client {
    /// A client.
    ///
    /// # Errors
    /// As [`Inner::new`].
    pub fn new(options: Options) -> Result<Self, Error> {
        Inner::new(options).map(Self)
    }

    /// As [`Inner::push`].
    ///
    /// # Errors
    /// As there.
    pub fn push(
        &self,
        to: &Reference,
        component: &[u8],
        metadata: &Metadata,
    ) -> Result<Digest, Error> {
        wait(self.0.push(to, component, metadata))
    }

    /// As [`Inner::push_layout`].
    ///
    /// # Errors
    /// As there.
    pub fn push_layout(&self, to: &Reference, directory: &Path) -> Result<Digest, Error> {
        wait(self.0.push_layout(to, directory))
    }

    /// As [`Inner::pull`].
    ///
    /// # Errors
    /// As there.
    pub fn pull(&self, from: &Reference) -> Result<Plugin, Error> {
        wait(self.0.pull(from))
    }

    /// As [`Inner::pull_as`].
    ///
    /// # Errors
    /// As there.
    pub fn pull_as(&self, from: &Reference, demands: Demands<'_>) -> Result<Plugin, Error> {
        wait(self.0.pull_as(from, demands))
    }

    /// As [`Inner::resolve`].
    ///
    /// # Errors
    /// As there.
    pub fn resolve(&self, from: &Reference) -> Result<Digest, Error> {
        wait(self.0.resolve(from))
    }

    /// As [`Inner::sign`].
    ///
    /// # Errors
    /// As there.
    pub fn sign(
        &self,
        image: &Reference,
        key: &PrivateKey,
        annotations: &BTreeMap<String, String>,
    ) -> Result<Digest, Error> {
        wait(self.0.sign(image, key, annotations))
    }

    /// As [`Inner::signatures`].
    ///
    /// # Errors
    /// As there.
    pub fn signatures(&self, image: &Reference, digest: &Digest) -> Result<Vec<Signature>, Error> {
        wait(self.0.signatures(image, digest))
    }
}

/// Runs on a thread of its own: one that belongs to a runtime must not start another.
fn wait<T: Send>(work: impl Future<Output = Result<T, Error>> + Send) -> Result<T, Error> {
    let broken = |what: String| Error::Input {
        what,
        hint: "this is a fault of the program or of the system: report it",
    };
    let run = || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| broken(format!("no runtime can be started: {error}")))?;
        runtime.block_on(work)
    };
    std::thread::scope(|scope| {
        std::thread::Builder::new()
            .name("registry".to_owned())
            .spawn_scoped(scope, run)
            .map_err(|error| broken(format!("no thread can be started: {error}")))?
            .join()
            .unwrap_or_else(|_| Err(broken("the thread of a registry ended early".to_owned())))
    })
}
