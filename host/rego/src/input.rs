//! The input contract: what a policy sees as `input`.
//!
//! | key | value |
//! |---|---|
//! | `phase` | `begin`: no findings yet, for access rules; `findings`: new final findings, faults or coverage; `end`: the stage is over |
//! | `context` | `exchange`, `stage`, `tenant`, `principal` (`id`, `roles`, `claims`), `route`, `model`, `time` (ms since 1970), `attributes`; what is not known is left out |
//! | `request` | `model`, `stream`, `n`, `max_tokens`, `logprobs`, `top_logprobs`, `temperature`, `top_p`, `tools` (names), `response_format`; what was not asked is left out |
//! | `tool_calls[]` | `id`, `name`, `arguments`: parsed, or a string where they are not JSON |
//! | `segments[]` | `id`, `role`, `kind`, `name`, `attributes`, `bytes`; `text` only with `expose_text` |
//! | `findings[]` | `id`, `plugin`, `rule`, `category`, `severity`, `confidence`, `segment`, `span` (`start`, `end`), `role`, `kind`, `late`, `action` (what `actions:` makes of it), `configured` (the action that `actions:` names, whatever its conditions) |
//! | `counts` | `total`, `by_action` and `strongest` (action) over all findings; where more than 1 000 were made, the strongest are shown and `omitted`, `omitted_by_rule`, `omitted_by_action`, `omitted_by_configured` count the others |
//! | `edits[]` | `plugin`, `segment`, `span` |
//! | `prior` | `findings` and `labels` of the exchange so far |
//! | `coverage` | `scanned`, `bytes`, `unscanned` (segment ids), `skipped[]` (`plugin`, `segment`), `gaps[]` (`kind`, `place`) |
//! | `faults[]` | `plugin`, `kind`, `tolerated` |
//! | `usage` | `request_bytes`, `prompt_tokens`, `completion_tokens`, `reported`, `segments`, `elapsed_ms` |
//!
//! Nothing that a plugin is free to word is in it: no messages, attributes of findings or
//! replacements.

use std::collections::BTreeMap;

use caponier_core::{
    Action, AppliedEdit, Context, Coverage, Decision, FaultRecord, Finding, RequestFacts, Segment,
    Span, Stage, ToolCall, Usage,
};
use regorus::Value;

use crate::actions::{Actions, Place, Resolved, Trust};
use crate::decision::shortened;

/// The category of prompt injection: OWASP Top 10 for LLM Applications, 2025.
const INJECTION: &str = "LLM01:2025";

/// The category of using more than is allowed, and the status of a denial for that alone.
const USAGE: &str = "LLM10:2025";
const TOO_MANY_REQUESTS: u16 = 429;

/// Findings that a policy sees one by one.
pub const MAX_FINDINGS: usize = 1000;

/// When in a stage a policy is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Before anything was inspected: access rules.
    Begin,
    /// There are new final findings, faults or coverage.
    Findings,
    /// The stage is over.
    End,
}

impl Phase {
    /// The one spelling of this value.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Begin => "begin",
            Self::Findings => "findings",
            Self::End => "end",
        }
    }
}

/// Whether what only monitors is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// Without monitored findings and faults: this decision is applied.
    Applied,
    /// With them: this decision is only told.
    Would,
}

/// What a decision is made on.
#[derive(Clone, Copy)]
pub struct Input<'a> {
    /// When in the stage.
    pub phase: Phase,
    /// Whether what only monitors is shown.
    pub view: View,
    /// What is known of the exchange.
    pub context: &'a Context,
    /// What the request asks of the model.
    pub request: &'a RequestFacts,
    /// The tool calls seen in this stage.
    pub tool_calls: &'a [ToolCall],
    /// The stage's segments.
    pub segments: &'a [Segment],
    /// The stage's final findings so far.
    pub findings: &'a [Finding],
    /// Edits that plugins ask for.
    pub edits: &'a [AppliedEdit],
    /// Findings of earlier stages.
    pub prior: &'a [Finding],
    /// Labels of the exchange so far.
    pub labels: &'a BTreeMap<String, String>,
    /// What was looked at.
    pub coverage: &'a Coverage,
    /// Which plugins failed.
    pub faults: &'a [FaultRecord],
    /// What the exchange has cost so far.
    pub usage: &'a Usage,
    /// Whether the policy may read the segments' text.
    pub expose_text: bool,
}

