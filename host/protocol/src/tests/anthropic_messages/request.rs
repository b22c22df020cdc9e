//! Requests: what they say, and how edits go back.

use caponier_core::{Gap, GapKind, SegmentEdit, Span, Stage};
use proptest::prelude::*;

use super::request;
use crate::tests::{lines, redact};
use crate::{EditError, Format, Limits};

const AGENT: &str = r#"{
 "model": "claude-sonnet-5", "max_tokens": 1024, "stream": true, "temperature": 0.5, "top_p": 0.9, "top_k": 5,
 "system": [{"type": "text", "text": "Be kind.", "cache_control": {"type": "ephemeral"}}],
 "metadata": {"user_id": "u 1"}, "stop_sequences": ["\n\nHuman:"],
 "thinking": {"type": "enabled", "budget_tokens": 2000},
 "tools": [{"name": "mail", "description": "Sends mail.", "input_schema": {"type": "object", "properties": {"to": {"type": "string", "description": "Where to"}}}},
           {"type": "web_search_20250305", "name": "web_search", "allowed_domains": ["docs.example.com"]}],
 "messages": [
  {"role": "user", "content": "Write to Ann"},
  {"role": "assistant", "content": [
    {"type": "thinking", "thinking": "I should mail ann@b.c", "signature": "EqQB+/="},
    {"type": "redacted_thinking", "data": "EmwKAhgB"},
    {"type": "text", "text": "Sure", "citations": [{"type": "char_location", "cited_text": "as it says", "document_index": 0, "document_title": "Doc", "start_char_index": 0, "end_char_index": 5}]},
    {"type": "tool_use", "id": "toolu_1", "name": "mail", "input": {"to": "ann@b.c", "n": 42}}]},
  {"role": "user", "content": [
    {"type": "tool_result", "tool_use_id": "toolu_1", "content": [{"type": "text", "text": "sent to ann@b.c"}, {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBO"}}]},
    {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "The contract"}, "title": "My title", "context": "Of 2024", "citations": {"enabled": true}},
    {"type": "search_result", "source": "https://a.b/?q=c d", "title": "Hit", "content": [{"type": "text", "text": "What was found"}]},
    {"type": "text", "text": "What now?"}]}]}"#;

#[test]
fn every_text_is_a_segment() {
    let parsed = request(AGENT);
    assert_eq!(
        lines(parsed.segments()),
        [
            r#"0 prompt system text: "Be kind.""#,
            r#"1 prompt other other field=metadata: "u 1""#,
            r#"2 prompt other other field=stop_sequences: "\n\nHuman:""#,
            r#"3 prompt system tool-description <mail>: "Sends mail.""#,
            r#"4 prompt system tool-description <mail>: "Where to""#,
            r#"5 prompt system tool-description <web_search>: "web_search_20250305""#,
            r#"6 prompt system tool-description <web_search>: "docs.example.com""#,
            r#"7 prompt user text: "Write to Ann""#,
            r#"8 prompt assistant reasoning: "I should mail ann@b.c""#,
            r#"9 prompt assistant text: "Sure""#,
            r#"10 prompt assistant citation: "as it says""#,
            r#"11 prompt assistant citation: "Doc""#,
            r#"12 prompt assistant tool-call <mail> path= part=key: "to""#,
            r#"13 prompt assistant tool-call <mail> path=to: "ann@b.c""#,
            r#"14 prompt assistant tool-call <mail> path= part=key: "n""#,
            r#"15 prompt assistant tool-call <mail> path=n: "42""#,
            r#"16 prompt assistant structured <mail>: "{\"to\": \"ann@b.c\", \"n\": 42}""#,
            r#"17 retrieval tool tool-result <mail>: "sent to ann@b.c""#,
            r#"18 retrieval document document field=title: "My title""#,
            r#"19 retrieval document document field=context: "Of 2024""#,
            r#"20 retrieval document document: "The contract""#,
            r#"21 retrieval document document field=title: "Hit""#,
            r#"22 retrieval document document field=source: "https://a.b/?q=c d""#,
            r#"23 retrieval document document: "What was found""#,
            r#"24 prompt user text: "What now?""#,
            r#"25 retrieval user query: "What now?""#,
        ]
    );
    let gap = |kind, place: &str| Gap {
        kind,
        place: place.to_owned(),
    };
    assert_eq!(
        parsed.gaps(),
        [
            gap(GapKind::Unrecognized, "messages[1].content[1]"),
            gap(GapKind::Image, "messages[2].content[0].content[1]"),
        ]
    );
    let facts = parsed.facts();
    assert_eq!(facts.model.as_deref(), Some("claude-sonnet-5"));
    assert!(facts.stream);
    assert_eq!(facts.max_tokens, Some(1024));
    assert_eq!(facts.temperature, Some(0.5));
    assert_eq!(facts.top_p, Some(0.9));
    assert_eq!(facts.tools, ["mail", "web_search"]);
    let calls = parsed.tool_calls();
    assert_eq!(calls.len(), 1);
    assert_eq!(calls[0].id.as_deref(), Some("toolu_1"));
    assert_eq!(calls[0].name, "mail");
    assert_eq!(parsed.edited(&[], &[], &[], &[]).unwrap(), AGENT.as_bytes());
}

/// Where a text may stand: each is a segment or a gap, and its edit changes it and nothing else.
#[test]
fn no_text_slips_through() {
    const TEXT: &str = "some secret text";
    let message = |role: &str, block: &str| {
        format!(r#"{{"messages":[{{"role":"{role}","content":[{block}]}}]}}"#)
    };
    let user = |block: &str| message("user", block);
    let result = |content: &str| {
        user(&format!(
            r#"{{"type":"tool_result","tool_use_id":"t","content":{content}}}"#
        ))
    };
    let top = |field: &str| format!(r#"{{{field},"messages":[]}}"#);
    let read = [
        top(r#""system":"@""#),
        top(r#""system":[{"type":"text","text":"@"}]"#),
        top(r#""metadata":{"user_id":"@"}"#),
        top(r#""stop_sequences":["@"]"#),
        top(r#""tools":[{"name":"f","description":"@"}]"#),
        top(r#""tools":[{"name":"f","input_schema":{"properties":{"a":{"enum":["@"]}}}}]"#),
        top(r#""tools":[{"name":"f","input_examples":[{"a":"@"}]}]"#),
        top(r#""output_config":{"format":{"type":"json_schema","schema":{"description":"@"}}}"#),
        top(r#""output_format":{"type":"json_schema","schema":{"description":"@"}}"#),
        top(r#""context_management":{"edits":[{"type":"compact_20260112","instructions":"@"}]}"#),
        top(r#""compaction":{"instructions":"@"}"#),
        message("system", r#"{"type":"text","text":"@"}"#),
        user(r#"{"type":"text","text":"@"}"#),
        message(
            "assistant",
            r#"{"type":"thinking","thinking":"@","signature":""}"#,
        ),
        message("assistant", r#"{"type":"compaction","content":"@"}"#),
        message(
            "assistant",
            r#"{"type":"tool_use","id":"t","name":"f","input":{"a":["@"]}}"#,
        ),
        message(
            "assistant",
            r#"{"type":"tool_use","id":"t","name":"f","input":{"@":1}}"#,
        ),
        message(
            "assistant",
            r#"{"type":"server_tool_use","id":"t","name":"web_search","input":{"query":"@"}}"#,
        ),
        message(
            "assistant",
            r#"{"type":"mcp_tool_use","id":"t","name":"f","server_name":"s","input":{"query":"@"}}"#,
        ),
        message(
            "assistant",
            r#"{"type":"mcp_tool_result","tool_use_id":"t","content":"@"}"#,
        ),
        message(
            "assistant",
            r#"{"type":"web_search_tool_result","tool_use_id":"t","content":[{"type":"web_search_result","title":"@","url":"u"}]}"#,
        ),
        message(
            "assistant",
            r#"{"type":"web_fetch_tool_result","tool_use_id":"t","content":{"type":"web_fetch_result","url":"@"}}"#,
        ),
        message(
            "assistant",
            r#"{"type":"web_fetch_tool_result","tool_use_id":"t","content":{"type":"web_fetch_result","content":{"type":"document","source":{"type":"text","data":"@"}}}}"#,
        ),
        message(
            "assistant",
            r#"{"type":"code_execution_tool_result","tool_use_id":"t","content":{"type":"code_execution_result","stdout":"@","stderr":"","return_code":0,"content":[]}}"#,
        ),
        message(
            "assistant",
            r#"{"type":"bash_code_execution_tool_result","tool_use_id":"t","content":{"stderr":"@"}}"#,
        ),
        message(
            "assistant",
            r#"{"type":"text_editor_code_execution_tool_result","tool_use_id":"t","content":{"type":"text_editor_code_execution_str_replace_result","lines":["@"]}}"#,
        ),
        message(
            "assistant",
            r#"{"type":"advisor_tool_result","tool_use_id":"t","content":{"type":"advisor_result","text":"@"}}"#,
        ),
        message(
            "assistant",
            r#"{"type":"mcp_tool_listing","mcp_server_name":"s","tools":[{"name":"f","description":"@"}]}"#,
        ),
        message(
            "assistant",
            r#"{"type":"tool_addition","tool":{"description":"@"}}"#,
        ),
        message(
            "assistant",
            r#"{"type":"text","text":"a","citations":[{"type":"web_search_result_location","cited_text":"@","url":"u"}]}"#,
        ),
        result(r#""@""#),
        result(r#"[{"type":"text","text":"@"}]"#),
        result(r#"[{"type":"browser_state","tabs":[{"url":"u","title":"@","active":true}]}]"#),
        result(
            r#"[{"type":"search_result","source":"s","title":"t","content":[{"type":"text","text":"@"}]}]"#,
        ),
        result(r#"[{"type":"document","title":"@","source":{"type":"file","file_id":"f"}}]"#),
        result(r#"[{"type":"of_the_future","words":{"a":["@"]}}]"#),
        user(r#"{"type":"document","source":{"type":"text","data":"@"}}"#),
        user(r#"{"type":"document","source":{"type":"content","content":"@"}}"#),
        user(
            r#"{"type":"document","source":{"type":"content","content":[{"type":"text","text":"@"}]}}"#,
        ),
        user(r#"{"type":"document","context":"@","source":{"type":"url","url":"u"}}"#),
        user(r#"{"type":"search_result","source":"@","title":"t","content":[]}"#),
        user(r#"{"type":"search_result","source":"s","title":"@","content":[]}"#),
        r#"{"messages":[{"role":"user","content":"@"}]}"#.to_owned(),
        r#"{"messages":[{"role":"narrator","content":"@"}]}"#.to_owned(),
    ];
    for form in read {
        let body = form.replace('@', TEXT);
        let parsed = request(&body);
        let edits = redact(parsed.segments(), TEXT, "[x]");
        assert_eq!(edits.len(), 1, "{body}: {:?}", lines(parsed.segments()));
        let out = String::from_utf8(parsed.edited(&edits, &[], &[], &[]).unwrap()).unwrap();
        assert_eq!(out, form.replace('@', "[x]"));
    }
    let noted = [
        (top(r#""something":"@""#), GapKind::Unrecognized),
        (
            top(r#""mcp_servers":[{"authorization_token":"@"}]"#),
            GapKind::Unrecognized,
        ),
        (top(r#""model":"@""#), GapKind::Unrecognized),
        (
            top(r#""container":{"skills":[{"skill_id":"@"}]}"#),
            GapKind::Unrecognized,
        ),
        (
            top(r#""tool_choice":{"type":"tool","name":"@"}"#),
            GapKind::Unrecognized,
        ),
        (top(r#""@":1"#), GapKind::Unrecognized),
        (top(r#""metadata":{"@":1}"#), GapKind::Unrecognized),
        (top(r#""tools":[{"name":"@"}]"#), GapKind::Unrecognized),
        (user(r#"{"type":"@"}"#), GapKind::Unrecognized),
        (
            user(r#"{"type":"of_the_future","text":"@"}"#),
            GapKind::Unrecognized,
        ),
        (
            user(r#"{"type":"text","text":"a","more":"@"}"#),
            GapKind::Unrecognized,
        ),
        (
            user(r#"{"type":"image","source":{"type":"url","url":"@"}}"#),
            GapKind::Image,
        ),
        (
            user(r#"{"type":"container_upload","file_id":"@"}"#),
            GapKind::File,
        ),
        (
            user(r#"{"type":"document","source":{"type":"base64","data":"@"}}"#),
            GapKind::File,
        ),
        (
            user(r#"{"type":"document","source":{"type":"url","url":"@"}}"#),
            GapKind::File,
        ),
        (
            user(r#"{"type":"document","source":{"type":"file","file_id":"@"}}"#),
            GapKind::File,
        ),
        (
            user(r#"{"type":"document","source":{"type":"x","data":"@"}}"#),
            GapKind::Unrecognized,
        ),
        (
            user(r#"{"type":"document","source":{"type":"text","data":"a","b":"@"}}"#),
            GapKind::Unrecognized,
        ),
        (
            user(r#"{"type":"tool_result","tool_use_id":"@"}"#),
            GapKind::Unrecognized,
        ),
        (
            result(r#"[{"type":"image","source":{"type":"base64","data":"@"}}]"#),
            GapKind::Image,
        ),
        (
            result(r#"[{"type":"x","data":"@"}]"#),
            GapKind::Unrecognized,
        ),
        (result(r#"[{"type":"x","@":1}]"#), GapKind::Unrecognized),
        (
            result(r#"[{"type":"tool_reference","tool_name":"@"}]"#),
            GapKind::Unrecognized,
        ),
        (
            message("assistant", r#"{"type":"redacted_thinking","data":"@"}"#),
            GapKind::Unrecognized,
        ),
        (
            message(
                "assistant",
                r#"{"type":"thinking","thinking":"a","signature":"@"}"#,
            ),
            GapKind::Unrecognized,
        ),
        (
            message(
                "assistant",
                r#"{"type":"web_search_tool_result","tool_use_id":"t","content":[{"encrypted_content":"@"}]}"#,
            ),
            GapKind::Unrecognized,
        ),
        (
            message(
                "assistant",
                r#"{"type":"tool_use","id":"@","name":"f","input":{}}"#,
            ),
            GapKind::Unrecognized,
        ),
        (
            message(
                "assistant",
                r#"{"type":"tool_use","id":"t","name":"@","input":{}}"#,
            ),
            GapKind::Unrecognized,
        ),
        (
            message("assistant", r#"{"type":"fallback","to":{"model":"@"}}"#),
            GapKind::Unrecognized,
        ),
        (
            message("@", r#"{"type":"text","text":"a"}"#),
            GapKind::Unrecognized,
        ),
        (
            r#"{"messages":[{"role":"user","content":"a","name":"@"}]}"#.to_owned(),
            GapKind::Unrecognized,
        ),
    ];
    for (form, kind) in noted {
        let parsed = request(&form.replace('@', TEXT));
        let is_noted = parsed.gaps().iter().any(|gap| gap.kind == kind);
        assert!(is_noted, "{form}: {:?}", parsed.gaps());
        let shown = format!("{:?}{parsed:?}", parsed.gaps());
        assert!(!shown.contains(TEXT), "{form}");
    }
}

#[test]
fn edits_are_splices_and_a_changed_thought_is_left_out() {
    let parsed = request(AGENT);
    let edits = redact(parsed.segments(), "ann@b.c", "[\"e\"]");
    let out = String::from_utf8(parsed.edited(&edits, &[], &[], &[]).unwrap()).unwrap();
    let from = AGENT.find(r#"{"type": "thinking","#).unwrap();
    let to = AGENT.find(r#"{"type": "redacted_thinking""#).unwrap();
    let expected = AGENT[..from].to_owned() + &AGENT[to..];
    assert_eq!(out, expected.replace("ann@b.c", "[\\\"e\\\"]"));
    let parsed = request(AGENT);
    let edits = redact(parsed.segments(), "Sure", "Yes");
    let out = String::from_utf8(parsed.edited(&edits, &[], &[], &[]).unwrap()).unwrap();
    assert_eq!(out, AGENT.replace("Sure", "Yes"));
    // An array is not left empty; nor does a signature stay with what it was not made for.
    let alone = r#"{"messages":[{"role":"assistant","content":[{"type":"thinking","thinking":"a SECRET","signature":"Eq+="}]}]}"#;
    let parsed = request(alone);
    let edits = redact(parsed.segments(), "SECRET", "x");
    let out = String::from_utf8(parsed.edited(&edits, &[], &[], &[]).unwrap()).unwrap();
    assert_eq!(out, alone.replace("SECRET", "x").replace("Eq+=", ""));
}

#[test]
fn many_documents_are_dropped_fast() {
    let document = r#"{"type":"document","source":{"type":"text","data":"first"}}"#;
    let blocks = vec![document; 30_000].join(",");
    let body = format!(
        r#"{{"messages":[{{"role":"user","content":[{blocks},{{"type":"text","text":"Why?"}}]}}]}}"#
    );
    let parsed = request(&body);
    let all: Vec<u32> = (0..30_000).collect();
    let edits = redact(parsed.segments(), "first", "[e]");
    let started = std::time::Instant::now();
    let out = parsed.edited(&edits, &all, &[], &[]).unwrap();
    assert!(started.elapsed().as_millis() < 2000);
    let expected = r#"{"messages":[{"role":"user","content":[{"type":"text","text":"Why?"}]}]}"#;
    assert_eq!(String::from_utf8(out).unwrap(), expected);
}

#[test]
fn a_number_in_an_input_becomes_a_string_where_it_is_edited() {
    let parsed = request(AGENT);
    let edits = redact(parsed.segments(), "42", "a\"b");
    let out = parsed.edited(&edits, &[], &[], &[]).unwrap();
    let value: serde_json::Value = serde_json::from_slice(&out).unwrap();
    assert_eq!(value["messages"][1]["content"][3]["input"]["n"], "a\"b");
}

#[test]
fn a_document_leaves_its_array_when_it_is_dropped() {
    let content = |blocks: &[&str]| {
        format!(
            r#"{{"messages":[{{"role":"user","content":[{}]}}]}}"#,
            blocks.join(" , ")
        )
    };
    let text = r#"{"type":"text","text":"Why?"}"#;
    let one = r#"{"type":"document","title":"One","source":{"type":"text","data":"first"}}"#;
    let two = r#"{"type":"search_result","source":"s","title":"Two","content":[{"type":"text","text":"second"}]}"#;
    let drop = |blocks: &[&str], texts: &[&str]| {
        let parsed = request(&content(blocks));
        let dropped: Vec<u32> = parsed
            .segments()
            .iter()
            .filter(|placed| placed.stage == Stage::Retrieval)
            .filter(|placed| texts.contains(&placed.segment.text.as_str()))
            .map(|placed| placed.segment.id)
            .collect();
        assert_eq!(dropped.len(), texts.len());
        // What is gone needs no edits, and none of them may reach what stays.
        let edits = redact(parsed.segments(), "first", "[e]");
        String::from_utf8(parsed.edited(&edits, &dropped, &[], &[]).unwrap()).unwrap()
    };
    assert_eq!(drop(&[one, text], &["first"]), content(&[text]));
    assert_eq!(drop(&[text, one], &["first"]), content(&[text]));
    assert_eq!(drop(&[text, one], &["One", "first"]), content(&[text]));
    assert_eq!(drop(&[one, text, two], &["first"]), content(&[text, two]));
    assert_eq!(
        drop(&[one, text, two], &["second", "first"]),
        content(&[text])
    );
    assert_eq!(
        drop(&[text, one, two], &["second"]),
        content(&[text, &one.replace("first", "[e]")])
    );
    // Without anything else in it, an array would be empty, which the provider refuses.
    assert_eq!(
        drop(&[one, two], &["second", "first"]),
        content(&[
            &one.replace("first", "[removed by policy]"),
            &two.replace("second", "[removed by policy]")
        ])
    );
    // A tool's answer has to be there.
    let result = r#"{"type":"tool_result","tool_use_id":"t","content":[{"type":"text","text":"told"},{"type":"search_result","source":"s","title":"t","content":[{"type":"text","text":"found"}]}]}"#;
    assert_eq!(
        drop(&[result, text], &["told", "found"]),
        content(&[
            &result
                .replace("told", "[removed by policy]")
                .replace("found", "[removed by policy]"),
            text
        ])
    );
}

#[test]
fn a_decision_sets_fields_of_the_format_only() {
    let body = r#"{"max_tokens":9,"messages":[]}"#;
    let set = [
        ("max_tokens".to_owned(), "5".to_owned()),
        ("top_k".to_owned(), "1".to_owned()),
    ];
    let out = request(body).edited(&[], &[], &set, &[]).unwrap();
    assert_eq!(out, br#"{"top_k":1,"max_tokens":5,"messages":[]}"#);
    let unset = ["n".to_owned()];
    let refused = request(body).edited(&[], &[], &[], &unset);
    assert_eq!(refused, Err(EditError::Field("n".to_owned())));
}

#[test]
fn the_whole_input_is_read_only() {
    let parsed = request(AGENT);
    let edit = SegmentEdit {
        segment: 16,
        span: Span::new(0, 1),
        replacement: String::new(),
    };
    assert_eq!(
        parsed.edited(&[edit], &[], &[], &[]),
        Err(EditError::ReadOnly(16))
    );
}

#[test]
fn counting_tokens_is_asked_with_the_same_body() {
    assert_eq!(
        Format::of_path("/v1/messages/count_tokens"),
        Some(Format::AnthropicMessages)
    );
    let parsed = request(r#"{"model":"m","messages":[{"role":"user","content":"hi there"}]}"#);
    assert_eq!(
        lines(parsed.segments()),
        [r#"0 prompt user text: "hi there""#]
    );
}

proptest! {
    #[test]
    fn without_edits_the_bytes_are_the_same(texts in proptest::collection::vec("\\PC{0,12}", 0..6), input in "\\PC{0,8}") {
        let blocks: Vec<_> = texts.iter().map(|text| serde_json::json!({"type": "text", "text": text})).collect();
        let body = serde_json::json!({"messages": [
            {"role": "user", "content": blocks},
            {"role": "assistant", "content": [{"type": "tool_use", "id": "t", "name": "f", "input": {"a": input, "b": texts}}]},
        ]}).to_string();
        let parsed = request(&body);
        prop_assert_eq!(parsed.edited(&[], &[], &[], &[]).unwrap(), body.as_bytes());
    }

    #[test]
    fn an_edited_input_stays_json(value in "[a-z\"\\\\é😀\n]{1,6}", with in "[\"\\\\a-z\n]{0,6}", n: i32) {
        let body = serde_json::json!({"messages": [{"role": "assistant", "content": [
            {"type": "tool_use", "id": "t", "name": "f", "input": {"a": [value, n], "b": {"c": value}}},
        ]}]}).to_string();
        let parsed = request(&body);
        let edits = redact(parsed.segments(), &value, &with);
        let out = parsed.edited(&edits, &[], &[], &[]).unwrap();
        let value: serde_json::Value = serde_json::from_slice(&out).unwrap();
        prop_assert!(value["messages"][0]["content"][0]["input"].is_object());
    }

    #[test]
    fn nothing_panics(body in "[\\[\\]{}\":,a-z0-9 ]{0,60}") {
        let _ = Format::AnthropicMessages.request(body.clone().into_bytes(), &Limits::default());
        let _ = Format::AnthropicMessages.response(body.into_bytes(), 0, &Limits::default());
    }
}
