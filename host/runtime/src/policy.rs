//! What a revision decides with: plugins, rules, limits. Immutable; all of it is CPU work.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use caponier_component::Plugin;
use caponier_config::{Limits, OverLimit};
use caponier_core::{
    Action, AppliedEdit, Chain, Context, Coverage, Decision, Exchange, Fault, FaultRecord, Finding,
    Mode, PluginSpec, Report, RequestFacts, Scope, Segment, Stage, StageReport, ToolCall,
};
use caponier_rego::{Bundle, Evaluator, Input, Phase, Place, View};
use parking_lot::Mutex;

use crate::findings::{self, Findings};
use crate::seal::{SealError, Sealer};

/// One plugin of a revision.
pub struct Loaded {
    /// What the sandbox runs.
    pub plugin: Plugin,
    /// What the chain knows of it.
    pub spec: Arc<PluginSpec>,
    /// Where it came from.
    pub source: String,
    /// Digest over component, settings, data and grants: what was found under one is not reused
    /// under another.
    pub(crate) identity: findings::Key,
}

/// Which plugins a route runs, in chain order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoutePlan {
    pub(crate) plugins: Vec<usize>,
}

/// What kind of thing a denial is: it gives the HTTP status where the decision names none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DenialKind {
    /// What was said.
    #[default]
    Content,
    /// Who said it, or what was asked for.
    Access,
    /// More text than the limits allow.
    Size,
    /// A fault of ours: a plugin that failed, a rule that gave no decision.
    Fault,
}

/// How long something took, by plugin name.
pub type Timings = Vec<(Arc<str>, Duration)>;

/// What a revision decides with.
pub struct Policy {
    pub(crate) plugins: Vec<Arc<Loaded>>,
    pub(crate) specs: Vec<Arc<PluginSpec>>,
    pub(crate) bundle: Bundle,
        #[expect(clippy::vec_box, reason = "an evaluator is large, and moves in and out")]
    pub(crate) evaluators: Mutex<Vec<Box<Evaluator>>>,
    pub(crate) limits: Limits,
    pub(crate) mode: Mode,
    pub(crate) expose_text: bool,
    pub(crate) known: Arc<Findings>,
    pub(crate) sealer: Sealer,
}

/// What is judged.
pub(crate) struct Matter<'a> {
    pub(crate) phase: Phase,
    pub(crate) segments: &'a [Segment],
    pub(crate) findings: &'a [Finding],
    pub(crate) edits: &'a [AppliedEdit],
    pub(crate) coverage: &'a Coverage,
    pub(crate) faults: &'a [FaultRecord],
    pub(crate) tool_calls: &'a [ToolCall],
}

/// What was made of it.
pub(crate) struct Judgement {
    pub(crate) decision: Decision,
    pub(crate) would: Option<Decision>,
    pub(crate) kind: DenialKind,
}

impl Policy {
    /// The plugins of a route by name, in chain order; `None` means all of them. Names that the
    /// revision does not know were refused when it was built.
    pub fn route(&self, names: Option<&[String]>) -> RoutePlan {
        let plugins = (0..self.specs.len())
            .filter(|index| {
                let name = self.specs.get(*index).map(|spec| &*spec.manifest.name);
                names.is_none_or(|names| names.iter().any(|wanted| Some(wanted.as_str()) == name))
            })
            .collect();
        RoutePlan { plugins }
    }

    /// A new exchange.
    pub fn exchange(&self, context: Context, facts: RequestFacts) -> Exchange {
        Exchange::new(context, facts, self.specs.len())
    }

    /// The plugins, in chain order.
    pub fn plugins(&self) -> impl Iterator<Item = &Loaded> {
        self.plugins.iter().map(Arc::as_ref)
    }

    /// Makes a text of an exchange that only this revision of this process can read.
    ///
    /// # Errors
    /// [`SealError::Failed`], where the system gives no randomness.
    pub fn seal(&self, exchange: &Exchange) -> Result<String, SealError> {
        self.sealer.seal(exchange)
    }

