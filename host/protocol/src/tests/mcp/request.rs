//! What clients say.

use super::{CALL, answering, request, unasked};
use crate::tests::skipping::in_request;
use crate::tests::{gaps, lines, redact};
use crate::{ErrorKind, ErrorShape, Limits};

#[test]
fn a_call_is_read_leaf_by_leaf() {
    let call = request(CALL);
    assert_eq!(
        lines(call.segments()),
        [
            r#"0 prompt assistant tool-call <mail> path= part=key: "to""#,
            r#"1 prompt assistant tool-call <mail> path=to[0]: "a@b.c""#,
            r#"2 prompt assistant tool-call <mail> path= part=key: "n""#,
            r#"3 prompt assistant tool-call <mail> path=n: "4711""#,
            r#"4 prompt assistant tool-call <mail> path= part=key: "deep""#,
            r#"5 prompt assistant tool-call <mail> path=deep part=key: "ok""#,
            r#"6 prompt assistant structured <mail>: "{\"to\":[\"a@b.c\"],\"n\":4711,\"deep\":{\"ok\":true}}""#,
            r#"7 prompt other other field=_meta: "by the way""#,
        ]
    );
    assert!(call.gaps().is_empty());
    let calls = call.tool_calls();
    assert_eq!((calls.len(), &*calls[0].name), (1, "mail"));
    assert_eq!(calls[0].id.as_deref(), Some("7"));
    let edits = redact(call.segments(), "a@b.c", "[e]");
    let out = String::from_utf8(call.edited(&edits, &[], &[], &[]).unwrap()).unwrap();
    assert_eq!(out, CALL.replace("a@b.c", "[e]"));
}

