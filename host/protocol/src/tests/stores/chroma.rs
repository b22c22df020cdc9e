//! Chroma. Bodies as a server and a client of version 1.5 send them.

use super::{check_edits, errors, format, gaps, lines, parsed, request, response, without};
use crate::tests::skipping::{in_request, in_response};
use crate::{Format, Limits, Store};

const BASE: &str = "/api/v2/tenants/default_tenant/databases/default_database/collections";

fn of(action: &str) -> Format {
    format(Store::Chroma, "POST", &format!("{BASE}/4630-01/{action}"))
}

#[test]
fn what_a_client_asks_is_known_and_what_empties_a_server_is_not() {
    for (method, path) in [
        ("GET", "/api/v2/heartbeat"),
        ("GET", "/behind/api/v2/auth/identity"),
        ("GET", "/api/v2/tenants/t/databases/d"),
        ("GET", "/api/v2/tenants/t/databases/d/collections_count"),
        ("POST", BASE),
        ("DELETE", &format!("{BASE}/docs")),
        ("GET", &format!("{BASE}/x/count")),
        ("GET", &format!("{BASE}/by-id/x")),
        ("POST", &format!("{BASE}/x/delete")),
    ] {
        assert!(
            Store::Chroma.format(method, path).is_some(),
            "{method} {path}"
        );
    }
    for (method, path) in [
        ("POST", "/api/v2/reset"),
        ("GET", &format!("{BASE}/x/query")),
        ("POST", &format!("{BASE}/x/query/")),
        ("POST", "/api/v1/collections/x/query"),
        ("POST", &format!("{BASE}/x/functions/attach")),
    ] {
        assert!(
            Store::Chroma.format(method, path).is_none(),
            "{method} {path}"
        );
    }
}

const FOUND: &str = r#"{"ids":[["a","b","c"],["c"]],"embeddings":null,"documents":[["One a@b.c","Two bad",null],[null]],"uris":null,
 "metadatas":[[{"tenant":"acme","page":1,"by":{"name":"x@b.c"}},{"tenant":"b"},{"tenant":"acme"}],[null]],
 "distances":[[0.0,1.5,4.25],[16]],"include":["metadatas","documents","distances"]}"#;

#[test]
fn a_record_is_one_item_of_every_column() {
    let parsed = response(&of("query"), FOUND);
    assert_eq!(
        lines(parsed.segments()),
        [
            r#"10 retrieval document document <a> field=documents document=a score=0.0 metadata.tenant=acme metadata.page=1 metadata.by.name=x@b.c: "One a@b.c""#,
            r#"11 retrieval document document <a> field=metadatas.tenant document=a score=0.0 metadata.tenant=acme metadata.page=1 metadata.by.name=x@b.c: "acme""#,
            r#"12 retrieval document document <a> field=metadatas.by.name document=a score=0.0 metadata.tenant=acme metadata.page=1 metadata.by.name=x@b.c: "x@b.c""#,
            r#"13 retrieval document document <b> field=documents document=b score=1.5 metadata.tenant=b: "Two bad""#,
            r#"14 retrieval document document <b> field=metadatas.tenant document=b score=1.5 metadata.tenant=b: "b""#,
            r#"15 retrieval document document <c> field=metadatas.tenant document=c score=4.25 metadata.tenant=acme: "acme""#,
            r#"16 retrieval document document <c> field= document=c score=16: "c""#,
        ]
    );
    assert!(parsed.gaps().is_empty());
    check_edits(&of("query"), FOUND, "@b.c");
}

#[test]
fn a_dropped_record_leaves_every_column() {
    let left = without(&of("query"), FOUND, "bad");
    assert_eq!(
        parsed(&left),
        parsed(
            r#"{"ids":[["a","c"],["c"]],"embeddings":null,"documents":[["One a@b.c",null],[null]],"uris":null,
              "metadatas":[[{"tenant":"acme","page":1,"by":{"name":"x@b.c"}},{"tenant":"acme"}],[null]],
              "distances":[[0.0,4.25],[16]],"include":["metadatas","documents","distances"]}"#
        )
    );
    let got =
        r#"{"ids":["a"],"documents":["bad"],"metadatas":null,"embeddings":[[1,2]],"include":[]}"#;
    assert_eq!(
        without(&of("get"), got, "bad"),
        r#"{"ids":[],"documents":[],"metadatas":null,"embeddings":[],"include":[]}"#
    );
}

#[test]
fn searches_may_leave_columns_out() {
    let body = r#"{"ids":[["a"],["b"]],"documents":[["bad"],null],"scores":[[0.5],[0.25]],"select":[["document"],[]]}"#;
    let left = without(&of("search"), body, "bad");
    assert_eq!(
        left,
        r#"{"ids":[[],["b"]],"documents":[[],null],"scores":[[],[0.25]],"select":[["document"],[]]}"#
    );
}

