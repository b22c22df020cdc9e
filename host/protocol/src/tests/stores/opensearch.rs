//! OpenSearch. Bodies as its documentation has them.

use super::{check_edits, errors, format, lines, parsed, request, response, without};
use crate::tests::skipping::{in_request, in_response};
use crate::{Format, Limits, Store};

fn of(method: &str, path: &str) -> Format {
    format(Store::OpenSearch, method, path)
}

#[test]
fn endpoints_are_known_by_method() {
    for (method, path) in [
        ("GET", "/"),
        ("HEAD", "/docs"),
        ("POST", "/docs/_search"),
        ("GET", "/_search"),
        ("POST", "/_bulk"),
        ("PUT", "/docs/_doc/1"),
        ("GET", "/_cluster/health"),
        ("POST", "/docs/_refresh"),
    ] {
        assert!(
            Store::OpenSearch.format(method, path).is_some(),
            "{method} {path}"
        );
    }
    for (method, path) in [
        ("GET", "/_cat/indices"),
        ("POST", "/_reindex"),
        ("POST", "/docs"),
        ("PUT", "/docs/_search"),
        ("POST", "/_scripts/x"),
        ("PUT", "/_ingest/pipeline/x"),
        ("POST", "/_sql"),
        ("POST", "/docs/_update_by_query"),
    ] {
        assert!(
            Store::OpenSearch.format(method, path).is_none(),
            "{method} {path}"
        );
    }
}

const FOUND: &str = r#"{"took":3,"timed_out":false,"_shards":{"total":1,"successful":1},"hits":{"total":{"value":12,"relation":"eq"},"max_score":2.5,"hits":[
 {"_index":"docs","_id":"1","_score":2.5,"_source":{"text":"Bad one","tenant":"b"}},
 {"_index":"docs","_id":"2","_score":1.25,"_source":{"text":"Good a@b.c","tenant":"acme"},"highlight":{"text":["<em>Good</em> a@b.c"]}},
 {"_index":"docs","_id":"3","_score":1.5,"_source":{"text":"Better"}}]}}"#;

