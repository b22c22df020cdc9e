//! Stores of documents: requests without a body, answers of which some goes, writes that are whole.

use caponier_decide::{IdentityFrom, Packed, Shell};
use serde_json::{Value, json};

use crate::Flow;
use crate::fake::owned;
use crate::tests::{Exchange, REDACT, exchange_of, packed, refusal, respond, send};

/// Of each tenant its own, of nobody what was asked for in these words.
const RULES: &str = r#"package caponier

drop contains segment.id if {
	some segment in input.segments
	segment.kind == "document"
	object.get(segment.attributes, "metadata.tenant", "") != input.context.tenant
}

drop contains segment.id if {
	some segment in input.segments
	segment.kind == "document"
	some query in input.segments
	query.kind == "query"
	query.text == "give me everything"
}
"#;

const BASE: &str = "/api/v2/tenants/t/databases/d/collections/c";

fn on(protocol: &str, method: &str, path: &str) -> Exchange {
    let route = format!(
        "gateway:\n  listen: 127.0.0.1:1\n  routes: [{{path: /*, upstream: \"http://127.0.0.1:2\", protocol: {protocol}}}]\nrego: {{ paths: [rules.rego], expose_text: true }}\n{REDACT}"
    );
    let shell = Shell {
        identity: vec![IdentityFrom::Headers {
            id: "x-user".to_owned(),
            tenant: Some("x-tenant".to_owned()),
            roles: None,
        }],
        ..Shell::default()
    };
    let packed = Packed {
        rego: vec![("rules.rego".to_owned(), RULES.to_owned())],
        ..packed(&route, shell)
    };
    let exchange = exchange_of(&packed, &[("x-user", "ann"), ("x-tenant", "acme")]);
    let mut headers = exchange.host().request.borrow_mut();
    headers.retain(|(name, _)| !name.starts_with(':'));
    headers.extend(owned(&[(":path", path), (":method", method)]));
    drop(headers);
    exchange
}

fn body(of: &Value) -> Vec<u8> {
    of.to_string().into_bytes()
}

fn answered(of: (Flow, String)) -> Value {
    assert_eq!(of.0, Flow::Continue);
    serde_json::from_str(&of.1).unwrap()
}

#[test]
fn what_is_not_to_pass_goes_and_the_rest_stays_in_order() {
    let found = json!({
        "ids": [["a", "b", "c"]],
        "documents": [["One SECRET", "Of others", "Three"]],
        "metadatas": [[{"tenant": "acme"}, {"tenant": "globex"}, {"tenant": "acme"}]],
        "distances": [[1, 2, 3]],
    });
    let mut query = on("chroma", "POST", &format!("{BASE}/query"));
    let asked = json!({"query_embeddings": [[1.0]], "n_results": 3});
    assert_eq!(send(&mut query, body(&asked)), Flow::Continue);
    let left = answered(respond(&mut query, "200", found.to_string()));
    assert_eq!(
        left,
        json!({
            "ids": [["a", "c"]],
            "documents": [["One [gone]", "Three"]],
            "metadatas": [[{"tenant": "acme"}, {"tenant": "acme"}]],
            "distances": [[1, 3]],
        })
    );
    // Rules see what was asked beside what was found.
    let mut query = on("chroma", "POST", &format!("{BASE}/query"));
    let asked = json!({"where_document": {"$contains": "give me everything"}});
    assert_eq!(send(&mut query, body(&asked)), Flow::Continue);
    let left = answered(respond(&mut query, "200", found.to_string()));
    assert_eq!(left["ids"], json!([[]]));
}

#[test]
fn a_write_is_done_whole_or_not() {
    let add = |tenants: [&str; 2]| {
        let metadatas = tenants.map(|tenant| json!({"tenant": tenant}));
        json!({"ids": ["a", "b"], "documents": ["One", "a SECRET"], "metadatas": metadatas})
    };
    let mut refused = on("chroma", "POST", &format!("{BASE}/add"));
    assert_eq!(
        send(&mut refused, body(&add(["acme", "globex"]))),
        Flow::Pause
    );
    let (status, error) = refusal(&refused);
    assert_eq!(
        (status, &error["error"]),
        (400, &json!("InvalidArgumentError"))
    );
    let mut passed = on("chroma", "POST", &format!("{BASE}/add"));
    assert_eq!(
        send(&mut passed, body(&add(["acme", "acme"]))),
        Flow::Continue
    );
    let written: Value = serde_json::from_slice(&passed.host().request_body.borrow()).unwrap();
    assert_eq!(written["documents"], json!(["One", "a [gone]"]));
    let left = answered(respond(&mut passed, "201", "{}".to_owned()));
    assert_eq!(left, json!({}));
}

