//! A streamed answer: windows in, releases out, decided as it goes.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use caponier_core::{
    Action, Coverage, Decision, Exchange, FaultRecord, Finding, Gap, Release, Segment, SegmentEdit,
    Stage, Stream, StreamLimits, ToolCall,
};
use caponier_rego::Phase;

use crate::evaluate::{Outcome, matched, merge, merge_would};
use crate::policy::{DenialKind, Guests, Judgement, Matter, Policy, RoutePlan, Timings};

/// A streamed answer under inspection.
#[derive(Debug)]
pub struct StreamRun {
    stream: Stream,
    /// Bytes that came since the last step.
    fresh: usize,
    tool_calls: Vec<ToolCall>,
    /// How many of them the rules have been asked about.
    judged_calls: usize,
    gaps: Vec<Gap>,
    ended: bool,
    concluded: bool,
    decision: Decision,
    would: Option<Box<Decision>>,
    kind: DenialKind,
    findings: Vec<Finding>,
    coverage: Coverage,
    /// Segments that some step covered, with their bytes.
    covered: BTreeMap<u32, u64>,
    faults: Vec<FaultRecord>,
    timings: Timings,
    rego: Duration,
    elapsed: Duration,
}

/// What became certain with one step.
#[derive(Debug, Default)]
pub struct Step {
    /// How far each channel may go out.
    pub releases: Vec<Release>,
    /// What is to be changed in what goes out.
    pub edits: Vec<SegmentEdit>,
    /// The denial, from the step on that denied: nothing more goes out.
    pub denied: Option<Decision>,
    /// What kind of denial.
    pub kind: DenialKind,
    /// Findings that became final with this step.
    pub findings: Vec<Finding>,
    /// The windows that were inspected.
    windows: Vec<Segment>,
}

impl Step {
    /// The text that a finding of this step is about, for digests.
    pub fn matched(&self, finding: &Finding) -> Option<&str> {
        self.windows
            .iter()
            .filter(|window| window.id == finding.segment)
            .find_map(|window| matched(window, finding))
    }
}

impl StreamRun {
    /// A new channel.
    pub fn open(&mut self, segment: Segment) {
        self.stream.open(segment);
    }

    /// More text of a channel.
    ///
    /// # Errors
    /// The segment's id, where that channel is not open.
    pub fn text(&mut self, segment: u32, text: &str) -> Result<(), u32> {
        self.fresh += text.len();
        self.stream.push(segment, text)
    }

    /// A channel has come to its end.
    pub fn close(&mut self, segment: u32) {
        self.stream.close(segment);
    }

    /// A tool call is complete.
    pub fn tool_call(&mut self, call: ToolCall) {
        self.tool_calls.push(call);
    }

    /// Something in the stream is not text, or was not recognised.
    pub fn gap(&mut self, gap: Gap) {
        // A part that comes with every event is one gap, not thousands.
        if !self.coverage.gaps.contains(&gap) && !self.gaps.contains(&gap) {
            self.gaps.push(gap);
        }
    }

    /// The answer is complete.
    pub fn end(&mut self) {
        self.ended = true;
        self.stream.close_all();
    }

    /// Bytes that the next step will have to look at, about.
    pub fn pending_bytes(&self) -> usize {
        self.fresh + self.stream.held()
    }

    /// Bytes that are held.
    pub fn held(&self) -> usize {
        self.stream.held()
    }
}

impl<G: Guests> Policy<G> {
    /// Begins the inspection of a streamed answer.
    pub fn open_stream(&self, plan: &RoutePlan, exchange: &mut Exchange) -> StreamRun {
        exchange.enter(Stage::Output);
        let window = plan
            .plugins
            .iter()
            .filter_map(|index| self.specs.get(*index))
            .filter(|spec| spec.stages.contains(&Stage::Output))
            .map(|spec| spec.manifest.largest_window())
            .max()
            .unwrap_or(0);
        let hold = usize::try_from(self.limits.hold).unwrap_or(usize::MAX);
        StreamRun {
            stream: Stream::new(StreamLimits { hold, window }),
            fresh: 0,
            tool_calls: Vec::new(),
            judged_calls: 0,
            gaps: Vec::new(),
            ended: false,
            concluded: false,
            decision: Decision::new(Action::Allow, ""),
            would: None,
            kind: DenialKind::Content,
            findings: Vec::new(),
            coverage: Coverage::default(),
            covered: BTreeMap::new(),
            faults: Vec::new(),
            timings: Vec::new(),
            rego: Duration::ZERO,
            elapsed: Duration::ZERO,
        }
    }

    /// Looks at what has come, decides on what became final, and says what may go out.
    ///
    /// A denial is sticky: every later step denies too. With the step that follows
    /// [`StreamRun::end`] the rules are asked for the last time, before the last text goes out.
    pub fn step(&self, plan: &RoutePlan, exchange: &mut Exchange, run: &mut StreamRun) -> Step {
        let started = Instant::now();
        run.fresh = 0;
        let mut step = Step::default();
        if run.decision.action != Action::Deny {
            self.advance(plan, exchange, run, &mut step);
        }
        if run.decision.action == Action::Deny {
            step.releases.clear();
            step.edits.clear();
            step.denied = Some(run.decision.clone());
            step.kind = run.kind;
        }
        run.elapsed += started.elapsed();
        step
    }

