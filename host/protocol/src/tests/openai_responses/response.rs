//! Whole responses.

use super::{RESPONSE, response};
use crate::Tokens;
use crate::tests::{gaps, lines, redact};

#[test]
fn every_text_is_a_segment() {
    let parsed = response(RESPONSE);
    let expected = [
        r#"10 output other other field=instructions: "Answer in rhymes.""#,
        r#"11 output assistant text: "Here it is.""#,
        r#"12 output assistant citation: "https://x.y/?q=a b""#,
        r#"13 output assistant citation: "A title""#,
        r#"14 output assistant reasoning: "Thinking first.""#,
        r#"15 output assistant reasoning: "Deep thoughts.""#,
        r#"16 output assistant tool-call <mail> path= part=key: "to""#,
        r#"17 output assistant tool-call <mail> path=to[0] part=key: "email""#,
        r#"18 output assistant tool-call <mail> path=to[0].email: "a@b.c""#,
        r#"19 output assistant tool-call <mail> path= part=key: "n""#,
        r#"20 output assistant tool-call <mail> path=n: "42""#,
        r#"21 output assistant structured <mail>: "{\"to\":[{\"email\":\"a\\u0040b.c\"}],\"n\":42}""#,
        r#"22 output assistant tool-call <sql>: "SELECT name FROM users""#,
        r#"23 output assistant tool-call <file_search> path=[0]: "plan of May""#,
        r#"24 output assistant structured <file_search>: "[\"plan of May\"]""#,
        r#"25 output document document <plan.txt>: "The plan is secret.""#,
        r#"26 output document other field=attributes: "Ann S.""#,
        r#"27 output assistant tool-call <web_search> path= part=key: "type""#,
        r#"28 output assistant tool-call <web_search> path=type: "search""#,
        r#"29 output assistant tool-call <web_search> path= part=key: "query""#,
        r#"30 output assistant tool-call <web_search> path=query: "weather in Ulm""#,
        r#"31 output assistant tool-call <web_search> path= part=key: "queries""#,
        r#"32 output assistant tool-call <web_search> path=queries[0]: "weather in Ulm""#,
        r#"33 output assistant tool-call <web_search> path= part=key: "sources""#,
        r#"34 output assistant tool-call <web_search> path=sources[0] part=key: "type""#,
        r#"35 output assistant tool-call <web_search> path=sources[0].type: "url""#,
        r#"36 output assistant tool-call <web_search> path=sources[0] part=key: "url""#,
        r#"37 output assistant tool-call <web_search> path=sources[0].url: "https://w.x/a b""#,
        r#"38 output assistant structured <web_search>: "{\"type\": \"search\", \"query\": \"weather in Ulm\", \"queries\": [\"weather in Ulm\"], \"sources\": [{\"type\": \"url\", \"url\": \"https://w.x/a b\"}]}""#,
        r#"39 output assistant tool-call <computer> path= part=key: "type""#,
        r#"40 output assistant tool-call <computer> path=type: "type""#,
        r#"41 output assistant tool-call <computer> path= part=key: "text""#,
        r#"42 output assistant tool-call <computer> path=text: "typed words""#,
        r#"43 output assistant structured <computer>: "{\"type\": \"type\", \"text\": \"typed words\"}""#,
        r#"44 output tool tool-result <computer>: "Take care here.""#,
        r#"45 output assistant tool-call <code_interpreter>: "print('hello you')""#,
        r#"46 output tool tool-result <code_interpreter>: "hello you""#,
        r#"47 output assistant tool-call <image_generation>: "A cat on a mat""#,
        r#"48 output assistant tool-call <local_shell> path= part=key: "type""#,
        r#"49 output assistant tool-call <local_shell> path=type: "exec""#,
        r#"50 output assistant tool-call <local_shell> path= part=key: "command""#,
        r#"51 output assistant tool-call <local_shell> path=command[0]: "ls""#,
        r#"52 output assistant tool-call <local_shell> path=command[1]: "-l home""#,
        r#"53 output assistant tool-call <local_shell> path= part=key: "env""#,
        r#"54 output assistant tool-call <local_shell> path=env part=key: "A""#,
        r#"55 output assistant tool-call <local_shell> path=env.A: "b c""#,
        r#"56 output assistant structured <local_shell>: "{\"type\": \"exec\", \"command\": [\"ls\", \"-l home\"], \"env\": {\"A\": \"b c\"}}""#,
        r#"57 output tool tool-result <apply_patch>: "no such file""#,
        r#"58 output system tool-description <look>: "Looks things up.""#,
        r#"59 output system tool-description <look>: "What to look for.""#,
        r#"60 output assistant tool-call <look> path= part=key: "q""#,
        r#"61 output assistant tool-call <look> path=q: "a word""#,
        r#"62 output assistant structured <look>: "{\"q\":\"a word\"}""#,
        r#"63 output tool tool-result <look>: "found a thing""#,
        r#"64 output tool tool-result <look>: "was not there""#,
        r#"65 output assistant tool-call <drop> path= part=key: "t""#,
        r#"66 output assistant tool-call <drop> path=t: "all of it""#,
        r#"67 output assistant structured <drop>: "{\"t\":\"all of it\"}""#,
        r#"68 output system tool-description <post>: "Posts a letter.""#,
        r#"69 output assistant tool-call <program>: "return 1 + 1""#,
        r#"70 output tool tool-result <program>: "it is two""#,
        r#"71 output assistant refusal: "I will not.""#,
        r#"72 output other other field=tools: "Sends mail.""#,
        r#"73 output other other field=user: "u@x.y""#,
        r#"74 output other other field=metadata: "a value""#,
    ];
    assert_eq!(lines(parsed.segments()), expected);
}

