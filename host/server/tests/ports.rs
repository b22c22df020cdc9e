//! Identity, TLS, the decision port, the admin port, slow clients, the stop and the reload.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "helpers of tests fail by panicking, as the tests do"
)]

mod common;

use std::sync::Arc;
use std::time::Duration;

use caponier_server::hash_api_key;
use common::{
    ANSWER, Act, Gateway, Upstream, before, chat, chat_body, events, get, json, post_with, send,
    streamed,
};
use serde_json::{Value, json as value};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const DECISION: &str =
    "decision: { listen: 127.0.0.1:0, tokens: { file: tokens } }\naudit: { path: a.jsonl }\n";

async fn inspect(gateway: &Gateway, token: &str, body: &Value) -> common::Reply {
    let header = format!("authorization: Bearer {token}\r\n");
    send(
        gateway.at.decision.unwrap(),
        &post_with("/v1/inspect", &header, body.to_string().as_bytes()),
    )
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_decision_port_carries_an_exchange_through_its_stages() {
    let gateway = Gateway::start(DECISION, &[("tokens", "first-token\nsecond-token\n")]).await;
    let first = inspect(&gateway, "second-token", &value!({
        "stage": "prompt", "context": {"tenant": "acme", "principal": {"id": "ann", "roles": ["dev"]}},
        "segments": [{"text": "what is new?", "role": "user"}],
    })).await.json();
    assert_eq!(
        (
            first["action"].as_str(),
            first["segments"][0]["text"].as_str()
        ),
        (Some("allow"), Some("what is new?"))
    );
    let second = inspect(&gateway, "first-token", &value!({
        "stage": "retrieval", "segments": [{"text": "a document"}, {"text": "another"}], "state": first["state"],
    })).await.json();
    assert_eq!(
        (
            second["exchange"].clone(),
            second["segments"][1]["id"].clone()
        ),
        (first["exchange"].clone(), value!(2))
    );
    let third = inspect(&gateway, "first-token", &value!({
        "stage": "output", "segments": [{"text": "a FORBIDDEN answer"}], "state": second["state"],
    })).await.json();
    assert_eq!(third["action"], "deny");
    assert_eq!(third["segments"], value!([]));
    let sticky = inspect(
        &gateway,
        "first-token",
        &value!({
            "stage": "output", "segments": [{"text": "harmless"}], "state": third["state"],
        }),
    )
    .await
    .json();
    assert_eq!(sticky["action"], "deny");
    let folder = gateway.stop().await;
    let log = std::fs::read_to_string(folder.path().join("a.jsonl")).unwrap();
    assert_eq!(log.lines().count(), 4, "{log}");
    assert!(
        log.contains("\"tenant\":\"acme\",\"principal\":\"ann\"") && !log.contains("FORBIDDEN"),
        "{log}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_decision_port_refuses_what_it_should() {
    let gateway = Gateway::start(DECISION, &[("tokens", "a-token")]).await;
    let port = gateway.at.decision.unwrap();
    let good = value!({"stage": "prompt", "segments": []});
    for token in ["", "b-token", "a-toke", "a-token2"] {
        assert_eq!(inspect(&gateway, token, &good).await.status, 401, "{token}");
    }
    assert_eq!(
        send(port, &post_with("/v1/inspect", "", b"{}"))
            .await
            .status,
        401
    );
    let unknown = inspect(
        &gateway,
        "a-token",
        &value!({"stage": "prompt", "segments": [], "contxt": {}}),
    )
    .await;
    assert_eq!(unknown.status, 400);
    assert!(unknown.text().contains("contxt"), "{}", unknown.text());
    let forged = inspect(
        &gateway,
        "a-token",
        &value!({"stage": "output", "segments": [], "state": "AAAA"}),
    )
    .await;
    assert_eq!(forged.status, 409);
    let header = "authorization: Bearer a-token\r\ncontent-encoding: deflate\r\n";
    assert_eq!(
        send(port, &post_with("/v1/inspect", header, b"{}"))
            .await
            .status,
        415
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_admin_port_tells_what_runs() {
    let config = "gateway: { listen: 127.0.0.1:0 }\nplugins: [{ use: builtin:secrets }]\n";
    let gateway = Gateway::start(config, &[]).await;
    let admin = gateway.at.admin.unwrap();
    for (path, status) in [
        ("/healthz", 200),
        ("/readyz", 200),
        ("/metrics", 200),
        ("/other", 404),
    ] {
        assert_eq!(send(admin, &get(path)).await.status, status, "{path}");
    }
    assert_eq!(
        send(admin, &post_with("/metrics", "", b"")).await.status,
        405
    );
    assert_eq!(
        send(admin, &get("/v1/revision")).await.json()["revision"],
        gateway.runtime.current().id.as_str()
    );
    let plugins = send(admin, &get("/v1/plugins")).await.json();
    assert_eq!(plugins["plugins"][0]["name"], "secrets");
    assert!(plugins["plugins"][0]["rules"].as_array().unwrap().len() > 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn callers_are_known_by_their_keys() {
    let upstream = Upstream::start(json("200 OK", ANSWER)).await;
    let config = before(upstream.at, "", "").replace(
        "  routes:",
        "  identity: [{ api_keys: keys.yaml }]\n  routes:",
    );
    let keys = format!(
        "keys:\n- {{ hash: \"{}\", id: ann, tenant: acme }}\n- {{ hash: \"{}\", id: guest }}\n",
        hash_api_key("key-of-ann"),
        hash_api_key("key-of-guest")
    );
    let gateway = Gateway::start(&config, &[("keys.yaml", &keys)]).await;
    let with = |header: &str| {
        post_with(
            "/v1/chat/completions",
            header,
            chat_body("hi", false).as_bytes(),
        )
    };
    for (header, status, code) in [
        ("", 401, "invalid_api_key"),
        ("authorization: Bearer wrong\r\n", 401, "invalid_api_key"),
        ("x-caponier-principal: ann\r\n", 401, "invalid_api_key"),
        (
            "authorization: Bearer key-of-guest\r\n",
            403,
            "access_denied",
        ),
    ] {
        let reply = send(gateway.address(), &with(header)).await;
        assert_eq!(
            (reply.status, reply.code().as_str()),
            (status, code),
            "{header}"
        );
    }
    assert!(upstream.requests().is_empty());
    let reply = send(
        gateway.address(),
        &with("authorization: Bearer key-of-ann\r\n"),
    )
    .await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert!(
        !upstream.requests()[0].contains("key-of-ann"),
        "a key of the gateway's does not go further"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn tls_on_both_sides() {
    let pair = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let (cert, key) = (pair.cert.pem(), pair.signing_key.serialize_pem());
    let files = [("cert.pem", cert.as_str()), ("key.pem", key.as_str())];
    let config = "gateway: { listen: 127.0.0.1:0, tls: { cert: cert.pem, key: key.pem } }\n";
    let behind = Gateway::start(config, &files).await;
    let port = behind.address().port();
    let front = format!(
        "gateway: {{ listen: 127.0.0.1:0, routes: [{{ path: /v1/*, upstream: \"https://localhost:{port}\", trusted_ca: cert.pem }}] }}\n"
    );
    let front = Gateway::start(&front, &files).await;
    let reply = send(front.address(), &chat("hi")).await;
    assert_eq!(
        reply.json()["choices"][0]["message"]["content"],
        "You said: hi",
        "{}",
        reply.text()
    );
    let distrusting = format!(
        "gateway: {{ listen: 127.0.0.1:0, routes: [{{ path: /v1/*, upstream: \"https://localhost:{port}\" }}] }}\n"
    );
    let distrusting = Gateway::start(&distrusting, &[]).await;
    assert_eq!(send(distrusting.address(), &chat("hi")).await.status, 502);
}

/// Sends bytes and no more, and reads until the gateway has had enough.
async fn until_end(address: std::net::SocketAddr, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let _ = stream.write_all(bytes).await;
    let mut answer = Vec::new();
    let _ = tokio::time::timeout(Duration::from_secs(3), stream.read_to_end(&mut answer))
        .await
        .expect("an end");
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_that_dawdle_are_let_go() {
    let upstream = Upstream::start(json("200 OK", ANSWER)).await;
    let more = before(upstream.at, "", "").replace(
        "  routes:",
        "  connections: { header_timeout: 300ms, body_timeout: 300ms, max_connections: 3, header_bytes: 8KiB }\n  routes:",
    );
    let gateway = Gateway::start(&more, &[]).await;
    let address = gateway.address();
    assert_eq!(until_end(address, b"").await, "");
    until_end(address, b"POST /v1/chat/completions HTTP/1.1\r\nhost:").await;
    let slow =
        b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{\"mess";
    let answer = until_end(address, slow).await;
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    let headers = format!(
        "GET /v1/x HTTP/1.1\r\nhost: x\r\nx-long: {}\r\n\r\n",
        "a".repeat(40_000)
    );
    let answer = until_end(address, headers.as_bytes()).await;
    // The answer may be lost to the reset of a connection that still has unread bytes.
    assert!(
        answer.is_empty() || answer.starts_with("HTTP/1.1 431 "),
        "{answer}"
    );
    // Three may be open, no more; the fourth is closed at once.
    let mut open = Vec::new();
    for _ in 0..3 {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(b"P").await.unwrap();
        open.push(stream);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(until_end(address, b"").await, "");
    drop(open);
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(send(gateway.address(), &chat("hi")).await.status, 200);
    assert!(upstream.requests().len() == 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_lets_streams_end_and_takes_no_more() {
    let texts = ["a "; 20];
    let upstream = Upstream::start(Act::Pieces(
        streamed(&events(&texts), true),
        Duration::from_millis(20),
    ))
    .await;
    let mut gateway = Gateway::start(&before(upstream.at, "", ""), &[]).await;
    let address = gateway.address();
    let running = tokio::spawn(async move { send(address, &common::chat_stream("hi")).await });
    tokio::time::sleep(Duration::from_millis(150)).await;
    gateway.begin_stop();
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(
        TcpStream::connect(address).await.is_err(),
        "no new connections"
    );
    assert_eq!(
        send(gateway.at.admin.unwrap(), &get("/readyz"))
            .await
            .status,
        503
    );
    let reply = running.await.unwrap();
    assert_eq!(common::said(&reply.body), texts.concat());
    assert!(!reply.is_cut);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_cuts_what_takes_too_long() {
    let mut pieces = streamed(&events(&["a"])[..1], false);
    pieces.extend((0..500).map(|_| b"5\r\n: x\n\n\r\n".to_vec()));
    let upstream = Upstream::start(Act::Pieces(pieces, Duration::from_millis(20))).await;
    let config =
        before(upstream.at, "", "").replace("  routes:", "  shutdown_grace: 300ms\n  routes:");
    let gateway = Gateway::start(&config, &[]).await;
    let address = gateway.address();
    let running = tokio::spawn(async move { send(address, &common::chat_stream("hi")).await });
    tokio::time::sleep(Duration::from_millis(150)).await;
    let started = std::time::Instant::now();
    gateway.stop().await;
    assert!(started.elapsed() < Duration::from_secs(3));
    assert!(running.await.unwrap().is_cut);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reload_changes_keys_and_routes_but_no_address() {
    let upstream = Upstream::start(json("200 OK", ANSWER)).await;
    let config = before(upstream.at, "", "").replace(
        "  routes:",
        "  identity: [{ api_keys: keys.yaml }]\n  routes:",
    );
    let keys = |key: &str| format!("keys: [{{ hash: \"{}\", id: ann }}]\n", hash_api_key(key));
    let gateway = Gateway::start(&config, &[("keys.yaml", &keys("old"))]).await;
    let ask = |key: &str| {
        let header = format!("authorization: Bearer {key}\r\n");
        post_with(
            "/v1/chat/completions",
            &header,
            chat_body("hi", false).as_bytes(),
        )
    };
    let reload = |runtime: caponier_server::ServerRuntime| async move {
        tokio::task::spawn_blocking(move || runtime.reload())
            .await
            .unwrap()
    };
    assert_eq!(send(gateway.address(), &ask("old")).await.status, 200);
    let before_id = gateway.runtime.current().id.clone();
    std::fs::write(gateway.folder.path().join("keys.yaml"), keys("new")).unwrap();
    assert_eq!(reload(gateway.runtime.clone()).await, Ok(true));
    assert_ne!(gateway.runtime.current().id, before_id);
    assert_eq!(send(gateway.address(), &ask("old")).await.status, 401);
    assert_eq!(send(gateway.address(), &ask("new")).await.status, 200);
    assert_eq!(
        *upstream.connections.lock().unwrap(),
        1,
        "connections outlive a revision"
    );

    let path = gateway.folder.path().join("caponier.yaml");
    let text = std::fs::read_to_string(&path).unwrap();
    for (what, change, wanted) in [
        (
            "an address",
            text.replace(
                "gateway:\n  listen: 127.0.0.1:0",
                "gateway:\n  listen: 127.0.0.1:1",
            ),
            "needs restart",
        ),
        (
            "a broken file of keys",
            text.replace("keys.yaml", "policies/test.rego"),
            "not a file of API keys",
        ),
        (
            "an audit log nowhere",
            format!("{text}audit: {{ path: nowhere/a.jsonl }}\n"),
            "cannot be written",
        ),
    ] {
        std::fs::write(&path, change).unwrap();
        let problems = reload(gateway.runtime.clone()).await.unwrap_err();
        let shown = common::shown(&problems);
        assert!(shown.contains(wanted), "{what}: {shown}");
        assert_eq!(
            send(gateway.address(), &ask("new")).await.status,
            200,
            "{what}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_at_once_are_all_answered() {
    let upstream = Upstream::start(json("200 OK", ANSWER)).await;
    let gateway = Arc::new(Gateway::start(&before(upstream.at, "", ""), &[]).await);
    let tasks: Vec<_> = (0..64)
        .map(|number| {
            let gateway = Arc::clone(&gateway);
            tokio::spawn(async move {
                // Some of them large enough for the pool.
                let text = "x".repeat(if number % 4 == 0 { 40_000 } else { 10 });
                send(gateway.address(), &chat(&text)).await.status
            })
        })
        .collect();
    for task in tasks {
        assert_eq!(task.await.unwrap(), 200);
    }
}
