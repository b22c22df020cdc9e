//! One whole stage: inspect, decide, plan the edits.

use std::sync::Arc;
use std::time::{Duration, Instant};

use caponier_config::OverLimit;
use caponier_core::{
    Action, AppliedEdit, Coverage, Decision, Exchange, FaultRecord, Finding, Gap, GapKind, Segment,
    SegmentEdit, Stage, StageReport, ToolCall, plan,
};
use caponier_rego::Phase;

use crate::policy::{DenialKind, Guests, Judgement, Matter, Policy, RoutePlan, Timings};

/// What a stage consists of.
#[derive(Debug)]
pub struct StageInput {
    /// Which stage.
    pub stage: Stage,
    /// Its texts.
    pub segments: Vec<Segment>,
    /// Parts of it that are not text, or were not recognised.
    pub gaps: Vec<Gap>,
    /// Tool calls in it.
    pub tool_calls: Vec<ToolCall>,
}

/// What came of a stage.
#[derive(Debug)]
pub struct Outcome {
    /// Which stage.
    pub stage: Stage,
    /// The decision that is applied.
    pub decision: Decision,
    /// The decision with what only monitors; `None` where nothing does.
    pub would: Option<Box<Decision>>,
    /// What kind of denial it is, if it is one.
    pub kind: DenialKind,
    /// What was found. Each has its id.
    pub findings: Vec<Finding>,
    /// What is to be changed; no two overlap. Empty where it is denied.
    pub edits: Vec<SegmentEdit>,
    /// Segments to drop.
    pub dropped: Vec<u32>,
    /// What was looked at.
    pub coverage: Coverage,
    /// Which plugins failed.
    pub faults: Vec<FaultRecord>,
    /// The segments that went in.
    pub segments: Vec<Segment>,
    /// Time of each plugin that was called.
    pub timings: Timings,
    /// Time of the rules.
    pub rego: Duration,
    /// Time of it all.
    pub elapsed: Duration,
}

impl Outcome {
    /// The action that is applied.
    pub fn action(&self) -> Action {
        self.decision.action
    }

    /// The text that a finding is about, for digests; `None` where it is about no part of it.
    pub fn matched(&self, finding: &Finding) -> Option<&str> {
        let segment = self
            .segments
            .iter()
            .find(|segment| segment.id == finding.segment)?;
        matched(segment, finding)
    }
}

/// The text that a finding is about, within the window of its segment.
pub(crate) fn matched<'s>(segment: &'s Segment, finding: &Finding) -> Option<&'s str> {
    let offset = usize::try_from(segment.offset).ok()?;
    let span = finding.span?;
    segment
        .text
        .get(span.start.checked_sub(offset)?..span.end.checked_sub(offset)?)
}

impl<G: Guests> Policy<G> {
    /// Access rules, before anything is inspected.
    pub fn begin(&self, exchange: &mut Exchange) -> Outcome {
        let stage = exchange.context.stage;
        let input = StageInput {
            stage,
            segments: Vec::new(),
            gaps: Vec::new(),
            tool_calls: Vec::new(),
        };
        let started = Instant::now();
        let mut draft = Draft::new(input);
        let ended = self.decide(exchange, &mut draft, Phase::Begin, started);
        draft.outcome(ended - started)
    }

    /// Inspects and decides one stage. The exchange remembers what came of it.
    pub fn evaluate(
        &self,
        plan: &RoutePlan,
        exchange: &mut Exchange,
        input: StageInput,
    ) -> Outcome {
        let started = Instant::now();
        exchange.enter(input.stage);
        let mut draft = Draft::new(input);
        let bytes: u64 = draft
            .segments
            .iter()
            .map(|segment| segment.text.len() as u64)
            .sum();
        exchange.usage.segments += draft.segments.len() as u64;
        if let Some(denial) = &exchange.denial {
            draft.decision = denial.clone();
            return draft.outcome(started.elapsed());
        }
        match self.oversize(bytes, draft.segments.len()) {
            Some(over_limit) => self.skip(exchange, &mut draft, over_limit),
            None => {
                let segments = std::mem::take(&mut draft.segments);
                let (mut report, segments) =
                    self.inspect(plan, exchange, segments, &mut draft.timings);
                draft.segments = segments;
                exchange.keep_states(&mut report);
                // What was found before comes at another time, but gets the same id.
                let place = |finding: &Finding| (finding.order, finding.segment);
                report.findings.sort_by_key(place);
                exchange.admit(&mut report.findings);
                draft.take(report);
            }
        }
        let mut now = Instant::now();
        if draft.decision.action != Action::Deny && draft.has_news() {
            now = self.decide(exchange, &mut draft, Phase::Findings, now);
        }
        if draft.decision.action != Action::Deny {
            self.decide(exchange, &mut draft, Phase::End, now);
        }
        self.apply(exchange, &mut draft);
        draft.outcome(started.elapsed())
    }

    /// More text than may be inspected.
    fn skip(&self, exchange: &mut Exchange, draft: &mut Draft, over_limit: OverLimit) {
        draft.coverage.gaps.push(Gap {
            kind: GapKind::OverLimit,
            place: exchange.context.stage.to_string(),
        });
        draft
            .coverage
            .unscanned
            .extend(draft.segments.iter().map(|segment| segment.id));
        if over_limit == OverLimit::Deny {
            draft.decision = Decision::new(Action::Deny, "more text than the limits allow");
            draft.kind = DenialKind::Size;
            exchange.conclude(&draft.decision);
        }
    }

