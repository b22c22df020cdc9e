//! Hostile plugins in a whole policy: beside the built-in ones, under the shipped rules.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test's helper fails the test"
)]

use caponier_core::{Action, FaultKind, Kind, RequestFacts, Role, Segment, Stage};
use caponier_hostile_tests::{WORD, context, guests};
use caponier_runtime::{Options, Outcome, Policy, Runtime, Source, StageInput};

fn start(mode: &str, on_error: &str, plugin_mode: &str) -> (tempfile::TempDir, Runtime<()>) {
    let directory = tempfile::tempdir().unwrap();
    let config = directory.path().join("caponier.yaml");
    let text = format!(
        "version: 1\n\
         plugins:\n\
         \x20 - use: builtin:pii\n\
         \x20 - use: file:{}/hostile.wasm\n\
         \x20   name: hostile\n\
         \x20   settings: {{ mode: {mode} }}\n\
         \x20   on_error: {on_error}\n\
         \x20   mode: {plugin_mode}\n\
         actions: {{ \"hostile/*\": allow }}\n",
        guests().display()
    );
    std::fs::write(&config, text).unwrap();
    let options = Options {
        cache_dir: Some(directory.path().join("cache")),
        ..Options::new(Source::File(config))
    };
    let runtime = Runtime::start(options, Box::new(|_, _, _| Ok(())))
        .unwrap_or_else(|problems| panic!("{mode}: {problems:?}"));
    (directory, runtime)
}

fn decide(policy: &Policy, text: &str) -> Outcome {
    let mut exchange = policy.exchange(context(), RequestFacts::default());
    let input = StageInput {
        stage: Stage::Prompt,
        segments: vec![Segment::new(0, Role::User, Kind::Text, text)],
        gaps: Vec::new(),
        tool_calls: Vec::new(),
    };
    policy.evaluate(&policy.route(None), &mut exchange, input)
}

const MODES: &[(&str, FaultKind)] = &[
    ("trap", FaultKind::Trap),
    ("stack-overflow", FaultKind::Trap),
    ("endless-loop", FaultKind::Timeout),
    ("state-gibibyte", FaultKind::Memory),
    ("confidence-nan", FaultKind::Output),
    ("undeclared-rule", FaultKind::Output),
    ("edit", FaultKind::Refused),
    ("copy-error", FaultKind::Refused),
];

#[test]
fn a_fault_denies_or_passes_as_the_operator_says() {
    for (mode, kind) in MODES {
        for (on_error, plugin_mode, expected) in [
            ("deny", "enforce", Action::Deny),
            // The address is still redacted: the others go on.
            ("allow", "enforce", Action::Redact),
            // A plugin that only monitors never acts, its faults included.
            ("deny", "monitor", Action::Redact),
        ] {
            let (_directory, runtime) = start(mode, on_error, plugin_mode);
            let policy = &runtime.current().policy;
            let told = format!("{WORD}: mail anna.schmidt@corp-mail.de");
            let outcome = decide(policy, &told);
            let name = format!("{mode}, {on_error}, {plugin_mode}");
            assert_eq!(outcome.action(), expected, "{name}");
            let faults: Vec<_> = outcome
                .faults
                .iter()
                .map(|record| record.fault.kind)
                .collect();
            assert_eq!(faults, [*kind], "{name}");
            assert!(
                !format!("{:?} {}", outcome.faults, outcome.decision.reason).contains("mail anna"),
                "{name}"
            );
            let next = decide(policy, "an innocent text");
            assert_eq!(next.action(), Action::Allow, "{name}");
            assert!(next.faults.is_empty(), "{name}");
        }
    }
}

#[test]
fn what_cannot_be_loaded_refuses_the_revision() {
    for file in [
        "core-module",
        "truncated",
        "other-version",
        "hostile-counters",
        "start-trap",
    ] {
        let directory = tempfile::tempdir().unwrap();
        let config = directory.path().join("caponier.yaml");
        let path = guests().join(format!("{file}.wasm"));
        let text = format!("version: 1\nplugins:\n  - use: file:{}\n", path.display());
        std::fs::write(&config, text).unwrap();
        let options = Options {
            cache_dir: Some(directory.path().join("cache")),
            ..Options::new(Source::File(config))
        };
        let Err(problems) = Runtime::<()>::start(options, Box::new(|_, _, _| Ok(()))) else {
            panic!("{file} was accepted");
        };
        let said = problems.iter().map(ToString::to_string).collect::<String>();
        assert!(
            said.contains(file) && said.contains("caponier.yaml"),
            "{file}: {said}"
        );
    }
}
