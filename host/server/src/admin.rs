//! The admin port: health, metrics, versions.

use std::time::{SystemTime, UNIX_EPOCH};

use http::header::{ACCEPT, ALLOW, CONTENT_TYPE, HeaderValue};
use http::{Method, Request, Response, StatusCode};
use hyper::body::Incoming;
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::state::ServerRuntime;

const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
const PLAIN_METRICS: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Answers a request to the admin port. `is_ready` ends with the beginning of the stop.
pub(crate) fn handle(
    runtime: &ServerRuntime,
    is_ready: bool,
    request: &Request<Incoming>,
) -> Response<Answer> {
    if request.method() != Method::GET && request.method() != Method::HEAD {
        let mut response = reply(StatusCode::METHOD_NOT_ALLOWED, "text/plain", "only GET\n");
        response
            .headers_mut()
            .insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        return response;
    }
    match request.uri().path() {
        "/healthz" => reply(StatusCode::OK, "text/plain", "ok\n"),
        "/readyz" if is_ready => reply(StatusCode::OK, "text/plain", "ready\n"),
        "/readyz" => reply(StatusCode::SERVICE_UNAVAILABLE, "text/plain", "stopping\n"),
        "/metrics" => metrics(runtime, request),
        "/v1/revision" => json_reply(&revision(runtime)),
        "/v1/plugins" => json_reply(&plugins(runtime)),
        _ => reply(
            StatusCode::NOT_FOUND,
            "text/plain",
            "there are /healthz, /readyz, /metrics, /v1/revision, /v1/plugins\n",
        ),
    }
}

fn reply(
    status: StatusCode,
    kind: &'static str,
    body: impl Into<bytes::Bytes>,
) -> Response<Answer> {
    let mut response = Response::new(Answer::whole(body));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

fn json_reply(value: &Value) -> Response<Answer> {
    reply(StatusCode::OK, "application/json", format!("{value}\n"))
}

fn metrics(runtime: &ServerRuntime, request: &Request<Incoming>) -> Response<Answer> {
    let current = runtime.current();
    current
        .state
        .metrics
        .runtime(&runtime.status(), &current.id, runtime.pool().waiting());
    let accept = request
        .headers()
        .get(ACCEPT)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let open_metrics = accept.contains("application/openmetrics-text");
    let kind = if open_metrics {
        OPEN_METRICS
    } else {
        PLAIN_METRICS
    };
    reply(
        StatusCode::OK,
        kind,
        current.state.metrics.render(open_metrics),
    )
}

fn millis(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |since| {
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    })
}

fn revision(runtime: &ServerRuntime) -> Value {
    let current = runtime.current();
    let status = runtime.status();
    json!({
        "revision": current.id,
        "built": millis(current.built),
        "build_ms": u64::try_from(current.build_time.as_millis()).unwrap_or(u64::MAX),
        "mode": current.config.mode.as_str(),
        "config": current.config.name,
        "warnings": current.config.warnings.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "builds": {"accepted": status.accepted, "refused": status.refused},
        "in_use": status.old_in_use + 1,
        "last_refusal": status.last_refusal.map(|(when, problems)| json!({
            "time": millis(when),
            "problems": problems.iter().map(ToString::to_string).collect::<Vec<_>>(),
        })),
        "sandbox": format!("{:?}", runtime.sandbox()),
        "version": env!("CARGO_PKG_VERSION"),
    })
}

fn plugins(runtime: &ServerRuntime) -> Value {
    let current = runtime.current();
    let listed: Vec<Value> = current
        .policy
        .plugins()
        .map(|loaded| {
            let (spec, manifest) = (&loaded.spec, &loaded.spec.manifest);
            json!({
                "name": &*manifest.name,
                "version": manifest.version,
                "description": manifest.description,
                "source": loaded.source,
                "stages": spec.stages.iter().map(|stage| stage.as_str()).collect::<Vec<_>>(),
                "kinds": manifest.kinds.iter().map(|kind| kind.as_str()).collect::<Vec<_>>(),
                "mode": spec.mode.as_str(),
                "on_error": spec.on_error.as_str(),
                "rewrite": spec.rewrite,
                "rules": manifest.rules.iter().map(|rule| json!({
                    "rule": &*rule.name,
                    "title": rule.title,
                    "severity": rule.severity.as_str(),
                    "category": rule.category.as_deref(),
                    "window": rule.window,
                })).collect::<Vec<_>>(),
            })
        })
        .collect();
    json!({"revision": current.id, "plugins": listed})
}
