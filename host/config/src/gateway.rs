//! Listeners, identity and routes.

use std::net::SocketAddr;
use std::time::Duration;

use crate::limits::{HoldExceeded, Treatment};
use crate::secret::Secret;
use crate::stores::JsonEndpoint;
use crate::words::words;

/// The proxy in front of model APIs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gateway {
    /// Where it listens.
    pub listen: SocketAddr,
    /// Certificate and key; `None`: plain HTTP.
    pub tls: Option<Tls>,
    /// The operator accepts plain HTTP on an address that others can reach.
    pub insecure: bool,
    /// Identity sources, the first that applies counts. Empty: every caller is anonymous.
    pub identity: Vec<IdentitySource>,
    /// Routes, the most specific path first: see [`Gateway::route`].
    pub routes: Vec<Route>,
    /// Limits of connections and of reading requests.
    pub connections: ConnectionLimits,
    /// How long running exchanges may go on after a stop was asked for.
    pub shutdown_grace: Duration,
}

impl Gateway {
    /// The route for a request path: an exact path first, then the longest prefix.
    pub fn route(&self, path: &str) -> Option<&Route> {
        self.routes.iter().find(|route| route.path.matches(path))
    }
}

/// A certificate chain and its key, as paths of PEM files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tls {
    /// The certificate chain.
    pub cert: String,
    /// The private key.
    pub key: String,
}

/// One way to tell who is calling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IdentitySource {
    /// A signed token in `Authorization: Bearer`.
    Jwt(Jwt),
    /// A key from a file of hashed keys.
    ApiKeys(ApiKeys),
}

/// How JSON Web Tokens are checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Jwt {
    /// Path of the JSON Web Key Set.
    pub jwks: String,
    /// The `iss` that is demanded.
    pub issuer: String,
    /// The values of `aud` that are accepted: one must match. Never empty.
    pub audience: Vec<String>,
    /// Signature algorithms that are accepted. Never empty, never `none` or a shared-secret one.
    pub algorithms: Vec<JwtAlgorithm>,
    /// Which claims say what.
    pub claims: Claims,
    /// Clock difference that `exp` and `nbf` may be off by.
    pub leeway: Duration,
}

words! {
    /// A signature algorithm by its registered name.
    JwtAlgorithm {
        /// RSA PKCS#1 with SHA-256.
        Rs256 = "RS256",
        /// RSA PKCS#1 with SHA-384.
        Rs384 = "RS384",
        /// RSA PKCS#1 with SHA-512.
        Rs512 = "RS512",
        /// RSA-PSS with SHA-256.
        Ps256 = "PS256",
        /// RSA-PSS with SHA-384.
        Ps384 = "PS384",
        /// RSA-PSS with SHA-512.
        Ps512 = "PS512",
        /// ECDSA P-256 with SHA-256.
        Es256 = "ES256",
        /// ECDSA P-384 with SHA-384.
        Es384 = "ES384",
        /// Ed25519.
        EdDsa = "EdDSA",
    }
}

/// Which claims of a token say what. A dot goes one level down: `realm_access.roles`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    /// The claim with the caller's id: `sub` unless told otherwise.
    pub id: String,
    /// The claim with the tenant.
    pub tenant: Option<String>,
    /// The claim with roles or groups: a list, or a string with spaces between.
    pub roles: Option<String>,
}

/// A file of hashed API keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKeys {
    /// Path of the file.
    pub file: String,
}

/// One path of the gateway and what stands behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// Which request paths it takes.
    pub path: PathPattern,
    /// What is spoken on it.
    pub protocol: Protocol,
    /// The model API. `None`: the built-in echo model.
    pub upstream: Option<Upstream>,
    /// Names of the plugins, in order. `None`: all, in the order of the file.
    pub plugins: Option<Vec<String>>,
    /// How streamed answers are inspected.
    pub stream: StreamMode,
    /// How a denial looks to the client.
    pub deny_as: DenyAs,
    /// What happens when a stream holds back more than `limits.hold`. Overrides the limits' own.
    pub hold_exceeded: HoldExceeded,
    /// Endpoints that pass uninspected: exact paths or `prefix/*`.
    pub pass: Vec<PathPattern>,
    /// What happens to endpoints that no wire format knows.
    pub unknown_endpoints: UnknownEndpoints,
    /// What happens to a WebSocket upgrade.
    pub websocket: Treatment,
    /// Time limits towards the upstream.
    pub timeouts: Timeouts,
}

/// What is spoken on a route: which endpoints it has, and what their bodies are.
#[derive(
    Clone, Debug, Default, PartialEq, Eq, serde::Deserialize, serde::Serialize, schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// The APIs of models; their wire formats are told apart by path.
    #[default]
    Models,
    /// MCP, the Model Context Protocol, over streamable HTTP. Every path of the route speaks it.
    Mcp,
    /// Chroma, a store of documents.
    Chroma,
    /// Qdrant, a store of documents.
    Qdrant,
    /// OpenSearch or Elasticsearch, as a store of documents.
    OpenSearch,
    /// PostgREST, as a store of documents.
    PostgRest,
    /// The endpoints of a store with a JSON API of its own.
    Json(Vec<JsonEndpoint>),
}