const ADDED: &str = r#"{"ids":["a","b b"],"embeddings":["AADgQAAAgD8AAAA/",[1,2]],"metadatas":[{"tenant":"acme"},null],"documents":["One a@b.c","Two"],"uris":null}"#;

#[test]
fn what_is_written_is_records_that_stay_together() {
    let parsed = request(&of("add"), ADDED);
    assert_eq!(
        lines(parsed.segments()),
        [
            r#"0 retrieval document document <a> field=documents document=a metadata.tenant=acme: "One a@b.c""#,
            r#"1 retrieval document document <a> field=metadatas.tenant document=a metadata.tenant=acme: "acme""#,
            r#"2 retrieval document document <b b> field=ids document=b b: "b b""#,
            r#"3 retrieval document document <b b> field=documents document=b b: "Two""#,
        ]
    );
    assert!(parsed.keeps(&[3]) && parsed.keeps(&[0]) && !parsed.keeps(&[]));
    let edits = super::redact(parsed.segments(), "a@b.c", "[e]");
    let edited = parsed.edited(&edits, &[], &[], &[]).unwrap();
    assert_eq!(
        String::from_utf8(edited).unwrap(),
        ADDED.replace("a@b.c", "[e]")
    );
}

#[test]
fn what_is_asked_is_a_query() {
    let body = r#"{"ids":null,"query_embeddings":[[3.0]],"n_results":3,"where":{"ssn":"123-45-6789","tenant":"acme"},"where_document":{"$contains":"wine"},"include":["documents"]}"#;
    assert_eq!(
        lines(request(&of("query"), body).segments()),
        [
            r#"0 prompt other other field=where.ssn: "123-45-6789""#,
            r#"1 prompt user query field=where_document.*: "wine""#,
        ]
    );
}

#[test]
fn text_in_the_place_of_a_vector_is_read() {
    let body = r#"{"ids":["a"],"embeddings":["not a vector"],"documents":[null]}"#;
    let parsed = request(&of("upsert"), body);
    assert_eq!(parsed.segments()[0].segment.text, "not a vector");
}

#[test]
fn columns_out_of_step_are_refused() {
    for body in [
        r#"{"ids":["a"],"documents":["x","y"]}"#,
        r#"{"ids":["a"],"documents":[]}"#,
        r#"{"ids":["a"],"documents":"x"}"#,
        r#"{"ids":["a"],"Documents":["x"]}"#,
        r#"{"ids":["a"],"ids":["x"]}"#,
    ] {
        let result = of("add").request(body.as_bytes().to_vec(), &Limits::default());
        assert!(result.is_err(), "{body}");
        let result = of("get").response(body.as_bytes().to_vec(), 0, &Limits::default());
        assert!(result.is_err(), "{body}");
    }
    let body = br#"{"ids":[["a"]],"documents":[["x"],["y"]]}"#.to_vec();
    assert!(of("query").response(body, 0, &Limits::default()).is_err());
}

#[test]
fn what_a_record_does_not_tell_rules_is_left_out_whole() {
    let long = "x".repeat(129);
    let body = format!(
        r#"{{"ids":["a"],"metadatas":[{{"tenant":"ac\u0000me","long":"{long}","a.b":"c","list":["d"],"flag":true,"none":null}}]}}"#
    );
    let parsed = response(&of("get"), &body);
    let attributes = &parsed.segments()[0].segment.attributes;
    let told = attributes.iter().filter(|(key, _)| key.starts_with("meta"));
    let told: Vec<String> = told.map(|(key, value)| format!("{key}={value}")).collect();
    assert_eq!(told, ["metadata.flag=true"]);
    assert_eq!(parsed.segments().len(), 4);
}

#[test]
fn no_text_gets_by() {
    in_request(of("add"), ADDED);
    in_response(of("query"), FOUND);
    in_response(
        of("add"),
        r#"{"error":"NotFoundError","message":"no collection x y","more":{"a":[1]}}"#,
    );
    let asked = r#"{"ids":["a"],"query_embeddings":[[3.0]],"n_results":3,"where":{"tenant":"acme"},"where_document":{"$contains":"wine"},"include":["documents"]}"#;
    in_request(of("query"), asked);
}

#[test]
fn errors_are_named_as_clients_know_them() {
    let errors = errors(&of("query"));
    let names: Vec<&str> = errors
        .iter()
        .map(|error| error["error"].as_str().unwrap())
        .collect();
    assert_eq!(
        names,
        [
            "InvalidArgumentError",
            "InvalidArgumentError",
            "AuthorizationError",
            "AuthError",
            "RateLimitError",
            "BatchSizeExceededError",
            "InvalidArgumentError",
            "InternalError",
            "InternalError",
            "InternalError",
            "NotFoundError",
        ]
    );
    assert_eq!(errors[0]["message"], "so \"it\" is");
    assert!(gaps(response(&of("add"), "").gaps()).is_empty());
}
