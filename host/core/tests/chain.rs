//! Nothing that a plugin hands back is believed unchecked.

#![expect(clippy::unwrap_used, reason = "a test's helpers fail the test")]

use std::sync::Arc;

use caponier_core::{
    Chain, Edit, Fault, FaultKind, Hold, Kind, Manifest, Mode, OnError, PluginSpec, Plugins,
    RawFinding, Report, ReportLimits, Role, Rule, Scope, Segment, Severity, Skip, Span, Stage,
    StageReport,
};

fn spec(name: &str, rewrite: bool) -> Arc<PluginSpec> {
    let rule = Rule {
        id: "r".into(),
        name: format!("{name}/r").into(),
        title: String::new(),
        severity: Severity::High,
        category: None,
        window: None,
    };
    Arc::new(PluginSpec {
        manifest: Arc::new(Manifest {
            name: name.into(),
            version: "1.0.0".into(),
            description: String::new(),
            stages: vec![Stage::Prompt, Stage::Retrieval],
            kinds: vec![Kind::Text, Kind::Query],
            scope: Scope::Stage,
            rules: vec![rule],
            settings_schema: "{}".into(),
            attributes: vec![],
        }),
        stages: vec![Stage::Prompt],
        mode: Mode::Enforce,
        on_error: OnError::Deny,
        rewrite,
        limits: ReportLimits {
            items: 4,
            bytes: 100,
            state: 10,
        },
    })
}

fn finding() -> RawFinding {
    RawFinding {
        rule: "r".into(),
        severity: Severity::High,
        confidence: 0.5,
        segment: 0,
        span: Some(Span::new(0, 2)),
        message: String::new(),
        replacement: Some("x".into()),
        attributes: vec![],
    }
}

fn with(finding: RawFinding) -> Report {
    Report {
        findings: vec![finding],
        ..Report::default()
    }
}

fn edit(start: usize, end: usize) -> Edit {
    Edit {
        segment: 0,
        span: Span::new(start, end),
        replacement: "E".into(),
    }
}

fn run(spec: Arc<PluginSpec>, report: Report) -> StageReport {
    let plugins = Plugins::new([spec]);
    let segments = vec![Segment::new(0, Role::User, Kind::Text, "\u{e9}\u{e9}cd")];
    let mut chain = Chain::new(&plugins, &[0], Stage::Prompt, segments);
    let plugin = chain.next().unwrap().plugin;
    chain.record(plugin, Ok(report));
    chain.finish().0
}

#[test]
fn what_breaks_the_contract_is_a_fault_and_nothing_of_it_is_used() {
    let cases: Vec<(&str, bool, Report, FaultKind)> = vec![
        (
            "undeclared rule",
            true,
            with(RawFinding {
                rule: "other".into(),
                ..finding()
            }),
            FaultKind::Output,
        ),
        (
            "undeclared segment",
            true,
            with(RawFinding {
                segment: 9,
                ..finding()
            }),
            FaultKind::Output,
        ),
        (
            "confidence is not a number",
            true,
            with(RawFinding {
                confidence: f64::NAN,
                ..finding()
            }),
            FaultKind::Output,
        ),
        (
            "confidence above 1",
            true,
            with(RawFinding {
                confidence: 1.5,
                ..finding()
            }),
            FaultKind::Output,
        ),
        (
            "span off a boundary",
            true,
            with(RawFinding {
                span: Some(Span::new(1, 2)),
                ..finding()
            }),
            FaultKind::Output,
        ),
        (
            "span out of range",
            true,
            with(RawFinding {
                span: Some(Span::new(0, 7)),
                ..finding()
            }),
            FaultKind::Output,
        ),
        (
            "span turned round",
            true,
            with(RawFinding {
                span: Some(Span::new(4, 2)),
                ..finding()
            }),
            FaultKind::Output,
        ),
        (
            "too many",
            true,
            Report {
                findings: vec![finding(); 5],
                ..Report::default()
            },
            FaultKind::Output,
        ),
        (
            "too wordy",
            true,
            with(RawFinding {
                message: "m".repeat(101),
                ..finding()
            }),
            FaultKind::Output,
        ),
        (
            "too much state",
            true,
            Report {
                state: Some(vec![0; 11]),
                ..with(finding())
            },
            FaultKind::Output,
        ),
        (
            "edit without the grant",
            false,
            Report {
                edits: vec![edit(0, 2)],
                ..with(finding())
            },
            FaultKind::Refused,
        ),
        (
            "edit out of range",
            true,
            Report {
                edits: vec![edit(0, 99)],
                ..with(finding())
            },
            FaultKind::Output,
        ),
        (
            "edits overlap",
            true,
            Report {
                edits: vec![edit(2, 5), edit(0, 4)],
                ..with(finding())
            },
            FaultKind::Output,
        ),
        (
            "hold beyond the text",
            true,
            Report {
                holds: vec![Hold {
                    segment: 0,
                    start: 7,
                    wake: None,
                }],
                ..with(finding())
            },
            FaultKind::Output,
        ),
        (
            "skip of an undeclared segment",
            true,
            Report {
                skipped: vec![Skip {
                    segment: 3,
                    reason: String::new(),
                }],
                ..with(finding())
            },
            FaultKind::Output,
        ),
    ];
    for (name, rewrite, report, kind) in cases {
        let outcome = run(spec("p", rewrite), report);
        assert_eq!(
            outcome
                .faults
                .iter()
                .map(|fault| fault.fault.kind)
                .collect::<Vec<_>>(),
            [kind],
            "{name}"
        );
        assert!(
            outcome.findings.is_empty() && outcome.edits.is_empty() && outcome.states.is_empty(),
            "{name}"
        );
        assert_eq!(
            outcome.coverage.unscanned,
            [0],
            "{name}: what a failed plugin saw was not inspected"
        );
    }
}

