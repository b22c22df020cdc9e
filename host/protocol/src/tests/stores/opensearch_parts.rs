//! Where OpenSearch shows documents beside its hits.

use super::{check_edits, format, lines, parsed, response, without};
use crate::tests::skipping::in_response;
use crate::{Format, Store};

fn search() -> Format {
    format(Store::OpenSearch, "POST", "/docs/_search")
}

fn found(rest: &str) -> String {
    format!(
        r#"{{"took":3,"timed_out":false,"_shards":{{"total":1,"successful":1,"skipped":0,"failed":0}},"hits":{{"total":{{"value":0,"relation":"eq"}},"max_score":null,"hits":[]}},{rest}}}"#
    )
}

fn hit(id: u8, score: &str, text: &str, tenant: &str) -> String {
    format!(
        r#"{{"_index":"docs","_id":"{id}","_score":{score},"_source":{{"text":"{text}","tenant":"{tenant}"}}}}"#
    )
}

/// The line of the text, among all that is told of an answer.
fn line_of(format: &Format, body: &str, text: &str) -> String {
    let said = lines(response(format, body).segments());
    let told: Vec<_> = said.iter().filter(|line| line.ends_with(text)).collect();
    assert_eq!(told.len(), 1, "{said:?}");
    told[0].clone()
}

