//! Files on their way through Envoy: a form is judged by its content type, and what is read of one
//! by its rows.

use caponier_decide::Shell;
use serde_json::json;

use crate::Flow;
use crate::fake::owned;
use crate::tests::{DENY, Exchange, REDACT, exchange, refusal, respond, send};

const KIND: &str = "multipart/form-data; boundary=b1";

fn on(method: &str, path: &str, more: &str, headers: &[(&str, &str)]) -> Exchange {
    let exchange = exchange(more, Shell::default(), &[]);
    let mut asked = exchange.host().request.borrow_mut();
    asked.retain(|(name, _)| ![":path", ":method", "content-type"].contains(&name.as_str()));
    asked.extend(owned(&[(":path", path), (":method", method)]));
    asked.extend(owned(headers));
    drop(asked);
    exchange
}

fn form(text: &str) -> Vec<u8> {
    let body = json!({"model": "m", "messages": [{"role": "user", "content": text}]});
    let row =
        json!({"custom_id": "a", "method": "POST", "url": "/v1/chat/completions", "body": body});
    format!(
        "--b1\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nbatch\r\n--b1\r\n\
         Content-Disposition: form-data; name=\"file\"; filename=\"x.jsonl\"\r\n\r\n{row}\n\r\n--b1--\r\n"
    )
    .into_bytes()
}

#[test]
fn each_row_of_an_upload_is_judged() {
    let kind = [("content-type", KIND)];
    let mut denied = on("POST", "/v1/files", DENY, &kind);
    assert_eq!(send(&mut denied, form("a SECRET")), Flow::Pause);
    let (status, body) = refusal(&denied);
    assert_eq!(
        (status, &body["error"]["code"]),
        (400, &json!("content_filter"))
    );
    let mut redacted = on("POST", "/v1/files", REDACT, &kind);
    assert_eq!(send(&mut redacted, form("a SECRET")), Flow::Continue);
    assert_eq!(
        *redacted.host().request_body.borrow(),
        form("a [gone]"),
        "and nothing else"
    );
    for kinds in [
        &[][..],
        &[("content-type", "application/octet-stream")],
        &[("content-type", "multipart/form-data; boundary=b2")],
        &[("content-type", KIND), ("content-type", KIND)],
    ] {
        let mut odd = on("POST", "/v1/files", "", kinds);
        assert_eq!(send(&mut odd, form("Hello")), Flow::Pause, "{kinds:?}");
        assert_eq!(refusal(&odd).0, 400, "{kinds:?}");
    }
}

#[test]
fn results_that_are_read_are_judged_whole() {
    let row = |text: &str| {
        let answer =
            json!({"choices": [{"index": 0, "message": {"role": "assistant", "content": text}}]});
        json!({"custom_id": "a", "response": {"status_code": 200, "body": answer}}).to_string()
            + "\n"
    };
    let range = [("range", "bytes=0-9")];
    let mut read = on("GET", "/v1/files/file-1/content", REDACT, &range);
    assert_eq!(read.on_request_headers(true), Flow::Continue);
    let asked = read.host().request.borrow().clone();
    assert!(asked.iter().all(|(name, _)| name != "range"));
    let (flow, body) = respond(&mut read, "200", row("Fine.") + &row("a SECRET"));
    assert_eq!(flow, Flow::Continue);
    assert_eq!(body, row("Fine.") + &row("a [gone]"));
    // What only a lenient server takes for it is refused.
    for path in ["/v1/Files/file-1/content", "/v1/files/file-1/content/"] {
        let pass = "gateway:\n  listen: 127.0.0.1:1\n  routes: [{path: /v1/*, upstream: \"http://127.0.0.1:2\", unknown_endpoints: pass}]\n";
        let mut like = on("GET", path, pass, &[]);
        assert_eq!(like.on_request_headers(true), Flow::Pause, "{path}");
    }
}
