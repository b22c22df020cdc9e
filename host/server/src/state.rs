//! What the server makes of a configuration: part of every revision.

use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::sync::{Arc, OnceLock};

use caponier_config::{Config, Gateway, IdentitySource, Route, Upstream};
use caponier_runtime::{Attach, Files, Policy, Problem, Revision, RoutePlan, Runtime};
use rustls::ServerConfig;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq as _;

use crate::audit::{DigestKey, Sink, SinkSettings};
use crate::identity::{ApiKeyRing, Identity, JwtVerifier, Source};
use crate::metrics::Metrics;
use crate::tls;
use crate::upstream::headers::Credentials;
use crate::upstream::{Client, ClientKey};

/// Keys, certificates, upstreams and the audit log of one revision.
pub struct ServerState {
    pub(crate) identity: Identity,
    pub(crate) routes: Vec<RouteState>,
    pub(crate) gateway_tls: Option<Arc<ServerConfig>>,
    pub(crate) decision_tls: Option<Arc<ServerConfig>>,
    /// `None`: anyone who can connect.
    pub(crate) decision_tokens: Option<Vec<[u8; 32]>>,
    pub(crate) audit: Option<Arc<Sink>>,
    pub(crate) digest_key: Arc<DigestKey>,
    pub(crate) metrics: Arc<Metrics>,
    listeners: Listeners,
    plans: OnceLock<Vec<RoutePlan>>,
    everything: OnceLock<RoutePlan>,
}

/// What a route needs beside its configuration.
pub(crate) struct RouteState {
    /// `None`: the echo model.
    pub(crate) client: Option<Arc<Client>>,
    pub(crate) credentials: Option<Credentials>,
    /// Its path pattern, as metrics and records name it.
    pub(crate) name: String,
}

/// A revision of the server's.
pub(crate) type Current = Arc<Revision<ServerState>>;

/// Addresses that cannot change while the process runs, and what makes up a listener.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Listeners(Vec<(&'static str, Option<std::net::SocketAddr>, bool)>);

impl Listeners {
    fn of(config: &Config) -> Self {
        let gateway = config.gateway.as_ref();
        let decision = config.decision.as_ref();
        Self(vec![
            (
                "gateway",
                gateway.map(|gateway| gateway.listen),
                gateway.is_some_and(|gateway| gateway.tls.is_some()),
            ),
            (
                "decision",
                decision.map(|decision| decision.listen),
                decision.is_some_and(|decision| decision.tls.is_some()),
            ),
            ("admin", config.admin.map(|admin| admin.listen), false),
        ])
    }
}

impl ServerState {
    /// The plugins of a route.
    pub(crate) fn plan<'s>(
        &'s self,
        config: &Config,
        policy: &Policy,
        route: usize,
    ) -> &'s RoutePlan {
        let plans = self.plans.get_or_init(|| {
            let routes = config
                .gateway
                .as_ref()
                .map_or(&[][..], |gateway| &gateway.routes);
            routes
                .iter()
                .map(|route| policy.route(route.plugins.as_deref()))
                .collect()
        });
        plans.get(route).unwrap_or_else(|| self.everything(policy))
    }

    /// All plugins: what the decision port runs.
    pub(crate) fn everything(&self, policy: &Policy) -> &RoutePlan {
        self.everything.get_or_init(|| policy.route(None))
    }

    /// Whether a bearer token opens the decision port.
    pub(crate) fn opens_decisions(&self, token: Option<&str>) -> bool {
        let Some(known) = &self.decision_tokens else {
            return true;
        };
        let hash = digest(token.unwrap_or_default().as_bytes());
        let mut fits = subtle::Choice::from(0);
        for token in known {
            fits |= token.ct_eq(&hash);
        }
        token.is_some() && bool::from(fits)
    }
}

fn digest(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// Makes a revision's server state: pass it to [`Runtime::start`].
pub fn attach() -> Attach<ServerState> {
    Box::new(build)
}

/// A runtime that serves.
pub type ServerRuntime = Runtime<ServerState>;

struct Builder<'a> {
    config: &'a Config,
    files: &'a Files,
    previous: Option<&'a ServerState>,
    problems: Vec<Problem>,
}

fn build(
    config: &Config,
    files: &Files,
    previous: Option<&ServerState>,
) -> Result<ServerState, Vec<Problem>> {
    let mut builder = Builder {
        config,
        files,
        previous,
        problems: Vec::new(),
    };
    let state = builder.state();
    match state {
        Some(state) if builder.problems.is_empty() => Ok(state),
        _ => Err(builder.problems),
    }
}

