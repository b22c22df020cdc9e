//! A stream, played the way a host plays it.

use crate::segment::floor_boundary;
use crate::testing::outcome::apply;
use crate::testing::{Change, Found, Harness, Input};
use crate::{Error, Plugin, Stage};

/// The most released text that a host shows again.
const MAX_CONTEXT: usize = 16 << 10;

/// What a stream came to.
///
/// See the [example](Harness::stream).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Streamed {
    /// The text that went out, with everything found replaced and all edits made.
    pub released: String,
    /// The final findings, with spans in the whole segment.
    pub findings: Vec<Found>,
    /// The final edits, with spans in the whole segment.
    pub edits: Vec<Change>,
    /// How many bytes of the original had gone out after each piece.
    pub released_upto: Vec<usize>,
}

impl<P: Plugin> Harness<P> {
    /// Shows one segment of the output piece by piece. `input` says what sort of segment it is;
    /// its text is not looked at.
    ///
    /// ```
    /// use caponier_sdk::testing::{Harness, Input, Streamed};
    /// # use caponier_sdk::{Call, Data, Error, Manifest, Plugin, Report, Rule};
    /// # struct Badges;
    /// # impl Plugin for Badges {
    /// #     type Settings = ();
    /// #     fn manifest((): &()) -> Manifest {
    /// #         Manifest::new("badges", "1.0.0", "Badges.").rule(Rule::new("badge", "Badge").window(12))
    /// #     }
    /// #     fn configure((): (), _: &Data) -> Result<Self, Error> {
    /// #         Ok(Self)
    /// #     }
    /// #     fn inspect(&self, call: &Call<'_>, report: &mut Report<'_>) -> Result<(), Error> {
    /// #         for segment in call.segments {
    /// #             for (start, _) in segment.text().match_indices("BADGE-") {
    /// #                 report.finding("badge", segment).at(start..start + 12);
    /// #             }
    /// #             for start in 0..segment.text().len() {
    /// #                 let end = &segment.text()[start..];
    /// #                 if end.len() < 12 && (end.starts_with("BADGE-") || "BADGE-".starts_with(end)) {
    /// #                     report.hold(segment, start);
    /// #                 }
    /// #             }
    /// #         }
    /// #         Ok(())
    /// #     }
    /// # }
    /// let mut exchange = Harness::<Badges>::new("")?;
    /// let answer = Input::assistant("");
    /// let streamed: Streamed = exchange.stream(&answer, &["I am BAD", "GE-123456", "."])?;
    /// assert_eq!(streamed.released, "I am [badge].");
    /// assert_eq!(streamed.findings[0].span, Some(5..17));
    /// // After the first piece all had gone out but what may be a badge number; the last count is of the
    /// // stream's end.
    /// assert_eq!(streamed.released_upto, [5, 17, 18, 18]);
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// Where the plugin fails, reports what a host would refuse, or finds something in text that
    /// has been released.
    pub fn stream(&mut self, input: &Input, pieces: &[&str]) -> Result<Streamed, Error> {
        let context = self.manifest().largest_window().min(MAX_CONTEXT);
        let whole: String = pieces.concat();
        let mut streamed = Streamed::default();
        let mut come = 0_usize;
        let mut released = 0_usize;
        // The protocol's own end event comes after the last piece, by itself.
        let events = pieces
            .iter()
            .map(|piece| (piece.len(), true))
            .chain([(0, false)]);
        for (length, open) in events {
            come += length;
            let start = floor_boundary(&whole, released.saturating_sub(context));
            let window = whole
                .get(start..come)
                .ok_or_else(|| Error::new("a piece ends inside a character"))?;
            let segment = input.segment(window, start, released - start, open);
            let outcome = self.call(Stage::Output, &[segment])?;
            let mut point = if open {
                outcome
                    .holds
                    .iter()
                    .map(|(_, at)| start + at)
                    .min()
                    .unwrap_or(come)
            } else {
                come
            };
            let spans = outcome
                .findings
                .iter()
                .filter_map(|finding| finding.span.clone());
            let mut spans: Vec<_> = spans
                .chain(outcome.edits.iter().map(|edit| edit.span.clone()))
                .collect();
            spans.sort_by_key(|span| std::cmp::Reverse(span.start));
            for span in spans {
                if start + span.start < point && point < start + span.end {
                    point = start + span.start;
                }
            }
            let point = point.max(released);
            let (mut findings, mut edits) = (Vec::new(), Vec::new());
            for mut finding in outcome.findings {
                if let Some(span) = &mut finding.span {
                    *span = start + span.start..start + span.end;
                    if span.end <= released || span.end > point {
                        continue;
                    }
                    if span.start < released {
                        return Err(Error::new(format!(
                            "`{}` was found too late at {span:?}",
                            finding.rule
                        )));
                    }
                } else if streamed
                    .findings
                    .iter()
                    .any(|known| known.span.is_none() && known.rule == finding.rule)
                {
                    continue;
                }
                findings.push(finding);
            }
            for mut edit in outcome.edits {
                edit.span = start + edit.span.start..start + edit.span.end;
                if edit.span.end <= point {
                    edits.push(edit);
                }
            }
            streamed.released.push_str(&release(
                &whole, released, point, &findings, &edits, input.id,
            ));
            streamed.findings.append(&mut findings);
            streamed.edits.append(&mut edits);
            released = point;
            streamed.released_upto.push(released);
        }
        Ok(streamed)
    }
}