#[test]
fn what_is_not_text_is_a_gap() {
    let parsed = response(RESPONSE);
    let expected = [
        "unrecognized output[1].encrypted_content",
        "image output[7].outputs[1]",
        "image output[8].result",
        "unrecognized output[17].encrypted_content",
    ];
    assert_eq!(gaps(parsed.gaps()), expected);
    assert_eq!(
        parsed.usage(),
        Some(Tokens {
            prompt: 3,
            completion: 4
        })
    );
    assert_eq!(parsed.edited(&[], &[]).unwrap(), RESPONSE.as_bytes());
}

#[test]
fn an_edited_text_loses_the_logprobs_that_repeat_it() {
    let parsed = response(RESPONSE);
    let edits = redact(parsed.segments(), "Here it", "There it");
    let out = String::from_utf8(parsed.edited(&edits, &[]).unwrap()).unwrap();
    let value: serde_json::Value = serde_json::from_str(&out).unwrap();
    let part = &value["output"][0]["content"][0];
    assert_eq!(part["text"], "There it is.");
    assert_eq!(part["logprobs"], serde_json::json!([]));
}

#[test]
fn logprobs_of_no_text_are_a_gap() {
    let parsed = response(
        r#"{"output":[{"type":"message","role":"assistant","content":[{"type":"output_text","text":"","logprobs":[{"token":"hi"}]}]}]}"#,
    );
    assert_eq!(
        gaps(parsed.gaps()),
        ["unrecognized output[0].content[0].logprobs"]
    );
}

#[test]
fn what_is_no_answer_is_looked_into_as_an_error() {
    for (body, texts) in [
        (
            r#"{"error":{"message":"bad key sk-1","type":"t","code":401}}"#,
            vec!["bad key sk-1", "t"],
        ),
        (
            r#"{"detail":[{"msg":"bad key sk-1","loc":["body",0]}]}"#,
            vec!["bad key sk-1", "body"],
        ),
        (
            r#"{"id":"r","object":"response","status":"failed","error":{"code":"server_error","message":"It broke."},"output":[]}"#,
            vec!["server_error", "It broke."],
        ),
        (
            r#"{"object":"response.input_tokens","input_tokens":5}"#,
            vec![],
        ),
    ] {
        let parsed = response(body);
        let found: Vec<&str> = parsed
            .segments()
            .iter()
            .map(|placed| placed.segment.text.as_str())
            .collect();
        assert_eq!(found, texts, "{body}");
        assert!(parsed.gaps().is_empty());
    }
}

#[test]
fn a_compacted_history_is_read_like_an_answer() {
    let parsed = response(
        r#"{"id":"c","object":"response.compaction","created_at":1,"output":[{"type":"message","role":"user","content":[{"type":"input_text","text":"what was said"}]},{"type":"compaction","id":"x","encrypted_content":"gAAA"}],"usage":{"input_tokens":1,"output_tokens":2}}"#,
    );
    assert_eq!(
        lines(parsed.segments()),
        [r#"10 output other text: "what was said""#]
    );
    assert_eq!(
        gaps(parsed.gaps()),
        [
            "unrecognized output[0].role",
            "unrecognized output[1].encrypted_content"
        ]
    );
}
