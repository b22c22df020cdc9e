//! What a plugin hands back from one call.

use std::ops::Range;

use serde::Serialize;

use crate::bindings::caponier::policy::types as wit;
use crate::segment::{ceil_boundary, floor_boundary};
use crate::{Error, Rule, Segment, Severity, state};

/// The most bytes of a note; see [`Report::note`].
///
/// See the [example](Report::note).
pub const MAX_NOTE: usize = 4096;

/// What a plugin hands back from one call.
///
/// Every offset is an offset into [`Segment::text`]. Ranges are brought to character boundaries
/// and into the text, so that no report can be malformed.
///
/// # Example
///
/// ```
/// # use caponier_sdk::testing::{Harness, Input, check_splits};
/// # use caponier_sdk::{Call, Data, Error, Manifest, Plugin, Report, Rule, Stage, hold};
/// # struct Mine;
/// # impl Plugin for Mine {
/// #     type Settings = ();
/// #     fn manifest((): &()) -> Manifest {
/// #         Manifest::new("mine", "1.0.0", "Mine.").rule(Rule::new("badge", "Badge").window(14))
/// #     }
/// #     fn configure((): (), _: &Data) -> Result<Self, Error> {
/// #         Ok(Self)
/// #     }
///     fn inspect(&self, call: &Call<'_>, report: &mut Report<'_>) -> Result<(), Error> {
///         for segment in call.segments {
///             // What is not looked at is said, so that nobody takes it for clean.
///             if segment.text().len() > 10_000 {
///                 report.skip(segment, "longer than 10 000 bytes");
///                 continue;
///             }
///             for (start, _) in segment.text().match_indices("BADGE-") {
///                 report.finding("badge", segment).at(start..start + 12);
///             }
///             // In a stream: what may become a badge number must not go out yet.
///             let is_begun = |end: &str| match end.strip_prefix("BADGE-") {
///                 Some(digits) => digits.len() < 6,
///                 None => "BADGE-".starts_with(end),
///             };
///             if let Some(start) = hold::growing(segment.text(), segment.is_open(), 11, is_begun) {
///                 report.hold(segment, start);
///             }
///         }
///         // The exchange's next call may want to know.
///         report.set_state(&report.findings())
///     }
/// # }
/// let mut plugin = Harness::<Mine>::new("")?;
/// assert_eq!(plugin.prompt("It is BADGE-123456.")?.findings[0].span, Some(6..18));
/// let long = Input::document("a".repeat(20_000)).id(7);
/// assert_eq!(plugin.inspect(Stage::Retrieval, &[long])?.skipped, [7]);
/// let answer = Input::assistant("");
/// let streamed = check_splits(|| Harness::<Mine>::new(""), &answer, "It is BADGE-123456.")?;
/// assert_eq!(streamed.released, "It is [badge].");
/// # Ok::<(), Error>(())
/// ```
pub struct Report<'a> {
    rules: &'a [Rule],
    /// Which rule matched last: there may be many findings of one, and many rules.
    last: usize,
    pub(crate) raw: wit::Report,
}

impl<'a> Report<'a> {
    pub(crate) fn new(rules: &'a [Rule]) -> Self {
        Self {
            rules,
            last: 0,
            raw: wit::Report {
                findings: Vec::new(),
                edits: Vec::new(),
                holds: Vec::new(),
                skipped: Vec::new(),
                notes: Vec::new(),
                state: None,
            },
        }
    }

    /// Reports that `rule` matched in the segment. Without more it concerns the whole segment,
    /// is certain, and as severe as the manifest says.
    ///
    /// See the [example](Self#example).
    pub fn finding<'r>(&'r mut self, rule: &str, segment: &'r Segment) -> Finding<'r> {
        if self.rules.get(self.last).is_none_or(|last| last.id != rule) {
            let known = self.rules.iter().position(|known| known.id == rule);
            self.last = known.unwrap_or(self.rules.len());
        }
        let severity = self
            .rules
            .get(self.last)
            .map_or(Severity::Medium, |known| known.severity);
        self.raw.findings.push(wit::Finding {
            rule: rule.to_owned(),
            severity: severity.into(),
            confidence: 1.0,
            segment: segment.id(),
            span: None,
            message: String::new(),
            replacement: None,
            attributes: Vec::new(),
        });
        Finding {
            segment,
            findings: &mut self.raw.findings,
        }
    }

