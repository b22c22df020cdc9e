//! Requests: their segments, and edits of them.

use caponier_core::{SegmentEdit, Span};
use proptest::prelude::*;

use super::{REQUEST, request};
use crate::tests::{gaps, lines, redact};
use crate::{EditError, Format, Limits};

#[test]
fn every_text_is_a_segment() {
    let parsed = request(REQUEST);
    let expected = [
        r#"0 prompt system text: "Answer in\nrhymes.""#,
        r#"1 prompt developer text: "Be brief.""#,
        r#"2 prompt user text: "What is in it?""#,
        r#"3 retrieval document other field=filename: "plan of May.txt""#,
        r#"4 retrieval document document: "Quarterly plan: é""#,
        r#"5 prompt assistant reasoning: "Thinking first.""#,
        r#"6 prompt assistant reasoning: "Deep thoughts.""#,
        r#"7 prompt assistant text: "Here it is.""#,
        r#"8 prompt assistant citation: "https://x.y/?q=a b""#,
        r#"9 prompt assistant citation: "A title""#,
        r#"10 prompt assistant refusal: "I will not.""#,
        r#"11 prompt assistant tool-call <mail> path= part=key: "to""#,
        r#"12 prompt assistant tool-call <mail> path=to[0] part=key: "email""#,
        r#"13 prompt assistant tool-call <mail> path=to[0].email: "a@b.c""#,
        r#"14 prompt assistant tool-call <mail> path= part=key: "n""#,
        r#"15 prompt assistant tool-call <mail> path=n: "42""#,
        r#"16 prompt assistant structured <mail>: "{\"to\":[{\"email\":\"a\\u0040b.c\"}],\"n\":42}""#,
        r#"17 retrieval tool tool-result <mail>: "mail was sent""#,
        r#"18 prompt assistant tool-call <sql>: "SELECT name FROM users""#,
        r#"19 retrieval tool tool-result <sql>: "Ann Smith""#,
        r#"20 retrieval document document <c.json>: "{\"k\":1}""#,
        r#"21 prompt assistant tool-call <file_search> path=[0]: "plan of May""#,
        r#"22 prompt assistant structured <file_search>: "[\"plan of May\"]""#,
        r#"23 retrieval document document <plan.txt>: "The plan is secret.""#,
        r#"24 retrieval document other field=attributes: "Ann S.""#,
        r#"25 prompt assistant tool-call <web_search> path= part=key: "type""#,
        r#"26 prompt assistant tool-call <web_search> path=type: "search""#,
        r#"27 prompt assistant tool-call <web_search> path= part=key: "query""#,
        r#"28 prompt assistant tool-call <web_search> path=query: "weather in Ulm""#,
        r#"29 prompt assistant tool-call <web_search> path= part=key: "queries""#,
        r#"30 prompt assistant tool-call <web_search> path=queries[0]: "weather in Ulm""#,
        r#"31 prompt assistant tool-call <web_search> path= part=key: "sources""#,
        r#"32 prompt assistant tool-call <web_search> path=sources[0] part=key: "type""#,
        r#"33 prompt assistant tool-call <web_search> path=sources[0].type: "url""#,
        r#"34 prompt assistant tool-call <web_search> path=sources[0] part=key: "url""#,
        r#"35 prompt assistant tool-call <web_search> path=sources[0].url: "https://w.x/a b""#,
        r#"36 prompt assistant structured <web_search>: "{\"type\": \"search\", \"query\": \"weather in Ulm\", \"queries\": [\"weather in Ulm\"], \"sources\": [{\"type\": \"url\", \"url\": \"https://w.x/a b\"}]}""#,
        r#"37 prompt assistant tool-call <computer> path= part=key: "type""#,
        r#"38 prompt assistant tool-call <computer> path=type: "type""#,
        r#"39 prompt assistant tool-call <computer> path= part=key: "text""#,
        r#"40 prompt assistant tool-call <computer> path=text: "typed words""#,
        r#"41 prompt assistant structured <computer>: "{\"type\": \"type\", \"text\": \"typed words\"}""#,
        r#"42 retrieval tool tool-result <computer>: "Take care here.""#,
        r#"43 retrieval tool tool-result <computer>: "Take care here.""#,
        r#"44 prompt assistant tool-call <code_interpreter>: "print('hello you')""#,
        r#"45 retrieval tool tool-result <code_interpreter>: "hello you""#,
        r#"46 prompt assistant tool-call <image_generation>: "A cat on a mat""#,
        r#"47 prompt assistant tool-call <local_shell> path= part=key: "type""#,
        r#"48 prompt assistant tool-call <local_shell> path=type: "exec""#,
        r#"49 prompt assistant tool-call <local_shell> path= part=key: "command""#,
        r#"50 prompt assistant tool-call <local_shell> path=command[0]: "ls""#,
        r#"51 prompt assistant tool-call <local_shell> path=command[1]: "-l home""#,
        r#"52 prompt assistant tool-call <local_shell> path= part=key: "env""#,
        r#"53 prompt assistant tool-call <local_shell> path=env part=key: "A""#,
        r#"54 prompt assistant tool-call <local_shell> path=env.A: "b c""#,
        r#"55 prompt assistant structured <local_shell>: "{\"type\": \"exec\", \"command\": [\"ls\", \"-l home\"], \"env\": {\"A\": \"b c\"}}""#,
        r#"56 retrieval tool tool-result <local_shell>: "total 0 bytes""#,
        r#"57 prompt assistant tool-call <shell> path= part=key: "commands""#,
        r#"58 prompt assistant tool-call <shell> path=commands[0]: "cat a b""#,
        r#"59 prompt assistant structured <shell>: "{\"commands\": [\"cat a b\"]}""#,
        r#"60 prompt system tool-description <shell>: "Does a thing.""#,
        r#"61 prompt system tool-description <shell>: "/a b""#,
        r#"62 retrieval tool tool-result <shell>: "out text""#,
        r#"63 retrieval tool tool-result <shell>: "err text""#,
        r#"64 prompt assistant tool-call <apply_patch> path= part=key: "type""#,
        r#"65 prompt assistant tool-call <apply_patch> path=type: "create_file""#,
        r#"66 prompt assistant tool-call <apply_patch> path= part=key: "path""#,
        r#"67 prompt assistant tool-call <apply_patch> path=path: "a b.txt""#,
        r#"68 prompt assistant tool-call <apply_patch> path= part=key: "diff""#,
        r#"69 prompt assistant tool-call <apply_patch> path=diff: "+ new line""#,
        r#"70 prompt assistant structured <apply_patch>: "{\"type\": \"create_file\", \"path\": \"a b.txt\", \"diff\": \"+ new line\"}""#,
        r#"71 retrieval tool tool-result <apply_patch>: "no such file""#,
        r#"72 prompt system tool-description <look>: "Looks things up.""#,
        r#"73 prompt system tool-description <look>: "What to look for.""#,
        r#"74 prompt assistant tool-call <look> path= part=key: "q""#,
        r#"75 prompt assistant tool-call <look> path=q: "a word""#,
        r#"76 prompt assistant structured <look>: "{\"q\":\"a word\"}""#,
        r#"77 retrieval tool tool-result <look>: "found a thing""#,
        r#"78 retrieval tool tool-result <look>: "was not there""#,
        r#"79 prompt assistant tool-call <drop> path= part=key: "t""#,
        r#"80 prompt assistant tool-call <drop> path=t: "all of it""#,
        r#"81 prompt assistant structured <drop>: "{\"t\":\"all of it\"}""#,
        r#"82 prompt user text: "Not this one.""#,
        r#"83 prompt assistant tool-call <tool_search> path= part=key: "goal""#,
        r#"84 prompt assistant tool-call <tool_search> path=goal: "send a mail""#,
        r#"85 prompt assistant structured <tool_search>: "{\"goal\": \"send a mail\"}""#,
        r#"86 prompt system tool-description <post>: "Posts a letter.""#,
        r#"87 prompt assistant tool-call <program>: "return 1 + 1""#,
        r#"88 retrieval tool tool-result <program>: "it is two""#,
        r#"89 prompt system tool-description <mail>: "Sends mail.""#,
        r#"90 prompt system tool-description <mail>: "Who gets it.""#,
        r#"91 prompt system tool-description <sql>: "Runs a query.""#,
        r#"92 prompt system tool-description <sql>: "start: WORD word""#,
        r#"93 prompt system tool-description: "A server of tools.""#,
        r#"94 prompt system tool-description <crm>: "Tools for customers.""#,
        r#"95 prompt system tool-description <find>: "Finds a customer.""#,
        r#"96 prompt system tool-description: "A skill of note.""#,
        r#"97 prompt system tool-description: "Shape of it.""#,
        r#"98 prompt user text field=prompt: "Ulm on Danube""#,
        r#"99 prompt user text field=prompt: "and more""#,
        r#"100 prompt other other field=metadata: "a value""#,
        r#"101 prompt other other field=user: "u@x.y""#,
        r#"102 prompt other other field=safety_identifier: "id of me""#,
        r#"103 prompt other other field=prompt_cache_key: "key one""#,
        r#"104 retrieval user query: "What is in it?""#,
    ];
    assert_eq!(lines(parsed.segments()), expected);
}