    /// The exchange in a text that [`Policy::seal`] made.
    ///
    /// # Errors
    /// [`SealError::Foreign`] for any other text.
    pub fn unseal(&self, state: &str) -> Result<Exchange, SealError> {
        self.sealer.open(state)
    }

    /// The limits it works under.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// What the `actions:` table makes of a finding: [`Action::Allow`] below its thresholds.
    pub fn action_of(&self, stage: Stage, finding: &Finding, segments: &[Segment]) -> Action {
        self.bundle
            .actions()
            .resolve(finding, Place::of(stage, finding, segments))
            .action
    }

    /// Runs the plugins of `plan` over `segments` in the exchange's stage.
    pub(crate) fn inspect(
        &self,
        plan: &RoutePlan,
        exchange: &Exchange,
        segments: Vec<Segment>,
        timings: &mut Timings,
    ) -> (StageReport, Vec<Segment>) {
        let mut chain = Chain::new(&self.specs, &plan.plugins, exchange.context.stage, segments);
        let mut digests: HashMap<u32, findings::Key> = HashMap::new();
        while let Some(call) = chain.next() {
            let index = call.plugin;
            let Some(loaded) = self.plugins.get(index) else {
                continue;
            };
            let started = Instant::now();
            let reusable = call.keeps_state && loaded.spec.manifest.scope == Scope::Segment;
            let result = if reusable
                && call
                    .segments
                    .iter()
                    .all(|segment| !segment.open && segment.offset == 0)
            {
                self.call_reusing(
                    loaded,
                    exchange,
                    &call.segments,
                    exchange.state(index),
                    &mut digests,
                )
            } else {
                loaded
                    .plugin
                    .inspect(&exchange.context, &call.segments, exchange.state(index))
            };
            chain.record(index, result);
            add_time(timings, &loaded.spec.manifest.name, started.elapsed());
        }
        let (mut report, segments) = chain.finish();
        self.bundle.actions().mark(&mut report.findings);
        if self.mode == Mode::Monitor {
            report
                .findings
                .iter_mut()
                .for_each(|finding| finding.monitor = true);
            report
                .faults
                .iter_mut()
                .for_each(|fault| fault.monitor = true);
            report.edits.clear();
            report.holds.clear();
        }
        (report, segments)
    }

    /// Calls a plugin for the segments it has not seen before, and adds what it said of the others.
    fn call_reusing(
        &self,
        loaded: &Loaded,
        exchange: &Exchange,
        segments: &[&Segment],
        state: &[u8],
        digests: &mut HashMap<u32, findings::Key>,
    ) -> Result<Report, Fault> {
        let mut known = Vec::new();
        let mut fresh = Vec::new();
        for segment in segments {
            let digest = *digests
                .entry(segment.id)
                .or_insert_with(|| findings::digest(segment));
            let key = findings::key(&loaded.identity, &digest);
            match self.known.get(&key) {
                Some(found) => known.push((segment.id, found)),
                None => fresh.push((key, *segment)),
            }
        }
        let mut report = if fresh.is_empty() {
            Report::default()
        } else {
            let shown: Vec<&Segment> = fresh.iter().map(|(_, segment)| *segment).collect();
            let report = loaded.plugin.inspect(&exchange.context, &shown, state)?;
            for (key, segment) in fresh {
                self.known.keep(key, segment.id, &report);
            }
            report
        };
        for (segment, found) in known {
            found.tell(segment, &mut report);
        }
        Ok(report)
    }

