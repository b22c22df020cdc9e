//! The `actions:` table.

#[cfg(test)]
mod common;

use caponier_core::{Action, Mode, Role, Severity, Stage};
use caponier_rego::{ActionEntry, ActionError, ActionRule, Actions, Place, Resolved, Trust};
use common::Exchange;

#[cfg(test)]
fn entry(glob: &str, action: Action) -> ActionEntry {
    ActionEntry {
        glob: glob.into(),
        rule: ActionRule::new(action),
    }
}

#[cfg(test)]
fn resolve(actions: &Actions, rule: &str, confidence: f64, stage: Stage) -> Resolved {
    let exchange = Exchange::new(stage).finding(rule, confidence);
    let finding = &exchange.findings[0];
    actions.resolve(finding, Place::of(stage, finding, &exchange.segments))
}

#[test]
fn the_shipped_thresholds_are_frozen() {
    let actions = Actions::shipped();
    for (rule, confidence, stage, action) in [
        ("pii/email", 0.5, Stage::Prompt, Action::Redact),
        ("pii/email", 0.49, Stage::Prompt, Action::Allow),
        ("pii/ip", 1.0, Stage::Prompt, Action::Allow),
        ("secrets/jwt", 0.7, Stage::Output, Action::Redact),
        ("secrets/jwt", 0.69, Stage::Output, Action::Allow),
        ("injection/x", 0.9, Stage::Prompt, Action::Deny),
        ("injection/x", 0.89, Stage::Prompt, Action::Flag),
        ("injection/x", 0.8, Stage::Prompt, Action::Flag),
        ("injection/x", 0.79, Stage::Prompt, Action::Allow),
        ("injection/x", 1.0, Stage::Retrieval, Action::Allow),
        ("injection/x", 1.0, Stage::Output, Action::Allow),
        ("unicode/tags", 0.5, Stage::Retrieval, Action::Redact),
        ("unicode/look-alike", 0.69, Stage::Prompt, Action::Allow),
        ("urls/data-in-image", 0.8, Stage::Output, Action::Redact),
        ("urls/data-in-image", 0.8, Stage::Prompt, Action::Allow),
        ("urls/shortener", 1.0, Stage::Output, Action::Allow),
        ("leak/canary", 0.9, Stage::Output, Action::Redact),
        ("leak/paraphrase", 0.5, Stage::Output, Action::Flag),
        ("schema/schema-violation", 0.0, Stage::Output, Action::Deny),
        ("quota/tokens", 1.0, Stage::Prompt, Action::Deny),
        ("quota/tokens", 0.99, Stage::Prompt, Action::Allow),
        ("quota/short-prompts", 0.65, Stage::Prompt, Action::Flag),
        ("unknown/x", 0.5, Stage::Output, Action::Flag),
        ("unknown/x", 0.49, Stage::Output, Action::Allow),
    ] {
        assert_eq!(
            resolve(&actions, rule, confidence, stage).action,
            action,
            "{rule} {confidence} {stage}"
        );
    }
    assert_eq!(
        resolve(&actions, "injection/x", 0.8, Stage::Retrieval).configured,
        Action::Deny
    );
    assert_eq!(actions.entries().count(), 29);
}

#[test]
fn the_most_specific_glob_wins_whatever_the_order() {
    let entries = [
        entry("pii/*", Action::Redact),
        entry("pii/e*", Action::Deny),
        entry("pii/email", Action::Allow),
        entry("*", Action::Flag),
    ];
    for turn in 0..entries.len() {
        let mut turned = entries.to_vec();
        turned.rotate_left(turn);
        let actions = Actions::with_shipped(turned).unwrap();
        for (rule, action) in [
            ("pii/email", Action::Allow),
            ("pii/email-address", Action::Deny),
            ("pii/phone", Action::Redact),
            ("other/x", Action::Flag),
        ] {
            assert_eq!(
                resolve(&actions, rule, 0.0, Stage::Prompt).action,
                action,
                "{rule}"
            );
        }
    }
}

#[test]
fn the_operators_line_replaces_the_shipped_one_and_wins_a_tie_with_it() {
    let actions = Actions::with_shipped(vec![
        entry("pii/*", Action::Deny),
        entry("injection/*-x", Action::Flag),
    ])
    .unwrap();
    assert_eq!(
        resolve(&actions, "pii/email", 0.1, Stage::Prompt).action,
        Action::Deny
    );
    assert_eq!(
        resolve(&actions, "pii/ip", 1.0, Stage::Prompt).action,
        Action::Allow,
        "the shipped exact line is more specific"
    );
    assert_eq!(
        resolve(&actions, "injection/a-x", 1.0, Stage::Prompt).action,
        Action::Flag
    );
    assert_eq!(
        resolve(&actions, "injection/a-y", 1.0, Stage::Prompt).action,
        Action::Deny
    );
}

