//! Requests: their segments, and edits of them.

use caponier_core::{GapKind, SegmentEdit, Span};
use proptest::prelude::*;

use super::request;
use crate::tests::{lines, redact};
use crate::{EditError, Format, Limits};

const AGENT: &str = r#"{
  "model": "gpt-x", "stream": true, "temperature": 0.5, "max_tokens": 9, "n": 2,
  "messages": [
    {"role": "system", "content": "Be\nkind."},
    {"role": "developer", "content": [{"type": "text", "text": "dev"}]},
    {"role": "user", "name": "bob smith", "content": [
      {"type": "text", "text": "What is in it?"},
      {"type": "image_url", "image_url": {"url": "data:text/plain;base64,aGk="}},
      {"type": "input_audio", "input_audio": {"data": "aGk="}},
      {"type": "file", "file": {"file_id": "f"}},
      {"type": "hologram", "text": "boo"}]},
    {"role": "assistant", "content": null, "refusal": "no", "reasoning_content": "hmm",
     "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "mail",
       "arguments": "{\"to\":[{\"email\":\"a\\u0040b.c\"}],\"n\":42}"}}]},
    {"role": "tool", "tool_call_id": "c1", "content": "sent"},
    {"role": "function", "name": "old", "content": "result"},
    {"role": "oracle", "content": "who"}
  ],
  "tools": [{"type": "function", "function": {"name": "mail", "description": "Sends mail.",
    "parameters": {"type": "object", "properties": {"to": {"type": "string", "description": "Who gets it."}}}}}],
  "user": "u@x.y", "metadata": {"k": "v"}, "stop": ["END"], "prediction": {"type": "content", "content": "maybe"},
  "response_format": {"type": "json_schema", "json_schema": {"name": "s", "description": "Shape."}},
  "x_new": {"deep": ["text here"]}, "X-New2": "t", "x_number": 7, "x_empty": ""
}"#;

#[test]
fn every_text_is_a_segment() {
    let request = request(AGENT);
    let expected = [
        r#"0 prompt system text: "Be\nkind.""#,
        r#"1 prompt developer text: "dev""#,
        r#"2 prompt user text: "What is in it?""#,
        r#"3 prompt other other field=name: "bob smith""#,
        r#"4 prompt assistant refusal: "no""#,
        r#"5 prompt assistant reasoning: "hmm""#,
        r#"6 prompt assistant tool-call <mail> path= part=key: "to""#,
        r#"7 prompt assistant tool-call <mail> path=to[0] part=key: "email""#,
        r#"8 prompt assistant tool-call <mail> path=to[0].email: "a@b.c""#,
        r#"9 prompt assistant tool-call <mail> path= part=key: "n""#,
        r#"10 prompt assistant tool-call <mail> path=n: "42""#,
        r#"11 prompt assistant structured <mail>: "{\"to\":[{\"email\":\"a\\u0040b.c\"}],\"n\":42}""#,
        r#"12 retrieval tool tool-result <mail>: "sent""#,
        r#"13 retrieval tool tool-result <old>: "result""#,
        r#"14 prompt other other field=name: "old""#,
        r#"15 prompt other text: "who""#,
        r#"16 prompt system tool-description <mail>: "Sends mail.""#,
        r#"17 prompt system tool-description <mail>: "Who gets it.""#,
        r#"18 prompt other other field=user: "u@x.y""#,
        r#"19 prompt other other field=metadata: "v""#,
        r#"20 prompt other other field=stop: "END""#,
        r#"21 prompt user other field=prediction: "maybe""#,
        r#"22 prompt system tool-description: "Shape.""#,
        r#"23 retrieval user query: "What is in it?""#,
    ];
    assert_eq!(lines(request.segments()), expected);
    assert_eq!(request.next_segment(), 24);
    assert!(request.segments()[23].segment.is_read_only());
    let gaps: Vec<(GapKind, &str)> = request
        .gaps()
        .iter()
        .map(|gap| (gap.kind, gap.place.as_str()))
        .collect();
    assert_eq!(
        gaps,
        [
            (GapKind::Image, "messages[2].content[1]"),
            (GapKind::Audio, "messages[2].content[2]"),
            (GapKind::File, "messages[2].content[3]"),
            (GapKind::Unrecognized, "messages[2].content[4]"),
            (GapKind::Unrecognized, "messages[6].role"),
            (GapKind::Unrecognized, "x_new"),
            (GapKind::Unrecognized, "*"),
        ]
    );
    let facts = request.facts();
    assert_eq!(facts.model.as_deref(), Some("gpt-x"));
    assert!(facts.stream && !facts.logprobs);
    assert_eq!(
        (facts.n, facts.max_tokens, facts.temperature),
        (Some(2), Some(9), Some(0.5))
    );
    assert_eq!(facts.tools, ["mail"]);
    assert_eq!(facts.response_format.as_deref(), Some("json_schema"));
    assert_eq!(request.tool_calls()[0].name, "mail");
    assert!(!format!("{request:?}").contains("bob"));
}

