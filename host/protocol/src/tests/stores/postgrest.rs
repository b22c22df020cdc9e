//! PostgREST. Bodies as its documentation has them.

use super::{check_edits, errors, format, lines, request, response, without};
use crate::tests::skipping::{in_request, in_response};
use crate::{Format, Limits, Store};

fn of(method: &str, path: &str) -> Format {
    format(Store::PostgRest, method, path)
}

const ROWS: &str = r#"[{"id":1,"content":"Good a@b.c","tenant_id":7,"similarity":0.9,"embedding":"[0.1,0.2]"},
 {"id":2,"content":"Bad one","tenant_id":8,"similarity":0.8},{"id":3,"tenant_id":8}]"#;

#[test]
fn a_row_is_a_record() {
    let call = of("POST", "/rpc/match_documents");
    let told = "document=1 score=0.9 metadata.id=1 metadata.content=Good a@b.c metadata.tenant_id=7 metadata.similarity=0.9 metadata.embedding=[0.1,0.2]";
    let parsed = response(&call, ROWS);
    assert_eq!(
        lines(parsed.segments())[..2],
        [
            format!("10 retrieval document document <1> field=content {told}: \"Good a@b.c\""),
            format!("11 retrieval document document <1> field=embedding {told}: \"[0.1,0.2]\""),
        ]
    );
    assert_eq!(
        lines(parsed.segments())[3],
        r#"13 retrieval document document <3> field= document=3 metadata.id=3 metadata.tenant_id=8: "3""#
    );
    check_edits(&call, ROWS, "a@b.c");
    assert_eq!(
        without(&call, ROWS, "Bad"),
        ROWS.replace(
            r#"{"id":2,"content":"Bad one","tenant_id":8,"similarity":0.8},"#,
            ""
        )
    );
    let table = of("GET", "/rest/v1/documents");
    assert_eq!(without(&table, r#"["Bad"]"#, "Bad"), "[]");
    assert_eq!(without(&table, r#"[{"tenant_id":8}]"#, "tenant"), "[]");
    assert!(response(&table, r#"{"content":"Bad"}"#).keeps(&[10]));
}

#[test]
fn arguments_and_filters_are_queries() {
    let call =
        of("POST", "/rpc/match_documents").with_parameters(Some("content=ilike.*wine*&limit=5"));
    assert_eq!(
        lines(request(&call, r#"{"query_embedding":[0.1],"query":"wine","n":3}"#).segments()),
        [
            r#"0 prompt user query field=content: "ilike.*wine*""#,
            r#"1 prompt user query field=query: "wine""#,
        ]
    );
    let asked = of("GET", "/documents").with_parameters(Some("email=eq.a%40b.c"));
    let parsed = request(&asked, "");
    assert_eq!(
        lines(parsed.segments()),
        [r#"0 prompt user query field=email: "eq.a@b.c""#]
    );
    assert_eq!(parsed.edited(&[], &[], &[], &[]).unwrap(), b"");
}

#[test]
fn rows_that_are_written_are_records() {
    for (method, body) in [
        ("POST", r#"{"content":"Bad","tenant_id":7}"#),
        ("POST", r#"[{"content":"Bad","tenant_id":7}]"#),
        ("PATCH", r#"{"content":"Bad","tenant_id":7}"#),
    ] {
        let parsed = request(&of(method, "/documents"), body);
        assert_eq!(
            lines(parsed.segments()),
            [
                r#"0 retrieval document document field=content metadata.content=Bad metadata.tenant_id=7: "Bad""#
            ]
        );
        assert!(parsed.keeps(&[0]), "{method}");
    }
    let comma = b"content,tenant_id\nBad,7\n".to_vec();
    assert!(
        of("POST", "/documents")
            .request(comma, &Limits::default())
            .is_err()
    );
}

#[test]
fn endpoints_are_known_by_method() {
    for (method, path) in [
        ("POST", "/"),
        ("DELETE", "/rpc/f"),
        ("OPTIONS", "/documents"),
    ] {
        assert!(
            Store::PostgRest.format(method, path).is_none(),
            "{method} {path}"
        );
    }
    assert!(Store::PostgRest.format("GET", "/").is_some());
}

#[test]
fn a_slash_behind_a_table_hides_no_rows() {
    for path in [
        "/documents/",
        "/rpc/match_documents/",
        "/rest/v1/documents/",
    ] {
        assert_eq!(
            lines(response(&of("GET", path), ROWS).segments()),
            lines(response(&of("GET", "/documents"), ROWS).segments()),
            "{path}"
        );
    }
}

#[test]
fn no_text_gets_by() {
    in_response(of("GET", "/documents"), ROWS);
    in_request(of("POST", "/documents"), ROWS);
    in_request(
        of("POST", "/rpc/f"),
        r#"{"query":"wine","n":3,"list":["a"]}"#,
    );
}

#[test]
fn errors_have_a_code() {
    let errors = errors(&of("GET", "/documents"));
    assert_eq!(errors[0]["message"], "so \"it\" is");
    assert_eq!(
        (&errors[3]["code"], &errors[3]["hint"]),
        (&"403".into(), &serde_json::Value::Null)
    );
}
