//! Wire formats beside the one of the other scenes: a denial has the format's own shape wherever it
//! comes.

use caponier_decide::Shell;
use serde_json::{Value, json};

use crate::Flow;
use crate::fake::owned;
use crate::tests::{DENY, Exchange, REDACT, exchange, refusal, respond, send, stream};

/// An exchange on a path.
fn on(path: &str, more: &str) -> Exchange {
    let exchange = exchange(more, Shell::default(), &[]);
    let mut headers = exchange.host().request.borrow_mut();
    headers.retain(|(name, _)| name != ":path");
    headers.extend(owned(&[(":path", path)]));
    drop(headers);
    exchange
}

fn ask(content: &Value) -> Vec<u8> {
    json!({"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": content}]})
        .to_string()
        .into_bytes()
}

fn event(data: &Value) -> String {
    let name = data["type"].as_str().unwrap();
    format!("event: {name}\ndata: {data}\n\n")
}

#[test]
fn messages_are_denied_and_redacted() {
    for path in ["/v1/messages", "/v1/messages/count_tokens"] {
        let texts = [
            json!("a SECRET"),
            json!([{"type": "text", "text": "a SECRET"}]),
            json!([{"type": "tool_result", "tool_use_id": "t", "content": "a SECRET"}]),
            json!([{"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "a SECRET"}}]),
        ];
        for text in texts {
            let mut denied = on(path, DENY);
            assert_eq!(send(&mut denied, ask(&text)), Flow::Pause);
            let (status, body) = refusal(&denied);
            assert_eq!(status, 400);
            assert_eq!(body["type"], "error");
            assert_eq!(body["error"]["type"], "invalid_request_error");
            let code = &body["error"]["details"]["error_code"];
            assert_eq!(code, "content_policy_violation");
            let mut redacted = on(path, REDACT);
            assert_eq!(send(&mut redacted, ask(&text)), Flow::Continue);
            let body = redacted.host().request_body.borrow().clone();
            let body = String::from_utf8(body).unwrap();
            let expected = String::from_utf8(ask(&text)).unwrap();
            assert_eq!(body, expected.replace("SECRET", "[gone]"));
        }
    }
}

#[test]
fn an_answer_of_messages_is_denied_as_a_refusal() {
    let mut denied = on("/v1/messages", DENY);
    send(&mut denied, ask(&json!("Go on")));
    let answer = json!({"id": "msg_1", "type": "message", "role": "assistant", "model": "m",
        "content": [{"type": "text", "text": "a SECRET"}], "stop_reason": "end_turn", "stop_sequence": null,
        "usage": {"input_tokens": 1, "output_tokens": 1}});
    let (flow, body) = respond(&mut denied, "200", answer.to_string());
    assert_eq!(flow, Flow::Continue);
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(body["stop_reason"], "refusal");
    assert_eq!(body["content"], json!([]));
    assert_eq!(body["model"], "m");
}

#[test]
fn a_stream_of_messages_is_ended_as_a_refusal() {
    let text = |text: &str| {
        let delta = json!({"type": "text_delta", "text": text});
        event(&json!({"type": "content_block_delta", "index": 0, "delta": delta}))
    };
    let message =
        json!({"id": "msg_1", "type": "message", "role": "assistant", "model": "m", "content": []});
    let block = json!({"type": "text", "text": ""});
    let end = event(&json!({"type": "content_block_stop", "index": 0}))
        + &event(
            &json!({"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 3}}),
        )
        + &event(&json!({"type": "message_stop"}));
    let open = |more: &str| {
        let mut live = on("/v1/messages", more);
        send(&mut live, ask(&json!("Go on")));
        let head = owned(&[(":status", "200"), ("content-type", "text/event-stream")]);
        *live.host().response.borrow_mut() = head;
        assert_eq!(live.on_response_headers(false), Flow::Continue);
        live
    };
    let start = event(&json!({"type": "message_start", "message": message}))
        + &event(&json!({"type": "content_block_start", "index": 0, "content_block": block}));
    let pieces = [start, text("Fine. "), text("a SECRET"), text(" More."), end];
    let out = stream(&mut open(REDACT), &pieces, true);
    assert!(out.contains("a [gone]") && !out.contains("SECRET"), "{out}");
    assert!(out.ends_with(&pieces[4]), "{out}");
    let out = stream(&mut open(DENY), &pieces, true);
    assert!(out.starts_with(&(pieces[0].clone() + &pieces[1])), "{out}");
    assert!(!out.contains("SECRET") && !out.contains("More"), "{out}");
    let names: Vec<&str> = out
        .lines()
        .filter_map(|line| line.strip_prefix("event: "))
        .collect();
    let ends = ["content_block_stop", "message_delta", "message_stop"];
    assert_eq!(names[names.len() - 3..], ends);
    assert!(out.contains(r#""stop_reason":"refusal""#), "{out}");
}

#[test]
fn a_stream_of_lines_is_inspected_as_one_of_events_is() {
    let line = |text: &str| {
        let line = json!({"model": "m", "message": {"role": "assistant", "content": text}});
        format!("{line}\n")
    };
    let last = "{\"done\":true,\"done_reason\":\"stop\"}\n".to_owned();
    let open = |mode: &str, kind: &str, actions: &str| {
        let route = format!("{{path: /v1/*, upstream: \"http://127.0.0.1:2\", stream: {mode}}}");
        let gateway = format!("gateway:\n  listen: 127.0.0.1:1\n  routes: [{route}]\n");
        let mut live = on("/v1/api/chat", &(gateway + actions));
        send(&mut live, ask(&json!("Go on")));
        let head = owned(&[(":status", "200"), ("content-type", kind)]);
        *live.host().response.borrow_mut() = head;
        let flow = live.on_response_headers(false);
        (live, flow)
    };
    let (mut fine, flow) = open("hold", "application/x-ndjson", DENY);
    assert_eq!(flow, Flow::Continue);
    let pieces = [line("One, "), line("two"), last.clone()];
    assert_eq!(stream(&mut fine, &pieces, true), pieces.concat());

    let (mut denied, _) = open("hold", "application/x-ndjson", DENY);
    let pieces = [
        line("Fine. "),
        line("a SECRET"),
        line("More."),
        last.clone(),
    ];
    let out = stream(&mut denied, &pieces, true);
    let end: Value = serde_json::from_str(out.lines().last().unwrap()).unwrap();
    assert_eq!(end["done_reason"], "content_filter");
    assert!(out.starts_with(&line("Fine. ")), "{out}");
    assert!(!out.contains("SECRET") && !out.contains("More."), "{out}");

    // While all of it is held, what goes out is no line of its own.
    let (mut held, _) = open("buffer", "application/x-ndjson", REDACT);
    let pieces = [line("a SEC"), line("RET word"), last.clone()];
    let out = stream(&mut held, &pieces, true);
    let lines: Vec<Value> = out
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let texts = lines
        .iter()
        .filter_map(|line| line["message"]["content"].as_str());
    assert_eq!(texts.collect::<String>(), "a [gone] word");
    assert!(lines.len() == 3 && out.starts_with(' '), "{out}");

    // What does not say that it is a stream is held, and is no answer.
    let (mut unsaid, flow) = open("hold", "text/event-stream", DENY);
    assert_eq!(flow, Flow::Pause);
    let body = (line("a") + &last).into_bytes();
    let size = body.len();
    *unsaid.host().response_body.borrow_mut() = body;
    assert_eq!(unsaid.on_response_body(size, true), Flow::Pause);
    assert_eq!(refusal(&unsaid).0, 502);
}

fn ask_for_response(input: &Value) -> Vec<u8> {
    json!({"model": "m", "input": input})
        .to_string()
        .into_bytes()
}

#[test]
fn responses_are_denied_and_redacted() {
    for path in [
        "/v1/responses",
        "/v1/responses/input_tokens",
        "/v1/responses/compact",
    ] {
        let inputs = [
            json!("a SECRET"),
            json!([{"role": "user", "content": [{"type": "input_text", "text": "a SECRET"}]}]),
            json!([{"type": "function_call_output", "call_id": "c", "output": "a SECRET"}]),
            json!([{"type": "shell_call_output", "call_id": "c", "output": [{"stdout": "a SECRET", "stderr": ""}]}]),
        ];
        for input in inputs {
            let mut denied = on(path, DENY);
            assert_eq!(send(&mut denied, ask_for_response(&input)), Flow::Pause);
            let (status, body) = refusal(&denied);
            assert_eq!(status, 400);
            assert_eq!(body["error"]["code"], "content_filter");
            let mut redacted = on(path, REDACT);
            let body = ask_for_response(&input);
            assert_eq!(send(&mut redacted, body.clone()), Flow::Continue);
            let expected = String::from_utf8(body).unwrap().replace("SECRET", "[gone]");
            let body = redacted.host().request_body.borrow().clone();
            assert_eq!(String::from_utf8(body).unwrap(), expected);
        }
    }
}

#[test]
fn a_response_is_denied_as_incomplete() {
    let mut denied = on("/v1/responses", DENY);
    send(&mut denied, ask_for_response(&json!("Go on")));
    let item = json!({"id": "msg_1", "type": "message", "role": "assistant",
        "content": [{"type": "output_text", "text": "a SECRET", "annotations": []}]});
    let answer = json!({"id": "resp_1", "object": "response", "model": "m", "output": [item]});
    let (flow, body) = respond(&mut denied, "200", answer.to_string());
    assert_eq!(flow, Flow::Continue);
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(body["status"], "incomplete");
    assert_eq!(body["incomplete_details"]["reason"], "content_filter");
    assert_eq!(body["output"], json!([]));
}

#[test]
fn a_stream_of_a_response_is_edited_in_every_repeat_and_ended_as_incomplete() {
    let place = |kind: &str, key: &str, value: Value| {
        let mut data = json!({"type": format!("response.{kind}"), "item_id": "msg_1",
            "output_index": 0, "content_index": 0});
        data[key] = value;
        event(&data)
    };
    let item = |text: &str| {
        json!({"id": "msg_1", "type": "message", "role": "assistant",
            "content": [{"type": "output_text", "text": text, "annotations": []}]})
    };
    let whole = |kind: &str, output: &[Value]| {
        let response =
            json!({"id": "resp_1", "object": "response", "model": "m", "output": output});
        event(&json!({"type": format!("response.{kind}"), "response": response}))
    };
    let text = "Fine. a SECRET More.";
    let pieces = [
        whole("created", &[]),
        place("output_item.added", "item", item("")),
        place("output_text.delta", "delta", json!("Fine. ")),
        place("output_text.delta", "delta", json!("a SECRET")),
        place("output_text.delta", "delta", json!(" More.")),
        place("output_text.done", "text", json!(text)),
        place("output_item.done", "item", item(text)),
        whole("completed", &[item(text)]),
    ];
    let open = |more: &str| {
        let mut live = on("/v1/responses", more);
        send(&mut live, ask_for_response(&json!("Go on")));
        let head = owned(&[(":status", "200"), ("content-type", "text/event-stream")]);
        *live.host().response.borrow_mut() = head;
        assert_eq!(live.on_response_headers(false), Flow::Continue);
        live
    };
    let out = stream(&mut open(REDACT), &pieces, true);
    assert!(!out.contains("SECRET"), "{out}");
    assert_eq!(out.matches("Fine. a [gone] More.").count(), 3, "{out}");
    let expected = pieces[7].replace("SECRET", "[gone]");
    assert!(out.ends_with(&expected), "{out}");
    let out = stream(&mut open(DENY), &pieces, true);
    assert!(out.starts_with(&pieces[..3].concat()), "{out}");
    assert!(!out.contains("SECRET") && !out.contains("More"), "{out}");
    let last = out
        .lines()
        .rev()
        .find_map(|line| line.strip_prefix("data: "));
    let last: Value = serde_json::from_str(last.unwrap()).unwrap();
    assert_eq!(last["type"], "response.incomplete");
    assert_eq!(last["response"]["id"], "resp_1");
    assert_eq!(
        last["response"]["incomplete_details"]["reason"],
        "content_filter"
    );
}
