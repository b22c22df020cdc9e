//! Against servers that are no registries: redirects, endless bodies, lies and silence.

#![expect(clippy::unwrap_used, reason = "a test's helpers fail the test")]

mod support;

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Request, Response, StatusCode};
use caponier_registry::{Client, Digest, Error, Options, Reference, Timeouts};
use serde_json::json;
use support::component;

/// What a server was asked: method and path, and whether with an `authorization`.
type Asked = Arc<Mutex<Vec<(String, Option<String>)>>>;

/// A server that answers with `answer`, and what it is asked.
async fn serve(
    answer: impl Fn(&str, &HeaderMap) -> Response<Body> + Clone + Send + Sync + 'static,
) -> (u16, Asked) {
    let asked = Asked::default();
    let seen = asked.clone();
    let app = Router::new().fallback(move |request: Request<Body>| {
        let authorization = request.headers().get("authorization");
        let authorization = authorization.map(|value| value.to_str().unwrap().to_owned());
        let path = format!("{} {}", request.method(), request.uri());
        seen.lock().unwrap().push((path, authorization));
        let response = answer(&request.uri().to_string(), request.headers());
        async move { response }
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    (port, asked)
}

fn client(docker_config: Option<&std::path::Path>) -> Client {
    Client::new(Options {
        docker_config: docker_config.map(Into::into),
        cache: None,
        timeouts: Timeouts {
            connect: Duration::from_millis(500),
            idle: Duration::from_millis(500),
            total: Duration::from_secs(3),
        },
    })
    .unwrap()
}

fn status(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

fn redirect(to: &str) -> Response<Body> {
    let mut response = status(StatusCode::TEMPORARY_REDIRECT);
    response
        .headers_mut()
        .insert("location", to.parse().unwrap());
    response
}

fn endless() -> Response<Body> {
    let chunk = Bytes::from(vec![b'x'; 64 << 10]);
    Response::new(Body::from_stream(futures_util::stream::repeat_with(
        move || Ok::<_, std::io::Error>(chunk.clone()),
    )))
}

/// A body whose length is not announced.
fn chunked(length: usize) -> Response<Body> {
    let whole = Ok::<_, std::io::Error>(Bytes::from(vec![b' '; length]));
    Response::new(Body::from_stream(futures_util::stream::iter([whole])))
}

fn silent() -> Response<Body> {
    Response::new(Body::from_stream(futures_util::stream::pending::<
        Result<Bytes, std::io::Error>,
    >()))
}

/// A plugin: its component, config and manifest.
#[derive(Clone)]
struct Parts {
    component: Vec<u8>,
    config: Vec<u8>,
    manifest: Vec<u8>,
}

fn parts() -> Parts {
    let component = component("one");
    let layer = Digest::of(&component);
    let config =
        json!({"created": "", "architecture": "wasm", "os": "wasip2", "layerDigests": [layer]});
    let config = config.to_string().into_bytes();
    let manifest = json!({
        "schemaVersion": 2,
        "config": {"mediaType": "application/vnd.wasm.config.v0+json", "digest": Digest::of(&config), "size": config.len()},
        "layers": [{"mediaType": "application/wasm", "digest": layer, "size": component.len()}],
    });
    Parts {
        component,
        config,
        manifest: manifest.to_string().into_bytes(),
    }
}

impl Parts {
    /// The honest answer, but for the layer.
    fn answer(&self, path: &str, layer: impl FnOnce() -> Response<Body>) -> Response<Body> {
        let honest = |bytes: &[u8]| Response::new(Body::from(bytes.to_vec()));
        if path.contains("/manifests/") {
            honest(&self.manifest)
        } else if path.contains(&Digest::of(&self.config).hex()) {
            honest(&self.config)
        } else {
            layer()
        }
    }
}

fn reference(port: u16) -> Reference {
    format!("oci://127.0.0.1:{port}/acme/guard:1")
        .parse()
        .unwrap()
}

/// What comes of a pull whose layer is answered with this.
async fn layer(answer: impl Fn() -> Response<Body> + Clone + Send + Sync + 'static) -> Error {
    let parts = parts();
    let (port, _) = serve(move |path, _| parts.answer(path, &answer)).await;
    let error = client(None).pull(&reference(port)).await.unwrap_err();
    assert!(error.to_string().contains("\nhint: "), "{error}");
    error
}

/// What comes of a pull whose manifest is answered with this.
async fn manifest(answer: impl Fn() -> Response<Body> + Clone + Send + Sync + 'static) -> Error {
    let (port, _) = serve(move |_, _| answer()).await;
    let error = client(None).pull(&reference(port)).await.unwrap_err();
    assert!(error.to_string().contains("\nhint: "), "{error}");
    error
}

#[tokio::test]
async fn a_blob_may_be_elsewhere_and_credentials_stay_behind() {
    let parts = parts();
    let bytes = parts.component.clone();
    let (store, at_store) = serve(move |_, _| Response::new(Body::from(bytes.clone()))).await;
    let of_registry = parts.clone();
    let (port, at_registry) = serve(move |path, headers| {
        if !headers.contains_key("authorization") {
            let mut response = status(StatusCode::UNAUTHORIZED);
            response
                .headers_mut()
                .insert("www-authenticate", "Basic realm=\"x\"".parse().unwrap());
            return response;
        }
        of_registry.answer(path, || {
            redirect(&format!("http://127.0.0.1:{store}/blob?signed=yes"))
        })
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let config = json!({"auths": {format!("127.0.0.1:{port}"): {"auth": "bWU6aHVudGVyMg=="}}});
    std::fs::write(folder.path().join("config.json"), config.to_string()).unwrap();
    let plugin = client(Some(folder.path()))
        .pull(&reference(port))
        .await
        .unwrap();
    assert_eq!(plugin.bytes, parts.component);
    assert_eq!(
        *at_store.lock().unwrap(),
        [("GET /blob?signed=yes".to_owned(), None)]
    );
    let asked = at_registry.lock().unwrap();
    assert!(
        asked
            .iter()
            .any(|(_, sent)| sent.as_deref() == Some("Basic bWU6aHVudGVyMg=="))
    );
}

#[tokio::test]
async fn what_comes_from_elsewhere_is_checked_as_well() {
    let evil = component("evil");
    let (store, _) = serve(move |_, _| Response::new(Body::from(evil.clone()))).await;
    let error = layer(move || redirect(&format!("http://127.0.0.1:{store}/blob"))).await;
    assert!(
        matches!(error, Error::WrongSize { .. } | Error::Tampered { .. }),
        "{error}"
    );
}

#[tokio::test]
async fn redirects_that_are_not_followed() {
    for to in [
        "http://example.com/x?token=hunter2",
        "http://169.254.169.254/latest/meta-data",
        "file:///etc/passwd",
        "nonsense",
        "/loop",
    ] {
        let error = layer(move || redirect(to)).await;
        assert!(matches!(error, Error::Redirected { .. }), "{error}");
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }
    // A manifest is the registry's own word, wherever the redirect leads.
    let honest = parts();
    let (other, asked) =
        serve(move |_, _| Response::new(Body::from(honest.manifest.clone()))).await;
    let error = manifest(move || redirect(&format!("http://127.0.0.1:{other}/x"))).await;
    assert!(matches!(error, Error::Redirected { .. }), "{error}");
    assert!(asked.lock().unwrap().is_empty());
}

#[tokio::test]
async fn bodies_without_an_end_and_of_wrong_length() {
    let error = layer(endless).await;
    assert!(
        matches!(error, Error::WrongSize { found: None, .. }),
        "{error}"
    );
    let error = manifest(endless).await;
    assert!(
        matches!(
            error,
            Error::TooLarge {
                limit: 1_048_576,
                ..
            }
        ),
        "{error}"
    );
    // One byte more than there may be.
    let error = layer(|| chunked(parts().component.len() + 1)).await;
    assert!(
        matches!(error, Error::WrongSize { found: None, .. }),
        "{error}"
    );
    let error = manifest(|| chunked((1 << 20) + 1)).await;
    assert!(matches!(error, Error::TooLarge { .. }), "{error}");
    let error = manifest(|| chunked(1 << 20)).await;
    assert!(matches!(error, Error::NotAPlugin { .. }), "{error}");
    for wrong in [
        0,
        1,
        parts().component.len() - 1,
        parts().component.len() + 1,
    ] {
        let error = layer(move || Response::new(Body::from(vec![0; wrong]))).await;
        assert!(matches!(error, Error::WrongSize { .. }), "{error}");
    }
    let error = layer(|| Response::new(Body::from(component("two")))).await;
    assert!(matches!(error, Error::Tampered { .. }), "{error}");
}

#[tokio::test]
async fn a_manifest_that_names_a_layer_too_large_is_not_followed() {
    let mut parts = parts();
    let text = String::from_utf8(parts.manifest).unwrap();
    let size = format!("\"size\":{}", parts.component.len());
    parts.manifest = text
        .replace(&size, "\"size\":9999999999999999999")
        .into_bytes();
    let (port, asked) = serve(move |path, _| parts.answer(path, endless)).await;
    let error = client(None).pull(&reference(port)).await.unwrap_err();
    assert!(matches!(error, Error::TooLarge { .. }), "{error}");
    assert_eq!(asked.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn silence_ends() {
    let begin = Instant::now();
    let error = layer(silent).await;
    assert!(
        matches!(error, Error::TimedOut { .. }) && error.is_offline(),
        "{error}"
    );
    let error = manifest(silent).await;
    assert!(matches!(error, Error::TimedOut { .. }), "{error}");
    // Accepts, and never answers.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let error = client(None).pull(&reference(port)).await.unwrap_err();
    assert!(matches!(error, Error::TimedOut { .. }), "{error}");
    // A trickle that never stands still.
    let error = layer(|| {
        Response::new(Body::from_stream(futures_util::stream::unfold(
            (),
            |()| async {
                tokio::time::sleep(Duration::from_millis(400)).await;
                Some((Ok::<_, std::io::Error>(Bytes::from_static(b"x")), ()))
            },
        )))
    })
    .await;
    assert!(
        matches!(
            error,
            Error::TimedOut {
                what: "the whole exchange",
                ..
            }
        ),
        "{error}"
    );
    assert!(begin.elapsed() < Duration::from_secs(15));
}

#[tokio::test]
async fn answers_that_are_none() {
    let error = manifest(|| {
        let mut response = status(StatusCode::TOO_MANY_REQUESTS);
        response
            .headers_mut()
            .insert("retry-after", "17".parse().unwrap());
        response
    })
    .await;
    assert!(
        matches!(
            error,
            Error::RateLimited {
                retry_after: Some(17),
                ..
            }
        ),
        "{error}"
    );
    let error = manifest(|| status(StatusCode::BAD_GATEWAY)).await;
    assert!(
        matches!(error, Error::Status { status: 502, .. }),
        "{error}"
    );
    let error = manifest(|| status(StatusCode::FORBIDDEN)).await;
    assert!(matches!(error, Error::Denied { .. }), "{error}");
    let error = manifest(|| status(StatusCode::UNAUTHORIZED)).await;
    assert!(matches!(error, Error::Malformed { .. }), "{error}");
    for text in ["", "<html>", "[]", "{\"schemaVersion\":1}"] {
        let error = manifest(move || Response::new(Body::from(text))).await;
        assert!(matches!(error, Error::NotAPlugin { .. }), "{text}: {error}");
    }
    // One body, two readings.
    let twice = String::from_utf8(parts().manifest)
        .unwrap()
        .replacen('{', "{\"layers\":[],", 1);
    let error = manifest(move || Response::new(Body::from(twice.clone()))).await;
    assert!(matches!(error, Error::NotAPlugin { .. }), "{error}");
    let both = String::from_utf8(parts().manifest)
        .unwrap()
        .replacen('{', "{\"manifests\":[],", 1);
    let error = manifest(move || Response::new(Body::from(both.clone()))).await;
    assert!(matches!(error, Error::ManifestList { .. }), "{error}");
    // A registry whose header and body disagree.
    let error = manifest(|| {
        let mut response = Response::new(Body::from(parts().manifest));
        let other = Digest::of(b"other").to_string().parse().unwrap();
        response
            .headers_mut()
            .insert("docker-content-digest", other);
        response
    })
    .await;
    assert!(matches!(error, Error::Tampered { .. }), "{error}");
}

/// A registry that wants a token from `realm`.
async fn with_tokens(realm: impl Fn(u16) -> String) -> (u16, u16, Asked, Asked) {
    let parts = parts();
    let (tokens, at_tokens) = serve(|_, _| Response::new(Body::from(r#"{"token":"t0ken"}"#))).await;
    let challenge = format!(
        r#"Bearer realm="{}",service="reg, istry",scope="repository:other:*""#,
        realm(tokens)
    );
    let (port, at_registry) = serve(move |path, headers| {
        if headers
            .get("authorization")
            .is_some_and(|value| value == "Bearer t0ken")
        {
            return parts.answer(path, || Response::new(Body::from(parts.component.clone())));
        }
        let mut response = status(StatusCode::UNAUTHORIZED);
        response
            .headers_mut()
            .insert("www-authenticate", challenge.parse().unwrap());
        response
    })
    .await;
    (port, tokens, at_registry, at_tokens)
}

#[tokio::test]
async fn a_token_is_asked_for_what_is_needed() {
    let (port, _, _, at_tokens) =
        with_tokens(|port| format!("http://127.0.0.1:{port}/token?a=b")).await;
    client(None).pull(&reference(port)).await.unwrap();
    assert_eq!(
        *at_tokens.lock().unwrap(),
        [(
            "GET /token?a=b&service=reg%2C+istry&scope=repository%3Aacme%2Fguard%3Apull".to_owned(),
            None
        )]
    );
    let folder = tempfile::tempdir().unwrap();
    let config = json!({"auths": {format!("127.0.0.1:{port}"): {"identitytoken": "hunter2"}}});
    std::fs::write(folder.path().join("config.json"), config.to_string()).unwrap();
    client(Some(folder.path()))
        .pull(&reference(port))
        .await
        .unwrap();
    // What is exchanged for a token is in the body, not where it is logged.
    assert_eq!(
        at_tokens.lock().unwrap()[1],
        ("POST /token?a=b".to_owned(), None)
    );
}

#[tokio::test]
async fn credentials_are_not_sent_without_tls_to_another_machine() {
    let (port, _, _, at_tokens) = with_tokens(|_| "http://tokens.example/token".to_owned()).await;
    let error = client(None).pull(&reference(port)).await.unwrap_err();
    assert!(error.to_string().contains("without TLS"), "{error}");
    assert!(at_tokens.lock().unwrap().is_empty());
}

#[tokio::test]
async fn uploads_go_to_the_registry_alone() {
    let (other, asked) = serve(|_, _| status(StatusCode::CREATED)).await;
    let (port, _) = serve(move |path, _| {
        let mut response = status(StatusCode::NOT_FOUND);
        if path.ends_with("/uploads/") {
            *response.status_mut() = StatusCode::ACCEPTED;
            let place = format!("http://127.0.0.1:{other}/upload").parse().unwrap();
            response.headers_mut().insert("location", place);
        }
        response
    })
    .await;
    let pushed = client(None)
        .push(&reference(port), &component("one"), &support::metadata())
        .await;
    let error = pushed.unwrap_err();
    assert!(matches!(error, Error::Redirected { .. }), "{error}");
    assert!(asked.lock().unwrap().is_empty());
}
