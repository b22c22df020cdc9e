//! One exchange on its way through Envoy.

use std::rc::Rc;
use std::time::Instant;

use caponier_core::{Action, Context, Exchange, Finding, RequestFacts, Stage};
use caponier_decide::{Digests, Guests, Mail, Outcome, Record, Refusal, Wire};
use caponier_protocol::Format;

use crate::host::{Host, Level, Map};
use crate::identity::Caller;
use crate::root::Root;

/// What Envoy is to do after a callback.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// Go on.
    Continue,
    /// Hold what has come until more is there.
    Pause,
}

/// One exchange on its way through Envoy.
pub struct Filter<H, G> {
    pub(crate) host: H,
    pub(crate) root: Rc<Root<G>>,
    pub(crate) state: State,
}

/// Where an exchange is.
pub(crate) enum State {
    /// No part of it is guarded.
    Idle,
    /// Request headers are held, and with them what has come of the body.
    Held(Box<Passage>),
    /// The request passes without inspection, its answer too.
    Passing(Box<Passage>),
    /// The request went on, decided; the answer has not begun.
    Sent(Box<Sent>),
    /// Answer headers are held, and with them what has come of a whole answer.
    Gathering(Box<Gathered>),
    /// An answer goes through as it comes.
    Live(Box<Live>),
    /// An answer goes through message by message.
    Letters(Box<Letters>),
    /// The request was refused. The refusal itself comes by as an answer.
    Refused,
    /// There is an answer, and no more to do.
    Over,
    /// Nothing passes any more, either way.
    Shut,
}

impl State {
    /// The exchange that is under way.
    pub(crate) fn passage(&self) -> Option<&Passage> {
        match self {
            Self::Held(passage) | Self::Passing(passage) => Some(passage),
            Self::Sent(sent) => Some(&sent.passage),
            Self::Gathering(gathered) => Some(&gathered.sent.passage),
            Self::Live(live) => Some(&live.passage),
            Self::Letters(letters) => Some(&letters.sent.passage),
            Self::Idle | Self::Refused | Self::Over | Self::Shut => None,
        }
    }
}

/// Everything that is the same in all stages of an exchange.
pub(crate) struct Passage {
    pub(crate) route: usize,
    pub(crate) format: Format,
    pub(crate) id: String,
    pub(crate) seed: u64,
    pub(crate) caller: Caller,
    pub(crate) client: String,
    pub(crate) path: String,
    pub(crate) arrived: Instant,
    pub(crate) action: Action,
    pub(crate) digests: Digests,
    /// The request's body is compressed.
    pub(crate) is_packed: bool,
    /// The request's body is more than may be inspected: what still comes of it passes.
    pub(crate) is_oversize: bool,
    /// Bytes that the gauge of held text was told.
    pub(crate) held: i64,
}

/// An exchange whose request was decided.
pub(crate) struct Sent {
    pub(crate) passage: Passage,
    pub(crate) exchange: Exchange,
    pub(crate) next_segment: u32,
    /// What the request asks a store for.
    pub(crate) queries: Vec<String>,
}

/// An exchange whose whole answer is waited for.
pub(crate) struct Gathered {
    pub(crate) sent: Sent,
    pub(crate) status: u16,
    /// The answer says how long it is.
    pub(crate) has_length: bool,
}

/// An exchange whose answer is streamed.
pub(crate) struct Live {
    pub(crate) passage: Passage,
    pub(crate) exchange: Exchange,
    pub(crate) wire: Wire,
}

/// An exchange whose answer is a stream of messages.
pub(crate) struct Letters {
    pub(crate) sent: Sent,
    pub(crate) mail: Mail,
}

impl Passage {
    /// What a refusal is told of it.
    pub(crate) fn mark(&self) -> Option<(&str, usize)> {
        Some((&self.id, self.route))
    }