#[test]
fn what_is_well_formed_is_taken() {
    let outcome = run(spec("p", true), with(finding()));
    assert_eq!(outcome.findings[0].replacement.as_deref(), Some("x"));
    assert_eq!(outcome.coverage.scanned, 1);
    let outcome = run(spec("p", false), with(finding()));
    assert_eq!(
        outcome.findings[0].replacement, None,
        "without the grant the host words it"
    );
    assert_eq!(outcome.findings[0].replacement_text(), "[p/r]");
}

#[test]
fn edited_text_is_shown_to_the_others_once_more() {
    let plugins = Plugins::new([spec("restorer", true), spec("other", true)]);
    let segments = vec![
        Segment::new(0, Role::User, Kind::Text, "see [T] now"),
        Segment::new(1, Role::User, Kind::Text, "plain"),
    ];
    let mut chain = Chain::new(&plugins, &[0, 1], Stage::Prompt, segments);
    let mut seen = Vec::new();
    while let Some(call) = chain.next() {
        let plugin = call.plugin;
        seen.push((
            plugin,
            call.segments
                .iter()
                .map(|segment| segment.text.clone())
                .collect::<Vec<_>>(),
            call.keeps_state,
        ));
        let restored = call.segments[0].text.find("evil");
        let report = match (plugin, restored) {
            (0, _) => Report {
                edits: vec![Edit {
                    replacement: "evil text".into(),
                    ..edit(4, 7)
                }],
                ..Report::default()
            },
            (_, Some(start)) => with(RawFinding {
                span: Some(Span::new(start, start + 4)),
                ..finding()
            }),
            _ => Report {
                state: Some(vec![1]),
                ..Report::default()
            },
        };
        chain.record(plugin, Ok(report));
    }
    let texts = |texts: &[&str]| texts.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(
        seen,
        [
            (0, texts(&["see [T] now", "plain"]), true),
            (1, texts(&["see [T] now", "plain"]), true),
            (1, texts(&["see evil text now"]), false),
        ]
    );
    let (report, segments) = chain.finish();
    assert_eq!(
        report.findings[0].span,
        Some(Span::new(4, 7)),
        "the finding covers all that was restored"
    );
    let plan = caponier_core::plan(&report.findings, &report.edits, &segments);
    assert_eq!(plan.edits.len(), 1, "and its redaction beats the edit");
    assert_eq!(plan.edits[0].replacement, "x");
}

#[test]
fn plugins_are_called_only_for_their_stages_and_kinds() {
    let plugins = Plugins::new([spec("p", false)]);
    let text = || vec![Segment::new(0, Role::User, Kind::Text, "text")];
    let mut elsewhere = Chain::new(&plugins, &[0], Stage::Retrieval, text());
    assert!(
        elsewhere.next().is_none(),
        "the operator left this stage out"
    );
    assert_eq!(
        elsewhere.finish().0.coverage.unscanned,
        [0],
        "and coverage says so"
    );
    let other = vec![Segment::new(0, Role::User, Kind::Document, "text")];
    assert!(
        Chain::new(&plugins, &[0], Stage::Prompt, other)
            .next()
            .is_none()
    );
    let mut failing = Chain::new(&plugins, &[0], Stage::Prompt, text());
    let plugin = failing.next().unwrap().plugin;
    failing.record(plugin, Err(Fault::new(FaultKind::Timeout, "too slow")));
    let report = failing.finish().0;
    assert!(!report.faults[0].tolerated && !report.faults[0].monitor);
}

