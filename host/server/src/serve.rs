//! The listeners together, from the first request to the last.

use std::convert::Infallible;
use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use caponier_config::{ConnectionLimits, Gateway};
use http::{Request, Response};
use hyper::body::Incoming;
use rustls::ServerConfig;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};

use crate::answer::Answer;
use crate::gateway::{self, Shared};
use crate::listener::{Listener, Phase, Service};
use crate::metrics::Metrics;
use crate::state::{ServerRuntime, ServerState};
use crate::upstream::SWEEP;
use crate::{admin, decision};

/// How long the audit log may take to reach the disk at the end.
const FLUSH: Duration = Duration::from_secs(5);

/// Why the server does not run.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// An address that cannot be listened on.
    #[error(
        "{what} cannot listen on {address}: {source}; hint: is something else using that port?"
    )]
    Bind {
        /// Which listener: `gateway`, `decision` or `admin`.
        what: &'static str,
        /// The address.
        address: SocketAddr,
        /// What the system says.
        source: std::io::Error,
    },
    /// Nothing to listen on.
    #[error("the configuration names no listener; hint: add `gateway:`, `decision:` or `admin:`")]
    Nothing,
}

/// The addresses that are listened on, with their real ports.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Addresses {
    /// Of the gateway.
    pub gateway: Option<SocketAddr>,
    /// Of the decision port.
    pub decision: Option<SocketAddr>,
    /// Of the admin port.
    pub admin: Option<SocketAddr>,
}

/// Listeners that are bound and not yet served.
pub struct Server {
    runtime: ServerRuntime,
    gateway: Option<TcpListener>,
    decision: Option<TcpListener>,
    admin: Option<TcpListener>,
    addresses: Addresses,
}

impl Server {
    /// Binds every address that the configuration names. A port of 0 means any free one.
    ///
    /// # Errors
    /// The first address that cannot be listened on, or that there is none.
    pub async fn bind(runtime: ServerRuntime) -> Result<Self, ServeError> {
        let config = Arc::clone(&runtime.current().config);
        let gateway = listen(
            "gateway",
            config.gateway.as_ref().map(|gateway| gateway.listen),
        )
        .await?;
        let decision = listen(
            "decision",
            config.decision.as_ref().map(|decision| decision.listen),
        )
        .await?;
        let admin = listen("admin", config.admin.map(|admin| admin.listen)).await?;
        let address = |socket: &Option<TcpListener>| {
            socket.as_ref().and_then(|socket| socket.local_addr().ok())
        };
        let addresses = Addresses {
            gateway: address(&gateway),
            decision: address(&decision),
            admin: address(&admin),
        };
        if addresses == Addresses::default() {
            return Err(ServeError::Nothing);
        }
        Ok(Self {
            runtime,
            gateway,
            decision,
            admin,
            addresses,
        })
    }

    /// Where it listens.
    pub fn addresses(&self) -> Addresses {
        self.addresses
    }

    /// Serves until `shutdown`; then takes no more requests, and lets those that run end within
    /// `gateway.shutdown_grace`.
    pub async fn run(self, shutdown: impl Future<Output = ()>) {
        let metrics = Arc::clone(&self.runtime.current().state.metrics);
        let shared = Arc::new(Shared {
            runtime: self.runtime.clone(),
            metrics: Arc::clone(&metrics),
        });
        let (phase, watching) = watch::channel(Phase::Run);
        let (busy, mut idle) = mpsc::channel::<Infallible>(1);
        let start = Start {
            metrics,
            phase: watching,
            busy,
        };
        if let Some(socket) = self.gateway {
            start.listener(socket, ModelPort(Arc::clone(&shared)));
        }
        if let Some(socket) = self.decision {
            start.listener(socket, DecisionPort(Arc::clone(&shared)));
        }
        // Health and metrics are asked for until the very end.
        let (admin_phase, admin_watching) = watch::channel(Phase::Run);
        let (admin_busy, _admin_idle) = mpsc::channel::<Infallible>(1);
        if let Some(socket) = self.admin {
            let start = Start {
                metrics: Arc::clone(&start.metrics),
                phase: admin_watching,
                busy: admin_busy,
            };
            start.listener(
                socket,
                AdminPort {
                    shared: Arc::clone(&shared),
                    phase: phase.subscribe(),
                },
            );
        }
        let sweeper = tokio::spawn(sweep(self.runtime.clone()));
        drop(start);
        shutdown.await;
        tracing::info!("stopping");
        let grace = self
            .runtime
            .current()
            .config
            .gateway
            .as_ref()
            .map_or(Duration::from_secs(10), |gateway| gateway.shutdown_grace);
        phase.send_replace(Phase::Drain);
        if tokio::time::timeout(grace, idle.recv()).await.is_err() {
            tracing::warn!(grace_s = grace.as_secs(), "requests still running are cut");
            phase.send_replace(Phase::Cut);
            let _ = tokio::time::timeout(Duration::from_secs(1), idle.recv()).await;
        }
        admin_phase.send_replace(Phase::Cut);
        sweeper.abort();
        let sink = self.runtime.current().state.audit.clone();
        if let Some(sink) = sink {
            let _ = tokio::task::spawn_blocking(move || sink.flush(FLUSH)).await;
        }
    }
}

