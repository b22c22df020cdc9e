//! Streamed answers, over real sockets.

mod common;

use std::time::Duration;

use common::{Act, Gateway, Upstream, before, chat_stream, events, said, send, streamed};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

const SECRETS: &str = "plugins: [{ use: builtin:secrets }]\nactions: { \"secrets/*\": redact }\n";
/// Looks like a key of a cloud provider; it is the one of its documentation.
const KEY: &str = "AKIAIOSFODNN7EXAMPLE";

async fn streaming(pieces: Vec<Vec<u8>>, pause: u64) -> Upstream {
    Upstream::start(Act::Pieces(pieces, Duration::from_millis(pause))).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clean_stream_comes_through_byte_for_byte() {
    let events = events(&["Hel", "lo, ", "wörld", "\n"]);
    let upstream = streaming(streamed(&events, true), 0).await;
    let gateway = Gateway::start(&before(upstream.at, "", "audit: { path: a.jsonl }\n"), &[]).await;
    let reply = send(gateway.address(), &chat_stream("hi")).await;
    assert_eq!((reply.status, reply.is_cut), (200, false));
    assert_eq!(reply.header("content-type"), Some("text/event-stream"));
    assert_eq!(reply.text().replace(": held\n\n", ""), events.concat());
    let metrics = gateway.metrics().await;
    assert!(metrics.contains("caponier_streams_open 0\n"), "{metrics}");
    let folder = gateway.stop().await;
    let log = std::fs::read_to_string(folder.path().join("a.jsonl")).unwrap();
    let stages: Vec<String> = log
        .lines()
        .map(|line| {
            serde_json::from_str::<serde_json::Value>(line).unwrap()["stage"]
                .as_str()
                .unwrap()
                .to_owned()
        })
        .collect();
    assert_eq!(stages, ["prompt", "output"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_cut_into_events_never_comes_through() {
    let text = format!("the key is {KEY} and no more");
    for pieces in [1, 2, 3, 7] {
        let letters: Vec<char> = text.chars().collect();
        let texts: Vec<String> = letters
            .chunks(pieces)
            .map(|piece| piece.iter().collect())
            .collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let upstream = streaming(streamed(&events(&texts), true), 0).await;
        let gateway = Gateway::start(&before(upstream.at, "", SECRETS), &[]).await;
        let reply = send(gateway.address(), &chat_stream("hi")).await;
        let said = said(&reply.body);
        assert!(
            said.starts_with("the key is [") && said.ends_with("] and no more"),
            "{pieces}: {said}"
        );
        assert!(!reply.text().contains(KEY));
        assert!(reply.text().ends_with("data: [DONE]\n\n"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_denied_stream_ends_in_the_protocols_way_and_stops_the_upstream() {
    let deny = SECRETS.replace("redact", "deny");
    let mut pieces = streamed(&events(&["here: ", KEY, " and on and on "]), false);
    pieces.extend((0..2000).map(|_| b"5\r\n: x\n\n\r\n".to_vec()));
    for (route, wanted) in [
        ("", "\"finish_reason\":\"content_filter\""),
        ("deny_as: error", "\"code\":\"content_filter\""),
    ] {
        let upstream = streaming(pieces.clone(), 5).await;
        let gateway = Gateway::start(&before(upstream.at, route, &deny), &[]).await;
        let reply = send(gateway.address(), &chat_stream("hi")).await;
        assert!(
            reply.text().contains(wanted) && !reply.text().contains("AKIA"),
            "{}",
            reply.text()
        );
        assert!(
            upstream.wait_left().await,
            "the upstream is not read any more"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_that_break_end_in_an_error_event_and_nothing_held_goes_out() {
    let texts = ["so far so good. ", "AKIAIOSFODNN7"];
    let cut = streamed(&events(&texts)[..2], false);
    let silent_end = streamed(&events(&texts)[..2], true);
    let mut junk = streamed(&events(&texts)[..2], false);
    junk.push(b"14\r\ndata: {\"choices\":x}\n\r\n".to_vec());
    junk.push(b"1\r\n\n\r\n".to_vec());
    let mut trailers = streamed(&events(&texts)[..2], false);
    trailers.push(b"0\r\nx-trailer: 1\r\n\r\n".to_vec());
    for (what, pieces) in [
        ("cut", cut),
        ("no end", silent_end),
        ("junk", junk),
        ("trailers", trailers),
    ] {
        let upstream = streaming(pieces, 5).await;
        let gateway = Gateway::start(&before(upstream.at, "", SECRETS), &[]).await;
        let reply = send(gateway.address(), &chat_stream("hi")).await;
        assert_eq!(reply.status, 200, "{what}");
        assert!(
            reply.text().contains("so far so good"),
            "{what}: {}",
            reply.text()
        );
        assert!(
            reply.text().contains("data: {\"error\":"),
            "{what}: {}",
            reply.text()
        );
        assert!(!reply.text().contains("AKIA"), "{what}: {}", reply.text());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_stops_times_out() {
    let mut pieces = streamed(&events(&["one "])[..1], false);
    pieces.push(Vec::new());
    let upstream = streaming(pieces, 1500).await;
    let gateway = Gateway::start(&before(upstream.at, "timeouts: { idle: 200ms }", ""), &[]).await;
    let started = std::time::Instant::now();
    let reply = send(gateway.address(), &chat_stream("hi")).await;
    assert!(
        reply.text().contains("did not go on in time"),
        "{}",
        reply.text()
    );
    assert!(started.elapsed() < Duration::from_millis(2800));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_buffered_stream_is_decided_as_a_whole() {
    // Only a rule that sees all of the text can find this.
    for (texts, is_denied) in [
        (["FORB", "IDDEN", " word"], true),
        (["all", " is", " well"], false),
    ] {
        let upstream = streaming(streamed(&events(&texts), true), 5).await;
        let gateway = Gateway::start(&before(upstream.at, "stream: buffer", ""), &[]).await;
        let reply = send(gateway.address(), &chat_stream("hi")).await;
        assert_eq!(
            reply.text().contains("content_filter"),
            is_denied,
            "{}",
            reply.text()
        );
        assert_eq!(said(&reply.body).is_empty(), is_denied);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn held_text_keeps_the_connection_alive_and_a_client_that_leaves_is_noticed() {
    let mut pieces = streamed(&events(&["AKIA", "IOSF", "ODNN"])[..3], false);
    pieces.extend((0..3000).map(|_| b"5\r\n: x\n\n\r\n".to_vec()));
    let upstream = streaming(pieces, 5).await;
    let more = format!("{SECRETS}audit: {{ path: a.jsonl }}\n");
    let gateway = Gateway::start(&before(upstream.at, "", &more), &[]).await;
    let mut stream = tokio::net::TcpStream::connect(gateway.address())
        .await
        .unwrap();
    stream.write_all(&chat_stream("hi")).await.unwrap();
    let mut seen = Vec::new();
    while !String::from_utf8_lossy(&seen).contains(": held") {
        let mut piece = [0; 1024];
        let read = tokio::time::timeout(Duration::from_secs(5), stream.read(&mut piece))
            .await
            .unwrap()
            .unwrap();
        assert!(read > 0);
        seen.extend_from_slice(&piece[..read]);
    }
    assert!(!String::from_utf8_lossy(&seen).contains("AKIA"));
    drop(stream);
    assert!(upstream.wait_left().await);
    for _ in 0..100 {
        if gateway
            .metrics()
            .await
            .contains("caponier_streams_open 0\n")
        {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let metrics = gateway.metrics().await;
    assert!(
        metrics.contains("caponier_streams_open 0\n")
            && metrics.contains("caponier_stream_held_bytes 0\n"),
        "{metrics}"
    );
    let folder = gateway.stop().await;
    let log = std::fs::read_to_string(folder.path().join("a.jsonl")).unwrap();
    assert!(
        log.contains("\"kind\":\"discarded\"") && !log.contains("AKIA"),
        "{log}"
    );
}
