//! Answers to a registry that asks who is there: basic credentials, or a token from where it says.

use base64::Engine as _;
use bytes::Bytes;
use http::header::{CONTENT_TYPE, USER_AGENT, WWW_AUTHENTICATE};
use http::{HeaderValue, Request, StatusCode, Uri};
use http_body_util::Full;
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::client::Client;
use crate::credentials::Credentials;
use crate::error::Error;
use crate::reference::{Reference, is_loopback};
use crate::session::malformed;
use crate::transport::{Answer, Size, authority};

/// The most that an answer with a token may hold.
const MAX_TOKEN: u64 = 256 << 10;

/// What to send with the next request, or `None` where there are no credentials to send.
pub(crate) async fn answer(
    client: &Client,
    reference: &Reference,
    write: bool,
    refusal: &Answer,
) -> Result<Option<HeaderValue>, Error> {
    let mut basic = false;
    for header in refusal.headers.get_all(WWW_AUTHENTICATE) {
        let challenges = header
            .to_str()
            .ok()
            .and_then(|text| http_auth::parse_challenges(text).ok());
        for challenge in challenges.unwrap_or_default() {
            if challenge.scheme.eq_ignore_ascii_case("bearer") {
                let of = |name: &str| {
                    let param = challenge
                        .params
                        .iter()
                        .find(|(key, _)| key.eq_ignore_ascii_case(name));
                    param.map(|(_, value)| value.to_unescaped())
                };
                let realm = of("realm").unwrap_or_default();
                let realm = usable_realm(&realm, reference)
                    .map_err(|what| malformed(&refusal.uri, what))?;
                let service = of("service").unwrap_or_default();
                return token(client, reference, write, &realm, &service).await;
            }
            basic |= challenge.scheme.eq_ignore_ascii_case("basic");
        }
    }
    if !basic {
        return Err(malformed(
            &refusal.uri,
            "asks for an authorisation of a kind that is neither Basic nor Bearer",
        ));
    }
    match client.credentials(reference.host()).await? {
        Some(Credentials::Basic(user, password)) => header(&basic_of(&user, &password)).map(Some),
        _ => Ok(None),
    }
}

/// Tokens come over TLS; from this machine only where the registry itself is on it.
fn usable_realm(realm: &str, reference: &Reference) -> Result<Uri, &'static str> {
    let uri: Uri = realm
        .parse()
        .map_err(|_| "names no URL where tokens are to be had")?;
    let authority = uri.authority().map_or("", |authority| authority.as_str());
    let local = reference.is_loopback() && is_loopback(authority);
    match uri.scheme_str() {
        _ if authority.is_empty() || authority.contains('@') => {
            Err("names no usable URL where tokens are to be had")
        }
        Some("https") => Ok(uri),
        Some("http") if local => Ok(uri),
        _ => Err("wants credentials sent without TLS"),
    }
}

#[derive(Deserialize)]
struct Token {
    token: Option<Zeroizing<String>>,
    access_token: Option<Zeroizing<String>>,
}

async fn token(
    client: &Client,
    reference: &Reference,
    write: bool,
    realm: &Uri,
    service: &str,
) -> Result<Option<HeaderValue>, Error> {
    let credentials = client.credentials(reference.host()).await?;
    let request = ask(reference, write, realm, service, credentials.as_ref())?;
    let answer = client.transport.send(request).await?;
    match answer.status {
        StatusCode::OK => {}
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::BAD_REQUEST => {
            return Err(Error::Denied {
                name: reference.name(),
                with_credentials: credentials.is_some(),
            });
        }
        StatusCode::TOO_MANY_REQUESTS => {
            return Err(Error::RateLimited {
                host: authority(realm),
                retry_after: None,
            });
        }
        status => {
            return Err(malformed(
                realm,
                format!("gives no token, but status {}", status.as_u16()),
            ));
        }
    }
    let (bytes, _) = answer
        .read("the answer with a token", Size::AtMost(MAX_TOKEN))
        .await?;
    let token: Option<Token> = serde_json::from_slice(&bytes).ok();
    let token = token
        .and_then(|answer| answer.token.or(answer.access_token))
        .ok_or_else(|| malformed(realm, "gives an answer without a token"))?;
    header(&Zeroizing::new(format!("Bearer {}", *token))).map(Some)
}

/// The request for a token.
fn ask(
    reference: &Reference,
    write: bool,
    realm: &Uri,
    service: &str,
    credentials: Option<&Credentials>,
) -> Result<Request<Full<Bytes>>, Error> {
    let actions = if write { "pull,push" } else { "pull" };
    // Asked for is what is needed, not what the registry would like to be asked for.
    let scope = format!("repository:{}:{actions}", reference.repository());
    let mut query = form_urlencoded::Serializer::new(String::new());
    query
        .append_pair("service", service)
        .append_pair("scope", &scope);
    let bad = |_| malformed(realm, "not a URL that can be asked");
    let request =
        Request::builder().header(USER_AGENT, concat!("caponier/", env!("CARGO_PKG_VERSION")));
    match credentials {
        Some(Credentials::Identity(identity)) => {
            query
                .append_pair("client_id", "caponier")
                .append_pair("grant_type", "refresh_token")
                .append_pair("refresh_token", identity);
            request
                .method(http::Method::POST)
                .uri(realm)
                .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body(Full::new(Bytes::from(query.finish())))
                .map_err(bad)
        }
        other => {
            let separator = if realm.query().is_some() { '&' } else { '?' };
            let mut request = request.uri(format!("{realm}{separator}{}", query.finish()));
            if let Some(Credentials::Basic(user, password)) = other {
                request = request.header(
                    http::header::AUTHORIZATION,
                    header(&basic_of(user, password))?,
                );
            }
            request.body(Full::new(Bytes::new())).map_err(bad)
        }
    }
}

fn basic_of(user: &str, password: &str) -> Zeroizing<String> {
    let pair = Zeroizing::new(format!("{user}:{password}"));
    let encoded = base64::engine::general_purpose::STANDARD.encode(pair.as_bytes());
    Zeroizing::new(format!("Basic {}", *Zeroizing::new(encoded)))
}

/// A header that is never shown.
fn header(text: &str) -> Result<HeaderValue, Error> {
    let mut value = HeaderValue::from_str(text).map_err(|_| Error::Input {
        what: "a token or password that no header can hold".to_owned(),
        hint: "renew the credentials with `docker login`",
    })?;
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::usable_realm;
    use crate::reference::Reference;

    #[test]
    fn credentials_leave_this_machine_over_tls_only() {
        let near: Reference = "oci://127.0.0.1:5000/x".parse().unwrap();
        let far: Reference = "oci://ghcr.io/x".parse().unwrap();
        for (realm, reference, expected) in [
            ("https://auth.example/token", &far, true),
            ("https://auth.example/token", &near, true),
            ("http://127.0.0.1:5001/token", &near, true),
            ("http://127.0.0.1:5001/token", &far, false),
            ("http://auth.example/token", &far, false),
            ("http://auth.example/token", &near, false),
            ("https://a@auth.example/token", &far, false),
            ("/token", &far, false),
            ("", &far, false),
        ] {
            assert_eq!(usable_realm(realm, reference).is_ok(), expected, "{realm}");
        }
    }
}
