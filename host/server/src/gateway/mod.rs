//! The proxy in front of model APIs: one request after another.

mod decide;
mod echo;
mod intake;
mod refusal;
mod stream;
mod websocket;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use caponier_config::{Route, UnknownEndpoints};
use caponier_core::{Action, Gap, GapKind};
use caponier_protocol::{ErrorKind, Format};
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use http::{Method, Request, Response, StatusCode};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use tokio::sync::oneshot;

use crate::answer::{Answer, Flight};
use crate::audit::Trail;
use crate::decode::{Decoder, encoding};
use crate::metrics::{Metrics, RequestLabels};
use crate::path;
use crate::state::{Current, ServerRuntime};
use crate::upstream::{Outgoing, UpstreamError, headers, target};
use decide::{Accepted, Passage};
use echo::AnswerBody;
use intake::Intake;
use refusal::{JSON, Refusal};
pub(crate) use stream::Live;

const ACTION: HeaderName = HeaderName::from_static("x-caponier-action");
const REVISION: HeaderName = HeaderName::from_static("x-caponier-revision");
const EXCHANGE: HeaderName = HeaderName::from_static("x-caponier-exchange");

/// What every request needs.
pub(crate) struct Shared {
    pub(crate) runtime: ServerRuntime,
    pub(crate) metrics: Arc<Metrics>,
}

/// An answer, and what the policy made of the request.
struct Reply {
    response: Response<Answer>,
    action: Action,
}

/// Answers one request.
pub(crate) async fn handle(
    shared: Arc<Shared>,
    client: IpAddr,
    request: Request<Incoming>,
) -> Response<Answer> {
    let mut flight = Flight::new(&shared.metrics);
    let current = shared.runtime.current();
    let (id, seed) = identifiers();
    let format = Format::of_path(request.uri().path()).unwrap_or(Format::OpenAiChat);
    let found = find(&current, request.uri().path());
    let name = match &found {
        Ok((index, _)) => current
            .state
            .routes
            .get(*index)
            .map(|route| route.name.clone()),
        Err(_) => None,
    };
    let result = match (found, seed) {
        (Err(refusal), _) => Err(refusal),
        (_, None) => Err(Refusal::new(
            ErrorKind::Unavailable,
            "the system gives no randomness",
        )),
        (Ok((route, _)), Some(seed)) => {
            let start = Start {
                shared: &shared,
                current: &current,
                route,
                id: &id,
                seed,
                client,
            };
            answer(start, request).await
        }
    };
    let Reply {
        mut response,
        action,
    } = result.unwrap_or_else(|refusal| {
        let action = refusal.action;
        Reply {
            response: refusal.into_response(format),
            action,
        }
    });
    flight.answered();
    let labels = RequestLabels {
        route: name.unwrap_or_else(|| "none".to_owned()),
        action: action.as_str(),
        status: response.status().as_u16(),
    };
    shared.metrics.requests.get_or_create(&labels).inc();
    let headers = response.headers_mut();
    headers.insert(ACTION, HeaderValue::from_static(action.as_str()));
    if let (Ok(revision), Ok(id)) = (
        HeaderValue::from_str(&current.id),
        HeaderValue::from_str(&id),
    ) {
        headers.insert(REVISION, revision);
        headers.insert(EXCHANGE, id);
    }
    response.map(|body| body.with(flight))
}

/// An id for the exchange, and the seed that its tokens are keyed with.
fn identifiers() -> (String, Option<u64>) {
    let mut random = [0_u8; 24];
    let has_randomness = getrandom::fill(&mut random).is_ok();
    let (id, seed) = random.split_at(16);
    let mut text = String::with_capacity(32);
    for byte in id {
        for digit in [byte >> 4, byte & 15] {
            text.push(char::from_digit(u32::from(digit), 16).unwrap_or('0'));
        }
    }
    let seed = seed.try_into().ok().map(u64::from_ne_bytes);
    (text, seed.filter(|_| has_randomness))
}

