//! A policy is asked once in every phase before it may be asked by anyone else.

use std::collections::BTreeMap;

use caponier_core::{
    Context, Coverage, Fault, FaultKind, FaultRecord, Finding, Gap, GapKind, Kind, Principal,
    RequestFacts, Role, Segment, Severity, Span, Stage, ToolCall, Usage,
};

use crate::bundle::{BundleError, ENTRY_POINT};
use crate::evaluator::{Evaluator, Failure, place_of, reason_of};
use crate::{Input, Phase, View};

/// Asks for a decision in each phase: on an exchange with nothing in it, and on one with a bit of
/// everything.
pub(crate) fn run(evaluator: &mut Evaluator) -> Result<(), BundleError> {
    let empty = Sample::empty();
    let full = Sample::full();
    for (sample, phase) in [
        (&empty, Phase::Begin),
        (&full, Phase::Begin),
        (&empty, Phase::Findings),
        (&full, Phase::Findings),
        (&empty, Phase::End),
        (&full, Phase::End),
    ] {
        ask(evaluator, &sample.input(phase))?;
    }
    Ok(())
}

fn ask(evaluator: &mut Evaluator, input: &Input<'_>) -> Result<(), BundleError> {
    // First for the engine's own message, which may quote the samples but nobody's text.
    let value = evaluator.input_value(input);
    if let Err(Failure::Eval(message)) = evaluator.evaluate(value, ENTRY_POINT) {
        return Err(BundleError::Engine {
            place: place_of(&message).unwrap_or_else(|| "policies".to_owned()),
            why: reason_of(&message),
        });
    }
    evaluator
        .decide(input)
        .map(drop)
        .map_err(|error| BundleError::SelfTest {
            phase: input.phase.as_str(),
            why: error.to_string(),
        })
}

struct Sample {
    context: Context,
    request: RequestFacts,
    tool_calls: Vec<ToolCall>,
    segments: Vec<Segment>,
    findings: Vec<Finding>,
    labels: BTreeMap<String, String>,
    coverage: Coverage,
    faults: Vec<FaultRecord>,
    usage: Usage,
}

impl Sample {
    fn empty() -> Self {
        Self {
            context: Context {
                exchange: "self-test".to_owned(),
                stage: Stage::Prompt,
                tenant: None,
                principal: None,
                route: "/v1/*".to_owned(),
                model: None,
                time: 0,
                seed: 0,
                attributes: Vec::new(),
            },
            request: RequestFacts::default(),
            tool_calls: Vec::new(),
            segments: Vec::new(),
            findings: Vec::new(),
            labels: BTreeMap::new(),
            coverage: Coverage::default(),
            faults: Vec::new(),
            usage: Usage::default(),
        }
    }

    fn full() -> Self {
        let mut sample = Self::empty();
        sample.context.stage = Stage::Retrieval;
        sample.context.tenant = Some("self-test".to_owned());
        sample.context.principal = Some(Principal {
            id: "self-test".to_owned(),
            roles: vec!["self-test".to_owned()],
            claims: Vec::new(),
        });
        sample.tool_calls.push(ToolCall {
            id: None,
            name: "search".to_owned(),
            arguments: "{}".to_owned(),
        });
        sample
            .segments
            .push(Segment::new(0, Role::Document, Kind::Document, "self-test"));
        sample.findings.push(Finding {
            id: "f1".to_owned(),
            plugin: "injection".into(),
            order: 0,
            rule: "injection/instruction-override".into(),
            category: Some("LLM01:2025".into()),
            severity: Severity::High,
            confidence: 1.0,
            segment: 0,
            span: Some(Span::new(0, 4)),
            role: Role::Document,
            kind: Kind::Document,
            replacement: None,
            message: String::new(),
            attributes: Vec::new(),
            late: false,
            monitor: false,
        });
        let kinds = GapKind::ALL.iter();
        sample.coverage.gaps = kinds
            .map(|kind| Gap {
                kind: *kind,
                place: "self-test".to_owned(),
            })
            .collect();
        sample.faults.push(FaultRecord {
            plugin: "pii".into(),
            fault: Fault::new(FaultKind::Trap, "self-test"),
            tolerated: false,
            monitor: false,
        });
        sample
    }

    fn input(&self, phase: Phase) -> Input<'_> {
        Input {
            phase,
            view: View::Applied,
            context: &self.context,
            request: &self.request,
            tool_calls: &self.tool_calls,
            segments: &self.segments,
            findings: &self.findings,
            edits: &[],
            prior: &[],
            labels: &self.labels,
            coverage: &self.coverage,
            faults: &self.faults,
            usage: &self.usage,
            expose_text: true,
        }
    }
}