    /// Asks the rules in one phase, and adds the answer to what was decided before. It is `now`; gives
    /// the time when it was done.
    fn decide(
        &self,
        exchange: &mut Exchange,
        draft: &mut Draft,
        phase: Phase,
        now: Instant,
    ) -> Instant {
        let Judgement {
            decision,
            would,
            kind,
        } = self.judge(
            exchange,
            &Matter {
                phase,
                segments: &draft.segments,
                findings: &draft.findings,
                edits: &draft.asked,
                coverage: &draft.coverage,
                faults: &draft.faults,
                tool_calls: &draft.tool_calls,
            },
        );
        exchange.conclude(&decision);
        draft.kind = kind;
        merge(&mut draft.decision, decision);
        merge_would(&mut draft.would, would);
        let ended = Instant::now();
        draft.rego += ended - now;
        ended
    }

    /// Turns the decision into edits and drops.
    fn apply(&self, exchange: &mut Exchange, draft: &mut Draft) {
        if draft.decision.action == Action::Deny {
            return;
        }
        let stage = exchange.context.stage;
        let redact = self.redacted(stage, &draft.decision, &draft.findings, &draft.segments);
        let asked: Vec<AppliedEdit> = draft
            .asked
            .iter()
            .filter(|edit| {
                !draft
                    .decision
                    .refuse_edits
                    .iter()
                    .any(|plugin| **plugin == *edit.plugin)
            })
            .cloned()
            .collect();
        let dropped = &draft.decision.drop;
        let redact = redact
            .into_iter()
            .filter(|finding| !dropped.contains(&finding.segment));
        let planned = plan(redact, &asked, &draft.segments);
        if !planned.impossible.is_empty() {
            let reason = format!(
                "{} cannot be redacted: its text is read-only",
                planned.impossible.join(", ")
            );
            draft.decision = Decision::new(Action::Deny, reason);
            draft.kind = DenialKind::Content;
            exchange.conclude(&draft.decision);
            return;
        }
        draft.dropped = dropped.clone();
        draft.edits = planned.edits;
        draft
            .edits
            .retain(|edit| !draft.decision.drop.contains(&edit.segment));
    }
}

/// A later decision of the same stage on top of an earlier one: the stronger action counts, and
/// what either asks for is done.
pub(crate) fn merge(before: &mut Decision, now: Decision) {
    if now.action < before.action {
        let kept = std::mem::take(&mut before.reason);
        before.reason = if kept.is_empty() { now.reason } else { kept };
    } else {
        before.action = now.action;
        if !now.reason.is_empty() {
            before.reason = now.reason;
        }
        before.status = now.status.or(before.status);
    }
    before.redact = match (before.redact.take(), now.redact) {
        (Some(mut ids), Some(more)) => {
            ids.extend(
                more.into_iter()
                    .filter(|id| !ids.contains(id))
                    .collect::<Vec<_>>(),
            );
            Some(ids)
        }
        (ids, more) => ids.or(more),
    };
    before.drop.extend(now.drop);
    before.drop.sort_unstable();
    before.drop.dedup();
    before.refuse_edits.extend(now.refuse_edits);
    for (name, value) in now.set {
        before.set.retain(|(known, _)| *known != name);
        before.set.push((name, value));
    }
    before.unset.extend(now.unset);
    before.unset.sort_unstable();
    before.unset.dedup();
    before.labels.extend(now.labels);
}

/// The same of what the rules would have decided if nothing only monitored.
pub(crate) fn merge_would(before: &mut Option<Box<Decision>>, now: Option<Box<Decision>>) {
    match (before, now) {
        (Some(before), Some(now)) => merge(before, *now),
        (Some(_), None) => {}
        (before, now) => *before = now,
    }
}

/// A stage while it is being worked on.
struct Draft {
    stage: Stage,
    segments: Vec<Segment>,
    tool_calls: Vec<ToolCall>,
    findings: Vec<Finding>,
    asked: Vec<AppliedEdit>,
    coverage: Coverage,
    faults: Vec<FaultRecord>,
    decision: Decision,
    would: Option<Box<Decision>>,
    kind: DenialKind,
    edits: Vec<SegmentEdit>,
    dropped: Vec<u32>,
    timings: Vec<(Arc<str>, Duration)>,
    rego: Duration,
}

impl Draft {
    fn new(input: StageInput) -> Self {
        Self {
            stage: input.stage,
            segments: input.segments,
            tool_calls: input.tool_calls,
            findings: Vec::new(),
            asked: Vec::new(),
            coverage: Coverage {
                gaps: input.gaps,
                ..Coverage::default()
            },
            faults: Vec::new(),
            decision: Decision::new(Action::Allow, ""),
            would: None,
            kind: DenialKind::Content,
            edits: Vec::new(),
            dropped: Vec::new(),
            timings: Vec::new(),
            rego: Duration::ZERO,
        }
    }

    fn take(&mut self, report: StageReport) {
        self.findings = report.findings;
        self.asked = report.edits;
        self.coverage.absorb(report.coverage);
        self.faults = report.faults;
    }

    fn has_news(&self) -> bool {
        !self.findings.is_empty() || !self.faults.is_empty() || !self.coverage.is_complete()
    }

    fn outcome(self, elapsed: Duration) -> Outcome {
        Outcome {
            stage: self.stage,
            decision: self.decision,
            would: self.would,
            kind: self.kind,
            findings: self.findings,
            edits: self.edits,
            dropped: self.dropped,
            coverage: self.coverage,
            faults: self.faults,
            segments: self.segments,
            timings: self.timings,
            rego: self.rego,
            elapsed,
        }
    }
}