#[test]
fn without_edits_the_very_same_bytes_leave() {
    let body = AGENT.as_bytes().to_vec();
    let address = body.as_ptr();
    let request = Format::OpenAiChat
        .request(body, &Limits::default())
        .unwrap();
    let out = request.edited(&[], &[], &[], &[]).unwrap();
    assert_eq!(out.as_ptr(), address);
    assert_eq!(out, AGENT.as_bytes());
}

#[test]
fn edits_change_nothing_but_their_spans() {
    let parsed = request(AGENT);
    let mut edits = redact(parsed.segments(), "a@b.c", "<\"e\\\n\">");
    edits.extend(redact(parsed.segments(), "\nk", "K"));
    edits.extend(redact(parsed.segments(), "4", "#"));
    let out = String::from_utf8(parsed.edited(&edits, &[12], &[], &[]).unwrap()).unwrap();
    let expected = AGENT
        .replace(r"a\\u0040b.c", r#"<\\\"e\\\\\\n\\\">"#)
        .replace(r"Be\nkind", "BeKind")
        .replace(r#"\"n\":42"#, r##"\"n\":\"#2\""##)
        .replace("\"sent\"", "\"[removed by policy]\"");
    assert_eq!(out, expected);
    let again = request(&out);
    assert_eq!(again.segments()[8].segment.text, "<\"e\\\n\">");
}

#[test]
fn arguments_given_as_an_object_are_read_and_edited_too() {
    let body = r#"{"messages":[{"role":"assistant","tool_calls":[{"function":{"name":"f","arguments":{"a":"x\"y","n":5}}},{"type":"custom","custom":{"name":"g","input":"raw x"}}]}]}"#;
    let parsed = request(body);
    assert_eq!(parsed.tool_calls()[0].arguments, r#"{"a":"x\"y","n":5}"#);
    let mut edits = redact(parsed.segments(), "x", "\"z\"");
    edits.extend(redact(parsed.segments(), "5", "five"));
    let out = String::from_utf8(parsed.edited(&edits, &[], &[], &[]).unwrap()).unwrap();
    assert_eq!(
        out,
        body.replace("x\\\"y", "\\\"z\\\"\\\"y")
            .replace(":5", ":\"five\"")
            .replace("raw x", "raw \\\"z\\\"")
    );
}

#[test]
fn a_file_with_text_is_a_document() {
    let body = |data: &str| {
        format!(
            r#"{{"messages":[{{"role":"user","content":[{{"type":"text","text":"read it"}},{{"type":"file","file":{{"filename":"my plan.txt","file_data":"{data}"}}}}]}}]}}"#
        )
    };
    let parsed = request(&body("data:text/plain;base64,bXkga2V5"));
    assert_eq!(
        lines(parsed.segments()),
        [
            r#"0 prompt user text: "read it""#,
            r#"1 retrieval document other field=filename: "my plan.txt""#,
            r#"2 retrieval document document: "my key""#,
            r#"3 retrieval user query: "read it""#,
        ]
    );
    assert!(parsed.gaps().is_empty());
    let edits = redact(parsed.segments(), "key", "lock");
    let out = parsed.edited(&edits, &[], &[], &[]).unwrap();
    assert_eq!(
        String::from_utf8(out).unwrap(),
        body("data:text/plain;base64,bXkgbG9jaw==")
    );
    for data in ["data:application/pdf;base64,bXkga2V5", "bXkga2V5", ""] {
        let parsed = request(&body(data));
        assert_eq!(parsed.gaps()[0].kind, GapKind::File, "{data}");
    }
}

#[test]
fn edits_that_cannot_be_applied_are_refused() {
    let edit = |segment, start, end| SegmentEdit {
        segment,
        span: Span::new(start, end),
        replacement: "x".into(),
    };
    for (edits, drop, error) in [
        (vec![edit(99, 0, 1)], vec![], EditError::UnknownSegment(99)),
        (vec![], vec![99], EditError::UnknownSegment(99)),
        (vec![edit(11, 0, 1)], vec![], EditError::ReadOnly(11)),
        (vec![], vec![23], EditError::ReadOnly(23)),
        (vec![edit(0, 0, 99)], vec![], EditError::Span(0)),
        (vec![edit(0, 2, 1)], vec![], EditError::Span(0)),
        (
            vec![edit(0, 0, 2), edit(0, 1, 3)],
            vec![],
            EditError::Overlap(0),
        ),
    ] {
        assert_eq!(request(AGENT).edited(&edits, &drop, &[], &[]), Err(error));
    }
    let inside = SegmentEdit {
        segment: 0,
        span: Span::new(0, 1),
        replacement: String::new(),
    };
    let accent = request(r#"{"messages":[{"role":"user","content":"é"}]}"#);
    assert_eq!(
        accent.edited(&[inside], &[], &[], &[]),
        Err(EditError::Span(0))
    );
}

#[test]
fn fields_are_set_and_taken_out_by_the_list() {
    let body = r#"{ "model":"a" , "messages":[] ,"n" : 3,"user":"bob"}"#;
    let change = |set: &[(&str, &str)], unset: &[&str]| {
        let set: Vec<(String, String)> = set
            .iter()
            .map(|(key, value)| ((*key).into(), (*value).into()))
            .collect();
        let unset: Vec<String> = unset.iter().map(|key| (*key).to_owned()).collect();
        let parsed = request(body);
        let edits = redact(parsed.segments(), "bob", "rob");
        parsed
            .edited(&edits, &[], &set, &unset)
            .map(|out| String::from_utf8(out).unwrap())
    };
    type Case<'a> = (&'a [(&'a str, &'a str)], &'a [&'a str], &'a str);
    let cases: &[Case<'_>] = &[
        (
            &[],
            &[],
            r#"{ "model":"a" , "messages":[] ,"n" : 3,"user":"rob"}"#,
        ),
        (
            &[("n", "1")],
            &[],
            r#"{ "model":"a" , "messages":[] ,"n" : 1,"user":"rob"}"#,
        ),
        (&[], &["n", "model"], r#"{ "messages":[] ,"user":"rob"}"#),
        (&[], &["n", "user"], r#"{ "model":"a" , "messages":[]}"#),
        (
            &[("seed", "5"), ("user", "\"x\"")],
            &["model", "logprobs"],
            r#"{"seed":5, "messages":[] ,"n" : 3,"user":"x"}"#,
        ),
        (
            &[("n", "1"), ("n", "2")],
            &["n"],
            r#"{ "model":"a" , "messages":[] ,"n" : 2,"user":"rob"}"#,
        ),
    ];
    for (set, unset, expected) in cases {
        assert_eq!(change(set, unset).unwrap(), *expected);
    }
    assert_eq!(
        change(&[("messages", "[]")], &[]),
        Err(EditError::Field("messages".into()))
    );
    assert_eq!(
        change(&[], &["stream"]),
        Err(EditError::Field("stream".into()))
    );
    for value in ["1,\"x\":2", "", "1}", "\"a", "1 2"] {
        assert_eq!(
            change(&[("n", value)], &[]),
            Err(EditError::Value("n".into())),
            "{value}"
        );
    }
}

#[test]
fn a_long_history_is_read_fast() {
    let said = format!(
        "{}\\n\\\"quoted\\\" ünïcode ",
        "plain words and more of them ".repeat(3)
    )
    .repeat(70);
    let message = format!(r#"{{"role":"user","content":"{said}"}},"#);
    let body = format!(
        r#"{{"messages":[{}{{"role":"user","content":"end"}}]}}"#,
        message.repeat(800_000 / message.len())
    );
    let best = (0..7)
        .map(|_| {
            let bytes = body.clone().into_bytes();
            let start = std::time::Instant::now();
            let request = Format::OpenAiChat
                .request(bytes, &Limits::default())
                .unwrap();
            let took = start.elapsed();
            assert!(request.segments().len() > 90);
            took
        })
        .min()
        .unwrap();
    println!("{} bytes in {best:?}", body.len());
    // Far above what it takes, for machines that are busy.
    assert!(best < std::time::Duration::from_millis(25), "{best:?}");
}

fn any_json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        "\\PC{0,12}|[\"\\\\\n@é😀a]{0,12}".prop_map(serde_json::Value::from),
        any::<i32>().prop_map(serde_json::Value::from),
        any::<bool>().prop_map(serde_json::Value::from),
        Just(serde_json::Value::Null),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(serde_json::Value::from),
            proptest::collection::btree_map("[a-z\"é]{0,4}", inner, 0..4)
                .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn edited_arguments_stay_json(arguments in any_json(), with in "\\PC{0,8}|[\"\\\\\n]{0,8}", at in any::<prop::sample::Index>()) {
        let call = serde_json::json!({"id": "c", "function": {"name": "f", "arguments": arguments.to_string()}});
        let body = serde_json::json!({"messages": [{"role": "assistant", "tool_calls": [call]}]}).to_string();
        let parsed = request(&body);
        let leaves: Vec<_> = parsed.segments().iter().filter(|placed| !placed.segment.is_read_only()).collect();
        if leaves.is_empty() {
            return Ok(());
        }
        let leaf = leaves[at.index(leaves.len())].segment.clone();
        let bounds: Vec<usize> = leaf.text.char_indices().map(|(at, _)| at).chain([leaf.text.len()]).collect();
        let (start, end) = (bounds[at.index(bounds.len())], leaf.text.len());
        let edit = SegmentEdit { segment: leaf.id, span: Span::new(start, end), replacement: with.clone() };
        let out = parsed.edited(&[edit], &[], &[], &[]).unwrap();
        let value: serde_json::Value = serde_json::from_slice(&out).unwrap();
        let arguments = value["messages"][0]["tool_calls"][0]["function"]["arguments"].as_str().unwrap();
        prop_assert!(serde_json::from_str::<serde_json::Value>(arguments).is_ok(), "{}", arguments);
        let again = request(std::str::from_utf8(&out).unwrap());
        let expected = format!("{}{with}", &leaf.text[..start]);
        prop_assert!(expected.is_empty() || again.segments().iter().any(|placed| placed.segment.text == expected));
    }

    #[test]
    fn any_bytes_are_an_answer_and_no_panic(body in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = Format::OpenAiChat.request(body.clone(), &Limits::default());
        let _ = Format::OpenAiChat.response(body, 0, &Limits::default());
    }
}
