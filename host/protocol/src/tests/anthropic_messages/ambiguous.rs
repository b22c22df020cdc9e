//! Bodies that another parser could read differently do not get past this one.

use crate::{Format, Limits};

#[test]
fn what_two_parsers_could_read_differently_is_refused() {
    let cases: &[(&[u8], &str)] = &[
        (br#"{"messages":[],"messages":[]}"#, "duplicate key \"messages\" at byte 15; hint: give each key once"),
        (
            br#"{"messages":[{"role":"user","content":[{"type":"text","text":"a","text":"b"}]}]}"#,
            "messages[0].content[0]: duplicate key \"text\" at byte 65; hint: give each key once",
        ),
        (
            br#"{"messages":[],"System":"x"}"#,
            "ambiguous key, it reads as \"system\" after case folding at byte 15; hint: spell the key exactly",
        ),
        (
            br#"{"messages":[{"role":"user","content":"a","Content":"b"}]}"#,
            "messages[0]: ambiguous key, it reads as \"content\" after case folding at byte 42; hint: spell the key exactly",
        ),
        (
            br#"{"messages":[{"role":"user","content":[{"type":"text","text":"a","TEXT":"b"}]}]}"#,
            "messages[0].content[0]: ambiguous key, it reads as \"text\" after case folding at byte 65; hint: spell the key exactly",
        ),
        (
            br#"{"messages":[{"role":"user","content":[{"type":"document","source":{"type":"text","data":"a","Data":"b"}}]}]}"#,
            "messages[0].content[0].source: ambiguous key, it reads as \"data\" after case folding at byte 93; hint: spell the key exactly",
        ),
        (
            br#"{"messages":[{"role":"user","content":[{"type":"tool_result","content":[{"type":"x","Stdout":"b"}]}]}]}"#,
            "messages[0].content[0].content[0]: ambiguous key, it reads as \"stdout\" after case folding at byte 84; hint: spell the key exactly",
        ),
        (
            br#"{"messages":[{"role":"assistant","content":[{"type":"tool_use","input":{"a":1,"a":2}}]}]}"#,
            "messages[0].content[0].input: duplicate key at byte 78; hint: give each key once",
        ),
        (
            br#"{"messages":[],"tools":[{"name":"f","Description":"x"}]}"#,
            "tools[0]: ambiguous key, it reads as \"description\" after case folding at byte 36; hint: spell the key exactly",
        ),
        (b"\xEF\xBB\xBF{}", "byte order mark before the JSON at byte 0; hint: send the JSON without it"),
        (b"{\"messages\":[]}x", "trailing data after the JSON at byte 15"),
        (br#"{"model":"x"}"#, "missing field \"messages\" at byte 0"),
        (br#"{"messages":{}}"#, "messages: must be an array at byte 12"),
        (br#"{"messages":["x"]}"#, "messages[0]: must be an object at byte 13"),
        (br#"{"messages":[{"content":"x"}]}"#, "messages[0]: missing field \"role\" at byte 13"),
        (br#"{"messages":[{"role":1,"content":"x"}]}"#, "messages[0].role: must be a string at byte 21"),
        (br#"{"messages":[{"role":"user","content":7}]}"#, "messages[0].content: must be a string or an array of blocks at byte 38"),
        (br#"{"messages":[{"role":"user","content":["x"]}]}"#, "messages[0].content[0]: must be an object at byte 39"),
        (br#"{"messages":[{"role":"user","content":[{"text":"x"}]}]}"#, "messages[0].content[0]: missing field \"type\" at byte 39"),
        (br#"{"messages":[{"role":"user","content":[{"type":"text"}]}]}"#, "messages[0].content[0]: missing field \"text\" at byte 39"),
        (br#"{"messages":[{"role":"user","content":[{"type":"text","text":["x"]}]}]}"#, "messages[0].content[0].text: must be a string at byte 61"),
        (br#"{"messages":[{"role":"user","content":[{"type":"document"}]}]}"#, "messages[0].content[0]: missing field \"source\" at byte 39"),
        (
            br#"{"messages":[{"role":"assistant","content":[{"type":"tool_use","name":"f","input":"{}"}]}]}"#,
            "messages[0].content[0].input: must be an object at byte 82",
        ),
        (br#"{"messages":[],"stream":"yes"}"#, "stream: must be true or false at byte 24"),
        (b"[]", "must be an object at byte 0"),
    ];
    for (body, message) in cases {
        let error = Format::AnthropicMessages
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
fn more_text_than_the_limit_is_refused_and_not_left_out() {
    let limits = Limits {
        segments: 3,
        ..Limits::default()
    };
    for (input, fits) in [("[1,2]", false), ("[]", true), ("[1]", true)] {
        let body = format!(
            r#"{{"messages":[{{"role":"assistant","content":[{{"type":"tool_use","name":"f","input":{{"a":{input}}}}}]}}]}}"#
        );
        let result = Format::AnthropicMessages.request(body.into_bytes(), &limits);
        assert_eq!(result.is_ok(), fits, "{input}");
    }
}