/// Which of the long lists the policies may look at. The others need not be made: an agent's
/// history has thousands of segments, and every decision would begin with copying them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reads {
    pub(crate) segments: bool,
    pub(crate) tool_calls: bool,
    pub(crate) prior: bool,
}

impl Reads {
    /// By the texts of the policies. Whoever writes `input` in any way but `input.name`, be it in a
    /// comment, may look at everything.
    pub(crate) fn of<'s>(policies: impl IntoIterator<Item = &'s str>) -> Self {
        let mut reads = Self {
            segments: false,
            tool_calls: false,
            prior: false,
        };
        let is_word = |byte: Option<&u8>| {
            byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
        };
        for policy in policies {
            let bytes = policy.as_bytes();
            for (start, found) in policy.match_indices("input") {
                let end = start + found.len();
                if is_word(start.checked_sub(1).and_then(|last| bytes.get(last)))
                    || is_word(bytes.get(end))
                {
                    continue;
                }
                let name = bytes.get(end..).and_then(|rest| rest.strip_prefix(b"."));
                let name = name.map(|name| {
                    let length = name.iter().position(|byte| !is_word(Some(byte)));
                    name.get(..length.unwrap_or(name.len())).unwrap_or_default()
                });
                let whole = name.is_none_or(<[u8]>::is_empty);
                reads.segments |= whole || name == Some(b"segments");
                reads.tool_calls |= whole || name == Some(b"tool_calls");
                reads.prior |= whole || name == Some(b"prior");
            }
        }
        reads
    }
}

/// Names the keys only: everything else may hold text.
impl std::fmt::Debug for Input<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Input")
            .field("phase", &self.phase)
            .field("view", &self.view)
            .field("segments", &self.segments.len())
            .field("findings", &self.findings.len())
            .finish_non_exhaustive()
    }
}

/// Declares the keys of the input, made once per evaluator.
macro_rules! keys {
    ($($key:ident),+ $(,)?) => {
        /// The input's keys as Rego strings, made once so that a decision only counts references.
        pub(crate) struct Words { $($key: Value),+ }

        impl Words {
            pub(crate) fn new() -> Self {
                Self { $($key: Value::from(stringify!($key))),+ }
            }
        }
    };
}

keys! {
    action, arguments, attributes, by_action, bytes, category, claims, completion_tokens, confidence,
    configured, context, counts, coverage, edits, elapsed_ms, end, exchange, faults, findings, gaps,
    id, kind, labels, late, logprobs, max_tokens, model, n, name, omitted, omitted_by_configured,
    omitted_by_action, omitted_by_rule, phase, place, plugin, principal, prior, prompt_tokens, reported, request,
    request_bytes, response_format, role, roles, route, rule, scanned, segment, segments, severity,
    skipped, span, stage, start, stream, strongest, temperature, tenant, text, time, tolerated, tool_calls, tools,
    top_logprobs, top_p, total, unscanned, usage,
}

/// An object under construction.
struct Fields(BTreeMap<Value, Value>);

impl Fields {
    fn new() -> Self {
        Self(BTreeMap::new())
    }

    fn put(mut self, key: &Value, value: impl Into<Value>) -> Self {
        self.0.insert(key.clone(), value.into());
        self
    }

    fn maybe(self, key: &Value, value: Option<impl Into<Value>>) -> Self {
        match value {
            Some(value) => self.put(key, value),
            None => self,
        }
    }

    fn done(self) -> Value {
        Value::from(self.0)
    }
}

