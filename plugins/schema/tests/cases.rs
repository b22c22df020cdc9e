//! The cases, streams cut at every byte, and text of any sort.

#![expect(
    clippy::unwrap_used,
    clippy::string_slice,
    reason = "a test's helpers fail the test"
)]

use caponier_plugin_schema::Schema;
use caponier_sdk::testing::{Harness, Input, check_splits, run_cases};
use caponier_sdk::{Data, Kind, Role, Stage};

const CASES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/cases");

const SEARCH: &str = r#"{"tools":{"search":{"type":"object","properties":{"q":{"type":"string","maxLength":20},
    "limit":{"type":"integer","maximum":50}},"required":["q"],"additionalProperties":false}}}"#;

fn call(name: &str, arguments: &str) -> Input {
    Input::new(Role::Assistant, Kind::Structured, arguments).name(name)
}

fn found(settings: &str, input: Input) -> Vec<(String, Vec<(String, String)>)> {
    let mut plugin = Harness::<Schema>::new(settings).unwrap();
    let outcome = plugin.inspect(Stage::Output, &[input]).unwrap();
    let findings = outcome.findings.into_iter();
    findings
        .map(|finding| (finding.rule, finding.attributes))
        .collect()
}

fn rules(settings: &str, input: Input) -> Vec<String> {
    found(settings, input)
        .into_iter()
        .map(|(rule, _)| rule)
        .collect()
}

#[test]
fn cases_hold() {
    let count = run_cases::<Schema>(CASES).unwrap();
    assert!(count > 40, "{count}");
}

#[test]
fn a_finding_tells_keyword_and_place_and_never_what_stands_there() {
    let input = call(
        "search",
        r#"{"q":"s3cret s3cret s3cret s3cret","limit":99,"s3cret":1}"#,
    );
    let mut plugin = Harness::<Schema>::new(SEARCH).unwrap();
    let findings = plugin.inspect(Stage::Output, &[input]).unwrap().findings;
    let told: Vec<String> = findings
        .iter()
        .map(|finding| {
            finding
                .attributes
                .iter()
                .map(|(_, value)| value.as_str())
                .collect::<Vec<_>>()
                .join(" ")
        })
        .collect();
    assert_eq!(
        told,
        ["maxLength /q", "maximum /limit", "additionalProperties "]
    );
    assert!(!format!("{findings:?}").contains("s3cret"));
}

