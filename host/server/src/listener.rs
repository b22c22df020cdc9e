//! Accepting connections, and letting go of them.

use std::convert::Infallible;
use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use caponier_config::ConnectionLimits;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};
use tokio_rustls::TlsAcceptor;

use crate::answer::Answer;
use crate::metrics::Metrics;

/// What a client of HTTP/2 says first.
const PREFACE: &[u8] = b"PRI";

/// How far the stop has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    /// Serving.
    Run,
    /// No new connections and no new requests; what runs may end.
    Drain,
    /// Everything ends now.
    Cut,
}

/// Answers requests.
pub(crate) trait Service: Send + Sync + 'static {
    fn call(
        &self,
        client: IpAddr,
        request: Request<Incoming>,
    ) -> impl Future<Output = Response<Answer>> + Send;

    /// The certificates to show to the next client; `None`: plain HTTP.
    fn tls(&self) -> Option<Arc<ServerConfig>>;

    /// The limits of the next connection.
    fn limits(&self) -> ConnectionLimits;
}

/// One bound address.
pub(crate) struct Listener<S> {
    pub(crate) socket: TcpListener,
    pub(crate) service: Arc<S>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) phase: watch::Receiver<Phase>,
    /// Whoever holds one is not done yet.
    pub(crate) busy: mpsc::Sender<Infallible>,
}

impl<S: Service> Listener<S> {
    /// Accepts until the stop.
    pub(crate) async fn run(self) {
        let limits = self.service.limits();
        let mut slots = Arc::new(Semaphore::new(limits.max_connections));
        let mut size = limits.max_connections;
        let mut phase = self.phase.clone();
        loop {
            let accepted = tokio::select! {
                accepted = self.socket.accept() => accepted,
                _ = phase.wait_for(|phase| *phase > Phase::Run) => return,
            };
            let (stream, client) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    // Out of file descriptors, most likely: it passes when connections close.
                    tracing::warn!(%error, "a connection cannot be accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            };
            let limits = self.service.limits();
            if limits.max_connections != size {
                size = limits.max_connections;
                slots = Arc::new(Semaphore::new(size));
            }
            let Ok(slot) = Arc::clone(&slots).try_acquire_owned() else {
                self.metrics.refused_connections.inc();
                continue;
            };
            let connection = Connection {
                service: Arc::clone(&self.service),
                metrics: Arc::clone(&self.metrics),
                phase: self.phase.clone(),
                limits,
                client,
                _slot: slot,
                _busy: self.busy.clone(),
            };
            tokio::spawn(connection.serve(stream));
        }
    }
}

struct Connection<S> {
    service: Arc<S>,
    metrics: Arc<Metrics>,
    phase: watch::Receiver<Phase>,
    limits: ConnectionLimits,
    client: SocketAddr,
    _slot: OwnedSemaphorePermit,
    _busy: mpsc::Sender<Infallible>,
}

impl<S: Service> Connection<S> {
    async fn serve(self, stream: TcpStream) {
        let metrics = Arc::clone(&self.metrics);
        metrics.connections.inc();
        let _ = stream.set_nodelay(true);
        self.speak(stream).await;
        metrics.connections.dec();
    }

    async fn speak(self, stream: TcpStream) {
        match self.service.tls() {
            Some(config) => {
                let handshake = TlsAcceptor::from(config).accept(stream);
                let handshake = tokio::time::timeout(self.limits.tls_timeout, handshake);
                let Some(Ok(Ok(stream))) = self.opened(handshake).await else {
                    return;
                };
                let is_http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
                self.http(stream, is_http2).await;
            }
            None => {
                let mut first = [0; 3];
                let peeked =
                    tokio::time::timeout(self.limits.header_timeout, stream.peek(&mut first));
                let Some(Ok(Ok(length))) = self.opened(peeked).await else {
                    return;
                };
                let is_http2 = length > 0 && first.get(..length) == Some(PREFACE);
                self.http(stream, is_http2).await;
            }
        }
    }

    /// What comes of a connection before its first request. Once the stop begins nothing does: a
    /// connection on which nobody asks for anything must not hold it up.
    async fn opened<T>(&self, opening: impl Future<Output = T>) -> Option<T> {
        let mut phase = self.phase.clone();
        tokio::select! {
            opened = opening => Some(opened),
            _ = phase.wait_for(|phase| *phase > Phase::Run) => None,
        }
    }

    async fn http<I: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
        self,
        stream: I,
        is_http2: bool,
    ) {
        let service = Arc::clone(&self.service);
        let client = self.client.ip();
        let answer = service_fn(move |request| {
            let service = Arc::clone(&service);
            async move { Ok::<_, Infallible>(service.call(client, request).await) }
        });
        let io = TokioIo::new(stream);
        match (is_http2, self.limits.http2) {
            (true, None) => {}
            (true, Some(limits)) => {
                let mut builder = http2::Builder::new(TokioExecutor::new());
                builder
                    .timer(TokioTimer::new())
                    .max_concurrent_streams(limits.max_concurrent_streams)
                    .max_pending_accept_reset_streams(limits.max_resets)
                    .max_local_error_reset_streams(limits.max_resets)
                    .max_header_list_size(
                        u32::try_from(self.limits.header_bytes).unwrap_or(u32::MAX),
                    )
                    .keep_alive_interval(self.limits.header_timeout)
                    .keep_alive_timeout(self.limits.header_timeout);
                let connection = pin!(builder.serve_connection(io, answer));
                self.drive(connection, http2::Connection::graceful_shutdown)
                    .await;
            }
            (false, _) => {
                let mut builder = http1::Builder::new();
                builder
                    .timer(TokioTimer::new())
                    .header_read_timeout(self.limits.header_timeout)
                    .max_headers(self.limits.max_headers)
                    .max_buf_size(self.limits.header_bytes.max(8192));
                let connection = pin!(builder.serve_connection(io, answer).with_upgrades());
                self.drive(connection, http1::UpgradeableConnection::graceful_shutdown)
                    .await;
            }
        }
    }

    /// Runs a connection to its end; once the stop begins, to the end of what runs on it, or until
    /// that is cut.
    async fn drive<C: Future>(
        &self,
        mut connection: Pin<&mut C>,
        shutdown: impl FnOnce(Pin<&mut C>),
    ) {
        let mut phase = self.phase.clone();
        tokio::select! {
            _ = &mut connection => return,
            _ = phase.wait_for(|phase| *phase > Phase::Run) => {}
        }
        shutdown(connection.as_mut());
        tokio::select! {
            _ = connection => {}
            _ = phase.wait_for(|phase| *phase == Phase::Cut) => {}
        }
    }
}
