//! Plugins from and to OCI registries: pushed, pulled, cached, signed, verified, locked.
//!
//! A plugin in a registry is a wasm artifact of one layer, its component. Whoever knows the digest of
//! its manifest knows every byte: all that comes, from a registry or from the cache, is checked
//! against its digest and its size. Who vouches for a digest is said by signatures in the layout of
//! cosign ([`Policy`]), or by the lock file ([`Lock`]). A registry itself is never trusted.
//!
//! ```no_run
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use caponier_registry::{Cache, Demands, Lock, Options, Policy, Reference, blocking::Client};
//!
//! let source = "oci://ghcr.io/acme/guard:1.2";
//! let lock = Lock::parse("caponier.lock", &std::fs::read_to_string("caponier.lock")?)?;
//! let pem = std::fs::read_to_string("keys/acme.pub")?;
//! let policy = Policy::key("keys/acme.pub", &pem, Default::default())?;
//! let client = Client::new(Options {
//!     cache: Some(Cache::open("/var/cache/caponier/plugins".as_ref())?),
//!     ..Options::default()
//! })?;
//! let plugin = client.pull_as(
//!     &source.parse::<Reference>()?,
//!     Demands {
//!         locked: lock.get(source),
//!         policy: Some(&policy),
//!         ..Demands::default()
//!     },
//! )?;
//! assert!(plugin.bytes.starts_with(b"\0asm"));
//! # Ok(())
//! # }
//! ```
//!
//! Nothing is printed here, and no credential reaches a log, an error or a `Debug` output.

#![forbid(unsafe_code)]

mod artifact;
mod auth;
/// The same for callers without a runtime.
pub mod blocking;
mod cache;
mod client;
mod component;
mod credentials;
mod digest;
mod error;
mod file;
mod json;
mod keys;
mod layout;
mod lock;
mod payload;
mod policy;
mod redirect;
mod reference;
mod session;
mod signatures;
mod text;
mod transport;

pub use artifact::{MAX_COMPONENT, Metadata, source_date_epoch};
pub use cache::{Cache, write_whole};
pub use client::{Client, Demands, Options, Plugin};
pub use component::{Kind, Surface, surface};
pub use credentials::docker_config;
pub use digest::{Digest, DigestError};
pub use error::Error;
pub use file::{MAX_SIGNATURE_FILE, read_signatures, sign_bytes, sign_file, signature_path};
pub use keys::{Algorithm, KeyError, PrivateKey, PublicKey};
pub use lock::{LOCK_FILE, Lock, LockError, Locked};
pub use policy::{Image, Policy, Signature, Unverified};
pub use reference::{Reference, ReferenceError};
pub use transport::Timeouts;
