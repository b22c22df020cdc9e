//! An exchange that tests fill in.

#![allow(dead_code, reason = "each test file uses a part of it")]

use std::collections::BTreeMap;

use caponier_core::{
    Context, Coverage, Decision, Fault, FaultKind, FaultRecord, Finding, Gap, GapKind, Kind,
    Principal, RequestFacts, Role, Segment, Severity, Span, Stage, ToolCall, Usage,
};
use caponier_rego::{
    Actions, Bundle, BundleError, DecideError, Evaluator, Input, Phase, Source, View,
};

pub(crate) struct Exchange {
    pub(crate) view: View,
    pub(crate) expose_text: bool,
    pub(crate) context: Context,
    pub(crate) request: RequestFacts,
    pub(crate) tool_calls: Vec<ToolCall>,
    pub(crate) segments: Vec<Segment>,
    pub(crate) findings: Vec<Finding>,
    pub(crate) prior: Vec<Finding>,
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) coverage: Coverage,
    pub(crate) faults: Vec<FaultRecord>,
    pub(crate) usage: Usage,
}

impl Exchange {
    pub(crate) fn new(stage: Stage) -> Self {
        Self {
            view: View::Applied,
            expose_text: false,
            context: Context {
                exchange: "x1".into(),
                stage,
                tenant: Some("acme".into()),
                principal: Some(Principal {
                    id: "ada".into(),
                    roles: vec!["staff".into()],
                    claims: vec![("level".into(), "3".into())],
                }),
                route: "/v1/*".into(),
                model: Some("large-1".into()),
                time: 1_800_000_000_000,
                seed: 42,
                attributes: vec![],
            },
            request: RequestFacts {
                model: Some("large-1".into()),
                max_tokens: Some(900),
                ..Default::default()
            },
            tool_calls: vec![],
            segments: vec![],
            findings: vec![],
            prior: vec![],
            labels: BTreeMap::new(),
            coverage: Coverage::default(),
            faults: vec![],
            usage: Usage::default(),
        }
    }

    pub(crate) fn segment(mut self, role: Role, kind: Kind, text: &str) -> Self {
        self.segments
            .push(Segment::new(self.segments.len() as u32, role, kind, text));
        self
    }

    /// A finding in the last segment.
    pub(crate) fn finding(mut self, rule: &str, confidence: f64) -> Self {
        if self.segments.is_empty() {
            self = self.segment(Role::User, Kind::Text, "some text");
        }
        let segment = self.segments.last().unwrap();
        let (plugin, _) = rule.split_once('/').unwrap();
        self.findings.push(Finding {
            id: format!("f{}", self.findings.len() + 1),
            plugin: plugin.into(),
            order: 0,
            rule: rule.into(),
            category: match plugin {
                "injection" => Some("LLM01:2025".into()),
                "quota" => Some("LLM10:2025".into()),
                _ => None,
            },
            severity: Severity::High,
            confidence,
            segment: segment.id,
            span: Some(Span::new(0, 4)),
            role: segment.role,
            kind: segment.kind,
            replacement: None,
            message: "WORDED-BY-PLUGIN".into(),
            attributes: vec![("worded".into(), "WORDED-BY-PLUGIN".into())],
            late: false,
            monitor: false,
        });
        self
    }

    pub(crate) fn fault(mut self, tolerated: bool, monitor: bool) -> Self {
        let fault = Fault::new(FaultKind::Timeout, "detail");
        self.faults.push(FaultRecord {
            plugin: "pii".into(),
            fault,
            tolerated,
            monitor,
        });
        self
    }

    pub(crate) fn gap(mut self, kind: GapKind) -> Self {
        self.coverage.gaps.push(Gap {
            kind,
            place: "messages[0]".into(),
        });
        self
    }

    pub(crate) fn input(&self, phase: Phase) -> Input<'_> {
        Input {
            phase,
            view: self.view,
            context: &self.context,
            request: &self.request,
            tool_calls: &self.tool_calls,
            segments: &self.segments,
            findings: &self.findings,
            edits: &[],
            prior: &self.prior,
            labels: &self.labels,
            coverage: &self.coverage,
            faults: &self.faults,
            usage: &self.usage,
            expose_text: self.expose_text,
        }
    }

    pub(crate) fn decide(&self, evaluator: &mut Evaluator) -> Result<Decision, DecideError> {
        evaluator.decide(&self.input(Phase::Findings))
    }
}

pub(crate) fn shipped() -> Evaluator {
    extended("package caponier").unwrap()
}

/// The default policy with one file of the operator's.
pub(crate) fn extended(rego: &str) -> Result<Evaluator, BundleError> {
    bundle(rego)?.evaluator()
}

pub(crate) fn bundle(rego: &str) -> Result<Bundle, BundleError> {
    Bundle::with_default(
        vec![Source::new("own.rego", rego)],
        Actions::shipped(),
        serde_json::json!({}),
    )
}