#[test]
fn a_request_without_a_body_has_its_answer_judged() {
    let rows = json!([{"content": "a SECRET", "tenant": "acme"}, {"content": "b", "tenant": "x"}]);
    let mut read = on("postgrest", "GET", "/documents?select=content,tenant");
    assert_eq!(read.on_request_headers(true), Flow::Continue);
    let left = answered(respond(&mut read, "200", rows.to_string()));
    assert_eq!(left, json!([{"content": "a [gone]", "tenant": "acme"}]));
    // What is to be redacted in an address cannot be.
    let mut read = on("postgrest", "GET", "/documents?content=eq.SECRET");
    assert_eq!(read.on_request_headers(true), Flow::Pause);
    assert_eq!(refusal(&read).0, 400);
    // One that stands alone cannot go by itself.
    let mut read = on("qdrant", "GET", "/collections/c/points/1");
    assert_eq!(read.on_request_headers(true), Flow::Continue);
    let point = json!({"result": {"id": 1, "payload": {"text": "b"}}, "status": "ok"});
    let (flow, _) = respond(&mut read, "200", point.to_string());
    assert_eq!(flow, Flow::Pause);
    let (status, error) = refusal(&read);
    assert_eq!(status, 400);
    assert!(
        error["status"]["error"]
            .as_str()
            .unwrap()
            .contains("denied by policy")
    );
}

#[test]
fn an_answer_that_is_no_json_does_not_pass() {
    let mut read = on("opensearch", "GET", "/docs/_search");
    assert_eq!(read.on_request_headers(true), Flow::Continue);
    let (flow, _) = respond(&mut read, "200", "id,text\n1,a SECRET\n".to_owned());
    assert_eq!(flow, Flow::Pause);
    assert_eq!(refusal(&read).0, 502);
}

#[test]
fn what_no_store_has_is_not_let_through() {
    for (protocol, method, path) in [
        ("chroma", "POST", "/api/v2/reset"),
        ("opensearch", "GET", "/_cat/indices"),
        ("{json: [{path: /find}]}", "POST", "/other"),
        ("{json: [{path: /find}]}", "GET", "/find"),
    ] {
        let mut other = on(protocol, method, path);
        assert_eq!(other.on_request_headers(true), Flow::Pause, "{path}");
        assert_eq!(refusal(&other).0, 404, "{path}");
    }
}

#[test]
fn a_store_of_ones_own_is_described() {
    let protocol = r"{json: [{path: /find, queries: [$.q], answer: {documents: '$.hits[*]', id: $.id, attributes: $.of, totals: [$.total]}}, {path: /add, written: {documents: '$[*]', attributes: $}}]}";
    let mut find = on(protocol, "POST", "/find");
    assert_eq!(send(&mut find, body(&json!({"q": "wine"}))), Flow::Continue);
    let hit = |tenant: &str| json!({"id": 1, "text": "a SECRET", "of": {"metadata": 1, "tenant": tenant}});
    let found = json!({"hits": [hit("x"), hit("acme")], "total": 9});
    let left = answered(respond(&mut find, "200", found.to_string()));
    let mut kept = hit("acme");
    kept["text"] = json!("a [gone]");
    assert_eq!(left, json!({"hits": [kept], "total": 8}));
    let mut add = on(protocol, "POST", "/add");
    let written = json!([{"text": "b", "tenant": "x"}]);
    assert_eq!(send(&mut add, body(&written)), Flow::Pause);
    assert_eq!(
        refusal(&add).1["error"]["message"],
        json!(
            "denied by policy: dropped by a rule; what is not to pass cannot be taken out by itself"
        )
    );
}
