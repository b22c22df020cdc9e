//! A store that a configuration describes.

use super::{check_edits, errors, gaps, lines, parsed, request, response, without};
use crate::tests::skipping::{in_request, in_response};
use crate::{Format, JsonEndpoint, JsonRecords, Path};

fn path(text: &str) -> Path {
    Path::of(text)
}

fn store(records: JsonRecords) -> Format {
    Format::json_store(Some(JsonEndpoint {
        queries: vec![path("ask.text")],
        written: None,
        answer: Some(records),
    }))
}

fn hits() -> JsonRecords {
    JsonRecords {
        rows: path("data.*.hits"),
        is_alone: false,
        id: path("key"),
        score: Some(path("how.near")),
        attributes: Some(path("tags")),
        totals: vec![path("found"), path("data.*.hits.*.n")],
    }
}

const FOUND: &str = r#"{"found":9,"data":[{"hits":[{"key":"a","how":{"near":0.5},"n":3,"body":"Good a@b.c","tags":{"tenant":"acme"}},
 {"key":"b","n":4,"body":"Bad"}]}],"note":"two words"}"#;

#[test]
fn documents_stand_where_the_configuration_says() {
    let parsed_answer = response(&store(hits()), FOUND);
    let told = "document=a score=0.5 metadata.tenant=acme";
    assert_eq!(
        lines(parsed_answer.segments()),
        [
            format!("10 retrieval document document <a> field=body {told}: \"Good a@b.c\""),
            format!("11 retrieval document document <a> field=tags.tenant {told}: \"acme\""),
            "12 retrieval document document <b> field=body document=b: \"Bad\"".to_owned(),
            "13 retrieval other other field=note: \"two words\"".to_owned(),
        ]
    );
    check_edits(&store(hits()), FOUND, "a@b.c");
    let left = parsed(&without(&store(hits()), FOUND, "Bad"));
    assert_eq!(
        (&left["found"], &left["data"][0]["hits"][0]["n"]),
        (&8.into(), &2.into())
    );
    assert_eq!(left["data"][0]["hits"].as_array().unwrap().len(), 1);
}

/// Documents under their names.
const NAMED: &str = r#"{"found":3,"data":[{"hits":{"a":{"body":"Bad","tags":{"tenant":"b"}} ,
 "x y":{"body":"Good a@b.c","how":{"near":0.5},"tags":{"tenant":"acme"}},"c":"Bad too"}}]}"#;

#[test]
fn documents_may_be_the_members_of_an_object() {
    let parsed_answer = response(&store(hits()), NAMED);
    let told = "score=0.5 metadata.tenant=acme";
    assert_eq!(
        lines(parsed_answer.segments()),
        [
            "10 retrieval document document field=body metadata.tenant=b: \"Bad\"".to_owned(),
            "11 retrieval document document field=tags.tenant metadata.tenant=b: \"b\"".to_owned(),
            format!("12 retrieval document document field=body {told}: \"Good a@b.c\""),
            format!("13 retrieval document document field=tags.tenant {told}: \"acme\""),
            "14 retrieval document document field=: \"Bad too\"".to_owned(),
        ]
    );
    assert_eq!(gaps(parsed_answer.gaps()), ["unrecognized data[0].hits.*"]);
    check_edits(&store(hits()), NAMED, "a@b.c");
    assert_eq!(
        without(&store(hits()), NAMED, "Bad"),
        r#"{"found":1,"data":[{"hits":{"x y":{"body":"Good a@b.c","how":{"near":0.5},"tags":{"tenant":"acme"}}}}]}"#
    );
    assert_eq!(
        parsed(&without(&store(hits()), NAMED, ""))["data"][0]["hits"],
        serde_json::json!({})
    );
    in_response(store(hits()), &NAMED.replace("x y", "x-y"));
    let twice = r#"{"data":[{"hits":{"a":{"body":"One"},"a":{"body":"Two"}}}]}"#;
    let read = store(hits()).response(twice.into(), 0, &crate::Limits::default());
    assert!(read.is_err(), "two of one name");
}

#[test]
fn a_document_that_stands_alone_stays_or_all_goes() {
    let alone = JsonRecords {
        rows: path("doc"),
        is_alone: true,
        ..JsonRecords::default()
    };
    assert!(response(&store(alone), r#"{"doc":{"body":"Bad"}}"#).keeps(&[10]));
}

#[test]
fn what_is_asked_and_what_is_written() {
    let asked = request(&store(hits()), r#"{"ask":{"text":"wine"},"user":"ann"}"#);
    assert_eq!(
        lines(asked.segments()),
        [r#"0 prompt user query field=ask.text: "wine""#]
    );
    let writes = Format::json_store(Some(JsonEndpoint {
        written: Some(hits()),
        ..JsonEndpoint::default()
    }));
    assert!(request(&writes, FOUND).keeps(&[0]));
    in_request(writes, FOUND);
}

#[test]
fn no_text_gets_by() {
    in_response(store(hits()), FOUND);
    in_request(
        store(hits()),
        r#"{"ask":{"text":"wine"},"user":"ann","n":[1]}"#,
    );
    for error in errors(&store(hits())) {
        assert_eq!(error["error"]["message"], "so \"it\" is");
    }
}
