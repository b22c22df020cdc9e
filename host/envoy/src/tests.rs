//! Exchanges driven callback by callback, without Envoy.

use std::cell::RefCell;
use std::rc::Rc;

use caponier_config::{Config, parse};
use caponier_core::{
    Edit, Fault, FaultKind, Kind, Manifest, Mode, OnError, PluginSpec, RawFinding, Report,
    ReportLimits, Rule, Scope, Severity, Span, Stage,
};
use caponier_decide::{Grants, GuestCall, Guests, IdentityFrom, Packed, PackedPlugin, Shell};
use serde_json::{Value, json};

use crate::fake::{Fake, owned};
use crate::{Filter, Flow, Root};

const PATH: &str = "/v1/chat/completions";

/// A plugin that finds `SECRET`, fails on `CRASH` and puts `plain` in the place of `TOKEN`.
#[derive(Default)]
pub(crate) struct Finder {
    calls: RefCell<usize>,
}

impl Guests for Finder {
    type Memo = ();

    fn inspect(&self, call: &GuestCall<'_>, (): &mut ()) -> Result<Report, Fault> {
        *self.calls.borrow_mut() += 1;
        let mut report = Report::default();
        for segment in call.segments {
            if segment.text.contains("CRASH") {
                return Err(Fault::new(FaultKind::Trap, "it trapped"));
            }
            for (start, found) in segment.text.match_indices("SECRET") {
                report.findings.push(RawFinding {
                    rule: "word".into(),
                    severity: Severity::High,
                    confidence: 1.0,
                    segment: segment.id,
                    span: Some(Span::new(start, start + found.len())),
                    message: "WORDED-BY-PLUGIN".into(),
                    replacement: Some("[gone]".into()),
                    attributes: vec![],
                });
            }
            for (start, found) in segment.text.match_indices("TOKEN") {
                report.edits.push(Edit {
                    segment: segment.id,
                    span: Span::new(start, start + found.len()),
                    replacement: "plain".into(),
                });
            }
        }
        Ok(report)
    }
}

fn plugin() -> PackedPlugin {
    let manifest = Manifest {
        name: "finder".into(),
        version: "1.0.0".into(),
        description: String::new(),
        stages: Stage::ALL.to_vec(),
        kinds: Kind::ALL.to_vec(),
        scope: Scope::Segment,
        rules: vec![Rule {
            id: "word".into(),
            name: "word".into(),
            title: String::new(),
            severity: Severity::High,
            category: None,
            window: Some(16),
        }],
        settings_schema: String::new(),
        attributes: vec![],
    };
    let spec = PluginSpec {
        stages: manifest.stages.clone(),
        manifest: manifest.checked(None).unwrap().into(),
        mode: Mode::Enforce,
        on_error: OnError::Deny,
        rewrite: true,
        limits: ReportLimits::default(),
    };
    let grants = Grants {
        rewrite: true,
        ..Grants::default()
    };
    PackedPlugin::new(&spec, "file:finder.wasm", grants, 1 << 20)
}

fn config(more: &str) -> Config {
    let gateway = "gateway:\n  listen: 127.0.0.1:1\n  routes: [{path: /v1/*, upstream: \"http://127.0.0.1:2\"}]\n";
    let gateway = if more.starts_with("gateway") {
        ""
    } else {
        gateway
    };
    let text = format!("version: 1\n{gateway}{more}");
    parse("test", &text).unwrap()
}

pub(crate) fn packed(more: &str, shell: Shell) -> Packed {
    let more = if more.is_empty() { DENY } else { more };
    Packed::new(
        "sha256:00",
        &config(more),
        vec![plugin()],
        vec![],
        serde_json::Map::new(),
        shell,
    )
}

pub(crate) type Exchange = Filter<Fake, Finder>;

pub(crate) fn exchange(more: &str, shell: Shell, headers: &[(&str, &str)]) -> Exchange {
    exchange_of(&packed(more, shell), headers)
}

