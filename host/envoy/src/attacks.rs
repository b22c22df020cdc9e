//! What is not read, or cannot be carried out, does not pass.

use caponier_decide::{IdentityFrom, Shell};

use crate::tests::{
    DENY, Exchange, answer, ask, event, exchange, open_stream, refusal, respond, send, stream,
};
use crate::{Flow, fake::owned};

fn plain() -> Exchange {
    exchange("", Shell::default(), &[])
}

fn put(exchange: &Exchange, name: &str, value: &[u8]) {
    let mut headers = exchange.host().request.borrow_mut();
    headers.retain(|(known, _)| known != name);
    headers.push((name.to_owned(), value.to_vec()));
}

#[test]
fn a_head_that_cannot_be_read_is_malformed() {
    let path = b"/v1/chat/completions".as_slice();
    for target in [
        [path, b"?\xff"].concat(),
        [path, b"\xff"].concat(),
        b"/v1\xff/chat/completions".to_vec(),
        b"/elsewhere?\xc3".to_vec(),
    ] {
        let mut exchange = plain();
        put(&exchange, ":path", &target);
        for is_whole in [false, true] {
            assert_eq!(exchange.on_request_headers(is_whole), Flow::Pause);
            assert_eq!(refusal(&exchange).0, 400, "{target:?}");
        }
        assert_eq!(exchange.on_request_body(10, true), Flow::Pause);
        assert_eq!(exchange.on_request_trailers(), Flow::Pause);
    }
    let mut odd = plain();
    put(&odd, ":method", b"PO\xffST");
    assert_eq!(odd.on_request_headers(false), Flow::Pause);
    assert_eq!(refusal(&odd).0, 400);
    for missing in [":path", ":method"] {
        let mut exchange = plain();
        let gone = |(name, _): &(String, Vec<u8>)| name != missing;
        exchange.host().request.borrow_mut().retain(gone);
        assert_eq!(exchange.on_request_headers(false), Flow::Pause);
        assert_eq!(refusal(&exchange).0, 400, "{missing}");
    }
    let mut twice = plain();
    let again = (":path".to_owned(), b"/other".to_vec());
    twice.host().request.borrow_mut().push(again);
    assert_eq!(twice.on_request_headers(false), Flow::Pause);
    assert_eq!(refusal(&twice).0, 400);
    let mut blind = plain();
    blind.host().is_blind.set(true);
    assert_eq!(blind.on_request_headers(false), Flow::Pause);
    assert_eq!(refusal(&blind).0, 400);
}

#[test]
fn headers_that_cannot_be_changed_stop_a_request_and_an_answer() {
    for (name, value) in [("x-caponier-tenant", "forged"), ("x-other", "fine")] {
        let mut fixed = exchange("", Shell::default(), &[(name, value)]);
        fixed.host().is_fixed.set(true);
        assert_eq!(fixed.on_request_headers(false), Flow::Pause);
        assert_eq!(refusal(&fixed).0, 503);
    }
    for blind in [true, false] {
        let mut answered = plain();
        send(&mut answered, ask("Go on"));
        answered.host().is_blind.set(blind);
        answered.host().is_fixed.set(!blind);
        *answered.host().response.borrow_mut() = owned(&[(":status", "200"), ("etag", "x")]);
        assert_eq!(answered.on_response_headers(false), Flow::Pause);
        assert_eq!(refusal(&answered).0, 502);
        assert_eq!(answered.on_response_body(9, true), Flow::Pause);
        assert_eq!(answered.on_response_trailers(), Flow::Pause);
    }
}

