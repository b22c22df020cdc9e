//! A value is replaced in a stream however it is cut, and wherever it comes again.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{codec, event, events};
use crate::StreamEnd;
use crate::tests::inspector::{Inspector, pieces, replaced};

/// Where the texts of a stream stand: deltas together, and each repeat.
struct Said {
    content: Vec<String>,
    arguments: Vec<String>,
    input: Vec<String>,
    actions: Vec<Value>,
}

fn message(content: &str) -> Value {
    json!({"type": "message", "id": "m", "role": "assistant", "status": "completed",
        "content": [{"type": "output_text", "text": content, "annotations": [], "logprobs": []}]})
}

fn call(arguments: &str) -> Value {
    json!({"type": "function_call", "id": "f", "call_id": "c", "name": "g", "arguments": arguments})
}

fn custom(input: &str) -> Value {
    json!({"type": "custom_tool_call", "id": "u", "call_id": "d", "name": "h", "input": input})
}

fn shell(commands: &[&str]) -> Value {
    json!({"type": "shell_call", "id": "s", "call_id": "e", "action": {"commands": commands, "n": 142}})
}

/// A stream that says everything as often as the API does.
fn stream_of(content: &[&str], arguments: &[&str]) -> String {
    let mut all = Vec::new();
    let mut say = |data: Value| all.push(data);
    let place = |kind: &str, item: &str, output: u64| json!({"type": kind, "item_id": item, "output_index": output, "content_index": 0});
    let with = |mut data: Value, key: &str, value: &Value| {
        data[key] = value.clone();
        data
    };
    let (text, whole) = (content.concat(), arguments.concat());
    say(with(
        place("response.output_item.added", "m", 0),
        "item",
        &message(""),
    ));
    for piece in content {
        let mut data = with(
            place("response.output_text.delta", "m", 0),
            "delta",
            &json!(piece),
        );
        data["logprobs"] = json!([{"token": piece}]);
        say(data);
    }
    say(with(
        place("response.output_text.done", "m", 0),
        "text",
        &json!(text),
    ));
    say(with(
        place("response.content_part.done", "m", 0),
        "part",
        &message(&text)["content"][0],
    ));
    say(with(
        place("response.output_item.done", "m", 0),
        "item",
        &message(&text),
    ));
    say(with(
        place("response.output_item.added", "f", 1),
        "item",
        &call(""),
    ));
    for piece in arguments {
        say(with(
            place("response.function_call_arguments.delta", "f", 1),
            "delta",
            &json!(piece),
        ));
    }
    say(with(
        place("response.function_call_arguments.done", "f", 1),
        "arguments",
        &json!(whole),
    ));
    say(with(
        place("response.output_item.done", "f", 1),
        "item",
        &call(&whole),
    ));
    say(with(
        place("response.output_item.added", "u", 2),
        "item",
        &custom(""),
    ));
    for piece in content {
        say(with(
            place("response.custom_tool_call_input.delta", "u", 2),
            "delta",
            &json!(piece),
        ));
    }
    say(with(
        place("response.custom_tool_call_input.done", "u", 2),
        "input",
        &json!(text),
    ));
    say(with(
        place("response.output_item.done", "u", 2),
        "item",
        &custom(&text),
    ));
    say(with(
        place("response.output_item.added", "s", 3),
        "item",
        &shell(&[]),
    ));
    say(with(
        place("response.output_item.done", "s", 3),
        "item",
        &shell(&[&text]),
    ));
    let output = json!([message(&text), call(&whole), custom(&text), shell(&[&text])]);
    let response = json!({"id": "r", "object": "response", "output": output});
    say(json!({"type": "response.completed", "response": response}));
    all.iter().map(event).collect()
}

/// What a client makes of a stream.
fn heard(stream: &[u8]) -> Said {
    let mut said = Said {
        content: vec![String::new()],
        arguments: vec![String::new()],
        input: vec![String::new()],
        actions: Vec::new(),
    };
    let string = |value: &Value| value.as_str().unwrap().to_owned();
    for event in events(std::str::from_utf8(stream).unwrap()) {
        let items = match event["response"]["output"].as_array() {
            Some(items) => items.clone(),
            None => vec![event["item"].clone()],
        };
        let ended = event["type"] != "response.output_item.added";
        for item in items.iter().filter(|_| ended) {
            match item["type"].as_str() {
                Some("message") => said.content.push(string(&item["content"][0]["text"])),
                Some("function_call") => said.arguments.push(string(&item["arguments"])),
                Some("custom_tool_call") => said.input.push(string(&item["input"])),
                Some("shell_call") => said.actions.push(item["action"].clone()),
                _ => {}
            }
        }
        match event["type"].as_str().unwrap() {
            "response.output_text.delta" => said.content[0] += &string(&event["delta"]),
            "response.output_text.done" => said.content.push(string(&event["text"])),
            "response.content_part.done" => said.content.push(string(&event["part"]["text"])),
            "response.function_call_arguments.delta" => {
                said.arguments[0] += &string(&event["delta"])
            }
            "response.function_call_arguments.done" => {
                said.arguments.push(string(&event["arguments"]))
            }
            "response.custom_tool_call_input.delta" => said.input[0] += &string(&event["delta"]),
            "response.custom_tool_call_input.done" => said.input.push(string(&event["input"])),
            _ => {}
        }
    }
    said
}

