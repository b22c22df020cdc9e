//! Endpoints that no wire format knows, and upgrades to something else than HTTP.

use caponier_config::Treatment;
use caponier_core::{Action, Decision, Exchange, Gap, GapKind, RequestFacts};
use caponier_decide::{Guests, Refusal, format_of, uninspected};
use caponier_protocol::ErrorKind;

use crate::filter::{Filter, Flow, Passage, State};
use crate::headers::Headers;
use crate::host::Host;

/// Whether a request goes through without inspection.
pub(crate) enum Passes {
    /// It is inspected.
    No,
    /// It passes, with this action and this gap.
    With(Action, Gap),
    /// It is refused.
    Refused(Refusal),
}

impl<H: Host, G: Guests> Filter<H, G> {
    /// Whether a request on a guarded path goes through without inspection. `is_whole`: no body
    /// follows.
    pub(crate) fn passes(&self, passage: &Passage, headers: &Headers, is_whole: bool) -> Passes {
        let Some((route, _, _)) = self.root.route(passage.route) else {
            return Passes::Refused(Refusal::new(ErrorKind::NotFound, "no route for this path"));
        };
        let method = headers.one(":method").unwrap_or_default();
        if headers.has("upgrade") || method == "CONNECT" {
            let is_websocket = headers
                .one("upgrade")
                .is_some_and(|value| value.trim().eq_ignore_ascii_case("websocket"));
            let action = match route.websocket {
                _ if !is_websocket => None,
                Treatment::Allow => Some(Action::Allow),
                Treatment::Flag => Some(Action::Flag),
                Treatment::Deny => None,
            };
            return decided(
                action,
                "websocket",
                "upgrades are not inspected and not let through; hint: see `websocket:` of the route",
            );
        }
        if format_of(&route.protocol, method, &passage.path).is_some() {
            return Passes::No;
        }
        // A header could make a `POST` of what has a body.
        let is_read = method == "GET" && is_whole;
        let asked = (method, passage.path.as_str());
        let unknown = route.unknown_endpoints;
        let action = uninspected(&route.protocol, &route.pass, unknown, asked, is_read);
        decided(
            action,
            method,
            "this endpoint is not inspected and not let through; hint: list it under `pass:` of its route",
        )
    }

    /// Lets a request through without inspection, if the access rules agree, and its answer.
    pub(crate) fn let_pass(&mut self, passage: Passage, action: Action, gap: Gap) -> Flow {
        match self.uninspected(passage, action, gap, 0) {
            Ok((passage, _)) => {
                self.state = State::Passing(Box::new(passage));
                Flow::Continue
            }
            Err(flow) => flow,
        }
    }

    /// Decides and records a request that nobody looks into, of which so many bytes are known. The
    /// error: it was refused.
    pub(crate) fn uninspected(
        &mut self,
        mut passage: Passage,
        action: Action,
        gap: Gap,
        bytes: usize,
    ) -> Result<(Passage, Exchange), Flow> {
        let (mut exchange, mut outcome) = self.begin(&passage, RequestFacts::default(), bytes);
        if outcome.action() == Action::Deny {
            let refusal = Refusal::denied(&outcome.decision, outcome.kind);
            self.record(&exchange, &outcome, Some(&refusal));
            return Err(self.refuse(&refusal, &passage.format, passage.mark()));
        }
        outcome.coverage.gaps.push(gap);
        outcome.decision.action = outcome.decision.action.max(action);
        if outcome.decision.reason.is_empty() {
            "passed uninspected, as configured".clone_into(&mut outcome.decision.reason);
        }
        exchange.action = exchange.action.max(action);
        self.record(&exchange, &outcome, None);
        passage.action = exchange.action;
        Ok((passage, exchange))
    }

    /// Records that something was refused without inspection.
    pub(crate) fn record_refusal(&self, passage: &Passage, refusal: &Refusal) {
        let (exchange, mut outcome) = self.begin(passage, RequestFacts::default(), 0);
        if outcome.action() != Action::Deny {
            outcome.coverage.gaps.push(Gap {
                kind: GapKind::Endpoint,
                place: "path".to_owned(),
            });
            outcome.decision = Decision::new(Action::Deny, "endpoint not let through");
        }
        self.record(&exchange, &outcome, Some(refusal));
    }
}

fn decided(action: Option<Action>, place: &str, refusal: &str) -> Passes {
    match action {
        Some(action) => Passes::With(
            action,
            Gap {
                kind: GapKind::Endpoint,
                place: place.to_owned(),
            },
        ),
        None => Passes::Refused(Refusal::new(ErrorKind::NotFound, refusal)),
    }
}