#[test]
fn what_is_not_text_or_not_there_is_a_gap() {
    let parsed = request(REQUEST);
    let expected = [
        "image input[1].content[1]",
        "file input[1].content[3]",
        "file input[1].content[4]",
        "unrecognized input[2].encrypted_content",
        "image input[12].output",
        "image input[13].outputs[1]",
        "image input[14].result",
        "unrecognized input[29].encrypted_content",
        "unrecognized input[30].id",
        "unrecognized input[31]",
        "unrecognized tools[2].authorization",
        "unrecognized tools[2].headers",
        "file tools[4].environment.skills[0].source",
        "unrecognized prompt",
        "unrecognized previous_response_id",
        "unrecognized conversation",
        "unrecognized x_new",
        "unrecognized *",
    ];
    assert_eq!(gaps(parsed.gaps()), expected);
}

#[test]
fn the_facts_are_those_of_the_request() {
    let parsed = request(REQUEST);
    let facts = parsed.facts();
    assert_eq!(facts.model.as_deref(), Some("gpt-x"));
    assert!(facts.stream && facts.logprobs);
    assert_eq!(
        (facts.max_tokens, facts.temperature, facts.top_logprobs),
        (Some(9), Some(0.5), Some(2))
    );
    assert_eq!(
        facts.tools,
        ["mail", "sql", "mcp", "find", "crm", "shell", "web_search"]
    );
    assert_eq!(facts.response_format.as_deref(), Some("json_schema"));
    let calls: Vec<(Option<&str>, &str)> = parsed
        .tool_calls()
        .iter()
        .map(|call| (call.id.as_deref(), call.name.as_str()))
        .collect();
    let expected = [
        (Some("call_1"), "mail"),
        (Some("call_2"), "sql"),
        (Some("fs_1"), "file_search"),
        (Some("ws_1"), "web_search"),
        (Some("call_3"), "computer"),
        (Some("ci_1"), "code_interpreter"),
        (Some("ig_1"), "image_generation"),
        (Some("call_4"), "local_shell"),
        (Some("call_5"), "shell"),
        (Some("call_6"), "apply_patch"),
        (Some("mc_1"), "look"),
        (Some("ma_1"), "drop"),
        (Some("call_7"), "tool_search"),
        (Some("call_8"), "program"),
    ];
    assert_eq!(calls, expected);
    assert!(!format!("{parsed:?}").contains("Danube"));
}

