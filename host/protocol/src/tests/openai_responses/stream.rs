//! Streams: what they say, when it goes out, and how they end.

use caponier_core::Release;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{STREAM, codec, event, events};
use crate::tests::inspector::Inspector;
use crate::tests::lines;
use crate::{ErrorKind, ErrorShape, Format, StreamCodec, StreamEnd, StreamLimits, Update};

fn delta(text: &str) -> String {
    event(
        &json!({"type": "response.output_text.delta", "item_id": "m", "output_index": 0,
        "content_index": 0, "delta": text, "logprobs": [], "sequence_number": 4}),
    )
}

fn done(text: &str) -> String {
    event(
        &json!({"type": "response.output_text.done", "item_id": "m", "output_index": 0,
        "content_index": 0, "text": text, "sequence_number": 5}),
    )
}

fn message(text: &str) -> Value {
    json!({"type": "message", "id": "m", "role": "assistant",
        "content": [{"type": "output_text", "text": text, "annotations": []}]})
}

fn item(step: &str, item: &Value) -> String {
    event(&json!({"type": format!("response.output_item.{step}"), "output_index": 0, "item": item}))
}

fn completed(output: &[Value]) -> String {
    event(&json!({"type": "response.completed", "sequence_number": 9,
        "response": {"id": "r", "object": "response", "output": output}}))
}

fn release(codec: &mut StreamCodec, segment: u32, upto: usize) -> usize {
    codec.release(&[Release { segment, upto }], &[], &mut Vec::new())
}

#[test]
fn every_text_is_a_segment_and_only_once() {
    let mut inspector = Inspector::new(codec(), "");
    inspector.feed(STREAM.as_bytes());
    let expected = [
        r#"10 output other other field=instructions: "Answer in rhymes.""#,
        r#"11 output other other field=tools: "Sends mail.""#,
        r#"12 output other other field=user: "u@x.y""#,
        r#"13 output other other field=metadata: "a value""#,
        r#"14 output assistant reasoning: "Let me think.""#,
        r#"15 output assistant structured <file_search>: "[]""#,
        r#"16 output assistant structured <file_search>: "[\"plan of May\"]""#,
        r#"17 output assistant tool-call <file_search> path=[0]: "plan of May""#,
        r#"18 output document document <plan.txt>: "The plan is secret.""#,
        r#"19 output assistant text: "Hé😀llo \"you\"""#,
        r#"20 output assistant citation: "https://x.y/?q=a b""#,
        r#"21 output assistant citation: "A title""#,
        r#"22 output assistant refusal: "No.""#,
        r#"23 output assistant structured <mail>: "{\"to\": [\"a\\u0040b\\n\"], \"n\": 42}""#,
        r#"24 output assistant tool-call <mail> path= part=key: "to""#,
        r#"25 output assistant tool-call <mail> path=to[0]: "a@b\n""#,
        r#"26 output assistant tool-call <mail> path= part=key: "n""#,
        r#"27 output assistant tool-call <mail> path=n: "42""#,
        r#"28 output assistant tool-call <sql>: "SELECT 1""#,
        r#"29 output assistant tool-call <code_interpreter>: "print(1)""#,
        r#"30 output tool tool-result <code_interpreter>: "1 is it""#,
        r#"31 output assistant structured <look>: "{\"q\":\"w\"}""#,
        r#"32 output assistant tool-call <look> path= part=key: "q""#,
        r#"33 output assistant tool-call <look> path=q: "w""#,
        r#"34 output tool tool-result <look>: "found a thing""#,
        r#"35 output assistant structured <web_search>: "{\"type\": \"search\", \"query\": \"weather in Ulm\"}""#,
        r#"36 output assistant tool-call <web_search> path= part=key: "type""#,
        r#"37 output assistant tool-call <web_search> path=type: "search""#,
        r#"38 output assistant tool-call <web_search> path= part=key: "query""#,
        r#"39 output assistant tool-call <web_search> path=query: "weather in Ulm""#,
        r#"40 output assistant tool-call <image_generation>: "A cat on a mat""#,
        r#"41 output assistant structured <shell>: "{\"commands\": []}""#,
        r#"42 output assistant tool-call <shell> path= part=key: "commands""#,
        r#"43 output assistant tool-call <shell>: "cat a b""#,
        r#"44 output assistant structured <shell>: "{\"commands\": [\"cat a b\"]}""#,
        r#"45 output assistant tool-call <shell> path= part=key: "commands""#,
        r#"46 output assistant tool-call <shell> path=commands[0]: "cat a b""#,
        r#"47 output tool tool-result <shell>: "out text""#,
        r#"48 output tool tool-result <shell>: "err""#,
    ];
    assert_eq!(lines(&inspector.closed()), expected);
}