    /// Asks for a change that is not tied to a finding. Needs the `rewrite` grant. What is
    /// settled cannot be changed: answers whether the edit was taken.
    ///
    /// ```
    /// # use caponier_sdk::testing::{Harness, Input};
    /// # use caponier_sdk::{Call, Data, Error, Manifest, Plugin, Report, Rule, Stage};
    /// # struct Mine;
    /// # impl Plugin for Mine {
    /// #     type Settings = ();
    /// #     fn manifest((): &()) -> Manifest {
    /// #         Manifest::new("mine", "1.0.0", "Mine.").rule(Rule::new("badge", "Badge").window(14))
    /// #     }
    /// #     fn configure((): (), _: &Data) -> Result<Self, Error> {
    /// #         Ok(Self)
    /// #     }
    ///     fn inspect(&self, call: &Call<'_>, report: &mut Report<'_>) -> Result<(), Error> {
    ///         for segment in call.segments {
    ///             // Nothing wrong with it, but it need not leave the house.
    ///             for (start, host) in segment.text().match_indices(".corp.example.org") {
    ///                 report.edit(segment, start..start + host.len(), "");
    ///             }
    ///         }
    ///         Ok(())
    ///     }
    /// # }
    /// let text = "ask build.corp.example.org";
    /// let outcome = Harness::<Mine>::new("")?.prompt(text)?;
    /// assert_eq!(outcome.applied(0, text), "ask build");
    /// # Ok::<(), Error>(())
    /// ```
    pub fn edit(
        &mut self,
        segment: &Segment,
        range: Range<usize>,
        replacement: impl Into<String>,
    ) -> bool {
        let range = fit(segment.text(), range);
        if range.is_empty() || range.start < segment.settled() {
            return false;
        }
        self.raw.edits.push(wit::Edit {
            segment: segment.id(),
            span: span(range),
            replacement: replacement.into(),
        });
        true
    }

    /// Asks the host not to release the segment's text from `start` on, because what follows
    /// could still make it part of a finding. The earliest hold of a segment counts. A closed
    /// segment holds nothing.
    ///
    /// See the [example](Self#example).
    pub fn hold(&mut self, segment: &Segment, start: usize) {
        self.hold_until(segment, start, None);
    }

