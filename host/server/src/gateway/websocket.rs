//! WebSocket upgrades: nobody looks into what follows them, so they pass only where the
//! configuration says so.

use std::sync::Arc;

use caponier_config::{Route, Treatment};
use caponier_core::{Action, Gap, GapKind};
use caponier_protocol::ErrorKind;
use http::header::{CONNECTION, HeaderValue, UPGRADE};
use http::request::Parts;
use http::{Method, Request, Response, StatusCode, Version};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;

use super::Reply;
use super::decide::Passage;
use super::endpoint::refuse_endpoint;
use super::forward::failed;
use super::refusal::Refusal;
use crate::answer::Answer;
use crate::upstream::{Outgoing, headers, target, tunnel};

/// Whether the client asks to leave HTTP: by `upgrade`, or as HTTP/2 does by CONNECT.
pub(super) fn is_upgrade(request: &Parts) -> bool {
    request.headers.contains_key(UPGRADE) || request.method == Method::CONNECT
}

fn is_websocket(request: &Parts) -> bool {
    let upgrade = request
        .headers
        .get(UPGRADE)
        .and_then(|value| value.to_str().ok());
    request.method == Method::GET
        && upgrade.is_some_and(|value| value.trim().eq_ignore_ascii_case("websocket"))
}

/// Passes, flags or refuses an upgrade.
pub(super) async fn handle(
    mut passage: Box<Passage>,
    route: &Route,
    mut parts: Box<Parts>,
) -> Result<Reply, Refusal> {
    passage
        .current
        .state
        .metrics
        .gap(GapKind::Endpoint.as_str());
    let action = match route.websocket {
        _ if !is_websocket(&parts) => None,
        Treatment::Allow => Some(Action::Allow),
        Treatment::Flag => Some(Action::Flag),
        Treatment::Deny => None,
    };
    let Some(action) = action else {
        return Err(refuse_endpoint(
            passage,
            "upgrades are not inspected and not let through; hint: see `websocket:` of the route",
        ));
    };
    let state = passage.current.state.routes.get(passage.route);
    let client = state.and_then(|state| state.client.clone());
    let credentials = state.and_then(|state| state.credentials.clone());
    let (Some(client), Some(upstream)) = (client, route.upstream.as_ref()) else {
        return Err(Refusal::new(
            ErrorKind::NotFound,
            "the echo model speaks no WebSocket",
        ));
    };
    let gap = Gap {
        kind: GapKind::Endpoint,
        place: "websocket".to_owned(),
    };
    let exchange = passage.uninspected(gap, action, 0)?;
    let metrics = Arc::clone(&passage.current.state.metrics);
    let Some(theirs) = parts.extensions.remove::<OnUpgrade>() else {
        return Err(Refusal::new(
            ErrorKind::Malformed,
            "this connection cannot be upgraded",
        ));
    };
    let uri = target(upstream, &parts.uri)
        .ok_or_else(|| Refusal::new(ErrorKind::Malformed, "the path does not fit the upstream"))?;
    let mut map = parts.headers;
    headers::outgoing(
        &mut map,
        client.host(),
        passage.caller.consumed.as_ref(),
        credentials.as_ref(),
    );
    map.insert(CONNECTION, HeaderValue::from_static("upgrade"));
    map.insert(UPGRADE, HeaderValue::from_static("websocket"));
    let mut onward = Request::new(Outgoing::Whole(None));
    *onward.uri_mut() = uri;
    *onward.headers_mut() = map;
    let mut response = tunnel(&client, onward, route.timeouts.first_byte)
        .await
        .map_err(|error| failed(&metrics, &error).action(exchange.action))?;
    if response.status() != StatusCode::SWITCHING_PROTOCOLS {
        let message = format!(
            "the upstream answered the upgrade with {}",
            response.status().as_u16()
        );
        return Err(Refusal::new(ErrorKind::BadGateway, message).action(exchange.action));
    }
    let ours = hyper::upgrade::on(&mut response);
    tokio::spawn(async move {
        if let (Ok(theirs), Ok(ours)) = (theirs.await, ours.await) {
            let (mut theirs, mut ours) = (TokioIo::new(theirs), TokioIo::new(ours));
            let _ = tokio::io::copy_bidirectional(&mut theirs, &mut ours).await;
        }
    });
    let (mut parts, _) = response.into_parts();
    headers::clean(&mut parts.headers);
    parts.version = Version::HTTP_11;
    parts
        .headers
        .insert(CONNECTION, HeaderValue::from_static("upgrade"));
    parts
        .headers
        .insert(UPGRADE, HeaderValue::from_static("websocket"));
    let response = Response::from_parts(parts, Answer::whole(""));
    Ok(Reply {
        response,
        action: exchange.action,
    })
}