#[test]
fn counts_and_scores_follow_what_goes() {
    let search = of("POST", "/docs/_search");
    let left = parsed(&without(&search, FOUND, "Bad"));
    assert_eq!(left["hits"]["total"]["value"], 11);
    assert_eq!(left["hits"]["max_score"], 1.5);
    assert_eq!(left["hits"]["hits"].as_array().unwrap().len(), 2);
    let none = parsed(&without(&search, FOUND, ""));
    assert_eq!(none["hits"]["total"]["value"], 9);
    assert!(none["hits"]["max_score"].is_null());
    assert_eq!(none["hits"]["hits"], serde_json::json!([]));
    check_edits(&search, FOUND, "a@b.c");
    let number = r#"{"hits":{"total":1,"max_score":null,"hits":[{"_id":"1","_score":null,"_source":{"t":"bad"}}]}}"#;
    assert_eq!(
        without(&search, number, "bad"),
        r#"{"hits":{"total":0,"max_score":null,"hits":[]}}"#
    );
    let several = format!(r#"{{"responses":[{FOUND},{number}]}}"#);
    let left = parsed(&without(&of("POST", "/_msearch"), &several, "Bad"));
    assert_eq!(left["responses"][0]["hits"]["total"]["value"], 11);
    assert_eq!(left["responses"][1]["hits"]["total"], 1);
}

#[test]
fn a_hit_is_a_record() {
    let parsed = response(&of("GET", "/_search"), FOUND);
    let told = "document=1 score=2.5 metadata.text=Bad one metadata.tenant=b";
    assert_eq!(
        lines(parsed.segments())[..3],
        [
            format!("10 retrieval document document <1> field=_index {told}: \"docs\""),
            format!("11 retrieval document document <1> field=_source.text {told}: \"Bad one\""),
            format!("12 retrieval document document <1> field=_source.tenant {told}: \"b\""),
        ]
    );
    let one = r#"{"_index":"docs","_id":"1","found":true,"_source":{"text":"Bad"}}"#;
    assert!(response(&of("GET", "/docs/_doc/1"), one).keeps(&[11]));
    let many = format!(r#"{{"docs":[{one}]}}"#);
    assert_eq!(
        without(&of("POST", "/_mget"), &many, "Bad"),
        r#"{"docs":[]}"#
    );
}

#[test]
fn a_hit_within_a_hit_is_another_document() {
    let hit = |inner: &str| {
        format!(
            r#"{{"_id":"1","_source":{{"text":"One","tenant":"a"}},"inner_hits":{{"n":{{"hits":{{"total":{{"value":1,"relation":"eq"}},"hits":[{inner}]}}}}}}}}"#
        )
    };
    let found = |hits: &str| format!(r#"{{"hits":{{"hits":[{hits}]}}}}"#);
    let search = of("POST", "/_search");
    let theirs = hit(&hit(
        r#"{"_id":"3","_source":{"text":"Theirs","tenant":"b"}}"#,
    ));
    let body = found(&format!(
        r#"{theirs},{{"_id":"4","_source":{{"text":"Good"}}}}"#
    ));
    let parsed = response(&search, &body);
    let of_theirs: Vec<String> = lines(parsed.segments())
        .into_iter()
        .filter(|line| line.contains("Theirs\""))
        .collect();
    assert_eq!(of_theirs.len(), 1, "{of_theirs:?}");
    assert!(of_theirs[0].contains("metadata.tenant=b"), "{of_theirs:?}");
    assert_eq!(
        without(&search, &body, "Theirs"),
        found(r#"{"_id":"4","_source":{"text":"Good"}}"#)
    );
    // A part of the document itself is its own, and a hit without a text is told of.
    let part = r#"{"_id":"1","_nested":{"field":"n","offset":0},"_source":{"text":"Part"}}"#;
    let parsed = response(&search, &found(&hit(part)));
    let said = lines(parsed.segments());
    let line = said.iter().find(|line| line.ends_with("\"Part\"")).unwrap();
    assert!(line.contains("metadata.tenant=a"), "{line}");
    let bare = r#"{"_id":"9","_source":{"n":1},"inner_hits":{"n":{"hits":{"hits":[{"_id":"3","_source":{"text":"T"}}]}}}}"#;
    let said = lines(response(&search, &found(bare)).segments());
    assert!(
        said.iter()
            .any(|line| line.contains("document=9 metadata.n=1")),
        "{said:?}"
    );
}

#[test]
fn what_is_made_of_documents_is_theirs() {
    let body = r#"{"hits":{"total":{"value":0},"hits":[]},"aggregations":{"by":{"buckets":[{"key":"globex","doc_count":1}]},"top":{"hits":{"hits":[{"_id":"1","_source":{"t":"Bad"}}]}}}}"#;
    let search = of("POST", "/_search");
    let parsed_answer = response(&search, body);
    let roles = parsed_answer
        .segments()
        .iter()
        .map(|placed| placed.segment.kind);
    assert_eq!(
        roles.collect::<Vec<_>>(),
        [caponier_core::Kind::Document; 2]
    );
    let left = without(&search, body, "globex");
    assert!(left.contains(r#""key":"[removed by policy]""#), "{left}");
}

const BULK: &str = "{\"index\":{\"_index\":\"docs\",\"_id\":\"1\"}}\n{\"text\":\"One \\u0061@b.c\",\"tenant\":\"acme\"}\n{\"delete\":{\"_id\":\"an id\"}}\r\n\n{\"update\":{\"_id\":\"2\"}}\n{\"doc\":{\"text\":\"Two a@b.c\"}}\n";

#[test]
fn a_bulk_is_read_line_by_line() {
    let bulk = of("POST", "/_bulk");
    let parsed = request(&bulk, BULK);
    assert_eq!(
        lines(parsed.segments()),
        [
            r#"0 retrieval document document field=text metadata.text=One a@b.c metadata.tenant=acme: "One a@b.c""#,
            r#"1 retrieval document document field=tenant metadata.text=One a@b.c metadata.tenant=acme: "acme""#,
            r#"2 retrieval document document field=delete.*: "an id""#,
            r#"3 retrieval document document field=doc.text metadata.doc.text=Two a@b.c: "Two a@b.c""#,
        ]
    );
    assert!(parsed.keeps(&[3]));
    let edits = super::redact(parsed.segments(), "a@b.c", "[e]");
    let edited = parsed.edited(&edits, &[], &[], &[]).unwrap();
    let expected = BULK.replace("\\u0061@b.c", "[e]").replace("a@b.c", "[e]");
    assert_eq!(String::from_utf8(edited).unwrap(), expected);
    let same = request(&bulk, BULK).edited(&[], &[], &[], &[]).unwrap();
    assert_eq!(same, BULK.as_bytes());
    let cut = BULK.replace("acme\"}", "acme\"").into_bytes();
    let error = bulk.request(cut, &Limits::default()).unwrap_err();
    assert!(error.at > 40, "{error}");
}

#[test]
fn what_is_looked_for_is_a_query() {
    let body = r#"{"query":{"match":{"text":{"query":"wine","operator":"and"}}},"size":3,"_source":["text"]}"#;
    let format =
        of("POST", "/_search").with_parameters(Some("q=title%3Aa%20b&size=10&pretty&x%20y=1"));
    assert_eq!(
        lines(request(&format, body).segments()),
        [
            r#"0 prompt user query field=q: "title:a b""#,
            r#"1 prompt user query part=key: "x y""#,
            r#"2 prompt user query field=query.match.text.query: "wine""#,
            r#"3 prompt user query field=query.match.text.operator: "and""#,
        ]
    );
    let edits = super::redact(request(&format, body).segments(), "a b", "");
    assert!(request(&format, body).fixes(&edits));
    let edits = super::redact(request(&format, body).segments(), "wine", "");
    assert!(!request(&format, body).fixes(&edits));
    assert!(request(&format, body).keeps(&[0]) && !request(&format, body).keeps(&[2]));
    for broken in ["q=%ff", "%ff=1", "q=%4", "size=1&q=a%zz"] {
        let format = of("GET", "/_search").with_parameters(Some(broken));
        let error = format.request(Vec::new(), &Limits::default()).unwrap_err();
        assert_eq!(
            error.to_string().split(':').next(),
            Some("query"),
            "{error}"
        );
    }
}

#[test]
fn a_bulk_is_not_read_out_of_step() {
    let bulk = of("POST", "/_bulk");
    let index = r#"{"index":{"_id":"1"}}"#;
    for (body, at) in [
        // The blank line is a document to the store, and the next line an action.
        (format!("{index}\n\n{index}\n{{\"text\":\"a\"}}\n"), 23),
        (format!("{index}\n \r\n{{\"text\":\"a\"}}\n"), 25),
        (
            "{\"index\":{},\"delete\":{}}\n{\"text\":\"a\"}\n".to_owned(),
            0,
        ),
        (
            "{\"delete\":{},\"index\":{}}\n{\"text\":\"a\"}\n".to_owned(),
            0,
        ),
        ("{\"remove\":{}}\n".to_owned(), 0),
        ("{}\n".to_owned(), 0),
        ("[]\n".to_owned(), 0),
        ("\"delete\"\n".to_owned(), 0),
    ] {
        let error = bulk.request(body.clone().into_bytes(), &Limits::default());
        assert_eq!(error.unwrap_err().at, at, "{body}");
    }
}

#[test]
fn what_is_told_of_texts_takes_no_more_than_its_room() {
    let told = |parsed: &crate::Request| -> usize {
        let placed = parsed.segments().iter();
        let all = placed.flat_map(|placed| placed.segment.attributes.iter());
        all.map(|(key, value)| key.len() + value.len()).sum()
    };
    let values: String = (0..32)
        .map(|at| format!("\"k{at}\":\"{}\",", "v".repeat(128)))
        .collect();
    let line = format!("{{\"index\":{{}}}}\n{{{}}}\n", values.trim_end_matches(','));
    let parsed = request(&of("POST", "/_bulk"), &line.repeat(400));
    assert_eq!(parsed.segments().len(), 400 * 32);
    assert!(
        told(&parsed) < (1 << 25) + 400 * 32 * 10,
        "{}",
        told(&parsed)
    );
    assert_eq!(parsed.gaps()[0].kind, caponier_core::GapKind::OverLimit);
    let key = "k".repeat(128);
    let (open, close) = (format!("{{\"{key}\":").repeat(60), "}".repeat(60));
    let deep = format!("{open}[{}\"a\"]{close}", "\"a\",".repeat(1000));
    for (method, path) in [("PUT", "/docs/_doc/1"), ("POST", "/_search")] {
        let parsed = request(&of(method, path), &deep.replace("\"a\"", "\"a b\""));
        assert_eq!(parsed.segments().len(), 1001);
        let fields = parsed.segments().iter();
        let longest = fields
            .map(|placed| placed.segment.attributes[0].1.len())
            .max();
        assert!(longest.is_some_and(|longest| longest < 512), "{longest:?}");
    }
}

#[test]
fn what_an_update_answers_is_a_record() {
    let get = r#"{"_seq_no":1,"found":true,"_source":{"text":"Bad","tenant":"b"}}"#;
    let one = format!(r#"{{"_index":"docs","_id":"1","result":"updated","get":{get}}}"#);
    let many = format!(r#"{{"took":1,"errors":false,"items":[{{"update":{one}}}]}}"#);
    for (path, body) in [("/docs/_update/1", one), ("/_bulk", many)] {
        let parsed = response(&of("POST", path), &body);
        let said = "10 retrieval document document field=_source.text metadata.text=Bad metadata.tenant=b: \"Bad\"";
        assert_eq!(lines(parsed.segments())[0], said);
        assert!(parsed.keeps(&[10]), "{path}");
    }
}

#[test]
fn no_text_gets_by() {
    in_response(of("POST", "/_search"), FOUND);
    let inner = r#"{"hits":{"hits":[{"_id":"1","inner_hits":{"n":{"hits":{"total":1,"hits":[{"_id":"3","_source":{"text":"Theirs"}}]}}}}]}}"#;
    in_response(of("POST", "/_search"), inner);
    in_request(
        of("PUT", "/docs/_doc/1"),
        r#"{"text":"One","list":["a b"]}"#,
    );
    in_request(
        of("POST", "/_search"),
        r#"{"query":{"match":{"text":"wine"}},"size":3,"aggs":{"x":{"terms":{"field":"y"}}}}"#,
    );
}

#[test]
fn errors_have_a_reason_and_a_status() {
    let errors = errors(&of("POST", "/_search"));
    assert_eq!(errors[0]["error"]["reason"], "so \"it\" is");
    assert_eq!(errors[0]["error"]["type"], "content_policy_exception");
    assert_eq!(
        (&errors[0]["status"], &errors[4]["status"]),
        (&400.into(), &429.into())
    );
}
