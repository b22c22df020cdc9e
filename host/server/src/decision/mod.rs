//! The decision port: `POST /v1/inspect` decides on texts without proxying anything.

mod wire;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use caponier_core::{Exchange, Stage};
use caponier_runtime::{Outcome, StageInput};
use http::header::{ALLOW, AUTHORIZATION, CONTENT_TYPE, HeaderValue, WWW_AUTHENTICATE};
use http::{Method, Request, Response, StatusCode};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use serde_json::json;
use tokio::sync::oneshot;

use crate::answer::{Answer, Flight};
use crate::audit::{Digests, Record, Trail};
use crate::decode::{DecodeError, Decoder, encoding};
use crate::gateway::Shared;
use crate::identity::bearer;
use crate::state::Current;
use wire::{Answered, Asked};

/// The name that metrics and records give this port instead of a route.
const ROUTE: &str = "/v1/inspect";

/// A request that is not decided.
struct Refused {
    status: StatusCode,
    message: String,
}

impl Refused {
    fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self {
            status,
            message: message.into(),
        }
    }
}

/// Answers a request to the decision port.
pub(crate) async fn handle(
    shared: &Arc<Shared>,
    client: IpAddr,
    request: Request<Incoming>,
) -> Response<Answer> {
    let mut flight = Flight::new(&shared.metrics);
    let current = shared.runtime.current();
    let (status, action, body) = match inspect(shared, &current, client, request).await {
        Ok((action, body)) => (StatusCode::OK, action, body),
        Err(refused) => {
            let body = json!({"error": {"message": refused.message}}).to_string();
            (refused.status, "deny", body.into_bytes())
        }
    };
    flight.answered();
    shared.metrics.request(ROUTE, action, status.as_u16());
    let mut response = Response::new(Answer::whole(body).with(flight));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if let Ok(revision) = HeaderValue::from_str(&current.id) {
        headers.insert("x-caponier-revision", revision);
    }
    match status {
        StatusCode::UNAUTHORIZED => {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        StatusCode::METHOD_NOT_ALLOWED => {
            headers.insert(ALLOW, HeaderValue::from_static("POST"));
        }
        _ => {}
    }
    response
}

async fn inspect(
    shared: &Arc<Shared>,
    current: &Current,
    client: IpAddr,
    request: Request<Incoming>,
) -> Result<(&'static str, Vec<u8>), Refused> {
    if request.uri().path() != ROUTE {
        return Err(Refused::new(
            StatusCode::NOT_FOUND,
            "there is only /v1/inspect",
        ));
    }
    let mut given = request.headers().get_all(AUTHORIZATION).iter();
    let token = match (given.next(), given.next()) {
        (Some(value), None) => value.to_str().ok().and_then(bearer),
        _ => None,
    };
    if !current.state.opens_decisions(token) {
        return Err(Refused::new(
            StatusCode::UNAUTHORIZED,
            "a valid token is needed; hint: send `Authorization: Bearer <token>`",
        ));
    }
    if request.method() != Method::POST {
        return Err(Refused::new(StatusCode::METHOD_NOT_ALLOWED, "only POST"));
    }
    let body = read(current, request).await?;
    let asked =
        Asked::read(&body).map_err(|message| Refused::new(StatusCode::BAD_REQUEST, message))?;
    drop(body);
    if asked.segments.len() > current.config.limits.segments {
        return Err(Refused::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            format!("more than {} segments", current.config.limits.segments),
        ));
    }
    let trail = Trail::begin(current.state.audit.as_ref())
        .map_err(|full| Refused::new(StatusCode::SERVICE_UNAVAILABLE, full.to_string()))?;
    let revision = Arc::clone(current);
    let inline = usize::try_from(current.config.limits.inline).unwrap_or(usize::MAX);
    if asked.bytes() <= inline {
        return decide(&revision, client, asked, trail);
    }
    let (done, waiting) = oneshot::channel();
    let job = move || {
        let _ = done.send(decide(&revision, client, asked, trail));
    };
    shared
        .runtime
        .pool()
        .submit(Box::new(job))
        .map_err(|full| Refused::new(StatusCode::SERVICE_UNAVAILABLE, full.to_string()))?;
    waiting
        .await
        .map_err(|_| Refused::new(StatusCode::SERVICE_UNAVAILABLE, "the evaluation failed"))?
}