    fn advance(
        &self,
        plan: &RoutePlan,
        exchange: &mut Exchange,
        run: &mut StreamRun,
        step: &mut Step,
    ) {
        let windows = run.stream.windows();
        let mut coverage = Coverage {
            gaps: std::mem::take(&mut run.gaps),
            ..Coverage::default()
        };
        let mut faults = Vec::new();
        let mut edits = Vec::new();
        let mut exceeded = false;
        if !windows.is_empty() {
            let (mut report, windows) = self.inspect(plan, exchange, windows, &mut run.timings);
            exchange.keep_states(&mut report);
            let mut settled = run.stream.settle(&windows, &report);
            exchange.admit(&mut settled.findings);
            run.cover(&windows, &report.coverage);
            coverage.skipped = report.coverage.skipped;
            faults = report.faults;
            edits = settled.edits;
            exceeded = settled.exceeded;
            step.findings = settled.findings;
            step.releases = settled.releases;
            step.windows = windows;
        }
        // An edit that the rules may refuse and a tool call that they may deny are news, too.
        let has_news = !step.findings.is_empty()
            || !edits.is_empty()
            || run.tool_calls.len() > run.judged_calls
            || !faults.is_empty()
            || !coverage.gaps.is_empty()
            || !coverage.skipped.is_empty();
        run.coverage.absorb(coverage.clone());
        for fault in &faults {
            if !run.faults.contains(fault) {
                run.faults.push(fault.clone());
            }
        }
        run.findings.extend_from_slice(&step.findings);
        let mut redact = Vec::new();
        if has_news {
            run.judged_calls = run.tool_calls.len();
            let tool_calls = run.tool_calls.clone();
            let matter = Matter {
                phase: Phase::Findings,
                segments: &step.windows,
                findings: &step.findings,
                edits: &edits,
                coverage: &coverage,
                faults: &faults,
                tool_calls: &tool_calls,
            };
            let decision = self.ask_for(exchange, &matter, run);
            redact = self.redacted(Stage::Output, &decision, &step.findings, &step.windows);
            edits.retain(|edit| {
                !decision
                    .refuse_edits
                    .iter()
                    .any(|plugin| **plugin == *edit.plugin)
            });
            if !decision.drop.is_empty() {
                run.deny(exchange, "a part of a stream cannot be dropped");
            }
        }
        if exceeded {
            run.deny(
                exchange,
                "more text would have to be held than limits.hold allows",
            );
        }
        let planned = caponier_core::plan(redact, &edits, &step.windows);
        if !planned.impossible.is_empty() {
            let reason = format!(
                "{} cannot be redacted: its text is read-only or has gone out",
                planned.impossible.join(", ")
            );
            run.deny(exchange, &reason);
        }
        step.edits = planned.edits;
        if run.ended && !run.concluded && run.decision.action != Action::Deny {
            run.concluded = true;
            let coverage = run.total_coverage();
            let findings = run.findings.clone();
            let faults = run.faults.clone();
            let tool_calls = run.tool_calls.clone();
            let matter = Matter {
                phase: Phase::End,
                segments: &step.windows,
                findings: &findings,
                edits: &[],
                coverage: &coverage,
                faults: &faults,
                tool_calls: &tool_calls,
            };
            self.ask_for(exchange, &matter, run);
        }
    }

    fn ask_for(
        &self,
        exchange: &mut Exchange,
        matter: &Matter<'_>,
        run: &mut StreamRun,
    ) -> Decision {
        let started = Instant::now();
        let Judgement {
            decision,
            would,
            kind,
        } = self.judge(exchange, matter);
        exchange.conclude(&decision);
        if decision.action == Action::Deny {
            run.kind = kind;
        }
        merge(&mut run.decision, decision.clone());
        merge_would(&mut run.would, would);
        run.rego += started.elapsed();
        decision
    }

    /// What came of the stream as a whole, for the audit log. Text that is still held counts as
    /// discarded.
    pub fn finish(&self, run: StreamRun) -> Outcome {
        let mut coverage = run.total_coverage();
        if run.stream.held() > 0 {
            coverage.gaps.push(Gap {
                kind: caponier_core::GapKind::Discarded,
                place: "stream".to_owned(),
            });
        }
        Outcome {
            stage: Stage::Output,
            decision: run.decision,
            would: run.would,
            kind: run.kind,
            findings: run.findings,
            edits: Vec::new(),
            dropped: Vec::new(),
            coverage,
            faults: run.faults,
            segments: Vec::new(),
            timings: run.timings,
            rego: run.rego,
            elapsed: run.elapsed,
        }
    }
}

impl StreamRun {
    fn deny(&mut self, exchange: &mut Exchange, reason: &str) {
        let decision = Decision::new(Action::Deny, reason);
        exchange.conclude(&decision);
        self.kind = DenialKind::Content;
        merge(&mut self.decision, decision);
    }

    /// Counts every byte of a channel once, however often its window was looked at.
    fn cover(&mut self, windows: &[Segment], coverage: &Coverage) {
        for window in windows {
            if window.is_read_only() && window.kind != caponier_core::Kind::Structured {
                continue;
            }
            if coverage.unscanned.contains(&window.id) {
                if !self.coverage.unscanned.contains(&window.id)
                    && !self.covered.contains_key(&window.id)
                    && !window.is_read_only()
                {
                    self.coverage.unscanned.push(window.id);
                }
            } else {
                self.covered
                    .insert(window.id, window.offset + window.text.len() as u64);
            }
        }
    }

    fn total_coverage(&self) -> Coverage {
        let mut coverage = self.coverage.clone();
        coverage.scanned = self.covered.len() as u64;
        coverage.bytes = self.covered.values().sum();
        coverage
            .unscanned
            .retain(|segment| !self.covered.contains_key(segment));
        coverage
    }
}
