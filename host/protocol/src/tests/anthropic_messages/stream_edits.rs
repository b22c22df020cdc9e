//! A value is replaced in a stream however it is cut.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::client::{block, end, event, events, message, start, text, tool_use};
use crate::tests::inspector::{Inspector, pieces, replaced};
use crate::{Format, StreamCodec, StreamEnd, StreamLimits};

fn codec() -> StreamCodec {
    Format::AnthropicMessages.stream(0, &StreamLimits::default())
}

/// Runs a stream, in network reads of `step` bytes, and checks what the client gets.
fn check(said: &[&str], input: &[&str], value: &str, step: usize) {
    let stream = start() + &text(0, said) + &tool_use(1, input) + &end();
    let mut inspector = Inspector::new(codec(), value);
    for read in stream.as_bytes().chunks(step) {
        inspector.feed(read);
    }
    assert_eq!(inspector.codec.finish(), StreamEnd::Complete);
    let out = String::from_utf8(inspector.out).unwrap();
    let message = message(&out);
    let said = said.concat().replace(value, "[\"gone\"]");
    assert_eq!(message["content"][0]["text"], said);
    let before: Value = serde_json::from_str(&input.concat()).unwrap();
    let json = message["content"][1]["json"].as_str().unwrap();
    let after: Value = serde_json::from_str(json).unwrap_or_else(|error| panic!("{error}: {json}"));
    assert_eq!(after, replaced(before, value));
    // What is not text goes out as it came, in its order.
    assert_eq!(events(&out).len(), events(&stream).len());
    assert!(out.starts_with(&start()) && out.ends_with(&end()));
}

#[test]
fn a_value_cut_at_every_byte_in_turn_is_replaced_and_never_leaves() {
    let said = "The key is sk-é\"4\\2, and again sk-é\"4\\2.";
    let value = "sk-é\"4\\2";
    let input = json!({"a": ["x", said], said: 5, "n": 142}).to_string();
    for first in 0..=input.len() {
        check(
            &pieces(said, &[first]),
            &pieces(&input, &[first]),
            value,
            1 << 20,
        );
        check(
            &pieces(said, &[first, first + 1, first + 2]),
            &pieces(&input, &[first, first + 3]),
            value,
            7,
        );
    }
    let every: Vec<usize> = (0..input.len()).collect();
    check(&pieces(said, &every), &pieces(&input, &every), value, 1);
    check(&pieces(said, &every), &pieces(&input, &every), "42", 64);
}

#[test]
fn the_replacement_goes_where_the_value_began() {
    let stream = start() + &text(0, &["a SE", "CR", "ET b"]) + &end();
    let mut inspector = Inspector::new(codec(), "SECRET");
    inspector.feed(stream.as_bytes());
    let expected = stream
        .replace("\"a SE\"", "\"a [\\\"gone\\\"]\"")
        .replace("\"CR\"", "\"\"")
        .replace("\"ET b\"", "\" b\"");
    assert_eq!(String::from_utf8(inspector.out).unwrap(), expected);
}

fn thought(pieces: &[&str]) -> String {
    let delta = |piece: &&str| json!({"type": "thinking_delta", "thinking": piece});
    let mut deltas: Vec<Value> = pieces.iter().map(delta).collect();
    deltas.push(json!({"type": "signature_delta", "signature": "EqQB+/="}));
    let start = json!({"type": "thinking", "thinking": "", "signature": ""});
    block(0, &start, &deltas)
}

#[test]
fn a_changed_thought_loses_its_signature_and_another_keeps_it() {
    for (value, signature) in [("SECRET", ""), ("nothing", "EqQB+/=")] {
        let stream = start() + &thought(&["the SEC", "RET is ", "out"]) + &end();
        for cut in 0..stream.len() {
            let mut inspector = Inspector::new(codec(), value);
            inspector.feed(&stream.as_bytes()[..cut]);
            inspector.feed(&stream.as_bytes()[cut..]);
            assert_eq!(inspector.codec.finish(), StreamEnd::Complete);
            let message = message(std::str::from_utf8(&inspector.out).unwrap());
            let thinking = "the SECRET is out".replace(value, "[\"gone\"]");
            assert_eq!(message["content"][0]["thinking"], thinking);
            assert_eq!(message["content"][0]["signature"], signature, "{cut}");
        }
    }
}

#[test]
fn an_input_that_comes_whole_is_edited_in_its_place() {
    let call = |input: &Value| {
        let start = json!({"type": "tool_use", "id": "t", "name": "f", "input": input});
        block(0, &start, &[])
    };
    let input = json!({"to": ["SECRET", 142], "note\"": "a\\b SECRET \"c\""});
    for value in ["SECRET", "142", "\"", "\\"] {
        let stream = start() + &call(&input) + &end();
        let mut inspector = Inspector::new(codec(), value);
        inspector.feed(stream.as_bytes());
        assert_eq!(inspector.codec.finish(), StreamEnd::Complete);
        let message = message(std::str::from_utf8(&inspector.out).unwrap());
        assert_eq!(
            message["content"][0]["input"],
            replaced(input.clone(), value)
        );
    }
}

#[test]
fn channels_that_go_on_beside_each_other_are_edited_apart() {
    let piece = |index: u64, piece: &str| {
        event(
            &json!({"type": "content_block_delta", "index": index, "delta": {"type": "text_delta", "text": piece}}),
        )
    };
    let open = |index: u64| {
        event(
            &json!({"type": "content_block_start", "index": index, "content_block": {"type": "text", "text": ""}}),
        )
    };
    let close = |index: u64| event(&json!({"type": "content_block_stop", "index": index}));
    let stream = start()
        + &open(0)
        + &open(1)
        + &piece(0, "a SEC")
        + &piece(1, "b SEC")
        + &piece(0, "RET a")
        + &piece(1, "OND b")
        + &close(0)
        + &close(1)
        + &end();
    let mut inspector = Inspector::new(codec(), "SECRET");
    for read in stream.as_bytes().chunks(9) {
        inspector.feed(read);
    }
    assert_eq!(inspector.codec.finish(), StreamEnd::Complete);
    let message = message(std::str::from_utf8(&inspector.out).unwrap());
    assert_eq!(message["content"][0]["text"], "a [\"gone\"] a");
    assert_eq!(message["content"][1]["text"], "b SECOND b");
}

proptest! {
    #[test]
    fn a_value_is_replaced_however_it_is_cut(
        parts in proptest::collection::vec("[aS\"\\\\😀é\n ]{0,4}|SÉ\"C😀\\\\R", 1..8),
        cuts in proptest::collection::vec(0_usize..400, 0..10),
        step in 1_usize..200,
    ) {
        let said = parts.concat();
        let input = json!({"k": parts, "n": -1.5, said.clone(): {"deep": [said, true, null]}}).to_string();
        check(&pieces(&parts.concat(), &cuts), &pieces(&input, &cuts), "SÉ\"C😀\\R", step);
    }
}
