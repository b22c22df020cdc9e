//! Connections to one upstream, kept for the next request.

use std::future::poll_fn;
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Poll;
use std::time::Duration;

use caponier_config::Upstream;
use http::uri::PathAndQuery;
use http::{HeaderValue, Request, Response, Uri};
use hyper::body::Incoming;
use hyper::client::conn::{TrySendError, http1};
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio::time::Instant;
use tokio_rustls::TlsConnector;

use super::link::{Link, UpstreamBody, Wire};
use super::{Outgoing, UpstreamError};

/// Idle connections that are kept for one upstream.
const MAX_IDLE: usize = 512;
/// Time between two looks for connections that nobody uses.
pub(crate) const SWEEP: Duration = Duration::from_secs(5);
/// Sweeps that a connection outlives unused: together shorter than most servers keep theirs.
const IDLE_FOR: u64 = 6;
/// Bytes of an answer's headers.
const MAX_HEADER_BYTES: usize = 256 * 1024;

/// What makes two routes share connections.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ClientKey {
    pub(crate) tls: bool,
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) connect: Duration,
    /// Digest of the authorities that are trusted instead of the public ones.
    pub(crate) trusted: Option<[u8; 32]>,
}

/// The connections to one upstream.
pub(crate) struct Client {
    pub(crate) key: ClientKey,
    host: HeaderValue,
    tls: Option<(Arc<ClientConfig>, ServerName<'static>)>,
    /// Boxed: a connection is large, and moves between here and the answers that use it.
    #[expect(clippy::vec_box, reason = "connections stay boxed wherever they are")]
    idle: Mutex<Vec<Box<Link>>>,
    /// Sweeps so far.
    sweeps: AtomicU64,
}

/// Why there can be no connections to an upstream.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is no host name")]
pub(crate) struct BadHost(String);

impl Client {
    pub(crate) fn new(key: ClientKey, tls: Option<Arc<ClientConfig>>) -> Result<Self, BadHost> {
        let bad = || BadHost(key.host.clone());
        let name = if key.host.contains(':') {
            format!("[{}]", key.host)
        } else {
            key.host.clone()
        };
        let is_default = key.port == if key.tls { 443 } else { 80 };
        let host = if is_default {
            name
        } else {
            format!("{name}:{}", key.port)
        };
        let host = HeaderValue::try_from(host).map_err(|_| bad())?;
        let tls = match tls {
            Some(config) => {
                let name = ServerName::try_from(key.host.clone()).map_err(|_| bad())?;
                Some((config, name))
            }
            None => None,
        };
        Ok(Self {
            key,
            host,
            tls,
            idle: Mutex::new(Vec::new()),
            sweeps: AtomicU64::new(0),
        })
    }

    /// The value of `host`.
    pub(crate) fn host(&self) -> &HeaderValue {
        &self.host
    }

    /// Sends a request and waits for the headers of the answer.
    pub(crate) async fn send(
        self: &Arc<Self>,
        request: Box<Request<Outgoing>>,
        first_byte: Duration,
    ) -> Result<Response<UpstreamBody>, UpstreamError> {
        let mut request = request;
        loop {
            let (mut link, is_fresh) = match self.take().await {
                Some(link) => (link, false),
                None => (Box::pin(self.connect()).await?, true),
            };
            match exchange(&mut link, request, first_byte).await {
                None => return Err(UpstreamError::FirstByteTimeout(first_byte)),
                Some(Ok(response)) => {
                    let client = Arc::clone(self);
                    return Ok(response.map(|incoming| UpstreamBody::new(incoming, link, client)));
                }
                Some(Err(mut error)) => match error.take_message() {
                    // The upstream had closed a kept connection: nothing was sent on it.
                    Some(unsent) if !is_fresh => request = Box::new(unsent),
                    _ => return Err(UpstreamError::Broken(error.into_error())),
                },
            }
        }
    }

    /// A kept connection that is still good.
    async fn take(&self) -> Option<Box<Link>> {
        loop {
            let mut link = self.idle.lock().pop()?;
            poll_fn(|cx| {
                link.drive(cx);
                Poll::Ready(())
            })
            .await;
            if link.is_reusable() {
                return Some(link);
            }
        }
    }

    pub(super) fn put_back(&self, mut link: Box<Link>) {
        if !link.is_reusable() {
            return;
        }
        link.used = self.sweeps.load(Ordering::Relaxed);
        let mut idle = self.idle.lock();
        if idle.len() < MAX_IDLE {
            idle.push(link);
        }
    }

    /// Closes connections that nobody has used for a while. `sweep` counts from one sweep of all
    /// clients to the next.
    pub(crate) fn sweep(&self, sweep: u64) {
        self.sweeps.store(sweep, Ordering::Relaxed);
        self.idle
            .lock()
            .retain(|link| sweep.saturating_sub(link.used) < IDLE_FOR);
    }

    async fn connect(&self) -> Result<Box<Link>, UpstreamError> {
        let limit = self.key.connect;
        let wire = tokio::time::timeout(limit, self.dial())
            .await
            .map_err(|_| UpstreamError::ConnectTimeout(limit))?
            .map_err(UpstreamError::Connect)?;
        let (sender, connection) = builder()
            .handshake(TokioIo::new(wire))
            .await
            .map_err(UpstreamError::Broken)?;
        Ok(Box::new(Link {
            sender,
            connection,
            is_closed: false,
            patience: Box::pin(tokio::time::sleep(limit)),
            used: 0,
        }))
    }