#[test]
fn calls_gaps_and_usage_are_told_once() {
    let mut inspector = Inspector::new(codec(), "");
    inspector.feed(STREAM.as_bytes());
    let told: Vec<String> = inspector
        .updates
        .iter()
        .filter_map(|update| match update {
            Update::ToolCall(call) => Some(format!(
                "{} {} {}",
                call.id.as_deref().unwrap_or_default(),
                call.name,
                call.arguments
            )),
            Update::Gap(_) | Update::Usage(_) | Update::End => Some(format!("{update:?}")),
            _ => None,
        })
        .collect();
    let expected = [
        r#"fs_1 file_search ["plan of May"]"#,
        r#"call_1 mail {"to": ["a\u0040b\n"], "n": 42}"#,
        "call_2 sql SELECT 1",
        "ci_1 code_interpreter print(1)",
        r#"mc_1 look {"q":"w"}"#,
        r#"ws_1 web_search {"type": "search", "query": "weather in Ulm"}"#,
        r#"Gap { kind: Image, place: "partial_image_b64" }"#,
        r#"Gap { kind: Image, place: "item.result" }"#,
        "ig_1 image_generation A cat on a mat",
        r#"call_5 shell {"commands": ["cat a b"]}"#,
        r#"Gap { kind: Image, place: "response.output[8].result" }"#,
        "Tokens { prompt: 3, completion: 4 }",
        "End",
    ];
    assert_eq!(told, expected);
    assert_eq!(inspector.out, STREAM.as_bytes());
    assert_eq!(inspector.codec.finish(), StreamEnd::Complete);
}

#[test]
fn every_cut_gives_the_same_bytes_and_the_same_updates() {
    let call =
        json!({"type": "function_call", "id": "f", "name": "g", "arguments": "{\"a\":\"é\"}"});
    let arguments = event(&json!({"type": "response.function_call_arguments.delta",
        "item_id": "f", "output_index": 1, "delta": "{\"a\":\"é\"}"}));
    let short = delta("a\n") + &delta("é") + &done("a\né").replace('\n', "\r\n") + &arguments;
    let short = short + &completed(&[message("a\né"), call]);
    let run = |pieces: &[&[u8]]| {
        let mut inspector = Inspector::new(codec(), "");
        pieces.iter().for_each(|piece| inspector.feed(piece));
        assert_eq!(inspector.codec.finish(), StreamEnd::Complete);
        (inspector.out, inspector.updates)
    };
    let bytes = short.as_bytes();
    let whole = run(&[bytes]);
    assert_eq!(whole.0, bytes);
    for first in 0..bytes.len() {
        for second in (first..bytes.len()).step_by(7) {
            let cut = run(&[&bytes[..first], &bytes[first..second], &bytes[second..]]);
            assert_eq!(cut, whole, "{first} {second}");
        }
    }
    let every: Vec<&[u8]> = bytes.chunks(1).collect();
    assert_eq!(run(&every), whole);

    let whole = run(&[STREAM.as_bytes()]);
    assert_eq!(whole.0, STREAM.as_bytes());
    for cut in (0..STREAM.len()).step_by(11) {
        let (first, second) = STREAM.as_bytes().split_at(cut);
        assert_eq!(run(&[first, second]), whole, "{cut}");
    }
    for step in [1, 2, 3, 64, 1000] {
        let pieces: Vec<&[u8]> = STREAM.as_bytes().chunks(step).collect();
        assert_eq!(run(&pieces), whole, "{step}");
    }
}

#[test]
fn what_repeats_a_text_waits_for_its_first_appearance() {
    let mut codec = codec();
    let stream = delta("abc") + &delta("def") + &done("abcdef") + &item("done", &message("abcdef"));
    codec.feed(stream.as_bytes()).unwrap();
    for (upto, count) in [(0, 0), (2, 0), (3, 1), (5, 0), (6, 3)] {
        assert_eq!(release(&mut codec, 10, upto), count, "{upto}");
    }
    // It is known long after, and nothing has to be looked at again.
    codec
        .feed(completed(&[message("abcdef")]).as_bytes())
        .unwrap();
    assert_eq!(codec.release(&[], &[], &mut Vec::new()), 1);
    assert_eq!(codec.finish(), StreamEnd::Complete);
}

