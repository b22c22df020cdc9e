//! Pushing and pulling.

use std::path::PathBuf;

use bytes::Bytes;

use crate::artifact::{self, Descriptor, MANIFEST, MAX_COMPONENT, MAX_CONFIG, Manifest, Metadata};
use crate::cache::Cache;
use crate::component;
use crate::credentials::{self, Credentials};
use crate::digest::Digest;
use crate::error::Error;
use crate::lock::Locked;
use crate::policy::Policy;
use crate::reference::Reference;
use crate::session::{self, Access, MAX_MANIFEST, Session};
use crate::transport::{Timeouts, Transport};

/// How registries are spoken to.
#[derive(Clone, Debug)]
pub struct Options {
    /// The directory of docker's `config.json`, which holds or names credentials. `None`: none are
    /// sent. Default: [`crate::docker_config`].
    pub docker_config: Option<PathBuf>,
    /// Where what was pulled is kept. Default: nowhere.
    pub cache: Option<Cache>,
    /// How long a registry may take.
    pub timeouts: Timeouts,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            docker_config: credentials::docker_config(),
            cache: None,
            timeouts: Timeouts::default(),
        }
    }
}

/// Speaks to registries.
pub struct Client {
    pub(crate) transport: Transport,
    docker_config: Option<PathBuf>,
    pub(crate) cache: Option<Cache>,
}

/// What a pulled plugin must be, beside whole.
#[derive(Clone, Copy, Debug, Default)]
pub struct Demands<'a> {
    /// What the lock file says of it. `None`: nothing.
    pub locked: Option<&'a Locked>,
    /// Whose signatures it needs. `None`: nobody's.
    pub policy: Option<&'a Policy>,
    /// Accept signatures that were made for another repository: a mirror.
    pub any_repository: bool,
}

/// A plugin that was pulled.
#[derive(Clone, Debug)]
pub struct Plugin {
    /// The digest of its manifest.
    pub manifest: Digest,
    /// The digest of the component.
    pub component: Digest,
    /// The component.
    pub bytes: Bytes,
    /// The manifest's annotations: title, version and the like, as its publisher words them.
    pub annotations: std::collections::BTreeMap<String, String>,
}

impl Plugin {
    /// What the lock file is to say of it.
    pub fn locked(&self) -> Locked {
        Locked {
            manifest: Some(self.manifest),
            component: self.component,
        }
    }
}

impl Client {
    /// A client.
    ///
    /// # Errors
    /// Where TLS cannot be set up.
    pub fn new(options: Options) -> Result<Self, Error> {
        Ok(Self {
            transport: Transport::new(options.timeouts)?,
            docker_config: options.docker_config,
            cache: options.cache,
        })
    }

    /// Pushes a component. The same bytes and metadata give the same digest.
    ///
    /// # Errors
    /// Where it is no valid component, or the registry does not take it.
    pub async fn push(
        &self,
        to: &Reference,
        component: &[u8],
        metadata: &Metadata,
    ) -> Result<Digest, Error> {
        let packed = artifact::pack(component, metadata)?;
        let digest = Digest::of(&packed.manifest);
        refuse_other(to, &digest)?;
        self.within(to, async {
            let mut session = Session::new(self, to, Access::Write);
            for blob in [component, &packed.config] {
                let bytes = Bytes::copy_from_slice(blob);
                session.put_blob(&Digest::of(blob), bytes).await?;
            }
            let wanted = to.wanted();
            session
                .put_manifest(&wanted, MANIFEST, packed.manifest.into())
                .await
        })
        .await
    }

    /// Pulls a plugin, by digest if the reference has one, or else by tag.
    ///
    /// # Errors
    /// Where it cannot be had, is not what its digest says, or is no plugin.
    pub async fn pull(&self, from: &Reference) -> Result<Plugin, Error> {
        self.pull_as(from, Demands::default()).await
    }

    /// Pulls a plugin that must be the locked one and signed as demanded. The component is fetched
    /// only when its manifest is.
    ///
    /// What the cache holds is used by digest: that of the reference, or, where the registry cannot
    /// be asked what a tag stands for, the locked one.
    ///
    /// # Errors
    /// Those of [`Client::pull`]; [`Error::Moved`], [`Error::LockMismatch`], [`Error::Unverified`].
    /// Where the signatures at hand are not enough and the registry cannot be asked for others, why
    /// it cannot.
    pub async fn pull_as(&self, from: &Reference, demands: Demands<'_>) -> Result<Plugin, Error> {
        self.within(from, self.pull_unbounded(from, demands)).await
    }

