//! Policies that are wrong, by mistake or by design.

#[cfg(test)]
mod common;

use std::time::{Duration, Instant};

use caponier_core::{Action, Kind, Role, Stage, ToolCall};
use caponier_rego::{Actions, Bundle, BundleError, DecideError, Phase, Source};
use common::{Exchange, bundle, extended};

#[test]
fn what_does_not_parse_names_file_and_line() {
    let error =
        bundle("package caponier\n\ndeny contains \"x\" if {\n  input.a ==\n}\n").unwrap_err();
    let BundleError::Parse { place, .. } = &error else {
        panic!("{error}")
    };
    assert!(place.starts_with("own.rego:"), "{error}");
    assert!(error.to_string().lines().count() == 1, "{error}");
}

#[test]
fn builtins_that_are_not_a_function_of_their_operands_are_refused() {
    for call in [
        "http.send({\"method\": \"get\", \"url\": \"http://localhost\"})",
        "opa.runtime()",
        "time.now_ns()",
        "rand.intn(\"a\", 10)",
        "uuid.rfc4122(\"a\")",
        "no.such(1)",
        "nothing(1)",
        "data.elsewhere.f(1)",
    ] {
        let name = call.split('(').next().unwrap();
        // Behind a condition that never holds in a self-test: it must be found without being called.
        let rego = format!(
            "package caponier\n\ndeny contains \"x\" if {{\n  input.request.model == \"never\"\n  {call}\n}}\n"
        );
        let error = bundle(&rego).unwrap_err();
        assert!(
            matches!(&error, BundleError::UnknownFunction { at, name: found }
                if at.file == "own.rego" && at.line == 5 && found == name),
            "{call}: {error}"
        );
        assert!(error.to_string().contains("hint: "), "{error}");
    }
}

#[test]
fn a_forbidden_builtin_does_not_come_in_by_the_side_door() {
    for rego in [
        "package caponier\nf(x) := x\ndeny contains \"x\" if f(1) > 0 with f as rand.intn",
        "package caponier\ndeny contains \"x\" if [y | y := {z | z := time.now_ns()}][_] == 1",
        "package caponier\nf(x) := time.now_ns() if x",
        "package caponier\ndefault g := false\ng if every x in [1] { x < time.now_ns() }",
        "package caponier\nimport data.caponier as time\ndeny contains \"x\" if time.now_ns() > 1",
    ] {
        let error = bundle(rego).unwrap_err();
        assert!(
            matches!(
                error,
                BundleError::UnknownFunction { .. } | BundleError::Parse { .. }
            ),
            "{rego}: {error}"
        );
    }
}

#[test]
fn recursion_is_refused() {
    for rego in [
        "package caponier\nf(x) := f(x + 1)\ndeny contains \"x\" if f(1)",
        "package caponier\nf(x) := g(x)\ng(x) := h(x)\nh(x) := [f(x)]\ndeny contains \"x\" if f(1)",
        "package caponier\nf(x) := data.caponier.f(x)\n",
        "package caponier\nf(x) := 1\ng(x) := y if { y := f(x) with f as data.caponier.g }\n",
        "package caponier\nf(x) := y if { y := {z | z := f(x)} }\n",
    ] {
        let error = bundle(rego).unwrap_err();
        assert!(
            matches!(&error, BundleError::Recursion { at, .. } if at.file == "own.rego"),
            "{rego}: {error}"
        );
    }
    let error = bundle("package caponier\na := b\nb := a\ndeny contains a").unwrap_err();
    assert!(error.to_string().contains("recursion"), "{error}");
}

#[test]
fn a_function_that_goes_round_through_a_rule_is_refused_or_denies() {
    let rego = "package caponier\nf(x) := r if x\nr := f(true)\ndeny contains \"x\" if r";
    assert!(bundle(rego).is_err());
}

