//! The proxy in front of model APIs: one request after another.

mod decide;
mod echo;
mod endpoint;
mod forward;
mod intake;
mod letters;
mod refusal;
mod stream;
mod websocket;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use caponier_config::{Protocol, Route};
use caponier_core::{Action, Gap, GapKind};
use caponier_decide::{Found, format_of, shape_of};
use caponier_protocol::ErrorKind;
use http::header::{HeaderName, HeaderValue};
use http::request::Parts;
use http::{Request, Response};
use hyper::body::Incoming;
use tokio::sync::oneshot;

use crate::answer::{Answer, Flight};
use crate::audit::Trail;
use crate::metrics::Metrics;
use crate::random;
use crate::state::{Current, ServerRuntime};
use crate::upstream::Outgoing;
use decide::{Accepted, Passage};
use intake::Intake;
pub(crate) use letters::Letters;
use refusal::Refusal;
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
    // Boxed, like all that goes from hand to hand: what futures hold is copied with them.
    let (parts, body) = request.into_parts();
    let parts = Box::new(parts);
    let mut body = Some(body);
    let mut flight = Flight::new(&shared.metrics);
    let current = shared.runtime.current();
    // Without randomness it is refused, under an id that says nothing.
    let (id, seed) =
        random::identifiers().map_or_else(|| ("0".repeat(32), None), |(id, seed)| (id, Some(seed)));
    let path = parts.uri.path();
    let found = find(&current, path);
    let protocol = found.as_ref().ok().map(|(_, route)| &route.protocol);
    let shape = shape_of(protocol.unwrap_or(&Protocol::Models), path);
    let route = found.as_ref().ok().map(|(index, _)| *index);
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
            answer(start, parts, &mut body).await
        }
    };
    if let (Err(_), Some(unread)) = (&result, body.take()) {
        intake::discard(unread).await;
    }
    let Reply {
        mut response,
        action,
    } = result.unwrap_or_else(|refusal| {
        let action = refusal.action;
        Reply {
            response: refusal::into_response(&refusal, &shape),
            action,
        }
    });
    flight.answered();
    let name = route.and_then(|index| current.state.routes.get(index));
    let name = name.map_or("none", |route| &route.name);
    let status = response.status().as_u16();
    shared.metrics.request(name, action.as_str(), status);
    let headers = response.headers_mut();
    headers.insert(ACTION, HeaderValue::from_static(action.as_str()));
    if let (Ok(revision), Ok(id)) = (
        HeaderValue::from_str(&current.id),
        HeaderValue::from_str(&id),
    ) {
        headers.insert(REVISION, revision);
        headers.insert(EXCHANGE, id);
    }
    with_others().await;
    response.map(|body| body.with(flight))
}

/// Lets requests that are ready now be worked on before this one sends. Whoever is sent to sleeps
/// while we work, and waking a process costs more than the sending: so what several requests send
/// leaves together, and wakes it once.
async fn with_others() {
    tokio::task::yield_now().await;
}

/// The route of a path. Paths that an upstream could read differently are refused.
fn find<'c>(current: &'c Current, path: &str) -> Result<(usize, &'c Route), Refusal> {
    let none = || Refusal::new(ErrorKind::NotFound, "no route for this path");
    let gateway = current.config.gateway.as_ref().ok_or_else(none)?;
    let patterns = gateway.routes.iter().map(|route| &route.path);
    match caponier_decide::find(patterns, path) {
        Found::Route(index) => {
            let route = gateway.routes.get(index).ok_or_else(none)?;
            Ok((index, route))
        }
        Found::None => Err(none()),
        Found::Ambiguous => Err(Refusal::new(
            ErrorKind::Malformed,
            "the path can be read in more than one way; hint: send it without escapes, empty or dot parts and parameters",
        )),
    }
}

struct Start<'a> {
    shared: &'a Arc<Shared>,
    current: &'a Current,
    route: usize,
    id: &'a str,
    seed: u64,
    client: IpAddr,
}

async fn answer(
    start: Start<'_>,
    parts: Box<Parts>,
    body: &mut Option<Incoming>,
) -> Result<Reply, Refusal> {
    let Start {
        shared,
        current,
        route: index,
        ..
    } = start;
    let (arrived, time) = (Instant::now(), crate::clock::unix_millis());
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
        .identify(&parts.headers, time / 1000)?;
    let trail = Trail::begin(current.state.audit.as_ref())
        .map_err(|full| Refusal::new(ErrorKind::Unavailable, full.to_string()))?;
    let path = parts.uri.path();
    let known = format_of(&route.protocol, parts.method.as_str(), path)
        .map(|format| format.with_parameters(parts.uri.query()));
    let is_inspected = known.is_some();
    let mut passage = Box::new(Passage {
        current: Arc::clone(current),
        route: index,
        format: known.unwrap_or_else(|| shape_of(&route.protocol, path)),
        id: start.id.to_owned(),
        seed: start.seed,
        caller,
        client: start.client,
        path: path.to_owned(),
        arrived,
        time,
        trail,
    });
    if websocket::is_upgrade(&parts) {
        return Box::pin(websocket::handle(passage, route, parts)).await;
    }
    if !is_inspected {
        return Box::pin(endpoint::pass(passage, route, parts, body)).await;
    }
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
                    queries: Vec::new(),
                };
                let outgoing = Outgoing::Passing {
                    read: Some(read),
                    rest,
                };
                let forward = forward::forward(shared, route, parts, outgoing, accepted);
                return Box::pin(forward).await;
            }
        };
    let inline = usize::try_from(current.config.limits.inline).unwrap_or(usize::MAX);
    let is_short = body.len() <= inline;
    let kind = match passage.format.reads_content_type() {
        true => intake::content_type(&parts.headers),
        false => String::new(),
    };
    let names = parts.headers.keys().map(HeaderName::as_str);
    let names = names.filter(|name| passage.format.is_repeated_by(name));
    let beside: Vec<String> = names.map(str::to_owned).collect();
    let judge = move || passage.request(&kind, &beside, body);
    let mut accepted = work(shared, is_short, judge).await??;
    let body = std::mem::take(&mut accepted.body);
    forward::forward(shared, route, parts, Outgoing::whole(body), accepted).await
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
