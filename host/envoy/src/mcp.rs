//! Messages of MCP: judged one by one, in bodies and in streams, and the session goes on.

use caponier_decide::Shell;
use serde_json::{Value, json};

use crate::Flow;
use crate::fake::owned;
use crate::tests::{
    DENY, Exchange, REDACT, ask, exchange, exchange_of, packed, refusal, respond, send, stream,
};

/// An exchange on a route that speaks MCP.
fn on(method: &str, path: &str, more: &str, headers: &[(&str, &str)]) -> Exchange {
    with(Shell::default(), method, path, more, headers)
}

fn with(shell: Shell, method: &str, path: &str, more: &str, headers: &[(&str, &str)]) -> Exchange {
    let route = "{path: /mcp/*, protocol: mcp, upstream: \"http://127.0.0.1:2\"}";
    let gateway = format!("gateway:\n  listen: 127.0.0.1:1\n  routes: [{route}]\n");
    let exchange = exchange(&(gateway + more), shell, &[]);
    let mut all = owned(&[(":path", path), (":method", method)]);
    all.extend(owned(headers));
    *exchange.host().request.borrow_mut() = all;
    exchange
}

fn posted(more: &str) -> Exchange {
    on("POST", "/mcp/", more, &[])
}

fn call(text: &str) -> Vec<u8> {
    json!({"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": {"name": "echo", "arguments": {"text": text}}})
        .to_string()
        .into_bytes()
}

fn prompt(text: &str) -> Vec<u8> {
    json!({"jsonrpc": "2.0", "id": 7, "method": "prompts/get", "params": {"name": "greet", "_meta": {"note": text}}})
        .to_string()
        .into_bytes()
}

fn resource(uri: &str) -> Vec<u8> {
    json!({"jsonrpc": "2.0", "id": 7, "method": "resources/read", "params": {"uri": uri}})
        .to_string()
        .into_bytes()
}

fn result(text: &str) -> Value {
    json!({"jsonrpc": "2.0", "id": 7, "result": {"content": [{"type": "text", "text": text}]}})
}

fn event(message: &Value) -> String {
    format!("event: message\ndata: {message}\n\n")
}

fn answer_streams(exchange: &mut Exchange) {
    let head = owned(&[(":status", "200"), ("content-type", "text/event-stream")]);
    *exchange.host().response.borrow_mut() = head;
    assert_eq!(exchange.on_response_headers(false), Flow::Continue);
}

fn is_denied(message: &Value) {
    assert_eq!(message["id"], 7);
    assert_eq!(message["error"]["code"], -32050);
    let code = &message["error"]["data"]["code"];
    assert_eq!(code, "content_policy_violation");
}

#[test]
fn arguments_and_results_are_denied_as_errors_of_the_protocol() {
    let mut asked = posted(DENY);
    assert_eq!(send(&mut asked, call("a SECRET")), Flow::Pause);
    let (status, body) = refusal(&asked);
    assert_eq!(status, 200);
    is_denied(&body);

    let mut answered = posted(DENY);
    assert_eq!(send(&mut answered, call("Go on")), Flow::Continue);
    let (flow, _) = respond(&mut answered, "200", result("a SECRET").to_string());
    assert_eq!(flow, Flow::Pause);
    let (status, body) = refusal(&answered);
    assert_eq!(status, 200);
    is_denied(&body);
}

#[test]
fn arguments_and_results_are_redacted() {
    let mut exchange = posted(REDACT);
    assert_eq!(send(&mut exchange, prompt("a SECRET")), Flow::Continue);
    assert_eq!(*exchange.host().request_body.borrow(), prompt("a [gone]"));
    let (flow, body) = respond(&mut exchange, "200", result("a SECRET").to_string());
    assert_eq!(flow, Flow::Continue);
    assert_eq!(body, result("a [gone]").to_string());
}

#[test]
fn each_message_of_a_stream_is_judged_by_itself() {
    let log = |text: &str| json!({"jsonrpc": "2.0", "method": "notifications/message", "params": {"level": "info", "data": text}});
    let pieces = [
        ": ping\n\n".to_owned(),
        event(&log("one")),
        event(&log("a SECRET")),
        event(&log("two")),
        event(&result("a SECRET")),
    ];
    let mut denied = posted(DENY);
    send(&mut denied, call("Go on"));
    answer_streams(&mut denied);
    let out = stream(&mut denied, &pieces, true);
    let before = pieces[0].clone() + &pieces[1] + &pieces[3];
    let error = out.strip_prefix(&before).unwrap_or_else(|| panic!("{out}"));
    let error = error.strip_prefix("event: message\ndata: ").unwrap();
    is_denied(&serde_json::from_str(error).unwrap());
    assert_eq!(denied.host().value("caponier_streams_open"), 0);

    let mut redacted = posted(REDACT);
    send(&mut redacted, call("Go on"));
    answer_streams(&mut redacted);
    let out = stream(&mut redacted, &pieces, true);
    assert_eq!(out, pieces.concat().replace("SECRET", "[gone]"));
}

