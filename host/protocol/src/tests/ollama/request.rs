//! Requests.

use super::request;
use crate::tests::skipping::in_request;
use crate::tests::{gaps, lines, redact};
use crate::{EditError, Format, Limits};

const CHAT: &str = r#"{"model": "llama3:8b", "messages": [
  {"role": "system", "content": "Be kind."},
  {"role": "user", "content": "What a@b.c?", "images": ["aGk="]},
  {"role": "assistant", "content": "", "thinking": "hm m", "tool_calls": [
    {"function": {"index": 0, "name": "mail", "arguments": {"to": ["a@b.c"], "n": 42}}}]},
  {"role": "tool", "tool_name": "mail", "content": "sent it"},
  {"role": "oracle", "content": "who is"}],
 "tools": [{"type": "function", "function": {"name": "mail", "description": "Sends mail.",
   "parameters": {"type": "object", "properties": {"to": {"type": "array", "description": "Who gets it."}}}}}],
 "format": {"type": "object", "description": "A shape."}, "think": "high", "keep_alive": "5m",
 "options": {"temperature": 0.5, "num_predict": 9, "top_p": 0.9, "seed": 1, "stop": ["THE END"]},
 "logprobs": true, "top_logprobs": 2}"#;

const GENERATE: &str = r#"{"model": "m", "prompt": "Say it", "suffix": "the end", "system": "Be kind.", "template": "{{ .Prompt }} x",
 "context": [1, 2], "raw": false, "images": ["aGk=", "aGk="], "format": "json", "stream": false,
 "width": 1, "height": 2, "steps": 3, "options": {"num_predict": -1}, "keep_alive": 0}"#;

const EMBED: &str = r#"{"model": "m", "input": ["One a", "Two b"], "truncate": true, "dimensions": 3, "options": {"num_ctx": 8}}"#;

#[test]
fn every_text_of_a_chat_is_a_segment() {
    let parsed = request(Format::OllamaChat, CHAT);
    assert_eq!(
        lines(parsed.segments()),
        [
            r#"0 prompt system text: "Be kind.""#,
            r#"1 prompt user text: "What a@b.c?""#,
            r#"2 prompt assistant reasoning: "hm m""#,
            r#"3 prompt assistant tool-call <mail> path= part=key: "to""#,
            r#"4 prompt assistant tool-call <mail> path=to[0]: "a@b.c""#,
            r#"5 prompt assistant tool-call <mail> path= part=key: "n""#,
            r#"6 prompt assistant tool-call <mail> path=n: "42""#,
            r#"7 prompt assistant structured <mail>: "{\"to\": [\"a@b.c\"], \"n\": 42}""#,
            r#"8 retrieval tool tool-result <mail>: "sent it""#,
            r#"9 prompt other text: "who is""#,
            r#"10 prompt system tool-description <mail>: "Sends mail.""#,
            r#"11 prompt system tool-description <mail>: "Who gets it.""#,
            r#"12 prompt system tool-description: "A shape.""#,
            r#"13 prompt other other field=stop: "THE END""#,
            r#"14 retrieval user query: "What a@b.c?""#,
        ]
    );
    assert_eq!(
        gaps(parsed.gaps()),
        ["image messages[1].images", "unrecognized messages[4].role",]
    );
    let facts = parsed.facts();
    assert_eq!(facts.model.as_deref(), Some("llama3:8b"));
    assert!(facts.stream && facts.logprobs);
    assert_eq!((facts.max_tokens, facts.top_logprobs), (Some(9), Some(2)));
    assert_eq!((facts.temperature, facts.top_p), (Some(0.5), Some(0.9)));
    assert_eq!(facts.tools, ["mail"]);
    assert_eq!(facts.response_format.as_deref(), Some("json_schema"));
    assert_eq!(parsed.tool_calls()[0].name, "mail");
}

#[test]
fn every_text_of_a_prompt_is_a_segment() {
    let parsed = request(Format::OllamaGenerate, GENERATE);
    assert_eq!(
        lines(parsed.segments()),
        [
            r#"0 prompt user text: "Say it""#,
            r#"1 prompt user other field=suffix: "the end""#,
            r#"2 prompt system text: "Be kind.""#,
            r#"3 prompt system other field=template: "{{ .Prompt }} x""#,
        ]
    );
    assert_eq!(
        gaps(parsed.gaps()),
        ["unrecognized context", "image images"]
    );
    assert!(!parsed.facts().stream);
    assert_eq!(parsed.facts().max_tokens, None);
    let format = parsed.facts().response_format.as_deref();
    assert_eq!(format, Some("json_object"));
}

