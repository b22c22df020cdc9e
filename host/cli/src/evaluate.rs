//! One text through one stage, outside of any server.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use caponier_core::{Action, Context, Exchange, Kind, RequestFacts, Role, Segment, Stage};
use caponier_runtime::{Options, Outcome, Policy, Revision, Runtime, Source, StageInput};
use serde::Serialize;

use crate::args::Config;
use crate::problems::Problems;

/// A revision without anything that only a server needs.
pub(crate) fn revision(config: &Config) -> anyhow::Result<Arc<Revision<()>>> {
    let runtime = Runtime::start(options(config), Box::new(|_, _, _| Ok(()))).map_err(Problems)?;
    Ok(runtime.current())
}

/// How the runtime is to start.
pub(crate) fn options(config: &Config) -> Options {
    let source = config.config.clone().map_or(Source::Embedded, Source::File);
    Options {
        cache_dir: config.cache.clone(),
        ..Options::new(source)
    }
}

/// A new exchange of nobody in particular.
pub(crate) fn exchange(policy: &Policy, stage: Stage) -> anyhow::Result<Exchange> {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let context = Context {
        exchange: format!("{:016x}", getrandom::u64()?),
        stage,
        tenant: None,
        principal: None,
        route: "/".to_owned(),
        model: None,
        time: u64::try_from(now.as_millis()).unwrap_or(u64::MAX),
        seed: getrandom::u64()?,
        attributes: Vec::new(),
    };
    Ok(policy.exchange(context, RequestFacts::default()))
}

/// Who usually speaks in a stage.
pub(crate) fn usual_role(stage: Stage) -> Role {
    match stage {
        Stage::Prompt => Role::User,
        Stage::Retrieval => Role::Document,
        Stage::Output => Role::Assistant,
    }
}

/// What a text of this role usually is.
pub(crate) fn usual_kind(role: Role) -> Kind {
    match role {
        Role::Document => Kind::Document,
        Role::Tool => Kind::ToolResult,
        _ => Kind::Text,
    }
}

/// Access rules, then the stage.
pub(crate) fn evaluate(
    policy: &Policy,
    exchange: &mut Exchange,
    stage: Stage,
    segments: Vec<Segment>,
) -> Outcome {
    let access = policy.begin(exchange);
    if access.action() == Action::Deny {
        return access;
    }
    let input = StageInput {
        stage,
        segments,
        gaps: Vec::new(),
        tool_calls: Vec::new(),
    };
    policy.evaluate(&policy.route(None), exchange, input)
}

/// The text of a segment with its edits applied; `None` where it is dropped or denied.
pub(crate) fn edited(outcome: &Outcome, segment: &Segment) -> Option<String> {
    if outcome.action() == Action::Deny || outcome.dropped.contains(&segment.id) {
        return None;
    }
    let mut text = String::with_capacity(segment.text.len());
    let mut at = 0;
    for edit in outcome
        .edits
        .iter()
        .filter(|edit| edit.segment == segment.id)
    {
        text.push_str(segment.text.get(at..edit.span.start)?);
        text.push_str(&edit.replacement);
        at = edit.span.end;
    }
    text.push_str(segment.text.get(at..)?);
    Some(text)
}

/// A finding as the commands print it: ids, numbers and spans, never text.
#[derive(Serialize)]
pub(crate) struct Shown<'a> {
    action: &'static str,
    confidence: f64,
    rule: &'a str,
    segment: u32,
    severity: &'static str,
    span: Option<[usize; 2]>,
}

/// An outcome's findings as the commands print them.
pub(crate) fn findings<'a>(policy: &Policy, outcome: &'a Outcome) -> Vec<Shown<'a>> {
    outcome
        .findings
        .iter()
        .map(|finding| Shown {
            action: policy
                .action_of(outcome.stage, finding, &outcome.segments)
                .as_str(),
            confidence: finding.confidence,
            rule: &finding.rule,
            segment: finding.segment,
            severity: finding.severity.as_str(),
            span: finding.span.map(|span| [span.start, span.end]),
        })
        .collect()
}
