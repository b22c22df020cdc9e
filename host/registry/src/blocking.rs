//! The same for callers without a runtime: each call waits for its end.

use std::collections::BTreeMap;
use std::path::Path;

use crate::client::{Client as Inner, Demands, Options, Plugin};
use crate::{Digest, Error, Metadata, PrivateKey, Reference, Signature};

/// A client whose calls wait. They may be made from any thread, one of a runtime too.
///
/// Each call makes connections of its own: those of an earlier one ended with its runtime.
pub struct Client(Options);

impl Client {
    /// A client.
    ///
    /// # Errors
    /// As [`Inner::new`].
    pub fn new(options: Options) -> Result<Self, Error> {
        // What would be wrong with each call is said now.
        Inner::new(options.clone())?;
        Ok(Self(options))
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
        self.wait(async move |client: Inner| client.push(to, component, metadata).await)
    }

    /// As [`Inner::push_layout`].
    ///
    /// # Errors
    /// As there.
    pub fn push_layout(&self, to: &Reference, directory: &Path) -> Result<Digest, Error> {
        self.wait(async move |client: Inner| client.push_layout(to, directory).await)
    }

    /// As [`Inner::pull`].
    ///
    /// # Errors
    /// As there.
    pub fn pull(&self, from: &Reference) -> Result<Plugin, Error> {
        self.wait(async move |client: Inner| client.pull(from).await)
    }

    /// As [`Inner::pull_as`].
    ///
    /// # Errors
    /// As there.
    pub fn pull_as(&self, from: &Reference, demands: Demands<'_>) -> Result<Plugin, Error> {
        self.wait(async move |client: Inner| client.pull_as(from, demands).await)
    }

    /// As [`Inner::resolve`].
    ///
    /// # Errors
    /// As there.
    pub fn resolve(&self, from: &Reference) -> Result<Digest, Error> {
        self.wait(async move |client: Inner| client.resolve(from).await)
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
        self.wait(async move |client: Inner| client.sign(image, key, annotations).await)
    }

    /// As [`Inner::signatures`].
    ///
    /// # Errors
    /// As there.
    pub fn signatures(&self, image: &Reference, digest: &Digest) -> Result<Vec<Signature>, Error> {
        self.wait(async move |client: Inner| client.signatures(image, digest).await)
    }

    /// Runs on a thread of its own: one that belongs to a runtime must not start another.
    fn wait<T: Send, W>(&self, work: impl FnOnce(Inner) -> W + Send) -> Result<T, Error>
    where
        W: Future<Output = Result<T, Error>>,
    {
        let broken = |what: String| Error::Input {
            what,
            hint: "this is a fault of the program or of the system: report it",
        };
        let client = Inner::new(self.0.clone())?;
        let run = || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .map_err(|error| broken(format!("no runtime can be started: {error}")))?;
            runtime.block_on(work(client))
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
}