#[test]
fn every_method_shows_its_texts() {
    for (params, seen) in [
        (
            r#""method":"prompts/get","params":{"name":"greet","arguments":{"who":"Bob B."}}"#,
            vec![
                r#"0 prompt user text <greet> path= part=key: "who""#,
                r#"1 prompt user text <greet> path=who: "Bob B.""#,
                r#"2 prompt user structured <greet>: "{\"who\":\"Bob B.\"}""#,
            ],
        ),
        (
            r#""method":"completion/complete","params":{"ref":{"type":"ref/prompt","name":"p"},"argument":{"name":"who","value":"Bo b"}}"#,
            vec![
                r#"0 prompt user text path= part=key: "name""#,
                r#"1 prompt user text path=name: "who""#,
                r#"2 prompt user text path= part=key: "value""#,
                r#"3 prompt user text path=value: "Bo b""#,
                r#"4 prompt user structured: "{\"name\":\"who\",\"value\":\"Bo b\"}""#,
            ],
        ),
        (
            r#""method":"resources/read","params":{"uri":"file:///a b"}"#,
            vec![r#"0 prompt assistant tool-call field=uri: "file:///a b""#],
        ),
        (
            r#""result":{"role":"assistant","model":"m","content":{"type":"text","text":"my words"}}"#,
            vec![
                r#"0 prompt other text: "assistant""#,
                r#"1 prompt other text: "m""#,
                r#"2 prompt other text path= part=key: "type""#,
                r#"3 prompt other text path=type: "text""#,
                r#"4 prompt other text path= part=key: "text""#,
                r#"5 prompt other text path=text: "my words""#,
                r#"6 prompt other structured: "{\"type\":\"text\",\"text\":\"my words\"}""#,
            ],
        ),
        (
            r#""error":{"code":-1,"message":"not now"}"#,
            vec![r#"0 prompt other other field=error: "not now""#],
        ),
    ] {
        let body = format!(r#"{{"jsonrpc":"2.0","id":1,{params}}}"#);
        let read = request(&body);
        assert_eq!(lines(read.segments()), seen, "{body}");
        assert!(read.gaps().is_empty(), "{body}");
        assert_eq!(read.edited(&[], &[], &[], &[]).unwrap(), body.as_bytes());
    }
}

#[test]
fn what_has_no_text_is_no_gap() {
    for body in [
        "",
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#,
        r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#,
        r#"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{"roots":{"listChanged":true}},"clientInfo":{"name":"c","version":"1"}}}"#,
        r#"{"jsonrpc":"2.0","id":1,"result":{}}"#,
    ] {
        let read = request(body);
        assert!(
            read.segments().is_empty() && read.gaps().is_empty(),
            "{body}"
        );
    }
}

#[test]
fn an_unknown_method_is_a_gap_and_read_all_the_same() {
    let read = request(
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/dream","params":{"of":["electric sheep"]}}"#,
    );
    assert_eq!(
        lines(read.segments()),
        [
            r#"0 prompt other other path=[0]: "electric sheep""#,
            r#"1 prompt other structured: "[\"electric sheep\"]""#,
        ]
    );
    assert_eq!(gaps(read.gaps()), ["unrecognized method"]);
}

#[test]
fn what_a_client_gives_is_read_as_arguments_are() {
    // A number of a card, and a secret that looks like a name, beneath keys of names.
    for said in [
        r#""method":"prompts/get","params":{"name":"p","arguments":{"id":4111111111111111,"name":"hunter2"}}"#,
        r#""method":"completion/complete","params":{"argument":{"name":"hunter2","value":4111111111111111}}"#,
        r#""method":"completion/complete","params":{"context":{"arguments":{"type":"hunter2","_meta":[4111111111111111]}}}"#,
        r#""result":{"action":"accept","content":{"role":"hunter2","id":4111111111111111,"Name":"x","URI":"y"}}"#,
        r#""result":{"action":"accept","content":{"type":"image","data":"hunter2","mimeType":"image/png","n":4111111111111111}}"#,
        r#""result":{"role":"assistant","content":[{"type":"tool_use","id":"t","name":"hunter2","input":{"id":4111111111111111,"Text":1}}]}"#,
        r#""result":{"role":"assistant","content":{"type":"image","data":{"id":"hunter2","n":4111111111111111},"mimeType":"image/png"}}"#,
        r#""method":"tools/call","params":{"name":"t","inputResponses":{"a":{"action":"accept","content":{"name":"hunter2","id":4111111111111111}}}}"#,
    ] {
        let body = format!(r#"{{"jsonrpc":"2.0","id":1,{said}}}"#);
        let read = request(&body);
        let is_leaf = |text: &str| {
            let mut leaves = read.segments().iter().map(|placed| &placed.segment);
            leaves.any(|segment| !segment.is_read_only() && segment.text == text)
        };
        assert!(is_leaf("hunter2") && is_leaf("4111111111111111"), "{body}");
    }
    let image = r#"{"jsonrpc":"2.0","id":1,"result":{"role":"assistant","content":{"type":"image","data":"aGk=","mimeType":"image/png"}}}"#;
    assert_eq!(gaps(request(image).gaps()), ["image result.content.data"]);
}

#[test]
fn text_is_seen_in_every_place() {
    in_request(unasked(), CALL);
    in_request(
        unasked(),
        r#"{"jsonrpc":"2.0","id":1,"method":"prompts/get","params":{"name":"greet","arguments":{"who":"Bob B."},"_meta":{"k":1}}}"#,
    );
    in_request(
        unasked(),
        r#"{"jsonrpc":"2.0","id":1,"result":{"role":"assistant","model":"m","content":{"type":"text","text":"my words"},"stopReason":"endTurn"}}"#,
    );
}

#[test]
fn what_two_readers_could_take_differently_is_refused() {
    for (body, message) in [
        ("[]", "must be an object"),
        (
            r#"[{"jsonrpc":"2.0","method":"ping","id":1}]"#,
            "must be an object",
        ),
        (r#"{"jsonrpc":"2.0"}"#, "missing field \"method\""),
        (
            r#"{"method":"ping","result":{}}"#,
            "must be a request or an answer",
        ),
        (
            r#"{"method":"ping","Method":"tools/call"}"#,
            "ambiguous key",
        ),
        (
            r#"{"method":"ping","method":"tools/call"}"#,
            "duplicate key",
        ),
        (
            r#"{"method":"tools/call","params":{"name":"a","Name":"b"}}"#,
            "params: ambiguous key",
        ),
        (
            r#"{"method":"tools/call","params":"a b"}"#,
            "must be an object",
        ),
        (
            r#"{"method":"ping","id":{"a":1}}"#,
            "id: must be a string or a number",
        ),
        (
            "{\"method\":\"ping\"}\n{\"method\":\"ping\"}",
            "trailing data",
        ),
    ] {
        let read = unasked().request(body.as_bytes().to_vec(), &Limits::default());
        let error = read.unwrap_err().to_string();
        assert!(error.contains(message), "{body}: {error}");
    }
}

#[test]
fn a_refusal_answers_what_was_asked() {
    let denied = ErrorShape::new(ErrorKind::Content, "say \"why\"");
    let call = answering(CALL);
    assert_eq!(call.error_status(ErrorKind::Content), Some(200));
    let error: serde_json::Value = serde_json::from_slice(&call.error(&denied)).unwrap();
    assert_eq!(
        error,
        serde_json::json!({"jsonrpc": "2.0", "id": 7, "error": {
            "code": -32050, "message": "say \"why\"", "data": {"code": "content_policy_violation"}}})
    );
    let told = answering(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#);
    assert_eq!(told.error_status(ErrorKind::Content), Some(202));
    assert_eq!(told.error_status(ErrorKind::Unavailable), None);
    assert!(told.error(&denied).is_empty());
    let nothing = answering("");
    assert_eq!(nothing.error_status(ErrorKind::Access), None);
    assert!(
        nothing
            .error(&denied)
            .starts_with(br#"{"jsonrpc":"2.0","id":null,"#)
    );
    for kind in ErrorKind::ALL {
        let error = unasked().error(&ErrorShape::new(*kind, "why"));
        let error: serde_json::Value = serde_json::from_slice(&error).unwrap();
        assert!(error["error"]["code"].is_i64() && error["error"]["data"]["code"].is_string());
    }
}