#[test]
fn odd_bytes_in_headers_that_matter_open_nothing() {
    for (name, value, status) in [
        ("content-encoding", b"\xff".as_slice(), 415),
        ("content-encoding", b"identity, \xff", 415),
        ("content-type", b"application/json; charset=\xff", 415),
        ("upgrade", b"\xff", 404),
    ] {
        let mut exchange = plain();
        put(&exchange, name, value);
        assert_eq!(exchange.on_request_headers(false), Flow::Pause, "{name}");
        assert_eq!(refusal(&exchange).0, status, "{name}");
        assert_eq!(exchange.on_request_body(10, true), Flow::Pause);
    }
    // What announces a length that nobody can read announces nothing: the body itself is counted.
    let mut long = exchange("limits: { body: 1KiB }\n", Shell::default(), &[]);
    put(&long, "content-length", b"\xff");
    assert_eq!(long.on_request_headers(false), Flow::Pause);
    assert_eq!(long.on_request_body(1025, false), Flow::Pause);
    assert_eq!(refusal(&long).0, 413);
}

fn named() -> Vec<IdentityFrom> {
    let headers = |id: &str| IdentityFrom::Headers {
        id: id.into(),
        tenant: Some("x-tenant".into()),
        roles: Some("x-roles".into()),
    };
    vec![headers("x-user"), headers("x-service")]
}

#[test]
fn an_identity_that_cannot_be_read_is_nobodys() {
    let identity = || Shell {
        identity: named(),
        ..Shell::default()
    };
    let good = [("x-user", "ann"), ("x-tenant", "acme"), ("x-roles", "dev")];
    let mut known = exchange("", identity(), &good);
    assert_eq!(send(&mut known, ask("Hello")), Flow::Continue);
    for name in ["x-user", "x-tenant", "x-roles"] {
        for value in [b"\xff".as_slice(), b"acme\x01"] {
            // Another source would vouch for it: the one that cannot be read comes first.
            let mut exchange = exchange("", identity(), &good);
            put(&exchange, "x-service", b"batch");
            put(&exchange, name, value);
            assert_eq!(exchange.on_request_headers(false), Flow::Pause, "{name}");
            assert_eq!(refusal(&exchange).0, 401, "{name}");
        }
        let mut twice = exchange("", identity(), &good);
        let again = (name.to_owned(), b"other".to_vec());
        twice.host().request.borrow_mut().push(again);
        assert_eq!(twice.on_request_headers(false), Flow::Pause, "{name}");
        assert_eq!(refusal(&twice).0, 401, "{name}");
    }
    // A tenant that was asked for and is not there does not become "no tenant".
    let mut stray = exchange("", identity(), &[("x-user", "ann")]);
    assert_eq!(stray.on_request_headers(false), Flow::Pause);
    assert_eq!(refusal(&stray).0, 401);
}

#[test]
fn claims_that_are_no_text_are_nobodys() {
    let shell = |tenant: &str| Shell {
        identity: vec![IdentityFrom::JwtAuthn {
            payload: "jwt".into(),
            id: "sub".into(),
            tenant: Some(tenant.into()),
            roles: None,
        }],
        ..Shell::default()
    };
    // A number's bytes, a null, and nothing at all.
    for (tenant, claim) in [
        ("org", Some(2.0_f64.to_le_bytes().to_vec())),
        ("org", Some(vec![1])),
        ("org", Some(vec![0xff])),
        ("null", None),
        ("org", None),
    ] {
        let mut exchange = exchange("", shell(tenant), &[]);
        let start = "metadata/filter_metadata/envoy.filters.http.jwt_authn/jwt";
        {
            let mut properties = exchange.host().properties.borrow_mut();
            properties.insert(format!("{start}/sub"), b"ann".to_vec());
            if let Some(claim) = claim {
                properties.insert(format!("{start}/{tenant}"), claim);
            }
        }
        assert_eq!(exchange.on_request_headers(false), Flow::Pause);
        assert_eq!(refusal(&exchange).0, 401, "{tenant}");
    }
}

