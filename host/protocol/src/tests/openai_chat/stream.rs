//! Streams: what they say, when it goes out, and how they end.

use caponier_core::{GapKind, Kind, Release};
use proptest::prelude::*;

use super::response;
use super::stream_edits::{delta, events};
use crate::tests::inspector::Inspector;
use crate::tests::lines;
use crate::{
    ErrorKind, ErrorShape, Format, Placed, StreamCodec, StreamEnd, StreamLimits, Tokens, Update,
};

fn codec() -> StreamCodec {
    Format::OpenAiChat.stream(10, &StreamLimits::default())
}

/// A stream with a bit of everything, in several framings.
pub(super) fn mixed() -> String {
    let mut stream = String::from("\u{FEFF}: hello\n\n");
    let chunks = [
        r#"{"id":"c1","object":"chat.completion.chunk","created":7,"model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}"#,
        r#"{"choices":[{"index":0,"delta":{"content":"Hé\ud83d\ude00"},"logprobs":{"content":[{"token":"H"}]}},{"index":1,"delta":{"reasoning_content":"let me"}}]}"#,
        r#"{"choices":[{"index":1,"delta":{"content":"second \"choice\""}},{"index":0,"delta":{"content":"\u006co"}}]}"#,
        r#"{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"t1","type":"function","function":{"name":"mail","arguments":""}}]}}]}"#,
        r#"{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\"to\": [\"a\\u00"}}]}}]}"#,
        r#"{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"40b\\\\n\"], \"n\": 4"}}]}}]}"#,
        r#"{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"2}"}},{"index":1,"id":"t2","function":{"name":"f","arguments":"{}"}}]}}]}"#,
        r#"{"choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"},{"index":1,"delta":{"refusal":"no"},"finish_reason":"stop"}]}"#,
        r#"{"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":6}}"#,
    ];
    for (index, chunk) in chunks.iter().enumerate() {
        stream.push_str(&match index % 3 {
            0 => format!("data: {chunk}\n\n"),
            1 => format!("event: message\r\nid: 5\r\ndata:{chunk}\r\n\r\n"),
            _ => format!("data: {}\rdata: {}\r\r", &chunk[..1], &chunk[1..]),
        });
    }
    stream + "data: [DONE]\n\n"
}

#[test]
fn every_text_is_a_segment() {
    let mut inspector = Inspector::new(codec(), "");
    inspector.feed(mixed().as_bytes());
    let placed: Vec<Placed> = inspector.closed();
    assert_eq!(
        lines(&placed),
        [
            r#"10 output assistant text choice=0: "Hé😀lo""#,
            r#"11 output assistant reasoning choice=1: "let me""#,
            r#"12 output assistant text choice=1: "second \"choice\"""#,
            r#"13 output assistant structured <mail> choice=0: "{\"to\": [\"a\\u0040b\\\\n\"], \"n\": 42}""#,
            r#"14 output assistant tool-call <mail> choice=0 path= part=key: "to""#,
            r#"15 output assistant tool-call <mail> choice=0 path=to[0]: "a@b\\n""#,
            r#"16 output assistant tool-call <mail> choice=0 path= part=key: "n""#,
            r#"17 output assistant tool-call <mail> choice=0 path=n: "42""#,
            r#"18 output assistant structured <f> choice=0: "{}""#,
            r#"19 output assistant refusal choice=1: "no""#,
        ]
    );
    let rest: Vec<String> = inspector
        .updates
        .iter()
        .filter(|update| {
            !matches!(
                update,
                Update::Open(_) | Update::Text { .. } | Update::Close { .. }
            )
        })
        .map(|update| format!("{update:?}"))
        .collect();
    assert_eq!(
        rest[2..],
        [
            format!(
                "{:?}",
                Update::Usage(Tokens {
                    prompt: 5,
                    completion: 6
                })
            ),
            "End".to_owned()
        ]
    );
    assert_eq!(inspector.out, mixed().as_bytes());
    assert_eq!(inspector.codec.finish(), StreamEnd::Complete);
}