#[test]
fn without_edits_the_very_same_bytes_leave() {
    let body = REQUEST.as_bytes().to_vec();
    let address = body.as_ptr();
    let parsed = Format::OpenAiResponses
        .request(body, &Limits::default())
        .unwrap();
    let out = parsed.edited(&[], &[], &[], &[]).unwrap();
    assert_eq!(out.as_ptr(), address);
    assert_eq!(out, REQUEST.as_bytes());
}

#[test]
fn edits_change_nothing_but_their_spans() {
    let parsed = request(REQUEST);
    let mut edits = redact(parsed.segments(), "a@b.c", "<\"e\\\n\">");
    edits.extend(redact(parsed.segments(), "\nrhymes", "Prose"));
    edits.extend(redact(parsed.segments(), "4", "#"));
    edits.extend(redact(parsed.segments(), "Here it", "There it"));
    let retrieved = |text: &str| {
        let mut found = parsed.segments().iter();
        let found = found.find(|placed| placed.segment.text == text);
        found.unwrap().segment.id
    };
    let drop = [retrieved("mail was sent"), retrieved("The plan is secret.")];
    let out = String::from_utf8(parsed.edited(&edits, &drop, &[], &[]).unwrap()).unwrap();
    let expected = REQUEST
        .replace(r"a\\u0040b.c", r#"<\\\"e\\\\\\n\\\">"#)
        .replace(r"in\nrhymes", "inProse")
        .replace(r#"\"n\":42"#, r##"\"n\":\"#2\""##)
        .replace("Here it", "There it")
        .replace(
            r#""logprobs": [{"token": "Hi", "bytes": [72, 105], "logprob": -0.1, "top_logprobs": []}]"#,
            r#""logprobs": []"#,
        )
        .replace("\"mail was sent\"", "\"[removed by policy]\"")
        .replace("\"The plan is secret.\"", "\"[removed by policy]\"");
    assert_eq!(out, expected);
}

#[test]
fn a_file_is_edited_inside_of_its_url() {
    for url in [
        "data:text/plain;base64,bXkga2V5IGlzIMOpMTI=",
        "data:text/plain,my%20key%20is%20%C3%A912",
        "data:text\\/plain,my%20key%20is%20\\u00e912",
    ] {
        let body = format!(
            r#"{{"input":[{{"role":"user","content":[{{"type":"input_file","filename":"a.txt","file_data":"{url}"}}]}}]}}"#
        );
        let parsed = request(&body);
        assert_eq!(
            lines(parsed.segments()),
            [r#"0 retrieval document document <a.txt>: "my key is é12""#]
        );
        assert!(parsed.gaps().is_empty());
        let edits = redact(parsed.segments(), "é12", "[key]");
        let out = String::from_utf8(parsed.edited(&edits, &[], &[], &[]).unwrap()).unwrap();
        let again = request(&out);
        assert_eq!(again.segments()[0].segment.text, "my key is [key]");
        assert!(out.contains("data:text/plain;base64,"), "{out}");
        let dropped = request(&body).edited(&[], &[0], &[], &[]).unwrap();
        let again = request(std::str::from_utf8(&dropped).unwrap());
        assert_eq!(again.segments()[0].segment.text, "[removed by policy]");
    }
    let body = r#"{"input":[{"role":"user","content":[{"type":"input_file","file_data":"data:,a%C3%A9"}]}]}"#;
    let inside = SegmentEdit {
        segment: 0,
        span: Span::new(0, 2),
        replacement: String::new(),
    };
    assert_eq!(
        request(body).edited(&[inside], &[], &[], &[]),
        Err(EditError::Span(0))
    );
}

#[test]
fn a_result_of_a_search_is_dropped_as_a_whole() {
    let result = |text: &str| format!(r#"{{"file_id":"f","filename":"a b","text":"{text}"}}"#);
    let body = |results: &[String]| {
        let results = results.join(", ");
        format!(
            r#"{{"input":[{{"type":"file_search_call","id":"s","queries":[],"results":[{results}]}}]}}"#
        )
    };
    let three = [result("one"), result("two"), result("three")];
    let whole = body(&three);
    let segment = |text: &str| {
        let parsed = request(&whole);
        let mut found = parsed.segments().iter();
        let found = found.find(|placed| placed.segment.text == text);
        found.unwrap().segment.id
    };
    let removed = result("[removed by policy]");
    for (drop, left) in [
        (vec!["one"], vec![&three[1], &three[2]]),
        (vec!["two"], vec![&three[0], &three[2]]),
        (vec!["three", "two"], vec![&three[0]]),
        (
            vec!["one", "two", "three"],
            vec![&removed, &removed, &removed],
        ),
    ] {
        let drop: Vec<u32> = drop.into_iter().map(segment).collect();
        let out = request(&whole).edited(&[], &drop, &[], &[]).unwrap();
        let left: Vec<String> = left.into_iter().cloned().collect();
        assert_eq!(String::from_utf8(out).unwrap(), body(&left));
    }
}

#[test]
fn a_string_is_what_the_user_says() {
    let parsed = request(r#"{"model":"m","instructions":"be kind","input":"hello you"}"#);
    assert_eq!(
        lines(parsed.segments()),
        [
            r#"0 prompt system text: "be kind""#,
            r#"1 prompt user text: "hello you""#
        ]
    );
}

#[test]
fn fields_are_set_and_taken_out_by_the_list() {
    let body = r#"{"input":"x","max_output_tokens":9,"store":true}"#;
    let set = [("max_output_tokens".to_owned(), "5".to_owned())];
    let out = request(body)
        .edited(&[], &[], &set, &["store".to_owned()])
        .unwrap();
    assert_eq!(out, br#"{"input":"x","max_output_tokens":5}"#);
    for field in ["input", "stream", "previous_response_id", "tools"] {
        assert_eq!(
            request(body).edited(&[], &[], &[], &[field.to_owned()]),
            Err(EditError::Field(field.to_owned()))
        );
    }
}

proptest! {
    #[test]
    fn any_bytes_are_an_answer_and_no_panic(body in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = Format::OpenAiResponses.request(body.clone(), &Limits::default());
        let _ = Format::OpenAiResponses.response(body, 0, &Limits::default());
    }
}