/// The route of a path. Paths that an upstream could read differently are refused.
fn find<'c>(current: &'c Current, path: &str) -> Result<(usize, &'c Route), Refusal> {
    let none = || Refusal::new(ErrorKind::NotFound, "no route for this path");
    let gateway = current.config.gateway.as_ref().ok_or_else(none)?;
    let place = |path: &str| {
        gateway
            .routes
            .iter()
            .enumerate()
            .find(|(_, route)| route.path.matches(path))
    };
    if !path::is_plain(path) {
        let lenient = path::lenient(path);
        let is_guarded = place(path).is_some()
            || gateway.routes.iter().any(|route| {
                let literal = route.path.to_string();
                lenient.starts_with(&path::lenient(literal.trim_end_matches('*')))
            });
        return Err(if is_guarded {
            Refusal::new(
                ErrorKind::Malformed,
                "the path can be read in more than one way; hint: send it without escapes, empty or dot parts and parameters",
            )
        } else {
            none()
        });
    }
    place(path).ok_or_else(none)
}

struct Start<'a> {
    shared: &'a Arc<Shared>,
    current: &'a Current,
    route: usize,
    id: &'a str,
    seed: u64,
    client: IpAddr,
}

async fn answer(start: Start<'_>, request: Request<Incoming>) -> Result<Reply, Refusal> {
    let Start {
        shared,
        current,
        route: index,
        ..
    } = start;
    let arrived = Instant::now();
    let gateway = current.config.gateway.as_ref();
    let (Some(gateway), Some(route)) = (
        gateway,
        gateway.and_then(|gateway| gateway.routes.get(index)),
    ) else {
        return Err(Refusal::new(ErrorKind::NotFound, "no route for this path"));
    };
    let caller = current
        .state
        .identity
        .identify(request.headers(), crate::clock::unix_seconds())?;
    let trail = Trail::begin(current.state.audit.as_ref())
        .map_err(|full| Refusal::new(ErrorKind::Unavailable, full.to_string()))?;
    let path = request.uri().path();
    let known = Format::of_path(path);
    let mut passage = Passage {
        current: Arc::clone(current),
        route: index,
        format: known.unwrap_or(Format::OpenAiChat),
        id: start.id.to_owned(),
        seed: start.seed,
        caller,
        client: start.client,
        path: path.to_owned(),
        arrived,
        trail,
    };
    if websocket::is_upgrade(&request) {
        return websocket::handle(passage, route, request).await;
    }
    if known.is_none() || request.method() != Method::POST {
        return pass(passage, route, request).await;
    }
    let (parts, body) = request.into_parts();
    let body =
        match intake::read(&parts.headers, body, &current.config, &gateway.connections).await? {
            Intake::Whole(body) => body,
            Intake::Over { read, rest } => {
                let gap = Gap {
                    kind: GapKind::OverLimit,
                    place: "body".to_owned(),
                };
                let size = read.len();
                let exchange = passage.uninspected(gap, Action::Flag, size)?;
                let action = exchange.action;
                let accepted = Accepted {
                    passage,
                    exchange,
                    body: Vec::new(),
                    next_segment: 0,
                    action,
                };
                let outgoing = Outgoing::Passing {
                    read: Some(read),
                    rest,
                };
                return forward(shared, route, parts, outgoing, accepted).await;
            }
        };
    let inline = usize::try_from(current.config.limits.inline).unwrap_or(usize::MAX);
    let size = body.len();
    let mut accepted = work(shared, size <= inline, move || passage.request(body)).await??;
    let body = std::mem::take(&mut accepted.body);
    forward(shared, route, parts, Outgoing::whole(body), accepted).await
}

/// Runs CPU work here, or in the pool where it is long.
async fn work<T: Send + 'static>(
    shared: &Shared,
    here: bool,
    job: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Refusal> {
    if here {
        return Ok(job());
    }
    let (done, waiting) = oneshot::channel();
    let overloaded = || {
        Refusal::new(
            ErrorKind::Unavailable,
            "too much to evaluate; hint: try again shortly",
        )
    };
    shared
        .runtime
        .pool()
        .submit(Box::new(move || {
            let _ = done.send(job());
        }))
        .map_err(|_| overloaded())?;
    waiting
        .await
        .map_err(|_| Refusal::new(ErrorKind::Unavailable, "the evaluation failed"))
}

