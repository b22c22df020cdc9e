//! What a host would make of everything that a plugin reports, held against any text.

use crate::testing::outcome::splices;
use crate::testing::{Harness, Input, Outcome};
use crate::{Error, Kind, Plugin, Role, Stage};

/// Shows `text` in every stage and as every kind of segment that the plugin asks for, and checks
/// what it reports the way a host would use it:
///
/// - spans lie in the text, on character boundaries, and hold at least a byte;
/// - edits do not overlap one another;
/// - redactions, once those that overlap are one, and the edits beside them are in order and
///   disjoint, and what lies between them goes out byte for byte as it came;
/// - the text that goes out can be shown to the plugin again, in the same exchange;
/// - the same text in another exchange gives the same findings.
///
/// Every look is at an exchange of its own. Gives how many findings and edits there were.
///
/// ```
/// use caponier_sdk::testing::{Harness, NAUGHTY, check_edits};
/// # use caponier_sdk::{Call, Data, Error, Manifest, Plugin, Report, Rule};
/// # struct Badges;
/// # impl Plugin for Badges {
/// #     type Settings = ();
/// #     fn manifest((): &()) -> Manifest {
/// #         Manifest::new("badges", "1.0.0", "Badges.").rule(Rule::new("badge", "Badge"))
/// #     }
/// #     fn configure((): (), _: &Data) -> Result<Self, Error> {
/// #         Ok(Self)
/// #     }
/// #     fn inspect(&self, call: &Call<'_>, report: &mut Report<'_>) -> Result<(), Error> {
/// #         for segment in call.segments {
/// #             for (start, _) in segment.text().match_indices("BADGE-") {
/// #                 report.finding("badge", segment).at(start..start + 12);
/// #             }
/// #         }
/// #         Ok(())
/// #     }
/// # }
/// let mut plugin = Harness::<Badges>::new("")?;
/// assert!(check_edits(&mut plugin, "I am BADGE-123456.")? > 0);
/// for text in NAUGHTY {
///     check_edits(&mut plugin, text)?;
///     // A badge number among them, too.
///     check_edits(&mut plugin, &format!("{text}BADGE-123456{text}"))?;
/// }
/// # Ok::<(), Error>(())
/// ```
///
/// # Errors
/// Names the stage, the kind and what is wrong; never the text.
pub fn check_edits<P: Plugin>(plugin: &mut Harness<P>, text: &str) -> Result<usize, Error> {
    let manifest = plugin.manifest();
    let mut count = 0;
    for (stage, role, kind) in PLACES {
        if manifest.stages.contains(stage) && manifest.kinds.contains(kind) {
            count += check_in(plugin, *stage, &Input::new(*role, *kind, text))
                .map_err(|error| Error::new(format!("{stage}, {kind}: {}", error.message())))?;
        }
    }
    Ok(count)
}

/// Where texts stand: stage, who speaks, and what sort of text it is.
const PLACES: &[(Stage, Role, Kind)] = &[
    (Stage::Prompt, Role::System, Kind::Text),
    (Stage::Prompt, Role::User, Kind::Text),
    (Stage::Retrieval, Role::Document, Kind::Document),
    (Stage::Retrieval, Role::Tool, Kind::ToolResult),
    (Stage::Output, Role::Assistant, Kind::Text),
    (Stage::Output, Role::Assistant, Kind::ToolCall),
    (Stage::Output, Role::Assistant, Kind::Structured),
];

fn check_in<P: Plugin>(
    plugin: &mut Harness<P>,
    stage: Stage,
    input: &Input,
) -> Result<usize, Error> {
    plugin.forget();
    let outcome = plugin.inspect(stage, std::slice::from_ref(input))?;
    check_outcome(&outcome, &input.text)?;
    let applied = Input {
        text: outcome.applied(input.id, &input.text),
        ..input.clone()
    };
    let again = plugin.inspect(stage, std::slice::from_ref(&applied))?;
    check_outcome(&again, &applied.text)?;
    plugin.forget();
    if plugin.inspect(stage, std::slice::from_ref(input))? != outcome {
        return Err(Error::new("another exchange gives other findings"));
    }
    Ok(outcome.findings.len() + outcome.edits.len())
}

/// What is reported of the one text that was shown.
fn check_outcome(outcome: &Outcome, text: &str) -> Result<(), Error> {
    let mut edits = outcome.edits.clone();
    edits.sort_by_key(|edit| edit.span.start);
    for pair in edits.windows(2) {
        if let [first, second] = pair
            && second.span.start < first.span.end
        {
            return Err(Error::new(format!(
                "the edits at {:?} and {:?} overlap",
                first.span, second.span
            )));
        }
    }
    let id = outcome.findings.first().map(|finding| finding.segment);
    let id = id.or_else(|| outcome.edits.first().map(|edit| edit.segment));
    let Some(id) = id else { return Ok(()) };
    let applied = outcome.applied(id, text);
    let mut rest = applied.as_str();
    let mut at = 0;
    for (span, replacement) in splices(text, id, &outcome.findings, &outcome.edits) {
        if span.start < at {
            return Err(Error::new(format!("the splice at {span:?} comes too late")));
        }
        let between = text.get(at..span.start);
        let after = between.and_then(|between| rest.strip_prefix(between));
        rest = after
            .and_then(|after| after.strip_prefix(replacement.as_str()))
            .ok_or_else(|| Error::new(format!("what lies before {span:?} is not as it came")))?;
        at = span.end;
    }
    if text.get(at..) != Some(rest) {
        return Err(Error::new(
            "what lies behind the last splice is not as it came",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Change, Found};

    fn found(span: std::ops::Range<usize>) -> Found {
        Found {
            rule: "r".into(),
            severity: crate::Severity::Low,
            confidence: 1.0,
            segment: 0,
            span: Some(span),
            replacement: None,
            message: String::new(),
            attributes: Vec::new(),
        }
    }

    fn change(span: std::ops::Range<usize>) -> Change {
        Change {
            segment: 0,
            span,
            replacement: "x".into(),
        }
    }

    #[test]
    fn overlapping_edits_are_told_and_overlapping_findings_are_one() {
        let outcome = Outcome {
            findings: vec![found(0..4), found(2..6), found(7..8)],
            edits: vec![change(5..7), change(8..9)],
            ..Outcome::default()
        };
        assert_eq!(check_outcome(&outcome, "0123456789"), Ok(()));
        assert_eq!(outcome.applied(0, "0123456789"), "[r]6[r]x9");
        let outcome = Outcome {
            edits: vec![change(5..8), change(2..6)],
            ..Outcome::default()
        };
        let error = check_outcome(&outcome, "0123456789").unwrap_err();
        assert!(error.message().contains("2..6 and 5..8"), "{error}");
    }
}