pub(crate) fn exchange_of(packed: &Packed, headers: &[(&str, &str)]) -> Exchange {
    let bytes = packed.to_json().unwrap();
    let read = Packed::from_json(&bytes).unwrap();
    assert!(read == *packed, "it comes back as it was");
    let mut all = vec![(":path", PATH), (":method", "POST")];
    all.extend_from_slice(headers);
    all.dedup_by_key(|(name, _)| *name);
    let fake = Fake::asked(&all);
    let root = Root::new(&fake, read, Finder::default()).unwrap();
    Filter::new(fake, Rc::new(root))
}

pub(crate) fn ask(text: &str) -> Vec<u8> {
    json!({"model": "m", "messages": [{"role": "user", "content": text}]})
        .to_string()
        .into_bytes()
}

pub(crate) fn send(exchange: &mut Exchange, body: Vec<u8>) -> Flow {
    let size = body.len();
    assert_eq!(exchange.on_request_headers(false), Flow::Pause);
    *exchange.host().request_body.borrow_mut() = body;
    assert_eq!(exchange.on_request_body(size / 2, false), Flow::Pause);
    exchange.on_request_body(size, true)
}

pub(crate) fn answer(exchange: &mut Exchange, status: &str, text: &str) -> (Flow, String) {
    let body = json!({"choices": [{"index": 0, "finish_reason": "stop",
        "message": {"role": "assistant", "content": text}}]})
    .to_string();
    respond(exchange, status, body)
}

pub(crate) fn respond(exchange: &mut Exchange, status: &str, body: String) -> (Flow, String) {
    *exchange.host().response.borrow_mut() = owned(&[
        (":status", status),
        ("content-type", "application/json"),
        ("content-length", "7"),
        ("etag", "x"),
        ("x-caponier-action", "forged"),
    ]);
    assert_eq!(exchange.on_response_headers(false), Flow::Pause);
    let size = body.len();
    *exchange.host().response_body.borrow_mut() = body.into_bytes();
    let flow = exchange.on_response_body(size, true);
    let body = exchange.host().response_body.borrow().clone();
    (flow, String::from_utf8(body).unwrap())
}

pub(crate) fn refusal(exchange: &Exchange) -> (u16, Value) {
    let answered = exchange.host().answered.borrow();
    let (status, _, body) = answered.as_ref().expect("no local reply");
    (*status, serde_json::from_slice(body).unwrap())
}

pub(crate) const DENY: &str = "actions: {\"finder/*\": deny}\n";
pub(crate) const REDACT: &str = "actions: {\"finder/*\": redact}\n";

#[test]
fn a_clean_request_goes_on_untouched() {
    let mut exchange = exchange("", Shell::default(), &[("accept-encoding", "gzip")]);
    let body = ask("Hello");
    assert_eq!(send(&mut exchange, body.clone()), Flow::Continue);
    assert_eq!(*exchange.host().request_body.borrow(), body);
    assert!(exchange.host().answered.borrow().is_none());
    let (flow, body) = answer(&mut exchange, "200", "Hi");
    assert_eq!(flow, Flow::Continue);
    assert!(body.contains("Hi"));
    let header = |name| exchange.host().response_header(name);
    assert_eq!(header("x-caponier-action").as_deref(), Some("allow"));
    assert_eq!(header("x-caponier-revision").as_deref(), Some("sha256:00"));
    assert_eq!(header("etag"), None);
    let name = "caponier_requests_total;route=/v1/*;action=allow;status=200";
    assert_eq!(exchange.host().value(name), 1);
}

