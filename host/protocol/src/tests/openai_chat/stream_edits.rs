//! A value is replaced in a stream however it is cut.

use proptest::prelude::*;

use crate::tests::inspector::{Inspector, pieces, replaced};
use crate::{Format, StreamEnd, StreamLimits};

/// A chunk with this delta in its first choice.
pub(super) fn delta(delta: &str) -> String {
    format!(
        "data: {{\"id\":\"c1\",\"created\":7,\"model\":\"m\",\"choices\":[{{\"index\":0,\"delta\":{delta}}}]}}\n\n"
    )
}

/// The JSON of each event.
pub(super) fn events(stream: &str) -> Vec<serde_json::Value> {
    stream
        .split("\n\n")
        .filter_map(|event| event.strip_prefix("data: "))
        .filter(|data| *data != "[DONE]")
        .map(|data| serde_json::from_str(data).unwrap())
        .collect()
}

/// Content and arguments as a client puts them together.
fn put_together(stream: &[u8]) -> (String, String) {
    let (mut content, mut arguments) = (String::new(), String::new());
    for event in events(std::str::from_utf8(stream).unwrap()) {
        let delta = &event["choices"][0]["delta"];
        content.push_str(delta["content"].as_str().unwrap_or_default());
        arguments.push_str(
            delta["tool_calls"][0]["function"]["arguments"]
                .as_str()
                .unwrap_or_default(),
        );
    }
    (content, arguments)
}

/// `ascii`: every character beyond ASCII, and every `e`, is written as an escape.
fn literal(text: &str, ascii: bool) -> String {
    let json = serde_json::Value::from(text).to_string();
    if !ascii {
        return json;
    }
    let mut out = String::new();
    let mut escaped = false;
    for character in json.chars() {
        if !character.is_ascii() || (character == 'e' && !escaped) {
            for unit in character.encode_utf16(&mut [0; 2]) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            out.push(character);
        }
        escaped = character == '\\' && !escaped;
    }
    out
}

fn stream_of(content: &[&str], arguments: &[&str], ascii: bool) -> String {
    let mut stream = String::new();
    for piece in content {
        stream += &delta(&format!(r#"{{"content":{}}}"#, literal(piece, ascii)));
    }
    for piece in arguments {
        let piece = literal(piece, ascii);
        stream += &delta(&format!(
            r#"{{"tool_calls":[{{"index":0,"function":{{"name":"f","arguments":{piece}}}}}]}}"#
        ));
    }
    stream
        + "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n"
}

/// Runs a stream, in network reads of `step` bytes, and checks what the client gets.
fn check(content: &[&str], arguments: &[&str], value: &str, ascii: bool, step: usize) {
    let stream = stream_of(content, arguments, ascii);
    let mut inspector = Inspector::new(
        Format::OpenAiChat.stream(0, &StreamLimits::default()),
        value,
    );
    for read in stream.as_bytes().chunks(step) {
        inspector.feed(read);
    }
    assert_eq!(inspector.codec.finish(), StreamEnd::Complete);
    let (got, called) = put_together(&inspector.out);
    assert_eq!(got, content.concat().replace(value, "[\"gone\"]"));
    let whole = arguments.concat();
    if whole.is_empty() {
        return;
    }
    let before: serde_json::Value = serde_json::from_str(&whole).unwrap();
    let after: serde_json::Value =
        serde_json::from_str(&called).unwrap_or_else(|error| panic!("{error}: {called}"));
    assert_eq!(after, replaced(before, value));
}

#[test]
fn a_value_cut_at_every_byte_in_turn_is_replaced_and_never_leaves() {
    let content = "The key is sk-é\"4\\2, and again sk-é\"4\\2.";
    let value = "sk-é\"4\\2";
    let arguments = serde_json::json!({"a": ["x", content], content: 5, "n": 142}).to_string();
    for first in 0..=arguments.len() {
        for ascii in [false, true] {
            check(
                &pieces(content, &[first]),
                &pieces(&arguments, &[first]),
                value,
                ascii,
                1 << 20,
            );
        }
        check(
            &pieces(content, &[first, first + 1, first + 2]),
            &pieces(&arguments, &[first, first + 3]),
            value,
            true,
            7,
        );
    }
    let every: Vec<usize> = (0..arguments.len()).collect();
    check(
        &pieces(content, &every),
        &pieces(&arguments, &every),
        value,
        true,
        1,
    );
    check(
        &pieces(content, &every),
        &pieces(&arguments, &every),
        "42",
        false,
        64,
    );
}

#[test]
fn the_replacement_goes_where_the_value_began() {
    let stream = stream_of(&["a SE", "CR", "ET b"], &[], false);
    let mut inspector = Inspector::new(
        Format::OpenAiChat.stream(0, &StreamLimits::default()),
        "SECRET",
    );
    inspector.feed(stream.as_bytes());
    let expected = stream
        .replace("\"a SE\"", "\"a [\\\"gone\\\"]\"")
        .replace("\"content\":\"CR\"", "\"content\":\"\"")
        .replace("\"ET b\"", "\" b\"");
    assert_eq!(String::from_utf8(inspector.out).unwrap(), expected);
}

#[test]
fn logprobs_of_an_edited_delta_go() {
    let chunk = |text: &str| {
        format!(
            "data: {{\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"{text}\"}},\"logprobs\":{{\"content\":[{{\"token\":\"{text}\"}}]}}}}]}}\n\n"
        )
    };
    let mut inspector = Inspector::new(
        Format::OpenAiChat.stream(0, &StreamLimits::default()),
        "SECRET",
    );
    inspector.feed((chunk("a") + &chunk("SEC") + &chunk("RET") + &chunk("b")).as_bytes());
    let events = events(std::str::from_utf8(&inspector.out).unwrap());
    let kept: Vec<bool> = events
        .iter()
        .map(|event| !event["choices"][0]["logprobs"].is_null())
        .collect();
    assert_eq!(kept, [true, false, false, true]);
}

proptest! {
    #[test]
    fn a_value_is_replaced_however_it_is_cut(
        parts in proptest::collection::vec("[aS\"\\\\😀é\n ]{0,4}|SÉ\"C😀\\\\R", 1..8),
        cuts in proptest::collection::vec(0_usize..400, 0..10),
        ascii: bool,
        step in 1_usize..200,
    ) {
        let content = parts.concat();
        let arguments = serde_json::json!({"k": parts, "n": -1.5, content.clone(): {"deep": [content, true, null]}}).to_string();
        check(&pieces(&parts.concat(), &cuts), &pieces(&arguments, &cuts), "SÉ\"C😀\\R", ascii, step);
    }
}
