//! What the decision port reads and writes.

use caponier_core::{
    Action, Context, Exchange, Finding, Kind, Principal, RequestFacts, Role, Segment, SegmentEdit,
    Stage, ToolCall,
};
use caponier_runtime::Outcome;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// A request.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Asked {
    #[serde(deserialize_with = "stage")]
    pub(crate) stage: Stage,
    context: Option<AskedContext>,
    pub(crate) segments: Vec<AskedSegment>,
    #[serde(default)]
    tool_calls: Vec<AskedCall>,
    pub(crate) state: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct AskedContext {
    tenant: Option<String>,
    principal: Option<AskedPrincipal>,
    route: Option<String>,
    model: Option<String>,
    attributes: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AskedPrincipal {
    id: String,
    #[serde(default)]
    roles: Vec<String>,
    #[serde(default)]
    claims: Map<String, Value>,
}

/// One text.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AskedSegment {
    #[serde(default, deserialize_with = "role")]
    role: Option<Role>,
    #[serde(default, deserialize_with = "kind")]
    kind: Option<Kind>,
    name: Option<String>,
    text: String,
    #[serde(default)]
    attributes: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AskedCall {
    id: Option<String>,
    name: String,
    arguments: Value,
}

fn word<'de, D: Deserializer<'de>, T>(
    from: D,
    parse: fn(&str) -> Option<T>,
    known: impl Fn() -> String,
) -> Result<T, D::Error> {
    let word = String::deserialize(from)?;
    parse(&word).ok_or_else(|| D::Error::custom(format!("expected one of {}", known())))
}

fn list<T: Copy>(all: &[T], name: fn(T) -> &'static str) -> String {
    all.iter()
        .map(|word| name(*word))
        .collect::<Vec<_>>()
        .join(", ")
}

fn stage<'de, D: Deserializer<'de>>(from: D) -> Result<Stage, D::Error> {
    word(from, Stage::parse, || list(Stage::ALL, Stage::as_str))
}

fn role<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Role>, D::Error> {
    word(from, Role::parse, || list(Role::ALL, Role::as_str)).map(Some)
}

fn kind<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Kind>, D::Error> {
    word(from, Kind::parse, || list(Kind::ALL, Kind::as_str)).map(Some)
}

impl Asked {
    /// Reads a body.
    ///
    /// # Errors
    /// What is wrong with it, and where; never what it holds beside key names.
    pub(crate) fn read(body: &[u8]) -> Result<Self, String> {
        let mut json = serde_json::Deserializer::from_slice(body);
        let asked: Self = serde_path_to_error::deserialize(&mut json).map_err(|error| {
            let path = error.path().to_string();
            let inner = error.into_inner();
            let place = if path == "." {
                String::new()
            } else {
                format!("{path}: ")
            };
            if inner.is_data() {
                format!("{place}{}", shown(&inner.to_string()))
            } else {
                format!(
                    "{place}not JSON at line {} column {}",
                    inner.line(),
                    inner.column()
                )
            }
        })?;
        json.end()
            .map_err(|_| "trailing data after the JSON".to_owned())?;
        Ok(asked)
    }

    pub(crate) fn bytes(&self) -> usize {
        self.segments.iter().map(|segment| segment.text.len()).sum()
    }

    pub(crate) fn has_context(&self) -> bool {
        self.context.is_some()
    }

    /// The texts as segments, numbered on from `first`.
    pub(crate) fn segments(&self, first: u32) -> Vec<Segment> {
        let (role, kind) = match self.stage {
            Stage::Prompt => (Role::User, Kind::Text),
            Stage::Retrieval => (Role::Document, Kind::Document),
            Stage::Output => (Role::Assistant, Kind::Text),
        };
        self.segments
            .iter()
            .zip(first..)
            .map(|(asked, id)| {
                let kind = asked.kind.unwrap_or(kind);
                let mut segment =
                    Segment::new(id, asked.role.unwrap_or(role), kind, asked.text.clone());
                segment.name.clone_from(&asked.name);
                segment.attributes = asked.attributes.clone().into_iter().collect();
                if kind == Kind::Query && self.stage == Stage::Retrieval {
                    segment.settled = segment.text.len();
                }
                segment
            })
            .collect()
    }

    pub(crate) fn tool_calls(&self) -> Vec<ToolCall> {
        self.tool_calls
            .iter()
            .map(|call| ToolCall {
                id: call.id.clone(),
                name: call.name.clone(),
                arguments: match &call.arguments {
                    Value::String(text) => text.clone(),
                    value => value.to_string(),
                },
            })
            .collect()
    }

    /// What a new exchange begins with.
    pub(crate) fn context(&self, id: String, seed: u64, route: &str) -> (Context, RequestFacts) {
        let nothing = AskedContext::default();
        let asked = self.context.as_ref().unwrap_or(&nothing);
        let context = Context {
            exchange: id,
            stage: self.stage,
            tenant: asked.tenant.clone(),
            principal: asked.principal.as_ref().map(|principal| Principal {
                id: principal.id.clone(),
                roles: principal.roles.clone(),
                claims: principal
                    .claims
                    .iter()
                    .map(|(name, value)| (name.clone(), value.to_string()))
                    .collect(),
            }),
            route: asked.route.clone().unwrap_or_else(|| route.to_owned()),
            model: asked.model.clone(),
            time: crate::clock::unix_millis(),
            seed,
            attributes: asked.attributes.clone().into_iter().collect(),
        };
        let facts = RequestFacts {
            model: asked.model.clone(),
            ..RequestFacts::default()
        };
        (context, facts)
    }
}

/// Serde's messages quote values of the wrong type, which may be text under inspection.
fn shown(message: &str) -> String {
    let message = message.split(" at line ").next().unwrap_or_default();
    match message
        .strip_prefix("invalid type: ")
        .or_else(|| message.strip_prefix("invalid value: "))
    {
        Some(rest) => match rest.rsplit_once(", expected ") {
            Some((_, expected)) => format!("expected {expected}"),
            None => "of the wrong type".to_owned(),
        },
        None => message.to_owned(),
    }
}

/// An answer.
#[derive(Serialize)]
pub(crate) struct Answered<'a> {
    action: &'static str,
    reason: &'a str,
    segments: Vec<AnsweredSegment<'a>>,
    dropped: &'a [u32],
    findings: Vec<AnsweredFinding<'a>>,
    coverage: crate::audit::CoverageRecord<'a>,
    faults: Vec<crate::audit::FaultLine<'a>>,
    would: Option<AnsweredWould<'a>>,
    labels: &'a BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    exchange: &'a str,
    revision: &'a str,
    state: &'a str,
}

