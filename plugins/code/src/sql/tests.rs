//! What payloads look like, and what does not.

use super::*;
use crate::checks::Verdict;
use crate::fence::ANY;
use crate::site::Sources;

fn look(text: &str, token: &str, check: fn(&Site<'_, '_>) -> Verdict) -> f64 {
    let read = Text::new(text.as_bytes());
    let sources = Sources::new().unwrap();
    let start = text.to_ascii_lowercase().find(token).unwrap();
    let site = Site {
        text: &read,
        sources: &sources,
        start,
        end: start + token.len(),
        languages: ANY,
        fenced: false,
        tool: false,
        offset: 0,
    };
    check(&site).map_or(0.0, |(confidence, _)| confidence)
}

#[test]
fn conditions_that_are_always_so() {
    for text in [
        "' or 1=1 --",
        "x' OR 'a'='a",
        "1 or 1=1",
        "admin\" or \"1\"=\"1\"/*",
        "') or ('x'='x",
        "AND 7300=7300 AND ('pKlZ'='pKlZ",
        "%27%20or%201=1",
        "'/**/or/**/1=1",
        "or 2 > 1",
        "' or username like '%",
        "' or true--",
        "hi or a=a",
    ] {
        let token = if text.to_ascii_lowercase().contains("or") && !text.starts_with("AND") {
            "or"
        } else {
            "and"
        };
        assert!(look(text, token, condition) >= 0.6, "{text}");
    }
    for text in [
        "one or two",
        "black or white = no colour",
        "if a or b == 1",
        "now or never",
        "or maybe 5 of them",
        "it is 3 or 4",
        "either one or 2 in 5 cases",
        "SELECT a FROM b WHERE c = 1 or d = 2",
    ] {
        assert!(look(text, "or", condition) < 0.5, "{text}");
    }
}

#[test]
fn unions_behind_a_value_and_in_a_statement() {
    assert!(look("' UNION ALL SELECT 1,2,3--", "union", union) > 0.9);
    assert!(look("UNION ALL SELECT NULL", "union", union) > 0.8);
    assert!(look("1/**/union/**/select/**/1", "union", union) > 0.8);
    assert!(look("SELECT a FROM b\nUNION\nSELECT c FROM d", "union", union) < 0.5);
    assert!(look("the European Union selects", "union", union) < 0.1);
}

#[test]
fn waiting_is_asked_of_a_database_or_of_a_program() {
    assert!(look("1' and sleep(5)#", "sleep(", timed) > 0.8);
    assert!(look("(select(sleep(5)))", "sleep(", timed) > 0.8);
    assert!(look("'+(sleep(10))+'", "sleep(", timed) > 0.7);
    assert!(look("time.sleep(5)", "sleep(", timed) < 0.1);
    assert!(look("await sleep(1000);", "sleep(", timed) < 0.1);
    assert!(look("'));waitfor delay '0:0:5'--", "waitfor", waits) > 0.9);
}

#[test]
fn quotes_that_leave_a_value() {
    assert!(look("admin'--", "'", quote) > 0.7);
    assert!(look("1'; DROP TABLE users", "'", quote) > 0.7);
    for text in [
        "use '--verbose' here",
        "color: '#fff'",
        "it's -- as they say -- fine",
        "let a = 'b';\nif (c) {",
        "say \"yes\" -- or no",
    ] {
        let token = if text.contains('"') { "\"" } else { "'" };
        assert!(look(text, token, quote) < 0.5, "{text}");
    }
}