#[test]
fn what_is_found_is_denied_or_redacted_in_both_directions() {
    let mut denied = exchange("", Shell::default(), &[]);
    assert_eq!(send(&mut denied, ask("a SECRET word")), Flow::Pause);
    let (status, body) = refusal(&denied);
    assert_eq!(
        (status, &body["error"]["code"]),
        (400, &json!("content_filter"))
    );
    assert_eq!(
        denied
            .host()
            .value("caponier_findings_total;rule=finder/word;action=deny"),
        1
    );

    let mut redacted = exchange(REDACT, Shell::default(), &[("content-length", "99")]);
    assert_eq!(send(&mut redacted, ask("a SECRET word")), Flow::Continue);
    let body = redacted.host().request_body.borrow().clone();
    assert_eq!(body, ask("a [gone] word"));
    let length = redacted.host().request.borrow();
    let length = length.iter().find(|(name, _)| name == "content-length");
    assert_eq!(length.unwrap().1, body.len().to_string().into_bytes());
    let mut redacted = exchange(REDACT, Shell::default(), &[]);
    send(&mut redacted, ask("Go on"));
    let (flow, body) = answer(&mut redacted, "200", "a SECRET and a TOKEN");
    assert_eq!(flow, Flow::Continue);
    assert!(body.contains("a [gone] and a plain"), "{body}");
}

#[test]
fn an_answer_is_denied_as_the_format_has_it() {
    let mut whole = exchange("", Shell::default(), &[]);
    send(&mut whole, ask("Go on"));
    let (flow, body) = answer(&mut whole, "200", "a SECRET");
    assert_eq!(flow, Flow::Continue);
    assert!(
        body.contains("content_filter") && !body.contains("SECRET"),
        "{body}"
    );
    let action = whole.host().response_header("x-caponier-action");
    assert_eq!(action.as_deref(), Some("deny"));
    // An upstream's error is no answer: the denial is one of ours.
    let mut failed = exchange("", Shell::default(), &[]);
    send(&mut failed, ask("Go on"));
    let (flow, _) = respond(&mut failed, "500", "it broke: SECRET".to_owned());
    assert_eq!(flow, Flow::Pause);
    assert_eq!(refusal(&failed).0, 400);
}

#[test]
fn a_fault_denies_and_is_counted() {
    let mut exchange = exchange("", Shell::default(), &[]);
    assert_eq!(send(&mut exchange, ask("CRASH")), Flow::Pause);
    assert_eq!(refusal(&exchange).0, 503);
    let name = "caponier_plugin_faults_total;plugin=finder;kind=trap";
    assert_eq!(exchange.host().value(name), 1);
}

#[test]
fn a_body_that_envoy_does_not_let_change_does_not_pass() {
    let mut request = exchange(REDACT, Shell::default(), &[]);
    request.host().is_stuck.set(true);
    assert_eq!(send(&mut request, ask("a SECRET")), Flow::Pause);
    assert_eq!(refusal(&request).0, 503);
    let mut reply = exchange(REDACT, Shell::default(), &[]);
    send(&mut reply, ask("Go on"));
    reply.host().is_stuck.set(true);
    assert_eq!(answer(&mut reply, "200", "a SECRET").0, Flow::Pause);
    assert_eq!(refusal(&reply).0, 503);
}

pub(crate) fn event(text: &str) -> String {
    let chunk =
        json!({"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": null}]});
    format!("data: {chunk}\n\n")
}

pub(crate) fn open_stream(more: &str) -> Exchange {
    let mut exchange = exchange(
        more,
        Shell {
            audit: true,
            ..Shell::default()
        },
        &[],
    );
    send(&mut exchange, ask("Go on"));
    *exchange.host().response.borrow_mut() = owned(&[
        (":status", "200"),
        ("content-type", "text/event-stream; charset=utf-8"),
    ]);
    assert_eq!(exchange.on_response_headers(false), Flow::Continue);
    exchange
}

/// Feeds pieces and gives what went out.
pub(crate) fn stream(exchange: &mut Exchange, pieces: &[String], is_whole: bool) -> String {
    let mut out = Vec::new();
    for (number, piece) in pieces.iter().enumerate() {
        *exchange.host().response_body.borrow_mut() = piece.clone().into_bytes();
        let is_end = is_whole && number + 1 == pieces.len();
        assert_eq!(
            exchange.on_response_body(piece.len(), is_end),
            Flow::Continue
        );
        out.extend_from_slice(&exchange.host().response_body.borrow());
    }
    String::from_utf8(out).unwrap()
}

