//! One repository at one registry: requests with their authorisation, and which redirects count.

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, LOCATION, RETRY_AFTER, USER_AGENT};
use http::{HeaderValue, Method, Request, StatusCode, Uri};
use http_body_util::Full;

use crate::artifact::{self, Descriptor};
use crate::auth;
use crate::client::Client;
use crate::digest::Digest;
use crate::error::Error;
use crate::redirect::{follow, resolve, same_origin};
use crate::reference::Reference;
use crate::transport::{Answer, Size, authority, shown};

/// The most that a manifest may hold.
pub(crate) const MAX_MANIFEST: u64 = 1 << 20;
/// Redirects that are followed for one blob.
const MAX_REDIRECTS: usize = 5;

/// What a session may do.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    Read,
    Write,
}

/// One repository, with the authorisation that was got for it.
pub(crate) struct Session<'c> {
    client: &'c Client,
    reference: &'c Reference,
    access: Access,
    authorization: Option<HeaderValue>,
}

/// What is sent.
#[derive(Default)]
struct Call<'a> {
    method: Method,
    accept: Option<&'a str>,
    content_type: Option<&'a str>,
    body: Bytes,
}

impl<'c> Session<'c> {
    pub(crate) fn new(client: &'c Client, reference: &'c Reference, access: Access) -> Self {
        Self {
            client,
            reference,
            access,
            authorization: None,
        }
    }

    fn url(&self, rest: &str) -> Result<Uri, Error> {
        let scheme = if self.reference.is_loopback() {
            "http"
        } else {
            "https"
        };
        let host = match self.reference.host() {
            "docker.io" => "registry-1.docker.io",
            host => host,
        };
        let text = format!(
            "{scheme}://{host}/v2/{}/{rest}",
            self.reference.repository()
        );
        text.parse().map_err(|_| Error::Input {
            what: format!("{text}: not a URL"),
            hint: "check the reference",
        })
    }

    /// The manifest that the reference names, or `None` where there is none; its digest is checked
    /// against the reference's and against what the registry says.
    pub(crate) async fn manifest(
        &mut self,
        reference: &Reference,
    ) -> Result<Option<Manifest>, Error> {
        let url = self.url(&format!("manifests/{}", reference.wanted()))?;
        let call = Call {
            accept: Some(artifact::ACCEPTED),
            ..Call::default()
        };
        let answer = self.send(&call, &url).await?;
        match answer.status {
            StatusCode::OK => {}
            StatusCode::NOT_FOUND => return Ok(None),
            status if status.is_redirection() => {
                return Err(redirected(
                    &answer,
                    "what a name stands for is the registry's own word",
                ));
            }
            _ => return Err(unexpected(&answer)),
        }
        let media_type = answer.header(CONTENT_TYPE).unwrap_or_default().to_owned();
        let said = answer
            .header("docker-content-digest")
            .and_then(|text| text.parse::<Digest>().ok());
        let what = format!("{reference}: its manifest");
        let (bytes, digest) = answer.read(&what, Size::AtMost(MAX_MANIFEST)).await?;
        let expected = reference.digest().copied().or(said);
        if let Some(expected) = expected
            && expected != digest
        {
            return Err(Error::Tampered {
                what,
                expected,
                found: digest,
            });
        }
        Ok(Some(Manifest {
            bytes,
            digest,
            media_type,
        }))
    }

    /// The bytes of a blob, checked. A redirect is followed, since the digest says what must come.
    pub(crate) async fn blob(&mut self, blob: &Descriptor, limit: u64) -> Result<Bytes, Error> {
        let name = self.reference.name();
        let what = format!("{name}: the blob {}", blob.digest);
        if blob.size > limit {
            return Err(Error::TooLarge { what, limit });
        }
        let mut url = self.url(&format!("blobs/{}", blob.digest))?;
        let mut redirects = 0;
        let answer = loop {
            let answer = self.send(&Call::default(), &url).await?;
            if !answer.status.is_redirection() {
                break answer;
            }
            redirects += 1;
            if redirects > MAX_REDIRECTS {
                return Err(redirected(&answer, "there were five before it"));
            }
            let location = answer.header(LOCATION).unwrap_or_default();
            url = follow(&url, location).map_err(|why| redirected(&answer, why))?;
        };
        match answer.status {
            StatusCode::OK => {}
            StatusCode::NOT_FOUND => {
                return Err(Error::NotFound { reference: what });
            }
            _ => return Err(unexpected(&answer)),
        }
        let (bytes, digest) = answer.read(&what, Size::Exactly(blob.size)).await?;
        if digest != blob.digest {
            return Err(Error::Tampered {
                what,
                expected: blob.digest,
                found: digest,
            });
        }
        Ok(bytes)
    }