#[test]
fn every_text_to_embed_is_a_segment() {
    for (body, texts) in [
        (EMBED, vec!["One a", "Two b"]),
        (r#"{"model": "m", "prompt": "One a"}"#, vec!["One a"]),
        (r#"{"model": "m", "input": "One a"}"#, vec!["One a"]),
    ] {
        let parsed = request(Format::OllamaEmbed, body);
        let expected: Vec<String> = texts
            .iter()
            .enumerate()
            .map(|(id, text)| format!("{id} prompt user text: {text:?}"))
            .collect();
        assert_eq!(lines(parsed.segments()), expected);
        assert!(parsed.gaps().is_empty() && !parsed.facts().stream);
    }
    let tokens = request(
        Format::OllamaEmbed,
        r#"{"model": "m", "input": [[1], [2]]}"#,
    );
    assert_eq!(tokens.gaps().len(), 2);
}

#[test]
fn an_answer_streams_unless_the_request_says_otherwise() {
    for (format, field, streams) in [
        (Format::OllamaChat, "", true),
        (Format::OllamaChat, r#","stream":null"#, true),
        (Format::OllamaChat, r#","stream":false"#, false),
        (Format::OllamaGenerate, "", true),
        (Format::OllamaGenerate, r#","stream":false"#, false),
        (Format::OllamaEmbed, "", false),
    ] {
        let parsed = request(format.clone(), &format!(r#"{{"model":"m"{field}}}"#));
        assert_eq!(parsed.facts().stream, streams, "{format:?} {field}");
    }
}

#[test]
fn edits_change_nothing_but_their_spans() {
    for (format, body) in [
        (Format::OllamaChat, CHAT),
        (Format::OllamaGenerate, GENERATE),
        (Format::OllamaEmbed, EMBED),
    ] {
        let same = request(format, body).edited(&[], &[], &[], &[]);
        assert_eq!(same.unwrap(), body.as_bytes());
    }
    let parsed = request(Format::OllamaChat, CHAT);
    let mut edits = redact(parsed.segments(), "a@b.c", "[\"e\"]");
    edits.extend(redact(parsed.segments(), "42", "x"));
    let set = [("options".to_owned(), "{}".to_owned())];
    let out = parsed.edited(&edits, &[8], &set, &["think".to_owned()]);
    let out = String::from_utf8(out.unwrap()).unwrap();
    let expected = CHAT
        .replace("a@b.c", "[\\\"e\\\"]")
        .replace("\"n\": 42", "\"n\": \"x\"")
        .replace("\"sent it\"", "\"[removed by policy]\"")
        .replace(" \"think\": \"high\",", "");
    let options = expected.find(r#"{"temperature""#).unwrap();
    let end = expected.find(",\n \"logprobs\"").unwrap();
    let expected = format!("{}{{}}{}", &expected[..options], &expected[end..]);
    assert_eq!(out, expected);
    let stream = [("stream".to_owned(), "true".to_owned())];
    assert_eq!(
        request(Format::OllamaChat, CHAT).edited(&[], &[], &stream, &[]),
        Err(EditError::Field("stream".to_owned()))
    );
}

#[test]
fn no_text_gets_by() {
    // Without what is a gap as it stands.
    let chat = CHAT
        .replace(r#", "images": ["aGk="]"#, "")
        .replace("oracle", "user");
    in_request(Format::OllamaChat, &chat);
    let generate = GENERATE
        .replace(r#""context": [1, 2], "#, "")
        .replace(r#""images": ["aGk=", "aGk="], "#, "");
    in_request(Format::OllamaGenerate, &generate);
    in_request(Format::OllamaEmbed, EMBED);
}

#[test]
fn what_two_parsers_could_read_differently_is_refused() {
    for (body, message) in [
        (
            r#"{"model":"m","prompt":"a","prompt":"b"}"#,
            "duplicate key \"prompt\"",
        ),
        (
            r#"{"model":"m","prompt":"a","Prompt":"b"}"#,
            "ambiguous key, it reads as \"prompt\"",
        ),
        (
            r#"{"model":"m","messages":[{"role":"user","content":"a","CONTENT":"b"}]}"#,
            "messages[0]: ambiguous key, it reads as \"content\"",
        ),
        (
            r#"{"model":"m","messages":[{"role":"assistant","tool_calls":[{"function":{"name":"f","Arguments":{}}}]}]}"#,
            "messages[0].tool_calls[0].function: ambiguous key",
        ),
        (
            r#"{"model":"m","options":{"stop":"a","Stop":"b"}}"#,
            "options: ambiguous key",
        ),
        (
            r#"{"model":"m","messages":[{"role":"user","content":["a b"]}]}"#,
            "messages[0].content: must be a string or null",
        ),
        (
            r#"{"model":"m","messages":[{"content":"a"}]}"#,
            "messages[0]: missing field \"role\"",
        ),
        (
            r#"{"model":"m","messages":{}}"#,
            "messages: must be an array",
        ),
        (
            r#"{"model":"m","options":"a b"}"#,
            "options: must be an object",
        ),
        (
            r#"{"model":"m","stream":"no"}"#,
            "stream: must be true or false",
        ),
        (r#"{"prompt":"a"}"#, "missing field \"model\""),
        (r#"{"model":"m"}{"model":"n"}"#, "trailing data"),
    ] {
        let body = body.as_bytes().to_vec();
        let error = Format::OllamaChat.request(body, &Limits::default());
        let error = error.unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
    }
}