impl Input<'_> {
    /// The input as Rego sees it.
    pub(crate) fn as_rego(&self, words: &Words, actions: &Actions, reads: Reads) -> Value {
        let segments = if reads.segments { self.segments } else { &[] };
        let tool_calls = if reads.tool_calls {
            self.tool_calls
        } else {
            &[]
        };
        let (findings, counts) = self.findings(words, actions);
        let prior = if reads.prior { self.prior } else { &[] };
        let prior = prior
            .iter()
            .filter(|finding| self.shows(finding.monitor))
            .take(MAX_FINDINGS);
        let prior = list(prior, |found| {
            let place = Place {
                stage: self.context.stage,
                trust: Trust::Untrusted,
            };
            finding(words, found, actions.resolve(found, place), false)
        });
        Fields::new()
            .put(&words.phase, self.phase.as_str())
            .put(&words.context, context(words, self.context))
            .put(&words.request, request(words, self.request))
            .put(
                &words.tool_calls,
                list(tool_calls, |call| tool_call(words, call)),
            )
            .put(
                &words.segments,
                list(segments, |one| segment(words, one, self.expose_text)),
            )
            .put(&words.findings, findings)
            .put(&words.counts, counts)
            .put(
                &words.edits,
                list(self.edits, |edit| applied_edit(words, edit)),
            )
            .put(
                &words.prior,
                Fields::new()
                    .put(&words.findings, prior)
                    .put(&words.labels, pairs(self.labels))
                    .done(),
            )
            .put(&words.coverage, coverage(words, self.coverage))
            .put(
                &words.faults,
                list(
                    self.faults.iter().filter(|fault| self.shows(fault.monitor)),
                    |fault| {
                        Fields::new()
                            .put(&words.plugin, &*fault.plugin)
                            .put(&words.kind, fault.fault.kind.as_str())
                            .put(&words.tolerated, fault.tolerated)
                            .done()
                    },
                ),
            )
            .put(&words.usage, usage(words, self.usage))
            .done()
    }

    /// The strongest action that a finding asks for, and the rules that do; `None` where a document
    /// may have to be dropped instead.
    pub(crate) fn strongest(&self, actions: &Actions, drop_confidence: f64) -> Option<Decision> {
        if self.findings.is_empty() {
            return Some(Decision::new(Action::Allow, ""));
        }
        let in_retrieval = self.context.stage == Stage::Retrieval;
        if in_retrieval && self.findings.len() > MAX_FINDINGS {
            return None;
        }
        let mut strongest = Action::Allow;
        let mut asking = Vec::new();
        for (finding, resolved) in self.resolved(actions) {
            if in_retrieval
                && resolved.configured == Action::Deny
                && finding.category.as_deref() == Some(INJECTION)
                && finding.confidence >= drop_confidence
            {
                return None;
            }
            if resolved.action > strongest {
                strongest = resolved.action;
                asking.clear();
            }
            if resolved.action == strongest && strongest != Action::Allow {
                asking.push((finding, resolved));
            }
        }
        strongest_first(&mut asking);
        let is_usage = |finding: &Finding| finding.category.as_deref() == Some(USAGE);
        let is_all_usage = asking.iter().all(|(finding, _)| is_usage(finding));
        let mut rules: Vec<&str> = asking.iter().map(|(finding, _)| &*finding.rule).collect();
        // Neighbours are often alike.
        rules.dedup();
        rules.sort_unstable();
        rules.dedup();
        Some(Decision {
            status: (strongest == Action::Deny && is_all_usage).then_some(TOO_MANY_REQUESTS),
            ..Decision::new(strongest, shortened(&rules.join(", ")))
        })
    }

    /// The findings to judge, each with what is to be done about it.
    fn resolved<'s>(
        &'s self,
        actions: &'s Actions,
    ) -> impl Iterator<Item = (&'s Finding, Resolved)> {
        self.findings
            .iter()
            .map(|finding| {
                let place = Place::of(self.context.stage, finding, self.segments);
                (finding, actions.resolve(finding, place))
            })
            .filter(|(finding, resolved)| self.shows(finding.monitor || resolved.monitor))
    }

    fn shows(&self, monitored: bool) -> bool {
        self.view == View::Would || !monitored
    }

    /// The findings to show, and the counts of all.
    fn findings(&self, words: &Words, actions: &Actions) -> (Value, Value) {
        let mut all: Vec<(&Finding, Resolved)> = self.resolved(actions).collect();
        let strongest = all
            .iter()
            .map(|(_, resolved)| resolved.action)
            .max()
            .unwrap_or(Action::Allow);
        let mut by_action = [0_usize; Action::ALL.len()];
        for (_, resolved) in &all {
            if let Some(count) = by_action.get_mut(resolved.action as usize) {
                *count += 1;
            }
        }
        let by_action = Action::ALL
            .iter()
            .zip(by_action)
            .filter(|(_, count)| *count > 0);
        let by_action: BTreeMap<Value, Value> = by_action
            .map(|(action, count)| (action.as_str().into(), count.into()))
            .collect();
        let total = all.len();
        let mut counts = Fields::new()
            .put(&words.total, total)
            .put(&words.by_action, by_action)
            .put(&words.strongest, strongest.as_str());
        let omitted = strongest_first(&mut all);
        if !omitted.is_empty() {
            let mut by_rule = BTreeMap::<&str, usize>::new();
            let mut by_action = BTreeMap::<&str, usize>::new();
            let mut by_configured = BTreeMap::<&str, usize>::new();
            for (finding, resolved) in &omitted {
                *by_rule.entry(&finding.rule).or_default() += 1;
                *by_action.entry(resolved.action.as_str()).or_default() += 1;
                *by_configured
                    .entry(resolved.configured.as_str())
                    .or_default() += 1;
            }
            counts = counts
                .put(&words.omitted, omitted.len())
                .put(&words.omitted_by_rule, tally(by_rule))
                .put(&words.omitted_by_action, tally(by_action))
                .put(&words.omitted_by_configured, tally(by_configured));
        }
        let shown = list(all, |(found, resolved)| {
            finding(words, found, resolved, true)
        });
        (shown, counts.done())
    }
}