    pub(crate) fn elapsed_ms(&self) -> u64 {
        u64::try_from(self.arrived.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

impl<H: Host, G: Guests> Filter<H, G> {
    /// A new exchange.
    pub fn new(host: H, root: Rc<Root<G>>) -> Self {
        Self {
            host,
            root,
            state: State::Idle,
        }
    }

    /// Envoy, or what stands in its place.
    pub fn host(&self) -> &H {
        &self.host
    }

    /// A new exchange of the policy's, with the access rules already asked. Their decision may
    /// deny it.
    pub(crate) fn begin(
        &self,
        passage: &Passage,
        facts: RequestFacts,
        bytes: usize,
    ) -> (Exchange, Outcome) {
        let route = self.root.route(passage.route);
        let context = Context {
            exchange: passage.id.clone(),
            stage: Stage::Prompt,
            tenant: passage.caller.tenant.clone(),
            principal: passage.caller.principal.clone(),
            route: route.map_or_else(String::new, |(_, name, _)| name.to_owned()),
            model: facts.model.clone(),
            time: self.host.unix_millis(),
            seed: passage.seed,
            attributes: vec![
                ("client".to_owned(), passage.client.clone()),
                ("path".to_owned(), passage.path.clone()),
            ],
        };
        let policy = &self.root.policy;
        let mut exchange = policy.exchange(context, facts);
        exchange.usage.request_bytes = bytes as u64;
        exchange.usage.prompt_tokens = bytes as u64 / 4;
        let outcome = policy.begin(&mut exchange);
        (exchange, outcome)
    }

    /// Counts and records a stage.
    pub(crate) fn record(&self, exchange: &Exchange, outcome: &Outcome, refusal: Option<&Refusal>) {
        let root = &self.root;
        for finding in &outcome.findings {
            let action = root
                .policy
                .action_of(outcome.stage, finding, &outcome.segments);
            root.metrics.finding(&self.host, &finding.rule, action);
        }
        let digests = if root.packed.shell.audit {
            Digests::of(&root.digest_key, outcome)
        } else {
            Digests::default()
        };
        self.write(exchange, outcome, &digests, refusal);
    }

    /// The same, where findings were counted as they came.
    pub(crate) fn write(
        &self,
        exchange: &Exchange,
        outcome: &Outcome,
        digests: &Digests,
        refusal: Option<&Refusal>,
    ) {
        let root = &self.root;
        root.metrics.stage(&self.host, outcome);
        if !root.packed.shell.audit {
            return;
        }
        let action_of = |finding: &Finding| {
            root.policy
                .action_of(outcome.stage, finding, &outcome.segments)
        };
        let record = Record::new(
            self.host.unix_millis(),
            root.revision(),
            exchange,
            outcome,
            digests,
            refusal.map(Refusal::code),
            &action_of,
        );
        match serde_json::to_string(&record) {
            Ok(line) => {
                self.host
                    .log(Level::Info, &format!("caponier-audit {line}"));
                root.metrics
                    .count(&self.host, "audit_records_total", &[], 1);
            }
            Err(_) => root
                .metrics
                .count(&self.host, "audit_records_dropped_total", &[], 1),
        }
    }

    /// Counts an answer.
    pub(crate) fn count(&self, route: Option<usize>, action: Action, status: u16) {
        let route = route.and_then(|route| self.root.route(route));
        let name = route.map_or("none", |(_, name, _)| name);
        self.root.metrics.request(&self.host, name, action, status);
    }

    /// Refuses a request. Where even that fails, everything stays held.
    pub(crate) fn refuse(
        &mut self,
        refusal: &Refusal,
        format: &Format,
        exchange: Option<(&str, usize)>,
    ) -> Flow {
        let is_sent = self.respond(refusal, format, exchange);
        self.state = if is_sent { State::Refused } else { State::Shut };
        Flow::Pause
    }

    /// Refuses an answer whose headers are held: nothing more of it passes, whatever becomes of the
    /// refusal, which goes to the client past this filter.
    pub(crate) fn refuse_answer(&mut self, refusal: Refusal, passage: &Passage) -> Flow {
        self.state = State::Shut;
        let refusal = refusal.speaking(&passage.format);
        self.respond(&refusal, &passage.format, passage.mark());
        Flow::Pause
    }

    /// Answers in the upstream's place. False where that cannot be done.
    fn respond(&self, refusal: &Refusal, format: &Format, exchange: Option<(&str, usize)>) -> bool {
        let route = exchange.map(|(_, route)| route);
        self.count(route, refusal.action, refusal.code());
        let mut headers = vec![("content-type", "application/json")];
        headers.extend_from_slice(refusal.headers());
        if self.root.packed.shell.answer_headers {
            headers.push(("x-caponier-action", refusal.action.as_str()));
            headers.push(("x-caponier-revision", self.root.revision()));
            if let Some((exchange, _)) = exchange {
                headers.push(("x-caponier-exchange", exchange));
            }
        }
        let body = refusal.body(format);
        self.host.respond(refusal.code(), &headers, &body)
    }

    /// Says on the answer what was done.
    pub(crate) fn sign(&self, action: Action, exchange: &str) {
        if !self.root.packed.shell.answer_headers {
            return;
        }
        for (name, value) in [
            ("x-caponier-action", action.as_str()),
            ("x-caponier-revision", self.root.revision()),
            ("x-caponier-exchange", exchange),
        ] {
            // An answer without them is as good.
            self.host.set_header(Map::Response, name, Some(value));
        }
    }
}

/// Shows where it is, and nothing of what is in it.
impl<H, G> std::fmt::Debug for Filter<H, G> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let state = match &self.state {
            State::Idle => "idle",
            State::Held(_) => "held",
            State::Passing(_) => "passing",
            State::Sent(_) => "sent",
            State::Gathering(_) => "gathering",
            State::Live(_) => "live",
            State::Letters(_) => "letters",
            State::Refused => "refused",
            State::Over => "over",
            State::Shut => "shut",
        };
        f.debug_struct("Filter")
            .field("state", &state)
            .finish_non_exhaustive()
    }
}