/// Sends a decided request on, and decides on its answer.
async fn forward(
    shared: &Arc<Shared>,
    route: &Route,
    parts: http::request::Parts,
    body: Outgoing,
    accepted: Accepted,
) -> Result<Reply, Refusal> {
    let action = accepted.action;
    let state = &Arc::clone(&accepted.passage.current).state;
    let asked = Instant::now();
    let client = state
        .routes
        .get(accepted.passage.route)
        .and_then(|route| route.client.clone());
    let response = match (client, body) {
        (Some(_), body) => send(&accepted.passage, route, parts, body)
            .await
            .map_err(|error| failed(&shared.metrics, &error).action(action))?
            .map(AnswerBody::Upstream),
        (None, Outgoing::Whole(body)) => echo::answer(
            accepted.passage.format,
            &accepted.passage.id,
            body.as_deref().unwrap_or_default(),
        ),
        (None, Outgoing::Passing { .. }) => {
            return Err(Refusal::new(
                ErrorKind::TooLarge,
                "the echo model reads no body of this size",
            ));
        }
    };
    shared
        .metrics
        .upstream(accepted.passage.route_name(), asked.elapsed());
    let (mut parts, body) = response.into_parts();
    let packed = encoding(&parts.headers)
        .map_err(|_| failed(&shared.metrics, &UpstreamError::Encoding).action(action))?;
    headers::incoming(&mut parts.headers);
    if parts.status.is_success() && is_event_stream(&parts.headers) {
        let decoder = stream::decoder(packed)?;
        let live = Live::new(shared.runtime.clone(), accepted, body, decoder);
        let response = Response::from_parts(parts, Answer::live(live));
        return Ok(Reply { response, action });
    }
    let is_success = parts.status.is_success();
    let body = gather(body, route, &accepted, packed)
        .await
        .map_err(|error| failed(&shared.metrics, &error).action(action))?;
    let inline =
        usize::try_from(accepted.passage.current.config.limits.inline).unwrap_or(usize::MAX);
    if body.is_empty() && !is_success {
        return Ok(Reply {
            response: Response::from_parts(parts, Answer::whole(body)),
            action,
        });
    }
    let here = body.len() <= inline;
    let judged = work(shared, here, move || accepted.answer(body, is_success)).await??;
    if judged.is_replaced {
        parts.status = StatusCode::OK;
        parts.headers.insert(CONTENT_TYPE, JSON);
    }
    let response = Response::from_parts(parts, Answer::whole(judged.body));
    Ok(Reply {
        response,
        action: judged.action,
    })
}

fn failed(metrics: &Metrics, error: &UpstreamError) -> Refusal {
    metrics.upstream_error(error.word());
    tracing::debug!(error = %error, "upstream");
    Refusal::from(error)
}

fn is_event_stream(headers: &HeaderMap) -> bool {
    let kind = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    kind.split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .eq_ignore_ascii_case("text/event-stream")
}

/// Puts the request into the upstream's terms and sends it.
async fn send(
    passage: &Passage,
    route: &Route,
    parts: http::request::Parts,
    body: Outgoing,
) -> Result<Response<crate::upstream::UpstreamBody>, UpstreamError> {
    let state = passage.current.state.routes.get(passage.route);
    let unreachable = || UpstreamError::Connect(std::io::ErrorKind::NotFound.into());
    let (Some(state), Some(upstream)) = (state, route.upstream.as_ref()) else {
        return Err(unreachable());
    };
    let client = state.client.as_ref().ok_or_else(unreachable)?;
    let uri = target(upstream, &parts.uri).ok_or_else(unreachable)?;
    let mut map = parts.headers;
    // What goes on is plain unless nobody has looked into it.
    if matches!(body, Outgoing::Whole(_)) {
        map.remove(CONTENT_ENCODING);
    }
    headers::outgoing(
        &mut map,
        client.host(),
        passage.caller.consumed.as_ref(),
        state.credentials.as_ref(),
    );
    let mut request = Request::new(body);
    *request.method_mut() = parts.method;
    *request.uri_mut() = uri;
    *request.headers_mut() = map;
    client.send(request, route.timeouts.first_byte).await
}

