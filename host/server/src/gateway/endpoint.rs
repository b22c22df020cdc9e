//! Endpoints that no wire format knows.

use std::sync::Arc;

use caponier_config::Route;
use caponier_core::{Action, Decision, Gap, GapKind, RequestFacts};
use caponier_decide::uninspected;
use caponier_protocol::ErrorKind;
use http::header::CONTENT_TYPE;
use http::request::Parts;
use http::{Method, Response, Version};
use hyper::body::{Body as _, Incoming};

use super::decide::Passage;
use super::forward::{failed, send};
use super::refusal::{JSON, Refusal};
use super::{Reply, echo};
use crate::answer::Answer;
use crate::upstream::{Outgoing, headers};

/// An endpoint that no wire format knows: passed, flagged or refused as configured.
pub(super) async fn pass(
    mut passage: Box<Passage>,
    route: &Route,
    parts: Box<Parts>,
    body: &mut Option<Incoming>,
) -> Result<Reply, Refusal> {
    // A header could make a `POST` of what has a body.
    let has_body = body.as_ref().is_some_and(|body| !body.is_end_stream());
    let is_read = parts.method == Method::GET && !has_body;
    let asked = (parts.method.as_str(), parts.uri.path());
    let unknown = route.unknown_endpoints;
    let action = uninspected(&route.protocol, &route.pass, unknown, asked, is_read);
    passage
        .current
        .state
        .metrics
        .gap(GapKind::Endpoint.as_str());
    let Some(action) = action else {
        return Err(refuse_endpoint(
            passage,
            "this endpoint is not inspected and not let through; hint: list it under `pass:` of its route",
        ));
    };
    let gap = Gap {
        kind: GapKind::Endpoint,
        place: parts.method.as_str().to_owned(),
    };
    let exchange = passage.uninspected(gap, action, 0)?;
    let metrics = Arc::clone(&passage.current.state.metrics);
    if route.upstream.is_none() {
        if !parts.uri.path().ends_with("/models") || parts.method != Method::GET {
            return Err(Refusal::new(
                ErrorKind::NotFound,
                "the echo model has no such endpoint",
            ));
        }
        let mut response = Response::new(Answer::whole(echo::models()));
        response.headers_mut().insert(CONTENT_TYPE, JSON);
        return Ok(Reply {
            response,
            action: exchange.action,
        });
    }
    let response = send(&passage, route, parts, Outgoing::passing(None, body.take()))
        .await
        .map_err(|error| failed(&metrics, &error).action(exchange.action))?;
    let (mut parts, body) = response.into_parts();
    // Nothing of the body changes, so what describes it stays.
    headers::clean(&mut parts.headers);
    parts.version = Version::HTTP_11;
    let response = Response::from_parts(parts, Answer::passing(body, route.timeouts.idle));
    Ok(Reply {
        response,
        action: exchange.action,
    })
}

/// Refuses what is not inspected, and records it.
pub(super) fn refuse_endpoint(mut passage: Box<Passage>, message: &str) -> Refusal {
    let refusal = Refusal::new(ErrorKind::NotFound, message);
    match passage.begin(RequestFacts::default(), 0) {
        Ok((exchange, mut outcome)) => {
            outcome.coverage.gaps.push(Gap {
                kind: GapKind::Endpoint,
                place: "path".to_owned(),
            });
            outcome.decision = Decision::new(Action::Deny, "endpoint not let through");
            passage.record(&exchange, &outcome, Some(&refusal));
            refusal
        }
        Err(denied) => denied,
    }
}