    async fn pull_unbounded(
        &self,
        from: &Reference,
        demands: Demands<'_>,
    ) -> Result<Plugin, Error> {
        let mut session = Session::new(self, from, Access::Read);
        let locked = demands.locked.and_then(|locked| locked.manifest);
        let fetched = match self.manifest(&mut session, from).await {
            // Nobody can say whether the tag was moved; the locked manifest is the right one anyway.
            Err(error) if error.is_offline() && from.digest().is_none() => {
                let cached = locked.and_then(|locked| self.cached_manifest(&locked));
                let cached = cached.ok_or(error)?;
                tracing::warn!(%from, "the registry cannot be asked: the locked plugin comes from the cache");
                cached
            }
            other => other?,
        };
        if let Some(locked) = locked
            && locked != fetched.digest
        {
            let reference = from.to_string();
            let found = fetched.digest;
            return Err(if from.digest().is_some() {
                Error::LockMismatch {
                    reference,
                    part: "manifest",
                    locked,
                    found,
                }
            } else {
                Error::Moved {
                    reference,
                    locked,
                    found,
                }
            });
        }
        let manifest = Manifest::read(from, &fetched)?;
        let layer = manifest.layer(from)?;
        if let Some(locked) = demands.locked
            && locked.component != layer.digest
        {
            return Err(Error::LockMismatch {
                reference: from.to_string(),
                part: "component",
                locked: locked.component,
                found: layer.digest,
            });
        }
        if let Some(policy) = demands.policy {
            self.demand(from, &fetched.digest, policy, demands.any_repository)
                .await?;
        }
        let config = self
            .blob(&mut session, from, &manifest.config, MAX_CONFIG)
            .await?;
        manifest.check_config(from, &config, &layer.digest)?;
        let bytes = self.blob(&mut session, from, layer, MAX_COMPONENT).await?;
        component::check_preamble(&from.to_string(), &bytes)?;
        if let Some(cache) = &self.cache {
            cache.put(&fetched.digest, &fetched.bytes);
            cache.put(&manifest.config.digest, &config);
            cache.put(&layer.digest, &bytes);
        }
        Ok(Plugin {
            manifest: fetched.digest,
            component: layer.digest,
            bytes,
            annotations: manifest.annotations,
        })
    }

    /// The digest of the manifest that a reference stands for now.
    ///
    /// # Errors
    /// Where the registry does not say.
    pub async fn resolve(&self, from: &Reference) -> Result<Digest, Error> {
        self.within(from, async {
            let mut session = Session::new(self, from, Access::Read);
            Ok(self.manifest(&mut session, from).await?.digest)
        })
        .await
    }

    /// A manifest: by digest from the cache, or else from the registry.
    pub(crate) async fn manifest(
        &self,
        session: &mut Session<'_>,
        from: &Reference,
    ) -> Result<session::Manifest, Error> {
        if let Some(found) = from
            .digest()
            .and_then(|digest| self.cached_manifest(digest))
        {
            return Ok(found);
        }
        session
            .manifest(from)
            .await?
            .ok_or_else(|| Error::NotFound {
                reference: from.to_string(),
            })
    }

    fn cached_manifest(&self, digest: &Digest) -> Option<session::Manifest> {
        let bytes = self.cache.as_ref()?.get(digest, MAX_MANIFEST)?;
        Some(session::Manifest {
            bytes: bytes.into(),
            digest: *digest,
            media_type: String::new(),
        })
    }

    async fn blob(
        &self,
        session: &mut Session<'_>,
        from: &Reference,
        blob: &Descriptor,
        limit: u64,
    ) -> Result<Bytes, Error> {
        let cached = self
            .cache
            .as_ref()
            .and_then(|cache| cache.get(&blob.digest, limit))
            .filter(|bytes| bytes.len() as u64 == blob.size);
        match cached {
            Some(bytes) => Ok(bytes.into()),
            None => {
                tracing::debug!(%from, digest = %blob.digest, "fetching a blob");
                session.blob(blob, limit).await
            }
        }
    }

    pub(crate) async fn credentials(&self, host: &str) -> Result<Option<Credentials>, Error> {
        match &self.docker_config {
            Some(directory) => credentials::lookup(directory, host).await,
            None => Ok(None),
        }
    }

    /// The total time applies.
    pub(crate) async fn within<T>(
        &self,
        reference: &Reference,
        work: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        let total = self.transport.timeouts.total;
        match tokio::time::timeout(total, work).await {
            Ok(result) => result,
            Err(_) => Err(Error::TimedOut {
                host: reference.host().to_owned(),
                what: "the whole exchange",
                seconds: total.as_secs(),
            }),
        }
    }
}

/// A push by digest must be of that digest.
pub(crate) fn refuse_other(to: &Reference, digest: &Digest) -> Result<(), Error> {
    match to.digest() {
        Some(named) if named != digest => Err(Error::Input {
            what: format!("{to}: what is pushed has another digest, {digest}"),
            hint: "push to a tag, without `@sha256:…`",
        }),
        _ => Ok(()),
    }
}
