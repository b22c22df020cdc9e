//! Streams.

use proptest::prelude::*;

use crate::tests::inspector::{Inspector, check_cuts, pieces};
use crate::tests::lines;
use crate::tests::skipping::in_event;
use crate::{Format, StreamCodec, StreamEnd, StreamLimits};

fn codec() -> StreamCodec {
    Format::OpenAiCompletions.stream(10, &StreamLimits::default())
}

fn event(json: impl std::fmt::Display) -> String {
    format!("data: {json}\n\n")
}

fn chunk(index: u64, text: &str, rest: &str) -> String {
    let text = serde_json::Value::from(text);
    event(format!(
        r#"{{"id":"cmpl-1","object":"text_completion","created":7,"choices":[{{"text":{text},"index":{index}{rest}}}],"model":"m"}}"#
    ))
}

fn sample() -> String {
    [
        chunk(0, "H", r#","logprobs":null,"finish_reason":null"#),
        chunk(1, "two", ""),
        chunk(0, "é", r#","logprobs":{"tokens":["é"]}"#),
        chunk(0, "", r#","finish_reason":"stop""#),
        chunk(1, "!", r#","finish_reason":"length""#),
        event(r#"{"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":6}}"#),
        event("[DONE]"),
    ]
    .concat()
}

#[test]
fn every_text_is_a_segment() {
    let mut inspector = Inspector::new(codec(), "");
    inspector.feed(sample().as_bytes());
    assert_eq!(
        lines(&inspector.closed()),
        [
            r#"10 output assistant text choice=0: "Hé""#,
            r#"11 output assistant text choice=1: "two!""#,
        ]
    );
    assert_eq!(
        inspector.told(),
        ["Tokens { prompt: 5, completion: 6 }", "End"]
    );
    assert_eq!(inspector.codec.finish(), StreamEnd::Complete);
}

#[test]
fn what_is_not_edited_goes_out_as_it_came_at_every_cut() {
    check_cuts(codec, &sample());
}

#[test]
fn logprobs_of_an_edited_text_go() {
    let said = |text: &str| chunk(0, text, &format!(r#","logprobs":{{"tokens":["{text}"]}}"#));
    let mut inspector = Inspector::new(codec(), "SECRET");
    inspector.feed((said("a") + &said("SEC") + &said("RET") + &said("b")).as_bytes());
    let out = String::from_utf8(inspector.out).unwrap();
    assert!(!out.contains("SEC") && !out.contains("RET"), "{out}");
    assert_eq!(out.matches("\"logprobs\":null").count(), 2);
}

#[test]
fn a_denied_stream_ends_in_the_formats_way() {
    let mut codec = codec();
    let mut out = Vec::new();
    codec.feed(chunk(0, "held", "").as_bytes()).unwrap();
    codec.feed(chunk(1, "held", "").as_bytes()).unwrap();
    codec.deny("why", false, &mut out);
    let text = String::from_utf8(out).unwrap();
    let end = |index: u64| {
        event(format!(
            r#"{{"id":"cmpl-1","object":"text_completion","created":7,"model":"m","choices":[{{"index":{index},"text":"","logprobs":null,"finish_reason":"content_filter"}}]}}"#
        ))
    };
    assert_eq!(text, end(0) + &end(1) + &event("[DONE]"));
    assert_eq!(codec.finish(), StreamEnd::Complete);
    assert_eq!(codec.keep_alive(), b": held\n\n");
}

#[test]
fn no_text_gets_by() {
    in_event(
        Format::OpenAiCompletions,
        r#"{"id":"cmpl-1","object":"text_completion","created":7,"model":"m","system_fingerprint":"f",
            "choices":[{"text":"Hi","index":0,"logprobs":null,"finish_reason":null}],"usage":null}"#,
        event,
    );
}

#[test]
fn what_is_not_of_the_format_is_refused() {
    let end = chunk(0, "", r#","finish_reason":"stop""#);
    for (stream, message) in [
        (
            event(r#"{"choices":[{"text":"a","Text":"b"}]}"#),
            "ambiguous key",
        ),
        (
            event(r#"{"choices":[{"text":1}]}"#),
            "choices[0].text: must be a string",
        ),
        (
            end + &chunk(0, "more", ""),
            "text after the choice's finish_reason",
        ),
        (
            event("[DONE]") + &chunk(0, "a", ""),
            "an event after the end",
        ),
    ] {
        let error = codec().feed(stream.as_bytes()).unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
    }
}

proptest! {
    #[test]
    fn a_value_is_replaced_however_it_is_cut(
        parts in proptest::collection::vec("[aS\"\\\\😀é\n ]{0,4}|SÉ\"C😀\\\\R", 1..8),
        cuts in proptest::collection::vec(0_usize..400, 0..10),
        step in 1_usize..200,
    ) {
        let said = parts.concat();
        let mut stream: String = pieces(&said, &cuts).into_iter().map(|piece| chunk(0, piece, "")).collect();
        stream += &event("[DONE]");
        let mut inspector = Inspector::new(codec(), "SÉ\"C😀\\R");
        for read in stream.as_bytes().chunks(step) {
            inspector.feed(read);
        }
        let out = String::from_utf8(inspector.out).unwrap();
        let events = out.split("\n\n").filter_map(|event| event.strip_prefix("data: {"));
        let got: String = events
            .map(|event| serde_json::from_str::<serde_json::Value>(&format!("{{{event}")).unwrap())
            .map(|event| event["choices"][0]["text"].as_str().unwrap().to_owned())
            .collect();
        prop_assert_eq!(got, said.replace("SÉ\"C😀\\R", "[\"gone\"]"));
    }
}