/// Applies what lies between two points of the whole text.
fn release(
    whole: &str,
    from: usize,
    to: usize,
    findings: &[Found],
    edits: &[Change],
    segment: u32,
) -> String {
    let shift = |span: &std::ops::Range<usize>| {
        span.start.saturating_sub(from)..span.end.saturating_sub(from)
    };
    let findings: Vec<Found> = findings
        .iter()
        .filter_map(|finding| {
            Some(Found {
                span: Some(shift(finding.span.as_ref()?)),
                ..finding.clone()
            })
        })
        .collect();
    let edits: Vec<Change> = edits
        .iter()
        .map(|edit| Change {
            span: shift(&edit.span),
            ..edit.clone()
        })
        .collect();
    apply(
        whole.get(from..to).unwrap_or_default(),
        segment,
        &findings,
        &edits,
    )
}

/// Checks that a stream of `text` comes to the same however it is cut: whole, in two at every
/// character, and character by character. `make` supplies the plugin in the state in which the
/// stream begins.
///
/// ```
/// use caponier_sdk::testing::{Harness, Input, check_splits};
/// # use caponier_sdk::{Call, Data, Error, Manifest, Plugin, Report, Rule};
/// # struct Badges;
/// # impl Plugin for Badges {
/// #     type Settings = ();
/// #     fn manifest((): &()) -> Manifest {
/// #         Manifest::new("badges", "1.0.0", "Badges.").rule(Rule::new("badge", "Badge").window(12))
/// #     }
/// #     fn configure((): (), _: &Data) -> Result<Self, Error> {
/// #         Ok(Self)
/// #     }
/// #     fn inspect(&self, call: &Call<'_>, report: &mut Report<'_>) -> Result<(), Error> {
/// #         for segment in call.segments {
/// #             for (start, _) in segment.text().match_indices("BADGE-") {
/// #                 report.finding("badge", segment).at(start..start + 12);
/// #             }
/// #             for start in 0..segment.text().len() {
/// #                 let end = &segment.text()[start..];
/// #                 if end.len() < 12 && (end.starts_with("BADGE-") || "BADGE-".starts_with(end)) {
/// #                     report.hold(segment, start);
/// #                 }
/// #             }
/// #         }
/// #         Ok(())
/// #     }
/// # }
/// // An attacker chooses where the pieces end: it must make no difference.
/// let answer = Input::assistant("");
/// let streamed = check_splits(|| Harness::<Badges>::new(""), &answer, "I am BADGE-123456.")?;
/// assert_eq!(streamed.released, "I am [badge].");
/// # Ok::<(), Error>(())
/// ```
///
/// # Errors
/// Names the cut where what was released or found differs.
pub fn check_splits<P: Plugin>(
    make: impl Fn() -> Result<Harness<P>, Error>,
    input: &Input,
    text: &str,
) -> Result<Streamed, Error> {
    let whole = make()?.stream(input, &[text])?;
    let same = |cut: &Streamed, place: String| {
        if cut.released != whole.released {
            return Err(Error::new(format!(
                "cut {place}: another text was released"
            )));
        }
        if cut.findings != whole.findings || cut.edits != whole.edits {
            return Err(Error::new(format!(
                "cut {place}: other findings ({} and not {}) or edits ({} and not {})",
                cut.findings.len(),
                whole.findings.len(),
                cut.edits.len(),
                whole.edits.len()
            )));
        }
        Ok(())
    };
    for (at, _) in text.char_indices().skip(1) {
        let (head, tail) = text.split_at(at);
        let cut = make()?
            .stream(input, &[head, tail])
            .map_err(|error| Error::new(format!("cut at {at}: {error}")))?;
        same(&cut, format!("at {at}"))?;
    }
    let pieces: Vec<&str> = text.split_inclusive(|_| true).collect();
    same(
        &make()?.stream(input, &pieces)?,
        "at every character".into(),
    )?;
    Ok(whole)
}