    /// Asks Rego, twice where something only monitors, and holds its answer against what the
    /// operator said of faults.
    pub(crate) fn judge(&self, exchange: &Exchange, matter: &Matter<'_>) -> Judgement {
        let monitored = self.mode == Mode::Monitor
            || matter.findings.iter().any(|finding| finding.monitor)
            || matter.faults.iter().any(|fault| fault.monitor);
        let would = monitored.then(|| self.ask(exchange, matter, View::Would).0);
        if self.mode == Mode::Monitor {
            let decision = Decision::new(Action::Allow, "this revision only monitors");
            return Judgement {
                decision,
                would,
                kind: DenialKind::Content,
            };
        }
        let (mut decision, mut kind) = self.ask(exchange, matter, View::Applied);
        let failed = matter
            .faults
            .iter()
            .find(|fault| !fault.tolerated && !fault.monitor);
        if let Some(failed) = failed {
            kind = DenialKind::Fault;
            if decision.action != Action::Deny {
                decision.action = Action::Deny;
                decision.reason = format!("plugin {} failed: {}", failed.plugin, failed.fault.kind);
            }
        }
        Judgement {
            decision,
            would,
            kind,
        }
    }

    fn ask(&self, exchange: &Exchange, matter: &Matter<'_>, view: View) -> (Decision, DenialKind) {
        let input = Input {
            phase: matter.phase,
            view,
            context: &exchange.context,
            request: &exchange.facts,
            tool_calls: matter.tool_calls,
            segments: matter.segments,
            findings: matter.findings,
            edits: matter.edits,
            prior: &exchange.prior,
            labels: &exchange.labels,
            coverage: matter.coverage,
            faults: matter.faults,
            usage: &exchange.usage,
            expose_text: self.expose_text,
        };
        if let Some(decision) = self.bundle.without_asking(&input) {
            return (decision, DenialKind::Content);
        }
        let spare = self.evaluators.lock().pop();
        let mut evaluator = match spare.map_or_else(|| self.new_evaluator(), Ok) {
            Ok(evaluator) => evaluator,
            Err(error) => {
                tracing::error!(%error, "no evaluator");
                return (
                    fault_denial("the rules cannot be evaluated"),
                    DenialKind::Fault,
                );
            }
        };
        let answer = match evaluator.decide(&input) {
            Ok(decision) => {
                let kind = match decision.status {
                    Some(403) => DenialKind::Access,
                    _ => DenialKind::Content,
                };
                (decision, kind)
            }
            Err(error) => {
                tracing::error!(phase = matter.phase.as_str(), %error, "no decision");
                (error.as_denial(), DenialKind::Fault)
            }
        };
        self.evaluators.lock().push(evaluator);
        answer
    }

    pub(crate) fn new_evaluator(&self) -> Result<Box<Evaluator>, caponier_rego::BundleError> {
        let mut evaluator = self.bundle.evaluator()?;
        evaluator.set_time_limit(self.limits.rego);
        Ok(Box::new(evaluator))
    }

    /// Of the findings, those that the decision redacts.
    pub(crate) fn redacted<'f>(
        &self,
        stage: Stage,
        decision: &Decision,
        findings: &'f [Finding],
        segments: &[Segment],
    ) -> Vec<&'f Finding> {
        let chosen = |finding: &&Finding| match &decision.redact {
            Some(ids) => ids.contains(&finding.id),
            None => {
                decision.action == Action::Redact
                    && self.action_of(stage, finding, segments) == Action::Redact
            }
        };
        findings
            .iter()
            .filter(|finding| !finding.monitor)
            .filter(chosen)
            .collect()
    }

    /// Whether `bytes` of text in `segments` segments are more than a stage may have, and that is
    /// to be refused.
    pub(crate) fn oversize(&self, bytes: u64, segments: usize) -> Option<OverLimit> {
        (bytes > self.limits.text || segments > self.limits.segments)
            .then_some(self.limits.over_limit)
    }
}

/// A denial for a fault of ours.
pub(crate) fn fault_denial(reason: &str) -> Decision {
    Decision {
        status: Some(503),
        ..Decision::new(Action::Deny, reason)
    }
}

pub(crate) fn add_time(timings: &mut Timings, name: &Arc<str>, time: Duration) {
    match timings.iter_mut().find(|(known, _)| known == name) {
        Some((_, sum)) => *sum += time,
        None => timings.push((Arc::clone(name), time)),
    }
}

impl std::fmt::Debug for Policy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Policy")
            .field("plugins", &self.specs.len())
            .field("mode", &self.mode)
            .finish_non_exhaustive()
    }
}
