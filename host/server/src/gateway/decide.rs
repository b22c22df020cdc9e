//! What the policy makes of a request and of a whole answer. CPU work only: it runs where it is, or
//! in the pool.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use caponier_config::{DenyAs, Route};
use caponier_core::{
    Action, Context, Exchange, Gap, GapKind, Kind, RequestFacts, Role, Segment, Stage,
};
use caponier_protocol::{ErrorKind, Format, Limits, Request};
use caponier_runtime::{DenialKind, Outcome, RoutePlan, StageInput};

use super::refusal::{Refusal, filtered};
use crate::audit::{Digests, Record, Trail};
use crate::identity::Caller;
use crate::state::Current;

/// An exchange on its way: everything that is the same in all its stages.
pub(crate) struct Passage {
    pub(crate) current: Current,
    pub(crate) route: usize,
    pub(crate) format: Format,
    /// The exchange's id.
    pub(crate) id: String,
    pub(crate) seed: u64,
    pub(crate) caller: Caller,
    pub(crate) client: IpAddr,
    pub(crate) path: String,
    pub(crate) arrived: Instant,
    pub(crate) trail: Trail,
}

/// A request that may go on.
pub(crate) struct Accepted {
    pub(crate) passage: Passage,
    pub(crate) exchange: Exchange,
    /// What goes to the upstream.
    pub(crate) body: Vec<u8>,
    /// The first segment id that is free.
    pub(crate) next_segment: u32,
    /// What was decided of the request.
    pub(crate) action: Action,
}

impl Passage {
    pub(crate) fn config(&self) -> Option<&Route> {
        let gateway = self.current.config.gateway.as_ref()?;
        gateway.routes.get(self.route)
    }

    pub(crate) fn plan(&self) -> &RoutePlan {
        let revision = &self.current;
        revision
            .state
            .plan(&revision.config, &revision.policy, self.route)
    }

    pub(crate) fn route_name(&self) -> &str {
        self.current
            .state
            .routes
            .get(self.route)
            .map_or("", |route| route.name.as_str())
    }

    pub(crate) fn limits(&self) -> Limits {
        Limits {
            depth: self.current.config.limits.depth,
            ..Limits::default()
        }
    }

    /// A new exchange, with the access rules already asked. Their decision may deny it.
    pub(crate) fn begin(
        &mut self,
        facts: RequestFacts,
        bytes: usize,
    ) -> Result<(Exchange, Outcome), Refusal> {
        let context = Context {
            exchange: self.id.clone(),
            stage: Stage::Prompt,
            tenant: self.caller.tenant.clone(),
            principal: self.caller.principal.clone(),
            route: self.route_name().to_owned(),
            model: facts.model.clone(),
            time: crate::clock::unix_millis(),
            seed: self.seed,
            attributes: vec![
                ("client".to_owned(), self.client.to_string()),
                ("path".to_owned(), self.path.clone()),
            ],
        };
        let policy = Arc::clone(&self.current.policy);
        let mut exchange = policy.exchange(context, facts);
        exchange.usage.request_bytes = bytes as u64;
        exchange.usage.prompt_tokens = bytes as u64 / 4;
        let outcome = policy.begin(&mut exchange);
        if outcome.action() == Action::Deny {
            let refusal = Refusal::denied(&outcome.decision, outcome.kind);
            self.record(&exchange, &outcome, Some(&refusal));
            return Err(refusal);
        }
        Ok((exchange, outcome))
    }

    /// Counts and records a stage.
    pub(crate) fn record(
        &mut self,
        exchange: &Exchange,
        outcome: &Outcome,
        refusal: Option<&Refusal>,
    ) {
        let digests = if self.trail.is_on() {
            Digests::of(&self.current.state.digest_key, outcome)
        } else {
            Digests::default()
        };
        for finding in &outcome.findings {
            let action = self
                .current
                .policy
                .action_of(outcome.stage, finding, &outcome.segments);
            self.current.state.metrics.finding(&finding.rule, action);
        }
        self.write(exchange, outcome, &digests, refusal);
    }

    /// The same, where findings were counted as they came.
    pub(crate) fn write(
        &mut self,
        exchange: &Exchange,
        outcome: &Outcome,
        digests: &Digests,
        refusal: Option<&Refusal>,
    ) {
        let revision = &self.current;
        revision.state.metrics.stage(outcome);
        if !self.trail.is_on() {
            return;
        }
        let action_of = |finding: &caponier_core::Finding| {
            revision
                .policy
                .action_of(outcome.stage, finding, &outcome.segments)
        };
        let status = refusal.map(|refusal| refusal.code().as_u16());
        let record = Record::new(&revision.id, exchange, outcome, digests, status, &action_of);
        self.trail.write(&record);
    }

