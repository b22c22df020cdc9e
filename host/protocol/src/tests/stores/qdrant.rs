//! Qdrant. Bodies as its documentation has them.

use super::{check_edits, errors, format, lines, parsed, request, response, without};
use crate::tests::skipping::{in_request, in_response};
use crate::{Format, Store};

fn of(method: &str, below: &str) -> Format {
    format(Store::Qdrant, method, &format!("/collections/docs{below}"))
}

#[test]
fn endpoints_are_known_by_method() {
    for (method, path) in [
        ("GET", "/collections"),
        ("GET", "/behind/collections/docs/exists"),
        ("PUT", "/collections/docs"),
        ("POST", "/collections/docs/points/query/groups"),
        ("POST", "/collections/docs/points/count"),
        ("GET", "/healthz"),
    ] {
        assert!(
            Store::Qdrant.format(method, path).is_some(),
            "{method} {path}"
        );
    }
    for (method, path) in [
        ("GET", "/telemetry"),
        ("POST", "/collections/docs/snapshots"),
        ("POST", "/locks"),
    ] {
        assert!(
            Store::Qdrant.format(method, path).is_none(),
            "{method} {path}"
        );
    }
}

const SEARCHED: &str = r#"{"result":[
 {"id":4,"version":3,"score":0.99,"payload":{"text":"Good a@b.c","meta":{"tenant":"acme"}},"vector":null},
 {"id":"0b5d-11","version":3,"score":0.5,"payload":{"text":"Bad","tags":["x y",{"k":"v w"}]},"vector":[0.1]},
 {"id":6,"version":3,"score":0.25,"payload":null}],"status":"ok","time":0.001}"#;

#[test]
fn a_point_is_a_record() {
    let search = of("POST", "/points/search");
    let told = "field=payload.text document=4 score=0.99 metadata.text=Good a@b.c metadata.meta.tenant=acme";
    let tagged = "document=0b5d-11 score=0.5 metadata.text=Bad";
    assert_eq!(
        lines(response(&search, SEARCHED).segments()),
        [
            format!("10 retrieval document document <4> {told}: \"Good a@b.c\""),
            format!(
                "11 retrieval document document <4> {}: \"acme\"",
                told.replace("payload.text", "payload.meta.tenant")
            ),
            format!(
                "12 retrieval document document <0b5d-11> field=payload.text {tagged}: \"Bad\""
            ),
            format!(
                "13 retrieval document document <0b5d-11> field=payload.tags[0] {tagged}: \"x y\""
            ),
            format!(
                "14 retrieval document document <0b5d-11> field=payload.tags[1].k {tagged}: \"v w\""
            ),
            "15 retrieval document document <6> field= document=6 score=0.25: \"6\"".to_owned(),
        ]
    );
    check_edits(&search, SEARCHED, "a@b.c");
    let left = without(&search, SEARCHED, "v w");
    assert_eq!(parsed(&left)["result"][1]["id"], 6);
    assert_eq!(parsed(&left)["result"].as_array().unwrap().len(), 2);
}

#[test]
fn points_are_found_in_every_form_of_an_answer() {
    let point = r#"{"id":1,"payload":{"t":"Bad one"}}"#;
    for (below, body) in [
        (
            "/points",
            format!(r#"{{"result":[{point}],"status":"ok"}}"#),
        ),
        (
            "/points/query",
            format!(r#"{{"result":{{"points":[{point}]}}}}"#),
        ),
        (
            "/points/scroll",
            format!(r#"{{"result":{{"points":[{point}],"next_page_offset":7}}}}"#),
        ),
        (
            "/points/search/batch",
            format!(r#"{{"result":[[],[{point}]]}}"#),
        ),
        (
            "/points/query/batch",
            format!(r#"{{"result":[{{"points":[{point}]}}]}}"#),
        ),
        (
            "/points/query/groups",
            format!(r#"{{"result":{{"groups":[{{"id":"g","hits":[{point}]}}]}}}}"#),
        ),
    ] {
        let format = of("POST", below);
        assert_eq!(
            without(&format, &body, "Bad"),
            body.replace(point, ""),
            "{below}"
        );
    }
    let alone = response(&of("GET", "/points/1"), &format!(r#"{{"result":{point}}}"#));
    assert!(alone.keeps(&[10]));
}

const UPSERTED: &str = r#"{"points":[{"id":1,"vector":[0.9,0.1],"payload":{"text":"One","tenant":"acme"}},
 {"id":2,"vector":{"text":"words to embed","model":"some/model"},"payload":{}}]}"#;

#[test]
fn what_is_written_is_read_in_every_form() {
    let parsed = request(&of("PUT", "/points"), UPSERTED);
    let texts: Vec<&str> = parsed
        .segments()
        .iter()
        .map(|placed| placed.segment.text.as_str())
        .collect();
    assert_eq!(texts, ["One", "acme", "words to embed", "some/model"]);
    assert!(parsed.keeps(&[2]));
    for (method, below, body) in [
        (
            "PUT",
            "/points",
            r#"{"batch":{"ids":[1],"vectors":[[1]],"payloads":[{"t":"Bad one"}]}}"#,
        ),
        (
            "POST",
            "/points/payload",
            r#"{"payload":{"t":"Bad one"},"points":[1]}"#,
        ),
        (
            "POST",
            "/points/batch",
            r#"{"operations":[{"upsert":{"points":[{"id":1,"vector":[1],"payload":{"t":"Bad one"}}]}}]}"#,
        ),
        (
            "POST",
            "/points/batch",
            r#"{"operations":[{"set_payload":{"payload":{"t":"Bad one"},"points":[1]}}]}"#,
        ),
    ] {
        let parsed = request(&of(method, below), body);
        let bad = parsed
            .segments()
            .iter()
            .find(|placed| placed.segment.text == "Bad one")
            .unwrap();
        assert_eq!(bad.segment.role, caponier_core::Role::Document, "{body}");
        assert!(parsed.keeps(&[bad.segment.id]), "{body}");
    }
}

#[test]
fn what_is_looked_for_is_a_query() {
    let body = r#"{"query":{"text":"wine","model":"m"},"filter":{"must":[{"key":"city","match":{"text":"Rome"}}]},"limit":3,"with_payload":true}"#;
    assert_eq!(
        lines(request(&of("POST", "/points/query"), body).segments()),
        [
            r#"0 prompt user query field=query.text: "wine""#,
            r#"1 prompt user query field=query.model: "m""#,
            r#"2 prompt user query field=filter.must[0].key: "city""#,
            r#"3 prompt user query field=filter.must[0].match.text: "Rome""#,
        ]
    );
}

#[test]
fn no_text_gets_by() {
    in_response(of("POST", "/points/search"), SEARCHED);
    in_request(of("PUT", "/points"), UPSERTED);
    in_response(
        of("POST", "/points/search"),
        r#"{"status":{"error":"Not found: x"},"time":0.1}"#,
    );
}

#[test]
fn errors_are_in_the_status() {
    for error in errors(&of("PUT", "/points")) {
        assert_eq!(error["status"]["error"], "so \"it\" is");
    }
}