#[test]
fn what_differs_from_the_deltas_is_looked_at_itself() {
    for repeat in [
        done("abX"),
        item("done", &message("abX")),
        completed(&[message("abX")]),
        event(
            &json!({"type": "response.content_part.done", "output_index": 0, "content_index": 0,
            "part": {"type": "output_text", "text": "abX"}}),
        ),
        // The same text in another role is another text.
        item(
            "done",
            &json!({"type": "reasoning", "summary": [{"type": "summary_text", "text": "abc"}]}),
        ),
    ] {
        let mut codec = codec();
        let updates = codec.feed((delta("abc") + &repeat).as_bytes()).unwrap();
        let opened = updates
            .iter()
            .filter(|update| matches!(update, Update::Open(_)));
        assert_eq!(opened.count(), 2, "{repeat}");
        assert_eq!(release(&mut codec, 10, 3), 1);
        assert_eq!(codec.held(), 1, "{repeat}");
        assert_eq!(release(&mut codec, 11, 2), 0);
        assert_eq!(release(&mut codec, 11, 3), 1);
    }
}

#[test]
fn a_call_is_told_before_the_last_of_it_goes_out() {
    let call = |arguments: &str| json!({"type": "function_call", "id": "f", "call_id": "c", "name": "g", "arguments": arguments});
    let piece = event(
        &json!({"type": "response.function_call_arguments.delta", "item_id": "f",
        "output_index": 0, "delta": "{\"a\":1}"}),
    );
    let whole = event(
        &json!({"type": "response.function_call_arguments.done", "item_id": "f",
        "output_index": 0, "arguments": "{\"a\":1}"}),
    );
    for (stream, told) in [
        (item("added", &call("")) + &piece, 0),
        (item("added", &call("")) + &piece + &whole, 1),
        (
            item("added", &call("")) + &piece + &item("done", &call("{\"a\":1}")),
            1,
        ),
        (
            item("added", &call("")) + &piece + &whole + &item("done", &call("{\"a\":1}")),
            1,
        ),
        (item("added", &call("")) + &item("done", &call("")), 1),
        (item("added", &call("{}")) + &item("done", &call("{}")), 1),
        // Other arguments are another call.
        (
            item("added", &call("")) + &piece + &whole + &item("done", &call("{}")),
            2,
        ),
    ] {
        let updates = codec().feed(stream.as_bytes()).unwrap();
        let calls = updates
            .iter()
            .filter(|update| matches!(update, Update::ToolCall(_)));
        assert_eq!(calls.count(), told, "{stream}");
    }
}

#[test]
fn a_denial_is_an_answer_that_is_incomplete() {
    // The client has got nothing.
    let mut all = codec();
    let mut out = Vec::new();
    all.feed(&STREAM.as_bytes()[..3000]).unwrap();
    all.deny("why", false, &mut out);
    all.deny("why", false, &mut out);
    let text = String::from_utf8(out).unwrap();
    let ends = events(&text);
    assert_eq!(ends.len(), 2);
    assert_eq!(ends[0]["type"], "response.created");
    assert_eq!(ends[0]["sequence_number"], 0);
    assert_eq!(ends[1]["type"], "response.incomplete");
    assert_eq!(ends[1]["sequence_number"], 1);
    for end in &ends {
        assert_eq!(end["response"]["id"], "resp_1");
        assert_eq!(end["response"]["model"], "gpt-x");
        assert_eq!(end["response"]["created_at"], 1_700_000_000);
    }
    assert_eq!(
        ends[1]["response"]["incomplete_details"],
        json!({"reason": "content_filter"})
    );
    assert!(text.starts_with("event: response.created\ndata: ") && !text.contains("why"));
    assert_eq!(all.feed(STREAM.as_bytes()), Ok(vec![]));
    assert_eq!(all.finish(), StreamEnd::Complete);

    // The client has got some of it: the numbers go on.
    let mut inspector = Inspector::new(codec(), "");
    let part = STREAM.find("event: response.output_text.delta").unwrap();
    inspector.feed(&STREAM.as_bytes()[..part]);
    let before = events(std::str::from_utf8(&inspector.out).unwrap());
    let mut out = Vec::new();
    inspector.codec.feed(&STREAM.as_bytes()[part..]).unwrap();
    inspector.codec.deny("why", false, &mut out);
    let ends = events(std::str::from_utf8(&out).unwrap());
    assert_eq!(ends.len(), 1);
    assert_eq!(ends[0]["sequence_number"], before.len());

    // The client has got all of it.
    let mut inspector = Inspector::new(codec(), "");
    inspector.feed(STREAM.as_bytes());
    let mut out = Vec::new();
    inspector.codec.deny("why", false, &mut out);
    assert!(out.is_empty());
}