#[test]
fn a_stream_that_breaks_off_says_so_to_whoever_waits() {
    let mut broken = posted(DENY);
    send(&mut broken, call("Go on"));
    answer_streams(&mut broken);
    let half = event(&result("a SECRET"));
    let (half, _) = half.split_at(half.len() - 9);
    let out = stream(&mut broken, &[half.to_owned()], true);
    let error = out.strip_prefix("event: message\ndata: ").unwrap();
    let error: Value = serde_json::from_str(error).unwrap();
    assert_eq!(
        (&error["id"], &error["error"]["code"]),
        (&json!(7), &json!(-32603))
    );
    assert!(!out.contains("SECRET"));
}

#[test]
fn what_a_server_says_unasked_is_judged_and_sessions_end() {
    let mut listening = on("GET", "/mcp/", DENY, &[]);
    assert_eq!(listening.on_request_headers(true), Flow::Continue);
    answer_streams(&mut listening);
    let ask = json!({"jsonrpc": "2.0", "id": 1, "method": "elicitation/create", "params": {"message": "a SECRET"}});
    let fine = json!({"jsonrpc": "2.0", "id": 2, "method": "ping"});
    let out = stream(&mut listening, &[event(&ask), event(&fine)], true);
    assert_eq!(out, event(&fine));

    let mut ended = on("DELETE", "/mcp/", DENY, &[("mcp-session-id", "s")]);
    assert_eq!(ended.on_request_headers(true), Flow::Continue);
    let header = ended.host().request.borrow();
    assert!(header.iter().any(|(name, _)| name == "mcp-session-id"));
}

#[test]
fn a_notification_that_is_denied_is_swallowed() {
    let mut told = posted(DENY);
    let body = json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"reason": "a SECRET"}});
    assert_eq!(send(&mut told, body.to_string().into_bytes()), Flow::Pause);
    let answered = told.host().answered.borrow();
    let (status, _, body) = answered.as_ref().unwrap();
    assert_eq!((*status, body.len()), (202, 0));
}

#[test]
fn a_header_that_repeats_what_is_redacted_does_not_go_on() {
    let headers = [("mcp-param-text", "a SECRET")];
    let mut repeated = on("POST", "/mcp/", REDACT, &headers);
    assert_eq!(send(&mut repeated, prompt("a SECRET")), Flow::Pause);
    let (_, body) = refusal(&repeated);
    is_denied(&body);
    let message = body["error"]["message"].as_str().unwrap();
    assert!(message.contains("a header"), "{message}");
    let mut clean = on("POST", "/mcp/", REDACT, &[("mcp-param-text", "Go on")]);
    assert_eq!(send(&mut clean, prompt("Go on")), Flow::Continue);
    // A name is no text; an address is one.
    let named = |header: &str| on("POST", "/mcp/", REDACT, &[("mcp-name", header)]);
    assert_eq!(
        send(&mut named("greet"), prompt("a SECRET")),
        Flow::Continue
    );
    let mut read = named("file:///a SECRET");
    assert_eq!(send(&mut read, resource("file:///a SECRET")), Flow::Pause);
    is_denied(&refusal(&read).1);
    let mut open = named("file:///public");
    assert_eq!(send(&mut open, resource("file:///public")), Flow::Continue);
}

#[test]
fn what_is_denied_for_a_header_is_recorded_as_denied() {
    let shell = Shell {
        audit: true,
        ..Shell::default()
    };
    let mut read = with(
        shell,
        "POST",
        "/mcp/",
        REDACT,
        &[("mcp-name", "file:///a SECRET")],
    );
    assert_eq!(send(&mut read, resource("file:///a SECRET")), Flow::Pause);
    let host = read.host();
    let log = host.lines.borrow();
    let records: Vec<Value> = log
        .iter()
        .filter_map(|line| line.strip_prefix("caponier-audit "))
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert!(!records.is_empty());
    assert!(
        records.iter().all(|record| record["action"] == "deny"),
        "{records:?}"
    );
}

