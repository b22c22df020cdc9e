//! Streams of messages.

use super::{CALL, RESULT, TOOLS, answering, unasked};
use crate::tests::{gaps, redact};
use crate::{ErrorKind, ErrorShape, Format, Limits, Malformed, Piece};

fn event(message: &str) -> String {
    let message = message.replace('\n', "\ndata: ");
    format!("id: e-1\nevent: message\ndata: {message}\n\n")
}

fn stream() -> String {
    let log = r#"{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":"mail to a@b.c"}}"#;
    let ask = r#"{"jsonrpc":"2.0","id":1,"method":"elicitation/create","params":{"message":"is a@b.c right?"}}"#;
    format!(
        ": ping\n\nid: p\nretry: 5\ndata: \n\n{}{}{}",
        event(log),
        event(ask),
        event(RESULT)
    )
}

/// What goes out of a stream that comes in these pieces, and what it takes to be missed.
fn pass(
    format: &Format,
    pieces: &[&[u8]],
    mut judge: impl FnMut(&mut crate::StreamedMessage) -> Vec<u8>,
) -> Result<(Vec<u8>, Vec<u8>), Malformed> {
    let mut messages = format.messages(10, &Limits::default()).unwrap();
    let mut out = Vec::new();
    for piece in pieces {
        messages.feed(piece)?;
        while let Some(piece) = messages.pop()? {
            match piece {
                Piece::Silent(bytes) => out.extend(bytes),
                Piece::Message(mut message) => out.extend(judge(&mut message)),
            }
        }
    }
    assert!(messages.is_whole());
    let mut missed = Vec::new();
    messages.fail(&ErrorShape::new(ErrorKind::BadGateway, "gone"), &mut missed);
    Ok((out, missed))
}

fn redacted(message: &mut crate::StreamedMessage) -> Vec<u8> {
    let edits = redact(message.response().segments(), "a@b.c", "[e]");
    message.edited(&edits, &[]).unwrap()
}

#[test]
fn without_edits_a_stream_leaves_as_it_came_at_every_cut() {
    let stream = stream();
    let whole = |message: &mut crate::StreamedMessage| message.edited(&[], &[]).unwrap();
    for cut in 0..stream.len() {
        let (first, second) = stream.as_bytes().split_at(cut);
        let (out, missed) = pass(&answering(CALL), &[first, second], whole).unwrap();
        assert_eq!(out, stream.as_bytes(), "{cut}");
        assert!(missed.is_empty());
        let (out, _) = pass(&answering(CALL), &[first, second], redacted).unwrap();
        assert_eq!(out, stream.replace("a@b.c", "[e]").as_bytes(), "{cut}");
    }
}

#[test]
fn a_denied_answer_becomes_an_error_and_other_messages_nothing() {
    let denied = ErrorShape::new(ErrorKind::Content, "no");
    let pieces = [stream()];
    let (out, missed) = pass(&answering(CALL), &[pieces[0].as_bytes()], |message| {
        message.denied(&denied)
    })
    .unwrap();
    assert_eq!(
        String::from_utf8(out).unwrap(),
        ": ping\n\nid: p\nretry: 5\ndata: \n\nid: e-1\nevent: message\ndata: {\"jsonrpc\":\"2.0\",\"id\":7,\"error\":{\"code\":-32050,\"message\":\"no\",\"data\":{\"code\":\"content_policy_violation\"}}}\n\n"
    );
    assert!(missed.is_empty());
}

#[test]
fn a_tool_leaves_its_list_in_a_stream_too() {
    let (out, _) = pass(&answering(CALL), &[event(TOOLS).as_bytes()], |message| {
        message.edited(&[], &[10]).unwrap()
    })
    .unwrap();
    let out = String::from_utf8(out).unwrap();
    assert!(!out.contains("Mail it") && out.contains("Removes a file."));
    let json: String = out
        .lines()
        .filter_map(|line| line.strip_prefix("data: "))
        .collect();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["result"]["tools"].as_array().unwrap().len(), 1);
}

#[test]
fn whoever_waits_is_told_that_nothing_comes() {
    let none = |_: &mut crate::StreamedMessage| Vec::new();
    let other = event(r#"{"jsonrpc":"2.0","id":8,"result":{}}"#);
    let (_, missed) = pass(&answering(CALL), &[other.as_bytes()], none).unwrap();
    let missed = String::from_utf8(missed).unwrap();
    assert!(missed.starts_with("event: message\ndata: {\"jsonrpc\":\"2.0\",\"id\":7,\"error\""));
    assert!(missed.ends_with("\n\n"));
    let (_, missed) = pass(&unasked(), &[other.as_bytes()], none).unwrap();
    assert!(missed.is_empty());
}

#[test]
fn what_stands_beside_the_data_is_told_or_left_out() {
    let mut seen = Vec::new();
    let odd = format!(
        "id: two words\n{}: x\nfoo: bar\n\n",
        event(r#"{"id":7,"result":{}}"#)
    );
    let (out, _) = pass(&answering(CALL), &[odd.as_bytes()], |message| {
        seen = gaps(message.response().gaps());
        message.edited(&[], &[]).unwrap()
    })
    .unwrap();
    assert_eq!(seen, ["unrecognized event"]);
    assert!(!String::from_utf8(out).unwrap().contains("foo"));
}

#[test]
fn what_is_no_message_ends_the_stream() {
    for data in ["words", "[]", "{}", r#"{"id":1,"result":{},"result":{}}"#] {
        let none = |_: &mut crate::StreamedMessage| Vec::new();
        assert!(pass(&unasked(), &[event(data).as_bytes()], none).is_err());
    }
}

#[test]
fn what_waits_is_what_is_complete_however_it_came() {
    let mut messages = answering(CALL).messages(10, &Limits::default()).unwrap();
    let all = event(RESULT);
    let (most, rest) = all.split_at(all.len() - 1);
    messages.feed(most.as_bytes()).unwrap();
    assert_eq!(messages.pending(), 0);
    messages.feed(rest.as_bytes()).unwrap();
    assert_eq!(messages.pending(), all.len());
    while messages.pop().unwrap().is_some() {}
    assert_eq!(messages.pending(), 0);
}