const END: &str = "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";

#[test]
fn a_stream_goes_out_as_it_came_or_with_what_was_found_replaced() {
    let whole = [event("One, "), event("two"), END.to_owned()];
    assert_eq!(stream(&mut open_stream(""), &whole, true), whole.concat());
    let found = [event("a SECRET word"), END.to_owned()];
    let mut redacted = open_stream(REDACT);
    let out = stream(&mut redacted, &found, true);
    assert!(
        out.contains("a [gone] word") && !out.contains("SECRET"),
        "{out}"
    );
    assert_eq!(redacted.host().value("caponier_streams_open"), 0);
    assert_eq!(redacted.host().value("caponier_stream_held_bytes"), 0);
}

#[test]
fn a_denied_stream_ends_and_the_rest_is_swallowed() {
    let mut denied = open_stream("");
    let pieces = [
        event("Fine. "),
        event("a SECRET"),
        event("More."),
        END.to_owned(),
    ];
    let out = stream(&mut denied, &pieces, true);
    assert!(
        out.contains("Fine. ") && out.contains("content_filter"),
        "{out}"
    );
    assert!(!out.contains("SECRET") && !out.contains("More."), "{out}");
}

#[test]
fn a_stream_that_breaks_off_says_so_and_is_recorded_once() {
    let mut cut = open_stream("");
    let out = stream(&mut cut, &[event("One, ")], true);
    assert!(
        out.contains("broke off") && !out.contains("[DONE]"),
        "{out}"
    );
    cut.on_done();
    assert_eq!(
        cut.host()
            .value("caponier_upstream_errors_total;kind=broken"),
        1
    );
    let mut left = open_stream("");
    stream(&mut left, &[event("One, ")], false);
    left.on_done();
    left.on_done();
    let records = |exchange: &Exchange| {
        let lines = exchange.host().lines.borrow();
        lines
            .iter()
            .filter(|line| line.starts_with("caponier-audit "))
            .count()
    };
    assert_eq!(
        (records(&cut), records(&left)),
        (2, 2),
        "the prompt's and the answer's"
    );
}

#[test]
fn trailers_end_a_body_and_a_stream() {
    let mut request = exchange("", Shell::default(), &[]);
    assert_eq!(request.on_request_headers(false), Flow::Pause);
    *request.host().request_body.borrow_mut() = ask("a SECRET");
    assert_eq!(request.on_request_body(10, false), Flow::Pause);
    assert_eq!(request.on_request_trailers(), Flow::Pause);
    assert_eq!(refusal(&request).0, 400);
    let mut live = open_stream("");
    stream(&mut live, &[event("One, ")], false);
    assert_eq!(live.on_response_trailers(), Flow::Continue);
    assert_eq!(live.host().value("caponier_streams_open"), 0);
}

#[test]
fn a_local_reply_passes_the_answers_callbacks_untouched() {
    let mut denied = exchange("", Shell::default(), &[]);
    send(&mut denied, ask("a SECRET"));
    *denied.host().response.borrow_mut() =
        owned(&[(":status", "400"), ("x-caponier-action", "deny")]);
    assert_eq!(denied.on_response_headers(false), Flow::Continue);
    let action = denied.host().response_header("x-caponier-action");
    assert_eq!(action.as_deref(), Some("deny"), "it is ours");
    assert_eq!(denied.on_response_body(20, true), Flow::Continue);
    // What still comes of the request goes nowhere.
    assert_eq!(denied.on_request_body(20, true), Flow::Pause);
    // Envoy's own answer to a request that was not judged yet, such as a body that is too large.
    let mut early = exchange("", Shell::default(), &[]);
    assert_eq!(early.on_request_headers(false), Flow::Pause);
    *early.host().response.borrow_mut() = owned(&[(":status", "413")]);
    assert_eq!(early.on_response_headers(false), Flow::Continue);
    assert_eq!(early.on_request_body(5, true), Flow::Pause);
}

