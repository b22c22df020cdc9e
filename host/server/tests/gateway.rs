//! Requests and whole answers, over real sockets.

mod common;

use std::io::Write as _;
use std::time::Duration;

use common::{
    ANSWER, Act, Gateway, Upstream, before, chat, chat_body, get, http, json, post_with, send,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_clean_request_arrives_byte_for_byte_and_its_answer_comes_back() {
    let upstream = Upstream::start(json("200 OK", ANSWER)).await;
    let gateway = Gateway::start(&before(upstream.at, "", ""), &[]).await;
    let body = " {\"model\" : \"m\",\n \"messages\":[{\"role\":\"user\",\"content\":\"h\\u00e9llo\"}] , \"new_field\":1}\n";
    let headers = "authorization: Bearer client\r\nx-caponier-principal: root\r\nx-caponier-action: allow\r\naccept-encoding: br\r\nx-app: 1\r\n";
    let reply = send(
        gateway.address(),
        &post_with("/v1/chat/completions?x=1", headers, body.as_bytes()),
    )
    .await;
    assert_eq!((reply.status, reply.text().as_str()), (200, ANSWER));
    assert_eq!(reply.header("x-caponier-action"), Some("allow"));
    assert_eq!(
        reply.header("x-caponier-revision"),
        Some(gateway.runtime.current().id.as_str())
    );
    assert_eq!(reply.header("x-caponier-exchange").unwrap().len(), 32);
    let seen = upstream.requests().pop().unwrap();
    assert!(seen.ends_with(body), "{seen}");
    assert!(
        seen.starts_with("POST /v1/chat/completions?x=1 HTTP/1.1\r\n"),
        "{seen}"
    );
    for (there, text) in [
        (true, "authorization: Bearer client\r\n"),
        (true, "accept-encoding: identity\r\n"),
        (true, "x-app: 1\r\n"),
        (true, &format!("host: {}\r\n", upstream.at)),
        (false, "x-caponier"),
        (false, "connection:"),
    ] {
        assert_eq!(
            seen.to_lowercase().contains(&text.to_lowercase()),
            there,
            "{text}: {seen}"
        );
    }
    let metrics = gateway.metrics().await;
    assert!(
        metrics.contains(
            "caponier_requests_total{route=\"/v1/*\",action=\"allow\",status=\"200\"} 1\n"
        ),
        "{metrics}"
    );
    assert!(
        metrics.contains("caponier_tokens_total{direction=\"completion\"} 4\n"),
        "{metrics}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_to_the_upstream_are_used_again() {
    let upstream = Upstream::start(json("200 OK", ANSWER)).await;
    let gateway = Gateway::start(&before(upstream.at, "", ""), &[]).await;
    for _ in 0..5 {
        assert_eq!(send(gateway.address(), &chat("hi")).await.status, 200);
    }
    assert_eq!(*upstream.connections.lock().unwrap(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_denied_never_reaches_the_upstream() {
    let upstream = Upstream::start(json("200 OK", ANSWER)).await;
    let gateway = Gateway::start(&before(upstream.at, "", ""), &[]).await;
    let reply = send(gateway.address(), &chat("a FORBIDDEN word")).await;
    assert_eq!(
        (reply.status, reply.code().as_str()),
        (400, "content_filter"),
        "{}",
        reply.text()
    );
    assert_eq!(reply.header("x-caponier-action"), Some("deny"));
    assert!(upstream.requests().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_denied_answer_is_a_refusal_or_an_error() {
    let answer = ANSWER.replace("fine", "a FORBIDDEN word");
    let upstream = Upstream::start(json("200 OK", &answer)).await;
    let gateway = Gateway::start(&before(upstream.at, "", ""), &[]).await;
    let reply = send(gateway.address(), &chat("hi")).await;
    assert_eq!(reply.status, 200);
    assert_eq!(
        reply.json()["choices"][0]["finish_reason"],
        "content_filter"
    );
    assert_eq!(reply.header("x-caponier-action"), Some("deny"));
    assert!(!reply.text().contains("FORBIDDEN"));
    let gateway = Gateway::start(&before(upstream.at, "deny_as: error", ""), &[]).await;
    let reply = send(gateway.address(), &chat("hi")).await;
    assert_eq!(
        (reply.status, reply.code().as_str()),
        (400, "content_filter")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_bodies_are_refused_and_nothing_is_sent() {
    let upstream = Upstream::start(json("200 OK", ANSWER)).await;
    let config = before(upstream.at, "", "limits: { body: 64KiB }\n");
    let gateway = Gateway::start(&config, &[]).await;
    let zeros = vec![b' '; 8 << 20];
    let mut bomb = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    bomb.write_all(&zeros).unwrap();
    let bomb = bomb.finish().unwrap();
    let nested = format!(
        "{{\"messages\":{}{}}}",
        "[".repeat(10_000),
        "]".repeat(10_000)
    );
    let long = chat_body(&"x".repeat(70_000), false);
    let good = chat_body("hi", false);
    let path = "/v1/chat/completions";
    for (what, request, status) in [
        ("not JSON", post_with(path, "", b"{\"messages\":"), 400),
        ("nothing", post_with(path, "", b""), 400),
        (
            "a duplicate key",
            post_with(
                path,
                "",
                br#"{"messages":[],"messages":[{"role":"user","content":"x"}]}"#,
            ),
            400,
        ),
        (
            "trailing data",
            post_with(path, "", format!("{good}{good}").as_bytes()),
            400,
        ),
        (
            "not UTF-8",
            post_with(
                path,
                "",
                b"{\"messages\":[{\"role\":\"user\",\"content\":\"\xff\"}]}",
            ),
            400,
        ),
        (
            "a lone surrogate",
            post_with(
                path,
                "",
                br#"{"messages":[{"role":"user","content":"\ud800"}]}"#,
            ),
            400,
        ),
        ("10 000 arrays", post_with(path, "", nested.as_bytes()), 400),
        ("too large", post_with(path, "", long.as_bytes()), 413),
        (
            "a bomb",
            post_with(path, "content-encoding: gzip\r\n", &bomb),
            413,
        ),
        (
            "damaged gzip",
            post_with(path, "content-encoding: gzip\r\n", good.as_bytes()),
            400,
        ),
        (
            "deflate",
            post_with(path, "content-encoding: deflate\r\n", good.as_bytes()),
            415,
        ),
        (
            "two encodings",
            post_with(path, "content-encoding: gzip, br\r\n", &bomb),
            415,
        ),
    ] {
        let reply = send(gateway.address(), &request).await;
        assert_eq!(reply.status, status, "{what}: {}", reply.text());
        assert!(reply.json()["error"]["message"].is_string(), "{what}");
    }
    assert!(upstream.requests().is_empty());
    // And the next one is served as if nothing had been.
    assert_eq!(send(gateway.address(), &chat("hi")).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_compressed_body_is_inspected_and_goes_on_plain() {
    let upstream = Upstream::start(json("200 OK", ANSWER)).await;
    let gateway = Gateway::start(&before(upstream.at, "", ""), &[]).await;
    let pack = |text: &str| zstd::encode_all(chat_body(text, false).as_bytes(), 3).unwrap();
    let request = |text| {
        post_with(
            "/v1/chat/completions",
            "content-encoding: zstd\r\n",
            &pack(text),
        )
    };
    assert_eq!(
        send(gateway.address(), &request("FORBIDDEN")).await.status,
        400
    );
    assert_eq!(send(gateway.address(), &request("fine")).await.status, 200);
    let seen = upstream.requests().pop().unwrap();
    assert!(
        seen.ends_with(&chat_body("fine", false)) && !seen.contains("content-encoding"),
        "{seen}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_compressed_answer_is_inspected_too() {
    let packed = |text: &str| zstd::encode_all(ANSWER.replace("fine", text).as_bytes(), 3).unwrap();
    for (text, wanted) in [("fine", "fine"), ("FORBIDDEN", "content_filter")] {
        let headers = "content-type: application/json\r\ncontent-encoding: zstd\r\n";
        let upstream = Upstream::start(Act::Say(http("200 OK", headers, &packed(text)))).await;
        let gateway = Gateway::start(&before(upstream.at, "", ""), &[]).await;
        let reply = send(gateway.address(), &chat("hi")).await;
        assert!(
            reply.text().contains(wanted) && !reply.text().contains("FORBIDDEN"),
            "{}",
            reply.text()
        );
        assert_eq!(reply.header("content-encoding"), None);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn more_than_the_limit_passes_only_where_it_may_and_is_said_to_be_unscanned() {
    let upstream = Upstream::start(json("200 OK", ANSWER)).await;
    let more = "limits: { body: 1KiB, over_limit: allow }\naudit: { path: audit.jsonl }\n";
    let gateway = Gateway::start(&before(upstream.at, "", more), &[]).await;
    let body = chat_body(&format!("FORBIDDEN {}", "x".repeat(300_000)), false);
    let reply = send(
        gateway.address(),
        &post_with("/v1/chat/completions", "", body.as_bytes()),
    )
    .await;
    assert_eq!(
        (reply.status, reply.header("x-caponier-action")),
        (200, Some("flag"))
    );
    assert!(upstream.requests().pop().unwrap().ends_with(&body));
    let folder = gateway.stop().await;
    let log = std::fs::read_to_string(folder.path().join("audit.jsonl")).unwrap();
    assert!(log.contains("\"kind\":\"over-limit\""), "{log}");
    assert!(!log.contains("FORBIDDEN"));
}

#[tokio::test(flavor = "multi_thread")]
async fn upstreams_that_fail_become_errors_of_the_wire_format() {
    let gone = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap();
    let slow = Upstream::start(Act::Silence).await;
    let junk = Upstream::start(Act::Say(b"not http at all\r\n\r\n".to_vec())).await;
    let html = Upstream::start(Act::Say(http(
        "200 OK",
        "content-type: text/html\r\n",
        b"<p>hello</p>",
    )))
    .await;
    let half = vec![b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 900\r\n\r\n{\"choices\"".to_vec()];
    let cut = Upstream::start(Act::Pieces(half, Duration::from_millis(5))).await;
    for (what, at, status) in [
        ("down", gone, 502),
        ("slow", slow.at, 504),
        ("junk", junk.at, 502),
        ("html", html.at, 502),
        ("cut", cut.at, 502),
    ] {
        let gateway = Gateway::start(
            &before(
                at,
                "timeouts: { connect: 300ms, first_byte: 300ms, idle: 300ms }",
                "",
            ),
            &[],
        )
        .await;
        let reply = send(gateway.address(), &chat("hi")).await;
        assert_eq!(reply.status, status, "{what}: {}", reply.text());
        assert!(reply.json()["error"]["code"].is_string(), "{what}");
    }
    assert!(
        slow.wait_left().await,
        "a timeout closes the upstream's connection"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upstreams_own_error_passes_after_inspection() {
    for (body, wanted) in [
        (
            r#"{"error":{"message":"no such model","type":"invalid_request_error","code":"model_not_found"}}"#,
            Some("no such model"),
        ),
        ("<h1>Bad Gateway</h1>", Some("<h1>Bad Gateway</h1>")),
        (r#"{"error":{"message":"you said FORBIDDEN"}}"#, None),
        ("<h1>FORBIDDEN</h1>", None),
    ] {
        let upstream = Upstream::start(json("404 Not Found", body)).await;
        let gateway = Gateway::start(&before(upstream.at, "", ""), &[]).await;
        let reply = send(gateway.address(), &chat("hi")).await;
        match wanted {
            Some(text) => assert_eq!(
                (reply.status, reply.text().contains(text)),
                (404, true),
                "{}",
                reply.text()
            ),
            None => assert_eq!(
                (reply.status, reply.text().contains("FORBIDDEN")),
                (400, false),
                "{}",
                reply.text()
            ),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_leaves_stops_the_upstream() {
    let upstream = Upstream::start(Act::Silence).await;
    let gateway = Gateway::start(&before(upstream.at, "", ""), &[]).await;
    let mut stream = tokio::net::TcpStream::connect(gateway.address())
        .await
        .unwrap();
    tokio::io::AsyncWriteExt::write_all(&mut stream, &chat("hi"))
        .await
        .unwrap();
    for _ in 0..100 {
        if !upstream.requests().is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    drop(stream);
    assert!(upstream.wait_left().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_endpoints_and_upgrades_are_treated_as_configured() {
    let upstream = Upstream::start(json("200 OK", "{\"data\":[]}")).await;
    let websocket = b"GET /v1/realtime HTTP/1.1\r\nhost: x\r\nconnection: upgrade, close\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    let closed = Gateway::start(
        &before(
            upstream.at,
            "pass: [/v1/models]",
            "audit: { path: a.jsonl }\n",
        ),
        &[],
    )
    .await;
    for (request, status) in [
        (get("/v1/models"), 200),
        (get("/v1/files"), 404),
        (get("/other"), 404),
        (post_with("/v1/audio/speech", "", b"{}"), 404),
        (websocket.to_vec(), 404),
        (get("/v1//chat/completions"), 400),
        (post_with("/v1/chat%2Fcompletions", "", b"{}"), 400),
        (post_with("/v1/x/../chat/completions", "", b"{}"), 400),
        (post_with("/v1/chat/completions;a=b", "", b"{}"), 400),
    ] {
        let reply = send(closed.address(), &request).await;
        assert_eq!(
            reply.status,
            status,
            "{}: {}",
            String::from_utf8_lossy(&request),
            reply.text()
        );
    }
    assert_eq!(upstream.requests().len(), 1);
    let metrics = closed.metrics().await;
    assert!(
        metrics.contains("caponier_coverage_gaps_total{kind=\"endpoint\"}"),
        "{metrics}"
    );
    let folder = closed.stop().await;
    let log = std::fs::read_to_string(folder.path().join("a.jsonl")).unwrap();
    assert_eq!(log.matches("\"kind\":\"endpoint\"").count(), 4, "{log}");

    let open = Gateway::start(&before(upstream.at, "unknown_endpoints: flag", ""), &[]).await;
    let reply = send(
        open.address(),
        &post_with("/v1/audio/speech", "", b"{\"input\":\"x\"}"),
    )
    .await;
    assert_eq!(
        (reply.status, reply.header("x-caponier-action")),
        (200, Some("flag"))
    );
    for lookalike in [
        "/v1/Chat/Completions",
        "/v1/chat/completions/",
        "/v1/chat/completion%C5%BF",
    ] {
        let reply = send(
            open.address(),
            &post_with(lookalike, "", chat_body("FORBIDDEN", false).as_bytes()),
        )
        .await;
        assert_eq!(reply.status, 404, "{lookalike}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_websocket_passes_where_it_may() {
    let hello = b"HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\nhello from upstream".to_vec();
    let upstream = Upstream::start(Act::Pieces(vec![hello], Duration::from_millis(200))).await;
    let gateway = Gateway::start(&before(upstream.at, "websocket: flag", ""), &[]).await;
    let reply = send(
        gateway.address(),
        b"GET /v1/realtime HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    )
    .await;
    assert_eq!(
        (reply.status, reply.text().as_str()),
        (101, "hello from upstream")
    );
    assert_eq!(reply.header("x-caponier-action"), Some("flag"));
    assert!(upstream.requests()[0].contains("sec-websocket-key"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_built_in_model_answers_where_there_is_no_other() {
    let config =
        "gateway: { listen: 127.0.0.1:0, routes: [{ path: /v1/*, pass: [/v1/models] }] }\n";
    let gateway = Gateway::start(config, &[]).await;
    let reply = send(gateway.address(), &chat("hello there")).await;
    assert_eq!(
        reply.json()["choices"][0]["message"]["content"],
        "You said: hello there"
    );
    let reply = send(gateway.address(), &common::chat_stream("hello there")).await;
    assert_eq!(common::said(&reply.body), "You said: hello there");
    assert!(reply.text().ends_with("data: [DONE]\n\n"));
    assert_eq!(
        send(gateway.address(), &get("/v1/models")).await.json()["data"][0]["id"],
        "echo"
    );
    assert_eq!(
        send(gateway.address(), &chat("FORBIDDEN")).await.status,
        400
    );
}
