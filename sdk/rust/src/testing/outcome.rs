//! What a plugin reported, checked the way a host checks it.

use std::ops::Range;

use crate::bindings::caponier::policy::types as wit;
use crate::{Error, Manifest, Segment, Severity};

/// A finding of one call.
///
/// See the [example](Outcome#example).
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// The rule's id.
    pub rule: String,
    /// How bad it is.
    pub severity: Severity,
    /// How sure it is.
    pub confidence: f64,
    /// The segment's id.
    pub segment: u32,
    /// Where, in bytes of the text shown; in a stream, of the whole segment.
    pub span: Option<Range<usize>>,
    /// What to put in its place.
    pub replacement: Option<String>,
    /// What the plugin said of it.
    pub message: String,
    /// What else the plugin said of it.
    pub attributes: Vec<(String, String)>,
}

/// An edit of one call.
///
/// See the [example](Outcome#example).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The segment's id.
    pub segment: u32,
    /// Where, in bytes of the text shown; in a stream, of the whole segment.
    pub span: Range<usize>,
    /// What to put there.
    pub replacement: String,
}

/// What one call reported.
///
/// # Example
///
/// A harness answers with it; what a plugin reports can be written down as well.
///
/// ```
/// use caponier_sdk::Severity;
/// use caponier_sdk::testing::{Change, Found, Outcome};
///
/// let outcome = Outcome {
///     findings: vec![Found {
///         rule: "badge".into(),
///         severity: Severity::High,
///         confidence: 1.0,
///         segment: 0,
///         span: Some(9..21),
///         replacement: None,
///         message: String::new(),
///         attributes: Vec::new(),
///     }],
///     edits: vec![Change { segment: 0, span: 0..5, replacement: "Hi".into() }],
///     ..Outcome::default()
/// };
/// // The finding asks for no text in its place, so that its rule stands there.
/// assert_eq!(outcome.applied(0, "Hello, I BADGE-123456 am"), "Hi, I [badge] am");
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    /// The findings, in the plugin's order.
    pub findings: Vec<Found>,
    /// The edits.
    pub edits: Vec<Change>,
    /// Where text of a segment is held from: id and offset.
    pub holds: Vec<(u32, usize)>,
    /// The ids of segments that were not inspected.
    pub skipped: Vec<u32>,
    /// What is noted of segments, by their ids. Nothing: the segment need not be shown again.
    pub notes: Vec<(u32, Vec<u8>)>,
}

impl Outcome {
    /// Believes nothing: what a host would refuse is an error here.
    pub(crate) fn checked(
        raw: wit::Report,
        manifest: &Manifest,
        segments: &[Segment],
    ) -> Result<Self, Error> {
        let place = |id: u32, span: &wit::Span| -> Result<Range<usize>, Error> {
            let segment = segment(segments, id)?;
            let range = span.start as usize..span.end as usize;
            if range.is_empty() || segment.text().get(range.clone()).is_none() {
                return Err(Error::new(format!(
                    "the span {range:?} is no part of segment {id}"
                )));
            }
            Ok(range)
        };
        let mut outcome = Self::default();
        for finding in raw.findings {
            if !manifest.rules.iter().any(|rule| rule.id == finding.rule) {
                return Err(Error::new(format!(
                    "rule `{}` is not declared in the manifest",
                    finding.rule
                )));
            }
            let shown = segment(segments, finding.segment)?;
            if !manifest.is_shown(shown) {
                return Err(Error::new(format!(
                    "rule `{}` finds something where none of the triggers occurs, so a host would \
                     not have called the plugin",
                    finding.rule
                )));
            }
            outcome.findings.push(Found {
                span: finding
                    .span
                    .as_ref()
                    .map(|span| place(finding.segment, span))
                    .transpose()?,
                rule: finding.rule,
                severity: finding.severity.into(),
                confidence: finding.confidence,
                segment: finding.segment,
                replacement: finding.replacement,
                message: finding.message,
                attributes: finding.attributes,
            });
        }
        for edit in raw.edits {
            let span = place(edit.segment, &edit.span)?;
            if !manifest.is_shown(segment(segments, edit.segment)?) {
                return Err(Error::new(
                    "an edit where none of the triggers occurs, so a host would not have called the \
                     plugin",
                ));
            }
            if span.start < segment(segments, edit.segment)?.settled() {
                return Err(Error::new("an edit reaches into settled text"));
            }
            outcome.edits.push(Change {
                segment: edit.segment,
                span,
                replacement: edit.replacement,
            });
        }
        for hold in raw.holds {
            segment(segments, hold.segment)?;
            outcome.holds.push((hold.segment, hold.start as usize));
        }
        for skip in raw.skipped {
            segment(segments, skip.segment)?;
            outcome.skipped.push(skip.segment);
        }
        for note in raw.notes {
            segment(segments, note.segment)?;
            outcome.notes.push((note.segment, note.content));
        }
        Ok(outcome)
    }

    /// The text of a segment with everything found in it replaced and all edits made, the way a
    /// host does where the decision is to redact all.
    ///
    /// See the [example](Self#example).
    pub fn applied(&self, segment: u32, text: &str) -> String {
        apply(text, segment, &self.findings, &self.edits)
    }
}

fn segment(segments: &[Segment], id: u32) -> Result<&Segment, Error> {
    segments
        .iter()
        .find(|segment| segment.id() == id)
        .ok_or_else(|| Error::new(format!("segment {id} was not shown to the plugin")))
}

/// What is put where, in order: overlapping redactions become their union, replaced as the most
/// severe, then the longest, then the first of them says. A redaction beats an edit.
pub(super) fn splices(
    text: &str,
    segment: u32,
    findings: &[Found],
    edits: &[Change],
) -> Vec<(Range<usize>, String)> {
    struct Redaction<'a> {
        range: Range<usize>,
        best: (&'a Found, usize),
    }
    let mut found: Vec<(&Found, Range<usize>)> = findings
        .iter()
        .filter(|finding| finding.segment == segment)
        .map(|finding| (finding, finding.span.clone().unwrap_or(0..text.len())))
        .collect();
    found.sort_by_key(|(_, range)| range.start);
    let mut redactions: Vec<Redaction<'_>> = Vec::new();
    for (finding, range) in found {
        match redactions.last_mut() {
            Some(last) if range.start < last.range.end => {
                last.range.end = last.range.end.max(range.end);
                if (finding.severity, range.len()) > (last.best.0.severity, last.best.1) {
                    last.best = (finding, range.len());
                }
            }
            _ => redactions.push(Redaction {
                best: (finding, range.len()),
                range,
            }),
        }
    }
    let mut splices: Vec<(Range<usize>, String)> = redactions
        .iter()
        .map(|redaction| {
            let finding = redaction.best.0;
            let replacement = finding
                .replacement
                .clone()
                .unwrap_or_else(|| format!("[{}]", finding.rule));
            (redaction.range.clone(), replacement)
        })
        .collect();
    for edit in edits.iter().filter(|edit| edit.segment == segment) {
        if !splices
            .iter()
            .any(|(range, _)| range.start < edit.span.end && edit.span.start < range.end)
        {
            splices.push((edit.span.clone(), edit.replacement.clone()));
        }
    }
    splices.sort_by_key(|(range, _)| range.start);
    splices
}

pub(super) fn apply(text: &str, segment: u32, findings: &[Found], edits: &[Change]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for (range, replacement) in splices(text, segment, findings, edits) {
        out.push_str(text.get(at..range.start).unwrap_or_default());
        out.push_str(&replacement);
        at = range.end;
    }
    out.push_str(text.get(at..).unwrap_or_default());
    out
}
