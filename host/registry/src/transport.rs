//! HTTP with limits: TLS but for this machine, bounded waits, bounded bodies, no redirects of its own.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode, Uri};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client as HyperClient;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use sha2::{Digest as _, Sha256};

use crate::digest::Digest;
use crate::error::Error;

/// How long a registry may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// To connect. Default: 5 s.
    pub connect: Duration,
    /// Between two signs of life while something is fetched. Default: 30 s.
    pub idle: Duration,
    /// For one push, pull or signature as a whole. Default: 5 min.
    pub total: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            idle: Duration::from_secs(30),
            total: Duration::from_secs(300),
        }
    }
}

pub(crate) struct Transport {
    client: HyperClient<HttpsConnector<HttpConnector>, Full<Bytes>>,
    pub(crate) timeouts: Timeouts,
}

impl Transport {
    pub(crate) fn new(timeouts: Timeouts) -> Result<Self, Error> {
        let mut connector = HttpConnector::new();
        connector.set_connect_timeout(Some(timeouts.connect));
        connector.enforce_http(false);
        let roots = rustls::RootCertStore {
            roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
        };
        let provider = rustls::crypto::ring::default_provider();
        let tls = rustls::ClientConfig::builder_with_provider(provider.into())
            .with_safe_default_protocol_versions()
            .map_err(|error| Error::Input {
                what: format!("TLS cannot be set up: {error}"),
                hint: "this is a fault of the program: report it",
            })?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(tls)
            .https_or_http()
            .enable_http1()
            .wrap_connector(connector);
        Ok(Self {
            client: HyperClient::builder(TokioExecutor::new()).build(connector),
            timeouts,
        })
    }

    /// Sends a request and waits for the head of the answer. An upload may take as long as the whole.
    pub(crate) async fn send(&self, request: Request<Full<Bytes>>) -> Result<Answer, Error> {
        let uri = request.uri().clone();
        let host = authority(&uri);
        let is_upload = request.method() == http::Method::PUT;
        let wait = if is_upload {
            self.timeouts.total
        } else {
            self.timeouts.connect + self.timeouts.idle
        };
        let response = tokio::time::timeout(wait, self.client.request(request))
            .await
            .map_err(|_| Error::TimedOut {
                host: host.clone(),
                what: "the answer",
                seconds: wait.as_secs(),
            })?
            .map_err(|error| Error::Unreachable {
                host,
                cause: causes(&error),
            })?;
        let (head, body) = response.into_parts();
        Ok(Answer {
            uri,
            status: head.status,
            headers: head.headers,
            body,
            idle: self.timeouts.idle,
        })
    }
}

/// The head of an answer, and its body still to come.
pub(crate) struct Answer {
    pub(crate) uri: Uri,
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    body: Incoming,
    idle: Duration,
}

/// How much a body may hold.
#[derive(Clone, Copy)]
pub(crate) enum Size {
    /// No more than this.
    AtMost(u64),
    /// This, to the byte.
    Exactly(u64),
}

impl Answer {
    /// The text of a header, where it is text.
    pub(crate) fn header(&self, name: impl http::header::AsHeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Reads the body, and stops where it is longer than it may be.
    pub(crate) async fn read(self, what: &str, size: Size) -> Result<(Bytes, Digest), Error> {
        let too_long = || match size {
            Size::AtMost(limit) => Error::TooLarge {
                what: what.to_owned(),
                limit,
            },
            Size::Exactly(expected) => Error::WrongSize {
                what: what.to_owned(),
                expected,
                found: None,
            },
        };
        let (Size::AtMost(limit) | Size::Exactly(limit)) = size;
        let host = authority(&self.uri);
        let announced = self
            .header(http::header::CONTENT_LENGTH)
            .and_then(|text| text.parse::<u64>().ok());
        if announced.is_some_and(|announced| announced > limit) {
            return Err(too_long());
        }
        let mut body = self.body;
        let mut bytes: Vec<u8> = Vec::new();
        let mut hasher = Sha256::new();
        while let Some(frame) = tokio::time::timeout(self.idle, body.frame())
            .await
            .map_err(|_| Error::TimedOut {
                host: host.clone(),
                what: "the next part of the answer",
                seconds: self.idle.as_secs(),
            })?
        {
            let frame = frame.map_err(|error| Error::Unreachable {
                host: host.clone(),
                cause: causes(&error),
            })?;
            let Ok(data) = frame.into_data() else {
                continue;
            };
            if (bytes.len() as u64).saturating_add(data.len() as u64) > limit {
                return Err(too_long());
            }
            hasher.update(&data);
            bytes.extend_from_slice(&data);
        }
        let found = bytes.len() as u64;
        match size {
            Size::Exactly(expected) if expected != found => Err(Error::WrongSize {
                what: what.to_owned(),
                expected,
                found: Some(found),
            }),
            _ => Ok((bytes.into(), Digest::finish(hasher))),
        }
    }
}

/// Host and port, without user name or password.
pub(crate) fn authority(uri: &Uri) -> String {
    let authority = uri.authority().map(|authority| authority.as_str());
    let authority = authority.unwrap_or_default();
    authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host)
        .to_owned()
}

/// A URL for messages: without a query, which may hold a token.
pub(crate) fn shown(uri: &Uri) -> String {
    format!(
        "{}://{}{}",
        uri.scheme_str().unwrap_or_default(),
        authority(uri),
        crate::text::shown(uri.path(), 512)
    )
}

/// An error with its causes, which hyper keeps apart.
fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(error) = next {
        text.push_str(": ");
        text.push_str(&error.to_string());
        next = error.source();
    }
    // Certificates name what they like.
    crate::text::shown(&text, 512)
}
