//! Handing back what the contract forbids.

use crate::bindings::caponier::policy::types::{
    Edit, Finding, Hold, Manifest, Note, Report, Segment, Severity, Skip, Span,
};

/// One finding of the rule `seen` for each text.
pub(crate) fn honest(segments: &[Segment]) -> Report {
    Report {
        findings: segments.iter().map(|segment| finding(segment.id)).collect(),
        edits: Vec::new(),
        holds: Vec::new(),
        skipped: Vec::new(),
        notes: Vec::new(),
        state: None,
    }
}

/// A finding that breaks no rule.
pub(crate) fn finding(segment: u32) -> Finding {
    Finding {
        rule: "seen".to_owned(),
        severity: Severity::Low,
        confidence: 1.0,
        segment,
        span: None,
        message: String::new(),
        replacement: None,
        attributes: Vec::new(),
    }
}

/// Spoils the report in one way, if the mode is one of these.
pub(crate) fn tell(mode: &str, segments: &[Segment], report: &mut Report) {
    let Some(first) = segments.first() else {
        return;
    };
    let (id, text) = (first.id, first.text.as_str());
    let end = length(text.len());
    match mode {
        "span-out-of-range" => spanned(report, id, end, end + 1),
        "span-far-out-of-range" => spanned(report, id, 0, u32::MAX),
        "span-reversed" => spanned(report, id, 3, 1),
        "span-empty" => spanned(report, id, 1, 1),
        "span-off-boundary" => {
            // The byte after the first one of a character that has more than one.
            let wide = text.char_indices().find(|(_, one)| one.len_utf8() > 1);
            let inside = wide.map_or(0, |(at, _)| length(at) + 1);
            spanned(report, id, inside, end);
        }
        "edit" => report.edits.push(edit(id, 0, 1)),
        "edits-overlapping" => {
            report.edits.push(edit(id, 0, 2));
            report.edits.push(edit(id, 1, 3));
        }
        "edit-out-of-range" => report.edits.push(edit(id, end, end + 5)),
        "edit-unknown-segment" => report.edits.push(edit(u32::MAX, 0, 1)),
        "edit-settled" => report.edits.push(edit(id, 0, first.settled.max(1))),
        "hold-beyond" => report.holds.push(hold(id, end + 1)),
        "hold-far-beyond" => report.holds.push(hold(id, u32::MAX)),
        "hold-unknown-segment" => report.holds.push(hold(u32::MAX, 0)),
        "hold-for-ever" => report.holds.push(hold(id, 0)),
        "note-unknown-segment" => note(report, id.wrapping_add(99), 0),
        "note-too-large" => note(report, id, 4097),
        "skip-unknown-segment" => report.skipped.push(Skip {
            segment: u32::MAX,
            reason: String::new(),
        }),
        "finding-unknown-segment" => report.findings.push(finding(u32::MAX)),
        "undeclared-rule" => report.findings.push(Finding {
            rule: "undeclared".to_owned(),
            ..finding(id)
        }),
        "full-rule-name" => report.findings.push(Finding {
            rule: "pii/email".to_owned(),
            ..finding(id)
        }),
        "confidence-nan" => confident(report, id, f64::NAN),
        "confidence-infinite" => confident(report, id, f64::INFINITY),
        "confidence-negative" => confident(report, id, -0.5),
        "confidence-above-one" => confident(report, id, 1.5),
        "findings-million" => report.findings.extend((0..1_000_000).map(|_| finding(id))),
        "findings-many" => report.findings.extend((0..100_000).map(|_| finding(id))),
        "state-gibibyte" => report.state = Some(vec![1; 1 << 30]),
        "state-mebibyte" => report.state = Some(vec![1; 1 << 20]),
        "list-gibibyte" => {
            report.holds = vec![hold(id, 0); (1 << 30) / size_of::<Hold>()];
        }
        "message-huge" => {
            report.findings.push(Finding {
                message: "m".repeat(24 << 20),
                ..finding(id)
            });
        }
        "replacement-huge" => report.findings.push(Finding {
            span: Some(Span { start: 0, end: 1 }),
            replacement: Some("r".repeat(12 << 20)),
            ..finding(id)
        }),
        _ => {}
    }
}

/// Spoils the manifest in one way, if the mode is one of these.
pub(crate) fn manifest(mode: &str, mut manifest: Manifest) -> Manifest {
    match mode {
        "name-empty" => manifest.name.clear(),
        "name-path" => manifest.name = "../../etc/passwd".to_owned(),
        "name-huge" => manifest.name = "n".repeat(1 << 20),
        "name-lines" => manifest.name = "a\n{\"audit\":\"forged\"}".to_owned(),
        "rules-none" => manifest.rules.clear(),
        "rules-twice" => {
            let again = manifest.rules.clone();
            manifest.rules.extend(again);
        }
        "rules-slash" => {
            for rule in &mut manifest.rules {
                rule.id = "pii/email".to_owned();
            }
        }
        "schema-broken" => manifest.settings_schema = "{not json".to_owned(),
        _ => {}
    }
    manifest
}

fn note(report: &mut Report, segment: u32, bytes: usize) {
    report.notes.push(Note {
        segment,
        content: vec![0; bytes],
    });
}

fn spanned(report: &mut Report, id: u32, start: u32, end: u32) {
    report.findings.push(Finding {
        span: Some(Span { start, end }),
        ..finding(id)
    });
}

fn confident(report: &mut Report, id: u32, confidence: f64) {
    report.findings.push(Finding {
        confidence,
        ..finding(id)
    });
}

fn edit(segment: u32, start: u32, end: u32) -> Edit {
    Edit {
        segment,
        span: Span { start, end },
        replacement: "edited".to_owned(),
    }
}

fn hold(segment: u32, start: u32) -> Hold {
    Hold {
        segment,
        start,
        wake: None,
    }
}

fn length(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}
