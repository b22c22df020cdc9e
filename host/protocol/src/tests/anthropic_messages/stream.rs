//! Streams: what they say, when it goes out, and how they end.

use caponier_core::{GapKind, Release};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::client::{block, end, event, events, message, start, text, tool_use};
use super::response;
use crate::tests::inspector::{Inspector, pieces};
use crate::tests::lines;
use crate::{ErrorKind, ErrorShape, Format, StreamCodec, StreamEnd, StreamLimits, Tokens, Update};

fn codec() -> StreamCodec {
    Format::AnthropicMessages.stream(10, &StreamLimits::default())
}

/// A stream with a bit of everything.
fn mixed() -> String {
    let deltas = |deltas: Value| deltas.as_array().unwrap().clone();
    let thought = block(
        0,
        &json!({"type": "thinking", "thinking": "", "signature": ""}),
        &deltas(json!([
            {"type": "thinking_delta", "thinking": "let "},
            {"type": "thinking_delta", "thinking": "me"},
            {"type": "signature_delta", "signature": "EqQB+/="},
        ])),
    );
    let said = block(
        1,
        &json!({"type": "text", "text": "H", "citations": []}),
        &deltas(json!([
            {"type": "text_delta", "text": "é😀"},
            {"type": "citations_delta", "citation": {"type": "search_result_location", "cited_text": "as said", "source": "s", "title": null, "search_result_index": 0}},
            {"type": "text_delta", "text": "llo"},
        ])),
    );
    let search = block(
        2,
        &json!({"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {}}),
        &deltas(json!([{"type": "input_json_delta", "partial_json": "{\"query\":\"who\"}"}])),
    );
    let hits = block(
        3,
        &json!({"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": [
            {"type": "web_search_result", "title": "Hit", "url": "https://x.y/", "encrypted_content": "Eo+="},
        ]}),
        &[],
    );
    let ping = event(&json!({"type": "ping"}));
    start()
        + &ping
        + &thought
        + &said
        + &search
        + &hits
        + ": comment\n\n"
        + &tool_use(4, &["", "{\"to\": [\"a\\u00", "40b\\n\"], \"n\": 4", "2}"])
        + &end()
}

#[test]
fn every_text_is_a_segment() {
    let mut inspector = Inspector::new(codec(), "");
    inspector.feed(mixed().as_bytes());
    assert_eq!(
        lines(&inspector.closed()),
        [
            r#"10 output assistant reasoning: "let me""#,
            r#"11 output assistant text: "Hé😀llo""#,
            r#"12 output assistant citation: "as said""#,
            r#"13 output assistant citation: "s""#,
            r#"14 output assistant structured <web_search>: "{\"query\":\"who\"}""#,
            r#"15 output assistant tool-call <web_search> path= part=key: "query""#,
            r#"16 output assistant tool-call <web_search> path=query: "who""#,
            r#"17 output tool tool-result <web_search>: "Hit""#,
            r#"18 output tool tool-result <web_search>: "https://x.y/""#,
            r#"19 output assistant structured <mail>: "{\"to\": [\"a\\u0040b\\n\"], \"n\": 42}""#,
            r#"20 output assistant tool-call <mail> path= part=key: "to""#,
            r#"21 output assistant tool-call <mail> path=to[0]: "a@b\n""#,
            r#"22 output assistant tool-call <mail> path= part=key: "n""#,
            r#"23 output assistant tool-call <mail> path=n: "42""#,
        ]
    );
    let usage = |prompt, completion| Update::Usage(Tokens { prompt, completion });
    let rest: Vec<&Update> = inspector
        .updates
        .iter()
        .filter(|update| {
            let is_text = matches!(
                update,
                Update::Open(_) | Update::Text { .. } | Update::Close { .. }
            );
            !is_text
        })
        .collect();
    assert_eq!(rest.len(), 6);
    assert_eq!(rest[0], &usage(7, 1));
    assert!(matches!(rest[1], Update::ToolCall(call) if call.name == "web_search"));
    assert!(
        matches!(rest[2], Update::Gap(gap) if gap.place == "content_block.content[0].encrypted_content")
    );
    assert!(
        matches!(rest[3], Update::ToolCall(call) if call.name == "mail" && call.id.as_deref() == Some("toolu_1"))
    );
    // The numbers of the end are totals: what it does not name stands.
    assert_eq!(rest[4], &usage(7, 9));
    assert_eq!(rest[5], &Update::End);
    assert_eq!(inspector.out, mixed().as_bytes());
    assert_eq!(inspector.codec.finish(), StreamEnd::Complete);
}

#[test]
fn what_is_not_edited_goes_out_as_it_came_at_every_cut() {
    let stream = mixed();
    let mut whole = Inspector::new(codec(), "");
    whole.feed(stream.as_bytes());
    for cut in 0..stream.len() {
        let mut inspector = Inspector::new(codec(), "");
        inspector.feed(&stream.as_bytes()[..cut]);
        inspector.feed(&stream.as_bytes()[cut..]);
        assert_eq!(inspector.out, stream.as_bytes(), "{cut}");
        assert_eq!(lines(&inspector.closed()), lines(&whole.closed()), "{cut}");
        assert_eq!(inspector.codec.finish(), StreamEnd::Complete);
    }
}

#[test]
fn a_short_stream_says_the_same_at_every_two_cuts() {
    let stream = start() + &tool_use(0, &["{\"é\":\"a\\", "n\"}"]) + &end();
    let mut whole = Inspector::new(codec(), "a");
    whole.feed(stream.as_bytes());
    // The start and the end hold no text: cuts within them are those of the test above.
    let (from, to) = (start().len(), stream.len() - end().len());
    for first in from..to {
        for second in first..to {
            let mut inspector = Inspector::new(codec(), "a");
            for read in [
                &stream.as_bytes()[..first],
                &stream.as_bytes()[first..second],
                &stream.as_bytes()[second..],
            ] {
                inspector.feed(read);
            }
            assert_eq!(inspector.updates, whole.updates, "{first} {second}");
            assert_eq!(inspector.out, whole.out, "{first} {second}");
        }
    }
}

#[test]
fn a_denial_ends_what_the_client_has_seen_begin() {
    let stream = mixed();
    let ends: Vec<usize> = stream.match_indices("\n\n").map(|(at, _)| at + 2).collect();
    for seen in std::iter::once(0).chain(ends) {
        for held in [0, 40, 400] {
            let mut inspector = Inspector::new(codec(), "");
            inspector.feed(&stream.as_bytes()[..seen]);
            let sent = inspector.out.len();
            // What comes now is held: the client does not see it.
            let more = stream.as_bytes().get(seen..).unwrap_or_default();
            let _ = inspector.codec.feed(&more[..more.len().min(held)]).unwrap();
            inspector.codec.deny("why", false, &mut inspector.out);
            inspector.codec.deny("why", false, &mut inspector.out);
            let out = String::from_utf8(inspector.out).unwrap();
            let message = message(&out);
            let is_finished = stream[..sent].contains("event: message_delta");
            let reason = if is_finished { "end_turn" } else { "refusal" };
            assert_eq!(message["stop_reason"], reason);
            let is_known = seen + held >= start().len();
            assert_eq!(message["id"], if is_known { "msg_1" } else { "" });
            assert!(!out[sent..].contains("why"));
            let used = if is_known { 7 } else { 0 };
            let cached = message["usage"]["cache_read_input_tokens"].as_u64();
            let input = message["usage"]["input_tokens"].as_u64().unwrap();
            assert_eq!(input + cached.unwrap_or(0), used);
            assert_eq!(inspector.codec.finish(), StreamEnd::Complete);
        }
    }
}

#[test]
fn an_error_is_an_event_of_its_own() {
    let mut codec = codec();
    let mut out = Vec::new();
    codec
        .feed((start() + &text(0, &["held"])).as_bytes())
        .unwrap();
    codec.deny("because \"x\"", true, &mut out);
    codec.fail(&ErrorShape::new(ErrorKind::BadGateway, "cut"), &mut out);
    let events = events(std::str::from_utf8(&out).unwrap());
    assert_eq!(
        events,
        [(
            "error".to_owned(),
            json!({"type": "error", "error": {
                "type": "invalid_request_error", "message": "because \"x\"",
                "details": {"error_code": "content_policy_violation"},
            }})
        )]
    );
}

#[test]
fn nothing_goes_out_before_all_of_its_text_is_released() {
    let mut codec = codec();
    let mut out = Vec::new();
    codec
        .feed((start() + &text(0, &["abc", "def"])).as_bytes())
        .unwrap();
    // The starts of message and block go, then a delta each, and the stop with the last.
    for (upto, count) in [(0, 2), (2, 0), (3, 1), (5, 0), (6, 2)] {
        let release = Release { segment: 10, upto };
        assert_eq!(codec.release(&[release], &[], &mut out), count, "{upto}");
    }
    assert_eq!(codec.finish(), StreamEnd::Cut { held: 0 });
}

#[test]
fn only_the_formats_own_end_is_one() {
    for (stream, end) in [
        (mixed(), StreamEnd::Complete),
        (start() + &end(), StreamEnd::Complete),
        (
            event(
                &json!({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}),
            ),
            StreamEnd::Complete,
        ),
        (start(), StreamEnd::Cut { held: 0 }),
        (start() + &text(0, &["a"]), StreamEnd::Cut { held: 0 }),
        (
            (start() + &end()).trim_end().to_owned(),
            StreamEnd::Cut { held: 0 },
        ),
        (String::new(), StreamEnd::Cut { held: 0 }),
    ] {
        let mut inspector = Inspector::new(codec(), "");
        inspector.feed(stream.as_bytes());
        assert_eq!(inspector.codec.finish(), end, "{stream}");
    }
}

#[test]
fn what_is_not_of_the_format_is_refused_and_releases_nothing_more() {
    let delta = |index: u64, delta: Value| {
        event(&json!({"type": "content_block_delta", "index": index, "delta": delta}))
    };
    let open = |index: u64, block: Value| {
        event(&json!({"type": "content_block_start", "index": index, "content_block": block}))
    };
    let empty = || json!({"type": "text", "text": ""});
    let said = |text: &str| json!({"type": "text_delta", "text": text});
    let cases = [
        ("data: {\"type\":\"ping\"}\n\n".to_owned(), "an event whose name is not its type"),
        (event(&json!({"type": "ping"})).replacen("ping", "error", 1), "an event whose name is not its type"),
        ("event: ping\nevent: ping\ndata: {\"type\":\"ping\"}\n\n".to_owned(), "an event whose name is not its type"),
        ("event: error\nevent: ping\ndata: {\"type\":\"ping\"}\n\n".to_owned(), "an event whose name is not its type"),
        ("event: ping\ndata: {}\n\n".to_owned(), "missing field \"type\""),
        ("event: ping\ndata: hello\n\n".to_owned(), "expected a value"),
        ("event: ping\ndata: []\n\n".to_owned(), "must be an object"),
        ("event: ping\ndata: {\"type\":\"ping\",\"type\":\"ping\"}\n\n".to_owned(), "duplicate key \"type\""),
        ("event: ping\ndata: {\"type\":\"ping\",\"Delta\":1}\n\n".to_owned(), "ambiguous key, it reads as \"delta\""),
        (start(), "a second message_start"),
        (open(1, empty()), "a content block out of order"),
        (open(0, empty()) + &open(0, empty()), "a content block out of order"),
        (open(0, json!({"text": ""})), "content_block: missing field \"type\""),
        (open(0, json!({"type": "text", "text": "", "Text": "a"})), "content_block: ambiguous key"),
        (open(0, json!({"type": "text", "text": 5})), "content_block.text: must be a string"),
        (open(0, json!({"type": "tool_use", "name": "f", "input": "{}"})), "content_block.input: must be an object"),
        (delta(0, said("a")), "a content block that is not open"),
        (text(0, &["a"]) + &delta(0, said("b")), "a content block that is not open"),
        (text(0, &[]) + &event(&json!({"type": "content_block_stop", "index": 0})), "a content block that is not open"),
        (open(0, empty()) + &delta(0, json!({"type": "text_delta", "text": ["a"]})), "delta.text: must be a string"),
        (open(0, empty()) + &delta(0, json!({"type": "text_delta", "text": "a", "Text": "b"})), "delta: ambiguous key"),
        (open(0, empty()) + &delta(0, json!({"type": "thinking_delta", "thinking": "a"})), "a delta of another kind than its block"),
        (open(0, empty()) + &delta(0, json!({"type": "input_json_delta", "partial_json": "a"})), "a delta of another kind than its block"),
        (
            open(0, json!({"type": "tool_use", "name": "f", "input": {"a": 1}})) + &delta(0, json!({"type": "input_json_delta", "partial_json": "{}"})),
            "a second input of one tool call",
        ),
        (
            "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"tool_use\",\"input\":{\"a\":\ndata: 1}}}\n\n".to_owned(),
            "a value over several lines of data",
        ),
        (end() + &open(0, empty()), "an event after the end of the stream"),
        (end().split_inclusive("\n\n").next().unwrap().to_owned() + &open(0, empty()), "a content block after message_delta"),
        (event(&json!({"type": "error", "error": {}})) + &text(0, &["a"]), "an event after the end of the stream"),
    ];
    for (stream, message) in cases {
        let mut codec = codec();
        let error = codec
            .feed((start() + &stream).as_bytes())
            .unwrap_err()
            .to_string();
        assert!(error.contains(message), "{error}: {stream}");
        let mut out = Vec::new();
        let release = Release {
            segment: 10,
            upto: 9,
        };
        assert_eq!(codec.release(&[release], &[], &mut out), 0);
        codec.deny("bad", true, &mut out);
        assert!(out.starts_with(b"event: error\n"));
    }
    let error = codec().feed(text(0, &["a"]).as_bytes()).unwrap_err();
    assert!(error.to_string().contains("an event before message_start"));
    let begun = start().replace("\"content\":[]", "\"content\":[{\"type\":\"text\"}]");
    let error = codec().feed(begun.as_bytes()).unwrap_err();
    assert!(error.to_string().contains("content in message_start"));
    let limits = StreamLimits {
        argument_bytes: 4,
        ..StreamLimits::default()
    };
    let mut codec = Format::AnthropicMessages.stream(0, &limits);
    let stream = start() + &tool_use(0, &["{\"a\"", ":1}"]);
    let error = codec.feed(stream.as_bytes()).unwrap_err();
    assert!(error.to_string().contains("more than 4 bytes"), "{error}");
}

/// What is told of a stream beside its text.
fn told(stream: &str) -> (Vec<(GapKind, String)>, Vec<String>) {
    let mut inspector = Inspector::new(codec(), "");
    inspector.feed(stream.as_bytes());
    let gap = |update: &Update| match update {
        Update::Gap(gap) => Some((gap.kind, gap.place.clone())),
        _ => None,
    };
    let gaps = inspector.updates.iter().filter_map(gap).collect();
    let text = |placed: crate::Placed| placed.segment.text;
    (gaps, inspector.closed().into_iter().map(text).collect())
}

#[test]
fn no_text_slips_through() {
    const TEXT: &str = "some secret text";
    let delta = |start: Value, delta: Value| block(0, &start, &[delta]);
    let empty = || json!({"type": "text", "text": ""});
    let read = [
        block(0, &json!({"type": "text", "text": TEXT}), &[]),
        block(
            0,
            &json!({"type": "text", "text": "", "citations": [{"type": "char_location", "cited_text": TEXT}]}),
            &[],
        ),
        block(
            0,
            &json!({"type": "thinking", "thinking": TEXT, "signature": ""}),
            &[],
        ),
        block(0, &json!({"type": "compaction", "content": TEXT}), &[]),
        block(
            0,
            &json!({"type": "tool_use", "id": "t", "name": "f", "input": {"a": TEXT}}),
            &[],
        ),
        block(
            0,
            &json!({"type": "mcp_tool_result", "tool_use_id": "t", "content": [{"type": "text", "text": TEXT}]}),
            &[],
        ),
        block(
            0,
            &json!({"type": "web_fetch_tool_result", "tool_use_id": "t", "content": {"type": "web_fetch_result", "content": {"type": "document", "source": {"type": "text", "data": TEXT}}}}),
            &[],
        ),
        block(
            0,
            &json!({"type": "bash_code_execution_tool_result", "tool_use_id": "t", "content": {"stdout": TEXT}}),
            &[],
        ),
        text(0, &[TEXT]),
        tool_use(0, &[&json!({"a": [TEXT]}).to_string()]),
        delta(
            empty(),
            json!({"type": "citations_delta", "citation": {"type": "char_location", "cited_text": TEXT}}),
        ),
        delta(
            json!({"type": "thinking", "thinking": "", "signature": ""}),
            json!({"type": "thinking_delta", "thinking": TEXT}),
        ),
        delta(
            json!({"type": "compaction", "content": null}),
            json!({"type": "compaction_delta", "content": TEXT}),
        ),
        event(
            &json!({"type": "message_delta", "delta": {"stop_reason": "stop_sequence", "stop_sequence": TEXT}, "usage": {}}),
        ),
        event(
            &json!({"type": "message_delta", "delta": {"stop_reason": "refusal", "stop_details": {"type": "refusal", "explanation": TEXT}}, "usage": {}}),
        ),
        event(&json!({"type": "error", "error": {"type": "api_error", "message": TEXT}})),
    ];
    for stream in read {
        let (_, texts) = told(&(start() + &stream));
        assert!(texts.iter().any(|text| text == TEXT), "{stream}: {texts:?}");
    }
    let noted = [
        (
            block(0, &json!({"type": "text", "text": "", "more": TEXT}), &[]),
            "content_block.more",
        ),
        (
            block(0, &json!({"type": "of_the_future", "text": TEXT}), &[]),
            "content_block",
        ),
        (
            block(0, &json!({"type": "redacted_thinking", "data": TEXT}), &[]),
            "content_block",
        ),
        (
            block(
                0,
                &json!({"type": "thinking", "thinking": "", "signature": TEXT}),
                &[],
            ),
            "content_block.signature",
        ),
        (
            block(
                0,
                &json!({"type": "tool_use", "id": "t", "name": TEXT, "input": {}}),
                &[],
            ),
            "content_block.name",
        ),
        (
            delta(empty(), json!({"type": "of_the_future", "text": TEXT})),
            "delta",
        ),
        (
            delta(
                empty(),
                json!({"type": "text_delta", "text": "", "more": TEXT}),
            ),
            "delta.more",
        ),
        (
            delta(
                json!({"type": "of_the_future"}),
                json!({"type": "text_delta", "text": TEXT}),
            ),
            "delta",
        ),
        (
            event(&json!({"type": "of_the_future", "text": TEXT})),
            "of_the_future",
        ),
        (event(&json!({"type": "ping", "text": TEXT})), "text"),
        (
            event(&json!({"type": "message_delta", "delta": {"stop_reason": TEXT}, "usage": {}})),
            "delta.stop_reason",
        ),
        (
            event(&json!({"type": "message_delta", "delta": {}, "usage": {"note": TEXT}})),
            "usage",
        ),
        (
            event(&json!({"type": "message_stop", "note": TEXT})),
            "note",
        ),
        (
            event(&json!({"type": "ping"})).replacen('\n', "\nfoo: bar\n", 1),
            "event",
        ),
    ];
    for (stream, place) in noted {
        let (gaps, _) = told(&(start() + &stream));
        assert!(gaps.iter().any(|gap| gap.1 == place), "{stream}: {gaps:?}");
        assert!(!format!("{gaps:?}").contains(TEXT));
    }
}

#[test]
fn an_edit_of_what_is_read_only_stops_the_stream() {
    let mut codec = codec();
    let stream = start() + &tool_use(0, &["{\"a\":1}"]) + &end();
    codec.feed(stream.as_bytes()).unwrap();
    let edit = caponier_core::SegmentEdit {
        segment: 10,
        span: caponier_core::Span::new(0, 1),
        replacement: String::new(),
    };
    let mut out = Vec::new();
    let all: Vec<Release> = (10..20)
        .map(|segment| Release { segment, upto: 99 })
        .collect();
    assert_eq!(codec.release(&all, &[edit], &mut out), 0);
    assert_eq!(codec.release(&all, &[], &mut out), 0);
    assert!(out.is_empty());
}

/// Events that may come in any order; most orders are wrong.
fn any_event() -> impl Strategy<Value = String> {
    let blocks = [
        json!({"type": "text", "text": "a"}),
        json!({"type": "thinking", "thinking": "", "signature": ""}),
        json!({"type": "tool_use", "id": "t", "name": "f", "input": {}}),
        json!({"type": "of_the_future"}),
    ];
    let deltas = [
        json!({"type": "text_delta", "text": "held"}),
        json!({"type": "thinking_delta", "thinking": "held"}),
        json!({"type": "signature_delta", "signature": "Eq+="}),
        json!({"type": "input_json_delta", "partial_json": "{\"a\":"}),
    ];
    let start = |(index, block): (u64, Value)| {
        event(&json!({"type": "content_block_start", "index": index, "content_block": block}))
    };
    let delta = |(index, delta): (u64, Value)| {
        event(&json!({"type": "content_block_delta", "index": index, "delta": delta}))
    };
    let stop = |index: u64| event(&json!({"type": "content_block_stop", "index": index}));
    prop_oneof![
        4 => (0_u64..3, prop::sample::select(blocks.to_vec())).prop_map(start),
        4 => (0_u64..3, prop::sample::select(deltas.to_vec())).prop_map(delta),
        2 => (0_u64..3).prop_map(stop),
        1 => Just(event(&json!({"type": "ping"}))),
    ]
}

proptest! {
    #[test]
    fn whatever_comes_a_denial_ends_it_well(events in proptest::collection::vec(any_event(), 0..8), until in 0_usize..4) {
        let mut codec = codec();
        let mut out = Vec::new();
        let mut is_refused = false;
        for event in std::iter::once(start()).chain(events) {
            is_refused = codec.feed(event.as_bytes()).is_err();
            if is_refused {
                break;
            }
            let all: Vec<Release> = (10..20).map(|segment| Release { segment, upto: until }).collect();
            codec.release(&all, &[], &mut out);
        }
        let sent = out.len();
        codec.deny("why", false, &mut out);
        let out = String::from_utf8(out).unwrap();
        // Nothing that was held goes out with the end.
        prop_assert!(!out[sent..].contains("held"));
        let message = message(&out);
        prop_assert_eq!(&message["stop_reason"], "refusal");
        prop_assert_eq!(codec.finish(), StreamEnd::Complete);
        prop_assert!(!is_refused || codec.held() == 0);
    }

    #[test]
    fn a_stream_and_a_body_say_the_same(
        said in "[aé😀\"\\\\\n]{1,8}",
        input in r#"\{"k":\["[aé😀]{0,3}(\\n|\\u00e9|\\ud83d\\ude00|\\\\)x",-?[1-9]\.5e3,(true|null)\],"":\{"q":"w \\" w"\}\}"#,
        cuts in proptest::collection::vec(0_usize..200, 0..8),
    ) {
        let stream = start() + &text(0, &pieces(&said, &cuts)) + &tool_use(1, &pieces(&input, &cuts)) + &end();
        let mut inspector = Inspector::new(codec(), "");
        inspector.feed(stream.as_bytes());
        prop_assert_eq!(&inspector.out, stream.as_bytes());
        let said = Value::from(said);
        let whole = response(&format!(
            r#"{{"content":[{{"type":"text","text":{said}}},{{"type":"tool_use","id":"t","name":"mail","input":{input}}}]}}"#
        ));
        // Their ids differ: a stream begins the whole of an input before its leaves.
        let said = |placed: &[crate::Placed]| {
            let mut lines: Vec<String> = lines(placed).iter().map(|line| line[3..].to_owned()).collect();
            lines.sort();
            lines
        };
        prop_assert_eq!(said(&inspector.closed()), said(whole.segments()));
    }
}
