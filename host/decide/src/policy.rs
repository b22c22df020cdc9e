//! What a revision decides with: plugins, rules, limits. Immutable; all of it is CPU work.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use caponier_config::{Limits, OverLimit};
use caponier_core::{
    Action, AppliedEdit, Chain, Context, Coverage, Decision, Exchange, Fault, FaultRecord, Finding,
    Mode, PluginSpec, Plugins, Report, RequestFacts, Role, Segment, Stage, StageReport, ToolCall,
};
use caponier_rego::{Bundle, BundleError, Evaluator, Input, Phase, Place, View};
use parking_lot::Mutex;

/// One call of a plugin.
#[derive(Clone, Copy, Debug)]
pub struct GuestCall<'a> {
    /// Its number in the revision's list of plugins.
    pub plugin: usize,
    /// What it is told of the exchange.
    pub context: &'a Context,
    /// What it is shown.
    pub segments: &'a [&'a Segment],
    /// What it handed back at its last call in this exchange.
    pub state: &'a [u8],
    /// Roles of which one has to be among what it is still to be shown. None: it is called anyway.
    pub roles: &'a [Role],
    /// Whether these segments are whole and the first look at them: what it says of them may then
    /// be known from before, as far as its scope allows.
    pub is_reusable: bool,
}

/// How a host calls plugins.
pub trait Guests {
    /// What the host keeps from one call to the next while a stage, or a window of a stream, goes
    /// through the chain.
    type Memo: Default;

    /// Calls one plugin.
    ///
    /// # Errors
    /// How it failed. Nothing of what it may have said counts then.
    fn inspect(&self, call: &GuestCall<'_>, memo: &mut Self::Memo) -> Result<Report, Fault>;

    /// For each segment, the plugins that may find something in it, as `look` tells. A host that knows a
    /// segment from before need not look.
    fn concerned(
        &self,
        _context: &Context,
        segments: &[Segment],
        _wanted: u64,
        look: impl Fn(&Segment) -> u64,
        _memo: &mut Self::Memo,
    ) -> Vec<u64> {
        segments.iter().map(look).collect()
    }

    /// Keeps what was learnt for later stages, once all plugins were called.
    fn finish(&self, _memo: Self::Memo) {}
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

/// What a policy is made of.
pub struct Parts<G> {
    /// How plugins are called.
    pub guests: G,
    /// What the chain knows of each plugin, in chain order.
    pub specs: Vec<Arc<PluginSpec>>,
    /// The rules.
    pub bundle: Bundle,
    /// How much is inspected.
    pub limits: Limits,
    /// Whether it acts.
    pub mode: Mode,
    /// Whether rules see text.
    pub expose_text: bool,
    /// Evaluators of the rules to begin with: as many as threads may ask at a time.
    pub evaluators: usize,
}

/// What a revision decides with.
pub struct Policy<G> {
    pub(crate) guests: G,
    pub(crate) specs: Plugins,
    pub(crate) bundle: Bundle,
    #[expect(
        clippy::vec_box,
        reason = "an evaluator is large, and moves in and out"
    )]
    pub(crate) evaluators: Mutex<Vec<Box<Evaluator>>>,
    pub(crate) limits: Limits,
    pub(crate) mode: Mode,
    pub(crate) expose_text: bool,
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
    pub(crate) would: Option<Box<Decision>>,
    pub(crate) kind: DenialKind,
}

impl<G: Guests> Policy<G> {
    /// Makes the rules ready.
    ///
    /// # Errors
    /// Rules that do not work.
    pub fn new(parts: Parts<G>) -> Result<Self, BundleError> {
        let policy = Self {
            guests: parts.guests,
            specs: Plugins::new(parts.specs),
            bundle: parts.bundle,
            evaluators: Mutex::new(Vec::new()),
            limits: parts.limits,
            mode: parts.mode,
            expose_text: parts.expose_text,
        };
        let evaluators: Result<Vec<_>, _> = (0..parts.evaluators.max(1))
            .map(|_| policy.new_evaluator())
            .collect();
        *policy.evaluators.lock() = evaluators?;
        Ok(policy)
    }

    /// How its plugins are called.
    pub fn guests(&self) -> &G {
        &self.guests
    }

    /// What the chain knows of each plugin, in chain order.
    pub fn specs(&self) -> &[Arc<PluginSpec>] {
        &self.specs
    }

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

    /// A new exchange. What of its request tells of somebody who wants the model itself is among its
    /// attributes: `request.logprobs`, `request.top_logprobs` and `request.n`, where they are asked for.
    pub fn exchange(&self, mut context: Context, facts: RequestFacts) -> Exchange {
        let asked = [
            (
                "request.logprobs",
                facts.logprobs.then(|| "true".to_owned()),
            ),
            (
                "request.top_logprobs",
                facts.top_logprobs.map(|count| count.to_string()),
            ),
            ("request.n", facts.n.map(|count| count.to_string())),
        ];
        for (name, value) in asked {
            let pair = value.map(|value| (name.to_owned(), value));
            context.attributes.extend(pair);
        }
        Exchange::new(context, facts, self.specs.len())
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
        let stage = exchange.context.stage;
        let mut memo = G::Memo::default();
        let wanted = self.specs.looked_for(&plan.plugins, stage);
        let concerned = if wanted == 0 {
            vec![0; segments.len()]
        } else {
            let look = |segment: &Segment| self.specs.concerned(segment, stage, wanted);
            self.guests
                .concerned(&exchange.context, &segments, wanted, look, &mut memo)
        };
        let mut chain = Chain::new(&self.specs, &plan.plugins, stage, segments)
            .with_states(|plugin| !exchange.state(plugin).is_empty())
            .with_concerned(concerned);
        let mut now = Instant::now();
        while let Some(call) = chain.next() {
            let index = call.plugin;
            let Some(spec) = self.specs.get(index) else {
                continue;
            };
            let is_reusable = call.keeps_state
                && call
                    .segments
                    .iter()
                    .all(|segment| !segment.open && segment.offset == 0);
            let guest = GuestCall {
                plugin: index,
                context: &exchange.context,
                segments: &call.segments,
                state: call.state.unwrap_or_else(|| exchange.state(index)),
                roles: self.specs.roles(index, stage),
                is_reusable,
            };
            let result = self.guests.inspect(&guest, &mut memo);
            chain.record(index, result);
            let ended = Instant::now();
            add_time(timings, &spec.manifest.name, ended - now);
            now = ended;
        }
        self.guests.finish(memo);
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

    /// Asks Rego, twice where something only monitors, and holds its answer against what the
    /// operator said of faults.
    pub(crate) fn judge(&self, exchange: &Exchange, matter: &Matter<'_>) -> Judgement {
        let monitored = self.mode == Mode::Monitor
            || matter.findings.iter().any(|finding| finding.monitor)
            || matter.faults.iter().any(|fault| fault.monitor);
        let would = monitored.then(|| Box::new(self.ask(exchange, matter, View::Would).0));
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

    fn new_evaluator(&self) -> Result<Box<Evaluator>, BundleError> {
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
        let named = decision.redact.as_ref();
        let named: Option<HashSet<&str>> =
            named.map(|ids| ids.iter().map(String::as_str).collect());
        let chosen = |finding: &&Finding| match &named {
            Some(ids) => ids.contains(finding.id.as_str()),
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

impl<G> std::fmt::Debug for Policy<G> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Policy")
            .field("plugins", &self.specs.len())
            .field("mode", &self.mode)
            .finish_non_exhaustive()
    }
}