/// Reads the body within its limits.
async fn read(current: &Current, request: Request<Incoming>) -> Result<Vec<u8>, Refused> {
    let limit = usize::try_from(current.config.limits.body).unwrap_or(usize::MAX);
    let patience = current
        .config
        .gateway
        .as_ref()
        .map_or(Duration::from_secs(30), |gateway| {
            gateway.connections.body_timeout
        });
    let refused = |error: DecodeError| {
        let status = match error {
            DecodeError::Unsupported => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            DecodeError::Damaged => StatusCode::BAD_REQUEST,
            DecodeError::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
        };
        Refused::new(status, error.to_string())
    };
    let mut decoder = match encoding(request.headers()).map_err(refused)? {
        Some(encoding) => Some(Decoder::new(encoding, limit).map_err(refused)?),
        None => None,
    };
    let mut body = request.into_body();
    let mut whole = Vec::new();
    loop {
        let frame = match tokio::time::timeout(patience, body.frame()).await {
            Err(_) => {
                return Err(Refused::new(
                    StatusCode::REQUEST_TIMEOUT,
                    "the body came too slowly",
                ));
            }
            Ok(None) => break,
            Ok(Some(Err(_))) => {
                return Err(Refused::new(StatusCode::BAD_REQUEST, "the body broke off"));
            }
            Ok(Some(Ok(frame))) => frame,
        };
        let Ok(data) = frame.into_data() else {
            continue;
        };
        match &mut decoder {
            Some(decoder) => decoder.push(&data, &mut whole).map_err(refused)?,
            None if whole.len() + data.len() > limit => {
                return Err(refused(DecodeError::TooLarge(limit)));
            }
            None => whole.extend_from_slice(&data),
        }
    }
    if let Some(decoder) = &mut decoder {
        decoder.finish(&mut whole).map_err(refused)?;
    }
    Ok(whole)
}

/// Decides on one stage of an exchange.
fn decide(
    current: &Current,
    client: IpAddr,
    asked: Asked,
    mut trail: Trail,
) -> Result<(&'static str, Vec<u8>), Refused> {
    let policy = &current.policy;
    let (mut exchange, is_new) = exchange(current, client, &asked)?;
    let stage = asked.stage;
    let first = u32::try_from(exchange.usage.segments).unwrap_or(u32::MAX);
    let segments = asked.segments(first);
    let bytes: u64 = segments
        .iter()
        .map(|segment| segment.text.len() as u64)
        .sum();
    match stage {
        Stage::Output => exchange.usage.completion_tokens += bytes / 4,
        Stage::Prompt | Stage::Retrieval => exchange.usage.prompt_tokens += bytes / 4,
    }
    exchange.usage.request_bytes += bytes;
    let mut outcome: Option<Outcome> = None;
    if is_new {
        let begin = policy.begin(&mut exchange);
        if exchange.denial.is_some() {
            outcome = Some(Outcome {
                stage,
                segments: segments.clone(),
                ..begin
            });
        }
    }
    let outcome = outcome.unwrap_or_else(|| {
        let input = StageInput {
            stage,
            segments,
            gaps: Vec::new(),
            tool_calls: asked.tool_calls(),
        };
        policy.evaluate(current.state.everything(policy), &mut exchange, input)
    });
    record(current, &exchange, &outcome, &mut trail);
    let state = policy
        .seal(&exchange)
        .map_err(|error| Refused::new(StatusCode::SERVICE_UNAVAILABLE, error.to_string()))?;
    let action_of =
        |finding: &caponier_core::Finding| policy.action_of(stage, finding, &outcome.segments);
    let answered = Answered::new(&current.id, &exchange, &outcome, &state, &action_of);
    let body = serde_json::to_vec(&answered).map_err(|_| {
        Refused::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "the decision cannot be written",
        )
    })?;
    Ok((outcome.action().as_str(), body))
}

/// The exchange that a state carries, or a new one; true for the latter.
fn exchange(current: &Current, client: IpAddr, asked: &Asked) -> Result<(Exchange, bool), Refused> {
    if let Some(state) = &asked.state {
        if asked.has_context() {
            let message = "`context` belongs to the first stage; `state` carries it on; hint: leave one of them out";
            return Err(Refused::new(StatusCode::BAD_REQUEST, message));
        }
        let message =
            |error: caponier_runtime::SealError| error.to_string().replace("\nhint: ", "; hint: ");
        return match current.policy.unseal(state) {
            Ok(exchange) => Ok((exchange, false)),
            Err(error) => Err(Refused::new(StatusCode::CONFLICT, message(error))),
        };
    }
    let (id, seed) = crate::random::identifiers().ok_or_else(|| {
        Refused::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "the system gives no randomness",
        )
    })?;
    let (mut context, facts) = asked.context(id, seed, ROUTE);
    context
        .attributes
        .push(("client".to_owned(), client.to_string()));
    Ok((current.policy.exchange(context, facts), true))
}

fn record(current: &Current, exchange: &Exchange, outcome: &Outcome, trail: &mut Trail) {
    let state = &current.state;
    let action_of = |finding: &caponier_core::Finding| {
        current
            .policy
            .action_of(outcome.stage, finding, &outcome.segments)
    };
    state.metrics.stage(outcome);
    for finding in &outcome.findings {
        state.metrics.finding(&finding.rule, action_of(finding));
    }
    if trail.is_on() {
        let digests = Digests::of(&state.digest_key, outcome);
        trail.write(&Record::new(
            crate::clock::unix_millis(),
            &current.id,
            exchange,
            outcome,
            &digests,
            None,
            &action_of,
        ));
    }
}
