//! To the upstream and back.

use std::sync::Arc;
use std::time::Instant;

use caponier_config::Route;
use caponier_decide::{Mail, check_charset};
use caponier_protocol::ErrorKind;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderValue, RANGE};
use http::request::Parts;
use http::{Request, Response, StatusCode, Version};
use http_body_util::BodyExt as _;

use super::decide::{Accepted, Passage};
use super::echo::{self, AnswerBody};
use super::letters::Letters;
use super::refusal::{JSON, Refusal};
use super::stream::{self, Live};
use super::{Reply, Shared, with_others, work};
use crate::answer::Answer;
use crate::clock::within;
use crate::decode::{Decoder, encoding};
use crate::metrics::Metrics;
use crate::upstream::{Outgoing, UpstreamError, headers, target};

/// Sends a decided request on, and decides on its answer.
pub(super) async fn forward(
    shared: &Arc<Shared>,
    route: &Route,
    parts: Box<Parts>,
    body: Outgoing,
    accepted: Accepted,
) -> Result<Reply, Refusal> {
    let format = accepted.passage.format.clone();
    let reply = exchange(shared, route, parts, body, accepted).await;
    reply.map_err(|refusal| refusal.speaking(&format))
}

async fn exchange(
    shared: &Arc<Shared>,
    route: &Route,
    parts: Box<Parts>,
    body: Outgoing,
    mut accepted: Accepted,
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
            &accepted.passage.format,
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
    let types = parts.headers.get_all(CONTENT_TYPE).iter();
    check_charset(types.map(HeaderValue::as_bytes))
        .map_err(|_| failed(&shared.metrics, &UpstreamError::Charset).action(action))?;
    headers::incoming(&mut parts.headers);
    parts.version = Version::HTTP_11;
    let format = &accepted.passage.format;
    if parts.status.is_success() && format.is_stream(content_type(&parts.headers)) {
        let decoder = stream::decoder(packed)?;
        let runtime = shared.runtime.clone();
        let limits = accepted.passage.limits();
        let (exchange, next) = (&mut accepted.exchange, accepted.next_segment);
        let answer = match Mail::new(exchange, &accepted.passage.format, next, &limits) {
            Some(mail) => Answer::letters(Letters::new(runtime, accepted, mail, body, decoder)),
            None => Answer::live(Live::new(runtime, accepted, body, decoder)),
        };
        let response = Response::from_parts(parts, answer);
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

pub(super) fn failed(metrics: &Metrics, error: &UpstreamError) -> Refusal {
    metrics.upstream_error(error.word());
    tracing::debug!(error = %error, "upstream");
    Refusal::from(error)
}

fn content_type(headers: &HeaderMap) -> &str {
    let kind = headers.get(CONTENT_TYPE);
    kind.and_then(|value| value.to_str().ok())
        .unwrap_or_default()
}

/// Puts the request into the upstream's terms and sends it.
pub(super) async fn send(
    passage: &Passage,
    route: &Route,
    parts: Box<Parts>,
    body: Outgoing,
) -> Result<Response<crate::upstream::UpstreamBody>, UpstreamError> {
    let state = passage.current.state.routes.get(passage.route);
    let unreachable = || UpstreamError::Connect(std::io::ErrorKind::NotFound.into());
    let (Some(state), Some(upstream)) = (state, route.upstream.as_ref()) else {
        return Err(unreachable());
    };
    let client = state.client.as_ref().ok_or_else(unreachable)?;
    let Parts {
        method,
        uri,
        headers: mut map,
        ..
    } = *parts;
    let uri = target(upstream, &uri).ok_or_else(unreachable)?;
    // What goes on is plain unless nobody has looked into it.
    if matches!(body, Outgoing::Whole(_)) {
        map.remove(CONTENT_ENCODING);
        // Half a text is not what is inspected.
        map.remove(RANGE);
    }
    headers::outgoing(
        &mut map,
        client.host(),
        passage.caller.consumed.as_ref(),
        state.credentials.as_ref(),
    );
    let mut request = Box::new(Request::new(body));
    *request.method_mut() = method;
    *request.uri_mut() = uri;
    *request.headers_mut() = map;
    with_others().await;
    let response = client.send(request, route.timeouts.first_byte).await?;
    match response.status() {
        StatusCode::SWITCHING_PROTOCOLS => Err(UpstreamError::Switched),
        _ => Ok(response),
    }
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
        let left = || deadline.saturating_duration_since(Instant::now());
        let patience = || route.timeouts.idle.min(left());
        let frame = match within(patience, body.frame()).await {
            Err(_) if left().is_zero() => {
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