#[test]
fn endless_work_times_out() {
    for work in [
        "some a in numbers.range(1, 9999); some b in numbers.range(1, 9999); a + b == 0",
        "count([1 | some a in numbers.range(1, 9999); some b in numbers.range(1, 9999)]) > 0",
        "slow(1)",
    ] {
        let rego = format!(
            "package caponier\nslow(x) if {{ count([1 | some a in numbers.range(1, 9999); some b in numbers.range(1, 9999)]) > x }}\n\
             deny contains \"x\" if {{ input.request.model == \"slow\"; {work} }}"
        );
        let mut evaluator = extended(&rego).unwrap();
        let mut exchange = Exchange::new(Stage::Prompt);
        exchange.request.model = Some("slow".into());
        let start = Instant::now();
        let error = exchange.decide(&mut evaluator).unwrap_err();
        assert_eq!(
            error,
            DecideError::Timeout {
                limit: Duration::from_millis(5)
            },
            "{work}"
        );
        assert!(
            start.elapsed() < Duration::from_millis(500),
            "{work}: {:?}",
            start.elapsed()
        );
        let denial = error.as_denial();
        assert_eq!((denial.action, denial.status), (Action::Deny, Some(503)));
        // The same evaluator goes on.
        exchange.request.model = None;
        assert_eq!(
            exchange.decide(&mut evaluator).unwrap().action,
            Action::Allow,
            "{work}"
        );
    }
}

#[test]
fn a_builtin_cannot_be_made_to_take_all_memory() {
    for (work, message) in [
        ("count(numbers.range(1, input.request.n)) > 0", "own.rego"),
        (
            "count(numbers.range_step(1, input.request.n, 2)) > 0",
            "own.rego",
        ),
        ("bits.lsh(1, input.request.n) > 0", "own.rego"),
    ] {
        let rego = format!("package caponier\ndeny contains \"x\" if {{ {work} }}");
        let mut evaluator = extended(&rego).unwrap();
        let mut exchange = Exchange::new(Stage::Prompt);
        exchange.request.n = Some(4_000_000_000);
        let error = exchange.decide(&mut evaluator).unwrap_err();
        assert!(
            matches!(&error, DecideError::Eval { place } if place.contains(message)),
            "{work}: {error}"
        );
        exchange.request.n = Some(3);
        assert_eq!(
            exchange.decide(&mut evaluator).unwrap().action,
            Action::Deny,
            "{work}"
        );
    }
}

#[test]
fn bounded_builtins_answer_as_the_engines_own() {
    let rego = r#"package caponier
deny contains "x" if {
    numbers.range(1, 3) == [1, 2, 3]
    numbers.range(3, 1) == [3, 2, 1]
    numbers.range(2, 2) == [2]
    numbers.range_step(1, 6, 2) == [1, 3, 5]
    numbers.range_step(6, 1, 2) == [6, 4, 2]
    bits.lsh(1, 70) == 1180591620717411303424
    bits.lsh(3, 0) == 3
}"#;
    let mut evaluator = extended(rego).unwrap();
    assert_eq!(
        Exchange::new(Stage::Prompt)
            .decide(&mut evaluator)
            .unwrap()
            .action,
        Action::Deny
    );
}

#[test]
fn no_decision_is_a_denial_and_found_at_once() {
    let none = Bundle::compile(
        vec![Source::new("own.rego", "package caponier\nx := 1")],
        Actions::shipped(),
        serde_json::json!({}),
    );
    assert_eq!(none.unwrap_err(), BundleError::NoEntryPoint);
    for (decision, why) in [
        (
            "decision := {\"action\": \"allow\"} if input.phase == \"begin\"",
            "no decision",
        ),
        ("decision := \"allow\"", "is not an object"),
        ("decision := {\"action\": \"pass\"}", "`action`"),
        (
            "decision := {\"action\": \"deny\", \"colour\": \"red\"}",
            "`colour`",
        ),
    ] {
        let error = bundle(&format!("package caponier\n{decision}")).unwrap_err();
        assert!(
            matches!(&error, BundleError::SelfTest { .. }),
            "{decision}: {error}"
        );
        assert!(error.to_string().contains(why), "{decision}: {error}");
    }
    // One that only a request shows.
    let mut evaluator = extended("package caponier\ndecision := {\"action\": \"allow\"} if input.request.model != \"x\"\ndecision := {\"action\": \"allow\"} if not input.request.model").unwrap();
    let mut exchange = Exchange::new(Stage::Prompt);
    exchange.request.model = Some("x".into());
    assert_eq!(
        exchange.decide(&mut evaluator).unwrap_err(),
        DecideError::Undefined
    );
}

