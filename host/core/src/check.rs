//! Nothing that a plugin hands back is believed before it is held against the contract.

use std::collections::HashMap;

use crate::{Fault, FaultKind, Note, PluginSpec, Report, Segment, Span};

/// Checks a report against the manifest, the limits, the grants and the segments that were shown.
///
/// # Errors
/// The fault that the plugin's call ends in.
pub fn check(report: Report, spec: &PluginSpec, shown: &[&Segment]) -> Result<Report, Fault> {
    let fault = |detail: &str| Err(Fault::new(FaultKind::Output, detail));
    let items =
        report.findings.len() + report.edits.len() + report.holds.len() + report.skipped.len();
    if items > spec.limits.items {
        return Err(Fault::new(
            FaultKind::Output,
            format!(
                "{items} items in one report; the limit is {}",
                spec.limits.items
            ),
        ));
    }
    if worded(&report) > spec.limits.bytes {
        return fault("the report's texts are larger than the limit");
    }
    if report
        .state
        .as_ref()
        .is_some_and(|state| state.len() > spec.limits.state)
    {
        return fault("the state is larger than the limit");
    }
    if report.notes.len() > shown.len() {
        return fault("more notes than segments were shown");
    }
    let shown: HashMap<u32, &Segment> = match items + report.notes.len() {
        0 => HashMap::new(),
        _ => shown.iter().map(|segment| (segment.id, *segment)).collect(),
    };
    let segment = |id: u32| shown.get(&id).copied();
    for finding in &report.findings {
        if spec.manifest.rule(&finding.rule).is_none() {
            return fault("a finding names a rule that the manifest does not list");
        }
        if !(0.0..=1.0).contains(&finding.confidence) {
            return fault("a confidence is not between 0 and 1");
        }
        let Some(segment) = segment(finding.segment) else {
            return fault("a finding names a segment that was not shown");
        };
        if finding.span.is_some_and(|span| !fits(span, &segment.text)) {
            return fault("a finding's span is empty, out of range or not on character boundaries");
        }
    }
    if !report.edits.is_empty() && !spec.rewrite {
        return Err(Fault::new(
            FaultKind::Refused,
            "edits without the `rewrite` grant",
        ));
    }
    let mut spans: Vec<(u32, Span)> = Vec::with_capacity(report.edits.len());
    for edit in &report.edits {
        let Some(segment) = segment(edit.segment) else {
            return fault("an edit names a segment that was not shown");
        };
        if !fits(edit.span, &segment.text) {
            return fault("an edit's span is empty, out of range or not on character boundaries");
        }
        if segment.is_read_only() || edit.span.start < segment.settled {
            return fault("an edit reaches into text that cannot be changed");
        }
        spans.push((edit.segment, edit.span));
    }
    spans.sort_unstable();
    if spans
        .windows(2)
        .any(|pair| matches!(pair, [(a, first), (b, second)] if a == b && first.overlaps(*second)))
    {
        return fault("two edits overlap");
    }
    for hold in &report.holds {
        let Some(segment) = segment(hold.segment) else {
            return fault("a hold names a segment that was not shown");
        };
        if !segment.text.is_char_boundary(hold.start) {
            return fault("a hold starts out of range or not on a character boundary");
        }
    }
    if report
        .skipped
        .iter()
        .any(|skip| segment(skip.segment).is_none())
    {
        return fault("a skip names a segment that was not shown");
    }
    for note in &report.notes {
        if segment(note.segment).is_none() {
            return fault("a note names a segment that was not shown");
        }
        if note.content.len() > Note::MAX_BYTES {
            return fault("a note is larger than the limit");
        }
    }
    Ok(report)
}

fn fits(span: Span, text: &str) -> bool {
    !span.is_empty() && text.is_char_boundary(span.start) && text.is_char_boundary(span.end)
}

/// Bytes of everything the plugin was free to word.
fn worded(report: &Report) -> usize {
    let pairs = |pairs: &[(String, String)]| {
        pairs
            .iter()
            .map(|(key, value)| key.len() + value.len())
            .sum::<usize>()
    };
    let findings = report.findings.iter().map(|finding| {
        finding.message.len()
            + finding.replacement.as_ref().map_or(0, String::len)
            + pairs(&finding.attributes)
    });
    let edits = report.edits.iter().map(|edit| edit.replacement.len());
    let skips = report.skipped.iter().map(|skip| skip.reason.len());
    findings.chain(edits).chain(skips).sum()
}