#[test]
fn a_denial_as_an_error_carries_the_message() {
    let mut inspector = Inspector::new(codec(), "");
    inspector.feed(delta("gone out").as_bytes());
    let mut out = Vec::new();
    inspector.codec.feed(delta("held").as_bytes()).unwrap();
    inspector.codec.deny("because \"x\"", true, &mut out);
    let text = String::from_utf8(out).unwrap();
    let ends = events(&text);
    assert_eq!(ends.len(), 1);
    assert_eq!(ends[0]["type"], "error");
    assert_eq!(ends[0]["sequence_number"], 5);
    assert_eq!(ends[0]["message"], "because \"x\"");
    assert_eq!(ends[0]["error"]["code"], "content_filter");
    assert!(!text.contains("held"));

    let mut codec = codec();
    let mut out = Vec::new();
    codec.fail(&ErrorShape::new(ErrorKind::BadGateway, "cut"), &mut out);
    let ends = events(std::str::from_utf8(&out).unwrap());
    assert_eq!(ends[0]["code"], "bad_gateway");
    assert_eq!(ends[0]["sequence_number"], 0);
}

#[test]
fn a_stream_may_end_with_its_answer_or_an_error_and_not_in_between() {
    let error =
        event(&json!({"type": "error", "code": "q", "message": "over quota", "param": null}));
    let failed = event(&json!({"type": "response.failed",
        "response": {"object": "response", "output": [], "error": {"code": "q", "message": "over quota"}}}));
    for (stream, end) in [
        (completed(&[]), StreamEnd::Complete),
        (completed(&[]) + "data: [DONE]\n\n", StreamEnd::Complete),
        (delta("a") + "data: [DONE]\n\n", StreamEnd::Complete),
        (failed.clone(), StreamEnd::Complete),
        (error.clone(), StreamEnd::Complete),
        (error + &failed, StreamEnd::Complete),
        (delta("a"), StreamEnd::Cut { held: 0 }),
        (delta("a") + &done("a"), StreamEnd::Cut { held: 0 }),
        (completed(&[]).trim().to_owned(), StreamEnd::Cut { held: 0 }),
        (String::new(), StreamEnd::Cut { held: 0 }),
    ] {
        let mut inspector = Inspector::new(codec(), "");
        inspector.feed(stream.as_bytes());
        assert_eq!(inspector.codec.finish(), end, "{stream}");
    }
}

#[test]
fn what_clients_could_put_together_differently_is_refused() {
    let piece = |output: u64, content: u64, id: &str| {
        event(
            &json!({"type": "response.output_text.delta", "item_id": id, "output_index": output,
            "content_index": content, "delta": "x"}),
        )
    };
    let part = |text: &str| {
        event(
            &json!({"type": "response.content_part.added", "output_index": 0, "content_index": 0,
            "part": {"type": "output_text", "text": text}}),
        )
    };
    let empty = json!({"type": "message", "id": "m", "role": "assistant", "content": []});
    for (stream, message) in [
        ("data: hello\n\n".to_owned(), "expected a value"),
        ("data: {}\n\n".to_owned(), "missing field \"type\""),
        (
            "data: {\"type\":\"x\",\"delta\":\"a\",\"delta\":\"b\"}\n\n".to_owned(),
            "duplicate key \"delta\"",
        ),
        (
            "data: {\"type\":\"x\",\"Delta\":\"b\"}\n\n".to_owned(),
            "ambiguous key",
        ),
        (
            delta("a").replace(
                "event: response.output_text.delta",
                "event: response.refusal.delta",
            ),
            "an event whose name is not its type",
        ),
        (
            delta("a").replace("event: ", "event: x\nevent: "),
            "an event whose name is not its type",
        ),
        (done("a") + &delta("a"), "more of a text that is complete"),
        (
            delta("a") + &item("done", &message("a")) + &delta("b"),
            "more of an item that is complete",
        ),
        (
            item("done", &message("a")) + &piece(0, 7, "m"),
            "more of an item that is complete",
        ),
        (
            item("added", &message("a")) + &delta("b"),
            "more of an item that is complete",
        ),
        (part("a") + &delta("b"), "more of a text that is complete"),
        (
            delta("a") + &part("a").replace(".added", ".done") + &delta("b"),
            "more of a text that is complete",
        ),
        (
            part("a").replace(".added", ".done") + &delta("b"),
            "more of a text that is complete",
        ),
        (delta("a") + &part("b"), "a part that has begun already"),
        (
            item("added", &empty) + &item("added", &empty),
            "an item that has begun already",
        ),
        (
            delta("a") + &item("added", &empty),
            "an item that has begun already",
        ),
        (piece(0, 0, "m") + &piece(0, 0, "n"), "a text of two items"),
        (
            piece(0, 0, "m") + &piece(1, 0, "m"),
            "an item with two indices",
        ),
        (
            completed(&[]) + &delta("a"),
            "an event after the end of the stream",
        ),
        (
            "data: [DONE]\n\n".to_owned() + &delta("a"),
            "an event after the end of the stream",
        ),
        (
            delta("a").replace("\"output_index\":0", "\"output_index\":-1"),
            "output_index: must be a whole number",
        ),
        (
            delta("a").replace("\"delta\":\"a\"", "\"delta\":[\"a\"]"),
            "delta: must be a string",
        ),
        (
            item(
                "done",
                &json!({"type": "shell_call", "action": {"commands": ["a b"]}}),
            )
            .replace("\"commands\":", "\"commands\":\ndata: "),
            "a value over several lines of data",
        ),
    ] {
        let mut codec = codec();
        let first =
            event(&json!({"type": "response.refusal.delta", "output_index": 5, "delta": "x"}));
        let error = codec
            .feed((first + &stream).as_bytes())
            .unwrap_err()
            .to_string();
        assert!(error.contains(message), "{stream}: {error}");
        assert_eq!(release(&mut codec, 10, 9), 0);
    }
    let pieces = |count: u64| {
        (0..count)
            .map(|index| piece(0, index, "m"))
            .collect::<String>()
    };
    assert!(codec().feed(pieces(4000).as_bytes()).is_ok());
    assert!(codec().feed(pieces(4200).as_bytes()).is_err());
}