/// Reads an answer whole.
async fn gather(
    mut body: AnswerBody,
    route: &Route,
    accepted: &Accepted,
    packed: Option<crate::decode::Encoding>,
) -> Result<Vec<u8>, UpstreamError> {
    let limit = usize::try_from(accepted.passage.current.config.limits.body).unwrap_or(usize::MAX);
    let deadline = accepted.passage.arrived + route.timeouts.total;
    let mut decoder = match packed {
        Some(encoding) => Some(Decoder::new(encoding, limit).map_err(|_| UpstreamError::Encoding)?),
        None => None,
    };
    let mut whole = Vec::new();
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let patience = route.timeouts.idle.min(left);
        let frame = match tokio::time::timeout(patience, body.frame()).await {
            Err(_) if left <= route.timeouts.idle => {
                return Err(UpstreamError::TotalTimeout(route.timeouts.total));
            }
            Err(_) => return Err(UpstreamError::IdleTimeout(route.timeouts.idle)),
            Ok(None) => break,
            Ok(Some(frame)) => frame.map_err(UpstreamError::Broken)?,
        };
        let Ok(data) = frame.into_data() else {
            continue;
        };
        match &mut decoder {
            Some(decoder) => decoder
                .push(&data, &mut whole)
                .map_err(|_| UpstreamError::Encoding)?,
            None if whole.len() + data.len() > limit => return Err(UpstreamError::TooLarge(limit)),
            None if whole.is_empty() => whole = data.into(),
            None => whole.extend_from_slice(&data),
        }
    }
    if let Some(decoder) = &mut decoder {
        decoder
            .finish(&mut whole)
            .map_err(|_| UpstreamError::Encoding)?;
    }
    Ok(whole)
}

/// An endpoint that no wire format knows: passed, flagged or refused as configured.
async fn pass(
    mut passage: Passage,
    route: &Route,
    request: Request<Incoming>,
) -> Result<Reply, Refusal> {
    let path = request.uri().path();
    let listed = route.pass.iter().any(|pattern| pattern.matches(path));
    // What only a lenient server takes for a guarded endpoint never passes.
    let is_lookalike =
        request.method() != Method::GET && Format::of_path(&path::lenient(path)).is_some();
    let action = match route.unknown_endpoints {
        _ if is_lookalike => None,
        _ if listed => Some(Action::Allow),
        UnknownEndpoints::Deny => None,
        UnknownEndpoints::Flag => Some(Action::Flag),
        UnknownEndpoints::Pass => Some(Action::Allow),
    };
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
        place: request.method().as_str().to_owned(),
    };
    let exchange = passage.uninspected(gap, action, 0)?;
    let metrics = Arc::clone(&passage.current.state.metrics);
    let (parts, rest) = request.into_parts();
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
    let response = send(
        &passage,
        route,
        parts,
        Outgoing::Passing { read: None, rest },
    )
    .await
    .map_err(|error| failed(&metrics, &error).action(exchange.action))?;
    let (mut parts, body) = response.into_parts();
    // Nothing of the body changes, so what describes it stays.
    headers::clean(&mut parts.headers);
    let response = Response::from_parts(parts, Answer::passing(body, route.timeouts.idle));
    Ok(Reply {
        response,
        action: exchange.action,
    })
}

/// Refuses what is not inspected, and records it.
fn refuse_endpoint(mut passage: Passage, message: &str) -> Refusal {
    let refusal = Refusal::new(ErrorKind::NotFound, message);
    match passage.begin(caponier_core::RequestFacts::default(), 0) {
        Ok((exchange, mut outcome)) => {
            outcome.coverage.gaps.push(Gap {
                kind: GapKind::Endpoint,
                place: "path".to_owned(),
            });
            outcome.decision =
                caponier_core::Decision::new(Action::Deny, "endpoint not let through");
            passage.record(&exchange, &outcome, Some(&refusal));
            refusal
        }
        Err(denied) => denied,
    }
}
