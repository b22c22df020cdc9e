//! What the policy makes of a request and of a whole answer. CPU work only: it runs where it is, or
//! in the pool.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use caponier_config::{DenyAs, Route};
use caponier_core::{Action, Context, Exchange, Gap, RequestFacts, Stage};
use caponier_decide::{Arrived, Judged, Passed};
use caponier_protocol::{Format, Limits};
use caponier_runtime::{Outcome, RoutePlan};

use super::refusal::Refusal;
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
    /// When that was, in milliseconds since the Unix epoch: the time of the whole exchange.
    pub(crate) time: u64,
    pub(crate) trail: Trail,
}

/// A request that may go on.
pub(crate) struct Accepted {
    pub(crate) passage: Box<Passage>,
    /// Boxed: it is large, and moves from stage to stage.
    pub(crate) exchange: Box<Exchange>,
    /// What goes to the upstream.
    pub(crate) body: Vec<u8>,
    /// The first segment id that is free.
    pub(crate) next_segment: u32,
    /// What was decided of the request.
    pub(crate) action: Action,
    /// What it asks a store for.
    pub(crate) queries: Vec<String>,
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
    ) -> Result<(Box<Exchange>, Outcome), Refusal> {
        let context = Context {
            exchange: self.id.clone(),
            stage: Stage::Prompt,
            tenant: self.caller.tenant.clone(),
            principal: self.caller.principal.clone(),
            route: self.route_name().to_owned(),
            model: facts.model.clone(),
            time: self.time,
            seed: self.seed,
            attributes: vec![
                ("client".to_owned(), self.client.to_string()),
                ("path".to_owned(), self.path.clone()),
            ],
        };
        let policy = Arc::clone(&self.current.policy);
        let mut exchange = Box::new(policy.exchange(context, facts));
        exchange.usage.request_bytes = bytes as u64;
        exchange.usage.prompt_tokens = bytes as u64 / 4;
        let outcome = policy.begin(&mut exchange);
        if outcome.action() == Action::Deny {
            let refusal = Refusal::denied(&outcome.decision, outcome.kind);
            let refusal = refusal.speaking(&self.format);
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
        let status = refusal.map(Refusal::code);
        let record = Record::new(
            crate::clock::unix_millis(),
            &revision.id,
            exchange,
            outcome,
            digests,
            status,
            &action_of,
        );
        self.trail.write(&record);
    }

    fn elapsed_ms(&self) -> u64 {
        u64::try_from(self.arrived.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Parses, inspects and decides a request, and makes the body that goes on. `beside`: headers
    /// that may repeat a part of it.
    pub(crate) fn request(
        mut self: Box<Self>,
        content_type: &str,
        beside: &[String],
        body: Vec<u8>,
    ) -> Result<Accepted, Refusal> {
        let bytes = body.len();
        let limits = self.limits();
        let request = self.format.request_of(content_type, body, &limits)?;
        let request = request.beside(beside.iter().map(String::as_str));
        if let Some(format) = request.answer_format() {
            self.format = format.clone();
        }
        let (mut exchange, begin) = self.begin(request.facts().clone(), bytes)?;
        exchange.usage.elapsed_ms = self.elapsed_ms();
        let policy = Arc::clone(&self.current.policy);
        let (outcomes, passed) = policy.request(self.plan(), &mut exchange, begin, request);
        let passed = passed.map_err(|refusal| refusal.speaking(&self.format));
        for outcome in &outcomes {
            let own = passed.as_ref().err();
            let own = own.filter(|_| outcome.action() == Action::Deny);
            self.record(&exchange, outcome, own);
        }
        let Passed {
            body,
            next_segment,
            action,
            queries,
        } = passed?;
        Ok(Accepted {
            passage: self,
            exchange,
            body,
            next_segment,
            action,
            queries,
        })
    }

    /// What a part that nobody looks into comes to, with the access rules asked.
    pub(crate) fn uninspected(
        &mut self,
        gap: Gap,
        action: Action,
        bytes: usize,
    ) -> Result<Box<Exchange>, Refusal> {
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

impl Accepted {
    /// Inspects and decides a whole answer, and makes the body that goes to the client.
    pub(crate) fn answer(mut self, body: Vec<u8>, is_success: bool) -> Result<Judged, Refusal> {
        self.exchange.usage.elapsed_ms = self.passage.elapsed_ms();
        let route = self.passage.config();
        let arrived = Arrived {
            format: self.passage.format.clone(),
            limits: self.passage.limits(),
            body,
            next_segment: self.next_segment,
            is_success,
            deny_as: route.map_or(DenyAs::Error, |route| route.deny_as),
            action: self.action,
            seconds: self.passage.time / 1000,
            queries: std::mem::take(&mut self.queries),
        };
        let policy = Arc::clone(&self.passage.current.policy);
        let (outcomes, judged) = policy.answer(self.passage.plan(), &mut self.exchange, arrived);
        let metrics = &self.passage.current.state.metrics;
        let usage = &self.exchange.usage;
        if usage.reported {
            metrics.tokens(usage.prompt_tokens, usage.completion_tokens);
        }
        if outcomes.is_empty() {
            metrics.upstream_error("malformed");
        }
        for outcome in &outcomes {
            let refusal = judged.as_ref().err();
            self.passage.record(&self.exchange, outcome, refusal);
        }
        judged
    }
}
