//! Rows of files: requests of a batch, examples, results.

use serde_json::{Value, json};

use super::{BOUNDARY, form, read, upload};
use crate::tests::{gaps, lines, redact};
use crate::{EditError, Format, Limits, Request};

const ROWS: &str = r#"{"custom_id": "one", "method": "POST", "url": "/v1/chat/completions", "body": {"model": "m", "max_tokens": 5, "messages": [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "to \u0061@b.c"}], "tools": [{"type": "function", "function": {"name": "f", "description": "It mails."}}]}}
{"custom_id": "two", "method": "POST", "url": "/v1/chat/completions", "body": {"model": "m", "max_tokens": 9, "temperature": 0.5, "messages": [{"role": "user", "content": "Why?"}, {"role": "assistant", "content": null, "tool_calls": [{"id": "c", "type": "function", "function": {"name": "f", "arguments": "{\"to\":\"a@b.c\"}"}}]}, {"role": "tool", "tool_call_id": "c", "content": "sent to a@b.c"}]}}
{"custom_id": "three", "method": "POST", "url": "/v1/responses", "body": {"model": "m", "input": "a@b.c é"}}
{"custom_id": "four", "method": "POST", "url": "/v1/embeddings", "body": {"model": "m", "input": ["a@b.c"]}}
{"custom_id": "five", "method": "POST", "url": "/v1/completions", "body": {"model": "m", "prompt": "a@b.c"}}
{"custom_id": "six", "method": "POST", "url": "/v1/moderations", "body": {"model": "m", "input": "a@b.c"}}
"#;

#[test]
fn every_text_of_every_row_of_a_batch_is_a_segment() {
    let parsed = upload("batch", ROWS).unwrap();
    assert_eq!(
        lines(parsed.segments()),
        [
            r#"0 prompt system text row=0: "Be kind.""#,
            r#"1 prompt user text row=0: "to a@b.c""#,
            r#"2 prompt system tool-description <f> row=0: "It mails.""#,
            r#"3 prompt user text row=1: "Why?""#,
            r#"4 prompt assistant tool-call <f> row=1 path= part=key: "to""#,
            r#"5 prompt assistant tool-call <f> row=1 path=to: "a@b.c""#,
            r#"6 prompt assistant structured <f> row=1: "{\"to\":\"a@b.c\"}""#,
            r#"7 retrieval tool tool-result <f> row=1: "sent to a@b.c""#,
            r#"8 retrieval user query row=1: "Why?""#,
            r#"9 prompt user text row=2: "a@b.c é""#,
            r#"10 prompt user text row=3: "a@b.c""#,
            r#"11 prompt user text row=4: "a@b.c""#,
            r#"12 prompt other text field=input row=5: "a@b.c""#,
        ]
    );
    let facts = parsed.facts();
    assert_eq!(facts.model.as_deref(), Some("m"));
    assert_eq!((facts.max_tokens, facts.temperature), (Some(9), Some(0.5)));
    assert_eq!(facts.tools, ["f"]);
    assert!(parsed.gaps().is_empty());
    let whole = form(
        "batch",
        "x.jsonl",
        "application/octet-stream",
        ROWS.as_bytes(),
    );
    let edits = redact(parsed.segments(), "a@b.c", "[e]\r\n");
    let out = parsed.edited(&edits, &[], &[], &[]).unwrap();
    let expected = String::from_utf8(whole.clone()).unwrap();
    let expected = expected
        .replace("a@b.c", "[e]\\r\\n")
        .replace("\\u0061@b.c", "[e]\\r\\n");
    let expected = expected.replace(
        "{\\\"to\\\":\\\"[e]\\r\\n\\\"}",
        "{\\\"to\\\":\\\"[e]\\\\r\\\\n\\\"}",
    );
    assert_eq!(String::from_utf8(out).unwrap(), expected);
    let same = read(&whole).unwrap().edited(&[], &[], &[], &[]);
    assert_eq!(same.unwrap(), whole);
}

fn row(change: impl Fn(&mut Value)) -> String {
    let mut row = json!({"custom_id": "x", "method": "POST", "url": "/v1/chat/completions",
        "body": {"model": "m", "messages": [{"role": "user", "content": "hi"}]}});
    change(&mut row);
    format!("{}{row}\n", ROWS.lines().next().unwrap().to_owned() + "\n")
}