#[derive(Serialize)]
struct AnsweredWould<'a> {
    action: &'static str,
    reason: &'a str,
}

#[derive(Serialize)]
struct AnsweredSegment<'a> {
    id: u32,
    role: &'static str,
    kind: &'static str,
    name: Option<&'a str>,
    text: String,
    attributes: BTreeMap<&'a str, &'a str>,
}

#[derive(Serialize)]
struct AnsweredFinding<'a> {
    id: &'a str,
    rule: &'a str,
    category: Option<&'a str>,
    severity: &'static str,
    confidence: f64,
    action: &'static str,
    segment: u32,
    span: Option<[usize; 2]>,
    monitor: bool,
}

impl<'a> Answered<'a> {
    /// The answer to one stage. What was dropped is not among its segments; what was denied comes
    /// back without text.
    pub(crate) fn new(
        revision: &'a str,
        exchange: &'a Exchange,
        outcome: &'a Outcome,
        state: &'a str,
        action_of: &dyn Fn(&Finding) -> Action,
    ) -> Self {
        let is_denied = outcome.action() == Action::Deny;
        let segments = outcome
            .segments
            .iter()
            .filter(|segment| !is_denied && !outcome.dropped.contains(&segment.id))
            .map(|segment| AnsweredSegment {
                id: segment.id,
                role: segment.role.as_str(),
                kind: segment.kind.as_str(),
                name: segment.name.as_deref(),
                text: edited(segment, &outcome.edits),
                attributes: segment
                    .attributes
                    .iter()
                    .map(|(name, value)| (name.as_str(), value.as_str()))
                    .collect(),
            })
            .collect();
        let findings = outcome
            .findings
            .iter()
            .map(|finding| AnsweredFinding {
                id: &finding.id,
                rule: &finding.rule,
                category: finding.category.as_deref(),
                severity: finding.severity.as_str(),
                confidence: finding.confidence,
                action: action_of(finding).as_str(),
                segment: finding.segment,
                span: finding.span.map(|span| [span.start, span.end]),
                monitor: finding.monitor,
            })
            .collect();
        Self {
            action: outcome.action().as_str(),
            reason: &outcome.decision.reason,
            segments,
            dropped: &outcome.dropped,
            findings,
            coverage: crate::audit::CoverageRecord::of(&outcome.coverage),
            faults: outcome
                .faults
                .iter()
                .map(crate::audit::FaultLine::of)
                .collect(),
            would: outcome.would.as_ref().map(|would| AnsweredWould {
                action: would.action.as_str(),
                reason: &would.reason,
            }),
            labels: &exchange.labels,
            status: outcome.decision.status,
            exchange: &exchange.context.exchange,
            revision,
            state,
        }
    }
}

