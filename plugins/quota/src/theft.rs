//! What looks like a model being copied through its interface (MITRE ATLAS AML.T0024.002).
//!
//! A model is copied by asking it much, and in ways that nobody asks who wants an answer: Tramèr
//! et al., "Stealing Machine Learning Models via Prediction APIs" (USENIX Security 2016), sweep the
//! space of inputs; Carlini et al., "Stealing Part of a Production Language Model" (ICML 2024,
//! arXiv 2403.06634) ask for log probabilities under biased tokens. Each of it is done by honest
//! programs too, in smaller numbers: so a finding is a reason to look, and confidence grows with
//! how far a count is beyond what was allowed.

use caponier_sdk::scan::glob::Glob;
use caponier_sdk::{Call, Context, Error, Kind, Report, Role, Segment, Severity, counters};

use crate::caller::caller;
use crate::settings::Theft;
use crate::skeleton::{digest, numbered, skeletons};

pub(crate) const DISTINCT: &str = "distinct-prompts";
pub(crate) const SHORT: &str = "short-prompts";
pub(crate) const TEMPLATED: &str = "templated-prompts";
pub(crate) const SEQUENTIAL: &str = "sequential-prompts";
pub(crate) const HARVEST: &str = "logprobs-harvest";

/// The rules: id, title, severity.
pub(crate) const RULES: &[(&str, &str, Severity)] = &[
    (
        DISTINCT,
        "Many different prompts of one caller",
        Severity::Low,
    ),
    (
        SHORT,
        "Many different short prompts of one caller",
        Severity::Low,
    ),
    (
        TEMPLATED,
        "Many prompts from one template",
        Severity::Medium,
    ),
    (SEQUENTIAL, "Prompts that count up", Severity::Medium),
    (
        HARVEST,
        "Many requests for log probabilities",
        Severity::Medium,
    ),
];

/// A short prompt has at most so many bytes.
const SHORT_BYTES: usize = 64;
/// Prompts of one request that are counted: some interfaces take them by the dozen.
const PROMPTS: usize = 64;
/// Answers to one prompt, from which on they are a sample and no choice.
const SAMPLES: u64 = 8;

/// The watch, ready.
pub(crate) struct Watch {
    theft: Theft,
    exempt: Vec<Glob>,
}

impl Watch {
    pub(crate) fn new(theft: Theft, exempt: Vec<Glob>) -> Self {
        Self { theft, exempt }
    }

    /// Who is watched; `None`: nobody.
    pub(crate) fn watched(&self, context: &Context) -> Option<String> {
        if !self.theft.enabled {
            return None;
        }
        if let Some(principal) = &context.principal {
            let is_exempt = self.exempt.iter().any(|glob| glob.matches(&principal.id))
                || principal
                    .roles
                    .iter()
                    .any(|role| self.theft.exempt_roles.contains(role));
            if is_exempt {
                return None;
            }
        }
        caller(context, self.theft.anonymous)
    }

    /// Counts the prompts that are new, and tells of what there is too much of. What has been
    /// counted is noted, so that it is not read again with every turn.
    pub(crate) fn look(
        &self,
        who: &str,
        call: &Call<'_>,
        report: &mut Report<'_>,
    ) -> Result<(), Error> {
        let mut left = PROMPTS;
        for segment in call.segments {
            let is_prompt = segment.role() == Role::User && segment.kind() == Kind::Text;
            if !is_prompt || segment.text().is_empty() || segment.note::<bool>().is_some() {
                continue;
            }
            if left == 0 {
                break;
            }
            left -= 1;
            let before = report.findings();
            self.prompt(who, segment, report)?;
            // Where it is one too many, it is one again when it is sent again.
            if report.findings() == before {
                report.note(segment, &true);
            }
        }
        Ok(())
    }

    fn prompt(&self, who: &str, segment: &Segment, report: &mut Report<'_>) -> Result<(), Error> {
        let text = segment.text();
        let theft = &self.theft;
        let unique = |set: &str, member: &[u8]| {
            counters::add_unique(&format!("{set}/{who}"), member, theft.window.0)
        };
        let whole = digest(text);
        let needs_all = theft.distinct > 0 || theft.short > 0 || theft.templated > 0;
        let all = if needs_all {
            unique("prompts", &whole)?
        } else {
            0
        };
        tell(DISTINCT, all, theft.distinct, segment, report);
        if theft.short > 0 && text.len() <= SHORT_BYTES {
            let short = unique("short", &whole)?;
            if short * 5 >= all * 4 {
                tell(SHORT, short, theft.short, segment, report);
            }
        }
        if theft.templated > 0 {
            let (head, tail) = skeletons(text);
            let kinds = unique("heads", &head)?.min(unique("tails", &tail)?);
            // Those that are like another one. Among what people ask, up to a half begin alike.
            let alike = all.saturating_sub(kinds);
            if alike * 4 >= all * 3 {
                tell(TEMPLATED, alike, theft.templated, segment, report);
            }
        }
        if theft.sequential > 0
            && let Some((rest, number)) = numbered(text)
        {
            let member = |number: u64| [rest.as_slice(), &number.to_le_bytes()].concat();
            let numbers = unique("numbers", &member(number))?;
            // Each number and the next: of numbers in a row all but one are there already.
            unique("steps", &member(number))?;
            let steps = unique("steps", &member(number + 1))?;
            let in_a_row = (2 * numbers).saturating_sub(steps);
            tell(SEQUENTIAL, in_a_row, theft.sequential, segment, report);
        }
        Ok(())
    }

    /// Counts a request that asks for more than an answer.
    pub(crate) fn harvest(
        &self,
        who: &str,
        call: &Call<'_>,
        report: &mut Report<'_>,
    ) -> Result<(), Error> {
        if self.theft.harvest == 0 || !asks_for_more(call.context) {
            return Ok(());
        }
        let count = counters::add(&format!("harvest/{who}"), 1, self.theft.window.0)?;
        if let Some(segment) = call.segments.first() {
            tell(HARVEST, count, self.theft.harvest, segment, report);
        }
        Ok(())
    }
}

/// Whether the request asks for log probabilities, biases tokens, or wants a sample of answers.
pub(crate) fn asks_for_more(context: &Context) -> bool {
    let number = |name: &str| {
        let value = context.attribute(name)?;
        value.parse::<u64>().ok()
    };
    context.attribute("request.logprobs") == Some("true")
        || number("request.top_logprobs").is_some_and(|count| count > 0)
        || number("request.logit_bias").is_some_and(|tokens| tokens > 0)
        || number("request.n").is_some_and(|answers| answers >= SAMPLES)
}

/// Tells of a count that has come to what is allowed.
fn tell(rule: &str, count: u64, most: u64, segment: &Segment, report: &mut Report<'_>) {
    if most == 0 || count < most {
        return;
    }
    report
        .finding(rule, segment)
        .confidence(confidence(count, most))
        .message(format!("{count}, of which {most} are a reason to look"))
        .attribute("count", count.to_string());
}

/// 0.5 at the limit, 0.65 at twice, 0.8 at four times as much, 0.9 from eight times on.
fn confidence(count: u64, most: u64) -> f64 {
    let ratio = count as f64 / most as f64;
    match ratio {
        ..2.0 => 0.5 + 0.15 * (ratio - 1.0),
        2.0..4.0 => 0.65 + 0.075 * (ratio - 2.0),
        4.0..8.0 => 0.8 + 0.025 * (ratio - 4.0),
        _ => 0.9,
    }
}
