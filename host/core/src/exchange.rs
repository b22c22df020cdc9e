//! One request and its response, from the first stage to the last.

use std::collections::BTreeMap;

use zeroize::Zeroizing;

use crate::{Action, Context, Decision, Finding, RequestFacts, StageReport, Usage};

/// What an exchange carries from stage to stage.
#[derive(Clone)]
pub struct Exchange {
    /// Who, what and when.
    pub context: Context,
    /// What was asked of the model.
    pub facts: RequestFacts,
    /// What it has cost.
    pub usage: Usage,
    /// Findings of the stages before this one.
    pub prior: Vec<Finding>,
    /// Findings of this stage so far.
    pub current: Vec<Finding>,
    /// Labels that decisions gave it.
    pub labels: BTreeMap<String, String>,
    /// The strongest action so far.
    pub action: Action,
    /// The decision that denied it. A denial is sticky.
    pub denial: Option<Decision>,
    /// What each plugin wants back at its next call. Wiped when the exchange ends.
    pub states: Vec<Zeroizing<Vec<u8>>>,
    /// How many findings have been given an id.
    pub numbered: u64,
}

impl Exchange {
    /// An exchange about to begin, with `plugins` plugins in the revision.
    pub fn new(context: Context, facts: RequestFacts, plugins: usize) -> Self {
        Self {
            context,
            facts,
            usage: Usage::default(),
            prior: Vec::new(),
            current: Vec::new(),
            labels: BTreeMap::new(),
            action: Action::Allow,
            denial: None,
            states: vec![Zeroizing::new(Vec::new()); plugins],
            numbered: 0,
        }
    }

    /// What plugin number `plugin` wants back.
    pub fn state(&self, plugin: usize) -> &[u8] {
        self.states
            .get(plugin)
            .map_or(&[], |state| state.as_slice())
    }

    /// Keeps what the plugins want back.
    pub fn keep_states(&mut self, report: &mut StageReport) {
        for (plugin, bytes) in report.states.drain(..) {
            if let Some(state) = self.states.get_mut(plugin) {
                *state = Zeroizing::new(bytes);
            }
        }
    }

    /// Gives final findings their ids, and remembers them.
    pub fn admit(&mut self, findings: &mut [Finding]) {
        for finding in findings.iter_mut() {
            self.numbered += 1;
            finding.id = format!("f{}", self.numbered);
        }
        self.current.extend_from_slice(findings);
    }

    /// Moves on to another stage: what was current is now prior.
    pub fn enter(&mut self, stage: crate::Stage) {
        self.context.stage = stage;
        self.prior.append(&mut self.current);
    }

    /// Takes a decision in: actions only get stronger, and a denial stays.
    pub fn conclude(&mut self, decision: &Decision) {
        self.action = self.action.max(decision.action);
        self.labels.extend(decision.labels.clone());
        if decision.action == Action::Deny && self.denial.is_none() {
            self.denial = Some(decision.clone());
        }
    }
}

/// Shows no state and no finding's words.
impl std::fmt::Debug for Exchange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Exchange")
            .field("id", &self.context.exchange)
            .field("stage", &self.context.stage)
            .field("action", &self.action)
            .field("findings", &self.numbered)
            .finish_non_exhaustive()
    }
}