#[test]
fn audit_lines_hold_no_text() {
    let shell = Shell {
        audit: true,
        audit_key: Some("key".into()),
        ..Shell::default()
    };
    let mut exchange = exchange("", shell, &[]);
    send(&mut exchange, ask("a SECRET word"));
    let lines = exchange.host().lines.borrow();
    let line = lines
        .first()
        .unwrap()
        .strip_prefix("caponier-audit ")
        .unwrap();
    assert!(
        !line.contains("SECRET") && !line.contains("WORDED"),
        "{line}"
    );
    let record: Value = serde_json::from_str(line).unwrap();
    assert_eq!(record["action"], "deny");
    assert_eq!(record["status"], 400);
    assert_eq!(record["findings"][0]["rule"], "finder/word");
    assert_eq!(record["findings"][0]["digest"].as_str().unwrap().len(), 43);
}

#[test]
fn identity_comes_from_what_stands_in_front() {
    let shell = |identity| Shell {
        identity,
        audit: true,
        ..Shell::default()
    };
    let headers = IdentityFrom::Headers {
        id: "X-User".into(),
        tenant: Some("x-tenant".into()),
        roles: Some("x-roles".into()),
    };
    let mut nobody = exchange("", shell(vec![headers.clone()]), &[]);
    assert_eq!(nobody.on_request_headers(false), Flow::Pause);
    assert_eq!(refusal(&nobody).0, 401);
    let known = &[
        ("x-user", "ann"),
        ("x-tenant", "acme"),
        ("x-roles", "dev, ops"),
    ];
    let mut named = exchange("", shell(vec![headers]), known);
    send(&mut named, ask("a SECRET"));
    let lines = named.host().lines.borrow();
    assert!(lines[0].contains("\"principal\":\"ann\"") && lines[0].contains("\"tenant\":\"acme\""));
    // Twice the same header: two readers could take different ones.
    let twice = &[("x-user", "ann"), ("x-a", ""), ("x-user", "bob")];
    let from = IdentityFrom::Headers {
        id: "x-user".into(),
        tenant: None,
        roles: None,
    };
    let mut ambiguous = exchange("", shell(vec![from]), twice);
    assert_eq!(ambiguous.on_request_headers(false), Flow::Pause);
    assert_eq!(refusal(&ambiguous).0, 401);

    let token = IdentityFrom::JwtAuthn {
        payload: "jwt".into(),
        id: "sub".into(),
        tenant: Some("org".into()),
        roles: Some("realm.roles".into()),
    };
    let mut verified = exchange("", shell(vec![token]), &[]);
    let claims = [("sub", "ann"), ("org", "acme"), ("realm/roles", "dev ops")];
    for (claim, value) in claims {
        let path = format!("metadata/filter_metadata/envoy.filters.http.jwt_authn/jwt/{claim}");
        verified
            .host()
            .properties
            .borrow_mut()
            .insert(path, value.as_bytes().to_vec());
    }
    send(&mut verified, ask("a SECRET"));
    let lines = verified.host().lines.borrow();
    assert!(lines[0].contains("\"principal\":\"ann\""), "{}", lines[0]);
}

#[test]
fn what_was_packed_by_another_version_is_refused() {
    let mut other = serde_json::to_value(packed("", Shell::default())).unwrap();
    other["version"] = json!(99);
    let error = Packed::from_json(other.to_string().as_bytes()).unwrap_err();
    assert!(error.to_string().contains("hint: pack it anew"), "{error}");
    for junk in ["", "{}", "[]", "{\"version\":1}"] {
        assert!(Packed::from_json(junk.as_bytes()).is_err(), "{junk}");
    }
}