    /// As [`hold`](Self::hold), and says that no call is needed before `wake` more bytes have come.
    ///
    /// ```
    /// # use caponier_sdk::testing::{Harness, Input};
    /// # use caponier_sdk::{Call, Data, Error, Manifest, Plugin, Report, Rule, hold};
    /// # struct Mine;
    /// # impl Plugin for Mine {
    /// #     type Settings = ();
    /// #     fn manifest((): &()) -> Manifest {
    /// #         Manifest::new("mine", "1.0.0", "Mine.").rule(Rule::new("badge", "Badge").window(14))
    /// #     }
    /// #     fn configure((): (), _: &Data) -> Result<Self, Error> {
    /// #         Ok(Self)
    /// #     }
    ///     fn inspect(&self, call: &Call<'_>, report: &mut Report<'_>) -> Result<(), Error> {
    ///         for segment in call.segments {
    ///             let text = segment.text();
    ///             for (start, _) in text.match_indices("BADGE-") {
    ///                 report.finding("badge", segment).at(start..start + 12);
    ///             }
    ///             let is_begun = |end: &str| match end.strip_prefix("BADGE-") {
    ///                 Some(digits) => digits.len() < 6,
    ///                 None => "BADGE-".starts_with(end),
    ///             };
    ///             if let Some(start) = hold::growing(text, segment.is_open(), 11, is_begun) {
    ///                 // So many bytes are missing: until they have come there is nothing to say.
    ///                 let missing = start + 12 - text.len();
    ///                 report.hold_until(segment, start, Some(missing as u32));
    ///             }
    ///         }
    ///         Ok(())
    ///     }
    /// # }
    /// let mut plugin = Harness::<Mine>::new("")?;
    /// let streamed = plugin.stream(&Input::assistant(""), &["BADG", "E-123", "456!"])?;
    /// assert_eq!(streamed.released_upto, [0, 0, 13, 13]);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn hold_until(&mut self, segment: &Segment, start: usize, wake: Option<u32>) {
        if !segment.is_open() {
            return;
        }
        let start = offset(floor_boundary(segment.text(), start.max(segment.settled())));
        match self
            .raw
            .holds
            .iter_mut()
            .find(|hold| hold.segment == segment.id())
        {
            Some(hold) => {
                hold.start = hold.start.min(start);
                hold.wake = match (hold.wake, wake) {
                    (Some(one), Some(other)) => Some(one.min(other)),
                    _ => None,
                };
            }
            None => self.raw.holds.push(wit::Hold {
                segment: segment.id(),
                start,
                wake,
            }),
        }
    }

    /// Says that the segment was not inspected, and why. It shows in the coverage.
    ///
    /// See the [example](Self#example).
    pub fn skip(&mut self, segment: &Segment, reason: impl Into<String>) {
        self.raw.skipped.push(wit::Skip {
            segment: segment.id(),
            reason: reason.into(),
        });
    }

    /// Notes something of a closed segment, for a plugin of scope [`Stage`](crate::Scope::Stage):
    /// the host may hand it back with the same segment, in this exchange or another, in the same stage,
    /// as [`Segment::note`]. What an agent sends with every turn is then looked at once. The note must
    /// follow from segment and stage alone. Answers whether it was taken: it is not where it takes more
    /// than [`MAX_NOTE`] bytes or cannot be encoded.
    ///
    /// ```
    /// # use caponier_sdk::testing::{Harness, Input};
    /// # use caponier_sdk::{Call, Data, Error, Manifest, Plugin, Report, Rule, Stage};
    /// # struct Mine;
    /// # impl Plugin for Mine {
    /// #     type Settings = ();
    /// #     fn manifest((): &()) -> Manifest {
    /// #         Manifest::new("mine", "1.0.0", "Mine.").rule(Rule::new("badge", "Badge").window(14))
    /// #     }
    /// #     fn configure((): (), _: &Data) -> Result<Self, Error> {
    /// #         Ok(Self)
    /// #     }
    ///     fn inspect(&self, call: &Call<'_>, report: &mut Report<'_>) -> Result<(), Error> {
    ///         let mut badges = 0_u32;
    ///         for segment in call.segments {
    ///             // A history that was counted last turn is not counted again.
    ///             badges += match segment.note::<u32>() {
    ///                 Some(noted) => noted,
    ///                 None => {
    ///                     let count = segment.text().matches("BADGE-").count() as u32;
    ///                     match count {
    ///                         0 => report.clean(segment),
    ///                         // What is larger than `MAX_NOTE` is not taken, and counted each time.
    ///                         _ => _ = report.note(segment, &count),
    ///                     }
    ///                     count
    ///                 }
    ///             };
    ///         }
    ///         if badges > 2 {
    ///             report.finding("badge", &call.segments[0]).message("many");
    ///         }
    ///         Ok(())
    ///     }
    /// # }
    /// let mut plugin = Harness::<Mine>::new("")?;
    /// let history = [Input::user("Hello."), Input::user("BADGE-123456, BADGE-234567").id(1)];
    /// let outcome = plugin.inspect(Stage::Prompt, &history)?;
    /// let [(0, clean), (1, noted)] = &outcome.notes[..] else { panic!("two notes") };
    /// assert!(clean.is_empty() && noted.len() < caponier_sdk::MAX_NOTE);
    /// // The next turn: the first is not shown again, the second comes with its note.
    /// let history = [history[1].clone().note(noted.clone()), Input::user("BADGE-345678").id(2)];
    /// assert_eq!(plugin.inspect(Stage::Prompt, &history)?.findings.len(), 1);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn note<T: Serialize>(&mut self, segment: &Segment, value: &T) -> bool {
        match state::encode(value) {
            Ok(content) if !content.is_empty() && content.len() <= MAX_NOTE => {
                self.noted(segment, content);
                true
            }
            _ => false,
        }
    }

    /// Notes that the segment need not be shown again in this stage: there is nothing to say of it and
    /// nothing to remember, whatever the context and the state.
    ///
    /// See the [example](Self::note).
    pub fn clean(&mut self, segment: &Segment) {
        self.noted(segment, Vec::new());
    }

    fn noted(&mut self, segment: &Segment, content: Vec<u8>) {
        if !segment.is_open() && segment.offset() == 0 {
            self.raw.notes.push(wit::Note {
                segment: segment.id(),
                content,
            });
        }
    }

    /// Hands `value` to this plugin's next call in the same exchange; see
    /// [`Call::state`](crate::Call::state).
    ///
    /// See the [example](Self#example).
    ///
    /// # Errors
    /// Where it takes more than [`state::MAX_BYTES`] or cannot be encoded.
    pub fn set_state<T: Serialize>(&mut self, value: &T) -> Result<(), Error> {
        self.raw.state = Some(state::encode(value)?);
        Ok(())
    }

    /// How many findings there are so far.
    ///
    /// See the [example](Self#example).
    pub fn findings(&self) -> usize {
        self.raw.findings.len()
    }
}