#[test]
fn what_is_not_edited_goes_out_as_it_came_at_every_cut() {
    let stream = mixed();
    for cut in 0..stream.len() {
        let mut inspector = Inspector::new(codec(), "");
        inspector.feed(&stream.as_bytes()[..cut]);
        inspector.feed(&stream.as_bytes()[cut..]);
        assert_eq!(inspector.out, stream.as_bytes(), "{cut}");
    }
    let mut inspector = Inspector::new(codec(), "");
    for byte in stream.as_bytes() {
        inspector.feed(&[*byte]);
    }
    assert_eq!(inspector.out, stream.as_bytes());
    assert_eq!(inspector.codec.finish(), StreamEnd::Complete);
}

#[test]
fn nothing_goes_out_before_all_of_its_text_is_released() {
    let mut codec = codec();
    let mut out = Vec::new();
    codec
        .feed(delta(r#"{"content":"abc"}"#).as_bytes())
        .unwrap();
    codec
        .feed(delta(r#"{"content":"def"}"#).as_bytes())
        .unwrap();
    for (upto, count) in [(0, 0), (2, 0), (3, 1), (5, 0), (99, 1)] {
        assert_eq!(
            codec.release(&[Release { segment: 10, upto }], &[], &mut out),
            count,
            "{upto}"
        );
    }
    // A release beyond the text that has come does not count for what comes later.
    codec
        .feed(delta(r#"{"content":"ghi"}"#).as_bytes())
        .unwrap();
    assert_eq!(codec.release(&[], &[], &mut out), 0);
    assert_eq!(codec.finish(), StreamEnd::Cut { held: 1 });
}

#[test]
fn arguments_wait_for_their_leaves_and_for_the_whole() {
    let call = |arguments: &str| {
        let arguments = serde_json::Value::from(arguments);
        delta(&format!(
            r#"{{"tool_calls":[{{"index":0,"function":{{"name":"f","arguments":{arguments}}}}}]}}"#
        ))
    };
    let release = |segment, upto| Release { segment, upto };
    let mut codec = codec();
    let mut out = Vec::new();
    codec.feed(call("{\"k\":\"v").as_bytes()).unwrap();
    // 10 is the whole, 11 the key, 12 the value.
    assert_eq!(
        codec.release(&[release(11, 1), release(12, 1)], &[], &mut out),
        0
    );
    assert_eq!(codec.release(&[release(10, 7)], &[], &mut out), 1);
    codec.feed(call("\\").as_bytes()).unwrap();
    assert_eq!(
        codec.release(&[release(10, 8)], &[], &mut out),
        0,
        "half an escape is not known"
    );
    codec.feed(call("n\",").as_bytes()).unwrap();
    assert_eq!(codec.release(&[release(10, 11)], &[], &mut out), 0);
    assert_eq!(codec.release(&[release(12, 2)], &[], &mut out), 2);
    codec.feed(call("\"n\":12").as_bytes()).unwrap();
    assert_eq!(
        codec.release(&[release(10, 99), release(13, 1)], &[], &mut out),
        0,
        "the number may go on"
    );
    codec.feed(call("}").as_bytes()).unwrap();
    assert_eq!(
        codec.release(&[release(10, 99), release(14, 1)], &[], &mut out),
        0
    );
    assert_eq!(codec.release(&[release(14, 2)], &[], &mut out), 2);
}

#[test]
fn a_stream_ends_in_the_protocols_way() {
    let content = delta(r#"{"content":"held"}"#);
    let two = content.replace("\"index\":0", "\"index\":1");
    let mut codec = codec();
    let mut out = Vec::new();
    codec.feed(content.as_bytes()).unwrap();
    codec.feed(two.as_bytes()).unwrap();
    codec.deny("why", false, &mut out);
    codec.deny("why", false, &mut out);
    let text = String::from_utf8(out).unwrap();
    let ends: Vec<_> = events(&text);
    assert_eq!(ends.len(), 2);
    for (index, event) in ends.iter().enumerate() {
        assert_eq!(event["id"], "c1");
        assert_eq!(event["object"], "chat.completion.chunk");
        assert_eq!(event["choices"][0]["index"], index);
        assert_eq!(event["choices"][0]["finish_reason"], "content_filter");
    }
    assert!(text.ends_with("data: [DONE]\n\n") && !text.contains("held") && !text.contains("why"));
    assert_eq!(codec.feed(content.as_bytes()), Ok(vec![]));
    assert_eq!(codec.finish(), StreamEnd::Complete);

    let mut codec = Format::OpenAiChat.stream(0, &StreamLimits::default());
    let mut out = Vec::new();
    codec.deny("because \"x\"", true, &mut out);
    assert_eq!(
        events(&String::from_utf8(out).unwrap())[0]["error"]["message"],
        "because \"x\""
    );

    let mut codec = Format::OpenAiChat.stream(0, &StreamLimits::default());
    let mut out = Vec::new();
    codec.feed(content.as_bytes()).unwrap();
    codec.fail(&ErrorShape::new(ErrorKind::BadGateway, "cut"), &mut out);
    codec.deny("why", false, &mut out);
    let text = String::from_utf8(out).unwrap();
    let ends = events(&text);
    assert_eq!(ends.len(), 1);
    assert_eq!(ends[0]["error"]["code"], "bad_gateway");
    assert!(!text.contains("held"));
}

#[test]
fn a_stream_may_end_with_the_last_choice_and_not_in_between() {
    let finish = r#"data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#;
    for (stream, end) in [
        (
            format!("{}{finish}\n\n", delta(r#"{"content":"a"}"#)),
            StreamEnd::Complete,
        ),
        (format!("{finish}\n\ndata: [DONE]"), StreamEnd::Complete),
        (format!("{finish}\n\ndata: [DONE]\n"), StreamEnd::Complete),
        (format!("{finish}\n"), StreamEnd::Cut { held: 0 }),
        (
            format!("{finish}\n\ndata: {{\"choi"),
            StreamEnd::Cut { held: 0 },
        ),
        (delta(r#"{"content":"a"}"#), StreamEnd::Cut { held: 0 }),
        (String::new(), StreamEnd::Cut { held: 0 }),
    ] {
        let mut inspector = Inspector::new(codec(), "");
        inspector.feed(stream.as_bytes());
        assert_eq!(inspector.codec.finish(), end, "{stream}");
    }
}

#[test]
fn what_is_not_of_the_format_is_refused_and_releases_nothing_more() {
    let call = |index: u64, arguments: &str| {
        delta(&format!(
            r#"{{"tool_calls":[{{"index":{index},"function":{{"arguments":"{arguments}"}}}}]}}"#
        ))
    };
    let finish = "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
    for (stream, message) in [
        ("data: hello\n\n".to_owned(), "expected a value at byte 0"),
        ("data: []\n\n".to_owned(), "must be an object at byte 0"),
        (
            "data: {\"choices\":[],\"choices\":[]}\n\n".to_owned(),
            "duplicate key \"choices\"",
        ),
        (
            delta(r#"{"content":"a","Content":"b"}"#),
            "choices[0].delta: ambiguous key",
        ),
        (
            delta(r#"{"content":5}"#),
            "choices[0].delta.content: must be a string or null",
        ),
        (
            delta(r#"{"content":"\ud800"}"#),
            "choices[0].delta.content: lone surrogate",
        ),
        (
            "data: [DONE]\n\ndata: {}\n\n".to_owned(),
            "an event after the end of the stream",
        ),
        (
            format!("{finish}{}", delta(r#"{"content":"a"}"#)),
            "text after the choice's finish_reason",
        ),
        (
            format!("{finish}{}", call(0, "a")),
            "text after the choice's finish_reason",
        ),
        (
            call(0, "{") + &call(1, "{") + &call(0, "}"),
            "arguments of a tool call after the next one has begun",
        ),
    ] {
        let mut codec = codec();
        let held = delta(r#"{"refusal":"x"}"#);
        let error = codec
            .feed((held + &stream).as_bytes())
            .unwrap_err()
            .to_string();
        assert!(error.contains(message), "{error}");
        let mut out = Vec::new();
        assert_eq!(
            codec.release(
                &[Release {
                    segment: 10,
                    upto: 9
                }],
                &[],
                &mut out
            ),
            0
        );
        codec.deny("bad", true, &mut out);
        assert!(out.starts_with(b"data: {\"error\""));
    }
    let limits = StreamLimits {
        queued_bytes: 100,
        ..StreamLimits::default()
    };
    let mut codec = Format::OpenAiChat.stream(0, &limits);
    codec.feed(delta(r#"{"content":"a"}"#).as_bytes()).unwrap();
    assert!(codec.feed(delta(r#"{"content":"a"}"#).as_bytes()).is_err());
}

#[test]
fn errors_and_unknown_parts_are_told() {
    let mut inspector = Inspector::new(codec(), "");
    inspector.feed(b"data: {\"error\":{\"message\":\"over quota\",\"code\":\"q\"}}\n\n");
    inspector.feed(delta(r#"{"thoughts":"secret plans","audio":{"data":"aGk="}}"#).as_bytes());
    inspector.feed(delta(r#"{"thoughts":"secret plans"}"#).as_bytes());
    let texts: Vec<String> = inspector
        .closed()
        .into_iter()
        .map(|placed| placed.segment.text)
        .collect();
    assert_eq!(texts, ["over quota", "q"]);
    let gaps: Vec<_> = inspector
        .updates
        .iter()
        .filter_map(|update| match update {
            Update::Gap(gap) => Some((gap.kind, gap.place.as_str())),
            _ => None,
        })
        .collect();
    assert_eq!(
        gaps,
        [
            (GapKind::Audio, "choices[0].delta.audio"),
            (GapKind::Unrecognized, "choices[0].delta.thoughts")
        ]
    );
}

#[test]
fn an_edit_of_what_is_read_only_stops_the_stream() {
    let mut codec = codec();
    codec
        .feed(
            delta(r#"{"tool_calls":[{"index":0,"function":{"arguments":"{\"a\":1}"}}]}"#)
                .as_bytes(),
        )
        .unwrap();
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

proptest! {
    #[test]
    fn a_stream_and_a_body_have_the_same_leaves(
        text in r#"\{"k":\["[aé😀]{0,3}(\\n|\\u00e9|\\ud83d\\ude00|\\\\)x",-?[1-9]\.5e3,(true|null)\],"":\{"q":"w \\" w"\}\}"#,
        cuts in proptest::collection::vec(any::<prop::sample::Index>(), 0..8),
    ) {
        let mut at: Vec<usize> = cuts.iter().map(|cut| cut.index(text.len())).filter(|at| text.is_char_boundary(*at)).collect();
        at.extend([0, text.len()]);
        at.sort_unstable();
        let mut inspector = Inspector::new(codec(), "");
        let mut stream = String::new();
        for pair in at.windows(2) {
            let piece = serde_json::Value::from(&text[pair[0]..pair[1]]);
            stream += &delta(&format!(r#"{{"tool_calls":[{{"index":0,"function":{{"name":"f","arguments":{piece}}}}}]}}"#));
        }
        stream += "data: [DONE]\n\n";
        inspector.feed(stream.as_bytes());
        prop_assert_eq!(&inspector.out, stream.as_bytes());
        let arguments = serde_json::Value::from(text);
        let whole = response(&format!(
            r#"{{"choices":[{{"message":{{"tool_calls":[{{"function":{{"name":"f","arguments":{arguments}}}}}]}}}}]}}"#
        ));
        let leaves = |segments: &[Placed]| -> Vec<_> {
            segments
                .iter()
                .filter(|placed| placed.segment.kind == Kind::ToolCall)
                .map(|placed| {
                    let mut attributes = placed.segment.attributes.clone();
                    attributes.retain(|(key, _)| key != "choice");
                    (attributes, placed.segment.text.clone())
                })
                .collect()
        };
        prop_assert_eq!(leaves(&inspector.closed()), leaves(whole.segments()));
    }
}
