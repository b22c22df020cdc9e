//! A complete bootstrap for Envoy around a packed module.

use anyhow::bail;
use caponier_config::{Gateway, PathPattern, Route, Upstream};
use caponier_runtime::Packable;
use serde_json::{Value, json};

use super::clusters::Clusters;
use super::filter::NAME;
use super::{FILTERS, address, seconds};

/// The labels of the filter's metrics. They are parts of a metric's name until Envoy takes them out.
const LABELS: &[&str] = &[
    "route",
    "action",
    "status",
    "stage",
    "plugin",
    "kind",
    "rule",
    "direction",
    "revision",
];

/// The most that Envoy takes for a request's headers.
const MAX_HEADERS_KB: usize = 8192;

/// The bootstrap as JSON, which is YAML as well: `filters` stand before the router.
///
/// The listener is the gateway's, and each route goes to its upstream. Buffers are as large as a
/// body may be: Envoy's own limit of 1 MiB would refuse what the configuration allows.
pub(super) fn bootstrap(made: &Packable, filters: Vec<Value>) -> anyhow::Result<Vec<u8>> {
    let gateway = accepted(made)?;
    let buffer = super::buffer(&made.config);
    let mut clusters = Clusters::new(&made.files, buffer);
    let mut routes = Vec::new();
    for (index, entry) in gateway.routes.iter().enumerate() {
        let Some(upstream) = &entry.upstream else {
            bail!(
                "gateway.routes[{index}] has no `upstream`: the echo model is the gateway's, Envoy has none"
            );
        };
        if upstream.credentials.is_some() {
            bail!(
                "gateway.routes[{index}].credentials: Envoy's `credential_injector` does that; hint: pack without --envoy"
            );
        }
        let cluster = clusters.of(entry, upstream)?;
        routes.push(route(entry, upstream, &cluster));
    }
    let mut filters = filters;
    filters.push(json!({
        "name": "envoy.filters.http.router",
        "typed_config": {"@type": format!("{FILTERS}.http.router.v3.Router")},
    }));
    let limits = gateway.connections;
    let waiting = seconds(limits.header_timeout);
    let mut manager = json!({
        "@type": format!("{FILTERS}.network.http_connection_manager.v3.HttpConnectionManager"),
        "stat_prefix": "caponier",
        "codec_type": if limits.http2.is_some() { "AUTO" } else { "HTTP1" },
        "request_headers_timeout": waiting,
        "max_request_headers_kb": limits.header_bytes.div_ceil(1024).clamp(1, MAX_HEADERS_KB),
        "common_http_protocol_options": {
            "idle_timeout": waiting,
            "max_headers_count": limits.max_headers.max(1),
        },
        "normalize_path": false,
        // Clients reach this listener directly. What they say of their own address, or to Envoy
        // about how it should treat them, counts for nothing.
        "use_remote_address": true,
        "skip_xff_append": true,
        "internal_address_config": {},
        "early_header_mutation_extensions": [without_orders()],
        "route_config": {"virtual_hosts": [{"name": "model", "domains": ["*"], "routes": routes}]},
        "http_filters": filters,
    });
    if let (Some(http2), Some(fields)) = (limits.http2, manager.as_object_mut()) {
        let streams = json!({"max_concurrent_streams": http2.max_concurrent_streams});
        fields.insert("http2_protocol_options".into(), streams);
    }
    let tags: Vec<Value> = LABELS
        .iter()
        .map(|label| json!({"tag_name": label, "regex": format!("(;{label}=([^;]*))")}))
        .collect();
    let mut bootstrap = json!({
        // Whoever asks for a filter's configuration has to have a name, also where the answer is a
        // file.
        "node": {"id": NAME, "cluster": NAME},
        "stats_config": {"stats_tags": tags},
        "static_resources": {
            "listeners": [{
                "name": "gateway",
                "address": address(&gateway.listen.ip().to_string(), gateway.listen.port()),
                "per_connection_buffer_limit_bytes": buffer,
                "filter_chains": [{"filters": [{
                    "name": "envoy.filters.network.http_connection_manager",
                    "typed_config": manager,
                }]}],
            }],
            "clusters": clusters.to_json(),
        },
    });
    if let (Some(admin), Some(fields)) = (made.config.admin, bootstrap.as_object_mut()) {
        let place = address(&admin.listen.ip().to_string(), admin.listen.port());
        fields.insert("admin".into(), json!({"address": place}));
    }
    Ok(serde_json::to_vec_pretty(&bootstrap)?)
}

/// The gateway, if a bootstrap can stand for it.
fn accepted(made: &Packable) -> anyhow::Result<&Gateway> {
    let Some(gateway) = &made.config.gateway else {
        bail!("the configuration has no `gateway:`, so Envoy would have nothing to listen on");
    };
    if gateway.tls.is_some() {
        bail!(
            "gateway.tls: Envoy's own `transport_socket` does that, and is not written here; hint: pack without --envoy and put the filter into a listener of yours"
        );
    }
    if let Some(admin) = &made.config.admin
        && !admin.listen.ip().is_loopback()
    {
        bail!(
            "admin.listen: in Envoy this is its own admin port, where anyone who reaches it may read the whole configuration and stop the proxy, and {} is not a loopback address; hint: `listen: 127.0.0.1:{}`, or pack without --envoy",
            admin.listen.ip(),
            admin.listen.port()
        );
    }
    Ok(gateway)
}

/// Takes out headers that order Envoy about: time limits, retries, other statistics. Envoy obeys
/// some of them whoever sends them.
fn without_orders() -> Value {
    json!({
        "name": "envoy.http.early_header_mutation.header_mutation",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.http.early_header_mutation.header_mutation.v3.HeaderMutation",
            "mutations": [{"remove_on_match": {
                "key_matcher": {"prefix": "x-envoy-", "ignore_case": true},
            }}],
        },
    })
}

fn route(entry: &Route, upstream: &Upstream, cluster: &str) -> Value {
    let (matching, path) = match &entry.path {
        PathPattern::Exact(path) => (json!({"path": path}), path),
        PathPattern::Prefix(prefix) => (json!({"prefix": prefix}), prefix),
    };
    let mut action = serde_json::Map::new();
    action.insert("cluster".into(), json!(cluster));
    action.insert("timeout".into(), json!(seconds(entry.timeouts.total)));
    action.insert("idle_timeout".into(), json!(seconds(entry.timeouts.idle)));
    action.insert("host_rewrite_literal".into(), json!(authority(upstream)));
    if !upstream.base_path.is_empty() {
        let below = format!("{}{path}", upstream.base_path);
        action.insert("prefix_rewrite".into(), json!(below));
    }
    json!({"match": matching, "route": action})
}

/// The upstream's `host`: with its port, unless that is the scheme's.
fn authority(upstream: &Upstream) -> String {
    let usual = if upstream.tls { 443 } else { 80 };
    let host = match upstream.host.contains(':') {
        true => format!("[{}]", upstream.host),
        false => upstream.host.clone(),
    };
    match upstream.port == usual {
        true => host,
        false => format!("{host}:{}", upstream.port),
    }
}