#[test]
fn ties_name_both() {
    for (a, b, tie) in [
        ("pii/*-card", "pii/credit-*", false),
        ("pii/*-card", "pii/*", true),
        ("pii/*-card", "pii/*-number", false),
        ("pii/*l", "pii/*il", true),
        ("*/email", "*/e*", true),
        ("*", "?*", true),
        ("pii/*", "secrets/*", false),
    ] {
        let result = Actions::only(vec![entry(a, Action::Flag), entry(b, Action::Deny)]);
        match result {
            Err(ActionError::Tie { first, second }) => {
                assert!(tie && first == a && second == b, "{a} {b}")
            }
            Err(other) => panic!("{other}"),
            Ok(_) => assert!(!tie, "{a} {b}"),
        }
    }
    let twice = Actions::only(vec![
        entry("pii/*", Action::Flag),
        entry("pii/*", Action::Deny),
    ]);
    assert_eq!(
        twice.unwrap_err(),
        ActionError::Duplicate {
            glob: "pii/*".into()
        }
    );
    let nothing = Actions::only(vec![entry("pii", Action::Flag)]);
    assert_eq!(
        nothing.unwrap_err(),
        ActionError::NoRule { glob: "pii".into() }
    );
    for (confidence, flagged) in [
        (f64::NAN, None),
        (-0.1, None),
        (1.1, None),
        (0.5, Some(0.51)),
        (0.5, Some(-0.1)),
        (0.5, Some(f64::NAN)),
    ] {
        let rule = ActionRule {
            min_confidence: confidence,
            flag_confidence: flagged,
            ..ActionRule::new(Action::Flag)
        };
        let error = Actions::only(vec![ActionEntry {
            glob: "pii/*".into(),
            rule,
        }])
        .unwrap_err();
        assert_eq!(
            error,
            ActionError::Confidence {
                glob: "pii/*".into()
            }
        );
    }
}

#[test]
fn what_is_less_sure_is_flagged_where_the_line_says_so() {
    let rule = ActionRule {
        min_confidence: 0.9,
        flag_confidence: Some(0.5),
        min_severity: Severity::Medium,
        ..ActionRule::new(Action::Deny)
    };
    let actions = Actions::only(vec![ActionEntry {
        glob: "a/*".into(),
        rule,
    }])
    .unwrap();
    for (confidence, action) in [
        (0.49, Action::Allow),
        (0.5, Action::Flag),
        (0.89, Action::Flag),
        (0.9, Action::Deny),
        (f64::NAN, Action::Deny),
    ] {
        let resolved = resolve(&actions, "a/b", confidence, Stage::Prompt);
        assert_eq!(resolved.action, action, "{confidence}");
        assert_eq!(resolved.configured, Action::Deny);
    }
    let mut exchange = Exchange::new(Stage::Prompt).finding("a/b", 0.7);
    exchange.findings[0].severity = Severity::Low;
    let finding = &exchange.findings[0];
    let place = Place::of(Stage::Prompt, finding, &exchange.segments);
    assert_eq!(actions.resolve(finding, place).action, Action::Allow);
}

#[test]
fn every_condition_must_hold() {
    let rule = ActionRule {
        min_severity: Severity::Medium,
        stages: Some(vec![Stage::Prompt]),
        roles: Some(vec![Role::User]),
        trust: Some(vec![Trust::Untrusted]),
        ..ActionRule::new(Action::Deny)
    };
    let actions = Actions::only(vec![ActionEntry {
        glob: "a/*".into(),
        rule,
    }])
    .unwrap();
    let action = |change: fn(&mut Exchange)| {
        let mut exchange = Exchange::new(Stage::Prompt).finding("a/b", 1.0);
        change(&mut exchange);
        let finding = &exchange.findings[0];
        actions
            .resolve(
                finding,
                Place::of(exchange.context.stage, finding, &exchange.segments),
            )
            .action
    };
    let trust = |exchange: &mut Exchange, word: &str| {
        exchange.segments[0]
            .attributes
            .push(("trust".into(), word.into()));
    };
    assert_eq!(action(|_| {}), Action::Deny);
    assert_eq!(
        action(|exchange| exchange.findings[0].severity = Severity::Low),
        Action::Allow
    );
    assert_eq!(
        action(|exchange| exchange.context.stage = Stage::Output),
        Action::Allow
    );
    assert_eq!(
        action(|exchange| exchange.findings[0].role = Role::System),
        Action::Allow
    );
    let mut trusted = Exchange::new(Stage::Prompt).finding("a/b", 1.0);
    trust(&mut trusted, "trusted");
    let place = Place::of(Stage::Prompt, &trusted.findings[0], &trusted.segments);
    assert_eq!(
        actions.resolve(&trusted.findings[0], place).action,
        Action::Allow
    );
    // What no one vouches for is untrusted, whatever it calls itself.
    for word in ["untrusted", "TRUSTED", "very", ""] {
        let mut exchange = Exchange::new(Stage::Prompt).finding("a/b", 1.0);
        trust(&mut exchange, word);
        let place = Place::of(Stage::Prompt, &exchange.findings[0], &exchange.segments);
        assert_eq!(place.trust, Trust::Untrusted, "{word}");
    }
}

#[test]
fn what_is_not_covered_or_not_a_number_is_not_let_through() {
    let actions = Actions::only(vec![entry("a/*", Action::Deny)]).unwrap();
    assert_eq!(
        resolve(&actions, "b/c", 1.0, Stage::Prompt).action,
        Action::Deny
    );
    assert_eq!(
        resolve(&Actions::shipped(), "pii/email", f64::NAN, Stage::Prompt).action,
        Action::Redact
    );
}

#[test]
fn rules_in_monitor_mode_are_marked() {
    let rule = ActionRule {
        mode: Mode::Monitor,
        ..ActionRule::new(Action::Deny)
    };
    let actions = Actions::with_shipped(vec![ActionEntry {
        glob: "a/*".into(),
        rule,
    }])
    .unwrap();
    let mut findings = Exchange::new(Stage::Prompt)
        .finding("a/b", 1.0)
        .finding("pii/email", 1.0)
        .findings;
    actions.mark(&mut findings);
    assert_eq!(
        findings
            .iter()
            .map(|finding| finding.monitor)
            .collect::<Vec<_>>(),
        [true, false]
    );
}