    fn elapsed_ms(&self) -> u64 {
        u64::try_from(self.arrived.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Parses, inspects and decides a request, and makes the body that goes on.
    pub(crate) fn request(mut self, body: Vec<u8>) -> Result<Accepted, Refusal> {
        let bytes = body.len();
        let mut request = self.format.request(body, &self.limits())?;
        let (mut exchange, begin) = self.begin(request.facts().clone(), bytes)?;
        exchange.usage.elapsed_ms = self.elapsed_ms();
        let outcomes = self.stages(&mut exchange, &mut request);
        let denied = outcomes
            .iter()
            .find(|outcome| outcome.action() == Action::Deny);
        let refusal = denied.map(|outcome| Refusal::denied(&outcome.decision, outcome.kind));
        for outcome in &outcomes {
            let own = refusal
                .as_ref()
                .filter(|_| outcome.action() == Action::Deny);
            self.record(&exchange, outcome, own);
        }
        if let Some(refusal) = refusal {
            return Err(refusal);
        }
        let next_segment = request.next_segment();
        let mut change = Change::default();
        change.take(begin);
        let mut action = exchange.action;
        for outcome in outcomes {
            action = action.max(outcome.action());
            change.take(outcome);
        }
        let body = request.edited(&change.edits, &change.dropped, &change.set, &change.unset)?;
        Ok(Accepted {
            passage: self,
            exchange,
            body,
            next_segment,
            action,
        })
    }

    fn stages(&self, exchange: &mut Exchange, request: &mut Request) -> Vec<Outcome> {
        let policy = &self.current.policy;
        let mut outcomes = Vec::with_capacity(2);
        let prompt = StageInput {
            stage: Stage::Prompt,
            segments: request.take(Stage::Prompt),
            gaps: request.gaps().to_vec(),
            tool_calls: request.tool_calls().to_vec(),
        };
        outcomes.push(policy.evaluate(self.plan(), exchange, prompt));
        let fetched = request.take(Stage::Retrieval);
        if !fetched.is_empty() && exchange.denial.is_none() {
            let retrieval = StageInput {
                stage: Stage::Retrieval,
                segments: fetched,
                gaps: Vec::new(),
                tool_calls: Vec::new(),
            };
            outcomes.push(policy.evaluate(self.plan(), exchange, retrieval));
        }
        outcomes
    }

    /// What a part that nobody looks into comes to, with the access rules asked.
    pub(crate) fn uninspected(
        &mut self,
        gap: Gap,
        action: Action,
        bytes: usize,
    ) -> Result<Exchange, Refusal> {
        let (mut exchange, mut outcome) = self.begin(RequestFacts::default(), bytes)?;
        outcome.coverage.gaps.push(gap);
        outcome.decision.action = outcome.decision.action.max(action);
        if outcome.decision.reason.is_empty() {
            "passed uninspected, as configured".clone_into(&mut outcome.decision.reason);
        }
        exchange.action = exchange.action.max(action);
        self.record(&exchange, &outcome, None);
        Ok(exchange)
    }
}

/// What several decisions want changed in one body.
#[derive(Default)]
struct Change {
    edits: Vec<caponier_core::SegmentEdit>,
    dropped: Vec<u32>,
    set: Vec<(String, String)>,
    unset: Vec<String>,
}

impl Change {
    fn take(&mut self, outcome: Outcome) {
        self.edits.extend(outcome.edits);
        self.dropped.extend(outcome.dropped);
        self.set.extend(outcome.decision.set);
        self.unset.extend(outcome.decision.unset);
    }
}

/// What became of a whole answer.
pub(crate) struct Judged {
    pub(crate) body: Vec<u8>,
    /// The policy's own answer stands in the place of the model's.
    pub(crate) is_replaced: bool,
    pub(crate) action: Action,
}

impl Accepted {
    /// Inspects and decides a whole answer, and makes the body that goes to the client.
    pub(crate) fn answer(mut self, body: Vec<u8>, is_success: bool) -> Result<Judged, Refusal> {
        let limits = self.passage.limits();
        let spare = (!is_success).then(|| body.clone());
        self.exchange.usage.elapsed_ms = self.passage.elapsed_ms();
        let mut response = match (
            self.passage
                .format
                .response(body, self.next_segment, &limits),
            spare,
        ) {
            (Ok(response), _) => response,
            (Err(_), Some(text)) => return self.error_text(text),
            (Err(malformed), None) => {
                self.passage
                    .current
                    .state
                    .metrics
                    .upstream_error("malformed");
                let message =
                    format!("the upstream's answer is not what the format says: {malformed}");
                return Err(Refusal::new(ErrorKind::BadGateway, message).action(self.action));
            }
        };
        let texts: u64 = response
            .segments()
            .iter()
            .map(|placed| placed.segment.text.len() as u64)
            .sum();
        let usage = &mut self.exchange.usage;
        match response.usage() {
            Some(tokens) => {
                (usage.prompt_tokens, usage.completion_tokens, usage.reported) =
                    (tokens.prompt, tokens.completion, true);
                self.passage
                    .current
                    .state
                    .metrics
                    .tokens(tokens.prompt, tokens.completion);
            }
            None => usage.completion_tokens = texts / 4,
        }
        let input = StageInput {
            stage: Stage::Output,
            segments: response.take(),
            gaps: response.gaps().to_vec(),
            tool_calls: response.tool_calls().to_vec(),
        };
        match self.judge(input, is_success)? {
            Ok(outcome) => Ok(Judged {
                body: response.edited(&outcome.edits, &outcome.dropped)?,
                is_replaced: false,
                action: self.action,
            }),
            Err(judged) => Ok(judged),
        }
    }

    /// An upstream's error that is not of the format: one text, and said to be so.
    fn error_text(mut self, body: Vec<u8>) -> Result<Judged, Refusal> {
        let gap = |kind| {
            vec![Gap {
                kind,
                place: "body".to_owned(),
            }]
        };
        let (segments, gaps, text) = match String::from_utf8(body) {
            Ok(text) => {
                let segment =
                    Segment::new(self.next_segment, Role::Other, Kind::Other, text.clone());
                (vec![segment], gap(GapKind::Unrecognized), text)
            }
            Err(_) => {
                let message = "the upstream failed, and its answer is not text";
                return Err(Refusal::new(ErrorKind::BadGateway, message).action(self.action));
            }
        };
        let input = StageInput {
            stage: Stage::Output,
            segments,
            gaps,
            tool_calls: Vec::new(),
        };
        match self.judge(input, false)? {
            Ok(outcome) => {
                let mut text = text;
                for edit in outcome.edits.iter().rev() {
                    if text.get(edit.span.start..edit.span.end).is_none() {
                        return Err(Refusal::new(
                            ErrorKind::Unavailable,
                            "an edit is out of range",
                        ));
                    }
                    text.replace_range(edit.span.start..edit.span.end, &edit.replacement);
                }
                if !outcome.dropped.is_empty() {
                    text.clear();
                }
                Ok(Judged {
                    body: text.into_bytes(),
                    is_replaced: false,
                    action: self.action,
                })
            }
            Err(judged) => Ok(judged),
        }
    }

    /// Decides; the inner error is the policy's own answer in the place of the model's.
    fn judge(
        &mut self,
        input: StageInput,
        is_success: bool,
    ) -> Result<Result<Outcome, Judged>, Refusal> {
        let policy = Arc::clone(&self.passage.current.policy);
        let outcome = policy.evaluate(self.passage.plan(), &mut self.exchange, input);
        if outcome.action() != Action::Deny {
            self.passage.record(&self.exchange, &outcome, None);
            return Ok(Ok(outcome));
        }
        let refusal = Refusal::denied(&outcome.decision, outcome.kind);
        let is_refusal = self
            .passage
            .config()
            .is_some_and(|route| route.deny_as == DenyAs::Refusal)
            && is_success
            && outcome.kind == DenialKind::Content
            && outcome.decision.status.is_none();
        if is_refusal {
            self.passage.record(&self.exchange, &outcome, None);
            let model = self.exchange.context.model.as_deref();
            return Ok(Err(Judged {
                body: filtered(self.passage.format, model, &self.passage.id),
                is_replaced: true,
                action: Action::Deny,
            }));
        }
        self.passage
            .record(&self.exchange, &outcome, Some(&refusal));
        Err(refusal)
    }
}
