//! Whole responses.

use caponier_core::GapKind;

use super::response;
use crate::Tokens;
use crate::tests::{lines, redact};

const ANSWER: &str = r#"{"id":"msg_1","type":"message","role":"assistant","model":"claude-sonnet-5","content":[
 {"type":"thinking","thinking":"hm a@b.c","signature":"EqQB+/="},
 {"type":"text","text":"Hi a@b.c","citations":[{"type":"web_search_result_location","cited_text":"cited","url":"https://x.y/?q=a b","title":"A title","encrypted_index":"Eo8B+="}]},
 {"type":"server_tool_use","id":"srvtoolu_1","name":"web_search","input":{"query":"who"}},
 {"type":"web_search_tool_result","tool_use_id":"srvtoolu_1","content":[{"type":"web_search_result","title":"Hit","url":"https://x.y/","encrypted_content":"Eo+=","page_age":"April 30, 2025"}]},
 {"type":"tool_use","id":"toolu_1","name":"f","input":{"a":1}}],
 "stop_reason":"stop_sequence","stop_sequence":"the end.","stop_details":{"type":"refusal","category":null,"explanation":"it may harm"},
 "usage":{"input_tokens":3,"cache_creation_input_tokens":5,"cache_read_input_tokens":7,"output_tokens":4,"service_tier":"standard"},"x_text":"some text"}"#;

#[test]
fn every_text_is_a_segment() {
    let parsed = response(ANSWER);
    assert_eq!(
        lines(parsed.segments()),
        [
            r#"10 output assistant reasoning: "hm a@b.c""#,
            r#"11 output assistant text: "Hi a@b.c""#,
            r#"12 output assistant citation: "cited""#,
            r#"13 output assistant citation: "https://x.y/?q=a b""#,
            r#"14 output assistant citation: "A title""#,
            r#"15 output assistant tool-call <web_search> path= part=key: "query""#,
            r#"16 output assistant tool-call <web_search> path=query: "who""#,
            r#"17 output assistant structured <web_search>: "{\"query\":\"who\"}""#,
            r#"18 output tool tool-result <web_search>: "Hit""#,
            r#"19 output tool tool-result <web_search>: "https://x.y/""#,
            r#"20 output tool tool-result <web_search>: "April 30, 2025""#,
            r#"21 output assistant tool-call <f> path= part=key: "a""#,
            r#"22 output assistant tool-call <f> path=a: "1""#,
            r#"23 output assistant structured <f>: "{\"a\":1}""#,
            r#"24 output other other field=stop_sequence: "the end.""#,
            r#"25 output assistant refusal: "it may harm""#,
        ]
    );
    // All of the input counts, cached or not.
    assert_eq!(
        parsed.usage(),
        Some(Tokens {
            prompt: 15,
            completion: 4
        })
    );
    let places: Vec<&str> = parsed.gaps().iter().map(|gap| gap.place.as_str()).collect();
    assert_eq!(
        places,
        [
            "content[1].citations[0].encrypted_index",
            "content[3].content[0].encrypted_content",
            "x_text"
        ]
    );
    assert_eq!(parsed.tool_calls().len(), 2);
    assert_eq!(parsed.edited(&[], &[]).unwrap(), ANSWER.as_bytes());
}

#[test]
fn edits_are_splices_and_a_changed_thought_loses_its_signature() {
    let parsed = response(ANSWER);
    let edits = redact(parsed.segments(), "a@b.c", "[e]");
    let out = String::from_utf8(parsed.edited(&edits, &[]).unwrap()).unwrap();
    let expected = ANSWER.replace("a@b.c", "[e]").replace("EqQB+/=", "");
    assert_eq!(out, expected);
}

#[test]
fn an_upstreams_error_is_looked_into() {
    let parsed = response(
        r#"{"type":"error","error":{"type":"invalid_request_error","message":"bad key sk-1"},"request_id":"req_1"}"#,
    );
    let texts: Vec<&str> = parsed
        .segments()
        .iter()
        .map(|placed| placed.segment.text.as_str())
        .collect();
    assert_eq!(
        texts,
        ["error", "invalid_request_error", "bad key sk-1", "req_1"]
    );
}

#[test]
fn a_count_of_tokens_has_no_text() {
    let parsed = response(r#"{"input_tokens":2095}"#);
    assert!(parsed.segments().is_empty() && parsed.gaps().is_empty());
    assert_eq!(parsed.usage(), None);
}

#[test]
fn text_in_the_place_of_a_name_is_a_gap() {
    for form in [
        r#"{"content":[],"role":"@"}"#,
        r#"{"content":[],"stop_reason":"@"}"#,
        r#"{"content":[],"usage":{"note":"@"}}"#,
        r#"{"content":[],"stop_details":{"category":"@"}}"#,
        r#"{"content":[],"container":{"id":"@"}}"#,
        r#"{"content":[{"type":"@"}]}"#,
        r#"{"content":[{"type":"text","text":"","@":1}]}"#,
        r#"{"content":[{"type":"container_upload","file_id":"@"}]}"#,
        r#"{"content":[{"type":"redacted_thinking","data":"@"}]}"#,
    ] {
        let parsed = response(&form.replace('@', "two words"));
        assert!(!parsed.gaps().is_empty(), "{form}");
        let is_known = |kind| matches!(kind, GapKind::Unrecognized | GapKind::File);
        assert!(parsed.gaps().iter().all(|gap| is_known(gap.kind)));
        assert!(!format!("{:?}", parsed.gaps()).contains("two words"));
    }
}
