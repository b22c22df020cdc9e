//! Streams: what they say, when it goes out, and how they end.

use caponier_core::Release;

use crate::tests::inspector::{Inspector, check_cuts};
use crate::tests::lines;
use crate::tests::skipping::in_event;
use crate::{ErrorKind, ErrorShape, Format, StreamCodec, StreamEnd, StreamLimits};

fn codec(format: Format) -> StreamCodec {
    format.stream(10, &StreamLimits::default())
}

fn chat(message: &str) -> String {
    format!(
        r#"{{"model":"m","created_at":"2025-08-15T22:55:08Z","message":{message},"done":false}}{}"#,
        "\n"
    )
}

fn said(text: &str) -> String {
    let text = serde_json::Value::from(text);
    chat(&format!(r#"{{"role":"assistant","content":{text}}}"#))
}

const LAST: &str = r#"{"model":"m","message":{"role":"assistant","content":""},"done":true,"done_reason":"stop","prompt_eval_count":5,"eval_count":6}"#;

fn chatted() -> String {
    [
        chat(r#"{"role":"assistant","content":"","thinking":"let "}"#),
        chat(r#"{"role":"assistant","content":"","thinking":"me"}"#).replace('\n', "\r\n"),
        said("Hé😀"),
        " ".to_owned() + &said("l\"o"),
        "\n".to_owned(),
        chat(
            r#"{"role":"assistant","content":"","tool_calls":[{"id":"c","function":{"index":0,"name":"mail","arguments":{"to":["a@b.c"],"n":42}}},{"function":{"name":"f","arguments":{}}}]}"#,
        ),
        LAST.to_owned() + "\n",
    ]
    .concat()
}

fn generated() -> String {
    [
        r#"{"model":"m","response":"","thinking":"hm","done":false}"#,
        r#"{"model":"m","response":"Hi","done":false,"logprobs":[{"token":"Hi","logprob":-1}]}"#,
        r#"{"model":"m","response":" you","done":false}"#,
        r#"{"model":"m","response":"","done":true,"done_reason":"stop","context":[1,2,3],"eval_count":6}"#,
        "",
    ]
    .join("\n")
}

#[test]
fn every_text_is_a_segment() {
    let mut inspector = Inspector::new(codec(Format::OllamaChat), "");
    inspector.feed(chatted().as_bytes());
    assert_eq!(
        lines(&inspector.closed()),
        [
            r#"10 output assistant reasoning: "let me""#,
            r#"11 output assistant text: "Hé😀l\"o""#,
            r#"12 output assistant structured <mail>: "{\"to\":[\"a@b.c\"],\"n\":42}""#,
            r#"13 output assistant tool-call <mail> path= part=key: "to""#,
            r#"14 output assistant tool-call <mail> path=to[0]: "a@b.c""#,
            r#"15 output assistant tool-call <mail> path= part=key: "n""#,
            r#"16 output assistant tool-call <mail> path=n: "42""#,
            r#"17 output assistant structured <f>: "{}""#,
        ]
    );
    let told = inspector.told();
    assert_eq!(told.len(), 4);
    assert!(told[0].contains("mail") && told[1].contains("\"f\""));
    assert_eq!(told[2..], ["Tokens { prompt: 5, completion: 6 }", "End"]);
    assert_eq!(inspector.codec.finish(), StreamEnd::Complete);

    let mut inspector = Inspector::new(codec(Format::OllamaGenerate), "");
    inspector.feed(generated().as_bytes());
    assert_eq!(
        lines(&inspector.closed()),
        [
            r#"10 output assistant reasoning: "hm""#,
            r#"11 output assistant text: "Hi you""#,
        ]
    );
    assert_eq!(
        inspector.told(),
        ["Tokens { prompt: 0, completion: 6 }", "End"]
    );
}

#[test]
fn what_is_not_edited_goes_out_as_it_came_at_every_cut() {
    check_cuts(|| codec(Format::OllamaChat), &chatted());
    check_cuts(|| codec(Format::OllamaGenerate), &generated());
}

#[test]
fn nothing_goes_out_before_all_of_its_text_is_released() {
    let mut codec = codec(Format::OllamaChat);
    let mut out = Vec::new();
    codec.feed(said("abc").as_bytes()).unwrap();
    codec.feed(said("def").as_bytes()).unwrap();
    for (upto, count) in [(2, 0), (3, 1), (5, 0), (6, 1)] {
        let release = [Release { segment: 10, upto }];
        assert_eq!(codec.release(&release, &[], &mut out), count, "{upto}");
    }
    // Half a line is no line.
    codec.feed(&said("ghi").as_bytes()[..40]).unwrap();
    assert_eq!(codec.release(&[], &[], &mut out), 0);
    assert_eq!(out, (said("abc") + &said("def")).as_bytes());
    assert_eq!(codec.finish(), StreamEnd::Cut { held: 0 });
}

#[test]
fn a_denied_stream_ends_in_the_formats_way() {
    let end = r#""done":true,"done_reason":"content_filter"}"#;
    for (format, first, expected) in [
        (
            Format::OllamaChat,
            said("held"),
            format!(
                r#"{{"model":"m","created_at":"2025-08-15T22:55:08Z","message":{{"role":"assistant","content":""}},{end}"#
            ),
        ),
        (
            Format::OllamaChat,
            String::new(),
            format!(r#"{{"model":"","message":{{"role":"assistant","content":""}},{end}"#),
        ),
        (
            Format::OllamaGenerate,
            "{\"model\":\"m\",\"response\":\"held\"}\n".to_owned(),
            format!(r#"{{"model":"m","response":"",{end}"#),
        ),
    ] {
        let mut codec = codec(format);
        let mut out = Vec::new();
        codec.feed(first.as_bytes()).unwrap();
        codec.deny("why", false, &mut out);
        codec.deny("why", false, &mut out);
        assert_eq!(String::from_utf8(out).unwrap(), expected + "\n");
        assert_eq!(codec.feed(said("more").as_bytes()), Ok(vec![]));
        assert_eq!(codec.finish(), StreamEnd::Complete);
    }
    let mut codec = codec(Format::OllamaChat);
    let mut out = Vec::new();
    codec.feed(said("held").as_bytes()).unwrap();
    codec.fail(
        &ErrorShape::new(ErrorKind::BadGateway, "cut \"x\""),
        &mut out,
    );
    codec.deny("why", true, &mut out);
    assert_eq!(out, b"{\"error\":\"cut \\\"x\\\"\"}\n");
}

#[test]
fn a_sign_of_life_is_read_over_with_the_line_behind_it() {
    let codec = codec(Format::OllamaChat);
    let kept = [codec.keep_alive(), codec.keep_alive(), LAST.as_bytes()].concat();
    assert!(!codec.keep_alive().is_empty() && !codec.keep_alive().contains(&b'\n'));
    let value: serde_json::Value = serde_json::from_slice(&kept).unwrap();
    assert_eq!(value["done"], true);
}

#[test]
fn a_stream_ends_with_its_last_line_or_an_error() {
    for (stream, end) in [
        (said("a") + LAST + "\n", StreamEnd::Complete),
        (said("a") + "{\"error\":\"gone\"}\n", StreamEnd::Complete),
        (said("a") + LAST + "\n\r\n", StreamEnd::Complete),
        (said("a") + LAST, StreamEnd::Cut { held: 0 }),
        (said("a"), StreamEnd::Cut { held: 0 }),
        (String::new(), StreamEnd::Cut { held: 0 }),
    ] {
        let mut inspector = Inspector::new(codec(Format::OllamaChat), "");
        inspector.feed(stream.as_bytes());
        assert_eq!(inspector.codec.finish(), end, "{stream}");
    }
}

#[test]
fn what_is_not_of_the_format_is_refused_and_releases_nothing_more() {
    let two = said("a").trim_end().to_owned() + &said("b");
    for (stream, message) in [
        ("hello\n".to_owned(), "expected a value"),
        ("[]\n".to_owned(), "must be an object"),
        (two, "trailing data"),
        ("data: {}\n".to_owned(), "expected a value"),
        (
            "{\"response\":\n\"a\"}\n".to_owned(),
            "unexpected end of the JSON",
        ),
        ("\u{FEFF}{}\n".to_owned(), "byte order mark"),
        ("\u{C}\n".to_owned(), "expected a value"),
        (
            chat(r#"{"content":"a","Content":"b"}"#),
            "message: ambiguous key",
        ),
        (
            chat(r#"{"content":5}"#),
            "message.content: must be a string",
        ),
        (
            chat(r#"{"tool_calls":["a b"]}"#),
            "message.tool_calls[0]: must be an object",
        ),
        (
            said("a").replace("false", "\"no\""),
            "done: must be true or false",
        ),
        (
            LAST.to_owned() + "\n" + &said("a"),
            "a line after the last one",
        ),
        (
            "{\"error\":\"x\"}\n".to_owned() + &said("a"),
            "a line after the last one",
        ),
    ] {
        let mut codec = codec(Format::OllamaChat);
        let error = codec.feed((said("held") + &stream).as_bytes());
        let error = error.unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
        let mut out = Vec::new();
        let all = [Release {
            segment: 10,
            upto: 9,
        }];
        assert_eq!(codec.release(&all, &[], &mut out), 0);
        assert!(out.is_empty());
    }
    let limits = StreamLimits {
        argument_bytes: 5,
        ..StreamLimits::default()
    };
    let call = chat(r#"{"tool_calls":[{"function":{"name":"f","arguments":{"a":1}}}]}"#);
    let error = Format::OllamaChat.stream(0, &limits).feed(call.as_bytes());
    assert!(error.unwrap_err().to_string().contains("more than 5 bytes"));
}

#[test]
fn no_text_gets_by() {
    let framed = |event| format!("{event}\n");
    in_event(Format::OllamaChat, LAST, framed);
    in_event(
        Format::OllamaChat,
        chat(r#"{"role":"assistant","content":"a","thinking":"b","tool_calls":[{"id":"c","function":{"index":0,"name":"f","arguments":{"k":[1,true]}}}]}"#)
            .trim_end(),
        framed,
    );
    in_event(
        Format::OllamaGenerate,
        r#"{"model":"m","created_at":"2025-08-15T22:55:08Z","response":"a","thinking":null,"logprobs":null,"done":true,"context":[1]}"#,
        framed,
    );
}