/// Binds and serves until `shutdown`: see [`Server`].
///
/// # Errors
/// An address that cannot be listened on.
pub async fn serve(
    runtime: ServerRuntime,
    shutdown: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    Server::bind(runtime).await?.run(shutdown).await;
    Ok(())
}

async fn listen(
    what: &'static str,
    address: Option<SocketAddr>,
) -> Result<Option<TcpListener>, ServeError> {
    match address {
        None => Ok(None),
        Some(address) => match TcpListener::bind(address).await {
            Ok(socket) => Ok(Some(socket)),
            Err(source) => Err(ServeError::Bind {
                what,
                address,
                source,
            }),
        },
    }
}

struct Start {
    metrics: Arc<Metrics>,
    phase: watch::Receiver<Phase>,
    busy: mpsc::Sender<Infallible>,
}

impl Start {
    fn listener(&self, socket: TcpListener, service: impl Service) {
        let listener = Listener {
            socket,
            service: Arc::new(service),
            metrics: Arc::clone(&self.metrics),
            phase: self.phase.clone(),
            busy: self.busy.clone(),
        };
        tokio::spawn(listener.run());
    }
}

async fn sweep(runtime: ServerRuntime) {
    let mut ticks = tokio::time::interval(SWEEP);
    for sweep in 1.. {
        ticks.tick().await;
        for route in &runtime.current().state.routes {
            if let Some(client) = &route.client {
                client.sweep(sweep);
            }
        }
    }
}

/// The limits of the gateway's connections; those of the other ports are the same, or its defaults.
fn limits(gateway: Option<&Gateway>) -> ConnectionLimits {
    gateway.map_or_else(
        || ConnectionLimits {
            max_connections: 1024,
            header_bytes: 64 * 1024,
            max_headers: 100,
            header_timeout: Duration::from_secs(30),
            body_timeout: Duration::from_secs(30),
            min_body_rate: 0,
            tls_timeout: Duration::from_secs(10),
            http2: Some(caponier_config::Http2 {
                max_concurrent_streams: 100,
                max_resets: 100,
            }),
        },
        |gateway| gateway.connections,
    )
}

struct ModelPort(Arc<Shared>);

impl Service for ModelPort {
    async fn call(&self, client: IpAddr, request: Request<Incoming>) -> Response<Answer> {
        gateway::handle(Arc::clone(&self.0), client, request).await
    }

    fn tls(&self) -> Option<Arc<ServerConfig>> {
        self.0.runtime.current().state.gateway_tls.clone()
    }

    fn limits(&self) -> ConnectionLimits {
        limits(self.0.runtime.current().config.gateway.as_ref())
    }
}

struct DecisionPort(Arc<Shared>);

impl Service for DecisionPort {
    async fn call(&self, client: IpAddr, request: Request<Incoming>) -> Response<Answer> {
        decision::handle(&self.0, client, request).await
    }

    fn tls(&self) -> Option<Arc<ServerConfig>> {
        self.0.runtime.current().state.decision_tls.clone()
    }

    fn limits(&self) -> ConnectionLimits {
        limits(self.0.runtime.current().config.gateway.as_ref())
    }
}

struct AdminPort {
    shared: Arc<Shared>,
    phase: watch::Receiver<Phase>,
}

impl Service for AdminPort {
    async fn call(&self, _client: IpAddr, request: Request<Incoming>) -> Response<Answer> {
        let is_ready = *self.phase.borrow() == Phase::Run;
        admin::handle(&self.shared.runtime, is_ready, &request)
    }

    fn tls(&self) -> Option<Arc<ServerConfig>> {
        None
    }

    fn limits(&self) -> ConnectionLimits {
        limits(self.shared.runtime.current().config.gateway.as_ref())
    }
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server")
            .field("addresses", &self.addresses)
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for ServerState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ServerState").finish_non_exhaustive()
    }
}