#[test]
fn names_that_are_the_texts_own_are_not_told() {
    let settings = r#"{"tools":{"*":{"additionalProperties":{"type":"integer"}}}}"#;
    let findings = found(settings, call("x", r#"{"ann@example.org":"x"}"#));
    assert_eq!(findings[0].1[1], ("path".to_owned(), "/*".to_owned()));
}

#[test]
fn arguments_with_a_schema_go_out_when_they_are_known_to_fit() {
    let arguments = r#"{"q":"späte Züge","limit":5}"#;
    let make = || Harness::<Schema>::new(SEARCH);
    let streamed = check_splits(make, &call("search", ""), arguments).unwrap();
    assert_eq!(streamed.released, arguments);
    assert!(streamed.findings.is_empty());
    let pieces = [r#"{"q":"#, r#""trains"#, r#""}"#];
    let streamed = make()
        .unwrap()
        .stream(&call("search", ""), &pieces)
        .unwrap();
    assert_eq!(streamed.released_upto, [0, 0, 0, 14]);
}

#[test]
fn a_stream_cut_anywhere_is_judged_like_the_whole() {
    for arguments in [
        r#"{"limit":7}"#,
        r#"{"q":"a","limit":"7"}"#,
        r#"{"q":"a","x":1e999}"#,
        r#"{"q":"a","q":"\u0062"}"#,
        r#"{"q":"é"#,
        "[[[[",
    ] {
        let make = || Harness::<Schema>::new(SEARCH);
        let streamed = check_splits(make, &call("search", ""), arguments).unwrap();
        assert!(!streamed.findings.is_empty(), "{arguments}");
    }
}

#[test]
fn arguments_without_a_schema_are_not_held() {
    let mut plugin = Harness::<Schema>::new(SEARCH).unwrap();
    let streamed = plugin
        .stream(&call("other", ""), &[r#"{"a":"#, "1}"])
        .unwrap();
    assert_eq!(streamed.released_upto, [5, 7, 7]);
}

#[test]
fn an_unknown_tool_is_told_at_its_first_byte() {
    let settings = r#"{"tools":{"search":true},"known_tools":["file_*"],"unknown_tools":"report"}"#;
    assert_eq!(rules(settings, call("shell", "{}")), ["unknown-tool"]);
    assert!(rules(settings, call("file_read", "{}")).is_empty());
    assert!(rules(settings, call("search", "{}")).is_empty());
    let mut plugin = Harness::<Schema>::new(settings).unwrap();
    let streamed = plugin.stream(&call("shell", ""), &["{", "}"]).unwrap();
    assert_eq!(streamed.findings.len(), 1);
}

#[test]
fn an_answer_must_be_json_only_where_that_is_asked_for() {
    let answer = |text: &str| Input::assistant(text);
    assert!(rules("", answer("Hello.")).is_empty());
    let settings = r#"{"answer":{"type":"object","required":["sum"]}}"#;
    assert_eq!(rules(settings, answer("Hello.")), ["invalid-json"]);
    assert_eq!(rules(settings, answer("{}")), ["schema-violation"]);
    assert!(rules(settings, answer(" {\"sum\": 1}\n")).is_empty());
    assert!(rules(settings, answer("")).is_empty());
    assert!(rules(settings, Input::user("Hello.")).is_empty());
    assert_eq!(
        rules(settings, answer("```json\n{\"sum\":1}\n```")),
        ["invalid-json"]
    );
    let fenced =
        r#"{"answer":{"required":["sum"],"properties":{"sum":{"type":"integer"}}},"fenced":true}"#;
    assert!(rules(fenced, answer("```json\n{\"sum\":1}\n```\n")).is_empty());
    let mut plugin = Harness::<Schema>::new(fenced).unwrap();
    let text = "```json\n{\"sum\":\"x\"}\n```";
    let finding = plugin
        .inspect(Stage::Output, &[answer(text)])
        .unwrap()
        .findings
        .remove(0);
    assert_eq!(&text[finding.span.unwrap()], "\"x\"");
}

#[test]
fn schemas_come_from_files_and_refer_to_one_another() {
    let data = Data::from_files([
        (
            "order.json".to_owned(),
            br#"{"properties":{"by":{"$ref":"person"}},"required":["by"]}"#.to_vec(),
        ),
        (
            "person.json".to_owned(),
            br#"{"type":"object","required":["name"]}"#.to_vec(),
        ),
        ("notes.txt".to_owned(), b"no schema".to_vec()),
    ]);
    let mut plugin = Harness::<Schema>::with_data(r#"{"tools":{"order":"order"}}"#, &data).unwrap();
    let mut judge = |arguments: &str| {
        let outcome = plugin
            .inspect(Stage::Output, &[call("order", arguments)])
            .unwrap();
        outcome.findings.len()
    };
    assert_eq!(judge(r#"{"by":{"name":"Ann"}}"#), 0);
    assert_eq!(judge(r#"{"by":{}}"#), 1);
}

#[test]
fn settings_that_make_no_sense_are_refused() {
    for (settings, told) in [
        (
            r#"{"tools":{"a":"none"}}"#,
            "settings.tools.a: there is no schema `none`",
        ),
        (
            r#"{"tools":{"a":{"type":"strng"}}}"#,
            "settings.tools.a: `#/type`",
        ),
        (
            r#"{"schemas":{"a":{"pattern":"(?=x)"}}}"#,
            "settings.schemas.a: `#/pattern`",
        ),
        (r#"{"depth":0}"#, "settings.depth"),
        (r#"{"results":{"a":true}}"#, "settings.results"),
        (r#"{"fenced":true}"#, "settings.fenced"),
        (r#"{"unknown_tools":"report"}"#, "settings.unknown_tools"),
        (r#"{"tool":{}}"#, "settings.tool: unknown field"),
    ] {
        let error = Harness::<Schema>::new(settings).err().unwrap();
        assert!(error.message().contains(told), "{settings}: {error}");
    }
}

#[test]
fn mcp_calls_and_results_are_judged_where_that_is_asked_for() {
    let settings =
        r#"{"mcp":true,"tools":{"add":{"required":["a"]}},"results":{"add":{"required":["sum"]}}}"#;
    let mut plugin = Harness::<Schema>::new(settings).unwrap();
    let asked = plugin.inspect(Stage::Prompt, &[call("add", "{}")]).unwrap();
    assert_eq!(asked.findings.len(), 1);
    let result = Input::new(Role::Tool, Kind::Structured, "{}").name("add");
    let told = plugin.inspect(Stage::Retrieval, &[result]).unwrap();
    assert_eq!(told.findings.len(), 1);
    assert_eq!(
        Harness::<Schema>::new("").unwrap().manifest(),
        Harness::<Schema>::new(r#"{"depth":9}"#).unwrap().manifest()
    );
}

#[test]
fn a_text_made_to_take_long_is_told_of_as_such() {
    // Each level asks for both branches of the next: 2 to the power of the depth.
    let settings = r##"{"tools":{"*":{"anyOf":[{"properties":{"a":{"$ref":"#"}},"required":["b"]},
        {"properties":{"a":{"$ref":"#"}},"required":["c"]}]}}}"##;
    let deep = format!("{}1{}", r#"{"a":"#.repeat(60), "}".repeat(60));
    assert_eq!(rules(settings, call("x", &deep)), ["too-complex"]);
    let unique = r#"{"tools":{"*":{"uniqueItems":true}}}"#;
    let many: Vec<String> = (0..5000).map(|number| number.to_string()).collect();
    assert!(rules(unique, call("x", &format!("[{}]", many.join(",")))).is_empty());
}

proptest::proptest! {
    #[test]
    fn any_text_is_survived(text in "\\PC{0,80}|([\\[\\]{}:,\"\\\\]|\"q\"|1e9|\\\\u00|true|null|é| ){0,60}") {
        let settings = r#"{"answer":{"type":"object","properties":{"q":{"minLength":2}},"uniqueItems":true},"fenced":true,"tools":{"*":"s"},
            "schemas":{"s":{"items":{"pattern":"^a+$"},"additionalProperties":{"enum":[1,"é"]}}}}"#;
        let mut plugin = Harness::<Schema>::new(settings).unwrap();
        for input in [call("x", &text), Input::assistant(text.as_str())] {
            let outcome = plugin.inspect(Stage::Output, &[input]).unwrap();
            for finding in &outcome.findings {
                proptest::prop_assert!(finding.span.clone().is_none_or(|span| text.get(span).is_some()));
            }
            outcome.applied(0, &text);
        }
    }

    #[test]
    fn json_is_read_as_serde_reads_it(text in "([\\[\\]{}:,]|\"a\"|\"\\\\n\"|-1|2.5|1e3|true|null| ){0,12}") {
        let ours = !rules("{}", call("x", &text)).contains(&"invalid-json".to_owned());
        let theirs = text.trim().is_empty() || serde_json::from_str::<serde_json::Value>(&text).is_ok();
        proptest::prop_assert_eq!(ours, theirs, "{}", text);
    }
}
