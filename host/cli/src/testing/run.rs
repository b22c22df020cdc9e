//! One case through the policy.

use caponier_core::{Action, Exchange, Kind, Principal, Role, Segment, Stage};
use caponier_runtime::{Outcome, Policy};

use super::case::{Case, CaseSegment, Step};
use crate::evaluate::{edited, evaluate, exchange, usual_kind, usual_role};

/// What was not as expected.
pub(crate) fn run(policy: &Policy, case: &Case) -> anyhow::Result<Vec<String>> {
    let mut failures = Vec::new();
    let mut exchange = exchange(policy, Stage::Prompt)?;
    let context = &case.context;
    exchange.context.tenant = context.tenant.clone();
    exchange.context.principal = context.principal.as_ref().map(|principal| Principal {
        id: principal.id.clone(),
        roles: principal.roles.clone(),
        claims: Vec::new(),
    });
    exchange.context.model = context.model.clone();
    exchange.facts.model = context.model.clone();
    if let Some(route) = &context.route {
        exchange.context.route = route.clone();
    }
    exchange.context.attributes = context.attributes.clone().into_iter().collect();
    let mut next = 0;
    for (number, step) in case.steps.iter().enumerate() {
        let place = if case.steps.len() > 1 {
            format!("step {}: ", number + 1)
        } else {
            String::new()
        };
        match outcome(policy, &mut exchange, step, &mut next) {
            Ok(outcome) => check(step, &outcome, &mut |failure| {
                failures.push(format!("{place}{failure}"))
            }),
            Err(problem) => failures.push(format!("{place}{problem}")),
        }
    }
    Ok(failures)
}

fn outcome(
    policy: &Policy,
    exchange: &mut Exchange,
    step: &Step,
    next: &mut u32,
) -> Result<Outcome, String> {
    let word = step.stage.as_deref().unwrap_or("prompt");
    let stage = Stage::parse(word).ok_or_else(|| format!("`{word}` is not a stage"))?;
    let short = step.text.as_ref().map(|text| CaseSegment {
        role: None,
        kind: None,
        name: None,
        text: text.clone(),
        attributes: Default::default(),
    });
    let mut segments = Vec::new();
    for given in short.iter().chain(&step.segments) {
        let role = match &given.role {
            Some(word) => Role::parse(word).ok_or_else(|| format!("`{word}` is not a role"))?,
            None => usual_role(stage),
        };
        let kind = match &given.kind {
            Some(word) => Kind::parse(word).ok_or_else(|| format!("`{word}` is not a kind"))?,
            None => usual_kind(role),
        };
        let mut segment = Segment::new(*next, role, kind, given.text.clone());
        *next += 1;
        segment.name = given.name.clone();
        segment.attributes = given.attributes.clone().into_iter().collect();
        segments.push(segment);
    }
    exchange.context.stage = stage;
    Ok(evaluate(policy, exchange, stage, segments))
}

fn check(step: &Step, outcome: &Outcome, fail: &mut dyn FnMut(String)) {
    let action = outcome.action();
    if let Some(wanted) = &step.decision {
        match Action::parse(wanted) {
            None => fail(format!("`{wanted}` is not a decision")),
            Some(wanted) if wanted != action => {
                fail(format!(
                    "expected {wanted}, got {action} ({})",
                    outcome.decision.reason
                ));
            }
            Some(_) => {}
        }
    }
    if let Some(part) = step
        .reason
        .as_ref()
        .filter(|part| !outcome.decision.reason.contains(part.as_str()))
    {
        fail(format!(
            "the reason `{}` does not contain `{part}`",
            outcome.decision.reason
        ));
    }
    if step.status.is_some() && step.status != outcome.decision.status {
        fail(format!(
            "expected status {:?}, got {:?}",
            step.status, outcome.decision.status
        ));
    }
    let found: Vec<&str> = outcome
        .findings
        .iter()
        .map(|finding| &*finding.rule)
        .collect();
    for rule in &step.rules {
        if !found.iter().any(|found| found == rule) {
            fail(format!("{rule} is not found; found: {found:?}"));
        }
    }
    for rule in &step.quiet {
        let prefix = rule.strip_suffix('*');
        let noisy = found
            .iter()
            .find(|found| prefix.map_or(*found == rule, |prefix| found.starts_with(prefix)));
        if let Some(noisy) = noisy {
            fail(format!("{noisy} is found and should not be"));
        }
    }
    let texts: Vec<Option<String>> = outcome
        .segments
        .iter()
        .map(|segment| edited(outcome, segment))
        .collect();
    let all = texts
        .iter()
        .flatten()
        .cloned()
        .collect::<Vec<_>>()
        .join("\n");
    for part in step
        .contains
        .iter()
        .filter(|part| !all.contains(part.as_str()))
    {
        fail(format!("the text that goes out lacks `{part}`"));
    }
    for part in step.lacks.iter().filter(|part| all.contains(part.as_str())) {
        fail(format!("the text that goes out contains `{part}`"));
    }
    if let Some(wanted) = &step.texts
        && *wanted != texts
    {
        fail(format!("expected the texts {wanted:?}, got {texts:?}"));
    }
}
