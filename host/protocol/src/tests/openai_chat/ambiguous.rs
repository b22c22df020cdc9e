//! Bodies that another parser could read differently do not get past this one.

use crate::{Format, Limits};

#[test]
fn what_two_parsers_could_read_differently_is_refused() {
    let cases: &[(&[u8], &str)] = &[
        (br#"{"messages":[],"messages":[]}"#, "duplicate key \"messages\" at byte 15; hint: give each key once"),
        (
            br#"{"messages":[{"role":"user","content":"a","content":"b"}]}"#,
            "messages[0]: duplicate key \"content\" at byte 42; hint: give each key once",
        ),
        (
            br#"{"messages":[{"role":"user","content":"a","cont\u0065nt":"b"}]}"#,
            "messages[0]: duplicate key \"content\" at byte 42; hint: give each key once",
        ),
        (
            br#"{"messages":[{"role":"user","content":"a","Content":"b"}]}"#,
            "messages[0]: ambiguous key, it reads as \"content\" after case folding at byte 42; hint: spell the key exactly",
        ),
        (
            br#"{"messages":[{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b","TEXT":"c"}]}]}"#,
            "messages[0].content[1]: ambiguous key, it reads as \"text\" after case folding at byte 92; hint: spell the key exactly",
        ),
        (
            br#"{"messages":[{"role":"assistant","tool_calls":[{"function":{"name":"a","Arguments":"{}"}}]}]}"#,
            "messages[0].tool_calls[0].function: ambiguous key, it reads as \"arguments\" after case folding at byte 71; hint: spell the key exactly",
        ),
        ("{\"ｍessages\":[]}".as_bytes(), "ambiguous key, it reads as \"messages\" after case folding at byte 1; hint: spell the key exactly"),
        ("{\"me\u{17F}sages\":[]}".as_bytes(), "ambiguous key, it reads as \"messages\" after case folding at byte 1; hint: spell the key exactly"),
        (br#"{"messages\u0000":[]}"#, "ambiguous key, it reads as \"messages\" after case folding at byte 1; hint: spell the key exactly"),
        (b"\xEF\xBB\xBF{}", "byte order mark before the JSON at byte 0; hint: send the JSON without it"),
        (b"{\"messages\":[]}x", "trailing data after the JSON at byte 15"),
        (b"{\"messages\":[]}\0", "trailing data after the JSON at byte 15"),
        (b"{\"model\":\"\xFF\"}", "not UTF-8 at byte 10; hint: encode the body as UTF-8"),
        (b"{\"model\":\"\xED\xA0\x80\"}", "not UTF-8 at byte 10; hint: encode the body as UTF-8"),
        (
            br#"{"messages":[{"role":"user","content":"\ud800"}]}"#,
            "messages[0].content: lone surrogate at byte 39; hint: write characters beyond U+FFFF as a pair of escapes, or as UTF-8",
        ),
        (br#"{"model":"x"}"#, "missing field \"messages\" at byte 0"),
        (br#"{"messages":[{"content":"x"}]}"#, "messages[0]: missing field \"role\" at byte 13"),
        (br#"{"messages":[{"role":"user","content":7}]}"#, "messages[0].content: must be a string, an array of parts, or null at byte 38"),
        (br#"{"messages":[{"role":"user","content":[{"type":"text"}]}]}"#, "messages[0].content[0]: missing field \"text\" at byte 39"),
        (br#"{"messages":{}}"#, "messages: must be an array at byte 12"),
        (br#"{"messages":[],"stream":"yes"}"#, "stream: must be true or false at byte 24"),
        (b"[]", "must be an object at byte 0"),
        (b"", "unexpected end of the JSON at byte 0"),
    ];
    for (body, message) in cases {
        let error = Format::OpenAiChat
            .request(body.to_vec(), &Limits::default())
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            *message,
            "{}",
            String::from_utf8_lossy(body)
        );
    }
}

#[test]
fn deep_nesting_is_an_error_wherever_it_stands() {
    for open in ["[", "{\"a\":"] {
        let body = format!("{{\"messages\":[],\"x\":{}", open.repeat(10_000));
        let error = Format::OpenAiChat
            .request(body.into_bytes(), &Limits::default())
            .unwrap_err();
        assert!(
            error.to_string().contains("nested deeper than 128"),
            "{error}"
        );
    }
    // In arguments, which are a string to the body, it is text that is not looked into.
    let arguments = "[".repeat(10_000);
    let body = format!(
        r#"{{"messages":[{{"role":"assistant","tool_calls":[{{"id":"c","function":{{"name":"f","arguments":"{arguments}"}}}}]}}]}}"#
    );
    let request = Format::OpenAiChat
        .request(body.into_bytes(), &Limits::default())
        .unwrap();
    assert_eq!(request.segments()[0].segment.text, arguments);
}

#[test]
fn no_error_repeats_what_the_body_held() {
    for body in [
        r#"{"messages":[],"hunter2":1,"hunter2":2}"#,
        r#"{"hunter2":{"a":1,"a":1}}"#,
        r#"{"messages":[{"role":"user","content":"hunter2\x"}]}"#,
        r#"{"messages":[{"role":"user","content":"hunter2"} hunter2]}"#,
    ] {
        let error = Format::OpenAiChat
            .request(body.as_bytes().to_vec(), &Limits::default())
            .unwrap_err();
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
    }
}

#[test]
fn more_text_than_the_limit_is_refused_and_not_left_out() {
    let limits = Limits {
        segments: 3,
        ..Limits::default()
    };
    let arguments = |leaves: usize| {
        let list = vec!["1"; leaves].join(",");
        format!(
            r#"{{"messages":[{{"role":"assistant","tool_calls":[{{"function":{{"name":"f","arguments":"[{list}]"}}}}]}}]}}"#
        )
    };
    let stops = |stops: usize| {
        format!(
            r#"{{"messages":[],"stop":[{}]}}"#,
            vec!["\"a\""; stops].join(",")
        )
    };
    for (body, fits) in [
        (arguments(2), true),
        (arguments(3), false),
        (arguments(9), false),
        (stops(3), true),
        (stops(4), false),
    ] {
        let result = Format::OpenAiChat.request(body.into_bytes(), &limits);
        assert_eq!(result.is_ok(), fits);
        if let Err(error) = result {
            assert_eq!(error.to_string(), "more than 3 pieces of text at byte 0");
        }
    }
}