/// Nothing passes, either way, whatever comes.
fn nothing_passes(exchange: &mut Exchange) {
    for _ in 0..2 {
        assert_eq!(exchange.on_request_body(3, false), Flow::Pause);
        assert_eq!(exchange.on_request_body(3, true), Flow::Pause);
        assert_eq!(exchange.on_request_trailers(), Flow::Pause);
        assert_eq!(exchange.on_response_headers(false), Flow::Pause);
        assert_eq!(exchange.on_response_body(3, false), Flow::Pause);
        assert_eq!(exchange.on_response_body(3, true), Flow::Pause);
        assert_eq!(exchange.on_response_trailers(), Flow::Pause);
    }
}

#[test]
fn a_refusal_that_cannot_be_sent_stays_one() {
    let mut request = plain();
    request.host().is_mute.set(true);
    assert_eq!(send(&mut request, ask("a SECRET")), Flow::Pause);
    nothing_passes(&mut request);

    let mut unread = plain();
    unread.host().is_mute.set(true);
    put(&unread, ":path", b"\xff");
    assert_eq!(unread.on_request_headers(false), Flow::Pause);
    nothing_passes(&mut unread);

    // An answer that was held: nothing more of it goes out, with a refusal in its place or without.
    for is_mute in [true, false] {
        let mut answer = exchange(DENY, Shell::default(), &[]);
        send(&mut answer, ask("Go on"));
        answer.host().is_mute.set(is_mute);
        let (flow, _) = respond(&mut answer, "200", "{\"choices\": 5}".to_owned());
        assert_eq!(flow, Flow::Pause);
        assert_eq!(refusal(&answer).0, 502);
        nothing_passes(&mut answer);
    }
}

#[test]
fn a_stream_that_cannot_be_written_ends_for_good() {
    let mut live = open_stream("");
    stream(&mut live, &[event("Fine.")], false);
    live.host().is_stuck.set(true);
    *live.host().response_body.borrow_mut() = event("a SECRET").into_bytes();
    assert_eq!(live.on_response_body(40, false), Flow::Pause);
    live.host().is_stuck.set(false);
    nothing_passes(&mut live);
    assert_eq!(live.host().value("caponier_streams_open"), 0);
}

#[test]
fn a_body_after_the_end_does_not_pass() {
    let mut sent = plain();
    assert_eq!(send(&mut sent, ask("Hello")), Flow::Continue);
    assert_eq!(sent.on_request_body(5, true), Flow::Pause);
    assert_eq!(refusal(&sent).0, 400);
    let mut live = open_stream("");
    assert_eq!(live.on_request_trailers(), Flow::Continue);
    assert_eq!(live.on_request_body(5, true), Flow::Pause);
    nothing_passes(&mut live);
}

#[test]
fn compressed_bodies_are_judged_plain() {
    use std::io::Write as _;
    let pack = |plain: &[u8]| {
        let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        writer.write_all(plain).unwrap();
        writer.finish().unwrap()
    };
    let headers = [("content-encoding", "gzip"), ("content-length", "7")];
    let limits = "limits: { body: 4KiB, over_limit: allow }\n";
    let open = || exchange(&format!("{DENY}{limits}"), Shell::default(), &headers);
    let mut clean = open();
    assert_eq!(send(&mut clean, pack(&ask("Hello"))), Flow::Continue);
    assert_eq!(*clean.host().request_body.borrow(), ask("Hello"));
    let length = ask("Hello").len().to_string().into_bytes();
    {
        let request = clean.host().request.borrow();
        let value = |name: &str| request.iter().find(|(known, _)| known == name);
        assert_eq!(value("content-encoding"), None);
        assert_eq!(value("content-length").unwrap().1, length);
    }
    let bomb = ask(&"x".repeat(1 << 20));
    let noise = (0..8192_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8);
    for (body, status) in [
        (pack(&ask("a SECRET")), 400),
        (pack(&bomb), 413),
        (pack(&noise.collect::<Vec<u8>>()), 413),
        (ask("Hello"), 400),
        (pack(&ask("Hello"))[..30].to_vec(), 400),
        (vec![], 400),
    ] {
        let mut denied = open();
        let size = body.len();
        assert_eq!(denied.on_request_headers(false), Flow::Pause);
        *denied.host().request_body.borrow_mut() = body;
        assert_eq!(denied.on_request_body(size, true), Flow::Pause);
        assert_eq!(refusal(&denied).0, status);
    }
    let mut stuck = open();
    stuck.host().is_stuck.set(true);
    assert_eq!(send(&mut stuck, pack(&ask("Hello"))), Flow::Pause);
    assert_eq!(refusal(&stuck).0, 503);
    for several in ["gzip, gzip", "br", "gzip, br", "deflate", "zstd"] {
        let mut other = exchange("", Shell::default(), &[("content-encoding", several)]);
        assert_eq!(other.on_request_headers(false), Flow::Pause);
        assert_eq!(refusal(&other).0, 415, "{several}");
    }
}