    /// Puts a blob there, unless it is there already.
    pub(crate) async fn put_blob(&mut self, digest: &Digest, bytes: Bytes) -> Result<(), Error> {
        let there = self.url(&format!("blobs/{digest}"))?;
        let call = Call {
            method: Method::HEAD,
            ..Call::default()
        };
        if self.send(&call, &there).await?.status == StatusCode::OK {
            return Ok(());
        }
        let uploads = self.url("blobs/uploads/")?;
        let call = Call {
            method: Method::POST,
            ..Call::default()
        };
        let answer = self.send(&call, &uploads).await?;
        if answer.status.is_redirection() {
            return Err(redirected(&answer, "uploads go to the registry itself"));
        }
        if answer.status != StatusCode::ACCEPTED {
            return Err(unexpected(&answer));
        }
        let place = answer.header(LOCATION).unwrap_or_default();
        let place = resolve(&uploads, place)
            .filter(|place| same_origin(place, &uploads))
            .ok_or_else(|| redirected(&answer, "uploads go to the registry itself"))?;
        let separator = if place.query().is_some() { '&' } else { '?' };
        let place: Uri = format!("{place}{separator}digest={digest}")
            .parse()
            .map_err(|_| malformed(&uploads, "a place for the upload that is no URL"))?;
        let call = Call {
            method: Method::PUT,
            content_type: Some("application/octet-stream"),
            body: bytes,
            ..Call::default()
        };
        let answer = self.send(&call, &place).await?;
        match answer.status {
            StatusCode::CREATED => Ok(()),
            _ => Err(unexpected(&answer)),
        }
    }

    /// Puts a manifest there under a tag or its digest.
    pub(crate) async fn put_manifest(
        &mut self,
        wanted: &str,
        media_type: &str,
        bytes: Bytes,
    ) -> Result<Digest, Error> {
        let digest = Digest::of(&bytes);
        let url = self.url(&format!("manifests/{wanted}"))?;
        let call = Call {
            method: Method::PUT,
            content_type: Some(media_type),
            body: bytes,
            ..Call::default()
        };
        let answer = self.send(&call, &url).await?;
        if answer.status != StatusCode::CREATED {
            return Err(unexpected(&answer));
        }
        let said = answer.header("docker-content-digest");
        match said.and_then(|said| said.parse::<Digest>().ok()) {
            Some(found) if found != digest => Err(Error::Tampered {
                what: format!("{}: the manifest as the registry keeps it", self.reference),
                expected: digest,
                found,
            }),
            _ => Ok(digest),
        }
    }

    /// Sends a call; where the registry asks who is there, tells it, once.
    async fn send(&mut self, call: &Call<'_>, url: &Uri) -> Result<Answer, Error> {
        let home = self.url("")?;
        let at_home = same_origin(url, &home);
        let mut asked = false;
        loop {
            let mut request = Request::builder()
                .method(&call.method)
                .uri(url)
                .header(USER_AGENT, concat!("caponier/", env!("CARGO_PKG_VERSION")));
            if let Some(accept) = call.accept {
                request = request.header(ACCEPT, accept);
            }
            if let Some(content_type) = call.content_type {
                request = request.header(CONTENT_TYPE, content_type);
            }
            // Nobody else than the registry sees what is meant for it.
            if at_home && let Some(authorization) = &self.authorization {
                request = request.header(AUTHORIZATION, authorization);
            }
            let request = request
                .body(Full::new(call.body.clone()))
                .map_err(|_| malformed(url, "not a URL that can be asked"))?;
            let answer = self.client.transport.send(request).await?;
            match answer.status {
                StatusCode::UNAUTHORIZED if at_home && !asked => {
                    asked = true;
                    let write = self.access == Access::Write;
                    self.authorization =
                        auth::answer(self.client, self.reference, write, &answer).await?;
                    if self.authorization.is_some() {
                        continue;
                    }
                    return Err(self.denied(false));
                }
                StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                    let known = self.client.credentials(self.reference.host()).await?;
                    return Err(self.denied(known.is_some()));
                }
                StatusCode::TOO_MANY_REQUESTS => {
                    return Err(Error::RateLimited {
                        host: authority(url),
                        retry_after: answer
                            .header(RETRY_AFTER)
                            .and_then(|text| text.parse().ok()),
                    });
                }
                _ => return Ok(answer),
            }
        }
    }

    fn denied(&self, with_credentials: bool) -> Error {
        Error::Denied {
            name: self.reference.name(),
            with_credentials,
        }
    }
}

/// A manifest as it came.
pub(crate) struct Manifest {
    pub(crate) bytes: Bytes,
    pub(crate) digest: Digest,
    pub(crate) media_type: String,
}

fn redirected(answer: &Answer, why: &'static str) -> Error {
    let location = answer.header(LOCATION).unwrap_or_default();
    let to = resolve(&answer.uri, location);
    Error::Redirected {
        url: shown(&answer.uri),
        to: to.map_or_else(|| "nowhere".to_owned(), |to| format!("to {}", shown(&to))),
        why,
    }
}

fn unexpected(answer: &Answer) -> Error {
    Error::Status {
        url: shown(&answer.uri),
        status: answer.status.as_u16(),
    }
}

pub(crate) fn malformed(url: &Uri, what: impl Into<String>) -> Error {
    Error::Malformed {
        url: shown(url),
        what: what.into(),
    }
}
