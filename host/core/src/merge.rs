//! From a decision to edits that do not overlap.

use std::collections::HashMap;

use crate::apart::Apart;
use crate::{AppliedEdit, Finding, Segment, Severity, Span};

/// One replacement in one segment, in bytes of the whole segment.
#[derive(Clone, PartialEq, Eq)]
pub struct SegmentEdit {
    /// The segment's id.
    pub segment: u32,
    /// What is replaced.
    pub span: Span,
    /// By what.
    pub replacement: String,
}

impl std::fmt::Debug for SegmentEdit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "@{}[{:?}]", self.segment, self.span)
    }
}

/// What is to be changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// Edits by segment and place; no two overlap.
    pub edits: Vec<SegmentEdit>,
    /// Ids of findings that were to be redacted and cannot be, because their text is read-only or
    /// gone. The shell must treat each as a denial.
    pub impossible: Vec<String>,
}

struct Redaction<'a> {
    segment: u32,
    span: Span,
    finding: &'a Finding,
}

impl Redaction<'_> {
    /// The replacement of the highest severity wins, then of the longest span, then of the earlier
    /// plugin.
    fn rank(&self) -> (Severity, usize, std::cmp::Reverse<usize>) {
        (
            self.finding.severity,
            self.finding.span.map_or(usize::MAX, Span::len),
            std::cmp::Reverse(self.finding.order),
        )
    }
}

/// Turns findings to redact and edits that were not refused into edits that do not overlap.
///
/// Redactions that overlap become their union. A redaction beats an edit; of two edits that
/// overlap, the earlier plugin's stands. `segments` are those that were inspected: the reach of an
/// edit ends where they do.
pub fn plan<'a>(
    redact: impl IntoIterator<Item = &'a Finding>,
    edits: &[AppliedEdit],
    segments: &[Segment],
) -> Plan {
    let mut plan = Plan::default();
    let mut redactions: Vec<Redaction<'_>> = Vec::new();
    let redact: Vec<&Finding> = redact.into_iter().collect();
    let places: HashMap<u32, &Segment> = match redact.len() {
        0 => HashMap::new(),
        _ => segments
            .iter()
            .map(|segment| (segment.id, segment))
            .collect(),
    };
    for finding in redact {
        let segment = places.get(&finding.segment);
        match segment.and_then(|segment| reach(finding, segment)) {
            Some(span) => redactions.push(Redaction {
                segment: finding.segment,
                span,
                finding,
            }),
            None => plan.impossible.push(finding.id.clone()),
        }
    }
    redactions.sort_by_key(|redaction| (redaction.segment, redaction.span.start));
    let mut group: Vec<Redaction<'_>> = Vec::new();
    let mut group_end = 0;
    for redaction in redactions {
        // They come in the order they begin in, so one joins where any of the group ends behind that.
        let joins = group
            .last()
            .is_some_and(|last| last.segment == redaction.segment)
            && redaction.span.start < group_end;
        if !joins {
            plan.edits.extend(union(&group));
            group.clear();
            group_end = 0;
        }
        group_end = group_end.max(redaction.span.end);
        group.push(redaction);
    }
    plan.edits.extend(union(&group));

    let mut apart = Apart::default();
    for redacted in &plan.edits {
        apart.take(redacted.segment, redacted.span);
    }
    let mut wanted: Vec<&AppliedEdit> = edits.iter().collect();
    wanted.sort_by_key(|edit| (edit.order, edit.segment, edit.span.start));
    for edit in wanted {
        if apart.take(edit.segment, edit.span) {
            plan.edits.push(SegmentEdit {
                segment: edit.segment,
                span: edit.span,
                replacement: edit.replacement.clone(),
            });
        }
    }
    plan.edits
        .sort_by_key(|edit| (edit.segment, edit.span.start));
    plan
}

/// What a redaction of this finding replaces; `None` where it cannot replace anything.
fn reach(finding: &Finding, segment: &Segment) -> Option<Span> {
    if segment.is_read_only() {
        return None;
    }
    let offset = usize::try_from(segment.offset).ok()?;
    match finding.span {
        Some(span) => Some(span),
        // A whole segment of which a part has gone out, or has not come yet, cannot be replaced.
        None if segment.open || offset > 0 || segment.settled > 0 => None,
        None => Some(Span::new(0, segment.text.len())),
    }
}