impl Builder<'_> {
    fn problem(&mut self, key: &str, message: impl std::fmt::Display) {
        let message = message.to_string();
        let problem = match message.split_once("; hint: ") {
            Some((message, hint)) => Problem::new(&self.config.name, key, message).hint(hint),
            None => Problem::new(&self.config.name, key, message),
        };
        self.problems.push(problem);
    }

    /// The content of a file that the configuration names.
    fn file(&mut self, key: &str, path: &str) -> Option<Vec<u8>> {
        let bytes = self.files.bytes(path).map(<[u8]>::to_vec);
        if bytes.is_none() {
            self.problem(key, format!("{path} is not a file"));
        }
        bytes
    }

    fn state(&mut self) -> Option<ServerState> {
        let listeners = Listeners::of(self.config);
        self.check_listeners(&listeners);
        let metrics = match self.previous {
            Some(previous) => Arc::clone(&previous.metrics),
            None => Arc::new(Metrics::new()),
        };
        let gateway = self.config.gateway.as_ref();
        let identity = gateway.map_or_else(Identity::default, |gateway| self.identity(gateway));
        let routes = gateway.map_or_else(Vec::new, |gateway| self.routes(gateway));
        let gateway_tls = gateway.and_then(|gateway| {
            let tls = gateway.tls.as_ref()?;
            self.server_tls("gateway.tls", tls, gateway.connections.http2.is_some())
        });
        let decision = self.config.decision.as_ref();
        let decision_tls = decision.and_then(|decision| {
            let tls = decision.tls.as_ref()?;
            self.server_tls("decision.tls", tls, true)
        });
        let decision_tokens = decision
            .and_then(|decision| decision.tokens.as_ref())
            .map(|secret| self.tokens(secret));
        let audit = self.audit(&metrics);
        let digest_key = self.digest_key()?;
        Some(ServerState {
            identity,
            routes,
            gateway_tls,
            decision_tls,
            decision_tokens,
            audit,
            digest_key,
            metrics,
            listeners,
            plans: OnceLock::new(),
            everything: OnceLock::new(),
        })
    }

    fn check_listeners(&mut self, listeners: &Listeners) {
        let Some(previous) = self.previous else {
            return;
        };
        for (now, before) in listeners.0.iter().zip(&previous.listeners.0) {
            let (name, address, tls) = now;
            if *address != before.1 {
                let shown = |address: &Option<std::net::SocketAddr>| {
                    address.map_or_else(|| "no listener".to_owned(), |address| address.to_string())
                };
                let message = format!(
                    "needs restart: it listens on {} and would have to listen on {}; hint: restart, or take the change back",
                    shown(&before.1),
                    shown(address)
                );
                self.problem(&format!("{name}.listen"), message);
            } else if *tls != before.2 {
                self.problem(&format!("{name}.tls"), "needs restart: a listener cannot begin or stop to speak TLS; hint: restart, or take the change back");
            }
        }
    }

    fn identity(&mut self, gateway: &Gateway) -> Identity {
        let mut sources = Vec::new();
        for (index, source) in gateway.identity.iter().enumerate() {
            match source {
                IdentitySource::Jwt(jwt) => {
                    let key = format!("gateway.identity[{index}].jwt.jwks");
                    let Some(bytes) = self.file(&key, &jwt.jwks) else {
                        continue;
                    };
                    match JwtVerifier::new(jwt, &bytes) {
                        Ok(verifier) => sources.push(Source::Jwt(verifier)),
                        Err(error) => self.problem(&key, format!("{}: {error}", jwt.jwks)),
                    }
                }
                IdentitySource::ApiKeys(keys) => {
                    let key = format!("gateway.identity[{index}].api_keys");
                    let Some(bytes) = self.file(&key, &keys.file) else {
                        continue;
                    };
                    match ApiKeyRing::read(&bytes) {
                        Ok(ring) => sources.push(Source::ApiKeys(Arc::new(ring))),
                        Err(error) => self.problem(&key, format!("{}: {error}", keys.file)),
                    }
                }
            }
        }
        Identity::new(sources)
    }

    fn routes(&mut self, gateway: &Gateway) -> Vec<RouteState> {
        let mut routes: Vec<RouteState> = Vec::new();
        for (index, route) in gateway.routes.iter().enumerate() {
            let key = format!("gateway.routes[{index}]");
            let client = route
                .upstream
                .as_ref()
                .and_then(|upstream| self.client(&key, route, upstream, &routes));
            let credentials = route
                .upstream
                .as_ref()
                .and_then(|upstream| upstream.credentials.as_ref())
                .and_then(|secret| self.credentials(&key, secret));
            routes.push(RouteState {
                client,
                credentials,
                name: route.path.to_string(),
            });
        }
        routes
    }

    fn client(
        &mut self,
        key: &str,
        route: &Route,
        upstream: &Upstream,
        so_far: &[RouteState],
    ) -> Option<Arc<Client>> {
        let trusted = match &upstream.trusted_ca {
            Some(path) => Some(self.file(&format!("{key}.trusted_ca"), path)?),
            None => None,
        };
        let wanted = ClientKey {
            tls: upstream.tls,
            host: upstream.host.clone(),
            port: upstream.port,
            connect: route.timeouts.connect,
            trusted: trusted.as_deref().map(digest),
        };
        // Connections outlive a revision.
        let before = self.previous.map_or(&[][..], |previous| &previous.routes);
        let known = so_far
            .iter()
            .chain(before)
            .filter_map(|route| route.client.as_ref())
            .find(|client| client.key == wanted);
        if let Some(client) = known {
            return Some(Arc::clone(client));
        }
        let tls = if upstream.tls {
            match tls::client(trusted.as_deref()) {
                Ok(config) => Some(config),
                Err(error) => {
                    self.problem(&format!("{key}.trusted_ca"), error);
                    return None;
                }
            }
        } else {
            None
        };
        match Client::new(wanted, tls) {
            Ok(client) => Some(Arc::new(client)),
            Err(error) => {
                self.problem(&format!("{key}.upstream"), error);
                None
            }
        }
    }

    fn credentials(&mut self, key: &str, secret: &caponier_config::Secret) -> Option<Credentials> {
        let key = format!("{key}.credentials");
        let Some(bytes) = self.files.secret(secret) else {
            self.problem(&key, format!("{secret} is not set"));
            return None;
        };
        let credentials = Credentials::new(bytes);
        if credentials.is_none() {
            self.problem(&key, format!("{secret} holds nothing that fits into a header; hint: one line, no spaces around it"));
        }
        credentials
    }

    fn server_tls(
        &mut self,
        key: &str,
        tls: &caponier_config::Tls,
        http2: bool,
    ) -> Option<Arc<ServerConfig>> {
        let cert = self.file(&format!("{key}.cert"), &tls.cert)?;
        let private = self.file(&format!("{key}.key"), &tls.key)?;
        match tls::server(&cert, &private, http2) {
            Ok(config) => Some(config),
            Err(error @ tls::TlsError::Key) => {
                self.problem(&format!("{key}.key"), format!("{} {error}", tls.key));
                None
            }
            Err(error @ tls::TlsError::Certificate) => {
                self.problem(&format!("{key}.cert"), format!("{} {error}", tls.cert));
                None
            }
            Err(error) => {
                self.problem(key, error);
                None
            }
        }
    }

    fn tokens(&mut self, secret: &caponier_config::Secret) -> Vec<[u8; 32]> {
        let text = self
            .files
            .secret(secret)
            .and_then(|bytes| std::str::from_utf8(bytes).ok());
        let tokens: Vec<[u8; 32]> = text
            .unwrap_or_default()
            .split([',', ' ', '\n', '\r', '\t'])
            .filter(|token| !token.is_empty())
            .map(|token| digest(token.as_bytes()))
            .collect();
        if tokens.is_empty() {
            self.problem(
                "decision.tokens",
                format!("{secret} holds no token; hint: leave the key out to let anyone in"),
            );
        }
        tokens
    }

    fn audit(&mut self, metrics: &Arc<Metrics>) -> Option<Arc<Sink>> {
        let audit = self.config.audit.as_ref()?;
        let settings = SinkSettings {
            path: self.files.resolve(&audit.path),
            on_full: audit.on_full,
            queue: audit.queue,
            rotate: audit.rotate,
        };
        let before = self.previous.and_then(|previous| previous.audit.as_ref());
        if let Some(sink) = before.filter(|sink| sink.settings == settings) {
            return Some(Arc::clone(sink));
        }
        // The file itself is made with the first record.
        let folder = settings
            .path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        let is_there = folder.is_none_or(std::path::Path::is_dir);
        let opened = OpenOptions::new().append(true).open(&settings.path);
        match opened {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound || !is_there => {
                let mut message = format!("{} cannot be written: {error}", settings.path.display());
                let _ = write!(
                    message,
                    "; hint: make the directory, and let this user write there"
                );
                self.problem("audit.path", message);
                None
            }
            _ => Some(Arc::new(Sink::new(settings, Arc::clone(metrics)))),
        }
    }

    fn digest_key(&mut self) -> Option<Arc<DigestKey>> {
        let secret = self
            .config
            .audit
            .as_ref()
            .and_then(|audit| audit.key.as_ref());
        if let Some(secret) = secret {
            return match self.files.secret(secret).filter(|key| key.len() >= 16) {
                Some(key) => Some(Arc::new(DigestKey::new(key))),
                None => {
                    self.problem(
                        "audit.key",
                        format!("{secret} holds less than 16 bytes; hint: openssl rand -hex 32"),
                    );
                    None
                }
            };
        }
        // A random one stays as long as no key is named: digests compare over reloads.
        if let Some(previous) = self
            .previous
            .filter(|previous| previous.digest_key.is_random())
        {
            return Some(Arc::clone(&previous.digest_key));
        }
        let mut key = [0; 32];
        match getrandom::fill(&mut key) {
            Ok(()) => Some(Arc::new(DigestKey::random(key))),
            Err(error) => {
                self.problem(
                    "audit.key",
                    format!("the system gives no randomness: {error}"),
                );
                None
            }
        }
    }
}