#[test]
fn a_wrong_row_is_refused_by_its_number() {
    let raw = |text: &str| format!("{}\n{text}\n", ROWS.lines().next().unwrap());
    for (rows, message) in [
        (raw("{"), "row[1]: unexpected end"),
        (raw("nothing"), "row[1]: expected a value"),
        (raw("7"), "row[1]: must be an object"),
        (raw("{} {}"), "row[1]: trailing data"),
        (
            raw(r#"{"body":{},"body":{}}"#),
            "row[1]: duplicate key \"body\"",
        ),
        (raw("{\"a\":\"\u{2028}\"}"), "row[1]: expected an escape"),
        (raw("\u{FEFF}{}"), "row[1]: byte order mark"),
        (
            row(|row| row["Body"] = json!({})),
            "row[1]: ambiguous key, it reads as \"body\"",
        ),
        (
            row(|row| row["method"] = json!("GET")),
            "row[1].method: must be \"POST\"",
        ),
        (
            row(|row| row["method"] = json!("post")),
            "row[1].method: must be",
        ),
        (
            row(|row| row["url"] = json!("/v1/chat//completions")),
            "row[1].url: must be",
        ),
        (
            row(|row| row["url"] = json!("/v1/images/generations")),
            "row[1].url: must be",
        ),
        (
            row(|row| row["url"] = json!("/v1/messages")),
            "row[1].url: must be",
        ),
        (
            row(|row| row["url"] = json!("/v1/chat/completions?x")),
            "row[1].url: must be",
        ),
        (
            row(|row| row["body"]["messages"][0]["content"] = json!(7)),
            "row[1].body.messages[0].content: must be",
        ),
        (
            row(|row| row["body"]["Messages"] = json!([])),
            "row[1].body: ambiguous key",
        ),
        (
            row(|row| row["body"]["model"] = json!("other")),
            "row[1].body.model: must be the model of the other rows",
        ),
        (
            row(|row| row["body"] = Value::Null),
            "row[1].body: must be an object",
        ),
        (
            row(|row| {
                row.as_object_mut().unwrap().remove("body");
            }),
            "row[1]: missing field \"body\"",
        ),
    ] {
        let error = upload("batch", &rows).unwrap_err().to_string();
        assert!(error.starts_with(message), "{error}");
    }
}

#[test]
fn what_is_not_known_in_a_row_is_a_gap_of_the_row() {
    for (rows, place) in [
        (
            row(|row| row["more"] = json!("two words")),
            "unrecognized row[1].more",
        ),
        (
            row(|row| row["custom_id"] = json!("two words")),
            "unrecognized row[1].custom_id",
        ),
        (
            row(|row| row["body"]["more"] = json!("two words")),
            "unrecognized row[1].body.more",
        ),
        (
            row(|row| {
                row["body"]["messages"][0]["content"] =
                    json!([{"type": "image_url", "image_url": {"url": "x"}}])
            }),
            "image row[1].body.messages[0].content[0]",
        ),
    ] {
        assert_eq!(gaps(upload("batch", &rows).unwrap().gaps()), [place]);
    }
}

#[test]
fn what_is_moderated_is_a_text_of_nobody() {
    let asked = |input: Value| {
        row(|row| {
            row["url"] = json!("/v1/moderations");
            row["body"] = json!({"model": "m", "input": input});
        })
    };
    let parts = json!([{"type": "text", "text": "a b"}, {"type": "image_url", "image_url": {"url": "x"}}, "c d", 7]);
    let parsed = upload("batch", &asked(parts)).unwrap();
    let found = lines(parsed.segments());
    for said in [
        r#"prompt other text field=input row=1: "a b""#,
        r#"prompt other text field=input row=1: "c d""#,
    ] {
        assert!(found.iter().any(|line| line.ends_with(said)), "{found:?}");
    }
    let missed = [
        "image row[1].body.input[1]",
        "unrecognized row[1].body.input[3]",
    ];
    assert_eq!(gaps(parsed.gaps()), missed);
}

#[test]
fn examples_are_conversations() {
    let rows = r#"{"messages": [{"role": "user", "content": "a b"}, {"role": "assistant", "content": "c d", "weight": 1}], "tools": [{"type": "function", "function": {"name": "f", "description": "It mails."}}]}
{"input": {"messages": [{"role": "user", "content": "e f"}]}, "preferred_output": [{"role": "assistant", "content": "g h"}], "non_preferred_output": [{"role": "assistant", "content": "i j"}]}

{"prompt": "k l", "completion": "m n", "note": "o p"}
"#;
    let parsed = upload("fine-tune", rows).unwrap();
    assert_eq!(
        lines(parsed.segments()),
        [
            r#"0 prompt user text row=0: "a b""#,
            r#"1 prompt assistant text row=0: "c d""#,
            r#"2 prompt system tool-description <f> row=0: "It mails.""#,
            r#"3 prompt user text row=1: "e f""#,
            r#"4 prompt assistant text row=1: "g h""#,
            r#"5 prompt assistant text row=1: "i j""#,
            r#"6 prompt user text row=3: "k l""#,
            r#"7 prompt assistant text row=3: "m n""#,
        ]
    );
    assert_eq!(gaps(parsed.gaps()), ["unrecognized row[3].note"]);
    let evals = upload("evals", "{\"item\": {\"question\": \"\\u0061 b\"}}").unwrap();
    let said = [r#"0 prompt user text row=0: "a b""#];
    assert_eq!(lines(evals.segments()), said);
    for (rows, message) in [
        ("{\"a\":1}", "row[0]: missing field \"messages\""),
        ("{\"messages\":7}", "row[0].messages: must be an array"),
        (
            "{\"input\":{\"input\":{}}}",
            "row[0].input: must be an example",
        ),
        ("{\"messages\":[],\"messages\":[]}", "row[0]: duplicate key"),
    ] {
        let error = upload("fine-tune", rows).unwrap_err().to_string();
        assert!(error.starts_with(message), "{error}");
    }
}

#[test]
fn many_tools_take_no_time() {
    let tools: String = (0..60_000)
        .map(|number| format!(r#"{{"type":"function","function":{{"name":"tool-{number:06}"}}}},"#))
        .collect();
    let tools = tools.trim_end_matches(',');
    let said = r#"{"model":"m","messages":[{"role":"user","content":"a b"}]"#;
    let example = format!("{said},\"tools\":[{tools}]}}\n").repeat(2);
    let url = r#"{"custom_id":"x","method":"POST","url":"/v1/chat/completions""#;
    let asked = format!("{url},\"body\":{said},\"tools\":[{tools}]}}}}\n").repeat(2);
    for (purpose, rows) in [("fine-tune", example), ("batch", asked)] {
        let began = std::time::Instant::now();
        let parsed = upload(purpose, &rows).unwrap();
        assert_eq!(parsed.facts().tools.len(), 60_000, "{purpose}");
        // Each with each would take minutes.
        assert!(began.elapsed().as_secs() < 20, "{purpose}");
    }
}

#[test]
fn many_gaps_of_one_kind_do_not_hide_another() {
    let image = r#"{"type":"image_url","image_url":{"url":"x"}},"#.repeat(5000);
    let content = format!(r#"[{image}{{"type":"file","file":{{"file_id":"f"}}}}]"#);
    let rows = format!(r#"{{"messages":[{{"role":"user","content":{content}}}]}}"#);
    let parsed = upload("fine-tune", &rows).unwrap();
    let gaps = gaps(parsed.gaps());
    assert_eq!(
        gaps.last().unwrap(),
        "file row[0].messages[0].content[5000]"
    );
    assert_eq!(gaps.len(), 4097);
}

#[test]
fn no_field_of_a_file_can_be_set() {
    let set = [("model".to_owned(), "\"n\"".to_owned())];
    let refused = upload("batch", ROWS).unwrap().edited(&[], &[], &set, &[]);
    assert_eq!(refused, Err(EditError::Field("model".to_owned())));
}

#[test]
fn there_are_not_more_pieces_than_the_limit() {
    let rows = "{\"messages\":[{\"role\":\"user\",\"content\":\"a b\"}]}\n".repeat(9);
    let body = form("fine-tune", "x.jsonl", "text/plain", rows.as_bytes());
    let kind = format!("multipart/form-data; boundary={BOUNDARY}");
    let limits = Limits {
        segments: 8,
        ..Limits::default()
    };
    let result: Result<Request, _> = Format::OpenAiFiles.request_of(&kind, body, &limits);
    assert!(
        result
            .unwrap_err()
            .to_string()
            .contains("more than 8 pieces")
    );
}
