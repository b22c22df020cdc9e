//! What can go wrong with a registry.

use crate::component::Kind;
use crate::digest::Digest;
use crate::reference::Reference;

/// Why something could not be pushed, pulled or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No connection, or it broke.
    #[error(
        "{host}: no answer: {cause}\nhint: check the host's name and that the registry runs; what was pulled before can be used by digest"
    )]
    Unreachable {
        /// The registry.
        host: String,
        /// What the network said.
        cause: String,
    },
    /// Too slow.
    #[error(
        "{host}: {what} took longer than {seconds} s\nhint: try again later; what was pulled before can be used by digest"
    )]
    TimedOut {
        /// The registry.
        host: String,
        /// What took too long.
        what: &'static str,
        /// The limit.
        seconds: u64,
    },
    /// 401 or 403, with credentials or without.
    #[error("{name}: the registry refused {}\nhint: {}", .with_credentials.then_some("the credentials").unwrap_or("access without credentials"), .with_credentials.then_some("check that they may do this, and renew them with `docker login`").unwrap_or("store credentials with `docker login`, and check the repository's name: some registries say so of one that is not there"))]
    Denied {
        /// Host and repository.
        name: String,
        /// Whether credentials were sent.
        with_credentials: bool,
    },
    /// 404.
    #[error(
        "{reference}: not found\nhint: check repository, tag and digest; `caponier plugin push` puts one there"
    )]
    NotFound {
        /// What was asked for.
        reference: String,
    },
    /// 429.
    #[error("{host}: too many requests{}\nhint: wait, or store credentials with `docker login` for a higher limit", .retry_after.map(|seconds| format!(", the registry asks for a pause of {seconds} s")).unwrap_or_default())]
    RateLimited {
        /// The registry.
        host: String,
        /// Seconds that it asks to wait.
        retry_after: Option<u64>,
    },
    /// A status that has no place in the protocol.
    #[error(
        "{url}: unexpected status {status}\nhint: check that a container registry answers there"
    )]
    Status {
        /// What was asked.
        url: String,
        /// What was answered.
        status: u16,
    },
    /// An answer that is not what the protocol says.
    #[error(
        "{url}: {what}\nhint: check that a container registry answers there, without a proxy that changes answers"
    )]
    Malformed {
        /// What was asked.
        url: String,
        /// What is wrong with the answer.
        what: String,
    },
    /// A redirect that is not followed.
    #[error(
        "{url}: redirected {to}, which is not followed: {why}\nhint: name the registry's own host in the reference"
    )]
    Redirected {
        /// What was asked.
        url: String,
        /// Where to, without a query: it may hold a token.
        to: String,
        /// The rule.
        why: &'static str,
    },
    /// Bytes that are not those of the digest.
    #[error(
        "{what}: has the digest {found}, not {expected}\nhint: it was changed where it lies or on its way: do not use it, and ask its publisher"
    )]
    Tampered {
        /// What it is, and where.
        what: String,
        /// What was promised.
        expected: Digest,
        /// What came.
        found: Digest,
    },
    /// More or fewer bytes than promised.
    #[error("{what}: has {} bytes, not {expected}\nhint: it was changed where it lies or on its way: do not use it, and ask its publisher", .found.map_or_else(|| "more".to_owned(), |found| found.to_string()))]
    WrongSize {
        /// What it is, and where.
        what: String,
        /// What was promised.
        expected: u64,
        /// What came; `None`: more.
        found: Option<u64>,
    },
    /// More bytes than are read.
    #[error("{what}: larger than {limit} bytes\nhint: a plugin is smaller; check the reference")]
    TooLarge {
        /// What it is, and where.
        what: String,
        /// The limit.
        limit: u64,
    },
    /// A manifest list or image index.
    #[error(
        "{reference}: a list of manifests, not a plugin\nhint: a plugin is the same on every platform: name the one manifest by its digest, or push it with `caponier plugin push`"
    )]
    ManifestList {
        /// What was asked for.
        reference: String,
    },
    /// Something else than a plugin.
    #[error(
        "{reference}: not a plugin: {why}\nhint: push a component with `caponier plugin push`, or check the reference"
    )]
    NotAPlugin {
        /// What was asked for.
        reference: String,
        /// What is wrong with it.
        why: String,
    },
    /// A config of a type that is not known.
    #[error(
        "{reference}: not a plugin: its config is of type `{found}`, not `{}`\nhint: push it with `caponier plugin push`, or another tool that writes the wasm artifact layout",
        crate::artifact::WASM_CONFIG
    )]
    UnknownConfig {
        /// What was asked for.
        reference: String,
        /// The type.
        found: String,
    },
    /// Bytes that are no component.
    #[error("{what}: {}\nhint: {}", .kind.says(), .kind.hint())]
    NotAComponent {
        /// What it is, and where.
        what: String,
        /// What it is instead.
        kind: Kind,
    },
    /// A tag that no longer names what the lock file says.
    #[error(
        "{reference}: the tag was moved: it names {found}, and the lock file says {locked}\nhint: ask the publisher why; to accept it, remove the entry from caponier.lock and pull again"
    )]
    Moved {
        /// What was asked for.
        reference: String,
        /// What the lock file says.
        locked: Digest,
        /// What the registry says.
        found: Digest,
    },
    /// Something else than what the lock file says.
    #[error(
        "{reference}: its {part} has the digest {found}, and the lock file says {locked}\nhint: find out why it changed; to accept it, remove the entry from caponier.lock and pull again"
    )]
    LockMismatch {
        /// What was asked for.
        reference: String,
        /// Manifest or component.
        part: &'static str,
        /// What the lock file says.
        locked: Digest,
        /// What was pulled.
        found: Digest,
    },
    /// Not signed as demanded.
    #[error(transparent)]
    Unverified(#[from] crate::policy::Unverified),
    /// The docker configuration cannot be used.
    #[error("{place}: {what}\nhint: {hint}")]
    Credentials {
        /// The file or program.
        place: String,
        /// What is wrong; never what it holds.
        what: String,
        /// How to mend it.
        hint: &'static str,
    },
    /// A file or directory of ours.
    #[error("{path}: {what}\nhint: {hint}")]
    Local {
        /// The file or directory.
        path: String,
        /// What is wrong with it.
        what: String,
        /// How to mend it.
        hint: &'static str,
    },
    /// What is to be pushed cannot be.
    #[error("{what}\nhint: {hint}")]
    Input {
        /// What is wrong.
        what: String,
        /// How to mend it.
        hint: &'static str,
    },
}

impl Error {
    /// Whether the registry could not be asked: what is in the cache may be used instead.
    pub fn is_offline(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::TimedOut { .. } => true,
            Self::Status { status, .. } => *status >= 500,
            _ => false,
        }
    }

    pub(crate) fn not_a_plugin(reference: &Reference, why: impl Into<String>) -> Self {
        Self::NotAPlugin {
            reference: reference.to_string(),
            why: why.into(),
        }
    }

    pub(crate) fn local(
        path: &std::path::Path,
        what: impl std::fmt::Display,
        hint: &'static str,
    ) -> Self {
        Self::Local {
            path: path.display().to_string(),
            what: what.to_string(),
            hint,
        }
    }
}