/// A segment's text with its edits applied: they are in order, and none overlaps another.
fn edited(segment: &Segment, edits: &[SegmentEdit]) -> String {
    let mut out = String::with_capacity(segment.text.len());
    let mut at = 0;
    for edit in edits.iter().filter(|edit| edit.segment == segment.id) {
        out.push_str(segment.text.get(at..edit.span.start).unwrap_or_default());
        out.push_str(&edit.replacement);
        at = edit.span.end;
    }
    out.push_str(segment.text.get(at..).unwrap_or_default());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(body: &str) -> String {
        Asked::read(body.as_bytes()).err().unwrap_or_default()
    }

    #[test]
    fn what_is_wrong_is_named_by_its_place_and_never_quoted() {
        for (body, wanted) in [
            (
                r#"{"stage":"prompt","segments":[],"segmnts":1}"#,
                "unknown field `segmnts`",
            ),
            (
                r#"{"stage":"prompt","segments":[{"text":"x","rule":"user"}]}"#,
                "segments[0].rule: unknown field `rule`",
            ),
            (
                r#"{"stage":"before","segments":[]}"#,
                "stage: expected one of prompt, retrieval, output",
            ),
            (
                r#"{"stage":"prompt","segments":[{"role":"admin","text":"x"}]}"#,
                "segments[0].role: expected one of system",
            ),
            (r#"{"stage":"prompt"}"#, "missing field `segments`"),
            (
                r#"{"stage":"prompt","segments":[{"text":1}]}"#,
                "segments[0].text: expected a string",
            ),
            (
                r#"{"stage":"prompt","segments":"my secret text"}"#,
                "segments: expected a sequence",
            ),
            (r#"{"stage":"prompt","segments":[]} x"#, "trailing data"),
            (
                r#"{"stage":"prompt","stage":"output","segments":[]}"#,
                "duplicate field `stage`",
            ),
            ("{", "not JSON at line 1"),
            ("", "not JSON at line 1"),
            ("[1]", "expected"),
        ] {
            let message = refused(body);
            assert!(message.contains(wanted), "{body}: {message}");
            assert!(!message.contains("secret"), "{message}");
        }
    }

    #[test]
    fn defaults_follow_the_stage() {
        let asked = Asked::read(
            br#"{"stage":"retrieval","segments":[{"text":"q","kind":"query"},{"text":"d"}]}"#,
        )
        .unwrap();
        let segments = asked.segments(4);
        assert_eq!(
            (segments[0].id, segments[0].kind, segments[0].settled),
            (4, Kind::Query, 1)
        );
        assert_eq!(
            (segments[1].id, segments[1].kind, segments[1].role),
            (5, Kind::Document, Role::Document)
        );
    }

    #[test]
    fn edits_are_spliced_in() {
        let segment = Segment::new(1, Role::User, Kind::Text, "a bb c dd");
        let edit = |segment, start, end, text: &str| SegmentEdit {
            segment,
            span: caponier_core::Span::new(start, end),
            replacement: text.to_owned(),
        };
        let edits = [edit(1, 2, 4, "[x]"), edit(1, 7, 9, ""), edit(2, 0, 1, "no")];
        assert_eq!(edited(&segment, &edits), "a [x] c ");
        assert_eq!(edited(&segment, &[]), "a bb c dd");
    }
}