#[test]
fn a_request_that_passes_for_its_size_has_its_answer_judged() {
    let limits = "limits: { body: 1KiB, over_limit: allow }\n";
    let large = ask(&format!("a SECRET {}", "x".repeat(4096)));
    let open = || {
        let mut large_one = exchange(&format!("{DENY}{limits}"), Shell::default(), &[]);
        assert_eq!(large_one.on_request_headers(false), Flow::Pause);
        *large_one.host().request_body.borrow_mut() = large.clone();
        assert_eq!(large_one.on_request_body(1024, false), Flow::Pause);
        assert_eq!(large_one.on_request_body(2048, false), Flow::Continue);
        large_one
    };
    for (said, status) in [("Hello", "flag"), ("a SECRET", "deny")] {
        let mut whole = open();
        assert_eq!(whole.on_request_body(large.len(), true), Flow::Continue);
        assert_eq!(*whole.host().request_body.borrow(), large);
        let (flow, body) = answer(&mut whole, "200", said);
        assert_eq!(flow, Flow::Continue);
        assert!(!body.contains("SECRET"), "{body}");
        let action = whole.host().response_header("x-caponier-action");
        assert_eq!(action.as_deref(), Some(status));
    }
    // The model begins to answer before it has read everything.
    let mut early = open();
    *early.host().response.borrow_mut() =
        owned(&[(":status", "200"), ("content-type", "text/event-stream")]);
    assert_eq!(early.on_response_headers(false), Flow::Continue);
    assert_eq!(early.on_request_body(large.len(), true), Flow::Continue);
    let out = stream(&mut early, &[event("a SECRET word")], false);
    assert!(!out.contains("SECRET"), "{out}");
    // Where access is denied, size is no way around it.
    let mut stuck = exchange(
        &format!("{DENY}limits: {{ body: 1KiB }}\n"),
        Shell::default(),
        &[],
    );
    assert_eq!(stuck.on_request_headers(false), Flow::Pause);
    assert_eq!(stuck.on_request_body(2048, false), Flow::Pause);
    assert_eq!(refusal(&stuck).0, 413);
}

#[test]
fn only_a_get_without_a_body_is_a_mere_read() {
    let open = |method: &str, path: &str| {
        let routes = "gateway:\n  listen: 127.0.0.1:1\n  routes: [{path: /v1/*, upstream: \"http://127.0.0.1:2\", unknown_endpoints: pass}]\n";
        let exchange = exchange(routes, Shell::default(), &[]);
        put(&exchange, ":method", method.as_bytes());
        put(&exchange, ":path", path.as_bytes());
        exchange
    };
    for (method, is_whole, flow) in [
        ("GET", true, Flow::Continue),
        ("GET", false, Flow::Pause),
        ("HEAD", true, Flow::Pause),
        ("post", false, Flow::Pause),
        ("PUT", false, Flow::Pause),
    ] {
        let mut exchange = open(method, "/v1/chat/completions");
        assert_eq!(exchange.on_request_headers(is_whole), flow, "{method}");
    }
    let mut other = open("PUT", "/v1/uploads");
    assert_eq!(other.on_request_headers(false), Flow::Continue);
    assert_eq!(other.on_request_body(9, true), Flow::Continue);
}
