//! Between the contract's types and the core's. Text going in is lent, never copied.

use caponier_core as core;

use super::wit;
use crate::Call;

/// What a call is shown, borrowed from the core's types as far as the bindings let it.
pub(super) struct Frame<'a> {
    context: &'a core::Context,
    segments: &'a [&'a core::Segment],
    notes: &'a [&'a [u8]],
    roles: Vec<&'a str>,
    context_attributes: Vec<(&'a str, &'a str)>,
    segment_attributes: Vec<Vec<(&'a str, &'a str)>>,
}

impl<'a> Frame<'a> {
    pub(super) fn new(call: &Call<'a>) -> Self {
        let Call {
            context,
            segments,
            notes,
            ..
        } = *call;
        let roles = context
            .principal
            .iter()
            .flat_map(|principal| &principal.roles);
        Self {
            context,
            segments,
            notes,
            roles: roles.map(String::as_str).collect(),
            context_attributes: pairs(&context.attributes),
            segment_attributes: segments
                .iter()
                .map(|segment| pairs(&segment.attributes))
                .collect(),
        }
    }

    pub(super) fn context(&self) -> wit::Context<'_> {
        let context = self.context;
        wit::Context {
            exchange: &context.exchange,
            stage: stage_in(context.stage),
            tenant: context.tenant.as_deref(),
            principal: context.principal.as_ref().map(|principal| wit::Principal {
                id: &principal.id,
                roles: &self.roles,
            }),
            route: &context.route,
            model: context.model.as_deref(),
            time: context.time,
            seed: context.seed,
            attributes: &self.context_attributes,
        }
    }

    pub(super) fn segments(&self) -> Vec<wit::Segment<'_>> {
        let notes = self.notes.iter().copied().chain(std::iter::repeat(&[][..]));
        let all = self
            .segments
            .iter()
            .zip(&self.segment_attributes)
            .zip(notes);
        all.map(|((segment, attributes), note)| wit::Segment {
            id: segment.id,
            role: role_in(segment.role),
            kind: kind_in(segment.kind),
            name: segment.name.as_deref(),
            text: &segment.text,
            offset: segment.offset,
            settled: u32::try_from(segment.settled).unwrap_or(u32::MAX),
            open: segment.open,
            attributes,
            note,
        })
        .collect()
    }
}

fn pairs(attributes: &[(String, String)]) -> Vec<(&str, &str)> {
    attributes
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect()
}

fn stage_in(stage: core::Stage) -> wit::Stage {
    match stage {
        core::Stage::Prompt => wit::Stage::Prompt,
        core::Stage::Retrieval => wit::Stage::Retrieval,
        core::Stage::Output => wit::Stage::Output,
    }
}

fn role_in(role: core::Role) -> wit::Role {
    match role {
        core::Role::System => wit::Role::System,
        core::Role::Developer => wit::Role::Developer,
        core::Role::User => wit::Role::User,
        core::Role::Assistant => wit::Role::Assistant,
        core::Role::Tool => wit::Role::Tool,
        core::Role::Document => wit::Role::Document,
        core::Role::Other => wit::Role::Other,
    }
}

fn kind_in(kind: core::Kind) -> wit::Kind {
    match kind {
        core::Kind::Text => wit::Kind::Text,
        core::Kind::Query => wit::Kind::Query,
        core::Kind::ToolCall => wit::Kind::ToolCall,
        core::Kind::ToolResult => wit::Kind::ToolResult,
        core::Kind::ToolDescription => wit::Kind::ToolDescription,
        core::Kind::Document => wit::Kind::Document,
        core::Kind::Reasoning => wit::Kind::Reasoning,
        core::Kind::Refusal => wit::Kind::Refusal,
        core::Kind::Citation => wit::Kind::Citation,
        core::Kind::Structured => wit::Kind::Structured,
        core::Kind::Other => wit::Kind::Other,
    }
}

fn kind_out(kind: wit::Kind) -> core::Kind {
    match kind {
        wit::Kind::Text => core::Kind::Text,
        wit::Kind::Query => core::Kind::Query,
        wit::Kind::ToolCall => core::Kind::ToolCall,
        wit::Kind::ToolResult => core::Kind::ToolResult,
        wit::Kind::ToolDescription => core::Kind::ToolDescription,
        wit::Kind::Document => core::Kind::Document,
        wit::Kind::Reasoning => core::Kind::Reasoning,
        wit::Kind::Refusal => core::Kind::Refusal,
        wit::Kind::Citation => core::Kind::Citation,
        wit::Kind::Structured => core::Kind::Structured,
        wit::Kind::Other => core::Kind::Other,
    }
}

fn severity_out(severity: wit::Severity) -> core::Severity {
    match severity {
        wit::Severity::Info => core::Severity::Info,
        wit::Severity::Low => core::Severity::Low,
        wit::Severity::Medium => core::Severity::Medium,
        wit::Severity::High => core::Severity::High,
        wit::Severity::Critical => core::Severity::Critical,
    }
}

fn span_out(span: wit::Span) -> core::Span {
    core::Span::new(span.start as usize, span.end as usize)
}

/// What the plugin handed back, as it is: nothing of it is believed yet.
pub(super) fn report(report: wit::Report) -> core::Report {
    core::Report {
        findings: report.findings.into_iter().map(finding).collect(),
        edits: report
            .edits
            .into_iter()
            .map(|edit| core::Edit {
                segment: edit.segment,
                span: span_out(edit.span),
                replacement: edit.replacement,
            })
            .collect(),
        holds: report
            .holds
            .into_iter()
            .map(|hold| core::Hold {
                segment: hold.segment,
                start: hold.start as usize,
                wake: hold.wake,
            })
            .collect(),
        skipped: report
            .skipped
            .into_iter()
            .map(|skip| core::Skip {
                segment: skip.segment,
                reason: skip.reason,
            })
            .collect(),
        notes: report
            .notes
            .into_iter()
            .map(|note| core::Note {
                segment: note.segment,
                content: note.content,
            })
            .collect(),
        state: report.state,
    }
}

fn finding(finding: wit::Finding) -> core::RawFinding {
    core::RawFinding {
        rule: finding.rule,
        severity: severity_out(finding.severity),
        confidence: finding.confidence,
        segment: finding.segment,
        span: finding.span.map(span_out),
        message: finding.message,
        replacement: finding.replacement,
        attributes: finding.attributes,
    }
}

/// What the plugin says of itself, not checked yet.
pub(super) fn manifest(manifest: wit::Manifest) -> core::Manifest {
    core::Manifest {
        name: manifest.name.into(),
        version: manifest.version,
        description: manifest.description,
        stages: manifest
            .stages
            .into_iter()
            .map(|stage| match stage {
                wit::Stage::Prompt => core::Stage::Prompt,
                wit::Stage::Retrieval => core::Stage::Retrieval,
                wit::Stage::Output => core::Stage::Output,
            })
            .collect(),
        kinds: manifest.kinds.into_iter().map(kind_out).collect(),
        scope: match manifest.scope {
            wit::Scope::Segment => core::Scope::Segment,
            wit::Scope::Stage => core::Scope::Stage,
        },
        rules: manifest
            .rules
            .into_iter()
            .map(|rule| {
                let id: std::sync::Arc<str> = rule.id.into();
                core::Rule {
                    name: std::sync::Arc::clone(&id),
                    id,
                    title: rule.title,
                    severity: severity_out(rule.severity),
                    category: rule.category.map(Into::into),
                    window: rule.window,
                }
            })
            .collect(),
        settings_schema: manifest.settings_schema,
        attributes: manifest.attributes,
    }
}