fn union(group: &[Redaction<'_>]) -> Option<SegmentEdit> {
    let winner = group.iter().max_by_key(|redaction| redaction.rank())?;
    let start = group.iter().map(|redaction| redaction.span.start).min()?;
    let end = group.iter().map(|redaction| redaction.span.end).max()?;
    Some(SegmentEdit {
        segment: winner.segment,
        span: Span::new(start, end),
        replacement: winner.finding.replacement_text(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Kind, Role};

    fn finding(
        id: &str,
        order: usize,
        severity: Severity,
        span: Option<(usize, usize)>,
    ) -> Finding {
        Finding {
            id: id.into(),
            plugin: "p".into(),
            order,
            rule: format!("p/{id}").into(),
            category: None,
            severity,
            confidence: 1.0,
            segment: 0,
            span: span.map(|(start, end)| Span::new(start, end)),
            role: Role::User,
            kind: Kind::Text,
            replacement: None,
            message: String::new(),
            attributes: vec![],
            late: false,
            monitor: false,
        }
    }

    fn segment() -> Vec<Segment> {
        vec![Segment::new(0, Role::User, Kind::Text, "0123456789")]
    }

    fn edits(plan: &Plan) -> Vec<(usize, usize, &str)> {
        plan.edits
            .iter()
            .map(|edit| (edit.span.start, edit.span.end, edit.replacement.as_str()))
            .collect()
    }

    #[test]
    fn overlapping_redactions_become_their_union() {
        let findings = [
            finding("low", 0, Severity::Low, Some((0, 4))),
            finding("high", 1, Severity::High, Some((3, 6))),
            finding("apart", 0, Severity::Low, Some((6, 8))),
        ];
        assert_eq!(
            edits(&plan(&findings, &[], &segment())),
            [(0, 6, "[p/high]"), (6, 8, "[p/apart]")]
        );
    }

    #[test]
    fn a_chain_of_overlaps_is_one_union_even_when_a_long_one_came_first() {
        let findings = [
            finding("long", 0, Severity::Low, Some((0, 9))),
            finding("short", 0, Severity::Low, Some((1, 2))),
            finding("tail", 0, Severity::Low, Some((8, 10))),
        ];
        assert_eq!(
            edits(&plan(&findings, &[], &segment())),
            [(0, 10, "[p/long]")]
        );
    }

    #[test]
    fn ties_go_to_the_longer_then_to_the_earlier() {
        let longer = [
            finding("a", 0, Severity::High, Some((0, 3))),
            finding("b", 1, Severity::High, Some((2, 7))),
        ];
        assert_eq!(edits(&plan(&longer, &[], &segment())), [(0, 7, "[p/b]")]);
        let same = [
            finding("a", 1, Severity::High, Some((0, 3))),
            finding("b", 0, Severity::High, Some((0, 3))),
        ];
        assert_eq!(edits(&plan(&same, &[], &segment())), [(0, 3, "[p/b]")]);
    }

    #[test]
    fn a_redaction_beats_an_edit() {
        let edit = |start, end| AppliedEdit {
            plugin: "q".into(),
            order: 0,
            segment: 0,
            span: Span::new(start, end),
            replacement: "E".into(),
        };
        let findings = [finding("a", 1, Severity::Low, Some((0, 3)))];
        let plan = plan(&findings, &[edit(2, 5), edit(6, 7)], &segment());
        assert_eq!(edits(&plan), [(0, 3, "[p/a]"), (6, 7, "E")]);
    }

    /// Who sends a text chooses how many there are: quadratic, this would take a minute.
    #[test]
    fn a_flood_costs_no_more_than_its_number() {
        const MANY: usize = 100_000;
        let edit = |at| AppliedEdit {
            plugin: "q".into(),
            order: 1,
            segment: 0,
            span: Span::new(at, at + 1),
            replacement: String::new(),
        };
        let beside: Vec<AppliedEdit> = (0..MANY).map(|n| edit(2 * n + 1)).collect();
        let one = finding("a", 0, Severity::Low, None);
        let at = |span| Finding {
            span: Some(span),
            ..one.clone()
        };
        let apart: Vec<Finding> = (0..MANY).map(|n| at(Span::new(2 * n, 2 * n + 1))).collect();
        assert_eq!(plan(&apart, &beside, &segment()).edits.len(), 2 * MANY);
        let mut chained: Vec<Finding> = (0..MANY).map(|n| at(Span::new(n, n + 2))).collect();
        chained.push(at(Span::new(0, 2 * MANY)));
        assert_eq!(plan(&chained, &beside, &segment()).edits.len(), 1);
    }

    #[test]
    fn what_cannot_be_redacted_is_said() {
        let whole = finding("w", 0, Severity::Low, None);
        assert_eq!(edits(&plan([&whole], &[], &segment())), [(0, 10, "[p/w]")]);
        let mut open = segment();
        open[0].open = true;
        assert_eq!(plan([&whole], &[], &open).impossible, ["w"]);
        let mut read_only = segment();
        read_only[0].kind = Kind::Structured;
        let part = finding("s", 0, Severity::Low, Some((0, 1)));
        assert_eq!(plan([&part], &[], &read_only).impossible, ["s"]);
    }
}