#[test]
fn an_answer_longer_than_one_event_of_other_formats_is_read() {
    let text = "word ".repeat(400_000);
    let stream = delta(&text[..900_000]) + &delta(&text[900_000..]) + &completed(&[message(&text)]);
    let mut inspector = Inspector::new(codec(), "");
    inspector.feed(stream.as_bytes());
    assert!(inspector.out == stream.as_bytes());
    let limits = StreamLimits {
        queued_bytes: 1 << 20,
        ..StreamLimits::default()
    };
    let mut codec = Format::OpenAiResponses.stream(0, &limits);
    assert!(codec.feed(stream.as_bytes()).is_err());
}

#[test]
fn errors_and_unknown_events_are_told() {
    let mut inspector = Inspector::new(codec(), "");
    for data in [
        json!({"type": "response.hologram.delta", "delta": "secret plans"}),
        json!({"type": "response.hologram.delta", "delta": "secret plans"}),
        json!({"type": "response.audio.delta", "delta": "aGk="}),
        json!({"type": "response.thing.delta", "item_id": "m", "bit": "word"}),
        json!({"type": "response.thing.searching", "item_id": "m", "output_index": 0}),
        json!({"type": "error", "code": "q", "message": "over quota", "param": null}),
    ] {
        inspector.feed(event(&data).as_bytes());
    }
    let told: Vec<String> = inspector
        .updates
        .iter()
        .filter_map(|update| match update {
            Update::Gap(gap) => Some(format!("{} {}", gap.kind, gap.place)),
            _ => None,
        })
        .collect();
    assert_eq!(told, ["unrecognized delta", "unrecognized bit"]);
    let texts: Vec<String> = inspector
        .closed()
        .into_iter()
        .map(|placed| placed.segment.text)
        .collect();
    assert_eq!(texts, ["q", "over quota"]);
}

proptest! {
    #[test]
    fn what_is_broken_is_refused_or_goes_out_as_it_came(
        at: prop::sample::Index,
        with in prop_oneof![Just(Vec::new()), proptest::collection::vec(any::<u8>(), 1..3), Just(b"\\".to_vec()), Just(b"\"".to_vec()), Just(b"\n".to_vec())],
        other: prop::sample::Index,
        cut: prop::sample::Index,
    ) {
        // One place is overwritten, and two events change places.
        let mut blocks: Vec<&str> = STREAM.split_inclusive("\n\n").collect();
        let (first, second) = (at.index(blocks.len()), other.index(blocks.len()));
        blocks.swap(first, second);
        let mut bytes = blocks.concat().into_bytes();
        let place = at.index(bytes.len());
        bytes.splice(place..(place + 1).min(bytes.len()), with);
        let mut codec = codec();
        let mut out = Vec::new();
        let all: Vec<Release> = (0..200).map(|segment| Release { segment, upto: usize::MAX }).collect();
        let (head, tail) = bytes.split_at(cut.index(bytes.len()));
        for piece in [head, tail] {
            if codec.feed(piece).is_err() {
                break;
            }
            codec.release(&all, &[], &mut out);
        }
        prop_assert!(bytes.starts_with(&out));
    }
}