#[test]
fn other_methods_are_let_through_nowhere_and_metadata_where_it_is_listed() {
    for method in ["PUT", "PATCH", "HEAD", "OPTIONS"] {
        let mut other = on(method, "/mcp/", DENY, &[]);
        assert_eq!(other.on_request_headers(true), Flow::Pause, "{method}");
        assert_eq!(refusal(&other).0, 404);
    }
}

#[test]
fn an_answer_in_another_charset_is_not_read() {
    let chat = || exchange(DENY, Shell::default(), &[]);
    for status in ["200", "404"] {
        for kind in [
            "text/event-stream; charset=utf-7",
            "text/event-stream;charset=\"UTF-16\"",
            "application/json; charset=utf-16le",
            "text/plain; charset*=utf-7''",
        ] {
            for (mut answered, body) in [(posted(DENY), call("Go on")), (chat(), ask("Go on"))] {
                send(&mut answered, body);
                let head = owned(&[(":status", status), ("content-type", kind)]);
                *answered.host().response.borrow_mut() = head;
                assert_eq!(answered.on_response_headers(false), Flow::Pause, "{kind}");
                let (_, body) = refusal(&answered);
                assert!(
                    body["error"]["message"]
                        .as_str()
                        .unwrap()
                        .contains("charset")
                );
                let name = "caponier_upstream_errors_total;kind=charset";
                assert_eq!(answered.host().value(name), 1, "{kind}");
            }
        }
    }
}

#[test]
fn an_error_that_is_escaped_json_is_no_text() {
    let chat = || exchange(DENY, Shell::default(), &[]);
    let escaped = "\\u0053ECRET";
    let object = format!("{{\"a\": \"{escaped}\", \"a\": 1}}");
    let foreign = format!("{{\"detail\": \"{escaped}\"}}");
    let wide: String = object.chars().flat_map(|c| ['\0', c]).collect();
    for body in [
        object.clone(),
        format!(" \u{feff}\n{object}"),
        format!("[\"{escaped}\"]"),
        format!("\"{escaped}\""),
        wide,
        "{\"a\": \"SEC\", \"a\": \"RET\"}".to_owned(),
    ] {
        for (mut answered, asked) in [(posted(DENY), call("Go on")), (chat(), ask("Go on"))] {
            send(&mut answered, asked);
            let (flow, _) = respond(&mut answered, "404", body.clone());
            assert_eq!(flow, Flow::Pause, "{body}");
            let (_, said) = refusal(&answered);
            let message = said["error"]["message"].as_str().unwrap();
            assert!(message.contains("not what the format says"), "{message}");
        }
    }
    let mut answered = posted(DENY);
    send(&mut answered, call("Go on"));
    assert_eq!(respond(&mut answered, "404", foreign).0, Flow::Pause);
    for body in [
        "Not Found",
        "<p>\\o/</p>",
        "{\"detail\":\"Method Not Allowed\"}",
    ] {
        let mut answered = posted(DENY);
        send(&mut answered, call("Go on"));
        let passed = respond(&mut answered, "405", body.to_owned());
        assert_eq!(passed, (Flow::Continue, body.to_owned()));
    }
}

#[test]
fn labels_of_a_message_are_not_those_of_the_next() {
    let rules = r#"package caponier
labels contains {"seen": "yes"} if {
	input.context.stage == "retrieval"
	count(input.findings) > 0
}
deny contains "it is labelled" if {
	input.prior.labels.seen == "yes"
	count(input.findings) == 0
}
"#;
    let route = "{path: /mcp/*, protocol: mcp, upstream: \"http://127.0.0.1:2\"}";
    let config = format!(
        "gateway:\n  listen: 127.0.0.1:1\n  routes: [{route}]\nactions: {{\"finder/*\": flag}}\n"
    );
    let mut packed = packed(&config, Shell::default());
    packed.rego.push(("more.rego".to_owned(), rules.to_owned()));
    let mut told = exchange_of(&packed, &[(":path", "/mcp/")]);
    *told.host().request.borrow_mut() = owned(&[(":path", "/mcp/"), (":method", "POST")]);
    send(&mut told, call("Go on"));
    answer_streams(&mut told);
    let log = |text: &str| json!({"jsonrpc": "2.0", "method": "notifications/message", "params": {"level": "info", "data": text}});
    let pieces = [event(&log("a SECRET")), event(&log("two words"))];
    let out = stream(&mut told, &pieces, true);
    assert!(out.starts_with(&pieces.concat()), "{out}");
}
