//! Bodies that another parser could read differently do not get past this one.

use crate::{Format, Limits};

#[test]
fn what_two_parsers_could_read_differently_is_refused() {
    let cases: &[(&str, &str)] = &[
        (
            r#"{"input":"a","input":"b"}"#,
            "duplicate key \"input\" at byte 13",
        ),
        (
            r#"{"input":"a","Input":"b"}"#,
            "ambiguous key, it reads as \"input\"",
        ),
        (
            "{\"\u{131}nput\":\"a\"}",
            "ambiguous key, it reads as \"input\"",
        ),
        (
            r#"{"input":"a","previous_Response_id":"b"}"#,
            "ambiguous key, it reads as \"previous_response_id\"",
        ),
        (
            r#"{"input":[{"role":"user","content":"a","CONTENT":"b"}]}"#,
            "input[0]: ambiguous key, it reads as \"content\"",
        ),
        (
            r#"{"input":[{"role":"user","content":[{"type":"input_text","text":"a","Text":"b"}]}]}"#,
            "input[0].content[0]: ambiguous key, it reads as \"text\"",
        ),
        (
            r#"{"input":[{"type":"function_call","arguments":"{}","Arguments":"[]"}]}"#,
            "input[0]: ambiguous key, it reads as \"arguments\"",
        ),
        (
            r#"{"input":[{"type":"shell_call_output","output":[{"stdout":"a","Stdout":"b"}]}]}"#,
            "input[0].output[0]: ambiguous key, it reads as \"stdout\"",
        ),
        (
            r#"{"tools":[{"type":"function","description":"a","Description":"b"}]}"#,
            "tools[0]: ambiguous key, it reads as \"description\"",
        ),
        (
            r#"{"prompt":{"id":"a","Variables":{"b":"c"}}}"#,
            "prompt: ambiguous key, it reads as \"variables\"",
        ),
        (
            r#"{"input":5}"#,
            "input: must be a string or an array of items",
        ),
        (r#"{"input":["a"]}"#, "input[0]: must be an object"),
        (
            r#"{"input":[{"type":5}]}"#,
            "input[0].type: must be a string",
        ),
        (
            r#"{"input":[{"type":"message","content":"a"}]}"#,
            "input[0]: missing field \"role\"",
        ),
        (
            r#"{"input":[{"role":"user","content":7}]}"#,
            "input[0].content: must be a string, an array of parts, or null",
        ),
        (
            r#"{"input":[{"role":"user","content":[{"type":"input_text"}]}]}"#,
            "input[0].content[0]: missing field \"text\"",
        ),
        (
            r#"{"input":[{"type":"custom_tool_call","input":{}}]}"#,
            "input[0].input: must be a string or null",
        ),
        (
            r#"{"input":[{"type":"file_search_call","results":{}}]}"#,
            "input[0].results: must be an array",
        ),
        (r#"{"tools":{}}"#, "tools: must be an array"),
        (
            r#"{"prompt":{"variables":["a b"]}}"#,
            "prompt.variables: must be an object",
        ),
        ("\u{FEFF}{}", "byte order mark before the JSON"),
        ("{}x", "trailing data after the JSON"),
        ("[]", "must be an object"),
    ];
    for (body, message) in cases {
        let error = Format::OpenAiResponses
            .request(body.as_bytes().to_vec(), &Limits::default())
            .unwrap_err()
            .to_string();
        assert!(error.starts_with(message), "{body}: {error}");
    }
}