    async fn dial(&self) -> io::Result<Wire> {
        let stream = TcpStream::connect((self.key.host.as_str(), self.key.port)).await?;
        stream.set_nodelay(true)?;
        match &self.tls {
            None => Ok(Wire::Plain(stream)),
            Some((config, name)) => {
                let connector = TlsConnector::from(Arc::clone(config));
                let stream = connector.connect(name.clone(), stream).await?;
                Ok(Wire::Tls(Box::new(stream)))
            }
        }
    }
}

fn builder() -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder.max_header_size(MAX_HEADER_BYTES);
    builder
}

/// Sends on one connection, which is driven meanwhile. `None`: no answer in time.
async fn exchange(
    link: &mut Link,
    request: Box<Request<Outgoing>>,
    first_byte: Duration,
) -> Option<Result<Response<Incoming>, TrySendError<Request<Outgoing>>>> {
    let Link {
        sender,
        connection,
        is_closed,
        patience,
        ..
    } = link;
    let mut sending = pin!(sender.try_send_request(*request));
    patience.as_mut().reset(Instant::now() + first_byte);
    poll_fn(|cx| {
        if !*is_closed && Pin::new(&mut *connection).poll(cx).is_ready() {
            *is_closed = true;
        }
        match sending.as_mut().poll(cx) {
            Poll::Ready(sent) => Poll::Ready(Some(sent)),
            Poll::Pending => patience.as_mut().poll(cx).map(|()| None),
        }
    })
    .await
}

/// A connection of its own for a request that leaves HTTP behind: it is not kept, and it runs by
/// itself until both sides have closed.
pub(crate) async fn tunnel(
    client: &Arc<Client>,
    request: Request<Outgoing>,
    first_byte: Duration,
) -> Result<Response<Incoming>, UpstreamError> {
    let limit = client.key.connect;
    let wire = tokio::time::timeout(limit, client.dial())
        .await
        .map_err(|_| UpstreamError::ConnectTimeout(limit))?
        .map_err(UpstreamError::Connect)?;
    let (mut sender, connection) = builder()
        .handshake(TokioIo::new(wire))
        .await
        .map_err(UpstreamError::Broken)?;
    tokio::spawn(async move {
        let _ = connection.with_upgrades().await;
    });
    tokio::time::timeout(first_byte, sender.send_request(request))
        .await
        .map_err(|_| UpstreamError::FirstByteTimeout(first_byte))?
        .map_err(UpstreamError::Broken)
}

/// Where a request goes at the upstream: below the path of its URL, for HTTP/1.1 without host.
pub(crate) fn target(upstream: &Upstream, original: &Uri) -> Option<Uri> {
    let path = original.path_and_query().map_or("/", PathAndQuery::as_str);
    if upstream.base_path.is_empty() {
        return PathAndQuery::try_from(path).ok().map(Uri::from);
    }
    let joined = format!("{}{path}", upstream.base_path);
    PathAndQuery::try_from(joined).ok().map(Uri::from)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http_body_util::BodyExt as _;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::*;

    /// A client, and a server that answers each request on a connection after the next of `delays`.
    async fn client(delays: &'static [u64]) -> Arc<Client> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let key = ClientKey {
            tls: false,
            host: "127.0.0.1".to_owned(),
            port: listener.local_addr().unwrap().port(),
            connect: Duration::from_secs(5),
            trusted: None,
        };
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let mut request = [0; 4096];
                    for delay in delays {
                        if !stream.read(&mut request).await.is_ok_and(|read| read > 0) {
                            return;
                        }
                        tokio::time::sleep(Duration::from_millis(*delay)).await;
                        let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
                        stream.write_all(answer).await.unwrap();
                    }
                });
            }
        });
        Arc::new(Client::new(key, None).unwrap())
    }

    async fn ask(client: &Arc<Client>, first_byte: u64) -> Result<Bytes, UpstreamError> {
        let request = Box::new(Request::new(Outgoing::whole("hello")));
        let response = client
            .send(request, Duration::from_millis(first_byte))
            .await?;
        let whole = response.into_body().collect().await;
        Ok(whole.map_err(UpstreamError::Broken)?.to_bytes())
    }

    #[tokio::test]
    async fn the_wait_for_an_answer_begins_anew_with_each_request_on_a_connection() {
        let client = client(&[0, 300, 5000]).await;
        assert_eq!(ask(&client, 400).await.unwrap(), "ok");
        // The first request's time has run out by now, and would in the middle of the second's.
        tokio::time::sleep(Duration::from_millis(250)).await;
        assert_eq!(ask(&client, 2000).await.unwrap(), "ok");
        assert_eq!(client.idle.lock().len(), 1, "one connection for both");
        let late = ask(&client, 100).await.unwrap_err();
        assert!(matches!(late, UpstreamError::FirstByteTimeout(_)), "{late}");
        assert!(client.idle.lock().is_empty(), "and it is not used again");
    }

    #[tokio::test]
    async fn what_nobody_uses_is_closed_in_time() {
        let client = client(&[0; 9]).await;
        client.sweep(1);
        ask(&client, 5000).await.unwrap();
        for sweep in 2..=IDLE_FOR {
            client.sweep(sweep);
            client.sweep(sweep);
        }
        assert_eq!(client.idle.lock().len(), 1, "two routes share it");
        ask(&client, 5000).await.unwrap();
        client.sweep(IDLE_FOR + 1);
        assert_eq!(client.idle.lock().len(), 1, "it was used meanwhile");
        client.sweep(2 * IDLE_FOR);
        assert!(client.idle.lock().is_empty());
    }
}
