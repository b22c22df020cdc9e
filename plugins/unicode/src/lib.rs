//! Finds what a reader does not see in a text, or takes for something else: hidden characters that
//! spell text for a model, marks that reorder what is shown, letters of another script.
//!
//! `scan` passes once over what is not plain; `characters` says of what sort a character is,
//! `hidden` which of those that nobody sees a script or an emoji needs, `bidi` what is left open or
//! overridden, `words` which words mix scripts, and `smuggled` what was hidden.

mod again;
mod bidi;
mod characters;
mod hidden;
mod looks;
mod rules;
mod scan;
mod smuggled;
#[cfg(test)]
mod tests;
mod words;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use caponier_sdk::{Call, Data, Error, Finding, Manifest, Plugin, Report, Segment, Severity};
use schemars::JsonSchema;
use serde::Deserialize;

use rules::LOOK_BEHIND;
pub use rules::{Kind, Operator};
use scan::Hit;

/// The most findings of one text. What comes after is one with the last, which may be of every kind.
const MOST: usize = 256;

/// What the operator may set.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// What a rule's findings propose: `strip`, `flag` or `off`. Left out: `strip`, and `flag` for
    /// `private-use`.
    pub operators: BTreeMap<Kind, Operator>,
}

impl Settings {
    fn operator(&self, kind: Kind) -> Operator {
        let chosen = self.operators.get(&kind).copied();
        chosen.unwrap_or_else(|| kind.operator())
    }
}

/// The plugin.
pub struct Unicode {
    settings: Settings,
}

impl Plugin for Unicode {
    type Settings = Settings;

    fn manifest(settings: &Settings) -> Manifest {
        Manifest::new(
            "unicode",
            env!("CARGO_PKG_VERSION"),
            "Hidden characters, marks that reorder text, and letters that pass for others.",
        )
        // In Latin letters and common signs there is nothing to find, so a host need not call.
        .trigger_class("non-latin")
        .rules(
            Kind::all()
                .filter(|kind| settings.operator(*kind) != Operator::Off)
                .map(Kind::rule),
        )
    }

    fn configure(settings: Settings, _: &Data) -> Result<Self, Error> {
        if Kind::all().all(|kind| settings.operator(kind) == Operator::Off) {
            return Err(
                "settings.operators: every rule is off; hint: take `unicode` out of the chain"
                    .into(),
            );
        }
        Ok(Self { settings })
    }

    fn inspect(&self, call: &Call<'_>, report: &mut Report<'_>) -> Result<(), Error> {
        for segment in call.segments {
            self.segment(segment, report);
        }
        Ok(())
    }
}

impl Unicode {
    fn segment(&self, segment: &Segment, report: &mut Report<'_>) {
        let text = segment.text();
        let settled = segment.settled();
        let from = words::floor(text, settled.saturating_sub(LOOK_BEHIND));
        let scanned = scan::scan(text, from, segment.offset() == 0, segment.is_open());
        let hits = scanned.hits.into_iter().filter_map(|hit| self.wanted(hit));
        let hits = hits.filter(|hit| hit.span.end > settled);
        let mut last: Option<Pending> = None;
        let (mut count, most) = (0, MOST - Kind::all().count());
        for hit in hits {
            let fresh = self.pending(text, hit);
            if count >= most
                && let Some(last) = &mut last
            {
                last.append(text, fresh);
            } else {
                count += fresh.kinds.len();
                if let Some(pending) = last.replace(fresh) {
                    pending.report(segment, report);
                }
            }
        }
        if let Some(pending) = last {
            pending.report(segment, report);
        }
        if let Some(start) = scanned.hold {
            report.hold(segment, start);
        }
    }

    /// The hit, or what of it is of a kind that is wanted.
    fn wanted(&self, mut hit: Hit) -> Option<Hit> {
        let is_on = |kind: Kind| self.settings.operator(kind) != Operator::Off;
        if let Some(again) = &mut hit.again {
            again.parts.retain(|(kind, _)| is_on(*kind));
            (hit.kind, hit.span) = (again.parts.first()?.0, again.span());
        }
        is_on(hit.kind).then_some(hit)
    }

    fn pending(&self, text: &str, hit: Hit) -> Pending {
        let one = |kind, span| self.replacement(text, kind, span);
        let replacement = match &hit.again {
            Some(again) => again.replaced(text, one),
            None => one(hit.kind, hit.span.clone()),
        };
        let kinds = match &hit.again {
            Some(again) => again.kinds(),
            None => BTreeSet::from([hit.kind]),
        };
        Pending {
            hit,
            kinds,
            replacement,
        }
    }

    /// What to put in a hit's place.
    fn replacement(&self, text: &str, kind: Kind, span: Range<usize>) -> Option<String> {
        match (self.settings.operator(kind), kind) {
            (Operator::Strip, Kind::MixedScript | Kind::LookAlike) => {
                text.get(span).and_then(words::folded)
            }
            (Operator::Strip, _) => Some(String::new()),
            _ => None,
        }
    }
}

/// A finding that may still be joined with the next.
struct Pending {
    hit: Hit,
    /// What it is of: whoever acts on one of these kinds acts on all of it.
    kinds: BTreeSet<Kind>,
    replacement: Option<String>,
}

impl Pending {
    /// Takes another finding in, and what stands between the two.
    fn append(&mut self, text: &str, other: Self) {
        self.kinds.extend(other.kinds);
        self.hit.confidence = self.hit.confidence.max(other.hit.confidence);
        self.replacement = match (self.replacement.take(), other.replacement) {
            (Some(mut all), Some(more)) if other.hit.span.start >= self.hit.span.end => {
                all.push_str(
                    text.get(self.hit.span.end..other.hit.span.start)
                        .unwrap_or_default(),
                );
                all.push_str(&more);
                Some(all)
            }
            // Inside of what is replaced as a whole.
            (all, _) if other.hit.span.end <= self.hit.span.end => all,
            _ => None,
        };
        self.hit.span.end = self.hit.span.end.max(other.hit.span.end);
    }

    /// A finding for each of its kinds.
    fn report(self, segment: &Segment, report: &mut Report<'_>) {
        for kind in &self.kinds {
            self.report_as(*kind, segment, report);
        }
    }

    fn report_as(&self, kind: Kind, segment: &Segment, report: &mut Report<'_>) {
        let Self {
            hit, replacement, ..
        } = self;
        let mut finding: Finding<'_> = report
            .finding(kind.id(), segment)
            .at(hit.span.clone())
            .confidence(hit.confidence);
        if let Some(replacement) = replacement {
            finding = finding.replacement(replacement.clone());
        }
        if hit.in_host {
            finding = finding
                .severity(Severity::High)
                .message("the name of a host is written with look-alikes");
        }
        if let Some(decoded) = &hit.decoded {
            if smuggled::says_something(decoded) {
                finding = finding.severity(Severity::Critical);
            }
            finding
                .message("hidden characters spell text")
                .attribute("decoded", decoded.clone());
        }
    }
}

caponier_sdk::export!(Unicode);