/// Of too many findings, the strongest, in their order: a flood of weak ones must not hide a strong one.
/// Gives the others.
fn strongest_first<'a>(all: &mut Vec<(&'a Finding, Resolved)>) -> Vec<(&'a Finding, Resolved)> {
    if all.len() <= MAX_FINDINGS {
        return Vec::new();
    }
    all.sort_by(|(a, left), (b, right)| {
        (right.action, right.configured, b.severity)
            .cmp(&(left.action, left.configured, a.severity))
            .then(b.confidence.total_cmp(&a.confidence))
    });
    all.split_off(MAX_FINDINGS)
}

fn tally(counts: BTreeMap<&str, usize>) -> BTreeMap<Value, Value> {
    counts
        .into_iter()
        .map(|(name, count)| (name.into(), count.into()))
        .collect()
}

fn list<T>(items: impl IntoIterator<Item = T>, each: impl FnMut(T) -> Value) -> Value {
    Value::from(items.into_iter().map(each).collect::<Vec<_>>())
}

fn pairs<'a>(items: impl IntoIterator<Item = (&'a String, &'a String)>) -> Value {
    let mut object = BTreeMap::new();
    for (name, value) in items {
        // Of a name that is there twice the first counts, as it does everywhere in the host.
        object
            .entry(Value::from(name.as_str()))
            .or_insert_with(|| Value::from(value.as_str()));
    }
    Value::from(object)
}

fn context(words: &Words, context: &Context) -> Value {
    let principal = context.principal.as_ref().map(|principal| {
        let claims = principal
            .claims
            .iter()
            .map(|(name, json)| (Value::from(name.as_str()), json_or_text(json)));
        Fields::new()
            .put(&words.id, principal.id.as_str())
            .put(
                &words.roles,
                list(&principal.roles, |role| Value::from(role.as_str())),
            )
            .put(
                &words.claims,
                Value::from(claims.collect::<BTreeMap<_, _>>()),
            )
            .done()
    });
    Fields::new()
        .put(&words.exchange, context.exchange.as_str())
        .put(&words.stage, context.stage.as_str())
        .maybe(&words.tenant, context.tenant.as_deref())
        .maybe(&words.principal, principal)
        .put(&words.route, context.route.as_str())
        .maybe(&words.model, context.model.as_deref())
        .put(&words.time, context.time)
        .put(
            &words.attributes,
            pairs(context.attributes.iter().map(|(name, value)| (name, value))),
        )
        .done()
}

fn request(words: &Words, request: &RequestFacts) -> Value {
    Fields::new()
        .maybe(&words.model, request.model.as_deref())
        .put(&words.stream, request.stream)
        .maybe(&words.n, request.n)
        .maybe(&words.max_tokens, request.max_tokens)
        .put(&words.logprobs, request.logprobs)
        .maybe(&words.top_logprobs, request.top_logprobs)
        .maybe(
            &words.temperature,
            request.temperature.filter(|number| number.is_finite()),
        )
        .maybe(
            &words.top_p,
            request.top_p.filter(|number| number.is_finite()),
        )
        .put(
            &words.tools,
            list(&request.tools, |tool| Value::from(tool.as_str())),
        )
        .maybe(&words.response_format, request.response_format.as_deref())
        .done()
}

fn tool_call(words: &Words, call: &ToolCall) -> Value {
    Fields::new()
        .maybe(&words.id, call.id.as_deref())
        .put(&words.name, call.name.as_str())
        .put(&words.arguments, json_or_text(&call.arguments))
        .done()
}

/// JSON, or the text itself where it is none (or nested too deep to be read safely).
fn json_or_text(text: &str) -> Value {
    Value::from_json_str(text).unwrap_or_else(|_| Value::from(text))
}