/// A model API behind the gateway.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upstream {
    /// The scheme is https.
    pub tls: bool,
    /// Host name or address, without brackets.
    pub host: String,
    /// The port, explicit or the scheme's.
    pub port: u16,
    /// What is put before the request's path: empty, or `/` and more, without a trailing `/`.
    pub base_path: String,
    /// The URL as it was written.
    pub url: String,
    /// Replaces the client's credentials. `None`: the client's own go through.
    pub credentials: Option<Secret>,
    /// Path of a PEM file with certificate authorities to trust instead of the public ones.
    pub trusted_ca: Option<String>,
}

/// A request path: exact, or everything below a prefix.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Deserialize, serde::Serialize,
)]
pub enum PathPattern {
    /// This path.
    Exact(String),
    /// Every path that begins with this, which ends in `/`.
    Prefix(String),
}

/// Why a text is not a path pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an absolute path with at most one `*`, at its end after a `/`")]
pub struct PatternParseError;

impl PathPattern {
    /// Reads `/v1/chat/completions` or `/v1/*`.
    ///
    /// # Errors
    /// Where the text is neither.
    pub fn parse(text: &str) -> Result<Self, PatternParseError> {
        let literal = text.strip_suffix('*').unwrap_or(text);
        let clean = literal.starts_with('/')
            && !literal.contains(['*', '?', '#', '%', '\\'])
            && !literal.contains("//")
            && !literal.split('/').any(|part| part == "." || part == "..")
            && literal.bytes().all(|byte| byte.is_ascii_graphic());
        match (clean, literal.len() < text.len()) {
            (true, false) => Ok(Self::Exact(literal.to_owned())),
            (true, true) if literal.ends_with('/') => Ok(Self::Prefix(literal.to_owned())),
            _ => Err(PatternParseError),
        }
    }

    /// Whether a request path is one of these.
    pub fn matches(&self, path: &str) -> bool {
        match self {
            Self::Exact(exact) => path == exact,
            Self::Prefix(prefix) => path.starts_with(prefix.as_str()),
        }
    }
}

impl std::fmt::Display for PathPattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Exact(path) => f.write_str(path),
            Self::Prefix(prefix) => write!(f, "{prefix}*"),
        }
    }
}

words! {
    /// How streamed answers are inspected.
    StreamMode {
        /// As they pass: text is held only while it might belong to something that is not whole yet.
        Hold = "hold",
        /// As a whole, once it is complete.
        Buffer = "buffer",
    }
}

words! {
    /// How a denial of an answer looks to the client.
    DenyAs {
        /// As an answer that the wire format calls filtered or refused.
        Refusal = "refusal",
        /// As an error in the wire format's shape.
        Error = "error",
    }
}

words! {
    /// What happens to endpoints under a guarded path that no wire format knows.
    UnknownEndpoints {
        /// They are refused.
        Deny = "deny",
        /// They pass uninspected, and are marked.
        Flag = "flag",
        /// They pass uninspected.
        Pass = "pass",
    }
}

/// Time limits towards the upstream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// To connect, the TLS handshake included.
    pub connect: Duration,
    /// From the sent request to the answer's headers.
    pub first_byte: Duration,
    /// Between two reads of the answer.
    pub idle: Duration,
    /// For the exchange as a whole.
    pub total: Duration,
}

/// Limits of connections and of reading requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConnectionLimits {
    /// Connections open at one time.
    pub max_connections: usize,
    /// Bytes of a request's headers.
    pub header_bytes: usize,
    /// Headers of one request.
    pub max_headers: usize,
    /// To receive the headers; also how long a kept-alive connection may wait for its next request.
    pub header_timeout: Duration,
    /// Between two reads of a request's body.
    pub body_timeout: Duration,
    /// Bytes a second that a body must arrive with after its first [`Self::body_timeout`]. 0: any.
    pub min_body_rate: u64,
    /// For the TLS handshake.
    pub tls_timeout: Duration,
    /// HTTP/2; `None`: HTTP/1.1 only.
    pub http2: Option<Http2>,
}

/// Limits of HTTP/2 connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Http2 {
    /// Streams open at one time on a connection.
    pub max_concurrent_streams: u32,
    /// Resets a client may cause before its connection is closed.
    pub max_resets: usize,
}

/// The port that decides on texts without proxying anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecisionApi {
    /// Where it listens.
    pub listen: SocketAddr,
    /// Bearer tokens, separated by line breaks, commas or spaces. `None`: anyone who can connect.
    pub tokens: Option<Secret>,
    /// Certificate and key; `None`: plain HTTP.
    pub tls: Option<Tls>,
    /// The operator accepts plain HTTP on an address that others can reach.
    pub insecure: bool,
}

/// The port for health, metrics and versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Admin {
    /// Where it listens.
    pub listen: SocketAddr,
    /// The operator accepts plain HTTP on an address that others can reach.
    pub insecure: bool,
}
