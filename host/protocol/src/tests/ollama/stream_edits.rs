//! A value is replaced in a stream however it is cut.

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::tests::inspector::{Inspector, pieces, replaced};
use crate::{Format, StreamEnd, StreamLimits};

const VALUE: &str = "SÉ\"C😀\\R";

/// A stream of these pieces, of thoughts and of what is said, with a tool call at its end.
fn stream_of(said: &[&str], arguments: &Value) -> String {
    let line = |line: Value| format!("{line}\n");
    let mut stream = String::new();
    for piece in said {
        stream +=
            &line(json!({"message": {"role": "assistant", "content": "", "thinking": piece}}));
    }
    for piece in said {
        stream += &line(json!({"message": {"role": "assistant", "content": piece}, "done": false}));
    }
    let call = json!([{"function": {"name": "f", "arguments": arguments}}]);
    stream += &line(json!({"message": {"role": "assistant", "tool_calls": call}}));
    stream + &line(json!({"done": true, "context": [1, 2]}))
}

/// Runs a stream, in network reads of `step` bytes, and checks what the client gets.
fn check(said: &[&str], arguments: &Value, step: usize) {
    let stream = stream_of(said, arguments);
    let codec = Format::OllamaChat.stream(0, &StreamLimits::default());
    let mut inspector = Inspector::new(codec, VALUE);
    for read in stream.as_bytes().chunks(step) {
        inspector.feed(read);
    }
    assert_eq!(inspector.codec.finish(), StreamEnd::Complete);
    let out = std::str::from_utf8(&inspector.out).unwrap();
    let lines: Vec<Value> = out
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect();
    let text = |key: &str| -> String {
        let pieces = lines
            .iter()
            .filter_map(|line| line["message"][key].as_str());
        pieces.collect()
    };
    let expected = said.concat().replace(VALUE, "[\"gone\"]");
    assert_eq!(
        [text("thinking"), text("content")],
        [&*expected, &*expected]
    );
    let call = &lines[lines.len() - 2]["message"]["tool_calls"][0];
    let wanted = replaced(arguments.clone(), VALUE);
    assert_eq!(call["function"]["arguments"], wanted);
    // Tokens that spell what was taken out go with it.
    let is_edited = expected != said.concat() || wanted != *arguments;
    let context = &lines[lines.len() - 1]["context"];
    assert_eq!(context.is_null(), is_edited, "{out}");
}

#[test]
fn a_value_cut_at_every_byte_in_turn_is_replaced_and_never_leaves() {
    let said = format!("The key is {VALUE}, and again {VALUE}.");
    let arguments = json!({"a": ["x", said, {VALUE: 1}], "n": 4});
    for first in 0..=said.len() {
        check(&pieces(&said, &[first]), &arguments, 1 << 20);
        check(
            &pieces(&said, &[first, first + 1, first + 4]),
            &json!({}),
            7,
        );
    }
    let every: Vec<usize> = (0..said.len()).collect();
    check(&pieces(&said, &every), &arguments, 1);
}

#[test]
fn what_was_not_edited_keeps_its_context() {
    check(&["nothing ", "here"], &json!({"a": 1}), 64);
    check(&["nothing"], &json!({"a": [VALUE]}), 64);
}

#[test]
fn probabilities_of_an_edited_line_go() {
    let line = |text: &str| {
        let line = json!({"response": text, "logprobs": [{"token": text}]});
        format!("{line}\n")
    };
    let codec = Format::OllamaGenerate.stream(0, &StreamLimits::default());
    let mut inspector = Inspector::new(codec, "SECRET");
    inspector.feed((line("a") + &line("SEC") + &line("RET") + &line("b")).as_bytes());
    let out = String::from_utf8(inspector.out).unwrap();
    let kept: Vec<bool> = out
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .map(|line| !line["logprobs"].is_null())
        .collect();
    assert_eq!(kept, [true, false, false, true]);
    assert!(!out.contains("SEC"));
}

proptest! {
    #[test]
    fn a_value_is_replaced_however_it_is_cut(
        parts in proptest::collection::vec("[aS\"\\\\😀é\n ]{0,4}|SÉ\"C😀\\\\R", 1..8),
        cuts in proptest::collection::vec(0_usize..400, 0..10),
        step in 1_usize..200,
    ) {
        let said = parts.concat();
        let arguments = json!({"k": parts, "n": -1.5, said.clone(): {"deep": [said, true, null]}});
        check(&pieces(&parts.concat(), &cuts), &arguments, step);
    }

    #[test]
    fn any_lines_are_an_answer_and_no_panic(lines in "([{}\\[\\]:,\n \"]|\"(message|content|done|response|error|context)\"|true|1|é){0,40}") {
        let mut codec = Format::OllamaChat.stream(0, &StreamLimits::default());
        let _ = codec.feed(lines.as_bytes());
        let _ = Format::OllamaChat.request(lines.clone().into_bytes(), &crate::Limits::default());
        let _ = Format::OllamaChat.response(lines.into_bytes(), 0, &crate::Limits::default());
    }
}