/// A finding that has been reported and may be said more of.
///
/// # Example
///
/// ```
/// # use caponier_sdk::testing::Harness;
/// # use caponier_sdk::{Call, Data, Error, Manifest, Plugin, Report, Rule, Severity};
/// # struct Mine;
/// # impl Plugin for Mine {
/// #     type Settings = ();
/// #     fn manifest((): &()) -> Manifest {
/// #         Manifest::new("mine", "1.0.0", "Mine.").rule(Rule::new("badge", "Badge").window(14))
/// #     }
/// #     fn configure((): (), _: &Data) -> Result<Self, Error> {
/// #         Ok(Self)
/// #     }
///     fn inspect(&self, call: &Call<'_>, report: &mut Report<'_>) -> Result<(), Error> {
///         for segment in call.segments {
///             for word in segment.text().split_whitespace() {
///                 if let Some(digits) = word.strip_prefix("BADGE-") {
///                     report
///                         .finding("badge", segment)
///                         .at_text(word)
///                         .confidence(if digits.len() == 6 { 1.0 } else { 0.3 })
///                         .message("a prefix and digits")
///                         .replacement("BADGE-******")
///                         .attribute("digits", digits.len().to_string());
///                 }
///             }
///             if let Some(start) = segment.text().find("badge of the chief") {
///                 report.finding("badge", segment).at(start..start + 18).severity(Severity::Low);
///             }
///         }
///         Ok(())
///     }
/// # }
/// let text = "BADGE-123456 is the badge of the chief";
/// let outcome = Harness::<Mine>::new("")?.prompt(text)?;
/// assert_eq!(outcome.findings[0].attributes, [("digits".to_owned(), "6".to_owned())]);
/// assert_eq!(outcome.findings[1].severity, Severity::Low);
/// assert_eq!(outcome.applied(0, text), "BADGE-****** is the [badge]");
/// # Ok::<(), Error>(())
/// ```
pub struct Finding<'r> {
    segment: &'r Segment,
    findings: &'r mut Vec<wit::Finding>,
}

impl Finding<'_> {
    fn with(self, change: impl FnOnce(&mut wit::Finding)) -> Self {
        if let Some(finding) = self.findings.last_mut() {
            change(finding);
        }
        self
    }

    /// Where in [`Segment::text`] it is. The range is widened to character boundaries; an empty
    /// one, or one outside of the text, stands for the whole segment.
    ///
    /// See the [example](Self#example).
    pub fn at(self, range: Range<usize>) -> Self {
        let range = fit(self.segment.text(), range);
        self.with(|finding| finding.span = (!range.is_empty()).then(|| span(range)))
    }

    /// As [`at`](Self::at), for a slice of [`Segment::text`].
    ///
    /// See the [example](Self#example).
    pub fn at_text(self, part: &str) -> Self {
        match self.segment.range_of(part) {
            Some(range) => self.at(range),
            None => self,
        }
    }

    /// How sure it is, from 0 to 1. Report from 0.05 up: thresholds are the operator's.
    ///
    /// See the [example](Self#example).
    pub fn confidence(self, confidence: f64) -> Self {
        let confidence = if confidence.is_nan() {
            1.0
        } else {
            confidence.clamp(0.0, 1.0)
        };
        self.with(|finding| finding.confidence = confidence)
    }

    /// How bad it is, where that is not what the manifest says of the rule.
    ///
    /// See the [example](Self#example).
    pub fn severity(self, severity: Severity) -> Self {
        self.with(|finding| finding.severity = severity.into())
    }

    /// Why, for a person with the right to see it. Never recorded.
    ///
    /// See the [example](Self#example).
    pub fn message(self, message: impl Into<String>) -> Self {
        self.with(|finding| finding.message = message.into())
    }

    /// What to put in its place if the decision is to redact.
    ///
    /// See the [example](Self#example).
    pub fn replacement(self, replacement: impl Into<String>) -> Self {
        self.with(|finding| finding.replacement = Some(replacement.into()))
    }

    /// Adds an attribute.
    ///
    /// See the [example](Self#example).
    pub fn attribute(self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.with(|finding| finding.attributes.push((name.into(), value.into())))
    }
}

fn fit(text: &str, range: Range<usize>) -> Range<usize> {
    let start = floor_boundary(text, range.start);
    let end = ceil_boundary(text, range.end);
    start..end.max(start)
}

fn span(range: Range<usize>) -> wit::Span {
    wit::Span {
        start: offset(range.start),
        end: offset(range.end),
    }
}

/// Text in a 32-bit memory has 32-bit offsets.
fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