fn segment(words: &Words, segment: &Segment, expose_text: bool) -> Value {
    Fields::new()
        .put(&words.id, segment.id)
        .put(&words.role, segment.role.as_str())
        .put(&words.kind, segment.kind.as_str())
        .maybe(&words.name, segment.name.as_deref())
        .put(
            &words.attributes,
            pairs(segment.attributes.iter().map(|(name, value)| (name, value))),
        )
        .put(
            &words.bytes,
            segment.offset.saturating_add(segment.text.len() as u64),
        )
        .maybe(&words.text, expose_text.then_some(segment.text.as_str()))
        .done()
}

fn finding(words: &Words, finding: &Finding, resolved: Resolved, current: bool) -> Value {
    let fields = Fields::new()
        .put(&words.id, finding.id.as_str())
        .put(&words.plugin, &*finding.plugin)
        .put(&words.rule, &*finding.rule)
        .maybe(&words.category, finding.category.as_deref())
        .put(&words.severity, finding.severity.as_str())
        .put(
            &words.confidence,
            if finding.confidence.is_finite() {
                finding.confidence
            } else {
                1.0
            },
        )
        .put(&words.segment, finding.segment)
        .maybe(&words.span, finding.span.map(|at| span(words, at)))
        .put(&words.role, finding.role.as_str())
        .put(&words.kind, finding.kind.as_str())
        .put(&words.late, finding.late)
        .put(&words.configured, resolved.configured.as_str());
    // Of an earlier stage's finding, what it asked for there is not known any more.
    if current {
        fields.put(&words.action, resolved.action.as_str())
    } else {
        fields
    }
    .done()
}

fn span(words: &Words, span: Span) -> Value {
    Fields::new()
        .put(&words.start, span.start)
        .put(&words.end, span.end)
        .done()
}

fn applied_edit(words: &Words, edit: &AppliedEdit) -> Value {
    Fields::new()
        .put(&words.plugin, &*edit.plugin)
        .put(&words.segment, edit.segment)
        .put(&words.span, span(words, edit.span))
        .done()
}

fn coverage(words: &Words, coverage: &Coverage) -> Value {
    Fields::new()
        .put(&words.scanned, coverage.scanned)
        .put(&words.bytes, coverage.bytes)
        .put(
            &words.unscanned,
            list(&coverage.unscanned, |id| Value::from(*id)),
        )
        .put(
            &words.skipped,
            list(&coverage.skipped, |skipped| {
                Fields::new()
                    .put(&words.plugin, &*skipped.plugin)
                    .put(&words.segment, skipped.segment)
                    .done()
            }),
        )
        .put(
            &words.gaps,
            list(&coverage.gaps, |gap| {
                Fields::new()
                    .put(&words.kind, gap.kind.as_str())
                    .put(&words.place, gap.place.as_str())
                    .done()
            }),
        )
        .done()
}

fn usage(words: &Words, usage: &Usage) -> Value {
    Fields::new()
        .put(&words.request_bytes, usage.request_bytes)
        .put(&words.prompt_tokens, usage.prompt_tokens)
        .put(&words.completion_tokens, usage.completion_tokens)
        .put(&words.reported, usage.reported)
        .put(&words.segments, usage.segments)
        .put(&words.elapsed_ms, usage.elapsed_ms)
        .done()
}

#[cfg(test)]
mod tests {
    use super::Reads;

    #[test]
    fn what_a_policy_may_read_is_never_left_out() {
        let reads = |policy| {
            let reads = Reads::of([policy]);
            (reads.segments, reads.tool_calls)
        };
        for (policy, expected) in [
            ("deny contains 1 if input.findings", (false, false)),
            ("count(input.segments) > 3", (true, false)),
            ("some call in input.tool_calls", (false, true)),
            ("input[\"segments\"]", (true, true)),
            ("walk(input)", (true, true)),
            ("x := input\n", (true, true)),
            ("x := input", (true, true)),
            ("input .segments", (true, true)),
            ("input.\nsegments", (true, true)),
            ("import input.segments as s", (true, false)),
            ("data.a with input as {}", (true, true)),
            (
                "inputs.segments; my_input.segments; input_2",
                (false, false),
            ),
            ("input.segments_seen", (false, false)),
        ] {
            assert_eq!(reads(policy), expected, "{policy}");
        }
        assert_eq!(
            Reads::of([crate::DEFAULT_POLICY]),
            Reads {
                segments: false,
                tool_calls: false,
                prior: false,
            }
        );
        assert!(Reads::of(["count(input.prior.findings)"]).prior);
        assert!(Reads::of(["walk(input)"]).prior);
    }
}
