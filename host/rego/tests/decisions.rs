//! Decisions: what is read, what is refused, and what a policy sees.

#[cfg(test)]
mod common;

use caponier_core::{Action, Decision, GapKind, Kind, Mode, Role, Stage};
use caponier_rego::{ActionEntry, ActionRule, Actions, Bundle, DecideError, Phase, Source, View};
use common::{Exchange, extended, shipped};

/// A policy whose decision is this JSON, for an exchange with finding `f1` in segment 0.
#[cfg(test)]
fn decide(decision: &str) -> Result<Decision, DecideError> {
    let rego = format!(
        "package caponier\ndecision := {{\"action\": \"allow\"}} if input.context.exchange == \"self-test\"\n\
         decision := {decision} if input.context.exchange != \"self-test\""
    );
    Exchange::new(Stage::Prompt)
        .finding("pii/email", 0.9)
        .decide(&mut extended(&rego).unwrap())
}

#[test]
fn a_whole_decision_is_read() {
    let decision = decide(
        r#"{"action": "redact", "reason": "why", "redact": ["f1"], "drop": {0}, "refuse_edits": ["pii"],
            "set": {"max_tokens": 500, "stop": ["a"]}, "unset": {"logprobs"}, "labels": {"k": "v"}, "status": 451}"#,
    )
    .unwrap();
    assert_eq!(decision.action, Action::Redact);
    assert_eq!(decision.reason, "why");
    assert_eq!(decision.redact, Some(vec!["f1".to_owned()]));
    assert_eq!(decision.drop, [0]);
    assert_eq!(decision.refuse_edits, ["pii"]);
    assert_eq!(
        decision.set,
        [
            ("max_tokens".to_owned(), "500".to_owned()),
            ("stop".to_owned(), "[\"a\"]".to_owned())
        ]
    );
    assert_eq!(decision.unset, ["logprobs"]);
    assert_eq!(decision.labels["k"], "v");
    assert_eq!(decision.status, Some(451));
    let nulls =
        decide(r#"{"action": "flag", "redact": null, "status": null, "set": null}"#).unwrap();
    assert_eq!(nulls, Decision::new(Action::Flag, ""));
    assert_eq!(
        decide(r#"{"action": "redact", "redact": []}"#)
            .unwrap()
            .redact,
        Some(vec![])
    );
}

#[test]
fn anything_else_is_ill_formed_and_denies() {
    for (decision, key) in [
        (r#""deny""#, "decision"),
        ("[]", "decision"),
        ("{}", "action"),
        (r#"{"action": null}"#, "action"),
        (r#"{"action": "Deny"}"#, "action"),
        (r#"{"action": 1}"#, "action"),
        (r#"{"action": "allow", 1: 2}"#, "decision"),
        (r#"{"action": "allow", "redct": []}"#, "redct"),
        (
            r#"{"action": "allow", "Some TEXT from a prompt": []}"#,
            "decision",
        ),
        (r#"{"action": "allow", "reason": 1}"#, "reason"),
        (r#"{"action": "redact", "redact": ["f2"]}"#, "redact"),
        (r#"{"action": "redact", "redact": "f1"}"#, "redact"),
        (r#"{"action": "allow", "drop": [7]}"#, "drop"),
        (r#"{"action": "allow", "drop": ["0"]}"#, "drop"),
        (r#"{"action": "allow", "drop": [-1]}"#, "drop"),
        (r#"{"action": "allow", "drop": [0.5]}"#, "drop"),
        (
            r#"{"action": "allow", "refuse_edits": "pii"}"#,
            "refuse_edits",
        ),
        (r#"{"action": "allow", "set": {"messages": []}}"#, "set"),
        (r#"{"action": "allow", "set": {"stream": false}}"#, "set"),
        (r#"{"action": "allow", "set": {"tools": []}}"#, "set"),
        (r#"{"action": "allow", "set": []}"#, "set"),
        (r#"{"action": "allow", "unset": ["messages"]}"#, "unset"),
        (
            r#"{"action": "allow", "set": {"n": 1}, "unset": ["n"]}"#,
            "unset",
        ),
        (r#"{"action": "allow", "labels": {"k": 1}}"#, "labels"),
        (r#"{"action": "allow", "status": 200}"#, "status"),
        (r#"{"action": "allow", "status": 600}"#, "status"),
        (r#"{"action": "allow", "status": "403"}"#, "status"),
        (r#"{"action": "allow", "status": 403.5}"#, "status"),
    ] {
        let error = decide(decision).unwrap_err();
        assert!(
            matches!(&error, DecideError::IllFormed { field, .. } if field == key),
            "{decision}: {error}"
        );
        let denial = error.as_denial();
        assert_eq!((denial.action, denial.status), (Action::Deny, Some(503)));
        assert!(
            denial.reason.contains(key) && !denial.reason.contains("TEXT"),
            "{}",
            denial.reason
        );
    }
}

#[test]
fn a_reason_has_an_end() {
    let decision = decide(
        r#"{"action": "deny", "reason": concat("", [x | some i in numbers.range(1, 2000); x := "é"])}"#,
    );
    let reason = decision.unwrap().reason;
    assert!(
        reason.len() <= 1030 && reason.ends_with('…'),
        "{}",
        reason.len()
    );
}

#[test]
fn every_extension_point_works_and_access_comes_first() {
    let mut evaluator = extended(
        r#"package caponier
access contains "not for you" if { input.phase == "begin"; input.context.tenant == "stranger" }
deny contains "no probabilities" if input.request.logprobs
flag contains "large" if startswith(input.request.model, "large-")
drop contains 0 if input.request.model == "large-drop"
request_set contains {"max_tokens": 500} if input.request.max_tokens > 500
request_unset contains "seed" if input.context.principal.claims.level == 3
labels contains {"team": "a"} if "staff" in input.context.principal.roles
"#,
    )
    .unwrap();
    let mut exchange = Exchange::new(Stage::Prompt).segment(Role::User, Kind::Text, "x");
    let decision = exchange.decide(&mut evaluator).unwrap();
    assert_eq!(
        (decision.action, decision.reason.as_str()),
        (Action::Flag, "large")
    );
    assert_eq!(decision.set, [("max_tokens".to_owned(), "500".to_owned())]);
    assert_eq!(decision.unset, ["seed"]);
    assert_eq!(decision.labels["team"], "a");
    exchange.request.model = Some("large-drop".into());
    assert_eq!(exchange.decide(&mut evaluator).unwrap().drop, [0]);
    exchange.request.logprobs = true;
    let decision = exchange.decide(&mut evaluator).unwrap();
    assert_eq!(
        (decision.action, decision.reason.as_str(), decision.status),
        (Action::Deny, "no probabilities", None)
    );
    exchange.context.tenant = Some("stranger".into());
    let decision = evaluator.decide(&exchange.input(Phase::Begin)).unwrap();
    assert_eq!(
        (decision.action, decision.reason.as_str(), decision.status),
        (Action::Deny, "not for you", Some(403))
    );
}

#[test]
fn a_file_that_declares_decision_replaces_the_default() {
    let mut evaluator =
        extended("package caponier\ndecision := {\"action\": \"flag\", \"reason\": \"mine\"}")
            .unwrap();
    let decision = Exchange::new(Stage::Prompt)
        .finding("injection/x", 1.0)
        .decide(&mut evaluator)
        .unwrap();
    assert_eq!(decision.reason, "mine");
    // In another package it is somebody else's.
    let mut evaluator =
        extended("package other\ndecision := {\"action\": \"flag\", \"reason\": \"mine\"}")
            .unwrap();
    let decision = Exchange::new(Stage::Prompt)
        .finding("injection/x", 1.0)
        .decide(&mut evaluator)
        .unwrap();
    assert_eq!(
        (decision.action, decision.reason.as_str()),
        (Action::Deny, "injection/x")
    );
}

#[test]
fn what_only_monitors_is_seen_in_the_other_view_alone() {
    let monitored = ActionRule {
        mode: Mode::Monitor,
        ..ActionRule::new(Action::Deny)
    };
    let actions = Actions::with_shipped(vec![ActionEntry {
        glob: "a/*".into(),
        rule: monitored,
    }])
    .unwrap();
    let bundle = Bundle::with_default(vec![], actions, serde_json::json!({})).unwrap();
    let mut evaluator = bundle.evaluator().unwrap();
    let by_table = Exchange::new(Stage::Prompt).finding("a/b", 1.0);
    let mut by_plugin = Exchange::new(Stage::Prompt).finding("injection/x", 1.0);
    by_plugin.findings[0].monitor = true;
    let by_fault = Exchange::new(Stage::Prompt).fault(false, true);
    for mut exchange in [by_table, by_plugin, by_fault] {
        assert_eq!(
            exchange.decide(&mut evaluator).unwrap().action,
            Action::Allow
        );
        exchange.view = View::Would;
        assert_eq!(
            exchange.decide(&mut evaluator).unwrap().action,
            Action::Deny
        );
    }
}

#[test]
fn a_flood_of_weak_findings_hides_nothing() {
    let mut exchange = Exchange::new(Stage::Prompt);
    for _ in 0..3000 {
        exchange = exchange.finding("unknown/noise", 0.1);
    }
    exchange = exchange.finding("injection/x", 0.95);
    for _ in 0..1000 {
        exchange = exchange.finding("pii/email", 0.9);
    }
    let mut evaluator = shipped();
    evaluator.set_time_limit(std::time::Duration::from_secs(5));
    let decision = exchange.decide(&mut evaluator).unwrap();
    assert_eq!(
        (decision.action, decision.reason.as_str()),
        (Action::Deny, "injection/x")
    );

    let mut evaluator = extended(
        r#"package caponier
flag contains sprintf("%d %d %d", [count(input.findings), input.counts.total, input.counts.omitted]) if {
    input.counts.omitted_by_rule == {"unknown/noise": 200}
    input.counts.omitted_by_action == {"allow": 200}
    input.counts.omitted_by_configured == {"flag": 200}
}"#,
    )
    .unwrap();
    evaluator.set_time_limit(std::time::Duration::from_secs(5));
    let mut exchange = Exchange::new(Stage::Prompt);
    for _ in 0..1200 {
        exchange = exchange.finding("unknown/noise", 0.1);
    }
    assert_eq!(
        exchange.decide(&mut evaluator).unwrap().reason,
        "1000 1200 1000".replace(" 1000", " 200")
    );
}

#[test]
fn the_input_holds_what_it_says_and_no_plugins_words() {
    let rego = r#"package caponier
flag contains json.marshal(input)
flag contains "text" if input.segments[_].text"#;
    let bundle = Bundle::with_default(
        vec![Source::new("own.rego", rego)],
        Actions::shipped(),
        serde_json::json!({}),
    )
    .unwrap();
    let mut evaluator = bundle.evaluator().unwrap();
    let mut exchange = Exchange::new(Stage::Output)
        .segment(Role::Assistant, Kind::Text, "the secret text")
        .finding("unknown/x", 0.1)
        .fault(true, false)
        .gap(GapKind::Image);
    exchange.findings[0].replacement = Some("WORDED-BY-PLUGIN".into());
    exchange.prior = exchange.findings.clone();
    exchange.labels.insert("k".into(), "v".into());
    let reason = exchange.decide(&mut evaluator).unwrap().reason;
    assert!(
        !reason.contains("WORDED") && !reason.contains("secret text") && !reason.contains("seed"),
        "{reason}"
    );
    // The reason is cut at its bound; the keys sort before that as far as this needs.
    for part in [
        r#""context":{"attributes":{},"exchange":"x1","model":"large-1","principal":{"claims":{"level":3},"id":"ada","roles":["staff"]},"route":"/v1/*","stage":"output","tenant":"acme","time":1800000000000}"#,
        r#""counts":{"by_action":{"allow":1},"strongest":"allow","total":1}"#,
        r#""coverage":{"bytes":0,"gaps":[{"kind":"image","place":"messages[0]"}],"scanned":0,"skipped":[],"unscanned":[]}"#,
        r#""faults":[{"kind":"timeout","plugin":"pii","tolerated":true}]"#,
        r#""findings":[{"action":"allow","confidence":0.1,"configured":"flag","id":"f1","kind":"text","late":false,"plugin":"unknown","role":"assistant","rule":"unknown/x","segment":0,"severity":"high","span":{"end":4,"start":0}}]"#,
    ] {
        assert!(reason.contains(part), "{part}\nin\n{reason}");
    }
    exchange.expose_text = true;
    assert!(
        exchange
            .decide(&mut evaluator)
            .unwrap()
            .reason
            .ends_with('…')
    );
    let mut seeing = extended(
        "package caponier\nflag contains input.segments[_].text if input.segments[_].bytes == 15",
    )
    .unwrap();
    assert_eq!(
        exchange.decide(&mut seeing).unwrap().reason,
        "the secret text"
    );
    exchange.expose_text = false;
    assert_eq!(exchange.decide(&mut seeing).unwrap().action, Action::Allow);
}

#[test]
fn the_whole_chain_drops_a_poisoned_document_and_keeps_the_others() {
    let mut exchange = Exchange::new(Stage::Retrieval);
    for place in 0..5 {
        exchange = exchange.segment(Role::Document, Kind::Document, "text");
        if place == 3 {
            exchange = exchange.finding("injection/instruction-override", 0.8);
        }
    }
    let decision = exchange.decide(&mut shipped()).unwrap();
    assert_eq!(
        (decision.action, decision.drop.as_slice()),
        (Action::Flag, [3].as_slice())
    );
    assert_eq!(
        decision.reason,
        "dropped for injection/instruction-override"
    );
}