#[test]
fn a_text_without_a_trigger_is_not_shown_and_counts_as_looked_at() {
    let mut links = (*spec("links", true)).clone();
    let mut manifest = (*links.manifest).clone();
    manifest.attributes = vec![("trigger".to_owned(), "://".to_owned())];
    links.manifest = Arc::new(manifest);
    let restorer = spec("restorer", true);
    let plugins = Plugins::new([Arc::new(links), restorer]);
    let text = |id, text: &str| Segment::new(id, Role::User, Kind::Text, text.to_owned());

    // Of two texts it is shown the one that may concern it.
    let segments = vec![text(0, "nothing here"), text(1, "see http://a")];
    let mut chain = Chain::new(&plugins, &[0], Stage::Prompt, segments);
    let call = chain.next().unwrap();
    let shown: Vec<u32> = call.segments.iter().map(|segment| segment.id).collect();
    assert_eq!(shown, [1]);
    chain.record(0, Ok(Report::default()));
    assert!(chain.next().is_none());
    let (report, _) = chain.finish();
    assert_eq!(
        (report.coverage.scanned, report.coverage.unscanned.len()),
        (2, 0)
    );

    // Where none may, it is not called at all; what it finds elsewhere is refused as ever.
    let mut chain = Chain::new(&plugins, &[0], Stage::Prompt, vec![text(0, "nothing")]);
    assert!(chain.next().is_none());
    let (report, _) = chain.finish();
    assert_eq!(report.coverage.scanned, 1);

    // A value that is put back may bring the trigger with it.
    let segments = vec![text(0, "go to [URL_1]")];
    let mut chain = Chain::new(&plugins, &[0, 1], Stage::Prompt, segments);
    assert_eq!(chain.next().unwrap().plugin, 1);
    let put_back = Edit {
        replacement: "http://b".into(),
        ..edit(6, 13)
    };
    let report = Report {
        edits: vec![put_back],
        ..Report::default()
    };
    chain.record(1, Ok(report));
    let again = chain.next().unwrap();
    assert_eq!(again.plugin, 0);
    let shown: Vec<&str> = again
        .segments
        .iter()
        .map(|segment| &*segment.text)
        .collect();
    assert_eq!(shown, ["go to http://b"]);
    chain.record(0, Ok(Report::default()));
    assert!(chain.next().is_none());
}

#[test]
fn who_needs_a_role_or_a_state_is_not_called_without() {
    let mut leak = (*spec("leak", false)).clone();
    leak.stages = Stage::ALL.to_vec();
    let mut manifest = (*leak.manifest).clone();
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    manifest.attributes = vec![
        pair("trigger-role", "system"),
        pair("trigger-state", "output"),
    ];
    leak.manifest = Arc::new(manifest);
    let plugins = Plugins::new([Arc::new(leak)]);
    let text = |role| Segment::new(0, role, Kind::Text, "text");
    let is_called = |stage, roles: &[Role], has_state| {
        let segments = roles.iter().map(|role| text(*role)).collect();
        let mut chain = Chain::new(&plugins, &[0], stage, segments).with_states(|_| has_state);
        let is_called = chain.next().is_some();
        if !is_called {
            let coverage = chain.finish().0.coverage;
            assert_eq!(
                coverage.unscanned,
                [] as [u32; 0],
                "it has nothing to look for"
            );
        }
        is_called
    };
    assert!(!is_called(Stage::Prompt, &[Role::User], false));
    assert!(is_called(Stage::Prompt, &[Role::User, Role::System], false));
    assert!(!is_called(Stage::Output, &[Role::Assistant], false));
    assert!(is_called(Stage::Output, &[Role::Assistant], true));
    let mut chain = Chain::new(&plugins, &[0], Stage::Output, vec![text(Role::Assistant)]);
    assert!(chain.next().is_some(), "what was kept is not known");
}

#[test]
fn context_is_out_of_reach() {
    let plugins = Plugins::new([spec("p", true)]);
    let mut query = Segment::new(0, Role::User, Kind::Query, "the question");
    query.settled = query.text.len();
    let mut chain = Chain::new(&plugins, &[0], Stage::Prompt, vec![query]);
    let plugin = chain.next().unwrap().plugin;
    chain.record(plugin, Ok(with(finding())));
    let report = chain.finish().0;
    assert!(report.findings.is_empty(), "it was judged in its own stage");
    assert!(report.coverage.unscanned.is_empty());
}