#[test]
fn a_failing_rule_denies_and_tells_no_text() {
    let rego =
        "package caponier\ndecision := {\"action\": \"allow\", \"reason\": input.segments[_].text}";
    // The self-test has one segment, so only a request with two makes two values of one rule.
    let text = "correct horse battery staple";
    let mut exchange = Exchange::new(Stage::Prompt)
        .segment(Role::User, Kind::Text, text)
        .segment(Role::User, Kind::Text, "b");
    exchange.expose_text = true;
    let error = match extended(rego) {
        Ok(mut evaluator) => exchange.decide(&mut evaluator).unwrap_err(),
        Err(_) => {
            let rego = "package caponier\ndecision := {\"action\": \"allow\", \"reason\": x} if x := input.segments[_].text\ndecision := {\"action\": \"allow\"} if input.segments == []";
            exchange.decide(&mut extended(rego).unwrap()).unwrap_err()
        }
    };
    assert!(
        matches!(&error, DecideError::Eval { place } if place.starts_with("own.rego:")),
        "{error:?}"
    );
    assert!(!format!("{error} {error:?} {:?}", error.as_denial()).contains("horse"));
}

#[test]
fn hostile_tool_arguments_do_no_harm() {
    let deep = "[".repeat(10_000) + &"]".repeat(10_000);
    let rego = "package caponier\nflag contains \"text\" if { some call in input.tool_calls; is_string(call.arguments) }";
    let mut evaluator = extended(rego).unwrap();
    for (arguments, text) in [
        (deep.as_str(), true),
        ("1e999999999", true),
        ("not json", true),
        ("{\"a\": 1} trailing", true),
        ("\u{0}", true),
        ("{\"a\": [1, 2.5, null]}", false),
    ] {
        let mut exchange = Exchange::new(Stage::Output);
        exchange.tool_calls.push(ToolCall {
            id: None,
            name: "t".into(),
            arguments: arguments.into(),
        });
        let start = Instant::now();
        let decision = exchange.decide(&mut evaluator).unwrap();
        assert_eq!(decision.action == Action::Flag, text, "{:.20}", arguments);
        assert!(start.elapsed() < Duration::from_millis(500));
    }
}

#[test]
fn long_lines_are_fine_and_names_must_differ() {
    let long = format!(
        "package caponier\ndeny contains \"x\" if input.request.model == \"{}\"",
        "y".repeat(50_000)
    );
    bundle(&long).unwrap();
    let same = vec![
        Source::new("a.rego", "package caponier"),
        Source::new("a.rego", "package caponier"),
    ];
    assert_eq!(
        Bundle::with_default(same, Actions::shipped(), serde_json::json!({})).unwrap_err(),
        BundleError::DuplicateName {
            name: "a.rego".into()
        }
    );
}

#[test]
fn deeply_nested_policies_are_refused_not_fatal() {
    for (open, close) in [
        ("[", "]"),
        ("{", "}"),
        ("(", ")"),
        ("# \"\n\"[\" == [", "]"),
    ] {
        let rego = format!(
            "package caponier\nx := {}1{}",
            open.repeat(20_000),
            close.repeat(20_000)
        );
        assert!(
            matches!(bundle(&rego), Err(BundleError::Nesting { .. })),
            "{open}"
        );
    }
    bundle(&format!(
        "package caponier\n# {0}\nx := \"{0}\"\ny := `{0}`",
        "[".repeat(200)
    ))
    .unwrap();
}

#[test]
fn data_that_is_no_answer_is_refused() {
    let compile = |data| Bundle::with_default(vec![], Actions::shipped(), data).map(drop);
    for (data, message) in [
        (serde_json::json!([]), "`data` is not an object"),
        (
            serde_json::json!({"caponier": {"limits": {"over_limit": "maybe"}}}),
            "limits.over_limit",
        ),
        (
            serde_json::json!({"caponier": {"limits": {"opaque": {"file": 1}}}}),
            "limits.opaque.file",
        ),
        (
            serde_json::json!({"caponier": {"limits": {"drop_confidence": 7}}}),
            "drop_confidence",
        ),
        (
            serde_json::json!({"caponier": 1}),
            "`caponier` is not an object",
        ),
    ] {
        assert!(
            compile(data).unwrap_err().to_string().contains(message),
            "{message}"
        );
    }
    assert!(
        compile(serde_json::json!({"caponier": {"limits": {"over_limit": "allow"}}, "mine": [1]}))
            .is_ok()
    );
}

#[test]
fn print_prints_nothing_and_evaluators_move_between_threads() {
    let bundle =
        bundle("package caponier\ndeny contains \"x\" if { print(input); false }").unwrap();
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let mut evaluator = bundle.evaluator().unwrap();
            std::thread::spawn(move || {
                let exchange = Exchange::new(Stage::Prompt);
                evaluator
                    .decide(&exchange.input(Phase::End))
                    .unwrap()
                    .action
            })
        })
        .collect();
    for thread in threads {
        assert_eq!(thread.join().unwrap(), Action::Allow);
    }
}