/// An answer with these members, and the same answer of each other endpoint that shows one.
fn everywhere(members: &str) -> [(Format, String); 3] {
    let body = found(members);
    let of = |path| format(Store::OpenSearch, "POST", path);
    [
        (of("/_msearch"), format!(r#"{{"responses":[{body}]}}"#)),
        (of("/_async_search"), format!(r#"{{"response":{body}}}"#)),
        (search(), body),
    ]
}

#[test]
fn hits_of_an_aggregation_are_records() {
    let bucket = |name: &str, total: u8, best: &str, hits: &str| {
        format!(
            r#"{{"key":"{name}","doc_count":{total},"top":{{"hits":{{"total":{{"value":{total},"relation":"eq"}},"max_score":{best},"hits":[{hits}]}}}}}}"#
        )
    };
    let of = |first: &str| {
        let second = bucket("white", 1, "0.25", &hit(3, "0.25", "Better", "acme"));
        format!(
            r#""aggregations":{{"sterms#by_colour":{{"doc_count_error_upper_bound":0,"sum_other_doc_count":0,"buckets":[{first},{second}]}}}}"#
        )
    };
    let (theirs, mine) = (
        hit(1, "2.5", "Theirs", "globex"),
        hit(2, "1.0E-4", "Good a@b.c", "acme"),
    );
    let body = of(&bucket("red", 2, "2.5", &format!("{theirs},{mine}")));
    let left = of(&bucket("red", 1, "1.0E-4", &mine).replacen(":1,", ":2,", 1));
    for ((format, body), (_, left)) in everywhere(&body).iter().zip(everywhere(&left)) {
        let line = line_of(format, body, "\"Theirs\"");
        assert!(
            line.contains("<1>") && line.contains("metadata.tenant=globex"),
            "{line}"
        );
        assert_eq!(without(format, body, "Theirs"), left);
    }
    check_edits(&search(), &found(&body), "a@b.c");
    // What a bucket is called is made of documents.
    let named = without(&search(), &found(&body), "red");
    assert!(named.contains(r#""key":"[removed by policy]""#), "{named}");
    in_response(search(), &found(&body));
}

#[test]
fn what_an_aggregation_calls_hits_is_none() {
    let body = found(
        r#""aggregations":{"hits":{"buckets":[{"key":"One two","doc_count":1,"hits":{"value":3.0}}]}}"#,
    );
    assert_eq!(
        lines(response(&search(), &body).segments()),
        [r#"10 retrieval document document field=aggregations.hits.buckets[0].key: "One two""#]
    );
}

#[test]
fn what_is_suggested_are_records() {
    let option = |text: &str, tenant: &str| {
        format!(
            r#"{{"text":"{text}","_index":"docs","_id":"7","_score":1.0,"_source":{{"text":{{"input":["{text}"]}},"tenant":"{tenant}"}}}}"#
        )
    };
    let of = |options: &str| {
        format!(
            r#""suggest":{{"completion#s":[{{"text":"th e","offset":0,"length":2,"options":[{options}]}}]}}"#
        )
    };
    let (theirs, mine) = (option("Theirs", "globex"), option("Those", "acme"));
    let body = of(&format!("{theirs},{mine}"));
    for ((format, body), (_, left)) in everywhere(&body).iter().zip(everywhere(&of(&mine))) {
        assert_eq!(without(format, body, "Theirs"), left);
    }
    let said = lines(response(&search(), &found(&body)).segments());
    let of_theirs = said.iter().filter(|line| line.contains("tenant=globex"));
    assert_eq!(of_theirs.count(), 4, "{said:?}");
    // What was asked is of no document.
    let asked = line_of(&search(), &found(&body), "\"th e\"");
    assert!(asked.contains(" retrieval other other "), "{asked}");
    // A corrected word is of no document that could be named.
    let corrected = of(r#"{"text":"their","score":0.75,"freq":2}"#);
    assert_eq!(
        without(&search(), &found(&corrected), "their"),
        found(&of(""))
    );
    in_response(search(), &found(&body));
}

#[test]
fn what_a_pipeline_was_given_are_records() {
    let of = |given: &str, made: &str| {
        format!(
            r#""processor_results":[{{"processor_name":"filter_query","tag":"t","duration_millis":28,"status":"success","input_data":{{"query":{{"match":{{"text":{{"query":"two words","boost":1.0}}}}}}}},"output_data":{{"query":{{"match_all":{{}}}}}}}},{{"processor_name":"rename_field","duration_millis":25,"status":"success","input_data":[{given}],"output_data":[{made}]}}]"#
        )
    };
    let (theirs, mine) = (
        hit(1, "0.75", "Theirs", "globex"),
        hit(2, "0.1", "Mine", "acme"),
    );
    let renamed = theirs.replace("\"text\"", "\"renamed\"");
    let body = of(&format!("{theirs},{mine}"), &format!("{mine},{renamed}"));
    for ((format, body), (_, left)) in everywhere(&body).iter().zip(everywhere(&of(&mine, &mine))) {
        assert_eq!(without(format, body, "Theirs"), left);
        let said = lines(response(format, body).segments());
        let of_theirs = said.iter().filter(|line| line.ends_with("\"Theirs\""));
        for line in of_theirs.clone() {
            assert!(line.contains("metadata.tenant=globex"), "{line}");
        }
        assert_eq!(of_theirs.count(), 2, "{said:?}");
    }
    in_response(search(), &found(&body));
}

#[test]
fn what_a_model_said_of_documents_is_theirs() {
    let said = r#""ext":{"retrieval_augmented_generation":{"answer":"They said so.","memory_id":"a-1_b"}}"#;
    for (format, body) in everywhere(said) {
        let line = line_of(&format, &body, "\"They said so.\"");
        assert!(line.contains("retrieval document document"), "{line}");
    }
    let left = parsed(&without(&search(), &found(said), "They said so."));
    let said = &left["ext"]["retrieval_augmented_generation"];
    assert_eq!(said["answer"], "[removed by policy]");
    assert_eq!(said["memory_id"], "a-1_b");
}

/// With `pretty`, and each source as it was stored: spaces, line ends and numbers are the client's.
const PRETTY: &str = r#"{
  "took" : 5,
  "timed_out" : false,
  "terminated_early" : false,
  "_shards" : { "total" : 3, "successful" : 3, "skipped" : 0, "failed" : 0 },
  "hits" : {
    "total" : { "value" : 10000, "relation" : "gte" },
    "max_score" : 1.3862942,
    "hits" : [
      {
        "_index" : "docs-000001", "_id" : "an-id_of-ours-0001", "_version" : 2, "_seq_no" : 41, "_primary_term" : 1,
        "_score" : 1.3862942, "_routing" : "acme", "_ignored" : [ "long" ],
        "_source" :
{
	"text": "One", "n": 1.50, "big": 9007199254740993, "nothing": null
}
,
        "fields" : { "n" : [ 1.5 ] }, "highlight" : { "text" : [ "<em>One</em>" ] },
        "sort" : [ 1.3862942, "One" ], "matched_queries" : [ "first" ]
      },
      {
        "_index" : "docs-000001", "_id" : "2", "_score" : 1.0E-4,
        "_source" : {"text":"Bad one","vector":[0.1,-2.5E-7]}
      },
      {
        "_index" : "docs-000001", "_id" : "3", "_score" : null, "_source" : { }
      }
    ]
  },
  "x_unheard" : { "n" : [ 1e3 ] }
}
"#;

#[test]
fn the_rest_of_a_pretty_answer_stays_as_it_came() {
    let left = without(&search(), PRETTY, "Bad one");
    let (before, rest) = PRETTY
        .split_once(",\n      {\n        \"_index\" : \"docs-000001\", \"_id\" : \"2\"")
        .unwrap();
    let (_, after) = rest.split_once("      },").unwrap();
    let before = before.replace("10000", "9999");
    let compact = |text: &str| text.replace([' ', '\n'], "");
    assert_eq!(compact(&left), compact(&format!("{before},{after}")));
    assert!(left.contains(
        "\n{\n\t\"text\": \"One\", \"n\": 1.50, \"big\": 9007199254740993, \"nothing\": null\n}\n"
    ));
    let best = parsed(&without(&search(), PRETTY, "<em>One</em>"));
    assert_eq!(best["hits"]["max_score"].to_string(), "0.0001");
    assert_eq!(best["hits"]["total"]["value"], 9999);
    check_edits(&search(), PRETTY, "one");
}