/// Runs a stream, in network reads of `step` bytes, and checks what the client gets.
fn check(content: &[&str], arguments: &[&str], value: &str, step: usize) {
    let stream = stream_of(content, arguments);
    let mut inspector = Inspector::new(codec(), value);
    for read in stream.as_bytes().chunks(step) {
        inspector.feed(read);
    }
    assert_eq!(inspector.codec.finish(), StreamEnd::Complete);
    let said = heard(&inspector.out);
    let text = content.concat().replace(value, "[\"gone\"]");
    assert_eq!(said.content, vec![text.clone(); 5]);
    assert_eq!(said.input, vec![text; 4]);
    let before: Value = serde_json::from_str(&arguments.concat()).unwrap();
    let expected = replaced(before, value);
    assert_eq!(said.arguments.len(), 4);
    for got in said.arguments {
        let after: Value =
            serde_json::from_str(&got).unwrap_or_else(|error| panic!("{error}: {got}"));
        assert_eq!(after, expected);
    }
    let action = shell(&[&content.concat()])["action"].clone();
    assert_eq!(said.actions, vec![replaced(action, value); 2]);
}

#[test]
fn a_value_cut_at_every_byte_in_turn_is_replaced_in_every_repeat() {
    let content = "The key is sk-é\"4\\2, and again sk-é\"4\\2.";
    let value = "sk-é\"4\\2";
    let arguments = json!({"a": ["x", content], content: 5, "n": 142}).to_string();
    for first in 0..=arguments.len() {
        check(
            &pieces(content, &[first]),
            &pieces(&arguments, &[first]),
            value,
            1 << 20,
        );
        check(
            &pieces(content, &[first, first + 1, first + 2]),
            &pieces(&arguments, &[first, first + 3]),
            value,
            7,
        );
    }
    let every: Vec<usize> = (0..arguments.len()).collect();
    check(
        &pieces(content, &every),
        &pieces(&arguments, &every),
        value,
        1,
    );
    check(
        &pieces(content, &every),
        &pieces(&arguments, &every),
        "42",
        64,
    );
}

#[test]
fn nothing_but_the_value_changes() {
    let stream = stream_of(&["a SE", "CR", "ET b"], &["{}"]);
    let mut inspector = Inspector::new(codec(), "SECRET");
    inspector.feed(stream.as_bytes());
    let list = |piece: &str| format!("\"logprobs\":[{{\"token\":\"{piece}\"}}]");
    let expected = stream
        .replace("\"delta\":\"a SE\"", "\"delta\":\"a [\\\"gone\\\"]\"")
        .replace("\"delta\":\"CR\"", "\"delta\":\"\"")
        .replace("\"delta\":\"ET b\"", "\"delta\":\" b\"")
        .replace("a SECRET b", "a [\\\"gone\\\"] b")
        .replace(&list("a SE"), "\"logprobs\":[]")
        .replace(&list("CR"), "\"logprobs\":[]")
        .replace(&list("ET b"), "\"logprobs\":[]");
    assert_eq!(String::from_utf8(inspector.out).unwrap(), expected);
}

#[test]
fn two_texts_that_are_alike_are_both_edited() {
    let say = |output: u64, text: &str| {
        let at =
            json!({"output_index": output, "content_index": 0, "item_id": format!("m{output}")});
        let (mut piece, mut done) = (at.clone(), at);
        piece["type"] = json!("response.output_text.delta");
        piece["delta"] = json!(text);
        done["type"] = json!("response.output_text.done");
        done["text"] = json!(text);
        event(&piece) + &event(&done)
    };
    let end = json!({"type": "response.completed", "response": {"object": "response",
        "output": [message("my KEY"), message("my KEY")]}});
    let stream = say(0, "my KEY") + &say(1, "my KEY") + &event(&end);
    for step in [1, 50, 10_000] {
        let mut inspector = Inspector::new(codec(), "KEY");
        for read in stream.as_bytes().chunks(step) {
            inspector.feed(read);
        }
        let out = String::from_utf8(inspector.out).unwrap();
        assert_eq!(out, stream.replace("KEY", "[\\\"gone\\\"]"));
    }
}

proptest! {
    #[test]
    fn a_value_is_replaced_however_it_is_cut(
        parts in proptest::collection::vec("[aS\"\\\\😀é\n ]{0,4}|SÉ\"C😀\\\\R", 1..8),
        cuts in proptest::collection::vec(0_usize..400, 0..10),
        step in 1_usize..200,
    ) {
        let content = parts.concat();
        let arguments = json!({"k": parts, "n": -1.5, content.clone(): {"deep": [content, true, null]}}).to_string();
        check(&pieces(&content, &cuts), &pieces(&arguments, &cuts), "SÉ\"C😀\\R", step);
    }
}
